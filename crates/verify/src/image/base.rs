//! `image.base`: Base image: {ref} or scratch.

mod content;
mod name;

use seaworthy_build::Record;
use seaworthy_report::Verdict;

use self::content::Content;
use self::name::{Name, Said};
use super::{Facts, count};
use crate::Finding;

/// A base image that is at hand: its reference, and the diff ids of its layers, the bottom one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBase {
    pub reference: String,
    pub diff_ids: Vec<String>,
}

/// Passes if the image stands on any of `bases`: by the layers of a `known` one, else by what is in it. Never by a label.
///
/// `record` is the record of the image's build; it counts only when its digest is the image's.
pub fn base(facts: &Facts, bases: &[String], record: Option<&Record>, known: &[KnownBase]) -> Finding {
    let record = record.filter(|record| record.digest == facts.digest);
    let content = Content::of(facts);
    let found: Vec<Finding> = bases.iter().map(|base| one(facts, &content, base, record, known)).collect();
    let of = |verdict: Verdict| found.iter().find(|finding| finding.verdict == verdict).cloned();
    if let Some(pass) = of(Verdict::Pass) {
        return pass;
    }
    let evidence: Vec<&str> = found.iter().map(|finding| finding.evidence.as_str()).collect();
    let seen = format!("{}; the image is {}", evidence.join("; "), content.describe());
    match of(Verdict::Unproven) {
        Some(_) => Finding::unproven(seen),
        None if found.is_empty() => Finding::unproven("no base image is named"),
        None => Finding::fail(seen),
    }
}

fn one(facts: &Facts, content: &Content, base: &str, record: Option<&Record>, known: &[KnownBase]) -> Finding {
    if base.eq_ignore_ascii_case("scratch") {
        return scratch(facts, content, record);
    }
    if let Some(known) = known.iter().find(|known| known.reference == base && !known.diff_ids.is_empty()) {
        let count = known.diff_ids.len();
        let begins =
            facts.diff_ids.iter().zip(&known.diff_ids).filter(|(own, base)| own.as_str() == base.as_str()).count();
        return if begins == count {
            Finding::pass(format!("the first {count} of {} layers are those of {base}", facts.diff_ids.len()))
        } else {
            Finding::fail(format!("not {base}: its {count} layers do not begin the image's"))
        };
    }
    let name = Name::parse(base);
    if name.is_pinned {
        return Finding::unproven(format!("the layers of {base} are not at hand to compare"));
    }
    match name.said() {
        Err(why) => Finding::unproven(format!("whether it is {base} cannot be told from what is in it: {why}")),
        Ok(said) => by_content(content, base, &said),
    }
}

/// Why it may not be the base that a name says.
enum Doubt {
    /// What is there is another base's.
    Wrong(String),
    /// What is there cannot tell.
    Unknown(String),
}

impl Doubt {
    fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }

    fn unknown(text: impl Into<String>) -> Self {
        Self::Unknown(text.into())
    }
}

/// What the name says, held against what is there.
fn by_content(content: &Content, base: &str, said: &Said) -> Finding {
    let mut seen = Vec::new();
    let mut doubts = Vec::new();
    match content.distribution(said) {
        Ok(text) => seen.push(text),
        Err(texts) => doubts.extend(texts),
    }
    if let Some((runtime, version)) = &said.runtime {
        match content.runtime(*runtime, version) {
            Ok(text) => seen.push(text),
            Err(text) => doubts.push(text),
        }
    }
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for doubt in doubts {
        match doubt {
            Doubt::Wrong(text) => wrong.push(text),
            Doubt::Unknown(text) => unknown.push(text),
        }
    }
    if !wrong.is_empty() {
        Finding::fail(format!("not {base}: {}", wrong.join(", ")))
    } else if !unknown.is_empty() {
        Finding::unproven(format!("whether it is {base} cannot be told from what is in it: {}", unknown.join(", ")))
    } else {
        Finding::pass(format!("{base} by what is in it: {}", seen.join(", ")))
    }
}

/// No distribution, and no layer that the build did not make. Without a record only what is there can tell; a shell then
/// leaves open who brought it (busybox images have neither os-release nor packages).
fn scratch(facts: &Facts, content: &Content, record: Option<&Record>) -> Finding {
    if let Some(what) = content.any_distribution() {
        return Finding::fail(format!("not scratch: {what}"));
    }
    let layers = count(facts.diff_ids.len() as u64, "layer");
    let nothing = "no os-release, no package database";
    match record.map(|record| (record.builder.as_str(), record.stages.last().map(String::as_str))) {
        Some((_, Some("scratch"))) => Finding::pass(format!(
            "scratch: {nothing}, {layers}, all of the recorded build, whose last stage is scratch"
        )),
        Some((_, Some(stage))) if stage.contains('$') => Finding::unproven(format!(
            "{nothing}, but the build record's last stage is `{stage}`, and the value is not recorded"
        )),
        Some((_, Some(stage))) => Finding::fail(format!("not scratch: the build record's last stage is `{stage}`")),
        _ if content.shell.is_some() => Finding::unproven(format!(
            "{nothing}, but a shell at `{}`, and no build record to tell who brought it",
            content.shell.as_deref().unwrap_or_default()
        )),
        _ => {
            Finding::pass(format!("scratch by what is in it: {nothing}, no shell, {} in {layers}", content.programs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass, Unproven};

    use super::*;
    use crate::image::tests::{Sample, elf};

    const ALPINE: &[u8] = b"NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n";
    const DEBIAN: &[u8] =
        b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n";

    const APK: &[u8] = b"P:alpine-baselayout\n\nP:busybox\nF:bin\nR:busybox\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\
        P:musl\nF:lib\nR:ld-musl-x86_64.so.1\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    const MD5SUMS: &[u8] = b"00000000000000000000000000000000  bin/bash\n\
        00000000000000000000000000000000  usr/share/doc/bash/copyright\n\
        00000000000000000000000000000000  usr/share/doc/bash/README.gz\n\
        00000000000000000000000000000000  usr/share/man/man1/bash.1.gz\n";

    fn program() -> Vec<u8> {
        elf("amd64", Some("/lib/ld-musl-x86_64.so.1"))
    }

    fn alpine() -> Sample {
        Sample::new()
            .file("usr/lib/os-release", 0o644, ALPINE)
            .symlink("etc/os-release", "../usr/lib/os-release")
            .file("lib/apk/db/installed", 0o644, APK)
            .file("lib/ld-musl-x86_64.so.1", 0o755, b"x")
            .file("bin/busybox", 0o755, &program())
            .symlink("bin/sh", "busybox")
    }

    fn debian() -> Sample {
        Sample::new()
            .file("etc/os-release", 0o644, DEBIAN)
            .file("var/lib/dpkg/status", 0o644, b"Package: base-files\nStatus: install ok installed\n")
            .file("var/lib/dpkg/info/base-files.md5sums", 0o644, MD5SUMS)
            .file("bin/bash", 0o755, &program())
            .symlink("bin/sh", "bash")
    }

    fn full() -> Sample {
        debian().file("usr/share/doc/bash/README.gz", 0o644, b"x").file("usr/share/man/man1/bash.1.gz", 0o644, b"x")
    }

    fn slim() -> Sample {
        debian().file("etc/dpkg/dpkg.cfg.d/docker", 0o644, b"# slim\npath-exclude /usr/share/doc/*\n")
    }

    fn python(sample: Sample, version: &str) -> Sample {
        let path = format!("usr/local/bin/python{version}");
        let library = format!("usr/local/lib/python{version}/os.py");
        sample.file(&path, 0o755, &program()).file(&library, 0o644, b"x").layer().file("app/main.py", 0o644, b"x")
    }

    fn static_binary() -> Sample {
        Sample::new().file("bin/task-api", 0o755, &elf("amd64", None)).file("etc/passwd", 0o644, b"a:x:1000:1000::/:\n")
    }

    fn record(facts: &Facts, stages: &[&str]) -> Record {
        Record {
            schema: String::new(),
            digest: facts.digest.clone(),
            builder: "rust".to_owned(),
            revision: None,
            toolchain: None,
            c_toolchain: Vec::new(),
            target: None,
            stages: stages.iter().map(|&stage| stage.to_owned()).collect(),
            machine: None,
            boot: None,
            at: String::new(),
            took_ms: 0,
            version: None,
            dockerfile: None,
            reproduced: None,
        }
    }

    #[track_caller]
    fn check(facts: &Facts, wanted: &str, verdict: Verdict, evidence: &str) {
        let found = base(facts, &[wanted.to_owned()], None, &[]);
        assert_eq!((found.verdict, found.evidence.as_str()), (verdict, evidence), "{wanted}");
    }

    #[test]
    fn a_base_is_what_is_in_it() {
        let image = python(alpine(), "3.12").facts();
        let by = "by what is in it: Alpine Linux v3.20 (os-release), 3 apk packages with 2 of 2 files, Python 3.12 at `/usr/local/bin/python3.12`";
        let is = "the image is Alpine Linux v3.20, 3 apk packages, Python 3.12 (2 layers)";
        check(&image, "python:3.12-alpine", Pass, &format!("python:3.12-alpine {by}"));
        check(
            &image,
            "docker.io/library/python:3.12-alpine3.20",
            Pass,
            &format!("docker.io/library/python:3.12-alpine3.20 {by}"),
        );
        check(&image, "python:3-alpine", Pass, &format!("python:3-alpine {by}"));
        check(
            &image,
            "alpine:3.20",
            Pass,
            "alpine:3.20 by what is in it: Alpine Linux v3.20 (os-release), 3 apk packages with 2 of 2 files",
        );
        check(
            &image,
            "python:3.12-alpine3.19",
            Fail,
            &format!("not python:3.12-alpine3.19: os-release says 3.20.3, not 3.19; {is}"),
        );
        check(&image, "python:3.13-alpine", Fail, &format!("not python:3.13-alpine: Python 3.12, not 3.13; {is}"));
        check(
            &image,
            "python:3.12-slim",
            Fail,
            &format!("not python:3.12-slim: os-release says alpine, not debian; {is}"),
        );
        check(&image, "node:20-alpine", Fail, &format!("not node:20-alpine: no Node.js; {is}"));
        for name in [
            "nginx:1.27",
            "python:3.12-windowsservercore",
            "ghcr.io/acme/base:1",
            "python:3.12.4-slim",
            "openjdk:21-jdk",
            "node:20-alpine@sha256:ab",
        ] {
            assert_eq!(base(&image, &[name.to_owned()], None, &[]).verdict, Unproven, "{name}");
        }
    }

    #[track_caller]
    fn verdicts(facts: &Facts, rows: &[(Verdict, &[&str])]) {
        for (verdict, names) in rows {
            for name in *names {
                let found = base(facts, &[(*name).to_owned()], None, &[]);
                assert_eq!(found.verdict, *verdict, "{name}: {}", found.evidence);
            }
        }
    }

    #[test]
    fn debian_and_its_slim_variant_are_told_apart_by_what_slim_leaves_out() {
        let others: &[&str] = &["python:3.12-slim-trixie", "python:3.1-slim", "debian:11", "ubuntu:24.04", "alpine"];
        let full_names: &[&str] = &["python:3.12", "python:3.12-bookworm", "debian:bookworm", "debian:12"];
        let slim_names: &[&str] = &["python:3.12-slim", "python:3.12-slim-bookworm", "debian:bookworm-slim"];
        let (whole, lean) = (python(full(), "3.12").facts(), python(slim(), "3.12").facts());
        verdicts(&whole, &[(Pass, full_names), (Fail, slim_names), (Fail, others)]);
        verdicts(&lean, &[(Fail, full_names), (Pass, slim_names), (Fail, others)]);
        let is = "the image is Debian GNU/Linux 12 (bookworm), 1 dpkg packages, Python 3.12 (2 layers)";
        check(
            &whole,
            "debian:12-slim",
            Fail,
            &format!("not debian:12-slim: not slim: 2 of 2 files of documentation; {is}"),
        );
        check(
            &lean,
            "debian:12",
            Fail,
            &format!(
                "not debian:12: a slim variant: 0 of 2 files of documentation, which dpkg is told to leave out; {is}"
            ),
        );
        check(
            &lean,
            "debian:12-slim",
            Pass,
            "debian:12-slim by what is in it: Debian GNU/Linux 12 (bookworm) (os-release), 1 dpkg packages with 1 of 1 file, \
             0 of 2 files of documentation, which dpkg is told to leave out",
        );
        // Documentation that a later layer deletes was the base's.
        let cleaned =
            full().layer().file("usr/share/.wh.doc", 0o644, b"").file("usr/share/.wh.man", 0o644, b"").facts();
        verdicts(&cleaned, &[(Pass, &["debian:12"]), (Fail, &["debian:12-slim"])]);
        // Where it is not there and dpkg would bring it, nobody can tell.
        verdicts(&debian().facts(), &[(Unproven, &["debian:12", "debian:12-slim"])]);
    }

    #[test]
    fn files_that_only_claim_to_be_a_base_are_none() {
        let release = || Sample::new().file("etc/os-release", 0o644, DEBIAN);
        let status = b"Package: base-files\nStatus: install ok installed\n";
        let database = || release().file("var/lib/dpkg/status", 0o644, status);
        let listing = || database().file("var/lib/dpkg/info/base-files.md5sums", 0o644, MD5SUMS);
        for (facts, why) in [
            (release().facts(), "no package database"),
            (database().facts(), "a package database, but 0 of 0 files that it lists"),
            (listing().facts(), "a package database, but 0 of 1 file that it lists"),
        ] {
            let found = base(&facts, &["debian:12".to_owned()], None, &[]);
            assert_eq!(found.verdict, Fail);
            assert!(found.evidence.contains(why), "{}", found.evidence);
        }
        let half = "00000000000000000000000000000000  bin/other\n";
        let other = "var/lib/dpkg/info/base-files.md5sums";
        let facts = full().file(other, 0o644, &[MD5SUMS, half.as_bytes()].concat()).facts();
        verdicts(&facts, &[(Unproven, &["debian:12"])]);
        // A distribution's own Python is not Python's image, nor is a program of that name without its library.
        for path in ["usr/bin/python3.12", "usr/local/bin/python3.12"] {
            let facts = slim().file(path, 0o755, &program()).facts();
            verdicts(&facts, &[(Fail, &["python:3.12-slim"]), (Pass, &["debian:12-slim"])]);
        }
        let fedora = Sample::new().file("etc/os-release", 0o644, b"ID=fedora\nVERSION_ID=40\n").file(
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            0o644,
            b"x",
        );
        verdicts(&fedora.facts(), &[(Unproven, &["fedora:40"]), (Fail, &["fedora:39"])]);
    }

    #[test]
    fn a_fail_says_what_the_image_is_instead() {
        check(
            &static_binary().facts(),
            "python:3.12-alpine",
            Fail,
            "not python:3.12-alpine: no os-release, no package database, no Python; the image is one static binary on scratch (1 layer)",
        );
    }

    #[test]
    fn a_label_alone_never_passes() {
        let label = serde_json::json!({"org.opencontainers.image.base.name": "alpine:3.20"});
        let facts = static_binary().config("Labels", label).facts();
        assert_eq!(base(&facts, &["alpine:3.20".to_owned()], None, &[]).verdict, Fail);
    }

    #[test]
    fn any_of_several_bases_keeps_it() {
        let facts = static_binary().facts();
        let bases = ["python:3.12-alpine".to_owned(), "scratch".to_owned()];
        assert_eq!(base(&facts, &bases, None, &[]).verdict, Pass);
        assert_eq!(base(&facts, &["alpine".to_owned(), "nginx".to_owned()], None, &[]).verdict, Unproven);
    }

    #[test]
    fn known_layers_decide_before_the_content_does() {
        let facts = alpine().layer().file("app", 0o755, b"x").facts();
        let known =
            |diff_id: &str| [KnownBase { reference: "nginx:1.27".to_owned(), diff_ids: vec![diff_id.to_owned()] }];
        let bases = ["nginx:1.27".to_owned()];
        assert_eq!(base(&facts, &bases, None, &known(facts.diff_ids[0].as_str())).verdict, Pass);
        assert_eq!(base(&facts, &bases, None, &known(facts.diff_ids[1].as_str())).verdict, Fail);
    }

    #[test]
    fn scratch_has_nothing_that_the_build_did_not_bring() {
        let facts = static_binary().facts();
        let bases = ["scratch".to_owned()];
        check(
            &facts,
            "scratch",
            Pass,
            "scratch by what is in it: no os-release, no package database, no shell, one static binary in 1 layer",
        );
        assert_eq!(base(&alpine().facts(), &bases, None, &[]).verdict, Fail);
        assert_eq!(base(&facts, &bases, Some(&record(&facts, &["rust 1.95.0", "scratch"])), &[]).verdict, Pass);
        assert_eq!(base(&facts, &bases, Some(&record(&facts, &["rust", "alpine:3.20"])), &[]).verdict, Fail);
        // The value of a build argument that may be a secret is not recorded.
        let unknown = record(&facts, &["${BASE_TOKEN}"]);
        assert_eq!(base(&facts, &bases, Some(&unknown), &[]).verdict, Unproven);
        let shell = || Sample::new().file("bin/sh", 0o755, b"x").facts();
        assert_eq!(base(&shell(), &bases, None, &[]).verdict, Unproven);
        assert_eq!(base(&shell(), &bases, Some(&record(&shell(), &["scratch"])), &[]).verdict, Pass);
        let cleared = alpine()
            .layer()
            .file("etc/.wh.os-release", 0o644, b"")
            .file("usr/lib/.wh.os-release", 0o644, b"")
            .file("lib/apk/.wh.db", 0o644, b"")
            .file("bin/.wh.sh", 0o644, b"")
            .file("bin/.wh.busybox", 0o644, b"")
            .facts();
        let deleted = "not scratch: a layer brings an os-release or a package database, which a later one deletes";
        check(&cleared, "scratch", Fail, &format!("{deleted}; the image is no binary (2 layers)"));
        // The record of another image says nothing.
        assert_eq!(base(&shell(), &bases, Some(&record(&facts, &["scratch"])), &[]).verdict, Unproven);
    }
}
