//! Who proved what about an image, where and when, as it is shown: to a terminal, as Markdown, as JSON.

pub mod json;
pub mod markdown;
pub mod terminal;

use seaworthy_image::Digest;
use seaworthy_report::{Criterion, clean, short_digest};

use crate::{Doubt, Entry, Proof, Signature, Standing, Weight};

/// The name and version of the account's form as JSON.
pub const SCHEMA: &str = "seaworthy/standing/v1";

/// Everything that was found attached to one image.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// As the user named the image.
    pub reference: &'a str,
    /// Where the results were found: `ghcr.io/acme/app`.
    pub repository: &'a str,
    pub image: &'a Digest,
    /// The id of the key that every result had to be signed by, where one was named.
    pub key: Option<&'a str>,
    pub standing: &'a Standing<'a>,
    /// What was attached and does not count.
    pub refused: &'a [Refused],
}

/// Something attached that is no proof, or one that was damaged or is not signed as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its digest.
    pub proof: String,
    /// A [`crate::ProofError`] in words.
    pub reason: String,
}

/// What a result's row says.
const TITLES: [&str; 8] = ["when (UTC)", "machine", "engine", "kernel", "spec", "signed by", "kept", ""];

/// A row of the table of results.
fn row(entry: &Entry<'_>, repository: &str) -> [String; 8] {
    let Proof { report, signature, .. } = entry.proof;
    let summary = &report.summary;
    let machine = report.machine.id.as_deref().map_or("no id".to_owned(), short);
    let signed = match signature {
        Signature::Unsigned => "unsigned".to_owned(),
        Signature::Unchecked { key_id } => format!("{} ?", short(key_id)),
        Signature::Checked { key_id } => short(key_id),
    };
    [
        entry.proof.started_at.strftime("%Y-%m-%d %H:%M").to_string(),
        machine,
        line(&report.machine.engine),
        line(&report.machine.kernel),
        short(report.spec.digest.trim_start_matches("sha256:")),
        signed,
        format!("{} of {}", summary.pass, summary.total()),
        remarks(entry, repository).join(", "),
    ]
}

/// What sets a result apart.
fn remarks(entry: &Entry<'_>, repository: &str) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    let name = &entry.proof.name;
    if name != repository {
        remarks.push(format!("made for {}", line(&name.chars().take(100).collect::<String>())));
    }
    let weight = match entry.weight {
        Weight::Counts => None,
        Weight::Replaced => Some("replaced by a newer one"),
        Weight::OlderSpec => Some("older specification"),
        Weight::OtherSpec => Some("other specification"),
    };
    let doubt = entry.doubt.map(|doubt| match doubt {
        Doubt::Future => "dated in the future",
        Doubt::BeforeBuild => "dated before the build",
    });
    remarks.extend(weight.into_iter().chain(doubt).map(str::to_owned));
    if entry.proof.report.pushed.as_ref().is_some_and(|pushed| pushed.anyway) {
        remarks.push("pushed anyway".to_owned());
    }
    remarks
}

/// What a reader must know beside the table.
fn notes(account: &Account<'_>) -> Vec<String> {
    let results = &account.standing.results;
    let count = |wanted: &dyn Fn(&Entry<'_>) -> bool| results.iter().filter(|entry| wanted(entry)).count();
    let mut notes = Vec::new();
    if results.is_empty() {
        notes.push("no result counts: nothing is known of this image".to_owned());
    } else if account.standing.counting().next().is_none() {
        notes.push("no result is for this specification: nothing shows that the image keeps it".to_owned());
    } else if let Some(key) = account.key {
        notes.push(format!("every result here is signed by key {}", short(key)));
    } else {
        notes.push(
            "no signature was checked: damage is found, a consistent forgery is not; --verify-key KEY takes only what KEY signed"
                .to_owned(),
        );
    }
    for (weight, which) in [(Weight::OlderSpec, "an older"), (Weight::OtherSpec, "another")] {
        let found = count(&|entry| entry.weight == weight);
        if found > 0 {
            notes.push(format!("{} for {which} specification and not counted", results_are(found)));
        }
    }
    let doubtful = count(&|entry| entry.doubt.is_some());
    if doubtful > 0 {
        notes.push(format!(
            "{} with an impossible date, which neither replaces another nor is replaced",
            number_of_results(doubtful)
        ));
    }
    notes.extend(
        account
            .refused
            .iter()
            .map(|refused| format!("not counted: {}: {}", line(&short_digest(&refused.proof)), line(&refused.reason))),
    );
    notes
}

fn results_are(count: usize) -> String {
    format!("{} {}", number_of_results(count), if count == 1 { "is" } else { "are" })
}

fn number_of_results(count: usize) -> String {
    if count == 1 { "1 result".to_owned() } else { format!("{count} results") }
}

/// The promises with what decided them, and, where several results count, which of them did.
fn promises(standing: &Standing<'_>) -> Vec<Criterion> {
    let speaks = |entry: &&Entry<'_>| matches!(entry.weight, Weight::Counts | Weight::Replaced);
    let several = standing.results.iter().filter(speaks).nth(1).is_some();
    let said = |promise: &crate::Promise<'_>| {
        let mut criterion = promise.criterion.clone();
        if several {
            let report = &promise.decided_by.report;
            let machine = report.machine.id.as_deref().map_or("a machine without id".to_owned(), short);
            let by = format!("on {machine}, {}, {}", line(&report.started_at), line(&report.machine.engine));
            let seen = std::mem::take(&mut criterion.evidence);
            criterion.evidence = if seen.is_empty() { by } else { format!("{}\n{by}", seen.trim_end()) };
        }
        criterion
    };
    standing.promises.iter().map(said).collect()
}

/// The specification's title and the digest that the standing is about.
fn title(standing: &Standing<'_>) -> Option<String> {
    let spec = standing.spec.as_deref()?;
    let title = standing.counting().next().map_or("Specification", |proof| proof.report.spec.title.as_str());
    Some(format!("{} · specification {}", line(title), line(&short_digest(spec))))
}

/// The first twelve characters: enough to recognise.
fn short(text: &str) -> String {
    line(text).chars().take(12).collect()
}

/// Text from outside, in one line.
fn line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use seaworthy_report::Pushed;
    use seaworthy_report::terminal::Style;
    use serde_json::Value;

    use super::*;
    use crate::SigningKey;
    use crate::sample::{self, Result};

    const PLAIN: Style = Style { color: false, width: 100 };
    const SCHEMA_FILE: &str = include_str!("../../../docs/standing.schema.json");
    const PAGE: &str = include_str!("../../../docs/proof.md");

    /// Results of every kind.
    fn proofs() -> Vec<Proof> {
        let here = "6d1f0c77aa00ff11";
        let there = "b7e02a9155cc44dd";
        let mut pushed = Result::new(here, "2026-01-02T10:00:00Z", "one fail, two warned, three pending").report();
        pushed.pushed = Some(Pushed { repository: sample::NAME.into(), tags: vec!["1.4.2".into()], anyway: true });
        let mut future = sample::proof_of(&Result::new(here, "2036-01-01T00:00:00Z", "one pass, two pass").report());
        future.signature = Signature::Unchecked { key_id: "ab".repeat(32) };
        vec![
            Result { spec: "# Older\n", ..Result::new(here, "2025-12-31T10:00:00Z", "one pass") }.proof(),
            Result::new(here, "2026-01-01T10:00:00Z", "one pass, two pass, three fail").proof(),
            sample::proof_of(&pushed),
            Result::new(there, "2026-01-03T10:00:00Z", "one pass, two pass, three unproven").proof(),
            future,
        ]
    }

    fn show<T>(proofs: &[Proof], refused: &[Refused], key: Option<&str>, render: impl Fn(&Account<'_>) -> T) -> T {
        let now: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
        let standing = Standing::of(proofs, None, now.into());
        let image = sample::image();
        let reference = "ghcr.io/acme/task-api:1.4.2";
        render(&Account { reference, repository: sample::NAME, image: &image, key, standing: &standing, refused })
    }

    fn refused() -> Vec<Refused> {
        let reason = "the report was changed: its digest is `sha256:00`, and the statement says `sha256:01`".to_owned();
        vec![Refused { proof: Digest::of(b"refused").to_string(), reason }]
    }

    #[test]
    fn a_terminal_shows_the_results_and_what_stands() {
        insta::assert_snapshot!(show(&proofs(), &refused(), None, |account| terminal::render(account, PLAIN)), @"
        ghcr.io/acme/task-api:1.4.2 · sha256:6105d6cc76af…

          when (UTC)        machine       engine          kernel  spec          signed by       kept
          2026-01-03 10:00  b7e02a9155cc  embedded 0.1.0  6.18.0  84695088375e  unsigned        2 of 3
          2026-01-02 10:00  6d1f0c77aa00  embedded 0.1.0  6.18.0  84695088375e  unsigned        1 of 3
            pushed anyway
          2026-01-01 10:00  6d1f0c77aa00  embedded 0.1.0  6.18.0  84695088375e  unsigned        2 of 3
            replaced by a newer one
          2025-12-31 10:00  6d1f0c77aa00  embedded 0.1.0  6.18.0  768fde67de1b  unsigned        1 of 1
            older specification
          2036-01-01 00:00  6d1f0c77aa00  embedded 0.1.0  6.18.0  84695088375e  abababababab ?  2 of 2
            dated in the future

          no signature was checked: damage is found, a consistent forgery is not; --verify-key KEY takes
            only what KEY signed
          1 result is for an older specification and not counted
          1 result with an impossible date, which neither replaces another nor is replaced
          not counted: sha256:83c874d33e8b…: the report was changed: its digest is `sha256:00`, and the
            statement says `sha256:01`

        Task API · specification sha256:84695088375e…

          ✘ Promise one     what was seen of one
                            on 6d1f0c77aa00, 2026-01-02T10:00:00Z, embedded 0.1.0
          ✔ Promise two     what was seen of two
                            on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0
          ? Promise three   what was seen of three
                            on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0

        3 promises: 1 kept, 1 broken, 1 unproven, 0 pending
        ");
    }

    #[test]
    fn a_narrow_terminal_has_a_paragraph_a_result() {
        let narrow = Style { width: 60, ..PLAIN };
        let text = show(&proofs()[3..], &[], None, |account| terminal::render(account, narrow));
        assert!(text.lines().skip(1).all(|line| seaworthy_report::columns(line) <= 60), "{text}");
        insta::assert_snapshot!(text, @"
        ghcr.io/acme/task-api:1.4.2 · sha256:6105d6cc76af…

          2026-01-03 10:00 · machine b7e02a9155cc · embedded 0.1.0
            · kernel 6.18.0 · specification 84695088375e · unsigned
            · 2 of 3 kept
          2036-01-01 00:00 · machine 6d1f0c77aa00 · embedded 0.1.0
            · kernel 6.18.0 · specification 84695088375e ·
            abababababab ? · 2 of 2 kept · dated in the future

          no signature was checked: damage is found, a consistent
            forgery is not; --verify-key KEY takes only what KEY
            signed
          1 result with an impossible date, which neither replaces
            another nor is replaced

        Task API · specification sha256:84695088375e…

          ✔ Promise one
              what was seen of one
              on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0
          ✔ Promise two
              what was seen of two
              on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0
          ? Promise three
              what was seen of three
              on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0

        3 promises: 2 kept, 0 broken, 1 unproven, 0 pending
        ");
    }

    #[test]
    fn one_signed_result_is_shown_without_where_each_promise_was_decided() {
        let key = SigningKey::from_pem(include_str!("../tests/data/nacl.key"), Some(b"a password")).unwrap();
        let key = key.verifying_key().id();
        let mut proof = Result::new("6d1f0c77aa00ff11", "2026-01-01T10:00:00Z", "one pass, two pending").proof();
        proof.signature = Signature::Checked { key_id: key.clone() };
        insta::assert_snapshot!(show(&[proof], &[], Some(&key), |account| terminal::render(account, PLAIN)), @"
        ghcr.io/acme/task-api:1.4.2 · sha256:6105d6cc76af…

          when (UTC)        machine       engine          kernel  spec          signed by     kept
          2026-01-01 10:00  6d1f0c77aa00  embedded 0.1.0  6.18.0  84695088375e  b98e6763d31b  1 of 2

          every result here is signed by key b98e6763d31b

        Task API · specification sha256:84695088375e…

          ✔ Promise one   what was seen of one
          … Promise two   what was seen of two
                          pending: seaworthy ship --to HOST/REPO

        2 promises: 1 kept, 0 broken, 0 unproven, 1 pending
        ");
    }

    #[test]
    fn no_result_is_said() {
        insta::assert_snapshot!(show(&[], &refused(), None, |account| terminal::render(account, PLAIN)), @"
        ghcr.io/acme/task-api:1.4.2 · sha256:6105d6cc76af…

          no result counts: nothing is known of this image
          not counted: sha256:83c874d33e8b…: the report was changed: its digest is `sha256:00`, and the
            statement says `sha256:01`
        ");
        insta::assert_snapshot!(show(&[], &[], None, markdown::render), @"
        # ghcr.io/acme/task-api:1.4.2

        sha256:6105d6cc76af…

        - no result counts: nothing is known of this image
        ");
    }

    #[test]
    fn markdown_has_both_tables() {
        insta::assert_snapshot!(show(&proofs(), &refused(), None, markdown::render), @r#"
        # ghcr.io/acme/task-api:1.4.2

        sha256:6105d6cc76af…

        | when (UTC) | machine | engine | kernel | spec | signed by | kept |  |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | 2026-01-03 10:00 | b7e02a9155cc | embedded 0.1.0 | 6.18.0 | 84695088375e | unsigned | 2 of 3 |  |
        | 2026-01-02 10:00 | 6d1f0c77aa00 | embedded 0.1.0 | 6.18.0 | 84695088375e | unsigned | 1 of 3 | pushed anyway |
        | 2026-01-01 10:00 | 6d1f0c77aa00 | embedded 0.1.0 | 6.18.0 | 84695088375e | unsigned | 2 of 3 | replaced by a newer one |
        | 2025-12-31 10:00 | 6d1f0c77aa00 | embedded 0.1.0 | 6.18.0 | 768fde67de1b | unsigned | 1 of 1 | older specification |
        | 2036-01-01 00:00 | 6d1f0c77aa00 | embedded 0.1.0 | 6.18.0 | 84695088375e | abababababab ? | 2 of 2 | dated in the future |

        - no signature was checked: damage is found, a consistent forgery is not; --verify-key KEY takes only what KEY signed
        - 1 result is for an older specification and not counted
        - 1 result with an impossible date, which neither replaces another nor is replaced
        - not counted: sha256:83c874d33e8b…: the report was changed: its digest is \`sha256:00\`, and the statement says \`sha256:01\`

        ## Task API · specification sha256:84695088375e…

        | Success Criterion | Status | Evidence |
        | --- | --- | --- |
        | Promise one | ✘ fail | what was seen of one<br>on 6d1f0c77aa00, 2026-01-02T10:00:00Z, embedded 0.1.0 |
        | Promise two | ✔ pass | what was seen of two<br>on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0 |
        | Promise three | ? unproven | what was seen of three<br>on b7e02a9155cc, 2026-01-03T10:00:00Z, embedded 0.1.0 |

        3 promises: 1 kept, 1 broken, 1 unproven, 0 pending
        "#);
    }

    #[test]
    fn the_json_names_every_result_and_promise() {
        insta::assert_snapshot!(show(&proofs()[2..4], &refused(), None, json::render), @r#"
        {
          "schema": "seaworthy/standing/v1",
          "image": {
            "reference": "ghcr.io/acme/task-api:1.4.2",
            "digest": "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"
          },
          "key": null,
          "spec": {
            "digest": "sha256:84695088375ea4d50ed81db2bef0d1576c3fb05c8bd65726836d72e8a8a7ede0",
            "title": "Task API",
            "path": "task-api/containerization-spec.md"
          },
          "results": [
            {
              "proof": "sha256:421bc991b909029b0f972888518573501da25797a3e915beb96ba0998548e881",
              "name": "ghcr.io/acme/task-api",
              "started_at": "2026-01-03T10:00:00Z",
              "took_ms": 3100,
              "machine": {
                "id": "b7e02a9155cc44dd",
                "boot": "boot-b7e02a9155cc44dd",
                "os": "Debian GNU/Linux 12 (bookworm)",
                "kernel": "6.18.0",
                "engine": "embedded 0.1.0"
              },
              "spec": "sha256:84695088375ea4d50ed81db2bef0d1576c3fb05c8bd65726836d72e8a8a7ede0",
              "signature": "unsigned",
              "key": null,
              "weight": "counts",
              "doubt": null,
              "pushed": null,
              "summary": {
                "pass": 2,
                "fail": 0,
                "unproven": 1,
                "pending": 0
              }
            },
            {
              "proof": "sha256:89fd6044d5864cff69dd83c1daf2ac4d04d642e9cedd80f2790af33eb2d50063",
              "name": "ghcr.io/acme/task-api",
              "started_at": "2026-01-02T10:00:00Z",
              "took_ms": 3100,
              "machine": {
                "id": "6d1f0c77aa00ff11",
                "boot": "boot-6d1f0c77aa00ff11",
                "os": "Debian GNU/Linux 12 (bookworm)",
                "kernel": "6.18.0",
                "engine": "embedded 0.1.0"
              },
              "spec": "sha256:84695088375ea4d50ed81db2bef0d1576c3fb05c8bd65726836d72e8a8a7ede0",
              "signature": "unsigned",
              "key": null,
              "weight": "counts",
              "doubt": null,
              "pushed": {
                "repository": "ghcr.io/acme/task-api",
                "tags": [
                  "1.4.2"
                ],
                "anyway": true
              },
              "summary": {
                "pass": 1,
                "fail": 1,
                "unproven": 0,
                "pending": 1
              }
            }
          ],
          "refused": [
            {
              "proof": "sha256:83c874d33e8bff73caaa762c79cd1ed101d727c7f20fe4972c67e67978292f23",
              "reason": "the report was changed: its digest is `sha256:00`, and the statement says `sha256:01`"
            }
          ],
          "promises": [
            {
              "id": "one",
              "section": "success-criteria",
              "text": "Promise one",
              "stage": "image",
              "check": "image.size",
              "verdict": "fail",
              "evidence": "what was seen of one",
              "next": null,
              "warnings": [],
              "decided_by": "sha256:89fd6044d5864cff69dd83c1daf2ac4d04d642e9cedd80f2790af33eb2d50063"
            },
            {
              "id": "two",
              "section": "success-criteria",
              "text": "Promise two",
              "stage": "image",
              "check": "image.size",
              "verdict": "pass",
              "evidence": "what was seen of two",
              "next": null,
              "warnings": [],
              "decided_by": "sha256:421bc991b909029b0f972888518573501da25797a3e915beb96ba0998548e881"
            },
            {
              "id": "three",
              "section": "success-criteria",
              "text": "Promise three",
              "stage": "image",
              "check": "image.size",
              "verdict": "unproven",
              "evidence": "what was seen of three",
              "next": null,
              "warnings": [],
              "decided_by": "sha256:421bc991b909029b0f972888518573501da25797a3e915beb96ba0998548e881"
            }
          ],
          "summary": {
            "pass": 1,
            "fail": 1,
            "unproven": 1,
            "pending": 0
          }
        }
        "#);
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let hostile = "\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}\rrm -rf\nx";
        let mut proof = Result::new("a", "2026-01-01T10:00:00Z", "one fail, two pass").proof();
        let other = proof.clone();
        proof.digest = Digest::of(b"another");
        proof.name = hostile.into();
        proof.signature = Signature::Unchecked { key_id: hostile.into() };
        let report = &mut proof.report;
        for text in
            [&mut report.started_at, &mut report.spec.title, &mut report.machine.engine, &mut report.machine.kernel]
        {
            *text = hostile.into();
        }
        report.machine.id = Some(hostile.into());
        for criterion in &mut report.criteria {
            criterion.evidence = hostile.into();
            criterion.text = hostile.into();
        }
        let refused = [Refused { proof: hostile.into(), reason: hostile.into() }];
        for text in [
            show(&[proof.clone(), other.clone()], &refused, None, |account| terminal::render(account, PLAIN)),
            show(&[proof.clone(), other.clone()], &refused, None, markdown::render),
            show(&[proof, other], &refused, None, json::render),
        ] {
            let steers = |c: char| c != '\n' && (c.is_control() || clean(&c.to_string()) != c.to_string());
            assert!(!text.chars().any(steers), "{text:?}");
        }
    }

    /// The paths of all members.
    fn members(value: &Value, place: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                    found.insert(path.clone());
                    members(value, &path, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| members(item, &format!("{place}[]"), found)),
            _ => {}
        }
    }

    /// As [`members`], from a schema; all of an object's members must be required.
    fn schema_members(schema: &Value, place: &str, found: &mut BTreeSet<String>) {
        let Some(properties) = schema["properties"].as_object() else { return };
        let required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(required, properties.keys().collect::<Vec<_>>(), "{place}");
        for (name, schema) in properties {
            let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            found.insert(path.clone());
            schema_members(schema, &path, found);
            schema_members(&schema["items"], &format!("{path}[]"), found);
        }
    }

    #[test]
    fn every_member_is_in_the_schema_and_on_the_page_and_nothing_else_is() {
        let written: Value = serde_json::from_str(&show(&proofs(), &refused(), None, json::render)).unwrap();
        let (mut found, mut schema) = (BTreeSet::new(), BTreeSet::new());
        members(&written, "", &mut found);
        schema_members(&serde_json::from_str(SCHEMA_FILE).unwrap(), "", &mut schema);
        assert_eq!(found, schema);

        let page: BTreeSet<&str> = PAGE
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(member, _)| member)
            .collect();
        // As in a report: what is in these objects is explained there.
        let there = ["results[].machine", "results[].summary", "results[].pushed", "summary"];
        let explained = |path: &&str| {
            !["image", "spec"].contains(path)
                && !there.iter().any(|object| path.strip_prefix(object).is_some_and(|rest| rest.starts_with('.')))
        };
        assert_eq!(found.iter().map(String::as_str).filter(explained).collect::<BTreeSet<_>>(), page);
    }
}
