//! Told to stop, it goes on for a while: load balancers learn of it later, and send requests until then.

use std::{
    io::Write,
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    http::{self, Caller, get, send_json},
    life::half_sent,
    program::{Api, UNANSWERED, wait_for},
};

#[test]
fn while_balancers_still_send_it_serves_on_fresh_connections_and_is_not_ready() {
    let mut api = Api::ready_with("sqlite::memory:", &[("DRAIN_DELAY", "600")]);
    let mut kept = Caller::of(api.address);
    assert_eq!(kept.ask("GET", "/ready", &[], "").unwrap().header("connection"), None);
    api.signal("TERM");
    api.wait_for_log("stopping");
    assert!(wait_for(|| (get(api.address, "/ready").status == 503).then_some(())).is_some());
    let ready = get(api.address, "/ready");
    assert_eq!((ready.header("retry-after"), &ready.json()["detail"]), (Some("1"), &json!("The service is stopping")));
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"late"}"#).status, 201);
    assert_eq!(get(api.address, "/health").status, 200);
    let last = kept.ask("GET", "/tasks", &[], "").unwrap();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")), "a connection that is kept ends here");
    api.signal("TERM");
    assert_eq!(api.wait(), (Some(0), String::new()));
    assert!(!api.log().join("\n").contains(UNANSWERED), "nothing was asked");
}

#[test]
fn after_the_delay_it_takes_no_more_connections_and_answers_what_was_begun() {
    let mut api = Api::ready_with("sqlite::memory:", &[("DRAIN_DELAY", "1")]);
    let (start, body) = (Instant::now(), r#"{"title":"late"}"#);
    api.signal("TERM");
    api.wait_for_log("stopping");
    let mut late = half_sent(api.address, body);
    assert!(wait_for(|| TcpStream::connect(api.address).err()).is_some(), "no new connection is taken");
    assert!(start.elapsed() >= Duration::from_secs(1));
    late.write_all(&body.as_bytes()[body.len() / 2..]).unwrap();
    assert_eq!(http::read(&mut late, false).unwrap().status, 201);
    assert_eq!(api.wait(), (Some(0), String::new()));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for second in ["TERM", "INT"] {
        let mut api = Api::ready_with("sqlite::memory:", &[("DRAIN_DELAY", "600")]);
        let _never = half_sent(api.address, r#"{"title":"never sent whole"}"#);
        api.signal("TERM");
        api.wait_for_log("stopping");
        let start = Instant::now();
        api.signal(second);
        assert_eq!(api.wait(), (Some(0), String::new()));
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        api.wait_for_log(UNANSWERED);
    }
}

#[test]
fn the_first_process_of_a_container_goes_on_for_five_seconds_and_one_in_a_terminal_does_not() {
    let delay = |command: &mut Command| {
        let output = command.arg("doctor").env_clear().env("DATABASE_URL", "sqlite::memory:").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("ok    stop        "));
        line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
    };
    let program = env!("CARGO_BIN_EXE_task-api");
    assert_eq!(delay(&mut Command::new(program)), "accepts for another 0 s");
    let first = ["--map-root-user", "--pid", "--fork", program];
    assert_eq!(delay(Command::new("unshare").args(first)), "accepts for another 5 s");
}
