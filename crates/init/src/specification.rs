//! `containerization-spec.md`: Intent, Constraints, Success Criteria, Non-Goals, Dependencies.

use std::fmt::Write as _;

use crate::address;
use crate::found::Place;
use crate::project::{Dependency, Language, Need, Project, Role, VariableKind};
use crate::promises::{self, Promise};
use crate::questions::questions;
use crate::versions::figures;

const NON_GOALS: &str = "\
## Non-Goals (What We're NOT Doing)

- [ ] Docker Compose multi-service setup
- [ ] Kubernetes deployment
- [ ] CI/CD automation
";

/// The text of a specification: every promise in it is a sentence of the vocabulary.
pub fn specification(project: &Project) -> String {
    let mut text = format!("# Containerization Specification: {}\n\n", plain(&project.title()));
    intent(&mut text, project);
    constraints(&mut text, project);
    text.push_str("## Success Criteria\n\n");
    for promise in promises::criteria(project) {
        criterion(&mut text, &promise);
    }
    let questions = questions(project);
    if !questions.is_empty() {
        text.push_str("\n## Open Questions\n\n");
        for (index, question) in questions.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", index + 1, plain(question));
        }
    }
    let _ = write!(text, "\n{NON_GOALS}\n");
    dependencies(&mut text, project);
    text
}

fn intent(text: &mut String, project: &Project) {
    let what = match (project.role, project.language.as_ref().map(|found| found.value)) {
        (_, Some(Language::Site)) => "site",
        (Role::Worker, _) => "worker",
        (Role::Program, _) => "program",
        (Role::Web, _) if project.document.is_some() || project.collection.is_some() => "API",
        (Role::Web, _) => "service",
    };
    let kind = match &project.language {
        Some(found) if found.value != Language::Site => format!(" with {}", project.kind()),
        _ => String::new(),
    };
    let _ = write!(
        text,
        "## Intent\n\nContainerize {} (a {}{kind}) for production deployment.\n\n\
         **Business Goal**: Enable any developer to run this {what} without environment setup.\n\n\
         **Technical Goal**: Create a portable, optimized container image that works anywhere Docker runs.\n\n",
        plain(&project.title()),
        if what == "API" { "service" } else { what },
    );
    if let Some(seen) = &project.seen {
        let rows = seen.rows();
        let what = if rows.is_empty() { "nothing that counts".to_owned() } else { rows.join("; ") };
        let _ = write!(text, "**Seen** on the {} engine: {}\n\n", plain(&seen.engine), plain(&what));
    }
    if let Some(today) = &project.image {
        let _ = write!(text, "**Today**: `{}` has {}\n\n", plain(&today.reference), plain(&today.in_words()));
    }
}

fn constraints(text: &mut String, project: &Project) {
    let figures = figures(project);
    let _ = write!(
        text,
        "## Constraints\n\n### Image Size\n\n- **Target**: Under {}MB final image\n- **Rationale**: {}\n\n",
        figures.size_mb, figures.size_why
    );
    section(text, "Security", &promises::security(project));
    section(text, "Configuration", &promises::configuration(project));
    if let Some(base) = promises::base(project) {
        let small = base.why == "small, secure";
        let remark = if small { " (small, secure)" } else { "" };
        let _ = writeln!(text, "### Base Image\n\n- **Choice**: {}{remark}", base.run);
        if !small && !base.why.is_empty() {
            let _ = writeln!(text, "- **Why**: {}", plain(&base.why));
        }
        if let Some(alternative) = &base.alternative {
            let _ = writeln!(text, "- **Alternative**: {alternative}");
        }
        text.push('\n');
    }
}

fn section(text: &mut String, heading: &str, promises: &[Promise]) {
    if promises.is_empty() {
        return;
    }
    let _ = write!(text, "### {heading}\n\n");
    for promise in promises {
        let _ = writeln!(text, "- {}", promise.sentence);
    }
    text.push('\n');
}

/// A box, its reason, and its steps.
fn criterion(text: &mut String, promise: &Promise) {
    let _ = writeln!(text, "- [ ] {}", promise.sentence);
    if let Some(why) = &promise.why {
        let _ = writeln!(text, "  - Why: {}", plain(why));
    }
    if !promise.steps.is_empty() {
        let _ = writeln!(text, "\n  ```check\n  {}\n  ```\n", promise.steps.join("\n  "));
    }
}

/// A server as a run starts it, where its variable is known; else the system's name, which starts nothing.
fn needed(project: &Project, dependency: &Dependency) -> String {
    let Dependency { system, at } = dependency;
    let is_letter = |byte: u8| byte == b'_' || byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let variable = address::variable(project, *system).filter(|variable| variable.name.bytes().all(is_letter));
    let place = format!(" ({})", plain(&at.to_string()));
    match (address::server(*system), variable) {
        (Some(server), Some(variable)) => {
            // Behind a variable only what cannot be an image or a remark is a place; with anything else the line would start nothing.
            let place = if is_plain(at) { place } else { String::new() };
            format!("{server}, given as `{}`{place}", variable.name)
        }
        _ => format!("{}{place}", system.name()),
    }
}

/// `Gemfile:4`, `src/app.py:12`; not `my notes.txt:3`, `pom.xml` or `makefile:1`.
fn is_plain(place: &Place) -> bool {
    let file = place.path.rsplit('/').next().unwrap_or_default();
    place.line.is_some()
        && file.contains(|c: char| c == '.' || c.is_ascii_uppercase())
        && !place.path.contains(|c: char| c.is_whitespace() || "(){},`<".contains(c))
}

fn dependencies(text: &mut String, project: &Project) {
    text.push_str("## Dependencies\n\n");
    for dependency in &project.dependencies {
        let _ = writeln!(text, "- {}", needed(project, dependency));
    }
    for variable in &project.variables {
        if promises::is_port(project, &variable.name) {
            continue;
        }
        let what = match variable.kind {
            VariableKind::Secret => "a secret, given at run time",
            VariableKind::Database => "the URL of its database, given at run time",
            VariableKind::Connection => "a URL that may hold a password, given at run time",
            VariableKind::Plain => "",
        };
        let need = match &variable.need {
            Need::Required => "required".to_owned(),
            Need::Default(Some(value)) => format!("default `{}`", plain(&value.replace('`', "'"))),
            Need::Default(None) => "has a default".to_owned(),
            Need::Optional => "optional".to_owned(),
        };
        let said: Vec<&str> = [what, need.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let _ = writeln!(text, "- `{}`: {} ({})", variable.name, said.join(", "), plain(&variable.at.to_string()));
    }
    text.push_str("- Docker or Podman installed and running\n- Registry account (Docker Hub or GitHub)\n");
}

/// Text from a project's files in a line of Markdown: no line ends, no comments, nothing that begins HTML.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace('<', "‹")
}
