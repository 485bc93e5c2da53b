//! What shows that a service logs in to the PostgreSQL that it was given, and that what it writes lies there.

use std::time::{Duration, Instant};

use seaworthy_database::{Client, Found, Seen};
use seaworthy_spec::Scenario;

use super::{Main, Runs};
use crate::Finding;
use crate::crud::{Created, Fault, called};
use crate::dependencies::Held;
use crate::openapi::{Collection, OpenApi};

/// How long a login may take to appear in the server's log, and a row in a table: some services write a moment later.
const APPEARS: Duration = Duration::from_secs(2);
/// How long a given database may take to be searched.
const SEARCH: Duration = Duration::from_secs(15);
/// Between two looks.
const POLL: Duration = Duration::from_millis(100);

impl Runs<'_> {
    /// By a login that the server has seen, and by the row that the API wrote.
    pub(super) fn logs_in(&self, main: &Main, steps: Option<&Scenario>) -> Finding {
        let (api, port) = match (&main.api, &self.port) {
            (Ok(api), Ok(port)) => (api, *port),
            (Err(why), _) | (_, Err(why)) => return self.only_logs_in(main, steps, why),
        };
        let service = self.service(main.up.container.as_ref(), port);
        let written = self.requests(api).create_any(&service, 3);
        match written {
            Ok((collection, created)) => {
                self.remember(&created.path);
                self.writes_there(main, api, port, &collection, &created)
            }
            Err(Fault::Unknown(why) | Fault::Refused(why)) => self.only_logs_in(main, steps, &why),
            Err(Fault::Wrong(told)) => match self.database.seen() {
                Some(seen) if seen.logins > 0 => Finding::unproven(format!("{}; {told}", logins(&seen))),
                Some(seen) => Finding::fail(format!("{told}; {}", logins(&seen))),
                None => Finding::fail(told),
            },
        }
    }

    fn writes_there(
        &self,
        main: &Main,
        api: &OpenApi,
        port: u16,
        collection: &Collection,
        created: &Created,
    ) -> Finding {
        let wrote = format!("POST {} {}", collection.path, created.status());
        let seen = self.database.seen_when(|seen| seen.logins > 0, APPEARS);
        if let Some(seen) = seen.as_ref().filter(|seen| seen.logins == 0) {
            return Finding::fail(format!("{wrote}, and {}", logins(seen)));
        }
        let came = if seen.is_some() { "a login seen on the server; " } else { "" };
        // Where nothing that can be told from others' rows was written, only a second container can show it.
        let is_marked = created.written.to_string().contains(&self.mark);
        let found = if is_marked { self.found(&called(collection)) } else { Ok(Found::default()) };
        let missing = match found {
            Ok(Found { rows: 1.., table: Some(table), .. }) => {
                return Finding::pass(format!("{came}{wrote}, its row found in the table {table}"));
            }
            Ok(found) if is_marked && found.unsearched > 0 => {
                format!(
                    "its row is in none of {} tables, and {} could not be searched",
                    found.searched, found.unsearched
                )
            }
            Ok(found) if is_marked => format!("its row is in none of {} tables", found.searched),
            Ok(_) => "nothing was written that could be found again".to_owned(),
            Err(why) => {
                return Finding::unproven(format!("{came}{wrote}; whether its row is there cannot be seen: {why}"));
            }
        };
        match self.shared(main, api, port) {
            Ok(second) if second.verdict == seaworthy_report::Verdict::Pass && !is_marked => {
                Finding::pass(format!("{came}{}", second.evidence))
            }
            Ok(second) if second.verdict == seaworthy_report::Verdict::Pass => Finding::unproven(format!(
                "{came}{wrote}, {missing}, though a second container that shares only the database reads it: its text may be encrypted"
            )),
            Ok(second) => second,
            Err(Fault::Wrong(told)) => Finding::fail(format!("{came}{wrote}, {missing}; {told}")),
            Err(Fault::Refused(told) | Fault::Unknown(told)) => {
                Finding::unproven(format!("{came}{wrote}, {missing}; {told}"))
            }
        }
    }

    /// Rows with the run's mark, looked for as long as they may take to appear.
    fn found(&self, like: &str) -> Result<Found, String> {
        let started = Instant::now();
        loop {
            let found = self.database.rows_with(&self.mark, like, SEARCH, &self.redactor)?;
            if found.rows > 0 || started.elapsed() > APPEARS {
                return Ok(found);
            }
            std::thread::sleep(POLL);
        }
    }

    /// A service through which nothing can be written must at least log in and ask for something.
    fn only_logs_in(&self, main: &Main, steps: Option<&Scenario>, why: &str) -> Finding {
        if let Some(seen) = self.database.seen_when(|seen| seen.logins > 0 && seen.statements > 0, APPEARS) {
            let told = logins(&seen);
            return match (seen.logins, seen.statements) {
                (1.., 1..) => Finding::pass(format!("{told}; nothing was written: {why}")),
                _ => Finding::unproven(format!("{told}; {why}")),
            };
        }
        if let Some(held) = self.database.by_image()
            && let Some(finding) = self.writes_to(main, held, steps)
        {
            return finding;
        }
        let since = main.up.container.started_at().elapsed();
        match self.database.sessions(since, SEARCH, &self.redactor) {
            Ok(sessions @ 1..) => {
                let sessions = plural(sessions, "session");
                Finding::pass(format!(
                    "{sessions} with a statement seen on the server since the start; nothing was written: {why}"
                ))
            }
            Ok(_) => Finding::unproven(format!(
                "no session of this user that began since the start is seen on the server; {why}"
            )),
            Err(told) => Finding::unproven(format!("{told}; {why}")),
        }
    }
}

impl Runs<'_> {
    /// Whether rows are written in the server of an image, to which nobody else has the password, while the service works; `None` where that
    /// shows nothing.
    pub(super) fn writes_to(&self, main: &Main, held: &Held, steps: Option<&Scenario>) -> Option<Finding> {
        let written = || Client::connect(&held.server.value_outside(), SEARCH)?.rows_written(SEARCH);
        let before = written().ok()?;
        let work = self.work_with(main, &held.server, steps);
        let started = Instant::now();
        loop {
            let rows = written().ok()?.saturating_sub(before);
            if rows > 0 && held.server.traffic().answered > 0 && work.is_done {
                let rows = plural(rows, "row");
                return Some(Finding::pass(format!("{rows} written on the server during work (asked: {})", work.told)));
            }
            if started.elapsed() > APPEARS {
                break;
            }
            std::thread::sleep(POLL);
        }
        let nobody = held.server.traffic().connections == 0 && work.is_done;
        nobody.then(|| work.nobody_came("the database"))
    }
}

/// `2 logins seen on the server, 14 statements`.
fn logins(seen: &Seen) -> String {
    match (seen.logins, seen.connections) {
        (0, 0) => "nobody came to the database".to_owned(),
        (0, connections) => {
            let why = seen.refusal.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("no login came to the database, {} without one{why}", plural(connections, "connection"))
        }
        (logins, _) => {
            format!("{} seen on the server, {}", plural(logins, "login"), plural(seen.statements, "statement"))
        }
    }
}

fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

impl crate::database::RunDatabase {
    /// Who came to the throwaway server; `None` where it is another one.
    fn seen(&self) -> Option<Seen> {
        Some(self.stand_in()?.seen())
    }

    fn seen_when(&self, wanted: impl Fn(&Seen) -> bool, within: Duration) -> Option<Seen> {
        Some(self.stand_in()?.seen_when(wanted, within))
    }

    fn rows_with(
        &self,
        text: &str,
        like: &str,
        within: Duration,
        redactor: &crate::redact::Redactor,
    ) -> Result<Found, String> {
        let found = match (self.stand_in(), self.url()) {
            (Some(throwaway), _) => throwaway.rows_with(text, like).map_err(|error| error.to_string()),
            (None, Some(url)) => Client::connect(
                &self.by_image().map_or_else(|| url.to_owned(), |held| held.server.value_outside()),
                within,
            )
            .and_then(|client| client.rows_with(text, like, within))
            .map_err(|error| error.to_string()),
            (None, None) => Err("there is no database".to_owned()),
        };
        found.map_err(|why| redactor.quote(&why))
    }

    fn sessions(&self, since: Duration, within: Duration, redactor: &crate::redact::Redactor) -> Result<u64, String> {
        let url = self.by_image().map(|held| held.server.value_outside()).or_else(|| self.url().map(str::to_owned));
        let url = url.ok_or_else(|| "there is no database".to_owned())?;
        let sessions = Client::connect(&url, within).and_then(|client| client.sessions(since, within));
        sessions.map_err(|error| redactor.quote(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_to_the_server_is_told_in_one_phrase() {
        let refusal = Some("no pg_hba.conf entry".to_owned());
        for (seen, expected) in [
            (Seen::default(), "nobody came to the database"),
            (
                Seen { connections: 2, refusal, ..Seen::default() },
                "no login came to the database, 2 connections without one: no pg_hba.conf entry",
            ),
            (
                Seen { connections: 1, logins: 1, statements: 3, refusal: None },
                "1 login seen on the server, 3 statements",
            ),
        ] {
            assert_eq!(logins(&seen), expected);
        }
    }
}
