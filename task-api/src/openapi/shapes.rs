//! The shapes that exist only on the wire, and the parameters and answers that several operations have.
#![expect(dead_code, reason = "types that only describe")]

use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::task::Task;

/// What a client says to create a task, or to replace one. Other members are ignored.
#[derive(ToSchema)]
pub(crate) struct NewTask {
    /// What is to be done.
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*$", example = "Ship it")]
    title: String,
    /// More about it.
    #[schema(pattern = "^[^\\u0000]*$", example = "With its proof")]
    description: Option<String>,
    // No `default`: openapi-typescript then demands the member.
    /// Any text; `pending` unless said.
    #[schema(min_length = 1, max_length = 50, pattern = "^[^\\u0000]*$", example = "pending")]
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

/// The forms that a list can have.
#[derive(ToSchema)]
pub(crate) enum Format {
    #[schema(rename = "json")]
    Json,
    #[schema(rename = "ndjson")]
    Lines,
}

/// A JSON merge patch of a task: what is absent stays, null resets.
#[derive(ToSchema)]
pub(crate) struct TaskChange {
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*$", nullable = false, example = "Ship it today")]
    title: Option<String>,
    #[schema(pattern = "^[^\\u0000]*$", example = "With its proof")]
    description: Option<String>,
    #[schema(min_length = 1, max_length = 50, pattern = "^[^\\u0000]*$", example = "completed")]
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

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TaskPath {
    /// The task's id
    #[param(example = 1)]
    task_id: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfMatch {
    /// Tags of states in which the task may be changed or deleted
    #[param(rename = "If-Match", example = "\"1-1\"")]
    tags: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IdempotencyKey {
    /// Any name for this request, of visible ASCII characters
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$",
        example = "7f1c9d52-0f3a-4c83-9a55-6c1de4a1f0b2"
    )]
    name: Option<String>,
}

/// No task has this id
#[derive(IntoResponses)]
#[response(status = 404)]
pub(crate) struct NoSuchTask(Problem);

/// A request with this key is being answered
#[derive(IntoResponses)]
#[response(status = 409, headers(("Retry-After")))]
pub(crate) struct KeyInUse(Problem);

/// The task is not in a state that the request is for
#[derive(IntoResponses)]
#[response(status = 412)]
pub(crate) struct Stale(Problem);
