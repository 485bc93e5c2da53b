//! The statement that fetches a page of a list, for both databases.

use crate::{
    request::{
        owner::Owner,
        selection::{Filter, Selection},
    },
    task::{CreatedAt, Status, Title},
};

/// The columns of a task, in the order in which all statements name them.
pub(super) const COLUMNS: &str = "id, title, description, status, created_at, version, owner";

/// What differs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// What the number of a parameter begins with.
    pub(super) parameter: char,
    /// The comparison with a pattern that takes letters of both cases as the same.
    pub(super) like: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Time(CreatedAt),
}

/// A statement, its parameters, and the order of what it answers.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) order: String,
}

/// It asks for one task more than the page has: if it comes, there is another page.
pub(super) fn select(selection: &Selection, owner: &Owner, dialect: Dialect) -> Select {
    let Selection { filter, order, after, limit, .. } = selection;
    let mut matching = Matching::of(filter, owner, dialect);
    let (behind, direction) = if order.is_descending { ('<', " DESC") } else { ('>', "") };
    match after {
        Some(after) if order.is_by_time => {
            let time = matching.parameter(Value::Time(after.created_at));
            let id = matching.parameter(Value::Number(after.id));
            matching.and(&format!("(created_at, id) {behind} ({time}, {id})"));
        }
        Some(after) => {
            let id = matching.parameter(Value::Number(after.id));
            matching.and(&format!("id {behind} {id}"));
        }
        None => {}
    }
    let time = if order.is_by_time { format!("created_at{direction}, ") } else { String::new() };
    let (order, limit) = (format!("{time}id{direction}"), matching.parameter(Value::Number(limit + 1)));
    let Matching { condition, values, .. } = matching;
    let sql = format!("SELECT {COLUMNS} FROM task WHERE {condition} ORDER BY {order} LIMIT {limit}");
    Select { sql, values, order }
}

/// How many tasks a filter lets through.
pub(super) fn count(filter: &Filter, owner: &Owner, dialect: Dialect) -> (String, Vec<Value>) {
    let Matching { condition, values, .. } = Matching::of(filter, owner, dialect);
    (format!("SELECT count(*) FROM task WHERE {condition}"), values)
}

/// What is true of an owner's tasks that a filter lets through.
struct Matching {
    dialect: Dialect,
    condition: String,
    values: Vec<Value>,
}

impl Matching {
    fn of(filter: &Filter, owner: &Owner, dialect: Dialect) -> Self {
        let mut matching = Self { dialect, condition: String::new(), values: Vec::new() };
        let owner = matching.parameter(Value::Text(owner.as_str().to_owned()));
        matching.condition = format!("owner = {owner}");
        for (statuses, one, several) in [(&filter.statuses, "=", "IN"), (&filter.other_than, "<>", "NOT IN")] {
            let value = |status: &Status| Value::Text(status.as_str().to_owned());
            let listed: Vec<_> = statuses.iter().map(|status| matching.parameter(value(status))).collect();
            match &listed[..] {
                [] => {}
                [status] => matching.and(&format!("status {one} {status}")),
                _ => matching.and(&format!("status {several} ({})", listed.join(", "))),
            }
        }
        for (time, comparison) in [(filter.created_after, '>'), (filter.created_before, '<')] {
            if let Some(time) = time {
                let time = matching.parameter(Value::Time(time));
                matching.and(&format!("created_at {comparison} {time}"));
            }
        }
        if let Some(text) = &filter.text {
            let (like, pattern) = (dialect.like, matching.parameter(Value::Text(pattern(text))));
            matching.and(&format!("(title {like} {pattern} ESCAPE '\\' OR description {like} {pattern} ESCAPE '\\')"));
        }
        matching
    }

    fn parameter(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("{}{}", self.dialect.parameter, self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.condition.extend([" AND ", condition]);
    }
}

/// Anything with `text` in it.
fn pattern(text: &Title) -> String {
    let text = text.as_str().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::Epoch;

    fn told(query: &str, dialect: Dialect) -> (String, Vec<Value>) {
        let owner = Owner::new("ci".into());
        let Select { sql, values, .. } =
            select(&Selection::parse(query, &owner, Epoch::default()).unwrap(), &owner, dialect);
        (sql, values)
    }

    #[test]
    fn a_page_is_one_statement() {
        let postgres = Dialect { parameter: '$', like: "ILIKE" };
        let (sql, values) = told("", postgres);
        assert_eq!(sql, format!("SELECT {COLUMNS} FROM task WHERE owner = $1 ORDER BY id LIMIT $2"));
        assert_eq!(values, [Value::Text("ci".to_owned()), Value::Number(101)]);

        let (sql, values) =
            told("q=50%25_%5C&status=done&limit=9&sort=-created_at", Dialect { parameter: '?', like: "LIKE" });
        let expected = "owner = ?1 AND status = ?2 AND (title LIKE ?3 ESCAPE '\\' OR description LIKE ?3 ESCAPE '\\') \
                        ORDER BY created_at DESC, id DESC LIMIT ?4";
        assert_eq!(sql, format!("SELECT {COLUMNS} FROM task WHERE {expected}"));
        assert_eq!(values[2], Value::Text("%50\\%\\_\\\\%".to_owned()));

        let (sql, values) = told("status=a,b&status!=c", postgres);
        let expected = "owner = $1 AND status IN ($2, $3) AND status <> $4 ORDER BY id LIMIT $5";
        assert_eq!(sql, format!("SELECT {COLUMNS} FROM task WHERE {expected}"));
        assert_eq!(values.len(), 5);

        let owner = Owner::new("ci".into());
        let selection = Selection::parse("status!=c&limit=7", &owner, Epoch::default()).unwrap();
        let (sql, values) = count(&selection.filter, &owner, postgres);
        assert_eq!((sql.as_str(), values.len()), ("SELECT count(*) FROM task WHERE owner = $1 AND status <> $2", 2));
    }
}
