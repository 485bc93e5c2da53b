//! Nothing is left of a container, however the program that started it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use seaworthy_engine::{Engine as _, Run};
use serde_json::json;

use crate::support::{self, ask, image, until};

/// Set for the process that is to be ended: its cache folder.
const HOLD: &str = "SEAWORTHY_TEST_HOLD";

/// What there is of containers on this machine that belongs to one cache folder.
fn traces(cache: &Path, ids: &[String]) -> Vec<String> {
    let mut traces = Vec::new();
    for folder in ["containers", "volumes"] {
        for entry in fs::read_dir(cache.join(folder)).into_iter().flatten().flatten() {
            traces.push(entry.path().display().to_string());
        }
    }
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    traces.extend(mounts.lines().filter(|line| line.contains(cache.to_str().unwrap())).map(str::to_owned));
    for hierarchy in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
        let groups = ids.iter().map(|id| hierarchy.path().join(format!("seaworthy-{id}")));
        traces.extend(groups.filter(|group| group.exists()).map(|group| group.display().to_string()));
    }
    traces
}

/// Names of the containers that run now.
fn ids(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(cache.join("containers")).unwrap().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn nothing_is_left_of_a_container_that_was_dropped() {
    let cache = tempfile::tempdir().unwrap();
    let engine = support::engine().with_cache(cache.path().to_owned());
    let prepared = engine.prepare(&image(&["serve"], json!({"Volumes": {"/data": {}}}))).unwrap();
    let container = prepared.start(&Run::default(), None).unwrap();
    ask(&*container, "child");
    let pids: Vec<u32> = container.processes().unwrap().iter().map(|process| process.pid).collect();
    let ids = ids(cache.path());
    assert_eq!((pids.len(), ids.len()), (2, 1));
    assert!(!traces(cache.path(), &ids).is_empty());

    drop(container);
    assert!(pids.iter().all(|&pid| !is_alive(pid)));
    assert_eq!(traces(cache.path(), &ids), [""; 0]);
}

/// A probe on its way into the container makes control groups.
#[test]
fn nothing_is_left_of_a_container_that_ends_while_it_is_probed() {
    let cache = tempfile::tempdir().unwrap();
    let engine = support::engine().with_cache(cache.path().to_owned());
    let check = json!({"Test": ["CMD", "/app/workload", "exit", "1"], "Interval": 1_000_000});
    let prepared = engine.prepare(&image(&["serve"], json!({"Healthcheck": check}))).unwrap();
    for moment_us in (0..20_000).step_by(1000) {
        let container = prepared.start(&Run::default(), None).unwrap();
        let ids = ids(cache.path());
        container.wait(std::time::Duration::from_micros(moment_us)).unwrap();
        drop(container);
        assert_eq!(traces(cache.path(), &ids), [""; 0]);
    }
}

#[test]
fn nothing_is_left_of_a_container_that_does_not_start() {
    let cache = tempfile::tempdir().unwrap();
    let engine = support::engine().with_cache(cache.path().to_owned());
    let config = json!({"Entrypoint": ["/missing"], "Volumes": {"/data": {}}});
    let prepared = engine.prepare(&support::image_of(&config, vec![support::workload()])).unwrap();
    assert!(prepared.start(&Run::default(), None).is_err());
    assert_eq!(traces(cache.path(), &[]), [""; 0]);
}

/// The program that the next test ends. Runs until then.
fn hold_a_container(cache: &Path) {
    let engine = support::engine().with_cache(cache.to_owned());
    let prepared = engine.prepare(&image(&["serve"], json!({"Volumes": {"/data": {}}}))).unwrap();
    let container = prepared.start(&Run::default(), None).unwrap();
    ask(&*container, "child");
    let pids = container.processes().unwrap().iter().map(|process| process.pid.to_string()).collect::<Vec<_>>();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "pids {}", pids.join(" ")).unwrap();
    loop {
        std::thread::park();
    }
}

/// Another process with a container, and the pids in it.
fn held_in_another_process(test: &str, cache: &Path) -> (Child, Vec<u32>) {
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(HOLD, cache)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let pids = lines.find_map(|line| line.ok()?.split_once("pids ").map(|(_, pids)| pids.to_owned())).unwrap();
    (program, pids.split(' ').map(|pid| pid.parse().unwrap()).collect())
}

/// The process that a container's first one is a child of.
fn supervisor_of(pid: u32) -> Pid {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let parent = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap();
    Pid::from_raw(parent.parse().unwrap()).unwrap()
}

#[test]
fn nothing_is_left_when_the_program_is_killed() {
    if let Some(cache) = std::env::var_os(HOLD) {
        return hold_a_container(Path::new(&cache));
    }
    let cache = tempfile::tempdir().unwrap();
    let (mut program, pids) =
        held_in_another_process("crash::nothing_is_left_when_the_program_is_killed", cache.path());
    let ids = ids(cache.path());
    assert_eq!((pids.len(), ids.len()), (2, 1));

    program.kill().unwrap();
    program.wait().unwrap();
    until("gone", || (pids.iter().all(|&pid| !is_alive(pid)) && traces(cache.path(), &ids).is_empty()).then_some(()));
}

#[test]
fn what_a_crash_leaves_is_removed_at_the_next_start() {
    if let Some(cache) = std::env::var_os(HOLD) {
        return hold_a_container(Path::new(&cache));
    }
    let cache = tempfile::tempdir().unwrap();
    let (mut program, pids) =
        held_in_another_process("crash::what_a_crash_leaves_is_removed_at_the_next_start", cache.path());
    let ids = ids(cache.path());
    let supervisor = supervisor_of(pids[0]);
    // Neither may clean up.
    kill_process(supervisor, Signal::STOP).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    kill_process(supervisor, Signal::KILL).unwrap();
    until("dead", || pids.iter().all(|&pid| !is_alive(pid)).then_some(()));
    assert!(!traces(cache.path(), &ids).is_empty());

    let engine = support::engine().with_cache(cache.path().to_owned());
    engine.prepare(&image(&["serve"], json!({}))).unwrap();
    assert_eq!(traces(cache.path(), &ids), [""; 0]);
}

#[test]
fn the_container_dies_with_its_supervisor() {
    let cache = tempfile::tempdir().unwrap();
    let engine = support::engine().with_cache(cache.path().to_owned());
    let prepared = engine.prepare(&image(&["serve"], json!({}))).unwrap();
    let container = prepared.start(&Run::default(), None).unwrap();
    let pid = container.processes().unwrap()[0].pid;
    kill_process(supervisor_of(pid), Signal::KILL).unwrap();
    until("dead", || (!is_alive(pid)).then_some(()));
    let error = container.status().unwrap_err();
    insta::assert_snapshot!(error, @"the embedded engine failed to ask the container's supervisor: it is gone");
    let ids = ids(cache.path());
    drop(container);
    assert_eq!(traces(cache.path(), &ids), [""; 0]);
}
