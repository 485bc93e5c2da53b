//! Steps under a promise are what the service does while the promise is judged: services without a document of their own, and workers.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

/// A note that no other run has, written and read.
const WRITES: &str = r#"```check
POST /notes {"text": "{run}"} -> 201, save id
GET /notes/{id} -> 200 {"text": "{run}"}
```"#;
const LOOKS: &str = r#"```check
GET /health -> 200 {"status": "healthy"}
```"#;
const SURVIVES: &str = r#"```check
POST /notes {"text": "{run}"} -> 201, save id
restart
GET /notes/{id} -> 200 {"text": "{run}"}
```"#;
const JOBS: &str = r#"```check
log contains "job done"
```"#;
const MEMORY: &str = "Uses at most 100 MB of memory";
const PERSISTS: &str = "Notes persist across container restarts";
const STOPS: &str = "Stops within 2s on SIGTERM, finishing requests in flight";
const READ_ONLY: &str = "Runs with a read-only root filesystem";
const CAPABILITIES: &str = "Runs with no capabilities";

/// The sample without its document.
fn plain(faults: &[&str]) -> Recipe {
    let faults = faults.iter().map(|fault| (*fault).to_owned());
    Recipe::fault("--no-openapi").drafted(|draft| draft.entrypoint.extend(faults))
}

fn as_root(recipe: Recipe) -> Recipe {
    recipe.drafted(|draft| draft.user.clear())
}

fn worker(faults: &[&str]) -> Recipe {
    let faults = faults.iter().map(|fault| (*fault).to_owned());
    Recipe::fault("--works").drafted(|draft| {
        draft.entrypoint.extend(faults);
        draft.exposed_ports.clear();
        draft.env.clear();
        draft.health_check = None;
    })
}

fn promising(row: Row, sentences: &[&str], steps: &str) -> Row {
    sentences.iter().fold(row.with_data(), |row, sentence| row.promise(&format!("{sentence}\n{steps}")))
}

#[test]
fn a_service_without_a_document_proves_its_promises_by_their_steps() -> anyhow::Result<()> {
    promising(row!(plain(&[])), &[MEMORY, READ_ONLY, CAPABILITIES, STOPS], WRITES)
        .promise(&format!("{PERSISTS}\n{SURVIVES}"))
        .runs("5 pass")
}

#[test]
fn steps_that_only_look_at_the_health_path_prove_nothing() -> anyhow::Result<()> {
    promising(row!(plain(&[])), &[MEMORY, READ_ONLY, CAPABILITIES, STOPS], LOOKS).promise(&format!("{PERSISTS}\n{WRITES}")).runs(
        "
    unproven memory.under: its steps show too little: no step makes the service write, or answer at another path than that of its health; …
    unproven rootfs.read_only: its steps show too little: no step makes the service write, …
    unproven capabilities.none: its steps show too little: no step makes the service write, …
    unproven stop.graceful: its steps show too little: no step makes the service write, …
    unproven data.persists: its steps show too little: no `restart` stands between a write and a read; …
    ",
    )
}

#[test]
fn memory_that_grows_with_the_steps_breaks_its_promise() -> anyhow::Result<()> {
    promising(row!(plain(&["--leaks"])), &[MEMORY], WRITES).runs(
        "
    fail memory.under: …under a limit of 100.0 MB…
    ",
    )
}

#[test]
fn what_is_forgotten_at_a_restart_breaks_its_promise() -> anyhow::Result<()> {
    promising(row!(plain(&["--forgetful"])), &[PERSISTS], SURVIVES).runs(
        r#"
    fail data.persists: line …: `GET /notes/{id} -> 200 {"text": "{run}"}`: expected 200, answered 404: …
    "#,
    )
}

#[test]
fn an_answer_that_repeats_what_was_asked_shows_nothing_kept() -> anyhow::Result<()> {
    let steps = r#"```check
POST /notes {"text": "{run}"} -> 201
restart
GET /echo/{run} -> 200 {"text": "{run}"}
```"#;
    promising(row!(plain(&["--forgetful"])), &[PERSISTS], steps).runs("
    unproven data.persists: its steps show too little: they hold behind the restart also in a container on empty volumes; …
    ")
}

#[test]
fn a_saved_number_alone_is_held_against_empty_volumes() -> anyhow::Result<()> {
    let steps = r#"```check
POST /notes {"text": "kept"} -> 201, save id
restart
GET /notes/{id} -> 200 {"text": "kept"}
```"#;
    promising(row!(plain(&[])), &[PERSISTS], steps).runs(
        "
    pass data.persists: …, and not from a container on empty volumes…
    ",
    )
}

#[test]
fn a_file_behind_the_restart_shows_what_was_kept() -> anyhow::Result<()> {
    let steps = r#"```check
POST /notes {"text": "{run}"} -> 201, save id
restart
file /data/notes/{id} contains "{run}"
```"#;
    promising(row!(plain(&[])), &[PERSISTS], steps).runs(
        "pass data.persists: POST 201, restart, /data/… as said: what was written before the restart was read after it; …",
    )
}

/// What no document says of a collection, as steps.
const ALL_FOUR: &str = r#"```check
POST /notes {"text": "first {run}"} -> 201, save id
GET /notes/{id} -> 200 {"text": "first {run}"}
PUT /notes/{id} {"text": "second {run}"} -> 200
GET /notes/{id} -> 200 {"text": "second {run}"}
DELETE /notes/{id} -> 204
GET /notes/{id} -> 404
```"#;

#[test]
fn a_service_without_a_document_shows_crud_by_steps() -> anyhow::Result<()> {
    let three = ALL_FOUR.replace("DELETE /notes/{id} -> 204\n", "");
    let three = three.replace("GET /notes/{id} -> 404\n", "");
    promising(row!(plain(&[])), &["All CRUD endpoints work"], ALL_FOUR)
        .promise(&format!("CRUD for users works\n{ALL_FOUR}"))
        .promise(&format!("CRUD operations work\n{three}"))
        .runs(
            "
    pass api.crud: POST 201, GET 200, 8 times…, PUT 200, …: created, read, changed, read, deleted and gone, as its steps say…
    unproven api.crud: its steps show too little: `POST /notes` is not about users…
    unproven api.crud: its steps show too little: behind `POST /notes`, nothing is deleted; …
    ",
        )
}

#[test]
fn steps_see_workers_that_each_keep_notes_in_memory() -> anyhow::Result<()> {
    row!(plain(&["--workers"])).env("DATABASE_URL=file:///data").promise(&format!("All CRUD endpoints work\n{ALL_FOUR}")).runs(
        "
    fail api.crud: line …: `GET /notes/{id} -> 200 {\"text\": \"first {run}\"}`: after … of 8 answers: expected 200, answered 404: …
    ",
    )
}

#[test]
fn a_cookie_that_holds_the_note_shows_nothing_kept() -> anyhow::Result<()> {
    let flash = r#"```check
POST /flash form text={run} -> 201
restart
GET /flash -> 200 body contains "{run}"
```"#;
    let beside = r#"```check
POST /flash form text={run} -> 201
POST /notes {"text": "{run}"} -> 201
restart
GET /notes -> 200 body contains "{run}"
```"#;
    promising(row!(plain(&[])), &[PERSISTS], flash).promise(&format!("Data persists across restarts\n{beside}")).runs(
        "
    unproven data.persists: its steps show too little: they hold behind the restart also in a container on empty volumes; …
    pass data.persists: …was read after it, also without the cookies from before it…
    ",
    )
}

#[test]
fn with_a_throwaway_database_the_empty_container_has_a_fresh_one() -> anyhow::Result<()> {
    let steps = SURVIVES.replace('\n', "\n  ");
    let spec = format!(
        "# A row\n\n## Success Criteria\n\n- [ ] {PERSISTS}\n  {steps}\n\n## Dependencies\n\n- PostgreSQL database (`DATABASE_URL`)\n"
    );
    row!(plain(&[])).spec(&spec).runs(
        "
    pass data.persists: …was read after it, and not from a container on empty volumes and a fresh database…
    ",
    )
}

#[test]
fn a_replica_that_was_not_restarted_shows_nothing_kept() -> anyhow::Result<()> {
    let steps = r#"```check
start another
on another POST /notes {"text": "{run}"} -> 201, save id
restart
on another GET /notes/{id} -> 200 {"text": "{run}"}
```"#;
    promising(row!(plain(&["--forgetful"])), &[PERSISTS], steps).runs(
        "
    unproven data.persists: its steps show too little: no GET, `run` or `file` behind `restart` depends on a value of this run; …
    ",
    )
}

#[test]
fn steps_that_need_a_writable_root_break_the_promise() -> anyhow::Result<()> {
    promising(row!(as_root(plain(&["--spools"]))), &[READ_ONLY], WRITES).runs("
    fail rootfs.read_only: with a read-only root but for /data: line …: `POST /notes …`: expected 201, answered 500: …; the same steps hold …
    ")
}

#[test]
fn a_write_that_nothing_reads_shows_nothing_under_a_read_only_root() -> anyhow::Result<()> {
    let steps = r#"```check
POST /notes {"text": "{run}"} -> 201
GET /page -> 200 body contains "Welcome"
```"#;
    promising(row!(plain(&[])), &[READ_ONLY], steps).runs(
        "
    unproven rootfs.read_only: its steps show too little: a write may be answered and not be kept; …
    ",
    )
}

#[test]
fn a_workload_is_not_timed() -> anyhow::Result<()> {
    let steps = r#"```check
start
start another
POST /notes {"text": "{run}"} -> 201
GET /page -> 200 body contains "Welcome" within 1s
```"#;
    promising(row!(plain(&["--stalls"])), &[MEMORY], steps).runs("1 pass")
}

#[test]
fn steps_that_need_a_capability_break_the_promise() -> anyhow::Result<()> {
    promising(row!(as_root(plain(&["--forgetful", "--gives-away"]))), &[CAPABILITIES], WRITES).runs("
    fail capabilities.none: with no capabilities: line …: `POST /notes …`: expected 201, answered 500: …; the same steps hold …
    ")
}

#[test]
fn steps_that_do_not_hold_at_all_do_not_blame_the_read_only_root() -> anyhow::Result<()> {
    promising(row!(plain(&["--breaks"])), &[READ_ONLY], WRITES).runs(
        "
    fail rootfs.read_only: …the steps do not hold in a container without that either: …
    ",
    )
}

#[test]
fn a_request_of_the_steps_dropped_at_the_signal_breaks_the_promise() -> anyhow::Result<()> {
    promising(row!(plain(&["--drops-requests"])), &[STOPS], WRITES).runs(
        "
    fail stop.graceful: exit 0 … ms after SIGTERM, while POST /notes was half-sent and had no answer…
    ",
    )
}

#[test]
fn a_request_answered_wrongly_after_the_signal_breaks_the_promise() -> anyhow::Result<()> {
    let steps = r#"```check
POST /notes {"text": "{run}"} -> 201 {"text": "{run}"}
```"#;
    promising(row!(plain(&["--denies-late"])), &[STOPS], steps).runs("
    fail stop.graceful: POST /notes, half-sent at SIGTERM: …; without the signal the same request is answered rightly a second time…
    ")
}

#[test]
fn a_read_that_may_be_answered_before_the_signal_shows_nothing_in_flight() -> anyhow::Result<()> {
    let steps = "```check\nGET /notes -> 200 []\n```";
    promising(row!(plain(&["--forgetful"])), &[STOPS], steps).runs(
        "
    unproven stop.graceful: …with nothing in flight…
    ",
    )
}

#[test]
fn a_worker_without_a_port_proves_its_promises_by_its_log() -> anyhow::Result<()> {
    promising(row!(worker(&[])), &[MEMORY, READ_ONLY, CAPABILITIES, STOPS], JOBS).runs(
        "
    pass memory.under: …
    pass rootfs.read_only: …
    pass capabilities.none: …
    pass stop.graceful: …
    warning: whether a job under way at the signal is finished was not seen
    ",
    )
}

#[test]
fn a_line_that_a_worker_logs_once_shows_no_job() -> anyhow::Result<()> {
    let steps = JOBS.replace("job done", "worker ready");
    promising(row!(worker(&["--works-once"])), &[MEMORY, READ_ONLY, STOPS], &steps).runs("
    unproven memory.under: the steps hold once and not again: …; `{run}` is another text each time, and a line of the log counts once…
    unproven rootfs.read_only: the steps hold once and not again: …
    unproven stop.graceful: the steps before the signal do not hold: …
    ")
}

#[test]
fn a_worker_that_breaks_its_promises_is_seen() -> anyhow::Result<()> {
    let recipe = as_root(worker(&["--keeps-jobs", "--spools", "--deaf"]));
    promising(row!(recipe), &[MEMORY, READ_ONLY, STOPS], JOBS).runs(r#"
    fail memory.under: …under a limit of 100.0 MB…
    fail rootfs.read_only: with a read-only root but for /data: line …: `log contains "job done"`: not in the log…; the same steps hold …
    fail stop.graceful: still running 2 s after SIGTERM; …
    "#)
}
