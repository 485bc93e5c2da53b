//! A project's folder to a first specification, a Dockerfile and a `.dockerignore`.
//!
//! [`survey()`] looks at the files; [`specification()`], [`dockerfile()`] and [`dockerignore()`] are texts made from what it found.
//! Nothing is run, nothing is written, and nothing comes from the network.

mod address;
mod code;
mod compose;
mod dependency;
mod dockerfile;
mod existing;
mod folder;
mod found;
mod guard;
mod ignore;
mod image;
mod language;
mod mention;
mod project;
mod promises;
mod questions;
mod seen;
mod show;
mod specification;
mod survey;
mod toolchain;
mod variable;
mod versions;
mod word;

pub use dockerfile::{CacheMounts, dockerfile};
pub use existing::{DOCKERFILE, DOCKERIGNORE, Existing, Recipe, SPEC};
pub use found::{Found, Place};
pub use ignore::dockerignore;
pub use image::Today;
pub use mention::{Mentioned, mentioned};
pub use project::{Dependency, Framework, Language, Need, Port, Project, Role, Start, System, Variable, VariableKind};
pub use questions::questions;
pub use seen::{ReadOnly, Seen, Stop};
pub use show::{decided, found};
pub use specification::specification;
pub use survey::{SurveyError, survey};
pub use toolchain::Toolchain;
pub use versions::{Figures, figures};
