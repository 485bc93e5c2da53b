//! Files whose form says where the password stands: `.env`, `.netrc`, `.pgpass`, Docker's and npm's configuration.

use serde_json::Value;

use super::name::{is_dotenv, is_suspicious_variable, value_strength};
use super::{Hit, Strength, password_url_in_setting};

/// A file of a form that is read line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingsFile {
    Dotenv,
    Netrc,
    Pgpass,
    Docker,
    Npmrc,
    Pypirc,
    Shadow,
}

/// What form a file has, by its name.
pub(crate) fn settings_file(path: &str) -> Option<SettingsFile> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name {
        ".netrc" | "_netrc" => SettingsFile::Netrc,
        ".pgpass" => SettingsFile::Pgpass,
        ".npmrc" | "npmrc" => SettingsFile::Npmrc,
        ".pypirc" => SettingsFile::Pypirc,
        ".dockercfg" => SettingsFile::Docker,
        "config.json" if path.ends_with(".docker/config.json") => SettingsFile::Docker,
        _ if path == "etc/shadow" => SettingsFile::Shadow,
        _ if is_dotenv(name) => SettingsFile::Dotenv,
        _ => return None,
    })
}

impl SettingsFile {
    /// The longest that is read; such files are written by hand.
    pub(crate) const LONGEST: usize = 256 << 10;

    /// What stands in it.
    pub(crate) fn hits(self, content: &[u8]) -> Vec<Hit> {
        let text = String::from_utf8_lossy(content);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
        match self {
            Self::Dotenv => lines.flat_map(variable).collect(),
            Self::Npmrc => lines.filter_map(npm).collect(),
            Self::Pypirc => lines.filter_map(pypi).collect(),
            Self::Pgpass => lines.filter_map(pgpass).collect(),
            Self::Shadow => lines.filter_map(shadow).collect(),
            Self::Netrc => netrc(&text).collect(),
            Self::Docker => docker(content),
        }
    }
}

/// The variables that a `.env` file gives a value.
pub(crate) fn dotenv_names(content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content);
    let lines =
        text.lines().map(|line| line.trim().trim_start_matches("export ")).filter(|line| !line.starts_with('#'));
    let filled = lines.filter_map(|line| line.split_once('=')).filter(|(_, value)| value_strength(value).is_some());
    filled.map(|(name, _)| name.trim().to_owned()).collect()
}

fn hit(kind: &'static str, value: &str) -> Option<Hit> {
    value_strength(value).map(|strength| Hit { strength, kind })
}

fn variable(line: &str) -> Vec<Hit> {
    let Some((name, value)) = line.trim_start_matches("export ").split_once('=') else { return Vec::new() };
    let named = is_suspicious_variable(name.trim()).then(|| hit("password-like variable", value)).flatten();
    named.into_iter().chain(password_url_in_setting(value)).collect()
}

fn npm(line: &str) -> Option<Hit> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    ["_authToken", "_password", "_auth"].iter().any(|end| name.ends_with(end)).then(|| hit("npm credentials", value))?
}

fn pypi(line: &str) -> Option<Hit> {
    let (name, value) = line.split_once(['=', ':'])?;
    (name.trim() == "password").then(|| hit("PyPI password", value))?
}

/// `host:port:database:user:password`
fn pgpass(line: &str) -> Option<Hit> {
    hit("PostgreSQL password", line.splitn(5, ':').nth(4)?)
}

/// A hash can be guessed at, and says that there is a password at all.
fn shadow(line: &str) -> Option<Hit> {
    let hash = line.split(':').nth(1)?;
    hash.starts_with('$').then_some(Hit { kind: "password hash", strength: Strength::Doubtful })
}

fn netrc(text: &str) -> impl Iterator<Item = Hit> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let found: Vec<Hit> = words
        .windows(2)
        .filter(|pair| pair[0] == "password")
        .filter_map(|pair| hit(".netrc password", pair[1]))
        .collect();
    found.into_iter()
}

fn docker(content: &[u8]) -> Vec<Hit> {
    let Ok(config) = serde_json::from_slice::<Value>(content) else { return Vec::new() };
    let servers = config.get("auths").unwrap_or(&config);
    let Some(servers) = servers.as_object() else { return Vec::new() };
    let filled = |server: &&Value| {
        ["auth", "identitytoken", "password"]
            .iter()
            .any(|name| server[*name].as_str().is_some_and(|value| !value.is_empty()))
    };
    servers.values().filter(filled).map(|_| Hit { kind: "registry credentials", strength: Strength::Certain }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, content: &str, expected: &[&str]) {
        let hits = settings_file(path).unwrap().hits(content.as_bytes());
        let found: Vec<_> = hits.iter().map(|hit| format!("{:?} {}", hit.strength, hit.kind)).collect();
        assert_eq!(found, expected, "{path}: {content}");
    }

    #[test]
    fn each_form_is_read_where_its_password_stands() {
        for (path, content, expected) in [
            ("app/.env", "DB_PASSWORD=hunter2\nPORT=8000\n", &["Certain password-like variable"][..]),
            ("app/.env", "export API_KEY='q8Zt1vPs'\n", &["Certain password-like variable"]),
            ("app/.env", "DATABASE_URL=postgres://app:hunter2@localhost/x\n", &["Certain URL with a password"]),
            ("app/.env", "# DB_PASSWORD=hunter2\nDB_PASSWORD=\nDB_PASSWORD=${X}\n", &[]),
            ("root/.netrc", "machine x login y\n password hunter2", &["Certain .netrc password"]),
            ("root/.netrc", "machine x login y", &[]),
            ("root/.pgpass", "db:5432:*:app:hunter2\n", &["Certain PostgreSQL password"]),
            ("root/.docker/config.json", r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#, &["Certain registry credentials"]),
            ("root/.docker/config.json", r#"{"auths":{"ghcr.io":{}},"credsStore":"pass"}"#, &[]),
            ("root/.docker/config.json", "{", &[]),
            ("root/.npmrc", "//registry.npmjs.org/:_authToken=q8Zt1vPs", &["Certain npm credentials"]),
            ("root/.npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nregistry=https://x", &[]),
            ("root/.pypirc", "[pypi]\nusername = x\npassword = hunter2", &["Certain PyPI password"]),
            ("etc/shadow", "root:*:1::\napp:$6$salt$hash:1::", &["Doubtful password hash"]),
        ] {
            check(path, content, expected);
        }
    }

    #[test]
    fn other_files_have_no_such_form() {
        for path in ["app/config.json", "app/.env.example", "app/shadow", "etc/passwd"] {
            assert_eq!(settings_file(path), None, "{path}");
        }
    }
}
