//! Sizes, times, numbers and ports.

use std::time::Duration;

use super::Value;
use crate::quantity;
use crate::sentence::Token;

/// A number and its unit, in one word or two.
pub(super) fn quantity<T>(tokens: &[Token], read: fn(&str, &str) -> Option<T>) -> Option<(usize, T)> {
    let (number, unit) = quantity::split(&tokens.first()?.word);
    if unit.is_empty() {
        return read(number, &tokens.get(1)?.word).map(|value| (2, value));
    }
    read(number, unit).map(|value| (1, value))
}

pub(super) fn size(tokens: &[Token]) -> Vec<(usize, Value)> {
    quantity(tokens, quantity::size).map(|(length, size)| (length, Value::Size(size))).into_iter().collect()
}

pub(super) fn time(tokens: &[Token]) -> Vec<(usize, Value)> {
    let part = part_of_time(tokens);
    let time = part.or_else(|| quantity(tokens, |number, unit| quantity::time(number, unit.trim_start_matches('-'))));
    time.map(|(length, time)| (length, Value::Time(time))).into_iter().collect()
}

/// `half a minute`, `a quarter of a minute`, without their articles.
pub(super) fn part_of_time(tokens: &[Token]) -> Option<(usize, Duration)> {
    let (length, parts) = match tokens {
        [half, ..] if half.word == "half" => (1, 2),
        [quarter, of, ..] if quarter.word == "quarter" && of.word == "of" => (2, 4),
        _ => return None,
    };
    let rest = &tokens[length..];
    let (more, whole) = match quantity(rest, quantity::time) {
        Some((more, whole)) if rest[0].word == "1" => (more, whole),
        Some(_) => return None,
        None => (1, quantity::time("1", &rest.first()?.word)?),
    };
    Some((length + more, whole / parts))
}

pub(super) fn integer(tokens: &[Token], most: u64) -> Vec<(usize, Value)> {
    let number = tokens.first().filter(|token| token.word.len() <= 6 && token.word.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|token| token.word.parse().ok()).filter(|number| (1..=most).contains(number));
    number.map(|number| (1, Value::Number(number))).into_iter().collect()
}

pub(super) fn number(tokens: &[Token]) -> Vec<(usize, Value)> {
    const WORDS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let spelled = tokens.first().and_then(|token| WORDS.iter().zip(1..).find(|(word, _)| token.word == **word));
    match spelled {
        Some((_, number)) => vec![(1, Value::Number(number))],
        None => integer(tokens, 1000),
    }
}

/// A port in a list of them.
pub(super) fn port_name(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| token.is("port")));
    let (length, value) = port(&tokens[skipped..]).pop()?;
    match value {
        Value::Number(port) => Some((length + skipped, port.to_string())),
        _ => None,
    }
}

/// `8080`, `:8080`, `0.0.0.0:8080`, `8080/tcp`, `tcp/8080`: any address from outside, and no other protocol.
pub(super) fn port(tokens: &[Token]) -> Vec<(usize, Value)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    let bare = ["0.0.0.0:", "[::]:", "*:", ":", "tcp/"].iter().find_map(|before| first.word.strip_prefix(before));
    let bare = bare.or_else(|| first.word.strip_suffix("/tcp"));
    let bare = bare.map(|number| [Token::new(number, first.start)]);
    integer(bare.as_ref().map_or(tokens, |bare| bare.as_slice()), u64::from(u16::MAX))
}

pub(super) fn begins_with_figure(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// `-m 48m`, `--memory=512m`, as `docker run` takes them: powers of 1024.
pub(super) fn docker_memory(tokens: &[Token]) -> Vec<(usize, Value)> {
    let [flag, rest @ ..] = tokens else { return Vec::new() };
    let (length, amount) = match (flag.word.as_str(), rest.first()) {
        ("-m" | "--memory", Some(amount)) => (2, amount.word.as_str()),
        (flag, _) => match flag.strip_prefix("--memory=") {
            Some(amount) => (1, amount),
            None => return Vec::new(),
        },
    };
    let unit = amount.chars().next_back().filter(|unit| "kmg".contains(*unit));
    let bytes = unit.and_then(|unit| quantity::size(&amount[..amount.len() - 1], &format!("{unit}ib")));
    bytes.map(|bytes| (length, Value::Size(bytes))).into_iter().collect()
}
