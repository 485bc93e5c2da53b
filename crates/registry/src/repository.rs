//! One repository in one registry, and what can be read there.

use std::fmt;
use std::sync::Arc;

use ureq::http::Method;

use crate::request::{Request, Scope};
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
}
