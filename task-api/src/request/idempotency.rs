//! `Idempotency-Key`: a request that is sent again is carried out once, and answered as the first time.

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

const NAME: &str = "idempotency-key";
const LONGEST: usize = 255;

/// A key, and what is asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    name: String,
    hash: Vec<u8>,
}

impl Key {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    ///
    /// Fails if there are several, or it is not 1 to 255 visible characters.
    pub(crate) fn of(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Option<Self>, Vec<Fault>> {
        let mut values = headers.get_all(NAME).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let name = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let is_good = (1..=LONGEST).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_good || values.next().is_some() {
            let msg = format!("Value error, Input should be one key of 1 to {LONGEST} visible ASCII characters");
            return Err(vec![fault(&name, msg)]);
        }
        let mut hash = Context::new(&SHA256);
        hash.update(path.as_bytes());
        hash.update(b"\n");
        hash.update(body);
        Ok(Some(Self { name, hash: hash.finish().as_ref().to_vec() }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Of the path and the body.
    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// That the key came with another request before.
    pub(crate) fn is_taken(&self) -> Vec<Fault> {
        vec![fault(&self.name, "Value error, Input should be a key that no other request was sent with".to_owned())]
    }
}

fn fault(name: &str, msg: String) -> Fault {
    Fault::new("value_error", &[Place::Name("header"), Place::Name(NAME)], msg, text_input(name))
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
        let key = (owner.clone(), key.name.clone());
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_free.then(|| Held { running: self.clone(), key })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
