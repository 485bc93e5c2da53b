//! What is mounted into a container: storage for declared volumes, files, and folders that stay writable.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use bollard::models::{Mount, MountType, MountVolumeOptions, MountVolumeOptionsDriverConfig, VolumeCreateRequest};
use bollard::query_parameters::RemoveVolumeOptions;
use tempfile::TempPath;

use super::NAME;
use super::owner::{self, Owner};
use super::prepared::Base;
use crate::{EngineError, PutFile, Run, Volumes, paths};

/// A volume for each path that the image declares.
pub(crate) struct NamedVolumes {
    base: Arc<Base>,
    name: String,
    made: Vec<String>,
}

impl NamedVolumes {
    pub(crate) fn make(base: &Arc<Base>) -> Result<Self, EngineError> {
        let name = owner::run_name(&Owner::current());
        let mut volumes = Self { base: Arc::clone(base), name, made: Vec::new() };
        for number in 0..base.volumes.len() {
            let request = VolumeCreateRequest {
                name: Some(volume_name(&volumes.name, number)),
                labels: Some(base.labels.clone()),
                ..VolumeCreateRequest::default()
            };
            let made = base.client.call("make a volume", base.client.docker.create_volume(request))?;
            volumes.made.push(made.name);
        }
        Ok(volumes)
    }
}

impl Volumes for NamedVolumes {
    fn id(&self) -> &str {
        &self.name
    }
}

impl Drop for NamedVolumes {
    fn drop(&mut self) {
        for volume in &self.made {
            let removed = self.base.client.docker.remove_volume(volume, None::<RemoveVolumeOptions>);
            let _ = self.base.client.block(removed);
        }
    }
}

pub(crate) fn volume_name(volumes: &str, number: usize) -> String {
    format!("seaworthy-{volumes}-{number}")
}

/// With a read-only root: empty folders in memory at the paths that stay writable and have no storage of their own.
///
/// They are volumes without a name. What a container's `tmpfs` names is mounted by the runtime, and runc before 1.1.8 gives it the mode of the
/// image's folder and makes root its owner, whatever the options say: the image's user could then not write.
pub(crate) fn scratch(base: &Base, run: &Run) -> Vec<Mount> {
    let option = |name: &str, value: String| (name.to_owned(), value);
    let options = HashMap::from([
        option("type", "tmpfs".to_owned()),
        option("device", "tmpfs".to_owned()),
        option("o", scratch_options(run)),
    ]);
    let driver = MountVolumeOptionsDriverConfig { name: Some("local".to_owned()), options: Some(options) };
    let volume = MountVolumeOptions {
        no_copy: Some(true),
        labels: Some(base.labels.clone()),
        driver_config: Some(driver),
        ..MountVolumeOptions::default()
    };
    let mount = |path| Mount {
        typ: Some(MountType::VOLUME),
        target: Some(path),
        volume_options: Some(volume.clone()),
        ..Mount::default()
    };
    paths::scratch(run, &base.volumes).into_iter().map(mount).collect()
}

/// The same for Podman, whose runtime keeps to the options.
pub(crate) fn scratch_of_podman(base: &Base, run: &Run) -> HashMap<String, String> {
    paths::scratch(run, &base.volumes).into_iter().map(|path| (path, scratch_options(run))).collect()
}

fn scratch_options(run: &Run) -> String {
    format!("nosuid,nodev,noexec,mode=1777,size={}", run.disk_bytes)
}

/// Writes the files that are bound into a container.
pub(crate) fn put(files: &[PutFile]) -> Result<Vec<(String, TempPath)>, EngineError> {
    let failed = |reason: String| EngineError::Failed { engine: NAME, action: "put a file into the container", reason };
    files
        .iter()
        .map(|PutFile { path, content, is_executable }| {
            let mode = if *is_executable { 0o755 } else { 0o644 };
            if !path.starts_with('/') || path.contains(':') {
                return Err(failed(format!("`{path}` is no path for it")));
            }
            let write = || {
                let file = tempfile::Builder::new()
                    .prefix("seaworthy-")
                    .permissions(std::fs::Permissions::from_mode(mode))
                    .tempfile()?;
                std::io::Write::write_all(&mut file.as_file(), content)?;
                // Whatever the umask is, the container's user must be able to read it.
                file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
                Ok(file.into_temp_path())
            };
            let file = write().map_err(|error: std::io::Error| failed(error.to_string()))?;
            Ok((path.clone(), file))
        })
        .collect()
}
