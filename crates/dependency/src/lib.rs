//! The servers that a service needs: a [`Server`] of each kind for one run, of an image that [`Images`] gets.
//!
//! A server is a container of the run's engine. The service's containers reach it by a [`Line`], a forwarder on this machine that counts
//! what is said and can be cut; nothing else of the engine's is needed, so that both engines do it alike.
//!
//! **Invariant:** a server's password is made for it, and nothing here prints or logs it.

mod error;
mod images;
mod line;
mod mirrors;
mod mysql;
mod redis;
mod server;

pub use error::{ImageError, StartError};
pub use images::{Fetched, Images};
pub use line::{Line, Traffic};
pub use mirrors::{MirrorError, Mirrors};
pub use server::{Commands, Server};
