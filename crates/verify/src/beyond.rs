//! What neither the image nor its containers show: how it was built.

use seaworthy_build::{Record, Reproduced};
use seaworthy_image::Digest;

use crate::{Finding, Subject};

/// The record of the image's build, where there is one that speaks of this image.
pub(crate) fn record<'a>(subject: &Subject<'a>) -> Option<&'a Record> {
    subject.record.filter(|record| subject.known().is_some_and(|image| record.digest == *image.digest()))
}

/// A command line of this program about the subject's project.
pub(crate) fn command(subject: &Subject<'_>, command: &str) -> String {
    match subject.project.trim() {
        "" => format!("seaworthy {command}"),
        project => format!("seaworthy {project} {command}"),
    }
}

fn unrecorded(subject: &Subject<'_>) -> Finding {
    let why = match subject.record {
        Some(_) => "the build record lies beside another image than this one",
        None => "nothing is known of the image's build",
    };
    Finding::pending(why, command(subject, "build"))
}

pub(crate) fn builds(subject: &Subject<'_>) -> Finding {
    let Some(record) = record(subject) else { return unrecorded(subject) };
    let with = match (&record.toolchain, &record.target) {
        (Some(toolchain), Some(target)) => format!(" with {toolchain} for {target}"),
        (Some(toolchain), None) => format!(" with {toolchain}"),
        (None, _) => String::new(),
    };
    let revision = record.revision.as_ref().map(|revision| format!(" from {revision}")).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let seconds = record.took_ms as f64 / 1000.0;
    Finding::pass(format!("built by the {} builder{with}{revision} in {seconds:.1} s", record.builder))
}

/// Built, and from a Dockerfile: what another builder made says nothing of that.
pub(crate) fn builds_by_dockerfile(subject: &Subject<'_>) -> Finding {
    match record(subject) {
        Some(record) if record.builder != "dockerfile" => Finding::unproven(format!(
            "built by the {} builder: nothing shows that a Dockerfile builds",
            record.builder
        )),
        _ => builds(subject),
    }
}

pub(crate) fn reproducible(subject: &Subject<'_>) -> Finding {
    let Some(record) = record(subject) else { return unrecorded(subject) };
    match &record.reproduced {
        None => Finding::pending("built once", command(subject, "ship")),
        Some(second) => {
            let (first, varied) = (short(&record.digest), varied(second));
            if second.digest == record.digest {
                return Finding::pass(format!("built twice, the same digest {first}; {varied}"));
            }
            let differs = second.differs.as_ref().map(|text| format!("; {text}")).unwrap_or_default();
            Finding::fail(format!("built twice: first {first}, then {}{differs}; {varied}", short(&second.digest)))
        }
    }
}

/// What the second build did not share with the first one: no more is shown than that.
fn varied(second: &Reproduced) -> String {
    match second.varied.as_slice() {
        [] => "the second time in another folder".to_owned(),
        [one] => format!("the second time with another {one}"),
        [all @ .., last] => format!("the second time with another {} and {last}", all.join(", ")),
    }
}

pub(crate) fn multi_stage(subject: &Subject<'_>) -> Finding {
    let Some(record) = record(subject) else { return unrecorded(subject) };
    match record.stages.as_slice() {
        [] => unrecorded(subject),
        [only] => Finding::fail(format!("one stage: {only}")),
        stages => Finding::pass(format!("{} stages: {}", stages.len(), stages.join(", "))),
    }
}

/// `sha256:3f1c5d2a9b07…`
pub(crate) fn short(digest: &Digest) -> String {
    format!("sha256:{}…", &digest.hex()[..12])
}
