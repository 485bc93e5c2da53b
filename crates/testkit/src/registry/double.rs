//! A registry in this process (OCI distribution specification 1.1) that can be told to fail.

use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seaworthy_image::{Digest, Image};
use serde_json::Value;

use super::fault::{Action, Fault};
use super::http::{Reply, Request, Response, Server};
use super::record::{Record, Seen};
use super::store::Store;
use super::tokens::is_basic;
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
    state: Arc<State>,
}

struct State {
    access: Access,
    faults: Mutex<Vec<Fault>>,
    page: usize,
    storage: Option<String>,
    store: Mutex<Store>,
    record: Record,
    of_storage: Record,
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
        let store: Arc<Mutex<Option<Arc<State>>>> = Arc::default();
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
        let state = Arc::new(State {
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

/// A path of the specification, taken apart.
enum Route<'a> {
    Base,
    Blob(&'a str, &'a str),
    Uploads(&'a str),
    Upload(&'a str, &'a str),
    Manifest(&'a str, &'a str),
    Tags(&'a str),
    Referrers(&'a str, &'a str),
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix("/v2/")?;
        if path.is_empty() {
            return Some(Self::Base);
        }
        if let Some(name) = path.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        if let Some((name, id)) = path.split_once("/blobs/uploads/") {
            return Some(if id.is_empty() { Self::Uploads(name) } else { Self::Upload(name, id) });
        }
        let (before, last) = path.rsplit_once('/')?;
        let (name, kind) = before.rsplit_once('/')?;
        match kind {
            "blobs" => Some(Self::Blob(name, last)),
            "manifests" => Some(Self::Manifest(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }

    fn repository(&self) -> &'a str {
        match self {
            Self::Base => "",
            Self::Uploads(name)
            | Self::Tags(name)
            | Self::Blob(name, _)
            | Self::Upload(name, _)
            | Self::Manifest(name, _)
            | Self::Referrers(name, _) => name,
        }
    }
}

/// The client broke its request.
struct Broken;

impl State {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, request: &mut Request<'_>) -> Reply {
        let struck = {
            let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.iter().find(|fault| fault.strikes(request)).map(|fault| fault.action.clone())
        };
        let reply = match struck {
            None => self.answer(request).map_or(Reply::Drop, Reply::Answer),
            Some(Action::Answer(response)) => Reply::Answer(response),
            Some(Action::BreakUpload(after)) => {
                request.body.breaks_after = Some(after);
                self.answer(request).map_or(Reply::Drop, Reply::Answer)
            }
            Some(Action::BreakDownload(after)) => {
                self.answer(request).map_or(Reply::Drop, |response| Reply::Cut(response, after))
            }
            Some(Action::StallDownload(after)) => {
                self.answer(request).map_or(Reply::Drop, |response| Reply::Trickle(response, after))
            }
            Some(Action::Change(change)) => match self.answer(request) {
                Ok(mut response) => {
                    change(&mut response);
                    Reply::Answer(response)
                }
                Err(Broken) => Reply::Drop,
            },
            Some(Action::Raw(write)) => Reply::Raw(write),
            Some(Action::Stall) => Reply::Stall,
        };
        let status = match &reply {
            Reply::Answer(response) => {
                let _ = std::io::copy(&mut request.body, &mut std::io::sink());
                response.status
            }
            Reply::Cut(response, _) | Reply::Trickle(response, _) => response.status,
            Reply::Raw(_) | Reply::Stall | Reply::Drop => 0,
        };
        self.record.add(request, status);
        reply
    }

    fn answer(&self, request: &mut Request<'_>) -> Result<Response, Broken> {
        let path = request.path.clone();
        let Some(route) = Route::of(&path) else {
            return Ok(Response::new(404).body("text/plain", "404 page not found\n"));
        };
        if let Some(refusal) = self.refusal(request, &route) {
            return Ok(refusal);
        }
        let method = request.method.clone();
        match (&*method, route) {
            ("GET" | "HEAD", Route::Base) => Ok(Response::new(200).body("application/json", "{}")),
            ("GET" | "HEAD", Route::Blob(name, digest)) => Ok(self.blob(request, name, digest)),
            ("POST", Route::Uploads(name)) => self.begin_upload(request, name),
            ("PATCH", Route::Upload(name, id)) => self.continue_upload(request, name, id),
            ("PUT", Route::Upload(name, id)) => self.end_upload(request, name, id),
            ("GET", Route::Upload(name, id)) => Ok(self.upload_state(name, id)),
            ("DELETE", Route::Upload(_, id)) => {
                self.store().uploads.remove(id);
                Ok(Response::new(204))
            }
            ("GET" | "HEAD", Route::Manifest(name, identifier)) => Ok(self.manifest(request, name, identifier)),
            ("PUT", Route::Manifest(name, identifier)) => self.put_manifest(request, name, identifier),
            ("DELETE", Route::Manifest(name, identifier)) => Ok(self.delete_manifest(name, identifier)),
            ("GET", Route::Tags(name)) => Ok(self.tags(request, name)),
            ("GET", Route::Referrers(name, digest)) => {
                let kind = request.parameter("artifactType");
                let index = self.store().repository(name).referrers(digest, kind);
                let response = Response::new(200).body(seaworthy_image::OCI_INDEX, index.to_string());
                Ok(if kind.is_some() { response.header("OCI-Filters-Applied", "artifactType") } else { response })
            }
            _ => Ok(Response::error(405, "UNSUPPORTED", "the operation is unsupported")),
        }
    }

    /// Why this request is not let in.
    fn refusal(&self, request: &Request<'_>, route: &Route<'_>) -> Option<Response> {
        let header = request.header("authorization");
        match &self.access {
            Access::Anybody => None,
            Access::Basic { user, password } => {
                if header.is_some_and(|header| is_basic(header, user, password)) {
                    return None;
                }
                let response = Response::error(401, "UNAUTHORIZED", "authentication required");
                Some(response.header("WWW-Authenticate", "Basic realm=\"a registry\""))
            }
            Access::Bearer(tokens) => {
                let (action, wanted) = match &*request.method {
                    "GET" | "HEAD" if !matches!(route, Route::Upload(..)) => ("pull", "pull"),
                    "DELETE" => ("delete", "delete"),
                    _ => ("push", "pull,push"),
                };
                let repository = route.repository();
                let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
                    return Some(tokens.challenge(repository, wanted, None));
                };
                match tokens.permits(token, repository, action) {
                    Some(true) => None,
                    Some(false) if matches!(route, Route::Base) => None,
                    Some(false) => Some(tokens.challenge(repository, wanted, Some("insufficient_scope"))),
                    None => Some(tokens.challenge(repository, wanted, Some("invalid_token"))),
                }
            }
        }
    }

    fn may_mount(&self, request: &Request<'_>, from: &str) -> bool {
        match &self.access {
            Access::Bearer(tokens) => request
                .header("authorization")
                .and_then(|header| header.strip_prefix("Bearer "))
                .is_some_and(|token| tokens.also_permits(token, from, "pull")),
            _ => true,
        }
    }

    fn blob(&self, request: &Request<'_>, name: &str, digest: &str) -> Response {
        let bytes = match self.store().repository(name).blobs.get(digest) {
            Some(bytes) => Arc::clone(bytes),
            None => return Response::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
        };
        match &self.storage {
            Some(storage) if request.method == "GET" => {
                Response::new(307).header("Location", format!("{storage}/{name}/{digest}?signature=abc"))
            }
            _ => part(&bytes, request.header("range")).header("Docker-Content-Digest", digest),
        }
    }

    /// The place that downloads are redirected to: one that has its own signature in the address, and wants no other.
    fn send(&self, request: &mut Request<'_>) -> Response {
        let path = request.path.trim_start_matches('/');
        let bytes = path.rsplit_once('/').and_then(|(name, digest)| {
            self.store().repositories.get(name).and_then(|kept| kept.blobs.get(digest).cloned())
        });
        let response = match bytes {
            _ if request.header("authorization").is_some() => {
                Response::new(400).body("application/xml", "<Error><Code>InvalidArgument</Code></Error>")
            }
            Some(bytes) => part(&bytes, request.header("range")),
            None => Response::new(403),
        };
        self.of_storage.add(request, response.status);
        response
    }

    fn begin_upload(&self, request: &mut Request<'_>, name: &str) -> Result<Response, Broken> {
        if let (Some(digest), Some(from)) = (request.parameter("mount"), request.parameter("from")) {
            let found = self.store().repositories.get(from).and_then(|kept| kept.blobs.get(digest).cloned());
            if let Some(bytes) = found.filter(|_| self.may_mount(request, from)) {
                let digest = self.store().repository(name).keep_blob(&bytes);
                return Ok(created(name, "blobs", &digest));
            }
        }
        let id = {
            let mut store = self.store();
            store.begun += 1;
            let id = format!("upload-{}", store.begun);
            store.uploads.insert(id.clone(), (name.to_owned(), Vec::new()));
            id
        };
        if request.parameter("digest").is_some() {
            return self.end_upload(request, name, &id);
        }
        Ok(accepted(202, name, &id, 0))
    }

    fn continue_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Result<Response, Broken> {
        if let Some(refusal) = self.receive(request, name, id)? {
            return Ok(refusal);
        }
        let size = self.store().uploads.get(id).map_or(0, |(_, bytes)| bytes.len());
        Ok(accepted(202, name, id, size))
    }

    fn end_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Result<Response, Broken> {
        if let Some(refusal) = self.receive(request, name, id)? {
            return Ok(refusal);
        }
        let mut store = self.store();
        let bytes = store.uploads.remove(id).map(|(_, bytes)| bytes).unwrap_or_default();
        let digest = Digest::of(&bytes);
        if request.parameter("digest") != Some(digest.as_str()) {
            return Ok(Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"));
        }
        store.repository(name).keep_blob(&bytes);
        Ok(created(name, "blobs", &digest))
    }

    /// Puts the request's body behind what was received; says why not.
    fn receive(&self, request: &mut Request<'_>, name: &str, id: &str) -> Result<Option<Response>, Broken> {
        let size = match self.store().uploads.get(id) {
            Some((of, bytes)) if of == name => bytes.len(),
            _ => return Ok(Some(Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"))),
        };
        let starts =
            request.header("content-range").and_then(|range| range.trim_start_matches("bytes ").split('-').next());
        if starts.is_some_and(|start| start.parse() != Ok(size)) {
            let response = accepted(416, name, id, size);
            return Ok(Some(response));
        }
        let mut bytes = Vec::new();
        let whole = request.body.read_to_end(&mut bytes);
        if let Some((_, kept)) = self.store().uploads.get_mut(id) {
            kept.extend(bytes);
        }
        whole.map(|_| None).map_err(|_| Broken)
    }

    fn upload_state(&self, name: &str, id: &str) -> Response {
        match self.store().uploads.get(id) {
            Some((of, bytes)) if of == name => accepted(204, name, id, bytes.len()),
            _ => Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
        }
    }

    fn manifest(&self, request: &Request<'_>, name: &str, identifier: &str) -> Response {
        let Some((digest, stored)) = self.store().repository(name).manifest(identifier) else {
            return Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        // As Debian's registry: what the client does not say it takes is not there.
        let accepted = request.joined("accept");
        if !accepted.contains(&stored.media_type) && !accepted.contains("*/*") {
            return Response::error(404, "MANIFEST_UNKNOWN", "the manifest is of a type that was not asked for");
        }
        Response::new(200).body(&stored.media_type, &*stored.bytes).header("Docker-Content-Digest", digest)
    }

    fn put_manifest(&self, request: &mut Request<'_>, name: &str, identifier: &str) -> Result<Response, Broken> {
        let mut bytes = Vec::new();
        (&mut request.body).take(8 << 20).read_to_end(&mut bytes).map_err(|_| Broken)?;
        let Ok(manifest) = serde_json::from_slice::<Value>(&bytes) else {
            return Ok(Response::error(400, "MANIFEST_INVALID", "manifest invalid"));
        };
        let media_type = request.header("content-type").unwrap_or_default();
        if manifest.get("mediaType").is_some_and(|known| known != media_type) {
            return Ok(Response::error(400, "MANIFEST_INVALID", "the manifest is of another type than its request"));
        }
        if identifier.contains(':') && identifier != Digest::of(&bytes).as_str() {
            return Ok(Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"));
        }
        let mut store = self.store();
        let kept = store.repository(name);
        if let Some(missing) = kept.missing(&manifest) {
            return Ok(Response::error(404, "MANIFEST_BLOB_UNKNOWN", &format!("blob unknown to registry: {missing}")));
        }
        let digest = kept.keep_manifest(identifier, media_type, &bytes);
        drop(store);
        let response = created(name, "manifests", &digest);
        Ok(match manifest["subject"]["digest"].as_str().filter(|_| self.has_referrers()) {
            Some(subject) => response.header("OCI-Subject", subject),
            None => response,
        })
    }

    /// A registry without the referrers API does not say that it took notice of a subject.
    fn has_referrers(&self) -> bool {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        !faults.iter().any(|fault| fault.is_for("GET", "/referrers/"))
    }

    fn delete_manifest(&self, name: &str, identifier: &str) -> Response {
        let mut store = self.store();
        let kept = store.repository(name);
        let gone = if identifier.contains(':') {
            kept.tags.retain(|_, digest| digest != identifier);
            kept.manifests.remove(identifier).is_some()
        } else {
            kept.tags.remove(identifier).is_some()
        };
        if gone { Response::new(202) } else { Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown") }
    }

    fn tags(&self, request: &Request<'_>, name: &str) -> Response {
        let store = self.store();
        let Some(kept) = store.repositories.get(name) else {
            return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let most = request.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(self.page).min(self.page);
        let last = request.parameter("last").unwrap_or_default();
        let mut tags: Vec<&String> = kept.tags.keys().filter(|tag| tag.as_str() > last).collect();
        let more = tags.len() > most;
        tags.truncate(most);
        let body = serde_json::json!({"name": name, "tags": tags});
        let response = Response::new(200).body("application/json", body.to_string());
        match tags.last().filter(|_| more) {
            Some(last) => response.header("Link", format!("</v2/{name}/tags/list?last={last}&n={most}>; rel=\"next\"")),
            None => response,
        }
    }
}

/// The whole, or the part that was asked for.
fn part(bytes: &[u8], range: Option<&str>) -> Response {
    let asked = range.and_then(|range| range.strip_prefix("bytes=")).and_then(|range| range.split_once('-'));
    let Some((start, end)) = asked else {
        return Response::new(200).body("application/octet-stream", bytes).header("Accept-Ranges", "bytes");
    };
    let last = bytes.len().saturating_sub(1);
    let (Ok(start), end) = (start.parse::<usize>(), end.parse().unwrap_or(last).min(last)) else {
        return Response::new(416);
    };
    if start > end {
        return Response::new(416).header("Content-Range", format!("bytes */{}", bytes.len()));
    }
    Response::new(206)
        .body("application/octet-stream", &bytes[start..=end])
        .header("Content-Range", format!("bytes {start}-{end}/{}", bytes.len()))
}

fn created(name: &str, kind: &str, digest: &Digest) -> Response {
    Response::new(201)
        .header("Location", format!("/v2/{name}/{kind}/{digest}"))
        .header("Docker-Content-Digest", digest.as_str())
}

/// Where an upload goes on, and what is there of it. Nothing is said as Debian's registry says it.
fn accepted(status: u16, name: &str, id: &str, size: usize) -> Response {
    Response::new(status)
        .header("Location", format!("/v2/{name}/blobs/uploads/{id}?_state=s{size}"))
        .header("Range", format!("0-{}", size.saturating_sub(1)))
        .header("Docker-Upload-UUID", id)
}
