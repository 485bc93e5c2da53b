//! What was read, against what was written.

use serde_json::{Map, Value};

use crate::openapi::WRAPPERS;

/// What a comparison found where nothing contradicts.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Judged {
    /// How many written members are there with their values.
    pub(crate) compared: usize,
    /// Members that are there in another form: trimmed, or in lower case.
    pub(crate) other_form: Vec<String>,
    /// Members that need not be there, and have another value than the written one.
    pub(crate) unkept: Vec<String>,
}

/// Holds what was read against what was written; the first member that is missing or different is the error.
///
/// `optional` names written members that the schema does not require: services may set them themselves. `declared` holds the
/// properties that the document promises in the answer; it is empty where the document does not say.
pub(crate) fn judge(
    read: &Value,
    written: &Value,
    optional: &[String],
    declared: &Map<String, Value>,
) -> Result<Judged, String> {
    let (written, read) = (core(written, read), core(read, written));
    let (Some(written), Some(read)) = (written.as_object(), read.as_object()) else {
        return if same(read, written) {
            Ok(Judged { compared: 1, ..Judged::default() })
        } else {
            Err(format!("expected `{written}`, found `{read}`"))
        };
    };
    let mut judged = Judged::default();
    for (name, value) in written {
        let is_optional = optional.contains(name);
        match read.get(name) {
            Some(found) if same(found, value) => judged.compared += 1,
            Some(found) if is_other_form(name, found, value) => {
                judged.compared += 1;
                judged.other_form.push(name.clone());
            }
            Some(found) => {
                let is_anothers =
                    written.iter().any(|(other, value)| other != name && is_text(value) && found == value);
                if is_optional && !found.is_null() && !is_anothers {
                    judged.unkept.push(name.clone());
                } else {
                    return Err(format!("`{name}` is `{found}`, written was `{value}`"));
                }
            }
            None if is_left_out(name, declared) => {}
            None if is_optional && declared.is_empty() => judged.unkept.push(name.clone()),
            None => return Err(format!("`{name}` is missing, written was `{value}`")),
        }
    }
    Ok(judged)
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() > 8)
}

/// Whether an answer need not have this member.
fn is_left_out(name: &str, declared: &Map<String, Value>) -> bool {
    let lower = name.to_ascii_lowercase();
    if ["password", "secret", "token", "passphrase"].iter().any(|secret| lower.contains(secret)) {
        return true;
    }
    match declared.get(name) {
        Some(schema) => schema["writeOnly"] == true,
        None => !declared.is_empty(),
    }
}

/// The thing itself, where an answer wraps it (`{"data": {…}}`): what has the members that `other` has.
pub(crate) fn core<'a>(body: &'a Value, other: &Value) -> &'a Value {
    let Some(object) = body.as_object() else { return body };
    let others: Vec<&String> = other.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let knows = |value: &Value| others.iter().any(|name| value.get(name.as_str()).is_some());
    if knows(body) {
        return body;
    }
    if let Some(inside) = object.values().find(|value| value.is_object() && knows(value)) {
        return inside;
    }
    inner(body)
}

/// As [`core()`], where nothing is known of what is inside.
pub(crate) fn inner(body: &Value) -> &Value {
    let Some(object) = body.as_object() else { return body };
    if let Some(wrapped) = WRAPPERS.iter().filter_map(|name| object.get(*name)).find(|wrapped| wrapped.is_object()) {
        return wrapped;
    }
    let mut objects = object.values().filter(|value| value.is_object());
    match (objects.next(), objects.next(), object.contains_key("id")) {
        (Some(only), None, false) if only.get("id").is_some() || object.len() == 1 => only,
        _ => body,
    }
}

/// Equal as data: numbers by value, times by instant, objects by the members of the second.
pub(crate) fn same(found: &Value, written: &Value) -> bool {
    match (found, written) {
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        (Value::String(one), Value::String(two)) => {
            one == two || same_time(one, two) || same_decimal(one, two) || same_uuid(one, two)
        }
        (Value::String(text), Value::Number(number)) => text.parse::<f64>().ok() == number.as_f64(),
        (Value::Number(number), Value::String(text)) => {
            text.parse::<f64>().ok() == number.as_f64() || is_epoch(number, text)
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            two.iter().all(|(name, value)| one.get(name).is_some_and(|found| same(found, value)))
        }
        (one, two) => one == two,
    }
}

/// Trimmed or in lower case: the same text to whoever wrote it.
fn is_other_form(name: &str, found: &Value, written: &Value) -> bool {
    const NAMES: &[&str] = &["mail", "user", "login", "slug", "code", "key", "tag", "url", "host"];
    let (Some(found), Some(written)) = (found.as_str(), written.as_str()) else { return false };
    let name = name.to_ascii_lowercase();
    found == written.trim()
        || found.trim_end_matches('/') == written.trim_end_matches('/')
        || (NAMES.iter().any(|known| name.contains(known)) && found.to_lowercase() == written.trim().to_lowercase())
}

fn same_time(one: &str, two: &str) -> bool {
    matches!((instant(one), instant(two)), (Some(one), Some(two)) if one == two)
        || matches!((time_of_day(one), time_of_day(two)), (Some(one), Some(two)) if one == two)
}

/// A time in any of the usual forms; without a zone it is taken for UTC.
fn instant(text: &str) -> Option<jiff::Timestamp> {
    if !text.contains(':') || !text.contains(['-', ',']) || text.len() > 64 {
        return None;
    }
    let naive = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()))
        .or_else(|| Some(naive()?.timestamp()))
}

/// `12:00:08Z`, `12:00:08.000`, `12:00:08+00:00`.
fn time_of_day(text: &str) -> Option<jiff::civil::Time> {
    if !text.contains(':') || text.contains(['T', ' ', ',']) || text.len() > 32 {
        return None;
    }
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00");
    text.parse().ok()
}

/// A time as seconds or milliseconds since 1970.
fn is_epoch(number: &serde_json::Number, text: &str) -> bool {
    let Some(written) = instant(text) else { return false };
    let milliseconds = written.as_millisecond();
    if let Some(found) = number.as_i64() {
        return found == milliseconds || found.checked_mul(1000) == Some(milliseconds);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
    number.as_f64().is_some_and(|found| (found * 1000.0).round() as i64 == milliseconds)
}

/// `2.5` and `2.50`.
fn same_decimal(one: &str, two: &str) -> bool {
    let is_decimal = |text: &str| {
        text.len() <= 40 && text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
    };
    (is_decimal(one) || is_decimal(two))
        && matches!((one.parse::<f64>(), two.parse::<f64>()), (Ok(one), Ok(two)) if one.total_cmp(&two).is_eq())
}

fn same_uuid(one: &str, two: &str) -> bool {
    let digits = |text: &str| -> Option<String> {
        let digits: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        (digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
    };
    one.len() <= 36 && two.len() <= 36 && matches!((digits(one), digits(two)), (Some(one), Some(two)) if one == two)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_value_in_another_form_is_the_same() {
        for (found, written) in [
            (json!(1.0), json!(1)),
            (json!("2.50"), json!("2.5")),
            (json!("1.25"), json!(1.25)),
            (json!("2026-01-02T12:00:00.000Z"), json!("2026-01-02T12:00:00Z")),
            (json!("2026-01-02T12:00:00+00:00"), json!("2026-01-02T12:00:00Z")),
            (json!("2026-01-02T13:00:00+01:00"), json!("2026-01-02T12:00:00Z")),
            (json!("2026-01-02T12:00:00"), json!("2026-01-02T12:00:00Z")),
            (json!("2026-01-02 12:00:00"), json!("2026-01-02T12:00:00Z")),
            (json!("Fri, 02 Jan 2026 12:00:00 GMT"), json!("2026-01-02T12:00:00Z")),
            (json!(1_767_355_200), json!("2026-01-02T12:00:00Z")),
            (json!(1_767_355_200_000_i64), json!("2026-01-02T12:00:00Z")),
            (json!("12:00:08"), json!("12:00:08Z")),
            (json!("12:00:08.000000"), json!("12:00:08Z")),
            (json!("AB12CD34000040008000000000000007"), json!("ab12cd34-0000-4000-8000-000000000007")),
            (json!({"a": 1, "b": 2}), json!({"b": 2})),
        ] {
            assert!(same(&found, &written), "{found} {written}");
        }
    }

    #[test]
    fn another_value_is_not_the_same() {
        for (found, written) in [
            (json!("seaworthy a 2"), json!("seaworthy a 1")),
            (json!("2.51"), json!("2.5")),
            (json!("007"), json!("7")),
            (json!("2026-01-02T12:00:01Z"), json!("2026-01-02T12:00:00Z")),
            (json!("2026-01-02"), json!("2026-01-03")),
            (json!("12:00:09"), json!("12:00:08Z")),
            (json!(true), json!(false)),
            (json!(null), json!("x")),
            (json!([1, 2]), json!([2, 1])),
            (json!({"a": 1}), json!({"b": 2})),
        ] {
            assert!(!same(&found, &written), "{found} {written}");
        }
    }

    #[track_caller]
    fn check(
        read: &Value,
        written: &Value,
        optional: &[&str],
        declared: &Value,
        expected: Result<(usize, &str), &str>,
    ) {
        let optional: Vec<String> = optional.iter().map(|name| (*name).to_owned()).collect();
        let declared = declared.as_object().cloned().unwrap_or_default();
        let judged = judge(read, written, &optional, &declared);
        let told = judged.map(|judged| (judged.compared, [judged.other_form, judged.unkept].concat().join(" ")));
        assert_eq!(
            told.as_ref().map(|(compared, names)| (*compared, names.as_str())).map_err(String::as_str),
            expected
        );
    }

    #[test]
    fn every_written_member_is_held_against_what_was_read() {
        let nothing = json!({});
        let written = json!({"title": "seaworthy 1", "note": "seaworthy 2"});
        check(&json!({"id": 1, "title": "seaworthy 1", "note": "seaworthy 2"}), &written, &[], &nothing, Ok((2, "")));
        check(
            &json!({"title": "seaworthy 2", "note": "seaworthy 1"}),
            &written,
            &[],
            &nothing,
            Err("`title` is `\"seaworthy 2\"`, written was `\"seaworthy 1\"`"),
        );
        // Swapped, though one of them need not be there.
        check(
            &json!({"title": "seaworthy 1", "note": "seaworthy 1"}),
            &written,
            &["note"],
            &nothing,
            Err("`note` is `\"seaworthy 1\"`, written was `\"seaworthy 2\"`"),
        );
        check(
            &json!({"title": "seaworthy 1"}),
            &written,
            &[],
            &nothing,
            Err("`note` is missing, written was `\"seaworthy 2\"`"),
        );
        check(
            &json!({"title": "seaworthy 1", "note": null}),
            &written,
            &["note"],
            &nothing,
            Err("`note` is `null`, written was `\"seaworthy 2\"`"),
        );
        // The service sets it itself.
        check(&json!({"title": "seaworthy 1", "note": "set"}), &written, &["note"], &nothing, Ok((1, "note")));
        check(&json!({"title": "seaworthy 1"}), &written, &["note"], &nothing, Ok((1, "note")));
        // The document says that the answer has no such member.
        check(&json!({"title": "seaworthy 1"}), &written, &[], &json!({"title": {}}), Ok((1, "")));
        check(
            &json!({"title": "seaworthy 1"}),
            &written,
            &[],
            &json!({"title": {}, "note": {"writeOnly": true}}),
            Ok((1, "")),
        );
        check(&json!({"email": "a@b.c"}), &json!({"email": "A@b.c", "password": "x"}), &[], &nothing, Ok((1, "email")));
    }

    #[test]
    fn what_is_wrapped_is_unwrapped_on_both_sides() {
        let nothing = json!({});
        let written = json!({"title": "seaworthy 1"});
        for read in [
            json!({"data": {"id": 1, "title": "seaworthy 1"}}),
            json!({"success": true, "task": {"id": 1, "title": "seaworthy 1"}}),
            json!({"task": {"title": "seaworthy 1"}, "meta": {"took": 1}}),
        ] {
            check(&read, &written, &[], &nothing, Ok((1, "")));
            check(&read, &json!({"task": written}), &[], &nothing, Ok((1, "")));
        }
        let written = json!({"data": {"type": "tasks", "attributes": {"title": "seaworthy 1"}}});
        let read = json!({"data": {"id": "1", "type": "tasks", "attributes": {"title": "seaworthy 1", "done": false}}});
        check(&read, &written, &[], &nothing, Ok((1, "")));
    }
}
