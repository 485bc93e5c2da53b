//! Whether an answer is what a step wants.

use std::time::Duration;

use seaworthy_spec::{TextTest, TextWanted};
use serde_json::Value;

use crate::Finding;
use crate::http::Response;
use crate::redact::Redactor;
use crate::run::seconds;

/// What an answer must be, with every name filled in.
pub(super) struct Expected<'w> {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) texts: Vec<Test<'w>>,
    pub(super) headers: Vec<(&'w str, HeaderExpected<'w>)>,
    pub(super) within: Option<Duration>,
}

/// What a text must hold, as written and filled in.
pub(super) struct Test<'w> {
    pub(super) written: &'w TextTest,
    /// What it contains; none for an expression.
    pub(super) text: Option<String>,
}

/// What a header must be.
pub(super) enum HeaderExpected<'w> {
    Is { written: &'w str, value: String },
    Text(Test<'w>),
}

impl Test<'_> {
    /// Whether it is in there, whatever is wanted.
    pub(super) fn is_in(&self, text: &str) -> bool {
        match (&self.text, &self.written.wanted) {
            (None, TextWanted::Matches(pattern)) => pattern.is_in(text),
            (Some(part), _) | (None, TextWanted::Contains(part)) => text.contains(part.as_str()),
        }
    }
}

impl<'w> Expected<'w> {
    /// With another text in the place of one that was filled in.
    pub(super) fn renewed(&self, from: &str, to: &str) -> Self {
        let test = |test: &Test<'w>| Test {
            written: test.written,
            text: test.text.as_ref().map(|text| text.replace(from, to)),
        };
        let header = |expected: &HeaderExpected<'w>| match expected {
            HeaderExpected::Is { written, value } => HeaderExpected::Is { written, value: value.replace(from, to) },
            HeaderExpected::Text(written) => HeaderExpected::Text(test(written)),
        };
        Self {
            status: self.status,
            body: self.body.as_ref().map(|body| replaced(body, from, to)),
            texts: self.texts.iter().map(test).collect(),
            headers: self.headers.iter().map(|(name, expected)| (*name, header(expected))).collect(),
            within: self.within,
        }
    }

    pub(super) fn judge(&self, answer: &Response, redactor: &Redactor) -> Result<(), Finding> {
        let fail = |why: String| Err(Finding::fail(redactor.redact(&why)));
        if answer.status != self.status {
            let told = crate::service::told(answer, redactor);
            return fail(format!("expected {}, {told}", self.status));
        }
        if let Some(body) = &self.body {
            let Some(found) = answer.json() else {
                return fail(format!("the body is no JSON: {}", redactor.quote(&answer.text())));
            };
            difference(&found, body, "$").map_or(Ok(()), fail)?;
        }
        self.texts.iter().try_for_each(|test| judge_body(test, answer, redactor))?;
        for (name, expected) in &self.headers {
            judge_header(name, expected, answer).or_else(fail)?;
        }
        match self.within {
            Some(within) if answer.took > within => {
                fail(format!("answered in {} ms, which is not within {}", answer.took.as_millis(), seconds(within)))
            }
            _ => Ok(()),
        }
    }
}

/// The names of members are nobody's to fill in.
fn replaced(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(from, to)),
        Value::Array(items) => items.iter().map(|item| replaced(item, from, to)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), replaced(value, from, to))).collect()
        }
        other => other.clone(),
    }
}

fn judge_body(test: &Test<'_>, answer: &Response, redactor: &Redactor) -> Result<(), Finding> {
    let written = test.written;
    if written.is_negated && answer.body.is_empty() {
        return Err(Finding::unproven(format!("the body is empty, so that `body {written}` shows nothing")));
    }
    let needs_text = written.is_negated || matches!(written.wanted, TextWanted::Matches(_));
    if needs_text && std::str::from_utf8(&answer.body).is_err() {
        return Err(Finding::unproven(format!("the body is no UTF-8 text, so that `body {written}` shows nothing")));
    }
    let body = answer.text();
    if test.is_in(&body) == written.is_negated {
        let found = if body.is_empty() { "an empty one".to_owned() } else { redactor.quote(&body) };
        return Err(Finding::fail(redactor.redact(&format!("expected a body that {}, found {found}", does(written)))));
    }
    Ok(())
}

fn judge_header(name: &str, expected: &HeaderExpected<'_>, answer: &Response) -> Result<(), String> {
    // A header may be repeated, which says the same as its values in one, with commas between.
    let found: Vec<&str> = answer.headers_named(name).map(str::trim).collect();
    let shown = || if found.is_empty() { "none".to_owned() } else { format!("`{}`", found.join("`, `")) };
    match expected {
        HeaderExpected::Is { written, value } => {
            // A variable of the run is named, never shown.
            let wanted = if written.contains("{env.") { written } else { value.as_str() };
            if found.contains(&value.as_str()) || (!found.is_empty() && found.join(", ") == *value) {
                return Ok(());
            }
            Err(format!("expected header `{name}: {wanted}`, found {}", shown()))
        }
        HeaderExpected::Text(test) => {
            if found.iter().any(|value| test.is_in(value)) != test.written.is_negated {
                return Ok(());
            }
            Err(format!("expected a header `{name}` that {}, found {}", does(test.written), shown()))
        }
    }
}

/// `contains "a"`, `does not match /a/`.
pub(super) fn does(test: &TextTest) -> String {
    let (contains, matches) =
        if test.is_negated { ("does not contain", "does not match") } else { ("contains", "matches") };
    match &test.wanted {
        TextWanted::Contains(part) => format!("{contains} {}", Value::from(part.as_str())),
        TextWanted::Matches(pattern) => format!("{matches} {pattern}"),
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

    fn answer(body: &[u8], headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status: 200, headers, body: body.to_vec(), took: Duration::ZERO }
    }

    fn unfilled(written: &TextTest) -> Test<'_> {
        Test { written, text: None }
    }

    fn header_as_written(wanted: &seaworthy_spec::HeaderWanted) -> HeaderExpected<'_> {
        match wanted {
            seaworthy_spec::HeaderWanted::Is(value) => HeaderExpected::Is { written: value, value: value.clone() },
            seaworthy_spec::HeaderWanted::Text(written) => HeaderExpected::Text(unfilled(written)),
        }
    }

    /// The verdict and the evidence of a test of the answer's text, or of its header `x`; nothing where it is as wanted.
    #[track_caller]
    fn check(line: &str, body: &[u8], headers: &[(&str, &str)], evidence: &str) {
        let source = format!("## Success Criteria\n- [ ] X <!-- check: GET / -> 200 {line} -->\n");
        let spec = seaworthy_spec::Spec::parse(&source).unwrap();
        let scenario = spec.checks().find_map(seaworthy_spec::Check::scenario).unwrap();
        let [seaworthy_spec::Step { action: seaworthy_spec::Action::Request(request), .. }] = scenario.steps.as_slice()
        else {
            panic!("{scenario:?}")
        };
        let expected = Expected {
            status: 200,
            body: None,
            texts: request.answer.texts.iter().map(unfilled).collect(),
            headers: request
                .answer
                .headers
                .iter()
                .map(|header| (header.name.as_str(), header_as_written(&header.wanted)))
                .collect(),
            within: None,
        };
        let judged = expected.judge(&answer(body, headers), &Redactor::default());
        let told =
            judged.map_or_else(|finding| format!("{:?}: {}", finding.verdict, finding.evidence), |()| String::new());
        assert_eq!(told, evidence, "{line}");
    }

    #[test]
    fn a_text_holds_what_it_must_and_nothing_else() {
        let page = b"<h1>Hello, Ada</h1>";
        check(r#"body contains "Ada" body matches /<h1>.*<.h1>/"#, page, &[], "");
        check(r#"body not contains "Bob" body not matches /error/"#, page, &[], "");
        check(
            r#"body contains "Bob""#,
            page,
            &[],
            "Fail: expected a body that contains \"Bob\", found <h1>Hello, Ada</h1>",
        );
        check(r#"body contains "Bob""#, b"", &[], "Fail: expected a body that contains \"Bob\", found an empty one");
        check(
            r"body matches /^Hello/",
            page,
            &[],
            "Fail: expected a body that matches /^Hello/, found <h1>Hello, Ada</h1>",
        );
        check(
            r#"body not contains "Ada""#,
            page,
            &[],
            "Fail: expected a body that does not contain \"Ada\", found <h1>Hello, Ada</h1>",
        );
        check(
            r"body not matches /(?i)ADA/",
            page,
            &[],
            "Fail: expected a body that does not match /(?i)ADA/, found <h1>Hello, Ada</h1>",
        );
    }

    #[test]
    fn what_a_body_lacks_is_not_shown_by_an_empty_or_binary_one() {
        check(
            r#"body not contains "x""#,
            b"",
            &[],
            "Unproven: the body is empty, so that `body not contains \"x\"` shows nothing",
        );
        check(
            r#"body not contains "x""#,
            b"a\xff",
            &[],
            "Unproven: the body is no UTF-8 text, so that `body not contains \"x\"` shows nothing",
        );
        check(
            r"body matches /./",
            b"\xff",
            &[],
            "Unproven: the body is no UTF-8 text, so that `body matches /./` shows nothing",
        );
        check(r#"body contains "%PDF""#, b"%PDF\xff", &[], "");
    }

    #[test]
    fn a_repeated_header_is_tested_value_by_value() {
        let two = [("x", "a=1; Path=/"), ("x", "b=2")];
        check(r#"header x contains "b=2" header X matches /^a=\d/"#, b"", &two, "");
        check(r#"header x not contains "c=""#, b"", &two, "");
        check(
            r#"header x not contains "b=""#,
            b"",
            &two,
            "Fail: expected a header `x` that does not contain \"b=\", found `a=1; Path=/`, `b=2`",
        );
        check(
            r#"header x contains "c=""#,
            b"",
            &two,
            "Fail: expected a header `x` that contains \"c=\", found `a=1; Path=/`, `b=2`",
        );
        check(r#"header y contains "c""#, b"", &two, "Fail: expected a header `y` that contains \"c\", found none");
        check(r#"header y not contains "c""#, b"", &two, "");
        check("header x: b=2", b"", &two, "");
        check("header x: b", b"", &two, "Fail: expected header `x: b`, found `a=1; Path=/`, `b=2`");
    }

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
