//! The lines of a scenario, by their grammar: each becomes a step, or a problem with its column.

mod container;
mod ending;
mod form;
mod header;
mod login;
mod name;
mod request;
mod save;
mod text;
mod wait;

use std::collections::BTreeSet;

use self::form::{METHODS, unknown_step};
pub use self::form::{StepForm, step_forms};
pub use self::name::templates;
use crate::cursor::{Cursor, Fault, fault};
use crate::problem::Problem;
use crate::scenario::{Action, Scenario, Step};
use crate::source::{Fragment, Source};

/// The most lines that one promise's scenario may have.
const MOST_STEPS: usize = 100;

/// The most bytes that one line of it may have.
const MOST_BYTES: usize = 64 * 1024;

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
        "start" => container::start(&mut cursor)?,
        "restart" => Action::Restart,
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

/// Whether a line begins as a request does: no sentence of the vocabulary is meant.
pub(crate) fn is_request(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| METHODS.contains(&word))
}
