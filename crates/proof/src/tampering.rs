//! Every damage is found, and named.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seaworthy_image::Digest;
use seaworthy_report::{Report, json};
use serde_json::Value;

use crate::sample::{NAME, Result, SPEC, image};
use crate::{ProofError, Sealed, Signature, SigningKey, Statement, UNSIGNED_MEDIA_TYPE, limits, open, seal};

fn report() -> Report {
    Result::new("a", "2026-01-02T00:00:00Z", "one pass, two warned, three fail, four unproven, five pending").report()
}

fn statement() -> Statement {
    Statement::new(&report(), SPEC, NAME).unwrap()
}

fn decode(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

fn unsigned(bytes: &[u8]) -> std::result::Result<crate::Proof, ProofError> {
    open(bytes, UNSIGNED_MEDIA_TYPE, &image(), None)
}

/// The message for a statement that was changed.
#[track_caller]
fn check(change: impl Fn(&mut Value), expected: &str) {
    let mut value: Value = serde_json::from_slice(statement().as_bytes()).unwrap();
    change(&mut value);
    assert_eq!(unsigned(value.to_string().as_bytes()).unwrap_err().to_string(), expected);
}

/// As [`check`], where the report inside was changed and its digest made to fit.
#[track_caller]
fn check_report(change: impl Fn(&mut Report), expected: &str) {
    let change = |value: &mut Value| {
        let entry = &mut value["predicate"]["configuration"][1];
        let mut report: Report = serde_json::from_slice(&decode(&entry["content"])).unwrap();
        change(&mut report);
        *entry = with(entry, json::render(&report).as_bytes());
    };
    check(change, expected);
}

/// The entry with another content, and a digest that fits.
fn with(entry: &Value, content: &[u8]) -> Value {
    let mut entry = entry.clone();
    entry["content"] = STANDARD.encode(content).into();
    entry["digest"]["sha256"] = Digest::of(content).hex().into();
    entry
}

#[test]
fn the_statement_says_it_in_in_totos_words() {
    let mut value: Value = serde_json::from_slice(statement().as_bytes()).unwrap();
    let configuration = &mut value["predicate"]["configuration"];
    assert_eq!(decode(&configuration[0]["content"]), SPEC.as_bytes());
    assert_eq!(decode(&configuration[1]["content"]), json::render(&report()).as_bytes());
    configuration[1]["content"] = "…".into();
    configuration[1]["digest"]["sha256"] = "…".into();
    insta::assert_snapshot!(format!("{value:#}"), @r#"
    {
      "_type": "https://in-toto.io/Statement/v1",
      "subject": [
        {
          "name": "ghcr.io/acme/task-api",
          "digest": {
            "sha256": "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"
          }
        }
      ],
      "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
      "predicate": {
        "result": "FAILED",
        "configuration": [
          {
            "name": "containerization-spec.md",
            "mediaType": "text/markdown",
            "digest": {
              "sha256": "84695088375ea4d50ed81db2bef0d1576c3fb05c8bd65726836d72e8a8a7ede0"
            },
            "content": "IyBUYXNrIEFQSQoKIyMgU3VjY2VzcyBDcml0ZXJpYQotIFsgXSBvbmUKLSBbIF0gdHdvCg=="
          },
          {
            "name": "report.json",
            "mediaType": "application/json",
            "digest": {
              "sha256": "…"
            },
            "content": "…"
          }
        ],
        "passedTests": [
          "one"
        ],
        "warnedTests": [
          "two"
        ],
        "failedTests": [
          "three",
          "four"
        ]
      }
    }
    "#);
    assert_eq!(statement(), statement());
}

#[test]
fn what_is_sealed_opens() {
    let sealed = seal(&statement(), None).unwrap();
    let proof = open(&sealed.bytes, sealed.media_type, &image(), None).unwrap();
    assert_eq!((proof.report, proof.spec.as_str(), proof.name.as_str()), (report(), SPEC, NAME));
    assert_eq!((proof.signature, proof.digest), (Signature::Unsigned, Digest::of(&sealed.bytes)));

    let key = SigningKey::generate().unwrap();
    let key_id = key.verifying_key().id();
    let sealed = seal(&statement(), Some(&key)).unwrap();
    assert_eq!(sealed, seal(&statement(), Some(&key)).unwrap());
    let opened = |key| open(&sealed.bytes, sealed.media_type, &image(), key).unwrap().signature;
    assert_eq!(opened(None), Signature::Unchecked { key_id: key_id.clone() });
    assert_eq!(opened(Some(&key.verifying_key())), Signature::Checked { key_id });
}

#[test]
fn the_bundle_has_the_names_of_sigstores_protocol() {
    let key = SigningKey::from_pem(include_str!("../tests/data/nacl.key"), Some(b"a password")).unwrap();
    let sealed = seal(&statement(), Some(&key)).unwrap();
    let mut value: Value = serde_json::from_slice(&sealed.bytes).unwrap();
    assert_eq!(decode(&value["dsseEnvelope"]["payload"]), statement().as_bytes());
    value["dsseEnvelope"]["payload"] = "…".into();
    value["dsseEnvelope"]["signatures"][0]["sig"] = "…".into();
    insta::assert_snapshot!(format!("{value:#}"), @r#"
    {
      "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
      "verificationMaterial": {
        "publicKey": {
          "hint": "b98e6763d31b435b660d238618c2d968eaa22a1ce06d357de6eb4a603efb13f8"
        }
      },
      "dsseEnvelope": {
        "payload": "…",
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [
          {
            "sig": "…",
            "keyid": "b98e6763d31b435b660d238618c2d968eaa22a1ce06d357de6eb4a603efb13f8"
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_report_that_does_not_fit_is_not_sealed() {
    let error = Statement::new(&report(), "# Another\n", NAME).unwrap_err();
    assert!(matches!(error, ProofError::OtherSpec { .. }), "{error}");
    let mut report = report();
    report.image.digest = Some("none".into());
    assert_eq!(Statement::new(&report, SPEC, NAME).unwrap_err().to_string(), "the report's image `none` is no digest");
}

#[test]
fn what_is_no_statement_is_told() {
    for bytes in [&b""[..], b"{", b"[]", b"null", b"{}", b"\xff", br#"{"_type":1}"#] {
        let error = unsigned(bytes).unwrap_err();
        assert!(matches!(error, ProofError::Unreadable { .. }), "{error}");
    }
    let deep = "[".repeat(1_000_000);
    assert!(matches!(unsigned(deep.as_bytes()), Err(ProofError::Unreadable { .. })));
    let large = vec![b' '; limits::PROOF_BYTES + 1];
    assert_eq!(unsigned(&large).unwrap_err().to_string(), "the proof has 16777217 bytes, more than 16777216");
    let error = open(b"{}", "application/json", &image(), None).unwrap_err();
    assert_eq!(error.to_string(), "its media type `application/json` is not that of a proof");
    check(
        |value| value["_type"] = "https://in-toto.io/Statement/v0.1".into(),
        "the statement is of type `https://in-toto.io/Statement/v0.1`, not an in-toto statement of version 1",
    );
    check(
        |value| value["predicateType"] = "https://slsa.dev/provenance/v1".into(),
        "the statement says something else than the result of a test: `https://slsa.dev/provenance/v1`",
    );
}

#[test]
fn the_proof_of_another_image_is_told() {
    let (other, mine) = (Digest::of(b"other"), image());
    let error = open(statement().as_bytes(), UNSIGNED_MEDIA_TYPE, &other, None).unwrap_err();
    assert_eq!(error.to_string(), format!("it is the proof of another image: of `{mine}`, not of `{other}`"));
    check(
        |value| value["subject"][0]["digest"]["sha256"] = "00".into(),
        &format!("it is the proof of another image: of `sha256:00`, not of `{mine}`"),
    );
    check(|value| value["subject"] = Value::Array(Vec::new()), "the statement is of 0 subjects, not of one");
    check_report(
        |report| report.image.digest = Some("sha256:00".into()),
        &format!("the report is about another image: about `sha256:00`, and the statement about `{mine}`"),
    );
}

#[test]
fn a_changed_specification_is_told() {
    let (spec, swapped) = (Digest::of(SPEC.as_bytes()), Digest::of(b"# Another\n"));
    let another = STANDARD.encode("# Another\n");
    check(
        |value| value["predicate"]["configuration"][0]["content"] = another.as_str().into(),
        &format!("the specification was changed: its digest is `{swapped}`, and the statement says `{spec}`"),
    );
    check(
        |value| value["predicate"]["configuration"][0]["digest"]["sha256"] = "00".into(),
        &format!("the specification was changed: its digest is `{spec}`, and the statement says `sha256:00`"),
    );
    check(
        |value| {
            let entry = &mut value["predicate"]["configuration"][0];
            *entry = with(entry, b"# Another\n");
        },
        &format!("the specification was swapped: the report is about `{spec}`, and the statement holds `{swapped}`"),
    );
    check_report(
        |report| report.spec.digest = swapped.to_string(),
        &format!("the specification was swapped: the report is about `{swapped}`, and the statement holds `{spec}`"),
    );
    check(
        |value| {
            let entry = &mut value["predicate"]["configuration"][0];
            *entry = with(entry, b"\xff");
        },
        "the specification is not UTF-8 text",
    );
    check(|value| value["predicate"]["configuration"][0]["content"] = "?".into(), "the specification is not in base64");
    let remove =
        |value: &mut Value, at: usize| drop(value["predicate"]["configuration"].as_array_mut().unwrap().remove(at));
    check(|value| remove(value, 0), "the statement holds 0 of the specification, not one");
    check(|value| remove(value, 1), "the statement holds 0 of the report, not one");
    let twice = |value: &mut Value| {
        let entries = value["predicate"]["configuration"].as_array_mut().unwrap();
        entries.push(entries[0].clone());
    };
    check(twice, "the statement holds 2 of the specification, not one");
}

#[test]
fn a_changed_report_is_told() {
    let text = json::render(&report());
    let edited = text.replacen("\"fail\"", "\"pass\"", 1);
    let (told, found) = (Digest::of(text.as_bytes()), Digest::of(edited.as_bytes()));
    check(
        |value| value["predicate"]["configuration"][1]["content"] = STANDARD.encode(&edited).into(),
        &format!("the report was changed: its digest is `{found}`, and the statement says `{told}`"),
    );
    check_report(
        |report| report.schema = "seaworthy/report/v2".into(),
        "the report has the form `seaworthy/report/v2`, which is not known here",
    );
    check_report(|report| report.started_at = "yesterday".into(), "the report's time `yesterday` is no time");
    check_report(|report| report.summary.pass += 1, "the report's sum is not that of its promises");
    check_report(|report| report.criteria[1].id = "one".into(), "the report names the promise `one` twice");
    // A failure that became a pass, here and in the sum.
    let mend = |report: &mut Report, at: usize| {
        report.criteria[at].verdict = seaworthy_report::Verdict::Pass;
        report.summary = seaworthy_report::Summary::of(&report.criteria);
    };
    check_report(|report| mend(report, 2), "the statement's `passedTests` are not those of the report");
    check_report(
        |report| {
            mend(report, 2);
            mend(report, 3);
        },
        "the statement's result is FAILED, and what the report says is WARNED",
    );
    check(
        |value| value["predicate"]["result"] = "PASSED".into(),
        "the statement's result is PASSED, and what the report says is FAILED",
    );
    for name in ["passedTests", "warnedTests", "failedTests"] {
        let expected = format!("the statement's `{name}` are not those of the report");
        check(|value| value["predicate"][name] = Value::Array(Vec::new()), &expected);
    }
}

/// What is said of a signed proof whose bundle was changed.
#[track_caller]
fn check_bundle(change: impl Fn(&mut Value), expected: &str) {
    let key = SigningKey::generate().unwrap();
    let Sealed { media_type, bytes, .. } = seal(&statement(), Some(&key)).unwrap();
    let mut value: Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    let error = open(value.to_string().as_bytes(), media_type, &image(), Some(&key.verifying_key())).unwrap_err();
    assert_eq!(error.to_string().replace(&key.verifying_key().id(), "KEY"), expected);
}

#[test]
fn a_changed_bundle_is_told() {
    check_bundle(
        |value| value["mediaType"] = "x".into(),
        "the bundle says that it is `x`, which is not a sigstore bundle of version 0.3",
    );
    check_bundle(|value| value["dsseEnvelope"] = Value::Null, "the bundle holds no envelope");
    check_bundle(
        |value| value["dsseEnvelope"]["payloadType"] = "x".into(),
        "the envelope holds `x`, not an in-toto statement",
    );
    check_bundle(|value| value["dsseEnvelope"]["payload"] = "?".into(), "the envelope's payload is not in base64");
    check_bundle(
        |value| value["dsseEnvelope"]["signatures"] = Value::Array(Vec::new()),
        "the envelope has no signature",
    );
    check_bundle(|value| value["dsseEnvelope"]["signatures"][0]["sig"] = "?".into(), "a signature is not in base64");
    let changed = "its signature does not hold under key `KEY`: what was signed or the signature was changed";
    check_bundle(|value| value["dsseEnvelope"]["payload"] = STANDARD.encode("{}").into(), changed);
    check_bundle(|value| value["dsseEnvelope"]["signatures"][0]["sig"] = "".into(), changed);
    check_bundle(
        |value| {
            value["verificationMaterial"] = Value::Null;
            value["dsseEnvelope"]["signatures"][0] = serde_json::json!({"sig": "AAAA"});
        },
        changed,
    );
}

#[test]
fn a_signature_by_another_key_and_a_missing_one_are_told() {
    let [key, other] = [(); 2].map(|()| SigningKey::generate().unwrap());
    let sealed = seal(&statement(), Some(&other)).unwrap();
    let error = open(&sealed.bytes, sealed.media_type, &image(), Some(&key.verifying_key())).unwrap_err();
    let (wanted, found) = (key.verifying_key().id(), other.verifying_key().id());
    assert_eq!(error.to_string(), format!("it is signed by key `{found}`, not by key `{wanted}`"));
    let error = open(statement().as_bytes(), UNSIGNED_MEDIA_TYPE, &image(), Some(&key.verifying_key())).unwrap_err();
    assert_eq!(error.to_string(), format!("it is not signed, and one signed by key `{wanted}` is wanted"));
}

#[test]
fn no_byte_of_an_unsigned_proof_changes_a_verdict_unseen() {
    let bytes = statement().as_bytes().to_vec();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        // What is left to change is only what nothing else speaks of: the image's name.
        if let Ok(proof) = unsigned(&changed) {
            assert_eq!((proof.report, proof.spec.as_str()), (report(), SPEC), "byte {at}");
        }
    }
}

#[test]
fn no_byte_of_what_was_signed_changes_unseen() {
    let key = SigningKey::generate().unwrap();
    let sealed = seal(&statement(), Some(&key)).unwrap();
    let text = String::from_utf8(sealed.bytes.clone()).unwrap();
    // The hint and the key's id say which key it was, and are not signed.
    let hints: Vec<usize> = text.match_indices(&key.verifying_key().id()).map(|(at, _)| at).collect();
    let step = 7;
    for at in (0..sealed.bytes.len()).step_by(step) {
        let mut changed = sealed.bytes.clone();
        changed[at] ^= 1;
        let opened = open(&changed, sealed.media_type, &image(), Some(&key.verifying_key()));
        let of_a_hint = hints.iter().any(|hint| (*hint..hint + 64).contains(&at));
        if let Ok(proof) = opened {
            assert!(of_a_hint || proof.report == report(), "byte {at} of {text}");
            assert_eq!(proof.spec, SPEC);
        }
    }
}
