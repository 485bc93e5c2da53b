//! Promises that the project's code breaks, and variables of the code that no promise names.

use seaworthy_init::{Language, Need, Variable, VariableKind};
use seaworthy_spec::{Check, Spec};

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&UNREAD, &UNNAMED, &DEFAULT, &HAS_DEFAULT, &PATH];

static UNREAD: Rule = Rule {
    id: "variable-not-read",
    severity: Severity::Warning,
    title: "A promise is about a variable that no file of the project names",
    why: "A variable that nothing reads changes nothing. It is misspelt, or was renamed in the code.",
    bad: "- [ ] DATABSE_URL: Environment variable (not hardcoded)        # and the code reads DATABASE_URL",
    good: "- [ ] DATABASE_URL: Environment variable (not hardcoded)",
};
static UNNAMED: Rule = Rule {
    id: "variable-not-named",
    severity: Severity::Warning,
    title: "The code needs a variable that the specification does not name",
    why: "Whoever runs the image learns of it when the container ends at once.",
    bad: "- [ ] Container starts        # and the code reads os.environ[\"SECRET_KEY\"]",
    good: "- [ ] Container starts\n- [ ] Refuses to start without SECRET_KEY",
};
static DEFAULT: Rule = Rule {
    id: "code-has-other-default",
    severity: Severity::Error,
    title: "The code has another default than the specification promises",
    why: "Without the variable the service does what the code says: it listens on another port, for example.",
    bad: "- [ ] PORT: Configurable, defaults to 8000        # and the code says process.env.PORT || 3000",
    good: "- [ ] PORT: Configurable, defaults to 3000",
};
static HAS_DEFAULT: Rule = Rule {
    id: "code-has-default",
    severity: Severity::Warning,
    title: "A variable is to be required, and the code has a default for it",
    why: "Without the variable the service starts with the default, unless something checks it later.",
    bad: "- [ ] Refuses to start without SECRET_KEY        # and the code says os.getenv(\"SECRET_KEY\", \"dev\")",
    good: "- [ ] Refuses to start without SECRET_KEY        # and the code says os.environ[\"SECRET_KEY\"]",
};
static PATH: Rule = Rule {
    id: "health-path-not-found",
    severity: Severity::Warning,
    title: "A promise is about a health path that no file of the project names",
    why: "The path answers 404, and an orchestrator that asks it kills every container.",
    bad: "- [ ] Health check endpoint responds at `/health`        # and the code has /healthz only",
    good: "- [ ] Health check endpoint responds at `/healthz`",
};

/// Beginnings and names of variables that runtimes, libraries and web servers read by themselves.
const READ_BY_OTHERS: &[&str] = &[
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "OTEL_",
    "PG",
    "UVICORN_",
    "GUNICORN_",
    "WEB_CONCURRENCY",
    "PYTHON",
    "NODE_",
    "GO",
    "RUST_",
    "JAVA_",
    "JDK_",
    "JVM_",
    "TZ",
    "LANG",
    "LC_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT",
    "MALLOC_",
    "LD_",
    "HOST",
    "HOME",
    "TMPDIR",
    "NGINX_",
    "SENTRY_",
    "DD_",
    "RAILS_",
    "RACK_",
    "DJANGO_",
    "FLASK_",
    "NEXT_",
    "NUXT_",
    "NITRO_",
    "VITE_",
];

/// What the code reads against what is promised.
pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(project) = subject.project.filter(|project| project.language.is_some()) else { return Vec::new() };
    let mut findings = unread(subject);
    findings.extend(paths(subject));
    for variable in &project.variables {
        findings.extend(unnamed(subject, variable));
        findings.extend(defaults(subject, variable));
    }
    findings
}

/// The variables that promises name, with the line of the first promise of each.
pub(super) fn variables(spec: &Spec) -> impl Iterator<Item = (usize, &str)> {
    let mut seen: Vec<&str> = Vec::new();
    let named = spec.criteria.iter().flat_map(|criterion| {
        criterion.checks().iter().filter_map(|check| match check {
            Check::EnvRuntime { variable }
            | Check::EnvRequired { variable, .. }
            | Check::EnvConfigurable { variable, .. }
            | Check::DatabaseConnects { variable, .. }
            | Check::DependencyConnects { variable, .. }
            | Check::DatabaseRotates { variable } => Some((criterion.line, variable.as_str())),
            _ => None,
        })
    });
    named.filter(move |(_, name)| {
        let is_new = !seen.contains(name);
        seen.push(name);
        is_new
    })
}

/// `health` of `/api/health/`.
pub(super) fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn unread(subject: &Subject<'_>) -> Vec<Finding> {
    let (Some(project), Some(mentioned)) = (subject.project, subject.mentioned) else { return Vec::new() };
    // They bind names of the environment to settings of other names; a web server's are its image's.
    let binds = matches!(
        project.language.as_ref().map(|found| found.value),
        Some(Language::Java | Language::DotNet | Language::Ruby | Language::Site)
    );
    if binds {
        return Vec::new();
    }
    let recipe = subject.recipe();
    let expands = |name: &str| {
        let command = recipe.and_then(|recipe| recipe.command.as_ref()).map_or("", |command| command.value.as_str());
        let starts = project.start.as_ref().map(|start| start.value.to_string()).unwrap_or_default();
        command.contains(name) || starts.contains(name)
    };
    let is_set = |name: &str| recipe.is_some_and(|recipe| recipe.variables.iter().any(|known| known.value == name));
    // They listen where `PORT` says.
    let reads_port = ["gunicorn", "next", "nuxt", "serve", "apache", "php", "honcho"].iter().any(|one| expands(one));
    let is_read = |name: &str| {
        mentioned.has(name)
            || expands(name)
            || is_set(name)
            || name == "PORT" && reads_port
            || READ_BY_OTHERS.iter().any(|known| name.starts_with(known))
            || project.variables.iter().any(|variable| variable.name == name)
            || project.port.as_ref().and_then(|port| port.variable.as_ref()).is_some_and(|own| own.value == name)
    };
    let finding = |(line, name): (usize, &str)| {
        let near = project.variables.iter().map(|one| one.name.as_str()).find(|known| is_near(known, name));
        let advice = near.map_or_else(
            || format!("read `{name}` in the code, or remove the promise"),
            |near| format!("did you mean `{near}`, which the code reads"),
        );
        subject.finding(&UNREAD, Some(line), format!("no file of the project names `{name}`"), advice)
    };
    variables(subject.spec).filter(|(_, name)| !is_read(name)).map(finding).collect()
}

/// Names of the same letters but for a few, or of which one ends in the other.
fn is_near(known: &str, name: &str) -> bool {
    let (short, long) = if known.len() < name.len() { (known, name) } else { (name, known) };
    let same = short.bytes().zip(long.bytes()).filter(|(one, other)| one == other).count();
    let ends_alike = short.bytes().rev().zip(long.bytes().rev()).take_while(|(one, other)| one == other).count();
    long.len() - short.len() <= 2 && same + ends_alike + 2 >= long.len() && short.len() > 3
        || long.ends_with(short) && short.contains('_')
}

fn paths(subject: &Subject<'_>) -> Vec<Finding> {
    let (Some(project), Some(mentioned)) = (subject.project, subject.mentioned) else { return Vec::new() };
    let mut findings = Vec::new();
    for (criterion, check) in subject.checks() {
        let Check::HealthEndpoint { path } = check else { continue };
        let own = project.health.as_ref();
        let is_own = own.is_some_and(|own| own.value.trim_end_matches('/') == path.trim_end_matches('/'));
        let last = last_part(path);
        if is_own || last.is_empty() || mentioned.has(last) {
            continue;
        }
        // Where no route is known at all, the web framework may have ways that are not read.
        let Some(own) = own.filter(|own| own.at.path != seaworthy_init::DOCKERFILE) else { continue };
        let message = format!("no file of the project names `{last}`; its health path is `{}` ({})", own.value, own.at);
        let advice = format!("- [ ] Health check endpoint responds at `{}`", own.value);
        findings.push(subject.finding(&PATH, Some(criterion.line), message, advice));
    }
    findings
}

/// A variable without which the code does not start.
fn unnamed(subject: &Subject<'_>, variable: &Variable) -> Option<Finding> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_named = subject.spec.source.split(|c| !is_name(c)).any(|word| word == variable.name);
    if is_named || variable.need != Need::Required {
        return None;
    }
    let message = format!("{} needs `{}`, which the specification does not name", variable.at, variable.name);
    let advice = format!("- [ ] Refuses to start without {}", variable.name);
    Some(subject.finding(&UNNAMED, subject.promises(), message, advice))
}

fn defaults(subject: &Subject<'_>, variable: &Variable) -> Option<Finding> {
    let set = subject.recipe().is_some_and(|recipe| recipe.variables.iter().any(|name| name.value == variable.name));
    // The image's own value comes first, and the start command may name another.
    if set || variable.kind != VariableKind::Plain && !matches!(variable.need, Need::Default(_)) {
        return None;
    }
    subject.checks().find_map(|(criterion, check)| match (check, &variable.need) {
        (Check::EnvConfigurable { variable: of, default: Some(promised) }, Need::Default(Some(own)))
            if *of == variable.name && differs(promised, own) =>
        {
            let message = format!("`{of}` defaults to `{own}` in {}, and to `{promised}` here", variable.at);
            let advice = format!("- [ ] {of}: Configurable, defaults to {own}");
            Some(subject.finding(&DEFAULT, Some(criterion.line), message, advice))
        }
        (Check::EnvRequired { variable: of, .. }, Need::Default(_)) if *of == variable.name => {
            let message = format!("{} has a default for `{of}`", variable.at);
            let advice = format!("remove the default, or promise `{of}: Configurable, defaults to …`");
            Some(subject.finding(&HAS_DEFAULT, Some(criterion.line), message, advice))
        }
        _ => None,
    })
}

/// `:8080` and `8080`, `true` and `True` are the same.
fn differs(promised: &str, own: &str) -> bool {
    let plain = |value: &str| value.trim_matches(['"', '\'', '`', ':', ' ']).to_lowercase();
    let (promised, own) = (plain(promised), plain(own));
    let is_literal =
        |value: &str| !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    promised != own && is_literal(&own) && is_literal(&promised)
}
