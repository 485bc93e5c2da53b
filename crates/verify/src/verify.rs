//! The order of work: the image's facts beside the making ready of a run, then every promise, then the report.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use seaworthy_engine::{Engine, Prepared, machine};
use seaworthy_image::{Digest, Image};
use seaworthy_report::{self as report, Report, SCHEMA, Size, Summary};
use seaworthy_spec::{Check, Spec, Stage};

use crate::database::{RunDatabase, Wanted};
use crate::dependencies::Dependencies;
use crate::image::{Facts, FactsError, Given};
use crate::judge::Evidence;
use crate::lanes::Place;
use crate::redact::Redactor;
use crate::run::{Access, Down, Inputs, Shared, Teller, mounted_secrets};
use crate::{Event, Options, Subject, beyond, port};

/// Where almost all engines' containers reach this machine: servers start there while the engine makes the image ready.
const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The name of the image that was verified last, in an engine's store: with the next run of it there is nothing to load.
const VERIFIED: &str = "verified";

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
    for (name, value) in options.env.iter().chain(&options.build_args) {
        redactor.add_value(name, value);
    }
    for (name, text) in options.start.secrets() {
        redactor.add_value(&name, &text);
        // What is called a secret is one, however short or plain.
        redactor.add_password(&text);
    }
    for text in mounted_secrets(spec, options.folder.as_deref()) {
        redactor.add_value("SECRET", &text);
    }
    let access = Access::of(spec, &options.env);
    access.secrets().iter().for_each(|secret| redactor.add_password(secret));

    let given_options = options.start.told(&options.env, &redactor);
    let needs_run = spec.checks().any(|check| check.stage() == Stage::Run);
    let engine = match engine {
        Ok(engine) if needs_run => Ok(engine),
        Ok(_) => Err("nothing has to be run".to_owned()),
        Err(why) => Err(redactor.redact(&why)),
    };
    let engine_name = engine.as_ref().map_or_else(|_| "none".to_owned(), |engine| engine.name());

    let wanted = Wanted::of(spec);
    watch(Event::Phase("reading the image"));
    // One reads while the other unpacks and starts what the run needs.
    let mut values = options.env.clone();
    values.extend(options.start.secrets().chain(options.build_args.iter().cloned()));
    let given = Given::with_files(&values, &options.start.secret_files());
    let (facts, ready) = std::thread::scope(|scope| {
        let facts = scope.spawn(|| Facts::looking_for(&given, subject.image));
        let ready = make_ready(&engine, (spec, subject), options, &wanted, &mut redactor, watch);
        (facts.join(), ready)
    });
    let facts = facts.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;

    let read = Instant::now();
    watch(Event::Phase(if ready.is_ok() { "running containers" } else { "deciding the promises" }));
    let teller = Teller::of(spec);
    let (ran, database_kind, criteria) = match ready {
        Ok(ready) => {
            let kind = ready.database.kind;
            let runs = Shared::new(Inputs {
                image: subject.image,
                prepared: ready.prepared.as_ref(),
                engine: engine_name.clone(),
                options,
                database: ready.database,
                dependencies: ready.dependencies,
                redactor,
                port: port::port(options, &subject.image.config, spec),
                health_path: health_path(spec),
                access,
                variables: spec.variables(),
                names_port: port::is_named(options, &subject.image.config, spec),
                promises_api: spec
                    .checks()
                    .any(|check| matches!(check, Check::ApiCrud { .. } | Check::DataPersists { .. })),
                promises_persistence: spec.checks().any(|check| matches!(check, Check::DataPersists { .. })),
                scenarios: spec.checks().filter_map(Check::scenario).collect(),
            })
            .map_err(VerifyError::Prober)?;
            let evidence =
                Evidence { subject, facts: &facts, runs: Ok(&runs), teller: &teller, redactor: &runs.redactor };
            let criteria = evidence.decide(spec, watch);
            let left = runs.lane(Place::Main).clean();
            if left > 0 {
                watch(Event::Notice(&format!("{left} rows could not be removed from the given database")));
            }
            (true, kind, criteria)
        }
        Err(down) => {
            let evidence = Evidence { subject, facts: &facts, runs: Err(&down), teller: &teller, redactor: &redactor };
            (false, report::Database::None, evidence.decide(spec, watch))
        }
    };
    let given_options = given_options.filter(|_| ran);

    Ok(Report {
        schema: SCHEMA.to_owned(),
        spec: report::Spec {
            path: spec_path.to_owned(),
            title: spec.title.clone(),
            digest: Digest::of(spec.source.as_bytes()).to_string(),
        },
        image: report::Image {
            reference: subject.reference.clone(),
            digest: subject.known().map(|image| image.digest().to_string()),
            config_digest: subject.image.config.digest().to_string(),
            platform: subject.image.config.platform(),
            size_bytes: Size { transfer: subject.known().map(Image::transfer_bytes), unpacked: facts.unpacked_bytes() },
        },
        machine: report::Machine {
            id: machine::id(),
            boot: machine::boot(),
            os: machine::os(),
            kernel: machine::kernel(),
            engine: if ran { engine_name } else { "none".to_owned() },
        },
        started_at,
        took_ms: milliseconds(options.since.elapsed()),
        parts_ms: Some(report::Parts {
            prepare: milliseconds(started.saturating_duration_since(options.since)),
            image: milliseconds(read.saturating_duration_since(started)),
            run: milliseconds(read.elapsed()),
        }),
        built: built(subject),
        pushed: None,
        database: database_kind,
        options: given_options,
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
    dependencies: Dependencies,
    prepared: Box<dyn Prepared>,
}

fn make_ready(
    engine: &Result<&dyn Engine, String>,
    (spec, subject): (&Spec, &Subject<'_>),
    options: &Options,
    wanted: &Wanted,
    redactor: &mut Redactor,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Ready, Down> {
    let engine = engine.as_ref().map_err(|why| Down::Missing(format!("nothing was run: {why}")))?;
    watch(Event::Begins("making the image ready to run"));
    let needs = wanted.needs(options);
    let (prepared, servers) = beside(|| engine.prepare_and_keep(subject.image, VERIFIED), || needs.start(GATEWAY));
    let prepared = prepared.map_err(|error| Down::of(&error, redactor))?;
    watch(Event::Begins("making the database ready"));
    let servers = match prepared.gateway() {
        GATEWAY => servers,
        other => {
            drop(servers);
            needs.start(other)
        }
    };
    let mut needed = Dependencies::wanted(spec);
    needed.extend(wanted.by_image(options, servers.stand_in.as_ref()));
    let taken = port::port(options, &subject.image.config, spec).ok();
    let mut dependencies = Dependencies::start(needed, *engine, options, taken, redactor, watch);
    let by_image = dependencies.take_database(wanted.variable());
    let database = RunDatabase::provide(wanted, options, prepared.as_ref(), servers, by_image, redactor);
    if database.is_given_server() {
        let variable = database.variable.as_deref().unwrap_or_default();
        watch(Event::Notice(&format!(
            "the database given in {variable} will be written to; the rows that are created are removed again"
        )));
    }
    Ok(Ready { database, dependencies, prepared })
}

/// Does one while another thread does the other.
fn beside<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn health_path(spec: &Spec) -> Option<String> {
    spec.checks().find_map(|check| match check {
        Check::HealthEndpoint { path } => Some(path.clone()),
        _ => None,
    })
}

/// RFC 3339, UTC, whole seconds.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
