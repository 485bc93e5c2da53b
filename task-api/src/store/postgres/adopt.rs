//! A table `task` that is there before ours: whether it is the original's, and what is done to take it over.

use tokio_postgres::{Client, Error, Row};

/// Type, whether a value must be there, default, and whether ids are counted up by the table.
const COLUMNS: &str = "SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), \
     a.attidentity <> '' FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE a.attrelid = to_regclass('task') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// What makes the table one of tasks: columns, and the types that each may have.
const THEIRS: [(&str, &[&str]); 5] = [
    ("id", &["bigint", "integer", "smallint"]),
    ("title", &["character varying", "text"]),
    ("description", &["character varying", "text"]),
    ("status", &["character varying", "text"]),
    ("created_at", &["timestamp without time zone"]),
];

/// What this service adds: in which version of the tables, and how.
const OURS: [Ours; 4] = [
    Ours { name: "version", from: 1, kind: "bigint", is_needed: true, default: Some("1") },
    Ours { name: "owner", from: 2, kind: "character varying", is_needed: true, default: Some("''::character varying") },
    Ours { name: "changed_at", from: 3, kind: "timestamp without time zone", is_needed: true, default: None },
    Ours { name: "feed_position", from: 3, kind: "bigint", is_needed: false, default: None },
];

struct Ours {
    name: &'static str,
    from: i64,
    kind: &'static str,
    is_needed: bool,
    /// As the catalogue writes it; `None` where any will do.
    default: Option<&'static str>,
}

/// A column as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: String,
    is_needed: bool,
    default: Option<String>,
    is_identity: bool,
}

/// The table as it is; without columns if there is none.
#[derive(Debug)]
pub(super) struct Found(Vec<Column>);

impl Found {
    pub(super) async fn by(client: &Client) -> Result<Self, Error> {
        let rows = client.query_typed(COLUMNS, &[]).await?;
        rows.iter().map(Column::of).collect::<Result<_, _>>().map(Self)
    }

    /// Whether somebody else made it, and may still write to it: ids of ours are identities.
    pub(super) fn is_adopted(&self) -> bool {
        self.0.iter().any(|column| column.name == "id" && !column.is_identity)
    }

    /// Why this service cannot work on it, with tables of this version. Nothing, if it can.
    pub(super) fn faults(&self, version: i64) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let find = |name: &str| self.0.iter().find(|column| column.name == name);
        let mut faults: Vec<_> =
            THEIRS.iter().filter_map(|(name, kinds)| Column::theirs(name, kinds, find(name))).collect();
        let added = OURS.iter().filter(|ours| ours.from > version);
        faults.extend(added.filter_map(|ours| find(ours.name)?.is_not(ours)));
        let is_known =
            |name: &str| THEIRS.iter().any(|(known, _)| *known == name) || OURS.iter().any(|ours| ours.name == name);
        faults.extend(self.0.iter().filter(|column| !is_known(&column.name)).filter_map(Column::is_unfilled));
        (!faults.is_empty()).then(|| format!("its table `task` is not one of this service: {}", faults.join("; ")))
    }
}

impl Column {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            name: row.try_get(0)?,
            kind: row.try_get(1)?,
            is_needed: row.try_get(2)?,
            default: row.try_get(3)?,
            is_identity: row.try_get(4)?,
        })
    }

    fn theirs(name: &str, kinds: &[&str], found: Option<&Self>) -> Option<String> {
        let Some(Self { kind, is_identity, default, .. }) = found else {
            return Some(format!("it has no column `{name}`; rename the table, or use another database"));
        };
        if !kinds.contains(&kind.as_str()) {
            return Some(format!("its column `{name}` is of type `{kind}`, and not `{}`; change its type", kinds[0]));
        }
        let is_counted = *is_identity || default.is_some();
        (name == "id" && !is_counted).then(|| "its column `id` has no default; give it one that counts up".to_owned())
    }

    /// That it only has the name of ours.
    fn is_not(&self, ours: &Ours) -> Option<String> {
        let Ours { name, kind, is_needed, default, .. } = *ours;
        let is_ours = self.kind == kind
            && self.is_needed == is_needed
            && default.is_none_or(|default| self.default.as_deref() == Some(default));
        let advice = format!("`ALTER TABLE task RENAME COLUMN {name} TO other_{name}`");
        (!is_ours).then(|| format!("its column `{name}` is another one than this service's; rename it: {advice}"))
    }

    /// That no task can be made without a value for it.
    fn is_unfilled(&self) -> Option<String> {
        let is_filled = !self.is_needed || self.default.is_some() || self.is_identity;
        let name = &self.name;
        (!is_filled)
            .then(|| format!("its column `{name}` needs a value that this service does not know; give it a default"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str, is_needed: bool, default: Option<&str>) -> Column {
        Column { name: name.into(), kind: kind.into(), is_needed, default: default.map(Into::into), is_identity: false }
    }

    /// The original's table, and more.
    fn found(more: &[Column]) -> Found {
        let text = "character varying";
        let original = [
            column("id", "integer", true, Some("nextval('task_id_seq'::regclass)")),
            column("title", text, true, None),
            column("description", text, false, None),
            column("status", text, true, None),
            column("created_at", "timestamp without time zone", true, None),
        ];
        Found(original.iter().chain(more).cloned().collect())
    }

    #[track_caller]
    fn check(found: &Found, version: i64, expected: &str) {
        let told = found.faults(version).unwrap_or_default();
        assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{told}");
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        check(&found(&[]), 0, "");
        check(&Found(Vec::new()), 0, "");
        check(&found(&[column("note", "text", false, None), column("n", "integer", true, Some("7"))]), 0, "");
        check(&found(&[column("note", "text", true, None)]), 0, "`note` needs a value");
        check(&Found(found(&[]).0[..4].to_vec()), 0, "no column `created_at`");
        let mut other = found(&[]);
        other.0[4].kind = "timestamp with time zone".to_owned();
        check(&other, 0, "`created_at` is of type `timestamp with time zone`");
        let mut uncounted = found(&[]);
        uncounted.0[0].default = None;
        check(&uncounted, 0, "`id` has no default");
    }

    #[test]
    fn a_column_of_the_name_of_ours_is_ours_only_if_it_looks_so() {
        let owner = column("owner", "character varying", true, Some("''::character varying"));
        check(&found(std::slice::from_ref(&owner)), 0, "");
        for other in [
            column("owner", "character varying", false, None),
            column("owner", "integer", true, Some("0")),
            column("version", "character varying", true, Some("1")),
            column("feed_position", "bigint", true, Some("0")),
        ] {
            let rename = format!("rename it: `ALTER TABLE task RENAME COLUMN {} TO", other.name);
            check(&found(std::slice::from_ref(&other)), 0, &rename);
            check(&found(&[other]), 4, "");
        }
    }
}
