//! Promises that the project's Dockerfile breaks.

use seaworthy_init::{Found, Recipe};
use seaworthy_spec::{Check, Criterion, StopSignal};

use super::Subject;
use super::image::are_compatible;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&PORT, &USER, &BASE, &HEALTH, &VOLUME, &SIGNAL, &STAGES, &VARIABLE, &PATH];

static PORT: Rule = Rule {
    id: "dockerfile-port",
    severity: Severity::Error,
    title: "The Dockerfile exposes another port than the specification promises",
    why: "`docker run -P`, Compose and many clusters route to the port that the image exposes: there nobody answers.",
    bad: "- [ ] Image exposes port 8000        # and in the Dockerfile: EXPOSE 3000",
    good: "- [ ] Image exposes port 3000",
};
static USER: Rule = Rule {
    id: "dockerfile-user",
    severity: Severity::Error,
    title: "The Dockerfile names another user than the specification promises",
    why: "The promise is broken as soon as the image is built.",
    bad: "- [ ] Container runs as non-root user        # and in the Dockerfile: USER root",
    good: "- [ ] Container runs as non-root user        # and in the Dockerfile: USER 10001:10001",
};
static BASE: Rule = Rule {
    id: "dockerfile-base",
    severity: Severity::Error,
    title: "The Dockerfile begins with another base than the specification promises",
    why: "The promise is broken as soon as the image is built, or the specification was not changed with the Dockerfile.",
    bad: "- [ ] Base image: python:3.12-alpine        # and in the Dockerfile: FROM python:3.12-slim",
    good: "- [ ] Base image: python:3.12-slim",
};
static HEALTH: Rule = Rule {
    id: "dockerfile-health",
    severity: Severity::Warning,
    title: "A health check is promised, and the Dockerfile declares none",
    why: "Unless the base image declares one, the engine reports no health, and what waits for a healthy container waits for ever.",
    bad: "- [ ] Health check is declared        # and no HEALTHCHECK in the Dockerfile",
    good: "- [ ] Health check is declared        # and in the Dockerfile: HEALTHCHECK CMD [\"/app\", \"healthcheck\"]",
};
static VOLUME: Rule = Rule {
    id: "dockerfile-volume",
    severity: Severity::Warning,
    title: "A volume is promised, and the Dockerfile declares none",
    why: "Unless the base image declares it, what is written there is lost with the container.",
    bad: "- [ ] Image declares the volume /data        # and no VOLUME in the Dockerfile",
    good: "- [ ] Image declares the volume /data        # and in the Dockerfile: VOLUME /data",
};
static SIGNAL: Rule = Rule {
    id: "dockerfile-stop-signal",
    severity: Severity::Error,
    title: "The Dockerfile names another stop signal than the specification promises",
    why: "`docker stop` sends the signal that the image names. What the service does on another one shows nothing.",
    bad: "- [ ] Stop signal is SIGQUIT        # and in the Dockerfile: STOPSIGNAL SIGINT",
    good: "- [ ] Stop signal is SIGINT",
};
static STAGES: Rule = Rule {
    id: "dockerfile-stages",
    severity: Severity::Error,
    title: "A multi-stage build is promised, and the Dockerfile has one stage",
    why: "Compilers and caches of the build stay in an image that has one stage only.",
    bad: "- [ ] Multi-stage build        # and one FROM in the Dockerfile",
    good: "- [ ] Multi-stage build        # and in the Dockerfile: FROM … AS build, then FROM … and COPY --from=build",
};
static VARIABLE: Rule = Rule {
    id: "dockerfile-variable",
    severity: Severity::Error,
    title: "A variable is to be given at run time, and the Dockerfile sets it",
    why: "What `ENV` sets is in the image for everybody who pulls it, and hides that nobody gave the value.",
    bad: "- [ ] DATABASE_URL: Environment variable (not hardcoded)        # and in the Dockerfile: ENV DATABASE_URL=…",
    good: "- [ ] DATABASE_URL: Environment variable (not hardcoded)        # and no ENV DATABASE_URL",
};

/// Each promise, held against the Dockerfile.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(recipe) = subject.recipe() else { return Vec::new() };
    let mut findings = Vec::new();
    for (criterion, check) in subject.checks() {
        if let Some(broken) = breaks(recipe, check) {
            findings.push(finding(subject, criterion, broken));
        }
    }
    findings.extend(health_path(subject, recipe));
    findings
}

/// The rule, what the Dockerfile says, and what to change.
type Broken = (&'static Rule, String, String);

fn finding(subject: &Subject<'_>, criterion: &Criterion, (rule, message, advice): Broken) -> Finding {
    subject.finding(rule, Some(criterion.line), message, advice)
}

fn breaks(recipe: &Recipe, check: &Check) -> Option<Broken> {
    match check {
        Check::ImagePort { port, only, besides } => {
            self::port(recipe, *port).or_else(|| only.then(|| alone(recipe, *port, besides))?)
        }
        Check::EnvConfigurable { variable, default: Some(default) } if variable.ends_with("PORT") => {
            self::port(recipe, default.parse().ok()?)
        }
        Check::UserNonRoot | Check::UserIs { .. } => user(recipe, check),
        Check::ImageBase { bases } => base(recipe, bases),
        Check::HealthDeclared | Check::HealthHealthy { .. } if !recipe.has_health_check => Some((
            &HEALTH,
            "the Dockerfile has no HEALTHCHECK".to_owned(),
            "add `HEALTHCHECK CMD …` to the last stage, or promise the endpoint alone".to_owned(),
        )),
        Check::ImageVolume { paths } => {
            let is_declared = |path: &String| recipe.volumes.iter().any(|volume| volume.value == *path);
            let missing = paths.iter().find(|path| !is_declared(path))?;
            let message = format!("the Dockerfile declares no volume `{missing}`");
            Some((&VOLUME, message, format!("add `VOLUME {missing}` to the last stage")))
        }
        Check::ImageStopSignal { signal } | Check::StopGraceful { signal: StopSignal::Named(signal), .. } => {
            let own = recipe.stop_signal.as_ref().filter(|own| name_of(own) != name_of(signal))?;
            let message = format!("the Dockerfile says `STOPSIGNAL {own}`, and {signal} is promised");
            Some((&SIGNAL, message, format!("promise SIG{}, or write `STOPSIGNAL {signal}`", name_of(own))))
        }
        Check::BuildMultiStage if recipe.stages == 1 => Some((
            &STAGES,
            "the Dockerfile has one stage".to_owned(),
            "build in a stage of its own, and copy what runs with `COPY --from=`".to_owned(),
        )),
        Check::EnvRuntime { variable } => {
            let set = recipe.variables.iter().find(|name| name.value == *variable)?;
            let message = format!("`{variable}` is set in {}, and is to be given at run time", set.at);
            Some((&VARIABLE, message, format!("remove `ENV {variable}`")))
        }
        _ => None,
    }
}

/// `SIGTERM`, `term` and `15`.
fn name_of(signal: &str) -> String {
    let name = signal.trim().to_ascii_uppercase();
    let by_number = [("15", "TERM"), ("2", "INT"), ("3", "QUIT"), ("1", "HUP"), ("9", "KILL"), ("28", "WINCH")];
    let known = by_number.iter().find(|(number, _)| *number == name).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| name.trim_start_matches("SIG").to_owned())
}

/// Without an `EXPOSE`, the base image may have one.
fn port(recipe: &Recipe, port: u16) -> Option<Broken> {
    let first = recipe.ports.first()?;
    if recipe.ports.iter().any(|exposed| exposed.value == port) {
        return None;
    }
    let message = format!("{} exposes {}, and the promise is about port {port}", first.at, first.value);
    Some((&PORT, message, format!("write `EXPOSE {port}`, or promise port {}", first.value)))
}

/// Another port beside the one that is to be alone.
fn alone(recipe: &Recipe, port: u16, besides: &[u16]) -> Option<Broken> {
    let other = recipe.ports.iter().find(|exposed| exposed.value != port && !besides.contains(&exposed.value))?;
    let message = format!("{} exposes {}, and port {port} is to be the only one", other.at, other.value);
    Some((&PORT, message, format!("remove `EXPOSE {}`", other.value)))
}

fn user(recipe: &Recipe, check: &Check) -> Option<Broken> {
    // Without `USER`, the base image may have one.
    let Found { value, at } = recipe.user.as_ref()?;
    let own = value.split(':').next().unwrap_or_default();
    let is_root = |user: &str| matches!(user, "root" | "0");
    let is_number = |user: &str| user.bytes().all(|byte| byte.is_ascii_digit());
    if own.is_empty() || own.contains('$') {
        return None;
    }
    let (is_broken, promised) = match check {
        Check::UserNonRoot => (is_root(own), "10001:10001"),
        Check::UserIs { user, .. } => {
            (user != own && (is_number(user) == is_number(own) || is_root(user) != is_root(own)), user.as_str())
        }
        _ => return None,
    };
    let what = if promised == "10001:10001" { "a user that is not root" } else { promised };
    let message = format!("{at} says `USER {own}`, and {what} is promised");
    is_broken.then(|| (&USER, message, format!("write `USER {promised}`")))
}

fn base(recipe: &Recipe, bases: &[String]) -> Option<Broken> {
    let Found { value, at } = recipe.base.as_ref()?;
    if bases.iter().any(|base| are_compatible(base, value)) || value.contains('$') {
        return None;
    }
    let promised = bases.join("` or `");
    let message = format!("{at} begins with `{value}`, and `{promised}` is promised");
    Some((&BASE, message, format!("begin the last stage with `{promised}`, or promise `{value}`")))
}

/// The health check asks for a path that no promise names, where one is named.
fn health_path(subject: &Subject<'_>, recipe: &Recipe) -> Option<Finding> {
    let asked = recipe.health.as_ref()?;
    let paths = subject.checks().filter_map(|(criterion, check)| match check {
        Check::HealthEndpoint { path } => Some((criterion, path)),
        _ => None,
    });
    let promised: Vec<(&Criterion, &String)> = paths.collect();
    let (first, path) = promised.first()?;
    let bare = |path: &str| path.trim_end_matches('/').to_owned();
    if promised.iter().any(|(_, path)| bare(path) == bare(&asked.value)) || asked.value.contains('$') {
        return None;
    }
    let message = format!("{} asks `{}`, and `{path}` is promised", asked.at, asked.value);
    let advice = format!("ask `{path}` in the HEALTHCHECK, or promise `{}`", asked.value);
    Some(subject.finding(&PATH, Some(first.line), message, advice))
}

static PATH: Rule = Rule {
    id: "dockerfile-health-path",
    severity: Severity::Warning,
    title: "The Dockerfile's health check asks another path than the specification promises",
    why: "What the engine reports as healthy is then another thing than what the promise is about.",
    bad: "- [ ] Health check endpoint responds at `/health`        # and in the Dockerfile: HEALTHCHECK CMD wget … /ready",
    good: "- [ ] Health check endpoint responds at `/ready`",
};
