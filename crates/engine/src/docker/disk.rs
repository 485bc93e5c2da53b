//! Stops a container that writes more than it may.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::{InspectContainerOptionsBuilder, KillContainerOptionsBuilder};
use rustix::process::{Pid, PidfdFlags, Signal};

use super::client::Client;
use super::processes;
use crate::embedded::deleted;

/// A container that is stopped when it has written too much.
#[derive(Clone, Default)]
pub(crate) struct Bounded {
    /// It was stopped for that.
    is_over: Arc<AtomicBool>,
    /// The number of its first process on this machine; 0 where it is not known.
    first: Arc<AtomicU32>,
}

impl Bounded {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    pub(crate) fn has_started(&self, first: Option<u32>) {
        self.first.store(first.unwrap_or(0), Ordering::Release);
    }

    /// Kills it, once for all: by the kernel where this process may, for the daemon writes down first that it will, and waits for a disk that
    /// has all to write that the container wrote.
    pub(crate) fn stop(&self, client: &Client, id: &str) {
        // First the reason, then the end: nobody sees this end without it.
        self.is_over.store(true, Ordering::Release);
        if kill_process(self.first.load(Ordering::Acquire), id).is_none() {
            client.block(kill(&client.docker, id));
        }
    }
}

/// Kills the first process of the container, and with it all others.
fn kill_process(first: u32, id: &str) -> Option<()> {
    let number = Pid::from_raw(i32::try_from(first).ok()?)?;
    let process = rustix::process::pidfd_open(number, PidfdFlags::empty()).ok()?;
    // Asked when the process is held: from here on the number is no other's.
    if !processes::is_of_container(first, id) {
        return None;
    }
    rustix::process::pidfd_send_signal(process, Signal::KILL).ok()
}

async fn kill(docker: &Docker, id: &str) {
    const TRIES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(100);
    for _ in 0..TRIES {
        let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        match docker.kill_container(id, Some(options)).await {
            Ok(()) => return,
            // It runs no more, or is gone.
            Err(error) if matches!(super::client::status(&error), Some(404 | 409)) => return,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Where its folders are not to be seen: by what the daemon says of its own layer. Volumes are not weighed.
pub(crate) fn watch(client: &Client, id: String, bounded: Bounded, limit_bytes: u64) {
    const PAUSE: Duration = Duration::from_secs(1);
    let docker = client.docker.clone();
    client.spawn(async move {
        let options = InspectContainerOptionsBuilder::default().size(true).build();
        // Until it is removed.
        while let Ok(found) = docker.inspect_container(&id, Some(options.clone())).await {
            let written = found.size_rw.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
            if written > limit_bytes {
                bounded.is_over.store(true, Ordering::Release);
                return kill(&docker, &id).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
}

/// Has it stopped when files without a name, which the container still holds open, take more than that: no walk through folders finds them.
/// They are seen where this process may look into the container's; for as long as its first one is there.
pub(crate) fn watch_deleted(
    client: &Arc<Client>,
    id: String,
    first: u32,
    bounded: Bounded,
    limit_bytes: u64,
) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(400);
    let Ok(mounts) = fs::read_to_string(format!("/proc/{first}/mountinfo")) else { return Ok(()) };
    let (client, devices) = (Arc::clone(client), on_disks(&mounts));
    thread::Builder::new().name("deleted".to_owned()).spawn(move || {
        while processes::is_of_container(first, &id) {
            if deleted::bytes(first, &devices) > limit_bytes {
                return bounded.stop(&client, &id);
            }
            thread::sleep(PAUSE);
        }
    })?;
    Ok(())
}

/// The numbers of the file systems, of a `/proc/PID/mountinfo`, that are not in memory.
fn on_disks(mounts: &str) -> Vec<u64> {
    const IN_MEMORY: [&str; 9] =
        ["tmpfs", "ramfs", "proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "devtmpfs"];
    let numbers = mounts.lines().filter_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let (major, minor) = mount.split(' ').nth(2)?.split_once(':')?;
        let is_on_disk = !IN_MEMORY.contains(&file_system.split(' ').next()?);
        is_on_disk.then(|| Some(rustix::fs::makedev(major.parse().ok()?, minor.parse().ok()?)))?
    });
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_on_no_disk() {
        let mounts = "\
700 600 0:52 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l
701 700 0:55 / /proc rw,nosuid - proc proc rw
702 700 0:56 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k
703 700 254:0 /volumes/x /data rw,relatime master:2 - ext4 /dev/vda rw
704 700 254:0 /containers/hosts /etc/hosts rw - ext4 /dev/vda rw
no line of it
705 700 x:y / /odd rw - ext4 /dev/vda rw
";
        assert_eq!(on_disks(mounts), [rustix::fs::makedev(0, 52), rustix::fs::makedev(254, 0)]);
    }
}
