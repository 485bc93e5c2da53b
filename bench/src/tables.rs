//! Tasks that are there before anything is measured.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::load::{DESCRIPTION_SQL, TITLE_SQL, Talk};
use crate::postgres::Postgres;

/// Waits until a service has made its table.
pub(crate) fn wait(postgres: &Postgres, database: &str) -> anyhow::Result<()> {
    until("the table is not there", || Ok(postgres.sql(database, "SELECT count(*) FROM task").is_ok()))
}

/// Waits until a service has its database.
pub(crate) fn wait_for_answer(address: SocketAddr) -> anyhow::Result<()> {
    until("the service has no database", || Ok(Talk::start(address)?.get("/tasks/1")?.status == 200))
}

/// Makes the tasks with these ids, in one statement.
pub(crate) fn fill(postgres: &Postgres, database: &str, ids: RangeInclusive<u64>) -> anyhow::Result<()> {
    let (first, last) = (ids.start(), ids.end());
    postgres.sql(
        database,
        &format!(
            "INSERT INTO task (id, title, description, status, created_at) SELECT n, {TITLE_SQL}, {DESCRIPTION_SQL}, 'pending', \
             TIMESTAMP '2026-01-01' + n * INTERVAL '1 millisecond' FROM generate_series({first}, {last}) n;\n\
             SELECT setval(pg_get_serial_sequence('task', 'id'), {last})"
        ),
    )?;
    Ok(())
}

/// Leaves the server nothing to catch up on.
pub(crate) fn settle(postgres: &Postgres, database: &str) -> anyhow::Result<()> {
    postgres.sql(database, "VACUUM ANALYZE task;\nCHECKPOINT").map(drop)
}

fn until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so()? {
        if Instant::now() > deadline {
            bail!("{what} after 30 s");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
