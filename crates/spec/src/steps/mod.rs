//! The lines of a scenario, by their grammar: each becomes a step, or a problem with its column.

mod container;
mod ending;
mod file;
mod form;
mod header;
mod login;
mod mount;
mod name;
mod repeat;
mod request;
mod run;
mod save;
mod text;
mod wait;

use std::collections::BTreeSet;

use self::form::{METHODS, form, unknown_step};
pub use self::form::{StepForm, step_forms};
pub use self::name::templates;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::problem::Problem;
use crate::scenario::{Action, Request, Scenario, Step};
use crate::source::{Fragment, Source};

/// The most lines that one promise's scenario may have.
const MOST_STEPS: usize = 100;

/// The most bytes that one line of it may have.
const MOST_BYTES: usize = 64 * 1024;

/// `{run}` stands for a text that no other run has, and that is another one each time the steps are gone through.
pub const RUN_NAME: &str = "run";

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
    let (mut steps, mut saved) = (Vec::new(), Saved::from([RUN_NAME.to_owned()]));
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
    if let Some((index, message)) = second_container(&steps) {
        let hint = "`start another` stands once, before the lines that begin with `on another`";
        problems.push(source.problem(lines.get(index).unwrap_or(first).place, message, Some(hint.to_owned())));
        return None;
    }
    if let Some((index, message, hint)) = mount::misplaced(&steps) {
        problems.push(source.problem(lines.get(index).unwrap_or(first).place, message, Some(hint.to_owned())));
        return None;
    }
    let shows_nothing = |action: &Action| {
        let starts = matches!(action, Action::Start { .. } | Action::StartAnother | Action::Restart { .. });
        let is_server = matches!(action, Action::StartDatabase | Action::StartDependency(_)) || action.stops_a_server();
        starts || is_server || matches!(action, Action::Mount { .. })
    };
    if steps.iter().all(|step| shows_nothing(&step.action)) {
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
        "start" => container::start(&mut cursor)?,
        "restart" => container::restart(&mut cursor)?,
        "file" => file::file(&mut cursor, saved)?,
        "on" => on(&mut cursor, saved)?,
        "mount" => mount::mount(&mut cursor)?,
        "secret" => mount::secret(&mut cursor)?,
        "run" => run::run(&mut cursor, saved)?,
        "stop" if cursor.peek_word() == "database" => {
            cursor.keyword("database")?;
            Action::StopDatabase
        }
        "stop" if !["", "within", "->"].contains(&cursor.peek_word()) => {
            Action::StopDependency(container::name(&mut cursor))
        }
        "stop" => ending::stop(&mut cursor)?,
        "exits" => ending::exits(&mut cursor)?,
        "log" => Action::LogContains(ending::log_contains(&mut cursor)?),
        "wait" => wait::wait(&mut cursor, saved)?,
        method if METHODS.contains(&method) => Action::Request(request::request(&mut cursor, method, saved)?),
        other => return Err(unknown_step(at, other)),
    };
    cursor.end()?;
    Ok(action)
}

/// `on a fresh database`, or `on another METHOD …`.
fn on(cursor: &mut Cursor<'_>, saved: &Saved) -> Result<Action, Fault> {
    if cursor.peek_word() == "a" {
        container::a_fresh_database(cursor)?;
        return Ok(Action::Start { with: Vec::new(), without: Vec::new(), read_only: false, fresh_database: true });
    }
    cursor.keyword("another")?;
    let (at, method) = cursor.word();
    if !METHODS.contains(&method) {
        return Err(fault(at, format!("expected a method such as `GET`, found {}", shown(method)), form("on")));
    }
    Ok(Action::Request(Request { on_another: true, ..request::request(cursor, method, saved)? }))
}

/// Where a step needs the second container, and none was started; or starts a third one.
fn second_container(steps: &[Step]) -> Option<(usize, &'static str)> {
    let mut starts = 0;
    steps.iter().enumerate().find_map(|(index, step)| match &step.action {
        Action::StartAnother if starts == 1 => Some((index, "there is another container already")),
        Action::StartAnother => {
            starts += 1;
            None
        }
        Action::Request(request) if request.on_another && starts == 0 => {
            Some((index, "no other container was started before"))
        }
        _ => None,
    })
}

/// Whether a line begins as a request does: no sentence of the vocabulary is meant.
pub(crate) fn is_request(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| METHODS.contains(&word))
}
