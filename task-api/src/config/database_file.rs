//! A database URL in a file, which may change while the service runs: what it says is asked for each new connection.
//!
//! Connections that are there stay. A file that says nothing usable changes nothing: it may be about to be written.

use std::{fs, path::Path};

use tracing::{debug, warn};

use crate::config::database_url::{DatabaseUrl, PostgresUrl};

impl PostgresUrl {
    /// What its file says now, if that is something else.
    pub(crate) fn renewed(&self) -> Option<Self> {
        let path = self.file.as_deref()?;
        match read(path) {
            Ok(url) if self.leads_as(&url) => None,
            Ok(PostgresUrl { config, tls, roots, .. }) => {
                debug!(file = %path.display(), "connecting by what the file says now");
                Some(Self { config, tls, roots, ..self.clone() })
            }
            Err(cause) => {
                warn!(file = %path.display(), cause, "no database URL in the file: the one that was read first is used");
                None
            }
        }
    }

    fn leads_as(&self, other: &Self) -> bool {
        (&self.config, self.tls, &self.roots) == (&other.config, other.tls, &other.roots)
    }
}

fn read(path: &Path) -> Result<PostgresUrl, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    match text.trim().parse() {
        Ok(DatabaseUrl::Postgres(url)) => Ok(*url),
        Ok(DatabaseUrl::Sqlite(_)) => Err("it is another kind of database, which takes a new start".to_owned()),
        Err(reason) => Err(reason.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_file_that_says_something_else_is_followed_if_that_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        let write = |text: &str| fs::write(&path, text).unwrap();
        write("postgres://u:one@h/d\n");
        let url = PostgresUrl { file: Some(Arc::from(path.as_path())), ..read(&path).unwrap() };
        assert!(url.renewed().is_none());
        write("postgres://u:two@h/d?sslmode=disable");
        let renewed = url.renewed().unwrap();
        assert_eq!(renewed.config.get_password(), Some(b"two".as_slice()));
        assert!(renewed.renewed().is_none());
        for unusable in ["", "postgres://", "sqlite::memory:", "nonsense"] {
            write(unusable);
            assert!(url.renewed().is_none(), "{unusable}");
        }
        fs::remove_file(&path).unwrap();
        assert!(url.renewed().is_none());
        assert!(PostgresUrl { file: None, ..url }.renewed().is_none());
    }
}
