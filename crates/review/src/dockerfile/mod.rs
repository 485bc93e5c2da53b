//! A Dockerfile, reviewed on what a parser reads of it, and on what the project beside it says.

mod file;
mod lines;
mod pairs;
mod rules;
mod scene;
mod shell;
mod silence;

pub use file::Unreadable;
pub use rules::{HADOLINT, LEFT_OUT, is_secret_name, rules};
pub use scene::{Context, Text};

use file::File;
use scene::{Found, Run, Scene};
use seaworthy_init::Project;
use seaworthy_spec::Spec;

use crate::Finding;

/// Every breach of a rule in a Dockerfile, in the order of its lines; those that a comment silences are left out.
///
/// # Errors
///
/// Fails if it is no Dockerfile.
pub fn review(
    dockerfile: Text<'_>,
    project: Option<&Project>,
    spec: Option<&Spec>,
    context: &Context<'_>,
) -> Result<Vec<Finding>, Unreadable> {
    let file = File::read(dockerfile.text)?;
    let scene = Scene { file: &file, runs: Run::all(&file), are_final: file.are_final(), project, spec, context };
    let mut found = Found::default();
    for check in rules::checks() {
        found.rule(check.rule);
        (check.find)(&scene, &mut found);
    }
    let mut findings = silence::apply(&file, dockerfile.path, found.into_all());
    findings.sort_by(|one, other| {
        (one.at.line, one.rule.id, &one.message).cmp(&(other.at.line, other.rule.id, &other.message))
    });
    findings.dedup_by(|one, other| one == other);
    Ok(findings)
}

/// The paths that a Dockerfile copies from the folder that the build is given, but for patterns and variables.
///
/// # Errors
///
/// Fails if it is no Dockerfile.
pub fn copied(text: &str) -> Result<Vec<String>, Unreadable> {
    Ok(rules::copied(&File::read(text)?))
}
