//! How much memory the process may have: what the operator says, or else the limit of its control groups.

use std::{fs, path::Path, str::FromStr};

/// Where a container sees its control groups.
const MOUNT: &str = "/sys/fs/cgroup";

/// What cannot be a limit: no machine has as much, and it is what version 1 writes where there is none.
const NO_LIMIT: usize = 1 << 60;

/// What `MEMORY_LIMIT` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemoryLimit {
    Bytes(usize),
    /// As if there were none.
    None,
}

impl FromStr for MemoryLimit {
    type Err = ();

    /// Reads `none`, or a number of bytes as Docker and Kubernetes write it: `64m`, `64Mi`, `64MB`. All units are powers of 1024.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_ascii_lowercase();
        if text == "none" {
            return Ok(Self::None);
        }
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit: usize = match text[digits.len()..].trim() {
            "" | "b" => 1,
            "k" | "kb" | "ki" | "kib" => 1 << 10,
            "m" | "mb" | "mi" | "mib" => 1 << 20,
            "g" | "gb" | "gi" | "gib" => 1 << 30,
            _ => return Err(()),
        };
        let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
        bytes.filter(|bytes| *bytes > 0).map(Self::Bytes).ok_or(())
    }
}

/// The least limit of the control groups that the process is in, of version 1 or 2; `None` if there is none.
pub(crate) fn of_cgroups() -> Option<usize> {
    least(Path::new(MOUNT), &fs::read_to_string("/proc/self/cgroup").ok()?)
}

/// `groups` is what the kernel says of the process. A container may see its own group as the root of the mount, while the kernel
/// names it by its whole path: so each path is looked for, and all those above it, whose limits hold too.
fn least(mount: &Path, groups: &str) -> Option<usize> {
    let group = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/').to_owned());
        if controllers.is_empty() {
            return Some((mount.to_owned(), path, "memory.max"));
        }
        let is_memory = controllers.split(',').any(|name| name == "memory");
        is_memory.then(|| (mount.join("memory"), path, "memory.limit_in_bytes"))
    };
    let limits = groups.lines().filter_map(group).flat_map(|(mount, path, name)| {
        let read = |folder: &Path| fs::read_to_string(mount.join(folder).join(name)).ok()?.trim().parse().ok();
        Path::new(&path).ancestors().filter_map(read).collect::<Vec<usize>>()
    });
    limits.filter(|limit| *limit < NO_LIMIT).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_docker_and_kubernetes_write_it() {
        for (text, expected) in
            [("64m", 64 << 20), ("64Mi", 64 << 20), (" 1 GB ", 1 << 30), ("65536", 65536), ("8k", 8192)]
        {
            assert_eq!(text.parse(), Ok(MemoryLimit::Bytes(expected)), "{text}");
        }
        assert_eq!("None".parse(), Ok(MemoryLimit::None));
        for bad in ["", "m", "0", "-1", "64x", "6 4m", "99999999999999g", "1.5g"] {
            assert_eq!(bad.parse::<MemoryLimit>(), Err(()), "{bad}");
        }
    }

    /// A folder as the kernel shows control groups in.
    fn mount(files: &[(&str, &str)]) -> tempfile::TempDir {
        let mount = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        mount
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], groups: &str, expected: Option<usize>) {
        assert_eq!(least(mount(files).path(), groups), expected, "{groups}");
    }

    #[test]
    fn the_least_limit_of_all_groups_counts() {
        check(&[("memory.max", "67108864\n")], "0::/\n", Some(64 << 20));
        check(&[("memory.max", "max\n")], "0::/\n", None);
        check(&[("a/memory.max", "500\n"), ("a/b/memory.max", "max\n")], "0::/a/b\n", Some(500));
        let groups = "12:cpu,cpuacct:/docker/7\n5:memory:/docker/7\n0::/\n";
        check(&[("memory/memory.limit_in_bytes", "67108864\n")], groups, Some(64 << 20));
        check(
            &[("memory/docker/7/memory.limit_in_bytes", "5\n"), ("memory/memory.limit_in_bytes", "9\n")],
            groups,
            Some(5),
        );
        check(&[("memory/memory.limit_in_bytes", "9223372036854771712\n")], groups, None);
        check(&[], groups, None);
        check(&[], "", None);
    }
}
