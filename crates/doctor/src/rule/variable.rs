//! A variable that the program needs and nobody sets.

use seaworthy_engine::EngineError;

use super::{is_further, seen_line};
use crate::cause::Cause;
use crate::desk::{Desk, set};
use crate::log::{self, Clue};
use crate::trial::{Outcome, Trial};
use crate::{code, value};

/// So many variables may be missing one after the other.
const CHAIN: usize = 4;

/// The variable of the clue, and those that a copy with a placeholder for it asks for next.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn missing(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Result<Vec<Cause>, EngineError> {
    let mut found = Vec::new();
    let mut run = desk.base.clone();
    let mut clue = clue.clone();
    let mut before: Option<Trial> = None;
    for _ in 0..CHAIN {
        let Some(name) = name_of(desk, &clue) else { break };
        if run.env.iter().any(|(known, value)| *known == name && !value.is_empty()) {
            break;
        }
        let placeholder = placeholder(desk, &mut run, &name);
        set(&mut run, &name, &placeholder);
        let Some(varied) = desk.try_run(&format!("a copy with a placeholder in {name}"), &run)? else {
            if found.is_empty() && is_read(desk, &name) {
                found.push(named(desk, &clue, &name));
            }
            break;
        };
        if !is_further(before.as_ref().unwrap_or(first), &varied, &clue.line) {
            break;
        }
        found.push(cause(desk, &clue, &name, &varied));
        let next = log::clues(&varied.text()).into_iter().rfind(|clue| clue.cause == "missing-variable");
        let Some(next) = next.filter(|_| varied.outcome != Outcome::Runs) else { break };
        clue = next;
        before = Some(varied);
    }
    Ok(found)
}

fn name_of(desk: &Desk<'_>, clue: &Clue) -> Option<String> {
    let name = clue.what.as_deref()?;
    let is_capital = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let name = if is_capital { name.to_owned() } else { name.to_ascii_uppercase() };
    (!desk.facts.is_set(&name)).then_some(name)
}

/// Something that the program may take for a value: an address of a database is one that answers, where there can be one.
fn placeholder(desk: &Desk<'_>, run: &mut seaworthy_engine::Run, name: &str) -> String {
    if value::is_database_name(name) {
        return match desk.with_database(name, "postgresql", "") {
            Ok(made) => {
                run.services.clone_from(&made.services);
                made.env.into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
            }
            Err(_) => "postgresql://placeholder:placeholder@127.0.0.1:5432/placeholder".to_owned(),
        };
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&["PORT"]) {
        "8000".to_owned()
    } else if ends(&["_URL", "_URI", "ENDPOINT"]) {
        "http://127.0.0.1:9".to_owned()
    } else if ends(&["_HOST"]) || name == "HOST" {
        "127.0.0.1".to_owned()
    } else if ends(&["TIMEOUT", "COUNT", "SIZE", "LIMIT", "WORKERS", "SECONDS", "TTL", "RETRIES", "MAX", "MIN"]) {
        "1".to_owned()
    } else {
        "placeholder-0123456789abcdef0123456789abcdef".to_owned()
    }
}

fn is_read(desk: &Desk<'_>, name: &str) -> bool {
    code::reads(&desk.facts).iter().any(|read| read.name == name)
}

fn cause(desk: &Desk<'_>, clue: &Clue, name: &str, varied: &Trial) -> Cause {
    named(desk, clue, name).shown_by(format!("a copy with a placeholder in {name}: {}", varied.told())).confirmed()
}

fn named(desk: &Desk<'_>, clue: &Clue, name: &str) -> Cause {
    let of_line = || log::place_before(&clue.line, clue.line.len());
    let place = code::place_of(&desk.facts, name)
        .or_else(|| of_line().map(|(path, line)| format!("{path} line {line} reads it")));
    let place = place.map(|place| format!("; {place}")).unwrap_or_default();
    let state = if desk.facts.variable(name).is_some() { "is set, and empty" } else { "is not set" };
    let next = match &desk.subject.container {
        Some(_) => format!("start it with `--env {name}=…` (in a compose file: `environment: {name}: …`)"),
        None => format!("seaworthy doctor {} --env {name}", desk.subject.name),
    };
    Cause::new("missing-variable", format!("the variable {name} {state}{place}"), next).shown_by(seen_line(desk, clue))
}

/// A command in exec form with a variable in it, which no shell replaces.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn in_exec_form(desk: &Desk<'_>, first: &Trial) -> Result<Option<Cause>, EngineError> {
    let words = &desk.facts.words;
    let shell = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    if matches!(shell, "sh" | "bash" | "dash" | "ash" | "env") {
        return Ok(None);
    }
    let variable = |word: &String| {
        let name: String = word
            .split('$')
            .nth(1)?
            .trim_start_matches('{')
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        (!name.is_empty() && name.chars().all(|c| !c.is_ascii_lowercase())).then_some(name)
    };
    let Some(name) = words.iter().skip(1).find_map(variable) else { return Ok(None) };
    let line = words.join(" ");
    let next = format!("use a shell that replaces it: `CMD [\"sh\", \"-c\", \"exec {line}\"]`");
    let cause = Cause::new(
        "exec-form-variable",
        format!("the command is in exec form and has ${name} in it, which no shell replaces"),
        next,
    )
    .shown_by(format!("the program gets the text `${name}` as it stands"));
    if desk.facts.find("/bin/sh").is_none() || !desk.has_time() {
        return Ok(Some(cause));
    }
    let mut run = desk.base.clone();
    run.instead.entrypoint = Some(["/bin/sh", "-c"].map(str::to_owned).to_vec());
    run.arguments = Some(vec![format!("exec {line}")]);
    let varied = desk.run("a copy whose command has a shell before it", &run)?;
    let last = log::last_line(&first.logs);
    Ok(is_further(first, &varied, &last)
        .then(|| cause.shown_by(format!("a copy whose command has a shell before it {}", varied.told())).confirmed()))
}
