//! What was created is removed again.

use std::time::Instant;

use percent_encoding::utf8_percent_encode;

use super::item::identity;
use super::list::{PAGES, items, next_page};
use super::send::plain;
use super::{Crud, LIST_BYTES, Rows, SEGMENT, TIMEOUTS};
use crate::http::Request;
use crate::service::Service;

impl Crud<'_> {
    /// Deletes what carries the run's mark, in every list that a service has, and what `rows` names.
    ///
    /// Returns how many remain.
    pub(crate) fn clean(&self, service: &Service<'_>, rows: &mut Rows) -> usize {
        self.remove(service, rows, 0);
        let (collections, _) = self.api.collections();
        let started = Instant::now();
        for collection in collections.iter().filter(|collection| !collection.is_inside_another()) {
            let (Some(delete), Some(list)) = (&collection.delete, &collection.list) else { continue };
            let path = self.api.path(&collection.path);
            let slash = if delete.slash { "/" } else { "" };
            let mut page = path.clone();
            for _ in 0..PAGES {
                if started.elapsed() > service.within * TIMEOUTS {
                    break;
                }
                let Ok(answer) = service.ask(&self.request("GET", &page, list).at_most(LIST_BYTES), "") else { break };
                let body = answer.json().unwrap_or_default();
                for item in items(&body).into_iter().flatten() {
                    if item.to_string().contains(&format!("seaworthy {}", self.mark))
                        && let Some((_, id)) = identity(item, &collection.key)
                    {
                        let id = plain(&id);
                        rows.push(format!(
                            "{}/{}{slash}",
                            path.trim_end_matches('/'),
                            utf8_percent_encode(&id, SEGMENT)
                        ));
                    }
                }
                match next_page(&answer, &body) {
                    Some(next) if next != page => page = next,
                    _ => break,
                }
            }
        }
        self.remove(service, rows, 0);
        rows.len()
    }

    /// Deletes the rows from `first` on, the last ones first, and keeps those that are not gone.
    pub(super) fn remove(&self, service: &Service<'_>, rows: &mut Rows, first: usize) {
        let mut kept = Vec::new();
        for row in rows.split_off(first.min(rows.len())).into_iter().rev() {
            let gone = service
                .ask(&Request { method: "DELETE".to_owned(), ..self.get(&row) }, "")
                .is_ok_and(|answer| answer.is_success() || matches!(answer.status, 404 | 410));
            if !gone {
                kept.push(row);
            }
        }
        kept.reverse();
        rows.extend(kept);
    }
}
