//! Who brought a file. Takes away the findings in files that a package manager vouches for, for what is published is not
//! the author's secret.
//!
//! `docs/secrets.md` says in words what vouches, for what, and why.

mod author;
mod download;
mod evidence;
mod metadata;
mod npm;
mod pip;
mod pyc;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use seaworthy_image::Image;

use self::evidence::Evidence;
use super::facts::{Facts, FactsError, Place, Secret, Vouched};
use super::package::Manager;
use super::secret::Strength;

/// Who says that a file was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voucher {
    Distribution(Manager),
    Pip,
    /// pip has the bytes on record; that the package was published is what its metadata says.
    Metadata,
    Npm,
    /// A published package's wheel that lies in the image.
    Wheel,
    /// The cache of downloads of a package manager.
    Cache(&'static str),
}

/// The layers that have records of package managers for languages, as the first pass saw them go by.
#[derive(Debug, Default)]
pub(super) struct Records {
    layers: BTreeSet<usize>,
    is_any: bool,
}

/// Which files are asked about.
#[derive(Debug, Default)]
struct Asked {
    files: HashSet<(usize, String)>,
    /// The same without their layers: what a record is searched for.
    paths: HashSet<String>,
    /// What the `.pyc` files among them were compiled from, in whichever layer.
    sources: HashSet<String>,
}

impl Voucher {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Distribution(manager) => manager.name(),
            Self::Pip | Self::Metadata | Self::Wheel => "pip",
            Self::Npm => "npm",
            Self::Cache(manager) => manager,
        }
    }

    /// Whether it says of exactly these bytes that they were published. The others make it likely.
    fn is_sure(self) -> bool {
        matches!(self, Self::Distribution(_) | Self::Pip)
    }

    /// Where it has a file from.
    pub(super) fn how(self) -> &'static str {
        match self {
            Self::Distribution(_) => "with keys as the distribution ships it, byte for byte",
            Self::Pip => "as its package was published, byte for byte",
            Self::Metadata => "of a package that is published, as its metadata says",
            Self::Npm => "of a package from its registry",
            Self::Wheel => "in the wheel of a published package",
            Self::Cache(_) => "in its cache of downloads",
        }
    }
}

impl Records {
    /// A file of a layer goes by.
    pub(super) fn note(&mut self, layer: usize, path: &str) {
        let is_record = pip::is_record(path) || npm::is_state(path);
        self.is_any |= is_record;
        if is_record || author::is_manifest(path) || pip::described(path).is_some() {
            self.layers.insert(layer);
        }
    }
}

impl Asked {
    fn of(facts: &Facts, records: &Records) -> Self {
        let mut asked = Self::default();
        for secret in &facts.secrets {
            if let Place::File { layer, path, .. } = &secret.place
                && (records.is_any || is_distributions(facts, path) || is_download(path))
            {
                asked.sources.extend(pyc::source(path));
                asked.paths.insert(path.clone());
                asked.files.insert((*layer, path.clone()));
            }
        }
        asked
    }

    /// Whether a record's line about this path is worth keeping.
    fn is_about(&self, path: &str) -> bool {
        self.paths.contains(path) || self.sources.contains(path)
    }
}

fn is_distributions(facts: &Facts, path: &str) -> bool {
    facts.packages.knows(path) || pyc::source(path).is_some_and(|source| facts.packages.knows(&source))
}

fn is_download(path: &str) -> bool {
    download::cache(path).is_some() || download::wheel(path).is_some()
}

/// Reads the layers with findings and those with records once more, and takes away what is vouched for.
///
/// # Errors
///
/// Fails if a layer cannot be read again.
pub(super) fn ask(facts: &mut Facts, image: &Image, records: &Records) -> Result<(), FactsError> {
    let asked = Asked::of(facts, records);
    if asked.files.is_empty() {
        facts.secrets.retain(|secret| !secret.if_authors);
        return Ok(());
    }
    let with_sources = if asked.sources.is_empty() { 0..0 } else { 0..image.layers.len() };
    let layers: BTreeSet<usize> = asked.files.iter().map(|(layer, _)| *layer).chain(with_sources).collect();
    let mut evidence = Evidence::new(asked, facts);
    for index in layers.union(&records.layers) {
        let failed = |source| FactsError::Layer { number: index + 1, source };
        evidence.read(*index, image.layers[*index].as_ref()).map_err(failed)?;
    }
    take_away(facts, &evidence);
    Ok(())
}

/// A token with a right checksum stays, and so does a value that the user gave: both open something, whoever brought them.
fn take_away(facts: &mut Facts, evidence: &Evidence) {
    let mut vouched: BTreeMap<(usize, String), Vouched> = BTreeMap::new();
    let mut kept = Vec::with_capacity(facts.secrets.len());
    for mut secret in std::mem::take(&mut facts.secrets) {
        let answer = if secret.is_live() { None } else { evidence.answer(&facts.packages, &secret) };
        match (answer, &secret.place) {
            (Some(_), _) if secret.if_authors => {}
            (None, Place::File { path, .. }) if secret.if_authors && !evidence.has_records_around(path) => {}
            (Some(by), _) if !by.voucher.is_sure() && secret.hit.strength == Strength::Certain => {
                secret.hit.strength = Strength::Doubtful;
                secret.brought_by = Some(by);
                kept.push(secret);
            }
            (Some(by), Place::File { layer, path, .. }) => {
                vouched.entry((*layer, path.clone())).or_insert(by);
            }
            _ => kept.push(secret),
        }
    }
    facts.secrets = kept;
    facts.vouched.extend(vouched.into_values());
}

impl Secret {
    fn is_live(&self) -> bool {
        self.hit.is_checksummed() || self.given.is_some()
    }
}
