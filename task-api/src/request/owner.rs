//! Whose a task is: a key's tasks are apart from every other key's. Without keys, all are nobody's.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

/// The name of the key that a request came with; empty without keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Owner(Option<Arc<str>>);

impl Owner {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self(Some(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// As the layer around all requests found it, if there are keys.
impl<S: Sync> FromRequestParts<S> for Owner {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
