//! What an image alone shows: facts to findings.
