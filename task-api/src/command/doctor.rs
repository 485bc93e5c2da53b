//! `task-api doctor`: walk the way to the database and say, a line a step, how far it goes.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use super::{Failure, runtime};
use crate::{
    config::{
        Config,
        database_url::{DatabaseUrl, PostgresUrl, Tls},
    },
    store::{LATEST, Postgres, Sqlite, StoreError},
};

const TIME: Duration = Duration::from_secs(5);

/// # Errors
///
/// Fails at the first step that does.
pub fn run(out: &mut dyn Write) -> Result<(), Failure> {
    let config = match Config::read() {
        Ok(config) => config,
        Err(error) => return Err(failed(out, "config", error.into())),
    };
    step(out, "config", &format!("listens on {}, database at {}", config.listen, config.database));
    step(out, "keys", &config.keys.to_string());
    step(out, "limits", &config.limits.to_string());
    step(out, "stop", &format!("accepts for another {} s", config.drain_delay.as_secs_f64()));
    match &config.database {
        DatabaseUrl::Postgres(url) => postgres(out, &config, url),
        DatabaseUrl::Sqlite(place) => {
            let version = Sqlite::probe(place)
                .map_err(|error| failed(out, "file", Failure::database(&config.database, &error)))?;
            step(out, "file", if version.is_some() { "can be read" } else { "is not there yet, its folder is" });
            migrations(out, version);
            Ok(())
        }
    }
}

fn postgres(out: &mut dyn Write, config: &Config, url: &PostgresUrl) -> Result<(), Failure> {
    for (host, port) in url.places() {
        if host.starts_with(['/', '@']) {
            step(out, "socket", &host);
            continue;
        }
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let addresses =
            found.map_err(|error| failed(out, "dns", Failure::new(&format!("cannot resolve `{host}`"), &error)))?;
        let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        step(out, "dns", &format!("{host} is {}", shown.join(", ")));
        let address = connect(&addresses)
            .map_err(|error| failed(out, "tcp", Failure::new(&format!("cannot reach `{host}:{port}`"), &error)))?;
        step(out, "tcp", &format!("{address} accepts"));
    }
    let probed = runtime()?.block_on(Postgres::probe(url));
    let version = probed.map_err(|error| {
        let name = if is_about_tls(&error) { "tls" } else { "login" };
        failed(out, name, Failure::database(&config.database, &error))
    })?;
    let tls = match url.tls {
        Tls::Off => "off: what is sent can be read on the way",
        Tls::Authority => "on, certificate verified, its name not looked at",
        Tls::AuthorityAndName => "on, certificate and name verified",
    };
    step(out, "tls", tls);
    let binding = url.config.get_channel_binding();
    step(out, "login", &format!("as {}, channel binding {binding:?}", url.config.get_user().unwrap_or_default()));
    migrations(out, version);
    Ok(())
}

fn is_about_tls(error: &StoreError) -> bool {
    let cause = error.cause();
    ["TLS", "certificate", "authorities"].iter().any(|word| cause.contains(word))
}

fn connect(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses {
        match TcpStream::connect_timeout(address, TIME) {
            Ok(_) => return Ok(*address),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn migrations(out: &mut dyn Write, version: Option<i64>) {
    match version {
        Some(version) if usize::try_from(version).is_ok_and(|version| version > LATEST) => {
            let text =
                format!("tables are at version {version}, and this program knows {LATEST}: a newer one made them");
            step(out, "migrations", &text);
        }
        Some(version) => step(out, "migrations", &format!("tables are at version {version}")),
        None => step(out, "migrations", "no tables yet: `serve` and `migrate` make them"),
    }
}

fn step(out: &mut dyn Write, name: &str, text: &str) {
    let _ = writeln!(out, "ok    {name:<10}  {text}");
}

fn failed(out: &mut dyn Write, name: &str, failure: Failure) -> Failure {
    let _ = writeln!(out, "fail  {name:<10}  {failure}");
    failure
}
