//! Who asks: the files that `docker login` and `podman login` write.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use seaworthy_image::DOCKER_HUB;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::helper;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::stop::Stop;

/// A login for a registry.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) credential: Credential,
    /// The file or the helper it comes from.
    pub(crate) found_in: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Password(Secret),
    /// What a token server takes instead (OAuth 2.0, refresh token).
    IdentityToken(Secret),
}

/// Why a login cannot be looked up.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("cannot read the logins in `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the logins in `{}` are not the JSON they should be", .path.display())]
    Json { path: PathBuf },
    #[error("the login for `{key}` in `{}` is not `user:password` in base64", .path.display())]
    Auth { path: PathBuf, key: String },
    #[error("`{}` names the credential helper `docker-credential-{name}`, which is not there", .path.display())]
    NoHelper { path: PathBuf, name: String },
    #[error("the credential helper `docker-credential-{name}` failed: {why}")]
    Helper { name: String, why: String },
}

impl CredentialsError {
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Json { .. } | Self::Auth { .. } => {
                "log in again with `docker login`, which writes the file anew".to_owned()
            }
            Self::NoHelper { path, .. } => {
                format!(
                    "install it, or take `credsStore` and `credHelpers` out of `{}` and log in again",
                    path.display()
                )
            }
            Self::Read { .. } | Self::Helper { .. } => return None,
        })
    }
}

/// The key under which Docker keeps Docker Hub's login.
const HUB_KEY: &str = "https://index.docker.io/v1/";

const FILE_BYTES: u64 = 4 << 20;

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    auths: Map<String, Value>,
    #[serde(default, rename = "credsStore")]
    store: String,
    #[serde(default, rename = "credHelpers")]
    helpers: Map<String, Value>,
}

/// The login for a repository, if there is one; the first file that knows it counts.
pub(crate) fn find(
    settings: &Settings,
    stop: &Stop,
    registry: &str,
    repository: &str,
) -> Result<Option<Login>, CredentialsError> {
    for path in &settings.credentials {
        let Some(config) = read(path)? else { continue };
        if let Some(login) = config.login(settings, stop, path, registry, repository)? {
            return Ok(Some(login));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<Config>, CredentialsError> {
    let failed = |source| CredentialsError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    // The parser's own words could show a part of a secret.
    serde_json::from_slice(&bytes).map(Some).map_err(|_| CredentialsError::Json { path: path.to_owned() })
}

impl Config {
    fn login(
        &self,
        settings: &Settings,
        stop: &Stop,
        path: &Path,
        registry: &str,
        repository: &str,
    ) -> Result<Option<Login>, CredentialsError> {
        let names = names(registry, repository);
        let helper = names.iter().find_map(|name| self.helpers.get(name)?.as_str());
        let mut helpers: Vec<&str> =
            helper.into_iter().chain([self.store.as_str()]).filter(|name| !name.is_empty()).collect();
        helpers.dedup();
        let server = if registry == DOCKER_HUB { HUB_KEY } else { registry };
        for name in helpers {
            match helper::get(name, settings.helpers.as_deref(), server, stop) {
                Ok(None) => {}
                Ok(Some(login)) => return Ok(Some(login)),
                Err(helper::HelperError::Missing) => {
                    return Err(CredentialsError::NoHelper { path: path.to_owned(), name: name.to_owned() });
                }
                Err(helper::HelperError::Failed(why)) => {
                    return Err(CredentialsError::Helper { name: name.to_owned(), why });
                }
            }
        }
        for name in &names {
            for (key, entry) in self.auths.iter().filter(|(key, _)| normal(key) == *name) {
                let failed = || CredentialsError::Auth { path: path.to_owned(), key: key.clone() };
                if let Some(login) = entry_login(entry, path).ok_or_else(failed)? {
                    return Ok(Some(login));
                }
            }
        }
        Ok(None)
    }
}

/// What a login for the repository may stand under, the most specific first.
fn names(registry: &str, repository: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = repository;
    while !path.is_empty() {
        names.push(format!("{registry}/{path}"));
        path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    names.push(registry.to_owned());
    if registry == DOCKER_HUB {
        names.extend(["index.docker.io", "registry-1.docker.io", HUB_KEY].map(str::to_owned));
    }
    names
}

/// A key of `auths` without what Docker and others put around the host.
fn normal(key: &str) -> &str {
    let (key, url) = match key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")) {
        Some(rest) => (rest, true),
        None => (key, false),
    };
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    if url || matches!(path.trim_end_matches('/'), "" | "v1" | "v2") { host } else { key.trim_end_matches('/') }
}

/// `None` where the entry is broken; an entry with nothing in it is no login.
#[expect(clippy::option_option, reason = "a broken entry is not an empty one")]
fn entry_login(entry: &Value, path: &Path) -> Option<Option<Login>> {
    let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
    let found_in = path.display().to_string();
    let (user, password) = match text("auth") {
        Some(auth) => {
            let auth = auth.trim();
            let bytes = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth)).ok()?;
            let pair = String::from_utf8(bytes).ok()?;
            let (user, password) = pair.split_once(':')?;
            (user.to_owned(), password.trim_end_matches('\0').to_owned())
        }
        None => (text("username").unwrap_or_default().to_owned(), text("password").unwrap_or_default().to_owned()),
    };
    if let Some(token) = text("identitytoken") {
        return Some(Some(Login { user, credential: Credential::IdentityToken(Secret::new(token)), found_in }));
    }
    if user.is_empty() && password.is_empty() {
        return Some(None);
    }
    Some(Some(Login { user, credential: Credential::Password(Secret::new(password)), found_in }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn settings(config: &str) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, config).unwrap();
        (folder, Settings { credentials: vec![path], ..Settings::default() })
    }

    #[track_caller]
    fn check(config: &str, registry: &str, repository: &str, expected: &str) {
        let (folder, settings) = settings(config);
        let got = match find(&settings, &Stop::default(), registry, repository) {
            Ok(None) => "nobody".to_owned(),
            Ok(Some(Login { user, credential: Credential::Password(password), .. })) => {
                format!("{user}:{}", password.expose())
            }
            Ok(Some(Login { user, credential: Credential::IdentityToken(token), .. })) => {
                format!("{user} by {}", token.expose())
            }
            Err(error) => error.to_string().replace(&folder.path().display().to_string(), ""),
        };
        assert_eq!(got, expected, "{config}");
    }

    #[test]
    fn a_login_is_found_under_every_key_in_use() {
        // `me:secret`
        let auth = r#"{"auth":"bWU6c2VjcmV0"}"#;
        let one = |key: &str| format!(r#"{{"auths":{{"{key}":{auth}}}}}"#);
        for key in [
            "r.example:5000",
            "https://r.example:5000",
            "https://r.example:5000/v2/",
            "r.example:5000/",
            "r.example:5000/v1",
        ] {
            check(&one(key), "r.example:5000", "a/b", "me:secret");
        }
        check(&one("r.example"), "r.example:5000", "a/b", "nobody");
        check(&one("r.example.evil"), "r.example", "a/b", "nobody");
        for key in ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"] {
            check(&one(key), "docker.io", "library/alpine", "me:secret");
        }
        check(&one("r.example/a"), "r.example", "a/b", "me:secret");
        check(&one("r.example/a/b"), "r.example", "a/b", "me:secret");
        check(&one("r.example/a"), "r.example", "ab/c", "nobody");
        check(&one("r.example/a/b/c"), "r.example", "a/b", "nobody");
    }

    #[test]
    fn the_most_specific_key_counts() {
        let config = r#"{"auths":{"r":{"username":"all","password":"1"},"r/a":{"username":"some","password":"2"},"r/a/b":{"username":"one","password":"3"}}}"#;
        check(config, "r", "a/b", "one:3");
        check(config, "r", "a/c", "some:2");
        check(config, "r", "d", "all:1");
    }

    #[test]
    fn an_entry_is_read_in_each_of_its_forms() {
        check(r#"{"auths":{"r":{"auth":"bWU6YTpi"}}}"#, "r", "a", "me:a:b");
        check(r#"{"auths":{"r":{"auth":"bWU6c2VjcmV0AAA"}}}"#, "r", "a", "me:secret");
        check(r#"{"auths":{"r":{"auth":"bWU6","identitytoken":"T"}}}"#, "r", "a", "me by T");
        check(r#"{"auths":{"r":{}}}"#, "r", "a", "nobody");
        check("{}", "r", "a", "nobody");
        check("", "r", "a", "nobody");
        check(
            r#"{"auths":{"r":{"auth":"***"}}}"#,
            "r",
            "a",
            "the login for `r` in `/config.json` is not `user:password` in base64",
        );
        check(r#"{"auths":"#, "r", "a", "the logins in `/config.json` are not the JSON they should be");
        check(
            r#"{"credsStore":"of-nobody"}"#,
            "r",
            "a",
            "`/config.json` names the credential helper `docker-credential-of-nobody`, which is not there",
        );
    }

    #[test]
    fn the_first_file_that_knows_the_registry_counts() {
        let (_first, mut settings) = settings(r#"{"auths":{"r":{"username":"one","password":"1"}}}"#);
        let folder = tempfile::tempdir().unwrap();
        let second = folder.path().join("auth.json");
        fs::write(
            &second,
            r#"{"auths":{"r":{"username":"two","password":"2"},"s":{"username":"two","password":"2"}}}"#,
        )
        .unwrap();
        settings.credentials.insert(0, folder.path().join("missing.json"));
        settings.credentials.push(second);
        assert_eq!(find(&settings, &Stop::default(), "r", "a").unwrap().unwrap().user, "one");
        assert_eq!(find(&settings, &Stop::default(), "s", "a").unwrap().unwrap().user, "two");
    }

    #[test]
    fn a_login_shows_no_secret() {
        let (_folder, settings) = settings(r#"{"auths":{"r":{"auth":"bWU6c2VjcmV0"}}}"#);
        let shown = format!("{:?}", find(&settings, &Stop::default(), "r", "a").unwrap());
        assert!(shown.contains("me") && !shown.contains("secret"), "{shown}");
    }
}
