//! The tools: the same rules, and the same store, as the paths of the API have.

use std::{fmt::Write, sync::Arc};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::fields::Fields;
use crate::{
    app::AppState,
    config::key::{Denied, Scope, Scopes},
    error::Error,
    middleware::load::Ticket,
    request::{
        etag::{self, Conditions},
        fault::{Fault, Place, both},
        object::{Object, input},
        owner::Owner,
        selection::Selection,
    },
    resource::{
        batch::TaggedTask,
        tasks::{create_once, done},
    },
    store::StoreError,
    task::{Change, Status, Task, TaskId},
};

/// All tools, as clients are told of them.
pub(super) const DESCRIBED: &str = include_str!("../../assets/mcp-tools.json");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    List,
    Get,
    Create,
    Update,
    Complete,
    Delete,
}

/// Who calls, and what may be done for it; without scopes, everything.
pub(super) struct Caller<'a> {
    pub(super) state: &'a AppState,
    pub(super) owner: Owner,
    pub(super) scopes: Option<Scopes>,
    pub(super) ticket: &'a Ticket,
}

impl Caller<'_> {
    /// Makes room for tasks that are read.
    fn hold<'t>(&self, tasks: impl IntoIterator<Item = &'t Task>) -> Result<(), Error> {
        self.ticket.hold(tasks.into_iter().map(Task::bytes).sum())
    }
}

/// How long a page may be: what a model reads at a time.
const PAGE_BYTES: usize = 32_000;

#[derive(Serialize)]
struct Page {
    tasks: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

impl Tool {
    const ALL: [(&str, Self); 6] = [
        ("list_tasks", Self::List),
        ("get_task", Self::Get),
        ("create_task", Self::Create),
        ("update_task", Self::Update),
        ("complete_task", Self::Complete),
        ("delete_task", Self::Delete),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, tool)| *tool)
    }

    fn scope(self) -> Scope {
        match self {
            Self::List | Self::Get => Scope::Read,
            Self::Create | Self::Update | Self::Complete | Self::Delete => Scope::Write,
        }
    }

    /// What comes of it, as JSON.
    ///
    /// # Errors
    ///
    /// Fails as the path of the API does that does the same.
    pub(super) async fn call(self, caller: &Caller<'_>, arguments: &str) -> Result<Box<RawValue>, Error> {
        let scope = self.scope();
        if caller.scopes.is_some_and(|scopes| !scopes.may(scope)) {
            return Err(Error::Denied(Denied::NotFor(scope)));
        }
        if self == Self::List {
            return json(&list(caller, arguments).await?);
        }
        let arguments = Object::read(arguments, vec![Place::Name("arguments")])?;
        let mut fields = Fields::ALL;
        let task = match self {
            Self::Delete => return json(&delete(caller, &arguments).await?),
            Self::List | Self::Get => {
                fields = Fields::read(arguments.raw("fields"))?;
                get(caller, &arguments).await
            }
            Self::Create => create(caller, &arguments).await,
            Self::Update => change(caller, &arguments, arguments.change_but_no_reset()?).await,
            Self::Complete => {
                change(caller, &arguments, Change { status: Some(Status::completed()), ..Change::default() }).await
            }
        };
        json(&fields.of(&TaggedTask::new(task?, caller.state.epoch())))
    }
}

fn json(result: &impl Serialize) -> Result<Box<RawValue>, Error> {
    to_raw_value(result).map_err(|error| Error::Internal(StoreError::Query { source: error.into() }))
}

async fn list(caller: &Caller<'_>, arguments: &str) -> Result<Page, Error> {
    let object = Object::read(arguments, vec![Place::Name("arguments")])?;
    let epoch = caller.state.epoch();
    let selection = query(arguments).and_then(|query| Selection::parse(&query, &caller.owner, epoch));
    let selection =
        selection.map_err(|faults| faults.into_iter().map(|fault| fault.moved_to("arguments")).collect::<Vec<_>>());
    let (selection, fields) = both(selection, Fields::read(object.raw("fields")))?;
    let listed = caller.state.store()?.list(&caller.owner, &selection).await?;
    caller.hold(&listed.tasks)?;
    let (mut tasks, mut bytes, mut last, mut is_cut) = (Vec::new(), 0, None, listed.has_more);
    for task in &listed.tasks {
        let shown = json(&fields.of(&TaggedTask::new(task.clone(), epoch)))?;
        bytes += shown.get().len();
        if bytes > PAGE_BYTES && last.is_some() {
            is_cut = true;
            break;
        }
        tasks.push(shown);
        last = Some(task);
    }
    Ok(Page { tasks, next_cursor: last.filter(|_| is_cut).map(|last| selection.cursor_behind(last)) })
}

/// The arguments as they would stand in a query string. Null is as good as nothing.
fn query(arguments: &str) -> Result<String, Vec<Fault>> {
    let at = [Place::Name("query")];
    let map: Map<String, Value> =
        serde_json::from_str(arguments).map_err(|_| Object::is_none(&at, input(arguments)))?;
    let (mut query, mut faults) = (String::new(), Vec::new());
    for name in ["limit", "cursor", "status", "status_not", "created_after", "created_before", "q", "sort"] {
        let text = match map.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if name == "limit" => number.to_string(),
            Some(other) => {
                let place = [Place::Name("query"), Place::Name(name)];
                let msg = "Input should be a valid string";
                faults.push(Fault::new("string_type", &place, msg, input(&other.to_string())));
                continue;
            }
        };
        let _ = write!(query, "{name}={}&", utf8_percent_encode(&text, NON_ALPHANUMERIC));
    }
    if faults.is_empty() { Ok(query) } else { Err(faults) }
}

async fn get(caller: &Caller<'_>, arguments: &Object<'_>) -> Result<Task, Error> {
    let id = arguments.id()?.ok_or(Error::NoSuchTask)?;
    let task = caller.state.store()?.read(&caller.owner, id).await?.ok_or(Error::NoSuchTask)?;
    caller.hold([&*task])?;
    Ok(Arc::unwrap_or_clone(task))
}

async fn create(caller: &Caller<'_>, arguments: &Object<'_>) -> Result<Task, Error> {
    let (name, draft) = both(arguments.key(), arguments.draft())?;
    let Some(name) = name else {
        let task = caller.state.store()?.create(&caller.owner, draft).await?;
        caller.state.feeds.touch(&caller.owner);
        return Ok(task);
    };
    let key = name.of("mcp create_task", &draft.said());
    let (mut tasks, _) = create_once(caller.state, &caller.owner, key, vec![draft]).await?;
    tasks.pop().ok_or(Error::NoSuchTask)
}

async fn change(caller: &Caller<'_>, arguments: &Object<'_>, change: Change) -> Result<Task, Error> {
    let (id, version) = named(caller.state, arguments)?.ok_or(Error::NoSuchTask)?;
    let conditions =
        Conditions { only: version.map(|version| vec![version]), except: None, epoch: caller.state.epoch() };
    let changed = caller.state.store()?.change(&caller.owner, id, &conditions, change).await?;
    done(caller.state, &caller.owner, changed)
}

/// What is left of a task that is gone.
#[derive(Serialize)]
struct Deleted {
    id: i64,
    deleted: bool,
}

async fn delete(caller: &Caller<'_>, arguments: &Object<'_>) -> Result<Deleted, Error> {
    let (id, version) = named(caller.state, arguments)?.ok_or(Error::NoSuchTask)?;
    let conditions =
        Conditions { only: version.map(|version| vec![version]), except: None, epoch: caller.state.epoch() };
    let gone = caller.state.store()?.delete(&caller.owner, id, &conditions).await?;
    done(caller.state, &caller.owner, gone)?;
    Ok(Deleted { id: id.0, deleted: true })
}

/// The task that the arguments name, if it can be one's, and the version that it must have.
fn named(state: &AppState, arguments: &Object<'_>) -> Result<Option<(TaskId, Option<i64>)>, Vec<Fault>> {
    let (id, etag) = both(arguments.id(), arguments.etag())?;
    if etag.is_none() && state.requires_if_match {
        return Err(vec![arguments.is_wrong("etag", "Input should say in which state the task may be changed")]);
    }
    // A tag of something else is never this task's.
    Ok(id.map(|id| (id, etag.map(|etag| etag::version(&etag, (id, state.epoch())).unwrap_or(0)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_described() {
        let described: Vec<Value> = serde_json::from_str(DESCRIBED).unwrap();
        let names: Vec<_> = described.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, Tool::ALL.map(|(name, _)| name));
        for (tool, (name, known)) in described.iter().zip(Tool::ALL) {
            assert_eq!(tool["annotations"]["readOnlyHint"], known.scope() == Scope::Read, "{name}");
        }
    }

    #[test]
    fn arguments_of_a_list_are_what_a_query_says() {
        let told = |arguments: &str| query(arguments).map_err(|faults| serde_json::to_string(&faults).unwrap());
        assert_eq!(told(r#"{"limit":7,"q":"a&b=ż","cursor":null,"x":[]}"#).unwrap(), "limit=7&q=a%26b%3D%C5%BC&");
        assert_eq!(told(r#"{"limit":"7"}"#).unwrap(), "limit=7&");
        assert!(told(r#"{"status":7,"limit":[]}"#).unwrap_err().matches("string_type").count() == 2);
        assert!(told("[]").unwrap_err().contains("model_attributes_type"));
    }
}
