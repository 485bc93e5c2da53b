//! The list of a collection: its items, its pages, and what stands in it.

use serde_json::{Map, Value};

use super::compare::{judge, same};
use super::{Created, Crud, Fault, LIST_BYTES};
use crate::http::Response;
use crate::openapi::{Collection, WRAPPERS};
use crate::schema::Style;
use crate::service::Service;

/// The most pages of a list that are read.
pub(super) const PAGES: usize = 50;

/// Where something stands in a list.
pub(super) enum Listed {
    /// On the page at this path, as the whole list has only this one or not.
    On { page: String, item: Value },
    /// Nowhere on this many pages.
    Nowhere { pages: usize },
}

impl Crud<'_> {
    /// Holds the list against everything that must stand in it, and against what must not, over several connections.
    pub(super) fn list(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        there: &[&Created],
        gone: Option<&Created>,
        when: &str,
    ) -> Result<(), Fault> {
        let Some(list) = &collection.list else { return Ok(()) };
        let Some(path) = there.first().or(gone.as_ref()).map(|created| created.list.clone()) else { return Ok(()) };
        let what = format!("GET {}{when}", collection.path);
        let declared = self.api.maker(self.mark, 0, &Style::default()).properties(&self.api.listed(&list.answer));
        let mut pages: Vec<String> = vec![path];
        for created in there {
            match self.find(service, collection, created, &what)? {
                Listed::On { page, .. } if pages.contains(&page) => {}
                Listed::On { page, .. } => pages.push(page),
                Listed::Nowhere { pages } => {
                    let fault = self.not_listed(collection, &what, pages);
                    return Err(self.differing(service, collection, created).unwrap_or(fault));
                }
            }
        }
        if let Some(gone) = gone.filter(|gone| gone.id.is_some())
            && let Listed::On { .. } = self.find(service, collection, gone, &what)?
        {
            return Err(Fault::Wrong(format!("GET {} still lists what was deleted", collection.path)));
        }
        let in_one = pages.len() == 1;
        for page in pages {
            let request = self.request("GET", &page, list).at_most(LIST_BYTES);
            Self::agreed(service, &request, &what, |answer| {
                let body = list_of(service, answer, &what)?;
                let items = items(&body).unwrap_or(&EMPTY);
                for created in there {
                    match items.iter().find(|item| is_it(item, created)) {
                        Some(item) => holds(service, item, created, &declared, &what)?,
                        None if in_one => return Err(self.not_listed(collection, &what, 1)),
                        None => {}
                    }
                }
                match gone.filter(|gone| gone.id.is_some()) {
                    Some(gone) if items.iter().any(|item| is_it(item, gone)) => {
                        Err(Fault::Wrong(format!("GET {} still lists what was deleted", collection.path)))
                    }
                    _ => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// Goes through the pages until it stands on one.
    pub(super) fn find(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        what: &str,
    ) -> Result<Listed, Fault> {
        let list = collection.list.clone().unwrap_or_default();
        let mut page = created.list.clone();
        let mut seen = 0;
        let mut pages = 0;
        let mut is_turned = false;
        while pages < PAGES {
            let answer = service.ask(&self.request("GET", &page, &list).at_most(LIST_BYTES), what)?;
            if is_turned && !answer.is_success() {
                // Behind the last page.
                break;
            }
            let body = list_of(service, &answer, what)?;
            let items = items(&body).unwrap_or(&EMPTY);
            pages += 1;
            if let Some(item) = items.iter().find(|item| is_it(item, created)) {
                return Ok(Listed::On { page, item: item.clone() });
            }
            seen += items.len();
            let named = next_page(&answer, &body);
            is_turned = named.is_none();
            let is_last = items.is_empty() || body.get("next").is_some();
            let next = named.or_else(|| turned(&collection.paging, &created.list, seen, pages).filter(|_| !is_last));
            match next {
                Some(next) if next != page => page = next,
                _ => break,
            }
        }
        Ok(Listed::Nowhere { pages })
    }

    fn not_listed(&self, collection: &Collection, what: &str, pages: usize) -> Fault {
        let evidence = format!("{what} lists {pages} page(s) without what was created");
        // In the user's own database there may be more than can be gone through.
        let may_be_further = pages >= PAGES || (self.must_remove && !collection.paging.is_empty());
        if may_be_further { Fault::Unknown(evidence) } else { Fault::Wrong(evidence) }
    }
}

static EMPTY: Vec<Value> = Vec::new();

fn holds(
    service: &Service<'_>,
    item: &Value,
    created: &Created,
    declared: &Map<String, Value>,
    what: &str,
) -> Result<(), Fault> {
    // A list may show less of a thing than its own page does.
    let is_known = |name: &String| item.get(name).is_some() || declared.contains_key(name);
    let shown = match created.written.as_object() {
        Some(written) if item.is_object() => {
            let shown = written.iter().filter(|(name, _)| is_known(name));
            Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        _ => return Ok(()),
    };
    match judge(item, &shown, &created.optional, declared) {
        Ok(_) => Ok(()),
        Err(difference) => Err(Fault::Wrong(service.clean(&format!("{what}: {difference}")))),
    }
}

fn list_of(service: &Service<'_>, answer: &Response, what: &str) -> Result<Value, Fault> {
    if !answer.is_success() {
        return Err(service.refused(answer, what));
    }
    let body = answer.json().unwrap_or_default();
    if items(&body).is_none() && !(answer.status == 204 && answer.body.is_empty()) {
        return Err(Fault::Wrong(format!("{what} {} and is no list", service.told(answer))));
    }
    Ok(body)
}

/// The list in an answer: itself, or its first member that is one.
pub(super) fn items(body: &Value) -> Option<&Vec<Value>> {
    match body {
        Value::Array(items) => Some(items),
        Value::Object(object) => {
            let named = WRAPPERS.iter().filter_map(|name| object.get(*name));
            named.chain(object.values()).find_map(|value| match value {
                Value::Array(items) => Some(items),
                Value::Object(inner) => inner.values().find_map(Value::as_array),
                _ => None,
            })
        }
        _ => None,
    }
}

pub(super) fn is_it(item: &Value, created: &Created) -> bool {
    match &created.id {
        Some((name, id)) => match item.get(name) {
            Some(found) => same(found, id),
            None => same(item, id),
        },
        None => matches!(judge(item, &created.written, &[], &Map::new()), Ok(judged) if judged.compared > 0),
    }
}

/// Path and query of the next page: by the `Link` header, else by a member that names it.
pub(super) fn next_page(answer: &Response, body: &Value) -> Option<String> {
    let by_header = answer.headers_named("link").flat_map(|links| links.split(',')).find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = parameters.split(';').any(|parameter| {
            parameter
                .trim()
                .strip_prefix("rel=")
                .is_some_and(|rel| rel.trim_matches('"').split(' ').any(|r| r == "next"))
        });
        next.then(|| target.to_owned())
    });
    let by_member = || {
        let links = [&body["next"], &body["links"]["next"], &body["_links"]["next"]["href"], &body["meta"]["next"]];
        links.into_iter().find_map(|link| link.as_str().or(link["href"].as_str())).map(str::to_owned)
    };
    let target = by_header.or_else(by_member)?;
    let path = match target.split_once("://") {
        Some((_, rest)) => rest[rest.find('/')?..].to_owned(),
        None => target,
    };
    path.starts_with('/').then_some(path)
}

/// The next page of a list that names none, by the parameters that the document tells of.
fn turned(paging: &[String], path: &str, seen: usize, pages: usize) -> Option<String> {
    let named = |names: &[&str]| paging.iter().find(|name| names.contains(&name.to_ascii_lowercase().as_str()));
    let glue = if path.contains('?') { '&' } else { '?' };
    if let Some(offset) = named(&["offset", "skip"]) {
        return Some(format!("{path}{glue}{offset}={seen}"));
    }
    named(&["page"]).map(|page| format!("{path}{glue}{page}={}", pages + 1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_next_page_is_found_by_every_usual_sign() {
        let answer = |links: &[&str]| Response {
            status: 200,
            headers: links.iter().map(|link| ("link".to_owned(), (*link).to_owned())).collect(),
            body: Vec::new(),
            took: Duration::ZERO,
        };
        let nothing = json!({});
        for (links, body, expected) in [
            (&["</a>; rel=\"prev\"", "</b?page=2>; rel=\"next\""][..], &nothing, Some("/b?page=2")),
            (&[], &json!({"next": "http://localhost/c?offset=5"}), Some("/c?offset=5")),
            (&[], &json!({"next": null}), None),
            (&[], &json!({"_links": {"next": {"href": "/d"}}}), Some("/d")),
        ] {
            assert_eq!(next_page(&answer(links), body).as_deref(), expected, "{links:?} {body}");
        }
    }

    #[test]
    fn pages_are_turned_by_the_documented_parameters() {
        let paging = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(turned(&paging(&["limit", "offset"]), "/t", 20, 1).as_deref(), Some("/t?offset=20"));
        assert_eq!(turned(&paging(&["page"]), "/t?x=1", 20, 1).as_deref(), Some("/t?x=1&page=2"));
        assert_eq!(turned(&paging(&["limit"]), "/t", 20, 1), None);
    }

    #[test]
    fn a_list_is_found_inside_its_wrapper() {
        for body in [
            json!([1]),
            json!({"count": 1, "results": [1]}),
            json!({"data": {"tasks": [1]}}),
            json!({"_embedded": {"tasks": [1]}, "page": {"size": 20}}),
        ] {
            assert_eq!(items(&body), Some(&vec![json!(1)]), "{body}");
        }
        assert_eq!(items(&json!({"message": "none"})), None);
    }
}
