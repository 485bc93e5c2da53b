//! The steps of scenarios, each kept and broken.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

/// A criterion with a scenario of these lines.
fn scenario(row: Row, lines: &str) -> Row {
    row.with_data().promise(&format!("It works\n```check\n{lines}\n```"))
}

const PAGES: &str = "GET /page -> 200 body contains \"Welcome\" body not matches /Traceback|Exception/ header content-type contains \"html\" \
                     header server not contains \"nginx\"";

#[test]
fn a_page_is_held_to_its_text() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), PAGES).runs("pass scenario: GET 200")
}

#[test]
fn a_page_with_a_stack_trace_is_seen() -> anyhow::Result<()> {
    let lines = "GET /page -> 200 body not matches /Traceback|Exception/";
    scenario(row!(Recipe::fault("--shows-errors")), lines).runs(
        "fail scenario: line 7: `GET /page -> 200 body not matches /Traceback|Exception/`: expected a body that does not match \
         /Traceback|Exception/, found <!doctype html> <title>notes</title> <p>Traceback (most recent call last)</p>…",
    )
}

const SESSION: &str = "POST /login form user=ada password=\"love lace\" -> 303 header location: /account, save csrf = header X-Csrf, save sid = cookie sid
GET /account -> 200 body contains \"Hello, ada\"
restart
GET /account header X-Csrf: {csrf} -> 200
GET /account as nobody header Cookie: \"sid={sid}\" -> 200
GET /account as nobody -> 401
POST /logout -> 303
GET /account -> 401";

#[test]
fn a_session_lasts_over_a_restart_until_it_is_ended() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), SESSION)
        .runs("pass scenario: POST 303, GET 200, restart, GET 200, GET 200, GET 401, POST 303, GET 401")
}

#[test]
fn an_account_that_lets_anybody_in_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--lets-in")), SESSION)
        .hides("ada-4f1c09ab77de")
        .runs("fail scenario: line 12: `GET /account as nobody -> 401`: expected 401, answered 200: <!doctype html>…")
}

const KEY: &str =
    "GET /key -> 401\nGET /key as {env.API_TOKEN} -> 200 body contains \"fits\"\nGET /key as ada:{env.PASSWORD} -> 200";

#[test]
fn a_key_of_the_run_opens_what_it_must() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), KEY)
        .env("API_TOKEN=hunter2-hunter2")
        .env("PASSWORD=lovelace")
        .hides("hunter2-hunter2")
        .runs("pass scenario: GET 401, GET 200, GET 200")
}

#[test]
fn a_key_that_does_not_fit_is_seen_and_not_shown() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), KEY)
        .env("API_TOKEN=hunter2-hunter2")
        .env("PASSWORD=correct-horse")
        .hides("correct-horse")
        .hides("Y29ycmVjdC1ob3JzZ")
        .runs("fail scenario: line 9: `GET /key as ada:{env.PASSWORD} -> 200`: expected 200, answered 401: <!doctype html> <title>notes</title> <p>Not with Basic …")
}

#[test]
fn a_key_that_nobody_gave_proves_nothing() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), KEY).runs(
        "unproven scenario: line 8: `GET /key as {env.API_TOKEN} -> 200 body contains \"fits\"`: API_TOKEN has no value: give one with `--env API_TOKEN=…`",
    )
}

#[test]
fn an_empty_key_proves_nothing() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), KEY).env("API_TOKEN=").runs(
        "unproven scenario: line 8: `GET /key as {env.API_TOKEN} -> 200 body contains \"fits\"`: the value of API_TOKEN is empty: give one with `--env API_TOKEN=…`",
    )
}

#[test]
fn a_line_of_the_log_is_waited_for() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--slow")), "wait log contains \"listening\" within 4s")
        .runs("pass scenario: found in the log after … ms")
}

#[test]
fn a_line_of_the_log_that_never_comes_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), "wait log contains \"job done\" within 500ms")
        .runs("fail scenario: line 7: `wait log contains \"job done\" within 500ms`: not in the log within 500 ms…")
}
