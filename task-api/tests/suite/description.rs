//! What the description of the API gives to those who begin with it: examples, and the way on from each answer.

use serde_json::{Value, json};

use crate::{http::get, program::Api};

fn document() -> Value {
    get(Api::start("sqlite::memory:").address, "/openapi.json").json()
}

/// Every operation, by its name.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let items = document["paths"].as_object().expect("there are paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("a path has operations").values());
    operations.map(|operation| (operation["operationId"].as_str().expect("an operation has a name"), operation))
}

/// What a reference leads to.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).expect("a reference leads somewhere"),
        None => value,
    }
}

/// Whether an example can be made of a shape.
fn has_example(document: &Value, shape: &Value) -> bool {
    let shape = followed(document, shape);
    let of_parts = match (shape.get("properties"), shape.get("items")) {
        (Some(properties), _) => {
            let mut parts = properties.as_object().expect("properties have names").values();
            parts.all(|part| has_example(document, part))
        }
        (None, Some(items)) => has_example(document, items),
        (None, None) => false,
    };
    of_parts || shape.get("example").or(shape.get("examples")).is_some()
}

#[test]
fn every_body_and_every_parameter_of_a_path_has_an_example() {
    let document = document();
    let (mut bodies, mut in_paths) = (0, 0);
    for (name, operation) in operations(&document) {
        let contents = operation["requestBody"]["content"].as_object();
        for (kind, content) in contents.into_iter().flatten() {
            bodies += 1;
            assert!(content.get("example").is_some() || has_example(&document, &content["schema"]), "{name} {kind}");
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "path") {
            in_paths += 1;
            assert_eq!(parameter["example"], json!(1), "{name} {}", parameter["name"]);
        }
    }
    assert_eq!((bodies, in_paths), (5, 4));
    assert!(!has_example(&document, &json!({"type": "object", "properties": {"title": {"type": "string"}}})));
}

#[test]
fn that_the_outcome_of_a_change_may_be_unknown_is_said() {
    let document = document();
    let answers = &document["components"]["responses"];
    for name in ["Unavailable", "TooSlow"] {
        let description = answers[name]["description"].as_str().expect("an answer is described");
        assert!(description.contains("may have changed"), "{name}: {description}");
    }
}

/// All objects within a value.
fn objects(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    match value {
        Value::Object(members) => [members].into_iter().chain(members.values().flat_map(objects)).collect(),
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn nothing_is_in_the_way_of_those_who_generate_clients() {
    let document = document();
    assert!(document["components"].get("links").is_none(), "openapi-generator refuses bodies in links");
    let with_default = objects(&document).into_iter().find(|members| members.contains_key("default"));
    assert!(with_default.is_none(), "openapi-typescript demands what has a default: {with_default:?}");
}
