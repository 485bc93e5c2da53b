//! What a container does, and what is seen of it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use seaworthy_engine::{Engine as _, PutFile, Run, Status};
use serde_json::json;

use crate::support::{ask, image};
use crate::{docker, engine, only, prepare, start};

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

#[test]
fn an_image_that_is_kept_stays_until_another_takes_its_place() {
    let name = format!("kept-{}", std::process::id());
    let (first, second) = (only("kept-first", &["serve"], json!({})), only("kept-second", &["serve"], json!({})));
    let is_there = |image: &seaworthy_image::Image| {
        docker(&["images", "-q", "--no-trunc", "seaworthy-cache"]).contains(image.config.digest().as_str())
    };
    drop(engine().prepare_and_keep(&first, &name).unwrap());
    assert!(is_there(&first));
    // Found there, and kept no second time.
    drop(engine().prepare_and_keep(&first, &name).unwrap());
    assert!(is_there(&first));
    drop(engine().prepare_and_keep(&second, &name).unwrap());
    assert!(is_there(&second) && !is_there(&first));
    docker(&["rmi", &format!("seaworthy-cache:{name}")]);
    assert!(!is_there(&second));
}

#[test]
fn files_of_a_container_are_out_of_others_sight_and_go_with_it() {
    let secret = PutFile::new("/run/secrets/db", "flux-capacitor");
    let run = Run { files: vec![secret], port: Some(8000), ..Run::default() };
    let container = start(&only("files", &["serve"], json!({})), &run);
    let process = format!("label=process={}", std::process::id());
    let id = docker(&["ps", "-q", "--filter", &process, "--filter", "label=test=files"]);
    let mounts = docker(&["inspect", "--format", "{{range .HostConfig.Binds}}{{.}} {{end}}", id.trim()]);
    let file = mounts.split(' ').find_map(|bind| bind.strip_suffix(":/run/secrets/db:ro,z")).unwrap();
    let folder = std::path::Path::new(file).parent().unwrap();
    assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    drop(container);
    assert!(!folder.exists());
}
