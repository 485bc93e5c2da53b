//! The feed of changes: complete, in one order, and the same for everybody.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    http::{connect, get, send, send_json},
    program::{Api, on_every_database, psql, server},
    way::{Fault, Way},
};

/// All changes behind a cursor, and the cursor behind them.
fn changes(api: &Api, cursor: &str) -> (Vec<Value>, String) {
    let (mut cursor, mut found) = (cursor.to_owned(), Vec::new());
    loop {
        let query = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let answer = get(api.address, &format!("/tasks/changes?limit=3{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        page["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
        let page = page["changes"].as_array().expect("a list").clone();
        if page.is_empty() {
            return (found, cursor);
        }
        found.extend(page);
    }
}

fn told(changes: &[Value]) -> Vec<String> {
    let told = |change: &Value| {
        let title = change["task"]["title"].as_str().unwrap_or("-");
        format!("{} v{} {} {title}", change["id"], change["version"], change["deleted"])
    };
    changes.iter().map(told).collect()
}

fn create(api: &Api, title: &str) -> i64 {
    let answer = send_json(api.address, "POST", "/tasks", &json!({ "title": title }).to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().expect("an id")
}

#[test]
fn it_has_every_task_once_as_it_is() {
    on_every_database(|api| {
        let ids: Vec<_> = ["a", "b", "c", "d"].iter().map(|title| create(api, title)).collect();
        let [a, b, c, d] = ids[..] else { panic!("four") };
        let (all, cursor) = changes(api, "");
        assert_eq!(
            told(&all),
            [(a, "a"), (b, "b"), (c, "c"), (d, "d")].map(|(id, title)| format!("{id} v1 false {title}"))
        );
        assert!(changes(api, &cursor).0.is_empty());

        assert_eq!(send_json(api.address, "PATCH", &format!("/tasks/{a}"), r#"{"title":"x"}"#).status, 200);
        assert_eq!(send(api.address, "DELETE", &format!("/tasks/{b}"), &[], None).status, 204);
        let expected = [format!("{a} v2 false x"), format!("{b} v2 true -")];
        assert_eq!(told(&changes(api, &cursor).0), expected);
        // From within as from its end, and from the beginning too.
        assert_eq!(told(&changes(api, all[3]["cursor"].as_str().unwrap()).0), expected);
        let (again, _) = changes(api, "");
        assert_eq!(
            told(&again),
            [format!("{c} v1 false c"), format!("{d} v1 false d"), expected[0].clone(), expected[1].clone()]
        );
        assert_eq!(again[2]["task"], get(api.address, &format!("/tasks/{a}")).json());
        assert_eq!(again[2]["etag"], format!("\"{a}-2\""));
        let now = get(api.address, "/tasks/changes?cursor=now").json();
        assert_eq!((&now["changes"], changes(api, now["cursor"].as_str().unwrap()).0), (&json!([]), Vec::new()));
        for bad in ["x", "0"] {
            assert_eq!(get(api.address, &format!("/tasks/changes?cursor={bad}")).status, 422);
        }
    });
}

#[test]
fn now_is_behind_all_that_is_committed_though_nobody_has_read_it() {
    on_every_database(|api| {
        create(api, "before");
        let now = get(api.address, "/tasks/changes?cursor=now").json();
        assert_eq!(now["changes"], json!([]));
        let after = create(api, "after");
        let seen = changes(api, now["cursor"].as_str().expect("a cursor")).0;
        assert_eq!(told(&seen), [format!("{after} v1 false after")]);
    });
}

#[test]
fn an_empty_page_is_the_end_though_others_have_many_changes() {
    let url = server().database();
    let api = Api::ready(&url);
    psql(&url, "INSERT INTO task (title, owner) SELECT 'other', 'other' FROM generate_series(1, 2500)");
    let mine = create(&api, "mine");
    assert_eq!(told(&changes(&api, "").0), [format!("{mine} v1 false mine")]);
}

/// A number is taken before the commit, and commits overtake each other: what is committed late must still be seen by
/// those who have read beyond it.
#[test]
fn a_change_that_is_committed_late_is_not_missed() {
    let url = server().database();
    let api = Api::ready(&url);
    let early = create(&api, "early");
    let (_, cursor) = changes(&api, "");
    let mut slow = std::process::Command::new("psql")
        .args(["-X", "-A", "-t", "-q", "-d", &url])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("psql runs: apt-get install -y postgresql");
    let mut input = slow.stdin.take().unwrap();
    let mut output = BufReader::new(slow.stdout.take().unwrap());
    let mut ask = |sql: &str| {
        writeln!(input, "{sql}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    };
    let new: i64 = ask("BEGIN; INSERT INTO task (title) VALUES ('late') RETURNING id;").parse().unwrap();
    let change = "UPDATE task SET title = 'changed late', version = version + 1, feed_position = NULL WHERE id =";
    assert_eq!(ask(&format!("{change} {early} RETURNING id;")), early.to_string());

    let after = create(&api, "after");
    assert!(after > new, "its number was taken later");
    let (seen, cursor) = changes(&api, &cursor);
    assert_eq!(told(&seen), [format!("{after} v1 false after")], "who is slow keeps nobody waiting");
    assert_eq!(ask("COMMIT; SELECT 'done';"), "done");
    let mut late = told(&changes(&api, &cursor).0);
    late.sort();
    assert_eq!(late, [format!("{early} v2 false changed late"), format!("{new} v1 false late")]);
    drop(input);
    slow.wait().unwrap();
}

/// What a reader knows after following the feed to its end.
fn follow(api: &Api, is_over: &AtomicBool) -> BTreeMap<i64, (i64, bool)> {
    let (mut known, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let ends = is_over.load(Ordering::Acquire);
        let (seen, next) = changes(api, &cursor);
        for change in seen {
            let (id, version) = (change["id"].as_i64().expect("an id"), change["version"].as_i64().expect("a version"));
            let before = known.insert(id, (version, change["deleted"] == true));
            assert!(
                before.is_none_or(|(before, gone)| before < version && !gone),
                "{id} goes back: {before:?} to {version}"
            );
        }
        cursor = next;
        if ends {
            return known;
        }
    }
}

#[test]
fn no_reader_misses_what_many_write_at_once() {
    let url = server().database();
    let replicas: Vec<_> = (0..3).map(|_| Api::quiet(&url)).collect();
    let (replicas, is_over) = (&replicas, &AtomicBool::new(false));
    let known: Vec<_> = thread::scope(|scope| {
        let readers: Vec<_> = replicas.iter().map(|api| scope.spawn(move || follow(api, is_over))).collect();
        let writers: Vec<_> = (0..9)
            .map(|n| {
                scope.spawn(move || {
                    let api = &replicas[n % 3];
                    for m in 0..30 {
                        let path = format!("/tasks/{}", create(api, &format!("{n} {m}")));
                        assert_eq!(send_json(api.address, "PATCH", &path, r#"{"status":"done"}"#).status, 200);
                        if m % 2 == 0 {
                            assert_eq!(send(api.address, "DELETE", &path, &[], None).status, 204);
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Release);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let tasks =
        "SELECT id || ' ' || version || ' f' FROM task UNION SELECT id || ' ' || version || ' t' FROM task_tombstone";
    let expected: BTreeMap<i64, (i64, bool)> = psql(&url, tasks)
        .lines()
        .map(|line| {
            let mut parts = line.split(' ');
            let mut number = || parts.next().unwrap().parse().unwrap();
            (number(), (number(), line.ends_with('t')))
        })
        .collect();
    assert_eq!(expected.len(), 270);
    for known in known {
        assert_eq!(known, expected);
    }
    assert_eq!(
        psql(
            &url,
            "SELECT count(*) - count(DISTINCT feed_position) FROM (SELECT feed_position FROM task UNION ALL SELECT feed_position FROM task_tombstone) AS all_of_them"
        ),
        "0"
    );
}

/// A stream of events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn of(api: &Api, query: &str, last: Option<&str>) -> Self {
        let mut stream = connect(api.address);
        let last = last.map_or_else(String::new, |last| format!("last-event-id: {last}\r\n"));
        write!(stream, "GET /tasks/changes{query} HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n{last}\r\n")
            .expect("it is sent");
        let mut events = Self(BufReader::new(stream));
        assert!(events.line().starts_with("HTTP/1.1 200"));
        while !events.line().is_empty() {}
        events
    }

    /// A line, without the framing of chunks.
    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("the stream goes on") > 0, "the stream has ended");
        line.trim_end().to_owned()
    }

    /// The next event: its id, its name, and what it says.
    pub(crate) fn next(&mut self) -> (String, String, Value) {
        let (mut id, mut name) = (String::new(), String::new());
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let line = self.line();
            if let Some(value) = line.strip_prefix("id: ") {
                value.clone_into(&mut id);
            } else if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut name);
            } else if let Some(value) = line.strip_prefix("data: ") {
                return (id, name, serde_json::from_str(value).expect("it says JSON"));
            }
        }
        panic!("no event comes");
    }
}

#[test]
fn events_tell_what_happens_and_go_on_where_they_were_left() {
    on_every_database(|api| {
        let first = create(api, "a");
        let mut events = Events::of(api, "", None);
        let (id, name, change) = events.next();
        assert_eq!((name.as_str(), &change["id"], &change["cursor"]), ("changed", &json!(first), &json!(id)));
        assert_eq!(change["task"], get(api.address, &format!("/tasks/{first}")).json());
        let second = create(api, "b");
        assert_eq!(events.next().2["id"], second);
        drop(events);

        assert_eq!(send(api.address, "DELETE", &format!("/tasks/{first}"), &[], None).status, 204);
        let mut events = Events::of(api, "?cursor=now", Some(&id));
        assert_eq!(events.next().2["id"], second);
        let (_, name, change) = events.next();
        assert_eq!((name.as_str(), &change["id"], &change["task"]), ("deleted", &json!(first), &Value::Null));
        let mut now = Events::of(api, "?cursor=now", None);
        let third = create(api, "c");
        assert_eq!((now.next().2["id"].clone(), events.next().2["id"].clone()), (json!(third), json!(third)));
    });
}

#[test]
fn events_come_from_other_replicas_too() {
    let url = server().database();
    let (one, other) = (Api::ready(&url), Api::ready(&url));
    let mut events = Events::of(&one, "?cursor=now", None);
    let ids: Vec<_> = (0..30).map(|n| create(&other, &n.to_string())).collect();
    let mut seen: Vec<_> = ids.iter().map(|_| events.next().2["id"].as_i64().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ids);
}

#[test]
fn a_stream_ends_when_the_service_stops() {
    let mut api = Api::ready("sqlite::memory:");
    create(&api, "a");
    let mut events = Events::of(&api, "", None);
    events.next();
    api.stop("TERM");
}

#[test]
fn a_bad_cursor_is_told_even_where_another_one_counts() {
    let api = Api::ready("sqlite::memory:");
    let read = |cursor: &str| {
        let path = format!("/tasks/changes?cursor={cursor}");
        send(api.address, "GET", &path, &[("last-event-id", "now")], None).status
    };
    assert_eq!([read("now"), read(""), read("nonsense")], [200, 422, 422]);
}

/// The first one who follows reads what is there, and then somebody begins to look for news. What comes in between is
/// neither.
#[test]
fn what_is_committed_between_the_reading_and_the_first_look_is_told() {
    let cluster = Cluster::start();
    let way = Way::to(SocketAddr::from(([127, 0, 0, 1], cluster.port)));
    let url = format!("postgresql://app@127.0.0.1:{}/app?sslmode=disable", way.address.port());
    let api = Api::ready(&url);
    let mut talk = cluster.talk();
    // The follower waits for the answer to its reading while the server is done with it.
    way.fail(Fault::Late(Duration::from_millis(500)));
    let mut events = Events::of(&api, "", None);
    talk.say(
        "DO $$ BEGIN \
             WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%feed_position > $2%') LOOP \
                 PERFORM pg_sleep(0.001), pg_stat_clear_snapshot(); \
             END LOOP; \
             INSERT INTO task (title) VALUES ('between'); \
         END $$",
    );
    let change = events.next().2;
    assert_eq!(change["task"]["title"], "between");
}
