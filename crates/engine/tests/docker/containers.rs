//! What a container does, and what is seen of it.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::thread;
use std::time::Duration;

use seaworthy_engine::{Engine as _, Exit, HealthStatus, PutFile, Run, Signal, Status};
use serde_json::json;

use crate::support::{self, Tar, ask, image, image_of, until};
use crate::{docker, engine, only, prepare, serve, start};

#[test]
fn a_container_answers_and_nothing_of_it_is_left() {
    let image = only("left", &["serve"], json!({"Volumes": {"/data": {}}}));
    let engine = engine();
    let prepared = engine.prepare(&image).unwrap();
    let container = prepared.start(&Run { port: Some(8000), ..Run::default() }, None).unwrap();
    assert_eq!(ask(&*container, "hello"), "ready");
    assert_eq!(container.status().unwrap(), Status::Running);
    assert_eq!(container.wait(Duration::ZERO).unwrap(), None);
    let owner = docker(&[
        "ps",
        "--format",
        "{{.Label \"dev.seaworthy.run\"}}",
        "--filter",
        &format!("label=process={}", std::process::id()),
    ]);
    assert!(!owner.is_empty());
    let filter = format!("label=dev.seaworthy.run={owner}");
    let all = || {
        [&["ps", "-a"][..], &["volume", "ls"]].map(|list| {
            let arguments = [list, &["-q", "--filter", &filter]].concat();
            docker(&arguments)
        })
    };
    assert!(all().iter().all(|listed| !listed.is_empty()), "{:?}", all());
    // Nobody beside us reaches it: what the daemon publishes, everybody on this machine reaches.
    assert_eq!(docker(&["ps", "--format", "{{.Ports}}", "--filter", &filter]), "");
    drop((container, prepared));
    assert_eq!(all(), ["", ""]);
    let id = image.config.digest().as_str();
    assert!(!docker(&["images", "-q", "--no-trunc"]).contains(id));
}

#[test]
fn what_was_made_beforehand_is_used_and_none_of_it_is_left() {
    let image = only("beforehand", &["serve"], json!({}));
    let engine = engine();
    let prepared = engine.prepare(&image).unwrap();
    let run = Run { port: Some(8000), ..Run::default() };
    let first = prepared.start(&run, None).unwrap();
    let process = format!("label=process={}", std::process::id());
    let name = docker(&["ps", "--format", "{{.Label \"dev.seaworthy.run\"}}", "--filter", &process]);
    let filter = format!("label=dev.seaworthy.run={name}");
    let all = || docker(&["ps", "-a", "-q", "--filter", &filter]).lines().count();
    // Each has a holder.
    assert_eq!(all(), 2);
    (0..9).for_each(|_| prepared.expect_another());
    prepared.rest();
    assert_eq!(all(), 8, "no more than six are made beforehand");
    let second = prepared.start(&run, None).unwrap();
    assert_eq!(all(), 9, "the second container has one that was there");
    assert_eq!((ask(&*first, "hello"), ask(&*second, "hello")), ("ready".to_owned(), "ready".to_owned()));
    drop((first, second));
    assert_eq!(all(), 5, "a container goes with its holder");
    // One is still on its way.
    prepared.expect_another();
    drop(prepared);
    assert_eq!(all(), 0);
}

#[test]
fn a_container_may_outlive_what_it_was_started_from() {
    let prepared = prepare(&image(&["serve"], json!({})));
    let container = prepared.start(&Run::default(), None).unwrap();
    drop(prepared);
    assert_eq!(ask(&*container, "hello"), "ready");
}

#[test]
fn an_image_that_was_there_before_stays() {
    let image = only("before", &["serve"], json!({}));
    let first = prepare(&image);
    let second = prepare(&image);
    drop(first);
    let container = second.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*container, "hello"), "ready");
    let id = image.config.digest().as_str();
    assert_eq!(docker(&["tag", id, "seaworthy-test-before:1"]), "");
    drop((container, second));
    assert!(docker(&["images", "-q", "--no-trunc"]).contains(id));
    drop(prepare(&image));
    assert!(docker(&["images", "-q", "--no-trunc"]).contains(id));
    docker(&["rmi", "seaworthy-test-before:1"]);
}

#[test]
fn runs_of_one_image_do_not_take_it_from_each_other() {
    let image = only("shared", &["true"], json!({}));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let prepared = prepare(&image);
                    drop(prepared.start(&Run::default(), None).unwrap());
                }
            });
        }
    });
}

#[test]
fn it_ends_with_its_own_code_or_its_signals() {
    let ended = |args: &[&str]| start(&image(args, json!({})), &Run::default()).wait(Duration::from_secs(10)).unwrap();
    assert_eq!(ended(&["exit", "3"]), Some(Exit { code: 3, out_of_memory: false, out_of_disk: false }));
    // The first process of a PID namespace outlives its own SIGABRT, and the C library then ends it by a fault.
    assert_eq!(ended(&["abort"]), Some(Exit { code: 139, out_of_memory: false, out_of_disk: false }));
    let container = serve(&Run::default());
    ask(&*container, "hello");
    container.signal(Signal::Kill).unwrap();
    assert_eq!(
        container.wait(Duration::from_secs(10)).unwrap(),
        Some(Exit { code: 137, out_of_memory: false, out_of_disk: false })
    );
    container.signal(Signal::Term).unwrap();
    assert_eq!(container.processes().unwrap(), []);
    assert!(container.connect(8000, Duration::from_secs(1)).is_err());
}

#[test]
fn the_images_own_stop_signal_is_sent() {
    let container = start(&image(&["serve-until", "10"], json!({"StopSignal": "SIGUSR1"})), &Run::default());
    ask(&*container, "hello");
    container.signal(Signal::Stop).unwrap();
    assert_eq!(
        container.wait(Duration::from_secs(10)).unwrap(),
        Some(Exit { code: 0, out_of_memory: false, out_of_disk: false })
    );
}

#[test]
fn what_cannot_start_is_told_in_plain_words() {
    support::assert_refusals(&engine());
}

#[test]
fn the_environment_is_set_and_taken_away() {
    let image = image(&["serve"], json!({"Env": ["KEPT=1", "CHANGED=1", "REMOVED=1"]}));
    let run = Run {
        env: vec![("CHANGED".to_owned(), "2".to_owned()), ("ADDED".to_owned(), "a=b c".to_owned())],
        without_env: vec!["REMOVED".to_owned()],
        ..Run::default()
    };
    let container = start(&image, &run);
    let env = |name: &str| ask(&*container, &format!("env?{name}"));
    assert_eq!(["KEPT", "CHANGED", "ADDED", "REMOVED"].map(env), ["1", "2", "a=b c", "(unset)"]);
}

#[test]
fn both_streams_are_kept_to_their_last_mebibyte() {
    let container = start(&image(&["speak"], json!({})), &Run::default());
    container.wait(Duration::from_secs(10)).unwrap();
    let logs = container.logs().unwrap();
    assert_eq!((logs.stdout.as_str(), logs.stderr.as_str()), ("to standard output\n", "to standard error\n"));

    let container = start(&image(&["flood", "3000"], json!({})), &Run::default());
    container.wait(Duration::from_secs(20)).unwrap();
    let logs = container.logs().unwrap();
    assert_eq!(logs.stdout.len(), 1 << 20);
    assert!(logs.stdout.ends_with("the end\n"));
}

#[test]
fn processes_are_seen_with_ids_and_capabilities() {
    let container = start(&image(&["serve"], json!({"User": "1000:1001"})), &Run::default());
    ask(&*container, "child");
    let processes = until("two processes", || container.processes().ok().filter(|processes| processes.len() == 2));
    for process in &processes {
        assert_eq!((process.uids, process.gids), ([1000; 3], [1001; 3]));
        assert_eq!(process.capabilities, Some(0));
    }
    assert_eq!(processes[0].command, "/app/workload serve");
    let root = serve(&Run::default());
    assert_eq!(root.processes().unwrap()[0].uids, [0; 3]);
    assert_ne!(root.processes().unwrap()[0].capabilities, Some(0));
    let none = serve(&Run { no_capabilities: true, ..Run::default() });
    assert_eq!(none.processes().unwrap()[0].capabilities, Some(0));
    assert!(ask(&*none, "status").contains("NoNewPrivs:\t1"));
}

#[test]
fn volumes_outlive_a_container_and_its_own_layer_does_not() {
    let prepared = prepare(&image(&["serve"], json!({"Volumes": {"/data": {}}})));
    let volumes = prepared.volumes().unwrap();
    let first = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*first, "write?/data/file"), "written");
    assert_eq!(ask(&*first, "write?/file"), "written");
    drop(first);
    let second = prepared.start(&Run::default(), Some(&*volumes)).unwrap();
    assert_eq!(ask(&*second, "read?/data/file"), "written");
    assert_eq!(ask(&*second, "read?/file"), "entity not found");
    let fresh = prepared.start(&Run::default(), None).unwrap();
    assert_eq!(ask(&*fresh, "read?/data/file"), "entity not found");
}

#[test]
fn a_read_only_root_lets_only_volumes_and_named_paths_be_written() {
    let image = image(&["serve"], json!({"Volumes": {"/data": {}}, "User": "1000"}));
    let run = Run { read_only: true, writable: vec!["/scratch".to_owned()], ..Run::default() };
    let image = image_of(
        &json!({"Entrypoint": ["/app/workload", "serve"], "User": "1000", "Volumes": {"/data": {}}}),
        vec![image.layers[0].clone(), Tar::new().folder("data", 1000, 0o755).layer()],
    );
    let container = start(&image, &run);
    assert_eq!(ask(&*container, "write?/data/file"), "written");
    assert_eq!(ask(&*container, "write?/scratch/file"), "written");
    assert_eq!(ask(&*container, "write?/app/file"), "read-only filesystem or storage medium");
}

#[test]
fn a_file_is_put_where_everybody_can_read_it_and_nobody_write_it() {
    let image = image(&["serve"], json!({"User": "1000"}));
    for read_only in [false, true] {
        let files = vec![PutFile::new("/run/seaworthy/ca.pem", "a certificate")];
        let container = start(&image, &Run { files, read_only, ..Run::default() });
        assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "a certificate");
        assert_ne!(ask(&*container, "write?/run/seaworthy/ca.pem"), "written");
        container.replace_file("/run/seaworthy/ca.pem", b"another").unwrap();
        assert_eq!(ask(&*container, "read?/run/seaworthy/ca.pem"), "another");
        assert!(container.replace_file("/etc/hosts", b"").is_err());
    }
}

#[test]
fn the_health_check_is_the_engines() {
    let check = |args: &[&str]| {
        let test: Vec<&str> = ["CMD", "/app/workload"].iter().chain(args).copied().collect();
        let healthcheck = json!({"Test": test, "Interval": 100_000_000, "Timeout": 2_000_000_000, "Retries": 1});
        start(&image(&["serve"], json!({"Healthcheck": healthcheck})), &Run::default())
    };
    let healthy = check(&["check"]);
    let health = until("healthy", || healthy.health().ok().filter(|health| health.status == HealthStatus::Healthy));
    let after = health.healthy_after.unwrap();
    assert!(after > Duration::from_millis(50) && after < Duration::from_secs(10), "{after:?}");

    let unhealthy = check(&["args", "no good"]);
    let ill = check(&["exit", "1"]);
    until("unhealthy", || ill.health().ok().filter(|health| health.status == HealthStatus::Unhealthy));
    let health = until("an output", || unhealthy.health().ok().filter(|health| !health.output.is_empty()));
    assert_eq!(health.output, "/app/workload args no good");
    assert_eq!(serve(&Run::default()).health().unwrap().status, HealthStatus::None);
}

#[test]
fn memory_is_limited_and_counted() {
    let run = Run { memory_limit_bytes: Some(64 << 20), ..Run::default() };
    let container = serve(&run);
    assert_eq!(ask(&*container, "allocate?20"), "5120");
    let memory = container.memory().unwrap().unwrap();
    assert!(memory.peak_bytes > 20 << 20 && memory.peak_bytes <= 64 << 20, "{memory:?}");
    assert_eq!(memory.kills, 0);

    let _ = container.connect(8000, Duration::from_secs(5)).and_then(|mut stream| {
        write!(stream, "GET /allocate?200 HTTP/1.0\r\n\r\n")?;
        stream.read_to_string(&mut String::new())
    });
    let exit = container.wait(Duration::from_secs(20)).unwrap();
    assert_eq!(exit, Some(Exit { code: 137, out_of_memory: true, out_of_disk: false }));
    let memory = container.memory().unwrap().unwrap();
    assert!(memory.kills >= 1 && memory.peak_bytes >= 60 << 20, "{memory:?}");
}

/// Set for the process that plays a run that is killed: this program again, with one test chosen.
const VICTIM: &str = "SEAWORTHY_TEST_DOCKER_VICTIM";

#[test]
fn what_a_killed_run_left_is_gone_after_the_next_connect() {
    let image = image(&["serve"], json!({"Volumes": {"/data": {}}, "Labels": {"test": "killed"}}));
    if std::env::var_os(VICTIM).is_some() {
        let _container = start(&image, &Run::default());
        println!("\nstarted");
        loop {
            std::thread::park();
        }
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "containers::what_a_killed_run_left_is_gone_after_the_next_connect", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(victim.stdout.take().unwrap()));
    assert!(lines.map_while(Result::ok).any(|line| line == "started"));
    let run = docker(&["ps", "--filter", "label=test=killed", "--format", "{{.Label \"dev.seaworthy.run\"}}"]);
    let filter = format!("label=dev.seaworthy.run={run}");
    engine();
    assert_ne!(docker(&["ps", "-q", "--filter", &filter]), "", "a living run keeps what it has");
    victim.kill().unwrap();
    victim.wait().unwrap();

    engine();

    assert_eq!(docker(&["ps", "-aq", "--filter", &filter]), "");
    assert_eq!(docker(&["network", "ls", "-q", "--filter", &filter]), "");
    assert_eq!(docker(&["volume", "ls", "-q", "--filter", &filter]), "");
    assert!(!docker(&["images", "--format", "{{.Tag}}"]).contains(&run));
}
