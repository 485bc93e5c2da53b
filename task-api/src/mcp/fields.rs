//! The members of a task that a model wants to see: the fewer, the more tasks it can look at.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    request::{
        fault::{Fault, Place},
        object::input,
    },
    resource::batch::TaggedTask,
};

const NAMES: [&str; 6] = ["title", "description", "id", "status", "created_at", "etag"];

/// All unless it says which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields([bool; NAMES.len()]);

impl Fields {
    pub(super) const ALL: Self = Self([true; NAMES.len()]);

    /// Reads the argument `fields`. The id is always among them: without it, nothing can be done with a task.
    ///
    /// # Errors
    ///
    /// Fails if it is no list of such names.
    pub(super) fn read(argument: Option<&RawValue>) -> Result<Self, Vec<Fault>> {
        let Some(raw) = argument.filter(|raw| raw.get() != "null") else { return Ok(Self::ALL) };
        let at = [Place::Name("arguments"), Place::Name("fields")];
        let Ok(names) = serde_json::from_str::<Vec<Value>>(raw.get()) else {
            return Err(vec![Fault::new("list_type", &at, "Input should be a valid list", input(raw.get()))]);
        };
        let (mut fields, mut faults) = (Self(NAMES.map(|name| name == "id")), Vec::new());
        for (number, name) in names.iter().enumerate() {
            if let Some(found) = NAMES.iter().position(|known| name == known) {
                fields.0[found] = true;
                continue;
            }
            let expected = NAMES.map(|name| format!("'{name}'")).join(", ");
            let at = [&at[..], &[Place::Position(number)]].concat();
            let fault = Fault::new("enum", &at, format!("Input should be one of {expected}"), input(&name.to_string()));
            faults.push(fault.with(json!({ "expected": expected })));
        }
        if faults.is_empty() { Ok(fields) } else { Err(faults) }
    }

    /// A task with these members.
    pub(super) fn of<'a>(&'a self, task: &'a TaggedTask) -> Shown<'a> {
        Shown { fields: self, task }
    }
}

pub(super) struct Shown<'a> {
    fields: &'a Fields,
    task: &'a TaggedTask,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self.fields == Fields::ALL {
            return self.task.serialize(serializer);
        }
        let Value::Object(members) = serde_json::to_value(self.task).map_err(S::Error::custom)? else {
            return Map::new().serialize(serializer);
        };
        let mut map = serializer.serialize_map(None)?;
        for (name, _) in NAMES.iter().zip(self.fields.0).filter(|(_, is_wanted)| *is_wanted) {
            map.serialize_entry(name, &members[*name])?;
        }
        map.end()
    }
}
