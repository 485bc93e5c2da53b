//! Any bytes as a file `.env`: `cargo +nightly fuzz run env_file` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::env_file(bytes));
