//! The image of a static binary: the binary, two users, a writable folder, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_image::{Digest, Draft, Format, HealthCheck, Image, Layer, LayerBuilder, Platform, go_architecture};

use super::{BuildError, Facts};
use crate::cargo::{self, Package};

/// The user that the container runs as.
const APPUSER: u64 = 1000;

const PASSWD: &str = "root:x:0:0:root:/root:/sbin/nologin\n\
                      appuser:x:1000:1000:appuser:/app:/sbin/nologin\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nappuser:x:1000:\nnogroup:x:65534:\n";
/// Without it glibc would ask the name server before it looks into `/etc/hosts`.
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files dns\n";

/// Puts the image together. The same arguments give the same digest.
pub(crate) fn assemble(
    package: &Package,
    facts: &Facts,
    target: &str,
    binary: (&str, Vec<u8>),
    format: Format,
) -> Result<Image, BuildError> {
    let (binary, bytes) = binary;
    let base: Arc<dyn Layer> = Arc::new(base(package, facts)?.build()?);
    let mut app = LayerBuilder::new(facts.time);
    app.directory("app", 0o755, (0, 0))?;
    app.file(&format!("app/{binary}"), 0o755, (0, 0), bytes)?;
    let layers = vec![base, Arc::new(app.build()?) as Arc<dyn Layer>];
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
    let config = draft(package, facts, target, binary)?.config(&diff_ids)?;
    Image::of(config, layers, format).map_err(BuildError::Image)
}

fn base(package: &Package, facts: &Facts) -> Result<LayerBuilder, BuildError> {
    let mut layer = LayerBuilder::new(facts.time);
    layer.directory("etc", 0o755, (0, 0))?;
    layer.file("etc/passwd", 0o644, (0, 0), PASSWD)?;
    layer.file("etc/group", 0o644, (0, 0), GROUP)?;
    layer.file("etc/nsswitch.conf", 0o644, (0, 0), NSSWITCH)?;
    layer.directory("tmp", 0o1777, (0, 0))?;
    for volume in &package.settings.volumes {
        let inner = volume.trim_start_matches('/');
        for (at, _) in inner.match_indices('/') {
            layer.directory(&inner[..at], 0o755, (0, 0))?;
        }
        layer.directory(inner, 0o755, (APPUSER, APPUSER))?;
    }
    Ok(layer)
}

fn draft(package: &Package, facts: &Facts, target: &str, binary: &str) -> Result<Draft, BuildError> {
    let settings = &package.settings;
    let path = format!("/app/{binary}");
    let created = facts.created()?;
    let interval = cargo::interval(&settings.healthcheck_interval).unwrap_or(Duration::from_secs(3));
    let port = settings.port.map(|port| port.to_string());
    let mut env: Vec<(String, String)> = Vec::new();
    if let Some(port) = port.clone().filter(|_| !settings.env.contains_key("PORT")) {
        env.push(("PORT".to_owned(), port));
    }
    env.extend(settings.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    let label = |name: &str, value: Option<&String>| Some((format!("org.opencontainers.image.{name}"), value?.clone()));
    let labels = [
        label("title", Some(&package.name)),
        label("description", package.description.as_ref()),
        label("version", Some(&package.version)),
        label("revision", facts.revision.as_ref()),
        label("source", package.source.as_ref()),
        label("licenses", package.license.as_ref()),
        label("created", Some(&created)),
    ];
    Ok(Draft {
        platform: Platform {
            os: "linux".to_owned(),
            architecture: go_architecture(target.split('-').next().unwrap_or_default()).to_owned(),
            variant: None,
        },
        user: format!("{APPUSER}:{APPUSER}"),
        exposed_ports: port.iter().map(|port| format!("{port}/tcp")).collect(),
        env,
        entrypoint: vec![path.clone()],
        cmd: Vec::new(),
        volumes: settings.volumes.clone(),
        working_dir: "/app".to_owned(),
        labels: labels.into_iter().flatten().collect(),
        stop_signal: Some("SIGTERM".to_owned()),
        health_check: settings.healthcheck.as_ref().map(|arguments| HealthCheck {
            test: ["CMD".to_owned(), path.clone()].into_iter().chain(arguments.iter().cloned()).collect(),
            interval,
            timeout: Duration::from_secs(3),
            start_period: Duration::ZERO,
            retries: 3,
        }),
        history: vec!["seaworthy: users and folders".to_owned(), format!("seaworthy: {path}")],
        created,
    })
}
