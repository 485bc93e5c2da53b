//! What is seen of a container.

use std::time::Duration;

use seaworthy_engine::{HealthStatus, Run};
use serde_json::json;

use crate::on::On;
use crate::support::{ask, image, until};

const SOON: Duration = Duration::from_mins(1);

pub(crate) fn a_check_that_succeeds_makes_it_healthy_after_an_interval(on: &On) {
    let interval = Duration::from_secs(1);
    let check = json!({"Test": ["CMD", "/app/workload", "check"], "Interval": 1_000_000_000, "Retries": 1});
    let container = on.start(&image(&["serve"], json!({"Healthcheck": check, "User": "1000"})), &Run::default());
    let health = until("healthy", || container.health().ok().filter(|health| health.status == HealthStatus::Healthy));
    let after = health.healthy_after.unwrap();
    assert!(after >= interval && after < interval * 10, "{after:?}");
}

pub(crate) fn a_check_that_fails_makes_it_unhealthy_and_its_output_is_kept(on: &On) {
    let command = if on.keeps_half_lines_of_checks {
        json!(["CMD", "/app/workload", "fail", "half a line"])
    } else {
        json!(["CMD", "/app/workload", "fail", "half a line\n"])
    };
    let check = json!({"Test": command, "Interval": 100_000_000, "Timeout": 5_000_000_000_u64, "Retries": 2});
    let container = on.start(&image(&["serve"], json!({"Healthcheck": check})), &Run::default());
    let health =
        until("unhealthy", || container.health().ok().filter(|health| health.status == HealthStatus::Unhealthy));
    assert_eq!((health.healthy_after, health.output.as_str()), (None, "half a line"));
}

pub(crate) fn without_a_check_there_is_no_health(on: &On) {
    assert_eq!(on.serve(&Run::default()).health().unwrap().status, HealthStatus::None);
}

pub(crate) fn both_streams_are_kept_apart(on: &On) {
    let container = on.start(&image(&["speak"], json!({"Tty": true, "OpenStdin": true})), &Run::default());
    container.wait(SOON).unwrap().unwrap();
    let logs = container.logs().unwrap();
    assert_eq!((logs.stdout.as_str(), logs.stderr.as_str()), ("to standard output\n", "to standard error\n"));
}

pub(crate) fn a_line_without_an_end_is_kept(on: &On) {
    let container = on.start(&image(&["args", "no end"], json!({})), &Run::default());
    container.wait(SOON).unwrap().unwrap();
    assert_eq!(container.logs().unwrap().stdout, "/app/workload args no end");
}

pub(crate) fn the_last_mebibyte_of_a_large_log_is_kept(on: &On) {
    let container = on.start(&image(&["flood", "30000"], json!({})), &Run::default());
    container.wait(SOON).unwrap().unwrap();
    let logs = container.logs().unwrap();
    assert_eq!(logs.stdout.len(), 1 << 20);
    assert!(logs.stdout.ends_with("x\nthe end\n"));
}

pub(crate) fn every_process_is_seen_with_its_ids(on: &On) {
    let container = on.start(&image(&["serve"], json!({"User": "1000:1001"})), &Run::default());
    ask(&*container, "child");
    let processes = until("two processes", || container.processes().ok().filter(|processes| processes.len() == 2));
    for process in &processes {
        assert_eq!((process.uids, process.gids, process.capabilities), ([1000; 3], [1001; 3], Some(0)), "{process:?}");
    }
    let commands: Vec<_> = processes.iter().map(|process| (process.command.as_str(), process.is_first)).collect();
    assert_eq!(commands, [("/app/workload serve", true), ("/proc/self/exe sleep 60", false)]);
    let listening = container.listening().unwrap().unwrap();
    assert!(listening.iter().any(|address| address.port() == 8000), "{listening:?}");
}

pub(crate) fn a_process_that_ended_and_nobody_waits_for_is_none(on: &On) {
    let container = on.serve(&Run::default());
    for _ in 0..3 {
        ask(&*container, "zombie");
    }
    until("the first alone", || container.processes().ok().filter(|processes| processes.len() == 1));
    assert_eq!(ask(&*container, "hello"), "ready");
}
