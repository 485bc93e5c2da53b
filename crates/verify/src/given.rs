//! The servers that the given variables name: where containers are isolated, a run lets them reach these too.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use seaworthy_engine::Service;

/// For all names to be found.
const PATIENCE: Duration = Duration::from_secs(5);
/// More are not looked for.
const SERVERS_MAX: usize = 64;

/// The servers of all URLs among the values of variables, found by name now.
pub fn servers_of(env: &[(String, String)]) -> Vec<Service> {
    services(env, &[])
}

/// The servers of all URLs among the values; what is there already is left out. A name that is not found here is none.
pub(crate) fn services(env: &[(String, String)], known: &[Service]) -> Vec<Service> {
    let (found, answers) = mpsc::channel();
    let mut named: Vec<(String, u16)> = Vec::new();
    for server in env.iter().flat_map(|(_, value)| servers(value)) {
        if named.len() < SERVERS_MAX && !named.contains(&server) {
            named.push(server);
        }
    }
    for (number, (host, port)) in named.iter().cloned().enumerate() {
        let found = found.clone();
        // One that takes too long is left behind.
        let _ = thread::Builder::new().name("resolve".to_owned()).spawn(move || {
            let _ = found.send((number, resolve(&host, port)));
        });
    }
    drop(found);
    let until = Instant::now() + PATIENCE;
    let mut addresses = vec![None; named.len()];
    while let Ok((number, address)) = answers.recv_timeout(until.saturating_duration_since(Instant::now())) {
        addresses[number] = address;
    }
    let mut services: Vec<Service> = Vec::new();
    for ((name, _), address) in named.into_iter().zip(addresses) {
        let Some(address) = address else { continue };
        let service = Service { name, address };
        if !known.iter().chain(&services).any(|other| meet(other, &service)) {
            services.push(service);
        }
    }
    services
}

/// Whether two would be found at one place of the container.
fn meet(one: &Service, other: &Service) -> bool {
    let is_here = |service: &Service| {
        service.name.eq_ignore_ascii_case("localhost")
            || service.name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    one.address.port() == other.address.port()
        && (one.name.eq_ignore_ascii_case(&other.name) || (is_here(one) && is_here(other)))
}

fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    let all: Vec<SocketAddr> = (host, port).to_socket_addrs().ok()?.collect();
    all.iter().find(|address| address.is_ipv4()).or(all.first()).copied()
}

/// Host and port of each URL in a value. Several hosts may stand in one URL, several URLs in one value.
fn servers(value: &str) -> Vec<(String, u16)> {
    let mut found = Vec::new();
    for (at, _) in value.match_indices("://").take(SERVERS_MAX) {
        let before = &value[..at];
        let start = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && !"+.-".contains(letter));
        let scheme = &before[start.map_or(0, |at| at + 1)..];
        let rest = &value[at + 3..];
        let end = rest.find(|letter: char| "/?#\"'".contains(letter) || letter.is_whitespace());
        let authority = &rest[..end.unwrap_or(rest.len())];
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        found.extend(hosts.split(',').filter_map(|host| server(host, usual_port(scheme))));
    }
    found
}

fn server(host: &str, usual: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            (host, behind.strip_prefix(':'))
        }
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    // Addresses at which a server listens are nobody's.
    let is_unspecified = host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    if host.is_empty() || is_unspecified || !host.chars().all(is_host) {
        return None;
    }
    let port = port.map_or(usual, |port| port.parse().ok())?;
    Some((host.to_owned(), port))
}

/// Where servers of a scheme listen unless a URL says otherwise.
fn usual_port(scheme: &str) -> Option<u16> {
    // `postgresql+asyncpg`, `mongodb+srv`
    let scheme = scheme.to_ascii_lowercase();
    Some(match scheme.split('+').next().unwrap_or_default() {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        "sqlserver" | "mssql" => 1433,
        "redis" | "rediss" | "valkey" | "valkeys" => 6379,
        "mongodb" => 27017,
        "amqp" => 5672,
        "amqps" => 5671,
        "nats" => 4222,
        "mqtt" => 1883,
        "mqtts" => 8883,
        "smtp" => 25,
        "smtps" => 465,
        "ldap" => 389,
        "ldaps" => 636,
        "memcached" | "memcache" => 11211,
        "clickhouse" => 9000,
        "bolt" | "neo4j" => 7687,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_the_servers_of_its_urls() {
        #[track_caller]
        fn check(value: &str, expected: &[(&str, u16)]) {
            let found = servers(value);
            let found: Vec<(&str, u16)> = found.iter().map(|(host, port)| (host.as_str(), *port)).collect();
            assert_eq!(found, expected, "{value}");
        }
        check("redis://:secret@cache.example.com/0", &[("cache.example.com", 6379)]);
        check("postgresql+asyncpg://u:p@h:6543/d?sslmode=require", &[("h", 6543)]);
        check("mongodb://a:1,b/d", &[("a", 1), ("b", 27017)]);
        check("https://[2001:db8::1]/x http://x:8080", &[("2001:db8::1", 443), ("x", 8080)]);
        check("amqp://u:p%40x@mq//", &[("mq", 5672)]);
        check("jdbc:postgresql://db:5433/app", &[("db", 5433)]);
        check("http://0.0.0.0:8000", &[]);
        check("http://[::]:8000", &[]);
        for none in ["", "text", "sqlite:///data/x.db", "file:///etc/x", "x://h", "://", "http://", "http://a b:1x"] {
            check(none, if none.contains("a b") { &[("a", 80)] } else { &[] });
        }
        assert!(servers(&"http://a:1 ".repeat(10_000)).len() <= SERVERS_MAX);
    }

    #[test]
    fn one_place_has_one_server() {
        let env = |value: &str| vec![("URL".to_owned(), value.to_owned())];
        let known = vec![Service { name: "localhost".to_owned(), address: ([127, 0, 0, 1], 5432).into() }];
        let found =
            services(&env("postgres://127.0.0.1/x redis://LOCALHOST/ redis://[::1]/ http://h.invalid/"), &known);
        let found: Vec<(&str, u16)> =
            found.iter().map(|service| (service.name.as_str(), service.address.port())).collect();
        assert_eq!(found, [("LOCALHOST", 6379)]);
    }
}
