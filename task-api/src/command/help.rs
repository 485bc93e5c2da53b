//! `task-api help`: what can be asked of the program, and every variable that it reads.

pub const TEXT: &str = "\
usage: task-api [serve | healthcheck | doctor | migrate | restored | key new [NAME [SCOPES [DAY]]]]

  serve        answer requests (the default)
  healthcheck  ask the service on this machine for /health; exit 0 if it is well
  doctor       check the configuration and the way to the database, step by step
  migrate      bring the database's tables up to date, and nothing else
  restored     say that the database was restored from a backup
  key new      make an API key for NAME (default) with SCOPES (read, write or read+write),
               which is taken until the end of DAY (2027-01-31)

Environment, or `.env` in the working directory:
  DATABASE_URL        postgresql://user:password@host/database?sslmode=require
                      or sqlite:///data/tasks.db
  DATABASE_URL_FILE   a file that holds it
  DATABASE_IDLE_TIME  seconds after which a connection that nobody uses is closed; 300
  DATABASE_PREPARED   true prepares statements by name; false
  PORT                8000
  HOST                0.0.0.0
  LOG_LEVEL           off, error, warn, info, debug or trace; info
  REQUEST_TIMEOUT     seconds; 30
  MAX_REQUESTS        answered at the same time; 2048
  MAX_CONNECTIONS     served at the same time; 2048
  MEMORY_LIMIT        bytes, as in 64m, by which it sizes what it takes on, or none;
                      the limit of its control groups
  DRAIN_DELAY         seconds for which connections are still accepted after SIGTERM;
                      5 in a container, else 0
  REQUIRE_IF_MATCH    true refuses changes that do not say which state of a task they are for; false
  API_KEYS            entries that `key new` printed; without any, everybody may do everything
  API_KEYS_FILE       a file that holds them, and is read again when it changes
  TRUSTED_PROXIES     how many of your own stand before it, and are believed in X-Forwarded-Proto,
                      X-Forwarded-Host and X-Forwarded-Prefix; 0
  CORS_ORIGINS        web pages that may use it: https://app.example,http://localhost:3000 or *
  ROOT_PATH           the path that a proxy takes off, unless it says so itself: /api

Traces, by the variables that OpenTelemetry has for them, are sent by a build with
`--features otlp`. Any other refuses them.
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::NAMES;

    /// The variables that lines begin with, behind `before`.
    fn named<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(before));
        let names = lines.filter_map(|line| line.split(|c: char| c != '_' && !c.is_ascii_uppercase()).next());
        names.filter(|name| name.len() > 1).collect()
    }

    #[test]
    fn every_variable_that_is_read_is_told_of_and_no_other() {
        let known = BTreeSet::from(NAMES);
        assert_eq!(known.len(), NAMES.len());
        assert_eq!(named(TEXT, "  "), known);
        assert_eq!(named(include_str!("../../README.md"), "| `"), known, "in README.md");
        let example = include_str!("../../.env.example");
        assert_eq!(&named(example, "# ") | &named(example, ""), known, "in .env.example");
    }
}
