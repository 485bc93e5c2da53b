//! `dependency.connects`: what shows that the service talks to a server that the run started for it.

use std::time::{Duration, Instant};

use seaworthy_dependency::{Commands, Server, Traffic};
use seaworthy_engine::Run;
use seaworthy_spec::{Action, Dependency, Kind, Scenario};

use super::{Main, Runs};
use crate::Finding;
use crate::crud::Fault;
use crate::dependencies::{Provided, State};

/// How long it may take until what the service was asked arrives at the server.
const APPEARS: Duration = Duration::from_secs(2);
/// Between two looks.
const POLL: Duration = Duration::from_millis(100);
/// How many kinds of commands are told.
const TOLD: usize = 3;

/// What the service was asked to do while the server was watched.
pub(super) struct Work {
    /// In words; empty where there was nothing to ask.
    pub(super) told: String,
    /// Something was asked, and all of it was answered as it should be.
    pub(super) is_done: bool,
    /// It needed the server: the steps under the very promise were among it, or something was written, and there is nowhere else to write.
    is_owed: bool,
    /// What was said on the way to the server meanwhile.
    before: Traffic,
    after: Traffic,
}

impl Work {
    /// What it means that the service said nothing to the server: no fault, where it may need that for other work.
    pub(super) fn nobody_came(&self, place: &str) -> Finding {
        let seen = format!("nobody came to {place} (asked: {})", self.told);
        if self.is_owed {
            return Finding::fail(seen);
        }
        Finding::unproven(format!("{seen}; it may be for other work: steps under this promise that need it decide"))
    }
}

impl Runs<'_> {
    /// Whether the service talks to the dependency of this name that the run gives it in `variable`. `steps`: those under the promise.
    pub(crate) fn reaches(&self, main: &Main, name: &str, variable: &str, steps: Option<&Scenario>) -> Finding {
        let Some(Provided { dependency, state }) = self.dependencies.called(name, variable) else {
            return Finding::unproven(format!("no {name} is at hand: nothing was seen"));
        };
        if !variable.is_empty() && dependency.variable != variable {
            return Finding::unproven(format!(
                "*Dependencies* give {name} in {}, and the sentence names {variable}",
                dependency.variable
            ));
        }
        match state {
            State::Missing(why) => Finding::unproven(why.as_str()),
            State::Given => Finding::unproven(format!(
                "{} was given: what is said to a given server is not seen; without `--env {}` the run starts one",
                dependency.variable, dependency.variable
            )),
            State::Runs(held) => {
                let place = format!("{} ({})", dependency.name, held.from);
                if dependency.is_postgres()
                    && let Some(found) = self.writes_to(main, held, steps)
                {
                    return Finding { evidence: format!("{place}: {}", found.evidence), ..found };
                }
                self.talks_to(main, &held.server, steps, &place)
            }
        }
    }

    fn talks_to(&self, main: &Main, server: &Server, steps: Option<&Scenario>, place: &str) -> Finding {
        let work = self.work_with(main, server, steps);
        let deadline = Instant::now() + APPEARS;
        loop {
            let (commands, traffic) = (server.commands(), server.traffic());
            let finding = judged(&commands, traffic, &work, place, server.dependency().has_login());
            let is_settled = finding.verdict == seaworthy_report::Verdict::Pass || traffic.connections > 0;
            if is_settled || Instant::now() > deadline {
                return finding;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Has the main container do something: what its API creates, and the requests of all scenarios.
    pub(super) fn work_with(&self, main: &Main, server: &Server, steps: Option<&Scenario>) -> Work {
        let before = server.traffic();
        let (mut told, mut is_done, mut has_written) = (Vec::new(), true, false);
        if let (Ok(api), Ok(port)) = (&main.api, &self.port) {
            let service = self.service(main.up.container.as_ref(), *port);
            let requests = self.requests(api);
            match requests.create_any(&service, 6) {
                Ok((collection, created)) => {
                    has_written = true;
                    self.remember(&created.path);
                    let read = requests.read(&service, &collection, &created, "what was created");
                    let read = read.map(|answer| format!(", GET {}", answer.status)).unwrap_or_default();
                    told.push(format!("POST {} {}{read}", collection.path, created.status()));
                }
                Err(Fault::Wrong(why)) => {
                    told.push(why);
                    is_done = false;
                }
                Err(Fault::Unknown(_) | Fault::Refused(_)) => {}
            }
        }
        let replayed = |scenario: &&&Scenario| self.replay(scenario, main.up.container.as_ref());
        let played: Vec<&Scenario> = self.scenarios.iter().filter(replayed).copied().collect();
        has_written |= played.iter().any(|scenario| writes(scenario));
        match played.len() {
            0 => {}
            1 => told.push("the requests of a scenario".to_owned()),
            count => told.push(format!("the requests of {count} scenarios")),
        }
        is_done &= !told.is_empty();
        let has_own_steps = steps.is_some_and(|steps| played.contains(&steps));
        let is_owed = has_own_steps || (has_written && self.is_only_database(server.dependency()));
        Work { told: told.join(", "), is_done, is_owed, before, after: server.traffic() }
    }

    /// Whether it is a database, and the run gives the service no other server.
    fn is_only_database(&self, dependency: &Dependency) -> bool {
        let databases = usize::from(self.database.host().is_some());
        dependency.kind.is_some_and(Kind::is_database) && databases + self.dependencies.given().count() == 1
    }

    /// The variable decides which server is used: the run's own is found nowhere else, nor its password.
    pub(crate) fn decided_by_dependency(&self, main: &Main, provided: &Provided) -> Finding {
        let variable = &provided.dependency.variable;
        let reached = self.reaches(main, &provided.dependency.name, variable, None);
        match reached.verdict {
            seaworthy_report::Verdict::Pass => Finding::pass(format!(
                "the server that {variable} names was started for this run: {}",
                reached.evidence
            )),
            _ => Finding::unproven(reached.evidence),
        }
    }

    /// Gives a container the servers that the run started.
    pub(super) fn put_dependencies_into(&self, run: &mut Run) {
        self.dependencies.put_into(run);
    }
}

/// Whether its requests change something.
fn writes(scenario: &Scenario) -> bool {
    let changes = |action: &Action| matches!(action, Action::Request(asked) if asked.method != "GET");
    scenario.steps.iter().any(|step| changes(&step.action))
}

/// What was seen, decided.
fn judged(commands: &Commands, traffic: Traffic, work: &Work, place: &str, has_password: bool) -> Finding {
    let during = if work.told.is_empty() { String::new() } else { format!(" (asked: {})", work.told) };
    match commands {
        Commands::Seen(seen) if !seen.is_empty() && traffic.answered > 0 => {
            let connections = plural(traffic.connections, "connection");
            Finding::pass(format!("{} seen on {place}, by {connections} of the service's{during}", told(seen)))
        }
        _ if traffic.connections == 0 && work.told.is_empty() => {
            Finding::unproven(format!("nobody came to {place}, and nothing but the service's health could be asked"))
        }
        // It may not have come so far.
        _ if traffic.connections == 0 && !work.is_done => {
            Finding::unproven(format!("nobody came to {place}, and what the service was asked failed{during}"))
        }
        _ if traffic.connections == 0 => work.nobody_came(place),
        Commands::Seen(_) => Finding::unproven(format!(
            "{} came to {place}, and no command but those that make a session{during}",
            plural(traffic.connections, "connection")
        )),
        Commands::Hidden => {
            let sent = work.after.sent_bytes.saturating_sub(work.before.sent_bytes);
            let received = work.after.received_bytes.saturating_sub(work.before.received_bytes);
            // Who is refused a login is heard, too.
            if sent > 0 && received > 0 && work.is_done && !has_password {
                Finding::pass(format!("{sent} bytes said to {place} and {received} heard from it during work{during}"))
            } else {
                Finding::unproven(format!(
                    "{} came to {place}, {} bytes to it and {} from it; whether that was more than a look at its health, or a login that was refused, is not seen{during}",
                    plural(traffic.connections, "connection"),
                    traffic.sent_bytes,
                    traffic.received_bytes
                ))
            }
        }
    }
}

/// `SET 3, GET 2 and 4 others`
fn told(seen: &[(String, u64)]) -> String {
    let first: Vec<String> = seen.iter().take(TOLD).map(|(name, count)| format!("{name} {count}")).collect();
    let more = seen.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!(" and {}", plural(more as u64, "other")) };
    format!("{}{more}", first.join(", "))
}

fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(connections: u64, sent_bytes: u64, received_bytes: u64) -> Traffic {
        Traffic { connections, answered: connections.min(received_bytes), sent_bytes, received_bytes }
    }

    fn shown(commands: &Commands, after: Traffic, told: &str, before: Traffic) -> String {
        let work =
            Work { told: told.to_owned(), is_done: !told.is_empty(), is_owed: told.contains("201"), before, after };
        let found = judged(commands, after, &work, "Redis (`redis:7`)", false);
        format!("{:?}: {}", found.verdict, found.evidence)
    }

    #[test]
    fn only_commands_or_bytes_during_work_show_that_a_server_is_used() {
        let none = Traffic::default();
        let set = Commands::Seen(vec![("SET".to_owned(), 2)]);
        let (seen, hidden) = (Commands::Seen(Vec::new()), Commands::Hidden);
        insta::assert_snapshot!(shown(&set, traffic(1, 80, 9), "POST /notes 201", none), @"Pass: SET 2 seen on Redis (`redis:7`), by 1 connection of the service's (asked: POST /notes 201)");
        insta::assert_snapshot!(shown(&seen, none, "POST /notes 201", none), @"Fail: nobody came to Redis (`redis:7`) (asked: POST /notes 201)");
        insta::assert_snapshot!(shown(&seen, none, "GET / 200", none), @"Unproven: nobody came to Redis (`redis:7`) (asked: GET / 200); it may be for other work: steps under this promise that need it decide");
        insta::assert_snapshot!(shown(&seen, none, "", none), @"Unproven: nobody came to Redis (`redis:7`), and nothing but the service's health could be asked");
        insta::assert_snapshot!(shown(&seen, traffic(1, 14, 7), "POST /notes 201", none), @"Unproven: 1 connection came to Redis (`redis:7`), and no command but those that make a session (asked: POST /notes 201)");
        // Somebody else's commands: the service's containers said nothing.
        insta::assert_snapshot!(shown(&set, none, "POST /notes 201", none), @"Fail: nobody came to Redis (`redis:7`) (asked: POST /notes 201)");
        insta::assert_snapshot!(shown(&hidden, traffic(1, 80, 90), "POST /notes 201", traffic(1, 40, 40)), @"Pass: 40 bytes said to Redis (`redis:7`) and 50 heard from it during work (asked: POST /notes 201)");
        insta::assert_snapshot!(shown(&hidden, traffic(1, 80, 90), "POST /notes 201", traffic(1, 80, 90)), @"Unproven: 1 connection came to Redis (`redis:7`), 80 bytes to it and 90 from it; whether that was more than a look at its health, or a login that was refused, is not seen (asked: POST /notes 201)");
        insta::assert_snapshot!(shown(&hidden, none, "POST /notes 201", none), @"Fail: nobody came to Redis (`redis:7`) (asked: POST /notes 201)");
        let failed = Work {
            told: "POST /notes answered 500".to_owned(),
            is_done: false,
            is_owed: true,
            before: none,
            after: none,
        };
        let found = judged(&seen, none, &failed, "Redis", true);
        assert_eq!(found.verdict, seaworthy_report::Verdict::Unproven, "it may not have come so far");
        let work = Work {
            told: "POST /notes 201".to_owned(),
            is_done: true,
            is_owed: true,
            before: none,
            after: traffic(1, 80, 90),
        };
        let found = judged(&hidden, traffic(1, 80, 90), &work, "RabbitMQ", true);
        assert_eq!(found.verdict, seaworthy_report::Verdict::Unproven, "a login may have been refused");
    }
}
