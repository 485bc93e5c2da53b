//! Create, read, list, update, read, delete, read again: on every collection that the service's own document names.

mod clean;
mod compare;
mod create;
mod item;
mod list;
mod reads;
mod reference;
mod round;
mod send;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::time::Instant;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::Value;

pub(crate) use self::reference::{called, stem};
use crate::Finding;
use crate::openapi::{Collection, OpenApi};
use crate::schema::Style;
use crate::service::Service;

/// How long all collections together may take, in timeouts of one request.
const TIMEOUTS: u32 = 10;
/// The longest list that is read, in bytes: in the user's own database there may be much.
const LIST_BYTES: usize = 8 << 20;
/// What stays as it is in one segment of a path.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a person can do where no request can be made up.
pub(crate) const SCENARIO: &str = "a scenario can be written instead";
/// What a person can do where the service asks who is there, and nobody is named.
pub(crate) const CREDENTIALS: &str =
    "no credentials are known: name them in the sentence (`All CRUD endpoints work as {env.API_TOKEN}`)";
/// The same where somebody is named.
pub(crate) const NOT_TAKEN: &str = "the credentials that the specification names were not taken";

/// The CRUD requests of one service.
pub(crate) struct Crud<'a> {
    pub(crate) api: &'a OpenApi,
    /// In every text that is written, so that it can be told from others' rows.
    pub(crate) mark: &'a str,
    /// Nothing may stay: what cannot be deleted is not created.
    pub(crate) must_remove: bool,
    /// The headers that say who asks.
    pub(crate) login: Vec<(String, String)>,
    /// Made for others to refer to, and not removed yet.
    pub(crate) beside: RefCell<Rows>,
}

/// Something that was created.
#[derive(Debug, Clone)]
pub(crate) struct Created {
    /// As it goes on the wire.
    pub(crate) path: String,
    pub(crate) written: Value,
    /// The collection's path on the wire.
    list: String,
    /// Members of `written` that need not be there, and of which is not known yet whether the service keeps them.
    optional: Vec<String>,
    /// Member and value by which a list names it.
    id: Option<(String, Value)>,
    /// How the body was made that was taken.
    style: Style,
    status: u16,
    /// What a reader should know of how it was created.
    note: Option<String>,
}

/// Why it did not work out.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The service did what it must not.
    Wrong(String),
    /// It refused a body that its own document allows.
    Refused(String),
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
            Fault::Wrong(evidence) | Fault::Refused(evidence) => Finding::fail(evidence),
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
        let others = self.api.others(&collections);
        if !collections.iter().any(|collection| collection.missing().is_empty()) {
            return self.none_is_whole(&collections, &others);
        }
        let chosen: Vec<&Collection> = collections.iter().collect();
        let mut whole = self.each(&chosen, &collections, service, rows);
        if too_many {
            whole = whole.and(Finding::unproven("there are more collections than are looked at"));
        }
        if !others.is_empty() {
            whole = whole.warn(format!("not exercised, for they belong to no collection: {}", others.join(", ")));
        }
        whole
    }

    /// The collections of things that a sentence names, all four operations of each; with `listed`, a list of each, too.
    pub(crate) fn only(&self, things: &str, listed: bool, service: &Service<'_>, rows: &mut Rows) -> Finding {
        let (collections, _) = self.api.collections();
        let chosen: Vec<&Collection> =
            collections.iter().filter(|collection| is_of(&self.api.path(&collection.path), things)).collect();
        if chosen.is_empty() {
            let known: Vec<String> = collections.iter().map(|collection| collection.path.clone()).take(5).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let place = &self.api.place;
            return Finding::unproven(format!("{place} names no collection of `{things}`, but {known}; {SCENARIO}"));
        }
        let lacking = chosen.iter().find(|collection| !collection.missing().is_empty());
        if let Some(collection) = lacking {
            let missing = collection.missing().join(", no ");
            return Finding::fail(format!("{} documents no {missing}", collection.path));
        }
        if let Some(collection) = chosen.iter().find(|collection| listed && collection.list.is_none()) {
            return Finding::fail(format!("{} documents no list", collection.path));
        }
        self.each(&chosen, &collections, service, rows)
    }

    fn each(
        &self,
        chosen: &[&Collection],
        collections: &[Collection],
        service: &Service<'_>,
        rows: &mut Rows,
    ) -> Finding {
        let started = Instant::now();
        let mut whole: Option<Finding> = None;
        for collection in chosen {
            let finding = match collection.missing().as_slice() {
                missing if collection.create.is_none() || missing.contains(&"read") => {
                    Finding::pass("").warn(format!("{} documents no {}", collection.path, missing.join(", no ")))
                }
                _ if started.elapsed() > service.within * TIMEOUTS => {
                    Finding::unproven(format!("no time was left for {}", collection.path))
                }
                missing => {
                    let finding = self.one(service, collection, collections, rows).unwrap_or_else(Finding::from);
                    if missing.is_empty() {
                        finding
                    } else {
                        finding.warn(format!("{} documents no {}", collection.path, missing.join(", no ")))
                    }
                }
            };
            whole = Some(match whole {
                None => finding,
                Some(before) => before.and(finding),
            });
        }
        whole.unwrap_or_else(|| Finding::unproven("no collection"))
    }

    /// No collection of the document has create, read, update and delete.
    fn none_is_whole(&self, collections: &[Collection], others: &[String]) -> Finding {
        let place = &self.api.place;
        let known: Vec<String> = collections
            .iter()
            .map(|collection| format!("{} has no {}", collection.path, collection.missing().join(", no ")))
            .collect();
        let evidence = if known.is_empty() {
            format!("{place} names no collection with create, read, update and delete")
        } else {
            format!("{place} names no collection with create, read, update and delete: {}", known.join("; "))
        };
        // What looks missing may be there under a path of another shape.
        let lacking = |verb: &str| collections.is_empty() || collections.iter().all(|c| c.missing().contains(&verb));
        let elsewhere = ["create", "update", "delete"]
            .into_iter()
            .filter(|verb| lacking(verb))
            .all(|verb| others.iter().any(|other| could_be(verb, other)));
        if elsewhere && !others.is_empty() {
            return Finding::unproven(format!("{evidence}; not understood: {}; {SCENARIO}", others.join(", ")));
        }
        Finding::fail(evidence)
    }
}

/// Whether a collection is of the things named: its whole path, or its last part in the singular or the plural.
fn is_of(path: &str, things: &str) -> bool {
    let plain = |text: &str| text.trim_matches('/').to_lowercase();
    if things.starts_with('/') {
        return plain(path) == plain(things);
    }
    let last = plain(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    let things = plain(things);
    last == things || things.strip_suffix('s').is_some_and(|one| one == last)
}

/// Whether an operation outside every collection could be a create, an update or a delete.
fn could_be(verb: &str, operation: &str) -> bool {
    let (method, path) = operation.split_once(' ').unwrap_or((operation, ""));
    let path = path.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| path.contains(word));
    let is_call = method == "POST" && says(&["graphql", "rpc"]);
    is_call
        || match verb {
            "create" => matches!(method, "POST" | "PUT") && !says(&["login", "logout", "token", "auth"]),
            "update" => matches!(method, "PUT" | "PATCH") || says(&["update", "edit", "modify", "change"]),
            _ => method == "DELETE" || says(&["delete", "remove", "destroy"]),
        }
}

#[cfg(test)]
mod shapes {
    use super::could_be;

    #[test]
    fn an_operation_of_another_shape_may_be_what_is_missing() {
        for (verb, operation, expected) in [
            ("update", "PUT /tasks/update/{id}", true),
            ("update", "POST /updateTask", true),
            ("delete", "POST /tasks/{id}/delete", true),
            ("delete", "DELETE /sessions/{id}/all", true),
            ("delete", "POST /graphql", true),
            ("delete", "POST /login", false),
            ("update", "POST /login", false),
            ("create", "POST /auth/login", false),
        ] {
            assert_eq!(could_be(verb, operation), expected, "{verb} {operation}");
        }
    }
}
