//! Containers of a user who is not root, where control groups are of version 2.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;
use std::time::Duration;

use insta::assert_snapshot;
use seaworthy_engine::{HealthStatus, Run};
use serde_json::json;

use crate::support::{self, Tar, ask, image_of, start, until, workload};

const NOBODY: u32 = 65534;

/// A mount namespace with control groups of version 2, and in it a user who is not root.
const AS_NOBODY: &str = "
    test -e /sys/fs/cgroup/cgroup.controllers ||
        { umount --recursive /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup; } || exit 1
    exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\"
";

#[test]
fn without_root_a_container_has_the_images_user_and_all_the_rest() {
    if !rustix::process::geteuid().is_root() {
        return check();
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(std::env::current_exe().unwrap(), at("test")).unwrap();
    fs::copy(support::helper(), at("helper")).unwrap();
    fs::copy(support::program(), at("workload")).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();

    let name = "rootless::without_root_a_container_has_the_images_user_and_all_the_rest";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", AS_NOBODY])
        .arg(at("test"))
        .args(["--exact", "--nocapture", name])
        .env(support::ELSEWHERE, folder.path())
        .current_dir("/")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    assert!(String::from_utf8_lossy(&text).contains("1 passed"));
}

fn check() {
    let data = Tar::new().folder("data", 1000, 0o700).file("data/first", 1000, 0o600, b"from the image").layer();
    let closed = Tar::new().folder("closed", 0, 0o555).file("closed/in", 0, 0o444, b"in").layer();
    let check = json!({"Test": ["CMD", "/app/workload", "check"]});
    let config = json!({
        "Entrypoint": ["/app/workload", "serve"],
        "User": "1000:1001",
        "Volumes": {"/data": {}},
        "Healthcheck": check,
    });
    let image = image_of(&config, vec![workload(), data, closed]);
    for no_capabilities in [false, true] {
        let run = Run { no_capabilities, memory_limit_bytes: Some(64 << 20), ..Run::default() };
        let container = start(&image, &run);
        let status = ask(&*container, "status").replace('\t', " ");
        let bounding = if no_capabilities { "CapBnd: 0000000000000000" } else { "CapBnd: 00000000a80425fb" };
        assert!(status.contains("Uid: 1000 1000 1000 1000"), "{status}");
        assert!(status.contains("Gid: 1001 1001 1001 1001"), "{status}");
        assert!(status.contains("CapEff: 0000000000000000"), "{status}");
        assert!(status.contains(bounding), "{status}");

        assert_eq!(ask(&*container, "read?/data/first"), "from the image");
        assert_eq!(ask(&*container, "write?/data/second"), "written");
        assert_eq!(ask(&*container, "read?/closed/in"), "in");
        ask(&*container, "connect?192.0.2.1:443");
        let attempts = container.attempts().unwrap().unwrap();
        assert_eq!(attempts.iter().map(|attempt| attempt.target.as_str()).collect::<Vec<_>>(), ["tcp 192.0.2.1:443"]);
        assert_eq!(container.memory().unwrap(), None);

        assert!(status.contains("Seccomp: 2"), "{status}");
        assert_eq!(ask(&*container, "write?/dev/stdout"), "written");
        until("healthy", || container.health().ok().filter(|health| health.status == HealthStatus::Healthy));
        until("one process", || container.processes().ok().filter(|processes| processes.len() == 1));
        let processes = container.processes().unwrap();
        assert_eq!((processes[0].uids, processes[0].gids), ([1000; 3], [1001; 3]));
    }
    let root = image_of(&json!({"Entrypoint": ["/app/workload", "serve"]}), vec![workload()]);
    let container = start(&root, &Run::default());
    let status = ask(&*container, "status").replace('\t', " ");
    let lines = status.lines().filter(|line| line.starts_with("Uid") || line.starts_with("CapEff"));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    Uid: 0 0 0 0
    CapEff: 00000000a80425fb
    ");

    assert!(!support::prepare(&root).owners_are_kept());
    let container = start(&root, &Run { disk_bytes: 20_000_000, ..Run::default() });
    until("a connection", || container.connect(8000, Duration::from_secs(5)).ok())
        .write_all(b"GET /fill?-/app/big:200 HTTP/1.0\r\n\r\n")
        .unwrap();
    let exit = container.wait(Duration::from_secs(20)).unwrap().unwrap();
    assert!(exit.out_of_disk, "{exit:?}");
}
