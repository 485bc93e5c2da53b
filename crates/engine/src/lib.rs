//! Run a container and watch it, always from outside: an image without a shell is the normal case.
//!
//! `verify` uses only the traits here and never knows which engine it has.

mod choose;
mod container;
mod docker;
pub mod embedded;
mod listening;
pub mod machine;
mod paths;
mod process;
mod run;

pub use choose::{Choice, ChoiceError, Chosen, choose};
pub use container::{
    AtPath, Attempt, Container, Engine, EngineError, Exit, Health, HealthStatus, LARGEST_FILE_BYTES, Logs, Memory,
    Prepared, Process, Signal, Status, Volumes,
};
pub use docker::{BuildRequest, BuiltImage, Docker, Inspected, MountedAt, SaveError, Steps};
pub use embedded::{Embedded, folder, helper};
pub use run::{Folder, Instead, PutFile, Run, Service};
