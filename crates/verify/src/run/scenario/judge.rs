//! Whether an answer is what a step wants.

use seaworthy_spec::Request as Wanted;
use serde_json::Value;

use super::Play;
use crate::http::Response;
use crate::run::seconds;

impl Play<'_, '_> {
    pub(super) fn judge(&self, wanted: &Wanted, answer: &Response) -> Result<(), String> {
        let expected = &wanted.answer;
        if answer.status != expected.status {
            let told = crate::service::told(answer, &self.runs.redactor);
            return Err(format!("expected {}, {told}", expected.status));
        }
        if let Some(body) = &expected.body {
            let body = self.filled_value(body);
            let Some(found) = answer.json() else {
                return Err(format!("the body is no JSON: {}", self.runs.redactor.quote(&answer.text())));
            };
            difference(&found, &body, "$").map_or(Ok(()), Err)?;
        }
        for (name, value) in &expected.headers {
            let value = self.filled_text(value, str::to_owned);
            // A header may be repeated, which says the same as its values in one, with commas between.
            let found: Vec<&str> = answer.headers_named(name).map(str::trim).collect();
            if found.is_empty() {
                return Err(format!("expected header `{name}: {value}`, found none"));
            }
            if !found.contains(&value.as_str()) && found.join(", ") != value {
                return Err(format!("expected header `{name}: {value}`, found `{}`", found.join("`, `")));
            }
        }
        match expected.within {
            Some(within) if answer.took > within => {
                Err(format!("answered in {} ms, which is not within {}", answer.took.as_millis(), seconds(within)))
            }
            _ => Ok(()),
        }
    }
}

/// The first place where an answer is not what was expected: of objects only the named members count.
fn difference(found: &Value, expected: &Value, place: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().find_map(|(name, value)| match found.get(name) {
                Some(found) => difference(found, value, &format!("{place}.{name}")),
                None => Some(format!("expected `{value}` at `{place}.{name}`, found nothing")),
            })
        }
        (Value::Number(one), Value::Number(two)) if one == two || one.as_f64() == two.as_f64() => None,
        (found, expected) if found == expected => None,
        (found, expected) => Some(format!("expected `{expected}` at `{place}`, found `{found}`")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_may_hold_more_members_and_nothing_else() {
        for (found, expected, difference_expected) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1}), None),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1.0}}), None),
            (json!({"a": 1}), json!({"b": 1}), Some("expected `1` at `$.b`, found nothing")),
            (json!({"a": "1"}), json!({"a": 1}), Some("expected `1` at `$.a`, found `\"1\"`")),
            (json!([1, 2]), json!([1]), Some("expected `[1]` at `$`, found `[1,2]`")),
            (json!({"a": null}), json!({"a": null}), None),
        ] {
            assert_eq!(difference(&found, &expected, "$").as_deref(), difference_expected);
        }
    }
}
