//! What is offered for sentences that people wrote and no entry understands.

use seaworthy_spec::{Promise, Spec, readings};

const SUGGESTIONS: &str = include_str!("data/suggestions.tsv");

/// Traps that tell, doubt or deny: none of them is offered what it does not promise.
const NEVER: &[(&str, &str)] = &[
    ("Responds in under 100 ms", "Starts within"),
    (
        "The Markdown sources are not included in the image, only the generated HTML in /usr/share/nginx/html",
        "does not exist",
    ),
    ("If Redis goes away, the worker keeps running, reports unready on /readyz and recovers", "responds at"),
    ("Works with all Linux capabilities dropped except NET_BIND_SERVICE", "no capabilities"),
    ("Every request is answered within 2 seconds", "Starts within"),
    ("Connects to Redis through REDIS_URL", "PostgreSQL"),
    ("The build is not reproducible", "reproducible"),
    ("The image should be reproducible some day", "reproducible"),
    ("It listens on port 8080 in development", "8080"),
    ("The reverse proxy listens on port 8080", "8080"),
    ("The old container listened on port 80", "80"),
    ("It does run as root", "non-root"),
    ("We might run it as user app", "app"),
    ("The logs do not go to stdout", "stdout"),
    ("Memory is at least 64 MB", "64"),
    ("Image is for amd64, not for arm64", "arm64"),
    ("It was 200 MB last year", "200"),
    ("Works with readOnlyRootFilesystem: false", "read-only"),
    ("❌ The service comes up within 5 s", "5 s"),
    ("LOG_LEVEL is not configurable and defaults to info", "configurable"),
    ("Handles 500 requests at once", "500"),
];

fn offered(sentence: &str) -> Vec<String> {
    let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n")).expect("a specification");
    readings(&spec.criteria[0].text)
}

fn is_understood(sentence: &str) -> bool {
    let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n")).expect("a specification");
    matches!(spec.criteria[0].promise, Promise::Understood(_))
}

#[test]
fn what_is_offered_first_is_what_was_meant() {
    let rows = SUGGESTIONS.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('\t').unwrap());
    let wrong: Vec<String> = rows
        .filter_map(|(sentence, meant)| {
            let expected: Vec<&str> = if meant == "-" { Vec::new() } else { meant.split("; ").collect() };
            let found = offered(sentence);
            let is_right = if expected.is_empty() {
                found.is_empty()
            } else {
                found.starts_with(&expected.iter().map(|&one| one.to_owned()).collect::<Vec<_>>())
            };
            (!is_right).then(|| format!("{sentence}\n  offered {found:?}\n  meant   {meant}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_offered_is_understood() {
    for (sentence, _) in SUGGESTIONS.lines().filter_map(|line| line.split_once('\t')) {
        for reading in offered(sentence) {
            assert!(is_understood(&reading), "{sentence}: {reading}");
        }
    }
}

#[test]
fn another_promise_is_never_offered() {
    for (sentence, never) in NEVER {
        let found = offered(sentence);
        assert!(!found.iter().any(|reading| reading.contains(never)), "{sentence}: {found:?}");
    }
}
