//! A finding: a breach of a rule, and where.

use seaworthy_init::Place;

use crate::Rule;

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// Where: the file, and the line where one is to blame.
    pub at: Place,
    /// What is wrong here, with the words of the file. Never the value of a secret.
    pub message: String,
    /// What to write instead, in one line.
    pub advice: String,
    /// The mended lines; empty where a person must decide.
    pub edits: Vec<Edit>,
}

/// Lines to put in the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// 1-based; the lines from `first` to `last` are replaced. `last < first` inserts before `first`.
    pub first: usize,
    pub last: usize,
    /// Without a line end at its end.
    pub text: String,
    /// Whether it leaves what the image does as it is, so that `--fix` may apply it.
    pub is_safe: bool,
}
