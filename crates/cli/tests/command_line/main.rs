//! The program as its users call it: exit code, stdout and stderr.

// Clippy allows `unwrap` in what is marked as a test's.
#[cfg(test)]
mod build_options;
#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod doctor;
mod explain;
#[cfg(test)]
mod fix;
mod init;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod interrupt_transfer;
#[cfg(test)]
mod keygen;
#[cfg(test)]
mod offered;
#[cfg(test)]
mod report;
#[cfg(test)]
mod review;
#[cfg(test)]
mod review_project;
#[cfg(test)]
mod shell;
#[cfg(test)]
mod shipping;
mod specification;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tampering;
mod usage;
