//! `docs/report.md` and `docs/report.schema.json` are held to what is really written.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{json, sample};

const SCHEMA: &str = include_str!("../../../docs/report.schema.json");
const PAGE: &str = include_str!("../../../docs/report.md");

fn written() -> Value {
    serde_json::from_str(&json::render(&sample::report())).unwrap()
}

/// Every way in which `value` is not what `schema` says. Knows the words that our schema uses, and no others.
fn faults(schema: &Value, value: &Value, root: &Value, place: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (word, wanted) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let target = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                faults.extend(self::faults(root.pointer(target).unwrap(), value, root, place));
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|wanted| is(value, wanted)),
                one => is(value, one),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= wanted.as_i64(),
            "pattern" => {
                assert_eq!(wanted, "^sha256:[0-9a-f]{64}$");
                let hex = value.as_str().and_then(|text| text.strip_prefix("sha256:")).unwrap_or_default();
                hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    faults.extend(self::faults(wanted, item, root, &format!("{place}[]")));
                }
                true
            }
            "required" => value.as_object().is_none_or(|object| {
                wanted.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
            }),
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    match wanted.get(name) {
                        Some(schema) => faults.extend(self::faults(schema, value, root, &format!("{place}.{name}"))),
                        None => faults.push(format!("{place}.{name} is not in the schema")),
                    }
                }
                true
            }
            other => panic!("this test does not know `{other}`"),
        };
        if !holds {
            faults.push(format!("{place}: `{word}` does not hold"));
        }
    }
    faults
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("this test does not know the type `{other}`"),
    }
}

/// The paths of all members, `parameters` (which are the check's own) not entered.
fn members(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                found.insert(path.clone());
                if name != "parameters" {
                    members(value, &path, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, &format!("{place}[]"), found)),
        _ => {}
    }
}

/// As [`members`], from the schema's `properties`.
fn schema_members(schema: &Value, place: &str, found: &mut BTreeSet<String>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        found.insert(path.clone());
        schema_members(schema, &path, found);
        schema_members(&schema["items"], &format!("{path}[]"), found);
    }
}

/// The objects by themselves are explained by what is in them.
fn without_plain_objects(members: &BTreeSet<String>) -> BTreeSet<&str> {
    members
        .iter()
        .map(String::as_str)
        .filter(|path| {
            !["spec", "image", "image.size_bytes", "machine", "parts_ms", "summary", "criteria[].vouched"]
                .contains(path)
        })
        .collect()
}

#[test]
fn a_report_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(faults(&schema, &written(), &schema, ""), Vec::<String>::new());
    let mut sparse = sample::report();
    sparse.built = None;
    sparse.pushed = None;
    sparse.machine.id = None;
    sparse.image.digest = None;
    sparse.parts_ms = None;
    sparse.image.size_bytes.transfer = None;
    let sparse = serde_json::to_value(&sparse).unwrap();
    assert_eq!(faults(&schema, &sparse, &schema, ""), Vec::<String>::new());
}

#[test]
fn a_report_that_is_not_what_the_schema_says_is_told_apart() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for (from, to, fault) in [
        ("\"linux/amd64\"", "7", ".image.platform: `type` does not hold"),
        ("\"pending\"", "\"later\"", ".criteria[].verdict: `enum` does not hold"),
        ("report/v1", "report/v2", ".schema: `const` does not hold"),
        ("\"took_ms\": 3100", "\"took\": 3100", ": `required` does not hold"),
    ] {
        let wrong = serde_json::from_str(&json::render(&sample::report()).replacen(from, to, 1)).unwrap();
        let faults = faults(&schema, &wrong, &schema, "");
        assert!(faults.iter().any(|found| found == fault), "{fault}: {faults:?}");
    }
}

#[test]
fn every_member_is_in_the_schema_and_on_the_page_and_nothing_else_is() {
    let (mut written_members, mut schema) = (BTreeSet::new(), BTreeSet::new());
    members(&written(), "", &mut written_members);
    schema_members(&serde_json::from_str(SCHEMA).unwrap(), "", &mut schema);
    assert_eq!(written_members, schema);

    let page: BTreeSet<&str> =
        PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|(member, _)| member).collect();
    assert_eq!(without_plain_objects(&written_members), page);
}
