//! What the service sees of its container: `GET /inside` answers it as JSON.

use std::fs;

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

#[cfg(target_arch = "x86_64")]
const KEYCTL: i64 = 250;
#[cfg(not(target_arch = "x86_64"))]
const KEYCTL: i64 = 219;
/// `KEYCTL_GET_KEYRING_ID` of the session's keyring.
const GET_KEYRING_ID: i64 = 0;
const SESSION: i64 = -3;

pub fn seen() -> String {
    format!(
        "{{\"seccomp\":{},\"keyctl\":{},\"control_groups_are_read_only\":{},\"memory_limit\":{},\"processes_max\":{},\"knows_localhost\":{}}}",
        number_after(&text("/proc/self/status"), "Seccomp:"),
        keyctl(),
        control_groups_are_read_only(),
        number(&["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]),
        number(&["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"]),
        text("/etc/hosts").lines().any(|line| line.starts_with("127.0.0.1") && line.contains("localhost")),
    )
}

/// The error's number, 0 where the keyring can be asked for.
fn keyctl() -> i32 {
    // SAFETY: it takes numbers, and gives one.
    match unsafe { syscall(KEYCTL, GET_KEYRING_ID, SESSION, 0_i64) } {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap_or(-1),
        _ => 0,
    }
}

fn control_groups_are_read_only() -> bool {
    let mounts = text("/proc/self/mounts");
    let mut options = mounts.lines().filter_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        // The folder around those of version 1 may be in memory, and writable: it changes nothing.
        words.get(2)?.starts_with("cgroup").then(|| words.get(3).copied().unwrap_or_default())
    });
    options.all(|options| options.split(',').next() == Some("ro"))
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn number(paths: &[&str]) -> u64 {
    paths.iter().find_map(|path| text(path).trim().parse().ok()).unwrap_or(0)
}

fn number_after(text: &str, name: &str) -> u64 {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0)
}
