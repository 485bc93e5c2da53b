//! The body of an answer on its way: in pieces, so that a client that does not read holds little, and with the request's
//! ticket, so that what it holds is counted.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::load::Ticket;
use crate::config::limits::BUFFER_BYTES;

pub(crate) struct Outgoing {
    body: Body,
    /// What was taken from the body and not yet passed on.
    left: Bytes,
    _ticket: Arc<Ticket>,
}

impl Outgoing {
    pub(crate) fn new(body: Body, ticket: Arc<Ticket>) -> Self {
        Self { body, left: Bytes::new(), _ticket: ticket }
    }

    fn piece(&mut self) -> Frame<Bytes> {
        let count = self.left.len().min(BUFFER_BYTES);
        Frame::data(self.left.split_to(count))
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.left.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let Poll::Ready(Some(Ok(frame))) = frame else { return frame };
        match frame.into_data() {
            Ok(data) => {
                self.left = data;
                Poll::Ready(Some(Ok(self.piece())))
            }
            Err(frame) => Poll::Ready(Some(Ok(frame))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, left) = (self.body.size_hint(), self.left.len() as u64);
        match hint.exact() {
            Some(size) => hint.set_exact(size + left),
            None => hint.set_lower(hint.lower() + left),
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::{config::limits::Limits, middleware::load::Load};

    #[tokio::test]
    async fn a_long_body_leaves_in_pieces_and_unchanged() {
        let text: Vec<u8> = (0..=255).cycle().take(BUFFER_BYTES * 2 + 7).collect();
        let load = Arc::new(Load::new(Limits::default()));
        let ticket = Arc::new(load.admit(false, false).unwrap());
        let mut body = Outgoing::new(Body::from(text.clone()), ticket);
        let (mut sizes, mut seen) = (Vec::new(), Vec::new());
        while !body.is_end_stream() {
            assert_eq!(body.size_hint().exact(), Some((text.len() - seen.len()) as u64));
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            sizes.push(piece.len());
            seen.extend(piece);
        }
        assert_eq!((sizes, seen == text), (vec![BUFFER_BYTES, BUFFER_BYTES, 7], true));
    }
}
