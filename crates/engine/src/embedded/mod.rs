//! The engine inside the program: no daemon, no image store.
//!
//! [`Embedded`] unpacks layers into a cache and starts, for each container, one supervisor: the program itself, run again as a helper.
//! What happens in which process is told in `docs/engines.md`.

mod cgroup;
mod clock;
mod container;
pub(crate) mod deleted;
mod disk;
mod entry;
pub mod folder;
mod health;
mod instead;
mod isolation;
mod keyring;
mod layers;
mod logs;
mod look;
mod loop_device;
mod mapping;
mod netlink;
pub(crate) mod network;
mod prepared;
mod probe;
mod processes;
pub(crate) mod protocol;
mod root;
mod schedule;
mod seccomp;
pub(crate) mod services;
mod signals;
mod supervisor;
mod unpack;
mod user;
pub(crate) mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use seaworthy_image::Image;

use crate::docker::HOLD;
use crate::{Engine, EngineError, Prepared};
use mapping::Mapping;

const NAME: &str = "embedded";

/// First argument of a container's helper process.
const SUPERVISE: &str = "--seaworthy-supervise-container";
/// First argument of a health probe's helper process.
const PROBE: &str = "--seaworthy-probe-container";
/// First argument of the helper process that tries whether containers can be made.
const TRY: &str = "--seaworthy-try-container";

/// Does a helper process's work if that is what this process was started for. A program that uses an engine calls it before anything
/// else, with its own arguments.
pub fn helper(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let args: Vec<OsString> = args.into_iter().skip(1).collect();
    let (kind, rest) = args.split_first()?;
    match (kind.to_str()?, rest) {
        (SUPERVISE, []) => Some(supervisor::run()),
        (PROBE, order) => Some(health::probe(&health::Order::parse(order)?)),
        (TRY, []) => Some(probe::helper()),
        (HOLD, []) => Some(crate::docker::hold()),
        _ => None,
    }
}

/// Runs containers without a daemon.
pub struct Embedded {
    helper: PathBuf,
    cache: Option<PathBuf>,
}

impl Embedded {
    /// With the path of a program that begins with [`helper`]: usually this one.
    pub fn new(helper: PathBuf) -> Self {
        Self { helper, cache: None }
    }

    /// With unpacked layers kept in this folder instead of the user's cache.
    #[must_use]
    pub fn with_cache(mut self, folder: PathBuf) -> Self {
        self.cache = Some(folder);
        self
    }

    /// Whether containers can be made on this machine; some milliseconds.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] with what is missing, and what helps.
    pub fn available(&self) -> Result<(), EngineError> {
        probe::available(&self.helper)
    }
}

impl Engine for Embedded {
    fn name(&self) -> String {
        format!("{NAME} {}", env!("CARGO_PKG_VERSION"))
    }

    fn prepare(&self, image: &Image) -> Result<Box<dyn Prepared>, EngineError> {
        self.available()?;
        Ok(Box::new(prepared::Unpacked::new(&self.helper, self.cache.as_deref(), image)?))
    }

    /// Its layers stay in the cache anyway.
    fn prepare_and_keep(&self, image: &Image, _name: &str) -> Result<Box<dyn Prepared>, EngineError> {
        self.prepare(image)
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
