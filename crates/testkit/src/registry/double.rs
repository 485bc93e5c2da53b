//! A registry in this process (OCI distribution specification 1.1) that can be told to fail.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use seaworthy_image::{Digest, Image};

use super::fault::Fault;
use super::http::{Reply, Request, Response, Server};
use super::record::{Record, Seen};
use super::service::Service;
use super::{Identity, TokenServer};

/// Who is let in.
#[derive(Default)]
pub enum Access {
    #[default]
    Anybody,
    Basic {
        user: &'static str,
        password: &'static str,
    },
    Bearer(TokenServer),
}

/// How a double is set up.
#[derive(Default)]
pub struct Setup {
    pub tls: Option<Identity>,
    pub access: Access,
    pub faults: Vec<Fault>,
    /// Blobs are sent from another port, to which downloads are redirected.
    pub has_storage: bool,
    /// Tags of one page; 100 where it is 0.
    pub page: usize,
}

/// The registry; it ends when it is dropped.
pub struct Double {
    server: Server,
    storage: Option<Server>,
    state: Arc<Service>,
}

impl Double {
    /// One that lets anybody in and does all right.
    ///
    /// # Errors
    ///
    /// Fails if there is no port; so the others.
    pub fn start() -> anyhow::Result<Self> {
        Self::set_up(Setup::default())
    }

    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn with(faults: impl IntoIterator<Item = Fault>) -> anyhow::Result<Self> {
        Self::set_up(Setup { faults: faults.into_iter().collect(), ..Setup::default() })
    }

    /// # Errors
    ///
    /// As [`Self::start`], and where the identity cannot be used.
    pub fn set_up(setup: Setup) -> anyhow::Result<Self> {
        let store: Arc<Mutex<Option<Arc<Service>>>> = Arc::default();
        let of_storage = Arc::clone(&store);
        let storage = if setup.has_storage {
            let handler = move |request: &mut Request<'_>| {
                let state = of_storage.lock().unwrap_or_else(PoisonError::into_inner).clone();
                Reply::Answer(state.map_or(Response::new(503), |state| state.send(request)))
            };
            Some(Server::start(None, Arc::new(handler))?)
        } else {
            None
        };
        let state = Arc::new(Service {
            access: setup.access,
            faults: Mutex::new(setup.faults),
            page: if setup.page == 0 { 100 } else { setup.page },
            storage: storage.as_ref().map(|server| format!("http://{}", server.address())),
            store: Mutex::default(),
            record: Record::default(),
            of_storage: Record::default(),
        });
        *store.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&state));
        let tls = setup.tls.as_ref().map(Identity::server).transpose()?;
        let of_server = Arc::clone(&state);
        let server = Server::start(tls, Arc::new(move |request| of_server.reply(request)))?;
        Ok(Self { server, storage, state })
    }

    /// `127.0.0.1:40123`
    pub fn host(&self) -> String {
        self.server.address().to_string()
    }

    /// One more fault, from now on.
    pub fn fail(&self, fault: Fault) {
        self.state.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// From now on all is well.
    pub fn recover(&self) {
        self.state.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The requests since the start or [`Self::forget`], as they ended.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.record.all()
    }

    /// The requests to the place that downloads are redirected to.
    pub fn seen_by_storage(&self) -> Vec<Seen> {
        self.state.of_storage.all()
    }

    /// Forgets the requests.
    pub fn forget(&self) {
        self.state.record.clear();
    }

    /// How many requests of `method` had a target with `part` in it.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method && seen.target.contains(part)).count()
    }

    /// Bytes of all blobs that were received.
    pub fn uploaded_bytes(&self) -> u64 {
        self.seen().iter().filter(|seen| seen.target.contains("/blobs/uploads/")).map(|seen| seen.received_bytes).sum()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.server.accepted() + self.storage.as_ref().map_or(0, Server::accepted)
    }

    /// The token server, where there is one.
    pub fn tokens(&self) -> Option<&TokenServer> {
        match &self.state.access {
            Access::Bearer(tokens) => Some(tokens),
            _ => None,
        }
    }

    /// Puts a blob there without asking.
    pub fn keep_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        self.state.store().repository(repository).keep_blob(bytes)
    }

    /// Puts a manifest or index there without asking, under a tag or its digest.
    pub fn keep_manifest(&self, repository: &str, identifier: &str, media_type: &str, bytes: &[u8]) -> Digest {
        self.state.store().repository(repository).keep_manifest(identifier, media_type, bytes)
    }

    /// Puts a whole image there without asking, under a tag.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read.
    pub fn keep_image(&self, repository: &str, tag: &str, image: &Image) -> anyhow::Result<Digest> {
        for layer in &image.layers {
            let mut bytes = Vec::new();
            layer.compressed()?.read_to_end(&mut bytes)?;
            self.keep_blob(repository, &bytes);
        }
        self.keep_blob(repository, image.config.bytes());
        Ok(self.keep_manifest(repository, tag, image.manifest.media_type(), image.manifest.bytes()))
    }

    /// Forgets a manifest, and all tags that name it.
    pub fn lose(&self, repository: &str, digest: &str) {
        let mut store = self.state.store();
        let kept = store.repository(repository);
        kept.manifests.remove(digest);
        kept.tags.retain(|_, named| named != digest);
    }

    /// What a tag names.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<String> {
        self.state.store().repository(repository).tags.get(tag).cloned()
    }

    pub fn tags(&self, repository: &str) -> Vec<String> {
        self.state.store().repository(repository).tags.keys().cloned().collect()
    }

    /// The bytes of what a tag or digest names.
    pub fn manifest(&self, repository: &str, identifier: &str) -> Option<Vec<u8>> {
        self.state.store().repository(repository).manifest(identifier).map(|(_, stored)| stored.bytes.to_vec())
    }

    pub fn blob(&self, repository: &str, digest: &Digest) -> Option<Vec<u8>> {
        self.state.store().repository(repository).blobs.get(digest.as_str()).map(|bytes| bytes.to_vec())
    }
}
