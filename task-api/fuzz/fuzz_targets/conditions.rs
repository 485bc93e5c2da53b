//! Any bytes as entity tags and conditions: `cargo +nightly fuzz run conditions` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::conditions(bytes));
