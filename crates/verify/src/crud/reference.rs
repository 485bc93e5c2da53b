//! Members that name something of another collection.

use serde_json::Value;

use super::compare::inner;
use crate::openapi::Collection;

/// Names under which the people of a service stand.
const PEOPLE: &[&str] = &["user", "account", "person", "people", "author", "member", "owner", "customer", "profile"];

/// The members of a body that may name something of another collection.
pub(super) fn reference_names(body: &Value, collection: &Collection, all: &[Collection]) -> Vec<String> {
    let inside = inner(body);
    let members = body.as_object().into_iter().chain(inside.as_object().filter(|_| inside != body));
    let mut names: Vec<String> = Vec::new();
    for (name, value) in members.flatten() {
        let is_scalar = value.is_number() || value.is_string();
        let is_own = name == "id" || *name == collection.key;
        let is_named =
            root(name).is_some() || all.iter().any(|other| other.path != collection.path && is_called(other, name));
        if is_scalar && !is_own && is_named && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The collection that a member refers to: by name, as one of people, or the only other one.
pub(super) fn target<'a>(name: &str, collection: &Collection, all: &'a [Collection]) -> Option<&'a Collection> {
    let name = root(name).unwrap_or_else(|| name.to_owned());
    let able = || {
        all.iter().filter(|other| !other.is_inside_another() && other.create.is_some() && other.path != collection.path)
    };
    let people = || PEOPLE.contains(&stem(&name).as_str()) || name.ends_with("or") || name.ends_with("ee");
    able()
        .find(|other| is_called(other, &name))
        .or_else(|| able().find(|other| people() && PEOPLE.contains(&called(other).as_str())))
        .or_else(|| {
            let mut able = able();
            let only = able.next()?;
            able.next().is_none().then_some(only)
        })
}

/// `author` of `author_id` and `authorId`.
fn root(name: &str) -> Option<String> {
    ["_id", "_uuid", "Id", "ID", "_pk"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .filter(|root| !root.is_empty())
        .map(str::to_lowercase)
}

fn is_called(collection: &Collection, name: &str) -> bool {
    called(collection) == stem(&name.to_lowercase().replace(['_', '-'], ""))
}

/// `task` of `/api/tasks/`.
pub(crate) fn called(collection: &Collection) -> String {
    let last = collection.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    stem(&last.to_lowercase().replace(['_', '-'], ""))
}

/// Without the ending of a plural.
pub(crate) fn stem(word: &str) -> String {
    let word = word.strip_suffix("ies").map_or_else(|| word.to_owned(), |root| format!("{root}y"));
    word.strip_suffix('s').map_or(word.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openapi::Operation;

    fn collection(path: &str) -> Collection {
        Collection {
            path: path.to_owned(),
            item: format!("{path}/{{id}}"),
            key: "id".to_owned(),
            create: Some(Operation::default()),
            list: None,
            paging: Vec::new(),
            read: Some(Operation::default()),
            updates: Vec::new(),
            delete: None,
            parent: None,
        }
    }

    #[test]
    fn a_reference_is_told_by_its_name() {
        let all = [collection("/notes"), collection("/api/users"), collection("/categories")];
        let body = json!({"title": "x", "author_id": 1, "category": 1, "ownerId": "a", "id": 3, "tags": []});
        assert_eq!(reference_names(&body, &all[0], &all), ["author_id", "category", "ownerId"]);
        for (name, expected) in [
            ("author_id", Some("/api/users")),
            ("user_id", Some("/api/users")),
            ("category", Some("/categories")),
            ("categoryId", Some("/categories")),
            ("place_id", None),
        ] {
            assert_eq!(target(name, &all[0], &all).map(|found| found.path.as_str()), expected, "{name}");
        }
        assert_eq!(target("place_id", &all[0], &all[..2]).map(|found| found.path.as_str()), Some("/api/users"));
    }
}
