//! A client's connection, and what is done about a client that is slow: one that takes too long to send a head or to
//! read an answer loses it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use crate::{
    config::limits::{Limits, READ_BYTES_PER_SECOND},
    middleware::load::Seat,
};

/// What a request knows of the connection that it came on.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) seat: Seat,
    /// Counts heads of requests and heads of answers. In between, it is odd: what arrives then is a body.
    heads: AtomicUsize,
}

impl Connection {
    pub(crate) fn new(seat: Seat) -> Self {
        Self { seat, heads: AtomicUsize::new(0) }
    }

    pub(crate) fn asked(&self) {
        self.heads.fetch_add(1, Relaxed);
    }

    pub(crate) fn answered(&self) {
        self.heads.fetch_add(1, Relaxed);
    }
}

/// A stream that gives up on a slow client. The time between requests is not its concern.
pub(crate) struct Patient {
    stream: TcpStream,
    connection: Arc<Connection>,
    head_time: Duration,
    reader_time: Duration,
    crowded_reader_time: Duration,
    /// The connection's heads when it was last read.
    heads: usize,
    /// Whether something has arrived since then.
    has_begun: bool,
    /// Ends when a head that has begun must be whole.
    head: Option<Pin<Box<Sleep>>>,
    /// While the client takes nothing: since when, and when to see whether there still is patience with it.
    blocked: Option<(Instant, Pin<Box<Sleep>>)>,
    /// The patience that is left. Waiting uses it up, and what is taken gives it back.
    patience: Duration,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, connection: Arc<Connection>, limits: &Limits) -> Self {
        let (reader_time, crowded_reader_time) = (limits.reader_time(), limits.crowded_reader_time());
        Self {
            stream,
            connection,
            head_time: limits.head_time(),
            reader_time,
            crowded_reader_time,
            heads: 0,
            has_begun: false,
            head: None,
            blocked: None,
            patience: reader_time,
        }
    }

    fn written(&mut self, context: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(Ok(count)) => {
                if let Some((since, _)) = self.blocked.take() {
                    self.patience = self.patience.saturating_sub(since.elapsed());
                }
                if self.patience < self.reader_time {
                    let earned = Duration::from_secs(count as u64) / READ_BYTES_PER_SECOND;
                    self.patience = (self.patience + earned).min(self.reader_time);
                }
                result
            }
            Poll::Pending => {
                ready!(self.poll_patience(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answer")))
            }
            Poll::Ready(Err(_)) => result,
        }
    }

    /// Ends when there is no more patience with a client that takes nothing.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let step = self.crowded_reader_time;
        let (patience, first) = (self.patience, self.patience.min(step));
        let (since, look) = self.blocked.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(first))));
        loop {
            ready!(look.as_mut().poll(context));
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() || self.connection.seat.is_crowded() {
                return Poll::Ready(());
            }
            look.as_mut().reset(Instant::now() + left.min(step));
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        let heads = self.connection.heads.load(Relaxed);
        if heads != self.heads {
            (self.heads, self.has_begun, self.head) = (heads, false, None);
        }
        let is_body = heads % 2 == 1;
        if result.is_ready() {
            self.has_begun |= !is_body && buffer.filled().len() > before;
        } else if self.has_begun {
            let time = self.head_time;
            let end = self.head.get_or_insert_with(|| Box::pin(sleep(time)));
            ready!(end.as_mut().poll(context));
            let slow = io::Error::new(io::ErrorKind::TimedOut, "the head of a request did not arrive in time");
            return Poll::Ready(Err(slow));
        }
        result
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
