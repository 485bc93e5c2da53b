//! Any bytes as the ids of a batch: `cargo +nightly fuzz run ids` in `task-api`. What must be true stands in `src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| task_api::fuzz::ids(bytes));
