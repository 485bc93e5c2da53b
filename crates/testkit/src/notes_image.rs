//! The sample service as an image: right, and wrong in every way a test asks for.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seaworthy_image::{Digest, Draft, Format, HealthCheck, Image, Layer, LayerBuilder, layout};

use crate::sample_service;

/// What an image is made of before it is made wrong.
pub struct Recipe {
    pub draft: Draft,
    /// Layers above the service's own, as functions that fill them.
    pub layers: Vec<fn(&mut LayerBuilder) -> anyhow::Result<()>>,
    /// Changes the service's binary.
    pub binary: fn(Vec<u8>) -> Vec<u8>,
}

impl Default for Recipe {
    /// The image that keeps every promise.
    fn default() -> Self {
        let test = ["CMD", "/app/notes", "healthcheck"];
        Self {
            draft: Draft {
                user: "1000:1000".into(),
                exposed_ports: vec!["8000/tcp".into()],
                env: vec![("PORT".into(), "8000".into())],
                entrypoint: vec!["/app/notes".into()],
                volumes: vec!["/data".into()],
                working_dir: "/app".into(),
                labels: [("org.opencontainers.image.title".to_owned(), "notes".to_owned())].into(),
                stop_signal: Some("SIGTERM".into()),
                health_check: Some(HealthCheck {
                    test: test.map(String::from).to_vec(),
                    interval: Duration::from_secs(1),
                    timeout: Duration::from_secs(2),
                    start_period: Duration::ZERO,
                    retries: 2,
                }),
                history: vec!["the sample service".into()],
                ..Draft::default()
            },
            layers: Vec::new(),
            binary: |bytes| bytes,
        }
    }
}

impl Recipe {
    /// With an argument for the service: one of its faults.
    pub fn fault(name: &str) -> Self {
        let mut recipe = Self::default();
        recipe.draft.entrypoint.push(name.to_owned());
        recipe
    }

    /// With a change of the config.
    pub fn config(change: impl FnOnce(&mut Draft)) -> Self {
        let mut recipe = Self::default();
        change(&mut recipe.draft);
        recipe
    }

    /// With more layers on top.
    pub fn layers(layers: &[fn(&mut LayerBuilder) -> anyhow::Result<()>]) -> Self {
        let mut recipe = Self { layers: layers.to_vec(), ..Self::default() };
        recipe.draft.history.extend(layers.iter().map(|_| "a layer on top".to_owned()));
        recipe
    }

    /// Makes the image and writes it as an OCI image layout.
    ///
    /// # Errors
    ///
    /// Fails if the service cannot be compiled or the layout not be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<Image> {
        let mut base = LayerBuilder::new(0);
        base.directory("app", 0o755, (0, 0))?;
        base.file("app/notes", 0o755, (0, 0), (self.binary)(fs::read(sample_service()?)?))?;
        base.directory("data", 0o755, (1000, 1000))?;
        base.directory("etc", 0o755, (0, 0))?;
        base.file("etc/passwd", 0o644, (0, 0), "root:x:0:0::/:/\nappuser:x:1000:1000::/:/\nadmin:x:0:0::/:/\n")?;
        base.file("etc/group", 0o644, (0, 0), "root:x:0:\nappuser:x:1000:\n")?;
        let mut layers: Vec<Arc<dyn Layer>> = vec![Arc::new(base.build()?)];
        for fill in &self.layers {
            let mut layer = LayerBuilder::new(0);
            fill(&mut layer)?;
            layers.push(Arc::new(layer.build()?));
        }
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
        let image = Image::of(self.draft.config(&diff_ids)?, layers, Format::Docker)?;
        Ok(layout::write(&image, path, Format::Docker)?)
    }
}

/// The binary as if it were for 64-bit ARM: `e_machine` says so.
pub fn for_arm(mut binary: Vec<u8>) -> Vec<u8> {
    binary[18..20].copy_from_slice(&183_u16.to_le_bytes());
    binary
}
