//! That a container starts and stays, what it needs for that, and requests that are promises by themselves.

use seaworthy_testkit::Recipe;

use crate::row::row;

#[test]
fn a_container_that_ends_soon_after_its_start_did_not_start() -> anyhow::Result<()> {
    row!(Recipe::fault("--dies-soon"))
        .with_data()
        .promise("Container starts")
        .runs("fail start.runs: the container ended: exit 4 within … ms of its start; last log lines: …")?;
    row!(Recipe::fault("--crash"))
        .with_data()
        .promise("Container starts successfully")
        .runs("fail start.runs: exit 3 within … ms of its start; last log lines: …")?;
    row!(Recipe::default())
        .with_data()
        .promise("Container starts")
        .runs("pass start.runs: 5 s after its start its main process runs, and port 8000 takes connections")
}

#[test]
fn the_port_in_the_sentence_is_the_services_own() -> anyhow::Result<()> {
    row!(Recipe::default())
        .with_data()
        .promise("App starts on port 4000")
        .runs("fail start.runs: a container without another port: nothing listens on port 4000 within 5 s; it listens on 0.0.0.0:8000")?;
    // What the user gave for the run is no property of the image.
    row!(Recipe::default())
        .with_data()
        .env("PORT=9000")
        .promise("Serves on port 8000")
        .runs("pass start.runs: 5 s after its start its main process runs, and port 8000 takes connections")
}

#[test]
fn a_refusal_that_names_no_variable_is_not_clear() -> anyhow::Result<()> {
    let sentence = "Fails fast with a clear message when DATABASE_URL is missing";
    row!(Recipe::fault("--refuses-mutely"))
        .with_data()
        .promise(sentence)
        .runs("fail env.required: exit 1 after … ms; it logged nothing; no log line names DATABASE_URL")?;
    row!(Recipe::default())
        .with_data()
        .promise(sentence)
        .runs("pass env.required: exit 1 after … ms: DATABASE_URL is not set")
}

#[test]
fn a_dependency_without_a_stand_in_is_unproven() -> anyhow::Result<()> {
    row!(Recipe::default()).with_data().promise("Connects to Redis via REDIS_URL").runs(
        "unproven dependency.connects: no Redis is at hand to stand in for the one in REDIS_URL: nothing was seen; a line `Redis` under *Dependencies* brings one",
    )
}

#[test]
fn a_request_with_its_answer_is_a_promise() -> anyhow::Result<()> {
    row!(Recipe::default()).with_data().promise("`GET /health` returns 200").promise("/healthz returns 200").runs(
        "
    pass scenario: …
    fail scenario: …404…
    ",
    )
}

#[test]
fn the_things_that_are_named_must_be_those_that_work() -> anyhow::Result<()> {
    row!(Recipe::default()).with_data().promise("CRUD for /notes works").promise("CRUD for /items works").runs(
        "
    pass api.crud: …/notes…
    unproven api.crud: /openapi.json names no collection of `/items`, but /notes; …
    ",
    )
}
