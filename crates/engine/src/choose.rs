//! Which engine: the one the user names, or the best that is there.

use std::fmt;
use std::path::PathBuf;
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
}

/// Why a text names no engine.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no engine; there are `auto`, `embedded` and `docker`")]
pub struct ChoiceError(String);

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "embedded" => Ok(Self::Embedded),
            "docker" => Ok(Self::Docker),
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
        })
    }
}

/// The engine of that choice; `helper` is the program that the embedded one starts (see [`crate::helper`]).
///
/// # Errors
///
/// [`EngineError::Unavailable`] if it cannot be used here; for `auto`, if none can.
pub fn choose(choice: Choice, helper: PathBuf) -> Result<Box<dyn Engine>, EngineError> {
    let docker = || Docker::connect().map(|engine| Box::new(engine) as Box<dyn Engine>);
    let embedded = || {
        let engine = Embedded::new(helper);
        engine.available().map(|()| Box::new(engine) as Box<dyn Engine>)
    };
    match choice {
        Choice::Docker => docker(),
        Choice::Embedded => embedded(),
        Choice::Auto => docker().or_else(|_| embedded()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for choice in [Choice::Auto, Choice::Embedded, Choice::Docker] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        let error = "podman".parse::<Choice>().unwrap_err();
        assert_eq!(error.to_string(), "`podman` is no engine; there are `auto`, `embedded` and `docker`");
    }
}
