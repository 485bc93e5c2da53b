//! Containers of the embedded engine, real ones.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use seaworthy_engine::{Exit, HealthStatus, PutFile, Run, Service, Signal, Status};
use serde_json::json;

use crate::support::{self, Tar, ask, image, image_of, prepare, serve, start, until, workload};

const SOON: Duration = Duration::from_secs(20);

const fn exit(code: i32) -> Exit {
    Exit { code, out_of_memory: false, out_of_disk: false }
}

#[test]
fn a_container_answers() {
    let before = Instant::now();
    let container = serve(&Run::default());
    assert_eq!(ask(&*container, "hello"), "ready");
    assert!(container.started_at() > before && container.started_at() < Instant::now());
    assert_eq!(container.status().unwrap(), Status::Running);
    assert_eq!(container.wait(Duration::ZERO).unwrap(), None);
}

#[test]
fn a_port_that_nobody_listens_on_is_refused() {
    let container = serve(&Run::default());
    ask(&*container, "hello");
    let error = container.connect(9, SOON).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn any_port_may_be_listened_on_without_capabilities() {
    let config = json!({"Entrypoint": ["/app/workload", "serve", "[::]:80"], "User": "1000"});
    let run = Run { no_capabilities: true, ..Run::default() };
    let container = start(&image_of(&config, vec![workload()]), &run);
    until("an answer", || container.connect(80, SOON).ok());
}

#[test]
fn root_has_dockers_capabilities_or_none() {
    let capabilities = |run: &Run| {
        let container = serve(run);
        let status = ask(&*container, "status");
        assert!(status.contains("NoNewPrivs:\t1"));
        let kept = status.lines().filter(|line| line.starts_with("Cap")).map(|line| line.replace('\t', " "));
        kept.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(capabilities(&Run::default()), @r"
    CapInh: 0000000000000000
    CapPrm: 00000000a80425fb
    CapEff: 00000000a80425fb
    CapBnd: 00000000a80425fb
    CapAmb: 0000000000000000
    ");
    assert_snapshot!(capabilities(&Run { no_capabilities: true, ..Run::default() }), @r"
    CapInh: 0000000000000000
    CapPrm: 0000000000000000
    CapEff: 0000000000000000
    CapBnd: 0000000000000000
    CapAmb: 0000000000000000
    ");
}

#[test]
fn a_process_whose_first_thread_has_ended_is_still_one() {
    let container = start(&image(&["serve-on-another-thread"], json!({"User": "7:8"})), &Run::default());
    until("the end of its first thread", || ask(&*container, "status").contains("State:\tZ").then_some(()));
    let processes = container.processes().unwrap();
    let seen: Vec<_> = processes.iter().map(|process| (process.command.as_str(), process.uids)).collect();
    assert_eq!(seen, [("/app/workload serve-on-another-thread", [7; 3])]);
}

#[test]
fn environment_and_arguments_are_the_images_and_the_runs() {
    let config = json!({
        "Entrypoint": ["/app/workload"],
        "Cmd": ["serve"],
        "Env": ["COLOUR=red", "SHAPE=round", "SIZE=big"],
        "WorkingDir": "/srv/made/for/it",
    });
    let run = Run {
        env: vec![("COLOUR".to_owned(), "blue=green".to_owned())],
        without_env: vec!["SHAPE".to_owned()],
        ..Run::default()
    };
    let container = start(&image_of(&config, vec![workload()]), &run);
    let all = ["env?COLOUR", "env?SHAPE", "env?SIZE", "env?PATH", "env?HOME", "cwd", "args", "owner?/srv/made"];
    let answers: Vec<String> = all.iter().map(|command| format!("{command}: {}", ask(&*container, command))).collect();
    assert_snapshot!(answers.join("\n"), @r"
    env?COLOUR: blue=green
    env?SHAPE: (unset)
    env?SIZE: big
    env?PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    env?HOME: /
    cwd: /srv/made/for/it
    args: /app/workload serve
    owner?/srv/made: 0:0 755
    ");
}

#[test]
fn nothing_of_this_program_is_in_the_container() {
    let container = serve(&Run::default());
    assert_eq!(ask(&*container, "list?/proc/self/fd").split(' ').count(), 6, "three streams, listener, stream, folder");
    assert_snapshot!(ask(&*container, "list?/"), @"app dev etc proc sys");
    // Where the kernel has `/proc/kcore`, there is a masked `core` too.
    assert_snapshot!(ask(&*container, "list?/dev").replace("core ", ""), @"fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero");
}

#[test]
fn a_volume_begins_with_what_the_image_has_there_and_outlives_the_container() {
    let folder = Tar::new().folder("data", 1000, 0o750).file("data/first", 1000, 0o640, b"from the image").layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "User": "1000:1000", "Volumes": {"/data": {}}});
    let prepared = prepare(&image_of(&config, vec![workload(), folder]));
    let volumes = prepared.volumes().unwrap();

    let container = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*container, "owner?/data"), "1000:1000 750");
    assert_eq!(ask(&*container, "owner?/data/first"), "1000:1000 640");
    assert_eq!(ask(&*container, "read?/data/first"), "from the image");
    assert_eq!(ask(&*container, "write?/data/second"), "written");
    container.signal(Signal::Kill).unwrap();
    assert_eq!(container.wait(SOON).unwrap(), Some(exit(137)));
    drop(container);

    let container = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*container, "read?/data/second"), "written");
    let other = prepared.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*other, "read?/data/second"), "entity not found");
}

#[test]
fn upper_layers_hide_and_replace_what_is_below() {
    let below = Tar::new()
        .file("etc/removed", 0, 0o644, b"below")
        .file("etc/replaced", 0, 0o644, b"below")
        .folder("opaque", 0, 0o755)
        .file("opaque/below", 0, 0o644, b"below")
        .file("whole/below", 0, 0o644, b"below")
        .symlink("link", "/etc/replaced")
        .layer();
    let above = Tar::new()
        .file("etc/.wh.removed", 0, 0o644, b"")
        .file("etc/replaced", 0, 0o644, b"above")
        .file("opaque/.wh..wh..opq", 0, 0o644, b"")
        .file("opaque/above", 0, 0o644, b"above")
        .file(".wh.whole", 0, 0o644, b"")
        .layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"]});
    let container = start(&image_of(&config, vec![below, workload(), above]), &Run::default());
    let all = ["read?/etc/removed", "read?/link", "list?/opaque", "read?/whole/below"];
    let answers: Vec<String> = all.iter().map(|command| ask(&*container, command)).collect();
    assert_eq!(answers, ["entity not found", "above", "above", "entity not found"]);
}

#[test]
fn a_layer_cannot_write_outside_its_folder() {
    let outside = Tar::new().symlink("out", "/").file("out/escaped", 0, 0o644, b"inside").layer();
    let config = json!({"Entrypoint": ["/app/workload", "serve"]});
    let container = start(&image_of(&config, vec![workload(), outside]), &Run::default());
    assert_eq!(ask(&*container, "read?/escaped"), "inside");
    assert!(!std::path::Path::new("/escaped").exists());

    let leaves = Tar::new().file("../escaped", 0, 0o644, b"").layer();
    let Err(error) = support::engine_prepare(&image_of(&config, vec![leaves])) else { panic!("it is prepared") };
    let text = error.to_string();
    assert!(text.starts_with("the image cannot be prepared: layer `sha256:"), "{text}");
    assert!(text.ends_with("the entry `../escaped` leads out of the root"), "{text}");
}

#[test]
fn files_are_put_into_the_container_for_everybody_to_read() {
    let run = Run { files: vec![PutFile::new("/run/seaworthy/ca.pem", "certificate")], ..Run::default() };
    let container = start(&image(&["serve"], json!({"User": "1000"})), &run);
    assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "certificate");
    assert_eq!(ask(&*container, "write?/run/seaworthy/ca.pem"), "read-only filesystem or storage medium");
    container.replace_file("/run/seaworthy/ca.pem", b"another").unwrap();
    assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "another");
    let error = container.replace_file("/etc/hosts", b"").unwrap_err().to_string();
    assert_eq!(error, "the embedded engine failed to replace a file: `/etc/hosts` was not put into the container");
}

#[test]
fn a_service_is_reached_by_its_name_and_nothing_else_is_reached() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            stream.write_all(b"from outside").unwrap();
        }
    });
    let run = Run { services: vec![Service { name: "db.example.com".to_owned(), address }], ..Run::default() };
    let container = start(&image(&["serve"], json!({"User": "1000"})), &run);
    assert_eq!(ask(&*container, &format!("connect?db.example.com:{}", address.port())), "connected from outside");
    assert_eq!(container.attempts().unwrap(), Some(Vec::new()));

    assert_eq!(ask(&*container, "connect?192.0.2.1:443"), "Connection refused (os error 111)");
    assert_eq!(ask(&*container, "datagram?192.0.2.2:123"), "sent");
    ask(&*container, "connect?telemetry.example.com:443");
    ask(&*container, "connect?[2001:db8::1]:443");
    let attempts = container.attempts().unwrap().unwrap();
    let targets: Vec<&str> = attempts.iter().map(|attempt| attempt.target.as_str()).collect();
    assert_snapshot!(targets.join("\n"), @r"
    name telemetry.example.com
    tcp 192.0.2.1:443
    tcp [2001:db8::1]:443
    udp 192.0.2.2:123
    ");
}

#[test]
fn services_with_the_same_port_are_told_apart_by_their_names() {
    let serving = |text: &'static [u8], listener: TcpListener| {
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                stream.write_all(text).unwrap();
            }
        });
        address
    };
    let first = serving(b"the first", TcpListener::bind("127.0.0.1:0").unwrap());
    let second = serving(b"the second", TcpListener::bind(("127.0.0.2", first.port())).unwrap());
    let service = |name: &str, address| Service { name: name.to_owned(), address };
    let services = vec![
        service("first.example.com", first),
        service("second.example.com", second),
        service("localhost", second),
        service("192.0.2.7", first),
    ];
    let container = start(&image(&["serve"], json!({"User": "1000"})), &Run { services, ..Run::default() });
    let answers = ["first.example.com", "second.example.com", "localhost", "127.0.0.1", "[::1]", "192.0.2.7"]
        .map(|name| format!("{name}: {}", ask(&*container, &format!("connect?{name}:{}", first.port()))));
    assert_snapshot!(answers.join("\n"), @r"
    first.example.com: connected the first
    second.example.com: connected the second
    localhost: connected the second
    127.0.0.1: connected the second
    [::1]: connected the second
    192.0.2.7: connected the first
    ");
    assert_eq!(container.attempts().unwrap(), Some(Vec::new()));
}

#[test]
fn one_name_and_port_cannot_lead_to_two_servers() {
    let service = |address: &str| Service { name: "db".to_owned(), address: address.parse().unwrap() };
    let run = Run { services: vec![service("127.0.0.1:5432"), service("192.0.2.1:5432")], ..Run::default() };
    let Err(error) = prepare(&image(&["serve"], json!({}))).start(&run, None) else { panic!("it starts") };
    assert_snapshot!(error, @"the embedded engine failed to make the container's network: `127.0.0.1:5432` and `192.0.2.1:5432` are both services at `127.0.0.2:5432` of the container");
}

#[test]
fn more_memory_than_the_limit_ends_the_container() {
    let run = Run { memory_limit_bytes: Some(64 << 20), ..Run::default() };
    let container = serve(&run);
    assert_eq!(ask(&*container, "allocate?8"), "2048");
    let memory = container.memory().unwrap().unwrap();
    assert!(memory.peak_bytes > 8 << 20 && memory.peak_bytes <= 64 << 20, "{memory:?}");
    assert_eq!(memory.kills, 0);

    let mut stream = container.connect(8000, SOON).unwrap();
    stream.write_all(b"GET /allocate?256 HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(container.wait(SOON).unwrap(), Some(Exit { code: 137, out_of_memory: true, out_of_disk: false }));
    assert_eq!(container.memory().unwrap().unwrap().kills, 1);
}

#[test]
fn what_is_asked_of_a_container_by_several_at_once_gets_each_its_own_answer() {
    let container = serve(&Run::default());
    assert_eq!(ask(&*container, "hello"), "ready");
    thread::scope(|scope| {
        scope.spawn(|| (0..300).for_each(|_| assert!(container.memory().unwrap().is_some())));
        scope.spawn(|| (0..300).for_each(|_| assert_eq!(container.status().unwrap(), Status::Running)));
        scope.spawn(|| (0..300).for_each(|_| drop(container.connect(8000, SOON).unwrap())));
        (0..300).for_each(|_| assert!(!container.processes().unwrap().is_empty()));
    });
}

#[test]
fn a_health_check_runs_in_a_container_without_a_shell() {
    let check = json!({"Test": ["CMD", "/app/workload", "check"], "Interval": 60_000_000_000_u64});
    let container = start(&image(&["serve"], json!({"Healthcheck": check, "User": "1000"})), &Run::default());
    let health = until("healthy", || container.health().ok().filter(|health| health.status == HealthStatus::Healthy));
    // Found at once; a daemon that keeps the interval would have found it at its first probe.
    let interval = Duration::from_mins(1);
    let after = health.healthy_after.unwrap();
    assert!(after >= interval && after < interval + SOON, "{health:?}");
}

#[test]
fn a_health_check_that_fails_turns_unhealthy_after_its_retries() {
    let check = json!({
        "Test": ["CMD", "/app/workload", "exit", "1"],
        "Interval": 20_000_000,
        "Retries": 2,
    });
    let container = start(&image(&["serve"], json!({"Healthcheck": check})), &Run::default());
    let health =
        until("unhealthy", || container.health().ok().filter(|health| health.status == HealthStatus::Unhealthy));
    assert_eq!(health.healthy_after, None);
}

#[test]
fn a_probe_that_hangs_or_cannot_run_is_a_failure() {
    for (test, output) in [
        (json!(["CMD", "/app/workload", "sleep", "60"]), "no answer within 50ms"),
        (json!(["CMD-SHELL", "true"]), "exec /bin/sh: no such file or directory"),
    ] {
        let check = json!({"Test": test, "Interval": 20_000_000, "Timeout": 50_000_000, "Retries": 1});
        let container = start(&image(&["serve"], json!({"Healthcheck": check})), &Run::default());
        let health =
            until("unhealthy", || container.health().ok().filter(|health| health.status == HealthStatus::Unhealthy));
        assert_eq!(health.output, output);
        until("the probe is gone", || container.processes().ok().filter(|processes| processes.len() == 1));
    }
}

#[test]
fn ten_containers_run_at_once() {
    let prepared = prepare(&image(&["serve"], json!({})));
    let containers: Vec<_> = (0..10).map(|_| prepared.start(&Run::default(), None).unwrap()).collect();
    for container in &containers {
        assert_eq!(ask(&**container, "hello"), "ready");
    }
}

#[test]
fn a_connection_carries_bytes_both_ways() {
    let container = serve(&Run::default());
    ask(&*container, "hello");
    let mut stream = container.connect(8000, SOON).unwrap();
    stream.write_all(b"GET /hel").unwrap();
    stream.write_all(b"lo HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ready"));
}

#[test]
fn a_probe_has_the_ids_and_capabilities_of_the_container() {
    for (user, no_capabilities) in [("1000:1001", false), ("0", false), ("0", true)] {
        let check = json!({"Test": ["CMD", "/app/workload", "status"], "Interval": 1_000_000});
        let image = image(&["serve"], json!({"Healthcheck": check, "User": user}));
        let container = start(&image, &Run { no_capabilities, ..Run::default() });
        let kept = |status: &str| {
            let lines = status
                .lines()
                .filter(|line| ["Uid", "Gid", "Groups", "Cap", "NoNewPrivs"].iter().any(|name| line.starts_with(name)));
            lines.collect::<Vec<_>>().join("\n")
        };
        let probe = until("a probe's output", || {
            let health = container.health().ok()?;
            health.output.contains("NoNewPrivs").then_some(health.output)
        });
        assert_eq!(kept(&probe), kept(&ask(&*container, "status")));
    }
}

#[test]
fn a_probe_on_its_way_into_the_container_is_none_of_its_processes() {
    let mut seen = BTreeSet::new();
    for probe in [&["CMD", "/app/workload", "exit", "0"][..], &["CMD", "/app/workload", "sleep", "60"]] {
        let check = json!({"Test": probe, "Interval": 1_000_000, "Timeout": 20_000_000, "Retries": 1000});
        let image = image(&["serve"], json!({"Healthcheck": check, "User": "1000:1001"}));
        let container = start(&image, &Run::default());
        for _ in 0..100 {
            for process in container.processes().unwrap() {
                assert_eq!((process.uids, process.gids), ([1000; 3], [1001; 3]), "{process:?}");
                seen.insert(process.command);
            }
        }
        until("a probe that runs", || {
            seen.extend(container.processes().unwrap().into_iter().map(|process| process.command));
            seen.iter().any(|command| probe[1..].join(" ") == *command).then_some(())
        });
    }
    assert_snapshot!(Vec::from_iter(seen).join("\n"), @r"
    /app/workload exit 0
    /app/workload serve
    /app/workload sleep 60
    ");
}
