//! Behind a proxy that shows the service under a path of its own, and takes that off again.

use crate::{
    http::{get, send},
    program::Api,
};

#[test]
fn behind_a_path_prefix_every_way_on_has_it() {
    let forwarded = [("x-forwarded-prefix", "/api")];
    for (environment, headers, prefix) in [
        (&[("ROOT_PATH", "/api/")][..], &[][..], "/api"),
        (&[("TRUSTED_PROXIES", "1"), ("ROOT_PATH", "/other")], &forwarded, "/api"),
        (&[("TRUSTED_PROXIES", "1")], &[], ""),
        (&[], &forwarded, ""),
    ] {
        let api = Api::ready_with("sqlite::memory:", environment);
        let ask = |path: &str| send(api.address, "GET", path, headers, None);
        for title in ["a", "b"] {
            let body = format!(r#"{{"title":"{title}"}}"#);
            assert_eq!(send(api.address, "POST", "/tasks", &[], Some(body.as_bytes())).status, 201);
        }
        let link = ask("/tasks?limit=1").header("link").expect("there is another page").to_owned();
        assert!(link.starts_with(&format!("<{prefix}/tasks?limit=1&cursor=")), "{environment:?}: {link}");
        let server = ask("/openapi.json").json()["servers"][0]["url"].clone();
        assert_eq!(server, if prefix.is_empty() { "/" } else { prefix }, "{environment:?}");
        let redirected = ask("/docs/");
        let expected = format!("http://{}{prefix}/docs", api.address);
        assert_eq!((redirected.status, redirected.header("location")), (307, Some(&*expected)), "{environment:?}");
        assert_eq!(get(api.address, "/tasks").status, 200, "a proxy has taken the prefix off");
    }
}

#[test]
fn a_page_of_the_host_that_a_trusted_proxy_is_asked_by_may_change_something() {
    let headers = [("origin", "https://tasks.example"), ("x-forwarded-host", "tasks.example")];
    for (proxies, status) in [("1", 201), ("0", 403)] {
        let api = Api::ready_with("sqlite::memory:", &[("TRUSTED_PROXIES", proxies)]);
        let made = send(api.address, "POST", "/tasks", &headers, Some(br#"{"title":"a"}"#));
        assert_eq!(made.status, status, "{proxies} proxies");
    }
}
