//! Distribution client: authentication, pull, push, tags, referrers.
