//! `env.runtime`, `env.configurable`, `env.required`: what a variable changes.

use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Run, Status};

use super::ledger::settled_logs;
use super::{Down, Main, Runs, Until, accepts, seconds};
use crate::Finding;
use crate::database::set;
use crate::http::Request;

/// How long a container that answers at the old port may take to answer at the new one too, at least.
const GRACE: Duration = Duration::from_secs(1);
/// How long a closed port may take to refuse.
const MOMENT: Duration = Duration::from_millis(200);
/// Other ports are chosen from these: below those that the kernel gives out by itself.
const PORTS: std::ops::Range<u16> = 10_000..32_000;
/// How long a container that takes connections may take to refuse after all.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);
/// How long a container may take that refuses "fast".
const FAST: Duration = Duration::from_secs(10);
/// Between two looks.
const POLL: Duration = Duration::from_millis(10);

impl Runs<'_> {
    /// Another value at run time changes what the service does. The image's part is judged elsewhere.
    pub(crate) fn decided_at_run_time(&self, main: &Main, variable: &str) -> Finding {
        if let Some(provided) = self.dependencies.in_variable(variable).filter(|one| !one.is_given()) {
            return self.decided_by_dependency(main, provided);
        }
        if self.database.variable.as_deref() == Some(variable) {
            if let Some(why) = &self.database.missing {
                return Finding::unproven(format!("no database for the run: {why}"));
            }
            return self.decided_by_database(main);
        }
        if variable == "PORT" {
            return match self.port {
                Ok(old) => self.moves_port(main, variable, old),
                Err(_) => Finding::unproven(self.no_port()),
            };
        }
        let given = self.options.env.iter().any(|(name, _)| name == variable);
        if given {
            let (refused, _) = self.refuses_without(main, variable);
            if refused.verdict == seaworthy_report::Verdict::Pass && refused.warnings.is_empty() {
                return Finding::pass(format!("it runs with the given value; without it {}", refused.evidence));
            }
        }
        Finding::unproven(format!(
            "nothing that can be seen from outside depends on {variable}; a scenario with `start with {variable}=…` would show it"
        ))
    }

    pub(crate) fn configurable(&self, main: &Main, variable: &str, default: Option<&str>) -> Finding {
        let Ok(port) = self.port else { return Finding::unproven(self.no_port()) };
        let default_port = default.and_then(|default| default.parse::<u16>().ok());
        let is_port = variable == "PORT" || (variable.ends_with("PORT") && default_port == Some(port));
        if !is_port {
            if self.database.variable.as_deref() == Some(variable) && default.is_none() {
                return self.follows_database();
            }
            return Finding::unproven(format!(
                "nothing that can be seen from outside is known to depend on {variable}; a scenario with `start with {variable}=…` \
                 would show it"
            ));
        }
        let moved = self.moves_port(main, variable, port);
        let Some(default) = default else { return moved };
        let Some(default_port) = default_port else {
            return Finding::fail(format!("the default `{default}` is no port")).and(moved);
        };
        let given = self.options.env.iter().any(|(name, _)| name == variable);
        let by_default = if !given && port == default_port && main.up.listening_after.is_some() {
            Finding::pass(format!("listens on {default_port} without {variable}"))
        } else {
            let mut run = self.run();
            run.env.retain(|(name, _)| name != variable);
            run.port = Some(default_port);
            match self.up(&run, None, Until::Listening, None) {
                Ok(up) => {
                    self.retire(up.container, "a container on its default port");
                    Finding::pass(format!("listens on {default_port} without {variable}"))
                }
                Err(down) => down.finding(&format!("without {variable}"), Finding::fail),
            }
        };
        by_default.and(moved)
    }

    /// With another value the service listens there and nowhere it did before; without it, it does not listen there.
    fn moves_port(&self, main: &Main, variable: &str, old: u16) -> Finding {
        let other = self.unused_port(main, old);
        if accepts(main.up.container.as_ref(), other, MOMENT) {
            return Finding::fail(format!("it listens on {other} also where {variable} does not name it"));
        }
        let mut run = self.run();
        set(&mut run, variable, &other.to_string());
        run.port = Some(other);
        let what = format!("with {variable}={other}");
        let container = match self.start(&run, None) {
            Ok(container) => container,
            Err(down) => return down.finding(&what, Finding::fail),
        };
        let finding = self.watch_move(main, container.as_ref(), old, other, &what);
        if finding.verdict == seaworthy_report::Verdict::Pass {
            // Ended while it makes its tables, it would leave them half made to the others.
            self.let_settle(container.as_ref(), other, self.options.timeout);
        }
        self.retire(container, "a container with another port");
        finding
    }

    /// A port by chance, so that no image can be made for it, and none at which the main container listens.
    fn unused_port(&self, main: &Main, old: u16) -> u16 {
        let listening = main.up.container.listening().ok().flatten().unwrap_or_default();
        let is_used = |port: u16| port == old || listening.iter().any(|address| address.port() == port);
        let seed = u64::from_str_radix(&self.mark, 16).unwrap_or_default();
        let start = seed % u64::from(PORTS.end - PORTS.start);
        let start = PORTS.start + u16::try_from(start).unwrap_or_default();
        (start..PORTS.end).chain(PORTS.start..start).find(|port| !is_used(*port)).unwrap_or(start)
    }

    fn watch_move(&self, main: &Main, container: &dyn Container, old: u16, other: u16, what: &str) -> Finding {
        let deadline = container.started_at() + self.options.timeout;
        let healthy = self.until() == Until::Healthy;
        // Who takes long to listen at all takes long to listen there too.
        let grace = GRACE.max(main.up.listening_after.unwrap_or_default() * 3);
        let mut at_old: Option<Instant> = None;
        let mut last = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(20));
            if accepts(container, other, left) {
                let path = self.health_path.as_deref().filter(|_| healthy);
                match path.map(|path| self.client.send(container, other, &Request::get(path), left)) {
                    Some(Ok(answer)) if !answer.is_success() => {
                        last = Some(crate::service::told(&answer, &self.redactor));
                    }
                    Some(Err(error)) => last = Some(self.redactor.redact(&error.to_string())),
                    None | Some(Ok(_)) if accepts(container, old, MOMENT) => {
                        return Finding::fail(format!("{what} it listens on {other}, and on {old} all the same"));
                    }
                    None | Some(Ok(_)) => {
                        return Finding::pass(format!("listens on {other}, and not on {old}, {what}"));
                    }
                }
            } else if at_old.is_none() && accepts(container, old, left) {
                at_old = Some(Instant::now());
            } else if at_old.is_some_and(|seen| seen.elapsed() > grace) {
                return Finding::fail(format!("{what} it listens on {old} and not on {other}"));
            }
            match container.status() {
                Ok(Status::Exited(exit)) => return self.exited(container, exit).finding(what, Finding::fail),
                Err(error) => return self.engine_failed(&error),
                Ok(Status::Running) => {}
            }
            if Instant::now() >= deadline {
                return match (last, self.silent(container, other, self.options.timeout)) {
                    (Some(last), _) => Finding::fail(format!("{what}, port {other} {last}")),
                    (None, down) => down.finding(what, Finding::fail),
                };
            }
            std::thread::sleep(POLL);
        }
    }

    /// With `named`, a line of its log names the variable; with `fast`, it ends within [`FAST`].
    pub(crate) fn required(&self, main: &Main, variable: &str, named: bool, fast: bool) -> Finding {
        let run = self.run();
        let by_config = self.config().env().iter().any(|(name, _)| name == variable);
        if !by_config && !run.env.iter().any(|(name, _)| name == variable) {
            return Finding::fail(format!("it runs, and {variable} was never set"));
        }
        let (refused, after) = self.refuses_without(main, variable);
        if by_config && refused.verdict == seaworthy_report::Verdict::Fail {
            return Finding { evidence: format!("the config sets {variable}; {}", refused.evidence), ..refused };
        }
        match refused.warnings.first() {
            Some(unnamed) if named && refused.verdict == seaworthy_report::Verdict::Pass => {
                Finding::fail(format!("{}; {unnamed}", refused.evidence))
            }
            _ if fast && after > FAST && refused.verdict == seaworthy_report::Verdict::Pass => {
                Finding::fail(format!("{}; that is not within {}", refused.evidence, seconds(FAST)))
            }
            _ => refused,
        }
    }

    /// Ends by itself, with an error, when nobody gives the variable: what the config sets is then still there. Tells how long that took.
    fn refuses_without(&self, main: &Main, variable: &str) -> (Finding, Duration) {
        let mut run: Run = self.run();
        run.env.retain(|(name, _)| name != variable);
        let container = match self.start(&run, None) {
            Ok(container) => container,
            Err(Down::Fault { cause, .. } | Down::Missing(cause)) => {
                return (Finding::unproven(format!("without {variable}: {cause}")), Duration::ZERO);
            }
        };
        let mut after = Duration::ZERO;
        let finding = self.watch_refusal(main, container.as_ref(), variable, &mut after);
        self.retire(container, "a container without a variable it needs");
        (finding, after)
    }

    /// `after` gets how long it took to end, before its log is read.
    fn watch_refusal(&self, main: &Main, container: &dyn Container, variable: &str, after: &mut Duration) -> Finding {
        let took = main.up.healthy_after.or(main.up.listening_after);
        let second_thoughts = SECOND_THOUGHTS.max(took.unwrap_or_default());
        let deadline = container.started_at() + self.options.timeout;
        let mut listening: Option<Instant> = None;
        loop {
            match container.wait(POLL) {
                Ok(Some(exit)) if exit.code == 0 => {
                    return Finding::fail(format!("exit 0 without {variable}{}", self.last_words(container)));
                }
                Ok(Some(exit)) => {
                    *after = container.started_at().elapsed();
                    let told = format!("exit {} after {} ms", exit.code, after.as_millis());
                    return self.refusal(main, container, variable, &told);
                }
                Ok(None) => {}
                Err(error) => return self.engine_failed(&error),
            }
            if let Ok(port) = self.port
                && listening.is_none()
                && accepts(container, port, POLL.max(Duration::from_millis(100)))
            {
                listening = Some(Instant::now());
            }
            if listening.is_some_and(|since| since.elapsed() >= second_thoughts) {
                return Finding::fail(format!("without {variable} it starts and takes connections"));
            }
            if Instant::now() >= deadline {
                return Finding::fail(format!(
                    "without {variable} it still runs after {}",
                    seconds(self.options.timeout)
                ));
            }
        }
    }

    /// A line that is there in any case, whatever its figures, says nothing of what is missing.
    fn refusal(&self, main: &Main, container: &dyn Container, variable: &str, exit: &str) -> Finding {
        let plain = |line: &str| line.replace(|sign: char| sign.is_ascii_digit(), "");
        let (logs, usual) = (settled_logs(container).unwrap_or_default(), main.up.container.logs().unwrap_or_default());
        let usual: Vec<String> = usual.stderr.lines().chain(usual.stdout.lines()).map(plain).collect();
        let mut lines = logs.stderr.lines().chain(logs.stdout.lines());
        let naming = lines.find(|line| line.contains(variable) && !usual.contains(&plain(line)));
        match naming {
            Some(line) => Finding::pass(format!("{exit}: {}", self.redactor.quote(line))),
            None => Finding::pass(format!("{exit}{}", self.last_words(container)))
                .warn(format!("no log line names {variable}")),
        }
    }
}
