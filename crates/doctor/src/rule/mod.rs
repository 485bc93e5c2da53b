//! The rules: each takes a clue or a fact, and confirms or refutes a cause by looking and by experiments on copies.

pub(crate) mod database;
pub(crate) mod exit;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod loading;
pub(crate) mod memory;
pub(crate) mod ports;
pub(crate) mod reach;
pub(crate) mod stop;
pub(crate) mod variable;

use std::time::Duration;

use crate::desk::Desk;
use crate::log::{Clue, like};
use crate::trial::{Outcome, Trial};

/// What was seen of the subject itself: of the container, or of the first copy of an image.
pub(crate) struct Seen {
    pub(crate) outcome: Outcome,
    pub(crate) text: String,
    /// It was seen in the user's container, not in a copy.
    pub(crate) of_original: bool,
    pub(crate) ran: Option<Duration>,
}

/// Whether a varied copy gets further than the first one did, and than the line of the clue.
pub(crate) fn is_further(first: &Trial, varied: &Trial, line: &str) -> bool {
    let says_so = !line.is_empty() && like::says(&varied.text(), line);
    match (&first.outcome, &varied.outcome) {
        (_, Outcome::Refused(_)) | (Outcome::Runs, Outcome::Exited(_)) => false,
        (Outcome::Runs, Outcome::Runs) => {
            let healthier = !first.is_healthy() && varied.is_healthy();
            healthier || (first.listening.is_empty() && !varied.listening.is_empty()) || (!line.is_empty() && !says_so)
        }
        (_, Outcome::Runs) => !says_so,
        (_, Outcome::Exited(exit)) => {
            let says_more = !line.is_empty() && !says_so && !varied.text().trim().is_empty();
            says_more && !exit.out_of_memory && !ends_alike(first, varied, line)
        }
    }
}

/// Whether two copies that ended did so with the same words: what differs between them is then not what ends them.
pub(crate) fn ends_alike(first: &Trial, varied: &Trial, line: &str) -> bool {
    match (&first.outcome, &varied.outcome) {
        (Outcome::Exited(before), Outcome::Exited(after)) => {
            // One that hides its program's exit code ends with 0 whatever happens.
            before.code == after.code && (before.code == 0 || like::ends_alike(&first.text(), &varied.text(), line))
        }
        _ => false,
    }
}

/// `exit 1 after 0.2 s; last line: …`, of what was seen first.
pub(crate) fn seen_line(desk: &Desk<'_>, clue: &Clue) -> String {
    format!("the log says: {}", desk.quote(&clue.line))
}
