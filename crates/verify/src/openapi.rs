//! What a service says of itself in its OpenAPI document: the collections that can be created and read back.

use serde_json::Value;

use crate::schema::{Maker, resolve};

/// The longest document that is read, in bytes.
pub(crate) const DOCUMENT_BYTES: usize = 4 << 20;
/// The most collections that are looked at.
const COLLECTIONS: usize = 50;
/// The most paths that are looked at.
const PATHS: usize = 2_000;

/// An OpenAPI document.
pub(crate) struct OpenApi {
    document: Value,
    /// What all paths begin with: the path of the first server.
    base: String,
}

/// A path where things are created and the path where one of them is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Collection {
    /// As in the document: `/tasks`, `/users/{user_id}/notes`.
    pub(crate) path: String,
    /// As in the document: `/tasks/{id}`.
    pub(crate) item: String,
    /// The name of the item path's last parameter.
    pub(crate) key: String,
    /// Made by `POST`.
    pub(crate) create: Body,
    pub(crate) list: Option<Listing>,
    pub(crate) updates: Vec<(String, Body)>,
    /// Updates whose JSON body the document does not tell.
    pub(crate) bodiless: Vec<String>,
    pub(crate) delete: bool,
    /// What a single one looks like when read; empty where the document does not say.
    pub(crate) read: Value,
    /// The item path of the collection inside which this one lies.
    pub(crate) parent: Option<String>,
}

/// A request body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) schema: Value,
    /// Whole bodies that the document shows.
    pub(crate) example: Option<Value>,
}

/// How a collection is listed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listing {
    /// The names of query parameters that make pages.
    pub(crate) paging: Vec<String>,
}

impl OpenApi {
    /// From the bytes of `/openapi.json`; the error says what they are instead.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Value = serde_json::from_slice(bytes).map_err(|error| format!("is not JSON: {error}"))?;
        match document["openapi"].as_str() {
            Some(version) if version.starts_with("3.") => {}
            Some(version) => return Err(format!("is of OpenAPI version {version}, and 3 is understood")),
            None => return Err("has no `openapi` version".to_owned()),
        }
        let base = document["servers"][0]["url"].as_str().map(base_path).unwrap_or_default();
        Ok(Self { document, base })
    }

    /// A path as it goes on the wire.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn maker<'a>(&'a self, mark: &'a str, variation: u64) -> Maker<'a> {
        Maker::new(&self.document, mark, variation)
    }

    /// Every collection that can be created and read back, those inside others last; and whether there were too many.
    pub(crate) fn collections(&self) -> (Vec<Collection>, bool) {
        let Some(paths) = self.document["paths"].as_object() else { return (Vec::new(), false) };
        let mut found: Vec<Collection> = Vec::new();
        for (path, operations) in paths.iter().take(PATHS) {
            let operations = self.followed(operations);
            if ends_in_parameter(path) || operations["post"].is_null() {
                continue;
            }
            let below = |item: &&String| item_key(path, item).is_some();
            let Some((item, on_item)) = paths.iter().take(PATHS).find(|(item, _)| below(item)) else { continue };
            let on_item = self.followed(on_item);
            let Some(create) = self.body(&operations["post"]) else { continue };
            if on_item["get"].is_null() {
                continue;
            }
            found.push(Collection {
                path: path.clone(),
                item: item.clone(),
                key: item_key(path, item).unwrap_or_default().to_owned(),
                create,
                list: operations.get("get").map(|list| Listing { paging: self.paging(operations, list) }),
                updates: ["put", "patch"]
                    .into_iter()
                    .filter_map(|method| Some((method.to_uppercase(), self.body(on_item.get(method)?)?)))
                    .collect(),
                bodiless: ["put", "patch"]
                    .into_iter()
                    .filter(|method| on_item.get(method).is_some_and(|update| self.body(update).is_none()))
                    .map(str::to_uppercase)
                    .collect(),
                delete: on_item.get("delete").is_some(),
                read: self.answer(&on_item["get"]),
                parent: None,
            });
        }
        let too_many = found.len() > COLLECTIONS || paths.len() > PATHS;
        found.truncate(COLLECTIONS);
        let items: Vec<String> = found.iter().map(|collection| collection.item.clone()).collect();
        for collection in &mut found {
            collection.parent = collection
                .path
                .rfind('}')
                .and_then(|end| items.iter().find(|item| same_shape(item, &collection.path[..=end])).cloned());
        }
        found.sort_by_key(|collection| collection.path.matches('{').count());
        (found, too_many)
    }

    /// Writing operations on items that belong to no collection found: `DELETE /sessions/{id}`.
    pub(crate) fn others(&self, collections: &[Collection]) -> Vec<String> {
        let paths = self.document["paths"].as_object();
        let known = |path: &str| collections.iter().any(|known| known.path == path || known.item == path);
        paths
            .into_iter()
            .flatten()
            .take(PATHS)
            .filter(|(path, _)| !known(path))
            .flat_map(|(path, operations)| {
                let operations = self.followed(operations);
                ["post", "put", "patch", "delete"]
                    .into_iter()
                    .filter(|method| operations.get(*method).is_some())
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .take(COLLECTIONS)
            .collect()
    }

    fn followed<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..8 {
            match value["$ref"].as_str().and_then(|target| resolve(&self.document, target)) {
                Some(found) => value = found,
                None => break,
            }
        }
        value
    }

    /// The JSON body of an operation.
    fn body(&self, operation: &Value) -> Option<Body> {
        let content = self.followed(&operation["requestBody"])["content"].as_object()?;
        let (media_type, content) = content.iter().find(|(media_type, _)| is_json(media_type))?;
        let example = content.get("example").cloned().or_else(|| {
            let first = content["examples"].as_object()?.values().next()?;
            Some(self.followed(first)["value"].clone())
        });
        Some(Body { media_type: media_type.clone(), schema: content["schema"].clone(), example })
    }

    /// The schema of the first successful answer.
    fn answer(&self, operation: &Value) -> Value {
        let Some(responses) = operation["responses"].as_object() else { return Value::Null };
        let Some((_, response)) = responses.iter().find(|(status, _)| status.starts_with('2')) else {
            return Value::Null;
        };
        let content = self.followed(response)["content"].as_object();
        content
            .and_then(|content| content.iter().find(|(media_type, _)| is_json(media_type)))
            .map(|(_, content)| content["schema"].clone())
            .unwrap_or_default()
    }

    fn paging(&self, operations: &Value, list: &Value) -> Vec<String> {
        const NAMES: &[&str] = &["limit", "offset", "page", "per_page", "page_size", "size", "cursor", "skip", "after"];
        [operations, list]
            .into_iter()
            .flat_map(|holder| holder["parameters"].as_array().into_iter().flatten())
            .map(|parameter| self.followed(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .filter(|name| NAMES.contains(&name.to_ascii_lowercase().as_str()))
            .map(str::to_owned)
            .collect()
    }
}

/// The path of a server's URL, without a `/` at its end. A template is taken for none.
fn base_path(url: &str) -> String {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    let path = path.trim_end_matches('/');
    if path.starts_with('/') && !path.contains(['{', '?', '#']) { path.to_owned() } else { String::new() }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn ends_in_parameter(path: &str) -> bool {
    path.trim_end_matches('/').ends_with('}')
}

/// The parameter's name when `item` is `path` and one parameter more.
fn item_key<'a>(path: &str, item: &'a str) -> Option<&'a str> {
    let (parent, last) = item.trim_end_matches('/').rsplit_once('/')?;
    let key = last.strip_prefix('{')?.strip_suffix('}')?;
    (!key.contains(['{', '}']) && same_shape(parent, path.trim_end_matches('/'))).then_some(key)
}

/// Equal but for the names of parameters.
fn same_shape(one: &str, two: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
        path.split('/').map(part).collect()
    };
    parts(one) == parts(two)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn api(document: &Value) -> OpenApi {
        OpenApi::parse(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn collections_are_found_with_their_items_and_parents() {
        let body = json!({"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}});
        let api = api(&json!({
            "openapi": "3.1.0",
            "servers": [{"url": "https://example.com/api/v1/"}],
            "paths": {
                "/users/{user_id}/notes": {"post": body, "get": {}},
                "/users/{id}/notes/{note_id}": {"get": {}, "patch": body, "delete": {}},
                "/users": {"post": body, "get": {"parameters": [{"in": "query", "name": "limit"}]}},
                "/users/{id}": {"get": {}, "put": body},
                "/login": {"post": body},
                "/health": {"get": {}},
            }
        }));
        let (found, too_many) = api.collections();
        assert!(!too_many);
        let told: Vec<String> = found
            .iter()
            .map(|c| {
                let updates: Vec<&str> = c.updates.iter().map(|(method, _)| method.as_str()).collect();
                format!("{} {} {} {updates:?} {} {:?}", c.path, c.item, c.key, c.delete, c.parent)
            })
            .collect();
        assert_eq!(
            told,
            [
                r#"/users /users/{id} id ["PUT"] false None"#,
                r#"/users/{user_id}/notes /users/{id}/notes/{note_id} note_id ["PATCH"] true Some("/users/{id}")"#,
            ]
        );
        assert_eq!(found[0].list, Some(Listing { paging: vec!["limit".to_owned()] }));
        assert_eq!(api.others(&found), ["POST /login"]);
        assert_eq!(api.path("/users"), "/api/v1/users");
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (bytes, expected) in [
            ("<html>", "is not JSON: expected value at line 1 column 1"),
            ("[]", "has no `openapi` version"),
            (r#"{"openapi": "2.0"}"#, "is of OpenAPI version 2.0, and 3 is understood"),
        ] {
            assert_eq!(OpenApi::parse(bytes.as_bytes()).err().as_deref(), Some(expected));
        }
        assert_eq!(api(&json!({"openapi": "3.0.0"})).collections(), (Vec::new(), false));
    }

    #[test]
    fn a_servers_path_is_put_before_every_path() {
        for (url, expected) in [
            ("/", ""),
            ("/v1/", "/v1"),
            ("https://example.com", ""),
            ("https://example.com/v1", "/v1"),
            ("https://{host}/{base}", ""),
        ] {
            assert_eq!(base_path(url), expected, "{url}");
        }
    }
}
