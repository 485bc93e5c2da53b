//! A database that is hosted, goes to sleep, and wakes up: Neon's ways.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    cluster::Cluster,
    door::{Behind, DIRECT, Door, NAMELESS, POOLED},
    feed::Events,
    http::{get, send, send_json},
    load::{Load, TABLE, Table},
    program::{Api, run, told, wait_for},
    way::Way,
};

/// A server, a way to it on which bytes are counted, and a front door.
struct Hosted {
    cluster: Cluster,
    way: Way,
    door: Door,
    folder: TempDir,
}

impl Hosted {
    fn asleep() -> Self {
        let cluster = Cluster::start();
        let way = Way::to(SocketAddr::from(([127, 0, 0, 1], cluster.port)));
        let door = Door::asleep(way.address);
        let folder = tempfile::tempdir().expect("a folder can be made");
        let hosted = Self { cluster, way, door, folder };
        fs::write(hosted.ca(), &hosted.door.ca_pem).expect("a file can be written");
        hosted
    }

    fn awake() -> Self {
        let mut hosted = Self::asleep();
        hosted.door.open(Behind::Awake);
        hosted
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// As its console shows it, but for what leads to this machine.
    fn url(&self, host: &str) -> String {
        let (port, ca) = (self.door.address.port(), self.ca());
        format!("postgresql://app@{host}:{port}/app?sslmode=require&hostaddr=127.0.0.1&sslrootcert={}", ca.display())
    }
}

#[test]
fn the_front_door_is_told_the_name_and_nothing_that_a_pooler_does_not_know() {
    let hosted = Hosted::awake();
    for host in [POOLED, DIRECT] {
        let api = Api::ready(&hosted.url(host));
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
    }
    assert_eq!(hosted.door.told(), 0);
    Api::ready(&format!("{}&options=-c%20lock_timeout%3D1000", hosted.url(DIRECT)));

    let refusal = |url: &str| {
        let (code, text) = told(&run(&[], &[("DATABASE_URL", url), ("PORT", "0")]));
        assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
        text
    };
    // What waiting cannot mend, and the front door's own words for it.
    let text = refusal(&format!("{}&options=-c%20lock_timeout%3D1000", hosted.url(POOLED)));
    assert!(text.contains("unsupported startup parameter: options"), "{text}");
    let nameless = hosted.url("127.0.0.1").replace("sslmode=require", "sslmode=verify-ca");
    let text = refusal(&nameless);
    assert!(text.contains(NAMELESS), "{text}");
    let text = refusal(&hosted.url("localhost"));
    assert!(text.contains("Endpoint ID is not specified"), "{text}");
}

/// What front doors say while a server is on its way, under the code of internal errors.
const NOT_YET: [&str; 3] = [
    "Couldn't connect to compute node",
    "Control plane request failed",
    "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
];

#[test]
fn the_service_is_there_before_its_database_has_woken_up() {
    let mut hosted = Hosted::asleep();
    let api = Api::start(&hosted.url(POOLED));
    let line = api.wait_for_log("waiting for the database");
    assert!(line.contains("Connection refused"), "{line}");
    for (path, status) in [("/health", 200), ("/ready", 503), ("/tasks", 503)] {
        let answer = get(api.address, path);
        assert_eq!((answer.status, answer.header("retry-after").is_some()), (status, status == 503), "{path}");
    }
    for said in NOT_YET {
        let before = hosted.door.told();
        hosted.door.open(Behind::Failing(said));
        assert!(wait_for(|| (hosted.door.told() > before).then_some(())).is_some(), "it tries again after `{said}`");
    }
    hosted.door.open(Behind::Waking(Duration::from_millis(700)));
    api.wait_for_log("database ready");
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
    assert_eq!(api.log().iter().filter(|line| line.contains("waiting for the database")).count(), 1);
}

#[test]
fn a_request_waits_for_a_database_that_wakes_up() {
    let mut hosted = Hosted::awake();
    let api = Api::ready(&hosted.url(POOLED));
    let task = send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#);
    let address = api.address;
    let lost = || api.log().iter().filter(|line| line.contains("database lost")).count();
    let path = format!("/tasks/{}", task.json()["id"]);
    let ways: [(&str, Option<&str>); 3] =
        [("GET", None), ("POST", Some(r#"{"title":"u"}"#)), ("PUT", Some("{\"title\":\"v\"}"))];
    for (round, (method, body)) in ways.into_iter().enumerate() {
        // It goes to sleep: sessions end, and nobody is let in.
        hosted.door.close();
        hosted.cluster.end_sessions();
        assert!(wait_for(|| (hosted.cluster.sessions() == 0).then_some(())).is_some());
        let before = hosted.door.let_in();
        let status = thread::scope(|scope| {
            let path = if method == "POST" { "/tasks" } else { path.as_str() };
            let asked = scope.spawn(move || send(address, method, path, &[], body.map(str::as_bytes)));
            assert!(wait_for(|| (lost() > round).then_some(())).is_some());
            let told = hosted.door.told();
            hosted.door.open(Behind::Failing(NOT_YET[round]));
            assert!(wait_for(|| (hosted.door.told() > told).then_some(())).is_some());
            hosted.door.open(Behind::Waking(Duration::from_millis(300)));
            asked.join().expect("it is answered").status
        });
        assert_eq!(status, if method == "POST" { 201 } else { 200 }, "{method}");
        assert!(hosted.door.let_in() > before);
    }
    assert_eq!(hosted.cluster.psql("SELECT string_agg(title, ' ' ORDER BY id) FROM task"), "v u");
}

#[test]
fn connections_that_were_taken_and_never_answered_do_not_keep_others_from_being_made() {
    let mut hosted = Hosted::awake();
    let api = Api::ready(&hosted.url(POOLED));
    hosted.door.open(Behind::Waking(Duration::from_mins(10)));
    hosted.cluster.end_sessions();
    let before = hosted.door.met();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..4).map(|_| scope.spawn(|| get(api.address, "/tasks").status)).collect();
        assert!(wait_for(|| (hosted.door.met() >= before + 2).then_some(())).is_some());
        hosted.door.open(Behind::Awake);
        let start = Instant::now();
        for asked in asking {
            assert_eq!(asked.join().expect("it is answered"), 200);
        }
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    });
}

#[test]
fn a_database_that_goes_to_sleep_under_load_loses_no_write_and_doubles_none() {
    let mut hosted = Hosted::awake();
    let api = Api::ready_with(&hosted.url(POOLED), &[("REQUEST_TIMEOUT", "5")]);
    let load = Load::on(api.address);
    let memories = load.run(6, || {
        for said in NOT_YET {
            load.goes_on(40);
            hosted.door.close();
            if said == NOT_YET[0] {
                hosted.way.cut();
            } else {
                hosted.cluster.end_sessions();
            }
            let told = hosted.door.told();
            hosted.door.open(Behind::Failing(said));
            assert!(wait_for(|| (hosted.door.told() > told + 2).then_some(())).is_some());
            hosted.door.open(Behind::Waking(Duration::from_millis(300)));
        }
        hosted.door.open(Behind::Awake);
        load.goes_on(40);
    });
    Table::of(hosted.cluster.psql(TABLE).lines()).bears_out(&memories);
}

/// Longer than those who follow the feed are kept waiting for news of other replicas.
const QUIET: Duration = Duration::from_secs(3);
const SOON: Duration = Duration::from_secs(10);

/// A database that scales to zero does so when nobody has asked it for a while.
#[test]
fn nobody_keeps_a_database_awake_that_is_not_asked_for_anything() {
    let hosted = Hosted::awake();
    let api = Api::ready(&hosted.url(POOLED));
    let path = format!("/tasks/{}", send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).json()["id"]);
    for path in [&path, "/tasks?limit=1000", "/tasks/changes", "/ready"] {
        assert_eq!(get(api.address, path).status, 200);
    }
    // Also not for somebody who has followed the feed, and has gone.
    let mut events = Events::of(&api, "", None);
    events.next();
    drop(events);
    let (start, mut since, mut passed) = (Instant::now(), Instant::now(), hosted.way.passed());
    let quiet = wait_for(|| {
        if hosted.way.passed() != passed {
            (since, passed) = (Instant::now(), hosted.way.passed());
        }
        // These ask nobody, however often.
        for path in ["/health", "/metrics", "/openapi.json"] {
            assert_eq!(get(api.address, path).status, 200);
        }
        (since.elapsed() >= QUIET).then(|| start.elapsed())
    });
    assert!(quiet.is_some_and(|time| time < SOON), "{quiet:?}, {passed} bytes");
    assert!(hosted.cluster.sessions() > 0, "its connections are still there");
}
