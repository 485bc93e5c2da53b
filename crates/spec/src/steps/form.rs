//! The form of every step, as hints show it.

use crate::cursor::{Fault, fault};
use crate::document::clip;
use crate::nearest::is_near;

pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Lines that are no request, as a hint shows them.
const FORMS: [(&str, &str); 7] = [
    ("start", "start [with K=V …] [without K …] [read-only]"),
    ("restart", "restart"),
    ("stop", "stop within T -> exit N"),
    ("exits", "exits within T -> exit N|nonzero[, log contains \"…\"]"),
    ("log", "log contains \"…\""),
    ("wait", "wait healthy within T|GET /path -> STATUS within T"),
    (
        "GET",
        "GET /path [JSON] [header NAME: VALUE] -> STATUS [JSON] [header NAME: VALUE] [within T][, save NAME [= $.path]]",
    ),
];

pub(super) fn unknown_step(at: usize, word: &str) -> Fault {
    let starts = METHODS.iter().chain(FORMS.iter().map(|(start, _)| start));
    let meant = starts.clone().find(|start| start.eq_ignore_ascii_case(word));
    let meant = meant.or_else(|| starts.clone().find(|start| is_near(word, start)));
    let meant = meant.or_else(|| starts.clone().find(|start| is_near(&word.to_lowercase(), &start.to_lowercase())));
    let hint = match meant {
        Some(start) => format!("did you mean `{start}`"),
        None => FORMS.map(|(_, form)| format!("`{form}`")).join(", ") + "; methods: " + &METHODS.join(", "),
    };
    fault(at, format!("unknown step `{}`", clip(word)), hint)
}

pub(super) fn form(start: &str) -> String {
    let form = FORMS.iter().find(|(name, _)| *name == start).map_or("", |(_, form)| form);
    format!("its form is `{form}`")
}
