//! Any bytes as an `Idempotency-Key`: `cargo +nightly fuzz run idempotency_key` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::idempotency_key(bytes));
