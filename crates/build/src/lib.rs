//! A project to an image, and the record of how it was made.
//!
//! [`Project::find`] looks at a folder; [`rust::build`] makes the image of a Rust project without daemon or Dockerfile,
//! and [`rust::reproduce`] makes it again elsewhere.

mod cargo;
pub mod dockerfile;
pub mod git;
mod options;
mod project;
mod record;
pub mod rust;
mod settings;
mod text;

pub use cargo::{CargoError, Package, Settings};
pub use options::{Argument, BuildOptions, OptionError, Secret};
pub use project::{Kind, Project, ProjectError, SPEC, record_path};
pub use record::{Dockerfile, Record, RecordError, Reproduced, SCHEMA};
pub use settings::SettingsError;
