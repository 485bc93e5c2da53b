//! Any bytes as entries of API keys: `cargo +nightly fuzz run api_keys` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::api_keys(bytes));
