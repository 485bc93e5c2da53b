//! What the program's exit code says: `docs/exit-codes.md`.

use std::process::ExitCode;

use seaworthy_report::Summary;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing is broken and nothing unproven.
    Success,
    /// A promise is broken.
    Broken,
    /// The work could not be done.
    Failure,
    /// Nothing is broken, and something was not shown.
    Unproven,
    /// Ctrl-C, or another signal that ends a program.
    Interrupted,
}

impl Exit {
    /// What the verdicts amount to. With `complete` a pending promise counts as not shown.
    pub(crate) fn of(summary: &Summary, complete: bool) -> Self {
        let Summary { pass, fail, unproven, pending } = *summary;
        if fail > 0 {
            Self::Broken
        } else if unproven > 0 || (complete && pending > 0) || pass + pending == 0 {
            Self::Unproven
        } else {
            Self::Success
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Broken => 1,
            Self::Failure => 2,
            Self::Unproven => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_decides_the_exit_code() {
        #[track_caller]
        fn check([pass, fail, unproven, pending]: [usize; 4], code: u8, complete: u8) {
            let summary = Summary { pass, fail, unproven, pending };
            assert_eq!(Exit::of(&summary, false).code(), code);
            assert_eq!(Exit::of(&summary, true).code(), complete);
        }
        //     pass fail unproven pending
        check([6, 0, 0, 0], 0, 0);
        check([6, 0, 0, 2], 0, 3);
        check([0, 0, 0, 2], 0, 3);
        check([6, 0, 1, 0], 3, 3);
        check([6, 0, 1, 2], 3, 3);
        check([6, 1, 0, 0], 1, 1);
        check([6, 1, 1, 2], 1, 1);
        check([0, 1, 0, 0], 1, 1);
        // A report without promises shows nothing.
        check([0, 0, 0, 0], 3, 3);
    }
}
