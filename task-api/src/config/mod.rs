//! What the service is told from outside: the environment, and a file `.env` in the working directory beneath it.

pub(crate) mod database_file;
pub(crate) mod database_url;
pub(crate) mod key;
pub(crate) mod key_ring;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod origins;

use std::{
    collections::{BTreeSet, HashMap},
    env, fmt, fs, io,
    ops::RangeInclusive,
    os::unix::process::parent_id,
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use tracing::level_filters::LevelFilter;

use crate::{
    config::{
        database_url::{BadUrl, DatabaseUrl, PostgresUrl},
        key::{BadKeys, Keys},
        limits::Limits,
        memory::MemoryLimit,
        origins::Origins,
    },
    request::forwarded::PathPrefix,
    traces::TracesConfig,
};

/// The drain delay of a container. Load balancers that ask `/ready` each second, and Kubernetes, send nothing more by then;
/// of the ten seconds after which orchestrators kill, it leaves some.
const DRAIN_DELAY: Duration = Duration::from_secs(5);

/// Everything that can be configured, checked. `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: DatabaseUrl,
    pub listen: Listen,
    pub log_level: LevelFilter,
    pub limits: Limits,
    /// How long connections are still accepted after the signal to stop.
    pub drain_delay: Duration,
    pub keys: Keys,
    /// Where they stand, if in a file.
    pub keys_file: Option<PathBuf>,
    /// Whether a change of a task needs an `If-Match` header.
    pub requires_if_match: bool,
    /// Under which path a proxy shows the service, unless it says so itself.
    pub root_path: PathPrefix,
    /// Pages that browsers may let use the service.
    pub origins: Origins,
    /// Where traces are sent, if anywhere.
    pub traces: Option<TracesConfig>,
}

/// Where HTTP is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    pub host: String,
    pub port: u16,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "no database is configured: set `DATABASE_URL`, for example `postgresql://user:password@host/database?sslmode=require` or `sqlite:///data/tasks.db`"
    )]
    NoDatabase,
    #[error("both `DATABASE_URL` and `DATABASE_URL_FILE` are set: keep one")]
    TwoDatabases,
    #[error("cannot use `{variable}`: {reason}")]
    BadDatabaseUrl { variable: &'static str, reason: BadUrl },
    #[error("cannot read `{}`, which `DATABASE_URL_FILE` names", path.display())]
    DatabaseUrlFile { path: PathBuf, source: io::Error },
    #[error("both `API_KEYS` and `API_KEYS_FILE` are set: keep one")]
    TwoKeys,
    #[error("cannot use `{variable}`: {reason}")]
    BadKeys { variable: &'static str, reason: BadKeys },
    #[error("cannot read `{}`, which `API_KEYS_FILE` names", path.display())]
    KeysFile { path: PathBuf, source: io::Error },
    #[error("both `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_HEADERS_FILE` are set: keep one")]
    TwoHeaders,
    #[error("cannot read `{}`, which `OTEL_EXPORTER_OTLP_HEADERS_FILE` names", path.display())]
    HeadersFile { path: PathBuf, source: io::Error },
    #[error("cannot use `{variable}`: {reason}")]
    BadTraces { variable: String, reason: &'static str },
    #[error("`{variable}` is `{value}`: expected {expected}")]
    BadValue { variable: &'static str, value: String, expected: &'static str },
    #[error("`{variable}` is not Unicode text")]
    NotText { variable: String },
    #[error("cannot read `.env`")]
    EnvFile(#[source] io::Error),
    #[error("`.env` line {line}: expected `NAME=value`")]
    EnvLine { line: usize },
}

impl Config {
    /// Reads everything.
    ///
    /// # Errors
    ///
    /// Fails with the first thing that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let variables = Variables::read()?;
        let (keys, keys_file) = variables.keys()?;
        Ok(Self {
            database: variables.database()?,
            listen: variables.listen()?,
            log_level: variables.log_level()?,
            limits: variables.limits()?,
            drain_delay: variables.drain_delay()?,
            keys,
            keys_file,
            requires_if_match: variables.flag("REQUIRE_IF_MATCH")?,
            root_path: variables.root_path()?,
            origins: variables.origins()?,
            traces: variables.traces()?,
        })
    }
}

impl Listen {
    /// Reads this part alone: a health check needs no database.
    ///
    /// # Errors
    ///
    /// Fails if it is wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Variables::read()?.listen()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The variables that are set. An empty one counts as not set, as Compose files leave them; but of the API keys, where
/// that would mean "open".
pub(crate) struct Variables {
    environment: HashMap<String, String>,
    file: HashMap<String, String>,
}

/// What variables of OpenTelemetry begin with. Which of them mean something stands in `traces`.
const TELEMETRY: &str = "OTEL_";

/// All others that mean something.
pub(crate) const NAMES: [&str; 18] = [
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DATABASE_PREPARED",
    "DATABASE_IDLE_TIME",
    "HOST",
    "PORT",
    "LOG_LEVEL",
    "REQUEST_TIMEOUT",
    "MAX_REQUESTS",
    "MAX_CONNECTIONS",
    "DRAIN_DELAY",
    "MEMORY_LIMIT",
    "API_KEYS",
    "API_KEYS_FILE",
    "TRUSTED_PROXIES",
    "ROOT_PATH",
    "CORS_ORIGINS",
    "REQUIRE_IF_MATCH",
];

impl Variables {
    fn read() -> Result<Self, ConfigError> {
        let mut environment = HashMap::new();
        let is_ours = |name: &String| NAMES.contains(&name.as_str()) || name.starts_with(TELEMETRY);
        for (name, value) in env::vars_os() {
            let Some(variable) = name.into_string().ok().filter(is_ours) else { continue };
            match value.into_string() {
                Ok(value) => environment.insert(variable, value),
                Err(_) => return Err(ConfigError::NotText { variable }),
            };
        }
        let file = match fs::read_to_string(".env") {
            Ok(text) => parse_env_file(&text)?,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                HashMap::new()
            }
            Err(error) => return Err(ConfigError::EnvFile(error)),
        };
        Ok(Self { environment, file })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let values = [self.environment.get(name), self.file.get(name)];
        values.into_iter().flatten().map(String::as_str).find(|value| !value.is_empty())
    }

    /// The same, with nothing in it if it is set to that.
    fn get_even_empty(&self, name: &'static str) -> Option<&str> {
        self.environment.get(name).or_else(|| self.file.get(name)).map(String::as_str)
    }

    /// The environment's, in either form, before the file's.
    fn database(&self) -> Result<DatabaseUrl, ConfigError> {
        let from_environment = (self.environment.get(NAMES[0]), self.environment.get(NAMES[1]));
        let from_file = (self.file.get(NAMES[0]), self.file.get(NAMES[1]));
        let set = |value: Option<&String>| value.filter(|value| !value.is_empty()).cloned();
        let (url, path) = match (set(from_environment.0), set(from_environment.1)) {
            (None, None) => (set(from_file.0), set(from_file.1)),
            found => found,
        };
        let (variable, url, file) = match (url, path) {
            (None, None) => return Err(ConfigError::NoDatabase),
            (Some(_), Some(_)) => return Err(ConfigError::TwoDatabases),
            (Some(url), None) => ("DATABASE_URL", url, None),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                match fs::read_to_string(&path) {
                    Ok(url) => ("DATABASE_URL_FILE", url, Some(path)),
                    Err(source) => return Err(ConfigError::DatabaseUrlFile { path, source }),
                }
            }
        };
        let mut url = url.trim().parse().map_err(|reason| ConfigError::BadDatabaseUrl { variable, reason })?;
        if let DatabaseUrl::Postgres(url) = &mut url {
            url.file = file.map(Arc::from);
            self.habits(url)?;
        }
        Ok(url)
    }

    /// What a URL cannot say: how its connections are used.
    fn habits(&self, url: &mut PostgresUrl) -> Result<(), ConfigError> {
        let seconds = self.number("DATABASE_IDLE_TIME", "seconds, from 1 to 86400", 1..=86_400)?;
        url.idle_time = seconds.map_or(url.idle_time, Duration::from_secs);
        url.is_prepared = self.flag("DATABASE_PREPARED")?;
        Ok(())
    }

    /// False unless it is said.
    fn flag(&self, variable: &'static str) -> Result<bool, ConfigError> {
        match self.get(variable).map(str::trim) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(value) => Err(ConfigError::BadValue { variable, value: value.to_owned(), expected: "true or false" }),
        }
    }

    fn listen(&self) -> Result<Listen, ConfigError> {
        let host = self.get("HOST").unwrap_or("0.0.0.0").to_owned();
        let port = self.get("PORT").unwrap_or("8000");
        let bad = || ConfigError::BadValue {
            variable: "PORT",
            value: port.to_owned(),
            expected: "a number from 0 to 65535, where 0 is any free port",
        };
        let port = port.trim().parse().map_err(|_| bad())?;
        Ok(Listen { host: host.trim().trim_matches(['[', ']']).to_owned(), port })
    }

    /// The keys, and the file that they stand in.
    fn keys(&self) -> Result<(Keys, Option<PathBuf>), ConfigError> {
        let (variable, text, file) = match (self.get_even_empty("API_KEYS"), self.get_even_empty("API_KEYS_FILE")) {
            (None, None) => return Ok((Keys::default(), None)),
            (Some(_), Some(_)) => return Err(ConfigError::TwoKeys),
            (Some(keys), None) => ("API_KEYS", keys.to_owned(), None),
            (None, Some("")) => ("API_KEYS_FILE", String::new(), None),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                match fs::read_to_string(&path) {
                    Ok(text) => ("API_KEYS_FILE", text, Some(path)),
                    Err(source) => return Err(ConfigError::KeysFile { path, source }),
                }
            }
        };
        let keys = text.parse().map_err(|reason| ConfigError::BadKeys { variable, reason })?;
        Ok((keys, file))
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let seconds = self.number("REQUEST_TIMEOUT", "seconds, from 0.1 to 3600", 0.1..=3600.0)?;
        let count = |variable| self.number(variable, "a number from 1 to 1000000", 1..=1_000_000);
        let limits = Limits {
            request_time: seconds.map_or(default.request_time, Duration::from_secs_f64),
            requests: count("MAX_REQUESTS")?.unwrap_or(default.requests),
            connections: count("MAX_CONNECTIONS")?.unwrap_or(default.connections),
            proxies: self.number("TRUSTED_PROXIES", "a number from 0 to 10", 0..=10)?.unwrap_or(default.proxies),
            ..default
        };
        Ok(limits.within_memory(self.memory()?))
    }

    fn memory(&self) -> Result<Option<usize>, ConfigError> {
        let (variable, expected) = ("MEMORY_LIMIT", "bytes, as in 64m or 1Gi, or none");
        let Some(text) = self.get(variable) else { return Ok(memory::of_cgroups()) };
        match text.parse() {
            Ok(MemoryLimit::Bytes(bytes)) => Ok(Some(bytes)),
            Ok(MemoryLimit::None) => Ok(None),
            Err(()) => Err(ConfigError::BadValue { variable, value: text.to_owned(), expected }),
        }
    }

    /// A process that a container runtime or an init system has started has one, or a process from outside its namespace, for
    /// a parent: a load balancer may stand before it. One that a person or another program has started stops at once.
    fn drain_delay(&self) -> Result<Duration, ConfigError> {
        let seconds = self.number("DRAIN_DELAY", "seconds, from 0 to 600", 0.0..=600.0)?;
        let is_supervised = parent_id() <= 1;
        Ok(seconds.map_or(if is_supervised { DRAIN_DELAY } else { Duration::ZERO }, Duration::from_secs_f64))
    }

    /// The variables of OpenTelemetry that are set; none if `OTEL_SDK_DISABLED` is `true`, as where a platform sets them
    /// for everybody.
    pub(crate) fn telemetry(&self) -> Result<BTreeSet<String>, ConfigError> {
        const DISABLED: &str = "OTEL_SDK_DISABLED";
        if self.flag(DISABLED)? {
            return Ok(BTreeSet::new());
        }
        let names = self.environment.keys().chain(self.file.keys()).filter(|name| name.starts_with(TELEMETRY));
        Ok(names.filter(|name| *name != DISABLED && self.get(name).is_some()).cloned().collect())
    }

    pub(crate) fn number<T: FromStr + PartialOrd>(
        &self,
        variable: &'static str,
        expected: &'static str,
        range: RangeInclusive<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.get(variable) else { return Ok(None) };
        let number = text.trim().parse().ok().filter(|number| range.contains(number));
        let bad = || ConfigError::BadValue { variable, value: text.to_owned(), expected };
        number.ok_or_else(bad).map(Some)
    }

    fn root_path(&self) -> Result<PathPrefix, ConfigError> {
        let (variable, text) = ("ROOT_PATH", self.get("ROOT_PATH").unwrap_or_default());
        let expected = "a path that begins with a slash, as /api";
        text.trim().parse().map_err(|_| ConfigError::BadValue { variable, value: text.to_owned(), expected })
    }

    fn origins(&self) -> Result<Origins, ConfigError> {
        let (variable, text) = ("CORS_ORIGINS", self.get("CORS_ORIGINS").unwrap_or_default());
        let expected = "origins as https://app.example, with commas between them, or *";
        text.parse().map_err(|_| ConfigError::BadValue { variable, value: text.to_owned(), expected })
    }

    fn log_level(&self) -> Result<LevelFilter, ConfigError> {
        let text = self.get("LOG_LEVEL").unwrap_or("info");
        match text.trim().to_ascii_lowercase().as_str() {
            "off" => Ok(LevelFilter::OFF),
            "error" | "critical" => Ok(LevelFilter::ERROR),
            "warn" | "warning" => Ok(LevelFilter::WARN),
            "info" => Ok(LevelFilter::INFO),
            "debug" => Ok(LevelFilter::DEBUG),
            "trace" => Ok(LevelFilter::TRACE),
            _ => Err(ConfigError::BadValue {
                variable: "LOG_LEVEL",
                value: text.to_owned(),
                expected: "off, error, warn, info, debug or trace",
            }),
        }
    }
}

/// Reads `NAME=value` lines, with `export`, quotes and comments as shells have them, and no expansion.
pub(crate) fn parse_env_file(text: &str) -> Result<HashMap<String, String>, ConfigError> {
    let mut variables = HashMap::new();
    for (at, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or(ConfigError::EnvLine { line: at + 1 })?;
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
        let value = quoted.map_or_else(|| value.split(" #").next().unwrap_or_default().trim_end(), |(value, _)| value);
        variables.insert(name.trim().to_owned(), value.to_owned());
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_is_read_as_shells_do() {
        let text = "# a comment\n\nexport PORT=9000\nHOST = '::1' # here\nDATABASE_URL=\"sqlite://a#b\"\nLOG_LEVEL=debug # more\n";
        let variables = parse_env_file(text).unwrap();
        let get = |name| variables.get(name).map(String::as_str);
        assert_eq!(get("PORT"), Some("9000"));
        assert_eq!(get("HOST"), Some("::1"));
        assert_eq!(get("DATABASE_URL"), Some("sqlite://a#b"));
        assert_eq!(get("LOG_LEVEL"), Some("debug"));
        assert_eq!(parse_env_file("A=1\nnonsense").unwrap_err().to_string(), "`.env` line 2: expected `NAME=value`");
    }

    #[track_caller]
    fn check(environment: &[(&'static str, &str)], file: &str, expected: &str) {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let variables = Variables { environment, file: parse_env_file(file).unwrap() };
        let told = variables.database().map_or_else(|error| format!("error: {error}"), |url| url.to_string());
        assert_eq!(told, expected);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        check(&[("DATABASE_URL", "sqlite://a")], "DATABASE_URL=sqlite://b", "sqlite a");
        check(&[("DATABASE_URL", "sqlite://a")], "DATABASE_URL_FILE=/nowhere", "sqlite a");
        check(&[], "DATABASE_URL=sqlite://b", "sqlite b");
        check(&[], "DATABASE_URL=", &format!("error: {}", ConfigError::NoDatabase));
        let both = [("DATABASE_URL", "sqlite://a"), ("DATABASE_URL_FILE", "/nowhere")];
        check(&both, "", "error: both `DATABASE_URL` and `DATABASE_URL_FILE` are set: keep one");
        check(&both[1..], "", "error: cannot read `/nowhere`, which `DATABASE_URL_FILE` names");
    }

    #[test]
    fn keys_that_are_set_to_nothing_are_a_fault_and_other_variables_are_not() {
        let told = |environment: &[(&'static str, &str)], file: &str| {
            let environment =
                environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let variables = Variables { environment, file: parse_env_file(file).unwrap() };
            assert_eq!(variables.listen().unwrap().port, 8000);
            variables.keys().map(|(keys, _)| keys.len()).map_err(|error| error.to_string())
        };
        assert_eq!(told(&[("PORT", "")], "PORT="), Ok(0));
        let nothing = |variable| {
            Err(format!("cannot use `{variable}`: there is no key in it; unset it if everybody may do everything"))
        };
        assert_eq!(told(&[("API_KEYS", "")], ""), nothing("API_KEYS"));
        assert_eq!(told(&[("API_KEYS_FILE", "")], ""), nothing("API_KEYS_FILE"));
        assert_eq!(told(&[("PORT", "")], "API_KEYS=\n"), nothing("API_KEYS"));
        let entry = format!("API_KEYS=ci:read:{}", "a".repeat(64));
        assert_eq!(told(&[], &entry), Ok(1));
        assert_eq!(told(&[("API_KEYS", "")], &entry), nothing("API_KEYS"), "the environment wins");
    }
}
