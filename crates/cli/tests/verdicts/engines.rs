//! What an engine gives a container, and what bounds it: alike on both engines.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::process::Command;
use std::time::Duration;

use seaworthy_testkit::Recipe;

use crate::held;
use crate::row::{EMBEDDED, Row, row};

/// A mount namespace with control groups of version 2, and in it a user who is not root.
const AS_NOBODY: &str = "
    test -e /sys/fs/cgroup/cgroup.controllers ||
        { umount --recursive /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup; } || exit 1
    exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\"
";

fn with_database(row: Row) -> Row {
    row.env("DATABASE_URL=file:///data")
}

fn probed_every(seconds: u64) -> Recipe {
    Recipe::config(|draft| {
        if let Some(check) = &mut draft.health_check {
            check.interval = Duration::from_secs(seconds);
        }
    })
}

#[test]
fn a_service_that_opens_dev_stdout_as_its_own_user_logs_there() -> anyhow::Result<()> {
    with_database(row!(Recipe::fault("--reopens-streams"))).promise("Logs to stdout as JSON").runs("1 pass")
}

#[test]
fn a_service_that_logs_to_a_file_does_not_log_to_stdout() -> anyhow::Result<()> {
    with_database(row!(Recipe::fault("--logs-to-file")))
        .promise("Logs to stdout as JSON")
        .runs("unproven logs.stdout: it logged nothing…")
}

#[test]
fn a_service_that_sizes_itself_by_the_limit_that_it_sees_keeps_it() -> anyhow::Result<()> {
    with_database(row!(Recipe::fault("--sizes-by-limit"))).promise("Uses at most 64 MB of memory").runs("1 pass")
}

#[test]
fn a_service_that_sees_no_limit_does_not_keep_it() -> anyhow::Result<()> {
    with_database(row!(Recipe::fault("--greedy")))
        .promise("Uses at most 64 MB of memory")
        .runs("fail memory.under: under a limit of 64.0 MB: exit 137, killed for memory within …")
}

#[test]
fn a_health_check_is_not_healthy_before_its_declared_interval() -> anyhow::Result<()> {
    with_database(row!(probed_every(30))).promise("Health check turns healthy within 2s").runs("fail health.healthy: …")
}

#[test]
fn a_health_check_is_healthy_after_its_declared_interval() -> anyhow::Result<()> {
    with_database(row!(probed_every(1))).promise("Health check turns healthy within 4s").runs("1 pass")
}

#[test]
fn links_where_an_engine_puts_files_are_followed_in_the_image() -> anyhow::Result<()> {
    let image = Recipe::default().layer(|layer| {
        layer.symlink("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf")?;
        Ok(layer.symlink("etc/hosts", "/run/hosts")?)
    });
    with_database(row!(image)).promise("Starts within 5s").runs(
        "
    pass start.within: …
    warning: no endpoint is promised, so that an open port had to do
    0 pass",
    )
}

#[test]
fn a_container_that_is_stopped_at_the_bound_of_its_disk_shows_nothing() -> anyhow::Result<()> {
    with_database(row!(Recipe::fault("--fills-disk")))
        .argument("--disk")
        .argument("30MB")
        .promise("All CRUD endpoints work")
        .runs(
            "unproven api.crud: the container was stopped: it wrote more than 30.0 MB, the bound of a run; `--disk` allows more",
        )
}

/// Root's own file, so the service is root.
fn as_root(fault: &str) -> Recipe {
    Recipe::fault(fault).drafted(|draft| draft.user.clear())
}

#[test]
fn a_container_that_floods_etc_hosts_is_stopped_and_shows_nothing() -> anyhow::Result<()> {
    let promised = |row: Row| with_database(row).argument("--disk").argument("30MB").promise("All CRUD endpoints work");
    promised(row!(as_root("--floods-hosts")))
        .runs("unproven api.crud: the container was stopped: it wrote more than 30.0 MB, the bound of a run; …")?;
    promised(row!(as_root("--adds-a-host"))).runs("1 pass")
}

#[test]
fn a_fork_bomb_ends_at_the_bound_and_its_failure_is_told() -> anyhow::Result<()> {
    let promised = |row: Row| with_database(row).promise("All CRUD endpoints work");
    promised(row!(Recipe::fault("--forks-without-end"))).runs(
        "fail api.crud: POST /notes answered 500: …; last log lines: …Resource temporarily unavailable (os error 11)",
    )?;
    promised(row!(Recipe::fault("--forks-a-hundred"))).runs("1 pass")
}

#[test]
fn a_container_that_writes_less_than_the_bound_shows_what_it_does() -> anyhow::Result<()> {
    with_database(row!(Recipe::default()))
        .argument("--disk")
        .argument("30MB")
        .promise("All CRUD endpoints work")
        .runs("1 pass")
}

#[test]
fn a_container_has_a_filter_for_system_calls_and_no_keys_of_ours() -> anyhow::Result<()> {
    // 2: a filter. 1: not permitted, as under Docker's profile.
    row!(Recipe::default())
        .with_data()
        .promise("Filtered <!-- check: GET /inside -> 200 {\"seccomp\": 2, \"keyctl\": 1} -->")
        .promise("Unfiltered <!-- check: GET /inside -> 200 {\"seccomp\": 0} -->")
        .promise("With our keys <!-- check: GET /inside -> 200 {\"keyctl\": 0} -->")
        .runs(
            "
    fail scenario: …expected `0` at `$.seccomp`, found `2`
    fail scenario: …expected `0` at `$.keyctl`, found `1`
    1 pass",
        )
}

#[test]
fn a_container_sees_its_own_limits_and_cannot_change_them() -> anyhow::Result<()> {
    row!(Recipe::default())
        .with_data()
        .promise(
            "Its own limits <!-- check: GET /inside -> 200 {\"control_groups_are_read_only\": true, \"processes_max\": 4096} -->",
        )
        .promise("Writable <!-- check: GET /inside -> 200 {\"control_groups_are_read_only\": false} -->")
        .runs("fail scenario: …expected `false` at `$.control_groups_are_read_only`, found `true`\n1 pass")
}

#[test]
fn links_at_etc_hosts_lead_to_names_that_can_be_read() -> anyhow::Result<()> {
    let image = Recipe::default().layer(|layer| Ok(layer.symlink("etc/hosts", "/run/hosts")?));
    row!(image)
        .with_data()
        .promise("Knows localhost <!-- check: GET /inside -> 200 {\"knows_localhost\": true} -->")
        .runs("1 pass")
}

#[test]
fn a_volume_whose_path_ends_in_a_slash_stays_writable_under_a_read_only_root() -> anyhow::Result<()> {
    let with = |volume: &str| Recipe::config(|draft| draft.volumes = vec![volume.to_owned()]);
    let promised = |row: Row| {
        with_database(row).promise("Runs with a read-only root filesystem").promise("All CRUD endpoints work")
    };
    promised(row!(with("/data/"))).runs("2 pass")?;
    promised(row!(with("/elsewhere/")))
        .runs("fail rootfs.read_only: with a read-only root…Read-only file system (os error 30)\n1 pass")
}

#[test]
fn without_root_nothing_is_shown_that_depends_on_who_owns_what() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    Recipe::default().write(&at("image"))?;
    let sentences = [
        "Container runs as non-root user",
        "Runs with a read-only root filesystem",
        "Data persists across container restarts",
        "All CRUD endpoints work",
    ];
    let promises = sentences.map(|sentence| format!("- [ ] {sentence}")).join("\n");
    fs::write(at("spec.md"), format!("# Notes\n\n## Success Criteria\n\n{promises}\n"))?;
    fs::copy(env!("CARGO_BIN_EXE_seaworthy"), at("seaworthy"))?;
    fs::create_dir(at("home"))?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;

    let mut command = if fs::metadata("/proc/self")?.uid() == 0 {
        chown(at("home"), Some(65534), Some(65534))?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", AS_NOBODY]).arg(at("seaworthy"));
        command
    } else {
        Command::new(at("seaworthy"))
    };
    let output = command
        .args(["verify", &format!("oci:{}", at("image").display()), "--spec"])
        .arg(at("spec.md"))
        .args(["--engine", EMBEDDED, "--env", "DATABASE_URL=file:///data", "--report", "json=-"])
        .env("HOME", at("home"))
        .env_remove("XDG_CACHE_HOME")
        .current_dir("/")
        .output()?;

    let report = held::report(&output)?;
    let criteria = report["criteria"].as_array().unwrap();
    let verdicts: Vec<&str> = criteria.iter().map(|criterion| criterion["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["unproven", "unproven", "unproven", "pass"], "{report:#}");
    for criterion in &criteria[..3] {
        let evidence = criterion["evidence"].as_str().unwrap();
        assert!(evidence.contains("run this as root, or with `--engine docker`"), "{evidence}");
    }
    Ok(())
}
