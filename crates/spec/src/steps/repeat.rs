//! `100 times, 10 at once, p99 within 50ms`: a request asked again and again.

use super::form::form;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::Repeat;

/// The most requests of one step, and the most of them at once.
const MOST_TIMES: u32 = 10_000;
const MOST_AT_ONCE: u32 = 100;
/// The percentiles that can be named.
const PERCENTILES: [u32; 5] = [50, 75, 90, 95, 99];

/// Whether it begins here: a number and `times`.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    let mut words = cursor.rest().split([' ', ',']).filter(|word| !word.is_empty());
    let is_number = words.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    is_number && words.next() == Some("times")
}

pub(super) fn repeat(cursor: &mut Cursor<'_>) -> Result<Repeat, Fault> {
    let times = number(cursor, 2, MOST_TIMES)?;
    cursor.keyword("times")?;
    let mut repeat = Repeat { times, at_once: 1, percentile: None };
    let mut at = cursor.position();
    let mut comma = cursor.comma();
    let next = cursor.peek_word();
    if next.starts_with(|c: char| c.is_ascii_digit()) {
        repeat.at_once = number(cursor, 1, MOST_AT_ONCE.min(times))?;
        cursor.keyword("at")?;
        cursor.keyword("once")?;
        at = cursor.position();
        comma = cursor.comma();
    }
    let next = cursor.peek_word();
    if next.starts_with('p') && next[1..].starts_with(|c: char| c.is_ascii_digit()) {
        repeat.percentile = Some(percentile(cursor)?);
    } else if comma {
        // What follows the comma is no part of it.
        cursor.go_to(at);
    }
    Ok(repeat)
}

fn percentile(cursor: &mut Cursor<'_>) -> Result<(u32, std::time::Duration), Fault> {
    let (at, word) = cursor.word();
    let known = word[1..].parse().ok().filter(|number| PERCENTILES.contains(number));
    let Some(percentile) = known else {
        let message = format!("expected p50, p75, p90, p95 or p99, found {}", shown(word));
        return Err(fault(at, message, form("GET")));
    };
    Ok((percentile, cursor.within()?))
}

fn number(cursor: &mut Cursor<'_>, least: u32, most: u32) -> Result<u32, Fault> {
    let (at, word) = cursor.word();
    let number = word.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        fault(at, format!("expected a number from {least} to {most}, found {}", shown(word)), form("GET"))
    })
}
