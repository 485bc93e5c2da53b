//! Files whose form says where the password stands, read line by line in bounded memory: `.env`, `.netrc`, an application's settings.

use seaworthy_spec::is_secret_variable;
use serde_json::Value;

use super::command::{in_dockerfile, in_shell, netrc};
use super::literal::{Literals, Syntax, in_sql};
use super::value::value_strength;

use super::{Hit, Strength, command, files, password_in_setting};

/// A line that is longer is read in pieces, and a JSON document of Docker not at all.
const LONGEST: usize = 1 << 20;
/// Names of variables that are kept of one file.
const MOST_NAMES: usize = 10_000;

/// What a file that configures something is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(super) form: Form,
    /// It stands among tests or examples: nothing in it is sure.
    pub(super) doubtful: bool,
    /// It stands in a package that a package manager installed: what is in it is the author's only if the package is.
    pub(super) in_package: bool,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Dotenv,
    Netrc,
    Pgpass,
    Docker,
    Npmrc,
    Pypirc,
    Shadow,
    Git,
    Shell,
    Dockerfile,
    Sql,
    Literals(Syntax),
}

impl Settings {
    /// What form a file has, by its name.
    pub(crate) fn of(path: &str) -> Option<Self> {
        files::settings(path)
    }

    /// The form of a script, by its first line.
    pub(crate) fn of_script(path: &str, head: &[u8]) -> Option<Self> {
        files::script(path, head)
    }

    pub(crate) fn in_package(self) -> bool {
        self.in_package
    }
}

/// Reads one file of settings.
#[derive(Debug)]
pub(crate) struct SettingsReader {
    settings: Settings,
    /// What was not read yet: no whole line, or a whole document.
    pending: Vec<u8>,
    literals: Literals,
    hits: Vec<Hit>,
    names: Vec<String>,
    is_too_long: bool,
}

/// What a file of settings says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) hits: Vec<Hit>,
    /// The variables that a `.env` file gives a value.
    pub(crate) names: Vec<String>,
    /// A document that is only understood whole was too long for that.
    pub(crate) is_too_long: bool,
}

impl SettingsReader {
    pub(crate) fn new(settings: Settings) -> Self {
        let syntax = if let Form::Literals(syntax) = settings.form { syntax } else { Syntax::Plain };
        Self {
            settings,
            pending: Vec::new(),
            literals: Literals::new(syntax),
            hits: Vec::new(),
            names: Vec::new(),
            is_too_long: false,
        }
    }

    /// The next bytes of the file.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(LONGEST) {
            self.pending.extend_from_slice(piece);
            if self.pending.len() <= LONGEST {
                continue;
            }
            if self.settings.form == Form::Docker {
                self.is_too_long = true;
                self.pending.clear();
                continue;
            }
            let end = self.pending.iter().rposition(|&byte| byte == b'\n').map_or(self.pending.len(), |at| at + 1);
            let rest = self.pending.split_off(end);
            let lines = std::mem::replace(&mut self.pending, rest);
            self.read(&lines);
        }
    }

    /// The end of the file: what was found in it.
    pub(crate) fn finish(mut self) -> Said {
        let rest = std::mem::take(&mut self.pending);
        if self.settings.form == Form::Docker && !self.is_too_long {
            self.hits = docker(&rest);
        } else {
            self.read(&rest);
        }
        if self.settings.doubtful {
            self.hits.iter_mut().for_each(|hit| hit.strength = Strength::Doubtful);
        }
        Said { hits: self.hits, names: self.names, is_too_long: self.is_too_long }
    }

    fn read(&mut self, content: &[u8]) {
        let text = String::from_utf8_lossy(content);
        match self.settings.form {
            Form::Netrc => netrc(text.split_whitespace(), &mut self.hits),
            Form::Shell => {
                let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
                self.hits.extend(in_shell(&code.join("\n")));
            }
            form => {
                let lines =
                    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';', '!']));
                lines.for_each(|line| self.line(form, line));
            }
        }
        self.hits.sort_unstable();
        self.hits.dedup();
    }

    fn line(&mut self, form: Form, line: &str) {
        match form {
            Form::Dotenv => self.variable(line),
            Form::Npmrc => self.hits.extend(npm(line)),
            Form::Pypirc => self.hits.extend(pypi(line)),
            Form::Pgpass => self.hits.extend(pgpass(line)),
            Form::Shadow => self.hits.extend(shadow(line)),
            Form::Git => self.hits.extend(git(line)),
            Form::Dockerfile => self.hits.extend(in_dockerfile(line)),
            Form::Sql => in_sql(line, &mut self.hits),
            // What a comment of a program says is no setting.
            Form::Literals(Syntax::Quoted) if line.starts_with("//") || line.starts_with('*') => {}
            Form::Literals(_) => self.literals.line(line, &mut self.hits),
            Form::Netrc | Form::Docker | Form::Shell => {}
        }
    }

    /// `NAME=value` or `NAME: value`.
    fn variable(&mut self, line: &str) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some(at) = line.find(['=', ':']) else { return };
        let (name, value) = (line[..at].trim(), line[at + 1..].trim());
        let is_name = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if !is_name {
            return;
        }
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split(" #").next().unwrap_or_default(),
        };
        let strength = value_strength(value);
        if strength.is_some() && self.names.len() < MOST_NAMES {
            self.names.push(name.to_owned());
        }
        let setting = password_in_setting(value);
        if setting.is_none() && is_secret_variable(name) {
            self.hits.extend(strength.map(|strength| Hit { kind: "password-like variable", strength }));
        }
        self.hits.extend(setting);
    }
}

fn hit(kind: &'static str, value: &str) -> Option<Hit> {
    value_strength(value).map(|strength| Hit { strength, kind })
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

/// `extraheader = AUTHORIZATION: basic …`
fn git(line: &str) -> Option<Hit> {
    let (name, value) = line.split_once('=')?;
    if name.trim().eq_ignore_ascii_case("extraheader") { command::header(value.trim().trim_matches('"')) } else { None }
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
    servers
        .values()
        .find(filled)
        .map(|_| Hit { kind: "registry credentials", strength: Strength::Certain })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, content: &[u8]) -> Said {
        let mut reader = SettingsReader::new(Settings::of(path).unwrap());
        reader.push(content);
        reader.finish()
    }

    #[track_caller]
    fn check(path: &str, content: &str, expected: &[&str]) {
        let said = said(path, content.as_bytes());
        let found: Vec<_> = said.hits.iter().map(|hit| format!("{:?} {}", hit.strength, hit.kind)).collect();
        assert_eq!(found, expected, "{path}: {content}");
    }

    #[test]
    fn each_form_is_read_where_its_password_stands() {
        for (path, content, expected) in [
            ("app/.env", "DB_PASSWORD=hunter2\nPORT=8000\n", &["Certain password-like variable"][..]),
            ("app/.env", "export API_KEY='q8Zt1vPs'\n", &["Certain password-like variable"]),
            ("app/.env", "DB_PASSWORD: hunter2\n", &["Certain password-like variable"]),
            ("app/.env", "DB_PASSWORD=hunter2 # for now\n", &["Certain password-like variable"]),
            ("app/.env", "DATABASE_URL=postgres://app:hunter2@localhost/x\n", &["Certain URL with a password"]),
            ("app/prod.env", "DSN=host=db user=app password=hunter2\n", &["Certain connection string with a password"]),
            ("app/.env", "# DB_PASSWORD=hunter2\nDB_PASSWORD=\nDB_PASSWORD=${X}\n", &[]),
            ("app/.envrc", "layout python\nexport DB_PASSWORD=hunter2\n", &["Certain password-like variable"]),
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
            (
                "app/.git/config",
                "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic aHVudGVyMg==\n",
                &["Certain value for a password-like name"],
            ),
            ("root/.my.cnf", "[client]\nuser=app\npassword=hunter2\n", &["Certain value for a password-like name"]),
            (
                "root/.kube/config",
                "users:\n- name: ci\n  user:\n    token: q8Zt1vPs\n",
                &["Certain value for a password-like name"],
            ),
            (
                "app/settings.py",
                "# SECRET_KEY = 'hunter2'\nSECRET_KEY = 'q8Zt1vPs'\n",
                &["Certain value for a password-like name"],
            ),
            ("app/config.js", "// password: 'hunter2'\n", &[]),
            (
                "app/init.sql",
                "CREATE USER app WITH ENCRYPTED PASSWORD 'hunter2';\n",
                &["Certain value for a password-like name"],
            ),
            ("app/init.sql", "create user app identified by 'hunter2'\n", &["Certain value for a password-like name"]),
            (
                "app/dump.sql",
                "ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:x$y:z';\nALTER ROLE app PASSWORD 'md5q8Zt1vPs';\n\
                 ALTER ROLE app PASSWORD NULL;\nCREATE TABLE t (password text DEFAULT 'q8Zt1vPs');\n",
                &[],
            ),
            ("app/Procfile", "web: SECRET_KEY=hunter2 gunicorn app\n", &["Certain value for a password-like name"]),
            (
                "etc/cron.d/backup",
                "0 * * * * root PGPASSWORD=hunter2 pg_dump\n",
                &["Certain value for a password-like name"],
            ),
            (
                "etc/systemd/system/app.service",
                "[Service]\nEnvironment=DB_PASSWORD=hunter2\n",
                &["Certain value for a password-like name"],
            ),
            (
                "etc/supervisord.conf",
                "[program:x]\nenvironment=PORT=\"80\",DB_PASSWORD=\"hunter2\"\n",
                &["Certain value for a password-like name"],
            ),
            ("etc/supervisord.conf", "environment=PORT=\"80\",DB_PASSWORD=\"%(ENV_DB_PASSWORD)s\"\n", &[]),
            ("root/.bash_history", "ls\nexport DB_PASSWORD=hunter2\n", &["Certain value for a password-like name"]),
            (
                "app/entrypoint.sh",
                "#!/bin/sh\n# PASSWORD=hunter2\nexport DB_PASSWORD=hunter2\n",
                &["Certain value for a password-like name"],
            ),
            ("app/Dockerfile", "FROM x\nENV DB_PASSWORD hunter2\n", &["Certain value for a password-like name"]),
            ("app/tests/config.yml", "password: hunter2\n", &["Doubtful value for a password-like name"]),
        ] {
            check(path, content, expected);
        }
    }

    #[test]
    fn a_long_file_is_read_whole_in_bounded_memory() {
        let mut reader = SettingsReader::new(Settings::of("app/.env").unwrap());
        for _ in 0..40 {
            reader.push(&b"# a remark\n".repeat(10_000));
            assert!(reader.pending.len() <= LONGEST);
        }
        reader.push(b"DB_PASS");
        reader.push(b"WORD=hunter2");
        assert_eq!(reader.finish().hits, [Hit { kind: "password-like variable", strength: Strength::Certain }]);
        assert!(said("root/.docker/config.json", &vec![b' '; LONGEST + 1]).is_too_long);
    }

    #[test]
    fn a_dotenv_file_tells_which_variables_it_sets() {
        assert_eq!(said("app/.env", b"A=1\nB=8000\n# C=8000\nD=${X}\nE: y\nexport F=z\n").names, ["B", "E", "F"]);
    }
}
