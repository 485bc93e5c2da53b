//! The statement that fetches a page of a list, for both databases.

use std::fmt::Write as _;

use crate::{
    request::{owner::Owner, selection::Selection},
    task::{CreatedAt, Title},
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
    let mut values = Vec::new();
    let mut parameter = |value| {
        values.push(value);
        format!("{}{}", dialect.parameter, values.len())
    };
    let mut sql =
        format!("SELECT {COLUMNS} FROM task WHERE owner = {}", parameter(Value::Text(owner.as_str().to_owned())));
    let mut and = |condition: String| sql.extend([" AND ", &condition]);
    for (statuses, one, several) in [(&filter.statuses, "=", "IN"), (&filter.other_than, "<>", "NOT IN")] {
        let listed: Vec<_> = statuses.iter().map(|status| parameter(Value::Text(status.as_str().to_owned()))).collect();
        match &listed[..] {
            [] => {}
            [status] => and(format!("status {one} {status}")),
            _ => and(format!("status {several} ({})", listed.join(", "))),
        }
    }
    if let Some(time) = filter.created_after {
        and(format!("created_at > {}", parameter(Value::Time(time))));
    }
    if let Some(time) = filter.created_before {
        and(format!("created_at < {}", parameter(Value::Time(time))));
    }
    if let Some(text) = &filter.text {
        let (like, pattern) = (dialect.like, parameter(Value::Text(pattern(text))));
        and(format!("(title {like} {pattern} ESCAPE '\\' OR description {like} {pattern} ESCAPE '\\')"));
    }
    let (behind, direction) = if order.is_descending { ('<', " DESC") } else { ('>', "") };
    match after {
        Some(after) if order.is_by_time => {
            let (time, id) = (parameter(Value::Time(after.created_at)), parameter(Value::Number(after.id)));
            and(format!("(created_at, id) {behind} ({time}, {id})"));
        }
        Some(after) => and(format!("id {behind} {}", parameter(Value::Number(after.id)))),
        None => {}
    }
    let time = if order.is_by_time { format!("created_at{direction}, ") } else { String::new() };
    let (order, limit) = (format!("{time}id{direction}"), parameter(Value::Number(limit + 1)));
    let _ = write!(sql, " ORDER BY {order} LIMIT {limit}");
    Select { sql, values, order }
}

/// Anything with `text` in it.
fn pattern(text: &Title) -> String {
    let text = text.as_str().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(query: &str, dialect: Dialect) -> (String, Vec<Value>) {
        let owner = Owner::new("ci".into());
        let Select { sql, values, .. } = select(&Selection::parse(query, &owner).unwrap(), &owner, dialect);
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
    }
}
