//! Whether a service uses the database that it was given. The Task API's rows show it passing.

use seaworthy_testkit::Recipe;

use crate::row::row;

const CONNECTS: &str = "Container can connect to PostgreSQL database with provided DATABASE_URL";

#[test]
fn a_service_that_never_asks_its_database_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--own-file"))
        .promise(CONNECTS)
        .runs("fail database.connects: POST /notes 201, and nobody came to the database")
}

#[test]
fn a_connection_is_no_login() -> anyhow::Result<()> {
    row!(Recipe::fault("--dials"))
        .promise(CONNECTS)
        .runs("fail database.connects: POST /notes 201, and no login came to the database, 1 connection without one")
}
