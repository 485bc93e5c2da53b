//! Which engine: the one the user names, or the best that is there.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::{Docker, Embedded, Engine, EngineError};

/// What `--engine` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// Docker or Podman where one answers, else the embedded engine.
    #[default]
    Auto,
    Embedded,
    Docker,
    Podman,
}

/// Why a text names no engine.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no engine; there are `auto`, `embedded`, `docker` and `podman`")]
pub struct ChoiceError(String);

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "embedded" => Ok(Self::Embedded),
            "docker" => Ok(Self::Docker),
            "podman" => Ok(Self::Podman),
            _ => Err(ChoiceError(text.chars().take(100).collect())),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Embedded => "embedded",
            Self::Docker => "docker",
            Self::Podman => "podman",
        })
    }
}

/// An engine, and what the user should know about the choice.
pub struct Chosen {
    pub engine: Box<dyn Engine>,
    /// One line: the daemon that the user names is not the one that is used.
    pub note: Option<String>,
}

/// The engine of that choice; `helper` is the program that an engine starts (see [`crate::helper`]).
///
/// # Errors
///
/// [`EngineError::Unavailable`] if it cannot be used here; for `auto`, if none can.
pub fn choose(choice: Choice, helper: &Path) -> Result<Chosen, EngineError> {
    let daemon = || {
        let engine = Docker::connect_as(choice)?.with_helper(helper.to_owned());
        Ok(Chosen { engine: Box::new(engine), note: None })
    };
    let embedded = |note| {
        let engine = Embedded::new(helper.to_owned());
        engine.available().map(|()| Chosen { engine: Box::new(engine), note })
    };
    match choice {
        Choice::Docker | Choice::Podman => daemon(),
        Choice::Embedded => embedded(None),
        Choice::Auto => daemon().or_else(|error| embedded(instead(&error, Docker::is_named()))),
    }
}

/// What is said when the embedded engine takes the place of a daemon that the user names.
fn instead(error: &EngineError, is_named: bool) -> Option<String> {
    is_named.then(|| format!("{error}; the embedded engine is used instead"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for choice in [Choice::Auto, Choice::Embedded, Choice::Docker, Choice::Podman] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        let error = "lxc".parse::<Choice>().unwrap_err();
        assert_eq!(error.to_string(), "`lxc` is no engine; there are `auto`, `embedded`, `docker` and `podman`");
    }

    #[test]
    fn the_user_hears_when_a_named_daemon_is_not_used() {
        let error = EngineError::Unavailable { engine: "docker", reason: "no answer".to_owned(), hint: None };
        assert_eq!(instead(&error, false), None);
        let note = instead(&error, true).unwrap();
        assert_eq!(note, "the docker engine cannot run here: no answer; the embedded engine is used instead");
    }
}
