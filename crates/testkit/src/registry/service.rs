//! What the double answers to each request of the specification, and how a fault changes it.

use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seaworthy_image::Digest;
use serde_json::Value;

use super::Access;
use super::fault::{Action, Fault};
use super::http::{Reply, Request, Response};
use super::record::Record;
use super::route::Route;
use super::store::Store;
use super::tokens::is_basic;

/// The registry itself: one request in, one answer out.
pub(crate) struct Service {
    pub(crate) access: Access,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) page: usize,
    pub(crate) storage: Option<String>,
    pub(crate) store: Mutex<Store>,
    pub(crate) record: Record,
    pub(crate) of_storage: Record,
}

/// The client broke its request.
pub(crate) struct Broken;

impl Service {
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reply(&self, request: &mut Request<'_>) -> Reply {
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

    pub(crate) fn may_mount(&self, request: &Request<'_>, from: &str) -> bool {
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
    pub(crate) fn send(&self, request: &mut Request<'_>) -> Response {
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

pub(crate) fn created(name: &str, kind: &str, digest: &Digest) -> Response {
    Response::new(201)
        .header("Location", format!("/v2/{name}/{kind}/{digest}"))
        .header("Docker-Content-Digest", digest.as_str())
}
