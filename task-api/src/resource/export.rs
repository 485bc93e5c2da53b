//! `GET /tasks?format=ndjson`: all tasks that a filter lets through, a line each, however many there are.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error as BodyError,
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use serde_json::json;
use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep},
};
use tracing::warn;

use crate::{
    app::AppState,
    error::Error,
    request::{
        fault::{Fault, Place, text_input},
        owner::Owner,
        selection::{After, MAX_LIMIT, Selection, parameter},
    },
    store::StoreError,
    task::Task,
};

/// After which time it is seen again whether there is room for a page.
const ROOM_TIME: Duration = Duration::from_millis(50);

/// Whether lines are asked for, and not an array.
///
/// # Errors
///
/// Fails if something else is.
pub(super) fn is_asked(query: &str) -> Result<bool, Vec<Fault>> {
    match parameter(query, "format").as_deref() {
        None | Some("json") => Ok(false),
        Some("ndjson") => Ok(true),
        Some(other) => {
            let place = [Place::Name("query"), Place::Name("format")];
            let fault = Fault::new("enum", &place, "Input should be 'json' or 'ndjson'", text_input(other));
            Err(vec![fault.with(json!({ "expected": "'json' or 'ndjson'" }))])
        }
    }
}

/// From where the selection begins to its end. What it holds at a time is a page.
///
/// # Errors
///
/// Fails if the first page cannot be read. Behind that, an answer that ends too early says so: it is broken off.
pub(super) async fn lines(state: &AppState, owner: Owner, mut selection: Selection) -> Result<Response, Error> {
    selection.limit = MAX_LIMIT;
    let mut export = Export { state: state.clone(), owner, selection };
    let (first, has_more) = export.page().await?;
    let (sender, pages) = mpsc::channel(1);
    tokio::spawn(async move {
        let reader = sender.clone();
        let is_taken = sender.send(Ok(first)).await.is_ok();
        if has_more && is_taken {
            select! {
                () = export.run(sender) => {}
                // Whoever reads it no more ends it.
                () = reader.closed() => {}
            }
        }
    });
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((kind, Body::new(Pages(pages))).into_response())
}

struct Export {
    state: AppState,
    owner: Owner,
    selection: Selection,
}

impl Export {
    async fn run(mut self, sender: mpsc::Sender<Result<Bytes, BodyError>>) {
        // Nothing is read for a client that takes nothing.
        while let Ok(place) = sender.reserve().await {
            match self.page_in_room().await {
                Ok((text, has_more)) => {
                    place.send(Ok(text));
                    if !has_more {
                        return;
                    }
                }
                Err(error) => {
                    warn!(cause = error.cause(), "an export is broken off");
                    return place.send(Err(BodyError::new(error)));
                }
            }
        }
    }

    /// As [`Export::page`], once there is room for it: what has begun to be sent is not broken off for a crowd that passes.
    async fn page_in_room(&mut self) -> Result<(Bytes, bool), StoreError> {
        let end = Instant::now() + self.state.load.limits.request_time;
        loop {
            self.state.load.budget.room().await;
            match self.page().await {
                Err(StoreError::NoRoom) if Instant::now() < end => sleep(ROOM_TIME).await,
                told => return told,
            }
        }
    }

    /// The next page, and whether there is another one behind it.
    async fn page(&mut self) -> Result<(Bytes, bool), StoreError> {
        let listed = self.state.store()?.list(&self.owner, &self.selection).await?;
        let mut text = Vec::with_capacity(listed.tasks.iter().map(Task::bytes).sum());
        for task in &listed.tasks {
            // Memory takes all that is written.
            let _ = serde_json::to_writer(&mut text, task);
            text.push(b'\n');
        }
        self.selection.after = listed.tasks.last().map(|last| After { created_at: last.created_at, id: last.id });
        Ok((self.state.load.budget.counted(text), listed.has_more))
    }
}

struct Pages(mpsc::Receiver<Result<Bytes, BodyError>>);

impl HttpBody for Pages {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|page| page.map(|page| page.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::{task::yield_now, time::timeout};

    use super::*;
    use crate::{
        config::{key::Keys, limits::Limits},
        epoch::Epoch,
        store::Store,
        task::{Description, Draft, Status, Title},
    };

    #[tokio::test]
    async fn an_export_that_has_begun_waits_for_room() {
        let state = AppState::new(Limits::default(), Keys::default());
        state.set_store(Store::open(&"sqlite::memory:".parse().unwrap(), &state.load.budget).await.unwrap());
        let (owner, store, budget) = (Owner::default(), state.store().unwrap(), &state.load.budget);
        for _ in 0..3 {
            let title = Title::new("large".to_owned()).unwrap();
            let description = Some(Description::new("x".repeat(900_000)).unwrap());
            store.create(&owner, Draft { title, description, status: Status::default() }).await.unwrap();
        }
        let selection = Selection::parse("", &owner, Epoch::default()).unwrap();
        let mut body = lines(&state, owner, selection).await.unwrap().into_body();

        let crowd = budget.hold(state.load.limits.held_bytes - budget.held()).expect("there is that much room");
        let first = body.frame().await.expect("a page").unwrap().into_data().unwrap();
        let refused = async {
            while budget.refused() == 0 {
                yield_now().await;
            }
        };
        timeout(Duration::from_mins(1), refused).await.expect("it asks for room");
        let mut seen = first.to_vec();
        drop((crowd, first));
        while let Some(frame) = body.frame().await {
            seen.extend(frame.expect("it is not broken off").into_data().unwrap());
        }
        assert_eq!(String::from_utf8(seen).unwrap().lines().count(), 3);
    }
}
