//! Images made wrong on purpose, each held to one specification by the program as users call it, on both engines.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use insta::assert_snapshot;
use seaworthy_image::LayerBuilder;
use seaworthy_testkit::{Recipe, for_arm, workspace};
use serde_json::Value;

use crate::held::{self, not_kept, verdicts};

/// Every criterion that did not pass, with its evidence; then the sums. The same on both engines, but for words that name one.
fn verify(recipe: &Recipe) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("image");
    recipe.write(&layout)?;
    let embedded = report(&layout, "embedded")?;
    let docker = report(&layout, "docker")?;
    ensure!(
        verdicts(&embedded) == verdicts(&docker),
        "the engines differ:\nembedded:\n{}\ndocker:\n{}",
        not_kept(&embedded),
        not_kept(&docker)
    );
    Ok(settled(&not_kept(&embedded)))
}

/// Without what differs from run to run: times, sizes of the compiled service, and the marks in what was written.
fn settled(text: &str) -> String {
    let is_number = |word: &str| word.trim_start_matches('(').parse::<f64>().is_ok();
    let is_mark = |word: &str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let settled: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(at, word)| match words.get(at + 1).map(|unit| unit.trim_end_matches([',', ';', ')'])) {
                Some("ms" | "MB" | "probes" | "process" | "processes") if is_number(word) => {
                    word.replace(|c: char| c.is_ascii_digit() || c == '.', "") + "N"
                }
                _ if is_mark(word) => "MARK".to_owned(),
                // A health check's process is seen or not.
                _ if *word == "process" => "processes".to_owned(),
                _ => (*word).to_owned(),
            })
            .collect();
        settled.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn report(layout: &Path, engine: &str) -> anyhow::Result<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .arg("verify")
        .arg(format!("oci:{}", layout.display()))
        .arg("--spec")
        .arg(workspace().join("crates/cli/tests/data/notes-spec.md"))
        .args(["--engine", engine, "--env", "DATABASE_URL=file:///data", "--timeout", "5s", "--report", "json=-"])
        .output()?;
    let report = held::report(&output).context(engine.to_owned())?;
    let summary = &report["summary"];
    let exit = if summary["fail"] != 0 {
        1
    } else if summary["unproven"] != 0 {
        3
    } else {
        0
    };
    ensure!(output.status.code() == Some(exit), "{engine} exits with {:?} for {summary}", output.status.code());
    Ok(report)
}

#[test]
fn the_sample_keeps_every_promise() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::default())?, @"15 pass, 0 fail, 0 unproven, 0 pending");
    Ok(())
}

#[test]
fn root_by_config_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.user.clear()))?, @"
    fail user.non_root: the config names no user, so it runs as root (uid 0); `/app/notes` runs with uid 0 (effective 0, saved 0); N processes seen in N probes
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn root_by_a_numeric_0_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.user = "0".into()))?, @"
    fail user.non_root: the config's user is `0`: uid 0; `/app/notes` runs with uid 0 (effective 0, saved 0); N processes seen in N probes
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn root_by_another_name_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.user = "admin".into()))?, @"
    fail user.non_root: the config's user is `admin`, which is uid 0; `/app/notes` runs with uid 0 (effective 0, saved 0); N processes seen in N probes
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn an_image_over_the_limit_is_seen() -> anyhow::Result<()> {
    let recipe = Recipe::layers(&[|layer: &mut LayerBuilder| {
        Ok(layer.file("app/model.bin", 0o644, (0, 0), vec![0; 11_000_000])?)
    }]);
    assert_snapshot!(verify(&recipe)?, @"
    fail image.size: N MB unpacked is over N MB (N MB unpacked, N MB to transfer)
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_password_in_env_is_seen_and_not_shown() -> anyhow::Result<()> {
    let recipe = Recipe::config(|draft| draft.env.push(("DB_PASSWORD".into(), "correct-horse-battery".into())));
    let seen = verify(&recipe)?;
    assert!(!seen.contains("correct-horse"), "{seen}");
    assert_snapshot!(seen, @"
    fail image.secrets: value for a password-like name in variable `DB_PASSWORD` of the config; searched 3 files (N MB) of 1 layer, 2 variables, 1 label, 1 history line
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_private_key_that_a_later_layer_deletes_is_seen() -> anyhow::Result<()> {
    let recipe = Recipe::layers(&[
        |layer: &mut LayerBuilder| {
            let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n".repeat(24);
            let key = format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n");
            Ok(layer.file("app/deploy.pem", 0o600, (0, 0), key)?)
        },
        |layer: &mut LayerBuilder| Ok(layer.whiteout("app/deploy.pem")?),
    ]);
    assert_snapshot!(verify(&recipe)?, @"
    fail image.secrets: private key in `/app/deploy.pem` in layer 2 of 3 (not in the final tree); searched 5 files (N MB) of 3 layers, 1 variable, 1 label, 3 history lines
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_missing_health_check_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.health_check = None))?, @"
    fail health.declared: the config declares no health check
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_health_path_that_answers_500_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--health-500"))?, @r#"
    fail start.within: no 2xx from /health within 5 s: it answered 500: {"status":"ill"}
    fail health.endpoint: no 2xx from /health within 5 s: it answered 500: {"status":"ill"}
    13 pass, 2 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn an_ignored_port_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--fixed-port"))?, @"
    fail env.configurable: listens on 8000 without PORT; with PORT=18080 it listens on 8000 and not on 18080
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn state_lost_on_restart_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--forgetful"))?, @r#"
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    14 pass, 1 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn state_in_the_containers_own_layer_is_lost() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.volumes.clear()))?, @r#"
    fail data.persists: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    fail rootfs.read_only: with a read-only root: exit 1 within N ms of its start; last log lines: cannot make /data/notes: Read-only file system (os error 30)
    13 pass, 2 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn a_crash_at_start_is_told_once_with_the_last_log_lines() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--crash"))?, @r#"
    fail env.configurable: exit 3 within N ms of its start; last log lines: {"level":"info","message":"reading the configuration"} | fatal: the flux capacitor is missing
    unproven user.non_root: the config's user is uid 1000 (appuser); the container does not run [constraints-port-configurable-defaults-to-8000]
    fail start.within: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail health.endpoint: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail api.crud: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail data.persists: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven env.required: the container does not run, with DATABASE_URL or without it [constraints-port-configurable-defaults-to-8000]
    unproven rootfs.read_only: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven stop.graceful: the container does not run [constraints-port-configurable-defaults-to-8000]
    6 pass, 5 fail, 4 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn exit_0_without_the_variable_is_no_refusal() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--exit-0"))?, @"
    fail env.required: exit 0 without DATABASE_URL; last log lines: DATABASE_URL is not set
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_service_that_ignores_sigterm_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--deaf"))?, @"
    fail stop.graceful: still running 5 s after SIGTERM; it would have to be killed
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_missing_entrypoint_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::config(|draft| draft.entrypoint = vec!["/app/nothing".into()]))?, @"
    fail env.configurable: the container does not start: exec /app/nothing: no such file or directory
    unproven user.non_root: the config's user is uid 1000 (appuser); the container does not run [constraints-port-configurable-defaults-to-8000]
    fail start.within: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail health.endpoint: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail api.crud: the container does not run [constraints-port-configurable-defaults-to-8000]
    fail data.persists: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven env.required: the container does not run, with DATABASE_URL or without it [constraints-port-configurable-defaults-to-8000]
    unproven rootfs.read_only: the container does not run [constraints-port-configurable-defaults-to-8000]
    unproven stop.graceful: the container does not run [constraints-port-configurable-defaults-to-8000]
    6 pass, 5 fail, 4 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_binary_of_another_architecture_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe { binary: for_arm, ..Recipe::default() })?, @"
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
    5 pass, 6 fail, 4 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn an_answer_that_is_not_what_was_written_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--wrong-read"))?, @r#"
    fail api.crud: GET /notes/{note_id} after it was created: `text` is `"something else"`, written was `"seaworthy MARK 1"`
    fail data.persists: GET /notes/{note_id} before the restart: `text` is `"something else"`, written was `"seaworthy MARK 1"`
    13 pass, 2 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn a_deleted_note_that_is_still_there_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--undeleted"))?, @r#"
    fail api.crud: GET /notes/{note_id} after the delete: expected 404, answered 200: {"id":1,"text":"seaworthy MARK 2"}
    14 pass, 1 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn without_openapi_crud_is_unproven() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--no-openapi"))?, @"
    unproven api.crud: GET /openapi.json answered 404; a scenario can be written instead
    unproven data.persists: GET /openapi.json answered 404; a scenario can be written instead
    unproven stop.graceful: exit 0 N ms after SIGTERM; no request with a body is known to hold open; a scenario can be written instead
    12 pass, 0 fail, 3 unproven, 0 pending
    ");
    Ok(())
}

#[test]
fn a_service_that_keeps_only_its_last_note_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--one-place"))?, @r#"
    fail api.crud: GET /notes/{note_id} after it was created: answered 404: {"detail":"not found"}
    14 pass, 1 fail, 0 unproven, 0 pending
    "#);
    Ok(())
}

#[test]
fn a_request_dropped_by_an_orderly_exit_is_seen() -> anyhow::Result<()> {
    assert_snapshot!(verify(&Recipe::fault("--drops-requests"))?, @"
    fail stop.graceful: exit 0 N ms after SIGTERM, while POST /notes was half-sent and had no answer
    14 pass, 1 fail, 0 unproven, 0 pending
    ");
    Ok(())
}
