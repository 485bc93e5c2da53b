//! What is attached to a manifest: asked for wherever it may be told, each once, and seen to belong to it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use seaworthy_image::{Digest, OCI_INDEX, limits};
use ureq::http::Method;

use crate::artifact::{self, Attached, Index};
use crate::request::{Request, Scope};
use crate::{RegistryError, Repository, next_page, parallel, refusal};

/// What is attached to a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachments {
    /// By the digests of their manifests.
    pub found: Vec<Attached>,
    /// What is told somewhere and could not be taken.
    pub skipped: Vec<Skipped>,
    /// There is more than is looked at, or the registry failed over some of it: nobody knows what the rest is.
    pub cut: bool,
}

/// Something that is told to be attached and is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// A digest, a tag, or a place where they are told.
    pub what: String,
    pub why: String,
}

/// How many manifests are read.
const READ: usize = 1_000;

/// How many entries of one place are looked at.
const LISTED: usize = 10_000;

/// The largest manifest of something attached that is taken: all of them are held at once.
const MANIFEST_BYTES: usize = 64 << 10;

/// No manifest is asked for after so long.
const LONGEST: Duration = Duration::from_mins(10);

/// How many pages the referrers API may answer.
const PAGES: usize = 100;

impl Repository {
    /// What is attached to the manifest with this digest: as the referrers API tells, as the index under the fallback
    /// tag does, and by tags of its own. None of the three is relied upon.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked or does not permit it. What is told and is not there, or belongs to
    /// something else, is no error: it is skipped.
    pub fn attached(&self, subject: &Digest) -> Result<Attachments, RegistryError> {
        let (read, all) = (BTreeSet::new(), Attachments::default());
        let mut survey = Survey { repository: self, subject, begun: Instant::now(), read, all };
        survey.own_tags()?;
        let mut told = self.referrers(subject);
        told.extend(survey.fallback()?);
        survey.digests(&told)?;
        let mut all = survey.all;
        all.found.sort_by(|one, other| one.manifest.cmp(&other.manifest));
        all.skipped.sort();
        all.skipped.dedup();
        Ok(all)
    }

    /// The digests that the referrers API tells, as far as it answers with an index.
    fn referrers(&self, subject: &Digest) -> Vec<String> {
        let mut told = Vec::new();
        let mut request = self.ask(Method::GET, &format!("/referrers/{subject}"));
        for _ in 0..PAGES {
            let Ok(response) = self.session.send(&request.header("accept", OCI_INDEX).never_repeated()) else { break };
            let next = response.header("link").and_then(next_page).and_then(|next| response.join(next).ok());
            let index = response.bytes("a list of referrers", limits::JSON_BYTES).ok();
            let Some(index) = index.as_deref().and_then(Index::read) else { break };
            told.extend(index.digests());
            match next {
                Some(next) if told.len() < LISTED => request = Request::new(Method::GET, next, Scope::pull(&self.name)),
                _ => break,
            }
        }
        told
    }
}

/// The digest of a manifest that is there, and what it is, or why it is nothing that is attached.
type Looked = (Digest, Result<Attached, String>);

/// What was found so far.
struct Survey<'a> {
    repository: &'a Repository,
    subject: &'a Digest,
    begun: Instant,
    /// The manifests that were read, whatever they were.
    read: BTreeSet<Digest>,
    all: Attachments,
}

impl Survey<'_> {
    fn skip(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.all.skipped.push(Skipped { what: what.into(), why: why.into() });
    }

    fn own_tags(&mut self) -> Result<(), RegistryError> {
        let tags = match self.repository.tags() {
            Ok(tags) => tags,
            Err(RegistryError::NoSuchRepository { .. }) => return Ok(()),
            Err(error) => {
                let unread =
                    error.passes() || matches!(error, RegistryError::TooManyTags { .. } | RegistryError::Slow { .. });
                let why = tellable(error)?;
                self.all.cut |= unread;
                self.skip("the list of tags", why);
                return Ok(());
            }
        };
        let prefix = artifact::own_tag_prefix(self.subject);
        let tags: BTreeSet<String> = tags.into_iter().filter(|tag| tag.starts_with(&prefix)).collect();
        self.take(tags.into_iter().collect())
    }

    /// The digests in the index under the fallback tag.
    fn fallback(&mut self) -> Result<Vec<String>, RegistryError> {
        let tag = artifact::fallback_tag(self.subject);
        let why = match self.repository.manifest(&tag) {
            Ok(None) => return Ok(Vec::new()),
            Ok(Some(manifest)) => {
                if let Some(index) = Index::read(&manifest.bytes) {
                    return Ok(index.digests().collect());
                }
                "it names something else than an index of what is attached".to_owned()
            }
            Err(error) => {
                self.all.cut |= error.passes();
                tellable(error)?
            }
        };
        self.skip(tag, why);
        Ok(Vec::new())
    }

    fn digests(&mut self, told: &[String]) -> Result<(), RegistryError> {
        let mut unread = BTreeSet::new();
        if told.len() > LISTED {
            self.cut(told.len() - LISTED, LISTED);
        }
        for text in told.iter().take(LISTED) {
            match text.parse::<Digest>() {
                Ok(digest) if self.read.contains(&digest) => {}
                Ok(digest) => drop(unread.insert(digest)),
                Err(_) => self.skip(refusal::clean(text), "it is no digest of a manifest"),
            }
        }
        self.take(unread.iter().map(Digest::to_string).collect())
    }

    fn cut(&mut self, more: usize, most: usize) {
        self.all.cut = true;
        self.skip(format!("{more} more"), format!("no more than {most} are read"));
    }

    /// The digest of what a tag or a digest names, and what that is; nothing else of it is kept.
    fn one(&self, identifier: &str) -> Result<Option<Looked>, RegistryError> {
        if self.begun.elapsed() > LONGEST {
            return Err(RegistryError::Slow {
                host: self.repository.session.host().to_owned(),
                what: "what is attached",
            });
        }
        let Some(manifest) = self.repository.manifest(identifier)? else { return Ok(None) };
        let read = if manifest.bytes.len() > MANIFEST_BYTES {
            Err(format!("its manifest takes more than {MANIFEST_BYTES} bytes"))
        } else {
            Attached::read(manifest.digest.clone(), &manifest.bytes, self.subject)
        };
        Ok(Some((manifest.digest, read)))
    }

    /// Reads what tags or digests name, and takes what belongs to the subject.
    fn take(&mut self, mut identifiers: Vec<String>) -> Result<(), RegistryError> {
        let left = READ.saturating_sub(self.read.len());
        if identifiers.len() > left {
            self.cut(identifiers.len() - left, READ);
            identifiers.truncate(left);
        }
        let manifests = parallel::each(identifiers.len(), |turn| self.one(&identifiers[turn]));
        for (what, manifest) in identifiers.into_iter().zip(manifests) {
            match manifest {
                Ok(None) => self.skip(what, "it is not there"),
                Ok(Some((digest, _))) if !self.read.insert(digest.clone()) => {}
                Ok(Some((_, Ok(attached)))) => self.all.found.push(attached),
                Ok(Some((_, Err(why)))) => self.skip(what, why),
                Err(error) => {
                    self.all.cut |= error.passes() || matches!(error, RegistryError::Slow { .. });
                    let why = tellable(error)?;
                    self.skip(what, why);
                }
            }
        }
        Ok(())
    }
}

/// What can be told of one part while the others are still read; that the registry is out of reach concerns all.
fn tellable(error: RegistryError) -> Result<String, RegistryError> {
    let concerns_all = error.is_absence()
        || matches!(
            error,
            RegistryError::Broken { .. }
                | RegistryError::Silent { .. }
                | RegistryError::RateLimit { .. }
                | RegistryError::Interrupted
                | RegistryError::Tls { .. }
                | RegistryError::NotLoggedIn { .. }
                | RegistryError::WrongCredentials { .. }
        );
    if concerns_all { Err(error) } else { Ok(error.to_string()) }
}
