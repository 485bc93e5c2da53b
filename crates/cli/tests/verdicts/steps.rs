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

const MOVED: &str =
    "start with PORT=9100\nGET /health -> 200\nwait GET /page -> 200 within 3s\nstart\nGET /health -> 200";

#[test]
fn after_a_start_with_another_port_that_port_is_asked() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), MOVED).runs("pass scenario: start, GET 200, GET 200 after … ms, start, GET 200")
}

#[test]
fn a_service_that_does_not_move_its_port_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--fixed-port")), MOVED)
        .runs("fail scenario: line 8: `GET /health -> 200`: the container does not run: …9100…")
}

#[test]
fn where_nobody_names_the_variable_the_port_stays_and_that_is_said() -> anyhow::Result<()> {
    let image = Recipe::fault("--fixed-port").drafted(|draft| draft.env.clear());
    scenario(row!(image), "start with PORT=9100\nGET /health -> 200").runs(
        "
        pass scenario: start, GET 200
        warning: neither the image nor the specification names PORT, so that port 8000 is asked as before
        ",
    )
}

const VERSION: &str = "run version -> exit 0, output matches /\\d+\\.\\d+\\.\\d+/, output not contains \"error\"";

#[test]
fn a_container_runs_once_with_arguments_of_its_own() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), VERSION).runs("pass scenario: run exit 0, its output as said")
}

#[test]
fn a_wrong_exit_or_output_of_a_container_that_runs_once_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--wrong-version")), VERSION)
        .promise("And\n```check\nrun version -> exit 3, output contains \"2.0\"\n```")
        .promise("Or\n```check\nrun version -> exit nonzero, output not contains \"1.4\"\n```")
        .promise("Never\n```check\nrun --quiet -> exit 0, within 500ms\n```")
        .runs(
            "
            fail scenario: line 7: `…`: expected exit 0, found exit 3; last log lines: notes 1.4.2
            fail scenario: line 11: `…`: expected an output that contains \"2.0\"; last log lines: notes 1.4.2
            fail scenario: line 15: `…`: expected an output that does not contain \"1.4\"; last log lines: notes 1.4.2
            fail scenario: line 19: `run --quiet -> exit 0, within 500ms`: still running after 500 ms…
            ",
        )
}

const REPLICAS: &str = "POST /login form user=ada password=\"love lace\" -> 303
start another
on another GET /account -> 200 body contains \"ada\"
GET /account -> 200";

#[test]
fn a_session_holds_on_another_replica() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), REPLICAS)
        .runs("pass scenario: POST 303, start another, on another GET 200, GET 200")
}

#[test]
fn a_session_that_only_one_replica_knows_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--sticky")), REPLICAS).runs(
        "fail scenario: line 9: `on another GET /account -> 200 body contains \"ada\"`: expected 200, answered 401: …",
    )
}

#[test]
fn many_requests_at_once_are_answered_and_measured() -> anyhow::Result<()> {
    let lines = "GET /page -> 200 body contains \"Welcome\", 200 times, 10 at once, p99 within 4s";
    scenario(row!(Recipe::default()), lines)
        .runs("pass scenario: GET 200, 200 times, 10 at once, p99 … ms, slowest … ms")
}

#[test]
fn one_wrong_answer_among_many_is_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::fault("--flaky")), "GET /page -> 200, 200 times, 4 at once")
        .runs("fail scenario: line 7: `…`: after … of 200 answers: expected 200, answered 500: …")
}

#[test]
fn many_answers_that_are_too_slow_are_seen() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), "GET /page -> 200, 20 times, p50 within 0.001ms")
        .runs("fail scenario: line 7: `…`: GET 200, 20 times, 1 at once, p50 … ms, slowest … ms: p50 is over 0.001 ms")
}

/// A specification that asks for a PostgreSQL.
fn with_postgres(row: Row, lines: &str) -> Row {
    let lines = lines.replace('\n', "\n  ");
    row.spec(&format!(
        "# A row\n\n## Success Criteria\n\n- [ ] It works\n  ```check\n  {lines}\n  ```\n\n## Dependencies\n\n- PostgreSQL database (`DATABASE_URL`)\n"
    ))
}

const OUT_OF_REACH: &str = "GET /reach -> 200
stop database
GET /reach -> 503
start database
GET /reach -> 200";

#[test]
fn a_service_without_its_database_is_seen_and_finds_it_again() -> anyhow::Result<()> {
    with_postgres(row!(Recipe::default()), OUT_OF_REACH)
        .runs("pass scenario: GET 200, stop database, GET 503, start database, GET 200")
}

#[test]
fn a_service_that_never_notices_its_database_is_gone_is_seen() -> anyhow::Result<()> {
    let lines = "stop database\nGET /page -> 503";
    with_postgres(row!(Recipe::default()), lines)
        .runs("fail scenario: line 8: `GET /page -> 503`: expected 503, answered 200: …")
}

/// A page that names its database has not been there: the sample has no TLS.
#[test]
fn a_fresh_database_is_another_one_and_is_no_proof_where_nobody_connects() -> anyhow::Result<()> {
    let lines = "GET /reach -> 200 body not contains \"database scenario_\"
on a fresh database
GET /reach -> 200 body contains \"database scenario_1<\"
start with LOG_LEVEL=debug
GET /reach -> 200 body contains \"database scenario_1<\"
start on a fresh database
GET /reach -> 200 body contains \"database scenario_2<\"
restart on a fresh database
GET /reach -> 200 body contains \"database scenario_3<\"";
    with_postgres(row!(Recipe::default()), lines).runs(
        "unproven scenario: GET 200, start on a fresh database, GET 200, start, GET 200, start on a fresh database, GET 200, restart on a fresh database, GET 200; a fresh \
         database was made, and the service never connected to it: add a step that needs it",
    )
}

#[test]
fn a_service_that_never_comes_to_the_stopped_database_shows_nothing_of_it() -> anyhow::Result<()> {
    let lines = "GET /page -> 200\nstop database\nGET /page -> 200\nstart database\nGET /page -> 200";
    with_postgres(row!(Recipe::default()), lines).runs(
        "unproven scenario: GET 200, stop database, GET 200, start database, GET 200; a database was stopped, and the service said nothing to \
         it before: add a step before `stop database` that needs it",
    )
}

#[test]
fn no_scenario_stops_or_replaces_a_given_database() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), "on a fresh database\nGET /page -> 200")
        .promise("And\n```check\nstop database\nGET /page -> 200\n```")
        .runs(
            "
            unproven scenario: line 7: `on a fresh database`: the database is a given one, which no scenario may stop or replace
            unproven scenario: the database is a given one, which no scenario may stop or replace
            ",
        )
}

#[test]
fn a_file_of_the_container_is_looked_into_also_after_its_end() -> anyhow::Result<()> {
    let lines = "POST /notes {\"text\": \"{run}\"} -> 201, save id
file /data/notes/{id} contains \"{run}\" within 1s
file \"/data/notes/{id}\" not contains \"another\"
stop within 5s -> exit 0
file /data/notes/{id} contains \"{run}\"";
    let wrong = |line: &str| format!("And\n```check\nGET /page -> 200\n{line}\n```");
    scenario(row!(Recipe::default()).with_data(), lines)
        .promise(&wrong("file /data/none contains \"a\""))
        .promise(&wrong("file /data/none not contains \"a\""))
        .promise(&wrong("file /etc contains \"a\""))
        .promise(&wrong("file /etc/passwd contains \"nobody-knows\""))
        .promise(&wrong("file /app/notes contains \"a\""))
        .runs(
            "
            pass scenario: POST 201, /data/… as said, /data/… as said, exit 0 after … ms, /data/… as said
            fail scenario: line …: `file /data/none contains \"a\"`: nothing is at /data/none
            unproven scenario: line …: `file /data/none not contains \"a\"`: nothing is at /data/none, so that `not contains \"a\"` shows nothing
            fail scenario: line …: `file /etc contains \"a\"`: no regular file is at /etc
            fail scenario: line …: `file /etc/passwd contains \"nobody-knows\"`: expected a file that contains \"nobody-knows\", found in /etc/passwd: …
            unproven scenario: line …: `file /app/notes contains \"a\"`: /app/notes …
            ",
        )
}

#[test]
fn a_file_of_what_ran_once_is_looked_into() -> anyhow::Result<()> {
    let lines = "run version -> exit 0\nfile /etc/passwd contains \"root\"";
    scenario(row!(Recipe::default()).with_data(), lines).runs("pass scenario: run exit 0, /etc/passwd as said")
}

const MOUNTED: &str = "mount motd.txt at /etc/notes/motd
secret key = key.txt
GET /mounted -> 200 body contains \"Ahoy\" body not contains \"No such file\"
start with LOG_LEVEL=debug
GET /mounted -> 200 body contains \"Ahoy\" body contains \"flux-capacitor\"";

#[test]
fn files_beside_the_specification_are_mounted() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), MOUNTED)
        .file("motd.txt", "Ahoy")
        .file("key.txt", "flux-capacitor\n")
        .runs("pass scenario: GET 200, start, GET 200")
}

#[test]
fn a_secret_that_is_mounted_is_not_shown_where_the_answer_is_wrong() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), "secret key = key.txt\nGET /mounted -> 404")
        .file("key.txt", "flux-capacitor\n")
        .hides("flux-capacitor")
        .runs("fail scenario: line 8: `GET /mounted -> 404`: expected 404, answered 200: …")
}

#[test]
fn a_secret_that_is_mounted_is_hidden_where_an_answer_is_cut_short() -> anyhow::Result<()> {
    let key = "flux-capacitor".repeat(20);
    let lines = "mount motd.txt at /etc/notes/motd\nsecret key = key.txt\nwait GET /mounted -> 404 within 500ms";
    scenario(row!(Recipe::default()), lines)
        .file("motd.txt", "Ahoy")
        .file("key.txt", key.as_str())
        .hides("flux-capacitor")
        .runs("fail scenario: line 9: `…`: expected 404, answered 200: …Ahoy ***…, for 500 ms")
}

#[test]
fn a_secret_that_is_mounted_is_found_in_the_log_and_not_shown() -> anyhow::Result<()> {
    let promised = |row: Row| {
        let lines = "secret key = key.txt\nGET /mounted -> 404";
        scenario(row, lines).promise("No secrets in logs").file("key.txt", "flux-capacitor\n").hides("flux-capacitor")
    };
    promised(row!(Recipe::fault("--tells-all"))).runs(
        "
        fail scenario: line 8: `GET /mounted -> 404`: expected 404, answered 200: …
        fail logs.secrets: 1 of the run's secrets in the log of a scenario's container…
        ",
    )?;
    promised(row!(Recipe::default())).runs(
        "
        fail scenario: line 8: `GET /mounted -> 404`: expected 404, answered 200: …
        pass logs.secrets: the password that was given is not in the logs of … containers
        ",
    )
}

const ENDS: &str =
    "GET /page -> 200\nrun version -> exit 0\nwait log contains \"listening\" within 5s\nstop within 5s -> exit 0";

#[test]
fn a_stop_is_answered_by_the_exit_code() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), ENDS)
        .runs("pass scenario: GET 200, run exit 0, found in the log after … ms, exit 0 after … ms")
}

#[test]
fn a_service_that_ended_by_itself_has_not_been_stopped() -> anyhow::Result<()> {
    let lines = "GET /page -> 200\nwait log contains \"ending by itself\" within 5s\nrun version -> exit 0\nstop within 5s -> exit 0";
    scenario(row!(Recipe::fault("--ends-after-a-page")), lines).runs(
        "fail scenario: line 10: `stop within 5s -> exit 0`: ended by itself before the signal, with exit 0; last log lines: …",
    )
}

#[test]
fn each_of_many_requests_has_a_text_of_its_own_until_a_step_names_it() -> anyhow::Result<()> {
    let lines = "POST /unique {\"text\": \"{run}\"} -> 201, 20 times, 4 at once
GET /unique/{run} -> 200 body contains \"{run}\", 20 times, 4 at once";
    scenario(row!(Recipe::default()), lines).runs("pass scenario: POST 201, 20 times, …, GET 200, 20 times, …")
}

#[test]
fn a_file_that_is_not_there_proves_nothing() -> anyhow::Result<()> {
    scenario(row!(Recipe::default()), MOUNTED)
        .runs("unproven scenario: line 7: `mount motd.txt at /etc/notes/motd`: cannot read `motd.txt`: No such file or directory (os error 2)")
}
