//! One repository in one registry, and what can be read there.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use seaworthy_image::{
    DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, Digest, Length, OCI_INDEX, OCI_MANIFEST, VerifyingReader, limits,
};
use serde::Deserialize;
use ureq::http::Method;

use crate::RegistryError;
use crate::download::Download;
use crate::request::{Request, Response, Scope};
use crate::session::Session;

/// One repository in one registry. Nothing is asked before a question is.
#[derive(Clone)]
pub struct Repository {
    pub(crate) session: Arc<Session>,
    /// `acme/app`
    pub(crate) name: String,
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.session.host(), self.name)
    }
}

impl Repository {
    /// The registry's host, as references name it: `ghcr.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        self.session.host()
    }

    /// A request for which pulling must be permitted; `path` stands behind the repository's name.
    pub(crate) fn ask<'a>(&self, method: Method, path: &str) -> Request<'a> {
        Request::new(method, format!("/v2/{}{path}", self.name), Scope::pull(&self.name))
    }

    /// A request for which pushing must be permitted.
    pub(crate) fn tell<'a>(&self, method: Method, path: &str) -> Request<'a> {
        Request::new(method, format!("/v2/{}{path}", self.name), Scope::push(&self.name))
    }

    /// As [`Self::tell`], to a URL that the registry named.
    pub(crate) fn tell_at<'a>(&self, method: Method, url: &str) -> Request<'a> {
        Request::new(method, url, Scope::push(&self.name))
    }

    /// What a tag or a digest names; `None` where the registry has no such manifest.
    ///
    /// For a tag this is what the registry says; what is then asked for by digest is checked.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked, or does not permit it.
    pub fn resolve(&self, identifier: &str) -> Result<Option<Descriptor>, RegistryError> {
        let request = self.manifest_request(Method::HEAD, identifier)?;
        let claimed = match found(self.session.send(&request))? {
            None => return Ok(None),
            Some(response) => claim(&response),
        };
        match claimed {
            Some(claimed) if !identifier.contains(':') || claimed.digest.as_str() == identifier => Ok(Some(claimed)),
            // Not every registry says all that, or says it right: the bytes do.
            _ => Ok(self.manifest(identifier)?.map(|manifest| manifest.descriptor())),
        }
    }

    /// The manifest or index that a tag or a digest names; `None` where the registry has none.
    ///
    /// # Errors
    ///
    /// Fails if the registry cannot be asked or does not permit it, or if what comes has another digest than was
    /// asked for.
    pub fn manifest(&self, identifier: &str) -> Result<Option<RawManifest>, RegistryError> {
        found(self.needed_manifest(identifier))
    }

    /// As [`Self::manifest`]; that there is none is an error.
    pub(crate) fn needed_manifest(&self, identifier: &str) -> Result<RawManifest, RegistryError> {
        let request = self.manifest_request(Method::GET, identifier)?;
        let response = self.session.send(&request)?;
        let told = response.header("content-type").map(|told| told.split(';').next().unwrap_or_default().trim());
        let told = told.map(str::to_owned);
        let odd = response.odd("something that is no manifest");
        let bytes = response.bytes("a manifest", limits::JSON_BYTES)?;
        let digest = Digest::of(&bytes);
        if let Ok(want) = identifier.parse::<Digest>()
            && want != digest
        {
            return Err(RegistryError::OtherManifest { want, got: digest });
        }
        match media_type(&bytes, told) {
            Some(media_type) => Ok(RawManifest { media_type, bytes, digest }),
            None => Err(odd),
        }
    }

    fn manifest_request<'a>(&self, method: Method, identifier: &str) -> Result<Request<'a>, RegistryError> {
        let known = identifier.parse::<Digest>().is_ok() || is_tag(identifier);
        if !known {
            return Err(RegistryError::Identifier { identifier: identifier.chars().take(150).collect() });
        }
        let accept = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(", ");
        Ok(self.ask(method, &format!("/manifests/{identifier}")).header("accept", accept))
    }

    /// The bytes of a blob, checked against its digest and size while they are read: only what was read to the end
    /// is what was asked for. A connection that breaks is taken up again where it broke.
    ///
    /// # Errors
    ///
    /// Fails if there is no such blob, or it may not be read.
    pub fn blob(&self, blob: &Descriptor) -> Result<Box<dyn Read + Send>, RegistryError> {
        let download = Download::begin(self.clone(), blob.clone())?;
        Ok(Box::new(VerifyingReader::new(download, blob.digest.clone(), Length::Exactly(blob.size))))
    }
}

/// A manifest or an index, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawManifest {
    /// As its bytes say, else as the registry says.
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// Of the bytes.
    pub digest: Digest,
}

impl RawManifest {
    pub fn descriptor(&self) -> Descriptor {
        Descriptor { media_type: self.media_type.clone(), digest: self.digest.clone(), size: self.bytes.len() as u64 }
    }

    /// Whether it names several images.
    pub fn is_index(&self) -> bool {
        matches!(self.media_type.as_str(), OCI_INDEX | DOCKER_INDEX)
    }
}

/// What the headers of an answer claim, if they claim all that is needed.
fn claim(response: &Response) -> Option<Descriptor> {
    let media_type = response.header("content-type")?.split(';').next()?.trim().to_owned();
    let known = matches!(media_type.as_str(), OCI_MANIFEST | OCI_INDEX | DOCKER_MANIFEST | DOCKER_INDEX);
    let size = response.content_length().filter(|&size| size > 0)?;
    known.then_some(Descriptor { media_type, digest: response.claimed_digest()?, size })
}

/// As the bytes say, else as was told; `None` if they are no manifest at all.
fn media_type(bytes: &[u8], told: Option<String>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        media_type: Option<String>,
        manifests: Option<serde::de::IgnoredAny>,
    }
    let kind: Kind = serde_json::from_slice(bytes).ok()?;
    let guess = if kind.manifests.is_some() { OCI_INDEX } else { OCI_MANIFEST };
    let told = told.filter(|told| told.starts_with("application/vnd."));
    Some(kind.media_type.or(told).unwrap_or_else(|| guess.to_owned()))
}

/// That there is none is an answer.
fn found<T>(result: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(RegistryError::NoSuchManifest { .. } | RegistryError::NoSuchRepository { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().next().is_some_and(word)
        && text.len() <= 128
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}
