//! What a container reaches, and how it is reached.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use seaworthy_engine::{Run, Service};
use serde_json::json;

use crate::support::{ask, image};
use crate::{prepare, start};

#[test]
fn a_service_is_reached_by_its_name_and_nothing_else_is_reached() {
    let answering = |text: &'static str, address: &str| {
        let server = TcpListener::bind(address).unwrap();
        let address = server.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in server.incoming().flatten() {
                stream.write_all(text.as_bytes()).unwrap();
            }
        });
        address
    };
    let image = image(&["serve"], json!({}));
    let prepared = prepare(&image);
    assert_eq!(prepared.not_isolated(), None);
    let address = answering("from outside", &format!("{}:0", prepared.gateway()));
    let everywhere = answering("from this machine", "0.0.0.0:0");
    let services = vec![Service { name: "db.seaworthy.internal".to_owned(), address }];
    let container = prepared.start(&Run { services, ..Run::default() }, None).unwrap();
    let other = prepared.start(&Run::default(), None).unwrap();
    ask(&*other, "hello");

    let connect = |to: &str| ask(&*container, &format!("connect?{to}"));
    assert_eq!(connect(&format!("db.seaworthy.internal:{}", address.port())), "connected from outside");
    assert_eq!(container.attempts().unwrap(), Some(Vec::new()));
    for address in ["127.0.0.1", "172.17.0.1", "192.0.2.1"] {
        let said = connect(&format!("{address}:{}", everywhere.port()));
        assert!(said.contains("Connection refused"), "{address}: {said}");
    }
    assert!(connect("telemetry.example.com:443").contains("lookup"));
    let attempts = container.attempts().unwrap().unwrap();
    let targets: Vec<&str> = attempts.iter().map(|attempt| attempt.target.as_str()).collect();
    let port = everywhere.port();
    let expected = ["name telemetry.example.com", &format!("tcp 172.17.0.1:{port}"), &format!("tcp 192.0.2.1:{port}")];
    assert_eq!(targets, expected);
}

#[test]
fn one_name_and_port_cannot_lead_to_two_servers() {
    let service = |address: &str| Service { name: "db".to_owned(), address: address.parse().unwrap() };
    let services = vec![service("127.0.0.1:5432"), service("192.0.2.1:5432")];
    let started = prepare(&image(&["serve"], json!({}))).start(&Run { services, ..Run::default() }, None);
    let Err(error) = started else { panic!("it starts") };
    insta::assert_snapshot!(error, @"the docker engine failed to make the container's network: `127.0.0.1:5432` and `192.0.2.1:5432` are both services at `127.0.0.2:5432` of the container");
}

#[test]
fn nobody_listening_is_refused() {
    let container = start(&image(&["sleep", "60"], json!({})), &Run { port: Some(8000), ..Run::default() });
    let error = container.connect(8000, Duration::from_secs(2)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}
