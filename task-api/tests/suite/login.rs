//! The way into PostgreSQL: encrypted, verified, bound to the channel, and refused in one line when it is not.

use std::{fs, io::Write, net::TcpListener, thread};

use crate::{
    http::send_json,
    keys::new_key,
    middle::Eavesdropper,
    program::{Api, database_name, psql, run, server, told},
};

/// What the program says when it cannot use the database; it must end by itself, at once, and tell no password.
#[track_caller]
fn refusal(url: &str) -> String {
    let output = run(&[], &[("DATABASE_URL", url), ("PORT", "0"), ("LOG_LEVEL", "trace")]);
    let (code, text) = told(&output);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &text;
    for secret in [server().throwaway.password(), "wrong-secret"] {
        assert!(!said.contains(secret), "{said}");
    }
    text.trim_end().to_owned()
}

fn at(url: &str, port: u16) -> String {
    url.replace(&format!(":{}/", server().throwaway.address().port()), &format!(":{port}/"))
}

#[test]
fn a_url_as_neon_gives_it_connects_by_tls_with_scram_and_channel_binding() {
    let url = server().database();
    assert!(url.contains("sslmode=require&channel_binding=require"));
    let api = Api::ready(&url);
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
    let name = database_name(&url);
    let seen = psql(
        &url,
        &format!(
            "SELECT DISTINCT s.ssl, s.version, a.application_name FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
             WHERE a.datname = '{name}' AND a.application_name = 'task-api'"
        ),
    );
    assert_eq!(seen, "t|TLSv1.3|task-api");
}

#[test]
fn who_listens_in_between_is_found_out_by_channel_binding_alone() {
    let url = server().database();
    let between = Eavesdropper::before(server().throwaway.address(), server().throwaway.ca_pem());
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, &between.ca_pem).unwrap();
    let url = at(&url, between.address.port());
    let base = url.split('?').next().unwrap();
    let url = format!("{base}?sslmode=require&sslrootcert={}", ca.display());

    // Its certificate is believed, and without channel binding the server cannot know.
    Api::ready(&format!("{url}&channel_binding=disable"));
    let text = refusal(&format!("{url}&channel_binding=require"));
    assert!(text.contains("channel binding"), "{text}");
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_refused() {
    let url = server().database();
    let (base, _) = url.split_once('?').unwrap();
    let text = refusal(&format!("{base}?sslmode=require"));
    assert!(text.contains("UnknownIssuer") && text.contains("sslrootcert="), "{text}");
    refusal(&format!("{base}?sslmode=verify-ca"));

    // The right authority, for another name.
    let other = url.replace("@localhost:", "@127.0.0.1:");
    let text = refusal(&other);
    assert!(text.contains("certificate not valid for name"), "{text}");
    Api::ready(&other.replace("sslmode=require", "sslmode=verify-ca"));

    let text = refusal(&url.replace(&server().ca_path, "/nowhere/ca.pem"));
    assert!(text.contains("cannot read the authorities in `/nowhere/ca.pem`"), "{text}");
    let text = refusal(&url.replace(&server().ca_path, "/dev/null"));
    assert!(text.contains("it holds no certificate"), "{text}");
}

#[test]
fn what_waiting_cannot_mend_ends_in_one_line() {
    let url = server().database();
    let port = server().throwaway.address().port();
    let text = refusal(&url.replace(server().throwaway.password(), "wrong-secret"));
    let name = database_name(&url);
    let place = format!("task-api: cannot use the database at `localhost:{port}/{name}`");
    assert_eq!(text, format!("{place}: db error: FATAL: password authentication failed for user \"app\""));

    let text = refusal(&url.replace(name, "nowhere"));
    assert!(text.ends_with("FATAL: database \"nowhere\" does not exist"), "{text}");
    let text = refusal(&format!("{url}&options=-c%20no_such_setting%3D1"));
    assert!(text.contains("unrecognized configuration parameter \"no_such_setting\""), "{text}");
    let text = refusal(&format!("{}?sslmode=disable", url.split_once('?').unwrap().0));
    assert!(text.contains("no encryption") && text.contains("sslmode=require"), "{text}");
}

#[test]
fn a_server_without_tls_is_refused_when_tls_is_demanded() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            stream.unwrap().write_all(b"N").unwrap();
        }
    });
    let text = refusal(&format!("postgres://u:wrong-secret@localhost:{port}/x?sslmode=require"));
    assert!(text.contains("server does not support TLS; add `sslmode=disable`"), "{text}");
}

#[test]
fn a_doctor_tells_how_far_the_way_goes() {
    let url = server().database();
    let output = run(&["doctor"], &[("DATABASE_URL", &url), ("MEMORY_LIMIT", "none")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let steps: Vec<_> =
        text.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        steps,
        ["ok config", "ok keys", "ok limits", "ok stop", "ok dns", "ok tcp", "ok tls", "ok login", "ok migrations"],
        "{text}"
    );
    assert!(text.contains("no tables yet"), "{text}");
    assert!(text.contains("keys        none: who reaches it may do everything\n"), "{text}");
    assert!(text.contains("2048 requests and 2048 connections at once, 32 MB for them, 30 s a request\n"), "{text}");
    assert_eq!(run(&["migrate"], &[("DATABASE_URL", &url)]).status.code(), Some(0));
    let text = run(&["doctor"], &[("DATABASE_URL", &url)]).stdout;
    let text = String::from_utf8_lossy(&text);
    let (_, known) = text.trim_end().rsplit_once("tables are at version ").expect("it tells the version");
    psql(&url, "UPDATE task_api_schema SET version = 1000");
    let newer = run(&["doctor"], &[("DATABASE_URL", &url)]).stdout;
    let expected = format!("tables are at version 1000, and this program knows {known}: a newer one made them\n");
    assert!(String::from_utf8_lossy(&newer).contains(&expected));

    let (_, entry) = new_key(&["ci", "read"]);
    let more = [("DATABASE_URL", url.as_str()), ("API_KEYS", &entry)];
    let text = String::from_utf8_lossy(&run(&["doctor"], &more).stdout).into_owned();
    assert!(text.contains("1: ci (read)\n"), "{text}");

    for (url, step) in [
        (url.replace(server().throwaway.password(), "wrong-secret"), "fail  login"),
        (format!("{}?sslmode=require", url.split_once('?').unwrap().0), "fail  tls"),
        ("postgres://u@localhost:1/x".to_owned(), "fail  tcp"),
        ("postgres://u@nowhere.invalid/x".to_owned(), "fail  dns"),
        ("sqlite:///nowhere/x.db".to_owned(), "fail  file"),
        ("sqlite:///x.db?a=b".to_owned(), "fail  config"),
    ] {
        let output = run(&["doctor"], &[("DATABASE_URL", &url)]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.lines().last().is_some_and(|line| line.starts_with(step)), "{text}");
        assert!(!text.contains("wrong-secret"));
    }
}
