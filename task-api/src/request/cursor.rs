//! Cursors: where a list or a feed goes on. Opaque to clients, and not signed: all one could forge is a place in one's
//! own tasks.
//!
//! A cursor is a version, a hash of what it is a place in, and the place. One that was made for another owner, filter or
//! order does not fit, and is told so rather than followed to a wrong place.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{Context, SHA256};

use crate::request::fault::{Fault, Place, text_input};

const VERSION: u8 = 1;

/// What a cursor is a place in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope([u8; 8]);

impl Scope {
    /// Of everything that decides which items there are and in which order.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = Context::new(&SHA256);
        for part in parts {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let (mut first, digest) = ([0; 8], hash.finish());
        first.iter_mut().zip(digest.as_ref()).for_each(|(byte, digest)| *byte = *digest);
        Self(first)
    }

    /// The cursor of a place in it.
    pub(crate) fn cursor<const N: usize>(self, place: [i64; N]) -> String {
        let place = place.map(i64::to_be_bytes);
        URL_SAFE_NO_PAD.encode([&[VERSION], &self.0[..], place.as_flattened()].concat())
    }

    /// The place that a cursor means.
    ///
    /// # Errors
    ///
    /// Fails if it is none, or one for something else.
    pub(crate) fn place<const N: usize>(self, cursor: &str) -> Result<[i64; N], Box<Fault>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
        let (Some((&VERSION, rest)), true) = (bytes.split_first(), bytes.len() == 9 + 8 * N) else {
            return Err(strange(cursor));
        };
        let (scope, place) = rest.split_at(8);
        if scope != self.0 {
            return Err(bad(cursor, "Input should be a cursor for this filter, sort and API key"));
        }
        let mut numbers = [0; N];
        for (number, bytes) in numbers.iter_mut().zip(place.as_chunks().0) {
            *number = i64::from_be_bytes(*bytes);
        }
        Ok(numbers)
    }
}

/// What is wrong with a cursor that the service never gave.
pub(crate) fn strange(cursor: &str) -> Box<Fault> {
    bad(cursor, "Input should be a cursor that the service gave")
}

fn bad(cursor: &str, msg: &str) -> Box<Fault> {
    let place = [Place::Name("query"), Place::Name("cursor")];
    Box::new(Fault::new("value_error", &place, format!("Value error, {msg}"), text_input(cursor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nowhere_else() {
        let scope = Scope::of(&["tasks", "", "id"]);
        let cursor = scope.cursor([i64::MIN, 7]);
        assert_eq!(scope.place(&cursor).unwrap(), [i64::MIN, 7]);
        let told = |scope: Scope, cursor: &str| scope.place::<2>(cursor).unwrap_err().to_string();
        for other in [Scope::of(&["tasks", "other", "id"]), Scope::of(&["task", "s", "id"])] {
            assert_eq!(told(other, &cursor), "Value error, Input should be a cursor for this filter, sort and API key");
        }
        for bad in ["", "7", "****", &cursor[1..], &format!("{cursor}AAAA"), &scope.cursor([7]), &"A".repeat(100_000)] {
            assert_eq!(told(scope, bad), "Value error, Input should be a cursor that the service gave");
        }
    }
}
