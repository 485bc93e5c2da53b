//! Somebody else holds a lock in the database: who has nothing to do with it is answered.

use std::{io::Write, net::SocketAddr, thread};

use crate::{
    cluster::Cluster,
    http::{connect, get, send_json},
    program::{Api, wait_for},
};

fn change(address: SocketAddr, id: u32) -> u16 {
    send_json(address, "PATCH", &format!("/tasks/{id}"), r#"{"title":"changed"}"#).status
}

#[test]
fn a_locked_task_is_told_of_and_others_are_read_and_changed_meanwhile() {
    let cluster = Cluster::start();
    let api = Api::ready(&cluster.url());
    for title in ["locked", "free"] {
        assert_eq!(send_json(api.address, "POST", "/tasks", &format!(r#"{{"title":"{title}"}}"#)).status, 201);
    }
    let mut holder = cluster.talk();
    holder.say("BEGIN; SELECT FROM task WHERE id = 1 FOR UPDATE");
    thread::scope(|scope| {
        let blocked: Vec<_> = (0..4).map(|_| scope.spawn(|| change(api.address, 1))).collect();
        cluster.wait_until_waiting(1);
        for _ in 0..3 {
            assert_eq!(get(api.address, "/tasks/2").status, 200);
            assert_eq!(change(api.address, 2), 200);
            assert_eq!(get(api.address, "/tasks").status, 200);
            assert_eq!(get(api.address, "/tasks?q=free").status, 200);
        }
        assert_eq!(get(api.address, "/ready").status, 200);
        for blocked in blocked {
            assert_eq!(blocked.join().expect("it is answered"), 503);
        }
    });
    assert!(!api.log().iter().any(|line| line.contains("outcome")), "what did not get its lock has done nothing");
    holder.say("COMMIT");
    assert_eq!(cluster.psql("SELECT version FROM task WHERE id = 1"), "1");
    assert_eq!(change(api.address, 1), 200);
}

#[test]
fn while_no_task_can_be_changed_all_can_be_read() {
    let cluster = Cluster::start();
    let api = Api::ready(&cluster.url());
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"a"}"#).status, 201);
    // As `CREATE INDEX` does.
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN SHARE MODE");
    thread::scope(|scope| {
        let changing: Vec<_> = (0..12)
            .map(|_| {
                let changing = scope.spawn(|| change(api.address, 1));
                // Sooner or later each finds a connection on which nobody waits.
                assert_eq!(get(api.address, "/tasks/1").status, 200);
                assert_eq!(get(api.address, "/tasks").status, 200);
                assert!(cluster.waiting().len() <= 3, "the last one is for those who read");
                changing
            })
            .collect();
        assert!(wait_for(|| (cluster.waiting().len() == 3).then_some(())).is_some());
        assert_eq!(get(api.address, "/ready").status, 200);
        holder.say("COMMIT");
        for changing in changing {
            let status = changing.join().expect("it is answered");
            assert!([200, 503].contains(&status), "{status}");
        }
    });
    assert_eq!(change(api.address, 1), 200);
}

#[test]
fn what_nobody_waits_for_any_more_ends_at_the_server_too() {
    let cluster = Cluster::start();
    let api = Api::ready(&cluster.url());
    let mut holder = cluster.talk();
    holder.say("BEGIN; LOCK TABLE task IN ACCESS EXCLUSIVE MODE");
    for search in ["/tasks?q=a", "/tasks?limit=500", "/tasks/changes"] {
        let mut client = connect(api.address);
        client.write_all(format!("GET {search} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).expect("it reads");
        cluster.wait_until_waiting(1);
        drop(client);
        assert!(wait_for(|| (cluster.waiting().is_empty()).then_some(())).is_some(), "{search}");
    }
    holder.say("COMMIT");
    assert_eq!(get(api.address, "/tasks?q=a").status, 200);
}
