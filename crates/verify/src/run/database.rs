//! `database.connects`: what shows that the service keeps its data in the database it was given, and nowhere else.

use std::time::Duration;

use seaworthy_report::Database as Kind;
use seaworthy_spec::Scenario;

use super::{Down, Main, Runs, Until, seconds};
use crate::Finding;
use crate::crud::Fault;
use crate::database::{Elsewhere, is_neon, is_postgres, set};
use crate::openapi::{Collection, OpenApi};

impl Runs<'_> {
    /// `steps`: those under the promise. `next`: the command that verifies with the user's own database.
    pub(crate) fn connects(
        &self,
        main: &Main,
        (name, variable): (&str, &str),
        steps: Option<&Scenario>,
        next: &str,
    ) -> Finding {
        if let Some(why) = &self.database.missing {
            return Finding::unproven(format!("no database for the run: {why}"));
        }
        if self.database.kind == Kind::None {
            return Finding::unproven(format!(
                "no {} is at hand to stand in; give one with `--env {variable}`",
                if name.is_empty() { "database" } else { name }
            ));
        }
        if self.database.variable.as_deref() != Some(variable) {
            return Finding::unproven(format!("no database was given in {variable}; give one with `--env {variable}`"));
        }
        let Some(kind) = self.named_kind(name) else {
            return Finding::unproven(format!("the value given in {variable} names no {name} server"));
        };
        let finding = main.seen.reached.get_or_init(|| self.reached(main, steps)).clone();
        if finding.verdict != seaworthy_report::Verdict::Pass {
            return finding;
        }
        let finding = Finding { evidence: format!("{} ({kind})", finding.evidence), ..finding };
        if is_neon(name) && !self.database.is_neon() {
            return Finding { verdict: seaworthy_report::Verdict::Pending, next: Some(next.to_owned()), ..finding };
        }
        finding
    }

    /// What the database is called in evidence; `None` where it is not what the sentence names.
    fn named_kind(&self, name: &str) -> Option<&'static str> {
        let scheme = self.database.scheme();
        let generic = is_postgres(name) && !name.to_lowercase().contains("postgres") && !is_neon(name);
        match (self.database.kind, scheme.as_deref()) {
            (Kind::StandIn, _) if self.database.by_image().is_some() => {
                is_postgres(name).then_some("throwaway PostgreSQL of an image")
            }
            (Kind::StandIn, _) if !self.database.demands_tls() => {
                is_postgres(name).then_some("throwaway PostgreSQL, SCRAM required")
            }
            (Kind::StandIn, _) => is_postgres(name).then_some("throwaway PostgreSQL, TLS and SCRAM required"),
            (Kind::Given, Some("postgres" | "postgresql")) if is_postgres(name) => {
                Some(match (self.database.is_neon(), is_neon(name)) {
                    (true, _) => "the given Neon database",
                    (false, true) => "the given PostgreSQL, whose host is not Neon's",
                    (false, false) => "the given PostgreSQL",
                })
            }
            (Kind::Given, Some(scheme)) if generic || scheme.eq_ignore_ascii_case(name) => Some("the given database"),
            _ => None,
        }
    }

    /// Whether what the service writes lies in the database.
    fn reached(&self, main: &Main, steps: Option<&Scenario>) -> Finding {
        if self.database.host().is_none() {
            // A file: kept with its volume, and not found under another name.
            return match &main.api {
                Ok(api) => self.follows_file(api),
                Err(why) => Finding::unproven(why),
            };
        }
        if matches!(self.database.scheme().as_deref(), Some("postgres" | "postgresql")) {
            return self.logs_in(main, steps);
        }
        let shared = match (&main.api, &self.port) {
            (Ok(api), Ok(port)) => self.shared(main, api, *port),
            (Err(why), _) | (_, Err(why)) => Err(Fault::Unknown(why.clone())),
        };
        match shared {
            Ok(finding) => finding,
            Err(Fault::Wrong(evidence)) => Finding::fail(evidence),
            Err(Fault::Unknown(why) | Fault::Refused(why)) => match self.needs_server() {
                finding if finding.verdict == seaworthy_report::Verdict::Pass => finding,
                finding => Finding::unproven(format!("{why}; {}", finding.evidence)),
            },
        }
    }

    /// Written in the main container, read in one that shares nothing with it but the database.
    pub(super) fn shared(&self, main: &Main, api: &OpenApi, port: u16) -> Result<Finding, Fault> {
        let requests = self.requests(api);
        let service = self.service(main.up.container.as_ref(), port);
        let (collection, created) = requests.create_any(&service, 3)?;
        self.remember(&created.path);
        let second = match self.up(&self.run(), None, self.until(), None) {
            Ok(up) => up,
            Err(down) => return Ok(down.finding("a second container on the same database", Finding::fail)),
        };
        let other = self.service(second.container.as_ref(), port);
        let read = requests.read(&other, &collection, &created, "in a second container that shares only the database");
        self.retire(second.container, "a second container on the same database");
        let status = read?.status;
        Ok(Finding::pass(format!(
            "POST {} {} in one container, GET {status} in a second one that shares only the database",
            collection.path,
            created.status()
        )))
    }

    /// The variable decides which database is used: with another value it is not; or what the service did lies on the run's own server, which
    /// is found nowhere else, nor its password.
    pub(crate) fn decided_by_database(&self, main: &Main) -> Finding {
        let follows = self.follows_database();
        if follows.verdict != seaworthy_report::Verdict::Unproven || self.database.kind != Kind::StandIn {
            return follows;
        }
        // Kept nowhere: the steps under the promise that the database is used may show more.
        let reached = main.seen.reached.get().cloned().unwrap_or_else(|| self.reached(main, None));
        if reached.verdict != seaworthy_report::Verdict::Pass {
            return follows;
        }
        let variable = self.database.variable.as_deref().unwrap_or_default();
        Finding::pass(format!("the server that {variable} names was started for this run: {}", reached.evidence))
    }

    /// The database variable pointed at another place: the service must not go on as before.
    pub(crate) fn follows_database(&self) -> Finding {
        match (self.database.elsewhere(), self.main()) {
            (None, _) => Finding::unproven("no other value of the variable can be made up"),
            (_, Err(_)) => Finding::unproven("the container does not run"),
            (Some(Elsewhere { is_server: true, .. }), _) => self.needs_server(),
            (Some(_), Ok(main)) => match &main.api {
                Ok(api) => self.follows_file(api),
                Err(why) => Finding::unproven(why),
            },
        }
    }

    /// With the variable naming a port where nothing listens, the service must not do what it does with the database.
    pub(crate) fn needs_server(&self) -> Finding {
        match self.main() {
            Ok(main) => main.seen.without_server.get_or_init(|| self.try_without_server(main)).clone(),
            Err(_) => Finding::unproven("the container does not run"),
        }
    }

    fn try_without_server(&self, main: &Main) -> Finding {
        let (Some(elsewhere), Some(variable)) = (self.database.elsewhere(), self.database.variable.as_deref()) else {
            return Finding::unproven("no other value of the variable can be made up");
        };
        let Ok(port) = self.port else { return Finding::unproven(self.no_port()) };
        let api = main.api.as_ref().ok();
        let before = api.and_then(|api| {
            let service = self.service(main.up.container.as_ref(), port);
            let (collection, created) = self.requests(api).create_any(&service, 4).ok()?;
            self.remember(&created.path);
            Some((api, collection, created))
        });
        let mut run = self.run();
        set(&mut run, variable, &elsewhere.url);
        let what = format!("with {variable} naming a port where nothing listens");
        // A service that is not ready yet must not be taken for one that cannot be.
        let wait = self.patience();
        let up = match self.up_within(&run, None, Until::Listening, None, wait) {
            Ok(up) => up,
            Err(Down::Fault { cause, .. }) => return Finding::pass(format!("{what}: {cause}")),
            Err(Down::Missing(why)) => return Finding::unproven(format!("{what}: {why}")),
        };
        let mut service = self.service(up.container.as_ref(), port);
        service.within = wait;
        let finding = match before {
            Some((api, collection, created)) => {
                let again = self.requests(api).create(&service, &collection, &api.path(&collection.path), 5);
                match again {
                    Ok(_) => Finding::fail(format!("{what}, POST {} works as before", collection.path)),
                    Err(Fault::Wrong(told)) => Finding::pass(format!(
                        "{what}: {}; it answered {} before",
                        without_body(&told),
                        created.status()
                    )),
                    // It was refused for the request's sake: that says nothing of the database.
                    Err(Fault::Unknown(told) | Fault::Refused(told)) => Finding::unproven(format!("{what}: {told}")),
                }
            }
            None => self.ready_without(&up, &service, &what, wait),
        };
        self.retire(up.container, "a container whose database cannot be reached");
        finding
    }

    /// Without an API to write through: whether it turns healthy.
    fn ready_without(
        &self,
        up: &super::Up,
        service: &crate::service::Service<'_>,
        what: &str,
        wait: Duration,
    ) -> Finding {
        let healthy_before = self.main().is_ok_and(|main| main.up.healthy_after.is_some());
        let Some(path) = self.health_path.as_deref().filter(|_| healthy_before) else {
            return Finding::unproven(format!(
                "{what} it takes connections all the same, and nothing more can be asked"
            ));
        };
        let deadline = up.container.started_at() + wait;
        let mut last = "it gave no answer".to_owned();
        while std::time::Instant::now() < deadline {
            match service.send(&crate::http::Request::get(path)) {
                Ok(answer) if answer.is_success() => {
                    return Finding::unproven(format!("{what}, {path} answers {} all the same", answer.status));
                }
                Ok(answer) => last = format!("{path} {}", service.told(&answer)),
                Err(error) => last = service.clean(&format!("{path}: {error}")),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Finding::pass(format!("{what}: {last} for {}; it is healthy with it", seconds(wait)))
    }

    /// Written with one file, not found with another on the same volumes, while it is there with the first.
    fn follows_file(&self, api: &OpenApi) -> Finding {
        let Ok(port) = self.port else { return Finding::unproven(self.no_port()) };
        let (Some(elsewhere), Some(variable)) = (self.database.elsewhere(), self.database.variable.as_deref()) else {
            return Finding::unproven("no other value of the variable can be made up");
        };
        let (collections, _) = api.collections();
        let able = |found: &Collection| {
            found.create.is_some() && (found.read.is_some() || found.list.is_some()) && !found.is_inside_another()
        };
        let Some(collection) = collections.into_iter().find(able) else {
            let place = &api.place;
            return Finding::unproven(format!("{place} names no collection that can be created and read back"));
        };
        let persisted = self.persist(api, collection);
        let Some(kept) = persisted.kept else {
            let why = format!("nothing is kept that another value could hide: {}", persisted.finding.evidence);
            return Finding::unproven(why);
        };
        let mut run = self.run();
        set(&mut run, variable, &elsewhere.url);
        let what = format!("what was written is read back with the same {variable}; with another file");
        let up = match self.up(&run, kept.storage.volumes(), Until::Listening, None) {
            Ok(up) => up,
            Err(Down::Fault { cause, .. }) => return Finding::pass(format!("{what}: {cause}")),
            Err(Down::Missing(why)) => return Finding::unproven(why),
        };
        let service = self.service(up.container.as_ref(), port);
        let read = self.requests(api).read(&service, &kept.collection, &kept.created, "with another file");
        self.retire(up.container, "a container with another database file");
        match read {
            Ok(_) => Finding::fail(format!("{what} it is there as well: something else than {variable} decides")),
            Err(Fault::Wrong(told)) => Finding::pass(format!("{what}: {}", without_body(&told))),
            Err(Fault::Unknown(told) | Fault::Refused(told)) => Finding::unproven(format!("{what}: {told}")),
        }
    }
}

/// `POST /tasks answered 503: {…}` without what stands behind the status.
fn without_body(told: &str) -> &str {
    let status = told.find("answered ").map(|at| at + "answered ".len());
    let end = status.and_then(|status| Some(status + told[status..].find(": ")?));
    end.map_or(told, |end| &told[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_left_out_behind_its_status() {
        for (told, expected) in [
            ("POST /tasks answered 503: {\"detail\":\"answered 1: x\"}", "POST /tasks answered 503"),
            ("POST /tasks answered 503", "POST /tasks answered 503"),
            ("GET /x with another file: answered 404: gone", "GET /x with another file: answered 404"),
            ("POST /tasks: no whole answer within 1000 ms", "POST /tasks: no whole answer within 1000 ms"),
        ] {
            assert_eq!(without_body(told), expected);
        }
    }
}
