//! A site of files that are given out as they are.

use crate::SurveyError;
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Language, Role};
use crate::survey::Told;
use crate::toolchain::{Site, Toolchain};
use crate::versions::SITE_PORT;

use super::page;

const PAGES: &[&str] = &["index.html", "public/index.html", "site/index.html", "www/index.html", "html/index.html"];

#[expect(clippy::unnecessary_wraps, reason = "it is one of several that may fail")]
pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let Some(path) = folder.first(PAGES) else { return Ok(None) };
    let at = Place::file(path);
    let root = path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    Ok(Some(Told {
        role: Role::Web,
        port: Some(Found::new(SITE_PORT, at.clone())),
        health: Some(Found::new("/".to_owned(), at.clone())),
        logs: Some(at.clone()),
        page: page::title(folder, PAGES),
        ..Told::new(Found::new(Language::Site, at), Toolchain::Site(Site { root }))
    }))
}
