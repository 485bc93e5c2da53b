//! What is examined, and how a copy of it is started.

use seaworthy_engine::Inspected;
use seaworthy_image::Image;

/// An image, or a container of one that Docker or Podman has.
pub struct Subject<'a> {
    /// As the user named it.
    pub name: String,
    pub image: &'a Image,
    /// Of a container; it is never touched.
    pub container: Option<Inspected>,
    pub settings: Settings,
}

/// What the user decides about copies.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The variables that a copy gets over what the image and the container set.
    pub env: Vec<(String, String)>,
    pub memory_bytes: Option<u64>,
    pub read_only: bool,
    /// Folders of copies that are in memory, and can be written.
    pub tmpfs: Vec<String>,
    pub user: Option<String>,
    pub port: Option<u16>,
    /// A copy reaches the servers that the variables name.
    pub with_real_services: bool,
}
