//! How a container ends.

use std::time::Duration;

use seaworthy_engine::{Exit, Run, Signal, Status};
use serde_json::json;

use crate::on::On;
use crate::support::{ask, image, send};

const SOON: Duration = Duration::from_secs(20);

const fn exit(code: i32) -> Exit {
    Exit { code, out_of_memory: false, out_of_disk: false }
}

pub(crate) fn an_exit_code_is_told(on: &On) {
    // The kernel does not let the first process abort: the C library then ends it by a fault.
    for (command, value, code) in [("exit", "0", 0), ("exit", "7", 7), ("abort", "", 139)] {
        let container = on.start(&image(&[command, value], json!({})), &Run::default());
        assert_eq!(container.wait(SOON).unwrap(), Some(exit(code)), "{command} {value}");
        assert_eq!(container.status().unwrap(), Status::Exited(exit(code)));
        container.signal(Signal::Stop).unwrap();
        assert!(container.connect(8000, Duration::from_secs(1)).is_err());
        assert_eq!(container.processes().unwrap(), []);
    }
}

pub(crate) fn the_stop_signal_is_the_images(on: &On) {
    let container = on.start(&image(&["serve-until", "3"], json!({"StopSignal": "SIGQUIT"})), &Run::default());
    ask(&*container, "hello");
    container.signal(Signal::Term).unwrap();
    assert_eq!(container.wait(Duration::from_millis(50)).unwrap(), None);
    container.signal(Signal::Stop).unwrap();
    assert_eq!(container.wait(SOON).unwrap(), Some(exit(0)));
}

pub(crate) fn a_first_process_without_a_handler_outlives_sigterm_and_not_sigkill(on: &On) {
    let container = on.serve(&Run::default());
    ask(&*container, "hello");
    for signal in [Signal::Stop, Signal::Term, Signal::Number(15)] {
        container.signal(signal).unwrap();
    }
    assert_eq!(container.wait(Duration::from_millis(500)).unwrap(), None);
    container.signal(Signal::Kill).unwrap();
    assert_eq!(container.wait(SOON).unwrap(), Some(exit(137)));
}

pub(crate) fn more_memory_than_the_limit_ends_the_container(on: &On) {
    let container = on.serve(&Run { memory_limit_bytes: Some(64 << 20), ..Run::default() });
    assert_eq!(ask(&*container, "allocate?20"), "5120");
    let memory = container.memory().unwrap().unwrap();
    assert!(memory.peak_bytes > 20 << 20 && memory.peak_bytes <= 64 << 20, "{memory:?}");
    assert_eq!(memory.kills, 0);
    send(&*container, "allocate?256");
    let killed = Some(Exit { code: 137, out_of_memory: true, out_of_disk: false });
    assert_eq!(container.wait(SOON).unwrap(), killed);
    assert!(container.memory().unwrap().unwrap().kills >= 1);
}

pub(crate) fn a_fork_bomb_ends_at_the_limit(on: &On) {
    let container = on.serve(&Run { processes: 40, ..Run::default() });
    let answer = ask(&*container, "spawn?300");
    let (made, errno) = answer.split_once(' ').unwrap();
    // EAGAIN, with this program's own threads among the forty.
    assert_eq!(errno, "11");
    assert!((25..40).contains(&made.parse::<u32>().unwrap()), "{answer}");
}
