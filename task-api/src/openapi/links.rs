//! How an answer leads to the next request: a task that was made can be read, replaced, changed and deleted.

use serde_json::{Value, json};
use utoipa::openapi::{Components, Ref, RefOr, link::LinkBuilder, path::Operation};

const ID: &str = "$response.body#/id";
const TAG: &str = "$response.header.ETag";

/// One step: the operation that it leads to, and what it takes along.
struct Step {
    name: &'static str,
    to: &'static str,
    description: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    body: Option<Value>,
}

/// What can be done with one task, in the state in which the answer shows it.
const WITH_TASK: [&str; 7] =
    ["ReadAgain", "ReplaceTask", "ChangeTask", "DeleteTask", "ReadTogether", "ChangeTogether", "DeleteTogether"];

/// Which answers lead on, and how.
const FROM: [(&str, &str, &[&str]); 8] = [
    ("createTask", "201", &WITH_TASK),
    ("readTask", "200", &WITH_TASK),
    ("replaceTask", "200", &WITH_TASK),
    ("changeTask", "200", &WITH_TASK),
    ("createTasks", "201", &["ReadFirst"]),
    ("changeTasks", "200", &["ReadFirst"]),
    ("listTasks", "200", &["ReadFirstOfList"]),
    ("listChanges", "200", &["NextChanges"]),
];

fn steps() -> [Step; 10] {
    let (by_id, as_it_is) = (&[("path.task_id", ID)][..], &[("path.task_id", ID), ("header.If-Match", TAG)][..]);
    let step = |name, to, description, parameters| Step { name, to, description, parameters, body: None };
    let named = |change: Value| {
        let mut task = json!({ "id": ID, "etag": TAG });
        task.as_object_mut().into_iter().for_each(|task| task.extend(change.as_object().cloned().unwrap_or_default()));
        Some(json!({ "tasks": [task] }))
    };
    [
        step("ReadAgain", "readTask", "Read the task by its id", by_id),
        step("ReplaceTask", "replaceTask", "Replace the task if it is still like this", as_it_is),
        step("ChangeTask", "changeTask", "Change the task if it is still like this", as_it_is),
        step("DeleteTask", "deleteTask", "Delete the task if it is still like this", as_it_is),
        step("ReadTogether", "readTasks", "Read the task, and others with it", &[("query.ids", ID)]),
        Step {
            body: named(json!({ "status": "completed" })),
            ..step("ChangeTogether", "changeTasks", "Change the task, and others with it", &[])
        },
        Step {
            body: named(json!({})),
            ..step("DeleteTogether", "deleteTasks", "Delete the task, and others with it", &[])
        },
        step("ReadFirst", "readTask", "Read the first of the tasks", &[("path.task_id", "$response.body#/tasks/0/id")]),
        step(
            "ReadFirstOfList",
            "readTask",
            "Read the first task of the page",
            &[("path.task_id", "$response.body#/0/id")],
        ),
        step("NextChanges", "listChanges", "What changed since", &[("query.cursor", "$response.body#/cursor")]),
    ]
}

pub(super) fn add_components(components: &mut Components) {
    for Step { name, to, description, parameters, body } in steps() {
        let link = LinkBuilder::new().operation_id(to).description(description).request_body(body);
        let link = parameters.iter().fold(link, |link, (name, value)| link.parameter(*name, *value));
        components.links.insert(name.to_owned(), RefOr::T(link.build()));
    }
}

pub(super) fn add(operation: &mut Operation) {
    for (from, status, names) in FROM {
        if operation.operation_id.as_deref() != Some(from) {
            continue;
        }
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) {
            let link = |name: &&str| ((*name).to_owned(), RefOr::Ref(Ref::new(format!("#/components/links/{name}"))));
            response.links.extend(names.iter().map(link));
        }
    }
}
