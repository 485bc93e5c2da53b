//! The program as its users call it: exit code, stdout and stderr.

mod explain;
mod interrupt;
mod report;
mod specification;
#[cfg(test)]
mod support;
mod usage;
