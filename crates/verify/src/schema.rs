//! A value that a JSON schema allows: what the CRUD check writes.
//!
//! It reads what OpenAPI 3.0 and 3.1 documents use of JSON Schema, follows references inside the document a bounded number of times, and
//! makes values that can be told from those of others: strings carry a mark of the run.

use std::cell::Cell;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

/// How deep schemas may nest, references included.
const DEEPEST: usize = 24;
/// The most members, items and characters that are made because a schema asks for them.
const MOST: u32 = 4096;
/// The most schemas that are looked at for one value.
const STEPS: u32 = 2_000;

/// What stands behind the run's mark where odd text is wanted: quotes, a backslash, letters beyond ASCII and beyond 16 bits.
const ODD: &str = r#"'q' "q" \ é 漢 🚢"#;

/// Which values of the many that a schema allows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Style {
    /// Also the members that need not be there and may hold any text, or that say whether something is done.
    pub(crate) full: bool,
    /// Free text with [`ODD`] characters.
    pub(crate) odd: bool,
    /// What the document shows as examples, where it does.
    pub(crate) examples: bool,
    /// Members that are not made although they could be.
    pub(crate) without: Vec<String>,
    /// Members whose value is known: references to something else.
    pub(crate) known: Vec<(String, Value)>,
}

/// A document, and what its values are made with.
pub(crate) struct Maker<'a> {
    pub(crate) document: &'a Value,
    /// In every free string: tells the rows of this run.
    pub(crate) mark: &'a str,
    /// Another one makes other values, where the schema allows others.
    pub(crate) variation: u64,
    style: Style,
    /// How many texts were made: no two are the same, so that members that were swapped are told.
    texts: Cell<u32>,
    /// How many schemas may still be looked at: choices inside choices multiply.
    steps: Cell<u32>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(document: &'a Value, mark: &'a str, variation: u64, style: &Style) -> Self {
        Self { document, mark, variation, style: style.clone(), texts: Cell::new(0), steps: Cell::new(STEPS) }
    }

    /// Whether one more schema may be looked at.
    fn step(&self) -> bool {
        self.steps.set(self.steps.get().saturating_sub(1));
        self.steps.get() > 0
    }

    /// The schema's value with its required members; where it requires none, with those that are free text.
    ///
    /// `None` where no value could be made.
    pub(crate) fn value(&self, schema: &Value) -> Option<Value> {
        self.at(schema, "", 0)
    }

    /// The names that the schema requires.
    pub(crate) fn required(&self, schema: &Value) -> Vec<String> {
        let schema = self.flat(schema, 0);
        let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.take(MOST as usize).map(str::to_owned).collect()
    }

    /// The schema's properties as declared, references followed.
    pub(crate) fn properties(&self, schema: &Value) -> Map<String, Value> {
        let schema = self.flat(schema, 0);
        schema["properties"].as_object().cloned().unwrap_or_default()
    }

    /// The schema with its reference followed and its `allOf` joined.
    pub(crate) fn flat(&self, schema: &Value, depth: usize) -> Value {
        if depth > DEEPEST || !self.step() {
            return json!({});
        }
        if let Some(target) = schema["$ref"].as_str() {
            let mut found =
                resolve(self.document, target).map_or_else(|| json!({}), |found| self.flat(found, depth + 1));
            if let (Some(found), Some(beside)) = (found.as_object_mut(), schema.as_object()) {
                found.extend(beside.iter().filter(|(name, _)| *name != "$ref").map(|(k, v)| (k.clone(), v.clone())));
            }
            return found;
        }
        let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
        let mut whole = schema.clone();
        if let Some(whole) = whole.as_object_mut() {
            whole.remove("allOf");
        }
        for part in parts.iter().take(MOST as usize) {
            join(&mut whole, &self.flat(part, depth + 1));
        }
        whole
    }

    fn at(&self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        if depth > DEEPEST || !self.step() {
            return None;
        }
        let schema = &self.flat(schema, 0);
        if let Some((_, value)) = self.style.known.iter().find(|(known, _)| known == name) {
            return Some(value.clone());
        }
        if let Some(example) = example(schema).filter(|_| self.style.examples) {
            return Some(example.clone());
        }
        if let Some(value) = schema.get("const") {
            return Some(value.clone());
        }
        if let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) {
            let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
            return pick(&values, self.variation).map(|value| (*value).clone()).or(Some(Value::Null));
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let mut beside = schema.clone();
                if let Some(beside) = beside.as_object_mut() {
                    beside.remove(choice);
                    for note in ["title", "description", "default", "example", "examples"] {
                        beside.remove(note);
                    }
                }
                return choices.iter().filter(|choice| choice["type"] != "null").find_map(|choice| {
                    let mut one = self.flat(choice, 0);
                    join(&mut one, &beside);
                    self.at(&one, name, depth + 1)
                });
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => self.string(schema, name),
            "integer" => number(schema, self.variation, true),
            "number" => number(schema, self.variation, false),
            "boolean" => Some(Value::Bool(self.variation.is_multiple_of(2))),
            "null" => Some(Value::Null),
            _ => Some(Value::String(self.text(schema))),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Option<Value> {
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).take(MOST as usize).collect();
        let mut object = Map::new();
        for name in &required {
            let property = properties.get(*name).unwrap_or(&Value::Null);
            if self.flat(property, 0)["readOnly"] == true {
                continue;
            }
            object.insert((*name).to_owned(), self.at(property, name, depth + 1)?);
        }
        let least = schema["minProperties"].as_u64().unwrap_or(0).clamp(u64::from(object.is_empty()), MOST.into());
        for (name, property) in properties.iter().take(MOST as usize) {
            if object.len() as u64 >= least {
                break;
            }
            if !object.contains_key(name) && self.is_free_text(property, name) {
                object.insert(name.clone(), self.at(property, name, depth + 1)?);
            }
        }
        for (name, property) in properties.iter().take(MOST as usize).filter(|_| self.style.full) {
            if !object.contains_key(name) && self.is_worth_writing(property, name) {
                object.insert(name.clone(), self.at(property, name, depth + 1)?);
            }
        }
        object.retain(|name, _| required.contains(&name.as_str()) || !self.style.without.contains(name));
        Some(Value::Object(object))
    }

    /// Whether a member may hold any text: not a reference to something else, not a time, not chosen by the service.
    fn is_free_text(&self, property: &Value, name: &str) -> bool {
        let schema = self.one_of(property);
        schema["readOnly"] != true
            && !is_the_services(name)
            && schema.get("format").is_none()
            && schema.get("enum").is_none()
            && kind(&schema) == "string"
    }

    /// Whether a member that need not be there is written all the same: plain text, or whether something is done. What services set
    /// themselves or hold against rules that no schema tells is left to them.
    fn is_worth_writing(&self, property: &Value, name: &str) -> bool {
        const RULED: &[&str] = &[
            "status", "state", "type", "kind", "role", "category", "level", "priority", "lang", "locale", "currency",
            "country", "zone", "color", "colour", "mail", "phone", "user", "slug", "code", "key", "version", "tag",
            "url", "uri", "link", "href", "self", "image", "avatar", "password", "secret", "token", "hash", "date",
            "time", "owner", "author", "creator", "assignee", "parent", "number", "sku", "cron", "path", "file", "ip",
            "host",
        ];
        const DONE: &[&str] = &["done", "completed", "complete", "finished", "checked"];
        let schema = self.one_of(property);
        let lower = name.to_ascii_lowercase();
        if kind(&schema) == "boolean" {
            return schema["readOnly"] != true && DONE.contains(&lower.trim_start_matches("is_"));
        }
        let has_room = schema["maxLength"].as_u64().is_none_or(|most| most >= 40);
        let is_ruled = lower.split(|c: char| !c.is_alphanumeric()).any(|word| RULED.contains(&word));
        has_room && !is_ruled && schema.get("pattern").is_none() && self.is_free_text(property, name)
    }

    /// The schema itself, or the first of its choices that is not `null`.
    fn one_of(&self, property: &Value) -> Value {
        let schema = self.flat(property, 0);
        let choices = ["oneOf", "anyOf"].iter().find_map(|choice| schema[choice].as_array().cloned());
        let one = choices.and_then(|choices| choices.into_iter().find(|choice| choice["type"] != "null"));
        one.map_or(schema, |one| self.flat(&one, 0))
    }

    fn array(&self, schema: &Value, depth: usize) -> Option<Value> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        if least > u64::from(MOST) {
            return None;
        }
        (0..least)
            .map(|index| {
                let maker = Maker {
                    variation: self.variation + index,
                    style: self.style.clone(),
                    texts: self.texts.clone(),
                    steps: self.steps.clone(),
                    ..*self
                };
                maker.at(&schema["items"], "", depth + 1)
            })
            .collect::<Option<Vec<_>>>()
            .map(Value::Array)
    }

    fn string(&self, schema: &Value, name: &str) -> Option<Value> {
        let Some(pattern) = schema["pattern"].as_str() else {
            let made = self.formatted(schema).or_else(|| self.named(schema, name));
            let text = made.unwrap_or_else(|| {
                self.texts.set(self.texts.get() + 1);
                self.text(schema)
            });
            return Some(Value::String(text));
        };
        let least = schema["minLength"].as_u64().unwrap_or(0);
        let most = schema["maxLength"].as_u64().unwrap_or(MOST.into());
        // What has the run's mark in it is told from everything else, and from what was sent before.
        let short = bounded(&format!("s{}{}", self.digits(), self.variation), schema);
        let free = [self.text(schema), self.plain(schema), short];
        let made = [self.formatted(schema), self.named(schema, name)].into_iter().flatten().chain(free);
        if let Some(text) = made.into_iter().find(|text| admits(pattern, text)) {
            return Some(Value::String(text));
        }
        matching(pattern, least, most)
            .map(Value::String)
            .or_else(|| example(schema).filter(|example| example.is_string()).cloned())
    }

    /// As the schema's format has it.
    fn formatted(&self, schema: &Value) -> Option<String> {
        let n = self.variation;
        let digits = self.digits();
        Some(match schema["format"].as_str()? {
            "date-time" => format!("2026-01-{:02}T12:00:00Z", 1 + n % 28),
            "date" => format!("2026-01-{:02}", 1 + n % 28),
            "time" => format!("12:00:{:02}Z", n % 60),
            "duration" => format!("PT{}S", 1 + n % 1000),
            "uuid" => format!("{digits}-0000-4000-8000-{n:012x}"),
            "email" | "idn-email" => format!("{digits}-{n}@example.com"),
            "uri" | "url" | "iri" | "uri-reference" => format!("https://example.com/{digits}/{n}"),
            "hostname" | "idn-hostname" => format!("h{digits}-{n}.example.com"),
            "ipv4" => format!("192.0.2.{}", 1 + n % 250),
            "ipv6" => format!("2001:db8::{:x}", 1 + n % 0xffff),
            "byte" => "c2Vhd29ydGh5".to_owned(),
            "decimal" => format!("{}.5", 1 + n % 1000),
            "password" => format!("Sea-Worthy-{digits}-{n}"),
            "slug" => bounded(&format!("s{digits}{n}"), schema),
            _ => return None,
        })
    }

    /// As its name has it where the schema leaves it open: services hold such text against rules that no schema tells.
    fn named(&self, schema: &Value, name: &str) -> Option<String> {
        let n = self.variation;
        let digits = self.digits();
        let lower = name.to_ascii_lowercase();
        let text = match lower.as_str() {
            "slug" | "key" | "username" | "user_name" | "login" | "code" | "sku" => {
                return Some(bounded(&format!("s{digits}{n}"), schema));
            }
            "email" | "e_mail" | "mail" => format!("{digits}-{n}@example.com"),
            "phone" | "phone_number" | "phonenumber" | "mobile" => format!("+4930123456{:02}", n % 100),
            "url" | "uri" | "website" | "link" | "homepage" => format!("https://example.com/{digits}/{n}"),
            "password" => format!("Sea-Worthy-{digits}-{n}"),
            "color" | "colour" => format!("#12ab{:02x}", n % 256),
            "country" | "country_code" => "DE".to_owned(),
            "currency" => "EUR".to_owned(),
            "language" | "lang" | "locale" => "en".to_owned(),
            "timezone" | "time_zone" | "tz" => "UTC".to_owned(),
            "zip" | "zipcode" | "zip_code" | "postal_code" | "postcode" => format!("1011{}", n % 10),
            "price" | "amount" => format!("{}.50", 1 + n % 1000),
            "date" | "due" | "birthday" | "day" => format!("2026-01-{:02}", 1 + n % 28),
            other if other.ends_with("_date") => format!("2026-01-{:02}", 1 + n % 28),
            other if other.ends_with("_at") => format!("2026-01-{:02}T12:00:00Z", 1 + n % 28),
            other if other.ends_with("_url") => format!("https://example.com/{digits}/{n}"),
            other if other.ends_with("_email") => format!("{digits}-{n}@example.com"),
            _ => return None,
        };
        let fits = schema["maxLength"].as_u64().is_none_or(|most| text.chars().count() as u64 <= most);
        fits.then(|| bounded(&text, schema))
    }

    /// Free text with the run's mark, as short or long as it must be, and odd where that is wanted and there is room for it.
    fn text(&self, schema: &Value) -> String {
        let odd = format!("{} {ODD}", self.marked());
        let most = schema["maxLength"].as_u64().unwrap_or(MOST.into());
        if self.style.odd && odd.chars().count() as u64 <= most { bounded(&odd, schema) } else { self.plain(schema) }
    }

    fn plain(&self, schema: &Value) -> String {
        bounded(&self.marked(), schema)
    }

    fn marked(&self) -> String {
        match self.texts.get() {
            0 | 1 => format!("seaworthy {} {}", self.mark, self.variation),
            several => format!("seaworthy {} {}.{several}", self.mark, self.variation),
        }
    }

    /// Eight hexadecimal digits of the mark.
    fn digits(&self) -> String {
        let digits: String = self.mark.chars().filter(char::is_ascii_hexdigit).take(8).collect();
        format!("{digits:0>8}").to_lowercase()
    }
}

/// Whether services set a member of this name themselves.
pub(crate) fn is_the_services(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["id", "uuid", "pk"].contains(&lower.as_str())
        || ["_id", "_at", "_by", "_ids", "_uuid"].iter().any(|end| lower.ends_with(end))
        || ["Id", "At", "By", "Ids"].iter().any(|end| name.ends_with(end))
        || ["created", "updated", "modified", "deleted"].iter().any(|start| lower.starts_with(start))
}

fn example(schema: &Value) -> Option<&Value> {
    schema.get("example").or_else(|| schema["examples"].get(0)).filter(|example| !example.is_null())
}

/// What `#/a/b~1c` points at inside the document.
pub(crate) fn resolve<'a>(document: &'a Value, target: &str) -> Option<&'a Value> {
    document.pointer(&percent_encoding::percent_decode_str(target.strip_prefix('#')?).decode_utf8().ok()?)
}

/// The first type that is not `null`; told by other members where none is named.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema.get("properties").is_some() || schema.get("required").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ if schema.get("pattern").is_some() || schema.get("format").is_some() || schema.get("maxLength").is_some() => {
            "string"
        }
        _ if schema.get("minimum").is_some() || schema.get("maximum").is_some() => "number",
        _ => "",
    }
}

/// Adds the second schema's members: properties and required names together, of the rest the first one's stay.
fn join(whole: &mut Value, part: &Value) {
    let (Some(whole), Some(part)) = (whole.as_object_mut(), part.as_object()) else { return };
    for (name, value) in part {
        match (whole.get_mut(name), value) {
            (Some(Value::Object(known)), Value::Object(more)) if name == "properties" => {
                known.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
            (Some(Value::Array(known)), Value::Array(more)) if name == "required" => known.extend(more.iter().cloned()),
            (Some(_), _) => {}
            (None, _) => {
                whole.insert(name.clone(), value.clone());
            }
        }
    }
}

fn pick<T>(values: &[T], variation: u64) -> Option<&T> {
    let length = values.len() as u64;
    (length > 0).then(|| &values[usize::try_from(variation % length).unwrap_or(0)])
}

/// Cut at `maxLength`, keeping the end, which tells values apart; padded to `minLength`.
fn bounded(text: &str, schema: &Value) -> String {
    let bound = |name: &str, otherwise: usize| {
        let bound = schema[name].as_u64().and_then(|bound| usize::try_from(bound).ok());
        bound.unwrap_or(otherwise).min(MOST as usize)
    };
    let (least, most) = (bound("minLength", 0), bound("maxLength", MOST as usize));
    let length = text.chars().count();
    let cut: String = text.chars().skip(length.saturating_sub(most)).collect();
    // Many services take spaces away from the ends.
    let cut = cut.trim_start();
    let padding = std::iter::repeat_n('x', least.saturating_sub(cut.chars().count()));
    cut.chars().chain(padding).collect()
}

#[expect(clippy::cast_precision_loss, reason = "bounds beyond 2^53 need no exact value")]
fn number(schema: &Value, variation: u64, whole: bool) -> Option<Value> {
    let exclusive = |name: &str, inclusive: &str| match &schema[name] {
        Value::Bool(true) => (schema[inclusive].as_f64(), true),
        Value::Number(bound) => (bound.as_f64(), true),
        _ => (schema[inclusive].as_f64(), false),
    };
    let (least, above) = exclusive("exclusiveMinimum", "minimum");
    let (most, below) = exclusive("exclusiveMaximum", "maximum");
    let step = schema["multipleOf"].as_f64().filter(|step| *step > 0.0).unwrap_or(if whole { 1.0 } else { 0.25 });
    let fits = |value: f64| {
        least.is_none_or(|least| if above { value > least } else { value >= least })
            && most.is_none_or(|most| if below { value < most } else { value <= most })
    };
    let first = match (least, most) {
        (Some(least), _) => (least / step).ceil(),
        (None, Some(most)) => (most / step).floor() - 8.0,
        (None, None) => 1.0,
    };
    let candidates = |from: f64| (0..16).map(move |index| (first + from + f64::from(index)) * step);
    let value = candidates((variation % 1000) as f64)
        .find(|value| fits(*value))
        .or_else(|| candidates((variation % 2) as f64).find(|value| fits(*value)))
        .or_else(|| candidates(0.0).find(|value| fits(*value)))?;
    if whole {
        #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
        return Some(Value::from(value as i64));
    }
    serde_json::Number::from_f64(value).map(Value::Number)
}

/// Whether a text is one that the pattern allows. It need not be anchored (JSON Schema, validation, section 6.3.3).
fn admits(pattern: &str, text: &str) -> bool {
    const BYTES: usize = 1 << 20;
    let pattern = regex::RegexBuilder::new(pattern).size_limit(BYTES).dfa_size_limit(BYTES).nest_limit(32).build();
    pattern.is_ok_and(|pattern| pattern.is_match(text))
}

/// The shortest text that a pattern matches, of the asked length where repetitions allow it.
fn matching(pattern: &str, least: u64, most: u64) -> Option<String> {
    if pattern.len() > 512 {
        return None;
    }
    let hir = regex_syntax::ParserBuilder::new().nest_limit(32).build().parse(pattern).ok()?;
    (0..=least.min(256)).find_map(|extra| {
        let mut text = String::new();
        write_match(&hir, u32::try_from(extra).ok()?, &mut text)?;
        let length = text.chars().count() as u64;
        (length >= least && length <= most).then_some(text)
    })
}

/// Writes a match; every repetition that may goes on for `extra` more than it must.
fn write_match(hir: &Hir, extra: u32, text: &mut String) -> Option<()> {
    if text.len() > MOST as usize {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.push_str(std::str::from_utf8(&literal.0).ok()?);
            Some(())
        }
        HirKind::Class(class) => {
            text.push(member(class)?);
            Some(())
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(MOST);
            if repetition.min > MOST {
                return None;
            }
            (0..(repetition.min + extra).min(most.max(repetition.min)))
                .try_for_each(|_| write_match(&repetition.sub, extra.min(1), text))
        }
        HirKind::Capture(capture) => write_match(&capture.sub, extra, text),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write_match(part, extra, text)),
        HirKind::Alternation(parts) => write_match(parts.first()?, extra, text),
    }
}

/// A letter or digit of the class where it has one.
fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start() as char, range.end() as char)).collect(),
    };
    let holds = |wanted: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&wanted));
    ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain(' '..='~')
        .find(holds)
        .or(ranges.first().map(|(start, _)| *start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &Value, expected: &Value) {
        let nothing = json!({});
        let maker = Maker::new(&nothing, "ab12cd34", 7, &Style::default());
        assert_eq!(maker.value(schema).as_ref(), Some(expected), "{schema}");
    }

    #[test]
    fn a_value_keeps_every_bound_of_its_schema() {
        check(&json!({"type": "string"}), &json!("seaworthy ab12cd34 7"));
        check(&json!({"type": "string", "maxLength": 5}), &json!("d34 7"));
        check(&json!({"type": "string", "minLength": 22}), &json!("seaworthy ab12cd34 7xx"));
        check(&json!({"type": "string", "enum": ["a", "b", null]}), &json!("b"));
        check(&json!({"type": ["null", "boolean"]}), &json!(false));
        check(&json!({"const": 5}), &json!(5));
        check(&json!({"type": "integer", "minimum": 10, "maximum": 12}), &json!(11));
        check(&json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true, "maximum": 4}), &json!(4));
        check(&json!({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5}), &json!(40));
        check(&json!({"type": "number", "maximum": 0, "exclusiveMaximum": 0}), &json!(-0.25));
        check(&json!({"type": "string", "format": "date-time"}), &json!("2026-01-08T12:00:00Z"));
        check(&json!({"type": "string", "format": "uuid"}), &json!("ab12cd34-0000-4000-8000-000000000007"));
        check(&json!({"type": "string", "pattern": "^[A-Z]{3}-\\d+$", "minLength": 6}), &json!("AAA-00"));
        check(&json!({"type": "string", "pattern": "^[^\\u0000]*$", "example": "x"}), &json!("seaworthy ab12cd34 7"));
        check(&json!({"type": "string", "pattern": "^[a-z0-9-]{1,20}$"}), &json!("sab12cd347"));
        check(&json!({"type": "array", "items": {"type": "integer"}, "minItems": 2}), &json!([8, 9]));
        check(&json!({"anyOf": [{"type": "null"}, {"type": "integer"}]}), &json!(8));
    }

    #[test]
    fn an_object_has_its_required_members_or_some_free_text() {
        let schema = json!({
            "required": ["title", "id"],
            "properties": {
                "id": {"type": "integer", "readOnly": true},
                "title": {"type": "string"},
                "description": {"type": "string"},
            }
        });
        check(&schema, &json!({"title": "seaworthy ab12cd34 7"}));
        let schema = json!({"properties": {"owner_id": {"type": "string"}, "name": {"type": "string"}}});
        check(&schema, &json!({"name": "seaworthy ab12cd34 7"}));
    }

    #[test]
    fn references_are_followed_inside_the_document_and_a_circle_ends() {
        let document = json!({"components": {"schemas": {
            "Base": {"required": ["a"], "properties": {"a": {"type": "integer"}}},
            "Task": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["b"], "properties": {"b": {"type": "boolean"}}}]},
            "Circle": {"$ref": "#/components/schemas/Circle"},
            "Bomb": {"anyOf": [{"$ref": "#/components/schemas/Bomb"}, {"$ref": "#/components/schemas/Bomb"}]},
            "Joined": {"allOf": [{"$ref": "#/components/schemas/Joined"}, {"$ref": "#/components/schemas/Joined"}]},
            "Endless": {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}},
        }}});
        let maker = Maker::new(&document, "ab", 0, &Style::default());
        let of = |name: &str| {
            let maker = Maker::new(&document, "ab", 0, &Style::default());
            maker.value(&json!({"$ref": format!("#/components/schemas/{name}")}))
        };
        assert_eq!(of("Task"), Some(json!({"a": 1, "b": true})));
        assert_eq!(of("Endless"), None);
        assert!(of("Circle").is_some());
        assert!(of("Bomb").is_none() && of("Joined").is_some());
        assert_eq!(maker.value(&json!({"$ref": "http://elsewhere/x.json"})), Some(json!("seaworthy ab 0")));
    }

    #[test]
    fn hostile_schemas_cost_little() {
        let nothing = json!({});
        let maker = Maker::new(&nothing, "ab", 0, &Style::default());
        for schema in [
            json!({"type": "string", "pattern": "(a{1000}){1000}"}),
            json!({"type": "string", "pattern": "("}),
            json!({"type": "array", "items": {}, "minItems": 1_000_000_000_u64}),
            json!({"type": "integer", "minimum": 2, "maximum": 1}),
            json!({"anyOf": vec![json!({"type": "array", "minItems": 4096, "items": {"type": "integer", "minimum": 2, "maximum": 1}}); 100]}),
        ] {
            assert_eq!(maker.value(&schema), None, "{schema}");
        }
    }
}
