//! The API keys as they are now: a file of them may change while the service runs, so that a key can be revoked.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::key::{BadKeys, Keys};

/// How long a key that was taken out of the file may still be taken.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether there are keys at all does not change: that takes a new start.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    keys: RwLock<Arc<Keys>>,
    file: Option<PathBuf>,
}

impl KeyRing {
    /// With the keys that were read first, and the file that they came from, if it was one.
    pub(crate) fn new(keys: Keys, file: Option<PathBuf>) -> Self {
        Self { keys: RwLock::new(Arc::new(keys)), file }
    }

    pub(crate) fn now(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again and again. One that cannot be used changes nothing: it may be about to be written.
    pub(crate) async fn follow(&self) {
        let mut last = None;
        while let Some(file) = &self.file {
            let read = read(file);
            if last.as_ref() != Some(&read) {
                self.take(&read);
                last = Some(read);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn take(&self, read: &Result<Keys, String>) {
        match read {
            Ok(keys) if *keys == *self.now() => {}
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys.clone());
                info!(api_keys = keys.len(), "the file of API keys was read again");
            }
            Err(cause) => warn!(cause, "cannot use the file of API keys: those that were read before are taken"),
        }
    }
}

fn read(file: &Path) -> Result<Keys, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    text.parse().map_err(|reason: BadKeys| reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        let entry = |letter: &str| format!("ci:read:{}", letter.repeat(64));
        let ring = KeyRing::new(entry("a").parse().unwrap(), Some(file.clone()));
        let told = |text: &str| {
            fs::write(&file, text).unwrap();
            ring.take(&read(&file));
            (*ring.now()).clone()
        };
        assert_eq!(told(&entry("b")), entry("b").parse().unwrap());
        for unusable in ["", "# nobody\n", "ci:read"] {
            assert_eq!(told(unusable), entry("b").parse().unwrap(), "{unusable}");
        }
        fs::remove_file(&file).unwrap();
        ring.take(&read(&file));
        assert_eq!(ring.now().len(), 1);
    }
}
