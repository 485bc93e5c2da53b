//! What a service says of itself in its OpenAPI document: the collections that can be created and read back.

mod find;
mod operation;

use serde_json::{Map, Value};

pub(crate) use self::find::find;
pub(crate) use self::operation::{Body, FORM, Operation};
use crate::schema::{Maker, Style, resolve};

/// The longest document that is read, in bytes.
pub(crate) const DOCUMENT_BYTES: usize = 4 << 20;
/// The most nodes that the aliases of a document in YAML repeat.
const REPEATED: usize = 100_000;
/// The most collections that are looked at.
const COLLECTIONS: usize = 50;
/// The most paths that are looked at.
const PATHS: usize = 2_000;
/// The members of an answer in which a list, or one thing, is looked for first.
pub(crate) const WRAPPERS: &[&str] = &["items", "data", "results", "result", "item", "content", "records", "rows"];

/// An OpenAPI document.
pub(crate) struct OpenApi {
    document: Value,
    /// Where it was found.
    pub(crate) place: String,
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
    /// By `POST`.
    pub(crate) create: Option<Operation>,
    pub(crate) list: Option<Operation>,
    /// The names of query parameters that make pages of the list.
    pub(crate) paging: Vec<String>,
    pub(crate) read: Option<Operation>,
    /// `PUT` and `PATCH`; `POST` on an item where there is neither.
    pub(crate) updates: Vec<(String, Operation)>,
    pub(crate) delete: Option<Operation>,
    /// The item path of the collection inside which this one lies.
    pub(crate) parent: Option<String>,
}

impl Collection {
    /// Which of create, read, update and delete the document does not offer.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        [
            ("create", self.create.is_none()),
            ("read", self.read.is_none() && self.list.is_none()),
            ("update", self.updates.is_empty()),
            ("delete", self.delete.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, is_missing)| is_missing.then_some(name))
        .collect()
    }

    pub(crate) fn is_inside_another(&self) -> bool {
        self.path.contains('{')
    }
}

/// A document in YAML, by its first member; `None` where it has no such one.
fn yaml(bytes: &[u8]) -> Option<Result<Value, String>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let names_version = |line: &str| {
        let name = line.split(':').next().unwrap_or_default().trim_matches(['"', '\'']);
        matches!(name, "openapi" | "swagger")
    };
    // What aliases repeat is not counted in the document's length.
    let options = serde_saphyr::options! {
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPEATED }
    };
    let read = || serde_saphyr::from_str_with_options(text, options);
    text.lines().any(names_version).then(|| read().map_err(|error| format!("is not YAML: {error}")))
}

impl OpenApi {
    /// From the bytes of a document found at `place`; the error says what they are instead.
    pub(crate) fn parse(bytes: &[u8], place: &str) -> Result<Self, String> {
        let json = serde_json::from_slice(bytes).map_err(|error| format!("is not JSON: {error}"));
        Self::of(json.or_else(|why| yaml(bytes).unwrap_or(Err(why)))?, place)
    }

    fn of(document: Value, place: &str) -> Result<Self, String> {
        // In YAML `3.0` is a number.
        let version = |name: &str| match &document[name] {
            Value::String(version) => Some(version.clone()),
            Value::Number(version) => Some(version.to_string()),
            _ => None,
        };
        let base = match (version("openapi").as_deref(), version("swagger").as_deref()) {
            (Some(version), _) if version.starts_with("3.") => {
                document["servers"][0]["url"].as_str().map(base_path).unwrap_or_default()
            }
            (_, Some(version)) if version.starts_with("2.") => {
                document["basePath"].as_str().map(base_path).unwrap_or_default()
            }
            (Some(version), _) | (_, Some(version)) => {
                return Err(format!("is of OpenAPI version {version}, and 2 and 3 are understood"));
            }
            _ => return Err("has no `openapi` version".to_owned()),
        };
        Ok(Self { document, place: place.to_owned(), base })
    }

    /// The key that the document asks for in a header or, `true`, in a cookie; none where it takes a bearer token.
    pub(crate) fn key(&self) -> Option<(&str, bool)> {
        let schemes = [&self.document["components"]["securitySchemes"], &self.document["securityDefinitions"]];
        let demanded = self.demanded();
        let schemes = schemes.into_iter().filter_map(Value::as_object).flatten();
        let schemes = schemes.filter(|(name, _)| demanded.is_empty() || demanded.contains(&name.as_str()));
        let schemes: Vec<&Value> = schemes.map(|(_, scheme)| self.followed(scheme)).collect();
        let is_bearer = |scheme: &&&Value| {
            let name = scheme["name"].as_str().unwrap_or_default();
            match scheme["type"].as_str().unwrap_or_default() {
                "http" => scheme["scheme"].as_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")),
                "apiKey" => scheme["in"] == "header" && name.eq_ignore_ascii_case("authorization"),
                "oauth2" | "openIdConnect" => true,
                _ => false,
            }
        };
        let key = |place: &str| {
            let found = schemes.iter().find(|scheme| scheme["type"] == "apiKey" && scheme["in"] == place);
            found.and_then(|scheme| scheme["name"].as_str())
        };
        match schemes.iter().find(is_bearer) {
            Some(_) => None,
            None => key("header").map(|name| (name, false)).or_else(|| key("cookie").map(|name| (name, true))),
        }
    }

    /// The names of the schemes that the document, or an operation of it, demands.
    fn demanded(&self) -> Vec<&str> {
        let paths = self.document["paths"].as_object().into_iter().flatten().take(PATHS);
        let operations = paths.filter_map(|(_, path)| self.followed(path).as_object()).flatten();
        let own = operations.map(|(_, operation)| &operation["security"]);
        let all = own.chain([&self.document["security"]]).filter_map(Value::as_array).flatten();
        all.filter_map(Value::as_object).flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// A path as it goes on the wire.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn maker<'a>(&'a self, mark: &'a str, variation: u64, style: &Style) -> Maker<'a> {
        Maker::new(&self.document, mark, variation, style)
    }

    /// The properties of one thing in an answer of this schema. Where a wrapper lies around it, those of what is in it.
    pub(crate) fn declared(&self, answer: &Value, written: &Value) -> Map<String, Value> {
        let maker = self.maker("", 0, &Style::default());
        let whole = maker.properties(answer);
        let knows = |properties: &Map<String, Value>| {
            written.as_object().into_iter().flatten().any(|(name, _)| properties.contains_key(name))
        };
        if whole.is_empty() || knows(&whole) {
            return whole;
        }
        let inside = whole.values().map(|property| maker.properties(property)).find(knows);
        inside.unwrap_or_default()
    }

    /// The schema of one thing in a list's answer; null where the document does not say.
    pub(crate) fn listed(&self, answer: &Value) -> Value {
        let maker = self.maker("", 0, &Style::default());
        let flat = maker.flat(answer, 0);
        if let Some(items) = flat.get("items") {
            return items.clone();
        }
        let properties = maker.properties(&flat);
        let named = WRAPPERS.iter().filter_map(|name| properties.get(*name));
        named
            .chain(properties.values())
            .find_map(|property| maker.flat(property, 0).get("items").cloned())
            .unwrap_or_default()
    }

    /// Every collection, those inside others last; and whether there were too many.
    pub(crate) fn collections(&self) -> (Vec<Collection>, bool) {
        let Some(paths) = self.document["paths"].as_object() else { return (Vec::new(), false) };
        let mut found: Vec<Collection> = Vec::new();
        for (path, operations) in paths.iter().take(PATHS).filter(|(path, _)| !ends_in_parameter(path)) {
            let operations = self.followed(operations);
            let below = |item: &&String| item_key(path, item).is_some();
            let Some((item, on_item)) = paths.iter().take(PATHS).find(|(item, _)| below(item)) else { continue };
            let key = item_key(path, item).unwrap_or_default();
            let collection = self.collection((path, operations), (item, self.followed(on_item)), key);
            // `/tasks` and `/tasks/` are one, however the document spreads its operations.
            let same = found.iter_mut().find(|known| known.path.trim_end_matches('/') == path.trim_end_matches('/'));
            match same {
                Some(known) => {
                    if known.create.is_none() {
                        known.create = collection.create;
                    }
                    if known.list.is_none() {
                        (known.list, known.paging) = (collection.list, collection.paging);
                    }
                }
                None if collection.create.is_some() || collection.writes() => found.push(collection),
                None => {}
            }
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

    fn collection(&self, at: (&String, &Value), item: (&String, &Value), key: &str) -> Collection {
        let on = |(path, operations): (&String, &Value), method: &str| {
            let operation = operations.get(method).filter(|operation| operation.is_object())?;
            Some(self.operation(path, operations, operation))
        };
        // The item's operations may be spread over a path with `/` at its end and one without.
        let paths = self.document["paths"].as_object();
        let twin = paths.and_then(|paths| {
            let other = item.0.strip_suffix('/').map_or_else(|| format!("{}/", item.0), str::to_owned);
            paths.get_key_value(&other)
        });
        let on_item = |method: &str| {
            on(item, method).or_else(|| twin.and_then(|(path, found)| on((path, self.followed(found)), method)))
        };
        let update = |method: &str| Some((method.to_uppercase(), on_item(method)?));
        let mut updates: Vec<(String, Operation)> = ["put", "patch"].into_iter().filter_map(update).collect();
        if updates.is_empty() {
            updates.extend(update("post").filter(|(_, post)| post.body.is_some()));
        }
        Collection {
            path: at.0.clone(),
            item: item.0.clone(),
            key: key.to_owned(),
            create: on(at, "post"),
            list: on(at, "get"),
            paging: self.paging(at.1, &at.1["get"]),
            read: on_item("get"),
            updates,
            delete: on_item("delete"),
            parent: None,
        }
    }

    /// Writing operations on paths that belong to no collection found: `DELETE /sessions/{id}`.
    pub(crate) fn others(&self, collections: &[Collection]) -> Vec<String> {
        let trimmed = |path: &str| path.trim_end_matches('/').to_owned();
        let known = |path: &str| {
            let path = trimmed(path);
            collections.iter().any(|known| trimmed(&known.path) == path || trimmed(&known.item) == path)
        };
        let paths = self.document["paths"].as_object();
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

    fn paging(&self, operations: &Value, list: &Value) -> Vec<String> {
        const NAMES: &[&str] = &[
            "limit",
            "offset",
            "page",
            "per_page",
            "page_size",
            "pagesize",
            "perpage",
            "size",
            "cursor",
            "skip",
            "after",
            "take",
            "page[number]",
            "page[size]",
            "page_token",
            "pagetoken",
        ];
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

impl Collection {
    fn writes(&self) -> bool {
        !self.updates.is_empty() || self.delete.is_some()
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
        OpenApi::parse(document.to_string().as_bytes(), "/openapi.json").unwrap()
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
                "/tags": {"get": {}},
                "/tags/{id}": {"get": {}},
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
                format!("{} {} {} {updates:?} lacks {:?} {:?}", c.path, c.item, c.key, c.missing(), c.parent)
            })
            .collect();
        assert_eq!(
            told,
            [
                r#"/users /users/{id} id ["PUT"] lacks ["delete"] None"#,
                r#"/users/{user_id}/notes /users/{id}/notes/{note_id} note_id ["PATCH"] lacks [] Some("/users/{id}")"#,
            ]
        );
        assert_eq!(found[0].paging, ["limit"]);
        assert_eq!(api.others(&found), ["POST /login"]);
        assert_eq!(api.path("/users"), "/api/v1/users");
    }

    #[test]
    fn paths_with_a_slash_and_without_are_one_collection() {
        let body = json!({"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}});
        let api = api(&json!({"openapi": "3.0.0", "paths": {
            "/tasks": {"get": {}},
            "/tasks/": {"post": body},
            "/tasks/{id}": {"get": {}, "put": body},
            "/tasks/{id}/": {"delete": {}},
        }}));
        let (found, _) = api.collections();
        assert_eq!(found.len(), 1);
        assert!(found[0].missing().is_empty());
        let slash = |operation: &Option<Operation>| operation.as_ref().map(|operation| operation.slash);
        assert_eq!((slash(&found[0].list), slash(&found[0].create)), (Some(false), Some(true)));
        assert_eq!((slash(&found[0].read), slash(&found[0].delete)), (Some(false), Some(true)));
    }

    #[test]
    fn a_swagger_2_document_is_read_as_well() {
        let api = api(&json!({
            "swagger": "2.0", "basePath": "/api",
            "definitions": {"Task": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}},
            "paths": {
                "/tasks": {
                    "post": {"parameters": [{"in": "body", "name": "payload", "required": true, "schema": {"$ref": "#/definitions/Task"}}]},
                    "get": {"responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Task"}}}}}
                },
                "/tasks/{id}": {
                    "get": {"responses": {"200": {"schema": {"$ref": "#/definitions/Task"}}}},
                    "put": {"parameters": [{"in": "formData", "name": "title", "type": "string", "required": true}]},
                    "delete": {}
                }
            }
        }));
        let (found, _) = api.collections();
        let create = found[0].create.as_ref().unwrap();
        let body = create.body.as_ref().unwrap();
        assert_eq!(body.media_type, "application/json");
        let made = api.maker("ab", 1, &Style::default()).value(&body.schema);
        assert_eq!(made, Some(json!({"title": "seaworthy ab 1"})));
        assert_eq!(found[0].updates[0].1.body.as_ref().unwrap().media_type, FORM);
        let one = &found[0].read.as_ref().unwrap().answer;
        assert!(api.declared(one, &json!({"title": 1})).contains_key("title"));
        assert_eq!(api.path("/tasks"), "/api/tasks");
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (bytes, expected) in [
            ("<html>", "is not JSON: expected value at line 1 column 1"),
            ("[]", "has no `openapi` version"),
            (r#"{"openapi": "4.0"}"#, "is of OpenAPI version 4.0, and 2 and 3 are understood"),
        ] {
            assert_eq!(OpenApi::parse(bytes.as_bytes(), "/").err().as_deref(), Some(expected));
        }
        assert_eq!(api(&json!({"openapi": "3.0.0"})).collections(), (Vec::new(), false));
    }

    #[test]
    fn a_document_in_yaml_is_read_as_one_in_json() {
        let yaml = "\u{feff}# Tasks\nopenapi: 3.1\npaths:\n  /tasks:\n    post: {}\n  /tasks/{id}:\n    get: {}\n";
        let api = OpenApi::parse(yaml.as_bytes(), "/api.yaml").unwrap();
        assert_eq!(api.collections().0[0].path, "/tasks");
    }

    #[test]
    fn yaml_that_grows_is_refused() {
        let grown =
            |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
        let levels: String = (1..12).map(grown).collect();
        let bomb = format!("openapi: 3.1.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{levels}");
        assert!(OpenApi::parse(bomb.as_bytes(), "/").err().unwrap().starts_with("is not YAML: "));
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
