//! What there is to be asked for: a router and its handlers each.

pub(crate) mod batch;
pub(crate) mod changes;
pub(crate) mod docs;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod metrics;
pub(crate) mod pieces;
pub(crate) mod tasks;
