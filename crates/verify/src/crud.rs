//! Create, read, list, update, read, delete, read again: on every collection that the service's own document names.

use std::time::Instant;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::Finding;
use crate::http::{Request, Response};
use crate::openapi::{Body, Collection, OpenApi};
use crate::service::Service;

/// The most pages of a list that are read.
const PAGES: usize = 50;
/// How long all collections together may take, in timeouts of one request.
const TIMEOUTS: u32 = 10;
/// The variation of a second thing, which differs from all that the first one is ever set to.
const OTHER: u64 = 8;
/// What stays as it is in one segment of a path.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The CRUD requests of one service.
pub(crate) struct Crud<'a> {
    pub(crate) api: &'a OpenApi,
    /// In every text that is written, so that it can be told from others' rows.
    pub(crate) mark: &'a str,
    /// Nothing may stay: what cannot be deleted is not created.
    pub(crate) must_remove: bool,
}

/// Something that was created.
#[derive(Debug, Clone)]
pub(crate) struct Created {
    /// As it goes on the wire.
    pub(crate) path: String,
    pub(crate) written: Value,
    /// Member and value by which a list names it.
    id: Option<(String, Value)>,
    status: u16,
}

/// Why it did not work out.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The service did what it must not.
    Wrong(String),
    /// It cannot be told.
    Unknown(String),
}

impl Created {
    /// Of the answer that said so.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

impl From<Fault> for Finding {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Wrong(evidence) => Finding::fail(evidence),
            Fault::Unknown(evidence) => Finding::unproven(evidence),
        }
    }
}

/// Paths that were created and not removed yet, by their collection.
pub(crate) type Rows = Vec<String>;

impl Crud<'_> {
    /// Every collection, whole. `rows` holds afterwards what could not be removed.
    pub(crate) fn all(&self, service: &Service<'_>, rows: &mut Rows) -> Finding {
        let (collections, too_many) = self.api.collections();
        if collections.is_empty() {
            return Finding::unproven(format!(
                "/openapi.json names no collection that can be created and read back; {SCENARIO}"
            ));
        }
        let started = Instant::now();
        let mut whole: Option<Finding> = None;
        for collection in &collections {
            let finding = if started.elapsed() > service.within * TIMEOUTS {
                Finding::unproven(format!("no time was left for {}", collection.path))
            } else {
                self.one(service, collection, &collections, rows).unwrap_or_else(Finding::from)
            };
            whole = Some(match whole {
                None => finding,
                Some(before) => before.and(finding),
            });
        }
        let mut whole = whole.unwrap_or_else(|| Finding::unproven("no collection"));
        if too_many {
            whole = whole.and(Finding::unproven("there are more collections than are looked at"));
        }
        let others = self.api.others(&collections);
        if !others.is_empty() {
            whole = whole.warn(format!("not exercised, for they belong to no collection: {}", others.join(", ")));
        }
        whole
    }

    fn one(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        all: &[Collection],
        rows: &mut Rows,
    ) -> Result<Finding, Fault> {
        let first_row = rows.len();
        let result = self.parents(service, collection, all, rows).and_then(|path| {
            let mut seen = Seen { path: &collection.path, answers: Vec::new(), open: Vec::new(), is_alone: false };
            self.round(service, collection, &path, rows, &mut seen)?;
            let mut finding = Finding::pass(seen.evidence());
            for method in &collection.bodiless {
                seen.open.push(format!("{method} {} documents no JSON body that could be sent", collection.item));
            }
            for open in &seen.open {
                finding = finding.and(Finding::unproven(format!("{open}; {SCENARIO}")));
            }
            if seen.is_alone {
                finding =
                    finding.warn(format!("beside the first, {} took no second one to tell it from", collection.path));
            }
            if collection.list.is_none() {
                finding = finding.warn(format!("{} documents no list", collection.path));
            }
            if collection.updates.is_empty() && collection.bodiless.is_empty() {
                finding = finding.warn(format!("{} documents no update", collection.item));
            }
            if !collection.delete {
                finding = finding.warn(format!("{} documents no delete", collection.item));
            }
            Ok(finding)
        });
        remove(service, rows, first_row);
        result
    }

    fn round(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        rows: &mut Rows,
        seen: &mut Seen<'_>,
    ) -> Result<(), Fault> {
        let mut created = self.create(service, collection, path, 1)?;
        seen.push("POST", created.status);
        rows.push(created.path.clone());
        let other = self.another(service, collection, path, &created, rows)?;
        seen.is_alone = other.is_none();
        let read = self.read(service, collection, &created, "after it was created")?;
        seen.push("GET", read.status);
        if collection.list.is_some() {
            Self::list(service, collection, path, &created)?;
        }
        for (index, (method, body)) in collection.updates.iter().enumerate() {
            let before = created.written.clone();
            let status = self.update(service, collection, &mut created, method, body, 2 + index as u64)?;
            seen.push(method, status);
            if holds(&before, &created.written, &Map::new()).is_ok() {
                seen.open.push(format!("{method} {} could be sent no other value than the one there", collection.item));
            }
            self.read(service, collection, &created, &format!("after the {method}"))?;
        }
        if collection.delete {
            let what = format!("DELETE {}", collection.item);
            let answer = service.ask(&Request::delete(&created.path), &what)?;
            if !answer.is_success() {
                return Err(Fault::Wrong(format!("{what} {}", service.told(&answer))));
            }
            seen.push("DELETE", answer.status);
            let what = format!("GET {} after the delete", collection.item);
            let gone = service.ask(&Request::get(&created.path), &what)?;
            if gone.status != 404 {
                return Err(Fault::Wrong(format!("{what}: expected 404, {}", service.told(&gone))));
            }
            seen.push("GET", gone.status);
            rows.retain(|row| *row != created.path);
            if collection.list.is_some() && created.id.is_some() && Self::listed(service, collection, path, &created)?.0
            {
                return Err(Fault::Wrong(format!("GET {} still lists what was deleted", collection.path)));
            }
        }
        if let Some(other) = other {
            self.read(service, collection, &other, "of another one, after all that was done to the first")?;
        }
        Ok(())
    }

    /// A second one, which nothing that is done to the first may touch; `None` where no other can be made.
    fn another(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        first: &Created,
        rows: &mut Rows,
    ) -> Result<Option<Created>, Fault> {
        let other = match self.create(service, collection, path, OTHER) {
            Ok(other) => other,
            Err(Fault::Unknown(_)) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if other.path != first.path {
            rows.push(other.path.clone());
            return Ok(Some(other));
        }
        let is_named_by_body = first.id.as_ref().is_some_and(|(name, id)| other.written.get(name) == Some(id));
        if is_named_by_body {
            return Ok(None);
        }
        Err(Fault::Wrong(format!("POST {} gave two things the same id", collection.path)))
    }

    /// The collection's path on the wire, with everything created inside which it lies.
    fn parents(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        all: &[Collection],
        rows: &mut Rows,
    ) -> Result<String, Fault> {
        if !collection.path.contains('{') {
            return Ok(self.api.path(&collection.path));
        }
        let parent = collection.parent.as_ref().and_then(|item| all.iter().find(|known| known.item == *item));
        let Some(parent) = parent.filter(|parent| parent.path.len() < collection.path.len()) else {
            return Err(Fault::Unknown(format!("what {} lies in cannot be created; {SCENARIO}", collection.path)));
        };
        let path = self.parents(service, parent, all, rows)?;
        let created = self.create(service, parent, &path, 1)?;
        rows.push(created.path.clone());
        let rest = collection.path.rfind('}').map_or("", |end| &collection.path[end + 1..]);
        Ok(format!("{}{rest}", created.path.trim_end_matches('/')))
    }

    /// Creates one in the first collection that lies in no other.
    pub(crate) fn create_any(&self, service: &Service<'_>, variation: u64) -> Result<(Collection, Created), Fault> {
        let (collections, _) = self.api.collections();
        let mut last =
            Fault::Unknown(format!("/openapi.json names no collection that can be created and read back; {SCENARIO}"));
        for collection in collections.into_iter().filter(|collection| !collection.path.contains('{')) {
            let path = self.api.path(&collection.path);
            match self.create(service, &collection, &path, variation) {
                Ok(created) => return Ok((collection, created)),
                Err(Fault::Wrong(evidence)) => return Err(Fault::Wrong(evidence)),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// The request that [`Crud::create_any`] would send first, unsent.
    pub(crate) fn creation(&self, variation: u64) -> Option<(Collection, Request)> {
        let (collections, _) = self.api.collections();
        collections.into_iter().filter(|collection| !collection.path.contains('{')).find_map(|collection| {
            if self.must_remove && !collection.delete {
                return None;
            }
            let body = self.api.maker(self.mark, variation).value(&collection.create.schema)?;
            let path = self.api.path(&collection.path);
            let request = Request::json("POST", &path, &collection.create.media_type, &body);
            Some((collection, request))
        })
    }

    /// Creates one in this collection, whose path on the wire is `path`.
    pub(crate) fn create(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        variation: u64,
    ) -> Result<Created, Fault> {
        if self.must_remove && !collection.delete {
            return Err(Fault::Unknown(format!(
                "{} documents no delete, and nothing is written to a given database that cannot be removed",
                collection.item
            )));
        }
        let what = format!("POST {}", collection.path);
        let made = self.api.maker(self.mark, variation).value(&collection.create.schema);
        let bodies: Vec<Value> = made.into_iter().chain(collection.create.example.clone()).collect();
        let mut refused = format!("no body can be made from the schema of {what}; {SCENARIO}");
        for body in bodies {
            let request = Request::json("POST", path, &collection.create.media_type, &body);
            let answer = service.ask(&request, &what)?;
            match answer.status {
                200..=299 => return Self::created(service, collection, path, body, &answer),
                401 | 403 => {
                    return Err(Fault::Unknown(format!(
                        "{what} {} and asks for credentials; {SCENARIO}",
                        service.told(&answer)
                    )));
                }
                400 | 409 | 415 | 422 => {
                    refused =
                        format!("{what} {} to a body made from its own schema; {SCENARIO}", service.told(&answer));
                }
                _ => return Err(Fault::Wrong(format!("{what} {}", service.told(&answer)))),
            }
        }
        Err(Fault::Unknown(refused))
    }

    fn created(
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        written: Value,
        answer: &Response,
    ) -> Result<Created, Fault> {
        let body = answer.json();
        let id = body.as_ref().and_then(|body| identity(inner(body), &collection.key));
        let slash = if collection.item.ends_with('/') { "/" } else { "" };
        let by_location = answer.header("location").and_then(|location| below(location, path));
        let by_id = id.as_ref().map(|(_, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}/{}{slash}", path.trim_end_matches('/'), utf8_percent_encode(&value, SEGMENT))
        });
        let Some(item) = by_id.or(by_location) else {
            return Err(Fault::Unknown(format!(
                "POST {} {} without an id or a location by which it could be read",
                collection.path,
                service.told(answer)
            )));
        };
        Ok(Created { path: item, written, id, status: answer.status })
    }

    /// Where something lies that a request made by hand has created, when it is in a collection of the document.
    pub(crate) fn made_at(&self, path: &str, answer: &Response) -> Option<String> {
        let (collections, _) = self.api.collections();
        let collection = collections.iter().find(|collection| self.api.path(&collection.path) == path)?;
        let (_, id) = identity(inner(&answer.json()?), &collection.key)?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        Some(format!("{}/{}", path.trim_end_matches('/'), utf8_percent_encode(&id, SEGMENT)))
    }

    /// Reads it, and holds what was read against what was written.
    pub(crate) fn read(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        when: &str,
    ) -> Result<Response, Fault> {
        let what = format!("GET {} {when}", collection.item);
        let answer = service.ask(&Request::get(&created.path), &what)?;
        if !answer.is_success() {
            return Err(Fault::Wrong(format!("{what}: {}", service.told(&answer))));
        }
        let Some(body) = answer.json() else {
            return Err(Fault::Wrong(format!("{what}: {} is not JSON", service.told(&answer))));
        };
        let declared = self.api.maker(self.mark, 0).properties(&collection.read);
        match holds(inner(&body), &created.written, &declared) {
            Ok(0) => Err(Fault::Unknown(format!("{what}: nothing of what was written can be compared"))),
            Ok(_) => Ok(answer),
            Err(difference) => Err(Fault::Wrong(service.clean(&format!("{what}: {difference}")))),
        }
    }

    fn list(service: &Service<'_>, collection: &Collection, path: &str, created: &Created) -> Result<(), Fault> {
        let (is_listed, pages) = Self::listed(service, collection, path, created)?;
        if is_listed {
            return Ok(());
        }
        let in_pages = collection.list.as_ref().is_some_and(|list| !list.paging.is_empty()) || pages >= PAGES;
        let evidence = format!("GET {} lists {pages} page(s) without what was just created", collection.path);
        Err(if in_pages { Fault::Unknown(evidence) } else { Fault::Wrong(evidence) })
    }

    /// Whether it is in the list, and how many pages were read.
    fn listed(
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        created: &Created,
    ) -> Result<(bool, usize), Fault> {
        let what = format!("GET {}", collection.path);
        let mut page = path.to_owned();
        let mut pages = 0;
        while pages < PAGES {
            let answer = service.ask(&Request::get(&page), &what)?;
            if !answer.is_success() {
                return Err(Fault::Wrong(format!("{what} {}", service.told(&answer))));
            }
            let body = answer.json().unwrap_or_default();
            let Some(items) = items(&body) else {
                return Err(Fault::Wrong(format!("{what} {} and is no list", service.told(&answer))));
            };
            pages += 1;
            if items.iter().any(|item| is_it(item, created)) {
                return Ok((true, pages));
            }
            match next_page(&answer, &body) {
                Some(next) if next != page => page = next,
                _ => break,
            }
        }
        Ok((false, pages))
    }

    fn update(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &mut Created,
        method: &str,
        body: &Body,
        variation: u64,
    ) -> Result<u16, Fault> {
        let what = format!("{method} {}", collection.item);
        let maker = self.api.maker(self.mark, variation);
        let changed =
            if method == "PATCH" { self.patch(collection, body, variation) } else { maker.value(&body.schema) };
        let Some(changed) = changed.or_else(|| body.example.clone()) else {
            return Err(Fault::Unknown(format!("no body can be made from the schema of {what}; {SCENARIO}")));
        };
        let request = Request::json(method, &created.path, &body.media_type, &changed);
        let answer = service.ask(&request, &what)?;
        match answer.status {
            200..=299 => {}
            400 | 409 | 415 | 422 => {
                return Err(Fault::Unknown(format!(
                    "{what} {} to a body made from its own schema; {SCENARIO}",
                    service.told(&answer)
                )));
            }
            _ => return Err(Fault::Wrong(format!("{what} {}", service.told(&answer)))),
        }
        if method == "PATCH" {
            if let (Some(known), Some(changed)) = (created.written.as_object_mut(), changed.as_object()) {
                known.extend(changed.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        } else {
            created.written = changed;
        }
        Ok(answer.status)
    }

    /// Other values for what the creation wrote, as far as a `PATCH` takes them.
    fn patch(&self, collection: &Collection, body: &Body, variation: u64) -> Option<Value> {
        let maker = self.api.maker(self.mark, variation);
        let mut changed = maker.value(&body.schema)?;
        let takes = maker.properties(&body.schema);
        let like_created = maker.value(&collection.create.schema)?;
        if let (Some(changed), Some(like_created)) = (changed.as_object_mut(), like_created.as_object()) {
            for (name, value) in like_created.iter().filter(|(name, _)| takes.contains_key(*name)) {
                changed.insert(name.clone(), value.clone());
            }
        }
        Some(changed)
    }

    /// Deletes what carries the run's mark, in every list that a service has, and what `rows` names.
    ///
    /// Returns how many remain.
    pub(crate) fn clean(&self, service: &Service<'_>, rows: &mut Rows) -> usize {
        remove(service, rows, 0);
        let (collections, _) = self.api.collections();
        let started = Instant::now();
        for collection in collections.iter().filter(|c| c.delete && c.list.is_some() && !c.path.contains('{')) {
            let path = self.api.path(&collection.path);
            let mut page = path.clone();
            for _ in 0..PAGES {
                if started.elapsed() > service.within * TIMEOUTS {
                    break;
                }
                let Ok(answer) = service.ask(&Request::get(&page), "") else { break };
                let body = answer.json().unwrap_or_default();
                for item in items(&body).into_iter().flatten() {
                    if item.to_string().contains(&format!("seaworthy {}", self.mark))
                        && let Some((_, id)) = identity(item, &collection.key)
                    {
                        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                        let own = format!("{}/{}", path.trim_end_matches('/'), utf8_percent_encode(&id, SEGMENT));
                        rows.push(own);
                    }
                }
                match next_page(&answer, &body) {
                    Some(next) if next != page => page = next,
                    _ => break,
                }
            }
        }
        remove(service, rows, 0);
        rows.len()
    }
}

/// What a person can do where no request can be made up.
pub(crate) const SCENARIO: &str = "a scenario can be written instead";

/// Deletes the rows from `first` on, the last ones first, and keeps those that are not gone.
pub(crate) fn remove(service: &Service<'_>, rows: &mut Rows, first: usize) {
    let mut kept = Vec::new();
    for row in rows.split_off(first.min(rows.len())).into_iter().rev() {
        let gone = service
            .ask(&Request::delete(&row), "")
            .is_ok_and(|answer| answer.is_success() || matches!(answer.status, 404 | 410));
        if !gone {
            kept.push(row);
        }
    }
    kept.reverse();
    rows.extend(kept);
}

/// Statuses in the order in which they were first seen.
struct Seen<'a> {
    path: &'a str,
    answers: Vec<String>,
    /// What could not be shown.
    open: Vec<String>,
    /// That there was no second thing beside the first.
    is_alone: bool,
}

impl Seen<'_> {
    fn push(&mut self, method: &str, status: u16) {
        let answer = format!("{method} {status}");
        if !self.answers.contains(&answer) {
            self.answers.push(answer);
        }
    }

    fn evidence(&self) -> String {
        format!("{} on {}", self.answers.join(", "), self.path)
    }
}

/// The thing itself, where an answer wraps it: `{"data": {…}}`.
fn inner(body: &Value) -> &Value {
    let Some(object) = body.as_object() else { return body };
    for wrapper in ["data", "item", "result"] {
        if let Some(wrapped) = object.get(wrapper).filter(|wrapped| wrapped.is_object()) {
            return wrapped;
        }
    }
    match object.values().next() {
        Some(only) if object.len() == 1 && only.is_object() => only,
        _ => body,
    }
}

/// The member that names a thing, and its value.
fn identity(thing: &Value, key: &str) -> Option<(String, Value)> {
    let object = thing.as_object()?;
    let short = key.rsplit('_').next().unwrap_or(key);
    [key, short, "id", "_id", "uuid", "key", "slug", "name"].into_iter().find_map(|name| {
        let value = object.get(name).filter(|value| value.is_string() || value.is_u64() || value.is_i64())?;
        Some((name.to_owned(), value.clone()))
    })
}

/// The path of a `Location` that is one segment below `path`.
fn below(location: &str, path: &str) -> Option<String> {
    let location = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    let rest = location.strip_prefix(path.trim_end_matches('/'))?.strip_prefix('/')?;
    let one = !rest.is_empty() && !rest.trim_end_matches('/').contains(['/', '?', '#']);
    one.then(|| location.to_owned())
}

/// How many of the written members are there; the first that is missing or different is the error.
fn holds(read: &Value, written: &Value, declared: &Map<String, Value>) -> Result<usize, String> {
    let (Some(written), Some(read)) = (written.as_object(), read.as_object()) else {
        return if same(read, written) { Ok(1) } else { Err(format!("expected `{written}`, found `{read}`")) };
    };
    let mut compared = 0;
    for (name, value) in written {
        match read.get(name) {
            Some(found) if same(found, value) => compared += 1,
            Some(found) => return Err(format!("`{name}` is `{found}`, written was `{value}`")),
            None if !declared.is_empty() && !declared.contains_key(name) => {}
            None if declared.get(name).is_some_and(|schema| schema["writeOnly"] == true) => {}
            None => return Err(format!("`{name}` is missing, written was `{value}`")),
        }
    }
    Ok(compared)
}

/// Equal as data: numbers by value, times by instant, objects by the members of the second.
pub(crate) fn same(found: &Value, written: &Value) -> bool {
    match (found, written) {
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        (Value::String(one), Value::String(two)) => one == two || same_time(one, two),
        (Value::String(text), Value::Number(number)) | (Value::Number(number), Value::String(text)) => {
            text.parse::<f64>().ok() == number.as_f64()
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            two.iter().all(|(name, value)| one.get(name).is_some_and(|found| same(found, value)))
        }
        (one, two) => one == two,
    }
}

fn same_time(one: &str, two: &str) -> bool {
    let instant = |text: &str| {
        text.parse::<jiff::Timestamp>().ok().or_else(|| format!("{text}Z").parse::<jiff::Timestamp>().ok())
    };
    one.contains(':') && matches!((instant(one), instant(two)), (Some(one), Some(two)) if one == two)
}

/// The list in an answer: itself, or its first member that is one.
fn items(body: &Value) -> Option<&Vec<Value>> {
    match body {
        Value::Array(items) => Some(items),
        Value::Object(object) => ["items", "data", "results"]
            .into_iter()
            .filter_map(|name| object.get(name))
            .chain(object.values())
            .find_map(|value| match value {
                Value::Array(items) => Some(items),
                Value::Object(inner) => inner.values().find_map(Value::as_array),
                _ => None,
            }),
        _ => None,
    }
}

fn is_it(item: &Value, created: &Created) -> bool {
    match &created.id {
        Some((name, id)) => item.get(name).is_some_and(|found| same(found, id)),
        None => matches!(holds(item, &created.written, &Map::new()), Ok(1..)),
    }
}

/// Path and query of the next page: by the `Link` header, else by a member `next`.
fn next_page(answer: &Response, body: &Value) -> Option<String> {
    let by_header = answer.header("link").and_then(|links| {
        links.split(',').find_map(|link| {
            let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let next = parameters.split(';').any(|parameter| {
                parameter
                    .trim()
                    .strip_prefix("rel=")
                    .is_some_and(|rel| rel.trim_matches('"').split(' ').any(|r| r == "next"))
            });
            next.then(|| target.to_owned())
        })
    });
    let target = by_header.or_else(|| body["next"].as_str().map(str::to_owned))?;
    let path = match target.split_once("://") {
        Some((_, rest)) => rest[rest.find('/')?..].to_owned(),
        None => target,
    };
    path.starts_with('/').then_some(path)
}
