//! Why the database cannot be reached: the variable, its value, the network, the server.

use seaworthy_engine::EngineError;

use super::{Seen, is_further, seen_line};
use crate::cause::Cause;
use crate::desk::{Desk, set};
use crate::log::{self, Clue};
use crate::trial::{Outcome, Trial};
use crate::value::{self, Flaw, Parts};
use crate::{code, facts::shown};

/// What a copy without a network says of every server: nothing follows from it.
const OF_SANDBOX: &[&str] = &["host-not-resolved", "connection-refused", "connection-timed-out", "database-asleep"];

/// The variables that name a database, with their values.
pub(crate) fn variables<'d>(desk: &'d Desk<'_>) -> Vec<(&'d str, &'d str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for (name, value) in desk.facts.env.iter().rev() {
        let is_one = value::is_database_value(value) || (value::is_database_name(name) && !value.is_empty());
        if is_one && found.iter().all(|(known, _)| known != name) {
            found.push((name, value));
        }
    }
    found.reverse();
    found
}

/// What is wrong with values, whoever is asked.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn flaws(desk: &Desk<'_>, seen: &Seen, first: &Trial) -> Result<Vec<Cause>, EngineError> {
    let mut found = Vec::new();
    let given = desk.facts.env.iter().filter(|entry| !desk.facts.image_env.contains(entry));
    for (name, value) in given {
        let Some(flaw) = value::flaw(name, value).filter(|flaw| *flaw != Flaw::Localhost) else { continue };
        if !desk.has_time() {
            break;
        }
        let line = match &first.outcome {
            Outcome::Runs => String::new(),
            _ => log::last_line(&first.logs),
        };
        let varied = mended(desk, name, value, &flaw)?;
        let (cause, next) = told(name, &flaw);
        let id = match flaw {
            Flaw::Quotes => "quotes-in-value",
            Flaw::NotEncoded(_) => "not-percent-encoded",
            Flaw::Mode(_) => "unknown-sslmode",
            Flaw::Space | Flaw::Malformed(_) | Flaw::Localhost => "malformed-database-url",
        };
        let mut cause = Cause::new(id, cause, next);
        let last = log::clues(&seen.text).into_iter().next_back().map(|clue| seen_line(desk, &clue));
        cause = cause.shown_by(last.unwrap_or_default());
        match varied {
            Some((what, varied)) if is_further(first, &varied, &line) => {
                found.push(cause.shown_by(format!("{what} {}", varied.told())).confirmed());
                break;
            }
            // The copy does as it did: this is not what stops it.
            Some(_) if !seen.of_original => {}
            _ => found.push(cause),
        }
    }
    Ok(found)
}

/// In words, without anything of the value.
fn told(name: &str, flaw: &Flaw) -> (String, String) {
    match flaw {
        Flaw::Quotes => (
            format!("the value of {name} holds the quotes around it"),
            "remove the quotes: `docker run --env-file` and `-e` take them as part of the value".to_owned(),
        ),
        Flaw::Space => (
            format!("the value of {name} begins or ends with a space or a line end"),
            "remove it: a file with Windows line ends has one at the end of each line".to_owned(),
        ),
        Flaw::NotEncoded(sign) => (
            format!("the password in {name} holds `{sign}`, which must be percent-encoded in a URL"),
            format!("write `%{:02X}` for `{sign}` in the password", u32::from(*sign)),
        ),
        Flaw::Mode(mode) => (
            format!("{name} has `sslmode={mode}`, which is none of libpq's modes"),
            format!("write one of {}", value::MODES.join(", ")),
        ),
        Flaw::Malformed(why) => (
            format!("the value of {name} is no URL of a database: {why}"),
            "write `postgresql://USER:PASSWORD@HOST:5432/DATABASE`".to_owned(),
        ),
        Flaw::Localhost => (format!("{name} names localhost"), String::new()),
    }
}

/// A copy without the flaw: without the quotes, or with a throwaway PostgreSQL.
fn mended(desk: &Desk<'_>, name: &str, value: &str, flaw: &Flaw) -> Result<Option<(String, Trial)>, EngineError> {
    let is_database = value::is_database_name(name) || value::is_database_value(value);
    let run = if is_database {
        let parts = value::parts(value);
        let scheme = parts.as_ref().map(|parts| parts.scheme.as_str()).filter(|scheme| is_postgres(scheme));
        let query = if matches!(flaw, Flaw::Mode(_)) { "sslmode=require" } else { "" };
        let Ok(run) = desk.with_database(name, scheme.unwrap_or("postgresql"), query) else { return Ok(None) };
        run
    } else {
        let mut run = desk.base.clone();
        set(&mut run, name, value::unquoted(value.trim()));
        run
    };
    let what = if is_database {
        format!("a copy with a throwaway PostgreSQL in {name}")
    } else {
        format!("a copy without them in {name}")
    };
    let varied = desk.run(&what, &run)?;
    Ok(Some((what, varied)))
}

fn is_postgres(scheme: &str) -> bool {
    let scheme = scheme.trim_start_matches("jdbc:").split('+').next().unwrap_or_default();
    matches!(scheme, "postgres" | "postgresql")
}

/// A line about a database.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn of_clue(desk: &Desk<'_>, seen: &Seen, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    let all = variables(desk);
    let of_sandbox = OF_SANDBOX.contains(&clue.cause) && !seen.of_original && !desk.subject.settings.with_real_services;
    if all.is_empty() {
        return not_passed(desk, first, clue, of_sandbox);
    }
    let named = named_by(&all, clue);
    if named.is_none()
        && let Some(cause) = elsewhere(desk, clue)
    {
        return Ok((!of_sandbox).then(|| cause.shown_by(seen_line(desk, clue))));
    }
    let (name, value) = *named.unwrap_or(&all[0]);
    // The program reads another variable than the one that is given.
    let reads = code::reads(&desk.facts);
    let is_unread = !reads.is_empty() && reads.iter().all(|read| read.name != name);
    let reads_other = reads.iter().any(|read| value::is_database_name(&read.name) && !desk.facts.is_set(&read.name));
    if is_unread && reads_other {
        let given = format!("{name} is given, and nothing in the image's code reads it");
        return Ok(not_passed(desk, first, clue, of_sandbox)?.map(|cause| cause.shown_by(given)));
    }
    let parts = value::parts(value);
    if let Some(cause) = here(desk, name, parts.as_ref(), clue) {
        return Ok(Some(by_throwaway(desk, first, name, parts.as_ref(), clue, cause)?));
    }
    if of_sandbox {
        return Ok(None);
    }
    let Some(cause) = by_server(desk, name, parts.as_ref(), clue) else { return Ok(None) };
    let cause = cause.shown_by(seen_line(desk, clue));
    if cause.confirmed {
        return Ok(Some(cause));
    }
    Ok(Some(by_throwaway(desk, first, name, parts.as_ref(), clue, cause)?))
}

/// The variable whose server the line names, else the one with its host, else the one with its port.
fn named_by<'v, 'd>(all: &'v [(&'d str, &'d str)], clue: &Clue) -> Option<&'v (&'d str, &'d str)> {
    let of =
        |is_it: &dyn Fn(&Parts) -> bool| all.iter().find(|(_, value)| value::parts(value).is_some_and(|p| is_it(&p)));
    let has_host =
        |parts: &Parts| clue.what.as_ref().is_some_and(|host| [&parts.host, &parts.database].contains(&host));
    let has_port = |parts: &Parts| clue.port.is_some() && parts.port == clue.port;
    of(&|parts| has_host(parts) && has_port(parts)).or_else(|| of(&has_host)).or_else(|| of(&has_port))
}

/// A server that no variable of a database names, where the line names one.
fn elsewhere(desk: &Desk<'_>, clue: &Clue) -> Option<Cause> {
    let host =
        clue.what.as_deref().filter(|host| host.parse::<std::net::IpAddr>().is_err() && !value::is_here(host))?;
    let by = desk.facts.env.iter().rev().find(|(_, value)| value == host).map(|(name, _)| format!("; {name} names it"));
    let by = by.unwrap_or_default();
    let (seen, next) = networks(desk, host);
    let cause = match (clue.cause, clue.port) {
        ("host-not-resolved", _) => format!("the name `{host}` is not known in the container's network{by}"),
        ("connection-refused", Some(port)) => format!("nothing listens at {host} port {port}{by}"),
        ("connection-refused", None) => format!("{host} refuses the connection{by}"),
        _ => return None,
    };
    Some(Cause::new(clue.cause, cause, next).shown_by(seen))
}

/// With a throwaway server in its place a copy works: the program is right.
fn by_throwaway(
    desk: &Desk<'_>,
    first: &Trial,
    name: &str,
    parts: Option<&Parts>,
    clue: &Clue,
    cause: Cause,
) -> Result<Cause, EngineError> {
    let scheme = parts.map_or("postgresql", |parts| parts.scheme.as_str());
    if !is_postgres(scheme) || !desk.has_time() {
        return Ok(cause);
    }
    let Ok(run) = desk.with_database(name, scheme, "") else { return Ok(cause) };
    let what = format!("a copy with a throwaway PostgreSQL in {name}");
    let varied = desk.run(&what, &run)?;
    if is_further(first, &varied, &clue.line) {
        return Ok(cause.shown_by(format!("{what} {}", varied.told())).confirmed());
    }
    Ok(cause)
}

/// No variable names a database, and the program tries one all the same.
fn not_passed(desk: &Desk<'_>, first: &Trial, clue: &Clue, of_sandbox: bool) -> Result<Option<Cause>, EngineError> {
    let reads = code::reads(&desk.facts);
    let read = reads.iter().find(|read| is_about_database(&read.name) && !desk.facts.is_set(&read.name));
    let name = read.map_or("DATABASE_URL", |read| read.name.as_str());
    if read.is_none() && of_sandbox && !clue.what.as_deref().is_some_and(value::is_here) {
        return Ok(None);
    }
    let place = read.map(|read| {
        let default = if read.default.is_some() { " and has a default for it" } else { "" };
        format!("; {} line {} reads it{default}", read.path, read.line)
    });
    let target = clue.what.as_deref().map(|host| format!(", and the program tries {host}")).unwrap_or_default();
    let cause = format!("the variable {name} is not passed to the container{target}{}", place.unwrap_or_default());
    let cause = Cause::new(
        "variable-not-passed",
        cause,
        format!("pass it: `--env {name}=…` (in a compose file: `environment:`)"),
    )
    .shown_by(seen_line(desk, clue));
    let scheme = read.and_then(|read| read.default.as_deref()).and_then(value::parts).map(|parts| parts.scheme);
    let scheme = scheme.filter(|scheme| is_postgres(scheme)).unwrap_or_else(|| "postgresql".to_owned());
    if name.ends_with("HOST") || !desk.has_time() {
        return Ok(read.map(|_| cause));
    }
    let Ok(run) = desk.with_database(name, &scheme, "") else { return Ok(read.map(|_| cause)) };
    let what = format!("a copy with a throwaway PostgreSQL in {name}");
    let varied = desk.run(&what, &run)?;
    if is_further(first, &varied, &clue.line) {
        return Ok(Some(cause.shown_by(format!("{what} {}", varied.told())).confirmed()));
    }
    Ok(read.filter(|_| !of_sandbox).map(|_| cause))
}

fn is_about_database(name: &str) -> bool {
    value::is_database_name(name) || ["DB_HOST", "PGHOST", "POSTGRES_HOST", "DATABASE_HOST"].contains(&name)
}

/// The host is the container itself.
fn here(desk: &Desk<'_>, name: &str, parts: Option<&Parts>, clue: &Clue) -> Option<Cause> {
    let on_host = desk.subject.container.as_ref().is_some_and(|container| container.network_mode == "host");
    let parts = parts.filter(|parts| value::is_here(&parts.host) && !on_host)?;
    if !["connection-refused", "connection-timed-out"].contains(&clue.cause) {
        return None;
    }
    let cause = format!(
        "{name} names {}, which inside a container is the container itself, and no database runs in it",
        parts.host
    );
    let neighbour = desk.subject.container.iter().flat_map(|container| &container.neighbours);
    let neighbour = neighbour
        .map(|(name, _)| name.as_str())
        .find(|name| ["db", "postgres", "database", "pg"].iter().any(|word| name.contains(word)));
    let next = match neighbour {
        Some(neighbour) => format!("name the container `{neighbour}` in {name}"),
        None => format!(
            "name the database's container or service in {name}, or `host.docker.internal` with `--add-host host.docker.internal:host-gateway`"
        ),
    };
    Some(Cause::new("localhost-in-container", cause, next).shown_by(seen_line(desk, clue)))
}

/// What the network or the server answered.
fn by_server(desk: &Desk<'_>, name: &str, parts: Option<&Parts>, clue: &Clue) -> Option<Cause> {
    let host = clue.what.clone().or_else(|| parts.map(|parts| parts.host.clone())).unwrap_or_default();
    let what = clue.what.clone().unwrap_or_default();
    let port = clue.port.or(parts.and_then(|parts| parts.port)).unwrap_or(5432);
    let cause = |text: String, next: &str| Some(Cause::new(clue.cause, text, next));
    match clue.cause {
        "host-not-resolved" => {
            let (seen, next) = networks(desk, &host);
            Some(Cause::new(clue.cause, format!("the name `{host}`, which {name} gives for the database's host, is not known in the container's network"), next).shown_by(seen))
        }
        "connection-refused" => {
            let (seen, _) = networks(desk, &host);
            Some(
                Cause::new(
                    clue.cause,
                    format!("nothing listens at {host} port {port}, where {name} names the database"),
                    format!("start the database at {host}, and correct the port in {name}"),
                )
                .shown_by(seen),
            )
        }
        "connection-timed-out" if sleeps(&of_url(parts, &host)) => Some(asleep(name, parts, &of_url(parts, &host))),
        "connection-timed-out" => cause(
            format!("the database's host {}, which {name} names, does not answer in time", of_url(parts, &host)),
            "look at firewalls and networks between the two; a database that sleeps needs a longer `connect_timeout`",
        ),
        "tls-required" => cause(
            format!(
                "the database's server takes TLS connections only, and {name} does not ask for TLS (`sslmode=require`)"
            ),
            "add `?sslmode=require` to the URL",
        ),
        "tls-refused" => cause(
            format!("{name} demands an encrypted connection, and the database's server has no TLS"),
            "set up TLS on the server; on a network of your own, `sslmode=disable`",
        ),
        "unknown-sslmode" => cause(
            format!("the driver does not know the `sslmode{}` that {name} gives", mode(parts)),
            "write a mode that the driver knows; asyncpg calls it `ssl`",
        ),
        "certificate" => Some(certificate(desk, name, clue)),
        "wrong-password" => cause(
            format!("the database's server refuses the password of {name}{}", of_user(&what)),
            "correct the password; signs such as `@`, `/` and `#` in it must be percent-encoded",
        ),
        "no-such-database" => cause(
            format!("the database `{what}`, which {name} names, is not on the server"),
            "make it (`CREATE DATABASE …`), or correct the name behind the last `/` of the URL",
        ),
        "no-such-role" => cause(
            format!("the role `{what}`, as which {name} logs in, is not on the server"),
            "make it (`CREATE ROLE … LOGIN PASSWORD …`), or correct the user in the URL",
        ),
        "too-many-connections" => cause(
            format!("the server that {name} names has no connection left"),
            "make the pools of its clients smaller, raise `max_connections`, or put a pooler in front",
        ),
        "pooler-prepared-statements" => cause(
            format!("{name} leads to a pooler in transaction mode, which gives prepared statements to other sessions"),
            "turn prepared statements off in the driver (`prepare_threshold=None`, `statement_cache_size=0`), or connect without the pooler",
        ),
        "database-asleep" => Some(asleep(name, parts, &of_url(parts, &host))),
        "malformed-database-url" => cause(
            format!("the driver cannot read the URL in {name}"),
            "write `postgresql://USER:PASSWORD@HOST:5432/DATABASE`",
        ),
        _ => None,
    }
}

/// `=true`, as the URL has it.
fn mode(parts: Option<&Parts>) -> String {
    let query = parts.map(|parts| parts.query.as_str()).unwrap_or_default();
    query.split('&').find_map(|pair| pair.strip_prefix("sslmode")).unwrap_or_default().to_owned()
}

/// Hosts of databases that are put to sleep when nobody uses them.
const SLEEPERS: &[&str] = &["neon.tech", "neon.build", "supabase.co", "supabase.com", "cockroachlabs.cloud", "xata.sh"];

fn sleeps(host: &str) -> bool {
    SLEEPERS.iter().any(|known| host.ends_with(known))
}

fn of_url(parts: Option<&Parts>, host: &str) -> String {
    parts.map(|parts| parts.host.clone()).filter(|known| !known.is_empty()).unwrap_or_else(|| host.to_owned())
}

/// It takes longer to wake than the client waits.
fn asleep(name: &str, parts: Option<&Parts>, host: &str) -> Cause {
    let query = parts.map(|parts| parts.query.as_str()).unwrap_or_default();
    let waits = query.split('&').find(|pair| pair.starts_with("connect_timeout="));
    let waits = waits.map(|pair| format!(" (`{pair}`)")).unwrap_or_default();
    let cause = format!(
        "the database at {host}, which {name} names, sleeps when idle, and wakes more slowly than the client waits{waits}"
    );
    Cause::new(
        "database-asleep",
        cause,
        "let the client wait longer (`connect_timeout=20` in the URL, or the driver's own setting), and try again",
    )
}

fn of_user(user: &str) -> String {
    if user.is_empty() { String::new() } else { format!(" for the user `{user}`") }
}

fn certificate(desk: &Desk<'_>, name: &str, clue: &Clue) -> Cause {
    if let Some(path) = clue.path.as_deref().filter(|path| desk.facts.tree.get(path).is_none()) {
        let cause = format!("the file of certificate authorities {path}, which {name} needs, is not in the image");
        return Cause::new(
            "certificate",
            cause,
            format!("mount it: `--volume ./ca.pem:{path}:ro`, or `sslrootcert=system`"),
        )
        .confirmed();
    }
    let bundle = ["etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/cert.pem"]
        .iter()
        .find(|path| desk.facts.tree.get(path).is_some());
    let seen = match bundle {
        Some(path) => format!("the image trusts the authorities of {}", shown(std::path::Path::new(path))),
        None => "the image has no bundle of certificate authorities".to_owned(),
    };
    Cause::new(
        "certificate",
        format!("the certificate of the server that {name} names is not trusted"),
        "give the client its authority (`sslrootcert=/path/ca.pem`), or install `ca-certificates`",
    )
    .shown_by(seen)
}

/// Whom the container can know, and what follows.
fn networks(desk: &Desk<'_>, host: &str) -> (String, String) {
    let Some(container) = &desk.subject.container else {
        return (
            String::new(),
            format!("correct the host's name, or put both containers on one network on which it is `{host}`"),
        );
    };
    if let Some((_, runs)) = container.neighbours.iter().find(|(name, _)| name == host) {
        let state = if *runs { "runs" } else { "does not run" };
        return (format!("the container `{host}` {state}"), format!("`docker start {host}`"));
    }
    let list = container.networks.join(", ");
    let mut names: Vec<&str> = container.neighbours.iter().map(|(name, _)| name.as_str()).take(5).collect();
    names.dedup();
    let others = if names.is_empty() {
        "no other container is on it".to_owned()
    } else {
        format!("on it are {}", names.join(", "))
    };
    let seen = format!("the container's network is {list}; {others}");
    let next = if container.networks == ["bridge"] {
        "put both containers on a network of your own, where names are known: `docker network create app`".to_owned()
    } else {
        format!(
            "correct the host's name, or put the database on the network {list}: `docker network connect --alias {host} {list} CONTAINER`"
        )
    };
    (seen, next)
}

/// The run in which a copy works with a throwaway server in every variable that names a PostgreSQL; `None` where there is none.
pub(crate) fn stood_in(desk: &Desk<'_>) -> Option<(Vec<String>, seaworthy_engine::Run)> {
    let (mut names, mut run) = (Vec::new(), None::<seaworthy_engine::Run>);
    for (name, value) in variables(desk) {
        let Some(parts) = value::parts(value).filter(|parts| is_postgres(&parts.scheme)) else { continue };
        let made = desk.with_database(name, &parts.scheme, "").ok()?;
        let url = made.env.iter().find(|(known, _)| known == name)?.1.clone();
        let run = run.get_or_insert(made);
        set(run, name, &url);
        names.push(name.to_owned());
    }
    run.map(|run| (names, run))
}
