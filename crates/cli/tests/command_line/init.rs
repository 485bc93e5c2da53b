//! `seaworthy init`.

use std::fs;

use insta::assert_snapshot;

use crate::support::Place;

const APP: &str = "import os\nfrom flask import Flask\napp = Flask(__name__)\nKEY = os.environ[\"API_KEY\"]\n\n\
                   @app.get(\"/health\")\ndef health():\n    return \"ok\"\n";

fn flask() -> Place {
    Place::empty().with("service/requirements.txt", "flask==3.0.3\ngunicorn==22.0.0\n").with("service/app.py", APP)
}

#[test]
fn what_is_found_decided_and_written_is_told_on_one_screen() {
    let place = flask();
    let told = place.call(&["init", "service"]);
    assert_snapshot!(told, @r"
    exit 0
    --- stdout
    Service: Flask

      language    Python (requirements.txt)
      framework   Flask (requirements.txt:1)
      packages    pip (requirements.txt)
      start       gunicorn --worker-tmp-dir /dev/shm --access-logfile - app:app (app.py:3)
      port        8000, moved by PORT (requirements.txt:1)
      health      /health (app.py:6)
      variable    API_KEY: secret, required (app.py:4)
      decided     base python:3.12-alpine, size under 200 MB, health check declared

    wrote       service/containerization-spec.md
    wrote       service/Dockerfile
    wrote       service/.dockerignore
    21 promises; 1 open question, under Open Questions

    next: seaworthy -C service ship
    ");
    assert!(told.lines().count() <= 24 + 2);
    for name in ["containerization-spec.md", "Dockerfile", ".dockerignore"] {
        assert!(place.path().join("service").join(name).is_file(), "{name}");
    }
    assert!(place.call(&["explain", "service/containerization-spec.md"]).starts_with("exit 0\n"));
}

#[test]
fn a_file_that_is_there_is_left_alone_without_force() {
    let place = flask().with("service/Dockerfile", "FROM python:3.12-slim\nCOPY . /app\nEXPOSE 5000\n");
    assert_snapshot!(place.call(&["init", "service"]), @r"
    exit 0
    --- stdout
    Service: Flask

      language    Python (requirements.txt)
      framework   Flask (requirements.txt:1)
      packages    pip (requirements.txt)
      start       gunicorn --worker-tmp-dir /dev/shm --access-logfile - app:app (app.py:3)
      port        5000 (Dockerfile:3)
      health      /health (app.py:6)
      variable    API_KEY: secret, required (app.py:4)
      Dockerfile  on python:3.12-slim, 1 stage, user root
      decided     base python:3.12-slim, size under 400 MB, health check none

    wrote       service/containerization-spec.md
    left alone  service/Dockerfile: it is there, and `--force` was not given
    wrote       service/.dockerignore
    18 promises; 4 open questions, under Open Questions

    next: seaworthy -C service ship
    ");
    let dockerfile = || fs::read_to_string(place.path().join("service/Dockerfile")).unwrap();
    assert_eq!(dockerfile(), "FROM python:3.12-slim\nCOPY . /app\nEXPOSE 5000\n");
    let spec = || fs::read_to_string(place.path().join("service/containerization-spec.md")).unwrap();
    assert!(spec().contains("python:3.12-slim"), "{}", spec());

    let told = place.call(&["init", "service", "--force"]);
    assert!(told.contains("wrote anew  service/Dockerfile"), "{told}");
    assert!(dockerfile().contains("USER 10001:10001"), "{}", dockerfile());
    assert!(spec().contains("python:3.12-alpine"), "{}", spec());
}

#[test]
fn a_dry_run_shows_a_diff_and_writes_nothing() {
    let place = flask();
    let told = place.call(&["init", "service", "--dry-run", "--buildkit"]);
    assert!(told.starts_with("exit 0\n--- stdout\n--- /dev/null\n+++ service/containerization-spec.md\n"), "{told}");
    assert!(told.contains("+RUN --mount=type=cache,target=/root/.cache/pip"), "{told}");
    assert_eq!(fs::read_dir(place.path().join("service")).unwrap().count(), 2);

    place.call(&["init", "service"]);
    let told = place.call(&["init", "service", "--dry-run", "--force", "--buildkit"]);
    assert!(told.contains("--- service/Dockerfile\n+++ service/Dockerfile\n"), "{told}");
    assert!(told.contains("-RUN pip install --no-cache-dir -r requirements.txt\n"), "{told}");
}

#[test]
fn a_folder_that_nothing_recognises_exits_2_and_says_what_is() {
    let told = Place::empty().with("README.md", "words").call(&["init"]);
    assert!(
        told.starts_with("exit 2\n--- stderr\nerror: nothing in `.` is recognised\nhint: a project in Python"),
        "{told}"
    );
    let told = Place::empty().with("package.json", b"\xff").call(&["init"]);
    assert_eq!(told, "exit 2\n--- stderr\nerror: cannot read `package.json`: not UTF-8 (byte 0)\n");
    let told = Place::empty().call(&["init", "none"]);
    assert_eq!(told, "exit 2\n--- stderr\nerror: the project's folder `none` does not exist\n");
}

#[test]
fn no_secret_of_the_project_is_shown() {
    let place = flask()
        .with("service/.env", "API_KEY=s3cr3t-value\n")
        .with("service/more.py", "import os\nT = os.environ.get(\"AUTH_TOKEN\", \"hunter2hunter2\")\n");
    let told = place.call(&["init", "service", "--dry-run"]);
    assert!(!told.contains("s3cr3t-value") && !told.contains("hunter2"), "{told}");
    assert!(told.contains("AUTH_TOKEN"), "{told}");
}

#[test]
fn an_image_gives_the_specification_alone() {
    let place = Place::empty();
    let recipe = seaworthy_testkit::Recipe::config(|draft| draft.env.push(("API_TOKEN".into(), "s3cr3t-value".into())));
    recipe.write(&place.path().join("notes")).unwrap();
    let told = place.call(&["init", "oci:notes"]);
    assert!(told.starts_with("exit 0\n--- stdout\nNotes: an image\n"), "{told}");
    assert!(told.contains("wrote       containerization-spec.md\n"), "{told}");
    assert!(!place.path().join("Dockerfile").exists() && !place.path().join(".dockerignore").exists());
    let spec = fs::read_to_string(place.path().join("containerization-spec.md")).unwrap();
    for part in [
        "**Today**: `oci:notes` has ",
        "its user is 1000:1000; the ports that it exposes: 8000; it declares a health check; its volumes: /data; its variables: PORT, API_TOKEN",
        "- **PORT**: Configurable, defaults to 8000",
        "- **Health check**: Built-in endpoint",
    ] {
        assert!(spec.contains(part), "{part}: {spec}");
    }
    assert!(!spec.contains("s3cr3t-value"), "{spec}");
    assert!(place.call(&["explain", "containerization-spec.md"]).starts_with("exit 0\n"));
    assert!(place.call(&["init", "oci:none"]).starts_with("exit 2\n"));
}

#[test]
fn a_run_fills_in_what_was_seen() {
    let place = Place::empty();
    seaworthy_testkit::Recipe::config(|_| {}).write(&place.path().join("notes")).unwrap();
    let told =
        place.call(&["init", "oci:notes", "--run", "--engine", "embedded", "--env", "DATABASE_URL=file:///data"]);
    for part in [
        "port        8000, moved by PORT (a run)",
        "health      /health (a run)",
        "seen        an OpenAPI document at /openapi.json",
        "seen        uid 1000",
        "next: seaworthy verify oci:notes",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let spec = fs::read_to_string(place.path().join("containerization-spec.md")).unwrap();
    for part in [
        "- Runs with a read-only root filesystem\n",
        " ms, times three for slower and busier machines",
        " MB with hardly any load; twice that, as the next power of two",
        "- Why: seen: exit 0 ",
        "- [ ] All CRUD endpoints work when running containerized",
    ] {
        assert!(spec.contains(part), "{part}: {spec}");
    }
    assert!(place.call(&["explain", "containerization-spec.md"]).starts_with("exit 0\n"));
}

#[test]
fn a_run_that_fails_says_what_is_missing_and_writes_what_is_known() {
    let place = Place::empty();
    seaworthy_testkit::Recipe::config(|_| {}).write(&place.path().join("notes")).unwrap();
    let told = place.call(&["init", "oci:notes", "--run", "--engine", "embedded", "--env", "SOME_KEY=s3cr3t-value"]);
    assert!(told.starts_with("exit 0\n") && told.contains("seen        It ended by itself with exit "), "{told}");
    let spec = fs::read_to_string(place.path().join("containerization-spec.md")).unwrap();
    assert!(spec.contains("1. Why does it not run? It ended by itself"), "{spec}");
    assert!(spec.contains("run `seaworthy init --run` again with `--env DATABASE_URL`"), "{spec}");
    assert!(!told.contains("s3cr3t-value") && !spec.contains("s3cr3t-value"), "{spec}");
    assert!(spec.contains("- **Health check**: Built-in endpoint"), "{spec}");

    let told = place.call(&["init", "--env", "A=b"]);
    assert!(told.starts_with("exit 2\n") && told.contains("--run"), "{told}");
    let told = Place::empty().with("index.html", "<title>a</title>").call(&["init", "--run"]);
    assert!(told.starts_with("exit 2\n") && told.contains("hint: seaworthy build"), "{told}");
}
