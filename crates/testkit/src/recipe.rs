//! Images for tests: the sample service right, and wrong in every way a test asks for; other services on a base of their own.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seaworthy_image::{Config, Digest, Draft, Format, HealthCheck, Image, Layer, LayerBuilder, Manifest, layout};
use serde_json::Value;

use crate::{links_service, sample_service};

/// Fills a layer.
type Fill = Box<dyn Fn(&mut LayerBuilder) -> anyhow::Result<()>>;
/// Changes a JSON document.
type Edit = Box<dyn Fn(&mut Value)>;

/// What an image is made of.
pub struct Recipe {
    pub draft: Draft,
    pub format: Format,
    binary: fn(Vec<u8>) -> Vec<u8>,
    bottom: Bottom,
    layers: Vec<Fill>,
    config_edits: Vec<Edit>,
    manifest_edits: Vec<Edit>,
}

/// What the layers lie on.
enum Bottom {
    /// A layer with the sample service.
    Notes,
    /// Layers made before, an empty list included.
    Layers(Vec<Arc<dyn Layer>>),
}

impl Default for Recipe {
    /// The sample service, in an image that keeps every promise.
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
            format: Format::Docker,
            binary: |bytes| bytes,
            bottom: Bottom::Notes,
            layers: Vec::new(),
            config_edits: Vec::new(),
            manifest_edits: Vec::new(),
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

    /// The service that keeps notes in the servers that it is given, with one of its faults or none.
    pub fn links(fault: &'static str) -> Self {
        let recipe = Self::on(Vec::new()).layer(|layer| {
            layer.directory("app", 0o755, (0, 0))?;
            layer.file("app/links", 0o755, (0, 0), fs::read(links_service()?)?)?;
            layer.directory("etc", 0o755, (0, 0))?;
            layer.file("etc/passwd", 0o644, (0, 0), "root:x:0:0::/:/\nappuser:x:1000:1000::/:/\n")?;
            Ok(layer.file("etc/group", 0o644, (0, 0), "root:x:0:\nappuser:x:1000:\n")?)
        });
        recipe.drafted(|draft| {
            draft.user = "1000:1000".into();
            draft.exposed_ports = vec!["8000/tcp".into()];
            draft.entrypoint =
                ["/app/links", fault].into_iter().filter(|word| !word.is_empty()).map(String::from).collect();
            draft.stop_signal = Some("SIGTERM".into());
        })
    }

    /// With a change of the config.
    pub fn config(change: impl FnOnce(&mut Draft)) -> Self {
        Self::default().drafted(change)
    }

    /// With more layers on top.
    pub fn layers(layers: &[fn(&mut LayerBuilder) -> anyhow::Result<()>]) -> Self {
        layers.iter().fold(Self::default(), |recipe, fill| recipe.layer(*fill))
    }

    /// An image of these layers, whose config says nothing: no user, no entrypoint.
    pub fn on(layers: Vec<Arc<dyn Layer>>) -> Self {
        let history = layers.iter().map(|_| "a layer of the base".to_owned()).collect();
        Self { draft: Draft { history, ..Draft::default() }, bottom: Bottom::Layers(layers), ..Self::default() }
    }

    /// With a change of the config, among others.
    #[must_use]
    pub fn drafted(mut self, change: impl FnOnce(&mut Draft)) -> Self {
        change(&mut self.draft);
        self
    }

    /// With a change of the sample service's binary.
    #[must_use]
    pub fn binary(mut self, change: fn(Vec<u8>) -> Vec<u8>) -> Self {
        self.binary = change;
        self
    }

    /// With one more layer on top.
    #[must_use]
    pub fn layer(mut self, fill: impl Fn(&mut LayerBuilder) -> anyhow::Result<()> + 'static) -> Self {
        self.layers.push(Box::new(fill));
        self.draft.history.push("a layer on top".to_owned());
        self
    }

    /// With a change of the finished config: for what a [`Draft`] cannot say, such as `OnBuild`, a comment or an author.
    #[must_use]
    pub fn config_json(mut self, edit: impl Fn(&mut Value) + 'static) -> Self {
        self.config_edits.push(Box::new(edit));
        self
    }

    /// With a change of the finished manifest: annotations, for example.
    #[must_use]
    pub fn manifest_json(mut self, edit: impl Fn(&mut Value) + 'static) -> Self {
        self.manifest_edits.push(Box::new(edit));
        self
    }

    /// Makes the image and writes it as an OCI image layout.
    ///
    /// # Errors
    ///
    /// Fails if the service cannot be compiled or the layout not be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<Image> {
        let mut layers = match &self.bottom {
            Bottom::Notes => vec![self.notes()?],
            Bottom::Layers(layers) => layers.clone(),
        };
        for fill in &self.layers {
            let mut layer = LayerBuilder::new(0);
            fill(&mut layer)?;
            layers.push(Arc::new(layer.build()?));
        }
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
        let config = self.draft.config(&diff_ids)?;
        let config = match edited(config.bytes(), &self.config_edits)? {
            Some(bytes) => Config::from_bytes(bytes)?,
            None => config,
        };
        let mut image = Image::of(config, layers, self.format)?;
        if let Some(bytes) = edited(image.manifest.bytes(), &self.manifest_edits)? {
            image.manifest = Manifest::from_bytes(bytes)?;
        }
        Ok(layout::write(&image, path, self.format)?)
    }

    fn notes(&self) -> anyhow::Result<Arc<dyn Layer>> {
        let mut layer = LayerBuilder::new(0);
        layer.directory("app", 0o755, (0, 0))?;
        layer.file("app/notes", 0o755, (0, 0), (self.binary)(fs::read(sample_service()?)?))?;
        layer.directory("data", 0o755, (1000, 1000))?;
        layer.directory("etc", 0o755, (0, 0))?;
        layer.file("etc/passwd", 0o644, (0, 0), "root:x:0:0::/:/\nappuser:x:1000:1000::/:/\nadmin:x:0:0::/:/\n")?;
        layer.file("etc/group", 0o644, (0, 0), "root:x:0:\nappuser:x:1000:\n")?;
        Ok(Arc::new(layer.build()?))
    }
}

/// The document after its edits; nothing where there is none, so that its bytes stay.
fn edited(bytes: &[u8], edits: &[Edit]) -> anyhow::Result<Option<Vec<u8>>> {
    if edits.is_empty() {
        return Ok(None);
    }
    let mut document = serde_json::from_slice(bytes)?;
    for edit in edits {
        edit(&mut document);
    }
    Ok(Some(serde_json::to_vec(&document)?))
}

/// The binary as if it were for 64-bit ARM: `e_machine` says so.
pub fn for_arm(mut binary: Vec<u8>) -> Vec<u8> {
    binary[18..20].copy_from_slice(&183_u16.to_le_bytes());
    binary
}
