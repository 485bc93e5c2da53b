//! What such a service should promise: sentences of the vocabulary, each with its figure and why that one.

use crate::project::{Language, Need, Project, Role, VariableKind};
use crate::seen::{ReadOnly, Stop, time};
use crate::toolchain::Toolchain;
use crate::versions::{Bases, Figures, bases, figures};
use crate::{Place, address, dockerfile, project};

/// A sentence, and why it says what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) sentence: String,
    pub(crate) why: Option<String>,
    /// What the service does while the promise is judged, a step a line.
    pub(crate) steps: Vec<String>,
}

impl Promise {
    fn plain(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), why: None, steps: Vec::new() }
    }

    fn why(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

/// Where the image begins, with or without a Dockerfile of the project's own.
pub(crate) fn base(project: &Project) -> Option<Bases> {
    match &project.existing.dockerfile {
        Some(recipe) => {
            let found = recipe.base.as_ref()?;
            // What a variable without a default names is known to the builder only.
            let known = !found.value.contains('$');
            known.then(|| Bases {
                why: format!("{} says so", found.at),
                alternative: None,
                ..of(&found.value, project)
            })
        }
        None => Some(bases(project)),
    }
}

fn of(reference: &str, project: &Project) -> Bases {
    Bases { run: reference.to_owned(), ..bases(project) }
}

/// Whether the image asks for its own health: by its own Dockerfile, or by ours.
pub(crate) fn checks_health(project: &Project) -> bool {
    match &project.existing.dockerfile {
        Some(recipe) => recipe.has_health_check,
        None => match &project.toolchain {
            // `seaworthy build` makes its image, by what its manifest says.
            Toolchain::Rust(rust) if rust.is_package => rust.image.checks_health,
            _ => dockerfile::is_health_check_possible(project),
        },
    }
}

/// *Security*, under Constraints.
pub(crate) fn security(project: &Project) -> Vec<Promise> {
    let mut all = vec![Promise::plain("**Non-root user**: Container runs as unprivileged user")];
    if checks_health(project) {
        all.push(Promise::plain("**Health check**: Built-in endpoint for orchestrator monitoring"));
    }
    all.push(Promise::plain(match project.database_variable() {
        Some(variable) if variable.name == "DATABASE_URL" => "**No secrets in image**: Database URL passed at runtime",
        _ => "**No secrets in image**",
    }));
    // A worker shows its work by steps only, which are asked for.
    if project.port.is_none() {
        return all;
    }
    all.extend(read_only(project).map(Promise::plain));
    if project.seen.as_ref().and_then(|seen| seen.without_capabilities) != Some(false) {
        all.push(Promise::plain("Runs with no capabilities"));
    }
    all
}

fn read_only(project: &Project) -> Option<&'static str> {
    const ROOT: &str = "Runs with a read-only root filesystem";
    const WITH_TMP: &str = "Runs with a read-only root filesystem with a writable /tmp";
    match (project.seen.as_ref().and_then(|seen| seen.read_only), project.language.as_ref().map(|found| found.value)) {
        (Some(ReadOnly::Works), _) | (None, Some(Language::Go | Language::Rust)) => Some(ROOT),
        // Apache keeps its process id and its locks in folders of its own.
        (Some(ReadOnly::Fails), _) | (None, Some(Language::Php)) => None,
        (Some(ReadOnly::WorksWithTmp) | None, _) => Some(WITH_TMP),
    }
}

/// *Configuration*, under Constraints. Variables whose effect nothing outside can see are told under Dependencies.
pub(crate) fn configuration(project: &Project) -> Vec<Promise> {
    let mut all = Vec::new();
    for variable in &project.variables {
        let decides = variable.kind == VariableKind::Database || variable.need == Need::Required;
        if decides && !is_port(project, &variable.name) {
            all.push(Promise::plain(format!("**{}**: Environment variable (not hardcoded)", variable.name)));
        }
    }
    if let Some(port) = &project.port
        && let Some(variable) = &port.variable
    {
        all.push(Promise::plain(format!("**{}**: Configurable, defaults to {}", variable.value, port.number.value)));
    }
    all
}

pub(crate) fn is_port(project: &Project, name: &str) -> bool {
    let variable = project.port.as_ref().and_then(|port| port.variable.as_ref());
    variable.is_some_and(|variable| variable.value == name)
}

/// The boxes under Success Criteria.
pub(crate) fn criteria(project: &Project) -> Vec<Promise> {
    let figures = figures(project);
    let mut all = Vec::new();
    // Of an image alone nothing tells how it was built.
    if project.image.is_none() {
        all.push(Promise::plain("Container builds successfully without errors"));
    }
    if has_stages(project) {
        all.push(Promise::plain("Multi-stage build").why("What builds and installs stays out of the image"));
    }
    all.push(Promise::plain(format!("Image size under {}MB (verify with `docker images`)", figures.size_mb)));
    all.extend(works(project, &figures));
    all.extend(database(project));
    all.extend(ends_and_tells(project));
    all.push(Promise::plain("Image can be pushed to registry (Docker Hub or GHCR)"));
    all.push(Promise::plain("Image can be pulled and run on different machine"));
    all.push(Promise::plain("Container runs as non-root user"));
    all
}

fn has_stages(project: &Project) -> bool {
    match &project.existing.dockerfile {
        Some(recipe) => recipe.stages > 1,
        None => dockerfile::has_stages(project),
    }
}

/// It starts, answers, and does its work.
fn works(project: &Project, figures: &Figures) -> Vec<Promise> {
    let mut all = Vec::new();
    let within = figures.start_seconds;
    let ready = Promise::plain(format!("Starts within {within}s")).why(format!("{within} s: {}", figures.start_why));
    match project.role {
        Role::Web if project.port.is_some() => all.push(ready),
        // It ends when its work is done.
        Role::Program => {}
        _ => all.push(Promise::plain("Container starts")),
    }
    if project.collection.is_some() && project.document.is_some() {
        all.push(Promise::plain("All CRUD endpoints work when running containerized"));
    }
    if let Some(path) = &project.health {
        all.push(Promise::plain(format!("Health check endpoint responds at `{}`", path.value)));
    }
    if checks_health(project) && project.health.is_none() {
        all.push(Promise::plain("Health check turns healthy within 60s"));
    }
    if let Some(steps) = work(project) {
        let mut memory = Promise::plain(format!("Uses at most {}MB of memory", figures.memory_mb))
            .why(format!("{} MB: {}", figures.memory_mb, figures.memory_why));
        memory.steps = steps;
        all.push(memory);
    }
    all
}

/// Steps that make it work, so that its memory can be judged: none where its document tells what to ask. `None` where nothing is known.
fn work(project: &Project) -> Option<Vec<String>> {
    if project.collection.is_some() && project.document.is_some() {
        return Some(Vec::new());
    }
    if let Some(path) = project.health.as_ref().filter(|_| project.seen.is_some()) {
        return Some(vec![format!("GET {} -> 200", path.value)]);
    }
    let text = project.page.as_ref()?;
    Some(vec![format!("GET /index.html -> 200 body contains {}", serde_json::Value::from(text.value.as_str()))])
}

fn database(project: &Project) -> Vec<Promise> {
    let mut all = Vec::new();
    let postgres = project.postgres().and_then(|found| Some((found, address::variable(project, found.system)?)));
    if let Some((found, variable)) = postgres {
        let name = found.system.name();
        all.push(Promise::plain(format!("Container can connect to {name} database with provided {}", variable.name)));
    }
    let keeps = postgres.is_some() || !project.volumes.is_empty();
    if keeps && project.collection.is_some() && project.document.is_some() {
        all.push(
            Promise::plain("Data persists across container restarts")
                .why("It lies in the database, not in the container"),
        );
    }
    for variable in &project.variables {
        if variable.need == Need::Required && !is_port(project, &variable.name) {
            let at = &variable.at;
            let required = format!("Refuses to start without {}", variable.name);
            all.push(Promise::plain(required).why(format!("{at} reads it without a default")));
        }
    }
    all
}

fn ends_and_tells(project: &Project) -> Vec<Promise> {
    if project.role == Role::Program {
        return Vec::new();
    }
    let is_ignored = project.seen.as_ref().and_then(|seen| seen.stop).is_some_and(|stop| !stop.is_orderly());
    let mut all = if is_ignored { Vec::new() } else { vec![stops(project)] };
    if let Some(at) = &project.logs {
        all.push(Promise::plain("Logs to stdout").why(logs_why(project, at)));
    }
    let has_secret = project.variables.iter().any(|variable| variable.kind != project::VariableKind::Plain);
    if has_secret {
        all.push(Promise::plain("No secret in the logs"));
    }
    all
}

/// Stopping, as far as it can be shown: where no request is known that could be held open, by steps.
fn stops(project: &Project) -> Promise {
    let seen = project.seen.as_ref().and_then(|seen| seen.stop);
    let why = "10 s is what `docker stop` waits before it kills";
    let why = match seen {
        Some(Stop::Exited { after, code }) => format!("seen: exit {code} {} after the signal; {why}", time(after)),
        _ => why.to_owned(),
    };
    let language = project.language.as_ref().map(|found| found.value);
    // What the bases of nginx and Apache name: SIGTERM would drop what is under way.
    let signal = match language {
        Some(Language::Site) => "SIGQUIT",
        Some(Language::Php) => "SIGWINCH",
        _ => "SIGTERM",
    };
    let own = project.existing.dockerfile.as_ref().and_then(|recipe| recipe.stop_signal.as_deref());
    let has_api = project.collection.is_some() && project.document.is_some();
    // The exit code of others is theirs.
    let code = match language {
        _ if !has_api && exit_code(seen).is_some() => exit_code(seen).unwrap_or_default(),
        Some(Language::Java) => 143,
        Some(Language::Ruby | Language::Php) | None => {
            return Promise::plain(in_words(own.unwrap_or(signal))).why(why);
        }
        _ => 0,
    };
    if has_api {
        return Promise::plain(in_words(own.unwrap_or(signal))).why(why);
    }
    let asked = project.health.as_ref().map(|path| format!("GET {} -> 200", path.value));
    let steps = asked.into_iter().chain([format!("stop within 10s -> exit {code}")]).collect();
    Promise { steps, ..Promise::plain("Ends in order when it is stopped").why(why) }
}

fn exit_code(seen: Option<Stop>) -> Option<i32> {
    match seen? {
        Stop::Exited { code, .. } => Some(code),
        Stop::Ignored => None,
    }
}

/// A sentence that names no signal is about the image's own.
fn in_words(signal: &str) -> String {
    let on = match signal {
        "SIGTERM" | "SIGINT" | "SIGQUIT" => format!(" on {signal}"),
        _ => String::new(),
    };
    format!("Stops within 10s{on}, finishing requests in flight")
}

fn logs_why(project: &Project, at: &Place) -> String {
    match project.language.as_ref().map(|found| found.value) {
        Some(Language::Site | Language::Php) => {
            "Its web server tells each request there; engines collect it".to_owned()
        }
        _ => format!("{at} has it write there; engines collect it"),
    }
}
