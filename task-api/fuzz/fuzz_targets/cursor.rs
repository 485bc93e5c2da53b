//! Any bytes as a cursor: `cargo +nightly fuzz run cursor` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::cursor(bytes));
