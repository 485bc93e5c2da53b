//! The tags of a repository.

use std::time::{Duration, Instant};

use seaworthy_image::limits;
use serde::Deserialize;
use ureq::http::Method;

use crate::repository::is_tag;
use crate::request::{Request, Scope};
use crate::{RegistryError, Repository, link};

/// How many pages of tags are read.
const PAGES: usize = 1_000;

/// How many tags are taken.
const TAGS: usize = 100_000;

/// No page is asked for after so long.
const LONGEST: Duration = Duration::from_mins(5);

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

impl Repository {
    /// All tags, in the registry's order; none where there is no such repository.
    ///
    /// # Errors
    ///
    /// Fails if the repository may not be read, or has more tags than anybody would give it.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let mut tags = Vec::new();
        let mut request = self.ask(Method::GET, "/tags/list?n=1000");
        let begun = Instant::now();
        for _ in 0..PAGES {
            if begun.elapsed() > LONGEST {
                return Err(RegistryError::Slow { host: self.session.host().to_owned(), what: "its tags" });
            }
            let response = match self.session.send(&request) {
                Err(RegistryError::NoSuchRepository { .. }) if tags.is_empty() => return Ok(tags),
                other => other?,
            };
            let next = response.header("link").and_then(link::next_page);
            let next = next.map(|next| response.join(next)).transpose()?;
            let odd = response.odd("no list of tags");
            let bytes = response.bytes("a list of tags", limits::JSON_BYTES)?;
            let Ok(Page { tags: page }) = serde_json::from_slice(&bytes) else { return Err(odd) };
            tags.extend(page.unwrap_or_default().into_iter().filter(|tag| is_tag(tag)));
            if tags.len() > TAGS {
                break;
            }
            match next {
                Some(next) => request = Request::new(Method::GET, next, Scope::pull(&self.name)),
                None => return Ok(tags),
            }
        }
        Err(RegistryError::TooManyTags { repository: self.to_string(), limit: TAGS })
    }
}
