//! What a service does while it runs: where it listens, when it is ready, how it stops, and what its log says of the cause.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

/// With a folder for its data.
fn with_data(row: Row) -> Row {
    row.env("DATABASE_URL=file:///data")
}

#[test]
fn a_server_on_127_0_0_1_runs_and_cannot_be_reached() -> anyhow::Result<()> {
    let promised = |row: Row| {
        with_data(row)
            .promise("Health check turns healthy within 5s")
            .promise("Health check endpoint responds at /health")
            .promise("All CRUD endpoints work")
            .promise("Container runs as non-root user")
            .promise("Runs with no capabilities")
    };
    promised(row!(Recipe::fault("--loopback"))).runs(
        "
    pass health.healthy: healthy … ms after the start
    fail health.endpoint: listens on 127.0.0.1:8000 only, where nothing from outside comes; 0.0.0.0 is every address
    fail api.crud: the service cannot be reached [success-criteria-health-check-endpoint-responds-at-health]
    pass user.non_root: …
    unproven capabilities.none: the service cannot be reached [success-criteria-health-check-endpoint-responds-at-health]
    ",
    )?;
    promised(row!(Recipe::default())).runs("5 pass")
}

#[test]
fn a_service_that_stops_for_a_variable_that_nobody_gave_is_unproven() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Starts within 5s").promise("Refuses to start without API_KEY");
    promised(row!(Recipe::fault("--needs-key"))).runs(
        "
    unproven start.within: it needs API_KEY, which nobody gave; give it with `--env API_KEY`: exit 1 within … ms of its start; last log lines: KeyError: 'API_KEY'
    unproven env.required: it needs API_KEY, which nobody gave; give it with `--env API_KEY`: …
    ",
    )?;
    promised(row!(Recipe::fault("--needs-key")).env("API_KEY=correct-horse"))
        .runs("pass start.within: …\nwarning: no endpoint is promised, so that an open port had to do\n1 pass")
}

#[test]
fn a_variable_with_a_default_or_a_word_of_the_log_is_not_missing() -> anyhow::Result<()> {
    with_data(row!(Recipe::fault("--needs-key")))
        .promise("Starts within 5s")
        .promise("API_KEY: Configurable, defaults to 1234")
        .runs(
            "
    fail start.within: exit 1 within … ms of its start; last log lines: KeyError: 'API_KEY'
    fail env.configurable: the container does not run […]
    ",
        )?;
    // Its last words: `fatal: the flux capacitor is missing`.
    with_data(row!(Recipe::fault("--crash")))
        .promise("Starts within 5s")
        .promise("$CAPACITOR: environment variable")
        .runs(
            "
    fail start.within: exit 3 within … ms of its start; last log lines: …
    unproven env.runtime: … the container does not run …
    ",
        )
}

#[test]
fn what_the_engine_listens_at_is_not_the_services() -> anyhow::Result<()> {
    row!(Recipe::default())
        .spec("# Notes\n\n## Success Criteria\n\n- [ ] Health check endpoint responds at /health\n\n## Dependencies\n\n- PostgreSQL\n")
        .argument("--port=9999")
        .runs("fail health.endpoint: nothing listens on port 9999 within 5 s; it listens on 0.0.0.0:8000")
}

#[test]
fn exit_0_at_once_is_a_service_that_went_to_the_background() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Starts within 5s");
    promised(row!(Recipe::fault("--to-the-background"))).runs(
        "fail start.within: exit 0 within … ms of its start: its first process ended, as one does that goes to the background; it logged nothing",
    )?;
    promised(row!(Recipe::default()))
        .runs("pass start.within: …\nwarning: no endpoint is promised, so that an open port had to do")
}

#[test]
fn a_second_open_port_is_not_a_port_that_moved() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("PORT: Configurable, defaults to 8000");
    promised(row!(Recipe::fault("--at-8000-too"))).runs(
        "fail env.configurable: listens on 8000 without PORT; with PORT=… it listens on …, and on 8000 all the same; last log lines: …",
    )?;
    promised(row!(Recipe::default()))
        .runs("pass env.configurable: listens on 8000 without PORT; listens on …, and not on 8000, with PORT=…")
}

#[test]
fn a_health_path_that_redirects_is_told_at_once() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Health check endpoint responds at /health");
    promised(row!(Recipe::fault("--health-redirects")))
        .runs("fail health.endpoint: GET /health answered 307 to /health/, which is no 2xx; name the path that answers itself")?;
    promised(row!(Recipe::default())).runs("1 pass")
}

#[test]
fn a_server_with_one_page_for_every_path_shows_no_health() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Health check endpoint responds at /health");
    promised(row!(Recipe::fault("--one-page"))).runs(
        "unproven health.endpoint: GET /health 200, and so does a path that cannot exist, with the same page: the server answers every path alike; a scenario that names the body would show it: …",
    )?;
    promised(row!(Recipe::default())).runs("pass health.endpoint: GET /health 200 in … ms, 200 a moment later")
}

#[test]
fn ready_is_when_the_promised_endpoints_answer() -> anyhow::Result<()> {
    let promised = |row: Row, within: &str| {
        let promise = format!("Container is ready within {within}");
        with_data(row).promise(&promise).promise("All CRUD endpoints work")
    };
    promised(row!(Recipe::fault("--ready-late")), "1s").runs(
        "
    fail start.within: first connection accepted … ms after the start, GET /notes 200 after … ms
    pass api.crud: …
    ",
    )?;
    promised(row!(Recipe::fault("--ready-late")), "30s").runs("2 pass")
}

#[test]
fn a_health_check_that_asks_nothing_is_warned_of() -> anyhow::Result<()> {
    let image = Recipe::config(|draft| {
        if let Some(check) = &mut draft.health_check {
            check.test = vec!["CMD".into(), "/bin/true".into()];
        }
    });
    row!(image).promise("Health check is declared").looks(
        "
    pass health.declared: CMD /bin/true, every 1 s, 2 s to answer, 2 tries
    warning: its program `/bin/true` is not in the image
    warning: it runs `/bin/true`, which asks nothing of the service
    ",
    )
}

#[test]
fn what_is_confirmed_after_sigterm_must_be_there_after_a_restart() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Stops within 5s on SIGTERM, finishing requests in flight");
    promised(row!(Recipe::fault("--forgets-when-stopped"))).runs(
        "fail stop.graceful: what was confirmed is lost: answered 201 after SIGTERM, and GET /notes/… answered 404: … after a restart",
    )?;
    promised(row!(Recipe::default())).runs(
        "pass stop.graceful: POST /notes, half-sent at SIGTERM, 3 at once, answered 201 … ms after it; exit 0 … ms after SIGTERM; what was answered after SIGTERM is there after a restart",
    )
}

#[test]
fn text_without_a_line_end_is_a_line_of_the_log() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("Logs to stdout as JSON");
    promised(row!(Recipe::fault("--no-line-end")))
        .runs("fail logs.stdout: a line on stdout is no JSON object: listening")?;
    promised(row!(Recipe::fault("--quiet"))).runs("unproven logs.stdout: it logged nothing at all")?;
    promised(row!(Recipe::default())).runs("1 pass")
}

#[test]
fn a_500_comes_with_the_log_lines_of_that_moment() -> anyhow::Result<()> {
    let promised = |row: Row| with_data(row).promise("All CRUD endpoints work");
    promised(row!(Recipe::default()))
        .runs("pass api.crud: POST 201, GET 200, PUT 200, DELETE 204, GET 404 on /notes")?;
    promised(row!(Recipe::fault("--breaks"))).runs(
        r#"fail api.crud: POST /notes answered 500: {"detail":"internal"}; last log lines: …sqlalchemy.exc.ProgrammingError: relation "notes" does not exist"#,
    )
}

#[test]
fn every_header_of_a_name_is_compared() -> anyhow::Result<()> {
    with_data(row!(Recipe::default()))
        .promise("The second cookie <!-- check: GET /health -> 200 header Set-Cookie: b=2 -->")
        .promise("A third cookie <!-- check: GET /health -> 200 header Set-Cookie: c=3 -->")
        .runs(
            "
    pass scenario: GET 200
    fail scenario: …expected header `Set-Cookie: c=3`, found `a=1`, `b=2`
    ",
        )
}

#[test]
fn a_port_below_1024_without_capabilities_is_warned_of() -> anyhow::Result<()> {
    let image = Recipe::config(|draft| {
        draft.env = vec![("PORT".into(), "80".into())];
        draft.exposed_ports = vec!["80/tcp".into()];
    });
    with_data(row!(image)).promise("Runs with no capabilities").runs(
        "
    pass capabilities.none: with no capabilities: connections accepted; …
    warning: it listens on port 80, which engines open to everybody; where a runtime does not, it needs NET_BIND_SERVICE
    ",
    )
}

#[test]
fn memory_is_watched_under_load_until_it_no_longer_grows() -> anyhow::Result<()> {
    with_data(row!(Recipe::default()))
        .promise("Uses at most 64 MB of memory")
        .promise("Notes are listed <!-- check: GET /notes -> 200 -->")
        .runs(
            "
    pass memory.under: peak … under a limit of 64.0 MB, … requests answered rightly, 1 scenario in … s
    pass scenario: GET 200
    ",
        )
}

/// Started by a shell, which is the first process.
fn by_shell(command: &'static str) -> Recipe {
    Recipe::config(|draft| draft.entrypoint = ["/bin/sh", "-c", command].map(String::from).to_vec())
        .layer(|layer| Ok(layer.symlink("bin/sh", "/app/notes")?))
}

#[test]
fn a_shell_as_the_first_process_is_named_when_a_stop_fails() -> anyhow::Result<()> {
    let promised = |row: Row| row.with_data().promise("Stops within 2s on SIGTERM, finishing requests in flight");
    promised(row!(by_shell("/app/notes"))).runs(
        "fail stop.graceful: still running 2 s after SIGTERM; it would have to be killed; PID 1 is the shell `/bin/sh -c /app/notes`, which does not pass the signal to `/app/notes`; begin that command with `exec`",
    )?;
    promised(row!(by_shell("exec /app/notes"))).runs("1 pass")
}

#[test]
fn a_stop_with_an_error_is_not_graceful() -> anyhow::Result<()> {
    with_data(row!(Recipe::fault("--exit-1-at-the-end")))
        .promise("Stops within 5s on SIGTERM, finishing requests in flight")
        .runs("fail stop.graceful: exit 1 … ms after SIGTERM…")
}

#[test]
fn memory_that_grows_with_each_request_is_seen_under_load() -> anyhow::Result<()> {
    with_data(row!(Recipe::fault("--leaks")))
        .promise("Uses at most 64 MB of memory")
        .runs("fail memory.under: …killed for memory…")
}

#[test]
fn a_service_is_asked_to_stop_by_the_signal_that_is_promised() -> anyhow::Result<()> {
    with_data(row!(Recipe::fault("--on-interrupt-too"))).promise("Stops within 3s on SIGTERM and SIGINT").runs(
        "
    pass stop.graceful: … answered 201 … ms after it; exit 0 … ms after SIGTERM; … half-sent at SIGINT, 3 at once, answered 201 …
    warning: engines stop it with SIGTERM, which its config names, and not with SIGINT
    ",
    )?;
    with_data(row!(Recipe::default())).promise("Stops within 2s on SIGINT").runs(
        "
    fail stop.graceful: still running 2 s after SIGINT; it would have to be killed
    warning: engines stop it with SIGTERM, which its config names, and not with SIGINT
    ",
    )
}

#[test]
fn without_a_signal_in_the_sentence_the_image_names_it() -> anyhow::Result<()> {
    let on_quit = || Recipe::fault("--on-quit-only").drafted(|draft| draft.stop_signal = Some("SIGQUIT".into()));
    with_data(row!(on_quit())).promise("Graceful shutdown within 2 s").promise("Stops within 2s on SIGTERM").runs(
        "
    pass stop.graceful: … half-sent at SIGQUIT, 3 at once, answered 201 … ms after it; exit 0 … ms after SIGQUIT; …
    fail stop.graceful: still running 2 s after SIGTERM; …
    warning: engines stop it with SIGQUIT, which its config names, and not with SIGTERM
    ",
    )
}
