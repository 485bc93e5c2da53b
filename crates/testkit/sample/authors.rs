//! A collection that notes refer to, where the service needs one: kept in memory.

use std::collections::HashMap;
use std::sync::Mutex;

static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static NOTES: Mutex<Option<HashMap<u64, u64>>> = Mutex::new(None);

pub fn answer(method: &str, path: &str, body: &str) -> (&'static str, String) {
    let mut names = NAMES.lock().unwrap();
    let author = |id: usize, name: &str| format!("{{\"id\":{},\"text\":{name}}}", id + 1);
    let id = path.strip_prefix("/authors/").and_then(|id| id.parse::<usize>().ok());
    match (method, id) {
        ("GET", Some(id)) => match id.checked_sub(1).and_then(|id| Some((id, names.get(id)?))) {
            Some((id, name)) => ("200 OK", author(id, name)),
            None => ("404 Not Found", "{\"detail\":\"not found\"}".to_owned()),
        },
        ("GET", None) => {
            let all: Vec<String> = names.iter().enumerate().map(|(id, name)| author(id, name)).collect();
            ("200 OK", format!("[{}]", all.join(",")))
        }
        ("POST", None) => {
            names.push(super::text_of(body).unwrap_or("\"\"").to_owned());
            ("201 Created", author(names.len() - 1, &names[names.len() - 1]))
        }
        _ => ("405 Method Not Allowed", String::new()),
    }
}

/// Whether the body names an author that is there.
pub fn is_known(body: &str) -> bool {
    author_of(body).is_some_and(|id| (1..=NAMES.lock().unwrap().len() as u64).contains(&id))
}

pub fn note_is_by(note: u64, body: &str) {
    if let Some(author) = author_of(body) {
        NOTES.lock().unwrap().get_or_insert_default().insert(note, author);
    }
}

/// The member of a note that has an author.
pub fn shown(note: u64) -> String {
    let notes = NOTES.lock().unwrap();
    let author = notes.as_ref().and_then(|notes| notes.get(&note));
    author.map(|author| format!(",\"author_id\":{author}")).unwrap_or_default()
}

fn author_of(body: &str) -> Option<u64> {
    let rest = body[body.find("\"author_id\"")? + 11..].trim_start().strip_prefix(':')?.trim_start();
    rest[..rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
}

/// The document with authors, and notes that need one.
pub fn added(document: &str) -> String {
    document
        .replace(r#""NewNote":{"type":"object","required":["text"],"properties":{"#, NEW_NOTE)
        .replace(r#""Note":{"type":"object","required":["id","text"],"properties":{"#, NOTE)
        .replace("\"/notes\":{", &format!("{AUTHORS},\n\"/notes\":{{"))
}

const NEW_NOTE: &str = r#""NewAuthor":{"type":"object","required":["text"],"properties":{"text":{"type":"string","minLength":1,"maxLength":100}}},
"Author":{"type":"object","required":["id","text"],"properties":{"id":{"type":"integer"},"text":{"type":"string"}}},
"NewNote":{"type":"object","required":["text","author_id"],"properties":{"author_id":{"type":"integer"},"#;
const NOTE: &str =
    r#""Note":{"type":"object","required":["id","text","author_id"],"properties":{"author_id":{"type":"integer"},"#;
const AUTHORS: &str = r##""/authors":{
"get":{"responses":{"200":{"description":"all","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Author"}}}}}}},
"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/NewAuthor"}}}},
"responses":{"201":{"description":"created","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Author"}}}}}}},
"/authors/{author_id}":{
"parameters":[{"name":"author_id","in":"path","required":true,"schema":{"type":"integer"}}],
"get":{"responses":{"200":{"description":"one","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Author"}}}},"404":{"description":"none"}}}}"##;
