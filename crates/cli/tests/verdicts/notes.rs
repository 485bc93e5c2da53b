//! The sample service and the faults it can have, each held to one specification.

use seaworthy_testkit::{Recipe, for_arm};

use crate::row::{DOCKER, EMBEDDED, Row, row};

const SPEC: &str = include_str!("../data/notes-spec.md");

/// All that the sample service promises.
fn held(row: Row) -> Row {
    row.spec(SPEC).with_data()
}

/// Only what the row is about: each promise may need a container of its own.
fn promising(row: Row, sentences: &[&str]) -> Row {
    sentences.iter().fold(row.with_data(), |row, sentence| row.promise(sentence))
}

const NON_ROOT: &str = "Container runs as non-root user";
const STARTS: &str = "Starts within 5s";
const HEALTH: &str = "Health check endpoint responds at `/health`";
const CRUD: &str = "All CRUD endpoints work when running containerized";
const PERSISTS: &str = "Notes persist across container restarts";
const READ_ONLY: &str = "Runs with a read-only root filesystem";
const STOPS: &str = "Stops within 5s on SIGTERM, finishing requests in flight";

#[test]
fn the_sample_keeps_every_promise() -> anyhow::Result<()> {
    held(row!(Recipe::default())).runs("15 pass")
}

#[test]
fn root_by_config_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::config(|draft| draft.user.clear())), &[NON_ROOT]).runs("
    fail user.non_root: the config names no user, so it runs as root (uid 0); `/app/notes` runs with uid 0 (effective 0, saved 0); … seen in … probes
    ")
}

#[test]
fn root_by_a_numeric_0_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::config(|draft| draft.user = "0".into())), &[NON_ROOT]).runs("
    fail user.non_root: the config's user is `0`: uid 0; `/app/notes` runs with uid 0 (effective 0, saved 0); … seen in … probes
    ")
}

#[test]
fn root_by_another_name_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::config(|draft| draft.user = "admin".into())), &[NON_ROOT]).runs("
    fail user.non_root: the config's user is `admin`, which is uid 0; `/app/notes` runs with uid 0 (effective 0, saved 0); … seen in … probes
    ")
}

#[test]
fn an_image_over_the_limit_is_seen() -> anyhow::Result<()> {
    let image = Recipe::default().layer(|layer| Ok(layer.file("app/model.bin", 0o644, (0, 0), vec![0; 11_000_000])?));
    row!(image)
        .promise("Image size under 10 MB")
        .looks("fail image.size: … MB unpacked is over 10.0 MB (… MB unpacked, … MB to transfer)")
}

#[test]
fn a_password_in_env_is_seen_and_not_shown() -> anyhow::Result<()> {
    let password = "correct-horse-battery";
    row!(Recipe::config(|draft| draft.env.push(("DB_PASSWORD".into(), password.into()))))
        .promise("No secrets in image")
        .hides(password)
        .looks("fail image.secrets: value for a password-like name in variable `DB_PASSWORD` of the config; searched …")
}

#[test]
fn a_private_key_that_a_later_layer_deletes_is_seen() -> anyhow::Result<()> {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n".repeat(24);
    let key = format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n");
    let image = Recipe::default()
        .layer(move |layer| Ok(layer.file("app/deploy.pem", 0o600, (0, 0), key.clone())?))
        .layer(|layer| Ok(layer.whiteout("app/deploy.pem")?));
    row!(image).promise("No secrets in image").hides("MIIEvQIBADANBgkq").looks(
        "fail image.secrets: private key in `/app/deploy.pem` in layer 2 of 3 (not in the final tree); searched …",
    )
}

#[test]
fn a_missing_health_check_is_seen() -> anyhow::Result<()> {
    row!(Recipe::config(|draft| draft.health_check = None))
        .promise("Health check is declared")
        .looks("fail health.declared: the config declares no health check")
}

#[test]
fn a_health_path_that_answers_500_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--health-500")), &[STARTS, HEALTH, CRUD]).runs(
        r#"
    fail start.within: no 2xx from /health within 5 s: it answered 500: {"status":"ill"}
    fail health.endpoint: no 2xx from /health within 5 s: it answered 500: {"status":"ill"}
    1 pass
    "#,
    )
}

#[test]
fn an_ignored_port_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--fixed-port")), &["PORT: Configurable, defaults to 8000", HEALTH]).runs(
        "
    fail env.configurable: listens on 8000 without PORT; with PORT=… it listens on 8000 and not on …; last log lines: …
    1 pass
    ",
    )
}

#[test]
fn state_lost_on_restart_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--forgetful")), &[PERSISTS, CRUD]).runs(
        r#"
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    1 pass
    "#,
    )
}

#[test]
fn state_in_the_containers_own_layer_is_lost() -> anyhow::Result<()> {
    promising(row!(Recipe::config(|draft| draft.volumes.clear())), &[PERSISTS, READ_ONLY, CRUD]).runs(r#"
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    fail rootfs.read_only: with a read-only root: exit 1 within … ms of its start; last log lines: cannot make /data/notes: Read-only file system (os error 30)
    1 pass
    "#)
}

#[test]
fn a_crash_at_start_is_told_once_with_the_last_log_lines() -> anyhow::Result<()> {
    held(row!(Recipe::fault("--crash"))).runs(r#"
    fail env.configurable: exit 3 within … ms of its start; last log lines: {"level":"info","message":"reading the configuration"} | fatal: the flux capacitor is missing
    unproven user.non_root: the config's user is uid 1000 (appuser); the container does not run [constraints-port-configurable-defaults-to-8000]
    fail start.within: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail health.endpoint: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail api.crud: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail data.persists: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven env.required: the container does not run, with DATABASE_URL or without it [constraints-port-configurable-defaults-to-8000]
    unproven rootfs.read_only: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven stop.graceful: the container does not run [constraints-port-configurable-defaults-to-8000]
    6 pass
    "#)
}

#[test]
fn exit_0_without_the_variable_is_no_refusal() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--exit-0")), &["Refuses to start without DATABASE_URL"]).runs(
        "
    fail env.required: exit 0 without DATABASE_URL; last log lines: DATABASE_URL is not set
    ",
    )
}

#[test]
fn a_service_that_ignores_sigterm_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--deaf")), &["Stops within 2s on SIGTERM, finishing requests in flight"]).runs(
        "
    fail stop.graceful: still running 2 s after SIGTERM; it would have to be killed; PID 1 is `/app/notes --deaf`, which has no handler for SIGTERM: the kernel keeps the signal from such a first process
    ",
    )
}

#[test]
fn a_missing_entrypoint_is_seen() -> anyhow::Result<()> {
    held(row!(Recipe::config(|draft| draft.entrypoint = vec!["/app/nothing".into()]))).runs("
    fail env.configurable: the container does not start: exec /app/nothing: no such file or directory
    pass image.platform: 1 ELF binary is for …
    warning: `/app/nothing`, which the command starts, is not in the image
    unproven user.non_root: the config's user is uid 1000 (appuser); the container does not run [constraints-port-configurable-defaults-to-8000]
    warning: `/app/nothing`, which the command starts, is not in the image, so whether it is setuid is unknown
    fail start.within: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail health.endpoint: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail api.crud: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail data.persists: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven env.required: the container does not run, with DATABASE_URL or without it [constraints-port-configurable-defaults-to-8000]
    unproven rootfs.read_only: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven stop.graceful: the container does not run [constraints-port-configurable-defaults-to-8000]
    5 pass
    ")
}

#[test]
fn a_binary_of_another_architecture_is_seen() -> anyhow::Result<()> {
    held(row!(Recipe::default().binary(for_arm))).runs("
    fail env.configurable: the container does not start: exec /app/notes: exec format error
    fail image.platform: 1 of 1 binaries are not for amd64: `/app/notes` for arm64
    unproven user.non_root: the config's user is uid 1000 (appuser); the container does not run [constraints-port-configurable-defaults-to-8000]
    fail start.within: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail health.endpoint: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail api.crud: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail data.persists: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven env.required: the container does not run, with DATABASE_URL or without it [constraints-port-configurable-defaults-to-8000]
    unproven rootfs.read_only: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven stop.graceful: the container does not run [constraints-port-configurable-defaults-to-8000]
    5 pass
    ")
}

#[test]
fn an_answer_that_is_not_what_was_written_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--wrong-read")), &[CRUD, PERSISTS, READ_ONLY]).runs(r#"
    fail api.crud: GET /notes/{note_id} after it was created: `text` is `"something else"`, written was `"seaworthy … 1"`; last log lines: …
    fail data.persists: GET /notes/{note_id} before the restart: `text` is `"something else"`, written was `"seaworthy … 1"`
    pass rootfs.read_only: with a read-only root but for /data: connections accepted
    warning: only its start was seen, not its work: …
    "#)
}

#[test]
fn a_deleted_note_that_is_still_there_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--undeleted")), &[CRUD, PERSISTS]).runs(
        r#"
    fail api.crud: GET /notes/{note_id} after the delete: expected 404, answered 200: {"id":1,"text":"seaworthy … 2"}; last log lines: …
    fail data.persists: GET /notes/{note_id} after the restart: expected 404, answered 200: …
    "#,
    )
}

#[test]
fn without_openapi_crud_is_unproven() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--no-openapi")), &[CRUD, PERSISTS, STOPS]).runs("
    unproven api.crud: GET /openapi.json answered 404, and 36 other usual places have no OpenAPI document; a scenario can be written instead
    unproven data.persists: GET /openapi.json answered 404, and 36 other usual places have no OpenAPI document; a scenario can be written instead
    unproven stop.graceful: exit 0 … ms after SIGTERM; no request with a body is known to hold open; a scenario can be written instead
    ")
}

#[test]
fn a_service_that_keeps_only_its_last_note_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--one-place")), &[CRUD, PERSISTS]).runs(
        r#"
    fail api.crud: GET /notes/{note_id} after it was created: answered 404: {"detail":"not found"}; last log lines: …
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    "#,
    )
}

#[test]
fn a_request_dropped_by_an_orderly_exit_is_seen() -> anyhow::Result<()> {
    promising(row!(Recipe::fault("--drops-requests")), &[STOPS]).runs(
        "
    fail stop.graceful: exit 0 … ms after SIGTERM, while POST /notes was half-sent and had no answer
    ",
    )
}

fn talks_to_its_database_only(row: Row) -> Row {
    row.promise("Talks to nothing but the database").env("DATABASE_URL=file:///data")
}

#[test]
fn the_embedded_engine_sees_whom_the_service_talks_to() -> anyhow::Result<()> {
    talks_to_its_database_only(row!(Recipe::default())).runs_on(EMBEDDED, "pass network.only: …")
}

#[test]
fn docker_sees_whom_the_service_talks_to() -> anyhow::Result<()> {
    talks_to_its_database_only(row!(Recipe::default())).runs_on(DOCKER, "pass network.only: …")
}
