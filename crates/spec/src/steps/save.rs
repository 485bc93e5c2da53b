//! `save NAME`: what later lines may use.

use super::RUN_NAME;
use super::header::is_token;
use super::name::is_name;
use crate::cursor::{Cursor, Fault, fault, shown};
use crate::scenario::{Save, SaveFrom};

/// `save NAME`, `save NAME = $.path`, `save NAME = header N` or `save NAME = cookie N`.
pub(super) fn save(cursor: &mut Cursor<'_>) -> Result<Save, Fault> {
    const HINT: &str =
        "as in `save id`, `save id = $.items[0].id`, `save etag = header ETag` or `save sid = cookie session`";
    cursor.keyword("save")?;
    let (at, word) = cursor.word();
    let (name, glued) = word.split_once('=').map_or((word, None), |(name, _)| (name, Some(name.len())));
    if !is_name(name) {
        return Err(fault(at, format!("expected a name to save, found {}", shown(word)), HINT));
    }
    if name == RUN_NAME {
        let hint = "`{run}` stands for a text that is new in each run; save it under another name";
        return Err(fault(at, "`run` cannot be saved", hint));
    }
    let name = name.to_owned();
    if let Some(length) = glued {
        cursor.go_to(at + length);
    }
    if !cursor.rest().trim_start().starts_with('=') {
        return Ok(Save { from: SaveFrom::Body(vec![name.clone()]), name });
    }
    cursor.skip_blank();
    cursor.skip(1);
    let begin = cursor.skip_blank();
    if let kind @ ("header" | "cookie") = cursor.peek_word() {
        cursor.keyword(kind)?;
        let (at, named) = cursor.word();
        if named.is_empty() || !named.bytes().all(is_token) {
            return Err(fault(at, format!("expected the {kind}'s name, found {}", shown(named)), HINT));
        }
        let named = named.to_owned();
        let from = if kind == "header" { SaveFrom::Header(named) } else { SaveFrom::Cookie(named) };
        return Ok(Save { name, from });
    }
    let path = cursor.json_path().map_err(|at| fault(at, "expected a path such as `$.items[0].id`", HINT))?;
    if path.len() > 32 {
        return Err(fault(begin, "this path is too deep", "at most 32 members"));
    }
    Ok(Save { name, from: SaveFrom::Body(path) })
}
