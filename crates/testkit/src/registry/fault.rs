//! What can be made to go wrong in a [`Double`](super::Double).

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::http::{Raw, Request, Response};

/// Something that goes wrong with the requests that it is for.
#[derive(Clone)]
pub struct Fault {
    method: &'static str,
    part: String,
    /// Requests that go well before it.
    skip: Arc<AtomicUsize>,
    times: Arc<AtomicUsize>,
    /// Requests with a body of at most so many bytes go well.
    spares_bytes: Option<u64>,
    pub(crate) action: Action,
}

#[derive(Clone)]
pub(crate) enum Action {
    /// This instead of the right answer; nothing is done.
    Answer(Response),
    /// The connection breaks after so many bytes of the request's body; what came is kept.
    BreakUpload(u64),
    /// The connection breaks after so many bytes of the answer's body.
    BreakDownload(usize),
    /// So many bytes of the answer's body, and no more, with the connection open.
    StallDownload(usize),
    /// The right answer, changed.
    Change(Arc<dyn Fn(&mut Response) + Send + Sync>),
    Raw(Raw),
    Stall,
}

impl Fault {
    fn new(method: &'static str, part: &str, action: Action) -> Self {
        Self {
            method,
            part: part.to_owned(),
            skip: Arc::default(),
            times: Arc::new(AtomicUsize::new(usize::MAX)),
            spares_bytes: None,
            action,
        }
    }

    /// `response` to each request of `method` whose path holds `part`; so the others.
    pub fn answer(method: &'static str, part: &str, response: Response) -> Self {
        Self::new(method, part, Action::Answer(response))
    }

    /// Those with a longer body break after so many bytes of it, and what came is kept.
    pub fn break_upload(method: &'static str, part: &str, after_bytes: u64) -> Self {
        Self { spares_bytes: Some(after_bytes), ..Self::new(method, part, Action::BreakUpload(after_bytes)) }
    }

    pub fn break_download(part: &str, after_bytes: usize) -> Self {
        Self::new("GET", part, Action::BreakDownload(after_bytes))
    }

    pub fn stall_download(part: &str, after_bytes: usize) -> Self {
        Self::new("GET", part, Action::StallDownload(after_bytes))
    }

    pub fn change(method: &'static str, part: &str, change: impl Fn(&mut Response) + Send + Sync + 'static) -> Self {
        Self::new(method, part, Action::Change(Arc::new(change)))
    }

    /// Whatever `write` writes, until the client has enough of it.
    pub fn raw(
        method: &'static str,
        part: &str,
        write: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::new(method, part, Action::Raw(Arc::new(write)))
    }

    /// No answer at all.
    pub fn stall(method: &'static str, part: &str) -> Self {
        Self::new(method, part, Action::Stall)
    }

    /// Only so often, then all is well.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        self.times.store(times, Ordering::SeqCst);
        self
    }

    /// Not before so many such requests went well.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        self.skip.store(requests, Ordering::SeqCst);
        self
    }

    /// Whether this request is one that goes wrong; counts it.
    pub(crate) fn strikes(&self, request: &Request<'_>) -> bool {
        if request.method != self.method || !request.target().contains(&self.part) {
            return false;
        }
        let length = request.header("content-length").and_then(|length| length.parse::<u64>().ok());
        if self.spares_bytes.is_some_and(|spared| length.is_some_and(|length| length <= spared)) {
            return false;
        }
        let less = |count: usize| count.checked_sub(1);
        if self.skip.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return false;
        }
        self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
    }
}

/// The known ones, in the words that registries use.
impl Fault {
    /// No referrers API: Docker Hub, GHCR, Debian's registry.
    pub fn no_referrers() -> Self {
        Self::answer("GET", "/referrers/", Response::new(404).body("text/plain; charset=utf-8", "404 page not found\n"))
    }

    /// GHCR sends the question on to a place that has had enough.
    pub fn referrers_elsewhere() -> [Self; 2] {
        [
            Self::answer("GET", "/referrers/", Response::new(303).header("Location", "/-/busy")),
            Self::answer("GET", "/-/busy", Response::error(429, "TOOMANYREQUESTS", "rate limit exceeded")),
        ]
    }

    /// A page for people where an index should be.
    pub fn referrers_page() -> Self {
        Self::answer(
            "GET",
            "/referrers/",
            Response::new(200).body("text/html", "<!doctype html><title>Sign in</title>"),
        )
    }

    /// Digests in headers lose their end.
    pub fn truncated_digests() -> Vec<Self> {
        ["GET", "HEAD", "PUT", "POST"]
            .into_iter()
            .map(|method| {
                Self::change(method, "/v2/", |response| {
                    for (name, value) in &mut response.headers {
                        if name.eq_ignore_ascii_case("Docker-Content-Digest") {
                            value.truncate(20);
                        }
                    }
                })
            })
            .collect()
    }

    /// A moment's failure.
    pub fn hiccups(method: &'static str, part: &str, times: usize) -> Self {
        let response = Response::error(500, "UNKNOWN", "unknown error");
        Self::answer(method, part, response).times(times)
    }

    pub fn too_many_requests(method: &'static str, part: &str, retry_after: &str, times: usize) -> Self {
        let response =
            Response::error(429, "TOOMANYREQUESTS", "retry-after: slow down").header("Retry-After", retry_after);
        Self::answer(method, part, response).times(times)
    }

    /// What stands before the registry lets no larger request pass.
    pub fn too_large(method: &'static str, part: &str, most_bytes: u64) -> Self {
        let response = Response::new(413).body("text/html", "<html><h1>413 Request Entity Too Large</h1></html>");
        Self { spares_bytes: Some(most_bytes), ..Self::answer(method, part, response) }
    }

    /// Of Amazon ECR.
    pub fn immutable_tag(tag: &str) -> Self {
        let message = format!(
            "The image tag '{tag}' already exists in the 'app' repository and cannot be overwritten because the repository is immutable."
        );
        Self::answer("PUT", &format!("/manifests/{tag}"), Response::error(400, "TAG_INVALID", &message))
    }

    /// Of Harbor.
    pub fn immutable_tag_by_rule(tag: &str) -> Self {
        let message = format!("Failed to process request due to 'app:{tag}' configured as immutable.");
        Self::answer("PUT", &format!("/manifests/{tag}"), Response::error(412, "PRECONDITION", &message))
    }

    /// The password is right and does not suffice.
    pub fn push_denied() -> Self {
        let message = "permission_denied: The token provided does not match expected scopes.";
        Self::answer("POST", "/blobs/uploads/", Response::error(403, "DENIED", message))
    }

    pub fn name_invalid() -> Self {
        Self::answer("POST", "/blobs/uploads/", Response::error(400, "NAME_INVALID", "invalid repository name"))
    }

    /// As Debian's registry answers while its disk becomes full.
    pub fn disk_full() -> Self {
        let detail = "write /var/lib/registry/docker/registry/v2/x/data: no space left on device";
        let body = serde_json::json!({"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": detail}]});
        Self::answer("PATCH", "/blobs/uploads/", Response::new(500).body("application/json", body.to_string()))
    }

    /// As it answers when the disk is full already.
    pub fn disk_full_before() -> Self {
        let enclosed = serde_json::json!({"Op": "write", "Path": "/var/lib/registry/x/startedat", "Err": 28});
        let detail = serde_json::json!({"DriverName": "filesystem", "Enclosed": enclosed});
        let body = serde_json::json!({"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": detail}]});
        Self::answer("POST", "/blobs/uploads/", Response::new(500).body("application/json", body.to_string()))
    }

    pub fn insufficient_storage() -> Self {
        let response = Response::new(507).body("text/plain", "no space left on device");
        Self::answer("PATCH", "/blobs/uploads/", response)
    }

    /// The registry forgets an upload.
    pub fn upload_lost(times: usize) -> Self {
        let response = Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        Self::answer("PATCH", "/blobs/uploads/", response).times(times)
    }

    /// Other bytes of the same length.
    pub fn wrong_bytes(digest: &seaworthy_image::Digest) -> Self {
        Self::change("GET", &format!("/blobs/{digest}"), |response| {
            if let Some(byte) = response.body.last_mut() {
                *byte ^= 1;
            }
        })
    }
}

impl Fault {
    /// Whether it is for such requests at all.
    pub(crate) fn is_for(&self, method: &str, part: &str) -> bool {
        self.method == method && self.part == part
    }
}
