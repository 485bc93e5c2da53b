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

/// What is asked of pending promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    Nothing,
    /// None is left.
    Complete,
    /// None is left but those that somebody vouches for.
    CompleteOrVouched,
}

impl Exit {
    /// What the verdicts amount to, with what `demand` makes of pending promises.
    pub(crate) fn of(summary: &Summary, demand: Demand) -> Self {
        let &Summary { pass, fail, unproven, pending, ref vouched } = summary;
        let left = match demand {
            Demand::Nothing => 0,
            Demand::Complete => pending,
            Demand::CompleteOrVouched => pending.saturating_sub(vouched.len()),
        };
        if fail > 0 {
            Self::Broken
        } else if unproven > 0 || left > 0 || pass + pending == 0 {
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
            let summary = Summary { pass, fail, unproven, pending, vouched: Vec::new() };
            assert_eq!(Exit::of(&summary, Demand::Nothing).code(), code);
            assert_eq!(Exit::of(&summary, Demand::Complete).code(), complete);
            assert_eq!(Exit::of(&summary, Demand::CompleteOrVouched).code(), complete);
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

    #[test]
    fn a_persons_word_counts_only_where_it_is_asked_for() {
        #[track_caller]
        fn check(pending: usize, complete: u8, accepted: u8) {
            let summary = Summary { pass: 1, pending, vouched: vec!["Ann".to_owned()], ..Summary::default() };
            assert_eq!(Exit::of(&summary, Demand::Nothing).code(), 0);
            assert_eq!(Exit::of(&summary, Demand::Complete).code(), complete);
            assert_eq!(Exit::of(&summary, Demand::CompleteOrVouched).code(), accepted);
        }
        check(1, 3, 0);
        check(2, 3, 3);
    }
}
