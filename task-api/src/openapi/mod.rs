//! The description of the API, made from the handlers and types: what is one operation's own stands beside its handler,
//! what all have in common is added here.

mod common;
mod shapes;

use utoipa::{
    OpenApi,
    openapi::{
        PathItem, Server,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    resource::{batch, changes, health, import, tasks},
    task::Task,
};
pub(crate) use shapes::{
    Fault, Format, Health, IdempotencyKey, IfMatch, KeyInUse, NewTask, NewTasks, NoSuchTask, Problem, Ready, Sort,
    Stale, TaskChange, TaskPath, Tasks, ValidationProblem,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Task API",
        description = "Tasks that are created, read, changed and deleted.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags((name = "tasks", description = "Things to be done"), (name = "service", description = "How the service is")),
    paths(
        tasks::list, tasks::create, tasks::read, tasks::replace, tasks::change, tasks::remove,
        batch::create,
        changes::read,
        import::import,
        health::health, health::ready
    ),
    components(schemas(Task, NewTask, Sort, Format, TaskChange, Problem, ValidationProblem, Fault, Health, Ready))
)]
struct Document;

/// What the service asks of its clients because its operator wants it to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asks {
    /// To have a key.
    pub keys: bool,
    /// To say in which state a task may be changed.
    pub if_match: bool,
}

/// The OpenAPI 3.1 document of a service that clients see under the path `prefix`.
pub fn json(asks: Asks, prefix: &str) -> String {
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(if prefix.is_empty() { "/" } else { prefix })]);
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let components = document.components.get_or_insert_default();
    common::add_components(components);
    if asks.keys {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme.description(Some("A key from `task-api key new`")).build();
        components.add_security_scheme("apiKey", SecurityScheme::Http(scheme));
    }
    let tasks = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/tasks"));
    for (operation, is_safe) in tasks.flat_map(|(_, item)| operations(item)) {
        common::add_answers(operation, is_safe, asks);
        if asks.keys {
            operation.security = Some(vec![SecurityRequirement::new("apiKey", [""; 0])]);
        }
    }
    document.to_json().unwrap_or_default()
}

/// The operations of a path, each with whether it only reads.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let changing = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
    let changing = changing.into_iter().flatten().map(|operation| (operation, false));
    item.get.iter_mut().map(|operation| (operation, true)).chain(changing)
}
