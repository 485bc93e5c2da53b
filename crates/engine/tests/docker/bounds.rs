//! What a container cannot use up, and what stays writable.

use std::time::{Duration, Instant};

use seaworthy_engine::{Exit, Run, Status};
use serde_json::json;

use crate::support::{Tar, ask, image, image_of, send, time_to_stop, until, workload};
use crate::{serve, start};

#[test]
fn a_fork_bomb_ends_at_the_limit() {
    let container = serve(&Run { processes: 40, ..Run::default() });
    // EAGAIN, with this program's own threads among the forty.
    let answer = ask(&*container, "spawn?300");
    let (made, errno) = answer.split_once(' ').unwrap();
    assert_eq!(errno, "11");
    assert!((25..40).contains(&made.parse::<u32>().unwrap()), "{answer}");
    let limits = ask(&*serve(&Run::default()), "read?/sys/fs/cgroup/pids/pids.max");
    assert!(["4096", "entity not found"].contains(&limits.trim()), "{limits}");
}

#[test]
fn a_container_that_writes_more_than_it_may_is_stopped_and_says_why() {
    let folder = Tar::new().file("data/first", 0, 0o644, &vec![1; 40 << 20]).layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "Volumes": {"/data": {}}});
    let image = image_of(&config, vec![workload(), folder]);
    let run = Run { disk_bytes: 30_000_000, ..Run::default() };
    for path in ["/app/big", "/etc/hosts", "/data/big"] {
        let container = start(&image, &run);
        assert_eq!(ask(&*container, &format!("fill?{path}:10")), "written", "{path}");
        assert_eq!(container.wait(Duration::from_millis(700)).unwrap(), None, "{path}");
        let started = Instant::now();
        send(&*container, &format!("fill?{path}:2000"));
        let stopped = Some(Exit { code: 137, out_of_memory: false, out_of_disk: true });
        assert_eq!(container.wait(Duration::from_secs(20)).unwrap(), stopped, "{path}");
        assert!(started.elapsed() < Duration::from_secs(10), "{path}: {:?}", started.elapsed());
    }
}

#[test]
fn what_is_deleted_and_still_held_open_counts() {
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "Volumes": {"/data": {}}});
    let image = image_of(&config, vec![workload()]);
    let run = Run { disk_bytes: 30_000_000, ..Run::default() };
    for path in ["/app/big", "/data/big"] {
        let container = start(&image, &run);
        send(&*container, &format!("fill?-{path}:10"));
        assert_eq!(container.wait(Duration::from_secs(1)).unwrap(), None, "{path}");
        send(&*container, &format!("fill?-{path}:2000"));
        let stopped = Some(Exit { code: 137, out_of_memory: false, out_of_disk: true });
        assert_eq!(container.wait(Duration::from_secs(20)).unwrap(), stopped, "{path}");
    }
}

#[test]
#[ignore = "writes 4 GB: scripts/bounds"]
fn two_gigabytes_are_stopped_soon_after_the_bound() {
    // The daemon tells the end only when it has written it down, behind all that the container wrote.
    for path in ["/app/big", "/etc/hosts"] {
        let took = time_to_stop(start, |container| container.connect(8000, Duration::from_secs(1)).is_ok(), path);
        println!("docker, 2 GB to {path}: stopped {took:?} after it passed the bound");
    }
}

#[test]
fn what_is_written_is_not_charged_to_the_memory() {
    let container = serve(&Run { memory_limit_bytes: Some(48 << 20), ..Run::default() });
    assert_eq!(ask(&*container, "fill?/app/big:300"), "written");
    assert_eq!(container.memory().unwrap().unwrap().kills, 0);
}

#[test]
fn half_of_the_machines_memory_is_the_limit_where_none_is_named() {
    let limit = ask(&*serve(&Run::default()), "read?/sys/fs/cgroup/memory/memory.limit_in_bytes");
    assert!(limit.trim().parse::<u64>().map_or(limit == "entity not found", |bytes| bytes < 1 << 60), "{limit}");
}

#[test]
fn a_hundred_megabytes_of_output_fill_neither_disk_nor_memory() {
    let container = start(&image(&["flood", "100000"], json!({})), &Run::default());
    assert!(container.wait(Duration::from_mins(1)).unwrap().is_some());
    let logs = container.logs().unwrap();
    assert_eq!(logs.stdout.len(), 1 << 20);
    assert!(logs.stdout.ends_with("the end\n"));
}

#[test]
fn many_short_lines_are_kept_as_long_as_few_long_ones() {
    let container = start(&image(&["lines", "600000"], json!({})), &Run::default());
    assert!(container.wait(Duration::from_mins(1)).unwrap().is_some());
    assert_eq!(container.logs().unwrap().stdout.len(), 1 << 20);
}

#[test]
fn declared_volumes_work_with_a_read_only_root_however_they_are_written() {
    let paths = json!({"/data/": {}, "/data/deep//er": {}, "/tmp": {}, "/var/lib/../lib/app/": {}});
    let image = image(&["serve"], json!({"Volumes": paths, "User": "0"}));
    let writable = vec!["/tmp".to_owned(), "/scratch/".to_owned(), "/data".to_owned()];
    for read_only in [true, false] {
        let container = start(&image, &Run { read_only, writable: writable.clone(), ..Run::default() });
        for path in ["/data/x", "/data/deep/er/x", "/tmp/x", "/var/lib/app/x", "/scratch/x"] {
            let expected = if path == "/scratch/x" && !read_only { "entity not found" } else { "written" };
            assert_eq!(ask(&*container, &format!("write?{path}")), expected, "{path}");
        }
        assert_eq!(container.status().unwrap(), Status::Running);
    }
}

#[test]
fn a_user_without_rights_opens_its_own_streams_by_name() {
    let container = start(&image(&["serve"], json!({"User": "1000:1000"})), &Run::default());
    assert_eq!(ask(&*container, "append?/dev/stdout"), "written");
    assert_eq!(ask(&*container, "append?/dev/stderr"), "written");
    until("both", || container.logs().ok().filter(|logs| logs.stdout.contains("written") && logs.stderr == "written"));
}
