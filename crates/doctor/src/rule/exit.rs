//! A container that has ended, or that waits for something: its clues, the last one first.

use seaworthy_engine::EngineError;

use super::{Seen, database, files, loading, memory, ports, variable};
use crate::cause::Cause;
use crate::desk::Desk;
use crate::log::{self, Clue};
use crate::trial::{Outcome, Trial};

/// How many clues are followed.
const CLUES: usize = 12;

/// The causes that what was seen points to, those that were confirmed first.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn causes(desk: &Desk<'_>, seen: &Seen, first: &Trial) -> Result<Vec<Cause>, EngineError> {
    let mut found = Vec::new();
    if let Outcome::Exited(exit) = seen.outcome
        && exit.out_of_memory
    {
        found.extend(memory::killed(desk, seen, first)?);
    }
    if !is_decided(&found) {
        found.extend(variable::in_exec_form(desk, first)?);
    }
    if !is_decided(&found) {
        found.extend(database::flaws(desk, seen, first)?);
    }
    let clues = log::clues(&seen.text);
    for clue in clues.iter().rev().take(CLUES) {
        if is_decided(&found) {
            break;
        }
        // A URL that is read wrongly names another host and another password than is meant.
        let is_misread = found.iter().any(|cause: &Cause| cause.id.to_string() == "not-percent-encoded");
        if is_misread && ["host-not-resolved", "connection-refused", "wrong-password"].contains(&clue.cause) {
            continue;
        }
        let is_told = found.iter().any(|cause: &Cause| cause.id.to_string() == clue.cause);
        if !is_told {
            found.extend(of_clue(desk, seen, first, clue)?);
        }
    }
    if !is_decided(&found) {
        found.extend(loading::silent(desk, seen));
    }
    found.sort_by_key(|cause| !cause.confirmed);
    Ok(found)
}

fn is_decided(found: &[Cause]) -> bool {
    found.iter().any(|cause| cause.confirmed)
}

fn of_clue(desk: &Desk<'_>, seen: &Seen, first: &Trial, clue: &Clue) -> Result<Vec<Cause>, EngineError> {
    let one = |cause: Option<Cause>| cause.into_iter().collect();
    Ok(match clue.cause {
        "missing-variable" => variable::missing(desk, first, clue)?,
        "import-error" => one(loading::import_error(desk, seen, first, clue)?),
        "missing-shared-library" => one(loading::missing_library(desk, clue)),
        "libc-mismatch" => one(loading::libc(desk, clue)),
        "crlf-script" => one(loading::crlf(desk, clue)),
        "entrypoint-not-found" => one(loading::not_found(desk, clue)),
        "privileged-port" => one(ports::privileged(desk, first, clue)?),
        "port-in-use" => vec![ports::in_use(desk, first, clue)],
        "permission-denied" => one(files::denied(desk, first, clue)?),
        "read-only-root" => one(files::read_only(desk, first, clue)?),
        "missing-file" => one(files::missing(desk, first, clue)?),
        "out-of-memory" => one(memory::told(desk, seen, first, clue)?),
        _ => one(database::of_clue(desk, seen, first, clue)?),
    })
}
