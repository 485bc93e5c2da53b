//! How long a large specification takes to read: 1 MB with 1,000 sentences of random words of the vocabulary, none of which says anything.
//!
//! `cargo run --release -p seaworthy-spec --example megabyte` prints the processor time, for sentences of three lengths.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Instant;

use seaworthy_spec::{LARGEST_BYTES, Spec, vocabulary};

const SENTENCES: usize = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: BTreeSet<&str> =
        vocabulary().flat_map(|entry| entry.examples).flat_map(|example| example.split_whitespace()).collect();
    let words: Vec<&str> = words.into_iter().collect();
    // The vocabulary is compiled once.
    Spec::parse("## Success Criteria\n- [ ] Image size under 10 MB\n")?;
    for (fewest, most) in [(5, 15), (16, 40), (60, 79)] {
        let text = text(&words, fewest, most);
        let (begun, processor) = (Instant::now(), processor_ms()?);
        let spec = Spec::parse(&text)?;
        let understood = spec.criteria.iter().filter(|criterion| !criterion.checks().is_empty()).count();
        let (took, processor) = (begun.elapsed(), processor_ms()? - processor);
        writeln!(
            std::io::stdout(),
            "{} bytes, {} sentences of {fewest} to {most} words, {understood} understood: {processor} ms of processor time, {} ms",
            text.len(),
            spec.criteria.len(),
            took.as_millis(),
        )?;
    }
    Ok(())
}

/// A specification of the largest size.
fn text(words: &[&str], fewest: usize, most: usize) -> String {
    // A fixed linear congruence: the same texts every time.
    let mut state = 7u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    let mut text = "## Success Criteria\n".to_owned();
    for _ in 0..SENTENCES {
        text.push_str("- [ ]");
        for _ in 0..fewest + next(most - fewest + 1) {
            text.push(' ');
            text.push_str(words[next(words.len())]);
        }
        text.push('\n');
    }
    text.push_str("\n## Notes\n\n");
    let line = "Prose that fills the page, as pages do.\n\n";
    let lines = (LARGEST_BYTES - text.len()) / line.len();
    text + &line.repeat(lines)
}

/// What all threads of this process have used.
fn processor_ms() -> Result<u64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    // In hundredths of a second.
    Ok(fields.map(str::parse::<u64>).sum::<Result<u64, _>>()? * 10)
}
