//! What all operations have in common, because it happens around every request.

use utoipa::openapi::{
    Components, ContentBuilder, Header, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
    path::Operation,
};

use super::Asks;

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";

/// Answers that are the same wherever they come: name, status, what they say, headers.
const ANSWERS: [(&str, &str, &str, &[&str]); 10] = [
    ("BadBody", "400", "The body is not text, or broke off", &[]),
    ("NoKey", "401", "There is no key, or it is none of ours", &["WWW-Authenticate"]),
    ("NotAllowed", "403", "The key is not for this", &["WWW-Authenticate"]),
    ("FromElsewhere", "403", "It is a web page from elsewhere that asks, and may change nothing without a key", &[]),
    ("SlowBody", "408", "The body did not arrive in time", &[]),
    ("LargeBody", "413", "The body is larger than 1 MB", &[]),
    ("NoCondition", "428", "The request does not say in which state the task may be changed", &[]),
    ("Failed", "500", "The service failed", &[]),
    (
        "Unavailable",
        "503",
        "The database is not available, or the service is busy; or the database was lost before it answered, and what was to change may have changed: `detail` says which",
        &["Retry-After"],
    ),
    ("TooSlow", "504", "There was no answer in time: what was to change may have changed", &["Retry-After"]),
];

/// Headers of answers: name, what they say, how they look, an example.
const HEADERS: [(&str, &str, &str, &str); 8] = [
    (
        "ETag",
        "The task's id and version, and the database's epoch once it was restored",
        "^\"-?[0-9]+-[0-9]+(-[0-9a-f]{8})?\"$",
        "\"1-1\"",
    ),
    ("Idempotency-Replayed", "That the request was answered before", "^true$", "true"),
    (
        "Link",
        "The next page; not there on the last",
        "^<[^>]+>; rel=\"next\"$",
        "</tasks?limit=2&cursor=AQ>; rel=\"next\"",
    ),
    ("Preference-Applied", "That the tasks on all pages were counted", "^count=exact$", "count=exact"),
    ("Retry-After", "Seconds after which to ask again", "^[0-9]+$", "1"),
    ("WWW-Authenticate", "What is wrong with the key", "^Bearer", "Bearer realm=\"task-api\""),
    ("X-Total-Count", "How many tasks there are on all pages", "^[0-9]+$", "42"),
    (
        "traceresponse",
        "The trace that the request belongs to",
        "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
];

pub(super) fn add_components(components: &mut Components) {
    for (name, description, pattern, example) in HEADERS {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        let mut header = Header::new(schema);
        header.description = Some(description.to_owned());
        header.example = Some(example.into());
        components.headers.insert(name.to_owned(), header.into());
    }
    for (name, _, description, headers) in ANSWERS {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response = ResponseBuilder::new().description(description).content(JSON, problem).build();
        response.headers.extend(headers.iter().map(|name| header(name)));
        complete(&mut response);
        components.responses.insert(name.to_owned(), response.into());
    }
}

/// Adds to an operation on tasks the answers that any request may get instead of what it asked for.
pub(super) fn add_answers(operation: &mut Operation, is_safe: bool, asks: Asks) {
    let must_have_condition = asks.if_match && require_condition(operation);
    let has_body = operation.request_body.is_some();
    for (name, status, ..) in ANSWERS {
        let comes = match (status, name) {
            ("400" | "408" | "413", _) => has_body,
            (_, "FromElsewhere") => !asks.keys && !is_safe,
            ("401" | "403", _) => asks.keys,
            ("428", _) => must_have_condition,
            _ => true,
        };
        if comes {
            let answer = Ref::new(format!("#/components/responses/{name}"));
            operation.responses.responses.insert(status.to_owned(), answer.into());
        }
    }
    for answer in answers(operation) {
        complete(answer);
    }
}

/// Makes `If-Match` a header that must be there; false if the operation knows none.
fn require_condition(operation: &mut Operation) -> bool {
    let condition = operation.parameters.iter_mut().flatten().find_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.name == "If-Match" => Some(parameter),
        _ => None,
    });
    condition.map(|condition| condition.required = Required::True).is_some()
}

/// The answers that are one operation's own.
fn answers(operation: &mut Operation) -> impl Iterator<Item = &mut Response> {
    operation.responses.responses.values_mut().filter_map(|response| match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(_) => None,
    })
}

/// Describes its headers where all are described, adds those that every answer has, and the content type of errors for
/// those who ask for it.
fn complete(response: &mut Response) {
    let own: Vec<_> = response.headers.keys().cloned().collect();
    response.headers.extend(own.iter().map(String::as_str).chain(["traceresponse"]).map(header));
    let is_error = |schema: &Option<RefOr<Schema>>| matches!(schema, Some(RefOr::Ref(shape)) if shape.ref_location.ends_with("Problem"));
    let content =
        response.content.get(JSON).filter(|content| matches!(content, RefOr::T(content) if is_error(&content.schema)));
    if let Some(content) = content.cloned() {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

fn header(name: &str) -> (String, RefOr<Header>) {
    (name.to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))))
}
