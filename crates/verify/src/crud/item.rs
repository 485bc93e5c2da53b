//! How one thing is named: by a member of its own, and by its path.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::SEGMENT;
use super::compare::inner;
use super::send::plain;
use crate::http::Response;

/// The member that names a thing, and its value.
pub(super) fn identity(thing: &Value, key: &str) -> Option<(String, Value)> {
    let object = thing.as_object()?;
    let short = key.rsplit('_').next().unwrap_or(key);
    [key, short, "id", "_id", "uuid", "key", "slug", "name"].into_iter().find_map(|name| {
        let value = object.get(name).filter(|value| value.is_string() || value.is_u64() || value.is_i64())?;
        Some((name.to_owned(), value.clone()))
    })
}

/// What the answer to a creation names: the whole answer may be nothing but the id.
pub(super) fn identity_in(answer: &Response, key: &str) -> Option<(String, Value)> {
    let body = answer.json()?;
    if body.is_u64() || body.is_i64() || body.as_str().is_some_and(|id| id.len() <= 64 && !id.contains(' ')) {
        let short = key.rsplit('_').next().unwrap_or(key);
        return Some((short.to_owned(), body));
    }
    identity(inner(&body), key).or_else(|| identity(&body, key))
}

/// The path of one thing in a collection whose path is `collection`.
pub(super) fn path_of(collection: &str, id: &Value, slash: bool) -> String {
    let slash = if slash { "/" } else { "" };
    format!("{}/{}{slash}", collection.trim_end_matches('/'), utf8_percent_encode(&plain(id), SEGMENT))
}

/// The path of a `Location` that is one segment below `path`.
pub(super) fn below(location: &str, path: &str) -> Option<String> {
    let location = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    let rest = location.strip_prefix(path.trim_end_matches('/'))?.strip_prefix('/')?;
    let one = !rest.is_empty() && !rest.trim_end_matches('/').contains(['/', '?', '#']);
    one.then(|| location.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_thing_is_named_by_its_key_or_by_what_is_usual() {
        for (thing, key, expected) in [
            (json!({"task_id": 1, "id": 2}), "task_id", Some(("task_id", json!(1)))),
            (json!({"id": "a b", "title": "x"}), "task_id", Some(("id", json!("a b")))),
            (json!({"_id": "f00"}), "id", Some(("_id", json!("f00")))),
            (json!({"title": "x"}), "id", None),
        ] {
            let expected = expected.map(|(name, value)| (name.to_owned(), value));
            assert_eq!(identity(&thing, key), expected, "{thing}");
        }
        assert_eq!(path_of("/tasks/", &json!("a b"), true), "/tasks/a%20b/");
    }

    #[test]
    fn an_answer_may_be_the_id_itself_or_wrap_it() {
        let answer = |body: &str| Response {
            status: 201,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            took: Duration::ZERO,
        };
        for (body, expected) in [
            ("7", Some(json!(7))),
            ("\"0b7e\"", Some(json!("0b7e"))),
            ("\"it was created\"", None),
            (r#"{"data": {"id": 3}}"#, Some(json!(3))),
            (r#"{"message": "ok", "task": {"id": 4}}"#, Some(json!(4))),
            ("", None),
        ] {
            assert_eq!(identity_in(&answer(body), "task_id").map(|(_, id)| id), expected, "{body}");
        }
    }

    #[test]
    fn a_location_counts_that_lies_in_the_collection() {
        for (location, expected) in [
            ("/tasks/1", Some("/tasks/1")),
            ("http://x:8000/tasks/1/", Some("/tasks/1/")),
            ("/tasks/1/parts", None),
            ("/tasks", None),
            ("/others/1", None),
        ] {
            assert_eq!(below(location, "/tasks/").as_deref(), expected, "{location}");
        }
    }
}
