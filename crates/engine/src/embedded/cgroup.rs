//! The control group of a container: where it is, what it limits, what it says about memory, and that it goes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::isolation::MemoryLimit;
use super::protocol::WireMemory;

const ROOT: &str = "/sys/fs/cgroup";
/// Those of version 1 in which the OCI runtime library puts a container.
const CONTROLLERS: [&str; 12] = [
    "blkio",
    "cpu",
    "cpuacct",
    "cpuset",
    "devices",
    "freezer",
    "hugetlb",
    "memory",
    "net_cls",
    "net_prio",
    "perf_event",
    "pids",
];

/// The path below each hierarchy's root.
pub(crate) fn path(id: &str) -> String {
    format!("/{}", name(id))
}

/// Straight below the root: a folder for all of ours would be made and removed by several programs at once.
fn name(id: &str) -> String {
    format!("seaworthy-{id}")
}

/// Whether containers are counted and limited by the whole tree (version 2) or by a tree for each controller.
pub(crate) fn is_unified() -> bool {
    Path::new(ROOT).join("cgroup.controllers").exists()
}

/// Whether this controller can be used.
pub(crate) fn has(controller: &str) -> bool {
    if is_unified() {
        let controllers = fs::read_to_string(Path::new(ROOT).join("cgroup.controllers")).unwrap_or_default();
        return controllers.split_whitespace().any(|name| name == controller);
    }
    Path::new(ROOT).join(controller).join("cgroup.procs").exists()
}

/// Half of this machine's memory: what a container has that nobody gave a limit.
pub(crate) fn half_of_memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024 / 2)
}

/// Makes the container's groups, and below `folder` what `/sys/fs/cgroup` of a container shows: its own groups and no others.
pub(crate) fn show(id: &str, folder: &Path) -> io::Result<()> {
    let bind = |source: &Path, target: &Path| -> io::Result<()> {
        match fs::create_dir(source) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(rustix::mount::mount_bind(source, target)?)
    };
    fs::create_dir(folder)?;
    if is_unified() {
        return bind(&Path::new(ROOT).join(name(id)), folder);
    }
    for entry in fs::read_dir(ROOT)?.flatten() {
        let (own, shown) = (entry.path(), folder.join(entry.file_name()));
        if let Ok(target) = fs::read_link(&own) {
            // `cpu` is a link to `cpu,cpuacct` where both are one.
            std::os::unix::fs::symlink(target, shown)?;
        } else if entry.file_name().to_string_lossy().split(',').all(|one| CONTROLLERS.contains(&one)) {
            fs::create_dir(&shown)?;
            bind(&own.join(name(id)), &shown)?;
        }
    }
    Ok(())
}

/// The memory controller's folder of this container, whether it is there or not.
fn memory_folder(id: &str) -> PathBuf {
    let root = if is_unified() { PathBuf::from(ROOT) } else { Path::new(ROOT).join("memory") };
    root.join(name(id))
}

/// A limit as this kernel can hold it; `None` without a memory controller.
pub(crate) fn limit(bytes: u64) -> Option<MemoryLimit> {
    if is_unified() {
        let controllers = fs::read_to_string(Path::new(ROOT).join("cgroup.controllers")).ok()?;
        let counts_swap = Path::new("/proc/swaps").exists();
        return controllers
            .split_whitespace()
            .any(|name| name == "memory")
            .then_some(MemoryLimit { bytes, counts_swap });
    }
    let memory = Path::new(ROOT).join("memory");
    memory
        .join("memory.limit_in_bytes")
        .exists()
        .then(|| MemoryLimit { bytes, counts_swap: memory.join("memory.memsw.limit_in_bytes").exists() })
}

/// What the controller saw; `None` without one.
pub(crate) fn memory(id: &str) -> Option<WireMemory> {
    let folder = memory_folder(id);
    let number = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok();
    let (peak_bytes, events) = if is_unified() {
        (number("memory.peak")?, fs::read_to_string(folder.join("memory.events")).ok()?)
    } else {
        (number("memory.max_usage_in_bytes")?, fs::read_to_string(folder.join("memory.oom_control")).ok()?)
    };
    let kills = events.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()?;
    Some(WireMemory { peak_bytes, kills })
}

/// Forgets what was used until now: the set-up's memory is not the program's. Where the kernel cannot, the peak stays the higher one.
pub(crate) fn forget_peak(id: &str) {
    let _ = fs::write(memory_folder(id).join("memory.max_usage_in_bytes"), "0");
}

/// Removes the container's groups: its processes are gone, or end by this.
pub(crate) fn remove(id: &str) {
    for group in all(id) {
        if let Ok(processes) = fs::read_to_string(group.join("cgroup.procs")) {
            for pid in processes.lines().filter_map(|line| line.parse().ok()).filter_map(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while let Err(error) = fs::remove_dir(&group) {
            if error.kind() == io::ErrorKind::NotFound || std::time::Instant::now() > until {
                break;
            }
            // Dead processes leave a group a moment later.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

/// Those of this container that exist, in every hierarchy.
fn all(id: &str) -> Vec<PathBuf> {
    let roots: Vec<PathBuf> = if is_unified() {
        vec![PathBuf::from(ROOT)]
    } else {
        fs::read_dir(ROOT).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    roots.into_iter().map(|root| root.join(name(id))).filter(|path| path.is_dir()).collect()
}
