//! Traces for a collector (OTLP over HTTP, as JSON): a span a request, and one for what it asked of the database.
//!
//! Only with a collector to send to. Spans wait in a queue that is bounded and are sent in the background; what finds no
//! room is dropped and counted. No request waits for any of it.

mod collector;
mod config;
mod send;
mod span;

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::around::{metrics::Text, trace::Trace};
pub use config::{BadTraces, Sampler, TracesConfig};
pub(crate) use span::{Span, What};

/// Spans that may wait. Beyond that they are dropped.
const QUEUE: usize = 2048;

/// Spans that are sent at a time.
const BATCH: usize = 512;

/// How long what waits may still be sent when the service stops.
const LAST_MOMENT: Duration = Duration::from_millis(800);

/// The spans that wait, and what became of the others.
#[derive(Debug)]
pub(crate) struct Traces {
    sampler: Sampler,
    waiting: Mutex<Vec<Span>>,
    /// Some wait, where none did.
    begun: Notify,
    /// As many wait as are sent at a time.
    full: Notify,
    stop: watch::Sender<bool>,
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

tokio::task_local! {
    /// The request that is being answered, if its trace is kept.
    static REQUEST: (Arc<Traces>, Trace);
}

/// Answers a request whose trace is kept.
pub(crate) async fn within<T>(traces: Arc<Traces>, trace: Trace, answer: impl Future<Output = T>) -> T {
    REQUEST.scope((traces, trace), answer).await
}

/// Asks the database, and lets the request's trace tell of it.
pub(crate) async fn tell_of<T, E>(
    system: &'static str,
    operation: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let Ok((began, start)) = REQUEST.try_with(|_| (SystemTime::now(), Instant::now())) else { return question.await };
    let answer = question.await;
    let what = What::Query { system, operation, has_failed: answer.is_err() };
    let _ = REQUEST.try_with(|(traces, trace)| traces.tell(Span::within(trace, what, began, start.elapsed())));
    answer
}

/// The task that sends.
#[derive(Debug)]
pub(crate) struct Sending {
    traces: Arc<Traces>,
    task: JoinHandle<()>,
}

impl Traces {
    /// Begins to send to the collector that `config` names.
    ///
    /// # Errors
    ///
    /// Fails if the authorities that it must believe cannot be read.
    pub(crate) fn start(config: &TracesConfig) -> Result<(Arc<Self>, Sending), std::io::Error> {
        let traces = Arc::new(Self::new(config.sampler));
        let collector = collector::Collector::new(config)?;
        let task = tokio::spawn(send::send(Arc::clone(&traces), collector, span::Resource::new(&config.service)));
        Ok((Arc::clone(&traces), Sending { traces, task }))
    }

    fn new(sampler: Sampler) -> Self {
        let (waiting, begun, full, sent, dropped, failed) = Default::default();
        Self { sampler, waiting, begun, full, stop: watch::Sender::new(false), sent, dropped, failed }
    }

    /// Whether a trace is sent: `parent` is what the caller decided about it, if there is one.
    pub(crate) fn samples(&self, trace_id: u128, parent: Option<bool>) -> bool {
        self.sampler.samples(trace_id, parent)
    }

    /// Lets a span wait to be sent, if there is room.
    pub(crate) fn tell(&self, span: Span) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= QUEUE {
            drop(waiting);
            self.dropped.fetch_add(1, Relaxed);
            return;
        }
        waiting.push(span);
        let count = waiting.len();
        drop(waiting);
        match count {
            1 => self.begun.notify_one(),
            BATCH => self.full.notify_one(),
            _ => {}
        }
    }

    /// The oldest that wait.
    fn take(&self) -> Vec<Span> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() <= BATCH {
            return mem::take(&mut *waiting);
        }
        let rest = waiting.split_off(BATCH);
        mem::replace(&mut *waiting, rest)
    }

    pub(crate) fn write(&self, text: &mut Text) {
        text.family("trace_spans_total", "counter", "Spans for the collector, by what became of them.");
        for (outcome, count) in [("sent", &self.sent), ("dropped", &self.dropped), ("failed", &self.failed)] {
            text.sample(&format!("outcome=\"{outcome}\""), count.load(Relaxed));
        }
    }
}

impl Sending {
    /// Sends what still waits, if that is a matter of a moment.
    pub(crate) async fn finish(self) {
        self.traces.stop.send_replace(true);
        let abort = self.task.abort_handle();
        if timeout(LAST_MOMENT, self.task).await.is_err() {
            abort.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn spans_that_find_no_room_are_dropped_and_counted() {
        let traces = Traces::new(Sampler::default());
        for number in 0..2048 + 7 {
            let what = What::Request { method: "GET", route: None, status: number };
            traces.tell(Span::request(&Trace::of(&HeaderMap::new()), what, SystemTime::now(), Duration::ZERO));
        }
        assert_eq!(traces.dropped.load(Relaxed), 7);
        let batches: Vec<_> = std::iter::repeat_with(|| traces.take().len()).take(5).collect();
        assert_eq!(batches, [BATCH, BATCH, BATCH, BATCH, 0]);
    }
}
