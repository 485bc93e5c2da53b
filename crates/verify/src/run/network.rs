//! `network.only`: what the service tried to reach.

use seaworthy_spec::Dependency;

use super::{Main, Runs, seconds};
use crate::Finding;

impl Runs<'_> {
    pub(crate) fn talks_only_to(&self, main: &Main, allowed: &[String]) -> Finding {
        let attempts = match main.up.container.attempts() {
            Ok(Some(attempts)) => attempts,
            Ok(None) => {
                let why = self.prepared.not_isolated().map(|reason| format!(": {}", self.redactor.quote(reason)));
                return Finding::unproven(format!(
                    "the engine {} cannot see what a container tries to reach{}; `--engine embedded` can",
                    self.engine,
                    why.unwrap_or_default()
                ));
            }
            Err(error) => return self.engine_failed(&error),
        };
        let database = self.database.host();
        if let Some(host) = &database
            && !allowed.iter().any(|name| is_database(&name.to_lowercase()) || name.eq_ignore_ascii_case(host))
        {
            return Finding::unproven("it was given a database, and the sentence does not allow that");
        }
        let is_named = |dependency: &Dependency| {
            let by_name = |name: &str| dependency.is_called(name) || name.eq_ignore_ascii_case(&dependency.host());
            allowed.iter().any(|name| by_name(name.trim_matches('`')))
        };
        if let Some(other) = self.dependencies.given().find(|dependency| !is_named(dependency)) {
            return Finding::unproven(format!("it was given {}, and the sentence does not allow that", other.name));
        }
        let is_allowed = |host: &str| allowed.iter().any(|name| name.trim_matches('`').eq_ignore_ascii_case(host));
        if let Some(host) = self.database.given_hosts().find(|host| !is_allowed(host)) {
            let host = self.redactor.quote(host);
            return Finding::unproven(format!("it was given a server, {host}, and the sentence does not allow that"));
        }
        let hosts: Vec<String> = allowed
            .iter()
            .map(|name| name.trim_matches('`').to_lowercase())
            .filter(|name| !is_database(name))
            .filter(|name| !self.dependencies.given().any(|dependency| dependency.is_called(name)))
            .chain(database)
            .chain(self.dependencies.given().map(Dependency::host))
            .collect();
        let foreign: Vec<String> = attempts
            .iter()
            .map(|attempt| attempt.target.as_str())
            .filter(|target| !hosts.iter().any(|host| names(target, host)))
            .map(|target| self.redactor.quote(target))
            .collect();
        let lived = seconds(main.up.container.started_at().elapsed());
        match foreign.as_slice() {
            [] => Finding::pass(reached_nothing(&hosts, &lived, main.answered())),
            [first] => Finding::fail(format!("it tried to reach {first}")),
            [first, rest @ ..] => Finding::fail(format!("it tried to reach {first} and {} others", rest.len())),
        }
    }
}

/// That nothing but these hosts was tried, for how long, and how much the service had to do then.
fn reached_nothing(hosts: &[String], lived: &str, requests: usize) -> String {
    let but = if hosts.is_empty() { String::new() } else { format!(" but {}", hosts.join(", ")) };
    let work = match requests {
        0 => "; it was sent no request".to_owned(),
        1 => ", with 1 request answered".to_owned(),
        count => format!(", with {count} requests answered"),
    };
    format!("it tried to reach nothing{but} in {lived}{work}")
}

fn is_database(name: &str) -> bool {
    ["database", "postgres", "neon"].iter().any(|word| name.contains(word)) && !name.contains('.')
}

/// Whether `tcp HOST:PORT` or `name HOST` is about this host.
fn names(target: &str, host: &str) -> bool {
    let Some((kind, rest)) = target.split_once(' ') else { return false };
    let rest = rest.to_lowercase();
    let rest = rest.trim_end_matches('.');
    match kind {
        "name" => rest == host,
        _ => rest == host || rest.rsplit_once(':').is_some_and(|(address, _)| address.trim_matches(['[', ']']) == host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_tried_is_told_with_what_was_allowed() {
        let host = ["db.example.com".to_owned()];
        assert_eq!(reached_nothing(&[], "3.0 s", 0), "it tried to reach nothing in 3.0 s; it was sent no request");
        assert_eq!(reached_nothing(&[], "3.0 s", 1), "it tried to reach nothing in 3.0 s, with 1 request answered");
        let told = "it tried to reach nothing but db.example.com in 3.0 s, with 85 requests answered";
        assert_eq!(reached_nothing(&host, "3.0 s", 85), told);
    }

    #[test]
    fn an_attempt_is_matched_to_a_host_and_not_to_its_neighbours() {
        for (target, host, expected) in [
            ("name db.example.com", "db.example.com", true),
            ("name db.example.com.", "db.example.com", true),
            ("name evil-db.example.com", "db.example.com", false),
            ("name db.example.com.evil.com", "db.example.com", false),
            ("tcp 192.0.2.1:443", "192.0.2.1", true),
            ("tcp 192.0.2.10:443", "192.0.2.1", false),
            ("udp [2001:db8::1]:53", "2001:db8::1", true),
        ] {
            assert_eq!(names(target, host), expected, "{target} {host}");
        }
    }
}
