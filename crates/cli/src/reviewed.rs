//! What `seaworthy review` adds to its findings: the tags of the next push, a prompt, and texts without secrets.

use std::path::{Path, PathBuf};

use seaworthy_build::{Project, ProjectError, git};
use seaworthy_image::Digest;
use seaworthy_registry::tags::{self, Fate, Found, Meaning, Origin};
use seaworthy_review::Listed;
use seaworthy_review::dockerfile::Unreadable;
use seaworthy_review::mask::Mask;
use seaworthy_review::tags::{Tag, TagKind};

use crate::failure::Failure;
use crate::files;
use crate::specification::Problems;

/// The Dockerfile that the project's settings name.
///
/// # Errors
///
/// Fails if they cannot be understood, or it is not there.
pub(crate) fn named_dockerfile(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let file = match Project::find(folder) {
        Ok(project) => project.options.file,
        Err(error @ ProjectError::Settings(_)) => return Err(error.into()),
        // What is no project may have a Dockerfile or a specification all the same.
        Err(_) => None,
    };
    match file.map(|file| files::from_here(&file)) {
        Some(file) if !file.is_file() => {
            Err(Failure::new(format!("the settings name the Dockerfile `{}`, which is not there", file.display()))
                .into())
        }
        file => Ok(file),
    }
}

/// The tags under which a project would be pushed now, if no registry has others.
pub(crate) fn tags_of(folder: &Path) -> Vec<Tag> {
    let Ok(project) = Project::find(folder) else { return Vec::new() };
    let revision = git::revision(&project.folder).map(|revision| revision.name);
    let commit = revision.as_deref().unwrap_or_default().trim_end_matches("-dirty").to_owned();
    let version = project.version.clone().or_else(|| git::tagged_version(&project.folder, &commit));
    let dirty = revision.as_ref().is_some_and(|name| name.ends_with("-dirty"));
    let revision = (!commit.is_empty()).then_some(commit);
    let origin = Origin { version, revision, dirty, own: Vec::new() };
    // No image is there yet: what a tag names does not matter.
    let plan = tags::plan(&origin, &Digest::of(b""), &Found::default(), false);
    plan.steps.into_iter().filter_map(tag).collect()
}

fn tag(step: tags::Step) -> Option<Tag> {
    let kind = match step.meaning {
        Meaning::Version => TagKind::Version,
        Meaning::Newest(_) => TagKind::Line,
        Meaning::Commit => TagKind::Commit,
        Meaning::Dirty => TagKind::Dirty,
        Meaning::Latest => TagKind::Latest,
        Meaning::Own => return None,
    };
    let left_out = match step.fate {
        Fate::LeftOut { why } => Some(why),
        _ => None,
    };
    Some(Tag { name: step.tag, kind, left_out })
}

/// The texts that are reviewed, as they may be shown.
pub(crate) struct Shown {
    mask: Mask,
    /// The path and the text of each.
    files: Vec<(String, String)>,
}

impl Shown {
    /// `beside` are texts that are not shown and may name secrets of the others: a compose file.
    pub(crate) fn of(files: &[(String, &str)], beside: &[String]) -> Self {
        let texts = files.iter().map(|(_, text)| *text).chain(beside.iter().map(String::as_str));
        let mut mask = Mask::knowing(texts);
        let files = files.iter().map(|(path, text)| (path.clone(), mask.file(path, text))).collect();
        Self { mask, files }
    }

    pub(crate) fn listed(&mut self, listed: &Listed) -> Listed {
        let findings = listed.findings.iter().map(|finding| self.mask.finding(finding)).collect();
        Listed { findings, count: listed.count }
    }

    /// A line of a file.
    pub(crate) fn line(&self, path: &str, number: usize) -> Option<String> {
        let (_, text) = self.files.iter().find(|(known, _)| known == path)?;
        text.lines().nth(number.checked_sub(1)?).map(str::to_owned)
    }
}

/// An error without what the text holds: a specification's problems quote its lines.
pub(crate) fn without_secrets(error: anyhow::Error, text: &str) -> anyhow::Error {
    let mut mask = Mask::knowing([text]);
    match error.downcast::<Problems>() {
        Ok(mut problems) => {
            for problem in &mut problems.error.problems {
                problem.message = mask.text(&problem.message);
                problem.hint = problem.hint.as_deref().map(|hint| mask.text(hint));
                if let Some(excerpt) = &mut problem.excerpt {
                    let before: String = excerpt.text.chars().take(excerpt.caret).collect();
                    excerpt.caret = mask.text(&before).chars().count();
                    excerpt.text = mask.text(&excerpt.text);
                }
            }
            problems.into()
        }
        Err(error) => error,
    }
}

/// As [`without_secrets`], of a Dockerfile that cannot be read.
pub(crate) fn unreadable(error: &Unreadable, text: &str) -> Unreadable {
    Unreadable { line: error.line, why: Mask::knowing([text]).text(&error.why) }
}
