//! Sizes and times as people write them.

use std::time::Duration;

/// The longest time that a sentence or a step may name.
const LONGEST: Duration = Duration::from_hours(24);

/// The bytes of a size as a specification writes it: `200MB`, `1.5 GB`, `10 MiB`.
///
/// ```
/// assert_eq!(seaworthy_spec::size_bytes("1.5 GB"), Some(1_500_000_000));
/// assert_eq!(seaworthy_spec::size_bytes("much"), None);
/// ```
pub fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text.trim());
    size(number, unit.trim_start())
}

/// Bytes of a size: `200MB`, `1.5 GB`, `10 MiB`. `MB` is 1,000,000 bytes, `MiB` 1,048,576; case does not matter.
pub(crate) fn size(number: &str, unit: &str) -> Option<u64> {
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => 1,
        "kb" | "kilobyte" | "kilobytes" => 1_000,
        "mb" | "megabyte" | "megabytes" | "megs" | "meg" | "mbytes" => 1_000_000,
        "gb" | "gigabyte" | "gigabytes" => 1_000_000_000,
        "kib" | "ki" => 1 << 10,
        "mib" | "mi" | "mebibytes" | "mebibyte" => 1 << 20,
        "gib" | "gi" | "gibibytes" | "gibibyte" => 1 << 30,
        _ => return None,
    };
    let bytes = thousandths(number)?.checked_mul(unit)? / 1000;
    (1..=1 << 50).contains(&bytes).then_some(bytes)
}

/// A time: `50ms`, `1s`, `2 min`, `1.5 seconds`, `1 h`. More than nothing, at most a day.
pub(crate) fn time(number: &str, unit: &str) -> Option<Duration> {
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        _ => return None,
    };
    let time = Duration::from_micros(thousandths(number)?.checked_mul(unit)?);
    (!time.is_zero() && time <= LONGEST).then_some(time)
}

/// Whether a word is a unit of a size or a time, or ends in one.
pub(crate) fn is_unit(word: &str) -> bool {
    let (_, unit) = split(word);
    size("1", unit).is_some() || time("1", unit).is_some()
}

/// Splits `200MB` into the number and the unit, which may be empty.
pub(crate) fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len()))
}

/// A number in thousandths: `1.5`, `200`, `1,000`. At most three decimals, at most a million million.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    if whole.contains(',') && (first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3)) {
        return None;
    }
    let whole = whole.replace(',', "");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(&whole) || !digits(decimals) || whole.len() > 12 || decimals.len() > 3 {
        return None;
    }
    let scale = 10u64.pow(3 - u32::try_from(decimals.len()).ok()?);
    Some(whole.parse::<u64>().ok()? * 1000 + decimals.parse::<u64>().ok()? * scale)
}
