//! The paths of a container that have storage of their own, read alike by all engines.

use std::path::{Component, Path};

use crate::Run;

/// The paths that an image declares, each once and as a daemon compares them; one inside another comes after it. The root is none.
pub(crate) fn declared(paths: &[String]) -> Vec<String> {
    let mut paths: Vec<String> = paths.iter().map(|path| clean(path)).filter(|path| path != "/").collect();
    paths.sort();
    paths.dedup();
    paths
}

/// With a read-only root: the paths that stay writable and have no volume. An empty folder is mounted there, for everybody to write in (mode
/// 1777), whatever the image has: as an `emptyDir` of Kubernetes and a `tmpfs` of Docker. Nothing in it can be executed, as in the latter.
pub(crate) fn scratch(run: &Run, volumes: &[String]) -> Vec<String> {
    let mut paths = declared(&run.writable);
    paths.retain(|path| run.read_only && !volumes.contains(path));
    paths
}

/// An absolute path without anything that changes nothing in it; what leads above the root stays there.
fn clean(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => names.extend(name.to_str()),
            Component::ParentDir => drop(names.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_declared_once_however_it_is_written() {
        let paths = ["/data/", "/data", "/data/./deep//er/", "relative", "/", "/a/../data"].map(str::to_owned);
        assert_eq!(declared(&paths), ["/data", "/data/deep/er", "/relative"]);
    }

    #[test]
    fn what_has_storage_needs_no_scratch() {
        let writable = ["/data/", "/tmp", "/tmp/", "/"].map(str::to_owned).to_vec();
        let run = Run { read_only: true, writable, ..Run::default() };
        assert_eq!(scratch(&run, &["/data".to_owned()]), ["/tmp"]);
        assert!(scratch(&Run { read_only: false, ..run }, &[]).is_empty());
    }
}
