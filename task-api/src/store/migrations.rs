//! The steps that make and change the tables, in order. A step that was published never changes.

/// Step `n` of a list takes the tables from version `n` to `n + 1`.
pub(super) const POSTGRES: [&str; 6] = [
    include_str!("../../migrations/postgres/0001_task.sql"),
    include_str!("../../migrations/postgres/0002_owner.sql"),
    include_str!("../../migrations/postgres/0003_feed.sql"),
    include_str!("../../migrations/postgres/0004_idempotency.sql"),
    include_str!("../../migrations/postgres/0005_before_feed.sql"),
    include_str!("../../migrations/postgres/0006_epoch.sql"),
];
pub(super) const SQLITE: [&str; 6] = [
    include_str!("../../migrations/sqlite/0001_task.sql"),
    include_str!("../../migrations/sqlite/0002_owner.sql"),
    include_str!("../../migrations/sqlite/0003_feed.sql"),
    include_str!("../../migrations/sqlite/0004_idempotency.sql"),
    include_str!("../../migrations/sqlite/0005_before_feed.sql"),
    include_str!("../../migrations/sqlite/0006_epoch.sql"),
];

/// The version that this program makes of the tables.
pub(crate) const LATEST: usize = POSTGRES.len();

/// What is left to do for tables of this version. Nothing, if a newer program has been here: its tables must suit us
/// while replicas are replaced one by one.
pub(super) fn after(version: i64, steps: &'static [&'static str]) -> &'static [&'static str] {
    usize::try_from(version).ok().and_then(|done| steps.get(done..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_as_many_versions() {
        assert_eq!(POSTGRES.len(), SQLITE.len());
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        assert_eq!(after(0, &["a", "b"]), ["a", "b"]);
        assert_eq!(after(1, &["a", "b"]), ["b"]);
        assert!(after(2, &["a", "b"]).is_empty());
        assert!(after(9, &["a", "b"]).is_empty());
    }
}
