//! The lines of a scenario, by their grammar: each becomes a step, or a problem with its column.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cursor::{Cursor, Fault, fault, shown};
use crate::document::clip;
use crate::nearest::is_near;
use crate::problem::Problem;
use crate::scenario::{Action, Answer, ExitWanted, Request, Save, Scenario, Step};
use crate::source::{Fragment, Source};

/// The most lines that one promise's scenario may have.
const MOST_STEPS: usize = 100;

/// The most bytes that one line of it may have.
const MOST_BYTES: usize = 64 * 1024;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

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

/// Names that earlier lines saved.
type Saved = BTreeSet<String>;

/// Reads the lines of one promise; none where there are none, or where a line has a problem.
pub(crate) fn scenario(source: &Source<'_>, lines: &[Fragment<'_>], problems: &mut Vec<Problem>) -> Option<Scenario> {
    let first = lines.first()?;
    if let Some(line) = lines.get(MOST_STEPS) {
        let hint = format!("at most {MOST_STEPS} lines in one scenario");
        problems.push(source.problem(line.place, "too many steps", Some(hint)));
        return None;
    }
    let (mut steps, mut saved) = (Vec::new(), Saved::new());
    for line in lines {
        match action(line.text, &saved) {
            Ok(action) => {
                if let Action::Request(request) = &action {
                    saved.extend(request.saves.iter().map(|save| save.name.clone()));
                }
                steps.push(Step { line: line.place.line, text: line.text.to_owned(), action });
            }
            Err(Fault { at, message, hint }) => {
                problems.push(source.problem(line.place.after(at), message, hint));
                // A name that this line would have saved is not a second problem further down.
                let words: Vec<&str> = line.text.split([' ', ',', '=']).collect();
                saved.extend(words.windows(2).filter(|pair| pair[0] == "save").map(|pair| pair[1].to_owned()));
            }
        }
    }
    if steps.len() < lines.len() {
        return None;
    }
    if steps.iter().all(|step| matches!(step.action, Action::Start { .. } | Action::Restart)) {
        let hint = "a start alone shows nothing: add a line that asks for something, such as `GET /health -> 200`";
        problems.push(source.problem(first.place, "this scenario checks nothing", Some(hint.to_owned())));
        return None;
    }
    Some(Scenario { steps })
}

fn action(line: &str, saved: &Saved) -> Result<Action, Fault> {
    if line.len() > MOST_BYTES {
        return Err(fault(0, "this line is too long", format!("at most {MOST_BYTES} bytes")));
    }
    let mut cursor = Cursor::new(line);
    let (at, word) = cursor.word();
    let action = match word {
        "start" => start(&mut cursor)?,
        "restart" => Action::Restart,
        "stop" => stop(&mut cursor)?,
        "exits" => exits(&mut cursor)?,
        "log" => Action::LogContains(log_contains(&mut cursor)?),
        "wait" => {
            if cursor.peek_word() == "GET" {
                cursor.keyword("GET")?;
                wait_answer(&mut cursor, saved)?
            } else {
                cursor.keyword("healthy")?;
                Action::WaitHealthy { within: cursor.within()? }
            }
        }
        method if METHODS.contains(&method) => Action::Request(request(&mut cursor, method, saved)?),
        other => return Err(unknown_step(at, other)),
    };
    cursor.end()?;
    Ok(action)
}

/// Whether a line begins as a request does: no sentence of the vocabulary is meant.
pub(crate) fn is_request(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| METHODS.contains(&word))
}

fn unknown_step(at: usize, word: &str) -> Fault {
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

/// `start [with K=V…] [without K…] [read-only]`, the parts in any order.
fn start(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let (mut with, mut without, mut read_only) = (Vec::<(String, String)>::new(), Vec::<String>::new(), false);
    while !cursor.is_at_end() {
        let (at, word) = cursor.word();
        match word {
            "read-only" if !read_only => read_only = true,
            "with" => {
                with.push(assignment(cursor)?);
                while cursor.peek_word().contains('=') {
                    with.push(assignment(cursor)?);
                }
            }
            "without" => {
                without.push(variable(cursor)?);
                while !["", "with", "without", "read-only"].contains(&cursor.peek_word()) {
                    without.push(variable(cursor)?);
                }
            }
            other => return Err(fault(at, format!("unexpected `{}`", clip(other)), form("start"))),
        }
    }
    let mut names = BTreeSet::new();
    for name in with.iter().map(|(name, _)| name).chain(&without) {
        if !names.insert(name) {
            return Err(fault(0, format!("`{name}` is named twice"), "name each variable once"));
        }
    }
    Ok(Action::Start { with, without, read_only })
}

fn variable(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let (at, name) = cursor.word();
    if is_name(name) {
        return Ok(name.to_owned());
    }
    Err(fault(at, format!("expected a variable's name, found {}", shown(name)), form("start")))
}

/// `K=V` or `K="a value with spaces"`.
fn assignment(cursor: &mut Cursor<'_>) -> Result<(String, String), Fault> {
    let at = cursor.skip_blank();
    let Some((name, _)) = cursor.peek_word().split_once('=').filter(|(name, _)| is_name(name)) else {
        return Err(fault(at, format!("expected `K=V`, found {}", shown(cursor.peek_word())), form("start")));
    };
    let name = name.to_owned();
    cursor.skip(name.len() + 1);
    let begin = cursor.position();
    let value = if cursor.rest().starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
    if let Some((offset, name)) = templates(&value).first() {
        let message = format!("`{{{name}}}` is not filled in here");
        return Err(fault(begin + offset, message, "saved values stand in paths, header values and bodies"));
    }
    Ok((name, value))
}

/// `wait GET /path -> STATUS within T`, behind the method.
fn wait_answer(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    let path = path(cursor, saved)?;
    cursor.arrow()?;
    Ok(Action::WaitAnswer { path, status: status(cursor)?, within: cursor.within()? })
}

/// `stop within T -> exit N`.
fn stop(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let within = cursor.within()?;
    cursor.arrow()?;
    cursor.keyword("exit")?;
    let (at, word) = cursor.word();
    let exit = exit_code(word).ok_or_else(|| fault(at, not_an_exit_code(word), form("stop")))?;
    Ok(Action::Stop { within, exit })
}

/// `exits within T -> exit N|nonzero[, log contains "…"]`.
fn exits(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let within = cursor.within()?;
    cursor.arrow()?;
    cursor.keyword("exit")?;
    let (at, word) = cursor.word();
    let exit = match word {
        "nonzero" => ExitWanted::Nonzero,
        code => ExitWanted::Code(exit_code(code).ok_or_else(|| fault(at, not_an_exit_code(word), form("exits")))?),
    };
    let mut log = None;
    if cursor.comma() {
        cursor.keyword("log")?;
        log = Some(log_contains(cursor)?);
    }
    Ok(Action::Exits { within, exit, log_contains: log })
}

fn exit_code(word: &str) -> Option<i32> {
    let digits = (1..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|code| digits && *code <= 255)
}

fn not_an_exit_code(word: &str) -> String {
    format!("expected an exit code from 0 to 255, found {}", shown(word))
}

/// `contains "…"`.
fn log_contains(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    cursor.keyword("contains")?;
    let at = cursor.skip_blank();
    if !cursor.rest().starts_with('"') {
        return Err(fault(at, "expected a text in double quotes", form("log")));
    }
    let text = cursor.quoted()?;
    if text.is_empty() {
        return Err(fault(at, "every log contains an empty text", form("log")));
    }
    Ok(text)
}

fn request(cursor: &mut Cursor<'_>, method: &str, saved: &Saved) -> Result<Request, Fault> {
    let path = path(cursor, saved)?;
    let mut body = None;
    if cursor.at_json() {
        body = Some(json(cursor, saved)?);
    }
    let mut headers = Vec::new();
    while cursor.peek_word() == "header" {
        headers.push(header(cursor, saved, &[" header ", " ->"])?);
    }
    cursor.arrow()?;
    let mut answer = Answer { status: status(cursor)?, body: None, headers: Vec::new(), within: None };
    let mut kept: Vec<Save> = Vec::new();
    loop {
        let comma = cursor.comma();
        let at = cursor.skip_blank();
        match cursor.peek_word() {
            "" if comma => return Err(fault(at, "nothing follows the comma", form("GET"))),
            "" => break,
            "within" if answer.within.is_none() => answer.within = Some(cursor.within()?),
            "header" => answer.headers.push(header(cursor, saved, &[" header ", " within ", " save ", ","])?),
            "save" => {
                let save = save(cursor)?;
                if kept.iter().any(|other| other.name == save.name) {
                    return Err(fault(at, format!("`{}` is saved twice", save.name), "save each name once in a line"));
                }
                kept.push(save);
            }
            _ if cursor.at_json() && answer.body.is_none() => answer.body = Some(json(cursor, saved)?),
            other => return Err(fault(at, format!("unexpected `{}`", clip(other)), form("GET"))),
        }
    }
    Ok(Request { method: method.to_owned(), path, headers, body, answer, saves: kept })
}

fn path(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<String, Fault> {
    let (at, path) = cursor.spaced_word();
    if !path.starts_with('/') {
        let message = format!("expected a path that begins with `/`, found {}", shown(path));
        return Err(fault(at, message, form("GET")));
    }
    if path.len() > 2000 {
        return Err(fault(at, "this path is too long", "at most 2000 bytes"));
    }
    known(saved, at, path)?;
    let mut plain = path.to_owned();
    for (offset, name) in templates(path).into_iter().rev() {
        plain.replace_range(offset..offset + name.len() + 2, &"x".repeat(name.len() + 2));
    }
    let wrong = |c: char| !c.is_ascii_graphic() || "{}\"<>\\^`|#".contains(c);
    if let Some((offset, character)) = plain.char_indices().find(|(_, c)| wrong(*c)) {
        let message = format!("`{character}` cannot stand in a path");
        return Err(fault(at + offset, message, "percent-encode it; `{name}` stands for a saved value"));
    }
    Ok(path.to_owned())
}

fn status(cursor: &mut Cursor<'_>) -> Result<u16, Fault> {
    let (at, word) = cursor.word();
    let status = word.parse().ok().filter(|status| word.len() == 3 && (100..=599).contains(status));
    status.ok_or_else(|| fault(at, format!("expected a status from 100 to 599, found {}", shown(word)), form("GET")))
}

/// JSON whose strings may hold `{name}`.
fn json(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Value, Fault> {
    let (at, raw, value) = cursor.json()?;
    // In JSON a brace inside a string is a template's, one outside is JSON's own.
    let (mut inside, mut begin, mut escaped) = (false, 0, false);
    for (offset, byte) in raw.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if inside => {
                inside = false;
                known(saved, at + begin, &raw[begin..offset])?;
            }
            b'"' => (inside, begin) = (true, offset + 1),
            _ => {}
        }
    }
    Ok(value)
}

/// `header NAME: VALUE`; the value ends at one of the marks, or is a JSON string.
fn header(cursor: &mut Cursor<'_>, saved: &Saved, ends: &[&str]) -> Result<(String, String), Fault> {
    cursor.keyword("header")?;
    let at = cursor.skip_blank();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_|~`".contains(&byte);
    let name = cursor.rest().split_once(':').map(|(name, _)| name);
    let Some(name) = name.filter(|name| !name.is_empty() && name.bytes().all(token)) else {
        return Err(fault(at, "expected `NAME: VALUE` after `header`", form("GET")));
    };
    let name = name.to_owned();
    cursor.skip(name.len() + 1);
    let begin = cursor.skip_blank();
    let value = if cursor.rest().starts_with('"') {
        cursor.quoted()?
    } else {
        let value = cursor.until(ends).to_owned();
        if let Some(offset) = value.find(['"', '[', ']']) {
            return Err(fault(begin + offset, "a header value with this in it stands in double quotes", form("GET")));
        }
        value
    };
    if value.is_empty() || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(fault(begin, "a header value is one line of ASCII", form("GET")));
    }
    known(saved, begin, &value)?;
    Ok((name, value))
}

/// `save NAME` or `save NAME = $.path`.
fn save(cursor: &mut Cursor<'_>) -> Result<Save, Fault> {
    const HINT: &str = "as in `save id` or `save id = $.items[0].id`";
    cursor.keyword("save")?;
    let (at, word) = cursor.word();
    let (name, glued) = word.split_once('=').map_or((word, None), |(name, _)| (name, Some(name.len())));
    if !is_name(name) {
        return Err(fault(at, format!("expected a name to save, found {}", shown(word)), HINT));
    }
    let name = name.to_owned();
    if let Some(length) = glued {
        cursor.go_to(at + length);
    }
    if !cursor.rest().trim_start().starts_with('=') {
        return Ok(Save { path: vec![name.clone()], name });
    }
    cursor.skip_blank();
    cursor.skip(1);
    let begin = cursor.skip_blank();
    let path = cursor.json_path().map_err(|at| fault(at, "expected a path such as `$.items[0].id`", HINT))?;
    if path.len() > 32 {
        return Err(fault(begin, "this path is too deep", "at most 32 members"));
    }
    Ok(Save { name, path })
}

/// Every `{name}` in a text must have been saved by an earlier line.
fn known(saved: &Saved, at: usize, text: &str) -> Result<(), Fault> {
    let unknown = templates(text).into_iter().find(|(_, name)| !saved.contains(*name));
    unknown.map_or(Ok(()), |(offset, name)| {
        let hint = format!("an earlier line has to end with `save {name}`; a literal brace in JSON is `\\u007b`");
        Err(fault(at + offset, format!("`{{{name}}}` was not saved before"), hint))
    })
}

/// Every `{name}` in a text: where, and the name.
fn templates(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (open, _) in text.match_indices('{') {
        let rest = &text[open + 1..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if rest[name.len()..].starts_with('}') && is_name(name) {
            found.push((open, name));
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    letter && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn form(start: &str) -> String {
    let form = FORMS.iter().find(|(name, _)| *name == start).map_or("", |(_, form)| form);
    format!("its form is `{form}`")
}
