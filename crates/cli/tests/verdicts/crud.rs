//! What a service does with what is written to it.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

const CRUD: &str = "All CRUD endpoints work";

#[test]
fn every_operation_on_every_note_is_held_to_what_was_written() -> anyhow::Result<()> {
    row!(Recipe::default())
        .promise(CRUD)
        .promise("Notes persist across container restarts")
        .env("DATABASE_URL=file:///data")
        .runs(
            "
    pass api.crud: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    pass data.persists: POST /notes 201, PUT 200, DELETE 204, container killed, GET 200 from a new one
    ",
        )
}

#[test]
fn an_update_of_another_note_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--updates-all"))
        .promise(CRUD)
        .env("DATABASE_URL=file:///data")
        .runs("fail api.crud: GET /notes/{note_id} of another one, after the PUT: `text` is …, written was …")
}

#[test]
fn a_delete_of_another_note_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--deletes-all"))
        .promise(CRUD)
        .env("DATABASE_URL=file:///data")
        .runs("fail api.crud: GET /notes after the delete lists 1 page(s) without what was created; last log lines: …")
}

#[test]
fn a_list_that_keeps_what_was_deleted_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--still-listed"))
        .promise(CRUD)
        .env("DATABASE_URL=file:///data")
        .runs("fail api.crud: GET /notes still lists what was deleted; last log lines: …")
}

#[test]
fn an_update_that_does_nothing_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--update-ignored"))
        .promise(CRUD)
        .env("DATABASE_URL=file:///data")
        .runs("fail api.crud: GET /notes/{note_id} after the PUT: `text` is …, written was …; last log lines: …")
}

#[test]
fn workers_that_each_keep_notes_in_memory_are_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--workers"))
        .promise(CRUD)
        .env("DATABASE_URL=file:///data")
        .runs("fail api.crud: answers differ from request to request: … of … right, … not: …; last log lines: …")
}

#[test]
fn a_list_that_shows_something_else_than_what_was_written_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--wrong-list"))
        .with_data()
        .promise(CRUD)
        .runs("fail api.crud: GET /notes: `text` is `\"a note\"`, written was …")
}

#[test]
fn a_service_that_keeps_ascii_alone_is_seen() -> anyhow::Result<()> {
    row!(Recipe::fault("--ascii-only")).with_data().promise(CRUD).runs("fail api.crud: …`text` is …")
}

#[test]
fn a_collection_without_delete_is_not_all_of_crud() -> anyhow::Result<()> {
    row!(Recipe::fault("--without-delete")).with_data().promise(CRUD).runs(
        "fail api.crud: /openapi.json names no collection with create, read, update and delete: /notes has no delete; …",
    )
}

#[test]
fn a_collection_that_lacks_some_beside_a_whole_one_is_a_warning() -> anyhow::Result<()> {
    row!(Recipe::fault("--tags-too")).with_data().promise(CRUD).runs(
        "
    pass api.crud: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    warning: not exercised, for they belong to no collection: POST /tags
    ",
    )
}

#[test]
fn a_create_that_asks_who_comes_is_unproven_and_one_that_refuses_what_is_valid_fails() -> anyhow::Result<()> {
    row!(Recipe::fault("--locked")).with_data().promise(CRUD).runs("unproven api.crud: POST /notes answered 401…")?;
    row!(Recipe::fault("--picky")).with_data().promise(CRUD).runs("fail api.crud: POST /notes answered 422…")
}

#[test]
fn a_service_that_asks_who_comes_is_asked_as_the_sentence_says() -> anyhow::Result<()> {
    const KEY: &str = "3f9a61c07be24d58";
    let keyed = || row!(Recipe::fault("--keyed")).with_data();
    let as_one =
        || keyed().promise("All CRUD endpoints work as {env.NOTES_KEY}").env(&format!("NOTES_KEY={KEY}")).hides(KEY);
    as_one()
        .promise("Notes persist across container restarts")
        .promise("CRUD for /notes works as {env.OTHER_KEY}")
        .runs(
            "
    pass api.crud: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes; asked as {env.NOTES_KEY}
    pass data.persists: …
    unproven api.crud: another promise asks the API in another way, and a run asks in one alone: write a scenario for it as {env.OTHER_KEY}
    ",
        )?;
    keyed().promise("All CRUD endpoints work as {env.NOTES_KEY}").runs(
        "unproven api.crud: NOTES_KEY has no value: give one with `--env NOTES_KEY=…`; a scenario can be written instead",
    )?;
    keyed()
        .promise("All CRUD endpoints work as {env.WRONG_KEY}")
        .env(&format!("NOTES_KEY={KEY}"))
        .env("WRONG_KEY=not this one")
        .runs("unproven api.crud: GET /openapi.json answered 401, and … other usual places have no OpenAPI document; …")
}

#[test]
fn a_document_in_yaml_is_found_where_the_sentence_says() -> anyhow::Result<()> {
    let yaml = || row!(Recipe::fault("--openapi-yaml")).with_data();
    yaml()
        .promise("All CRUD endpoints work (openapi: /about/api.yaml)")
        .runs("pass api.crud: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes")?;
    yaml()
        .promise("All CRUD endpoints work (openapi: /api.yaml)")
        .runs("unproven api.crud: GET /api.yaml answered 404; a scenario can be written instead")
}

#[test]
fn compressed_answers_are_read() -> anyhow::Result<()> {
    row!(Recipe::fault("--gzip")).with_data().promise(CRUD).runs("1 pass")
}

#[test]
fn a_document_at_another_usual_place_is_found() -> anyhow::Result<()> {
    row!(Recipe::fault("--openapi-elsewhere")).with_data().promise(CRUD).runs("1 pass")
}

/// Each has containers of its own, on files of their own, at the same time.
#[test]
fn promises_that_are_decided_beside_each_other_do_not_disturb_each_other() -> anyhow::Result<()> {
    let is_empty = "It begins with nothing\n\n  ```check\n  GET /notes -> 200 []\n  ```";
    let is_kept = "A note is kept\n\n  ```check\n  POST /notes {\"text\": \"kept\"} -> 201, save id\n  restart\n  GET /notes/{id} -> 200\n  ```";
    let promised = |row: Row| {
        let row = row.with_data().promise(CRUD).promise("Notes persist across container restarts");
        row.promise(is_empty).promise(is_kept).promise("Runs with a read-only root filesystem")
    };
    promised(row!(Recipe::default())).runs("5 pass")?;
    promised(row!(Recipe::fault("--late-writes"))).runs(
        "
    pass api.crud: …
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: …
    pass scenario: …
    fail scenario: line …: `GET /notes/{id} -> 200`: expected 200, answered 404…
    pass rootfs.read_only: …
    ",
    )
}

#[test]
fn what_is_written_only_later_is_lost_with_the_container() -> anyhow::Result<()> {
    row!(Recipe::fault("--late-writes"))
        .with_data()
        .promise("Notes persist across container restarts")
        .runs("fail data.persists: GET /notes/{note_id} after the restart: answered 404: …")
}

#[test]
fn a_note_that_needs_an_author_is_written_with_one_that_was_made_for_it() -> anyhow::Result<()> {
    row!(Recipe::fault("--needs-author")).with_data().promise(CRUD).runs(
        "
    pass api.crud: …POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    warning: /authors documents no update, no delete
    ",
    )
}

#[test]
fn a_note_that_is_refused_with_an_author_too_is_unproven() -> anyhow::Result<()> {
    let mut image = Recipe::fault("--needs-author");
    image.draft.entrypoint.push("--refuses-authors".to_owned());
    row!(image).with_data().promise(CRUD).runs(
        "
    unproven api.crud: …POST /notes answered 422: …; `author_id` may refer to another collection, also with one made for it; …
    warning: /authors documents no update, no delete
    ",
    )
}
