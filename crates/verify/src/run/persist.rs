//! `data.persists`: written in one container, read in another on the same volumes and the same database.

use seaworthy_engine::{Signal, Volumes};

use super::{Main, Runs};
use crate::Finding;
use crate::crud::{Created, SCENARIO};
use crate::openapi::{Collection, OpenApi};

/// Words that mean whatever the service keeps.
const EVERYTHING: &[&str] =
    &["data", "state", "everything", "item", "record", "row", "resource", "object", "content", "entry", "change"];
/// Words that name nothing by themselves.
const FILLERS: &[&str] = &[
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
pub(crate) struct Kept {
    pub(crate) volumes: Box<dyn Volumes>,
    pub(crate) collection: Collection,
    pub(crate) created: Created,
}

/// A try, and what it left.
pub(crate) struct Persisted {
    pub(crate) finding: Finding,
    /// Where something was kept, and the new container read it.
    pub(crate) kept: Option<Kept>,
}

impl Runs<'_> {
    pub(crate) fn persists(&self, main: &Main, things: &str) -> Finding {
        let api = match (&self.port, &main.api) {
            (Err(_), _) => return Finding::unproven(self.no_port()),
            (_, Err(why)) => return Finding::unproven(format!("{why}; {SCENARIO}")),
            (Ok(_), Ok(api)) => api,
        };
        let (collections, _) = api.collections();
        let wanted = match meant(things, collections) {
            Ok(wanted) => wanted,
            Err(why) => return Finding::unproven(format!("{why}; {SCENARIO}")),
        };
        let mut findings = wanted.into_iter().map(|collection| self.persist(api, collection).finding);
        let first = findings.next().unwrap_or_else(|| Finding::unproven("no collection"));
        findings.fold(first, Finding::and)
    }

    /// Creates one, kills the container, and reads it from a new one.
    pub(crate) fn persist(&self, api: &OpenApi, collection: Collection) -> Persisted {
        match self.try_persist(api, collection) {
            Ok(persisted) => persisted,
            Err(finding) => Persisted { finding, kept: None },
        }
    }

    fn try_persist(&self, api: &OpenApi, collection: Collection) -> Result<Persisted, Finding> {
        let Ok(port) = self.port else { return Err(Finding::unproven(self.no_port())) };
        let volumes = self.prepared.volumes().map_err(|error| self.engine_failed(&error))?;
        let requests = self.requests(api);

        let first = self
            .up(&self.run(), Some(volumes.as_ref()), self.until(), None)
            .map_err(|down| down.finding("before the restart", Finding::fail))?;
        let service = self.service(first.container.as_ref(), port);
        let created = requests.create(&service, &collection, &api.path(&collection.path), 1).map_err(Finding::from)?;
        self.remember(&created.path);
        requests.read(&service, &collection, &created, "before the restart").map_err(Finding::from)?;
        first.container.signal(Signal::Kill).map_err(|error| self.engine_failed(&error))?;
        let ended = first.container.wait(self.options.timeout).map_err(|error| self.engine_failed(&error))?;
        if ended.is_none() {
            return Err(Finding::unproven("the container could not be killed"));
        }
        self.retire(first.container, "a container that was killed");

        let second = self
            .up(&self.run(), Some(volumes.as_ref()), self.until(), None)
            .map_err(|down| down.finding("after the restart", Finding::fail))?;
        let service = self.service(second.container.as_ref(), port);
        let read = requests.read(&service, &collection, &created, "after the restart").map_err(Finding::from)?;
        let evidence = format!(
            "POST {} {}, container killed, GET {} from a new one",
            collection.path,
            created.status(),
            read.status
        );
        self.retire(second.container, "a container started after another was killed");
        Ok(Persisted { finding: Finding::pass(evidence), kept: Some(Kept { volumes, collection, created }) })
    }

    pub(crate) fn engine_failed(&self, error: &seaworthy_engine::EngineError) -> Finding {
        Finding::unproven(self.redactor.quote(&error.to_string()))
    }
}

/// The collections that a sentence means: by name, all of them, or the only one.
fn meant(things: &str, collections: Vec<Collection>) -> Result<Vec<Collection>, String> {
    let all: Vec<Collection> = collections.into_iter().filter(|collection| !collection.path.contains('{')).collect();
    let words: Vec<String> = things.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(stem).collect();
    let named = |collection: &&Collection| words.contains(&name(collection));
    let by_name: Vec<Collection> = all.iter().filter(named).cloned().collect();
    let everything = words.iter().any(|word| EVERYTHING.contains(&word.as_str()));
    let is_known = |word: &String| {
        let word = word.as_str();
        FILLERS.contains(&word)
            || EVERYTHING.contains(&word)
            || by_name.iter().any(|collection| name(collection) == word)
    };
    if all.is_empty() {
        return Err("/openapi.json names no collection that can be created and read back".to_owned());
    }
    // Whatever else is named must be shown too.
    match words.iter().all(is_known) {
        true if !by_name.is_empty() => Ok(by_name),
        true if everything => Ok(all),
        _ => Err(format!("/openapi.json names no collection called `{things}`")),
    }
}

/// `task` of `/api/tasks/`.
fn name(collection: &Collection) -> String {
    let last = collection.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    stem(&last.to_lowercase())
}

/// Without the ending of a plural.
fn stem(word: &str) -> String {
    let word = word.strip_suffix("ies").map_or_else(|| word.to_owned(), |root| format!("{root}y"));
    word.strip_suffix('s').map_or(word.clone(), str::to_owned)
}
