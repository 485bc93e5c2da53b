//! Any bytes as a `traceparent`: `cargo +nightly fuzz run trace` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::trace(bytes));
