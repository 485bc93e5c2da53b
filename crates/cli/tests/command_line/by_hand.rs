//! What a person vouches for, and boxes that are ticked by what was found.

use std::fs;

use serde_json::Value;

use crate::support::Place;

fn place(word: &str) -> Place {
    let spec = format!(
        "# Notes\n\n## Success Criteria\n- [ ] Image size under 10 MB\n- [x] Image size under 1 kB\n\
         - [ ] Backups can be restored <!-- check: by hand: Ann, 2026-11-28, restored one, {word} -->\n\n## Non-Goals\n- [x] Speed\n"
    );
    let place = Place::empty().with("containerization-spec.md", spec);
    seaworthy_testkit::Recipe::default().write(&place.path().join("image")).unwrap();
    place
}

fn report(place: &Place, arguments: &[&str]) -> (Option<i32>, Value) {
    let all = [&["verify", "oci:image", "--engine", "embedded", "--report", "json=-"], arguments].concat();
    let output = place.command(&all).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

fn digest() -> String {
    report(&place("0.0.0-none"), &[]).1["image"]["config_digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_persons_word_is_pending_and_counts_for_the_image_that_it_names() {
    let digest = digest();
    let (_, found) = report(&place(&digest), &[]);
    let criterion = &found["criteria"][2];
    assert_eq!((criterion["verdict"].as_str(), criterion["vouched"]["by"].as_str()), (Some("pending"), Some("Ann")));
    assert_eq!(found["summary"]["vouched"], serde_json::json!(["Ann"]));
    let output = place(&digest).command(&["verify", "oci:image"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains(", 1 pending (1 vouched for by Ann) · "), "{told}");

    for other in ["0.0.0-none", "sha256:000000000000"] {
        let (_, found) = report(&place(other), &[]);
        let criterion = &found["criteria"][2];
        assert_eq!((criterion["verdict"].as_str(), &criterion["vouched"]), (Some("pending"), &Value::Null));
        let evidence = criterion["evidence"].as_str().unwrap();
        assert!(evidence.starts_with(&format!("Ann vouched for the image {other}, and this is sha256:")), "{evidence}");
    }
}

#[test]
fn only_accept_vouched_takes_a_persons_word_for_enough() {
    let kept = |word: &str, arguments: &[&str]| {
        let place = place(word);
        let path = place.path().join("containerization-spec.md");
        let spec = fs::read_to_string(&path).unwrap().replace("- [x] Image size under 1 kB\n", "");
        fs::write(path, spec).unwrap();
        report(&place, arguments).0
    };
    let digest = digest();
    assert_eq!(kept(&digest, &[]), Some(0));
    assert_eq!(kept(&digest, &["--complete"]), Some(3));
    assert_eq!(kept(&digest, &["--complete", "--accept-vouched"]), Some(0));
    assert_eq!(kept("0.0.0-none", &["--complete", "--accept-vouched"]), Some(3));
}

#[test]
fn boxes_are_ticked_by_what_was_found_and_nothing_else_changes() {
    let place = place("0.0.0-none");
    let path = place.path().join("containerization-spec.md");
    let before = fs::read_to_string(&path).unwrap();
    assert_eq!(report(&place, &["--tick"]).0, Some(1));
    let expected = before
        .replace("- [ ] Image size under 10", "- [x] Image size under 10")
        .replace("- [x] Image size under 1 kB", "- [ ] Image size under 1 kB");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    // Ticking makes no other specification.
    assert_eq!(report(&place, &["--tick"]).0, Some(1));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}
