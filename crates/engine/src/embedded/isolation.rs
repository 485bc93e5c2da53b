//! What is closed to every container: Docker's defaults, as an OCI runtime specification.

use serde_json::{Value, json};

use super::Mapping;
use super::user::User;

/// Docker's default capabilities.
const CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// What `entry` needs to map the one id, where nothing else is kept; it drops it.
pub(crate) const FOR_ENTRY: &str = "CAP_SETFCAP";

const MASKED: [&str; 11] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
];

const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What one container adds to the defaults.
pub(crate) struct Wanted<'a> {
    pub(crate) mapping: Mapping,
    pub(crate) rootfs: &'a str,
    pub(crate) hostname: &'a str,
    pub(crate) user: &'a User,
    pub(crate) env: &'a [(String, String)],
    pub(crate) args: &'a [String],
    pub(crate) cwd: &'a str,
    pub(crate) read_only: bool,
    pub(crate) no_capabilities: bool,
    pub(crate) cgroup: &'a str,
    pub(crate) memory: Option<MemoryLimit>,
    /// The most processes at once; `None` without a controller for them.
    pub(crate) processes: Option<u32>,
    /// What is shown at `/sys/fs/cgroup`.
    pub(crate) groups: Option<&'a str>,
    pub(crate) binds: &'a [Bind],
}

/// A file or a folder of this machine that the container has at a path of its own.
pub(crate) struct Bind {
    pub(crate) source: String,
    pub(crate) destination: String,
    /// Beside `nosuid` and `nodev`, which hold for all.
    pub(crate) option: Option<&'static str>,
}

/// A limit on memory, for the controller there is.
#[derive(Clone, Copy)]
pub(crate) struct MemoryLimit {
    pub(crate) bytes: u64,
    /// Whether the kernel counts swap, so that it can be forbidden.
    pub(crate) counts_swap: bool,
}

/// The `process` member of a probe: root outside until `entry` makes it the image's user.
pub(crate) fn probe(wanted: &Wanted<'_>, args: &[String]) -> Value {
    let mut process = process(wanted, args);
    process["user"] = json!({"uid": 0, "gid": 0});
    process
}

/// The `process` member of the container.
fn process(wanted: &Wanted<'_>, args: &[String]) -> Value {
    let shifted = wanted.mapping.keeps_owners();
    let capabilities: &[&str] = match (wanted.no_capabilities, shifted || (wanted.user.uid, wanted.user.gid) == (0, 0))
    {
        (false, _) => &CAPABILITIES,
        (true, true) => &[],
        (true, false) => &[FOR_ENTRY],
    };
    // Without a range of ids the set-up runs as the one mapped id; `entry` becomes the image's user at the end.
    let user = if shifted {
        json!({"uid": wanted.user.uid, "gid": wanted.user.gid, "additionalGids": wanted.user.groups})
    } else {
        json!({"uid": 0, "gid": 0})
    };
    json!({
        "terminal": false,
        "user": user,
        "args": args,
        "env": wanted.env.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        "cwd": wanted.cwd,
        "noNewPrivileges": true,
        "rlimits": [{"type": "RLIMIT_NOFILE", "soft": files_max(), "hard": files_max()}],
        "capabilities": {
            "bounding": capabilities,
            "effective": capabilities,
            "permitted": capabilities,
            "inheritable": [],
            "ambient": [],
        },
    })
}

/// How many files a process may have open: as many as this one may allow itself, up to what Docker's daemon gives. What a shell gives is
/// for people.
fn files_max() -> u64 {
    const DOCKERS: u64 = 1_048_576;
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(DOCKERS).min(DOCKERS)
}

/// The whole specification of the container.
pub(crate) fn specification(wanted: &Wanted<'_>) -> Value {
    let mut namespaces = vec!["pid", "network", "ipc", "uts", "mount", "cgroup"];
    let mut linux = json!({
        "maskedPaths": MASKED,
        "readonlyPaths": READ_ONLY,
        "cgroupsPath": wanted.cgroup,
        // Any port may be listened on, as in Docker.
        "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "resources": {},
    });
    if let Mapping::Shifted { base, size } = wanted.mapping {
        namespaces.push("user");
        let map = json!([{"containerID": 0, "hostID": base, "size": size}]);
        linux["uidMappings"] = map.clone();
        linux["gidMappings"] = map;
        // Any group may ping, as in Docker; the range must be of groups that exist.
        linux["sysctl"]["net.ipv4.ping_group_range"] = json!(format!("0 {}", size - 1));
    }
    linux["namespaces"] = namespaces.into_iter().map(|kind| json!({"type": kind})).collect();
    if let Some(limit) = wanted.memory {
        let mut memory = json!({"limit": limit.bytes});
        if limit.counts_swap {
            memory["swap"] = json!(limit.bytes);
        }
        linux["resources"]["memory"] = memory;
    }
    if let Some(processes) = wanted.processes {
        linux["resources"]["pids"] = json!({"limit": processes});
    }
    json!({
        "ociVersion": "1.0.2",
        "root": {"path": wanted.rootfs, "readonly": wanted.read_only},
        "hostname": wanted.hostname,
        "process": process(wanted, wanted.args),
        "mounts": mounts(wanted),
        "linux": linux,
    })
}

fn mounts(wanted: &Wanted<'_>) -> Vec<Value> {
    let mount = |kind: &str, destination: &str, options: &[&str]| json!({"type": kind, "source": kind, "destination": destination, "options": options});
    let mut terminals = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    if wanted.mapping.keeps_owners() {
        terminals.push("gid=5");
    }
    let mut mounts = vec![
        mount("proc", "/proc", &["nosuid", "noexec", "nodev"]),
        mount("tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("devpts", "/dev/pts", &terminals),
        mount("tmpfs", "/dev/shm", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        mount("mqueue", "/dev/mqueue", &["nosuid", "noexec", "nodev"]),
        mount("sysfs", "/sys", &["nosuid", "noexec", "nodev", "ro"]),
    ];
    if let Some(groups) = wanted.groups {
        let options = ["rbind", "rro", "nosuid", "noexec", "nodev"];
        mounts.push(json!({"type": "bind", "source": groups, "destination": "/sys/fs/cgroup", "options": options}));
    }
    for Bind { source, destination, option } in wanted.binds {
        let options: Vec<&str> = ["rbind", "nosuid", "nodev"].into_iter().chain(*option).collect();
        mounts.push(json!({"type": "bind", "source": source, "destination": destination, "options": options}));
    }
    mounts
}
