//! The client against registries: a double that fails on demand, and Debian's `docker-registry`.

mod attachments;
mod hostile;
mod index;
mod interruption;
mod login;
mod pull;
mod push;
mod reference;
mod refusals;
mod support;
mod tags;
mod trust;
