//! What is wrong with a request, in the shape that the original's clients know.

use std::fmt;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// One thing wrong with a request. A request is checked whole: there may be many.
#[derive(Debug, Serialize)]
pub struct Fault {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Place>,
    msg: String,
    input: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<serde_json::Value>,
}

/// A step of the way to the fault: a name, or a position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    Name(&'static str),
    Position(usize),
}

impl Fault {
    pub fn new(kind: &'static str, loc: &[Place], msg: impl Into<String>, input: Box<RawValue>) -> Self {
        Self { kind, loc: loc.to_vec(), msg: msg.into(), input, ctx: None }
    }

    /// The same, where what was sent stands in another place.
    #[must_use]
    pub(crate) fn moved_to(mut self, place: &'static str) -> Self {
        if let Some(first) = self.loc.first_mut() {
            *first = Place::Name(place);
        }
        self
    }

    /// Adds the figures behind the message.
    #[must_use]
    pub fn with(mut self, ctx: serde_json::Value) -> Self {
        self.ctx = Some(ctx);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.msg)
    }
}

/// A parameter as the client wrote it, which is always text.
pub(crate) fn text_input(text: &str) -> Box<RawValue> {
    to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Both values, or the faults of both, the first one's first.
///
/// # Errors
///
/// Fails if either of them did.
pub(crate) fn both<A, B>(first: Result<A, Vec<Fault>>, second: Result<B, Vec<Fault>>) -> Result<(A, B), Vec<Fault>> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(mut faults), Err(more)) => {
            faults.extend(more);
            Err(faults)
        }
        (Err(faults), _) | (_, Err(faults)) => Err(faults),
    }
}
