//! A creation: which bodies are tried, and what a refusal means.

use serde_json::Value;

use super::item::{below, identity_in, path_of};
use super::list::{items, next_page};
use super::reference::reference_names;
use super::{Created, Crud, Fault, LIST_BYTES, SCENARIO};
use crate::http::{Request, Response};
use crate::openapi::{Body, Collection, Operation};
use crate::schema::Style;
use crate::service::Service;

/// How deep things that others refer to may themselves refer to others.
const DEEPEST: usize = 3;

/// A creation that was asked for, and what came of it.
enum Tried {
    Taken(Box<Created>),
    /// Not created; `status` is of the last answer.
    Refused {
        status: u16,
        told: String,
        body: Value,
    },
}

impl Crud<'_> {
    /// Creates one in the first collection that lies in no other and takes one.
    pub(crate) fn create_any(&self, service: &Service<'_>, variation: u64) -> Result<(Collection, Created), Fault> {
        let (collections, _) = self.api.collections();
        let place = &self.api.place;
        let mut last =
            Fault::Unknown(format!("{place} names no collection that can be created and read back; {SCENARIO}"));
        let able = |collection: &Collection| {
            collection.create.is_some() && (collection.read.is_some() || collection.list.is_some())
        };
        for collection in collections.into_iter().filter(|found| able(found) && !found.is_inside_another()) {
            match self.create(service, &collection, &self.api.path(&collection.path), variation) {
                Ok(created) => return Ok((collection, created)),
                Err(Fault::Unknown(_) | Fault::Refused(_)) if matches!(last, Fault::Wrong(_)) => {}
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// The request that [`Crud::create_any`] would send first, unsent.
    pub(crate) fn creation(&self, variation: u64) -> Option<(Collection, Request)> {
        let (collections, _) = self.api.collections();
        collections.into_iter().filter(|collection| !collection.is_inside_another()).find_map(|collection| {
            if self.must_remove && collection.delete.is_none() {
                return None;
            }
            let operation = collection.create.as_ref()?;
            let body = operation.body.as_ref()?;
            let value = self.api.maker(self.mark, variation, &Style::default()).value(&body.schema)?;
            let request = self.request_with("POST", &self.api.path(&collection.path), operation, body, &value);
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
        self.create_below(service, collection, path, variation, 0)
    }

    fn create_below(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        variation: u64,
        depth: usize,
    ) -> Result<Created, Fault> {
        let full = Style { full: true, ..Style::default() };
        let examples = Style { examples: true, ..Style::default() };
        let styles = [full.clone(), Style::default(), examples];
        let (first, mut told, body) = match self.try_styles(service, collection, path, variation, &styles)? {
            Tried::Taken(created) => return Ok(*created),
            Tried::Refused { status, told, body } => (status, told, body),
        };
        let what = format!("POST {}", collection.path);
        let names = reference_names(&body, collection, &self.api.collections().0);
        if names.is_empty() {
            return Err(Self::refusal(collection, first, &told, service.credentials));
        }
        let known = if depth < DEEPEST { self.referred(service, collection, &names, depth)? } else { Vec::new() };
        let mut status = first;
        if !known.is_empty() {
            let with = |style: Style| Style { known: known.clone(), ..style };
            let styles = [with(full), with(Style::default())];
            match self.try_styles(service, collection, path, variation, &styles)? {
                Tried::Taken(created) if first >= 500 => {
                    let note = format!("{what} answers {first} where what it refers to is not there");
                    return Ok(Created { note: Some(note), ..*created });
                }
                Tried::Taken(created) => return Ok(*created),
                Tried::Refused { status: again, told: more, .. } => (status, told) = (again, more),
            }
        }
        if status >= 500 {
            return Err(Fault::Wrong(told));
        }
        let names = names.join("`, `");
        let made = if known.is_empty() { "nothing it could refer to can be made" } else { "also with one made for it" };
        Err(Fault::Unknown(format!("{told}; `{names}` may refer to another collection, {made}; {SCENARIO}")))
    }

    /// Makes one in each collection to which these members refer.
    fn referred(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        names: &[String],
        depth: usize,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let (all, _) = self.api.collections();
        let mut known = Vec::new();
        for name in names {
            let Some(target) = super::reference::target(name, collection, &all) else { continue };
            let path = self.api.path(&target.path);
            let created = match self.create_below(service, target, &path, 1 + depth as u64, depth + 1) {
                Ok(created) => created,
                Err(Fault::Unknown(_) | Fault::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            };
            self.beside.borrow_mut().push(created.path.clone());
            if let Some((_, id)) = created.id {
                known.push((name.clone(), id));
            }
        }
        Ok(known)
    }

    /// A second one, whose text holds what is easily spoilt; `Ok(None)` where the service takes no other beside the first.
    pub(super) fn create_odd(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        first: &Created,
        variation: u64,
    ) -> Result<Option<Created>, Fault> {
        let odd = Style { odd: true, ..first.style.clone() };
        let (refused, body) = match self.try_styles(service, collection, path, variation, std::slice::from_ref(&odd))? {
            Tried::Taken(created) => return Ok(Some(*created)),
            Tried::Refused { status: status @ 500.., told, .. } => {
                return Err(Self::refusal(collection, status, &told, service.credentials));
            }
            Tried::Refused { status, told, body } => ((status, told), body),
        };
        let plain = self.try_styles(service, collection, path, variation, std::slice::from_ref(&first.style))?;
        match plain {
            Tried::Taken(created) if matches!(refused.0, 400 | 422) => {
                self.beside.borrow_mut().push(created.path);
                let text = body
                    .as_object()
                    .into_iter()
                    .flatten()
                    .find_map(|(_, value)| value.as_str().filter(|text| text.contains('"')).map(str::to_owned));
                let text = text.unwrap_or_default();
                Err(Fault::Wrong(service.clean(&format!("{} to `{text}`, which its own schema allows", refused.1))))
            }
            Tried::Taken(created) => Ok(Some(*created)),
            Tried::Refused { status, .. } if status == 409 || shares_a_value(&body, &first.written) => Ok(None),
            Tried::Refused { .. } if first.style.known.is_empty() => {
                // The first one may have referred, by chance, to something that is there.
                let created = self.create(service, collection, path, variation)?;
                if created.style.known.is_empty() {
                    return Ok(Some(created));
                }
                self.beside.borrow_mut().push(created.path.clone());
                self.create_odd(service, collection, path, &created, variation)
            }
            Tried::Refused { status, told, .. } => Err(Self::refusal(collection, status, &told, service.credentials)),
        }
    }

    fn refusal(collection: &Collection, status: u16, told: &str, credentials: &str) -> Fault {
        let operation = collection.create.as_ref();
        let demands: Vec<&str> = operation
            .into_iter()
            .flat_map(|operation| operation.headers.iter().chain(&operation.query))
            .map(|(name, _)| name.as_str())
            .collect();
        match status {
            400 | 422 if operation.is_some_and(|operation| operation.is_secured) => {
                Fault::Unknown(format!("{told}; it asks for credentials, and {credentials}"))
            }
            400 | 422 if !demands.is_empty() => {
                Fault::Unknown(format!("{told}; it demands `{}`; {SCENARIO}", demands.join("`, `")))
            }
            400 | 422 => Fault::Refused(format!("{told} to a body that is valid by its own schema")),
            409 | 415 => Fault::Unknown(format!("{told} to a body made from its own schema; {SCENARIO}")),
            _ => Fault::Wrong(told.to_owned()),
        }
    }

    /// Asks with one body after another until one is taken.
    fn try_styles(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        variation: u64,
        styles: &[Style],
    ) -> Result<Tried, Fault> {
        let what = format!("POST {}", collection.path);
        if self.must_remove && collection.delete.is_none() {
            return Err(Fault::Unknown(format!(
                "{} documents no delete, and nothing is written to a given database that cannot be removed",
                collection.item
            )));
        }
        let Some((operation, body)) = sendable(collection.create.as_ref()) else {
            return Err(Fault::Unknown(format!("{what} documents no body that could be sent; {SCENARIO}")));
        };
        let made = styles.iter().filter_map(|style| {
            Some((self.api.maker(self.mark, variation, style).value(&body.schema)?, style.clone()))
        });
        let shown = body.example.clone().filter(|_| styles.len() > 2).map(|example| (example, Style::default()));
        let mut tried: Vec<Value> = Vec::new();
        let mut last = None;
        for (value, style) in made.chain(shown) {
            if tried.contains(&value) {
                continue;
            }
            tried.push(value.clone());
            let answer = service.ask(&self.request_with("POST", path, operation, body, &value), &what)?;
            match answer.status {
                200..=299 => {
                    return self
                        .taken(service, collection, path, value, &answer, style)
                        .map(|created| Tried::Taken(Box::new(created)));
                }
                400 | 404 | 409 | 415 | 422 | 500..=599 => {
                    let told = format!("{what} {}", service.told(&answer));
                    // What was refused first says most: it was not made smaller yet.
                    last = Some(Tried::Refused { status: answer.status, told, body: value });
                }
                _ => return Err(service.refused(&answer, &what)),
            }
        }
        last.ok_or_else(|| Fault::Unknown(format!("no body can be made from the schema of {what}; {SCENARIO}")))
    }

    fn taken(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        written: Value,
        answer: &Response,
        style: Style,
    ) -> Result<Created, Fault> {
        let removing = collection.delete.as_ref().or(collection.read.as_ref());
        let slash = removing.map_or(collection.item.ends_with('/'), |operation| operation.slash);
        let id = identity_in(answer, &collection.key).or_else(|| self.found(service, collection, path, &written));
        let by_id = id.as_ref().map(|(_, value)| path_of(path, value, slash));
        let by_location = || answer.header("location").and_then(|location| below(location, path));
        let Some(item) = by_id.or_else(by_location) else {
            return Err(Fault::Unknown(format!(
                "POST {} {} without an id or a location by which it could be read",
                collection.path,
                service.told(answer)
            )));
        };
        let schema = collection.create.as_ref().and_then(|create| Some(&create.body.as_ref()?.schema));
        let required =
            schema.map(|schema| self.api.maker("", 0, &Style::default()).required(schema)).unwrap_or_default();
        let names = written.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        // Where nothing is required, what was written is all that can show anything.
        let optional =
            if required.is_empty() { Vec::new() } else { names.filter(|name| !required.contains(name)).collect() };
        Ok(Created {
            path: item,
            list: path.to_owned(),
            written,
            optional,
            id,
            style,
            status: answer.status,
            note: None,
        })
    }

    /// The id of what was just written, by the list: some services answer a creation with nothing that names it.
    fn found(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        path: &str,
        written: &Value,
    ) -> Option<(String, Value)> {
        let list = collection.list.as_ref()?;
        let marked = format!("seaworthy {}", self.mark);
        let is_written = |item: &Value| {
            let written = written.as_object().into_iter().flatten();
            let texts: Vec<_> =
                written.filter(|(_, value)| value.as_str().is_some_and(|t| t.contains(&marked))).collect();
            !texts.is_empty() && texts.iter().all(|(name, value)| item.get(name.as_str()) == Some(*value))
        };
        let mut page = path.to_owned();
        for _ in 0..super::list::PAGES {
            let answer = service.send(&self.request("GET", &page, list).at_most(LIST_BYTES)).ok()?;
            let body = answer.json()?;
            if let Some(item) = items(&body)?.iter().find(|item| is_written(item)) {
                return super::item::identity(item, &collection.key);
            }
            page = next_page(&answer, &body).filter(|next| *next != page)?;
        }
        None
    }

    /// Where something lies that a request made by hand has created, when it is in a collection of the document.
    pub(crate) fn made_at(&self, path: &str, answer: &Response) -> Option<String> {
        let (collections, _) = self.api.collections();
        let is_it = |collection: &&Collection| {
            self.api.path(&collection.path).trim_end_matches('/') == path.trim_end_matches('/')
        };
        let collection = collections.iter().find(is_it)?;
        let (_, id) = identity_in(answer, &collection.key)?;
        Some(path_of(path, &id, collection.delete.as_ref().is_some_and(|delete| delete.slash)))
    }
}

/// An operation with the body that it takes.
pub(super) fn sendable(operation: Option<&Operation>) -> Option<(&Operation, &Body)> {
    let operation = operation?;
    Some((operation, operation.body.as_ref()?))
}

/// Whether a text or a number stands in both: it may have to be the only one of its kind.
fn shares_a_value(one: &Value, other: &Value) -> bool {
    let scalar = |value: &Value| value.is_string() || value.is_number();
    one.as_object().into_iter().flatten().any(|(name, value)| scalar(value) && other.get(name.as_str()) == Some(value))
}
