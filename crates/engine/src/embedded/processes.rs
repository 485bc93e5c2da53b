//! A container's processes: those of its PID namespace.

use std::fs::{self, Metadata};
use std::io;
use std::os::linux::fs::MetadataExt as _;

use crate::Process;
use crate::process::{self, IdMaps};

use super::PROBE;

/// More are not listed.
const PROCESSES_MAX: usize = 10_000;

/// All processes in the PID namespace of the container's first one, but for set-up on its way to becoming a probe.
pub(crate) fn of(first: u32) -> Vec<Process> {
    let Some(maps) = IdMaps::of(first) else { return Vec::new() };
    let own = fs::metadata("/proc/self/exe").ok();
    numbers(first)
        .into_iter()
        .filter(|&pid| process::alive(pid).is_some_and(|thread| runs_a_program_of_its_own(thread, own.as_ref())))
        .filter_map(|pid| process::seen(pid, &maps))
        .take(PROCESSES_MAX)
        .collect()
}

/// The numbers, outside, of all processes in the PID namespace of the container's first one.
pub(crate) fn numbers(first: u32) -> Vec<u32> {
    let namespace = |pid: u32| fs::metadata(format!("/proc/{pid}/ns/pid")).ok().map(|found| found.st_ino());
    let Some(container) = namespace(first) else { return Vec::new() };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(|&pid| namespace(pid) == Some(container)).collect()
}

/// Whether what the process runs is not this program any more: it forks, enters the container, and only then becomes the image's.
fn runs_a_program_of_its_own(pid: u32, own: Option<&Metadata>) -> bool {
    let is_own = |program: &Metadata| {
        own.is_some_and(|own| (own.st_dev(), own.st_ino()) == (program.st_dev(), program.st_ino()))
    };
    match fs::metadata(format!("/proc/{pid}/exe")) {
        Ok(program) => !is_own(&program),
        // It has let go of its program: it is ending.
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        // Without root, set-up cannot be looked into before it is the image's user.
        Err(_) => {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            command.split(|&byte| byte == 0).nth(1) != Some(PROBE.as_bytes())
        }
    }
}
