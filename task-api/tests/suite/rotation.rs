//! A secret that changes while the service runs.

use std::{fs, path::Path};

use crate::{
    http::{get, send_json},
    program::{Api, psql, run, server, wait_for},
};

/// Puts a file in the place of another one at once, as those who mount secrets do.
fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).expect("a file can be written");
    fs::rename(&beside, path).expect("a file can be renamed");
}

#[test]
fn a_database_url_that_changed_on_disk_is_used_for_new_connections() {
    let url = server().database();
    assert_eq!(run(&["migrate"], &[("DATABASE_URL", &url)]).status.code(), Some(0));
    let (_, place) = url.split_once('@').unwrap();
    let role = |name: &str| format!("{name}_{}", std::process::id());
    for (name, password) in [("old", "first-secret"), ("young", "third-secret")] {
        let role = role(name);
        psql(
            &url,
            &format!(
                "CREATE ROLE {role} LOGIN PASSWORD '{password}'; GRANT SELECT, INSERT, UPDATE, DELETE ON task, task_feed TO {role}; \
                 GRANT SELECT ON task_api_schema TO {role}; GRANT {role} TO CURRENT_USER; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
            ),
        );
    }
    let by = |name: &str, password: &str| format!("postgresql://{}:{password}@{place}\n", role(name));
    let cut = || {
        psql(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    };
    let users = || {
        psql(
            &url,
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() \
             AND usename IS NOT NULL AND pid <> pg_backend_pid()",
        )
    };

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    put(&file, &by("old", "first-secret"));
    let path = file.display().to_string();
    let api = Api::start_in(folder, &[("DATABASE_URL_FILE", &path)]);
    api.wait_for_log("database ready");
    assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"kept"}"#).status, 201);

    let answers = || wait_for(|| (get(api.address, "/tasks/1").status == 200).then_some(())).is_some();
    // Another password for the same user.
    psql(&url, &format!("ALTER ROLE {} PASSWORD 'second-secret'", role("old")));
    put(&file, &by("old", "second-secret"));
    cut();
    assert!(answers());
    // Another user; the one before may no longer log in.
    psql(&url, &format!("ALTER ROLE {} NOLOGIN", role("old")));
    put(&file, &by("young", "third-secret"));
    cut();
    assert!(answers());
    // Sessions that are told to end take their time.
    assert!(wait_for(|| (users() == role("young")).then_some(())).is_some(), "{}", users());
    assert!(!api.log().join("\n").contains("-secret"));
}

#[test]
fn a_login_without_rights_on_a_table_ends_the_start_with_its_name() {
    let url = server().database();
    assert_eq!(run(&["migrate"], &[("DATABASE_URL", &url)]).status.code(), Some(0));
    let role = format!("poor_{}", std::process::id());
    let rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON task";
    psql(
        &url,
        &format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'a-secret'; {rights} TO {role}; GRANT SELECT ON task_api_schema TO {role}"
        ),
    );
    let (_, place) = url.split_once('@').unwrap();
    let ended = run(&[], &[("DATABASE_URL", &format!("postgresql://{role}:a-secret@{place}")), ("PORT", "0")]);
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("permission denied for table task_feed") && !told.contains("a-secret"), "{told}");
}
