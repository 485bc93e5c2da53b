//! Any bytes as a database URL: `cargo +nightly fuzz run database_url` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::database_url(bytes));
