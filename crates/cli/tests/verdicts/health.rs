//! Health checks and health paths: what is asked, and what an answer shows.

use seaworthy_image::{Draft, Format};
use seaworthy_testkit::Recipe;

use crate::row::row;

const ENDPOINT: &str = "Health check endpoint responds at /health";
const HEALTHY: &str = "Health check turns healthy within 5s";

/// With a health check that asks `localhost`, `::1` first.
fn asks(words: &'static [&'static str]) -> impl FnOnce(&mut Draft) {
    move |draft| {
        if let Some(check) = &mut draft.health_check {
            check.test.extend(words.iter().map(|word| (*word).to_owned()));
        }
    }
}

#[test]
fn a_check_of_localhost_that_takes_either_address_is_a_warning_where_ipv6_is_not_served() -> anyhow::Result<()> {
    row!(Recipe::config(asks(&["localhost"]))).with_data().promise(HEALTHY).runs(
        "
    pass health.healthy: healthy … ms after the start
    warning: its health check asks `localhost`, which is ::1 first where there is IPv6, and the service listens on 0.0.0.0:8000 only; 127.0.0.1 is sure
    ",
    )?;
    row!(Recipe::fault("--ipv6-too").drafted(asks(&["localhost"]))).with_data().promise(HEALTHY).runs("1 pass")
}

#[test]
fn a_check_of_localhost_that_means_ipv6_alone_fails_as_on_a_host_that_has_it() -> anyhow::Result<()> {
    row!(Recipe::config(asks(&["localhost", "only"]))).with_data().promise(HEALTHY).runs(
        "
    fail health.healthy: …
    warning: its health check asks `localhost`, …
    ",
    )?;
    row!(Recipe::fault("--ipv6-too").drafted(asks(&["localhost", "only"]))).with_data().promise(HEALTHY).runs("1 pass")
}

#[test]
fn a_check_that_the_format_dropped_is_named() -> anyhow::Result<()> {
    let mut dropped = Recipe::config(|draft| {
        draft.health_check = None;
        draft.history = vec!["HEALTHCHECK &{[\"CMD\" \"/app/notes\" \"healthcheck\"]}".to_owned()];
    });
    dropped.format = Format::Oci;
    row!(dropped).promise("Health check is declared").looks(
        "fail health.declared: the config declares no health check; its history has a HEALTHCHECK, which the OCI format drops: build it with `--format docker`",
    )?;
    row!(Recipe::default())
        .promise("Health check is declared")
        .looks("pass health.declared: CMD /app/notes healthcheck, every 1 s, 2 s to answer, 2 tries")
}

#[test]
fn a_service_that_answers_each_path_by_itself_is_healthy() -> anyhow::Result<()> {
    row!(Recipe::default()).with_data().promise(ENDPOINT).promise("Starts within 5s").runs(
        "
    pass health.endpoint: GET /health 200 in … ms, 200 a moment later
    pass start.within: first 2xx from /health … ms after the start
    ",
    )
}

#[test]
fn a_path_that_is_not_there_is_told_at_once() -> anyhow::Result<()> {
    row!(Recipe::default())
        .with_data()
        .promise("Health check endpoint responds at /healthz")
        .runs("fail health.endpoint: no 2xx from /healthz within 5 s: it answered 404: …")
}
