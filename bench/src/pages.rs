//! The pages of a list, as the service links them.

use anyhow::{Context as _, ensure};

use crate::load::Talk;

/// The path of the first page.
pub(crate) fn first(limit: u64) -> String {
    format!("/tasks?limit={limit}")
}

/// The path of the page behind the one at `path`.
pub(crate) fn next(talk: &mut Talk, path: &str) -> anyhow::Result<String> {
    let page = talk.get(path)?;
    ensure!(page.status == 200, "`{path}`: status {}", page.status);
    let link = page.header("link").with_context(|| format!("`{path}` has no next page"))?;
    let target = link.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    Ok(target.with_context(|| format!("`{link}` is no link"))?.0.to_owned())
}

/// The same place, in pages of another size.
pub(crate) fn with_limit(path: &str, limit: u64) -> anyhow::Result<String> {
    let (start, rest) = path.split_once("limit=").with_context(|| format!("`{path}` has no limit"))?;
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    Ok(format!("{start}limit={limit}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_page_changes_and_its_place_stays() {
        assert_eq!(with_limit("/tasks?limit=1000&cursor=AQ", 100).unwrap(), "/tasks?limit=100&cursor=AQ");
        assert!(with_limit("/tasks", 100).is_err());
    }
}
