//! The sample service, right and wrong, held to sentences one by one on the embedded engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use insta::assert_snapshot;
use seaworthy_engine::{Embedded, Engine};
use seaworthy_report::Report;
use seaworthy_spec::Spec;
use seaworthy_testkit::Recipe;
use seaworthy_verify::{Event, Options, Subject, Travel, verify};

fn engine() -> Embedded {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    Embedded::new(PathBuf::from(env!("CARGO_BIN_EXE_seaworthy-verify-helper"))).with_cache(cache)
}

fn report(recipe: &Recipe, sentences: &str, env: &[(&str, &str)]) -> anyhow::Result<Report> {
    let engine = engine();
    report_with(Ok(&engine), recipe, sentences, env)
}

fn report_with(
    engine: Result<&dyn Engine, String>,
    recipe: &Recipe,
    sentences: &str,
    env: &[(&str, &str)],
) -> anyhow::Result<Report> {
    let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
    report_within(&options, engine, recipe, sentences, env)
}

fn report_within(
    options: &Options,
    engine: Result<&dyn Engine, String>,
    recipe: &Recipe,
    sentences: &str,
    env: &[(&str, &str)],
) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let image = recipe.write(&folder.path().join("image"))?;
    let spec = Spec::parse(&format!("# Notes\n\n## Success Criteria\n\n{sentences}\n"))?;
    let subject = Subject {
        image: &image,
        deferred: None,
        reference: "notes".to_owned(),
        record: None,
        project: "-C notes".to_owned(),
        argument: None,
        travel: Travel::default(),
    };
    let options = Options {
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..options.clone()
    };
    Ok(verify(&spec, "spec.md", &subject, engine, &options, &mut |_: Event<'_>| {})?)
}

/// A line a promise: verdict, evidence with every time as `N ms`, the sample's size as `SIZE MB`, the run's mark as `MARK`, and the cause.
fn told(recipe: &Recipe, sentences: &str) -> anyhow::Result<String> {
    Ok(lines(&report(recipe, sentences, &[("DATABASE_URL", "file:///data")])?))
}

fn lines(report: &Report) -> String {
    let lines = report.criteria.iter().map(|criterion| {
        let cause = criterion.caused_by.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
        // How many processes were seen in how many looks depends on the machine.
        let told = match criterion.check.as_deref() {
            Some("user.non_root") => criterion.evidence.split(';').next().unwrap_or_default(),
            _ => &criterion.evidence,
        };
        format!("{:?}: {}{cause}", criterion.verdict, without_times(told))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_times(evidence: &str) -> String {
    let is_mark = |word: &str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words: Vec<&str> = evidence.split(' ').map(|word| if is_mark(word) { "MARK" } else { word }).collect();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let next_is_ms = |index: usize| words.get(index + 1).is_some_and(|word| word.starts_with("ms"));
    // The sample grows with what its tests need.
    let is_size_of_sample = |word: &str| word.trim_start_matches('(').parse().is_ok_and(|size: f64| size < 5.0);
    let next_is_megabytes = |index: usize| words.get(index + 1).is_some_and(|word| word.starts_with("MB"));
    // A port that was chosen by chance.
    let is_port = |digits: &str| digits.parse().is_ok_and(|port: u16| (10_000..32_000).contains(&port));
    let shown = |(index, word): (usize, &&str)| {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        if is_number(word) && next_is_ms(index) {
            "N".to_owned()
        } else if is_size_of_sample(word) && next_is_megabytes(index) {
            if word.starts_with('(') { "(SIZE" } else { "SIZE" }.to_owned()
        } else if is_port(&digits) {
            word.replace(&digits, "OTHER")
        } else {
            (*word).to_owned()
        }
    };
    words.iter().enumerate().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_sample_keeps_its_promises() -> anyhow::Result<()> {
    let told = told(
        &Recipe::default(),
        "- [ ] Starts within 2s\n\
         - [ ] Health check endpoint responds at `/health`\n\
         - [ ] All CRUD endpoints work\n\
         - [ ] Data persists across container restarts\n\
         - [ ] PORT configurable, defaults to 8000\n\
         - [ ] Refuses to start without DATABASE_URL\n\
         - [ ] DATABASE_URL: environment variable (not hardcoded)\n\
         - [ ] Stops within 10s on SIGTERM, finishing requests in flight\n\
         - [ ] Runs with a read-only root filesystem\n\
         - [ ] Runs with no capabilities\n\
         - [ ] Logs to stdout as JSON\n\
         - [ ] Talks to nothing but the database\n\
         - [ ] Container runs as non-root user\n\
         - [ ] Image can be pushed to registry (GHCR)\n",
    )?;
    assert_snapshot!(told, @r##"
    Pass: first 2xx from /health N ms after the start, GET /notes 200 after N ms
    Pass: GET /health 200 in N ms, 200 a moment later
    Pass: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    Pass: POST /notes 201, PUT 200, DELETE 204, container killed, GET 200 from a new one
    Pass: listens on 8000 without PORT; listens on OTHER, and not on 8000, with PORT=OTHER
    Pass: exit 1 after N ms: DATABASE_URL is not set
    Pass: DATABASE_URL is not set in the config; no URL with a password in 3 files (SIZE MB) of 1 layer, 1 variable, 1 label, 1 history line; what was written is read back with the same DATABASE_URL; with another file: exit 1 within N ms of its start; last log lines: cannot make /data-elsewhere/notes: Permission denied (os error 13)
    Pass: POST /notes, half-sent at SIGTERM, 3 at once, answered 201 N ms after it; exit 0 N ms after SIGTERM; what was answered after SIGTERM is there after a restart
    Pass: with a read-only root but for /data: GET /health 2xx; POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    Pass: with no capabilities: GET /health 2xx; POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    Pass: 1 line on stdout, each a JSON object
    Pass: it tried to reach nothing in N ms, with 85 requests answered
    Pass: the config's user is uid 1000 (appuser)
    Pending: not pushed to ghcr.io
    "##);
    Ok(())
}

#[test]
fn what_is_wrong_breaks_its_own_promise() -> anyhow::Result<()> {
    let mut seen = Vec::new();
    for (fault, sentences) in [
        ("--health-500", "- [ ] Health check endpoint responds at `/health`\n- [ ] All CRUD endpoints work"),
        ("--fixed-port", "- [ ] PORT configurable, defaults to 8000"),
        (
            "--forgetful",
            "- [ ] Notes persist across container restarts\n- [ ] DATABASE_URL: environment variable (not hardcoded)",
        ),
        ("--exit-0", "- [ ] Refuses to start without DATABASE_URL"),
        ("--deaf", "- [ ] Stops within 2s on SIGTERM, finishing requests in flight"),
        ("--wrong-read", "- [ ] All CRUD endpoints work"),
        ("--undeleted", "- [ ] All CRUD endpoints work"),
        (
            "--no-openapi",
            "- [ ] All CRUD endpoints work\n- [ ] Stops within 2s on SIGTERM, finishing requests in flight",
        ),
    ] {
        seen.push(format!("{fault}\n{}", told(&Recipe::fault(fault), sentences)?));
    }
    assert_snapshot!(seen.join("\n"), @r##"
    --health-500
    Fail: no 2xx from /health within 5 s: it answered 500: {"status":"ill"}
    Pass: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes
    --fixed-port
    Fail: listens on 8000 without PORT; with PORT=OTHER it listens on 8000 and not on OTHER; last log lines: {"level":"info","message":"listening","port":8000}
    --forgetful
    Fail: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    Unproven: DATABASE_URL is not set in the config; no URL with a password in 3 files (SIZE MB) of 1 layer, 1 variable, 1 label, 1 history line; nothing is kept that another value could hide: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}
    --exit-0
    Fail: exit 0 without DATABASE_URL; last log lines: DATABASE_URL is not set
    --deaf
    Fail: still running 2 s after SIGTERM; it would have to be killed; PID 1 is `/app/notes --deaf`, which has no handler for SIGTERM: the kernel keeps the signal from such a first process
    --wrong-read
    Fail: GET /notes/{note_id} after it was created: `text` is `"something else"`, written was `"seaworthy MARK 1"`; last log lines: {"level":"info","message":"listening","port":8000}
    --undeleted
    Fail: GET /notes/{note_id} after the delete: expected 404, answered 200: {"id":1,"text":"seaworthy MARK 2"}; last log lines: {"level":"info","message":"listening","port":8000}
    --no-openapi
    Unproven: GET /openapi.json answered 404, and 36 other usual places have no OpenAPI document; a scenario can be written instead
    Unproven: exit 0 N ms after SIGTERM; no request with a body is known to hold open; a scenario can be written instead
    "##);
    Ok(())
}

#[test]
fn a_container_that_does_not_run_is_told_once() -> anyhow::Result<()> {
    let sentences = "- [ ] Stops within 2s on SIGTERM, finishing requests in flight\n\
         - [ ] Health check endpoint responds at `/health`\n\
         - [ ] All CRUD endpoints work\n\
         - [ ] Refuses to start without DATABASE_URL\n\
         - [ ] Container runs as non-root user\n\
         - [ ] Notes can be read <!-- check: GET /notes -> 200 -->\n";
    let crash = told(&Recipe::fault("--crash"), sentences)?;
    assert_snapshot!(crash, @r##"
    Unproven: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    Fail: exit 3 within N ms of its start; last log lines: {"level":"info","message":"reading the configuration"} | fatal: the flux capacitor is missing
    Fail: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    Unproven: the container does not run, with DATABASE_URL or without it [success-criteria-health-check-endpoint-responds-at-health]
    Unproven: the config's user is uid 1000 (appuser) [success-criteria-health-check-endpoint-responds-at-health]
    Fail: line 10: `GET /notes -> 200`: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    "##);
    let missing = told(&Recipe::config(|draft| draft.entrypoint = vec!["/app/nothing".into()]), sentences)?;
    assert_snapshot!(missing, @r##"
    Unproven: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    Fail: the container does not start: exec /app/nothing: no such file or directory
    Fail: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    Unproven: the container does not run, with DATABASE_URL or without it [success-criteria-health-check-endpoint-responds-at-health]
    Unproven: the config's user is uid 1000 (appuser) [success-criteria-health-check-endpoint-responds-at-health]
    Fail: line 10: `GET /notes -> 200`: the container does not run [success-criteria-health-check-endpoint-responds-at-health]
    "##);
    Ok(())
}

#[test]
fn scenarios_run_step_by_step() -> anyhow::Result<()> {
    let told = told(
        &Recipe::default(),
        "- [ ] A note survives a restart\n  ```check\n  POST /notes {\"text\": \"kept\"} -> 201, save id\n  restart\n  \
         GET /notes/{id} -> 200 {\"text\": \"kept\"}\n  stop within 5s -> exit 0\n  ```\n\
         - [ ] It says what it needs\n  ```check\n  start without DATABASE_URL\n  \
         exits within 5s -> exit nonzero, log contains \"DATABASE_URL\"\n  ```\n\
         - [ ] Nothing is there\n  ```check\n  wait healthy within 5s\n  GET /notes/1 -> 200\n  ```\n",
    )?;
    assert_snapshot!(told, @r##"
    Pass: POST 201, restart, GET 200, exit 0 after N ms
    Pass: start, exit 1 after N ms, found in the log
    Fail: line 20: `GET /notes/1 -> 200`: expected 200, answered 404: {"detail":"not found"}
    "##);
    Ok(())
}

#[test]
fn without_an_engine_only_the_image_is_judged() -> anyhow::Result<()> {
    let sentences = "- [ ] Image size under 10 MB\n\
         - [ ] All CRUD endpoints work\n\
         - [ ] All CRUD endpoints work with 10,000 clients at once\n\
         - [ ] Container runs as non-root user\n";
    let root = Recipe::config(|draft| draft.user = "0".into());
    let report = report_with(Err("no Docker answers".to_owned()), &root, sentences, &[])?;
    assert_snapshot!(lines(&report), @r##"
    Pass: SIZE MB unpacked, SIZE MB to transfer
    Unproven: nothing was run: no Docker answers
    Unproven: not understood: `with 10,000 clients at once`
    Fail: the config's user is `0`: uid 0
    "##);
    assert_eq!((report.machine.engine.as_str(), report.database), ("none", seaworthy_report::Database::None));
    Ok(())
}

#[test]
fn without_a_port_http_promises_name_the_option() -> anyhow::Result<()> {
    let recipe = Recipe::config(|draft| {
        draft.exposed_ports.clear();
        draft.env.clear();
    });
    let sentences =
        "- [ ] Starts within 2s\n- [ ] All CRUD endpoints work\n- [ ] Refuses to start without DATABASE_URL\n";
    assert_snapshot!(told(&recipe, sentences)?, @r##"
    Unproven: the image exposes no port; name one with `--port`
    Unproven: the image exposes no port; name one with `--port`
    Pass: exit 1 after N ms: DATABASE_URL is not set
    "##);
    Ok(())
}

#[test]
fn what_is_given_is_never_shown() -> anyhow::Result<()> {
    let given = [("API_TOKEN", "flux capacitor"), ("DATABASE_URL", "file:///data")];
    let sentences = "- [ ] Starts within 2s\n\
         - [ ] It tells what is wrong\n  ```check\n  start\n  exits within 5s -> exit 0\n  ```\n";
    assert_snapshot!(lines(&report(&Recipe::fault("--crash"), sentences, &given)?), @r##"
    Fail: exit 3 within N ms of its start; last log lines: {"level":"info","message":"reading the configuration"} | fatal: the *** is missing
    Fail: line 9: `exits within 5s -> exit 0`: expected exit 0, found exit 3; last log lines: {"level":"info","message":"reading the configuration"} | fatal: the *** is missing
    "##);
    Ok(())
}

#[test]
fn what_is_done_to_one_note_must_not_be_done_to_another() -> anyhow::Result<()> {
    let seen = |fault: &str| told(&Recipe::fault(fault), "- [ ] All CRUD endpoints work");
    assert_snapshot!(seen("--one-place")?, @r#"Fail: GET /notes/{note_id} after it was created: answered 404: {"detail":"not found"}; last log lines: {"level":"info","message":"listening","port":8000}"#);
    assert_snapshot!(seen("--updates-all")?, @r#"Fail: GET /notes/{note_id} of another one, after the PUT: `text` is `"seaworthy MARK 2"`, written was `"seaworthy MARK 9 'q' \"q\" \\ é 漢 🚢"`; last log lines: {"level":"info","message":"listening","port":8000}"#);
    assert_snapshot!(seen("--deletes-all")?, @r#"Fail: GET /notes after the delete lists 1 page(s) without what was created; last log lines: {"level":"info","message":"listening","port":8000}"#);
    assert_snapshot!(seen("--still-listed")?, @r#"Fail: GET /notes still lists what was deleted; last log lines: {"level":"info","message":"listening","port":8000}"#);
    assert_snapshot!(seen("--update-ignored")?, @r#"Fail: GET /notes/{note_id} after the PUT: `text` is `"seaworthy MARK 1"`, written was `"seaworthy MARK 2"`; last log lines: {"level":"info","message":"listening","port":8000}"#);
    Ok(())
}

#[test]
fn a_stop_is_judged_by_the_request_and_by_the_exit() -> anyhow::Result<()> {
    let sentence = "- [ ] Stops within 5s on SIGTERM, finishing requests in flight";
    assert_snapshot!(told(&Recipe::fault("--drops-requests"), sentence)?, @"Fail: exit 0 N ms after SIGTERM, while POST /notes was half-sent and had no answer");
    assert_snapshot!(told(&Recipe::fault("--exit-1-at-the-end"), sentence)?, @r#"Fail: exit 1 N ms after SIGTERM; last log lines: {"level":"info","message":"listening","port":8000}"#);
    let mut recipe = Recipe::config(|draft| draft.stop_signal = Some("SIGINT".into()));
    let report = report(&recipe, sentence, &[("DATABASE_URL", "file:///data")])?;
    assert_snapshot!(report.criteria[0].warnings.join("; "), @"engines stop it with SIGINT, which its config names, and not with SIGTERM");
    recipe.draft.entrypoint = vec!["/app/nothing".into()];
    assert_snapshot!(told(&recipe, sentence)?, @"Unproven: the container does not start: exec /app/nothing: no such file or directory");
    Ok(())
}

#[test]
fn what_is_written_only_later_is_lost() -> anyhow::Result<()> {
    assert_snapshot!(told(&Recipe::fault("--late-writes"), "- [ ] Notes persist across container restarts")?, @r#"Fail: GET /notes/{note_id} after the restart: answered 404: {"detail":"not found"}"#);
    Ok(())
}

#[test]
fn things_that_are_no_collection_are_not_shown_by_another_one() -> anyhow::Result<()> {
    let seen = told(
        &Recipe::default(),
        "- [ ] Sessions persist across container restarts\n\
         - [ ] Created notes persist across container restarts\n\
         - [ ] Notes and sessions persist across container restarts\n",
    );
    assert_snapshot!(seen?, @r"
    Unproven: /openapi.json names no collection called `sessions`; a scenario can be written instead
    Pass: POST /notes 201, PUT 200, DELETE 204, container killed, GET 200 from a new one
    Unproven: not understood: `and sessions`
    ");
    Ok(())
}

#[test]
fn a_file_of_its_own_is_not_the_database_that_was_given() -> anyhow::Result<()> {
    assert_snapshot!(told(&Recipe::fault("--own-file"), "- [ ] DATABASE_URL: environment variable (not hardcoded)")?, @"Fail: DATABASE_URL is not set in the config; no URL with a password in 3 files (SIZE MB) of 1 layer, 1 variable, 1 label, 1 history line; what was written is read back with the same DATABASE_URL; with another file it is there as well: something else than DATABASE_URL decides");
    Ok(())
}

#[test]
fn a_database_to_which_nobody_logs_in_is_not_connected() -> anyhow::Result<()> {
    let seen = |fault: &str| -> anyhow::Result<String> {
        let sentence = "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL";
        let report = report(&Recipe::fault(fault), sentence, &[])?;
        assert_eq!(report.database, seaworthy_report::Database::StandIn);
        Ok(lines(&report))
    };
    assert_snapshot!(seen("--own-file")?, @"Fail: POST /notes 201, and nobody came to the database");
    assert_snapshot!(seen("--dials")?, @"Fail: POST /notes 201, and no login came to the database, 1 connection without one");
    Ok(())
}

#[test]
fn a_health_path_that_leads_elsewhere_is_told_at_once() -> anyhow::Result<()> {
    let sentence = "- [ ] Health check endpoint responds at `/health`";
    let report = report(&Recipe::fault("--health-redirects"), sentence, &[("DATABASE_URL", "file:///data")])?;
    assert_snapshot!(lines(&report), @"Fail: GET /health answered 307 to /health/, which is no 2xx; name the path that answers itself");
    assert!(report.took_ms < 5_000, "{} ms, which is the timeout", report.took_ms);
    Ok(())
}

#[test]
fn a_header_may_be_repeated() -> anyhow::Result<()> {
    let seen = |value: &str| {
        let step = format!("- [ ] It is there <!-- check: GET /health -> 200 header X-Part: {value} -->");
        told(&Recipe::fault("--two-headers"), &step)
    };
    assert_snapshot!(seen("one")?, @"Pass: GET 200");
    assert_snapshot!(seen("two")?, @"Pass: GET 200");
    assert_snapshot!(seen("three")?, @"Fail: line 5: `GET /health -> 200 header X-Part: three`: expected header `X-Part: three`, found `one`, `two`");
    Ok(())
}

#[test]
fn a_rotated_password_is_not_used_by_who_ignores_the_file() -> anyhow::Result<()> {
    let sentence = "- [ ] Database password can be rotated via DATABASE_URL_FILE without a restart";
    assert_snapshot!(told(&Recipe::default(), sentence)?, @"Fail: with the database URL in the file that DATABASE_URL_FILE names: exit 1 within N ms of its start; last log lines: DATABASE_URL is not set");
    // It works, and keeps what it is given elsewhere.
    assert_snapshot!(told(&Recipe::fault("--own-file"), sentence)?, @"Fail: with the database URL in the file that DATABASE_URL_FILE names: what POST /notes wrote is not in the database");
    Ok(())
}

#[test]
fn an_answer_is_waited_for_as_long_as_the_scenario_says() -> anyhow::Result<()> {
    let wait = |step: &str| told(&Recipe::default(), &format!("- [ ] It is there <!-- check: {step} -->"));
    assert_snapshot!(wait("wait GET /health -> 200 within 5s")?, @"Pass: GET 200 after N ms");
    assert_snapshot!(wait("wait GET /nothing -> 200 within 200ms")?, @r#"Fail: line 5: `wait GET /nothing -> 200 within 200ms`: expected 200, answered 404: {"detail":"not found"}, for N ms"#);
    Ok(())
}

#[test]
fn a_scenario_waits_for_a_container_to_be_ready_but_not_for_one_that_never_is() -> anyhow::Result<()> {
    let sentences = "- [ ] Unready it stays\n  ```check\n  start with READY_AFTER_MS=3600000\n  GET /notes -> 503\n  ```\n\
                     - [ ] Unready it is not\n  ```check\n  start with READY_AFTER_MS=600\n  GET /notes -> 503\n  ```\n\
                     - [ ] Slow it may be\n  ```check\n  start with READY_AFTER_MS=4500\n  GET /notes -> 200\n  ```\n";
    // As long as it is by default.
    let options = Options { timeout: Duration::from_secs(30), ..Options::default() };
    let env = [("DATABASE_URL", "file:///data")];
    let report = report_within(&options, Ok(&engine()), &Recipe::default(), sentences, &env)?;
    assert_snapshot!(lines(&report), @r"
    Pass: start, GET 503
    Fail: line 13: `GET /notes -> 503`: expected 503, answered 200: []
    Pass: start, GET 200
    ");
    assert!(report.criteria[0].took_ms < 15_000, "{} ms", report.criteria[0].took_ms);
    Ok(())
}

#[test]
fn a_variable_that_the_config_sets_is_not_required() -> anyhow::Result<()> {
    let recipe = Recipe::config(|draft| draft.env.push(("DATABASE_URL".into(), "file:///data".into())));
    assert_snapshot!(told(&recipe, "- [ ] Refuses to start without DATABASE_URL")?, @r#"Fail: the config sets DATABASE_URL; without DATABASE_URL it starts and takes connections; last log lines: {"level":"info","message":"listening","port":8000}"#);
    Ok(())
}

#[test]
fn a_start_alone_does_not_show_the_work_on_a_read_only_root() -> anyhow::Result<()> {
    let sentence = "- [ ] Runs with a read-only root filesystem";
    let report = report(&Recipe::fault("--no-openapi"), sentence, &[("DATABASE_URL", "file:///data")])?;
    assert_snapshot!(lines(&report), @"Pass: with a read-only root but for /data: connections accepted");
    assert_snapshot!(report.criteria[0].warnings.join("; "), @"only its start was seen, not its work: GET /openapi.json answered 404, and 36 other usual places have no OpenAPI document; a scenario can be written instead");
    Ok(())
}

#[test]
fn a_database_that_the_sentence_does_not_allow_is_not_passed_over() -> anyhow::Result<()> {
    let env = [("DATABASE_URL", "postgres://u:unseen-password@127.0.0.1:1/d")];
    let sentences = "- [ ] Talks to nothing but metrics.example.com\n- [ ] Refuses to start without DATABASE_URL";
    assert_snapshot!(lines(&report(&Recipe::default(), sentences, &env)?), @r"
    Unproven: it was given a database, and the sentence does not allow that
    Pass: exit 1 after N ms: DATABASE_URL is not set
    ");
    Ok(())
}

#[test]
fn nothing_follows_from_a_container_that_was_stopped_at_the_bound_of_its_disk() -> anyhow::Result<()> {
    let sentences = "- [ ] All CRUD endpoints work\n\
                     - [ ] Starts within 5s\n\
                     - [ ] Data persists across container restarts\n\
                     - [ ] It fails <!-- check: POST /notes {\"text\": \"x\"} -> 507 -->";
    let env = [("DATABASE_URL", "file:///data")];
    let report = |recipe: &Recipe| {
        let options = Options { disk_bytes: 30_000_000, timeout: Duration::from_secs(5), ..Options::default() };
        report_within(&options, Ok(&engine()), recipe, sentences, &env)
    };
    assert_snapshot!(lines(&report(&Recipe::fault("--fills-disk"))?), @r"
    Unproven: the container was stopped: it wrote more than 30.0 MB, the bound of a run; `--disk` allows more
    Pass: first connection accepted N ms after the start, GET /notes 200 after N ms
    Unproven: the container was stopped: it wrote more than 30.0 MB, the bound of a run; `--disk` allows more
    Unproven: the container was stopped: it wrote more than 30.0 MB, the bound of a run; `--disk` allows more
    ");
    let right = lines(&report(&Recipe::default())?);
    assert_eq!(right.matches("Pass").count(), 3, "{right}");
    Ok(())
}

#[test]
fn healthy_counts_by_the_declared_interval() -> anyhow::Result<()> {
    let told = |within: &str| told(&Recipe::default(), &format!("- [ ] Health check turns healthy within {within}"));
    assert_snapshot!(told("900ms")?, @"Fail: healthy only N ms after the start, probed every 1 s");
    assert_snapshot!(told("5s")?, @"Pass: healthy N ms after the start");
    Ok(())
}
