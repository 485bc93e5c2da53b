//! Which machine this is, without telling its ids.
