//! The sending of spans: a second after the first, or as soon as there are many.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    select,
    sync::watch::Receiver,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    BATCH, Traces,
    collector::{Collector, NotSent},
    span::Resource,
};

/// How long spans may wait for company.
const GATHER: Duration = Duration::from_secs(1);

/// How long the collector may take for a batch.
const SEND_TIME: Duration = Duration::from_secs(10);

/// How often a batch is sent that the collector may take later.
const TRIES: u32 = 4;

/// The longest that a collector may make us wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Sends until the service stops, and then once more.
pub(super) async fn send(traces: Arc<Traces>, mut collector: Collector, resource: Resource) {
    let mut stop = traces.stop.subscribe();
    let mut is_told = false;
    loop {
        let is_over = select! {
            () = stopped(&mut stop) => true,
            () = gathered(&traces) => false,
        };
        loop {
            let spans = traces.take();
            if spans.is_empty() {
                break;
            }
            let is_last = spans.len() < BATCH && !*stop.borrow();
            let body = Bytes::from(resource.body(&spans));
            let sent = deliver(&mut collector, &body, &mut stop).await;
            let count = if sent.is_ok() { &traces.sent } else { &traces.failed };
            count.fetch_add(spans.len() as u64, Relaxed);
            match sent {
                Ok(()) if is_told => {
                    info!("traces are sent again");
                    is_told = false;
                }
                Err(failure) if !is_told => {
                    warn!(collector = collector.name(), cause = failure.cause, "traces cannot be sent");
                    is_told = true;
                }
                _ => {}
            }
            if is_last {
                break;
            }
        }
        if is_over || *stop.borrow() {
            return;
        }
    }
}

async fn gathered(traces: &Traces) {
    traces.begun.notified().await;
    let _ = timeout(GATHER, traces.full.notified()).await;
}

async fn stopped(stop: &mut Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Sends a batch as often as it takes and may be. When the service stops, nothing is waited for.
async fn deliver(collector: &mut Collector, body: &Bytes, stop: &mut Receiver<bool>) -> Result<(), NotSent> {
    let mut pause = Duration::from_secs(1);
    let mut tries = 1;
    loop {
        let sent = match timeout(SEND_TIME, collector.post(body)).await {
            Ok(sent) => sent,
            Err(_) => Err(NotSent::later(format!("no answer within {} s", SEND_TIME.as_secs()))),
        };
        match sent {
            Err(NotSent { again: Some(wish), .. }) if tries < TRIES && !*stop.borrow() => select! {
                () = sleep(wish.max(pause).min(LONGEST_PAUSE)) => {}
                () = stopped(stop) => {}
            },
            done => return done,
        }
        pause *= 2;
        tries += 1;
    }
}
