//! The first page of a site.

use crate::folder::Folder;
use crate::found::{Found, Place};

/// The title of the first of these pages, where it is plain text that a request can be held to.
pub(crate) fn title(folder: &Folder, paths: &[&str]) -> Option<Found<String>> {
    let path = folder.first(paths)?;
    let text = folder.source(path)?;
    let begin = text.find("<title>")? + "<title>".len();
    let title = text[begin..].split("</title>").next()?.trim();
    // A template's or an entity's text is another one when it is served.
    let is_plain =
        !title.is_empty() && title.len() <= 80 && !title.contains(['{', '}', '%', '&', '<', '\n', '"', '\\']);
    let line = text[..begin].matches('\n').count() + 1;
    is_plain.then(|| Found::new(title.to_owned(), Place::line(path, line)))
}
