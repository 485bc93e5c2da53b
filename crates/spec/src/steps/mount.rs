//! `mount FILE at PATH` and `secret NAME = FILE`: files from beside the specification.

use super::form::form;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::{Action, Step};

/// Where secrets are mounted, as container engines do it.
const SECRETS: &str = "/run/secrets/";
/// What the run itself puts in stands there.
const OURS: &str = "/run/seaworthy";

/// What stands behind `mount`.
pub(super) fn mount(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let file = file(cursor, "mount")?;
    cursor.keyword("at")?;
    let (at, path) = text(cursor)?;
    let is_whole = path.starts_with('/') && !path.ends_with('/') && parts_are_plain(&path[1..]);
    if !is_whole || path.starts_with(OURS) {
        return Err(fault(at, format!("expected the file's whole path, found {}", shown(&path)), form("mount")));
    }
    Ok(Action::Mount { file, at: path, is_secret: false })
}

/// What stands behind `secret`.
pub(super) fn secret(cursor: &mut Cursor<'_>) -> Result<Action, Fault> {
    let at = cursor.skip_blank();
    let rest = cursor.rest();
    let name = &rest[..rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len())];
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_name) || name.chars().all(|c| c == '.') {
        return Err(fault(at, format!("expected the secret's name, found {}", shown(name)), form("secret")));
    }
    cursor.skip(name.len());
    let at = cursor.skip_blank();
    if !cursor.rest().starts_with('=') {
        return Err(fault(at, format!("expected `=`, found {}", shown(cursor.peek_word())), form("secret")));
    }
    cursor.skip(1);
    Ok(Action::Mount { file: file(cursor, "secret")?, at: format!("{SECRETS}{name}"), is_secret: true })
}

/// A file below the specification's folder.
fn file(cursor: &mut Cursor<'_>, step: &str) -> Result<String, Fault> {
    let (at, file) = text(cursor)?;
    if parts_are_plain(&file) {
        return Ok(file);
    }
    let message = format!("expected a file below the specification's folder, found {}", shown(&file));
    Err(fault(at, message, form(step)))
}

fn parts_are_plain(path: &str) -> bool {
    path.len() <= 1000 && !path.contains('\0') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn text(cursor: &mut Cursor<'_>) -> Result<(usize, String), Fault> {
    let at = cursor.skip_blank();
    let text = if cursor.rest().starts_with('"') { cursor.quoted()? } else { cursor.word_here().1.to_owned() };
    Ok((at, text))
}

/// A file that would come too late, or in the place of another one; or a look at what the scenario itself put there.
pub(super) fn misplaced(steps: &[Step]) -> Option<(usize, &'static str, &'static str)> {
    const HINT: &str = "`mount` and `secret` stand first, or right before `start`, once for each path";
    let mut runs = false;
    for (index, step) in steps.iter().enumerate() {
        match &step.action {
            Action::File { path, .. } => {
                if steps.iter().any(|step| matches!(&step.action, Action::Mount { at, .. } if at == path)) {
                    let hint = "look into a file that the container writes";
                    return Some((index, "the scenario itself puts this file there", hint));
                }
                runs = true;
            }
            Action::Mount { at, .. } => {
                let mut later = steps[index..].iter().map(|step| &step.action);
                let next = later.find(|action| !matches!(action, Action::Mount { .. }));
                if runs && !matches!(next, Some(Action::Start { .. })) {
                    return Some((index, "a file is mounted before the container starts", HINT));
                }
                let is_same = |step: &Step| matches!(&step.action, Action::Mount { at: other, .. } if other == at);
                if steps[..index].iter().any(is_same) {
                    return Some((index, "another file is mounted there", HINT));
                }
            }
            Action::StopDatabase
            | Action::StartDatabase
            | Action::StopDependency(_)
            | Action::StartDependency(_)
            | Action::Run { .. } => {}
            _ => runs = true,
        }
    }
    None
}
