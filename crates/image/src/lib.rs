//! Container images: a small [`Image`] and [`Layer`]; everything else is a source, a sink or a view of them. No network.

mod config;
mod digest;
mod image;
mod layer;
mod manifest;

pub use config::{Config, ConfigError, HealthCheck};
pub use digest::{Digest, DigestError};
pub use image::Image;
pub use layer::Layer;
pub use manifest::{Descriptor, Format, Manifest, ManifestError};
