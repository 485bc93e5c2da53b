//! The forms in which a review is shown.

mod github;
mod json;
mod sarif;
mod terminal;

pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use terminal::terminal;
