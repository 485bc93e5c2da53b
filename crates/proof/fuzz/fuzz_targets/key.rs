//! Any text as a key's file: an error or a key, never a panic, and never more memory than cosign's own parameters take.
//!
//! `cargo +nightly fuzz run key`
#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_proof::{SigningKey, VerifyingKey};

fuzz_target!(|text: &str| {
    let _ = SigningKey::from_pem(text, Some(b"password"));
    let _ = VerifyingKey::from_pem(text);
});
