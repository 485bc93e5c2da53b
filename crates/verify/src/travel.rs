//! The image's way to a registry and to another machine: what is known of it, and the promises about it.
//!
//! These promises are decided last: what runs here decides with.

use seaworthy_engine::machine;
use seaworthy_image::Digest;
use seaworthy_report::{self as report, Report, Summary, Verdict};
use seaworthy_spec::{Check, Criterion, Spec};

use crate::beyond::{command, record, short};
use crate::offers::{self, Offers};
use crate::sbom::{self, Sboms};
use crate::{Finding, Subject};

/// What is known of the image beyond this machine.
#[derive(Debug, Clone, Default)]
pub struct Travel {
    /// What a registry answered.
    pub registry: Option<InRegistry>,
    /// The image was pulled here, by digest, for this verification.
    pub pulled: bool,
    /// Where it was built, as the proof says that brought the specification.
    pub built: Option<BuiltElsewhere>,
    /// A result attached to the image: another machine than the one that built it pulled and ran it.
    pub witness: Option<Witness>,
}

/// What a registry answered about the image.
#[derive(Debug, Clone)]
pub struct InRegistry {
    /// Its host: `ghcr.io`.
    pub registry: String,
    /// With the host: `ghcr.io/acme/app`.
    pub repository: String,
    /// Of the manifest that it gave when asked by digest.
    pub digest: Digest,
    /// The tag that stands for the image's version.
    pub version: Tag,
    /// The tag that stands for its commit.
    pub commit: Tag,
    pub latest: Tag,
    /// What the index offers that holds it; `None` where none is known, or nobody asked.
    pub offers: Option<Offers>,
    /// `None` where nobody asked.
    pub sboms: Option<Sboms>,
}

/// A tag that an image may have.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    pub names: Names,
}

/// What a tag names in the registry.
#[derive(Debug, Clone)]
pub enum Names {
    /// The image itself.
    This,
    /// An index with this digest, in which the image stands.
    Holding(Digest),
    Other(Digest),
    Nothing,
    /// It is not for an image like this one, and why.
    NotForIt(String),
}

/// Where an image was built, and who says so.
#[derive(Debug, Clone)]
pub struct BuiltElsewhere {
    pub built: report::Built,
    /// How the proof is signed, in words: `unsigned`, `signed by 3f1c…`.
    pub signed: String,
    /// How containers were started in the results of the machine that built it.
    pub started: Vec<report::Options>,
}

/// Another machine that pulled and ran the image.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Its keyed id.
    pub machine: String,
    pub engine: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// As in [`BuiltElsewhere`].
    pub signed: String,
}

/// Decides again what only the image's travels decide, after it was pushed or another machine's result was read.
pub fn settle(report: &mut Report, spec: &Spec, subject: &Subject<'_>) {
    for criterion in &spec.criteria {
        let found = finding(criterion, subject, &report.criteria, report.options.as_ref());
        let Some(finding) = found else { continue };
        if let Some(place) = report.criteria.iter_mut().find(|decided| decided.id == criterion.id) {
            finding.decides(place);
        }
    }
    report.summary = Summary::of(&report.criteria);
}

/// `None` where more than the image's travels decides it.
fn finding(
    criterion: &Criterion,
    subject: &Subject<'_>,
    decided: &[report::Criterion],
    options: Option<&report::Options>,
) -> Option<Finding> {
    let findings: Option<Vec<Finding>> =
        criterion.checks().iter().map(|check| decide(check, subject, decided, options)).collect();
    findings?.into_iter().reduce(Finding::and)
}

fn decide(
    check: &Check,
    subject: &Subject<'_>,
    decided: &[report::Criterion],
    options: Option<&report::Options>,
) -> Option<Finding> {
    match check {
        Check::RegistryPushed { registries } => Some(pushed(subject, registries)),
        Check::RegistryTags { tags } => Some(tagged(subject, tags)),
        Check::RegistryPlatforms { platforms } => Some(offers::platforms(subject, platforms)),
        Check::RegistrySbom { format } => Some(sbom::sbom(subject, *format)),
        Check::MachineDifferent => Some(on_another_machine(subject, decided, options)),
        _ => None,
    }
}

pub(crate) fn pushed(subject: &Subject<'_>, registries: &[String]) -> Finding {
    let named = registries.join(" or ");
    let next = command(subject, &format!("ship --to {}", repository(registries)));
    match &subject.travel.registry {
        Some(there) if there.digest == *subject.image.digest() => {
            let seen = format!("{}@{} read back by digest", there.repository, short(&there.digest));
            if registries.is_empty() || registries.contains(&there.registry) || registries.contains(&there.repository) {
                Finding::pass(seen)
            } else {
                Finding::pending(format!("{seen}; that is not {named}"), next)
            }
        }
        Some(there) => Finding::fail(format!(
            "{} answers with {} when asked for {}",
            there.repository,
            short(&there.digest),
            short(subject.image.digest())
        )),
        None if named.is_empty() => Finding::pending("not pushed", next),
        None => Finding::pending(format!("not pushed to {named}"), next),
    }
}

pub(crate) fn tagged(subject: &Subject<'_>, wanted: &[String]) -> Finding {
    let wanted: Vec<&str> = if wanted.is_empty() {
        vec!["version", "commit", "latest"]
    } else {
        wanted.iter().map(String::as_str).collect()
    };
    let Some(there) = &subject.travel.registry else {
        let next = command(subject, "ship --to HOST/REPO");
        return Finding::pending(format!("not pushed with the tags {}", wanted.join(", ")), next);
    };
    let next = || command(subject, &format!("ship --to {}", there.repository));
    let mut held = Vec::new();
    let mut missing = Vec::new();
    let mut through = None;
    for kind in wanted {
        let (tag, is_fixed) = match kind {
            "version" => (&there.version, true),
            "commit" => (&there.commit, true),
            "latest" => (&there.latest, false),
            other => return Finding::unproven(format!("nobody here knows which tag `{other}` is")),
        };
        let name = &tag.name;
        match &tag.names {
            Names::This => held.push(name.as_str()),
            Names::Holding(index) => {
                held.push(name.as_str());
                through = Some(index);
            }
            Names::Nothing => missing.push(format!("there is no tag {name}")),
            Names::NotForIt(why) => missing.push(format!("no {name}: {why}")),
            Names::Other(digest) => {
                let other = format!("{name} names another image, {}", short(digest));
                if is_fixed {
                    return Finding::fail(other);
                }
                missing.push(other);
            }
        }
    }
    let seen = match held.as_slice() {
        [] => String::new(),
        [one] => format!("{one} names {} in {}", short(subject.image.digest()), there.repository),
        many => format!("{} name {} in {}", many.join(", "), short(subject.image.digest()), there.repository),
    };
    let seen = match through {
        Some(index) => format!("{seen}, through the index {}", short(index)),
        None => seen,
    };
    if missing.is_empty() {
        return Finding::pass(seen);
    }
    let missing = missing.join(", ");
    Finding::pending(if seen.is_empty() { missing } else { format!("{seen}; {missing}") }, next())
}

/// `decided` holds the promises that were decided before.
pub(crate) fn on_another_machine(
    subject: &Subject<'_>,
    decided: &[report::Criterion],
    options: Option<&report::Options>,
) -> Finding {
    let travel = &subject.travel;
    if travel.pulled {
        let here = here(subject, decided, options);
        if here.verdict == Verdict::Pass || here.verdict == Verdict::Fail || travel.witness.is_none() {
            return here;
        }
    }
    if let Some(Witness { machine, engine, at, signed }) = &travel.witness {
        let machine = short_id(machine);
        return Finding::pass(format!("machine {machine} pulled and ran it on {engine} at {at} ({signed} result)"));
    }
    let name = travel.registry.as_ref().map_or("HOST/REPO:TAG".to_owned(), |there| {
        match [&there.version, &there.commit]
            .into_iter()
            .find(|tag| matches!(tag.names, Names::This | Names::Holding(_)))
        {
            Some(tag) => format!("{}:{}", there.repository, tag.name),
            None => format!("{}@{}", there.repository, there.digest),
        }
    });
    let next = format!("seaworthy verify {name}{}", if travel.registry.is_some() { " --attach" } else { "" });
    Finding::pending("seen on this machine only; to be typed on another one", next)
}

/// Whether this machine is another one than the builder's, and the image ran here.
fn here(subject: &Subject<'_>, decided: &[report::Criterion], options: Option<&report::Options>) -> Finding {
    let (built, told) = match (record(subject), &subject.travel.built) {
        (Some(record), _) => ((record.machine.clone(), record.boot.clone()), "the build record".to_owned()),
        (None, Some(told)) => {
            ((told.built.machine.clone(), told.built.boot.clone()), format!("a proof, {}", told.signed))
        }
        (None, None) => return Finding::unproven("pulled by digest; nobody knows on which machine it was built"),
    };
    let ((Some(built_on), Some(built_boot)), (Some(machine), Some(boot))) = (built, (machine::id(), machine::boot()))
    else {
        return Finding::unproven(
            "pulled by digest; this machine or the one that built it has no id to tell them apart",
        );
    };
    if built_on == machine || built_boot == boot {
        let what = if built_boot == boot { "this boot of this machine" } else { "this machine" };
        let next = subject.travel.registry.as_ref().map_or_else(
            || "seaworthy verify HOST/REPO:TAG".to_owned(),
            |there| format!("seaworthy verify {}@{} --attach", there.repository, there.digest),
        );
        return Finding::pending(format!("pulled by digest, but {what} built it; to be typed on another one"), next);
    }
    let run = || decided.iter().filter(|criterion| criterion.stage == "run");
    if let Some(broken) = run().find(|criterion| criterion.verdict == Verdict::Fail) {
        let cause = broken.caused_by.clone().unwrap_or_else(|| broken.id.clone());
        return Finding {
            caused_by: Some(cause),
            ..Finding::fail(format!("pulled by digest, and here `{}` is broken", broken.text))
        };
    }
    let kept = run().filter(|criterion| criterion.verdict == Verdict::Pass).count();
    if kept == 0 {
        return Finding::unproven("pulled by digest; no promise about running was kept here, because nothing was run");
    }
    // What runs only with further files or arguments does not run here as it was shown to run there.
    let options = options.cloned().unwrap_or_default();
    let is_alike =
        || subject.travel.built.iter().flat_map(|told| &told.started).any(|there| there.starts_like(&options));
    if !options.starts_like(&report::Options::default()) && !is_alike() {
        return Finding::unproven(
            "pulled by digest, and run here with files, arguments or a user that the machine that built it did not use",
        );
    }
    let promises = if kept == 1 { "1 promise".to_owned() } else { format!("{kept} promises") };
    Finding::pass(format!(
        "pulled by digest and run: {promises} about running kept on machine {}, built on {} (says {told})",
        short_id(&machine),
        short_id(&built_on)
    ))
}

/// What to put for `HOST/REPO` where the sentence names a registry.
fn repository(registries: &[String]) -> String {
    let Some(first) = registries.first() else { return "HOST/REPO".to_owned() };
    let name = first.to_lowercase();
    if name.contains('/') {
        return name;
    }
    if name.contains("docker") {
        "docker.io/OWNER/REPO".to_owned()
    } else if name.contains("ghcr") || name.contains("github") {
        "ghcr.io/OWNER/REPO".to_owned()
    } else if name.contains('.') && !name.contains(char::is_whitespace) {
        format!("{name}/REPO")
    } else {
        "HOST/REPO".to_owned()
    }
}

/// The first digits of a machine's id, as many as tell machines apart by eye.
fn short_id(id: &str) -> String {
    id.chars().take(12).collect()
}
