//! The program as its users call it: exit code, stdout and stderr.

mod explain;
mod specification;
#[cfg(test)]
mod support;
mod usage;
