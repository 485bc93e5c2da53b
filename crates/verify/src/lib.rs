//! A specification, an image and an engine to a report. What decides a promise is here; what shows it is not.

mod beyond;
mod by_hand;
mod crud;
mod database;
mod dependencies;
mod finding;
mod given;
mod http;
pub mod image;
mod judge;
mod lanes;
mod offers;
mod openapi;
mod port;
mod redact;
mod run;
mod sbom;
mod schema;
mod servers;
mod service;
mod start;
mod subject;
mod travel;
mod verify;

pub use finding::{Finding, one_line};
pub use given::servers_of;
pub use offers::{Offer, Offers};
pub use redact::Redactor;
pub use sbom::{Sbom, Sboms};
pub use start::{Mount, SECRETS, Start};
pub use subject::{Event, Options, Subject};
pub use travel::{BuiltElsewhere, InRegistry, Names, Tag, Travel, Witness, settle};
pub use verify::{VerifyError, verify};
