//! The promises that a registry or another machine decides.

use insta::assert_snapshot;
use seaworthy_build::Record;
use seaworthy_engine::machine;
use seaworthy_image::{Digest, Image};
use seaworthy_report::{Built, Verdict};
use seaworthy_spec::Spec;
use seaworthy_testkit::Recipe;
use seaworthy_verify::{BuiltElsewhere, InRegistry, Names, Options, Subject, Tag, Travel, Witness, settle, verify};

const SENTENCES: &str = "\
- [ ] Image can be pushed to registry
- [ ] Image can be pushed to registry (Docker Hub or GHCR)
- [ ] Tagged with version, commit and latest
- [ ] Image can be pulled and run on different machine
- [ ] Starts within 1s
";

/// How the sentence about running ended here.
#[derive(Clone, Copy)]
struct Ran(Verdict);

/// How a sentence is decided of an image that lies in `ghcr.io/acme/notes`.
fn decided(sentence: &str) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let image = Recipe::default().write(&folder.path().join("image"))?;
    let spec = Spec::parse(&format!("# Notes\n\n## Success Criteria\n\n- [ ] {sentence}\n"))?;
    let subject = Subject {
        image: &image,
        deferred: None,
        reference: "notes".to_owned(),
        record: None,
        project: String::new(),
        argument: None,
        travel: Travel { registry: Some(in_registry("ghcr.io", &image)), ..Travel::default() },
    };
    let report = verify(&spec, "spec.md", &subject, Err("no engine".to_owned()), &Options::default(), &mut |_| {})?;
    let criterion = &report.criteria[0];
    let next = criterion.next.as_ref().map(|next| format!(" -> {next}")).unwrap_or_default();
    let line = format!("{:?}: {}{next}", criterion.verdict, criterion.evidence);
    Ok(line.replace(&image.digest().hex()[..12], "OWN"))
}

#[test]
fn a_push_to_another_repository_is_not_the_promised_one() -> anyhow::Result<()> {
    assert_eq!(decided("Pushed to ghcr.io/acme/notes")?, "Pass: ghcr.io/acme/notes@sha256:OWN… read back by digest");
    assert_eq!(
        decided("Pushed to ghcr.io/acme/other")?,
        "Pending: ghcr.io/acme/notes@sha256:OWN… read back by digest; that is not ghcr.io/acme/other -> seaworthy ship --to ghcr.io/acme/other"
    );
    Ok(())
}

fn told(ran: Ran, travel: impl Fn(&Image) -> Travel, record: Option<&Record>) -> anyhow::Result<String> {
    told_with(ran, travel, record, None)
}

/// As [`told`], where containers were started with these options.
fn told_with(
    ran: Ran,
    travel: impl Fn(&Image) -> Travel,
    record: Option<&Record>,
    options: Option<seaworthy_report::Options>,
) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let image = Recipe::default().write(&folder.path().join("image"))?;
    let spec = Spec::parse(&format!("# Notes\n\n## Success Criteria\n\n{SENTENCES}"))?;
    let mut subject = Subject {
        image: &image,
        deferred: None,
        reference: "notes".to_owned(),
        record: None,
        project: String::new(),
        argument: None,
        travel: Travel::default(),
    };
    let mut report = verify(&spec, "spec.md", &subject, Err("no engine".to_owned()), &Options::default(), &mut |_| {})?;
    report.criteria[4].verdict = ran.0;
    report.options = options;
    let record = record.map(|record| Record { digest: image.digest().clone(), ..record.clone() });
    subject.travel = travel(&image);
    subject.record = record.as_ref();
    settle(&mut report, &spec, &subject);
    let own = &image.digest().hex()[..12];
    let here = machine::id().unwrap_or_default();
    let lines: Vec<String> = report.criteria[..4]
        .iter()
        .map(|criterion| {
            let next = criterion.next.as_ref().map(|next| format!(" -> {next}")).unwrap_or_default();
            let cause = criterion.caused_by.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
            let line = format!("{:?}: {}{next}{cause}", criterion.verdict, criterion.evidence);
            line.replace(image.digest().as_str(), "sha256:WHOLE").replace(own, "OWN").replace(&here[..12], "HERE")
        })
        .collect();
    Ok(lines.join("\n"))
}

fn tag(name: &str, names: Names) -> Tag {
    Tag { name: name.to_owned(), names }
}

fn in_registry(registry: &str, image: &Image) -> InRegistry {
    InRegistry {
        registry: registry.to_owned(),
        repository: format!("{registry}/acme/notes"),
        digest: image.digest().clone(),
        version: tag("1.4.2", Names::This),
        commit: tag("sha-0123456789ab", Names::This),
        latest: tag("latest", Names::This),
        offers: None,
        sboms: None,
    }
}

fn built(machine: &str, boot: &str) -> BuiltElsewhere {
    BuiltElsewhere {
        built: Built {
            machine: Some(machine.to_owned()),
            boot: Some(boot.to_owned()),
            revision: None,
            toolchain: None,
            at: "2026-01-31T12:00:00Z".to_owned(),
        },
        signed: "unsigned".to_owned(),
        started: Vec::new(),
    }
}

fn other_machine() -> BuiltElsewhere {
    built(&"ab".repeat(32), &"cd".repeat(32))
}

#[test]
fn before_a_push_they_wait_for_one() -> anyhow::Result<()> {
    assert_snapshot!(told(Ran(Verdict::Pass), |_| Travel::default(), None)?, @"
    Pending: not pushed -> seaworthy ship --to HOST/REPO
    Pending: not pushed to docker.io or ghcr.io -> seaworthy ship --to docker.io/OWNER/REPO
    Pending: not pushed with the tags version, commit, latest -> seaworthy ship --to HOST/REPO
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify HOST/REPO:TAG
    ");
    Ok(())
}

#[test]
fn a_push_is_seen_in_the_registry_that_is_named() -> anyhow::Result<()> {
    let there = |host: &'static str| {
        move |image: &Image| Travel { registry: Some(in_registry(host, image)), ..Travel::default() }
    };
    assert_snapshot!(told(Ran(Verdict::Pass), there("ghcr.io"), None)?, @"
    Pass: ghcr.io/acme/notes@sha256:OWN… read back by digest
    Pass: ghcr.io/acme/notes@sha256:OWN… read back by digest
    Pass: 1.4.2, sha-0123456789ab, latest name sha256:OWN… in ghcr.io/acme/notes
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify ghcr.io/acme/notes:1.4.2 --attach
    ");
    assert_snapshot!(told(Ran(Verdict::Pass), there("localhost:5000"), None)?, @"
    Pass: localhost:5000/acme/notes@sha256:OWN… read back by digest
    Pending: localhost:5000/acme/notes@sha256:OWN… read back by digest; that is not docker.io or ghcr.io -> seaworthy ship --to docker.io/OWNER/REPO
    Pass: 1.4.2, sha-0123456789ab, latest name sha256:OWN… in localhost:5000/acme/notes
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify localhost:5000/acme/notes:1.4.2 --attach
    ");
    Ok(())
}

#[test]
fn another_digest_in_the_registry_breaks_the_promise() -> anyhow::Result<()> {
    let other = Digest::of(b"other");
    let travel = |image: &Image| {
        let registry = InRegistry {
            digest: other.clone(),
            version: tag("1.4.2", Names::Other(other.clone())),
            ..in_registry("ghcr.io", image)
        };
        Travel { registry: Some(registry), ..Travel::default() }
    };
    assert_snapshot!(told(Ran(Verdict::Pass), travel, None)?, @"
    Fail: ghcr.io/acme/notes answers with sha256:d9298a10d1b0… when asked for sha256:OWN…
    Fail: ghcr.io/acme/notes answers with sha256:d9298a10d1b0… when asked for sha256:OWN…
    Fail: 1.4.2 names another image, sha256:d9298a10d1b0…
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify ghcr.io/acme/notes:sha-0123456789ab --attach
    ");
    Ok(())
}

#[test]
fn a_tag_that_names_an_index_names_the_images_in_it() -> anyhow::Result<()> {
    let index = Digest::of(b"index");
    let travel = |image: &Image| {
        let holding = |name| tag(name, Names::Holding(index.clone()));
        let (version, latest) = (holding("1.4.2"), holding("latest"));
        Travel { registry: Some(InRegistry { version, latest, ..in_registry("ghcr.io", image) }), ..Travel::default() }
    };
    let told = told(Ran(Verdict::Pass), travel, None)?;
    assert_snapshot!(told.lines().nth(2).unwrap_or_default(), @"Pass: 1.4.2, sha-0123456789ab, latest name sha256:OWN… in ghcr.io/acme/notes, through the index sha256:1bc04b5291c2…");
    Ok(())
}

#[test]
fn latest_of_another_release_breaks_nothing() -> anyhow::Result<()> {
    let travel = |image: &Image| {
        let latest = tag("latest", Names::Other(Digest::of(b"other")));
        let registry = InRegistry {
            latest,
            commit: tag("sha-COMMIT", Names::NotForIt("there is no git commit".to_owned())),
            ..in_registry("ghcr.io", image)
        };
        Travel { registry: Some(registry), ..Travel::default() }
    };
    assert_snapshot!(told(Ran(Verdict::Pass), travel, None)?, @"
    Pass: ghcr.io/acme/notes@sha256:OWN… read back by digest
    Pass: ghcr.io/acme/notes@sha256:OWN… read back by digest
    Pending: 1.4.2 names sha256:OWN… in ghcr.io/acme/notes; no sha-COMMIT: there is no git commit, latest names another image, sha256:d9298a10d1b0… -> seaworthy ship --to ghcr.io/acme/notes
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify ghcr.io/acme/notes:1.4.2 --attach
    ");
    Ok(())
}

#[test]
fn another_machine_is_one_with_another_id_and_another_boot() -> anyhow::Result<()> {
    let pulled = |built: Option<BuiltElsewhere>| {
        move |image: &Image| Travel {
            registry: Some(in_registry("ghcr.io", image)),
            pulled: true,
            built: built.clone(),
            witness: None,
        }
    };
    let here = (machine::id().unwrap_or_default(), machine::boot().unwrap_or_default());
    let other = "ab".repeat(32);
    let cases = [
        ("another machine", Verdict::Pass, Some(other_machine())),
        ("something broken here", Verdict::Fail, Some(other_machine())),
        ("nothing run here", Verdict::Unproven, Some(other_machine())),
        ("another machine, this boot", Verdict::Pass, Some(built(&other, &here.1))),
        ("this machine, another boot", Verdict::Pass, Some(built(&here.0, &other))),
        ("nobody knows", Verdict::Pass, None),
    ];
    let mut lines = Vec::new();
    for (name, ran, built) in cases {
        let told = told(Ran(ran), pulled(built), None)?;
        lines.push(format!("{name}\n  {}", told.lines().nth(3).unwrap_or_default()));
    }
    assert_snapshot!(lines.join("\n"), @"
    another machine
      Pass: pulled by digest and run: 1 promise about running kept on machine HERE, built on abababababab (says a proof, unsigned)
    something broken here
      Fail: pulled by digest, and here `Starts within 1s` is broken [success-criteria-starts-within-1s]
    nothing run here
      Unproven: pulled by digest; no promise about running was kept here, because nothing was run
    another machine, this boot
      Pending: pulled by digest, but this boot of this machine built it; to be typed on another one -> seaworthy verify ghcr.io/acme/notes@sha256:WHOLE --attach
    this machine, another boot
      Pending: pulled by digest, but this machine built it; to be typed on another one -> seaworthy verify ghcr.io/acme/notes@sha256:WHOLE --attach
    nobody knows
      Unproven: pulled by digest; nobody knows on which machine it was built
    ");
    Ok(())
}

#[test]
fn what_was_not_pulled_needs_another_machine_as_witness() -> anyhow::Result<()> {
    let witness = Witness {
        machine: "ef".repeat(32),
        engine: "embedded 0.1.0".to_owned(),
        at: "2026-01-31T12:00:00Z".to_owned(),
        signed: "unsigned".to_owned(),
    };
    let travel = |image: &Image| Travel {
        registry: Some(in_registry("ghcr.io", image)),
        built: Some(other_machine()),
        ..Travel::default()
    };
    let mut lines = vec![told(Ran(Verdict::Pass), travel, None)?];
    lines.push(told(Ran(Verdict::Pass), |image| Travel { witness: Some(witness.clone()), ..travel(image) }, None)?);
    let last: Vec<&str> = lines.iter().filter_map(|told| told.lines().nth(3)).collect();
    assert_snapshot!(last.join("\n"), @"
    Pending: seen on this machine only; to be typed on another one -> seaworthy verify ghcr.io/acme/notes:1.4.2 --attach
    Pass: machine efefefefefef pulled and ran it on embedded 0.1.0 at 2026-01-31T12:00:00Z (unsigned result)
    ");
    Ok(())
}

#[test]
fn what_runs_here_only_with_further_files_does_not_show_that_it_runs_elsewhere() -> anyhow::Result<()> {
    let as_user = |user: &str| seaworthy_report::Options { user: Some(user.to_owned()), ..Default::default() };
    let started = |all: Vec<seaworthy_report::Options>| {
        move |image: &Image| Travel {
            pulled: true,
            registry: Some(in_registry("ghcr.io", image)),
            built: Some(BuiltElsewhere { started: all.clone(), ..other_machine() }),
            ..Travel::default()
        }
    };
    for (there, here, expected) in [
        (vec![], Some(as_user("0")), "Unproven: pulled by digest, and run here with"),
        (vec![as_user("1000")], Some(as_user("0")), "Unproven: pulled by digest, and run here with"),
        (vec![as_user("1000")], Some(as_user("1000")), "Pass: pulled by digest and run"),
        (vec![as_user("1000")], None, "Pass: pulled by digest and run"),
    ] {
        let told = told_with(Ran(Verdict::Pass), started(there.clone()), None, here.clone())?;
        let last = told.lines().nth(3).unwrap_or_default();
        assert!(last.starts_with(expected), "{there:?} {here:?}: {last}");
    }
    Ok(())
}
