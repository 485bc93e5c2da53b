//! What clients send, read: bodies, queries, conditions, keys. What is wrong with it is a [`fault::Fault`].

pub(crate) mod accept;
pub(crate) mod body;
pub(crate) mod cursor;
pub(crate) mod etag;
pub(crate) mod fault;
pub(crate) mod forwarded;
pub(crate) mod idempotency;
pub(crate) mod object;
pub(crate) mod origin;
pub(crate) mod owner;
pub(crate) mod prefer;
pub(crate) mod selection;
