//! What a file's bits and attributes give to whoever executes it.
//!
//! Engines run containers without `no-new-privileges` unless they are told otherwise, so that what is found here works.

use seaworthy_image::Node;

/// What makes a file run with other rights than those of the user who starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// It runs as its owner.
    Setuid { owner: u64 },
    /// It runs in its group.
    Setgid { group: u64 },
    /// It runs with these capabilities, a bit each.
    Capabilities(u64),
    /// It has an attribute for capabilities that kernels refuse.
    Unreadable,
}

/// Capabilities by their number (capabilities(7)).
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Those with which a program can become root, or change what root executes.
const MAKE_ROOT: [&str; 16] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "setgid",
    "setuid",
    "setpcap",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_admin",
    "mknod",
    "setfcap",
    "mac_override",
    "mac_admin",
];

impl Privilege {
    /// `None` where the file runs as whoever starts it. Of several the strongest is told.
    pub(super) fn of(node: &Node) -> Option<Self> {
        if !node.is_file() {
            return None;
        }
        let attribute = node.xattrs.iter().find(|(name, _)| name == "security.capability");
        let capabilities = attribute.map(|(_, value)| match permitted(value) {
            Some(bits) => Self::Capabilities(bits),
            None => Self::Unreadable,
        });
        let setuid = (node.mode & 0o4000 != 0).then_some(Self::Setuid { owner: node.uid });
        let setgid = (node.mode & 0o2000 != 0).then_some(Self::Setgid { group: node.gid });
        let found = [setuid, capabilities, setgid].into_iter().flatten();
        // Of equals the first.
        found.min_by_key(|privilege| !privilege.makes_root())
    }

    /// Whether who executes the file can become root by it.
    pub(crate) fn makes_root(&self) -> bool {
        match self {
            Self::Setuid { owner } => *owner == 0,
            Self::Setgid { .. } | Self::Unreadable => false,
            Self::Capabilities(bits) => names(*bits).iter().any(|name| MAKE_ROOT.contains(&name.as_str())),
        }
    }

    /// `setuid root`, `setgid 42`, `cap_net_raw`.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Setuid { owner: 0 } => "setuid root".to_owned(),
            Self::Setuid { owner } => format!("setuid {owner}"),
            Self::Setgid { group: 0 } => "setgid root".to_owned(),
            Self::Setgid { group } => format!("setgid {group}"),
            Self::Capabilities(0) => "file capabilities, none of them permitted".to_owned(),
            Self::Capabilities(bits) => {
                let names: Vec<String> = names(*bits).iter().map(|name| format!("cap_{name}")).collect();
                super::first(&names, 4)
            }
            Self::Unreadable => "file capabilities of an unknown form".to_owned(),
        }
    }
}

fn names(bits: u64) -> Vec<String> {
    let name = |number: usize| CAPABILITIES.get(number).map_or_else(|| number.to_string(), |&name| name.to_owned());
    (0..64).filter(|number| bits >> number & 1 == 1).map(name).collect()
}

/// The permitted set of the attribute `security.capability`, in any of its three revisions; kernels take no others.
///
/// The inheritable set is left out: it counts only where the starting process has the same capability to pass on.
fn permitted(value: &[u8]) -> Option<u64> {
    let word = |at: usize| Some(u64::from(u32::from_le_bytes(value.get(at..at + 4)?.try_into().ok()?)));
    match (word(0)? >> 24, value.len()) {
        (1, 12) => word(4),
        (2, 20) | (3, 24) => Some(word(4)? | word(12)? << 32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_three_forms_are_read_and_no_others() {
        let form = |revision: u8, length: usize, low: u8, high: u8| {
            let mut value = vec![0; length];
            (value[0], value[3], value[5]) = (1, revision, low);
            if length > 12 {
                value[12] = high;
            }
            permitted(&value)
        };
        // `setcap cap_net_bind_service+ep` is bit 10, `cap_net_raw` 13.
        assert_eq!(form(1, 12, 0x04, 0), Some(1 << 10));
        assert_eq!(form(2, 20, 0x20, 0), Some(1 << 13));
        assert_eq!(form(3, 24, 0x04, 0x80), Some(1 << 10 | 1 << 39));
        for (revision, length) in [(2, 12), (1, 20), (4, 24), (0, 20), (2, 19)] {
            assert_eq!(form(revision, length, 4, 0), None, "{revision} {length}");
        }
        assert_eq!(permitted(b"\x01"), None);
    }

    #[test]
    fn what_makes_root_is_told_apart() {
        for (name, expected) in [
            ("setuid", true),
            ("dac_override", true),
            ("sys_admin", true),
            ("setfcap", true),
            ("net_bind_service", false),
            ("net_raw", false),
            ("ipc_lock", false),
        ] {
            let bit = CAPABILITIES.iter().position(|other| *other == name).unwrap();
            let privilege = Privilege::Capabilities(1 << bit);
            assert_eq!((privilege.makes_root(), privilege.describe()), (expected, format!("cap_{name}")));
        }
        assert!(MAKE_ROOT.iter().all(|name| CAPABILITIES.contains(name)));
    }
}
