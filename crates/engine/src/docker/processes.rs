//! A container's processes: listed by the daemon, looked at where they can be seen from here.

use std::fs;

use crate::Process;

/// What the daemon's `ps` is asked for, in the order of [`told`].
pub(crate) const PS_ARGUMENTS: &str = "-eo pid,ruid,euid,suid,rgid,egid,sgid,args";

const COMMAND_CHARS: usize = 1000;

/// Whether this process of this machine is the container's, and not another one that happens to have the number there.
pub(crate) fn is_of_container(pid: u32, id: &str) -> bool {
    pid != 0 && fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|groups| groups.contains(id))
}

/// From a row of `ps`: ids as they are outside.
pub(crate) fn told(row: &[String]) -> Option<Process> {
    let number = |column: usize| row.get(column)?.trim().parse().ok();
    Some(Process {
        pid: number(0)?,
        uids: [number(1)?, number(2)?, number(3)?],
        gids: [number(4)?, number(5)?, number(6)?],
        command: row.get(7)?.chars().take(COMMAND_CHARS).collect(),
        capabilities: None,
    })
}

/// From a row of `ps`, the ids and capabilities from the kernel; `None` for a process that is gone, or dead and not yet waited for.
pub(crate) fn seen(row: &[String]) -> Option<Process> {
    let told = told(row)?;
    let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", told.pid)).ok();
    inside(told.clone(), &read("status")?, &read("uid_map")?, &read("gid_map")?)
}

fn inside(told: Process, status: &str, uid_map: &str, gid_map: &str) -> Option<Process> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    if field("State")?.starts_with(['Z', 'X']) {
        return None;
    }
    let ids = |name: &str, map: &str| -> Option<[u32; 3]> {
        let outside: Vec<u32> = field(name)?.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        // An id outside the map is nobody inside.
        let inside: Vec<u32> = outside.iter().take(3).map(|&id| mapped(map, id).unwrap_or(65534)).collect();
        inside.try_into().ok()
    };
    let capabilities = field("CapEff").and_then(|value| u64::from_str_radix(value, 16).ok());
    Some(Process { uids: ids("Uid", uid_map)?, gids: ids("Gid", gid_map)?, capabilities, ..told })
}

/// By the lines of a `uid_map`: first id inside, first id outside, how many.
fn mapped(map: &str, outside: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let numbers: Vec<u32> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [first_inside, first_outside, length] = numbers[..] else { return None };
        let offset = outside.checked_sub(first_outside).filter(|&offset| offset < length)?;
        first_inside.checked_add(offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: [&str; 8] = ["12", "1000", "1000", "1000", "7", "7", "7", "/app/x --serve"];

    fn row() -> Vec<String> {
        ROW.map(str::to_owned).to_vec()
    }

    #[test]
    fn ids_are_those_inside_the_container() {
        let status = "Name:\tx\nState:\tS (sleeping)\nUid:\t101000\t101000\t100000\t101000\nGid:\t5\t5\t5\t5\nCapEff:\t00000000a80425fb\n";
        let process = inside(told(&row()).unwrap(), status, "0 100000 65536\n", "0 0 4294967295\n").unwrap();
        assert_eq!(process.uids, [1000, 1000, 0]);
        assert_eq!(process.gids, [5, 5, 5]);
        assert_eq!(process.capabilities, Some(0xa804_25fb));
        let process = inside(told(&row()).unwrap(), status, "0 1 1\n", "0 0 4294967295\n").unwrap();
        assert_eq!(process.uids, [65534; 3]);
    }

    #[test]
    fn a_dead_process_is_none() {
        assert_eq!(inside(told(&row()).unwrap(), "State:\tZ (zombie)\n", "", ""), None);
    }

    #[test]
    fn a_row_that_is_none_is_left_out() {
        assert_eq!(told(&["x".to_owned()]), None);
        assert_eq!(told(&row()).unwrap().command, "/app/x --serve");
    }
}
