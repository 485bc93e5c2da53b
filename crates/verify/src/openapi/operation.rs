//! One operation of a document: what it takes, and what it answers.

use serde_json::{Map, Value, json};

use super::OpenApi;

/// An operation, as far as a request can be made of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Operation {
    /// Whether its path ends in `/`.
    pub(crate) slash: bool,
    /// `None` where the document tells of no body, or of none that could be sent.
    pub(crate) body: Option<Body>,
    /// Query parameters that must be there, with their schemas.
    pub(crate) query: Vec<(String, Value)>,
    /// Headers that must be there, with their schemas.
    pub(crate) headers: Vec<(String, Value)>,
    /// The document says that it asks for credentials.
    pub(crate) is_secured: bool,
    /// The schema of the first successful answer; null where the document does not say.
    pub(crate) answer: Value,
}

/// A request body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) schema: Value,
    /// A whole body that the document shows.
    pub(crate) example: Option<Value>,
}

/// The media type of a form without files.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

impl OpenApi {
    /// `shared` holds the parameters of the whole path.
    pub(super) fn operation(&self, path: &str, shared: &Value, operation: &Value) -> Operation {
        let parameters: Vec<&Value> = [shared, operation]
            .into_iter()
            .flat_map(|holder| holder["parameters"].as_array().into_iter().flatten())
            .map(|parameter| self.followed(parameter))
            .collect();
        let demanded = |place: &str| {
            let found = parameters.iter().filter(|parameter| parameter["in"] == place && parameter["required"] == true);
            let one = |parameter: &&Value| Some((parameter["name"].as_str()?.to_owned(), schema_of(parameter)));
            found.filter_map(one).collect::<Vec<_>>()
        };
        let security = operation.get("security").unwrap_or(&self.document["security"]);
        Operation {
            slash: path.ends_with('/'),
            body: self.body(operation).or_else(|| self.old_body(operation, &parameters)),
            query: demanded("query"),
            headers: demanded("header"),
            is_secured: security.as_array().is_some_and(|all| {
                !all.is_empty() && all.iter().all(|one| one.as_object().is_some_and(|one| !one.is_empty()))
            }),
            answer: self.answer(operation),
        }
    }

    /// The JSON body of an operation, else its form.
    fn body(&self, operation: &Value) -> Option<Body> {
        let content = self.followed(&operation["requestBody"])["content"].as_object()?;
        let by = |fits: fn(&str) -> bool| content.iter().find(|(media_type, _)| fits(media_type));
        let (media_type, content) = by(is_plain_json).or_else(|| by(is_json)).or_else(|| by(is_form))?;
        let example = content.get("example").cloned().or_else(|| {
            let first = content["examples"].as_object()?.values().next()?;
            Some(self.followed(first)["value"].clone())
        });
        Some(Body { media_type: media_type.clone(), schema: content["schema"].clone(), example })
    }

    /// As version 2 has it: a parameter that is the body, or parameters that are a form's.
    fn old_body(&self, operation: &Value, parameters: &[&Value]) -> Option<Body> {
        let consumes = operation["consumes"].as_array().or_else(|| self.document["consumes"].as_array());
        let json = consumes.into_iter().flatten().filter_map(Value::as_str).find(|media_type| is_json(media_type));
        if let Some(body) = parameters.iter().find(|parameter| parameter["in"] == "body") {
            let media_type = json.unwrap_or("application/json").to_owned();
            return Some(Body { media_type, schema: body["schema"].clone(), example: None });
        }
        let fields: Vec<&&Value> = parameters.iter().filter(|parameter| parameter["in"] == "formData").collect();
        if fields.is_empty() || fields.iter().any(|field| field["type"] == "file" && field["required"] == true) {
            return None;
        }
        let name = |field: &Value| field["name"].as_str().unwrap_or_default().to_owned();
        let properties: Map<String, Value> = fields.iter().map(|field| (name(field), schema_of(field))).collect();
        let required: Vec<String> =
            fields.iter().filter(|field| field["required"] == true).map(|field| name(field)).collect();
        let schema = json!({"type": "object", "properties": properties, "required": required});
        Some(Body { media_type: FORM.to_owned(), schema, example: None })
    }

    /// The schema of the first successful answer.
    fn answer(&self, operation: &Value) -> Value {
        let Some(responses) = operation["responses"].as_object() else { return Value::Null };
        let Some((_, response)) = responses.iter().find(|(status, _)| status.starts_with('2')) else {
            return Value::Null;
        };
        let response = self.followed(response);
        let content = response["content"].as_object();
        content
            .and_then(|content| content.iter().find(|(media_type, _)| is_json(media_type) || *media_type == "*/*"))
            .map_or_else(|| response["schema"].clone(), |(_, content)| content["schema"].clone())
    }
}

/// A parameter's schema; version 2 has it in the parameter itself.
fn schema_of(parameter: &Value) -> Value {
    if let Some(schema) = parameter.get("schema") {
        return schema.clone();
    }
    let mut schema = parameter.clone();
    if let Some(schema) = schema.as_object_mut() {
        for name in ["name", "in", "required", "description"] {
            schema.remove(name);
        }
    }
    schema
}

pub(super) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn is_plain_json(media_type: &str) -> bool {
    essence(media_type) == "application/json"
}

fn is_form(media_type: &str) -> bool {
    essence(media_type) == FORM
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
