//! What a container's memory controller saw, read where the kernel shows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Memory;

const ROOT: &str = "/sys/fs/cgroup";

/// The memory controller of one container. It goes when the container ends, so what it said last is kept.
#[derive(Default)]
pub(crate) struct Counter {
    folder: Option<PathBuf>,
    last: Option<Memory>,
}

impl Counter {
    /// The group of a process that still runs.
    pub(crate) fn find(&mut self, pid: u32) {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        self.folder = folder(&groups).filter(|folder| folder.is_dir());
        self.sample();
    }

    pub(crate) fn sample(&mut self) {
        if let Some(now) = self.folder.as_deref().and_then(read) {
            self.last = Some(now);
        }
    }

    /// What was seen last.
    pub(crate) fn last(&self) -> Option<Memory> {
        self.last
    }

    /// With what the daemon knows: that the kernel killed it, and the limit that it then had reached.
    pub(crate) fn reading(&mut self, killed: bool, limit_bytes: Option<u64>) -> Option<Memory> {
        self.sample();
        match (self.last, killed) {
            (Some(last), false) => Some(last),
            (last, true) => Some(Memory {
                peak_bytes: last.map_or(0, |last| last.peak_bytes).max(limit_bytes.unwrap_or(0)),
                kills: last.map_or(0, |last| last.kills).max(1),
            }),
            (None, false) => None,
        }
    }
}

/// Looks at the group for as long as it is there, so that a kill is seen before it goes.
pub(crate) fn watch(counter: &Arc<Mutex<Counter>>) {
    const PAUSE: Duration = Duration::from_millis(10);
    let counter = Arc::downgrade(counter);
    // Where there is no thread, what others ask for is all that is seen.
    let _ = thread::Builder::new().name("memory".to_owned()).spawn(move || {
        while let Some(counter) = counter.upgrade() {
            let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
            if !counter.folder.as_deref().is_some_and(Path::is_dir) {
                return;
            }
            counter.sample();
            drop(counter);
            thread::sleep(PAUSE);
        }
    });
}

/// From `/proc/PID/cgroup`: the memory hierarchy of version 1 where there is one, else the one tree of version 2.
fn folder(groups: &str) -> Option<PathBuf> {
    let find = |controller: &str| {
        groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|name| name == controller).then_some(path)
        })
    };
    if let Some(path) = find("memory") {
        return Some(Path::new(ROOT).join("memory").join(path.trim_start_matches('/')));
    }
    Some(Path::new(ROOT).join(find("")?.trim_start_matches('/')))
}

fn read(folder: &Path) -> Option<Memory> {
    let number = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok();
    let kills = |file: &str| -> Option<u64> {
        let text = fs::read_to_string(folder.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
    };
    let peak_bytes = number("memory.peak").or_else(|| number("memory.max_usage_in_bytes"))?;
    let kills = kills("memory.events").or_else(|| kills("memory.oom_control"))?;
    Some(Memory { peak_bytes, kills })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_in_both_versions() {
        let check = |groups: &str, expected: Option<&str>| assert_eq!(folder(groups), expected.map(PathBuf::from));
        check("9:name=systemd:/\n4:memory:/docker/1f\n0::/\n", Some("/sys/fs/cgroup/memory/docker/1f"));
        check("2:cpu,memory:/docker/1f\n", Some("/sys/fs/cgroup/memory/docker/1f"));
        check("0::/system.slice/docker-1f.scope\n", Some("/sys/fs/cgroup/system.slice/docker-1f.scope"));
        check("", None);
    }

    #[test]
    fn a_kill_is_told_also_when_the_group_is_gone() {
        let killed = Counter::default().reading(true, Some(10));
        assert_eq!(killed, Some(Memory { peak_bytes: 10, kills: 1 }));
        assert_eq!(Counter::default().reading(false, Some(10)), None);
    }
}
