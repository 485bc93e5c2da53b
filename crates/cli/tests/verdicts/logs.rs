//! What a service logs, what of it is judged, and what is told where there is nothing.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

const JSON: &str = "Logs to stdout as JSON";

/// The service as a Python program, by its name, that says nothing.
fn silent_python(env: &[(&str, &str)]) -> Recipe {
    let env: Vec<(String, String)> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Recipe::config(|draft| {
        draft.entrypoint = vec!["/usr/bin/python3".into(), "--quiet".into()];
        draft.env.extend(env);
    })
    .layer(|layer| Ok(layer.symlink("usr/bin/python3", "/app/notes")?))
}

fn logs(row: Row) -> Row {
    row.with_data().promise(JSON)
}

#[test]
fn a_silent_python_program_may_hold_its_output_back() -> anyhow::Result<()> {
    logs(row!(silent_python(&[]))).runs(
        "unproven logs.stdout: it logged nothing at all (Python holds back what it writes to a pipe; PYTHONUNBUFFERED=1 lets it go)",
    )?;
    logs(row!(silent_python(&[("PYTHONUNBUFFERED", "1")]))).runs("unproven logs.stdout: it logged nothing at all")
}

#[test]
fn a_log_whose_beginning_is_gone_shows_only_what_was_kept() -> anyhow::Result<()> {
    logs(row!(Recipe::fault("--chatty"))).runs(
        "unproven logs.stdout: … lines on stdout, each a JSON object; it wrote more than that, and its beginning is gone",
    )
}

#[test]
fn a_log_on_stderr_is_none_on_stdout() -> anyhow::Result<()> {
    logs(row!(Recipe::fault("--logs-to-stderr"))).runs("fail logs.stdout: nothing on stdout, 1 line on stderr…")?;
    logs(row!(Recipe::default())).runs("1 pass")
}

#[test]
fn a_given_secret_in_the_log_is_seen_and_not_shown() -> anyhow::Result<()> {
    let token = "q8Zt1vPs0LmWx7RbN3cKd5Yh";
    let promised =
        |row: Row| row.with_data().env(&format!("API_TOKEN={token}")).hides(token).promise("No secrets in logs");
    promised(row!(Recipe::fault("--tells-all")))
        .runs("fail logs.secrets: 1 of the run's secrets in the log of the main container…")?;
    promised(row!(Recipe::default()))
        .runs("pass logs.secrets: the password that was given is not in the log of 1 container")
}
