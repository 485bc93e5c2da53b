//! Uploads of the double: begun, continued, ended, mounted.

use std::io::Read as _;

use seaworthy_image::Digest;

use super::http::{Request, Response};
use super::service::{Broken, Service, created};

impl Service {
    pub(crate) fn begin_upload(&self, request: &mut Request<'_>, name: &str) -> Result<Response, Broken> {
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

    pub(crate) fn continue_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Result<Response, Broken> {
        if let Some(refusal) = self.receive(request, name, id)? {
            return Ok(refusal);
        }
        let size = self.store().uploads.get(id).map_or(0, |(_, bytes)| bytes.len());
        Ok(accepted(202, name, id, size))
    }

    pub(crate) fn end_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Result<Response, Broken> {
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

    pub(crate) fn upload_state(&self, name: &str, id: &str) -> Response {
        match self.store().uploads.get(id) {
            Some((of, bytes)) if of == name => accepted(204, name, id, bytes.len()),
            _ => Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
        }
    }
}

/// Where an upload goes on, and what is there of it. Nothing is said as Debian's registry says it.
fn accepted(status: u16, name: &str, id: &str, size: usize) -> Response {
    Response::new(status)
        .header("Location", format!("/v2/{name}/blobs/uploads/{id}?_state=s{size}"))
        .header("Range", format!("0-{}", size.saturating_sub(1)))
        .header("Docker-Upload-UUID", id)
}
