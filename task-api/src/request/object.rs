//! What JSON objects of clients say: tasks to be, and changes of tasks.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{json, value::RawValue};

use crate::{
    request::{
        fault::{Fault, Place, both},
        idempotency::Name,
    },
    task::{BadText, Change, Description, Draft, Edit, NoInteger, Status, TaskId, Title},
};

/// The members that mean something.
const NAMES: [&str; 8] = ["title", "description", "status", "id", "etag", "tasks", "idempotency_key", "fields"];

/// An object, and where it stands.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    at: Vec<Place>,
    text: &'a str,
    members: Members<'a>,
}

impl<'a> Object<'a> {
    /// # Errors
    ///
    /// Fails if `text`, which is JSON, is no object.
    pub(crate) fn read(text: &'a str, at: Vec<Place>) -> Result<Self, Vec<Fault>> {
        match serde_json::from_str(text) {
            Ok(members) => Ok(Self { at, text, members }),
            Err(_) => Err(Self::is_none(&at, input(text))),
        }
    }

    /// That there is something else in its place.
    pub(crate) fn is_none(at: &[Place], input: Box<RawValue>) -> Vec<Fault> {
        let msg = "Input should be a valid dictionary or object to extract fields from";
        vec![Fault::new("model_attributes_type", at, msg, input)]
    }

    /// All that a new task needs.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn draft(&self) -> Result<Draft, Vec<Fault>> {
        let mut faults = Vec::new();
        let title = match self.members.get("title") {
            None => {
                faults.push(self.is_missing("title"));
                None
            }
            Some(raw) => self.text("title", raw, Title::new, &mut faults),
        };
        let description = self.optional("description", Description::new, &mut faults).value();
        let status = self.optional("status", Status::new, &mut faults).value().unwrap_or_default();
        match title {
            Some(title) if faults.is_empty() => Ok(Draft { title, description, status }),
            _ => Err(faults),
        }
    }

    /// A JSON merge patch: what is absent stays, `null` resets what has a default.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn change(&self) -> Result<Change, Vec<Fault>> {
        let mut faults = Vec::new();
        let title = self.members.get("title").and_then(|raw| self.text("title", raw, Title::new, &mut faults));
        let description = self.optional("description", Description::new, &mut faults);
        let status = match self.optional("status", Status::new, &mut faults) {
            Edit::Keep => None,
            Edit::Clear => Some(Status::default()),
            Edit::Set(status) => Some(status),
        };
        if faults.is_empty() { Ok(Change { title, description, status }) } else { Err(faults) }
    }

    /// The same, where null is nothing that a status can be: models send it where they mean nothing.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn change_but_no_reset(&self) -> Result<Change, Vec<Fault>> {
        let status = match self.members.get("status") {
            Some(raw) if raw.get() == "null" => {
                let msg = "Input should be a valid string";
                Err(vec![Fault::new("string_type", &self.at("status"), msg, input(raw.get()))])
            }
            _ => Ok(()),
        };
        both(status, self.change()).map(|((), change)| change)
    }

    /// A member as it was sent.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.members.get(name)
    }

    /// The task that it is about, if it can be one's.
    ///
    /// # Errors
    ///
    /// Fails if it names none.
    pub(crate) fn id(&self) -> Result<Option<TaskId>, Vec<Fault>> {
        let raw = self.members.get("id").ok_or_else(|| vec![self.is_missing("id")])?;
        integer(raw.get()).map_err(|NoInteger| {
            vec![Fault::new("int_type", &self.at("id"), "Input should be a valid integer", input(raw.get()))]
        })
    }

    /// The state that the task must be in, if it says so.
    ///
    /// # Errors
    ///
    /// Fails if what it says is no text.
    pub(crate) fn etag(&self) -> Result<Option<String>, Vec<Fault>> {
        let mut faults = Vec::new();
        let etag = self.optional("etag", Ok, &mut faults).value();
        if faults.is_empty() { Ok(etag) } else { Err(faults) }
    }

    /// What it is called, so that it is done once, if it says so.
    ///
    /// # Errors
    ///
    /// Fails if what it says is no such name.
    pub(crate) fn key(&self) -> Result<Option<Name>, Vec<Fault>> {
        let mut faults = Vec::new();
        match self.optional("idempotency_key", Ok, &mut faults) {
            Edit::Set(name) => Name::new(name, self.at("idempotency_key")).map(Some),
            _ if faults.is_empty() => Ok(None),
            _ => Err(faults),
        }
    }

    /// The objects in its member `tasks`, at most `most`.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it that keeps it from being a list of objects.
    pub(crate) fn tasks(&self, most: usize) -> Result<Vec<Object<'a>>, Vec<Fault>> {
        let raw = self.members.get("tasks").ok_or_else(|| vec![self.is_missing("tasks")])?;
        let at = self.at("tasks");
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            return Err(vec![Fault::new("list_type", &at, "Input should be a valid list", input(raw.get()))]);
        };
        let count = items.len();
        if count == 0 {
            let msg = "List should have at least 1 item after validation, not 0";
            let ctx = json!({ "field_type": "List", "min_length": 1, "actual_length": 0 });
            return Err(vec![Fault::new("too_short", &at, msg, input(raw.get())).with(ctx)]);
        }
        if count > most {
            let msg = format!("List should have at most {most} items after validation, not {count}");
            let ctx = json!({ "field_type": "List", "max_length": most, "actual_length": count });
            return Err(vec![Fault::new("too_long", &at, msg, RawValue::NULL.to_owned()).with(ctx)]);
        }
        all(items.into_iter().enumerate().map(|(number, item)| {
            let at = [&at[..], &[Place::Position(number)]].concat();
            Object::read(item.get(), at)
        }))
    }

    fn at(&self, name: &'static str) -> Vec<Place> {
        [&self.at[..], &[Place::Name(name)]].concat()
    }

    fn is_missing(&self, name: &'static str) -> Fault {
        Fault::new("missing", &self.at(name), "Field required", input(self.text))
    }

    /// That this member says what cannot be.
    pub(crate) fn is_wrong(&self, name: &'static str, msg: &str) -> Fault {
        let input = self.members.get(name).map_or_else(|| RawValue::NULL.to_owned(), |raw| input(raw.get()));
        Fault::new("value_error", &self.at(name), format!("Value error, {msg}"), input)
    }

    /// A member that may be left out or be null.
    fn optional<T>(
        &self,
        name: &'static str,
        new: fn(String) -> Result<T, Vec<BadText>>,
        faults: &mut Vec<Fault>,
    ) -> Edit<T> {
        match self.members.get(name) {
            None => Edit::Keep,
            Some(raw) if raw.get() == "null" => Edit::Clear,
            Some(raw) => self.text(name, raw, new, faults).map_or(Edit::Keep, Edit::Set),
        }
    }

    fn text<T>(
        &self,
        name: &'static str,
        raw: &RawValue,
        new: fn(String) -> Result<T, Vec<BadText>>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let fault = |kind, msg: String| Fault::new(kind, &self.at(name), msg, input(raw.get()));
        if !raw.get().starts_with('"') {
            faults.push(fault("string_type", "Input should be a valid string".to_owned()));
            return None;
        }
        // The grammar has been checked, so half a surrogate pair is all that can be wrong.
        let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
            let msg = "Input should be a valid string, unable to parse raw data as a unicode string";
            faults.push(fault("string_unicode", msg.to_owned()));
            return None;
        };
        new(text).map_err(|bad| faults.extend(bad.into_iter().map(|bad| fault(bad.kind, bad.msg).with(bad.ctx)))).ok()
    }
}

/// The id that JSON text says, however it is written: `70`, `70.0` and `7e1` are one. One that does not fit into 64 bits
/// is no task's.
fn integer(json: &str) -> Result<Option<TaskId>, NoInteger> {
    let (is_negative, number) = json.strip_prefix('-').map_or((false, json), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    if !digits.starts_with(|digit: char| digit.is_ascii_digit()) {
        return Err(NoInteger);
    }
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Ok(Some(TaskId(0)));
    }
    // An exponent that is no number here is one that is beyond all numbers.
    let far = if exponent.starts_with('-') { -1_000_000_000 } else { 1_000_000_000 };
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let zeros = length(&digits) - length(significant) - length(part);
    let zeros = exponent.parse::<i64>().unwrap_or(far).clamp(-1_000_000_000, 1_000_000_000) + zeros;
    let sign = if is_negative { "-" } else { "" };
    match usize::try_from(zeros) {
        Ok(zeros @ ..20) => TaskId::parse(&format!("{sign}{significant}{}", "0".repeat(zeros))),
        Ok(_) => Ok(None),
        Err(_) => Err(NoInteger),
    }
}

/// All values, or the faults of all.
///
/// # Errors
///
/// Fails if any of them did.
pub(crate) fn all<T>(results: impl Iterator<Item = Result<T, Vec<Fault>>>) -> Result<Vec<T>, Vec<Fault>> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

/// The members of an object, unparsed; of those of one name, the last.
#[derive(Debug)]
struct Members<'a>(HashMap<&'static str, &'a RawValue>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visited;
        impl<'de> Visitor<'de> for Visited {
            type Value = HashMap<&'static str, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = HashMap::new();
                // A name that is no Unicode text is no name of ours, and ignored like any other.
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let name = serde_json::from_str::<String>(name.get()).ok();
                    if let Some(known) = NAMES.iter().find(|known| name.as_deref() == Some(**known)) {
                        members.insert(*known, value);
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visited).map(Members)
    }
}

/// JSON text as it was sent, without the white space between its parts.
pub(crate) fn input(json: &str) -> Box<RawValue> {
    let (mut compact, mut in_string, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if in_string {
            (in_string, escaped) = (escaped || c != '"', !escaped && c == '\\');
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = c == '"';
        }
        compact.push(c);
    }
    RawValue::from_string(compact).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_one_however_it_is_written() {
        for (text, expected) in [
            ("70", Ok(Some(70))),
            ("70.0", Ok(Some(70))),
            ("-7.0e1", Ok(Some(-70))),
            ("0.7E+2", Ok(Some(70))),
            ("7000e-2", Ok(Some(70))),
            ("-0.0", Ok(Some(0))),
            ("0e-9999999999999999999", Ok(Some(0))),
            ("9223372036854775807.0", Ok(Some(i64::MAX))),
            ("9223372036854775808", Ok(None)),
            ("1e19", Ok(None)),
            ("1e99999999999999999999", Ok(None)),
            ("1e-99999999999999999999", Err(NoInteger)),
            ("70.5", Err(NoInteger)),
            ("7e-1", Err(NoInteger)),
            ("1.00000000000000000000000001", Err(NoInteger)),
            ("\"70\"", Err(NoInteger)),
            ("true", Err(NoInteger)),
            ("null", Err(NoInteger)),
            ("[70]", Err(NoInteger)),
        ] {
            assert_eq!(integer(text).map(|id| id.map(|id| id.0)), expected, "{text}");
        }
    }
}
