//! Any text as `WWW-Authenticate`: challenges within bounds, never a panic.
//!
//! `cargo +nightly fuzz run challenge`
#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_registry::Challenge;

fuzz_target!(|text: &str| {
    let challenges = Challenge::parse(text);
    assert!(challenges.len() <= 32);
    for challenge in challenges {
        assert!(!challenge.scheme.is_empty() && challenge.parameters.len() <= 32);
        for (name, value) in &challenge.parameters {
            assert!(value.len() <= text.len());
            assert!(challenge.parameter(name).is_some());
        }
    }
});
