//! Any bytes as a message of the Model Context Protocol: `cargo +nightly fuzz run message` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::message(bytes));
