//! One collection, from the first creation to the last look.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::compare::{Judged, judge};
use super::create::sendable;
use super::{Created, Crud, Fault, Rows, SCENARIO};
use crate::Finding;
use crate::http::Request;
use crate::openapi::{Body, Collection, Operation};
use crate::schema::Style;
use crate::service::Service;

/// The variation of a second thing, which differs from all that the first one is ever set to.
const OTHER: u64 = 9;
/// How long work may go on that was taken with 202.
const ACCEPTED: Duration = Duration::from_secs(5);
/// Between two looks at it.
const POLL: Duration = Duration::from_millis(50);

impl Crud<'_> {
    pub(super) fn one(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        all: &[Collection],
        rows: &mut Rows,
    ) -> Result<Finding, Fault> {
        let first_row = rows.len();
        let result = self.parents(service, collection, all, rows).and_then(|path| {
            let mut seen = Seen { path: &collection.path, ..Seen::default() };
            self.round(service, collection, &path, rows, &mut seen)?;
            Ok(seen.finding(collection))
        });
        // What was made for others to refer to goes after those that refer to it.
        rows.splice(first_row..first_row, self.beside.borrow_mut().drain(..));
        self.remove(service, rows, first_row);
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
        seen.notes.extend(created.note.clone());
        rows.push(created.path.clone());
        self.await_taken(service, collection, &created);
        let mut other = self.another(service, collection, path, &created, rows)?;
        seen.is_alone = other.is_none();

        let (read, judged) = self.read_judged(service, collection, &created, "after it was created")?;
        seen.push("GET", read.status);
        seen.settle(&mut created, judged);
        if let Some(other) = &mut other {
            self.await_taken(service, collection, other);
            let (_, judged) = self.read_judged(service, collection, other, "of a second one, after it was created")?;
            seen.settle(other, judged);
        }
        let beside = |created: &Created, other: &Option<Created>| -> Vec<Created> {
            [Some(created.clone()), other.clone()].into_iter().flatten().collect()
        };
        let both = beside(&created, &other);
        self.list(service, collection, &both.iter().collect::<Vec<_>>(), None, "")?;

        for (index, (method, operation)) in collection.updates.iter().enumerate() {
            let Some((_, body)) = sendable(Some(operation)) else {
                seen.open.push(format!("{method} {} documents no body that could be sent", collection.item));
                continue;
            };
            let before = created.written.clone();
            let status = self
                .update(service, collection, &mut created, method, operation, body, 2 + index as u64)
                .map_err(|fault| self.because(service, collection, fault, other.as_ref()))?;
            seen.push(method, status);
            if matches!(judge(&before, &created.written, &[], &Map::new()), Ok(same) if same.compared > 0) {
                seen.open.push(format!("{method} {} could be sent no other value than the one there", collection.item));
            }
            if status == 202 {
                self.await_taken(service, collection, &created);
            }
            let (_, judged) = self.read_judged(service, collection, &created, &format!("after the {method}"))?;
            seen.settle(&mut created, judged);
            if let Some(other) = &other {
                self.read(service, collection, other, &format!("of another one, after the {method}"))?;
            }
            let both = beside(&created, &other);
            self.list(service, collection, &both.iter().collect::<Vec<_>>(), None, &format!(" after the {method}"))?;
        }
        if let Some(delete) = &collection.delete {
            let status = self
                .delete(service, collection, delete, &created)
                .map_err(|fault| self.because(service, collection, fault, other.as_ref()))?;
            seen.push("DELETE", status);
            if let Some(status) = self.still_gone(service, collection, &created, "after the delete")? {
                seen.push("GET", status);
            }
            rows.retain(|row| *row != created.path);
            let others: Vec<&Created> = other.iter().collect();
            self.list(service, collection, &others, Some(&created), " after the delete")?;
            if let Some(other) = &other {
                self.read(service, collection, other, "of another one, after the delete")?;
            }
        }
        Ok(())
    }

    /// What went wrong, or that answers to one and the same request differ, which is then the reason.
    fn because(&self, service: &Service<'_>, collection: &Collection, fault: Fault, other: Option<&Created>) -> Fault {
        match (fault, other) {
            (Fault::Wrong(told), Some(other)) => {
                self.differing(service, collection, other).unwrap_or(Fault::Wrong(told))
            }
            (fault, _) => fault,
        }
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
        let Some(other) = self.create_odd(service, collection, path, first, OTHER)? else { return Ok(None) };
        if other.path != first.path {
            rows.push(other.path.clone());
            return Ok(Some(other));
        }
        let is_named_by_body = first.id.as_ref().is_some_and(|(name, id)| other.written.get(name) == Some(id));
        if is_named_by_body {
            return Ok(None);
        }
        let same = Fault::Wrong(format!("POST {} gave two things the same id", collection.path));
        Err(self.differing(service, collection, first).unwrap_or(same))
    }

    /// The collection's path on the wire, with everything created inside which it lies.
    fn parents(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        all: &[Collection],
        rows: &mut Rows,
    ) -> Result<String, Fault> {
        if !collection.is_inside_another() {
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

    /// Waits for what was taken with 202 and is done later.
    fn await_taken(&self, service: &Service<'_>, collection: &Collection, created: &Created) {
        let Some(read) = collection.read.as_ref().filter(|_| created.status == 202) else { return };
        let started = Instant::now();
        while started.elapsed() < ACCEPTED.min(service.within) {
            let answer = service.send(&self.request("GET", &created.path, read));
            if answer.is_ok_and(|answer| answer.is_success()) {
                return;
            }
            std::thread::sleep(POLL);
        }
    }

    pub(crate) fn delete(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        operation: &Operation,
        created: &Created,
    ) -> Result<u16, Fault> {
        let what = format!("DELETE {}", collection.item);
        let request = self.request("DELETE", &created.path, operation);
        let answer = self.with_match(service, collection, created, request, &what)?;
        if !answer.is_success() {
            return Err(service.refused(&answer, &what));
        }
        let started = Instant::now();
        while answer.status == 202 && started.elapsed() < ACCEPTED {
            if self.still_gone(service, collection, created, "after the delete").is_ok() {
                break;
            }
            std::thread::sleep(POLL);
        }
        Ok(answer.status)
    }

    /// One as it is kept: without what the service set itself instead of what was written.
    pub(crate) fn kept(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        mut created: Created,
        when: &str,
    ) -> Result<Created, Fault> {
        let (_, judged) = self.read_judged(service, collection, &created, when)?;
        Seen::default().settle(&mut created, judged);
        Ok(created)
    }

    /// Gives it other values.
    #[expect(clippy::too_many_arguments, reason = "an operation and its body belong together")]
    pub(crate) fn update(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &mut Created,
        method: &str,
        operation: &Operation,
        body: &Body,
        variation: u64,
    ) -> Result<u16, Fault> {
        let what = format!("{method} {}", collection.item);
        let mut last = Fault::Unknown(format!("no body can be made from the schema of {what}; {SCENARIO}"));
        let mut tried: Vec<Value> = Vec::new();
        for changed in self.changes(collection, created, method, body, variation) {
            if tried.contains(&changed) {
                continue;
            }
            tried.push(changed.clone());
            let request = self.request_with(method, &created.path, operation, body, &changed);
            let answer = self.with_match(service, collection, created, request, &what)?;
            match answer.status {
                200..=299 => {
                    self.written(created, method, body, changed);
                    return Ok(answer.status);
                }
                400 | 422 => {
                    let told = format!("{what} {} to a body that is valid by its own schema", service.told(&answer));
                    last = if operation.is_secured { Fault::Unknown(told) } else { Fault::Refused(told) };
                }
                409 | 412 | 415 | 428 => {
                    last = Fault::Unknown(format!(
                        "{what} {} to a body made from its own schema; {SCENARIO}",
                        service.told(&answer)
                    ));
                }
                _ => return Err(service.refused(&answer, &what)),
            }
        }
        Err(last)
    }

    /// The bodies that an update may be sent, the fullest first.
    fn changes(
        &self,
        collection: &Collection,
        created: &Created,
        method: &str,
        body: &Body,
        variation: u64,
    ) -> Vec<Value> {
        let full = Style { full: created.style.full, odd: false, ..created.style.clone() };
        let small = Style { full: false, ..full.clone() };
        let mut bodies = Vec::new();
        for style in [full, small] {
            let maker = self.api.maker(self.mark, variation, &style);
            let Some(mut changed) = maker.value(&body.schema) else { continue };
            let takes = maker.properties(&body.schema);
            if method == "PATCH" {
                // Other values for what the creation wrote, as far as this takes them.
                let like_created =
                    collection.create.as_ref().and_then(|create| maker.value(&create.body.as_ref()?.schema));
                let like_created = like_created.unwrap_or_default();
                let like_created = like_created.as_object().into_iter().flatten();
                if let Some(changed) = changed.as_object_mut() {
                    for (name, value) in like_created.filter(|(name, _)| takes.contains_key(*name)) {
                        changed.insert(name.clone(), value.clone());
                    }
                }
            }
            // Many services want the id in the body as it is in the path.
            if let (Some((name, id)), Some(changed)) = (&created.id, changed.as_object())
                && takes.get(name).is_some_and(|schema| maker.flat(schema, 0)["readOnly"] != true)
            {
                let mut with_id = changed.clone();
                with_id.insert(name.clone(), id.clone());
                bodies.push(Value::Object(with_id));
            }
            bodies.push(changed);
        }
        bodies.extend(body.example.clone());
        bodies
    }

    /// What it holds now.
    fn written(&self, created: &mut Created, method: &str, body: &Body, changed: Value) {
        let required = self.api.maker("", 0, &Style::default()).required(&body.schema);
        let names = |value: &Value| -> Vec<String> {
            value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let known = names(&created.written);
        let is_new = |name: &String| !known.contains(name) && !required.contains(name);
        created.optional = names(&changed).into_iter().filter(is_new).collect();
        match (method, created.written.as_object_mut(), changed.as_object()) {
            ("PATCH", Some(known), Some(changed)) => {
                known.extend(changed.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => created.written = changed,
        }
    }

    /// Asks; where the service wants to know which state is meant, once more with the tag of the one that is there.
    fn with_match(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        mut request: Request,
        what: &str,
    ) -> Result<crate::http::Response, Fault> {
        let answer = service.ask(&request, what)?;
        let Some(read) = collection.read.as_ref().filter(|_| matches!(answer.status, 412 | 428)) else {
            return Ok(answer);
        };
        let now = service.ask(&self.request("GET", &created.path, read), what)?;
        let Some(tag) = now.header("etag") else { return Ok(answer) };
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("if-match"));
        request.headers.push(("if-match".to_owned(), tag.to_owned()));
        service.ask(&request, what)
    }
}

/// Statuses in the order in which they were first seen.
#[derive(Default)]
struct Seen<'a> {
    path: &'a str,
    answers: Vec<String>,
    /// What could not be shown.
    open: Vec<String>,
    /// What a reader should know.
    notes: Vec<String>,
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

    /// Takes in what a first read of something showed: what the service set itself is not written again.
    fn settle(&mut self, created: &mut Created, judged: Judged) {
        for name in &judged.unkept {
            if let Some(written) = created.written.as_object_mut() {
                written.shift_remove(name);
            }
            let open = format!("`{name}` comes back with another value than was written");
            if !self.open.contains(&open) {
                self.open.push(open);
            }
        }
        for name in judged.other_form {
            let note = format!("`{name}` comes back in another form than it was written");
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        created.style.without.extend(judged.unkept);
        created.optional.clear();
    }

    fn finding(self, collection: &Collection) -> Finding {
        let mut finding = Finding::pass(format!("{} on {}", self.answers.join(", "), self.path));
        for open in &self.open {
            finding = finding.and(Finding::unproven(format!("{open}; {SCENARIO}")));
        }
        if self.is_alone {
            let alone = format!("beside the first, {} took no second one to tell it from", collection.path);
            finding = finding.and(Finding::unproven(format!("{alone}; {SCENARIO}")));
        }
        for note in &self.notes {
            finding = finding.warn(note);
        }
        if collection.list.is_none() {
            finding = finding.warn(format!("{} documents no list", collection.path));
        }
        finding
    }
}
