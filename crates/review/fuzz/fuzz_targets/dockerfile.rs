//! Any text is a Dockerfile or has one fault with its line; what is mended is one still: `cargo +nightly fuzz run dockerfile` in `crates/review`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_review::dockerfile::{Context, Text, review};
use seaworthy_review::{Listed, mended, show};

fuzz_target!(|text: &str| {
    let context = Context { has_ignore_file: false, is_sent: &|_| true, is_there: &|_| None };
    let of = |text: &str| review(Text { path: "Dockerfile", text }, None, None, &context);
    let lines = text.split('\n').count();
    match of(text) {
        Ok(findings) => {
            assert!(findings.iter().all(|finding| finding.at.line.is_some_and(|line| (1..=lines).contains(&line))));
            let edits = findings.iter().flat_map(|finding| &finding.edits);
            assert!(edits.into_iter().all(|edit| edit.first >= 1 && edit.last <= lines));
            let listed = Listed::of(findings);
            let _ = (show::json(&listed, &[]), show::sarif(&listed, "1"), show::github(&listed));
            let _ = mended(text, of).expect("what is mended can be read");
        }
        Err(error) => assert!((1..=lines.max(1)).contains(&error.line) && !error.why.is_empty()),
    }
});
