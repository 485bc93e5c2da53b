//! A process of this machine, looked at in `/proc`, with the ids that it has inside its container.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::thread;
use std::time::Duration;

use crate::Process;

const COMMAND_CHARS_MAX: usize = 1000;
/// What an id is inside that the container's user namespace has no number for.
const NOBODY: u32 = 65534;
/// SIGTERM's bit in a set of signals.
const TERM: u64 = 1 << 14;
/// What the states of the dead begin with: `Z (zombie)`, `X (dead)`.
const DEAD: [char; 2] = ['Z', 'X'];
/// How often, and after which time, a process is looked at again that is just becoming another program.
const LOOKS_MAX: u32 = 200;
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Which ids outside a container's ids are.
pub(crate) struct IdMaps {
    uid: String,
    gid: String,
}

impl IdMaps {
    /// Those of the container with this first process; `None` when it is gone.
    pub(crate) fn of(first: u32) -> Option<Self> {
        let read = |file: &str| fs::read_to_string(format!("/proc/{first}/{file}")).ok();
        Some(Self { uid: read("uid_map")?, gid: read("gid_map")? })
    }
}

/// The processes of the container with this first process: those in its PID namespace.
pub(crate) fn of_namespace(first: u32) -> Vec<Process> {
    let namespace = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let (Some(maps), Some(own)) = (IdMaps::of(first), namespace(first)) else { return Vec::new() };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut pids: Vec<u32> = pids.filter(|&pid| namespace(pid).as_ref() == Some(&own)).collect();
    pids.sort_unstable();
    pids.into_iter().filter_map(|pid| seen(pid, &maps)).collect()
}

/// `None` for a process that is gone, ending, or dead and not yet waited for.
pub(crate) fn seen(pid: u32, maps: &IdMaps) -> Option<Process> {
    let thread = alive(pid)?;
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    parse(pid, &status, &command_line(thread)?, maps)
}

/// A thread of the process that runs: the first one, or another where the first one has ended before the process.
pub(crate) fn alive(pid: u32) -> Option<u32> {
    let is_alive = |thread: u32| {
        let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
        field(&status, "State").is_some_and(|state| !state.starts_with(DEAD))
    };
    if is_alive(pid) {
        return Some(pid);
    }
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    threads.flatten().filter_map(|thread| thread.file_name().to_str()?.parse().ok()).find(|&thread| is_alive(thread))
}

/// Empty for a process that has taken its own away; `None` when it is gone or ending: it lets go of its memory before
/// its state tells.
fn command_line(pid: u32) -> Option<Vec<u8>> {
    let mut looks = 1;
    loop {
        // Becoming another program, it has that one's name before it has the line.
        let is_whole = !is_half_there(pid);
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        if !command.is_empty() || (is_whole && looks > 1) || looks == LOOKS_MAX {
            return Some(command);
        }
        if fs::read_link(format!("/proc/{pid}/exe")).is_err_and(|error| error.kind() == NotFound) {
            return None;
        }
        looks += 1;
        thread::sleep(LOOK_AGAIN);
    }
}

/// By field 26 of `/proc/PID/stat`, where its code begins (proc(5)): zero until all of the new program is in place, the
/// command line before it; one where that is not told.
fn is_half_there(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    after_name.split_whitespace().nth(23) == Some("0")
}

fn parse(pid: u32, status: &str, command: &[u8], maps: &IdMaps) -> Option<Process> {
    let field = |name: &str| field(status, name);
    if field("State")?.starts_with(DEAD) {
        return None;
    }
    let ids = |name: &str, map: &str| -> Option<[u32; 3]> {
        let outside: Vec<u32> = field(name)?.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        let inside: Vec<u32> = outside.iter().take(3).map(|&id| inside(map, id).unwrap_or(NOBODY)).collect();
        inside.try_into().ok()
    };
    let command = String::from_utf8_lossy(command).trim_end_matches('\0').replace('\0', " ");
    let command = if command.is_empty() { field("Name")?.to_owned() } else { command };
    Some(Process {
        pid,
        command: shortened(&command),
        uids: ids("Uid", &maps.uid)?,
        gids: ids("Gid", &maps.gid)?,
        capabilities: field("CapEff").and_then(|value| u64::from_str_radix(value, 16).ok()),
        // The last number is the one inside the container.
        is_first: field("NSpid").is_some_and(|numbers| numbers.split_whitespace().next_back() == Some("1")),
        handles_term: field("SigCgt").and_then(|value| u64::from_str_radix(value, 16).ok()).map(|set| set & TERM != 0),
    })
}

/// What a line of a `status` says.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// A command line as it is shown.
pub(crate) fn shortened(command: &str) -> String {
    command.chars().take(COMMAND_CHARS_MAX).collect()
}

/// The id inside that `outside` is, by the lines of a `uid_map` as the reader sees it: first id inside, first id outside, how many.
fn inside(map: &str, outside: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
        let (first_inside, first_outside, length) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let offset = outside.checked_sub(first_outside).filter(|&offset| offset < length)?;
        first_inside.checked_add(offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tx\nState:\tS (sleeping)\nUid:\t101000\t101000\t100000\t101000\nGid:\t5\t5\t5\t5\nCapEff:\t00000000a80425fb\nNSpid:\t12\t1\nSigCgt:\t0000000000004000\n";

    fn maps(uid: &str) -> IdMaps {
        IdMaps { uid: uid.to_owned(), gid: "0 0 4294967295\n".to_owned() }
    }

    #[test]
    fn ids_are_those_inside_the_container() {
        let process = parse(12, STATUS, b"/app/x\0--serve\0", &maps("0 100000 65536\n")).unwrap();
        let expected = Process {
            pid: 12,
            command: "/app/x --serve".to_owned(),
            uids: [1000, 1000, 0],
            gids: [5; 3],
            capabilities: Some(0xa804_25fb),
            is_first: true,
            handles_term: Some(true),
        };
        assert_eq!(process, expected);
        assert_eq!(parse(12, STATUS, b"", &maps("0 1 1\n")).unwrap().uids, [NOBODY; 3]);
    }

    #[test]
    fn a_process_without_a_command_line_has_its_name() {
        assert_eq!(parse(12, STATUS, b"", &maps("")).unwrap().command, "x");
    }

    #[test]
    fn a_dead_process_is_none() {
        assert_eq!(parse(12, "State:\tZ (zombie)\n", b"", &maps("")), None);
    }

    #[test]
    fn an_id_is_found_in_a_map_of_ranges() {
        let map = "         0 1879048192  268304384\n";
        assert_eq!(inside(map, 1_879_048_192), Some(0));
        assert_eq!(inside(map, 1_879_049_192), Some(1000));
        assert_eq!(inside(map, 0), None);
        assert_eq!(inside("1000 65534 1\n", 65534), Some(1000));
        assert_eq!(inside("1000 65534 1\n", 65535), None);
        assert_eq!(inside("nonsense", 1), None);
    }
}
