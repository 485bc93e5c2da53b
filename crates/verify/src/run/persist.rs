//! `data.persists`: written in one container, read in another on the same volumes and the same database.

use seaworthy_engine::Signal;

use seaworthy_spec::Scenario;

use super::remover::Storage;
use super::{Main, Runs};
use crate::Finding;
use crate::crud::{Created, Crud, Fault, SCENARIO, called, stem};
use crate::openapi::{Collection, OpenApi};
use crate::service::Service;

/// Words that mean whatever the service keeps.
pub(super) const EVERYTHING: &[&str] =
    &["data", "state", "everything", "item", "record", "row", "resource", "object", "content", "entry", "change"];
/// Words that name nothing by themselves.
pub(super) const FILLERS: &[&str] = &[
    "",
    "the",
    "all",
    "any",
    "every",
    "each",
    "and",
    "of",
    "in",
    "it",
    "our",
    "new",
    "created",
    "existing",
    "stored",
    "saved",
    "written",
    "persistent",
    "application",
    "app",
    "service",
    "database",
    "api",
];

/// What lies on volumes that outlive their container.
pub(crate) struct Kept<'a> {
    pub(crate) storage: Storage<'a>,
    pub(crate) collection: Collection,
    pub(crate) created: Created,
}

/// What was done before a container was killed.
struct Written {
    created: Created,
    changed: Option<Created>,
    deleted: Option<Created>,
    /// The requests with their statuses.
    told: String,
}

/// A try, and what it left.
pub(crate) struct Persisted<'a> {
    pub(crate) finding: Finding,
    /// Where something was kept, and the new container read it.
    pub(crate) kept: Option<Kept<'a>>,
}

impl Runs<'_> {
    /// By the service's document, and by the promise's own steps.
    pub(crate) fn persists(&self, main: &Main, things: &str, steps: Option<&Scenario>) -> Finding {
        self.both(self.persists_by_document(main, things), steps, |steps| self.kept_by_steps(steps))
    }

    fn persists_by_document(&self, main: &Main, things: &str) -> Finding {
        let api = match (&self.port, &main.api) {
            (Err(_), _) => return Finding::unproven(self.no_port()),
            (_, Err(why)) => return Finding::unproven(format!("{why}; {SCENARIO}")),
            (Ok(_), Ok(api)) => api,
        };
        let (collections, _) = api.collections();
        let wanted = match meant(things, collections, &api.place) {
            Ok(wanted) => wanted,
            Err(why) => return Finding::unproven(format!("{why}; {SCENARIO}")),
        };
        let mut findings = wanted.into_iter().map(|collection| self.persist(api, collection).finding);
        let first = findings.next().unwrap_or_else(|| Finding::unproven("no collection"));
        findings.fold(first, Finding::and)
    }

    /// Creates one, kills the container, and reads it from a new one.
    pub(crate) fn persist(&self, api: &OpenApi, collection: Collection) -> Persisted<'_> {
        match self.try_persist(api, collection) {
            Ok(persisted) => persisted,
            Err(finding) => Persisted { finding, kept: None },
        }
    }

    fn try_persist(&self, api: &OpenApi, collection: Collection) -> Result<Persisted<'_>, Finding> {
        let Ok(port) = self.port else { return Err(Finding::unproven(self.no_port())) };
        let storage = self.storage().map_err(|error| self.engine_failed(&error))?;
        let requests = self.requests(api);

        let first = self
            .up(&self.run(), storage.volumes(), self.until(), None)
            .map_err(|down| down.finding("before the restart", Finding::fail))?;
        let service = self.service(first.container.as_ref(), port);
        let written = self.write(&service, &requests, &collection, api).map_err(|fault| match fault {
            // That a body is refused says nothing of what lasts.
            Fault::Refused(told) => Finding::unproven(told),
            fault => fault.into(),
        })?;
        first.container.signal(Signal::Kill).map_err(|error| self.engine_failed(&error))?;
        let ended = first.container.wait(self.options.timeout).map_err(|error| self.engine_failed(&error))?;
        if ended.is_none() {
            return Err(Finding::unproven("the container could not be killed"));
        }
        self.retire(first.container, "a container that was killed");

        let second = self
            .up(&self.run(), storage.volumes(), self.until(), None)
            .map_err(|down| down.finding("after the restart", Finding::fail))?;
        let service = self.service(second.container.as_ref(), port);
        let read =
            requests.read(&service, &collection, &written.created, "after the restart").map_err(Finding::from)?;
        if let Some(changed) = &written.changed {
            requests
                .read(&service, &collection, changed, "of one that was changed, after the restart")
                .map_err(Finding::from)?;
        }
        if let Some(deleted) = &written.deleted {
            requests.still_gone(&service, &collection, deleted, "after the restart").map_err(Finding::from)?;
        }
        let evidence = format!("{}, container killed, GET {} from a new one", written.told, read.status);
        self.retire(second.container, "a container started after another was killed");
        let kept = Kept { storage, collection, created: written.created };
        Ok(Persisted { finding: Finding::pass(evidence), kept: Some(kept) })
    }

    /// One that stays as it was created, one that is changed, and one that is deleted, as far as the document offers that.
    fn write(
        &self,
        service: &Service<'_>,
        requests: &Crud<'_>,
        collection: &Collection,
        api: &OpenApi,
    ) -> Result<Written, Fault> {
        let path = api.path(&collection.path);
        let create = |variation: u64| {
            let created = requests.create(service, collection, &path, variation)?;
            self.remember(&created.path);
            requests.kept(service, collection, created, "before the restart")
        };
        let created = create(1)?;
        let mut told = format!("POST {} {}", collection.path, created.status());
        let mut written = Written { created, changed: None, deleted: None, told: String::new() };
        // What takes no second one beside the first can show no more than that one.
        if let (Some((method, operation)), Ok(mut changed)) = (collection.updates.first(), create(3))
            && changed.path != written.created.path
            && let Some(body) = &operation.body
        {
            let status = requests.update(service, collection, &mut changed, method, operation, body, 6)?;
            told = format!("{told}, {method} {status}");
            written.changed = Some(requests.kept(service, collection, changed, &format!("after the {method}"))?);
        }
        if let (Some(delete), Ok(deleted)) = (&collection.delete, create(5))
            && deleted.path != written.created.path
        {
            let status = requests.delete(service, collection, delete, &deleted)?;
            told = format!("{told}, DELETE {status}");
            written.deleted = Some(deleted);
        }
        Ok(Written { told, ..written })
    }

    pub(crate) fn engine_failed(&self, error: &seaworthy_engine::EngineError) -> Finding {
        Finding::unproven(self.redactor.quote(&error.to_string()))
    }
}

/// The collections that a sentence means: by name, all of them, or the only one.
fn meant(things: &str, collections: Vec<Collection>, place: &str) -> Result<Vec<Collection>, String> {
    let able = |collection: &Collection| {
        collection.create.is_some() && (collection.read.is_some() || collection.list.is_some())
    };
    let all: Vec<Collection> =
        collections.into_iter().filter(|found| able(found) && !found.is_inside_another()).collect();
    let words: Vec<String> = things.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(stem).collect();
    let named = |collection: &&Collection| words.contains(&called(collection));
    let by_name: Vec<Collection> = all.iter().filter(named).cloned().collect();
    let everything = words.iter().any(|word| EVERYTHING.contains(&word.as_str()));
    let is_known = |word: &String| {
        let word = word.as_str();
        FILLERS.contains(&word)
            || EVERYTHING.contains(&word)
            || by_name.iter().any(|collection| called(collection) == word)
    };
    if all.is_empty() {
        return Err(format!("{place} names no collection that can be created and read back"));
    }
    // Whatever else is named must be shown too.
    match words.iter().all(is_known) {
        true if !by_name.is_empty() => Ok(by_name),
        true if everything => Ok(all),
        _ => Err(format!("{place} names no collection called `{things}`")),
    }
}
