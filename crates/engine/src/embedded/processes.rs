//! A container's processes, as `/proc` shows them.

use std::fs;
use std::os::linux::fs::MetadataExt as _;

use super::mapping;
use super::protocol::WireProcess;

/// More are not listed.
const PROCESSES_MAX: usize = 10_000;
const COMMAND_CHARS_MAX: usize = 1000;

/// All processes in the PID namespace of the container's first one.
pub(crate) fn of(init: i32) -> Vec<WireProcess> {
    let namespace = |pid: &str| fs::metadata(format!("/proc/{pid}/ns/pid")).ok().map(|found| found.st_ino());
    let map = |file: &str| fs::read_to_string(format!("/proc/{init}/{file}")).unwrap_or_default();
    let Some(container) = namespace(&init.to_string()) else { return Vec::new() };
    let (uid_map, gid_map) = (map("uid_map"), map("gid_map"));
    // Set-up on its way to becoming a probe still is this program.
    let own = fs::metadata("/proc/self/exe").ok().map(|found| (found.st_dev(), found.st_ino()));

    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|pid| namespace(pid) == Some(container))
        .filter(|pid| {
            let program = fs::metadata(format!("/proc/{pid}/exe")).ok().map(|found| (found.st_dev(), found.st_ino()));
            program.is_none() || program != own
        })
        .filter_map(|pid| read(&pid, &uid_map, &gid_map))
        .take(PROCESSES_MAX)
        .collect()
}

/// `None` for a process that is gone, or dead and not yet waited for.
fn read(pid: &str, uid_map: &str, gid_map: &str) -> Option<WireProcess> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    if field("State")?.starts_with(['Z', 'X']) {
        return None;
    }
    let ids = |name: &str, map: &str| -> Option<[u32; 3]> {
        let outside: Vec<u32> = field(name)?.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        // An id outside the map is nobody inside.
        let inside: Vec<u32> = outside.iter().take(3).map(|&id| mapping::inside(map, id).unwrap_or(65534)).collect();
        inside.try_into().ok()
    };
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).trim_end_matches('\0').replace('\0', " ");
    let command = if command.is_empty() { field("Name")?.to_owned() } else { command };
    Some(WireProcess {
        pid: pid.parse().ok()?,
        command: command.chars().take(COMMAND_CHARS_MAX).collect(),
        uids: ids("Uid", uid_map)?,
        gids: ids("Gid", gid_map)?,
        capabilities: field("CapEff").and_then(|value| u64::from_str_radix(value, 16).ok()),
    })
}
