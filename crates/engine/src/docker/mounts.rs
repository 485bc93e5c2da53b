//! What is mounted into a container: storage for declared volumes, files, and folders that stay writable.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::RemoveVolumeOptions;

use super::owner::{self, Owner};
use super::prepared::Base;
use crate::{EngineError, Run, Volumes, paths};

/// A volume for each path that the image declares.
pub(crate) struct NamedVolumes {
    base: Arc<Base>,
    name: String,
    made: Vec<String>,
}

impl NamedVolumes {
    pub(crate) fn make(base: &Arc<Base>) -> Result<Self, EngineError> {
        Self::make_with(base, base.volumes.len(), None)
    }

    /// With a read-only root: empty folders in memory for the paths that stay writable and have no storage of their own, in the order of
    /// [`paths::scratch`].
    ///
    /// What a container's own `tmpfs` names is mounted by the runtime, and runc before 1.1.8 gives it the mode of the image's folder and makes
    /// root its owner, whatever the options say: the image's user could then not write.
    pub(crate) fn scratch(base: &Arc<Base>, run: &Run) -> Result<Self, EngineError> {
        // Not as `size`, which Podman takes for a quota of the volume's folder.
        let pages = run.disk_bytes.div_ceil(rustix::param::page_size() as u64).max(1);
        let option = |name: &str, value: String| (name.to_owned(), value);
        let options = HashMap::from([
            option("type", "tmpfs".to_owned()),
            option("device", "tmpfs".to_owned()),
            option("o", format!("{SCRATCH_OPTIONS},nr_blocks={pages}")),
        ]);
        Self::make_with(base, paths::scratch(run, &base.volumes).len(), Some(&options))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Whether one of them has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.made.iter().any(|made| made == name)
    }

    /// With a read-only root: what the image has in the folders of [`closed`], to be bound without the right to write.
    pub(crate) fn closed(base: &Arc<Base>, run: &Run) -> Result<Self, EngineError> {
        Self::make_with(base, closed(base, run).len(), None)
    }

    /// Removes them; no container may have them any more.
    pub(crate) fn remove(&mut self) {
        for volume in self.made.drain(..) {
            let removed = self.base.client.docker.remove_volume(&volume, None::<RemoveVolumeOptions>);
            let _ = self.base.client.block(removed);
        }
    }

    fn make_with(
        base: &Arc<Base>,
        count: usize,
        options: Option<&HashMap<String, String>>,
    ) -> Result<Self, EngineError> {
        let name = owner::run_name(&Owner::current());
        let mut volumes = Self { base: Arc::clone(base), name, made: Vec::new() };
        for number in 0..count {
            let request = VolumeCreateRequest {
                name: Some(volume_name(&volumes.name, number)),
                labels: Some(base.labels.clone()),
                driver_opts: options.cloned(),
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
        self.remove();
    }
}

/// With a read-only root: the folders that this daemon else leaves writable, unless something of ours is mounted there or below.
pub(crate) fn closed(base: &Base, run: &Run) -> Vec<&'static str> {
    let scratch = paths::scratch(run, &base.volumes);
    let files = run.files.iter().map(|file| &file.path).chain(run.folders.iter().map(|folder| &folder.path));
    let mounted: Vec<&String> = scratch.iter().chain(&base.volumes).chain(files).collect();
    let mut folders = base.client.daemon.writable_unless_mounted().to_vec();
    folders.retain(|folder| run.read_only && !mounted.iter().any(|path| Path::new(path).starts_with(folder)));
    folders
}

pub(crate) fn volume_name(volumes: &str, number: usize) -> String {
    format!("seaworthy-{volumes}-{number}")
}

/// With a read-only root: the same as [`NamedVolumes::scratch`] as a `tmpfs` of the container's, for a daemon that may not mount volumes. Its
/// runtime must keep to the options.
pub(crate) fn scratch_in_tmpfs(base: &Base, run: &Run) -> HashMap<String, String> {
    // Podman else fills it with what the image has there.
    let options = format!("{SCRATCH_OPTIONS},size={},notmpcopyup", run.disk_bytes);
    paths::scratch(run, &base.volumes).into_iter().map(|path| (path, options.clone())).collect()
}

const SCRATCH_OPTIONS: &str = "nosuid,nodev,noexec,mode=1777";
