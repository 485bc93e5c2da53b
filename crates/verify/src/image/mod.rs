//! What an image alone shows: one pass over its layers collects [`Facts`], and every check is a function of them.
//!
//! Nothing here runs a container, asks a registry or opens a file of this machine.

mod account;
mod archive;
mod base;
mod certificates;
mod command;
mod config_search;
mod dependency_list;
mod elf;
mod env;
mod exception;
mod exec_form;
mod facts;
mod file;
mod health;
mod labels;
mod layers;
mod linkage;
mod owners;
mod package;
mod platform;
mod port;
mod privilege;
mod program;
mod scratch;
mod search;
mod secret;
mod secrets;
mod setuid;
mod size;
mod slim;
mod stop_signal;
#[cfg(test)]
mod tests;
mod user;
mod volume;
mod vouch;

pub use base::{KnownBase, base};
pub use certificates::certificates;
pub use dependency_list::dependency_list;
pub use env::runtime;
pub use exec_form::exec_form;
pub use facts::{Facts, FactsError};
pub use file::file;
pub use health::declared;
pub(crate) use health::{dropped, idle};
pub use labels::labels;
pub use layers::layers;
pub use linkage::linkage;
pub use owners::file_of_another;
pub use platform::platform;
pub use port::port;
pub(crate) use privilege::Privilege;
pub use scratch::scratch;
pub use secret::Given;
pub use secrets::secrets;
pub use setuid::setuid;
pub use size::size;
pub use slim::slim;
pub use stop_signal::stop_signal;
pub(crate) use stop_signal::{number as signal_number, stopped_by};
pub use user::{executed, is, non_root, uid};
pub use volume::volumes;

/// The first few, and how many more.
fn first(names: &[String], most: usize) -> String {
    let shown = names[..names.len().min(most)].join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
