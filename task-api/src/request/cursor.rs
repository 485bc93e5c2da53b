//! Cursors: where a list or a feed goes on. Opaque to clients.
//!
//! A cursor is a version, a hash of what it is a place in, and the place. One that was made for another owner, filter,
//! order or epoch does not fit, and is told so rather than followed to a wrong place. Those of lists are not signed: all one
//! could forge is a place in one's own tasks. Those of feeds are: one that is ahead of the database shows that it is not
//! what it was, which must not be anybody's to say.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{Context, SHA256},
    hmac,
};

use crate::{
    epoch::{Epoch, Standing},
    request::{
        fault::{Fault, Place, text_input},
        owner::Owner,
    },
};

const VERSION: u8 = 1;
const SEALED: u8 = 2;

/// What a cursor is a place in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope([u8; 8]);

impl Scope {
    /// Of everything that decides which items there are and in which order.
    pub(crate) fn of(parts: &[&str], epoch: Epoch) -> Self {
        let mut hash = Context::new(&SHA256);
        let epoch = (!epoch.is_first()).then(|| epoch.to_string());
        for part in parts.iter().copied().chain(epoch.as_deref()) {
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
        Ok(numbers(place))
    }
}

fn numbers<const N: usize>(bytes: &[u8]) -> [i64; N] {
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = i64::from_be_bytes(*bytes);
    }
    numbers
}

/// Makes and knows cursors of an owner's feed that nobody else can make, in one epoch.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    key: hmac::Key,
    owner: Owner,
    epoch: Epoch,
}

/// What a cursor of a feed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sealed {
    Place([i64; 2]),
    /// Of before cursors were sealed: a number that anybody may have made.
    Number(i64),
}

impl Seal {
    const BYTES: usize = 8;

    pub(crate) fn of(owner: &Owner, Standing { secret, epoch, .. }: &Standing) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), owner: owner.clone(), epoch: *epoch }
    }

    pub(crate) fn cursor(&self, place: [i64; 2]) -> String {
        let place = place.map(i64::to_be_bytes);
        URL_SAFE_NO_PAD.encode([&[SEALED], &self.of_place(place.as_flattened())[..], place.as_flattened()].concat())
    }

    /// # Errors
    ///
    /// Fails if it is no cursor of this feed in this epoch.
    pub(crate) fn open(&self, cursor: &str) -> Result<Sealed, Box<Fault>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
        let Some((&SEALED, rest)) = bytes.split_first() else {
            let scope = Scope::of(&["changes", self.owner.as_str()], Epoch::default());
            return match scope.place(cursor) {
                Ok(_) if !self.epoch.is_first() => Err(other_epoch(cursor)),
                Ok([number]) => Ok(Sealed::Number(number)),
                Err(fault) => Err(fault),
            };
        };
        match rest.split_at_checked(Self::BYTES) {
            Some((seal, place)) if place.len() == 16 => {
                let is_ours = seal == self.of_place(place);
                if is_ours { Ok(Sealed::Place(numbers(place))) } else { Err(other_epoch(cursor)) }
            }
            _ => Err(strange(cursor)),
        }
    }

    fn of_place(&self, place: &[u8]) -> [u8; Self::BYTES] {
        let mut tag = hmac::Context::with_key(&self.key);
        tag.update(&i64::from(self.epoch).to_be_bytes());
        tag.update(place);
        tag.update(self.owner.as_str().as_bytes());
        let mut first = [0; Self::BYTES];
        first.iter_mut().zip(tag.sign().as_ref()).for_each(|(byte, tag)| *byte = *tag);
        first
    }
}

/// What is wrong with a cursor of before a backup was restored, or of another owner's feed.
pub(crate) fn other_epoch(cursor: &str) -> Box<Fault> {
    bad(cursor, "Input should be a cursor for this API key, given since the database was last restored")
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
    fn a_sealed_cursor_is_good_for_its_owner_secret_and_epoch_alone() {
        let seal = |owner: &str, secret: &str, epoch| {
            Seal::of(&Owner::new(owner.into()), &Standing { secret: secret.to_owned(), epoch, newest: 0 })
        };
        let (first, second) = (Epoch::default(), Epoch::another());
        let ours = seal("a", "s", first);
        let cursor = ours.cursor([7, i64::MAX]);
        assert_eq!(ours.open(&cursor).unwrap(), Sealed::Place([7, i64::MAX]));
        for other in [seal("b", "s", first), seal("a", "t", first), seal("a", "s", second)] {
            assert!(other.open(&cursor).unwrap_err().to_string().contains("last restored"));
        }
        // The bytes of the place cannot be changed by whoever has a cursor.
        for at in 1..25 {
            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            bytes[at] ^= 1;
            assert!(ours.open(&URL_SAFE_NO_PAD.encode(bytes)).is_err(), "{at}");
        }
        let before = Scope::of(&["changes", "a"], first).cursor([7]);
        assert_eq!(ours.open(&before).unwrap(), Sealed::Number(7));
        assert!(seal("a", "s", second).open(&before).is_err());
        for bad in ["", "7", "Ag", &cursor[1..], &format!("{cursor}AAAA")] {
            assert!(ours.open(bad).unwrap_err().to_string().contains("a cursor that the service gave"), "{bad}");
        }
    }

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nowhere_else() {
        let of = |parts: &[&str]| Scope::of(parts, Epoch::default());
        let scope = of(&["tasks", "", "id"]);
        let cursor = scope.cursor([i64::MIN, 7]);
        assert_eq!(scope.place(&cursor).unwrap(), [i64::MIN, 7]);
        let told = |scope: Scope, cursor: &str| scope.place::<2>(cursor).unwrap_err().to_string();
        for other in
            [of(&["tasks", "other", "id"]), of(&["task", "s", "id"]), Scope::of(&["tasks", "", "id"], Epoch::another())]
        {
            assert_eq!(told(other, &cursor), "Value error, Input should be a cursor for this filter, sort and API key");
        }
        for bad in ["", "7", "****", &cursor[1..], &format!("{cursor}AAAA"), &scope.cursor([7]), &"A".repeat(100_000)] {
            assert_eq!(told(scope, bad), "Value error, Input should be a cursor that the service gave");
        }
    }
}
