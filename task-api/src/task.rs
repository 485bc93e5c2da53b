//! A task, and the parts of one that clients send. A part that exists is valid.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::Offset};
use serde::{Serialize, Serializer};
use serde_json::json;
use utoipa::ToSchema;

use crate::request::owner::Owner;

/// A thing to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Task {
    /// What is to be done; empty only where others than this service made it.
    #[schema(example = "Ship it")]
    pub title: String,
    /// More about it.
    #[schema(required, example = "With its proof")]
    pub description: Option<String>,
    /// Counts up from 1 and is never given twice.
    #[schema(example = 1)]
    pub id: i64,
    /// Any text; `pending` unless the client says otherwise.
    #[schema(example = "pending")]
    pub status: String,
    /// When it was created: RFC 3339 in UTC, always with six digits of a second, in the years 1 to 9999.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    pub created_at: CreatedAt,
    /// Counts its changes, from 1.
    #[serde(skip)]
    pub version: i64,
    /// Whose it is.
    #[serde(skip)]
    pub owner: String,
}

impl Task {
    /// What a draft became at first, by the id and the time that it was given.
    pub(crate) fn made(
        id: i64,
        created_at: CreatedAt,
        owner: &Owner,
        Draft { title, description, status }: Draft,
    ) -> Self {
        let (title, description, status) = (title.0, description.map(|text| text.0), status.0);
        Self { title, description, id, status, created_at, version: 1, owner: owner.as_str().to_owned() }
    }

    /// What drafts became at first, by the ids and the time that they were given.
    pub(crate) fn first(ids: &[i64], created_at: CreatedAt, owner: &Owner, drafts: &[Draft]) -> Vec<Self> {
        ids.iter().zip(drafts).map(|(id, draft)| Self::made(*id, created_at, owner, draft.clone())).collect()
    }

    /// About how long it is as JSON: escapes are not looked for.
    pub(crate) fn bytes(&self) -> usize {
        const ALL_ELSE: usize = 128;
        self.title.len() + self.description.as_ref().map_or(0, String::len) + self.status.len() + ALL_ELSE
    }
}

/// What names a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskId(pub i64);

impl TaskId {
    /// Reads `-?[0-9]+`. One that does not fit into 64 bits names no task: `Ok(None)`.
    ///
    /// # Errors
    ///
    /// Fails if it is anything else.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, NoInteger> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_integer { Ok(text.parse().ok().map(Self)) } else { Err(NoInteger) }
    }
}

/// The text is no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoInteger;

/// What is wrong with a text: the `type`, `msg` and `ctx` of a fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadText {
    pub kind: &'static str,
    pub msg: String,
    pub ctx: serde_json::Value,
}

/// A title: 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

/// A description of any length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description(String);

/// A status: 1 to 50 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status(String);

impl Title {
    /// # Errors
    ///
    /// Fails with everything that is wrong with `text`.
    pub(crate) fn new(text: String) -> Result<Self, Vec<BadText>> {
        checked(text, 1, Some(200)).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    /// # Errors
    ///
    /// Fails if `text` holds a NUL, which no database here can keep.
    pub(crate) fn new(text: String) -> Result<Self, Vec<BadText>> {
        checked(text, 0, None).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Status {
    /// # Errors
    ///
    /// Fails with everything that is wrong with `text`.
    pub(crate) fn new(text: String) -> Result<Self, Vec<BadText>> {
        checked(text, 1, Some(50)).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Status {
    /// That of a task that is done.
    pub(crate) fn completed() -> Self {
        Self("completed".to_owned())
    }
}

impl Default for Status {
    fn default() -> Self {
        Self("pending".to_owned())
    }
}

fn checked(text: String, min: usize, max: Option<usize>) -> Result<String, Vec<BadText>> {
    let mut faults = Vec::new();
    let length = text.chars().count();
    if length < min {
        let msg = format!("String should have at least {min} character{}", if min == 1 { "" } else { "s" });
        faults.push(BadText { kind: "string_too_short", msg, ctx: json!({ "min_length": min }) });
    }
    if let Some(max) = max.filter(|max| length > *max) {
        let msg = format!("String should have at most {max} characters");
        faults.push(BadText { kind: "string_too_long", msg, ctx: json!({ "max_length": max }) });
    }
    if text.contains('\0') {
        let msg = "Value error, String should not contain NUL characters".to_owned();
        let ctx = json!({ "error": "String should not contain NUL characters" });
        faults.push(BadText { kind: "value_error", msg, ctx });
    }
    if faults.is_empty() { Ok(text) } else { Err(faults) }
}

/// All that a client says about a task when it creates or replaces one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub title: Title,
    pub description: Option<Description>,
    pub status: Status,
}

impl Draft {
    /// What it says, in whatever order and spelling a client said it: some do not repeat themselves to the letter.
    pub(crate) fn said(&self) -> Vec<u8> {
        let Self { title, description, status } = self;
        let said = (title.as_str(), description.as_ref().map(Description::as_str), status.as_str());
        serde_json::to_vec(&said).unwrap_or_default()
    }
}

/// What a client wants changed; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub title: Option<Title>,
    pub description: Edit<Description>,
    pub status: Option<Status>,
}

/// What happens to a part that may be without a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Edit<T> {
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    pub(crate) fn as_ref(&self) -> Edit<&T> {
        match self {
            Self::Set(value) => Edit::Set(value),
            Self::Clear => Edit::Clear,
            Self::Keep => Edit::Keep,
        }
    }
}

/// A moment in UTC, in microseconds since 1970. The first and the last of all are PostgreSQL's infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CreatedAt(i64);

impl CreatedAt {
    /// The first moments of the years 0 and 1, and the last one of 9999.
    const YEAR_0: Self = Self(-62_167_219_200_000_000);
    const YEAR_1: Self = Self(-62_135_596_800_000_000);
    const LAST: Self = Self(253_402_300_799_999_999);

    /// The first moment that PostgreSQL knows, in the year 4714 BC.
    const FIRST_KNOWN: Self = Self(-210_866_803_200_000_000);

    pub(crate) fn now() -> Self {
        Self(Timestamp::now().as_microsecond())
    }

    pub(crate) fn of_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// To be found again by.
    pub(crate) fn micros(self) -> i64 {
        self.0
    }

    /// `None` for what no database can have.
    pub(crate) fn from_micros(micros: i64) -> Option<Self> {
        Some(Self(micros)).filter(|time| *time >= Self::FIRST_KNOWN || time.0 == i64::MIN)
    }

    /// Whether clients are shown it as it is: they know the years 1 to 9999.
    pub(crate) fn can_be_shown(self) -> bool {
        (Self::YEAR_1..=Self::LAST).contains(&self)
    }

    /// `2026-01-31T12:00:00.000000Z`; or the nearest in the years 0 to 9999.
    pub(crate) fn digits(self) -> [u8; 27] {
        let (time, mut text) = (self.clamp(Self::YEAR_0, Self::LAST).civil(), *b"0000-00-00T00:00:00.000000Z");
        let mut put = |end: usize, mut number: u32| {
            for byte in text[..end].iter_mut().rev().take_while(|byte| byte.is_ascii_digit()) {
                *byte = b'0' + u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        };
        put(4, u32::try_from(time.year()).unwrap_or_default());
        let parts = [(7, time.month()), (10, time.day()), (13, time.hour()), (16, time.minute()), (19, time.second())];
        for (end, part) in parts {
            put(end, u32::from(part.unsigned_abs()));
        }
        put(26, time.subsec_nanosecond().unsigned_abs() / 1000);
        text
    }

    fn civil(self) -> DateTime {
        // In the last day that there is, no moment can be told from a time without a zone.
        Timestamp::from_microsecond(self.0)
            .map(|time| Offset::UTC.to_datetime(time))
            .or_else(|_| EPOCH.checked_add(SignedDuration::from_micros(self.0)))
            .unwrap_or(DateTime::MAX)
    }

    /// Reads what `Display` writes, and the same without the `Z` or with a space in the middle.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.strip_suffix('Z').unwrap_or(text).parse::<DateTime>().ok().map(Self::from)
    }
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl From<DateTime> for CreatedAt {
    /// `time` has no zone, and is in UTC.
    fn from(time: DateTime) -> Self {
        Self(i64::try_from(time.duration_since(EPOCH).as_micros()).unwrap_or(i64::MAX))
    }
}

impl std::fmt::Display for CreatedAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(str::from_utf8(&self.digits()).map_err(|_| std::fmt::Error)?)
    }
}

/// As clients are shown it.
impl Serialize for CreatedAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = (*self).max(Self::YEAR_1).digits();
        // A list has a thousand of them: no formatting machinery.
        serializer.serialize_str(str::from_utf8(&shown).map_err(serde::ser::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_id(text: &str, expected: Result<Option<i64>, NoInteger>) {
        assert_eq!(TaskId::parse(text).map(|id| id.map(|id| id.0)), expected, "{text:?}");
    }

    #[test]
    fn an_id_is_digits_with_at_most_a_minus() {
        check_id("1", Ok(Some(1)));
        check_id("007", Ok(Some(7)));
        check_id("-1", Ok(Some(-1)));
        check_id("9223372036854775807", Ok(Some(i64::MAX)));
        check_id("-9223372036854775808", Ok(Some(i64::MIN)));
        check_id("9223372036854775808", Ok(None));
        check_id(&"1".repeat(5000), Ok(None));
        for bad in ["", "-", "+1", "1.0", " 1", "1 ", "--1", "1_000", "0x1", "١"] {
            check_id(bad, Err(NoInteger));
        }
    }

    #[test]
    fn a_length_is_counted_in_characters() {
        assert!(Title::new("é".repeat(200)).is_ok());
        assert!(Title::new("🚀".repeat(200)).is_ok());
        assert_eq!(Title::new("a".repeat(201)).unwrap_err()[0].kind, "string_too_long");
        assert_eq!(Title::new(String::new()).unwrap_err()[0].kind, "string_too_short");
        assert!(Status::new("s".repeat(50)).is_ok());
        assert_eq!(Status::new("s".repeat(51)).unwrap_err()[0].kind, "string_too_long");
        assert!(Description::new(String::new()).is_ok());
    }

    #[test]
    fn every_fault_of_a_text_is_told() {
        let kinds: Vec<_> = Title::new("\0".repeat(201)).unwrap_err().iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, ["string_too_long", "value_error"]);
    }

    #[test]
    fn a_time_always_has_six_digits_and_a_z() {
        for (text, expected) in [
            ("2026-11-23T03:12:53.370740Z", "2026-11-23T03:12:53.370740Z"),
            ("2001-02-03 04:05:06", "2001-02-03T04:05:06.000000Z"),
        ] {
            assert_eq!(CreatedAt::parse(text).unwrap().to_string(), expected);
        }
        assert_eq!(CreatedAt::parse("yesterday"), None);
    }

    #[test]
    fn a_time_that_cannot_be_shown_is_shown_as_the_nearest_that_can() {
        let shown = |micros| serde_json::to_string(&CreatedAt::of_micros(micros)).unwrap();
        for (micros, expected) in [
            (i64::MIN, "0001-01-01T00:00:00.000000Z"),
            (CreatedAt::YEAR_1.0 - 1, "0001-01-01T00:00:00.000000Z"),
            (CreatedAt::YEAR_1.0 + 1, "0001-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (CreatedAt::LAST.0 - 1, "9999-12-31T23:59:59.999998Z"),
            (CreatedAt::LAST.0 + 1, "9999-12-31T23:59:59.999999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(shown(micros), format!("\"{expected}\""), "{micros}");
            let is_exact = CreatedAt::parse(expected) == Some(CreatedAt(micros));
            assert_eq!(CreatedAt(micros).can_be_shown(), is_exact, "{micros}");
        }
    }
}
