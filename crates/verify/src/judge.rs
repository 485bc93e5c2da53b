//! What decides each promise: the image's facts, containers, the build's record or a registry.

use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use seaworthy_report::{self as report, Verdict};
use seaworthy_spec::{Check, Criterion, Promise, Spec, Stage};

use crate::dependencies::{Provided, State};
use crate::image::{self, Facts};
use crate::lanes::{self, Lanes, Place, When};
use crate::redact::Redactor;
use crate::run::{Down, Ending, Main, Runs, Shared, Teller, Up, commands_seen, needs_reach};
use crate::verify::milliseconds;
use crate::{Event, Finding, Subject, beyond, by_hand, offers, sbom, travel};

/// What promises are decided by.
#[derive(Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) facts: &'a Facts,
    /// The error says why there can be no container.
    pub(crate) runs: Result<&'a Shared<'a>, &'a Down>,
    pub(crate) teller: &'a Teller,
    pub(crate) redactor: &'a Redactor,
}

/// Decides promises, one after another.
struct Judge<'a> {
    subject: &'a Subject<'a>,
    facts: &'a Facts,
    runs: Result<Runs<'a>, &'a Down>,
    teller: &'a Teller,
    redactor: &'a Redactor,
}

impl<'a> Evidence<'a> {
    /// Decides every promise, and returns them in the order of the specification.
    ///
    /// Promises whose containers share nothing with others are decided beside them, where the machine has a processor for them. What is
    /// promised about time is decided alone.
    pub(crate) fn decide(self, spec: &Spec, watch: &mut dyn FnMut(Event<'_>)) -> Vec<report::Criterion> {
        let order = Lanes::of(self.runs.ok());
        let (at_once, beside) = order.at_once(spec);
        let judge = self.judge(Place::Main);
        let mut decided: Vec<report::Criterion> = Vec::with_capacity(spec.criteria.len());
        self.beside(&beside, watch, &mut decided, |watch, decided| judge.each(&at_once, watch, decided));
        // What one scenario left, another one may find.
        let apart = beside.iter().any(|(place, _)| *place == Place::Apart).then(|| self.judge(Place::Apart));
        for judge in std::iter::once(&judge).chain(&apart) {
            judge.runs.iter().for_each(|runs| runs.calm(lanes::containers_afterwards(spec)));
        }
        for when in When::AFTERWARDS {
            for criterion in spec.criteria.iter().filter(|criterion| When::of(criterion) == when) {
                let apart = apart.as_ref().filter(|_| order.place(criterion) == Place::Apart);
                apart.unwrap_or(&judge).each(&[criterion], watch, &mut decided);
            }
        }
        let place = |id: &str| spec.criteria.iter().position(|criterion| criterion.id == id);
        decided.sort_by_key(|criterion| place(&criterion.id));
        decided
    }

    fn judge(self, place: Place) -> Judge<'a> {
        let Self { subject, facts, runs, teller, redactor } = self;
        Judge { subject, facts, runs: runs.map(|runs| runs.lane(place)), teller, redactor }
    }

    /// Decides these, each lane on a thread of its own, while the caller goes on with others.
    fn beside(
        self,
        lanes: &[(Place, Vec<&Criterion>)],
        watch: &mut dyn FnMut(Event<'_>),
        decided: &mut Vec<report::Criterion>,
        meanwhile: impl FnOnce(&mut dyn FnMut(Event<'_>), &mut Vec<report::Criterion>),
    ) {
        thread::scope(|scope| {
            let (send, receive) = mpsc::channel();
            let mut begun = Vec::new();
            for (place, criteria) in lanes {
                let send = send.clone();
                begun.push(scope.spawn(move || {
                    let judge = self.judge(*place);
                    // The main container starts alone: how long it takes is measured.
                    let _ = judge.runs.as_ref().map(Runs::main);
                    // Who no longer listens was interrupted.
                    let told = |one: &&Criterion| send.send(judge.criterion(one, &[], &mut |_| {})).is_ok();
                    let _ = criteria.iter().all(told);
                }));
            }
            drop(send);
            meanwhile(watch, decided);
            for found in receive {
                watch(Event::Decided(&found));
                decided.push(found);
            }
            for lane in begun {
                lane.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
    }
}

impl<'a> Judge<'a> {
    fn each(&self, criteria: &[&Criterion], watch: &mut dyn FnMut(Event<'_>), decided: &mut Vec<report::Criterion>) {
        for criterion in criteria {
            let found = self.criterion(criterion, decided, watch);
            watch(Event::Decided(&found));
            decided.push(found);
        }
    }

    fn criterion(
        &self,
        criterion: &Criterion,
        decided: &[report::Criterion],
        watch: &mut dyn FnMut(Event<'_>),
    ) -> report::Criterion {
        let started = Instant::now();
        watch(Event::Begins(&criterion.text));
        self.runs.iter().for_each(|runs| runs.redactor.forget());
        let mut place = undecided(criterion);
        let finding = match &criterion.promise {
            Promise::Understood(checks) => {
                let finding = checks.iter().map(|check| self.check(check, criterion, decided)).reduce(Finding::and);
                let finding = finding.unwrap_or_else(|| Finding::unproven("not understood"));
                match &criterion.vouched {
                    Some(vouched) => {
                        finding.warn(format!("the word of {} does not count: this promise is checked", vouched.by))
                    }
                    None => finding,
                }
            }
            Promise::NotUnderstood { .. } if let Some(vouched) = &criterion.vouched => {
                let (word, finding) = by_hand::judge(vouched, self.subject);
                place.vouched = word;
                finding
            }
            Promise::NotUnderstood { rest, suggestion } => {
                place.suggestion.clone_from(suggestion);
                let what =
                    rest.as_ref().map_or_else(|| "no check knows this sentence".to_owned(), |rest| format!("`{rest}`"));
                Finding::unproven(format!("not understood: {what}"))
            }
        };
        let finding = self.with_hidden_files(criterion, finding);
        finding.redacted(self.redactor).decides(&mut place);
        place.took_ms = milliseconds(started.elapsed());
        place
    }

    /// Every check has its line here: one that is forgotten does not compile.
    fn check(&self, check: &Check, criterion: &Criterion, decided: &[report::Criterion]) -> Finding {
        let id = criterion.id.as_str();
        let (facts, subject) = (self.facts, self.subject);
        // What a person wrote under the promise is what the service does while it is judged.
        let steps = criterion.checks().iter().find_map(Check::scenario);
        match check {
            Check::BuildSucceeds => beyond::builds(subject),
            Check::BuildDockerfile => beyond::builds_by_dockerfile(subject),
            Check::BuildReproducible => beyond::reproducible(subject),
            Check::BuildMultiStage => beyond::multi_stage(subject),
            Check::ImageSize { limit_bytes, measure } => image::size(facts, subject, *limit_bytes, *measure),
            Check::ImageSecrets => image::secrets(facts, &criterion.allowed),
            Check::ImageBase { bases } => image::base(facts, bases, subject.record, &[]),
            Check::ImageSlim { without } => image::slim(facts, without),
            Check::ImageSetuid => image::setuid(facts),
            Check::ImageFile { path, expectation } => image::file(facts, path, expectation),
            Check::ImageLabels { names } => image::labels(facts, names),
            Check::ImagePort { port, only, besides } => image::port(facts, *port, *only, besides),
            Check::ImageVolume { paths } => image::volumes(facts, paths),
            Check::ImageStopSignal { signal } => image::stop_signal(facts, signal),
            Check::ImageExecForm { words } => image::exec_form(facts, *words),
            Check::ImageLayers { most } => image::layers(facts, *most),
            Check::ImagePlatform => image::platform(facts),
            Check::ImageStatic { binaries } => image::linkage(facts, *binaries),
            Check::ImageDependencyList => image::dependency_list(facts),
            Check::ImageCertificates => image::certificates(facts),
            Check::HealthDeclared => image::declared(facts),
            Check::EnvRuntime { variable } => match image::runtime(facts, variable, &criterion.allowed) {
                image if image.verdict == Verdict::Fail => image,
                image => image.and(self.run(check, id, |runs, main| runs.decided_at_run_time(main, variable))),
            },
            Check::UserNonRoot => {
                image::non_root(facts).and(self.of_owners(self.as_own_user(check, id, |runs, main| {
                    runs.non_root(main).and(image::executed(facts, &commands_seen(main)))
                })))
            }
            Check::UserIs { user, group } => {
                image::is(facts, user, *group).and(self.of_owners(self.as_own_user(check, id, |runs, main| {
                    match user.parse().ok().or_else(|| image::uid(facts)) {
                        Some(uid) => runs.runs_as(main, uid, *group),
                        None => Finding::unproven(format!("`{user}` has no number in the image")),
                    }
                })))
            }
            Check::HealthHealthy { within } => self.run(check, id, |runs, main| runs.health_healthy(main, *within)),
            Check::HealthEndpoint { path } => self.run(check, id, |runs, main| runs.health_endpoint(main, path)),
            Check::ApiCrud { things, listed, login, openapi } => {
                self.run(check, id, |runs, main| match runs.access.other_than(login.as_ref(), openapi.as_deref()) {
                    Some(why) => Finding::unproven(why),
                    None => runs.keeps_crud(main, things.as_deref(), *listed, steps),
                })
            }
            Check::DatabaseConnects { name, variable } => self.run(check, id, |runs, main| {
                // A database that is no PostgreSQL.
                if let Some(other) = runs.dependencies.in_variable(variable)
                    && (name.is_empty() || other.dependency.is_called(name))
                {
                    return runs.reaches(main, &other.dependency.name, variable, steps);
                }
                let image = subject.argument.as_ref().map(|image| format!("{image} ")).unwrap_or_default();
                let next = beyond::command(subject, &format!("verify {image}--env {variable}"));
                runs.connects(main, (name, variable), steps, &next)
            }),
            // It may not run for want of that very dependency.
            Check::DependencyConnects { name, variable } => match self.lacking(name, variable) {
                Some(why) => Finding::unproven(why),
                None => self.run(check, id, |runs, main| runs.reaches(main, name, variable, steps)),
            },
            Check::DataPersists { things } => {
                self.of_owners(self.run(check, id, |runs, main| runs.persists(main, things, steps)))
            }
            Check::DatabaseRotates { variable } => self.run(check, id, |runs, main| runs.rotates(main, variable)),
            Check::EnvConfigurable { variable, default } => {
                self.run(check, id, |runs, main| runs.configurable(main, variable, default.as_deref()))
            }
            Check::EnvRequired { variable, named, fast } => {
                let finding = self.run(check, id, |runs, main| runs.required(main, variable, *named, *fast));
                // That it refuses without the variable shows nothing where it does not run with it.
                let with = finding.caused_by.as_ref().map(|_| format!(", with {variable} or without it"));
                Finding { evidence: format!("{}{}", finding.evidence, with.unwrap_or_default()), ..finding }
            }
            Check::StartRuns { port } => self.run(check, id, |runs, main| runs.starts(main, *port)),
            Check::StartWithin { within } => self.run(check, id, |runs, main| runs.starts_within(main, *within)),
            Check::StopGraceful { within, signal, exit_zero } => self.run(check, id, |runs, main| {
                let wanted = Ending { within: *within, signal, exit_zero: *exit_zero };
                runs.stops_within(main, &wanted, steps)
            }),
            Check::MemoryUnder { limit_bytes } => {
                self.run(check, id, |runs, main| runs.memory_under(main, *limit_bytes, steps))
            }
            Check::RootfsReadOnly { writable } => {
                let finding = self.of_owners(self.run(check, id, |runs, main| runs.read_only(main, writable, steps)));
                let notes = image::scratch(facts, writable);
                notes.iter().filter(|_| finding.verdict == Verdict::Pass).fold(finding.clone(), Finding::warn)
            }
            Check::CapabilitiesNone => self.run(check, id, |runs, main| runs.without_capabilities(main, steps)),
            Check::LogsStdout { json } => self.run(check, id, |runs, main| runs.logs_to_stdout(main, *json)),
            Check::LogsSecrets => self.run(check, id, Runs::no_secret_in_logs),
            Check::NetworkOnly { allowed } => self.run(check, id, |runs, main| runs.talks_only_to(main, allowed)),
            Check::RegistryPushed { registries } => travel::pushed(subject, registries),
            Check::RegistryTags { tags } => travel::tagged(subject, tags),
            Check::RegistryPlatforms { platforms } => offers::platforms(subject, platforms),
            Check::RegistrySbom { format } => sbom::sbom(subject, *format),
            Check::MachineDifferent => {
                let options = self.runs.as_ref().ok().map(|runs| runs.options);
                let told = options.and_then(|options| options.start.told(&options.env, self.redactor));
                travel::on_another_machine(subject, decided, told.as_ref())
            }
            // Its steps start containers of their own, and the main one may have a right not to run.
            Check::Scenario(scenario) => match &self.runs {
                Ok(runs) => within_bounds(runs, || {
                    let finding = runs.scenario(scenario, &|down| self.teller.told(down, check, id));
                    let finding = unless_lacking(runs, check, finding);
                    match runs.main() {
                        Ok(main) => runs.unless_foreign_form(main, check, finding),
                        Err(_) => finding,
                    }
                }),
                Err(down) => self.teller.told(down, check, id),
            },
        }
    }

    /// What the main container and others like it show; where it does not run or cannot be reached, what that means for the promise.
    fn run<'s>(&'s self, check: &Check, id: &str, decide: impl FnOnce(&'s Runs<'a>, &'s Main) -> Finding) -> Finding {
        match self.runs.as_ref().map_err(|down| *down).and_then(|runs| runs.main().map(|main| (runs, main))) {
            Err(down) => self.teller.told(down, check, id),
            Ok((_, Main { up: Up { silent: Some(down), .. }, .. })) if needs_reach(check) => {
                self.teller.told(down, check, id)
            }
            Ok((runs, main)) => within_bounds(runs, || {
                let finding = runs.with_log(main, check.about(), || decide(runs, main));
                let finding = runs.unless_foreign_form(main, check, finding);
                let finding = unless_lacking(runs, check, finding);
                if finding.verdict != Verdict::Pass {
                    // It may have been stopped before this check, and have been asked nothing but requests in it.
                    let _ = main.up.container.status();
                    if let Some(why) = main.bounds.reached(runs.options.disk_bytes) {
                        return Finding::unproven(why);
                    }
                }
                finding
            }),
        }
    }

    /// What the main container shows of the image's own user: nothing where it was given another one.
    fn as_own_user<'s>(
        &'s self,
        check: &Check,
        id: &str,
        decide: impl FnOnce(&'s Runs<'a>, &'s Main) -> Finding,
    ) -> Finding {
        let given = self.runs.as_ref().ok().and_then(|runs| runs.options.start.user.as_ref());
        match given {
            Some(user) => Finding::unproven(format!(
                "containers ran as `{user}` because of `--user`: run this without it to see the image's own user"
            )),
            None => self.run(check, id, decide),
        }
    }

    /// Warns where a mounted file hid one of the image's while containers ran.
    fn with_hidden_files(&self, criterion: &Criterion, finding: Finding) -> Finding {
        let Ok(runs) = &self.runs else { return finding };
        if criterion.stage() != Some(Stage::Run) {
            return finding;
        }
        let hidden = runs.options.start.mounts.iter().filter(|mount| self.facts.has(&mount.path));
        hidden.fold(finding, |finding, mount| finding.warn(format!("a mounted file hid the image's `{}`", mount.path)))
    }

    /// Why the server is not there that a promise speaks of.
    fn lacking(&self, name: &str, variable: &str) -> Option<String> {
        let runs = self.runs.as_ref().ok()?;
        match runs.dependencies.called(name, variable) {
            None => {
                let given = if variable.is_empty() { String::new() } else { format!(" for the one in {variable}") };
                Some(format!(
                    "no {name} is at hand to stand in{given}: nothing was seen; a line `{name}` under *Dependencies* brings one"
                ))
            }
            Some(Provided { state: State::Missing(why), .. }) => Some(why.clone()),
            Some(_) => None,
        }
    }

    /// Who may write where shows nothing where an engine gives every file to the container's user.
    fn of_owners(&self, finding: Finding) -> Finding {
        if self.runs.as_ref().is_ok_and(|runs| runs.prepared.owners_are_kept()) {
            return finding;
        }
        match (&self.runs, image::file_of_another(self.facts)) {
            (Ok(runs), Some((path, owner))) => Finding::unproven(format!(
                "`{path}` belongs to uid {owner} in the image, and to the container's user here: without root, the engine {} gives that user \
                 every file; run this as root, or with `--engine docker`",
                runs.engine
            )),
            _ => finding,
        }
    }
}

/// What a promise about running shows: no fault, where something is not there that the service may need. A secret in the logs is one all the
/// same.
fn unless_lacking(runs: &Runs<'_>, check: &Check, finding: Finding) -> Finding {
    if finding.verdict != Verdict::Fail || matches!(check, Check::LogsSecrets) {
        return finding;
    }
    match runs.dependencies.missing(&runs.redactor).or_else(|| runs.database.lacking(&runs.redactor)) {
        Some(why) => Finding::unproven(format!("{why}; without it: {}", finding.evidence)),
        None => finding,
    }
}

/// What a check shows: nothing, where one of its containers was stopped at a bound of the run.
fn within_bounds(runs: &Runs<'_>, decide: impl FnOnce() -> Finding) -> Finding {
    runs.bounds.begin();
    let finding = decide();
    runs.bounds.reached(runs.options.disk_bytes).map_or(finding, Finding::unproven)
}

/// A criterion as the specification has it, before anything was found.
fn undecided(criterion: &Criterion) -> report::Criterion {
    let first = criterion.checks().first();
    report::Criterion {
        id: criterion.id.clone(),
        section: criterion.section.as_str().to_owned(),
        text: criterion.text.clone(),
        bound: criterion.bound.clone(),
        line: criterion.line,
        stage: criterion.stage().unwrap_or(Stage::Run).as_str().to_owned(),
        check: first.map(|check| check.name().to_owned()),
        parameters: first.map(Check::parameters).unwrap_or_default(),
        verdict: Verdict::Unproven,
        evidence: String::new(),
        next: None,
        suggestion: None,
        caused_by: None,
        warnings: Vec::new(),
        findings: Vec::new(),
        vouched: None,
        took_ms: 0,
    }
}
