//! `stop.graceful`: the stop signal while a request is under way.

mod held;

use std::io;
use std::time::{Duration, Instant};

use seaworthy_engine::{Container, Exit, Signal, Status};
use seaworthy_image::Config;
use seaworthy_report::Verdict;
use seaworthy_spec::{Scenario, StopSignal};

pub(super) use self::held::{Begun, Held, begin};
use super::remover::Storage;
use super::{Down, Main, Runs, Up, seconds};
use crate::crud::SCENARIO;
use crate::http::{Request, Response};
use crate::openapi::OpenApi;
use crate::{Finding, image};

/// How long a service without a known health path may take to start: with a declared health check, and without one.
const CHECKED: Duration = Duration::from_secs(10);
const UNCHECKED: Duration = Duration::from_secs(1);
/// How long the request stays half-sent after the signal.
const HELD: Duration = Duration::from_millis(100);
/// What a container is called that does not run to be stopped.
const STOPPED: &str = "a container to be stopped";
/// How long another request may take while some are held.
const BESIDE: Duration = Duration::from_millis(500);
/// First processes that start others and do not pass signals on.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "busybox", "zsh", "ksh", "mksh"];
/// What a shell adds to the number of the signal that ended a process: 143 for SIGTERM.
const BY_SIGNAL: i32 = 128;

/// The signal that a service is asked to stop with, and how long it may take.
pub(super) struct Asked {
    pub(super) signal: Signal,
    /// `SIGTERM`
    pub(super) name: String,
    pub(super) within: Duration,
    exit_zero: bool,
}

/// How a sentence says that a service ends.
pub(crate) struct Ending<'a> {
    pub(crate) within: Duration,
    pub(crate) signal: &'a StopSignal,
    /// The code must be 0.
    pub(crate) exit_zero: bool,
}

impl Asked {
    /// The signal that a sentence names, else the one that engines send.
    fn of(wanted: &Ending<'_>, config: &Config) -> Self {
        let Ending { within, signal, exit_zero } = *wanted;
        let configured = image::stopped_by(config);
        match signal {
            StopSignal::Named(name) if *name != configured => {
                let number = image::signal_number(name).map_or(Signal::Term, Signal::Number);
                Self { signal: number, name: name.clone(), within, exit_zero }
            }
            _ => Self { signal: Signal::Stop, name: configured, within, exit_zero },
        }
    }

    /// Zero, or what is told of a process that the signal ended, unless the sentence says zero.
    fn is_clean(&self, code: i32) -> bool {
        code == 0
            || !self.exit_zero && image::signal_number(&self.name).is_some_and(|number| code == BY_SIGNAL + number)
    }
}

/// What is wrong with an answer.
type Judge<'a> = dyn Fn(&Response) -> Result<(), Finding> + 'a;

/// A stop under way: what is in flight.
pub(super) struct Stopped<'a> {
    /// Where one tells what a request made.
    pub(super) api: Option<&'a OpenApi>,
    pub(super) path: &'a str,
    pub(super) what: &'a str,
    /// What a step says of the answer; without one every 2xx is right.
    pub(super) judge: Option<&'a Judge<'a>>,
    pub(super) asked: &'a Asked,
}

/// What was answered to a held request.
struct Answered {
    response: Response,
    /// Where what it made can be read, where that is told.
    made: Option<String>,
    after: Duration,
}

impl Runs<'_> {
    /// By the service's document, and by the promise's own steps.
    pub(crate) fn stops_within(&self, main: &Main, wanted: &Ending<'_>, steps: Option<&Scenario>) -> Finding {
        let asked = &Asked::of(wanted, self.config());
        let by_document = match &main.api {
            Err(why) if steps.is_some() => Finding::unproven(why),
            _ => self.stops_by_document(main, asked),
        };
        let finding = self.both(by_document, steps, |steps| self.stops_by_steps(steps, asked));
        match image::stopped_by(self.config()) {
            configured if configured != asked.name => {
                let named = if self.config().stop_signal().is_some() {
                    "its config names"
                } else {
                    "is sent where none is named"
                };
                finding.warn(format!("engines stop it with {configured}, which {named}, and not with {}", asked.name))
            }
            _ => finding,
        }
    }

    fn stops_by_document(&self, main: &Main, asked: &Asked) -> Finding {
        let creation = main.api.as_ref().ok().and_then(|api| Some((api, self.requests(api).creation(6)?)));
        let storage = match self.storage() {
            Ok(storage) => storage,
            Err(error) => return self.engine_failed(&error),
        };
        let up = match self.up(&self.run(), storage.volumes(), self.until(), None) {
            Ok(up) => up,
            Err(down) => return down.finding(STOPPED, Finding::unproven),
        };
        self.let_start(&up);
        let container = up.container.as_ref();
        let before = creation.as_ref().and_then(|(api, _)| Some((*api, self.written_before(container, api)?)));
        let mut confirmed = Vec::new();
        let finding = match (&self.port, creation) {
            (Ok(port), Some((api, (collection, request)))) => {
                let what = format!("POST {}", collection.path);
                match self.hold(container, *port, api, &request) {
                    Ok((held, _)) if !held.is_empty() => {
                        let stopped = Stopped { api: Some(api), path: &request.path, what: &what, judge: None, asked };
                        self.stop_held(container, held, &stopped, &mut confirmed)
                    }
                    Ok((_, early)) => self.stop_idle(
                        container,
                        asked,
                        &format!("{what} answered {early} before its body was whole, so that none could be held open"),
                    ),
                    Err(error) => Finding::unproven(format!("{what} cannot be begun: {error}")),
                }
            }
            (Err(_), _) => self.stop_idle(container, asked, &self.no_port()),
            (_, None) => {
                self.stop_idle(container, asked, &format!("no request with a body is known to hold open; {SCENARIO}"))
            }
        };
        self.retire(up.container, "a container that was stopped");
        match before {
            Some((api, before)) if finding.verdict == Verdict::Pass && !confirmed.is_empty() => {
                self.is_kept(api, &storage, &before, &confirmed, &asked.name, finding)
            }
            _ => finding,
        }
    }

    /// Lets a service finish its start whose health path does not tell when that is: its declared health check does, else a moment must do.
    /// One that takes connections before it is ready may hang at a signal that comes between (`MariaDB` does).
    fn let_start(&self, up: &Up) {
        if up.healthy_after.is_some() {
            return;
        }
        let is_declared = self.config().health_check().is_some();
        let most = if is_declared { CHECKED } else { UNCHECKED };
        let is_healthy = || up.container.health().is_ok_and(|health| health.healthy_after.is_some());
        let runs = || matches!(up.container.status(), Ok(Status::Running));
        let began = Instant::now();
        while began.elapsed() < most && runs() && !(is_declared && is_healthy()) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Holds several requests open, each on a connection of its own, as long as the service still answers beside them: who serves one at a
    /// time has only one in flight. Returns the status of one that was answered early, too.
    fn hold(
        &self,
        container: &dyn Container,
        port: u16,
        api: &OpenApi,
        first: &Request,
    ) -> io::Result<(Vec<Held>, u16)> {
        let mut held = Vec::new();
        for variation in [6, 7, 8] {
            let request = match self.requests(api).creation(variation) {
                Some((_, request)) if request.path == first.path => request,
                _ => first.clone(),
            };
            match begin(container, port, self.client.host(), &request) {
                Ok(Begun::Held(one)) => held.push(one),
                Ok(Begun::Early(status)) if held.is_empty() => return Ok((held, status)),
                Err(error) if held.is_empty() => return Err(error),
                Ok(Begun::Early(_)) | Err(_) => break,
            }
            let beside = Request::get(self.health_path.as_deref().unwrap_or("/openapi.json"));
            if self.client.send(container, port, &beside, BESIDE).is_err() {
                break;
            }
        }
        Ok((held, 0))
    }

    /// Whether what the service confirms must outlive its container.
    fn is_durable(&self) -> bool {
        let has_database = self.database.kind != seaworthy_report::Database::None;
        self.promises_persistence || has_database || !self.config().volumes().is_empty()
    }

    /// Where something can be read that was written before the signal, if the service is to keep it.
    fn written_before(&self, container: &dyn Container, api: &OpenApi) -> Option<String> {
        let port = self.port.clone().ok().filter(|_| self.is_durable())?;
        let (_, created) = self.requests(api).create_any(&self.service(container, port), 9).ok()?;
        self.remember(&created.path);
        Some(created.path)
    }

    /// What was confirmed after the signal is there in a new container, as what was written `before` is. Where that is gone too, the stop did
    /// not lose it.
    fn is_kept(
        &self,
        api: &OpenApi,
        storage: &Storage<'_>,
        before: &str,
        confirmed: &[(String, u16)],
        signal: &str,
        finding: Finding,
    ) -> Finding {
        let Ok(port) = self.port else { return finding };
        let what = "a container after the one that was stopped";
        let up = match self.up(&self.run(), storage.volumes(), self.until(), None) {
            Ok(up) => up,
            Err(down) => return down.finding(what, Finding::unproven),
        };
        let service = self.service(up.container.as_ref(), port);
        let requests = self.requests(api);
        let keeps = service.send(&requests.get(before)).is_ok_and(|answer| answer.is_success());
        let lost = confirmed.iter().find_map(|(path, status)| match service.send(&requests.get(path)) {
            Ok(answer) if answer.is_success() => None,
            Ok(answer) => Some(format!(
                "answered {status} after {signal}, and GET {path} {} after a restart",
                service.told(&answer)
            )),
            Err(error) => Some(
                service.clean(&format!("answered {status} after {signal}, and GET {path} after a restart: {error}")),
            ),
        });
        self.retire(up.container, what);
        match lost {
            _ if !keeps => finding,
            Some(lost) => Finding::fail(format!("what was confirmed is lost: {lost}")),
            None => finding.with(&format!("what was answered after {signal} is there after a restart")),
        }
    }

    /// Without a request in flight only half of the promise can be seen.
    fn stop_idle(&self, container: &dyn Container, asked: &Asked, why: &str) -> Finding {
        if let Err(down) = self.is_up(container) {
            return down.finding(STOPPED, Finding::unproven);
        }
        let signalled = Instant::now();
        if let Err(error) = container.signal(asked.signal) {
            return self.engine_failed(&error);
        }
        match self.end(container, signalled, asked) {
            Ok(end) => Finding::unproven(format!("{end}; {why}")),
            Err(finding) => finding,
        }
    }

    /// `confirmed` gets what was made after the signal: where it can be read, and the status.
    pub(super) fn stop_held(
        &self,
        container: &dyn Container,
        held: Vec<Held>,
        stopped: &Stopped<'_>,
        confirmed: &mut Vec<(String, u16)>,
    ) -> Finding {
        let Stopped { what, judge, asked, .. } = stopped;
        let Asked { name: signal, within, .. } = asked;
        if let Err(down) = self.is_up(container) {
            return down.finding(STOPPED, Finding::unproven);
        }
        let signalled = Instant::now();
        if let Err(error) = container.signal(asked.signal) {
            return self.engine_failed(&error);
        }
        match container.wait(HELD.min(*within / 4)) {
            Ok(None) => {}
            Ok(Some(exit)) => {
                let after = signalled.elapsed().as_millis();
                return Finding::fail(format!(
                    "exit {} {after} ms after {signal}, while {what} was half-sent and had no answer",
                    exit.code
                ));
            }
            Err(error) => return self.engine_failed(&error),
        }
        let count = held.len();
        let mut answers = Vec::new();
        for mut held in held {
            let answer = held.finish(within.saturating_sub(signalled.elapsed()));
            let after = signalled.elapsed();
            answers.push(answer.map(|answer| {
                let made = stopped.api.and_then(|api| self.requests(api).made_at(stopped.path, &answer));
                Answered { response: answer, made, after }
            }));
        }
        for answered in answers.iter().flatten().filter(|answered| (200..300).contains(&answered.response.status)) {
            if let Some(made) = &answered.made {
                self.remember(made);
                confirmed.push((made.clone(), answered.response.status));
            }
        }
        let end = match self.end(container, signalled, asked) {
            Ok(end) => end,
            Err(finding) => return finding,
        };
        let of = if count == 1 { String::new() } else { format!(", {count} at once") };
        let mut worst: Option<Finding> = None;
        for answer in &answers {
            let judged = judge.and_then(|judge| Some(judge(&answer.as_ref().ok()?.response)));
            let finding = match answer.as_ref().map(|answered| (answered.response.status, answered.after)) {
                Err(error) => {
                    Finding::fail(format!("{what}, begun before {signal}{of}, was not answered: {error}; {end}"))
                }
                Ok((status, after)) if judged.as_ref().map_or((200..300).contains(&status), Result::is_ok) => {
                    Finding::pass(format!(
                        "{what}, half-sent at {signal}{of}, answered {status} {} ms after it; {end}",
                        after.as_millis()
                    ))
                }
                Ok((status, _)) => match judged {
                    Some(Err(wrong)) => {
                        let evidence = format!("{what}, half-sent at {signal}{of}: {}; {end}", wrong.evidence);
                        Finding { evidence, ..wrong }
                    }
                    _ if matches!(status, 400..=499) => {
                        Finding::unproven(format!("{what}, half-sent at {signal}{of}, answered {status}; {end}"))
                    }
                    _ => Finding::fail(format!("{what}, begun before {signal}{of}, answered {status}; {end}")),
                },
            };
            // The last one tells how long all took.
            worst = match worst {
                Some(known) if known.verdict != Verdict::Pass => Some(known),
                _ => Some(finding),
            };
        }
        worst.unwrap_or_else(|| Finding::unproven(format!("{end}; nothing was in flight")))
    }

    /// That it has not ended by itself: an exit that nobody asked for is no answer to a signal.
    pub(super) fn runs_until_the_signal(&self, container: &dyn Container) -> Result<(), Finding> {
        match container.status().map_err(|error| self.engine_failed(&error))? {
            Status::Running => Ok(()),
            Status::Exited(exit) => Err(Finding::fail(format!(
                "ended by itself before the signal, with exit {}{}",
                exit.code,
                self.last_words(container)
            ))),
        }
    }

    /// As [`Runs::runs_until_the_signal`], for a container of nobody's steps.
    fn is_up(&self, container: &dyn Container) -> Result<(), Down> {
        match container.status().map_err(|error| self.down(&error))? {
            Status::Running => Ok(()),
            Status::Exited(exit) => Err(self.exited(container, exit)),
        }
    }

    /// What the first process is, where it does not end: most often it never hears of the signal.
    fn first_process(&self, container: &dyn Container, signal: &str) -> Option<String> {
        let processes = container.processes().ok()?;
        let first = processes.iter().find(|process| process.is_first)?;
        let program = first.command.split(' ').next()?.rsplit('/').next()?.trim_start_matches('-');
        let command = self.redactor.quote(&first.command);
        let child = processes.iter().find(|process| !process.is_first);
        match child {
            Some(child) if SHELLS.contains(&program) => Some(format!(
                "PID 1 is the shell `{command}`, which does not pass the signal to `{}`; begin that command with `exec`",
                self.redactor.quote(&child.command)
            )),
            _ if signal == "SIGTERM" && first.handles_term == Some(false) => Some(format!(
                "PID 1 is `{command}`, which has no handler for SIGTERM: the kernel keeps the signal from such a first process"
            )),
            _ => None,
        }
    }

    /// `exit 0 120 ms after SIGTERM`; the error is the verdict.
    pub(super) fn end(&self, container: &dyn Container, signalled: Instant, asked: &Asked) -> Result<String, Finding> {
        let Asked { name: signal, within, .. } = asked;
        let exit =
            container.wait(within.saturating_sub(signalled.elapsed())).map_err(|error| self.engine_failed(&error))?;
        let after = signalled.elapsed();
        match exit {
            None => {
                let runs = matches!(container.status(), Ok(Status::Running));
                let state = if runs { "still running" } else { "ended too late" };
                let first = self.first_process(container, signal).map(|first| format!("; {first}")).unwrap_or_default();
                let within = seconds(*within);
                Err(Finding::fail(format!("{state} {within} after {signal}; it would have to be killed{first}")))
            }
            Some(_) if after > *within => {
                Err(Finding::fail(format!("ended {} ms after {signal}, which is too late", after.as_millis())))
            }
            Some(Exit { code, .. }) if asked.is_clean(code) => {
                Ok(format!("exit {code} {} ms after {signal}", after.as_millis()))
            }
            Some(Exit { code, .. }) => {
                let words = self.last_words(container);
                Err(Finding::fail(format!("exit {code} {} ms after {signal}{words}", after.as_millis())))
            }
        }
    }
}
