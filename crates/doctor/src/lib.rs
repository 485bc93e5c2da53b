//! Why a container does not work: facts of its image and of its state, experiments on copies, the cause.
//!
//! A container that is given is looked at and never touched. What is tried is tried on copies: with what is mounted copied too, and with
//! nothing outside to reach but a throwaway PostgreSQL, unless the user says otherwise.

mod cause;
mod code;
mod copy;
mod desk;
mod examine;
mod facts;
mod http;
mod log;
mod program;
pub mod reference;
pub mod render;
mod rule;
mod subject;
pub mod table;
mod trial;
mod value;
mod veil;

pub use cause::{Cause, CauseId, Diagnosis, SCHEMA, Verdict};
pub use examine::{DoctorError, examine};
pub use subject::{Settings, Subject};
