//! "Did you mean": the sentence of the vocabulary that is nearest, where one is near.

use crate::sentence::Token;

/// The nearest sentence, with the parameters of the one that was written.
pub(crate) fn nearest(_words: &[Token]) -> Option<String> {
    None
}
