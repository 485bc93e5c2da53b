//! Any bytes are a specification or have problems with their places: `cargo +nightly fuzz run parse` in `crates/spec`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_spec::{Spec, explain};

fuzz_target!(|bytes: &[u8]| match Spec::from_bytes(bytes) {
    Ok(spec) => {
        assert_eq!(spec.source.as_bytes(), bytes);
        assert_eq!(explain(&spec).len(), spec.criteria.len());
        assert!(spec.criteria.iter().all(|criterion| criterion.readings().len() <= 3));
        let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
        assert!(spec.criteria.iter().all(|criterion| (1..=lines).contains(&criterion.line)));
    }
    Err(error) => {
        assert!(!error.problems.is_empty());
        let lines: Vec<&[u8]> = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).collect();
        for problem in &error.problems {
            assert!((1..=lines.len()).contains(&problem.line));
            assert!(problem.column >= 1 && problem.column <= bytes.len() + 1);
        }
        let _ = error.render("spec.md");
    }
});
