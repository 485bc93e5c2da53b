//! `DATABASE_URL`: what people have in it, made exact.
//!
//! A URL from a provider's console, from `SQLAlchemy` or from libpq's manual works unchanged. A parameter that means
//! nothing here is known by name and ignored; one that nobody here knows is refused by name, since dropping a demand
//! unread (for encryption, for a schema) is worse than not starting.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{ChannelBinding, Host, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs};

/// Where the tasks are kept.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    Postgres(Box<PostgresUrl>),
    Sqlite(SqlitePlace),
}

/// A PostgreSQL server, how to log in, and what is demanded of the connection. `Debug` hides the password.
#[derive(Debug, Clone)]
pub struct PostgresUrl {
    pub config: tokio_postgres::Config,
    pub tls: Tls,
    pub roots: Roots,
    /// The file that it was read from, and may be read from again.
    pub file: Option<Arc<Path>>,
    /// Whether statements are prepared by name, which only a session of one's own allows.
    pub is_prepared: bool,
    /// How long a connection may lie unused before it is closed.
    pub idle_time: Duration,
}

/// How much of a server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// No encryption at all.
    Off,
    /// The certificate must come from a trusted authority; its name may be another.
    Authority,
    /// And it must be for the host that was named.
    AuthorityAndName,
}

/// Which authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Mozilla's, which are in the program.
    Public,
    /// Those in this PEM file.
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlitePlace {
    Memory,
    File(PathBuf),
}

/// Why a database URL cannot be used. Never says more of it than a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error("it is not a URL of a kind known here: it begins with neither `postgresql://` nor `sqlite:`")]
    UnknownScheme,
    #[error("its parameter `{name}` is not known here")]
    UnknownParameter { name: String },
    #[error("its parameter `{name}` is `{value}`: expected {expected}")]
    BadParameter { name: String, value: String, expected: &'static str },
    #[error("its {part} is not text once its `%` escapes are decoded")]
    NotText { part: &'static str },
    #[error("it names no {part}")]
    Missing { part: &'static str },
    #[error("its port `{port}` is no number from 1 to 65535")]
    BadPort { port: String },
    #[error("`sslmode=disable` contradicts its `{name}`")]
    Contradiction { name: &'static str },
}

impl FromStr for DatabaseUrl {
    type Err = BadUrl;

    fn from_str(url: &str) -> Result<Self, BadUrl> {
        let url = url.trim();
        let (scheme, rest) = url.split_once(':').ok_or(BadUrl::UnknownScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        match scheme.split('+').next().unwrap_or_default() {
            "postgresql" | "postgres" => match rest.strip_prefix("//") {
                Some(rest) => PostgresUrl::parse(rest).map(|url| Self::Postgres(Box::new(url))),
                None => Err(BadUrl::UnknownScheme),
            },
            "sqlite" => SqlitePlace::parse(rest).map(Self::Sqlite),
            _ => Err(BadUrl::UnknownScheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Where it is, and nothing that is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => url.fmt(f),
            Self::Sqlite(SqlitePlace::Memory) => f.write_str("sqlite in memory"),
            Self::Sqlite(SqlitePlace::File(path)) => write!(f, "sqlite {}", path.display()),
        }
    }
}

impl SqlitePlace {
    fn parse(rest: &str) -> Result<Self, BadUrl> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if let Some((name, _)) = pairs(query)?.into_iter().next() {
            return Err(BadUrl::UnknownParameter { name });
        }
        let path = decode(path.strip_prefix("//").unwrap_or(path), "path")?;
        match path.as_str() {
            "" | "/" => Err(BadUrl::Missing { part: "file" }),
            ":memory:" | "/:memory:" => Ok(Self::Memory),
            // SQLAlchemy's way to write a relative path.
            path => Ok(Self::File(path.strip_prefix("/./").unwrap_or(path).into())),
        }
    }
}

impl PostgresUrl {
    /// The hosts and ports, in the order in which they are tried.
    pub fn places(&self) -> Vec<(String, u16)> {
        let ports = self.config.get_ports();
        let name = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        };
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        self.config.get_hosts().iter().enumerate().map(|(at, host)| (name(host), port(at))).collect()
    }

    fn parse(rest: &str) -> Result<Self, BadUrl> {
        let (head, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, place) = head.rsplit_once('@').map_or((None, head), |(login, place)| (Some(login), place));
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));

        let mut url = Draft::default();
        if let Some(login) = login {
            let (user, password) = login.split_once(':').map_or((login, None), |(user, pw)| (user, Some(pw)));
            url.user = Some(decode(user, "user")?).filter(|user| !user.is_empty());
            url.password = password.map(|password| decode(password, "password")).transpose()?;
        }
        url.database = Some(decode(database, "database")?).filter(|name| !name.is_empty());
        url.hosts(hosts)?;
        for (name, value) in pairs(query)? {
            url.parameter(&name, &value)?;
        }
        url.finish()
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.places().into_iter().map(|(host, port)| format!("{host}:{port}")).collect();
        write!(f, "{}/{}", places.join(","), self.config.get_dbname().unwrap_or_default())
    }
}

/// A URL while it is read: parameters may come in any order, and override what stands before them.
#[derive(Default)]
struct Draft {
    config: tokio_postgres::Config,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    hosts: Vec<String>,
    ports: Vec<u16>,
    ssl_mode: Option<String>,
    root_file: Option<String>,
    fallback_name: Option<String>,
    target: Option<TargetSessionAttrs>,
    binding: Option<ChannelBinding>,
}

impl Draft {
    fn hosts(&mut self, text: &str) -> Result<(), BadUrl> {
        for place in text.split(',').filter(|place| !place.is_empty()) {
            let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((host, rest)) => (host, rest.strip_prefix(':')),
                None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
            };
            self.hosts.push(decode(host, "host")?);
            self.ports.push(port.filter(|port| !port.is_empty()).map_or(Ok(5432), parse_port)?);
        }
        Ok(())
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), BadUrl> {
        let bad = |expected| {
            let value = if name == "password" { "…" } else { value };
            BadUrl::BadParameter { name: name.to_owned(), value: value.to_owned(), expected }
        };
        let number = || value.parse::<u64>().map_err(|_| bad("a number"));
        let seconds = || number().map(Duration::from_secs);
        match name {
            "user" => self.user = Some(value.to_owned()),
            "password" => self.password = Some(value.to_owned()),
            "dbname" => self.database = Some(value.to_owned()),
            "host" => self.hosts = value.split(',').map(str::to_owned).collect(),
            "port" => self.ports = value.split(',').map(parse_port).collect::<Result<_, _>>()?,
            "hostaddr" => {
                for address in value.split(',') {
                    self.config.hostaddr(address.parse().map_err(|_| bad("an IP address"))?);
                }
            }
            "sslmode" | "ssl" => {
                let mode = match value {
                    "true" | "True" | "1" if name == "ssl" => "require",
                    "false" | "False" | "0" if name == "ssl" => "disable",
                    "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" => value,
                    _ => return Err(bad("disable, allow, prefer, require, verify-ca or verify-full")),
                };
                self.ssl_mode = Some(mode.to_owned());
            }
            "sslrootcert" => self.root_file = Some(value.to_owned()).filter(|file| !file.is_empty()),
            "channel_binding" => {
                self.binding = Some(match value {
                    "require" => ChannelBinding::Require,
                    "prefer" => ChannelBinding::Prefer,
                    "disable" => ChannelBinding::Disable,
                    _ => return Err(bad("disable, prefer or require")),
                });
            }
            "sslnegotiation" => match value {
                "postgres" => drop(self.config.ssl_negotiation(SslNegotiation::Postgres)),
                "direct" => drop(self.config.ssl_negotiation(SslNegotiation::Direct)),
                _ => return Err(bad("postgres or direct")),
            },
            "application_name" => drop(self.config.application_name(value)),
            "fallback_application_name" => self.fallback_name = Some(value.to_owned()),
            "options" => drop(self.config.options(value)),
            "connect_timeout" | "timeout" if value.parse() == Ok(0.0) => {}
            "connect_timeout" | "timeout" => {
                let seconds = value.parse::<f64>().map_err(|_| bad("a number of seconds"))?;
                let timeout = Duration::try_from_secs_f64(seconds).map_err(|_| bad("a number of seconds"))?;
                self.config.connect_timeout(timeout);
            }
            "tcp_user_timeout" => drop(self.config.tcp_user_timeout(Duration::from_millis(number()?))),
            "keepalives" => drop(self.config.keepalives(number()? != 0)),
            "keepalives_idle" => drop(self.config.keepalives_idle(seconds()?)),
            "keepalives_interval" => drop(self.config.keepalives_interval(seconds()?)),
            "keepalives_count" | "keepalives_retries" => {
                self.config.keepalives_retries(value.parse().map_err(|_| bad("a number"))?);
            }
            "target_session_attrs" => {
                self.target = Some(match value {
                    "any" => TargetSessionAttrs::Any,
                    "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
                    _ => return Err(bad("any, read-write or primary: this service writes")),
                });
            }
            "load_balance_hosts" => {
                self.config.load_balance_hosts(match value {
                    "disable" => LoadBalanceHosts::Disable,
                    "random" => LoadBalanceHosts::Random,
                    _ => return Err(bad("disable or random")),
                });
            }
            "client_encoding" if value.eq_ignore_ascii_case("utf8") || value.eq_ignore_ascii_case("utf-8") => {}
            "client_encoding" => return Err(bad("utf8")),
            "gssencmode" if value == "require" => return Err(bad("disable or prefer")),
            "schema" if value == "public" => {}
            name if MEANS_NOTHING.contains(&name) => {}
            _ => return Err(BadUrl::UnknownParameter { name: name.to_owned() }),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<PostgresUrl, BadUrl> {
        let user = self.user.take().ok_or(BadUrl::Missing { part: "user" })?;
        let database = self.database.take().unwrap_or_else(|| user.clone());
        if self.hosts.is_empty() && self.config.get_hostaddrs().is_empty() {
            return Err(BadUrl::Missing { part: "host" });
        }
        let tls = self.tls()?;
        let roots = match self.root_file.take() {
            None => Roots::Public,
            Some(file) if file == "system" => Roots::Public,
            Some(file) => Roots::File(file.into()),
        };

        let mut config = self.config;
        config.user(user).dbname(database);
        config.ssl_mode(if tls == Tls::Off { SslMode::Disable } else { SslMode::Require });
        if let Some(binding) = self.binding {
            config.channel_binding(binding);
        }
        if let Some(password) = self.password {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name(self.fallback_name.as_deref().unwrap_or("task-api"));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        for host in &self.hosts {
            config.host(host);
        }
        for port in &self.ports {
            config.port(*port);
        }
        // Of several servers some are likely replicas. To ask one alone costs a round trip, and helps nobody.
        let has_choice = config.get_hosts().len().max(config.get_hostaddrs().len()) > 1;
        let default = if has_choice { TargetSessionAttrs::ReadWrite } else { TargetSessionAttrs::Any };
        config.target_session_attrs(self.target.unwrap_or(default));
        Ok(PostgresUrl { config, tls, roots, file: None, is_prepared: false, idle_time: Duration::from_mins(5) })
    }

    /// Encrypted and verified, unless the URL says that it shall not be, or the way leads nowhere outside.
    fn tls(&self) -> Result<Tls, BadUrl> {
        let is_direct = self.config.get_ssl_negotiation() == SslNegotiation::Direct;
        let binding = self.binding == Some(ChannelBinding::Require);
        let demand = [(binding, "channel_binding=require"), (is_direct, "sslnegotiation=direct")];
        let demand = demand.into_iter().find_map(|(is_there, name)| is_there.then_some(name));
        match (self.ssl_mode.as_deref(), demand) {
            (Some("disable"), Some(name)) => Err(BadUrl::Contradiction { name }),
            (Some("disable"), None) => Ok(Tls::Off),
            (Some("verify-ca"), _) if self.root_file.as_deref() != Some("system") => Ok(Tls::Authority),
            (None | Some("allow" | "prefer"), None) if self.root_file.is_none() && self.is_local() => Ok(Tls::Off),
            _ => Ok(Tls::AuthorityAndName),
        }
    }

    fn is_local(&self) -> bool {
        let is_loopback = |ip: &IpAddr| ip.is_loopback();
        let names = self.hosts.iter().all(|host| {
            host == "localhost" || host.starts_with(['/', '@']) || host.parse().as_ref().is_ok_and(is_loopback)
        });
        names && self.config.get_hostaddrs().iter().all(is_loopback)
    }
}

/// Parameters of pools, caches and other drivers, which change nothing about what is read and written.
const MEANS_NOTHING: [&str; 22] = [
    "command_timeout",
    "connection_limit",
    "gssencmode",
    "krbsrvname",
    "gsslib",
    "max_overflow",
    "pgbouncer",
    "pool_max_conns",
    "pool_pre_ping",
    "pool_recycle",
    "pool_size",
    "pool_timeout",
    "prepare_threshold",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "prepared_statements",
    "replication_timeout",
    "socket_timeout",
    "sslcompression",
    "sslsni",
    "statement_cache_size",
    "uselibpqcompat",
];

fn parse_port(text: &str) -> Result<u16, BadUrl> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| BadUrl::BadPort { port: text.to_owned() })
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, BadUrl> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name, "parameters")?, decode(value, "parameters")?))
    });
    decoded.collect()
}

fn decode(text: &str, part: &'static str) -> Result<String, BadUrl> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| BadUrl::NotText { part })?;
    if text.contains('\0') { Err(BadUrl::NotText { part }) } else { Ok(text.into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> String {
        match url.parse::<DatabaseUrl>() {
            Ok(DatabaseUrl::Postgres(url)) => {
                let user = url.config.get_user().unwrap_or_default();
                let password = String::from_utf8_lossy(url.config.get_password().unwrap_or_default()).into_owned();
                let binding = url.config.get_channel_binding();
                format!("{user} {password} {url} {:?} {:?} {binding:?}", url.tls, url.roots)
            }
            Ok(url) => url.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(told(url), expected, "{url}");
    }

    #[test]
    fn a_url_from_a_console_or_from_sqlalchemy_works_unchanged() {
        check(
            "postgresql://u:pw@ep-x-pooler.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
            "u pw ep-x-pooler.eu.aws.neon.tech:5432/neondb AuthorityAndName Public Require",
        );
        check("postgresql+psycopg2://u:p%40w@db.example/x", "u p@w db.example:5432/x AuthorityAndName Public Prefer");
        check("postgresql+asyncpg://u:p@w@db:6/x?ssl=require", "u p@w db:6/x AuthorityAndName Public Prefer");
        check("postgres://u:a/b@db:6", "u a/b db:6/u AuthorityAndName Public Prefer");
        check("postgres://u@[::1]:7/x", "u  ::1:7/x Off Public Prefer");
        check("postgres://u@a:1,b:2/x?sslmode=verify-ca", "u  a:1,b:2/x Authority Public Prefer");
        check("postgres://u@/x?host=%2Frun%2Fpg", "u  /run/pg:5432/x Off Public Prefer");
        check("postgres:///x?user=u&password=p&host=db&port=7", "u p db:7/x AuthorityAndName Public Prefer");
    }

    #[test]
    fn encryption_is_verified_unless_the_url_says_not() {
        let url = |host: &str, query: &str| format!("postgres://u@{host}/x?{query}");
        for query in ["", "sslmode=require", "sslmode=prefer", "sslmode=allow", "sslmode=verify-full", "ssl=true"] {
            check(&url("db", query), "u  db:5432/x AuthorityAndName Public Prefer");
        }
        check(&url("db", "sslmode=disable"), "u  db:5432/x Off Public Prefer");
        check(&url("localhost", ""), "u  localhost:5432/x Off Public Prefer");
        check(&url("127.0.0.1", "sslmode=prefer"), "u  127.0.0.1:5432/x Off Public Prefer");
        check(&url("localhost", "sslmode=require"), "u  localhost:5432/x AuthorityAndName Public Prefer");
        check(&url("localhost", "channel_binding=require"), "u  localhost:5432/x AuthorityAndName Public Require");
        check(
            &url("localhost", "sslrootcert=/ca.pem"),
            r#"u  localhost:5432/x AuthorityAndName File("/ca.pem") Prefer"#,
        );
        check(&url("db", "sslmode=verify-ca&sslrootcert=system"), "u  db:5432/x AuthorityAndName Public Prefer");
        check(
            &url("db", "sslmode=disable&channel_binding=require"),
            "error: `sslmode=disable` contradicts its `channel_binding=require`",
        );
    }

    #[test]
    fn a_parameter_is_honoured_or_known_to_mean_nothing_or_refused_by_name() {
        let harmless = "application_name=a%40b&connect_timeout=10&options=endpoint%3Dep-x&target_session_attrs=read-write\
                        &keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3&gssencmode=disable\
                        &pool_timeout=15&pgbouncer=true&sslnegotiation=direct&tcp_user_timeout=9000&client_encoding=UTF8";
        check(&format!("postgres://u@db/x?{harmless}"), "u  db:5432/x AuthorityAndName Public Prefer");
        check("postgres://u@db/x?search_pathh=y", "error: its parameter `search_pathh` is not known here");
        check("postgres://u@db/x?schema=mine", "error: its parameter `schema` is not known here");
        check("postgres://u@db/x?sslcert=c.pem", "error: its parameter `sslcert` is not known here");
        check(
            "postgres://u@db/x?channel_binding=maybe",
            "error: its parameter `channel_binding` is `maybe`: expected disable, prefer or require",
        );
        check(
            "postgres://u@db/x?target_session_attrs=read-only",
            "error: its parameter `target_session_attrs` is `read-only`: expected any, read-write or primary: this service writes",
        );
    }

    #[test]
    fn of_several_servers_one_that_writes_is_looked_for() {
        let target = |url: &str| match url.parse() {
            Ok(DatabaseUrl::Postgres(url)) => url.config.get_target_session_attrs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(target("postgres://u@a/x"), TargetSessionAttrs::Any);
        assert_eq!(target("postgres://u@a,b/x"), TargetSessionAttrs::ReadWrite);
        assert_eq!(target("postgres://u@a,b/x?target_session_attrs=any"), TargetSessionAttrs::Any);
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_it() {
        check("", "error: it is not a URL of a kind known here: it begins with neither `postgresql://` nor `sqlite:`");
        check("mysql://u:secret@db/x", &told(""));
        check("postgres:u:secret@db", &told(""));
        check("postgres://u:secret@db:port/x", "error: its port `port` is no number from 1 to 65535");
        check("postgres://u:secret@db:0/x", "error: its port `0` is no number from 1 to 65535");
        check("postgres://u:%ff@db/x", "error: its password is not text once its `%` escapes are decoded");
        check("postgres://db/x", "error: it names no user");
        check("postgres://u:secret@/x", "error: it names no host");
        let url: DatabaseUrl = "postgres://u:secret@db/x".parse().unwrap();
        assert!(!format!("{url:?} {url}").contains("secret"));
    }

    #[test]
    fn a_sqlite_url_is_a_path_or_memory() {
        check("sqlite:///data/tasks.db", "sqlite /data/tasks.db");
        check("sqlite:////data/tasks.db", "sqlite //data/tasks.db");
        check("sqlite://tasks.db", "sqlite tasks.db");
        check("sqlite:///./tasks.db", "sqlite tasks.db");
        check("sqlite+aiosqlite:///a%20b.db", "sqlite /a b.db");
        for memory in ["sqlite::memory:", "sqlite://:memory:", "sqlite:///:memory:"] {
            check(memory, "sqlite in memory");
        }
        check("sqlite://", "error: it names no file");
        check("sqlite:///x?mode=ro", "error: its parameter `mode` is not known here");
    }
}
