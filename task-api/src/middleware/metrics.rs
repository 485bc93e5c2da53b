//! What is counted of requests, for `/metrics`.
//!
//! Labels are templates of routes, methods and statuses of ours, so that there are few of them whatever clients send.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::log::Kind;

/// Upper bounds, in seconds.
const BOUNDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The counts. One lock, held for a few additions, keeps each histogram in step with itself.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Box<str>, BTreeMap<&'static str, Series>>>,
    panics: AtomicU64,
    database_unavailable: AtomicU64,
    database_failed: AtomicU64,
}

/// The requests of one method to one route.
#[derive(Debug, Default)]
struct Series {
    statuses: BTreeMap<u16, u64>,
    /// By the first bound that holds them; the last are above all bounds.
    took: [u64; BOUNDS.len() + 1],
    sum_seconds: f64,
}

impl Metrics {
    pub(crate) fn answered(&self, kind: &Kind, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let methods = match requests.get_mut(kind.route()) {
            Some(methods) => methods,
            None => requests.entry(kind.route().into()).or_default(),
        };
        let series = methods.entry(kind.method).or_default();
        *series.statuses.entry(status).or_default() += 1;
        series.took[bucket] += 1;
        series.sum_seconds += seconds;
    }

    pub(crate) fn panicked(&self) {
        self.panics.fetch_add(1, Relaxed);
    }

    pub(crate) fn database_unavailable(&self) {
        self.database_unavailable.fetch_add(1, Relaxed);
    }

    pub(crate) fn database_failed(&self) {
        self.database_failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn write(&self, text: &mut Text) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let all = || {
            requests
                .iter()
                .flat_map(|(route, methods)| methods.iter().map(move |(method, series)| (route, method, series)))
        };
        text.family("http_requests_total", "counter", "Requests answered, by the template of their path.");
        for (route, method, series) in all() {
            for (status, count) in &series.statuses {
                text.sample(&format!("route=\"{route}\",method=\"{method}\",status=\"{status}\""), *count);
            }
        }
        let name = "http_request_duration_seconds";
        text.family(name, "histogram", "From the head of a request to the head of its answer.");
        for (route, method, series) in all() {
            let labels = format!("route=\"{route}\",method=\"{method}\"");
            let mut below = 0;
            for (bound, count) in BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]).zip(series.took) {
                below += count;
                text.part("_bucket", &format!("{labels},le=\"{bound}\""), &below);
            }
            text.part("_sum", &labels, &series.sum_seconds);
            text.part("_count", &labels, &below);
        }
        drop(requests);
        text.family("panics_total", "counter", "Requests that ended in a panic.");
        text.sample("", self.panics.load(Relaxed));
        text.family("database_errors_total", "counter", "Requests that the database kept from being answered.");
        text.sample("kind=\"unavailable\"", self.database_unavailable.load(Relaxed));
        text.sample("kind=\"failed\"", self.database_failed.load(Relaxed));
    }
}

/// Prometheus' text format, version 0.0.4.
#[derive(Default)]
pub(crate) struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    /// Begins a family of samples.
    pub(crate) fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// Adds a sample to it, with labels that need no escapes.
    pub(crate) fn sample(&mut self, labels: &str, value: impl fmt::Display) {
        self.part("", labels, &value);
    }

    fn part(&mut self, suffix: &str, labels: &str, value: &dyn fmt::Display) {
        let name = self.name;
        let _ = match labels {
            "" => writeln!(self.text, "{name}{suffix} {value}"),
            _ => writeln!(self.text, "{name}{suffix}{{{labels}}} {value}"),
        };
    }

    pub(crate) fn into_string(self) -> String {
        self.text
    }
}
