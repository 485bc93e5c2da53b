//! Which ids outside a container's user namespace its ids are.

use std::fs;
use std::io;

use nix::sched::CloneFlags;
use serde::{Deserialize, Serialize};

/// First of the host ids that containers' ids become; systemd's list of well-known ranges leaves this one unused.
const BASE: u32 = 0x7000_0000;
/// How many ids a container has.
const SIZE: u32 = 0x0ffe_0000;

/// Which ids outside a container's user namespace its ids are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mapping {
    /// As root: every id, moved to a range that no user of this machine has.
    Shifted { base: u32, size: u32 },
    /// Without root: one id inside, which is this user outside. All files belong to it.
    Single { uid: u32, gid: u32 },
}

impl Mapping {
    /// What this process can do.
    pub(crate) fn of_this_process() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        let maps =
            ["uid_map", "gid_map"].map(|map| fs::read_to_string(format!("/proc/self/{map}")).unwrap_or_default());
        if uid == 0 && may_map() && maps.iter().all(|map| covers(map, BASE, SIZE)) {
            Self::Shifted { base: BASE, size: SIZE }
        } else {
            Self::Single { uid, gid }
        }
    }

    /// Names the folder of layers unpacked for this mapping.
    pub(crate) fn folder(self) -> String {
        match self {
            Self::Shifted { base, .. } => format!("shifted-{base}"),
            Self::Single { uid, .. } => format!("user-{uid}"),
        }
    }

    /// The owner that a file of the container has outside; `None` if the id is beyond the range, or files keep their one owner.
    pub(crate) fn outside(self, id: u32) -> Option<u32> {
        match self {
            Self::Shifted { base, size } => (id < size).then(|| base + id),
            Self::Single { .. } => None,
        }
    }

    /// Whether files have the owners that the image gives them.
    pub(crate) fn keeps_owners(self) -> bool {
        matches!(self, Self::Shifted { .. })
    }

    /// Puts this process into a mount namespace of its own, and without root into a user namespace that allows it: as root there.
    pub(crate) fn set_apart(self) -> io::Result<()> {
        let Self::Single { uid, gid } = self else {
            return Ok(nix::sched::unshare(CloneFlags::CLONE_NEWNS)?);
        };
        nix::sched::unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
        fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
    }

    /// Whether the id exists in the container.
    pub(crate) fn has(self, id: u32) -> bool {
        match self {
            Self::Shifted { size, .. } => id < size,
            Self::Single { .. } => id != u32::MAX,
        }
    }
}

/// Whether this process holds what writing a map of many ids, owning their files and mounting need.
fn may_map() -> bool {
    const NEEDED: [u32; 5] = [0, 1, 6, 7, 21]; // CHOWN, DAC_OVERRIDE, SETGID, SETUID, SYS_ADMIN
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|value| u64::from_str_radix(value.trim(), 16).ok()).unwrap_or(0);
    NEEDED.iter().all(|bit| effective & (1 << bit) != 0)
}

/// Whether the ids from `first` on exist in the user namespace that has this map.
fn covers(map: &str, first: u32, count: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().filter_map(|number| number.parse::<u64>().ok());
        let (Some(inside), Some(_), Some(length)) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        inside <= u64::from(first) && u64::from(first) + u64::from(count) <= inside + length
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_with_few_ids_does_not_cover_the_range() {
        assert!(covers("         0          0 4294967295\n", BASE, SIZE));
        assert!(!covers("         0     100000      65536\n", BASE, SIZE));
        assert!(!covers("", BASE, SIZE));
    }
}
