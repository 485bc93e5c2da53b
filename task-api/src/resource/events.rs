//! `/tasks/changes` as it happens: server-sent events.

use std::{
    io::Write,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::changes::Change;
use crate::{
    app::AppState,
    epoch::Epoch,
    feed::{self, Changed, Event, Feeds, Follower, Position},
    middleware::load::Following,
    request::{cursor::Seal, owner::Owner},
    store::StoreError,
};

/// How long a stream may say nothing: proxies cut connections that do for longer.
const SILENCE: Duration = Duration::from_secs(15);

/// How long a follower waits after a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);

/// How long events are kept for a client that takes none, while there is no room.
const PATIENCE: Duration = Duration::from_secs(1);

const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// A change as an event.
pub(crate) fn text(changed: Changed, seal: &Seal, epoch: Epoch) -> Vec<u8> {
    const FRAME_BYTES: usize = 64;
    let mut text = Vec::with_capacity(changed.bytes() + FRAME_BYTES);
    let change = Change::new(changed, seal, epoch);
    let name = if change.deleted { "deleted" } else { "changed" };
    // Memory takes all that is written.
    let _ = write!(text, "id: {}\nevent: {name}\ndata: ", change.cursor);
    let _ = serde_json::to_writer(&mut text, &change);
    text.extend_from_slice(b"\n\n");
    text
}

pub(super) fn stream(state: &AppState, owner: Owner, after: Position, following: Following) -> Response {
    let (sender, events) = mpsc::channel(1);
    let reader = sender.clone();
    let stream = Stream { state: state.clone(), owner, after, sender, _following: following };
    tokio::spawn(async move {
        let state = stream.state.clone();
        tokio::select! {
            _ = stream.run() => {}
            // Whoever reads it no more ends it, also while there is nothing to say: the database may sleep then.
            () = reader.closed() => {}
            () = state.feeds.over() => {}
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::new(Events(events))).into_response()
}

/// The client has gone.
struct Gone;

/// One who follows the feed. What it holds of it is counted, and shared by all who hold the same.
struct Stream {
    state: AppState,
    owner: Owner,
    /// All up to here was sent, or is not this owner's.
    after: Position,
    sender: mpsc::Sender<Bytes>,
    _following: Following,
}

impl Stream {
    async fn run(mut self) -> Result<(), Gone> {
        let mut follower = Feeds::follow(&self.state, &self.owner);
        // A client that lost the stream comes back after this many milliseconds.
        self.send(Bytes::from_static(b"retry: 1000\n\n")).await?;
        loop {
            let known = follower.borrow_and_update().to;
            self.catch_up().await?;
            self.after = self.after.max(known);
            while self.hear(&mut follower).await? {}
        }
    }

    /// Sends what is in the feed already.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        loop {
            // Nothing is read for a client that takes nothing.
            drop(self.sender.reserve().await.map_err(|_| Gone)?);
            match self.page().await {
                Ok(page) if page.is_empty() => return Ok(()),
                // What it let go of is read again.
                Ok(page) => drop(self.tell(&page).await?),
                Err(_) => {
                    self.send(COMMENT).await?;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// What is in the feed, as soon as it can be had.
    async fn page(&self) -> Result<Vec<Event>, StoreError> {
        let mut page = pin!(feed::page(&self.state, &self.owner, self.after));
        loop {
            match timeout(SILENCE, &mut page).await {
                Ok(page) => return page,
                // Others wait for their turn behind this one, and must not wait for a client as well.
                Err(_) => drop(self.sender.try_send(COMMENT)),
            }
        }
    }

    /// Sends what happens next. False if some of it was missed.
    async fn hear(&mut self, follower: &mut Follower) -> Result<bool, Gone> {
        match timeout(SILENCE, follower.changed()).await {
            Err(_) => {
                self.send(COMMENT).await?;
                Ok(true)
            }
            Ok(Err(_)) => Err(Gone),
            Ok(Ok(())) => {
                let news = Arc::clone(&follower.borrow_and_update());
                Ok(news.from <= self.after && self.tell(news.after(self.after)).await?)
            }
        }
    }

    /// Sends events. False if it let go of some.
    async fn tell(&mut self, events: &[Event]) -> Result<bool, Gone> {
        for event in events {
            let Some(place) = self.place().await? else { return Ok(false) };
            place.send(event.text.clone());
            self.after = event.position;
        }
        Ok(true)
    }

    /// A place for an event, as soon as the client has taken the one before; none if others need the room meanwhile.
    async fn place(&self) -> Result<Option<mpsc::Permit<'_, Bytes>>, Gone> {
        loop {
            match timeout(PATIENCE, self.sender.reserve()).await {
                Ok(place) => return place.map(Some).map_err(|_| Gone),
                Err(_) if self.state.load.budget.is_full() => return Ok(None),
                Err(_) => {}
            }
        }
    }

    async fn send(&self, event: Bytes) -> Result<(), Gone> {
        self.sender.send(event).await.map_err(|_| Gone)
    }
}

struct Events(mpsc::Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{key::Keys, limits::Limits};

    #[tokio::test(start_paused = true)]
    async fn events_that_nobody_takes_are_let_go_when_others_need_the_room() {
        let state = AppState::new(Limits::default(), Keys::default());
        let load = Arc::clone(&state.load);
        let (sender, mut taken) = mpsc::channel(1);
        let (owner, following) = (Owner::default(), load.follow().unwrap_or_else(|error| panic!("{error}")));
        let mut stream = Stream { state, owner, after: Position::behind(5), sender, _following: following };
        let event = |number, text| Event { position: Position::behind(number), text: Bytes::from_static(text) };
        let events = [event(6, b"first"), event(7, b"second")];
        let full = load.budget.counted(vec![0; 40_000_000]);
        assert!(matches!(stream.tell(&events).await, Ok(false)));
        assert_eq!((taken.recv().await.as_deref(), stream.after.number), (Some(&b"first"[..]), 6));
        drop(full);
        assert!(matches!(stream.tell(&events[1..]).await, Ok(true)));
        assert_eq!((taken.recv().await.as_deref(), stream.after.number), (Some(&b"second"[..]), 7));
    }
}
