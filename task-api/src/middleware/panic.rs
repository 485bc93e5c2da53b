//! A panic is a fault of ours in one request. It must not end others, and is told of in one line.

use std::{
    future::poll_fn,
    panic::{self, AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use tracing::error;

/// What `future` ends with; `None` if that is a panic.
///
/// Nothing that it touched is used again but what is shared by all requests, and that is kept behind locks that do not
/// poison or behind ones that fail.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// From now on a panic is a line in the log. It says where, and not what: the message may quote what a client sent.
pub(crate) fn log_place() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_nothing_and_the_rest_is_something() {
        assert_eq!(caught(async { 7 }).await, Some(7));
        let never: Option<()> = caught(async {
            tokio::task::yield_now().await;
            panic!("in the second half")
        })
        .await;
        assert_eq!(never, None);
    }
}
