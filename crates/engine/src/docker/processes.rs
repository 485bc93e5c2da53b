//! A container's processes, as the daemon lists them.

use std::fs;

use crate::Process;
use crate::process::shortened;

/// What the daemon's `ps` is asked for, in the order of [`told`].
pub(crate) const PS_ARGUMENTS: &str = "-eo pid,ruid,euid,suid,rgid,egid,sgid,args";

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
        command: shortened(row.get(7)?),
        capabilities: None,
        is_first: false,
        handles_term: None,
    })
}

/// `runc init`, on its way to becoming the image's program.
pub(crate) fn is_runtime(command: &str) -> bool {
    let mut words = command.split(' ');
    let program = words.next().unwrap_or_default();
    let name = program.rsplit_once('/').map_or(program, |(_, name)| name);
    matches!(name, "runc" | "docker-runc" | "exe") && words.next() == Some("init")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: [&str; 8] = ["12", "1000", "1000", "1000", "7", "7", "7", "/app/x --serve"];

    fn row() -> Vec<String> {
        ROW.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_runtime_is_known_by_its_words() {
        for command in ["runc init", "/usr/bin/runc init", "/proc/self/exe init"] {
            assert!(is_runtime(command), "{command}");
        }
        for command in ["", "runc", "/sbin/init", "/app/x init", "runc init-db"] {
            assert!(!is_runtime(command), "{command}");
        }
    }

    #[test]
    fn a_row_that_is_none_is_left_out() {
        assert_eq!(told(&["x".to_owned()]), None);
        assert_eq!(told(&row()).unwrap().command, "/app/x --serve");
    }
}
