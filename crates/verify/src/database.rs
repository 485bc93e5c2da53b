//! Which database a run has: the user's, a throwaway one, or none.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Mutex;
use std::thread;

use seaworthy_database::Throwaway;
use seaworthy_dependency::Line;
use seaworthy_engine::{Container, Prepared, PutFile, Run, Service};
use seaworthy_report::Database as Kind;
use seaworthy_spec::{Check, Database, Dependency, Spec, System, Values};

use crate::Options;
use crate::dependencies::{Held, Provided, State};
use crate::given;
use crate::lanes::{self, Place};
use crate::redact::Redactor;
use crate::run::held;
use crate::servers::{Apart, Needs, Servers, Started, known, service};

/// Where the container finds the throwaway authority's certificate.
const CA_PATH: &str = "/run/seaworthy/ca.pem";
/// The database of a container whose memory is watched.
pub(crate) const MEMORY: &str = "memory";
/// Where it finds a database URL that changes.
const URL_PATH: &str = "/run/seaworthy/database_url";

/// The database that the containers of a run are given.
pub(crate) struct RunDatabase {
    pub(crate) kind: Kind,
    /// The variable that names it.
    pub(crate) variable: Option<String>,
    /// Its value, for the containers and nobody else.
    url: Option<String>,
    /// The form of that value, where the specification names one.
    form: Option<String>,
    /// Why there is none, though the specification asks for one.
    pub(crate) missing: Option<String>,
    stand_in: Option<Throwaway>,
    /// In its place, one of an image.
    by_image: Option<Box<Held>>,
    /// Another one, for containers that are to be disturbed by no other.
    apart: Option<Throwaway>,
    /// It has a database of its own for a container whose memory is watched.
    has_memory: bool,
    services: Vec<Service>,
    /// What the given variables name beside it.
    given: Vec<Service>,
    /// The specification names a variable only: the service may be made for another system than PostgreSQL.
    guessed: bool,
    /// Another one, whose password changes; or why there is none.
    rotating: Option<Result<Mutex<Throwaway>, String>>,
}

/// What a specification asks for, before anything is started.
pub(crate) struct Wanted {
    variable: Option<String>,
    guessed: bool,
    /// The PostgreSQL that the specification lists.
    listed: Option<Dependency>,
    servers: Needs,
}

impl Wanted {
    /// What the specification says of its database.
    pub(crate) fn of(spec: &Spec) -> Self {
        let database = spec.database();
        let listed = spec.postgres().cloned();
        let stand_in = database.as_ref().is_some_and(Database::is_replaceable);
        let lenient = listed.as_ref().is_some_and(|listed| listed.own_form().is_some());
        let guessed = database.as_ref().is_some_and(|database| database.system == System::Unknown);
        let rotating = spec.checks().any(|check| matches!(check, Check::DatabaseRotates { .. }));
        let apart = match (lanes::divides(spec), spec.checks().any(lanes::is_memory)) {
            (false, _) => Apart::Unneeded,
            (true, false) => Apart::Needed,
            (true, true) => Apart::WithMemory,
        };
        let servers = Needs { stand_in, lenient, rotating, apart };
        Self { variable: database.map(|database| database.variable), guessed, listed, servers }
    }

    /// The PostgreSQL that an image has, where the installed one that was to be started did not, or cannot be in its place: the one that the
    /// specification lists, else the usual one.
    pub(crate) fn by_image(&self, options: &Options, installed: Option<&Started>) -> Option<Dependency> {
        let is_wanted = self.servers.stand_in && self.given(options).is_none();
        let variable = self.variable.as_ref().filter(|_| is_wanted && !matches!(installed, Some(Ok(_))))?;
        self.listed.clone().or_else(|| Dependency::postgres(variable))
    }

    pub(crate) fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// Which throwaway servers that takes.
    pub(crate) fn needs(&self, options: &Options) -> Needs {
        let is_particular = self.listed.as_ref().is_some_and(Dependency::is_particular);
        let is_wanted = self.servers.stand_in && !is_particular && self.variable.is_some();
        let stand_in = self.given(options).is_none() && is_wanted;
        let apart = if stand_in { self.servers.apart } else { Apart::Unneeded };
        Needs { stand_in, apart, ..self.servers }
    }

    /// Whether a database server would be written to that is the user's own.
    pub(crate) fn given<'a>(&self, options: &'a Options) -> Option<(&'a str, &'a str)> {
        let variable = self.variable.as_deref().unwrap_or("DATABASE_URL");
        let found = options.env.iter().rev().find(|(name, _)| name == variable)?;
        Some((&found.0, &found.1))
    }
}

impl RunDatabase {
    /// Takes the given one, else a throwaway one where the specification asks for it. Where containers are isolated, a given server must be
    /// named to them.
    pub(crate) fn provide(
        wanted: &Wanted,
        options: &Options,
        prepared: &dyn Prepared,
        servers: Servers,
        by_image: Option<Provided>,
        redactor: &mut Redactor,
    ) -> Self {
        let Servers { stand_in, rotating, apart, has_memory } = servers;
        let mut database = Self {
            kind: Kind::None,
            variable: wanted.variable.clone(),
            url: None,
            form: wanted.listed.as_ref().and_then(Dependency::own_form).map(str::to_owned),
            missing: None,
            stand_in: None,
            by_image: None,
            // Where it does not start, there is one for all.
            apart: apart.and_then(|started| known(started, redactor).ok()),
            has_memory,
            services: Vec::new(),
            given: Vec::new(),
            guessed: wanted.guessed,
            rotating: rotating.map(|started| known(started, redactor).map(Mutex::new)),
        };
        if let Some((variable, url)) = wanted.given(options) {
            database.kind = Kind::Given;
            database.variable = Some(variable.to_owned());
            database.url = Some(url.to_owned());
            if let Some((host, port)) = authority(url) {
                let address = (host.as_str(), port).to_socket_addrs().ok().and_then(|mut found| {
                    let all: Vec<SocketAddr> = found.by_ref().collect();
                    all.iter().find(|address| address.is_ipv4()).or(all.first()).copied()
                });
                // A server of this machine: an engine whose containers cannot reach it says so.
                let address = address.filter(|address| prepared.is_isolated() || address.ip().is_loopback());
                database.services.extend(address.map(|address| Service { name: host, address }));
            }
        } else {
            let installed = stand_in.map(|started| known(started, redactor));
            match (installed, by_image.map(|provided| provided.state)) {
                (Some(Ok(throwaway)), _) => {
                    database.kind = Kind::StandIn;
                    database.url = Some(database.value(&throwaway, None, throwaway.address().port()));
                    database.services.push(service(&throwaway));
                    database.stand_in = Some(throwaway);
                }
                (_, Some(State::Runs(held))) => {
                    database.kind = Kind::StandIn;
                    database.url = Some(held.server.value());
                    database.services.push(held.server.service());
                    database.by_image = Some(held);
                }
                (Some(Err(why)), Some(State::Missing(no_image))) => {
                    database.missing = Some(format!("{why}; {no_image}"));
                }
                (None, Some(State::Missing(why))) | (Some(Err(why)), _) => database.missing = Some(why),
                (None, Some(State::Given) | None) => {}
            }
        }
        if prepared.is_isolated() {
            database.given = given::services(&options.env, &database.services);
        }
        database
    }

    /// Gives it to a container.
    pub(crate) fn put_into(&self, run: &mut Run, place: Place) {
        if let (Some(held), Some(variable)) = (&self.by_image, &self.variable) {
            set(run, variable, &held.server.value());
        }
        match (self.throwaway(place), &self.variable) {
            (Some(throwaway), Some(variable)) => {
                let name = (place == Place::Memory && self.has_memory).then_some(MEMORY);
                set(run, variable, &self.value(throwaway, name, throwaway.address().port()));
                run.files.push(PutFile::new(CA_PATH, throwaway.ca_pem()));
                run.services.push(service(throwaway));
            }
            _ => run.services.extend(self.services.iter().cloned()),
        }
        self.put_given_into(run);
    }

    /// What a container connects with to the installed server's database of this name, at a port where the server is reached.
    fn value(&self, throwaway: &Throwaway, name: Option<&str>, port: u16) -> String {
        let Some(form) = &self.form else { return throwaway.url_of(name, port, CA_PATH) };
        let (host, user, password) = (throwaway.host(), throwaway.user(), throwaway.password());
        Values { host, port, user, password, database: name.unwrap_or(user) }.fill(form)
    }

    /// Whether a scenario there may stop the server, or have a database of its own on it; or why not.
    pub(crate) fn for_scenarios(&self, place: Place) -> Result<&Throwaway, String> {
        match (self.throwaway(place), &self.missing, self.kind) {
            (Some(throwaway), ..) => Ok(throwaway),
            (None, Some(why), _) => Err(format!("no database for the run: {why}")),
            (None, None, Kind::Given) => {
                Err("the database is a given one, which no scenario may stop or replace".to_owned())
            }
            (None, None, Kind::StandIn) => {
                Err("the database is of an image; a fresh one for a scenario is made on an installed PostgreSQL server only, for which the \
                     line under *Dependencies* may name no other image and no command"
                    .to_owned())
            }
            (None, None, Kind::None) => {
                Err("the specification asks for no PostgreSQL, so that no database was started".to_owned())
            }
        }
    }

    /// Another way to the server there, which can be cut; or why there is none.
    pub(crate) fn another_line(&self, place: Place) -> Result<std::io::Result<Line>, String> {
        match &self.by_image {
            Some(held) => Ok(held.server.another_line()),
            None => self.for_scenarios(place).map(|throwaway| Line::to(throwaway.address())),
        }
    }

    /// Gives a container the throwaway server's database of this name, at an address where the server is reached.
    pub(crate) fn put_other_into(
        &self,
        run: &mut Run,
        place: Place,
        database: Option<&str>,
        address: Option<SocketAddr>,
    ) {
        if let (Some(held), Some(address), Some(variable)) = (&self.by_image, address, &self.variable) {
            held.put_into(run, address);
            set(run, variable, &held.server.value_at(address.port()));
        }
        let (Some(throwaway), Some(variable)) = (self.throwaway(place), &self.variable) else { return };
        let address = address.unwrap_or(throwaway.address());
        set(run, variable, &self.value(throwaway, database, address.port()));
        let other = Service { address, ..service(throwaway) };
        run.services.retain(|service| service.name != other.name);
        run.services.push(other);
    }

    /// The server of containers there.
    fn throwaway(&self, place: Place) -> Option<&Throwaway> {
        let apart = self.apart.as_ref().filter(|_| matches!(place, Place::Apart | Place::Memory));
        apart.or(self.stand_in.as_ref())
    }

    /// Whether containers can be kept from what the others write.
    pub(crate) fn is_divided(&self) -> bool {
        match self.kind {
            Kind::StandIn => self.apart.is_some(),
            Kind::None | Kind::Given => !self.is_shared(),
        }
    }

    /// Whether a container whose memory is watched can be kept from what all others write.
    pub(crate) fn has_one_for_memory(&self) -> bool {
        self.is_divided() && (self.kind != Kind::StandIn || self.has_memory)
    }

    /// Whether all containers meet in it. A file is each container's own.
    pub(crate) fn is_shared(&self) -> bool {
        self.kind == Kind::StandIn || self.url.as_deref().is_some_and(|url| !is_file(url))
    }

    /// A server at the container's own port would be in its way.
    fn put_given_into(&self, run: &mut Run) {
        let others = self.given.iter().filter(|service| Some(service.address.port()) != run.port);
        run.services.extend(others.cloned());
    }

    /// The names of the servers that the given variables name beside the database.
    pub(crate) fn given_hosts(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|service| service.name.as_str())
    }

    /// Gives a container the database whose password changes: by the file that `variable` names, and in no other way.
    pub(crate) fn put_rotating_into(&self, run: &mut Run, variable: &str) -> Result<(), String> {
        let throwaway = held(self.rotating()?);
        run.env.retain(|(name, _)| Some(name) != self.variable.as_ref());
        run.without_env.extend(self.variable.clone());
        set(run, variable, URL_PATH);
        run.files.push(PutFile::new(CA_PATH, throwaway.ca_pem()));
        run.files.push(PutFile::new(URL_PATH, throwaway.url(CA_PATH)));
        run.services.push(service(&throwaway));
        self.put_given_into(run);
        Ok(())
    }

    /// Writes the next login where the container finds it, then makes it the only one.
    pub(crate) fn rotate(&self, container: &dyn Container, redactor: &Redactor) -> Result<(), String> {
        let mut throwaway = held(self.rotating()?);
        container
            .replace_file(URL_PATH, throwaway.next_url(CA_PATH).as_bytes())
            .map_err(|error| redactor.quote(&error.to_string()))?;
        throwaway.rotate().map_err(|error| redactor.quote(&error.to_string()))
    }

    /// How many of its rows have `text` in them.
    pub(crate) fn rotating_rows(&self, text: &str, redactor: &Redactor) -> Result<u64, String> {
        let found = held(self.rotating()?).rows_with(text, "");
        found.map(|found| found.rows).map_err(|error| redactor.quote(&error.to_string()))
    }

    fn rotating(&self) -> Result<&Mutex<Throwaway>, String> {
        match &self.rotating {
            Some(Ok(throwaway)) => Ok(throwaway),
            Some(Err(why)) => Err(why.clone()),
            None => Err("no database was started for it".to_owned()),
        }
    }

    /// Ends the servers, all at once: each takes a while to remove its files.
    pub(crate) fn end(&mut self) {
        let (stand_in, rotating, apart) = (self.stand_in.take(), self.rotating.take(), self.apart.take());
        thread::scope(|scope| {
            scope.spawn(|| drop(stand_in));
            scope.spawn(|| drop(apart));
            drop(rotating);
        });
    }

    /// Why there is none, though the specification asks for one: it never was, or it ended meanwhile.
    pub(crate) fn lacking(&self, redactor: &Redactor) -> Option<String> {
        let ended = || self.by_image()?.ended(redactor);
        self.missing.clone().or_else(ended).map(|why| format!("no database for the run: {why}"))
    }

    /// The server of an image, where there is one.
    pub(crate) fn by_image(&self) -> Option<&Held> {
        self.by_image.as_deref()
    }

    pub(crate) fn stand_in(&self) -> Option<&Throwaway> {
        self.stand_in.as_ref()
    }

    /// Holds the password.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The host that the variable names, where it names a server.
    pub(crate) fn host(&self) -> Option<String> {
        if let Some(throwaway) = &self.stand_in {
            return Some(throwaway.host().to_owned());
        }
        if let Some(held) = &self.by_image {
            return Some(held.server.service().name);
        }
        self.url.as_deref().and_then(authority).map(|(host, _)| host)
    }

    /// What leads to the run's own server, at this port.
    fn own_value_at(&self, port: u16) -> Option<String> {
        let installed = self.stand_in.as_ref().map(|throwaway| self.value(throwaway, None, port));
        installed.or_else(|| self.by_image().map(|held| held.server.value_at(port)))
    }

    /// Whether the installed server that stands in demands TLS.
    pub(crate) fn demands_tls(&self) -> bool {
        self.form.is_none()
    }

    /// `postgresql`, `sqlite`, without what stands behind a `+`.
    pub(crate) fn scheme(&self) -> Option<String> {
        if self.kind == Kind::StandIn {
            return Some("postgresql".to_owned());
        }
        let (scheme, _) = self.url.as_deref()?.split_once("://")?;
        scheme.split('+').next().map(str::to_lowercase)
    }

    /// A server of the user's, reached over a network.
    pub(crate) fn is_given_server(&self) -> bool {
        self.kind == Kind::Given && self.host().is_some()
    }

    /// The variable, where a throwaway PostgreSQL stands in for a system that nobody named.
    pub(crate) fn guessed(&self) -> Option<&str> {
        self.variable.as_deref().filter(|_| self.kind == Kind::StandIn && self.guessed)
    }

    pub(crate) fn is_neon(&self) -> bool {
        self.kind == Kind::Given && self.host().is_some_and(|host| host.to_ascii_lowercase().ends_with(".neon.tech"))
    }

    /// Another value of the variable, under which the same data cannot be reached: the same server at a port where nothing listens, or
    /// another file.
    pub(crate) fn elsewhere(&self) -> Option<Elsewhere> {
        let url = self.url.as_deref()?;
        if self.kind == Kind::StandIn {
            let used = self.services.first().map_or(0, |service| service.address.port());
            // A value without a port leads to the same server always.
            let other = self.own_value_at(closed_port(used)?).filter(|other| other != url)?;
            return Some(Elsewhere { url: other, is_server: true });
        }
        if let Some((_, port)) = authority(url) {
            let closed = closed_port(port)?;
            return Some(Elsewhere { url: with_port(url, closed)?, is_server: true });
        }
        let (scheme, path) = url.split_once("://")?;
        let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Some(Elsewhere { url: format!("{scheme}://{path}-elsewhere{query}"), is_server: false })
    }
}

/// Another value of the database variable.
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    /// A server's address at which nothing listens; else a file's.
    pub(crate) is_server: bool,
}

/// Sets a variable, over what it was.
pub(crate) fn set(run: &mut Run, variable: &str, value: &str) {
    run.env.retain(|(name, _)| name != variable);
    run.without_env.retain(|name| name != variable);
    run.env.push((variable.to_owned(), value.to_owned()));
}

/// Whether a throwaway PostgreSQL can stand in for a database of this name.
pub(crate) fn is_postgres(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(name.trim(), "" | "database" | "the" | "a" | "its" | "sql") || name.contains("postgres") || is_neon(&name)
}

/// Whether a sentence names Neon.
pub(crate) fn is_neon(name: &str) -> bool {
    name.to_lowercase().contains("neon")
}

/// Host and port of a database server's URL; `None` for files.
fn authority(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let default = match scheme.split('+').next()? {
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        _ => return None,
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(',').next()?;
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            (host, behind.strip_prefix(':'))
        }
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return None;
    }
    Some((host.to_owned(), port.map_or(Some(default), |port| port.parse().ok())?))
}

/// Whether it names a file, in whatever form; of what is not known, a server is assumed.
fn is_file(url: &str) -> bool {
    let scheme = url.split(':').next().and_then(|scheme| scheme.split('+').next()).unwrap_or_default();
    matches!(scheme.to_ascii_lowercase().as_str(), "file" | "sqlite" | "sqlite3")
}

/// The URL with another port.
fn with_port(url: &str, port: u16) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let host = host.split(',').next()?;
    let name_end = host.find(']').map_or_else(|| host.find(':').unwrap_or(host.len()), |end| end + 1);
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    Some(format!("{scheme}://{user}{}:{port}{behind}", &host[..name_end]))
}

/// A port at which nothing listens here now, other than `used`.
fn closed_port(used: u16) -> Option<u16> {
    (0..8).find_map(|_| {
        let port = TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
        (port != used).then_some(port)
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_servers_address_is_told_by_its_url() {
        for (url, expected) in [
            ("postgres://u:p@h/d", Some(("h", 5432))),
            ("postgresql+asyncpg://u:p@h.neon.tech:6543/d?sslmode=require", Some(("h.neon.tech", 6543))),
            ("postgres://[::1]:1/d", Some(("::1", 1))),
            ("postgres://u:p@a:1,b:2/d", Some(("a", 1))),
            ("sqlite:///data/x.db", None),
            ("file:///data", None),
            ("postgres:///d", None),
            ("nonsense", None),
        ] {
            let expected = expected.map(|(host, port): (&str, u16)| (host.to_owned(), port));
            assert_eq!(authority(url), expected, "{url}");
        }
    }

    #[test]
    fn only_a_file_is_each_containers_own() {
        for (url, expected) in [
            ("file:///data", true),
            ("sqlite:///data/x.db", true),
            ("sqlite+aiosqlite:////data/x.db", true),
            ("sqlite::memory:", true),
            ("postgres:///d", false),
            ("mongodb://h/d", false),
            ("Server=h;Database=d", false),
            ("", false),
        ] {
            assert_eq!(is_file(url), expected, "{url}");
        }
    }

    #[test]
    fn a_container_apart_has_a_database_that_no_other_writes_to() {
        let needs = Needs { stand_in: true, lenient: false, rotating: false, apart: Apart::WithMemory };
        let Servers { stand_in, rotating, apart, has_memory } = needs.start(IpAddr::from([127, 0, 0, 1]));
        assert!(rotating.is_none());
        let database = RunDatabase {
            kind: Kind::StandIn,
            variable: Some("DATABASE_URL".to_owned()),
            url: None,
            form: None,
            missing: None,
            stand_in: Some(stand_in.unwrap().unwrap()),
            by_image: None,
            apart: Some(apart.unwrap().unwrap()),
            has_memory,
            services: Vec::new(),
            given: Vec::new(),
            guessed: false,
            rotating: None,
        };
        assert!(database.is_divided());
        assert!(database.has_one_for_memory());
        let places = [Place::Main, Place::Variables, Place::Apart, Place::Memory];
        let [main, variables, apart, memory] = places.map(|place| {
            let mut run = Run::default();
            database.put_into(&mut run, place);
            (run.env, run.services, run.files)
        });
        assert_eq!(main, variables);
        assert!(memory.0 != apart.0 && memory.0 != main.0);
        assert!(main.0 != apart.0 && main.1 != apart.1 && main.2 != apart.2);
        // With one server there is nothing to keep them apart.
        let database = RunDatabase { apart: None, ..database };
        assert!(!database.is_divided());
        let mut run = Run::default();
        database.put_into(&mut run, Place::Apart);
        assert_eq!(run.env, main.0);
    }

    #[test]
    fn a_form_of_the_specifications_own_is_filled_for_the_installed_server() {
        let needs = Needs { stand_in: true, lenient: true, rotating: false, apart: Apart::Unneeded };
        let throwaway = needs.start(IpAddr::from([127, 0, 0, 1])).stand_in.unwrap().unwrap();
        let (port, password) = (throwaway.address().port(), throwaway.password().to_owned());
        let value = |port: u16| format!("jdbc:postgresql://database.internal:{port}/app?user=app&password={password}");
        let form = "jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}";
        let database = RunDatabase {
            kind: Kind::StandIn,
            variable: Some("DATABASE_URL".to_owned()),
            url: Some(value(port)),
            form: Some(form.to_owned()),
            missing: None,
            services: vec![service(&throwaway)],
            stand_in: Some(throwaway),
            by_image: None,
            apart: None,
            has_memory: false,
            given: Vec::new(),
            guessed: false,
            rotating: None,
        };
        let mut run = Run::default();
        database.put_into(&mut run, Place::Main);
        assert_eq!(run.env, [("DATABASE_URL".to_owned(), value(port))]);
        assert_eq!(database.host().as_deref(), Some("database.internal"));
        assert_eq!(database.scheme().as_deref(), Some("postgresql"));
        let elsewhere = database.elsewhere().unwrap();
        assert!(elsewhere.is_server && elsewhere.url != value(port));
    }

    #[test]
    fn another_port_leaves_the_rest_as_it_is() {
        for (url, expected) in [
            ("postgres://u:p@h/d?x=y", "postgres://u:p@h:9/d?x=y"),
            ("postgres://h:5432", "postgres://h:9"),
            ("postgres://u@[::1]:1/d", "postgres://u@[::1]:9/d"),
        ] {
            assert_eq!(with_port(url, 9).as_deref(), Some(expected));
        }
    }

    #[test]
    fn names_for_which_postgresql_stands_in() {
        for (name, expected) in
            [("Neon", true), ("PostgreSQL", true), ("", true), ("database", true), ("MySQL", false), ("Redis", false)]
        {
            assert_eq!(is_postgres(name), expected, "{name}");
        }
    }
}
