//! `N times, N at once, pN within T`: a request asked again and again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use seaworthy_engine::Container;
use seaworthy_spec::{Repeat, Request as Wanted};

use super::judge::Expected;
use super::{Bounds, Play, Reached};
use crate::Finding;
use crate::http::{Client, Request};
use crate::redact::Redactor;
use crate::run::{held, mark, seconds};

/// How long all requests of a step may take.
const LONGEST: Duration = Duration::from_mins(2);

/// What every thread needs.
struct Load<'a> {
    container: &'a dyn Container,
    host: &'a str,
    port: u16,
    request: &'a Request,
    expected: &'a Expected<'a>,
    /// The text of the run that the first request has, where each has another one.
    run: Option<&'a str>,
    redactor: &'a Redactor,
    within: Duration,
    deadline: Instant,
    times: u32,
    left: AtomicU32,
    is_over: AtomicBool,
    took: Mutex<Vec<Duration>>,
    wrong: Mutex<Option<Finding>>,
}

impl Play<'_, '_> {
    pub(super) fn load(&mut self, wanted: &Wanted, repeat: Repeat, port: u16) -> Result<(), Finding> {
        let writes = !matches!(wanted.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        if writes && self.runs.database.is_given_server() {
            return Err(Finding::unproven("into a given database nothing is written again and again"));
        }
        if self.reached != Reached::Ready && !wanted.on_another {
            self.reached = Reached::Ready;
            self.waits_until_ready(self.runs.options.timeout)?;
        }
        let (request, expected) = (self.filled(wanted)?, self.expected(&wanted.answer)?);
        let load = Load {
            container: self.asked(wanted)?,
            host: self.runs.client.host(),
            port,
            request: &request,
            expected: &expected,
            run: (!self.is_run_used).then(|| self.run_text()),
            redactor: &self.runs.redactor,
            within: self.runs.options.timeout.max(wanted.answer.within.unwrap_or_default()),
            deadline: Instant::now() + LONGEST,
            times: repeat.times,
            left: AtomicU32::new(repeat.times),
            is_over: AtomicBool::new(false),
            took: Mutex::default(),
            wrong: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 0..repeat.at_once {
                scope.spawn(|| load.ask());
            }
        });
        let mut took = load.took.into_inner().unwrap_or_default();
        took.sort_unstable();
        if let Some(wrong) = load.wrong.into_inner().unwrap_or_default() {
            let evidence = format!("after {} of {} answers: {}", took.len(), repeat.times, wrong.evidence);
            return Err(Finding { evidence, ..wrong });
        }
        if took.len() < usize::try_from(repeat.times).unwrap_or(usize::MAX) {
            let many = took.len();
            return Err(Finding::unproven(format!("{many} of {} answers came in {}", repeat.times, seconds(LONGEST))));
        }
        let told = format!("{} {}, {}", wanted.method, wanted.answer.status, figures(&took, repeat));
        if let Some((percentile, limit)) = repeat.percentile
            && self.bounds == Bounds::Judged
            && of_hundred(&took, percentile) > limit
        {
            return Err(Finding::fail(format!("{told}: p{percentile} is over {}", seconds(limit))));
        }
        self.seen.push(told);
        Ok(())
    }
}

impl<'a> Load<'a> {
    /// Asks until nothing is left to ask, or one answer is wrong.
    fn ask(&self) {
        let client = match Client::new(self.host) {
            Ok(client) => client,
            Err(error) => return self.end(Finding::unproven(format!("no client could be made: {error}"))),
        };
        while !self.is_over.load(Ordering::Relaxed) && Instant::now() < self.deadline {
            let next = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            let Ok(left) = next else { return };
            let renewed = self.run.filter(|_| left < self.times).map(|run| self.renewed(run));
            let (request, expected) =
                renewed.as_ref().map_or((self.request, self.expected), |(request, expected)| (request, expected));
            let judged = match client.send(self.container, self.port, request, self.within) {
                Ok(answer) => expected.judge(&answer, self.redactor).map(|()| answer.took),
                Err(error) => Err(Finding::fail(self.redactor.redact(&error.to_string()))),
            };
            match judged {
                Ok(took) => held(&self.took).push(took),
                Err(finding) => return self.end(finding),
            }
        }
    }

    /// The request and its answer with another text of the run.
    fn renewed(&self, run: &str) -> (Request, Expected<'a>) {
        let other = mark();
        let Request { method, path, headers, body, body_bytes } = self.request;
        let renew = |text: &str| text.replace(run, &other);
        let request = Request {
            method: method.clone(),
            path: renew(path),
            headers: headers.iter().map(|(name, value)| (name.clone(), renew(value))).collect(),
            body: body.as_ref().map(|body| renew(&String::from_utf8_lossy(body)).into_bytes()),
            body_bytes: *body_bytes,
        };
        (request, self.expected.renewed(run, &other))
    }

    fn end(&self, finding: Finding) {
        self.is_over.store(true, Ordering::Relaxed);
        held(&self.wrong).get_or_insert(finding);
    }
}

/// `100 times, 10 at once, p99 4.0 ms, slowest 5.1 ms`: the percentile that the step names, else p99.
fn figures(sorted: &[Duration], repeat: Repeat) -> String {
    let percentile = repeat.percentile.map_or(99, |(percentile, _)| percentile);
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let slowest = sorted.last().copied().unwrap_or_default();
    format!(
        "{} times, {} at once, p{percentile} {}, slowest {}",
        repeat.times,
        repeat.at_once,
        shown(of_hundred(sorted, percentile)),
        shown(slowest)
    )
}

/// The time within which at least so many of a hundred came.
fn of_hundred(sorted: &[Duration], percentile: u32) -> Duration {
    let rank = (sorted.len() * usize::try_from(percentile).unwrap_or(100)).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured_and_never_too_small() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        for (many, percentile, expected_ms) in
            [(200, 99, 198), (200, 50, 100), (100, 99, 99), (10, 99, 10), (10, 90, 9), (3, 50, 2), (2, 99, 2)]
        {
            assert_eq!(of_hundred(&times[..many], percentile).as_millis(), expected_ms, "p{percentile} of {many}");
        }
    }
}
