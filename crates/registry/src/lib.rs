//! Distribution client: authentication, pull, push, tags, referrers.
pub mod tags;
