//! No file of a project writes an instruction into the Dockerfile or a promise into the specification: what is not plain is left out, and said.

use crate::SurveyError;
use crate::found::Found;
use crate::project::Project;
use crate::toolchain::{Install, Toolchain};
use crate::word::{holds_secret, is_url_path, is_word};

const SECRET_START: &str = "the start command may hold a secret";

/// Takes out what cannot be written as it is.
///
/// # Errors
///
/// Fails if a file has such a name and the Dockerfile has to name it.
pub(crate) fn guarded(mut project: Project) -> Result<Project, SurveyError> {
    named_files(&project.toolchain)?;
    let mut left_out = Vec::new();
    let mut keep = |what: &str, found: &mut Option<Found<String>>, is_plain: fn(&str) -> bool| {
        if let Some(odd) = found.take_if(|found| !is_plain(&found.value)) {
            left_out.push(format!("{}: {what}", odd.at));
        }
    };
    keep("the version holds special characters", &mut project.version, is_word);
    keep("the health path holds special characters", &mut project.health, is_url_path);
    keep("a path holds special characters", &mut project.collection, is_url_path);
    keep("a path holds special characters", &mut project.document, is_url_path);
    keep("the build command may hold a secret", &mut project.build, |line| !holds_secret(line));
    if let Some(recipe) = &mut project.existing.dockerfile {
        keep("the base image's name holds special characters", &mut recipe.base, is_image);
        keep("the health path holds special characters", &mut recipe.health, is_url_path);
        keep(SECRET_START, &mut recipe.command, |line| !holds_secret(line));
    }
    if let Some(start) = project.start.take_if(|start| holds_secret(&start.value.to_string())) {
        left_out.push(format!("{}: {SECRET_START}", start.at));
    }
    project.volumes.retain(|volume| {
        let is_plain = volume.value.starts_with('/') && is_word(&volume.value);
        if !is_plain {
            left_out.push(format!("{}: the volume's path holds special characters", volume.at));
        }
        is_plain
    });
    // The Dockerfile's command may be the start command, too.
    left_out.dedup();
    project.left_out.extend(left_out);
    Ok(project)
}

/// A reference; `${VERSION}` in it is shown in a question, and promised nowhere.
fn is_image(text: &str) -> bool {
    is_word(&text.replace(['$', '{', '}'], ""))
}

/// Files and programs that the Dockerfile names.
fn named_files(toolchain: &Toolchain) -> Result<(), SurveyError> {
    let named: Vec<&str> = match toolchain {
        Toolchain::Python(python) => match &python.install {
            Install::Requirements(files) => files.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        },
        Toolchain::Go(go) => vec![&go.package],
        Toolchain::Rust(rust) => vec![&rust.binary],
        Toolchain::DotNet(dotnet) => vec![&dotnet.file],
        _ => Vec::new(),
    };
    match named.into_iter().find(|name| !is_word(name)) {
        Some(name) => Err(SurveyError::Manifest {
            path: name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect(),
            why: "a Dockerfile cannot name it, for its name holds more than letters, digits and `._/+@-`".to_owned(),
        }),
        None => Ok(()),
    }
}
