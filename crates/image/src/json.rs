//! JSON from outside, as those who run images read it: Go's decoder ignores the case of a member's name.
//!
//! So `{"User": "1000", "user": "0"}` is two members to one reader and one to another, and an image that means one thing
//! here and another there must not be judged. Such names are refused; a name in another case is given its usual one.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Objects whose members have fixed names, by the member that they stand under; and what lists of them stand under.
const OBJECTS: [&str; 9] =
    ["config", "container_config", "rootfs", "history", "Healthcheck", "layers", "manifests", "platform", "subject"];

/// The names that this program reads.
const NAMES: [&str; 43] = [
    // Of an image's config.
    "architecture",
    "os",
    "variant",
    "os.version",
    "created",
    "author",
    "config",
    "container_config",
    "rootfs",
    "history",
    "type",
    "diff_ids",
    "created_by",
    "comment",
    "empty_layer",
    "User",
    "WorkingDir",
    "Entrypoint",
    "Cmd",
    "Env",
    "ExposedPorts",
    "Volumes",
    "Labels",
    "StopSignal",
    "StopTimeout",
    "Shell",
    "OnBuild",
    "Healthcheck",
    "Test",
    "Interval",
    "Timeout",
    "StartPeriod",
    "StartInterval",
    "Retries",
    // Of manifests, indexes and what `docker save` lists.
    "schemaVersion",
    "mediaType",
    "layers",
    "manifests",
    "digest",
    "size",
    "platform",
    "annotations",
    "RepoTags",
];

/// Reads JSON in which no object of fixed names has two names that are one to Go.
///
/// # Errors
///
/// Fails if it is not JSON, or has such names.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { is_fixed: true }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// As [`read`], as a type.
///
/// # Errors
///
/// As [`read`], and if it has not the type's form.
pub(crate) fn read_as<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_value(read(bytes)?)
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Seed {
    /// The names of its members are fixed, and not data as those of labels are.
    is_fixed: bool,
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut folded = std::collections::HashMap::new();
        while let Some(name) = members.next_key::<String>()? {
            if !self.is_fixed {
                object.insert(name, members.next_value_seed(Self { is_fixed: false })?);
                continue;
            }
            let usual = NAMES
                .iter()
                .find(|usual| folded_letters(usual).eq(folded_letters(&name)))
                .map_or(name.as_str(), |usual| usual);
            let is_fixed = OBJECTS.contains(&usual);
            let value = members.next_value_seed(Self { is_fixed })?;
            object.insert(usual.to_owned(), value);
            if let Some(other) = folded.insert(folded_letters(&name).collect::<String>(), name.clone()) {
                return Err(A::Error::custom(twice(&other, &name)));
            }
        }
        Ok(Value::Object(object))
    }
}

fn twice(one: &str, other: &str) -> String {
    let short = |name: &str| name.chars().take(40).collect::<String>();
    if one == other {
        format!("the member `{}` is there twice", short(one))
    } else {
        format!(
            "the members `{}` and `{}` differ in case alone, and engines take them for one",
            short(one),
            short(other)
        )
    }
}

/// A name as Go compares it: two characters beyond ASCII are letters of it in another case.
fn folded_letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let got = match read(json.as_bytes()) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(got.starts_with(expected), "{json}: {got}");
    }

    #[test]
    fn a_name_in_another_case_is_the_same_name() {
        check(r#"{"CONFIG":{"user":"0"}}"#, r#"{"config":{"User":"0"}}"#);
        check(r#"{"config":{"Uſer":"0","wor\u212aingDir":"/"}}"#, r#"{"config":{"User":"0","WorkingDir":"/"}}"#);
        check(r#"{"config":{"healthCheck":{"test":["NONE"]}}}"#, r#"{"config":{"Healthcheck":{"Test":["NONE"]}}}"#);
        check(r#"{"LAYERS":[{"Digest":"x"}]}"#, r#"{"layers":[{"digest":"x"}]}"#);
    }

    #[test]
    fn names_that_are_one_to_engines_are_refused() {
        let alone = "differ in case alone, and engines take them for one";
        check(r#"{"config":{"User":"1","user":"0"}}"#, &format!("the members `User` and `user` {alone}"));
        check(r#"{"config":{},"Config":{}}"#, &format!("the members `config` and `Config` {alone}"));
        check(r#"{"history":[{"x":1,"X":2}]}"#, &format!("the members `x` and `X` {alone}"));
        check(r#"{"layers":[{"digest":"a","DIGEST":"b"}]}"#, &format!("the members `digest` and `DIGEST` {alone}"));
        check(r#"{"config":{"User":"1","User":"0"}}"#, "the member `User` is there twice");
    }

    #[test]
    fn names_that_are_data_may_be_alike() {
        let labels = r#"{"config":{"Labels":{"a":"1","A":"2"},"ExposedPorts":{"1/tcp":{},"1/TCP":{}}}}"#;
        check(labels, labels);
        check(r#"{"x":{"a":1,"A":2}}"#, r#"{"x":{"a":1,"A":2}}"#);
        check(r#"{"annotations":{"digest":"1","Digest":"2"}}"#, r#"{"annotations":{"digest":"1","Digest":"2"}}"#);
    }

    #[test]
    fn other_values_come_through_as_they_are() {
        let json = r#"{"a":[1,-1,1.5,true,null,"é"],"size":18446744073709551615}"#;
        check(json, json);
        check("{} x", "trailing characters");
    }

    #[test]
    fn a_deep_value_is_refused_before_it_fills_the_stack() {
        let deep = [r#"{"config":"#, &"[".repeat(1_000_000)].concat();
        check(&deep, "recursion limit exceeded");
    }
}
