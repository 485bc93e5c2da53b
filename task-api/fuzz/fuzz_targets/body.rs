//! Any bytes as a body: `cargo +nightly fuzz run body` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::body(bytes));
