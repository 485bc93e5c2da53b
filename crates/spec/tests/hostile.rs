//! Texts from anywhere: no panic, places inside the text, bounded time.

use std::time::{Duration, Instant};

use seaworthy_spec::{LARGEST_BYTES, Spec};

const EXAMPLE: &str = include_str!("data/containerization-spec.example.md");

/// Reads a text, and holds what is said about it against it.
#[track_caller]
fn read(text: &str) {
    let lines: Vec<&str> = text.split_inclusive(['\n', '\r']).collect();
    match Spec::from_bytes(text.as_bytes()) {
        Ok(spec) => {
            assert_eq!(spec.source, text);
            assert!(!spec.criteria.is_empty());
            let ids: std::collections::HashSet<_> = spec.criteria.iter().map(|criterion| &criterion.id).collect();
            assert_eq!(ids.len(), spec.criteria.len());
            assert!(spec.criteria.iter().all(|criterion| (1..=lines.len()).contains(&criterion.line)));
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            for problem in &error.problems {
                let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
                assert!((1..=lines.len().max(1)).contains(&problem.line), "{problem:?}");
                assert!((1..=longest + 1).contains(&problem.column), "{problem:?}");
            }
            assert!(error.render("spec.md").len() < 100_000);
        }
    }
}

#[test]
fn mutated_copies_of_a_specification_are_read_or_refused() {
    // A fixed linear congruence: the same texts every time.
    let mut state = 7u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let pieces = [
        "<!--",
        "-->",
        "```check\n",
        "```",
        "- [ ] ",
        "\n",
        "\r\n",
        "(",
        ")",
        ":",
        "{id}",
        "-> 200",
        "<!-- check: GET / -> 200 -->",
        "<!-- id: a -->",
        "## ",
        "Żó\u{301}",
        "\t",
        "> ",
        "* ",
        "|",
        "| [ ] | a |\n",
        "\n| a | b |\n|---|---|\n",
        "`",
        ";",
        ".",
    ];
    for _ in 0..200 {
        let mut text = EXAMPLE.to_owned();
        for _ in 0..=next(6) {
            let mut at = next(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match next(3) {
                0 => text.insert_str(at, pieces[next(pieces.len())]),
                1 => text.truncate(at.max(200)),
                _ => {
                    let end = (at + next(40)).min(text.len());
                    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
                    text.replace_range(at..end, "");
                }
            }
        }
        read(&text);
    }
}

/// Words of the vocabulary and many joints, and no sentence: each joint may separate two.
const JOINED: &str = "- [ ] image size and health check with port, non-root user and database with restart, memory and \
                      logs with secret, volume and tags with scratch and signal, labels and layers with SBOM\n";

/// Sentences of the vocabulary's words, none of which says anything: each is compared with all of it.
fn random_words() -> String {
    let words: Vec<&str> = seaworthy_spec::vocabulary()
        .flat_map(|entry| entry.examples)
        .flat_map(|example| example.split_whitespace())
        .collect();
    let sentence =
        |first: usize| (0..12).map(|at| words[(first + at * at * 31) % words.len()]).collect::<Vec<_>>().join(" ");
    let sentences = (0..990).map(|index| format!("- [ ] {}\n", sentence(index * 17)));
    format!("## Success Criteria\n{}", sentences.collect::<String>())
}

#[test]
fn a_megabyte_of_anything_takes_bounded_time() {
    let fill = |head: &str, piece: &str| {
        let head = format!("## Success Criteria\n- [ ] Non-root user\n{head}");
        let count = (LARGEST_BYTES - head.len()) / piece.len();
        head + &piece.repeat(count)
    };
    let nested: Vec<String> = (0..1400).map(|depth| " ".repeat(depth)).collect();
    let texts = [
        ("boxes", fill("", "- [ ] Imagge sizze underr 200MB in totall\n")),
        ("bullets", fill("## Constraints\n", "- x\n")),
        ("prose bullets", fill("", "- x\n")),
        ("a long line", fill("- [ ] ", "Container runs as non-root user ")),
        ("a long word", fill("- [ ] ", "x")),
        ("nested marks", fill("", "- ")),
        ("nested quotes", fill("", "> ")),
        ("nested boxes", format!("## Success Criteria\n{}- [ ] a\n", nested.join("- [ ] a\n"))),
        ("parentheses", fill("- [ ] ", "(")),
        ("brackets", fill("- [ ] ", "[")),
        ("stars", fill("- [ ] ", "*a ")),
        ("backticks", fill("- [ ] ", "`a``")),
        ("open comments", fill("", "a <!-- b\n\n")),
        ("open comments in one", fill("a ", "<!-- *b*\nc ")),
        ("comments", fill("- [ ] a ", "<!-- b --> ")),
        ("checks", fill("- [ ] a ", "<!-- check: GET / -> 200 --> ")),
        ("html", fill("", "<div>\n<!-- check: a -->\n\n")),
        ("fences", fill("", "```check\n```\n")),
        ("headings", fill("", "# Constraints\n- a\n")),
        ("a long step", fill("- [ ] a\n  ```check\n  GET /", "{a}")),
        ("headers", fill("- [ ] a\n  ```check\n  GET / ", "header a: b ")),
        ("assignments", fill("- [ ] a\n  ```check\n  start with ", "A=b ")),
        ("steps", fill("- [ ] a\n  ```check\n", "  GET / -> 200\n")),
        ("carriage returns", fill("", "- [ ] a\r")),
        ("links", fill("", "[a]: <b>\n")),
        ("rows", fill("\n| a | b |\n|---|---|\n", "| [ ] | c |\n")),
        ("columns", fill("\n| a | b |\n|---|---|\n", "| c ")),
        ("tables", fill("", "| a | b |\n|---|---|\n| [ ] | c |\n\n")),
        ("entities", fill("- [ ] ", "&lt;!-- ")),
        ("random words", random_words()),
        ("joined sentences", format!("## Success Criteria\n{}", JOINED.repeat(200))),
    ];
    for (name, text) in texts {
        let begun = Instant::now();
        read(&text);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(30), "{name}: {took:?}");
    }
}
