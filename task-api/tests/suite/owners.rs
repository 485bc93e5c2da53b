//! Each key's tasks are apart from every other's, and what is another's is as if it were not there.

use serde_json::json;

use crate::{
    http::{Answer, send},
    keys::new_key,
    program::{Api, server},
};

fn ask(api: &Api, key: &str, method: &str, path: &str, body: &str) -> Answer {
    let authorization = format!("Bearer {key}");
    let body = (!body.is_empty()).then_some(body.as_bytes());
    send(api.address, method, path, &[("authorization", &authorization)], body)
}

#[test]
fn nobody_can_tell_anothers_task_from_one_that_is_not_there() {
    let ((ann, anns), (bob, bobs), (again, agains)) = (new_key(&["ann"]), new_key(&["bob"]), new_key(&["ann"]));
    let keys = [anns, bobs, agains].join(",");
    let folder = tempfile::tempdir().unwrap();
    for url in [format!("sqlite://{}/tasks.db", folder.path().display()), server().database()] {
        let api = Api::ready_with(&url, &[("API_KEYS", &keys)]);
        let made = ask(&api, &ann, "POST", "/tasks", r#"{"title":"ann's"}"#);
        let (id, tag) = (made.json()["id"].as_i64().unwrap(), made.header("etag").unwrap().to_owned());
        let there = |id: i64| {
            let path = format!("/tasks/{id}");
            let answers = [
                ask(&api, &bob, "GET", &path, ""),
                ask(&api, &bob, "HEAD", &path, ""),
                ask(&api, &bob, "PUT", &path, r#"{"title":"bob's"}"#),
                ask(&api, &bob, "PATCH", &path, "{}"),
                ask(&api, &bob, "DELETE", &path, ""),
            ];
            answers.map(|answer| (answer.status, answer.text().replace(&id.to_string(), "ID")))
        };
        assert_eq!(there(id), there(999));
        assert!(there(id).iter().all(|(status, _)| *status == 404));
        let conditional = send(
            api.address,
            "DELETE",
            &format!("/tasks/{id}"),
            &[("authorization", &format!("Bearer {bob}")), ("if-match", "\"x\"")],
            None,
        );
        assert_eq!(conditional.status, 404);
        assert_eq!(ask(&api, &bob, "GET", "/tasks", "").json(), json!([]));
        assert_eq!(ask(&api, &bob, "GET", "/tasks?q=ann", "").json(), json!([]));
        assert_eq!(ask(&api, &bob, "GET", "/tasks/changes", "").json()["changes"], json!([]));
        // A key of the same name is the same owner's, so that keys can be replaced.
        let read = ask(&api, &again, "GET", &format!("/tasks/{id}"), "");
        assert_eq!((read.status, read.header("etag")), (200, Some(tag.as_str())), "nothing has changed it");
        assert_eq!(ask(&api, &again, "GET", "/tasks/changes", "").json()["changes"].as_array().unwrap().len(), 1);

        let (anns, bobs) = (
            ask(&api, &ann, "POST", "/tasks", r#"{"title":"2"}"#),
            ask(&api, &bob, "POST", "/tasks", r#"{"title":"3"}"#),
        );
        assert_eq!((anns.status, bobs.status), (201, 201));
        assert_eq!(ask(&api, &bob, "GET", "/tasks", "").json(), json!([bobs.json()]));
        let link = ask(&api, &ann, "GET", "/tasks?limit=1", "").header("link").unwrap().to_owned();
        let page = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
        assert_eq!(ask(&api, &ann, "GET", &page, "").status, 200);
        assert_eq!(ask(&api, &bob, "GET", &page, "").status, 422, "a cursor is its owner's");
    }
}
