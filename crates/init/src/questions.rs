//! What the files do not tell, and a person has to decide.

use crate::address;
use crate::project::{Language, Need, Project, Role, System, VariableKind};
use crate::promises::checks_health;
use crate::seen::{ReadOnly, Stop};
use crate::toolchain::{Install, Toolchain};

/// The open questions, a sentence or two each.
pub fn questions(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(seen(project));
    all.extend(start(project));
    all.extend(health(project));
    all.extend(work(project));
    all.extend(database(project));
    all.extend(of_dockerfile(project));
    all.extend(packages(project));
    all.extend(secrets(project));
    all
}

/// What a run showed to be missing or wrong.
fn seen(project: &Project) -> Vec<String> {
    let Some(seen) = &project.seen else { return Vec::new() };
    let mut all = Vec::new();
    if let Some(failure) = &seen.failure {
        let given: Vec<String> = seen.missing.iter().map(|name| format!("`--env {name}`")).collect();
        let give = match given.as_slice() {
            [] => "Nothing else was seen.".to_owned(),
            given => format!("Nobody gave what it reads: run `seaworthy init --run` again with {}.", given.join(" ")),
        };
        all.push(format!("Why does it not run? {failure} {give}"));
    }
    if seen.uids.contains(&0) {
        all.push(
            "Which user does it run as? A process of root was seen: name another one by `USER 10001:10001`.".to_owned(),
        );
    }
    if seen.read_only == Some(ReadOnly::Fails) {
        all.push("Where does it write? With a read-only root and a writable /tmp it did not become ready.".to_owned());
    }
    if seen.without_capabilities == Some(false) {
        all.push("Which capability does it need? With none it did not become ready.".to_owned());
    }
    if let Some(Stop::Exited { code, .. }) = seen.stop.filter(|stop| !stop.is_orderly()) {
        all.push(format!(
            "Why does it end with exit {code} when it is stopped? An orderly end is 0, or 128 and the signal's number."
        ));
    }
    if seen.stop == Some(Stop::Ignored) {
        all.push("Why does it not stop? It had to be killed 10 s after the signal: its first process may be a shell, or have no handler for SIGTERM.".to_owned());
    }
    all
}

fn start(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    let starts_itself = project.is(Language::Site) || project.is(Language::Php);
    if project.start.is_none() && !starts_itself {
        all.push(
            "How is it started? No start command was found: the Dockerfile's last line is a blank to fill in."
                .to_owned(),
        );
    }
    match &project.port {
        None if project.role == Role::Web => {
            all.push("On which port does it listen? None was found.".to_owned());
        }
        Some(port) if port.is_guess => {
            all.push(format!(
                "On which port does it listen? Nothing says it: {} is the usual one of {}.",
                port.number.value,
                project.kind()
            ));
        }
        Some(port) if port.variable.is_none() && project.language.is_some() && !project.is(Language::Site) => {
            all.push(format!(
                "Should PORT move the port? {} is fixed at {}; many platforms set PORT.",
                port.number.value, port.number.at
            ));
        }
        _ => {}
    }
    all
}

fn health(project: &Project) -> Vec<String> {
    if project.role == Role::Program {
        return vec![
            "Is it a service? It reads the arguments of a command line, listens on no port and waits for no work: \
             nothing about starting, health and stopping is promised."
                .to_owned(),
        ];
    }
    if project.role == Role::Worker {
        return vec!["How does an orchestrator see that the worker is alive? It has no port; a log line or a queue's own tool may tell.".to_owned()];
    }
    match &project.health {
        None => vec![
            "Which path tells that it is healthy? None was found; add `/health`, a `HEALTHCHECK`, and the promise \
             `Health check endpoint responds at /health`."
                .to_owned(),
        ],
        Some(path) if !checks_health(project) => vec![format!(
            "What asks {} in the container? The image has no client for it, so that no `HEALTHCHECK` is declared; \
             an orchestrator's own HTTP probe needs none.",
            path.value
        )],
        Some(_) => Vec::new(),
    }
}

fn work(project: &Project) -> Option<String> {
    if project.role == Role::Program {
        return None;
    }
    if project.role == Role::Worker {
        return Some("What does a job do that can be seen? With steps that give it one (`seaworthy explain scenario`) it can promise its memory, a read-only root and no capabilities too.".to_owned());
    }
    match (&project.collection, &project.document) {
        (Some(path), None) => Some(format!(
            "What does {} take and answer? No OpenAPI document is served, so that the calls have to be written as steps: \
             `POST {} {{…}} -> 201, save id` (`seaworthy explain scenario`).",
            path.value, path.value
        )),
        (None, _) if project.page.is_none() => {
            Some("Which request shows that it works? Write it as a promise: `GET /path -> 200` (`seaworthy explain scenario`).".to_owned())
        }
        _ => None,
    }
}

fn database(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for found in &project.dependencies {
        let (system, at) = (found.system, &found.at);
        let name = system.name();
        match (address::server(system), address::usual(system)) {
            (Some(server), Some(usual)) if address::variable(project, system).is_none() => all.push(format!(
                "Which variable holds the URL of {name} ({at})? None such as {usual} was found. \
                 A run starts it for the line `{server}, given as VARIABLE` under Dependencies."
            )),
            (None, Some(_)) => all.push(format!(
                "Where does a run find {name} ({at})? It starts no server of that name: give `--env` with its URL, \
                 or name its image, port and variable under Dependencies."
            )),
            _ => {}
        }
    }
    let sqlite = project.dependencies.iter().find(|dependency| dependency.system == System::Sqlite);
    if let Some(found) = sqlite.filter(|_| project.volumes.is_empty()) {
        all.push(format!(
            "Where does the SQLite file lie ({})? Without a volume it ends with the container.",
            found.at
        ));
    }
    all
}

/// What of the project's own Dockerfile stands against the promises.
fn of_dockerfile(project: &Project) -> Vec<String> {
    let Some(recipe) = &project.existing.dockerfile else { return Vec::new() };
    let mut all = Vec::new();
    if recipe.runs_as_root() {
        all.push(
            "Which user does it run as? None is named, so that it is root: add `USER 10001:10001` to the Dockerfile."
                .to_owned(),
        );
    }
    match &recipe.base {
        Some(base) if base.value.contains('$') => {
            all.push(format!(
                "What is `{}` in {}? The builder is told; the promise about the base is left out.",
                base.value, base.at
            ));
        }
        Some(base) if !base.value.contains([':', '@']) && base.value != "scratch" => {
            all.push(format!(
                "Which version of `{}`? {} pins none, so that it changes by itself.",
                base.value, base.at
            ));
        }
        _ => {}
    }
    all
}

fn packages(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    match &project.toolchain {
        Toolchain::Python(python) => {
            if let Some(server) = python.server.filter(|_| project.existing.dockerfile.is_none()) {
                let name = server.split('=').next().unwrap_or(server);
                all.push(format!("Is {name} the right server? No server is among its packages, so that the Dockerfile installs {server}."));
            }
            if python.install == Install::Nothing && project.framework.is_some() {
                all.push(
                    "Which packages does it need? Neither requirements.txt nor pyproject.toml was found.".to_owned(),
                );
            }
            if matches!(python.install, Install::Poetry { locked: false } | Install::Itself) {
                all.push("Should versions be locked? There is no lock file: two builds may differ.".to_owned());
            }
            if project.framework.as_ref().is_some_and(|found| found.value.name == "Django") {
                all.push("Does it serve static files, and for which hosts? `collectstatic` and ALLOWED_HOSTS are left to you.".to_owned());
            }
        }
        Toolchain::Go(go) => {
            if let Some(package) = &go.needs_c {
                all.push(format!("Is there a driver without C? {package} needs a C compiler, and the Dockerfile builds without one: modernc.org/sqlite needs none."));
            }
            if !go.others.is_empty() {
                all.push(format!("Is {} the service? There is a `main` in {} too.", go.package, go.others.join(", ")));
            }
        }
        Toolchain::Rust(rust) => {
            if rust.is_package && !rust.image.names_port && project.port.is_some() {
                all.push("Which port does its image expose? `seaworthy build` reads `[package.metadata.seaworthy] port` in Cargo.toml.".to_owned());
            }
            if !rust.locked {
                all.push("Should versions be locked? There is no lock file: two builds may differ.".to_owned());
            }
        }
        Toolchain::Java(java) if java.jar.contains('*') && !java.quarkus => {
            all.push(format!("Does the build make one jar only? {} names it by a pattern.", java.file));
        }
        Toolchain::Php(php) => {
            if php.composer && !php.locked {
                all.push("Should versions be locked? There is no lock file: two builds may differ.".to_owned());
            }
            if !php.unknown.is_empty() {
                all.push(format!(
                    "How are the extensions {} installed? composer.json requires them, and the Dockerfile does not install them.",
                    php.unknown.join(", ")
                ));
            }
        }
        Toolchain::Ruby(ruby) if !ruby.locked => {
            all.push("Should versions be locked? There is no lock file: two builds may differ.".to_owned());
        }
        Toolchain::Node(node) if node.lock.is_none() && node.has_dependencies => {
            all.push("Should versions be locked? There is no lock file: two builds may differ.".to_owned());
        }
        _ => {}
    }
    all
}

fn secrets(project: &Project) -> Vec<String> {
    let open = project.variables.iter().filter(|variable| {
        matches!(variable.kind, VariableKind::Secret | VariableKind::Connection) && variable.need != Need::Required
    });
    open.map(|variable| {
        let does = if matches!(variable.need, Need::Default(_)) {
            "It has a default"
        } else {
            "It starts all the same, it seems"
        };
        format!(
            "What becomes of it without {} ({})? {does}; in production `Refuses to start without {}` is safer.",
            variable.name, variable.at, variable.name
        )
    })
    .collect()
}
