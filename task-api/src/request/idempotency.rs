//! `Idempotency-Key`: a request that is sent again is carried out once, and answered as the first time. A tool of `/mcp`
//! takes the same as an argument.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::HeaderMap;
use ring::digest::{Context, SHA256};

use crate::request::{
    fault::{Fault, Place, text_input},
    owner::Owner,
};

/// How long what was answered is kept.
pub(crate) const KEPT_HOURS: i32 = 24;

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 255;

/// A key, and what is asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    name: Name,
    hash: Vec<u8>,
}

/// What a client calls what it asks for: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    text: String,
    /// Where in the request it stands.
    at: Vec<Place>,
}

impl Name {
    /// # Errors
    ///
    /// Fails if it is not 1 to 255 visible characters.
    pub(crate) fn new(text: String, at: Vec<Place>) -> Result<Self, Vec<Fault>> {
        let is_good = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let name = Self { text, at };
        if is_good { Ok(name) } else { Err(name.is_not_one()) }
    }

    /// The name of one part of what it is the name of.
    pub(crate) fn part(&self, number: usize) -> Self {
        Self { text: format!("{} {number}", self.text), at: self.at.clone() }
    }

    /// The key under which `asked` is asked for in `scope`.
    pub(crate) fn of(self, scope: &str, asked: &[u8]) -> Key {
        let mut hash = Context::new(&SHA256);
        hash.update(scope.as_bytes());
        hash.update(b"\n");
        hash.update(asked);
        Key { name: self, hash: hash.finish().as_ref().to_vec() }
    }

    fn is_not_one(&self) -> Vec<Fault> {
        self.fault(format!("Value error, Input should be one key of 1 to {LONGEST} visible ASCII characters"))
    }

    fn fault(&self, msg: String) -> Vec<Fault> {
        vec![Fault::new("value_error", &self.at, msg, text_input(&self.text))]
    }
}

impl Key {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    ///
    /// Fails if there are several, or it is not 1 to 255 visible characters.
    pub(crate) fn of(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Option<Self>, Vec<Fault>> {
        Ok(Self::name_of(headers)?.map(|name| name.of(path, body)))
    }

    /// What a request calls itself, if it does.
    ///
    /// # Errors
    ///
    /// Fails as [`Key::of`] does.
    pub(crate) fn name_of(headers: &HeaderMap) -> Result<Option<Name>, Vec<Fault>> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let at = vec![Place::Name("header"), Place::Name(HEADER)];
        let name = Name::new(String::from_utf8_lossy(value.as_bytes()).into_owned(), at)?;
        if values.next().is_some() { Err(name.is_not_one()) } else { Ok(Some(name)) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name.text
    }

    /// Of the path and the body, or what else it is that is asked for.
    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// That the key came with another request before.
    pub(crate) fn is_taken(&self) -> Vec<Fault> {
        self.name.fault("Value error, Input should be a key that no other request was sent with".to_owned())
    }
}

/// The keys of requests that this replica is answering. Those of others show in the database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashSet<(Owner, String)>>>);

/// Holds a key while its request is being answered.
#[derive(Debug)]
pub(crate) struct Held {
    running: Running,
    key: (Owner, String),
}

impl Running {
    /// `None` while another request holds it.
    pub(crate) fn hold(&self, owner: &Owner, key: &Key) -> Option<Held> {
        let key = (owner.clone(), key.name.text.clone());
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_free.then(|| Held { running: self.clone(), key })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
