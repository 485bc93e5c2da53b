//! The description of the API, made from the handlers and types. The shapes that exist only on the wire stand here.
#![expect(dead_code, reason = "types that only describe")]

use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        self, ContentBuilder, PathItem, Ref, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{batch, changes, health, task::Task, tasks};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Task API",
        description = "Tasks that are created, read, changed and deleted.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/")),
    tags((name = "tasks", description = "Things to be done"), (name = "service", description = "How the service is")),
    paths(
        tasks::list, tasks::create, tasks::read, tasks::replace, tasks::change, tasks::remove,
        batch::create, batch::read, batch::change, batch::remove,
        changes::read,
        health::health, health::ready
    ),
    components(schemas(Task, NewTask, Sort, TaskChange, Problem, ValidationProblem, Fault, Health, Ready))
)]
struct Document;

/// What the service asks of its clients because its operator wants it to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asks {
    /// To have a key.
    pub keys: bool,
    /// To be no faster than a rate.
    pub rate: bool,
}

/// The OpenAPI 3.1 document.
pub fn json(asks: Asks) -> String {
    let mut document = Document::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let mut beside = Vec::new();
    if asks.keys {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme.description(Some("A key from `task-api key new`")).build();
        document.components.get_or_insert_default().add_security_scheme("apiKey", SecurityScheme::Http(scheme));
        beside.extend([("401", "There is no key, or it is none of ours"), ("403", "The key is not for this")]);
    }
    if asks.rate {
        beside.push(("429", "There were too many requests of this client"));
    }
    let tasks = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/tasks"));
    for operation in tasks.flat_map(|(_, item)| operations(item)) {
        if asks.keys {
            operation.security = Some(vec![SecurityRequirement::new("apiKey", [""; 0])]);
        }
        for (status, description) in &beside {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new().description(*description).content("application/json", content);
            operation.responses.responses.insert((*status).to_owned(), response.build().into());
        }
    }
    document.to_json().unwrap_or_default()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut openapi::path::Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// What a client says to create a task, or to replace one. Other members are ignored.
#[derive(ToSchema)]
pub(crate) struct NewTask {
    /// What is to be done.
    #[schema(min_length = 1, max_length = 200, example = "Ship it")]
    title: String,
    /// More about it.
    #[schema(example = "With its proof")]
    description: Option<String>,
    /// Any text.
    #[schema(min_length = 1, max_length = 50, default = "pending", example = "pending")]
    status: Option<String>,
}

/// The orders that a list can have.
#[derive(ToSchema)]
pub(crate) enum Sort {
    #[schema(rename = "id")]
    Id,
    #[schema(rename = "-id")]
    IdDescending,
    #[schema(rename = "created_at")]
    CreatedAt,
    #[schema(rename = "-created_at")]
    CreatedAtDescending,
}

/// A JSON merge patch of a task: what is absent stays, null resets.
#[derive(ToSchema)]
pub(crate) struct TaskChange {
    #[schema(min_length = 1, max_length = 200, nullable = false, example = "Ship it today")]
    title: Option<String>,
    #[schema(example = "With its proof")]
    description: Option<String>,
    #[schema(min_length = 1, max_length = 50, example = "completed")]
    status: Option<String>,
}

/// Tasks to create.
#[derive(ToSchema)]
pub(crate) struct NewTasks {
    #[schema(min_items = 1, max_items = 1000)]
    tasks: Vec<NewTask>,
}

/// Tasks, each with the tag of its state.
#[derive(ToSchema)]
pub(crate) struct Tasks {
    tasks: Vec<TaggedTask>,
}

#[derive(ToSchema)]
pub(crate) struct TaggedTask {
    #[schema(inline)]
    #[serde(flatten)]
    task: Task,
    /// The task's id and version, as its `ETag` header says.
    #[schema(example = "\"1-1\"")]
    etag: String,
}

/// Changes of tasks, none of them twice.
#[derive(ToSchema)]
pub(crate) struct TaskChanges {
    #[schema(min_items = 1, max_items = 1000)]
    tasks: Vec<NamedChange>,
}

/// What is to be changed of a task: what is absent stays, null resets.
#[derive(ToSchema)]
pub(crate) struct NamedChange {
    #[schema(example = 1)]
    id: i64,
    /// Only if the task is in this state.
    #[schema(example = "\"1-1\"")]
    etag: Option<String>,
    #[schema(min_length = 1, max_length = 200, nullable = false, example = "Ship it today")]
    title: Option<String>,
    #[schema(example = "With its proof")]
    description: Option<String>,
    #[schema(min_length = 1, max_length = 50, example = "completed")]
    status: Option<String>,
}

/// Tasks to delete, none of them twice.
#[derive(ToSchema)]
pub(crate) struct TaskNames {
    #[schema(min_items = 1, max_items = 1000)]
    tasks: Vec<TaskName>,
}

#[derive(ToSchema)]
pub(crate) struct TaskName {
    #[schema(example = 1)]
    id: i64,
    /// Only if the task is in this state.
    #[schema(example = "\"1-1\"")]
    etag: Option<String>,
}

/// An error: `detail`, beside the other members of RFC 9457.
#[derive(ToSchema)]
pub(crate) struct Problem {
    #[schema(example = "Task not found")]
    detail: String,
    #[schema(example = "about:blank")]
    r#type: String,
    #[schema(example = "Not Found")]
    title: String,
    #[schema(example = 404)]
    status: u16,
    /// The path that was asked for.
    #[schema(example = "/tasks/7")]
    instance: String,
}

/// A request that says what cannot be, with everything that is wrong with it.
#[derive(ToSchema)]
pub(crate) struct ValidationProblem {
    detail: Vec<Fault>,
    #[schema(example = "about:blank")]
    r#type: String,
    #[schema(example = "Unprocessable Entity")]
    title: String,
    #[schema(example = 422)]
    status: u16,
    #[schema(example = "/tasks")]
    instance: String,
}

/// One thing wrong with a request.
#[derive(ToSchema)]
pub(crate) struct Fault {
    #[schema(example = "string_too_short")]
    r#type: String,
    /// The way to it: names, and positions in a text.
    #[schema(value_type = Vec<serde_json::Value>, example = json!(["body", "title"]))]
    loc: Vec<String>,
    #[schema(example = "String should have at least 1 character")]
    msg: String,
    /// What was sent there.
    #[schema(required, value_type = serde_json::Value, example = "")]
    input: Option<String>,
    /// The figures behind the message.
    #[schema(value_type = Option<Object>, nullable = false, example = json!({"min_length": 1}))]
    ctx: Option<String>,
}

#[derive(ToSchema)]
pub(crate) struct Health {
    #[schema(example = "healthy")]
    status: String,
    #[schema(example = "task-api")]
    service: String,
}

#[derive(ToSchema)]
pub(crate) struct Ready {
    #[schema(example = "ready")]
    status: String,
}
