//! A long list as JSON, written while it is sent: its items are there once, and no more than a piece of them as text too.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// What is written at a time; more if the last item is larger.
const PIECE_BYTES: usize = 64 * 1024;

/// Items between a beginning and an end, with commas. `write` writes the item of a number, if there is one.
struct Pieces<W> {
    before: &'static str,
    write: W,
    after: String,
    next: usize,
    is_over: bool,
    left_bytes: u64,
}

/// That an answer is not there as a whole, and how much of it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InPieces {
    pub(crate) held_bytes: usize,
}

/// Such an answer. Its length is known: what is long is written twice, and kept never.
pub(crate) fn answer<W>(before: &'static str, write: W, after: String) -> Response
where
    W: Fn(usize, &mut Vec<u8>) -> bool + Send + Unpin + 'static,
{
    let mut pieces = Pieces { before, write, after, next: 0, is_over: false, left_bytes: 0 };
    let first = pieces.piece();
    let (body, held) = if pieces.is_over {
        (Body::from(first), None)
    } else {
        let (pieces, most) = pieces.measured(first.len());
        (Body::new(pieces), Some(InPieces { held_bytes: most }))
    };
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (kind, body).into_response();
    if let Some(held) = held {
        response.extensions_mut().insert(held);
    }
    response
}

/// How much of an answer is there at a time, if it is not there as a whole.
pub(crate) fn held_bytes(answer: &Response) -> usize {
    answer.extensions().get::<InPieces>().map_or(0, |pieces| pieces.held_bytes)
}

impl<W: Fn(usize, &mut Vec<u8>) -> bool> Pieces<W> {
    /// Counts the rest behind the first piece, and begins anew; and how large the largest piece is.
    fn measured(mut self, first_bytes: usize) -> (Self, usize) {
        let (mut bytes, mut most) = (first_bytes, first_bytes);
        while !self.is_over {
            let piece = self.piece().len();
            bytes += piece;
            most = most.max(piece);
        }
        (Self { next: 0, is_over: false, left_bytes: bytes as u64, ..self }, most)
    }

    fn piece(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        while !self.is_over && text.len() < PIECE_BYTES {
            text.extend_from_slice(if self.next == 0 { self.before } else { "," }.as_bytes());
            if (self.write)(self.next, &mut text) {
                self.next += 1;
                continue;
            }
            if self.next > 0 {
                // There was no item behind the comma.
                text.pop();
            }
            text.extend_from_slice(self.after.as_bytes());
            self.is_over = true;
        }
        text
    }
}

impl<W: Fn(usize, &mut Vec<u8>) -> bool + Unpin> HttpBody for Pieces<W> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let piece = self.piece();
        self.left_bytes = self.left_bytes.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_list_is_the_same_text_in_however_many_pieces() {
        for (count, bytes) in [(0, 0), (1, 5), (3, 5), (1, 200_000), (3, PIECE_BYTES), (500, 1000)] {
            let items: Vec<_> = (0..count).map(|n| format!("{n}{}", "x".repeat(bytes))).collect();
            let expected = format!("{{\"all\":{},\"more\":7}}", serde_json::to_string(&items).unwrap());
            let write = move |at: usize, text: &mut Vec<u8>| {
                items.get(at).map(|item| serde_json::to_writer(text, item).unwrap()).is_some()
            };
            let mut body = answer("{\"all\":[", write, "],\"more\":7}".to_owned()).into_body();
            let (mut seen, mut most) = (Vec::new(), 0);
            while !body.is_end_stream() {
                assert_eq!(body.size_hint().exact(), Some((expected.len() - seen.len()) as u64));
                let Some(frame) = body.frame().await else { break };
                let piece = frame.unwrap().into_data().unwrap();
                most = most.max(piece.len());
                seen.extend(piece);
            }
            assert_eq!(String::from_utf8(seen).unwrap(), expected);
            assert!(most <= 2 * PIECE_BYTES + bytes + 64, "{count} of {bytes}: {most}");
        }
    }
}
