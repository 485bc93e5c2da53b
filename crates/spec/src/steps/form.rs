//! Every step that there is: its form, what it does, and an example. Hints, `explain scenario` and the reference page are made from this
//! table.

use crate::cursor::{Fault, fault};
use crate::document::clip;
use crate::letters::is_near;

pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A kind of line in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepForm {
    /// The line's first word; of a request, one of the methods.
    pub begins: &'static str,
    /// `[optional]`, `one|of|these`, `repeated…`.
    pub form: &'static str,
    pub does: &'static str,
    pub example: &'static str,
}

const FORMS: &[StepForm] = &[
    StepForm {
        begins: "GET",
        form: "METHOD /path [JSON|form NAME=VALUE…] [header NAME: VALUE]… [as WHO] -> STATUS [JSON] [body TEST]… \
               [header NAME: VALUE|header NAME TEST]… [within T][, save NAME [= $.path|header N|cookie N]]…[, N times[, N at once][, pN within T]]",
        does: "a request, and what its answer must be",
        example: "POST /tasks {\"title\": \"kept\"} as {env.API_TOKEN} -> 201 {\"title\": \"kept\"} within 1s, save id",
    },
    StepForm {
        begins: "start",
        form: "start [with K=V…] [without K…] [read-only] [on a fresh database]",
        does: "a fresh container with that environment",
        example: "start with LOG_LEVEL=debug without DATABASE_URL",
    },
    StepForm {
        begins: "on",
        form: "on a fresh database",
        does: "a fresh container on a new empty database; later starts of the scenario stay on it",
        example: "on a fresh database",
    },
    StepForm {
        begins: "start",
        form: "start another",
        does: "a second container beside the first, with the same environment and volumes of its own",
        example: "start another",
    },
    StepForm {
        begins: "on",
        form: "on another METHOD /path … -> STATUS …",
        does: "a request to the second container",
        example: "on another GET /health -> 200",
    },
    StepForm {
        begins: "run",
        form: "run ARGUMENT… -> exit N|nonzero[, output TEST]…[, within T]",
        does: "a container of its own, on the same volumes and database, with these arguments for the entrypoint; without a time, the run's timeout holds",
        example: "run --version -> exit 0, output matches /\\d+\\.\\d+/",
    },
    StepForm {
        begins: "mount",
        form: "mount FILE at PATH",
        does: "what starts from here on has the file there, read-only; FILE lies below the specification's folder",
        example: "mount tests/config.toml at /etc/app/config.toml",
    },
    StepForm {
        begins: "secret",
        form: "secret NAME = FILE",
        does: "as `mount`, at `/run/secrets/NAME`; what it holds is shown nowhere",
        example: "secret api_token = tests/token.txt",
    },
    StepForm {
        begins: "stop",
        form: "stop database",
        does: "the throwaway database server is out of reach: its connections end, new ones are refused or end at once",
        example: "stop database",
    },
    StepForm {
        begins: "start",
        form: "start database",
        does: "the throwaway database server is in reach again",
        example: "start database",
    },
    StepForm {
        begins: "stop",
        form: "stop NAME",
        does: "the dependency of that name is out of reach for the scenario's containers, as by `stop database`",
        example: "stop Redis",
    },
    StepForm {
        begins: "start",
        form: "start NAME",
        does: "the dependency of that name is in reach again",
        example: "start Redis",
    },
    StepForm {
        begins: "restart",
        form: "restart [on a fresh database]",
        does: "the container is killed, and a new one made on the same volumes; with a new empty database where the line says so",
        example: "restart on a fresh database",
    },
    StepForm {
        begins: "stop",
        form: "stop within T -> exit N",
        does: "the stop signal, then waiting",
        example: "stop within 10s -> exit 0",
    },
    StepForm {
        begins: "exits",
        form: "exits within T -> exit N|nonzero[, log contains \"…\"]",
        does: "the container ends by itself",
        example: "exits within 5s -> exit nonzero, log contains \"DATABASE_URL\"",
    },
    StepForm {
        begins: "log",
        form: "log contains \"…\"",
        does: "what the container wrote",
        example: "log contains \"listening\"",
    },
    StepForm {
        begins: "file",
        form: "file PATH TEST [within T]",
        does: "what a file holds, of at most 1 MiB: in the scenario's container, also after its end; where only `run` lines came before, in the last one's",
        example: "file /out/report.csv contains \"total\" within 5s",
    },
    StepForm {
        begins: "wait",
        form: "wait healthy within T",
        does: "the declared health check turns healthy",
        example: "wait healthy within 10s",
    },
    StepForm {
        begins: "wait",
        form: "wait GET /path -> STATUS within T",
        does: "asked again and again until the answer has this status",
        example: "wait GET /ready -> 200 within 10s",
    },
    StepForm {
        begins: "wait",
        form: "wait log contains \"…\" within T",
        does: "looked for again and again until the container wrote it",
        example: "wait log contains \"job done\" within 10s",
    },
];

/// Every step that there is.
///
/// ```
/// assert!(seaworthy_spec::step_forms().iter().any(|step| step.form == "start another"));
/// ```
pub fn step_forms() -> &'static [StepForm] {
    FORMS
}

/// The problem of a line that begins like no step.
pub(super) fn unknown_step(at: usize, word: &str) -> Fault {
    let starts = METHODS.iter().copied().chain(FORMS.iter().map(|step| step.begins));
    let meant = starts.clone().find(|start| start.eq_ignore_ascii_case(word));
    let meant = meant.or_else(|| starts.clone().find(|start| is_near(word, start)));
    let meant = meant.or_else(|| starts.clone().find(|start| is_near(&word.to_lowercase(), &start.to_lowercase())));
    let hint = match meant {
        Some(method) if METHODS.contains(&method) => format!("did you mean `{method}`"),
        Some(start) => format!("did you mean `{start}`? {}", form(start)),
        None => "a step is a request such as `GET /health -> 200`, or begins with ".to_owned() + &beginnings(),
    };
    fault(at, format!("unknown step `{}`", clip(word)), format!("{hint}; `seaworthy explain scenario` lists all steps"))
}

fn beginnings() -> String {
    let mut known: Vec<&str> = Vec::new();
    for step in FORMS.iter().skip(1) {
        if !known.contains(&step.begins) {
            known.push(step.begins);
        }
    }
    format!("`{}`", known.join("`, `"))
}

/// The forms of the steps that begin with this word, for a hint.
pub(super) fn form(begins: &str) -> String {
    let forms = FORMS.iter().filter(|step| step.begins == begins).map(|step| format!("`{}`", step.form));
    format!("its form is {}", forms.collect::<Vec<_>>().join(" or "))
}
