//! The rules, a file for each area.

mod base;
mod config;
mod context;
mod copy;
mod hadolint;
mod health;
mod packages;
mod run;
mod secrets;
mod start;
mod user;

pub(super) use context::copied;
pub use hadolint::{HADOLINT, LEFT_OUT};
pub use secrets::is_secret_name;
pub(super) use secrets::{holds_secret, redacted};

use super::scene::{Found, Scene};
use crate::Rule;
use crate::allow::{UNUSED, WITHOUT_REASON};

/// A rule, and the function that finds its breaches.
pub(crate) struct Check {
    pub(crate) rule: &'static Rule,
    pub(crate) find: fn(&Scene<'_>, &mut Found),
}

const AREAS: &[&[Check]] = &[
    base::CHECKS,
    user::CHECKS,
    context::CHECKS,
    secrets::CHECKS,
    copy::CHECKS,
    packages::CHECKS,
    run::CHECKS,
    config::CHECKS,
    start::CHECKS,
    health::CHECKS,
];

pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// Every rule about Dockerfiles, in the order of their page.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    checks().map(|check| check.rule).chain([&WITHOUT_REASON, &UNUSED])
}

/// `a`, `b` and `c`, at most five of them.
fn quoted(words: &[&str]) -> String {
    let mut all: Vec<String> = words.iter().take(5).map(|word| format!("`{word}`")).collect();
    if words.len() > 5 {
        all.push(format!("{} more", words.len() - 5));
    }
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

/// Whether a name has one of these ends.
fn ends_in(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// Paths that are longer are not looked at.
const LONGEST_PATH: usize = 1_000;

/// A path as seen from a folder, without `.` and a slash at its end; the folder alone where the path would be too long.
fn joined(folder: &str, path: &str) -> String {
    if folder.len() + path.len() > LONGEST_PATH {
        return folder.to_owned();
    }
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let parts: Vec<&str> = whole.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

/// The folders above a path, but for `/`.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').skip(1).map(|(at, _)| &path[..at])
}
