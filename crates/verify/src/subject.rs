//! What is verified, and how.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use seaworthy_build::Record;
use seaworthy_dependency::Images;
use seaworthy_engine::Run;
use seaworthy_image::{Deferred, Image};
use seaworthy_report::Criterion;

use crate::{Start, Travel};

/// The image that is held against a specification, and what is known of it.
pub struct Subject<'a> {
    pub image: &'a Image,
    /// The same image, where what a push would send of it is made only if it is asked for.
    pub deferred: Option<&'a Deferred>,
    /// As the user named it.
    pub reference: String,
    /// The record of its build, where one lies beside it. It counts only when its digest is the image's.
    pub record: Option<&'a Record>,
    /// What to put behind `seaworthy` to name this project in a command: empty, or `-C DIR`.
    pub project: String,
    /// What to put behind `verify` to name this image in a command; `None` where it is the project's own.
    pub argument: Option<String>,
    pub travel: Travel,
}

impl Subject<'_> {
    /// The image as a registry has it or would get it, where that is known: its digest and its transfer size are this one's.
    pub(crate) fn known(&self) -> Option<&Image> {
        self.deferred.map_or(Some(self.image), Deferred::known)
    }
}

/// What the user decides about a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// From `--env` and `--env-file`: given to every container, and never shown.
    pub env: Vec<(String, String)>,
    /// Arguments of the image's build that may be secrets: never shown, and looked for in the image.
    pub build_args: Vec<(String, String)>,
    /// What containers are given besides.
    pub start: Start,
    /// From `--port`.
    pub port: Option<u16>,
    /// The end of a wait that has no bound of its own.
    pub timeout: Duration,
    /// How much a container may write; beyond it nothing is shown.
    pub disk_bytes: u64,
    /// The specification's folder, where scenarios find files; none where the specification is no file of the user's.
    pub folder: Option<PathBuf>,
    /// Where the images of what the service needs come from.
    pub images: Images,
    /// From when the user waits: the time that the verification took counts from here.
    pub since: Instant,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            env: Vec::new(),
            build_args: Vec::new(),
            start: Start::default(),
            port: None,
            timeout: Duration::from_secs(30),
            disk_bytes: Run::DISK_BYTES,
            folder: None,
            images: Images::default(),
            since: Instant::now(),
        }
    }
}

/// What happens while verifying, for someone who watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// A part of the work begins: `reading the image`. There are few of them.
    Phase(&'a str),
    /// Something that may take time begins: `starting the container`.
    Begins(&'a str),
    /// Something the user should know before it happens, once: `the given database will be written to`.
    Notice(&'a str),
    /// A promise is decided.
    Decided(&'a Criterion),
}
