//! The service is told to stop, or has no room left to write, while clients are at work.

use std::{
    fs, io,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use serde_json::Value;

use crate::{
    http::{get, send_json},
    load::{Load, Memory, TABLE, Table},
    program::{Api, lasting_port, psql, server, wait_for},
};

/// What the file holds.
fn sqlite_table(path: &Path) -> Table {
    let file = Connection::open(path).expect("it can be opened");
    let mut lines = file.prepare(TABLE).expect("it has the tables");
    let lines = lines.query_map([], |row| row.get(0)).expect("they can be read");
    let lines: Vec<String> = lines.collect::<Result<_, _>>().expect("they can be read");
    Table::of(lines.iter().map(String::as_str))
}

fn stopped_under_load_and_started_again(url: &str) -> Vec<Memory> {
    let port = lasting_port().to_string();
    let start = || Api::ready_with(url, &[("PORT", &port)]);
    let mut api = start();
    let load = Load::on_mortal(api.address);
    load.run(8, || {
        for signal in ["TERM", "INT", "TERM"] {
            load.goes_on(60);
            api.stop(signal);
            api = start();
        }
        load.goes_on(60);
    })
}

#[test]
fn stopped_under_load_it_loses_no_write_and_doubles_none() {
    let url = server().database();
    let memories = stopped_under_load_and_started_again(&url);
    Table::of(psql(&url, TABLE).lines()).bears_out(&memories);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let memories = stopped_under_load_and_started_again(&format!("sqlite://{}", path.display()));
    sqlite_table(&path).bears_out(&memories);
}

/// The service on a disk of its own, of 16 MB, that goes when it ends. The write-ahead log takes four of them before it begins
/// anew, and one that fills the disk by itself never does.
struct Small {
    child: Child,
    address: SocketAddr,
}

impl Small {
    /// Mounted at `folder`, for this process and those it starts; by a namespace also users that are not root may.
    fn start(folder: &Path) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], lasting_port()));
        let script = r#"mount -t tmpfs -o size=16m tmpfs "$1" && exec "$2""#;
        let child = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(folder)
            .arg(env!("CARGO_BIN_EXE_task-api"))
            .current_dir("/")
            .env("DATABASE_URL", format!("sqlite://{}/tasks.db", folder.display()))
            .envs([("HOST", "127.0.0.1"), ("PORT", &address.port().to_string())])
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare runs: apt-get install -y util-linux");
        Self { child, address }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn with_a_full_disk_what_was_written_stays_and_writing_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = Small::start(folder.path());
    let address = small.address;
    let starts = || TcpStream::connect(address).is_ok() && get(address, "/ready").status == 200;
    let is_ready = wait_for(|| {
        assert_eq!(small.child.try_wait().unwrap(), None, "a file system can be mounted in a namespace");
        starts().then_some(())
    });
    assert!(is_ready.is_some());
    let within =
        Path::new("/proc").join(small.child.id().to_string()).join("root").join(&folder.path().to_str().unwrap()[1..]);
    assert!(within.join("tasks.db").exists(), "{}", within.display());

    let load = Load::on(address);
    let memories = load.run(8, || {
        for _ in 0..2 {
            load.goes_on(100);
            let ballast = within.join("ballast");
            let filled = fs::write(&ballast, vec![b'x'; 32 << 20]);
            assert_eq!(filled.unwrap_err().kind(), io::ErrorKind::StorageFull);
            load.is_refused(20);
            // Reading goes on, and so does all that asks no database.
            for path in ["/tasks?limit=5", "/ready", "/health"] {
                assert_eq!(get(address, path).status, 200, "{path}");
            }
            let refused = send_json(address, "POST", "/tasks", r#"{"title":"no room"}"#);
            assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text());
            fs::remove_file(&ballast).unwrap();
        }
        load.goes_on(100);
    });
    // The tables as another reader finds them.
    let copy = tempfile::tempdir().unwrap();
    for name in ["tasks.db", "tasks.db-wal"] {
        let _ = fs::copy(within.join(name), copy.path().join(name));
    }
    sqlite_table(&copy.path().join("tasks.db")).bears_out(&memories);
    let titles = get(address, "/tasks?limit=1000").json();
    assert!(titles.as_array().unwrap().iter().all(|task: &Value| task["title"] != "no room"));
}
