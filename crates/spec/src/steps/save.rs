//! `save NAME`: what later lines may use.

use super::name::is_name;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::Save;

/// `save NAME` or `save NAME = $.path`.
pub(super) fn save(cursor: &mut Cursor<'_>) -> Result<Save, Fault> {
    const HINT: &str = "as in `save id` or `save id = $.items[0].id`";
    cursor.keyword("save")?;
    let (at, word) = cursor.word();
    let (name, glued) = word.split_once('=').map_or((word, None), |(name, _)| (name, Some(name.len())));
    if !is_name(name) {
        return Err(fault(at, format!("expected a name to save, found {}", shown(word)), HINT));
    }
    let name = name.to_owned();
    if let Some(length) = glued {
        cursor.go_to(at + length);
    }
    if !cursor.rest().trim_start().starts_with('=') {
        return Ok(Save { path: vec![name.clone()], name });
    }
    cursor.skip_blank();
    cursor.skip(1);
    let begin = cursor.skip_blank();
    let path = cursor.json_path().map_err(|at| fault(at, "expected a path such as `$.items[0].id`", HINT))?;
    if path.len() > 32 {
        return Err(fault(begin, "this path is too deep", "at most 32 members"));
    }
    Ok(Save { name, path })
}
