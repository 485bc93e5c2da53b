//! `seaworthy review`: findings in every form, what is mended, and what cannot be read.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Place;

const FAULTY: &str = "\
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
USER 10001
CMD [\"python\", \"main.py\"]
";

fn place() -> Place {
    Place::empty()
        .with("app/Dockerfile", FAULTY)
        .with("app/requirements.txt", "six==1.17.0\n")
        .with("app/main.py", "print()\n")
}

#[test]
fn findings_stand_with_their_places_and_the_mended_lines() {
    assert_snapshot!(place().call(&["review", "app"]), @"
    exit 3
    --- stdout
    app/Dockerfile:3: warning: it copies the whole folder, and no `.dockerignore` keeps `.git` and `.env` out [context-unfiltered]
      write a `.dockerignore`; `seaworthy init` does
    app/Dockerfile:3: warning: a change of any file installs all packages again (line 4) [sources-before-packages]
      above it, copy requirements.txt and install the packages
    app/Dockerfile:4: warning: `pip install` without `--no-cache-dir` [pip-cache-kept]
      add `--no-cache-dir`
        - RUN pip install -r requirements.txt
        + RUN pip install --no-cache-dir -r requirements.txt

    0 errors, 3 warnings, 0 notes
    ");
    assert_snapshot!(place().call(&["-C", "app", "review", "--format", "github"]), @"
    exit 3
    --- stdout
    ::warning file=app/Dockerfile,line=3,title=context-unfiltered::it copies the whole folder, and no `.dockerignore` keeps `.git` and `.env` out: write a `.dockerignore`; `seaworthy init` does
    ::warning file=app/Dockerfile,line=3,title=sources-before-packages::a change of any file installs all packages again (line 4): above it, copy requirements.txt and install the packages
    ::warning file=app/Dockerfile,line=4,title=pip-cache-kept::`pip install` without `--no-cache-dir`: add `--no-cache-dir`
    ");
}

#[test]
fn only_safe_edits_are_applied() {
    let place = place();
    assert_snapshot!(place.call(&["review", "app", "--fix"]), @"
    exit 3
    --- stdout
    app/Dockerfile:3: warning: it copies the whole folder, and no `.dockerignore` keeps `.git` and `.env` out [context-unfiltered]
      write a `.dockerignore`; `seaworthy init` does
    app/Dockerfile:3: warning: a change of any file installs all packages again (line 4) [sources-before-packages]
      above it, copy requirements.txt and install the packages

    0 errors, 2 warnings, 0 notes
    --- stderr
    note: wrote app/Dockerfile
    ");
    let mended = fs::read_to_string(place.path().join("app/Dockerfile")).unwrap();
    assert_eq!(mended, FAULTY.replace("pip install", "pip install --no-cache-dir"));
    assert!(place.call(&["review", "app", "--fix"]).contains("note: no finding has an edit that is safe to apply\n"));
}

#[test]
fn programs_read_json_and_sarif() {
    let place = place();
    let told = |format: &str| {
        let output = place.command(&["review", "app", "--format", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let json = told("json");
    assert_eq!(json["schema"], "seaworthy/review/v1");
    assert_eq!(json["summary"]["warnings"], 3);
    let first = &json["findings"][0];
    assert_eq!(
        (&first["rule"], &first["path"], &first["line"]),
        (&"context-unfiltered".into(), &"app/Dockerfile".into(), &3.into())
    );

    let sarif = told("sarif");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "seaworthy");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "app/Dockerfile");
        assert!(result["level"] == "warning" && result["message"]["text"].is_string());
    }
    let region = &results[2]["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"];
    assert_eq!((&region["startLine"], &region["endLine"]), (&4.into(), &5.into()));
}

#[test]
fn a_comment_with_a_reason_silences_a_rule() {
    let place = Place::empty()
        .with(
            "a.Dockerfile",
            "FROM alpine:3.21\n# seaworthy: allow root-user: it drops root itself\nUSER root\nCMD [\"x\"]\n",
        )
        .with("b.Dockerfile", "FROM alpine:3.21\n# seaworthy: allow root-user\nUSER root\nCMD [\"x\"]\n");
    assert_snapshot!(place.call(&["review", "a.Dockerfile"]), @"
    exit 0
    --- stdout
    nothing found
    ");
    assert_snapshot!(place.call(&["review", "b.Dockerfile"]), @"
    exit 3
    --- stdout
    b.Dockerfile:2: warning: `allow root-user` gives no reason [silence-without-reason]
      write why behind a second colon

    0 errors, 1 warning, 0 notes
    ");
}

#[test]
fn what_is_no_dockerfile_has_one_line_with_its_place() {
    let place = Place::empty()
        .with("word.Dockerfile", "FROM alpine:3.21\nFRUM x\n")
        .with("secret.Dockerfile", "FROM alpine:3.21\nhunter2! is here\n")
        .with("here.Dockerfile", "FROM alpine:3.21\nRUN cat <<EOF >/x\nEOD\n")
        .with("bytes.Dockerfile", b"FROM alpine:3.21\n\xff\n")
        .with("empty.Dockerfile", "")
        .with("large.Dockerfile", "FROM alpine:3.21\n".repeat(20_000))
        .with("folder/file", "");
    for (name, expected) in [
        ("word.Dockerfile", "cannot review `word.Dockerfile`: line 2: unknown instruction 'FRUM'"),
        ("secret.Dockerfile", "cannot review `secret.Dockerfile`: line 2: unknown instruction"),
        ("here.Dockerfile", "cannot review `here.Dockerfile`: line 2: the here-document `EOF` has no end"),
        ("bytes.Dockerfile", "cannot read `bytes.Dockerfile`: not UTF-8 (byte 17)"),
        ("empty.Dockerfile", "cannot review `empty.Dockerfile`: line 1: expected at least one FROM instruction"),
        ("large.Dockerfile", "cannot read `large.Dockerfile`: it has more than 262144 bytes"),
        ("none", "there is no `none`"),
        (
            "folder",
            "nothing in `folder` can be reviewed\nhint: it needs a `Dockerfile` or a `containerization-spec.md`; `seaworthy init` writes both",
        ),
    ] {
        assert_eq!(place.call(&["review", name]), format!("exit 2\n--- stderr\nerror: {expected}\n"));
    }
}

#[test]
fn a_file_that_lies_further_up_is_not_called_missing() {
    let dockerfile = "FROM alpine:3.21\nCOPY api/app shared nowhere /srv/\nUSER 10001\nCMD [\"/srv/app\"]\n";
    let place = Place::empty().with("api/Dockerfile", dockerfile).with("api/app", "").with("shared", "");
    let told = place.call(&["review", "api"]);
    assert!(told.contains("there is no `nowhere` in the folder"), "{told}");
    assert!(!told.contains("`shared`") && !told.contains("`api/app`"), "{told}");
}

#[test]
fn what_init_writes_raises_no_alarm() {
    let place = Place::empty()
        .with(
            "main.py",
            "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n",
        )
        .with("requirements.txt", "fastapi==0.121.0\nuvicorn==0.38.0\n");
    assert!(place.call(&["init"]).starts_with("exit 0\n"));
    let shown = place.call(&["review"]);
    assert!(shown.starts_with("exit 0\n") && shown.contains("\n0 errors, 0 warnings, "), "{shown}");
}

#[test]
fn a_project_that_is_built_with_the_repositorys_root_has_that_roots_ignore_file() {
    let dockerfile = "FROM python:3.12-slim\nWORKDIR /app\nCOPY services/api/main.py ./\nCOPY . .\nUSER 10001\nCMD [\"python\", \"main.py\"]\n";
    let place = || {
        Place::empty()
            .with(".git/HEAD", "ref: refs/heads/main\n")
            .with("services/api/Dockerfile", dockerfile)
            .with("services/api/main.py", "print()\n")
    };
    let filtered = place().with(".dockerignore", ".git\n.env\n").call(&["review", "services/api"]);
    assert!(filtered.contains("nothing found"), "{filtered}");
    let open = place().with(".dockerignore", "target\n").call(&["review", "services/api"]);
    assert!(open.contains("`.dockerignore` lets `.git` and `.env` through"), "{open}");
}

#[test]
fn the_gravest_findings_are_shown_and_the_others_counted() -> anyhow::Result<()> {
    let dockerfile =
        format!("FROM a:1\n{}RUN cd /x\nENV DB_PASSWORD=x7\n", "RUN apt-get install -y curl\n".repeat(600));
    let place = Place::empty().with("Dockerfile", &dockerfile);
    let shown = place.call(&["review"]);
    assert!(shown.contains("[secret-in-env]") && shown.contains("more were found, none of them graver"), "{shown}");
    let json = place.call(&["review", "--format", "json"]);
    let value: Value = serde_json::from_str(json.split_once("--- stdout\n").unwrap_or_default().1)?;
    let (summary, findings) = (&value["summary"], value["findings"].as_array().map_or(0, Vec::len));
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    assert_eq!(findings, 500);
    assert_eq!(count("errors") + count("warnings") + count("notes"), 500 + count("left_out"));
    assert!(count("left_out") > 500, "{summary}");
    for format in ["sarif", "github"] {
        let text = place.call(&["review", "--format", format]);
        assert!(text.contains(&format!("{} more were found", count("left_out"))), "{format}");
    }
    let prompt = place.call(&["review", "--prompt"]);
    assert!(prompt.contains("more were found, none of them graver"), "{prompt}");
    Ok(())
}
