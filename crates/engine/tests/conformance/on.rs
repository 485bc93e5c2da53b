//! The engines, and what is different on each.

use seaworthy_engine::{Choice, Container, Docker, Engine, Prepared, Run};
use seaworthy_image::Image;
use serde_json::json;

use crate::support::{self, image};

/// An engine with its differences.
pub(crate) struct On {
    pub(crate) engine: Box<dyn Engine>,
    /// What the capabilities of root may be, as `/proc/PID/status` has them.
    pub(crate) capabilities: &'static [&'static str],
    /// Whether the engine keeps what a health check wrote without a line end.
    pub(crate) keeps_half_lines_of_checks: bool,
}

/// Docker's default capabilities.
const DOCKERS: &str = "00000000a80425fb";
/// Those of Podman, unless `containers.conf` names others: without `AUDIT_WRITE`, `MKNOD` and `NET_RAW`.
const PODMANS: &str = "00000000800405fb";

pub(crate) fn embedded() -> On {
    On { engine: Box::new(support::engine()), capabilities: &[DOCKERS], keeps_half_lines_of_checks: true }
}

pub(crate) fn docker() -> On {
    On { engine: daemon(Choice::Docker), capabilities: &[DOCKERS], keeps_half_lines_of_checks: true }
}

/// A `containers.conf` without capabilities leaves it Docker's.
pub(crate) fn podman() -> On {
    On { engine: daemon(Choice::Podman), capabilities: &[DOCKERS, PODMANS], keeps_half_lines_of_checks: false }
}

fn daemon(choice: Choice) -> Box<dyn Engine> {
    let engine = Docker::connect_as(choice)
        .unwrap_or_else(|error| panic!("{error}; scripts/test installs {choice} and starts it"));
    Box::new(engine.with_helper(support::helper()))
}

impl On {
    pub(crate) fn prepare(&self, image: &Image) -> Box<dyn Prepared> {
        self.engine.prepare(image).unwrap()
    }

    pub(crate) fn start(&self, image: &Image, run: &Run) -> Box<dyn Container> {
        self.prepare(image).start(run, None).unwrap()
    }

    /// The workload serving on port 8000.
    pub(crate) fn serve(&self, run: &Run) -> Box<dyn Container> {
        self.start(&image(&["serve"], json!({})), run)
    }
}
