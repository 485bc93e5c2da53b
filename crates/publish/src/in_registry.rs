//! What a registry has of an image.

use seaworthy_image::index::{self, Offer};
use seaworthy_image::{Digest, Image};
use seaworthy_registry::tags::{self, Fate, Meaning, Origin};
use seaworthy_registry::{RegistryError, Repository};
use seaworthy_verify::{InRegistry, Names, Tag};

use crate::{offers, sboms};

/// Why it is not known what a registry has of an image.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It answers, and has no such manifest.
    #[error("`{repository}` has no `{digest}`")]
    NoImage { repository: String, digest: Digest },
}

impl SeenError {
    /// What may have happened.
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self, Self::NoImage { .. }).then_some("was it removed just now?")
    }
}

/// What else is asked about an image, where a promise needs it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The index through which it was pulled.
    pub index: Option<&'a Digest>,
    pub platforms: bool,
    pub sbom: bool,
}

/// Asks a registry about an image: whether its digest is there, and what each tag made from `origin` names.
///
/// # Errors
///
/// Fails if the registry cannot be asked, or has no such image.
pub fn in_registry(
    repository: &Repository,
    origin: Origin,
    image: &Image,
    asked: Asked<'_>,
) -> Result<InRegistry, SeenError> {
    let digest = image.digest();
    let there = repository
        .resolve(digest.as_str())?
        .ok_or_else(|| SeenError::NoImage { repository: repository.to_string(), digest: digest.clone() })?;
    let origin = Origin { own: Vec::new(), ..origin };
    let found = repository.look_up(&origin)?;
    let plan = tags::plan(&origin, digest, &found, false);
    // Without a step for it, the image has no such tag: `form` and `why` say so.
    let tag = |meaning: Meaning, form: &str, why: &str| -> Result<Tag, RegistryError> {
        let Some(step) = plan.steps.iter().find(|step| step.meaning == meaning) else {
            return Ok(Tag { name: form.to_owned(), names: Names::NotForIt(why.to_owned()) });
        };
        let names = match (&step.fate, found.names.get(&step.tag)) {
            (_, Some(named)) if named == digest => Names::This,
            (_, Some(named)) if is_index_with(repository, named, digest)? => Names::Holding(named.clone()),
            (_, Some(named)) => Names::Other(named.clone()),
            (Fate::LeftOut { why }, None) => Names::NotForIt(why.clone()),
            (_, None) => Names::Nothing,
        };
        Ok(Tag { name: step.tag.clone(), names })
    };
    let (version, commit, latest) = (
        tag(Meaning::Version, "VERSION", "the image tells no version")?,
        tag(Meaning::Commit, "sha-COMMIT", "the tree differed from its commit")?,
        tag(Meaning::Latest, "latest", "the image is no release")?,
    );
    let held = [&version, &latest, &commit].into_iter().find_map(|tag| match &tag.names {
        Names::Holding(index) => Some(index),
        _ => None,
    });
    let index = asked.index.or(held);
    let offers = match index.filter(|_| asked.platforms) {
        Some(index) => offers::of(repository, index)?,
        None => None,
    };
    let sboms = if asked.sbom { Some(sboms::of(repository, digest, index)?) } else { None };
    Ok(InRegistry {
        registry: repository.registry().to_owned(),
        repository: repository.to_string(),
        digest: there.digest,
        version,
        commit,
        latest,
        offers,
        sboms,
    })
}

/// Whether `named` is an index that lists the image.
fn is_index_with(repository: &Repository, named: &Digest, image: &Digest) -> Result<bool, RegistryError> {
    let Some(manifest) = repository.manifest(named.as_str())? else { return Ok(false) };
    let is_it = |offer: &Offer| matches!(offer, Offer::Image(offered) if offered.descriptor.digest == *image);
    Ok(manifest.is_index() && index::offers(&manifest.bytes).is_ok_and(|offers| offers.iter().any(is_it)))
}
