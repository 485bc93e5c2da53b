//! Any text as `Link`: a part of it, or nothing, never a panic.
//!
//! `cargo +nightly fuzz run link`
#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_registry::next_page;

fuzz_target!(|text: &str| {
    if let Some(target) = next_page(text) {
        assert!(text.contains(target) && !target.contains('>'));
    }
});
