//! What was found and decided, in a few words each.

use crate::existing::Recipe;
use crate::found::Found;
use crate::project::{Need, Project, Role, VariableKind};
use crate::promises;

/// What was found and where: a label and a text each.
pub fn found(project: &Project) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(language) = &project.language {
        let name = language.value.name();
        let what = match &project.version {
            Some(version) => format!("{name} {} ({})", version.value, version.at),
            None => format!("{name} ({})", language.at),
        };
        rows.push(("language", what));
    }
    if let Some(framework) = &project.framework {
        rows.push(("framework", with_place(framework.value.name, framework)));
    }
    if let Some(manager) = &project.manager {
        let lock = match &project.lock {
            Some(lock) => format!(", locked by {lock}"),
            // Their manifests pin what they pin.
            None if matches!(manager.value, "pip" | "go" | "Maven" | "Gradle" | "NuGet") => String::new(),
            None => ", no lock file".to_owned(),
        };
        rows.push(("packages", format!("{}{lock} ({})", manager.value, manager.at)));
    }
    if let Some(build) = &project.build {
        rows.push(("build", with_place(&build.value, build)));
    }
    if let Some(start) = &project.start {
        rows.push(("start", with_place(&start.value.to_string(), start)));
    }
    match &project.port {
        Some(port) => {
            let moved =
                port.variable.as_ref().map_or(String::new(), |variable| format!(", moved by {}", variable.value));
            let at =
                if port.is_guess { "the usual one: nothing says it".to_owned() } else { port.number.at.to_string() };
            rows.push(("port", format!("{}{moved} ({at})", port.number.value)));
        }
        None if project.role == Role::Program => {
            rows.push(("port", "none: a program for the command line, it seems".to_owned()));
        }
        None => rows.push(("port", "none".to_owned())),
    }
    if let Some(health) = &project.health {
        rows.push(("health", with_place(&health.value, health)));
    }
    if let Some(collection) = &project.collection {
        let document =
            project.document.as_ref().map_or(String::new(), |found| format!(", document at {}", found.value));
        rows.push(("API", format!("CRUD of {}{document} ({})", collection.value, collection.at)));
    }
    for variable in &project.variables {
        if !promises::is_port(project, &variable.name) {
            let kind = match variable.kind {
                VariableKind::Secret => " secret,",
                VariableKind::Database => " database,",
                VariableKind::Connection => " connection,",
                VariableKind::Plain => "",
            };
            let need = match &variable.need {
                Need::Required => "required".to_owned(),
                Need::Default(Some(value)) if value.is_empty() => "empty by default".to_owned(),
                Need::Default(Some(value)) => format!("default {value}"),
                Need::Default(None) => "has a default".to_owned(),
                Need::Optional => "optional".to_owned(),
            };
            rows.push(("variable", format!("{}:{kind} {need} ({})", variable.name, variable.at)));
        }
    }
    for dependency in &project.dependencies {
        rows.push(("uses", format!("{} ({})", dependency.system.name(), dependency.at)));
    }
    for volume in &project.volumes {
        rows.push(("volume", with_place(&volume.value, volume)));
    }
    if let Some(recipe) = project.existing.dockerfile.as_ref().filter(|_| project.image.is_none()) {
        rows.push(("Dockerfile", of_recipe(recipe)));
    }
    for what in project.seen.iter().flat_map(crate::seen::Seen::rows) {
        rows.push(("seen", what));
    }
    for what in &project.left_out {
        rows.push(("not read", what.clone()));
    }
    rows
}

/// What was decided: a label and a text each.
pub fn decided(project: &Project) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(base) = promises::base(project) {
        rows.push(("base", base.run));
    }
    let figures = crate::versions::figures(project);
    rows.push(("size", format!("under {} MB", figures.size_mb)));
    let check = if promises::checks_health(project) { "declared" } else { "none" };
    rows.push(("health check", check.to_owned()));
    rows
}

fn with_place<T>(text: &str, found: &Found<T>) -> String {
    format!("{text} ({})", found.at)
}

fn of_recipe(recipe: &Recipe) -> String {
    let base = recipe.base.as_ref().map_or("nothing", |base| base.value.as_str());
    let user = recipe.user.as_ref().map_or("root", |user| user.value.as_str());
    let stages = if recipe.stages == 1 { "stage" } else { "stages" };
    format!("on {base}, {} {stages}, user {user}", recipe.stages)
}
