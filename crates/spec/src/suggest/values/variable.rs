//! Variables of the environment, what they are by default, and the servers that they name.

use super::read;
use crate::parameter::is_setting;
use crate::quantity;
use crate::sentence::Token;
use crate::suggest::sense::is_one;

pub(super) fn variable(words: &[Token], at: usize) -> Option<String> {
    let text = words[at].text.trim_start_matches(['$', '{']).trim_end_matches('}');
    is_setting(&words[at]).then(|| text.to_owned())
}

/// What a variable is by default: a value behind such a word, or a figure in front of `if unset`.
pub(super) fn default(words: &[Token], at: usize) -> Option<String> {
    const BEHIND: &str = "default|defaulting|fallback|fall|falling";
    /// Behind these stands a figure: `otherwise the worker stops` names no value.
    const BEHIND_FIGURE: &str = "otherwise|else|loaded";
    const BETWEEN: &str = "to|of|back|value|is|:|=|as|use|(|on|with|be";
    const BEFORE: &str = "unset|if|when|unless|otherwise|default|used|loaded|by|as";
    let text = read("value", words, at).filter(|_| !is_one(&words[at..], BETWEEN) && !is_one(&words[at..], BEFORE))?;
    let is_figure = text.starts_with(|c: char| c.is_ascii_digit() || c == '/');
    let first = (0..at).rev().find(|before| !is_one(&words[*before..], BETWEEN));
    let is_behind = |set| first.is_some_and(|before| is_one(&words[before..], set));
    let is_before = is_figure && is_one(&words[at + 1..], BEFORE);
    if !(is_behind(BEHIND) || is_figure && is_behind(BEHIND_FIGURE) || is_before) {
        return None;
    }
    match words.get(at + 1).filter(|unit| is_figure && quantity::is_unit(&unit.word)) {
        Some(unit) => Some(format!("{text}{}", unit.text.chars().next()?)),
        None => Some(text.trim_matches('"').to_owned()),
    }
}

/// A server by its name, or by that of a variable: `Redis`, `REDIS_URL`, `SHOP_AMQP_URI`.
pub(super) fn server(words: &[Token], at: usize) -> Option<String> {
    read("dependency", words, at).or_else(|| is_setting(&words[at]).then(|| server_of(&words[at].text)).flatten())
}

fn server_of(variable: &str) -> Option<String> {
    variable.split('_').find_map(|part| {
        let part = if part == "AMQP" { "rabbitmq".to_owned() } else { part.to_lowercase() };
        read("dependency", &[Token::new(&part, 0)], 0)
    })
}

/// Whether a variable's name is that of another server than this one.
pub(in crate::suggest) fn is_of_other(variable: &str, server: &str) -> bool {
    server_of(variable).is_some_and(|other| other != server)
}
