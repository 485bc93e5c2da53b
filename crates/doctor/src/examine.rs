//! The order of work: facts, the first copy, what was seen, the rules, the diagnosis.

use std::io;
use std::time::{Duration, Instant};

use seaworthy_engine::{Engine, EngineError, Exit, HealthStatus, Inspected, Service};
use seaworthy_image::TreeError;

use crate::cause::{Cause, Diagnosis, SCHEMA, Verdict};
use crate::desk::{Desk, SETTLE};
use crate::facts::Facts;
use crate::rule::{Seen, database, exit, health, reach, stop};
use crate::subject::Subject;
use crate::trial::{Outcome, Patience, Trial, both, exit_told};
use crate::veil::Veil;
use crate::{copy, log, program};

/// How long a copy with a health check is followed until it listens.
const HEALTH_SETTLE: Duration = Duration::from_secs(9);
/// For the first copy: a server in the background may listen before the program that fails.
const STABLE: Duration = Duration::from_millis(1600);
/// For one that has a limit of memory to grow to.
const GROWTH_SETTLE: Duration = Duration::from_secs(6);
/// For one of which nobody says that it listens.
const WORKER_SETTLE: Duration = Duration::from_millis(2500);
/// How long a copy that works is watched before it is said to.
const WATCHED: Duration = Duration::from_secs(9);
/// Of the time, what the stop needs.
const FOR_STOP: Duration = Duration::from_millis(1600);
/// What ends a container that was asked to end.
const STOPPED: &[i32] = &[0, 130, 143];
/// SIGKILL's.
const KILLED: i32 = 137;

/// Why there is no diagnosis.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    #[error("cannot read the image's files")]
    Files(#[from] TreeError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot copy what is mounted into the container")]
    Mounts(#[source] io::Error),
}

/// Examines a subject. `engine` starts the copies; the time that there is runs from `since`; `on_step` hears what goes on.
///
/// # Errors
///
/// Fails if the image cannot be read, or the engine fails. Everything that a container does is a diagnosis.
pub fn examine(
    subject: &Subject<'_>,
    engine: &dyn Engine,
    since: Instant,
    on_step: &mut dyn FnMut(&str),
) -> Result<Diagnosis, DoctorError> {
    on_step("reading the image, and making a copy ready to run");
    let (facts, prepared) = std::thread::scope(|scope| {
        let facts = scope.spawn(|| Facts::of(subject));
        let prepared = engine.prepare(subject.image);
        (facts.join(), prepared)
    });
    let facts = facts.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let prepared = prepared?;
    let (mut base, _mounts, notes) = copy::base(subject, &facts).map_err(DoctorError::Mounts)?;
    base.services = real_services(subject, &facts);
    let mut desk = Desk::new(subject, facts, prepared, Veil::of(subject), base, since);
    for note in &notes {
        desk.note(note);
    }

    on_step("trying copies");
    let (causes, wrong) = judged(&mut desk)?;
    Ok(diagnosis(&desk, engine.name(), causes, wrong, since))
}

fn diagnosis(desk: &Desk<'_>, engine: String, causes: Vec<Cause>, wrong: Option<String>, since: Instant) -> Diagnosis {
    let veiled = |cause: Cause| Cause {
        cause: desk.veil.over(&cause.cause),
        evidence: cause.evidence.iter().map(|line| desk.veil.over(line)).collect(),
        next: desk.veil.over(&cause.next),
        ..cause
    };
    let verdict = match (causes.is_empty(), &wrong) {
        (false, _) => Verdict::CauseFound,
        (true, Some(_)) => Verdict::CauseUnknown,
        (true, None) => Verdict::NoFaultFound,
    };
    Diagnosis {
        schema: SCHEMA,
        subject: desk.subject.name.clone(),
        engine,
        verdict,
        wrong: wrong.filter(|_| causes.is_empty()).map(|wrong| desk.veil.over(&wrong)),
        causes: causes.into_iter().map(veiled).collect(),
        tried: desk.tried(),
        took_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// The servers that the variables name, where copies may reach them. The machine itself is nobody's server.
fn real_services(subject: &Subject<'_>, facts: &Facts) -> Vec<Service> {
    if !subject.settings.with_real_services {
        return Vec::new();
    }
    let services = seaworthy_verify::servers_of(&facts.env);
    services.into_iter().filter(|service| !crate::value::is_here(&service.name)).collect()
}

/// The causes, and what is wrong where none could be shown.
fn judged(desk: &mut Desk<'_>) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    let settle = settle(desk);
    let first = desk.run_for("a copy as it is", &desk.base, Patience { settle, health: settle, stable: STABLE })?;
    let seen = seen(desk.subject.container.as_ref(), &first);
    if let Some(container) = &desk.subject.container {
        desk.note(state(container));
    }
    if let Some(cause) = desk.subject.container.as_ref().filter(|container| container.is_paused).map(paused) {
        return Ok((vec![cause], None));
    }
    let (mut causes, wrong) = by_outcome(desk, &seen, first)?;
    if causes.is_empty()
        && let Some(container) = desk.subject.container.as_ref().filter(|container| is_untried(container))
    {
        causes.push(never_started(container));
    }
    Ok((causes, wrong))
}

fn by_outcome(desk: &mut Desk<'_>, seen: &Seen, mut first: Trial) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    if seen.outcome != Outcome::Runs
        && !desk.facts.words.first().is_some_and(|word| desk.is_mounted(word))
        && let Some(fault) = program::fault(&desk.facts)
    {
        return Ok((vec![fault.shown_by(ending(desk, seen))], None));
    }
    match seen.outcome.clone() {
        Outcome::Refused(reason) => Ok(refused(desk, &reason)),
        Outcome::Exited(exit) => ended(desk, seen, &mut first, exit),
        Outcome::Runs => running(desk, seen, first),
    }
}

/// Made, and not started by anybody.
fn is_untried(container: &Inspected) -> bool {
    container.never_started && container.error.is_empty()
}

fn never_started(container: &Inspected) -> Cause {
    let next = format!("`docker start {}`", container.name);
    Cause::new("never-started", "the container was made, and never started", next)
        .shown_by("the daemon's state of it is `created`")
        .confirmed()
}

fn paused(container: &Inspected) -> Cause {
    let next = format!("`docker unpause {}`", container.name);
    Cause::new("paused", "the container is paused: its processes get no time", next)
        .shown_by("the daemon's state of it is `paused`")
        .confirmed()
}

/// For a copy to listen: less where nobody waits for that.
fn settle(desk: &Desk<'_>) -> Duration {
    let is_published = desk.subject.container.as_ref().is_some_and(|container| !container.published.is_empty());
    if desk.facts.health_check.is_some() {
        HEALTH_SETTLE
    } else if is_published || !desk.facts.exposed.is_empty() {
        SETTLE
    } else if desk.base.memory_limit_bytes.is_some() && desk.subject.container.is_none() {
        GROWTH_SETTLE
    } else {
        WORKER_SETTLE
    }
}

/// What was seen of the subject: of the user's container, else of the first copy.
fn seen(container: Option<&Inspected>, first: &Trial) -> Seen {
    let Some(container) = container.filter(|container| !is_untried(container)) else {
        let ran = matches!(first.outcome, Outcome::Exited(_)).then_some(first.took);
        return Seen { outcome: first.outcome.clone(), text: first.text(), of_original: false, ran };
    };
    let exit = Exit { code: container.exit_code, out_of_memory: container.out_of_memory, out_of_disk: false };
    // Between two restarts it runs for a moment.
    let loops = container.is_running && container.restarts > 0 && matches!(first.outcome, Outcome::Exited(_));
    let outcome = if loops {
        first.outcome.clone()
    } else if container.is_running {
        Outcome::Runs
    } else if !container.error.is_empty() {
        Outcome::Refused(container.error.clone())
    } else {
        Outcome::Exited(exit)
    };
    Seen {
        outcome,
        text: both(&container.logs),
        of_original: true,
        ran: container.ran.filter(|_| !container.is_running),
    }
}

/// In a few words.
fn state(container: &Inspected) -> String {
    let state = if is_untried(container) {
        "never started".to_owned()
    } else if container.is_paused {
        "paused".to_owned()
    } else if container.is_restarting {
        "restarting".to_owned()
    } else if container.is_running {
        "running".to_owned()
    } else {
        let exit = Exit { code: container.exit_code, out_of_memory: container.out_of_memory, out_of_disk: false };
        exit_told(exit, container.ran)
    };
    let restarts =
        if container.restarts > 0 { format!(", restarted {} times", container.restarts) } else { String::new() };
    format!("the container {}: {state}{restarts}", container.name)
}

/// `exit 127 after 0.1 s`, with its last line.
fn ending(desk: &Desk<'_>, seen: &Seen) -> String {
    match &seen.outcome {
        Outcome::Refused(reason) => desk.quote(reason),
        Outcome::Exited(exit) => {
            let last = seen.text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let last = if last.is_empty() { String::new() } else { format!("; last line: {}", desk.quote(last)) };
            format!("{}{last}", exit_told(*exit, seen.ran))
        }
        Outcome::Runs => String::new(),
    }
}

/// The engine cannot start what is named, for another reason than the program.
fn refused(desk: &Desk<'_>, reason: &str) -> (Vec<Cause>, Option<String>) {
    let told = desk.quote(reason);
    let lower = reason.to_lowercase();
    let cause = if lower.contains("port is already allocated") || lower.contains("address already in use") {
        let port: String = reason
            .rsplit(':')
            .find_map(|part| {
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                (digits.len() >= 2).then_some(digits)
            })
            .unwrap_or_default();
        Cause::new(
            "port-in-use",
            format!("port {port} of this machine, on which the container is published, is taken already"),
            format!("end what listens there (`ss -ltnp 'sport = :{port}'` names it), or publish another port"),
        )
    } else if lower.contains("/etc/passwd") || lower.contains("/etc/group") || lower.contains("unable to find user") {
        Cause::new(
            "unknown-user",
            format!("the image's user `{}` is not in its /etc/passwd or /etc/group", desk.facts.user),
            "make the user in the Dockerfile (`RUN useradd …`), or name a number: `USER 1000`",
        )
    } else if lower.contains("working directory") || lower.contains("chdir") {
        Cause::new(
            "bad-working-directory",
            format!("the working directory {} cannot be entered", desk.facts.working_dir),
            "correct `WORKDIR`, or the folder's owner and mode",
        )
    } else {
        return (Vec::new(), Some(format!("the container does not start: {told}")));
    };
    (vec![cause.shown_by(told).confirmed()], None)
}

fn ended(
    desk: &mut Desk<'_>,
    seen: &Seen,
    first: &mut Trial,
    exit: Exit,
) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    let was_stopped = seen.of_original && first.outcome == Outcome::Runs && !exit.out_of_memory;
    if was_stopped && (STOPPED.contains(&exit.code) || exit.code == KILLED) {
        let causes = stop::causes(desk, first)?;
        let wrong =
            (exit.code == KILLED).then(|| "the container was killed (exit 137), and a copy stops in time".to_owned());
        return Ok((causes, wrong));
    }
    if exit.code == 0 {
        return ended_well(desk, seen, first);
    }
    let mut causes = exit::causes(desk, seen, first)?;
    let told = ending(desk, seen);
    for cause in &mut causes {
        cause.evidence.insert(0, told.clone());
    }
    if let Some(cause) = looping(desk, seen, first) {
        causes.push(cause.shown_by(told.clone()));
    }
    let wrong = Some(told);
    // In a sandbox, a server that cannot be reached is no fault of the image's.
    if causes.is_empty()
        && !seen.of_original
        && desk.has_time()
        && let Some(trial) = with_stand_ins(desk)?
    {
        return running_copy(desk, seen, trial);
    }
    Ok((causes, wrong))
}

/// A container that fails again and again: where nothing else is found, that is told with the program's last words.
fn looping(desk: &Desk<'_>, seen: &Seen, first: &Trial) -> Option<Cause> {
    let container = desk.subject.container.as_ref().filter(|container| container.restarts > 0)?;
    let Outcome::Exited(exit) = seen.outcome else { return None };
    let last = seen.text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let words = if last.is_empty() { String::new() } else { format!(" ({})", desk.quote(last)) };
    let place = log::place_before(&seen.text, seen.text.len());
    let place = place.map(|(path, line)| format!(" at {path} line {line}")).unwrap_or_default();
    let cause = format!(
        "the program ends with exit {}{place}{words}, and the restart policy `{}` starts it again: {} times so far",
        exit.code, container.restart_policy, container.restarts
    );
    let next = format!("mend what its last lines tell: `docker logs --tail 20 {}`", desk.subject.name);
    let cause = Cause::new("restart-loop", cause, next).shown_by(format!("a copy: {}", first.told()));
    Some(if matches!(first.outcome, Outcome::Exited(_)) { cause.confirmed() } else { cause })
}

/// Exit 0: a job that is done, or a server that went to the background.
fn ended_well(desk: &Desk<'_>, seen: &Seen, first: &Trial) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    let container = desk.subject.container.as_ref();
    let loops = container.is_some_and(|container| container.restarts > 0 || container.is_restarting);
    let program = desk.quote(&desk.facts.words.join(" "));
    let told = ending(desk, seen);
    let copy = format!("a copy: {}", first.told());
    if loops || serves(desk) {
        // A start script may hide the exit code of the program that it runs.
        let found = exit::causes(desk, seen, first)?;
        if !found.is_empty() {
            return Ok((found.into_iter().map(|cause| cause.shown_by(&*told)).collect(), None));
        }
    }
    if loops {
        let (policy, times) =
            container.map(|container| (container.restart_policy.clone(), container.restarts)).unwrap_or_default();
        let cause = format!(
            "`{program}` ends without error, and the restart policy `{policy}` starts it again: {times} times so far"
        );
        let next = "keep the program in the foreground; for a job that is to end, `--restart on-failure`";
        return Ok((vec![Cause::new("restart-loop", cause, next).shown_by(told).shown_by(copy).confirmed()], None));
    }
    if serves(desk) {
        let cause = format!(
            "the first process, `{program}`, ends without error at once, as one does that goes to the background"
        );
        let next = "keep the server in the foreground (`nginx -g 'daemon off;'`, no `--daemon`, no `&`)";
        return Ok((
            vec![Cause::new("main-process-ends", cause, next).shown_by(told).shown_by(copy).confirmed()],
            None,
        ));
    }
    let wrong =
        log::has_unhandled(&seen.text).then(|| format!("the first process hides an error of its program: {told}"));
    Ok((Vec::new(), wrong))
}

/// A subject that runs: who reaches it, its health, what it waits for, how it stops.
fn running(desk: &mut Desk<'_>, seen: &Seen, first: Trial) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    let container = desk.subject.container.as_ref();
    let of_container = container.map(|container| container.listening.clone()).unwrap_or_default();
    let causes = reach::inside_only(desk, &of_container);
    if !causes.is_empty() {
        return Ok((causes, None));
    }
    let is_ill = container
        .and_then(|container| container.health.as_ref())
        .is_some_and(|health| health.status == HealthStatus::Unhealthy);
    let listens = if seen.of_original { !of_container.is_empty() } else { !first.listening.is_empty() };
    let serves = serves(desk);
    let mut found = Vec::new();
    if serves && !listens {
        found = exit::causes(desk, seen, &first)?;
        if found.iter().any(|cause| cause.confirmed) {
            return Ok((found, None));
        }
    }
    let is_well = first.outcome == Outcome::Runs && (!serves || (!first.listening.is_empty() && first.is_healthy()));
    let real = desk.subject.settings.with_real_services;
    let trial = if is_well || real { first } else { with_stand_ins(desk)?.unwrap_or(first) };
    if trial.outcome != Outcome::Runs {
        desk.note("no copy runs without what the container reaches: health and stop were not tried");
        let wrong = is_ill.then(|| "the container is unhealthy".to_owned());
        return Ok((found, wrong));
    }
    let (mut causes, wrong) = running_copy(desk, seen, trial)?;
    causes.extend(found);
    causes.sort_by_key(|cause| !cause.confirmed);
    // A container that listens and is not ill is well, whatever a copy does.
    let wrong = wrong.filter(|_| !seen.of_original || is_ill || !listens);
    Ok((causes, wrong.or_else(|| is_ill.then(|| "the container is unhealthy, and a copy is not".to_owned()))))
}

/// Whether somebody expects it to listen.
fn serves(desk: &Desk<'_>) -> bool {
    let is_published = desk.subject.container.as_ref().is_some_and(|container| !container.published.is_empty());
    is_published || !desk.facts.exposed.is_empty() || desk.facts.health_check.is_some()
}

/// A copy that runs.
fn running_copy(
    desk: &mut Desk<'_>,
    seen: &Seen,
    mut trial: Trial,
) -> Result<(Vec<Cause>, Option<String>), EngineError> {
    let mut found = reach::inside_only(desk, &trial.listening);
    found.extend(reach::without_network(desk, &trial.listening));
    // What the container's own check has found counts for more than a copy's.
    let container = desk.subject.container.as_ref();
    let own = container.and_then(|container| container.health.as_ref()).map(|health| health.status);
    if found.is_empty() && own != Some(HealthStatus::Healthy) {
        found = health::causes(desk, &trial)?;
    }
    let is_healthy = own == Some(HealthStatus::Healthy) || (found.is_empty() && trial.turns_healthy()?);
    // A health check that fails with the service's own error has its reason in the log.
    if found.iter().all(health::has_reasons) && !is_healthy {
        let more = exit::causes(desk, seen, &trial)?;
        found.splice(0..0, more.into_iter().filter(|cause| cause.confirmed));
    }
    if found.is_empty() {
        let of_container = desk.subject.container.as_ref().map(|container| container.listening.clone());
        found = reach::differs(
            desk,
            &of_container.filter(|all| !all.is_empty()).unwrap_or_else(|| trial.listening.clone()),
        );
    }
    let told = trial.told();
    let last = log::last_line(&trial.logs);
    let is_silent = !desk.facts.exposed.is_empty() && trial.listening.is_empty();
    if found.is_empty()
        && is_healthy
        && !seen.of_original
        && let Some(exit) = watched(desk, &mut trial)?
    {
        let seen =
            Seen { outcome: trial.outcome.clone(), text: trial.text(), of_original: false, ran: Some(trial.took) };
        return ended(desk, &seen, &mut trial, exit);
    }
    // Without it, a subject is not well: the stop is tried however little time is left.
    if found.is_empty() && is_healthy {
        found = stop::causes(desk, &mut trial)?;
    }
    let wrong = if !is_healthy {
        Some(format!("the health check does not turn healthy: {told}"))
    } else if is_silent {
        Some(format!("a copy {told}; last line: {}", desk.quote(&last)))
    } else {
        None
    };
    Ok((found, wrong))
}

/// Whether a copy that works ends after all: some faults show late.
fn watched(desk: &Desk<'_>, trial: &mut Trial) -> Result<Option<Exit>, EngineError> {
    let Some(container) = &trial.container else { return Ok(None) };
    let rest = WATCHED.saturating_sub(container.started_at().elapsed()).min(desk.left().saturating_sub(FOR_STOP));
    let Some(exit) = container.wait(rest)? else { return Ok(None) };
    (trial.took, trial.logs) = (container.started_at().elapsed(), container.logs()?);
    trial.outcome = Outcome::Exited(exit);
    trial.container = None;
    desk.note(format!("the copy, watched on: {}", trial.told()));
    Ok(Some(exit))
}

/// A copy with a throwaway PostgreSQL in every variable that names one, where it runs; experiments begin there from now on.
fn with_stand_ins(desk: &mut Desk<'_>) -> Result<Option<Trial>, EngineError> {
    let Some((names, run)) = database::stood_in(desk) else { return Ok(None) };
    let settle = settle(desk);
    let what = format!("a copy with a throwaway PostgreSQL in {}", names.join(", "));
    let trial = desk.run_for(&what, &run, Patience { settle, health: settle, stable: STABLE })?;
    if trial.outcome != Outcome::Runs {
        return Ok(None);
    }
    desk.base = run;
    Ok(Some(trial))
}
