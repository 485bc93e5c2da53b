//! What a container cannot do, have or use up, and what it sees of its limits: as in Docker.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use seaworthy_engine::{Exit, HealthStatus, Run, Status};
use serde_json::json;

use crate::support::{Tar, ask, image, image_of, send, serve, start, time_to_stop, until, workload};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn standard_streams_can_be_opened_by_the_containers_user() {
    for user in ["0", "1000:1001"] {
        let check = json!({"Test": ["CMD", "/app/workload", "write", "/dev/stderr"], "Interval": 50_000_000});
        let container = start(&image(&["serve"], json!({"User": user, "Healthcheck": check})), &Run::default());
        assert_eq!(ask(&*container, "write?/dev/stdout"), "written", "{user}");
        assert_eq!(ask(&*container, "write?/dev/stderr"), "written", "{user}");
        let logs = until("both", || container.logs().ok().filter(|logs| logs.stderr.contains("written")));
        assert!(logs.stdout.contains("written"), "{logs:?}");
        let health = until("a probe", || container.health().ok().filter(|health| !health.output.is_empty()));
        assert_eq!(health.output, "writtenwritten", "{user}");
    }
}

#[test]
fn a_link_where_a_file_is_put_in_is_followed_within_the_root() {
    let links = Tar::new()
        .symlink("etc/resolv.conf", "../run/seaworthy-test/resolv.conf")
        .symlink("etc/hosts", "/somewhere/else/hosts")
        .file("somewhere/else/hosts", 0, 0o644, b"of the image")
        .layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"]});
    let container = start(&image_of(&config, vec![workload(), links]), &Run::default());
    assert!(ask(&*container, "read?/run/seaworthy-test/resolv.conf").starts_with("nameserver 127.0.0.1"));
    assert!(ask(&*container, "read?/etc/resolv.conf").starts_with("nameserver 127.0.0.1"));
    assert!(ask(&*container, "read?/somewhere/else/hosts").contains("\tlocalhost\n"));
    assert!(!Path::new("/run/seaworthy-test").exists());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_system_calls_that_docker_closes_are_closed() {
    let calls = [
        ("keyctl", 250),
        ("add_key", 248),
        ("request_key", 249),
        ("mount", 165),
        ("unshare", 272),
        ("bpf", 321),
        ("io_uring_setup", 425),
        ("personality of an address space without randomness", 135),
        ("clone3", 435),
        ("not made yet", 500),
        ("chroot", 161),
        ("getpid", 39),
    ];
    let told = |run: &Run| {
        let container = serve(run);
        let answer = |number| ask(&*container, &format!("call?{number}"));
        let lines = calls.map(|(name, number)| format!("{name}: {}", answer(number)));
        lines.join("\n")
    };
    // 1 is EPERM, 14 EFAULT: the kernel has looked at the argument; 38 is ENOSYS.
    assert_snapshot!(told(&Run::default()), @r"
    keyctl: 1
    add_key: 1
    request_key: 1
    mount: 1
    unshare: 1
    bpf: 1
    io_uring_setup: 1
    personality of an address space without randomness: 1
    clone3: 38
    not made yet: 38
    chroot: 14
    getpid: 0
    ");
    assert!(told(&Run { no_capabilities: true, ..Run::default() }).contains("chroot: 1\n"));
}

#[test]
fn a_fork_bomb_ends_at_the_limit() {
    let run = Run { processes: 40, ..Run::default() };
    let container = serve(&run);
    // EAGAIN, with this program's own threads among the forty.
    let answer = ask(&*container, "spawn?300");
    let (made, errno) = answer.split_once(' ').unwrap();
    assert_eq!(errno, "11");
    assert!((30..40).contains(&made.parse::<u32>().unwrap()), "{answer}");
}

#[test]
fn a_container_that_writes_more_than_it_may_is_stopped_and_says_why() {
    let folder = Tar::new().file("data/first", 0, 0o644, &vec![1; 40 << 20]).layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "Volumes": {"/data": {}}});
    let image = image_of(&config, vec![workload(), folder]);
    let run = Run { disk_bytes: 30_000_000, ..Run::default() };
    let read_only = Run { read_only: true, writable: vec!["/scratch".to_owned()], ..run.clone() };
    let ways = [
        (&run, "/app/big"),
        (&run, "-/app/big"),
        (&run, "/etc/hosts"),
        (&run, "/data/big"),
        (&run, "-/data/big"),
        (&read_only, "/scratch/big"),
    ];
    for (run, path) in ways {
        let container = start(&image, run);
        if path == "/app/big" || path.starts_with("/data") {
            assert_eq!(ask(&*container, &format!("fill?{path}:10")), "written", "{path}");
            assert_eq!(container.wait(Duration::from_millis(700)).unwrap(), None, "{path}");
        }
        send(&*container, &format!("fill?{path}:200"));
        let stopped = Some(Exit { code: 137, out_of_memory: false, out_of_disk: true });
        assert_eq!(container.wait(SOON).unwrap(), stopped, "{path}");
    }
}

#[test]
#[ignore = "writes 4 GB: scripts/bounds"]
fn two_gigabytes_are_stopped_soon_after_the_bound() {
    for path in ["/app/big", "/etc/hosts"] {
        let took = time_to_stop(start, |container| container.wait(Duration::ZERO).unwrap().is_none(), path);
        println!("embedded, 2 GB to {path}: stopped {took:?} after it passed the bound");
    }
}

#[test]
fn shared_memory_has_a_bound_of_its_own() {
    let container = serve(&Run::default());
    assert_eq!(ask(&*container, "fill?/dev/shm/big:2000"), "no storage space");
    assert_eq!(container.status().unwrap(), Status::Running);
}

#[test]
fn what_is_written_is_not_charged_to_the_memory() {
    let run = Run { memory_limit_bytes: Some(48 << 20), ..Run::default() };
    let container = serve(&run);
    assert_eq!(ask(&*container, "fill?/app/big:300"), "written");
    assert_eq!(container.memory().unwrap().unwrap().kills, 0);
}

#[test]
fn a_container_sees_its_own_limits_and_cannot_change_them() {
    let unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    let [memory, processes] = if unified {
        ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max"]
    } else {
        ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/pids/pids.max"]
    };
    let container = serve(&Run { memory_limit_bytes: Some(256 << 20), processes: 99, ..Run::default() });
    assert_eq!(ask(&*container, &format!("read?{memory}")).trim(), (256 << 20).to_string());
    assert_eq!(ask(&*container, &format!("read?{processes}")).trim(), "99");
    assert_eq!(ask(&*container, &format!("write?{memory}")), "read-only filesystem or storage medium");
    let groups = ask(&*container, "read?/proc/self/cgroup");
    assert!(groups.lines().any(|line| line.ends_with(if unified { "0::/" } else { "memory:/" })), "{groups}");

    let without = serve(&Run::default());
    let limit: u64 = ask(&*without, &format!("read?{memory}")).trim().parse().unwrap();
    assert!(limit < 1 << 60, "half of the machine's memory, not {limit}");
    assert_eq!(ask(&*without, &format!("read?{processes}")).trim(), "4096");
}

#[test]
fn open_files_are_bound_by_what_the_machine_allows_and_not_by_a_shells_habit() {
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap().min(1 << 20);
    let limits = ask(&*serve(&Run::default()), "read?/proc/self/limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|word| line.split_whitespace().nth(word).unwrap().parse::<u64>().unwrap());
    assert_eq!((soft, hard), (own, own));
}

#[test]
fn localhost_has_both_of_its_addresses() {
    let container = start(&image(&["serve", "0.0.0.0:8000"], json!({})), &Run::default());
    assert_eq!(ask(&*container, "connect?[::1]:8000"), "Connection refused (os error 111)");
    assert!(ask(&*container, "read?/etc/hosts").contains("::1\tlocalhost"));
}

#[test]
fn what_is_healthy_only_before_docker_would_ask_was_never_healthy() {
    let check = json!({"Test": ["CMD", "/app/workload", "once", "/healthy"], "Interval": 400_000_000, "Retries": 2});
    let container = start(&image(&["serve"], json!({"Healthcheck": check})), &Run::default());
    let health =
        until("unhealthy", || container.health().ok().filter(|health| health.status == HealthStatus::Unhealthy));
    assert_eq!(health.healthy_after, None);
}
