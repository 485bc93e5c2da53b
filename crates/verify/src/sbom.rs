//! `registry.sbom`: An SBOM is attached to the image.

use seaworthy_image::Digest;
use seaworthy_spec::Sbom as Format;

use crate::beyond::{command, short};
use crate::{Finding, Subject, image};

/// What is attached to an image as a software bill of materials.
#[derive(Debug, Clone, Default)]
pub struct Sboms {
    pub found: Vec<Sbom>,
    /// Documents that are none: empty, damaged, or about another image.
    pub wrong: Vec<String>,
    /// Documents that could not be read.
    pub unread: Vec<String>,
    /// There is more than was looked at.
    pub cut: bool,
}

/// A document that lists what is in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// `SPDX` or `CycloneDX`.
    pub format: &'static str,
    pub packages: usize,
    /// The manifest that carries it.
    pub manifest: Digest,
}

pub(crate) fn sbom(subject: &Subject<'_>, format: Format) -> Finding {
    let Some(there) = &subject.travel.registry else {
        let next = command(subject, "verify HOST/REPO:TAG");
        return Finding::pending("an SBOM is attached in a registry; none was asked", next);
    };
    let Some(sboms) = &there.sboms else { return Finding::unproven("what is attached to the image was not asked") };
    let is_wanted = |sbom: &&Sbom| match format {
        Format::Any => true,
        Format::Spdx => sbom.format == "SPDX",
        Format::CycloneDx => sbom.format == "CycloneDX",
    };
    if let Some(sbom) = sboms.found.iter().find(is_wanted) {
        let Sbom { format, packages, manifest } = sbom;
        let (manifest, own) = (short(manifest), short(subject.image.digest()));
        let packages = image::count(*packages as u64, "package");
        return Finding::pass(format!("{manifest} attaches to {own} a document of {format} that lists {packages}"));
    }
    if let Some(unread) = sboms.unread.first() {
        return Finding::unproven(format!("cannot be read: {unread}"));
    }
    if let (Some(wrong), []) = (sboms.wrong.first(), sboms.found.as_slice()) {
        return Finding::fail(format!("no SBOM of this image: {wrong}"));
    }
    if sboms.cut {
        return Finding::unproven("no SBOM among what was looked at; more is attached");
    }
    let others: Vec<&str> = sboms.found.iter().map(|sbom| sbom.format).collect();
    let but = if others.is_empty() { String::new() } else { format!(", but {}", others.join(", ")) };
    let seen = format!("no such SBOM is attached to {} in {}{but}", short(subject.image.digest()), there.repository);
    Finding::pending(seen, command(subject, &format!("verify {}@{}", there.repository, there.digest)))
}
