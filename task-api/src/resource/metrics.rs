//! `/metrics`: figures for Prometheus. As `/health`, it never asks the database.

use std::{fs, time::SystemTime};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing,
};

use crate::{
    app::{AppState, resource},
    config::limits,
    middleware::metrics::Text,
    store::Store,
};

const FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/metrics", resource("GET, HEAD, OPTIONS", routing::get(metrics)))
}

async fn metrics(State(state): State<AppState>) -> Response {
    let mut text = Text::default();
    state.metrics.write(&mut text);
    state.load.write(&mut text);
    if let Some(connections) = state.store().ok().and_then(Store::connections) {
        text.family("database_connections", "gauge", "Connections to the database, and those that owe an answer.");
        for (used, open, busy) in connections {
            text.sample(&format!("used=\"{used}\",state=\"idle\""), open - busy);
            text.sample(&format!("used=\"{used}\",state=\"busy\""), busy);
        }
    }
    process(&mut text, state.started);
    ([(header::CONTENT_TYPE, FORMAT)], text.into_string()).into_response()
}

/// What the kernel knows of this process, by the names that Prometheus' own clients give it.
fn process(text: &mut Text, started: SystemTime) {
    text.family("task_api_info", "gauge", "The version that runs.");
    text.sample(concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""), 1);
    if let Ok(since) = started.duration_since(SystemTime::UNIX_EPOCH) {
        text.family("process_start_time_seconds", "gauge", "When the process started, since 1970.");
        text.sample("", since.as_secs_f64());
    }
    if let Some(kilobytes) = resident_kilobytes() {
        text.family("process_resident_memory_bytes", "gauge", "Memory that the process has in use.");
        text.sample("", kilobytes * 1024);
    }
    if let Some(seconds) = cpu_seconds() {
        text.family(
            "process_cpu_seconds_total",
            "counter",
            "Time on processors, of the process and the kernel for it.",
        );
        text.sample("", seconds);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        text.family("process_open_fds", "gauge", "Files and sockets that are open.");
        text.sample("", files.count());
    }
    if let Some(files) = limits::files() {
        text.family("process_max_fds", "gauge", "Files and sockets that may be open.");
        text.sample("", files);
    }
}

fn resident_kilobytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn cpu_seconds() -> Option<f64> {
    /// What Linux counts by towards programs, on every machine that Rust knows.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in brackets, which may hold anything; user and system time are 14 and 15.
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11).map(|field| field.parse::<f64>().ok());
    Some((fields.next()?? + fields.next()??) / TICKS_PER_SECOND)
}
