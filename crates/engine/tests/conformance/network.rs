//! What a container reaches, and how it is reached.

use std::io::{ErrorKind, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use seaworthy_engine::{Run, Service};
use serde_json::json;

use crate::on::On;
use crate::support::{ask, image, until};

pub(crate) fn a_service_is_reached_by_its_name_and_nothing_else_is_reached(on: &On) {
    let prepared = on.prepare(&image(&["serve"], json!({"User": "1000"})));
    assert_eq!(prepared.not_isolated(), None);
    let server = TcpListener::bind((prepared.gateway(), 0)).unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            stream.write_all(b"from outside").unwrap();
        }
    });
    let services = vec![Service { name: "db.example.com".to_owned(), address }];
    let container = prepared.start(&Run { services, ..Run::default() }, None).unwrap();
    assert_eq!(ask(&*container, &format!("connect?db.example.com:{}", address.port())), "connected from outside");
    assert_eq!(container.attempts().unwrap(), Some(Vec::new()));

    assert_eq!(ask(&*container, "connect?192.0.2.1:443"), "Connection refused (os error 111)");
    assert_eq!(ask(&*container, "datagram?192.0.2.2:123"), "sent");
    ask(&*container, "connect?telemetry.example.com:443");
    ask(&*container, "connect?[2001:db8::1]:443");
    let attempts = container.attempts().unwrap().unwrap();
    let targets: Vec<&str> = attempts.iter().map(|attempt| attempt.target.as_str()).collect();
    let expected = ["name telemetry.example.com", "tcp 192.0.2.1:443", "tcp [2001:db8::1]:443", "udp 192.0.2.2:123"];
    assert_eq!(targets, expected);
}

pub(crate) fn localhost_has_both_of_its_addresses(on: &On) {
    let container = on.serve(&Run::default());
    for address in ["[::1]:8000", "127.0.0.1:8000", "localhost:8000"] {
        assert_eq!(ask(&*container, &format!("get?{address}")), "200", "{address}");
    }
}

pub(crate) fn a_server_on_loopback_alone_is_not_reached_from_outside(on: &On) {
    let container = on.start(&image(&["serve", "127.0.0.1:8000"], json!({})), &Run::default());
    until("listening", || container.logs().ok().filter(|logs| logs.stdout.contains("listening")));
    let error = container.connect(8000, Duration::from_secs(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

pub(crate) fn any_user_may_listen_on_any_port(on: &On) {
    let container = on.start(&image(&["serve", "[::]:80"], json!({"User": "1000"})), &Run::default());
    until("listening", || container.connect(80, Duration::from_secs(1)).ok());
}
