//! The order of work: the image's facts beside the making ready of a run, then every promise, then the report.

use std::io;
use std::time::{Duration, Instant};

use seaworthy_engine::{Engine, EngineError, Prepared, machine};
use seaworthy_image::Digest;
use seaworthy_report::{self as report, Report, SCHEMA, Size, Summary, Verdict};
use seaworthy_spec::{Check, Criterion, Promise, Spec, Stage};

use crate::database::{RunDatabase, Wanted};
use crate::image::{self, Facts, FactsError};
use crate::redact::Redactor;
use crate::run::Runs;
use crate::{Event, Finding, Options, Subject, beyond, port, travel};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A layer cannot be read, or the image is not what it says.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// The system refuses what the prober needs.
    #[error("cannot make ready to ask containers")]
    Prober(#[source] io::Error),
}

/// Holds an image against a specification, promise by promise.
///
/// `spec_path` is what the report calls the specification. `engine` runs the containers; `Err` says why nothing can be run, and every
/// promise that needs a run is then unproven.
///
/// # Errors
///
/// Fails if the image cannot be read whole, or the system has no room for the prober. Everything that a container does is a verdict.
pub fn verify(
    spec: &Spec,
    spec_path: &str,
    subject: &Subject<'_>,
    engine: Result<&dyn Engine, String>,
    options: &Options,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Report, VerifyError> {
    let started = Instant::now();
    let started_at = now();
    let mut redactor = Redactor::default();
    for (name, value) in &options.env {
        redactor.add_value(name, value);
    }

    let needs_run = checks(spec).any(|check| check.stage() == Stage::Run);
    let engine = match engine {
        Ok(engine) if needs_run => Ok(engine),
        Ok(_) => Err("nothing has to be run".to_owned()),
        Err(why) => Err(redactor.redact(&why)),
    };
    let engine_name = engine.as_ref().map_or_else(|_| "none".to_owned(), |engine| engine.name());

    let wanted = Wanted::of(spec);
    watch(Event::Begins("reading the image"));
    // One reads while the other unpacks and starts what the run needs.
    let (facts, ready) = std::thread::scope(|scope| {
        let facts = scope.spawn(|| Facts::of(subject.image));
        let ready = make_ready(&engine, &engine_name, subject, options, &wanted, &mut redactor, watch);
        (facts.join(), ready)
    });
    let facts = facts.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;

    let teller = teller(spec);
    let (ran, database_kind, criteria) = match ready {
        Ok(ready) => {
            let kind = ready.database.kind;
            let runs = Runs::new(
                subject.image,
                ready.prepared.as_ref(),
                engine_name.clone(),
                options,
                ready.database,
                redactor,
                port::port(options, &subject.image.config, spec),
                health_path(spec),
                teller,
            )
            .map_err(VerifyError::Prober)?;
            let judge = Judge { subject, facts: &facts, runs: Ok(&runs) };
            let criteria = judge.all(spec, &runs.redactor, watch);
            let left = runs.clean();
            if left > 0 {
                watch(Event::Notice(&format!("{left} rows could not be removed from the given database")));
            }
            (true, kind, criteria)
        }
        Err(unready) => {
            let judge = Judge { subject, facts: &facts, runs: Err(NoRuns { unready, teller }) };
            (false, report::Database::None, judge.all(spec, &redactor, watch))
        }
    };

    Ok(Report {
        schema: SCHEMA.to_owned(),
        spec: report::Spec {
            path: spec_path.to_owned(),
            title: spec.title.clone(),
            digest: Digest::of(spec.source.as_bytes()).to_string(),
        },
        image: report::Image {
            reference: subject.reference.clone(),
            digest: subject.image.digest().to_string(),
            config_digest: subject.image.config.digest().to_string(),
            platform: subject.image.config.platform(),
            size_bytes: Size { transfer: facts.transfer_bytes(), unpacked: facts.unpacked_bytes() },
        },
        machine: report::Machine {
            id: machine::id(),
            boot: machine::boot(),
            os: machine::os(),
            kernel: machine::kernel(),
            engine: if ran { engine_name } else { "none".to_owned() },
        },
        started_at,
        took_ms: milliseconds(started.elapsed()),
        built: built(subject),
        pushed: None,
        database: database_kind,
        summary: Summary::of(&criteria),
        criteria,
    })
}

/// Where the image was built, as the record here says, else as the proof that came with it.
fn built(subject: &Subject<'_>) -> Option<report::Built> {
    let here = beyond::record(subject).map(|record| report::Built {
        machine: record.machine.clone(),
        boot: record.boot.clone(),
        revision: record.revision.clone(),
        toolchain: record.toolchain.clone(),
        at: record.at.clone(),
    });
    here.or_else(|| subject.travel.built.as_ref().map(|told| told.built.clone()))
}

/// What a run needs before its first container starts. Fields are dropped in this order.
struct Ready {
    database: RunDatabase,
    prepared: Box<dyn Prepared>,
}

/// Why nothing is run.
enum Unready {
    /// There is no engine, or it failed.
    NoEngine(String),
    /// The image is one that no container can be made of.
    Image(String),
}

struct NoRuns {
    unready: Unready,
    teller: Option<String>,
}

fn make_ready(
    engine: &Result<&dyn Engine, String>,
    name: &str,
    subject: &Subject<'_>,
    options: &Options,
    wanted: &Wanted,
    redactor: &mut Redactor,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Ready, Unready> {
    let engine = engine.as_ref().map_err(|why| Unready::NoEngine(format!("nothing was run: {why}")))?;
    watch(Event::Begins("making the image ready to run"));
    let prepared = engine.prepare(subject.image).map_err(|error| {
        let told = redactor.quote(&error.to_string());
        match error {
            EngineError::Prepare { .. } | EngineError::Start { .. } => Unready::Image(told),
            EngineError::Unavailable { .. } | EngineError::Failed { .. } => Unready::NoEngine(told),
        }
    })?;
    let forwards = name.starts_with("embedded");
    watch(Event::Begins("making the database ready"));
    let database = RunDatabase::provide(wanted, options, prepared.gateway(), forwards, redactor);
    if database.is_given_server() {
        let variable = database.variable.as_deref().unwrap_or_default();
        watch(Event::Notice(&format!(
            "the database given in {variable} will be written to; the rows that are created are removed again"
        )));
    }
    Ok(Ready { database, prepared })
}

/// Decides promises.
struct Judge<'a, 'r> {
    subject: &'a Subject<'a>,
    facts: &'a Facts,
    runs: Result<&'a Runs<'r>, NoRuns>,
}

impl Judge<'_, '_> {
    /// Every promise, in the order of the specification.
    fn all(&self, spec: &Spec, redactor: &Redactor, watch: &mut dyn FnMut(Event<'_>)) -> Vec<report::Criterion> {
        let mut decided: Vec<report::Criterion> = Vec::with_capacity(spec.criteria.len());
        for when in [When::AtOnce, When::Late, When::Last] {
            for criterion in spec.criteria.iter().filter(|criterion| When::of(criterion) == when) {
                let found = self.criterion(criterion, &decided, redactor, watch);
                watch(Event::Decided(&found));
                decided.push(found);
            }
        }
        let place = |id: &str| spec.criteria.iter().position(|criterion| criterion.id == id);
        decided.sort_by_key(|criterion| place(&criterion.id));
        decided
    }

    fn criterion(
        &self,
        criterion: &Criterion,
        decided: &[report::Criterion],
        redactor: &Redactor,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> report::Criterion {
        let started = Instant::now();
        if let Ok(runs) = &self.runs {
            runs.current.replace(criterion.id.clone());
        }
        watch(Event::Begins(&criterion.text));
        let (finding, suggestion) = match &criterion.promise {
            Promise::Understood(checks) => {
                let finding = checks.iter().map(|check| self.check(check, &criterion.id, decided)).reduce(Finding::and);
                (finding.unwrap_or_else(|| Finding::unproven("not understood")), None)
            }
            Promise::NotUnderstood { rest, suggestion } => {
                let what =
                    rest.as_ref().map_or_else(|| "no check knows this sentence".to_owned(), |rest| format!("`{rest}`"));
                (Finding::unproven(format!("not understood: {what}")), suggestion.clone())
            }
        };
        let first = criterion.checks().first();
        report::Criterion {
            id: criterion.id.clone(),
            section: criterion.section.as_str().to_owned(),
            text: criterion.text.clone(),
            line: criterion.line,
            stage: criterion.stage().unwrap_or(Stage::Run).as_str().to_owned(),
            check: first.map(|check| check.name().to_owned()),
            parameters: first.map(Check::parameters).unwrap_or_default(),
            verdict: finding.verdict,
            evidence: redactor.redact(&finding.evidence),
            next: finding.next,
            suggestion,
            caused_by: finding.caused_by,
            warnings: finding.warnings.iter().map(|warning| redactor.redact(warning)).collect(),
            took_ms: milliseconds(started.elapsed()),
        }
    }

    fn check(&self, check: &Check, id: &str, decided: &[report::Criterion]) -> Finding {
        if let Some(finding) = travel::decide(check, self.subject, decided) {
            return finding;
        }
        let facts = self.facts;
        match check {
            Check::BuildSucceeds => beyond::builds(self.subject),
            Check::BuildReproducible => beyond::reproducible(self.subject),
            Check::BuildMultiStage => beyond::multi_stage(self.subject),
            Check::ImageSize { limit_bytes, measure } => image::size(facts, *limit_bytes, *measure),
            Check::ImageSecrets => image::secrets(facts),
            Check::ImageBase { bases } => image::base(facts, bases, self.subject.record, &[]),
            Check::ImageSlim { without } => image::slim(facts, without),
            Check::ImageSetuid => image::setuid(facts),
            Check::ImageFile { path, expectation } => image::file(facts, path, expectation),
            Check::ImageLabels { names } => image::labels(facts, names),
            Check::ImagePort { port } => image::port(facts, *port),
            Check::ImageLayers { most } => image::layers(facts, *most),
            Check::ImagePlatform => image::platform(facts),
            Check::HealthDeclared => image::declared(facts),
            Check::EnvRuntime { variable } => {
                let image = image::runtime(facts, variable);
                if image.verdict == Verdict::Fail { image } else { image.and(self.run(check, id)) }
            }
            Check::UserNonRoot => image::non_root(facts).and(self.run(check, id)),
            Check::UserIs { user } => image::is(facts, user).and(self.run(check, id)),
            Check::HealthHealthy { .. }
            | Check::HealthEndpoint { .. }
            | Check::ApiCrud
            | Check::DatabaseConnects { .. }
            | Check::DataPersists { .. }
            | Check::DatabaseRotates { .. }
            | Check::EnvConfigurable { .. }
            | Check::EnvRequired { .. }
            | Check::StartWithin { .. }
            | Check::StopGraceful { .. }
            | Check::MemoryUnder { .. }
            | Check::RootfsReadOnly { .. }
            | Check::CapabilitiesNone
            | Check::LogsStdout { .. }
            | Check::LogsSecrets
            | Check::NetworkOnly { .. }
            | Check::RegistryPushed { .. }
            | Check::RegistryTags { .. }
            | Check::MachineDifferent
            | Check::Scenario(_) => self.run(check, id),
        }
    }

    /// The part of a check that containers decide.
    fn run(&self, check: &Check, id: &str) -> Finding {
        let runs = match &self.runs {
            Ok(runs) => runs,
            Err(none) => return none.finding(check, id),
        };
        match check {
            Check::EnvRuntime { variable } => runs.decided_at_run_time(variable),
            Check::HealthHealthy { within } => runs.health_healthy(*within),
            Check::HealthEndpoint { path } => runs.health_endpoint(path),
            Check::UserNonRoot => runs.non_root(),
            Check::UserIs { user } => match user.parse().ok().or_else(|| image::uid(self.facts)) {
                Some(uid) => runs.runs_as(uid),
                None => Finding::unproven(format!("`{user}` has no number in the image")),
            },
            Check::ApiCrud => runs.crud(),
            Check::DatabaseConnects { name, variable } => {
                let image = self.subject.argument.as_ref().map(|image| format!("{image} ")).unwrap_or_default();
                let next = beyond::command(self.subject, &format!("verify {image}--env {variable}"));
                runs.connects(name, variable, &next)
            }
            Check::DataPersists { things } => runs.persists(things),
            Check::DatabaseRotates { variable } => runs.rotates(variable),
            Check::EnvConfigurable { variable, default } => runs.configurable(variable, default.as_deref()),
            Check::EnvRequired { variable } => runs.required(variable),
            Check::StartWithin { within } => runs.starts_within(*within),
            Check::StopGraceful { within } => runs.stops_within(*within),
            Check::MemoryUnder { limit_bytes } => runs.memory_under(*limit_bytes),
            Check::RootfsReadOnly { writable } => runs.read_only(writable),
            Check::CapabilitiesNone => runs.without_capabilities(),
            Check::LogsStdout { json } => runs.logs_to_stdout(*json),
            Check::LogsSecrets => runs.no_secret_in_logs(),
            Check::NetworkOnly { allowed } => runs.talks_only_to(allowed),
            Check::Scenario(scenario) => runs.scenario(scenario),
            _ => Finding::unproven("no container shows this"),
        }
    }
}

impl NoRuns {
    fn finding(&self, check: &Check, id: &str) -> Finding {
        let verdict = if is_about_answering(check) { Finding::fail } else { Finding::unproven };
        match (&self.unready, &self.teller) {
            (Unready::NoEngine(why), _) => Finding::unproven(why),
            (Unready::Image(_), Some(teller)) if teller != id => {
                Finding { caused_by: Some(teller.clone()), ..verdict("the container does not run".to_owned()) }
            }
            (Unready::Image(cause), _) => verdict(cause.clone()),
        }
    }
}

fn checks(spec: &Spec) -> impl Iterator<Item = &Check> {
    spec.criteria.iter().flat_map(Criterion::checks)
}

fn health_path(spec: &Spec) -> Option<String> {
    checks(spec).find_map(|check| match check {
        Check::HealthEndpoint { path } => Some(path.clone()),
        _ => None,
    })
}

/// Whether a container that does not run contradicts it.
fn is_about_answering(check: &Check) -> bool {
    matches!(
        check,
        Check::StartWithin { .. }
            | Check::HealthEndpoint { .. }
            | Check::HealthHealthy { .. }
            | Check::ApiCrud
            | Check::DatabaseConnects { .. }
            | Check::DataPersists { .. }
            | Check::DatabaseRotates { .. }
            | Check::EnvConfigurable { .. }
            | Check::Scenario(_)
    )
}

/// When a promise is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    AtOnce,
    /// It is about everything that the main container did.
    Late,
    /// It is also about what was decided before.
    Last,
}

impl When {
    fn of(criterion: &Criterion) -> Self {
        let any = |wanted: fn(&Check) -> bool| criterion.checks().iter().any(wanted);
        if any(travel::is_about_travel) {
            Self::Last
        } else if any(is_late) {
            Self::Late
        } else {
            Self::AtOnce
        }
    }
}

/// Whether it is about everything that the main container did.
fn is_late(check: &Check) -> bool {
    matches!(
        check,
        Check::LogsStdout { .. }
            | Check::LogsSecrets
            | Check::NetworkOnly { .. }
            | Check::UserNonRoot
            | Check::UserIs { .. }
    )
}

/// The criterion that tells why the container does not run, should it not.
fn teller(spec: &Spec) -> Option<String> {
    let first = |wanted: fn(&Check) -> bool| spec.criteria.iter().find(|c| c.checks().iter().any(wanted));
    first(|check| is_about_answering(check) && !matches!(check, Check::Scenario(_)))
        .or_else(|| first(|check| check.stage() == Stage::Run))
        .map(|criterion| criterion.id.clone())
}

/// RFC 3339, UTC, whole seconds.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
