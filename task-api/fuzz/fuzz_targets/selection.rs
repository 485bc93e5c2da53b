//! Any bytes as a query string: `cargo +nightly fuzz run selection` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::selection(bytes));
