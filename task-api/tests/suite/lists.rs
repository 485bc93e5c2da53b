//! Lists: filters, orders, and the pages of each.

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};

use crate::{
    http::{get, send, send_json},
    program::{Api, on_every_database},
};

fn ids(page: &Value) -> Vec<i64> {
    page.as_array().expect("a list").iter().map(|task| task["id"].as_i64().expect("an id")).collect()
}

/// The ids of all pages.
fn all(api: &Api, path: &str) -> Vec<i64> {
    let (mut path, mut found) = (path.to_owned(), Vec::new());
    loop {
        let answer = get(api.address, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        found.extend(ids(&answer.json()));
        let Some(link) = answer.header("link") else { return found };
        let link = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a link");
        link.clone_into(&mut path);
        assert!(found.len() < 100, "the list ends");
    }
}

#[test]
fn a_filter_and_an_order_hold_on_every_page() {
    on_every_database(|api| {
        for n in 0..9 {
            let status = if n % 2 == 0 { "even" } else { "odd" };
            let body =
                json!({"title": format!("Task {n}"), "description": format!("the {n}. of 100%_\\"), "status": status});
            assert_eq!(send_json(api.address, "POST", "/tasks", &body.to_string()).status, 201);
        }
        let first = ids(&get(api.address, "/tasks?limit=1").json())[0];
        let numbers = |path: &str| all(api, path).iter().map(|id| id - first).collect::<Vec<_>>();
        assert_eq!(numbers("/tasks?limit=2&status=even"), [0, 2, 4, 6, 8]);
        assert_eq!(numbers("/tasks?limit=2&sort=-id"), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(numbers("/tasks?limit=4&sort=created_at"), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(numbers("/tasks?limit=4&sort=-created_at&status=odd"), [7, 5, 3, 1]);
        assert_eq!(numbers("/tasks?q=TASK+3"), [3]);
        assert_eq!(numbers("/tasks?q=the%205."), [5]);
        assert_eq!(numbers("/tasks?limit=3&q=100%25_%5C"), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(numbers("/tasks?q=%25").len() == 9 && numbers("/tasks?q=T_sk").is_empty());

        let tasks = get(api.address, "/tasks").json();
        let time = |n: usize| tasks[n]["created_at"].as_str().expect("a time").to_owned();
        let between = format!("/tasks?limit=2&created_after={}&created_before={}", time(2), time(6));
        let expected: Vec<_> = (0..9).filter(|n| time(*n) > time(2) && time(*n) < time(6)).collect();
        assert_eq!(numbers(&between), expected.iter().map(|n| i64::try_from(*n).unwrap()).collect::<Vec<_>>());
    });
}

#[test]
fn tasks_of_one_moment_are_all_on_some_page() {
    on_every_database(|api| {
        let tasks: Vec<_> = (0..7).map(|n| json!({"title": n.to_string()})).collect();
        let body = json!({ "tasks": tasks }).to_string();
        assert_eq!(send_json(api.address, "POST", "/tasks:batchCreate", &body).status, 201);
        for sort in ["created_at", "-created_at"] {
            let found = all(api, &format!("/tasks?limit=2&sort={sort}"));
            assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (7, 7), "{sort}");
        }
    });
}

#[test]
fn a_cursor_that_does_not_fit_is_refused() {
    let api = Api::ready("sqlite::memory:");
    for n in 0..3 {
        send_json(api.address, "POST", "/tasks", &json!({"title": n.to_string()}).to_string());
    }
    let link = get(api.address, "/tasks?limit=1&status=pending").header("link").unwrap().to_owned();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    assert_eq!(get(api.address, &format!("/tasks?status=pending&limit=2&cursor={cursor}")).status, 200);
    for other in ["", "status=done&", "status=pending&sort=-id&", "status=pending&q=1&"] {
        let refused = get(api.address, &format!("/tasks?{other}cursor={cursor}"));
        assert_eq!(
            (refused.status, &refused.json()["detail"][0]["loc"]),
            (422, &json!(["query", "cursor"])),
            "{other}"
        );
    }
}

#[test]
fn pages_of_large_tasks_are_shorter() {
    on_every_database(|api| {
        let body = json!({ "title": "large", "description": "x".repeat(900_000) }).to_string();
        let made: Vec<_> =
            (0..9).map(|_| send_json(api.address, "POST", "/tasks", &body).json()["id"].clone()).collect();
        let first = get(api.address, "/tasks?limit=9");
        assert!((1..=4).contains(&ids(&first.json()).len()) && first.header("link").is_some());
        assert_eq!(json!(all(api, "/tasks?limit=9")), json!(made));

        let (mut cursor, mut told) = (String::new(), 0);
        while told < made.len() {
            let page = get(api.address, &format!("/tasks/changes{cursor}")).json();
            let count = page["changes"].as_array().expect("a list").len();
            assert!((1..=4).contains(&count), "{count} at once");
            told += count;
            cursor = format!("?cursor={}", page["cursor"].as_str().expect("a cursor"));
        }
        assert_eq!(told, made.len());

        // Those who ask for one each at the same time are all answered.
        thread::scope(|scope| {
            let ask = |id: &Value| get(api.address, &format!("/tasks/{id}"));
            let asked: Vec<_> = made.iter().map(|id| scope.spawn(move || (id, ask(id)))).collect();
            for (id, answer) in asked.into_iter().map(|asked| asked.join().expect("it is answered")) {
                assert_eq!((answer.status, &answer.json()["id"]), (200, id));
            }
        });
    });
}

#[test]
fn a_list_is_of_several_statuses_or_of_all_but_some() {
    on_every_database(|api| {
        for status in ["pending", "begun", "completed", "begun"] {
            let body = json!({ "title": status, "status": status }).to_string();
            assert_eq!(send_json(api.address, "POST", "/tasks", &body).status, 201);
        }
        for (query, expected) in [
            ("status=begun", &[2, 4][..]),
            ("status=pending,begun", &[1, 2, 4]),
            ("status=pending%2Cbegun", &[1, 2, 4]),
            ("status=pending&status=completed", &[1, 3]),
            ("status!=completed", &[1, 2, 4]),
            ("status!=completed,pending", &[2, 4]),
            ("status=pending,begun&status!=begun", &[1]),
        ] {
            let listed = get(api.address, &format!("/tasks?{query}")).json();
            assert_eq!(json!(ids(&listed)), json!(expected), "{query}");
            assert_eq!(json!(all(api, &format!("/tasks?{query}&limit=1"))), json!(expected), "{query}");
        }
    });
}

#[test]
fn who_prefers_it_is_told_how_many_tasks_there_are_on_all_pages() {
    on_every_database(|api| {
        for status in ["pending", "begun", "completed", "begun"] {
            let body = json!({ "title": status, "status": status }).to_string();
            assert_eq!(send_json(api.address, "POST", "/tasks", &body).status, 201);
        }
        for (query, count) in [("limit=1", "4"), ("limit=1&status!=begun", "2"), ("q=beg", "2"), ("q=none", "0")] {
            let path = format!("/tasks?{query}");
            let answer = send(api.address, "GET", &path, &[("prefer", "count=exact")], None);
            assert_eq!(answer.header("x-total-count"), Some(count), "{query}");
            assert_eq!(answer.header("preference-applied"), Some("count=exact"));
            let plain = get(api.address, &path);
            assert_eq!((plain.header("x-total-count"), plain.json()), (None, answer.json()), "{query}");
        }
    });
}
