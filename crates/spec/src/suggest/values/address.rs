//! Ports and paths, also those of a whole address: `http://localhost:8080/health`.

use super::read;
use crate::parameter::is_setting;
use crate::quantity;
use crate::sentence::Token;
use crate::suggest::sense::is_one;

/// Words in front of a port.
const PORT: &str = "port|expose|exposing|listen|listening|bind|tcp";
const BETWEEN: &str = "at|to|and|in|is|back|under|:|,|default|only";

/// What is counted, and no port: `on 500 clients`.
const COUNTED: &str = "request|req|job|client|user|time|rps|%|url|concurrent|connected|core|thread";

pub(super) fn path(words: &[Token], at: usize) -> Option<String> {
    parts(&words[at].text).1.or_else(|| read("path", words, at))
}

pub(super) fn port(words: &[Token], at: usize) -> Option<String> {
    let text = words[at].text.as_str();
    let before = at.checked_sub(1).map(|at| &words[at])?;
    if before.word == "-p" {
        return text.split_once(':').map(|(_, inner)| inner.to_owned()).filter(|port| is_port(port));
    }
    if let Some(port) = parts(text).0 {
        return Some(port);
    }
    let is_about = |at: usize| is_one(&words[at..], PORT) || is_setting(&words[at]) && words[at].text.contains("PORT");
    let is_between = is_one(&words[at - 1..], BETWEEN) && (at.saturating_sub(6)..at).any(is_about);
    let is_named = is_about(at - 1) || before.is("on") || is_between;
    let is_counted = words.get(at + 1).is_some_and(|next| quantity::is_unit(&next.word) || next.word.ends_with('%'))
        || is_one(&words[at + 1..], COUNTED);
    let text = text.strip_suffix("/tcp").unwrap_or(text);
    (is_named && !is_counted && is_port(text)).then(|| text.to_owned())
}

/// `:9187`, `0.0.0.0:8080`, `http://localhost:5000/`: the port and the path of an address of this machine.
fn parts(text: &str) -> (Option<String>, Option<String>) {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    if !["localhost", "127.0.0.1", "0.0.0.0", ":"].iter().any(|host| rest.starts_with(host)) {
        return (None, None);
    }
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let port = host.rsplit_once(':').map(|(_, port)| port.to_owned());
    (port.filter(|port| is_port(port)), Some(path.to_owned()).filter(|path| path.len() > 1))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 19) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a path is one of a file system, and not one of a web service.
pub(super) fn is_file(path: &str) -> bool {
    const ROOTS: &[&str] = &[
        "app",
        "bin",
        "cache",
        "config",
        "data",
        "db",
        "dev",
        "etc",
        "home",
        "lib",
        "lib64",
        "media",
        "mnt",
        "models",
        "opt",
        "pictures",
        "proc",
        "rails",
        "recipes",
        "root",
        "run",
        "sbin",
        "srv",
        "storage",
        "tmp",
        "uploads",
        "usr",
        "var",
        "work",
        "workspace",
    ];
    let is_root = path.trim_start_matches('/').split('/').next().is_some_and(|root| ROOTS.contains(&root));
    let ending = path.rsplit('/').next().and_then(|last| last.rsplit_once('.'));
    is_root || ending.is_some_and(|(stem, end)| !stem.is_empty() && end.chars().all(char::is_alphabetic))
}

/// Whether a path is called as those are that tell a service's health.
pub(super) fn is_of_health(path: &str) -> bool {
    const NAMES: &[&str] = &["ping", "status", "up", "heartbeat"];
    const BEGINNINGS: &[&str] = &["health", "live", "ready", "readiness", "alive"];
    path.split('/')
        .map(|part| part.trim_start_matches('_'))
        .any(|part| NAMES.contains(&part) || BEGINNINGS.iter().any(|beginning| part.starts_with(beginning)))
}
