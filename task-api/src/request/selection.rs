//! Which tasks a client asks for: of what kind, in which order, how many, and from where on.

use axum::http::HeaderValue;
use jiff::{
    RoundMode, Timestamp, Unit,
    civil::{DateTime, DateTimeRound},
    tz::Offset,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

use crate::{
    epoch::Epoch,
    request::{
        cursor::{Scope, strange},
        fault::{Fault, Place, text_input},
        owner::Owner,
    },
    task::{BadText, CreatedAt, Status, Task, Title},
};

const DEFAULT_LIMIT: i64 = 100;
pub(crate) const MAX_LIMIT: i64 = 1000;
const MAX_STATUSES: usize = 20;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) filter: Filter,
    pub(crate) order: Order,
    /// Tasks on it, at most.
    pub(crate) limit: i64,
    /// It begins behind this place.
    pub(crate) after: Option<After>,
    scope: Scope,
}

/// What is true of every task in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// It has one of these; without any, it has any.
    pub(crate) statuses: Vec<Status>,
    /// It has none of these.
    pub(crate) other_than: Vec<Status>,
    pub(crate) created_after: Option<CreatedAt>,
    pub(crate) created_before: Option<CreatedAt>,
    /// Stands in the title or in the description, whatever the case of its letters.
    pub(crate) text: Option<Title>,
}

/// By the id alone, or by the time and then the id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) is_by_time: bool,
    pub(crate) is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) created_at: CreatedAt,
    pub(crate) id: i64,
}

impl After {
    fn read(scope: Scope, cursor: &str) -> Result<Self, Box<Fault>> {
        let [micros, id] = scope.place(cursor)?;
        let created_at = CreatedAt::from_micros(micros).ok_or_else(|| strange(cursor))?;
        Ok(Self { created_at, id })
    }
}

impl Selection {
    /// Reads a query string. Parameters it does not know are ignored, as the original does; of those of one name the
    /// last counts, but for statuses: all of them do.
    ///
    /// # Errors
    ///
    /// Fails with every fault in it.
    pub(crate) fn parse(query: &str, owner: &Owner, epoch: Epoch) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        // The second is for those who make names of parameters: to them, the first is `status`.
        let other_than = parameters(query, "status!").chain(parameters(query, "status_not"));
        let filter = Filter {
            statuses: statuses("status", parameters(query, "status"), &mut faults),
            other_than: statuses("status_not", other_than, &mut faults),
            created_after: time("created_after", query, RoundMode::Floor, &mut faults),
            created_before: time("created_before", query, RoundMode::Ceil, &mut faults),
            text: text(query, &mut faults),
        };
        let order = order(query, &mut faults);
        let is_known = faults.is_empty();
        let limit = limit(query, &mut faults);
        let scope = Scope::of(&["tasks", owner.as_str(), &filter.to_string(), order.name()], epoch);
        let after = parameter(query, "cursor").and_then(|cursor| match After::read(scope, &cursor) {
            Ok(after) => Some(after),
            // It cannot fit a filter or an order that is wrong itself.
            Err(_) if !is_known => None,
            Err(fault) => {
                faults.push(*fault);
                None
            }
        });
        if faults.is_empty() { Ok(Self { filter, order, limit, after, scope }) } else { Err(faults) }
    }

    /// Where what comes behind the task `last` begins.
    pub(crate) fn cursor_behind(&self, last: &Task) -> String {
        self.scope.cursor([last.created_at.micros(), last.id])
    }

    /// The `Link` header that leads to what comes behind the task `last`.
    pub(crate) fn next(&self, path: &str, last: &Task) -> Option<HeaderValue> {
        let cursor = self.cursor_behind(last);
        let sort = if self.order == Order::default() { String::new() } else { format!("&sort={}", self.order.name()) };
        let link = format!("<{path}?limit={}{}{sort}&cursor={cursor}>; rel=\"next\"", self.limit, self.filter);
        HeaderValue::from_str(&link).ok()
    }
}

impl Order {
    const ALL: [&str; 4] = ["id", "-id", "created_at", "-created_at"];

    fn name(self) -> &'static str {
        Self::ALL[usize::from(self.is_by_time) * 2 + usize::from(self.is_descending)]
    }
}

/// As it stands in a query string, each part with a `&` before it.
impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut write = |name: &str, value: Option<&str>| match value {
            Some(value) => write!(f, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)),
            None => Ok(()),
        };
        for (name, statuses) in [("status", &self.statuses), ("status!", &self.other_than)] {
            let listed = statuses.iter().map(Status::as_str).collect::<Vec<_>>().join(",");
            write(name, Some(listed.as_str()).filter(|_| !statuses.is_empty()))?;
        }
        write("created_after", self.created_after.map(|time| time.to_string()).as_deref())?;
        write("created_before", self.created_before.map(|time| time.to_string()).as_deref())?;
        write("q", self.text.as_ref().map(Title::as_str))
    }
}

/// The last parameter of this name, decoded.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query, name).last()
}

/// All parameters of this name, decoded.
fn parameters(query: &str, name: &str) -> impl Iterator<Item = String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(move |(key, _)| decode(key) == name).map(move |(_, value)| decode(value))
}

/// How many are asked for at most.
pub(crate) fn limit(query: &str, faults: &mut Vec<Fault>) -> i64 {
    let Some(text) = parameter(query, "limit") else { return DEFAULT_LIMIT };
    let fault = |kind, msg: String| Fault::new(kind, &at("limit"), msg, text_input(&text));
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        faults.push(fault("int_parsing", msg.to_owned()));
        return DEFAULT_LIMIT;
    }
    let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    match text.parse().unwrap_or(beyond) {
        limit @ 1..=MAX_LIMIT => return limit,
        ..1 => {
            let msg = "Input should be greater than or equal to 1";
            faults.push(fault("greater_than_equal", msg.to_owned()).with(json!({ "ge": 1 })));
        }
        _ => {
            let msg = format!("Input should be less than or equal to {MAX_LIMIT}");
            faults.push(fault("less_than_equal", msg).with(json!({ "le": MAX_LIMIT })));
        }
    }
    DEFAULT_LIMIT
}

fn text(query: &str, faults: &mut Vec<Fault>) -> Option<Title> {
    let text = parameter(query, "q")?;
    Title::new(text.clone()).map_err(|bad| faults.extend(bad.into_iter().map(|bad| unfit("q", bad, &text)))).ok()
}

/// Statuses with commas between them, each once and in one order: lists of the same ones are the same.
fn statuses(name: &'static str, texts: impl Iterator<Item = String>, faults: &mut Vec<Fault>) -> Vec<Status> {
    let split = |text: String| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut texts: Vec<_> = texts.flat_map(split).collect();
    texts.sort_unstable();
    texts.dedup();
    if texts.len() > MAX_STATUSES {
        let msg = format!("List should have at most {MAX_STATUSES} items after validation, not {}", texts.len());
        let ctx = json!({ "field_type": "List", "max_length": MAX_STATUSES, "actual_length": texts.len() });
        faults.push(Fault::new("too_long", &at(name), msg, text_input(&texts.join(","))).with(ctx));
        return Vec::new();
    }
    let mut read = Vec::new();
    for text in texts {
        match Status::new(text.clone()) {
            Ok(status) => read.push(status),
            Err(bad) => faults.extend(bad.into_iter().map(|bad| unfit(name, bad, &text))),
        }
    }
    read
}

fn unfit(name: &'static str, bad: BadText, text: &str) -> Fault {
    Fault::new(bad.kind, &at(name), bad.msg, text_input(text)).with(bad.ctx)
}

/// A time of RFC 3339; without a zone it is in UTC. No task has a part of a microsecond, so the limit between them can be
/// a whole one.
fn time(name: &'static str, query: &str, rounding: RoundMode, faults: &mut Vec<Fault>) -> Option<CreatedAt> {
    let text = parameter(query, name)?;
    let time = text.parse::<Timestamp>().ok().map(|time| Offset::UTC.to_datetime(time));
    let time = time.filter(is_known_year).or_else(|| civil(&text)).filter(is_known_year);
    let whole = DateTimeRound::new().smallest(Unit::Microsecond).mode(rounding);
    // Behind the last microsecond of all there is no other.
    let time = time.and_then(|time| time.round(whole).or_else(|_| time.round(whole.mode(RoundMode::Floor))).ok());
    let time = time.map(CreatedAt::from);
    if time.is_none() {
        let msg = "Input should be a valid datetime, as 2026-01-31T12:00:00Z";
        faults.push(Fault::new("datetime_parsing", &at(name), msg, text_input(&text)));
    }
    time
}

/// Of the years that databases take and RFC 3339 has.
fn is_known_year(time: &DateTime) -> bool {
    time.year() >= 0
}

/// A time without a zone; or one with a zone in the first or the last days that there are, where no moment can be told
/// from it any more. No task is near, so the zone does not matter.
fn civil(text: &str) -> Option<DateTime> {
    let (time, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(time) => (time, "Z"),
        None => text.len().checked_sub(6).and_then(|at| text.split_at_checked(at)).unwrap_or((text, "")),
    };
    let has_zone = format!("2000-01-01T00:00:00{zone}").parse::<Timestamp>().is_ok();
    let time = if has_zone { time } else { text };
    time.parse().ok().filter(|_| time.contains(':'))
}

fn order(query: &str, faults: &mut Vec<Fault>) -> Order {
    let Some(text) = parameter(query, "sort") else { return Order::default() };
    if let Some(found) = Order::ALL.iter().position(|name| *name == text) {
        return Order { is_by_time: found >= 2, is_descending: found % 2 == 1 };
    }
    let msg = "Input should be 'id', '-id', 'created_at' or '-created_at'";
    let ctx = json!({ "expected": "'id', '-id', 'created_at' or '-created_at'" });
    faults.push(Fault::new("enum", &at("sort"), msg, text_input(&text)).with(ctx));
    Order::default()
}

fn at(name: &'static str) -> [Place; 2] {
    [Place::Name("query"), Place::Name(name)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(query: &str) -> Result<Selection, String> {
        let parsed = Selection::parse(query, &Owner::default(), Epoch::default());
        parsed.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    #[track_caller]
    fn check_limit(query: &str, expected: Result<i64, &str>) {
        assert_eq!(told(query).map(|selection| selection.limit), expected.map_err(str::to_owned), "{query}");
    }

    #[test]
    fn a_limit_is_of_a_thousand_at_most() {
        check_limit("", Ok(100));
        check_limit("offset=1&limit=7", Ok(7));
        check_limit("limit=5&limit=%31000", Ok(1000));
        check_limit("limit=0", Err("Input should be greater than or equal to 1"));
        check_limit("limit=1001", Err("Input should be less than or equal to 1000"));
        check_limit("limit=99999999999999999999", Err("Input should be less than or equal to 1000"));
        let both = "Input should be a valid integer, unable to parse string as an integer; Value error, Input should be a cursor that the service gave";
        check_limit("limit=1.5&cursor=42", Err(both));
        check_limit(
            "limit=1.5&status=&cursor=42",
            Err(&format!("String should have at least 1 character; {}", both.split_once(';').unwrap().0)),
        );
        check_limit("cursor=42", Err(both.split_once("; ").unwrap().1));
    }

    #[track_caller]
    fn check_filter(query: &str, expected: &str) {
        let seen = told(query).map(|selection| format!("{}&sort={}", selection.filter, selection.order.name()));
        assert_eq!(seen.unwrap_or_else(|faults| faults), expected, "{query}");
    }

    #[test]
    fn a_filter_is_read_as_it_is_written() {
        check_filter("x=1", "&sort=id");
        check_filter(
            "status=in+progress&q=%C5%BC%26&sort=-created_at",
            "&status=in%20progress&q=%C5%BC%26&sort=-created_at",
        );
        check_filter(
            "created_after=2026-01-31T12:00:00%2B02:00&created_before=2026-02-01T00:00:00",
            "&created_after=2026%2D01%2D31T10%3A00%3A00%2E000000Z&created_before=2026%2D02%2D01T00%3A00%3A00%2E000000Z&sort=id",
        );
        // The link to the next page has six digits: with more of them here, the two pages would not be of the same list.
        check_filter(
            "created_after=2026-01-31T12:00:00.0000015Z&created_before=2026-01-31T12:00:00.0000015Z",
            "&created_after=2026%2D01%2D31T12%3A00%3A00%2E000001Z&created_before=2026%2D01%2D31T12%3A00%3A00%2E000002Z&sort=id",
        );
        check_filter(
            "created_after=0000-01-01T00:00:00%2B23:59&created_before=9999-12-31T23:59:59.9999999Z",
            "&created_after=0000%2D01%2D01T00%3A00%3A00%2E000000Z&created_before=9999%2D12%2D31T23%3A59%3A59%2E999999Z&sort=id",
        );
        check_filter("status=b,a&status=a,c&status!=x", "&status=a%2Cb%2Cc&status!=x&sort=id");
        check_filter("status!=completed&status_not=a", "&status!=a%2Ccompleted&sort=id");
        check_filter("status=a,,b", "String should have at least 1 character");
        let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
        let long = "List should have at most 20 items after validation, not 21";
        check_filter(&format!("status={}", many.join(",")), long);
        let time = "Input should be a valid datetime, as 2026-01-31T12:00:00Z";
        for bad in ["yesterday", "2026-01-31", "2026-01-31T12:00:00 02:00", "", "-009999-01-01T00:00:00Z"] {
            check_filter(&format!("created_after={bad}"), time);
        }
        let sort = "Input should be 'id', '-id', 'created_at' or '-created_at'";
        check_filter(
            "status=&q=&sort=title",
            &format!("String should have at least 1 character; String should have at least 1 character; {sort}"),
        );
    }

    #[test]
    fn the_next_page_is_of_the_same_list_and_begins_where_this_one_ends() {
        let created_at = CreatedAt::parse("2026-01-31T12:00:00.000001Z").unwrap();
        let (title, description, status, owner) = Default::default();
        let last = Task { id: 7, title, description, status, created_at, version: 1, owner };
        let selection = told("limit=2&status=done&sort=-id").unwrap();
        let link = selection.next("/tasks", &last).unwrap();
        let link = link.to_str().unwrap().strip_prefix("</tasks?").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        let next = told(link).unwrap();
        assert_eq!(next, Selection { after: Some(After { created_at, id: 7 }), ..selection });

        // Years that no database knows.
        for micros in [i64::MIN + 1, -300_000_000_000_000_000] {
            let cursor = selection.scope.cursor([micros, 7]);
            let refused = told(&format!("status=done&sort=-id&cursor={cursor}")).unwrap_err();
            assert_eq!(refused, "Value error, Input should be a cursor that the service gave", "{micros}");
        }
        for other in
            ["status=pending", "status!=done&sort=-id", "status=done,done2&sort=-id", "status=done&sort=id", "q=done"]
        {
            let cursor = parameter(link, "cursor").unwrap();
            let refused = told(&format!("{other}&cursor={cursor}")).unwrap_err();
            assert_eq!(refused, "Value error, Input should be a cursor for this filter, sort and API key");
        }
        let others = Selection::parse(link, &Owner::new("other".into()), Epoch::default());
        assert_eq!(others.unwrap_err().len(), 1);
        let restored = Selection::parse(link, &Owner::default(), Epoch::another());
        assert_eq!(restored.unwrap_err().len(), 1);
    }
}
