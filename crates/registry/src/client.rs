//! The client: registries that were spoken with, and what is known of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seaworthy_image::Reference;

use crate::host::Host;
use crate::session::Session;
use crate::transport::Transport;
use crate::{RegistryError, Repository, Settings};

/// Speaks with registries. Clones share connections and logins.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    sessions: Arc<Mutex<HashMap<String, Arc<Session>>>>,
}

impl Client {
    pub fn new(settings: Settings) -> Self {
        Self { transport: Arc::new(Transport::new(settings)), sessions: Arc::default() }
    }

    /// Ends whatever this client and its clones wait for, in other threads too, and all that they are asked from now on:
    /// it fails with [`RegistryError::Interrupted`], or as if the connection broke.
    pub fn stop(&self) {
        self.transport.stop();
    }

    /// The repository that a reference names. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// Fails if the reference names no host that can be asked.
    pub fn repository(&self, reference: &Reference) -> Result<Repository, RegistryError> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions
            .entry(reference.registry().to_owned())
            .or_insert_with(|| Arc::new(Session::new(Host::new(reference.registry()), Arc::clone(&self.transport))));
        Ok(Repository { session: Arc::clone(session), name: reference.repository().to_owned() })
    }
}
