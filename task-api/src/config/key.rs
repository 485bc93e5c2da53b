//! API keys: who may ask, and for what. The service knows only their hashes.
//!
//! A key is 256 random bits, so one round of SHA-256 is enough: there is nothing to guess.

use std::{fmt, hint::black_box, str::FromStr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{Timestamp, civil::Date, tz::Offset};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// What every key begins with, so that people and scanners of secrets know one when they see it.
const PREFIX: &str = "tak_";

/// The keys that are taken. None at all: everybody may do everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Entry>);

/// What the service knows of a key: `NAME:SCOPES:HASH`, and until when it is taken: `:2027-01-31`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Arc<str>,
    pub(crate) scopes: Scopes,
    hash: [u8; 32],
    /// The last day, in UTC.
    until: Option<Date>,
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Read,
    Write,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scopes {
    read: bool,
    write: bool,
}

impl Scopes {
    pub(crate) fn may(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read,
            Scope::Write => self.write,
        }
    }
}

/// Without their hashes: `2: app (read+write), ci (read)`.
impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none: who reaches it may do everything");
        }
        let told: Vec<_> = self.0.iter().map(Entry::told).collect();
        write!(f, "{}: {}", self.len(), told.join(", "))
    }
}

/// Why a request may not be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It has no key.
    NoKey,
    /// Its key is none of ours.
    BadKey,
    /// Its key is not for this.
    NotFor(Scope),
    /// A web page from elsewhere sends it, and there are no keys to tell who wants it.
    Elsewhere,
}

/// Why an entry cannot be used. It does not repeat the entry, which may be a key in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    #[error("there is no key in it; unset it if everybody may do everything")]
    None,
    #[error("entry {0} is not `NAME:SCOPES:HASH` or `NAME:SCOPES:HASH:DAY` as `task-api key new` prints it")]
    Form(usize),
    #[error("the name in entry {0} is not 1 to 64 of `a-z`, `0-9`, `-` and `_`")]
    Name(usize),
    #[error("the scopes in entry {0} are not `read`, `write` or `read+write`")]
    Scopes(usize),
    #[error(
        "the hash in entry {0} is not 64 hexadecimal digits: put what `task-api key new` calls `entry` there, not the key"
    )]
    Hash(usize),
    #[error("the last day in entry {0} is not one as 2027-01-31")]
    Until(usize),
    #[error("entry {0} has the hash of another one")]
    Twice(usize),
}

impl Keys {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose key an `Authorization` header holds.
    ///
    /// Every entry is compared, and each to its end: how long it takes says nothing about how near a guess was.
    ///
    /// # Errors
    ///
    /// Fails if it holds none that is ours, or one whose time is over.
    pub(crate) fn find(&self, authorization: Option<&[u8]>) -> Result<&Entry, Denied> {
        let (scheme, key) = authorization.and_then(|value| value.split_at_checked(7)).ok_or(Denied::NoKey)?;
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return Err(Denied::NoKey);
        }
        let hash = hash(key.trim_ascii());
        let mut found = None;
        for entry in &self.0 {
            let difference = entry.hash.iter().zip(hash).fold(0, |all, (one, other)| black_box(all | (one ^ other)));
            if difference == 0 {
                found = Some(entry);
            }
        }
        found.filter(|entry| !entry.is_over(Timestamp::now())).ok_or(Denied::BadKey)
    }
}

impl Entry {
    /// # Errors
    ///
    /// Fails if the key is not for this.
    pub(crate) fn may(&self, scope: Scope) -> Result<(), Denied> {
        if self.scopes.may(scope) { Ok(()) } else { Err(Denied::NotFor(scope)) }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| Offset::UTC.to_datetime(now).date() > until)
    }

    /// Without its hash.
    fn told(&self) -> String {
        let until = self.until.map(|until| format!(", until {until}")).unwrap_or_default();
        format!("{} ({}{until})", self.name, self.scopes)
    }

    /// A new key, which is nowhere else from now on, and its entry: until this day, or until it is taken out.
    ///
    /// # Errors
    ///
    /// Fails if the name, the scopes or the day are wrong, or the system has no random bits.
    pub(crate) fn new(name: &str, scopes: &str, until: Option<&str>) -> Result<(String, Self), NoNewKey> {
        let (name, scopes, until) = (name_of(name, 1)?, scopes_of(scopes, 1)?, until_of(until, 1)?);
        let mut bits = [0; 32];
        SystemRandom::new().fill(&mut bits).map_err(|_| NoNewKey::NoRandom)?;
        let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
        let hash = hash(key.as_bytes());
        Ok((key, Self { name, scopes, hash, until }))
    }
}

/// Why there is no new key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoNewKey {
    #[error(transparent)]
    Wrong(#[from] BadKeys),
    #[error("the system has no random bits")]
    NoRandom,
}

impl FromStr for Keys {
    type Err = BadKeys;

    /// Reads entries with white space or commas between them. From a `#` to the end of its line is a comment.
    fn from_str(text: &str) -> Result<Self, BadKeys> {
        let mut entries: Vec<Entry> = Vec::new();
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(entries, _)| entries));
        let parts = lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || c == ','));
        let parts = parts.filter(|part| !part.is_empty());
        for (at, part) in parts.enumerate() {
            let entry = entry(part, at + 1)?;
            if entries.iter().any(|other| other.hash == entry.hash) {
                return Err(BadKeys::Twice(at + 1));
            }
            entries.push(entry);
        }
        if entries.is_empty() { Err(BadKeys::None) } else { Ok(Self(entries)) }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.name, self.scopes)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        self.until.map_or(Ok(()), |until| write!(f, ":{until}"))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.read, self.write) {
            (true, true) => "read+write",
            (true, false) => "read",
            (false, _) => "write",
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

fn hash(key: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, key).as_ref());
    hash
}

fn entry(text: &str, at: usize) -> Result<Entry, BadKeys> {
    let parts: Vec<_> = text.split(':').collect();
    let (name, scopes, hash, until) = match parts[..] {
        [name, scopes, hash] => (name, scopes, hash, None),
        [name, scopes, hash, until] => (name, scopes, hash, Some(until)),
        _ => return Err(BadKeys::Form(at)),
    };
    Ok(Entry {
        name: name_of(name, at)?,
        scopes: scopes_of(scopes, at)?,
        hash: hash_of(hash).ok_or(BadKeys::Hash(at))?,
        until: until_of(until, at)?,
    })
}

fn name_of(text: &str, at: usize) -> Result<Arc<str>, BadKeys> {
    let is_letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    let is_name = (1..=64).contains(&text.len()) && text.bytes().all(is_letter);
    if is_name { Ok(text.into()) } else { Err(BadKeys::Name(at)) }
}

fn scopes_of(text: &str, at: usize) -> Result<Scopes, BadKeys> {
    match text {
        "read" => Ok(Scopes { read: true, write: false }),
        "write" => Ok(Scopes { read: false, write: true }),
        "read+write" | "write+read" => Ok(Scopes { read: true, write: true }),
        _ => Err(BadKeys::Scopes(at)),
    }
}

fn until_of(text: Option<&str>, at: usize) -> Result<Option<Date>, BadKeys> {
    text.map(|day| day.parse().map_err(|_| BadKeys::Until(at))).transpose()
}

fn hash_of(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_known_by_its_entry_and_only_it() {
        let (key, entry) = Entry::new("ci", "read", None).unwrap();
        let (other, _) = Entry::new("ci", "read", None).unwrap();
        assert_eq!((key.len(), &key[..4]), (47, "tak_"));
        assert!(!entry.to_string().contains(&key));
        let keys: Keys = entry.to_string().parse().unwrap();
        let find = |header: &str| keys.find(Some(header.as_bytes())).map(|entry| entry.name.to_string());
        assert_eq!(find(&format!("Bearer {key}")), Ok("ci".to_owned()));
        assert_eq!(find(&format!("bearer  {key} ")), Ok("ci".to_owned()));
        assert_eq!(find(&format!("Bearer {other}")), Err(Denied::BadKey));
        assert_eq!(find(&format!("Bearer {}", &key[..46])), Err(Denied::BadKey));
        for nothing in ["", "Bearer", &format!("Basic {key}"), &key, "Béarer x"] {
            assert_eq!(find(nothing), Err(Denied::NoKey), "{nothing}");
        }
        assert_eq!(keys.find(None), Err(Denied::NoKey));
        let entry = keys.find(Some(format!("Bearer {key}").as_bytes())).unwrap();
        assert_eq!(entry.may(Scope::Read), Ok(()));
        assert_eq!(entry.may(Scope::Write), Err(Denied::NotFor(Scope::Write)));
    }

    #[test]
    fn a_key_is_taken_until_the_end_of_its_last_day() {
        let (_, entry) = Entry::new("ci", "read", Some("2027-01-31")).unwrap();
        let is_over = |now: &str| entry.is_over(now.parse().unwrap());
        assert!(!is_over("2027-01-31T23:59:59Z") && is_over("2027-02-01T00:00:00Z"));
        let keys: Keys = entry.to_string().parse().unwrap();
        assert_eq!(keys.to_string(), "1: ci (read, until 2027-01-31)");
        let (key, entry) = Entry::new("ci", "read", Some("2020-02-29")).unwrap();
        let keys: Keys = entry.to_string().parse().unwrap();
        assert_eq!(keys.find(Some(format!("Bearer {key}").as_bytes())), Err(Denied::BadKey));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<usize, &str>) {
        let keys = text.parse::<Keys>().map(|keys| keys.len()).map_err(|error| error.to_string());
        assert_eq!(keys.as_ref().map_err(String::as_str), expected.as_ref().map_err(|text| *text), "{text}");
    }

    #[test]
    fn entries_are_read_and_what_is_wrong_with_one_is_told_without_repeating_it() {
        let (a, b) = ("a".repeat(64), "B".repeat(64));
        check(&format!("ci:read:{a}"), Ok(1));
        check(&format!("\nci:read:{a},\n app:read+write:{b} "), Ok(2));
        check(&format!("# the first, of 2026\nci:read:{a} # until May\n#app:read:{b}\n"), Ok(1));
        check("# tak_secret\n", Err("there is no key in it; unset it if everybody may do everything"));
        check(" \n", Err("there is no key in it; unset it if everybody may do everything"));
        check(
            "tak_secret",
            Err("entry 1 is not `NAME:SCOPES:HASH` or `NAME:SCOPES:HASH:DAY` as `task-api key new` prints it"),
        );
        check(&format!("ci:read:{a}:2027-01-31"), Ok(1));
        check(&format!("ci:read:{a}:2027-02-30"), Err("the last day in entry 1 is not one as 2027-01-31"));
        check(
            &format!("ci:read:{a} C:read:{b}"),
            Err("the name in entry 2 is not 1 to 64 of `a-z`, `0-9`, `-` and `_`"),
        );
        check(&format!("ci:admin:{a}"), Err("the scopes in entry 1 are not `read`, `write` or `read+write`"));
        check(&format!("ci:read:{a} d:write:{a}"), Err("entry 2 has the hash of another one"));
        let hash = "the hash in entry 1 is not 64 hexadecimal digits: put what `task-api key new` calls `entry` there, not the key";
        check("ci:read:tak_secret", Err(hash));
        check(&format!("ci:read:{}", "+a".repeat(32)), Err(hash));
    }
}
