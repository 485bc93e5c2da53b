//! How a Dockerfile is built: on the command line, and in the project's files.

use std::fs;

use insta::assert_snapshot;
use seaworthy_testkit::debian_image;
use seaworthy_testkit::registry::Double;
use serde_json::{Value, json};

use crate::support::{Place, show};

const SPEC: &str = "# Notes\n\n## Success Criteria\n- [ ] Container runs as non-root user\n";

/// A service whose image is one file, in a stage `web` that is not the last.
fn service() -> Place {
    // No build before this one may have left the step: the time of the file would be that one's.
    let place = Place::empty();
    let hello = place.path().display().to_string();
    let dockerfile = "FROM scratch AS web\nARG V\nCOPY hello /hello\nUSER 1000\nENV V=$V\nFROM web AS last\nUSER 0\n";
    place
        .with("hello", hello)
        .with(".dockerignore", "target\n")
        .with("containerization-spec.md", SPEC)
        .with("prod.Dockerfile", dockerfile)
}

/// The image's config, and the record of its build.
fn built(place: &Place) -> (Value, Value) {
    let folders: Vec<_> = fs::read_dir(place.path().join("target/seaworthy")).unwrap().map(Result::unwrap).collect();
    let record = folders.iter().map(fs::DirEntry::path).find(|path| path.extension().is_some()).unwrap();
    let image = seaworthy_image::layout::open(&record.with_extension("").with_extension("")).unwrap();
    let v = image.config.env().into_iter().find(|(name, _)| name == "V").map(|(_, value)| value);
    let config = json!({"user": image.config.user(), "v": v});
    (config, serde_json::from_slice(&fs::read(record).unwrap()).unwrap())
}

#[test]
fn a_dockerfile_is_built_with_the_options_of_the_command_line() {
    let place = service();
    let told = place.call(&[
        "build",
        "--file",
        "prod.Dockerfile",
        "--target",
        "web",
        "--build-arg",
        "V=1",
        "--network",
        "none",
    ]);
    assert!(told.starts_with("exit 0"), "{told}");
    let (config, record) = built(&place);
    assert_eq!(config, json!({"user": "1000", "v": "1"}));
    assert_eq!(record["stages"], json!(["scratch"]));
    let told = place.call(&["build", "--file", "prod.Dockerfile", "--build-arg", "TYPO=1"]);
    assert!(told.contains("note: One or more build-args [TYPO] were not consumed"), "{told}");
    assert_eq!(
        built(&place).1["stages"],
        json!(["scratch", "scratch"]),
        "the last stage stands on the first one's base"
    );
    let options = json!({"file": "prod.Dockerfile", "target": "web", "args": ["V"], "network": "none"});
    assert_eq!(record["dockerfile"], options);
    // The second build would make another stage without them.
    let spec = "# Notes\n\n## Success Criteria\n- [ ] The build is reproducible\n";
    fs::write(place.path().join("containerization-spec.md"), spec).unwrap();
    let told = place.call(&["ship", "--engine", "embedded", "--file", "prod.Dockerfile", "--target", "web"]);
    let (_, record) = built(&place);
    let differs = record["reproduced"]["differs"].as_str().unwrap_or("nothing");
    assert!(differs == "nothing" || differs == "the layers are the same, and the config is not", "{told}");
    assert!(record["reproduced"].is_object(), "{told}");
}

#[test]
fn the_projects_files_say_how_it_is_built_and_the_command_line_goes_before_them() {
    let table = "[tool.seaworthy]\nfile = \"prod.Dockerfile\"\ntarget = \"web\"\nbuild-args = [\"V=file\"]\n";
    let place = service().with("pyproject.toml", table);
    let told = place.call(&["build"]);
    assert!(told.starts_with("exit 0"), "{told}");
    assert_eq!(built(&place).0, json!({"user": "1000", "v": "file"}));

    let output =
        place.command(&["build", "--target", "last", "--build-arg", "V"]).env("V", "environment").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    assert_eq!(built(&place).0, json!({"user": "0", "v": "environment"}));
}

#[test]
fn options_that_cannot_be_meant_are_refused_before_anything_is_built() {
    let place = service().with("seaworthy.toml", "file = \"prod.Dockerfile\"\ntaget = \"web\"\n");
    assert_snapshot!(place.call(&["build"]), @"
    exit 2
    --- stderr
    error: `FOLDER/seaworthy.toml` has an unknown key `taget`
    hint: it knows `file`, `target`, `build-args`, `network`, `build-secrets`
    ");
    fs::write(place.path().join("seaworthy.toml"), "file = \"prod.Dockerfile\"\n").unwrap();
    assert_snapshot!(place.call(&["build", "--target", "wbe"]), @"
    exit 2
    --- stderr
    error: `FOLDER/prod.Dockerfile` has no stage `wbe`
    hint: its stages are `web`, `last`
    ");
    assert_snapshot!(place.call(&["build", "--build-secret", "npm=.npmrc"]), @"
    exit 2
    --- stderr
    error: the build secret `npm` cannot be given: only BuildKit mounts secrets, and the daemon's classic builder builds here
    hint: build it with `docker build --secret id=npm,src=FILE -t NAME .`, then `seaworthy verify docker-daemon:NAME`; do not give it by `--build-arg`, which stays in the history
    ");
    assert_snapshot!(place.call(&["build", "--build-arg", "s3cret-value"]), @"
    exit 2
    --- stderr
    error: the 1. `--build-arg` is not understood: a build argument is `K` or `K=V`: a name is letters, digits and `_`, and does not begin with a digit
    ");
    assert_snapshot!(place.call(&["build", "--build-arg", "SEAWORTHY_NOT_SET"]), @"
    exit 2
    --- stderr
    error: the build argument `SEAWORTHY_NOT_SET` takes its value from the environment, and is not set there, or is no text
    hint: set the variable, or give `--build-arg K=V`
    ");
    assert_snapshot!(place.call(&["build", "--file", "none.Dockerfile"]), @"
    exit 2
    --- stderr
    error: cannot read `FOLDER/none.Dockerfile`: no such file or directory
    ");
}

#[test]
fn a_rust_package_has_no_use_for_build_arguments_unless_a_dockerfile_is_named() {
    let manifest = "[package]\nname = \"notes\"\nversion = \"1.4.2\"\nedition = \"2024\"\n\n[workspace]\n";
    let place = service().with("Cargo.toml", manifest).with("src/main.rs", "fn main() {}\n");
    assert_snapshot!(place.call(&["build", "--build-arg", "V=1"]), @"
    exit 2
    --- stderr
    error: `--build-arg` is for Dockerfiles, and Cargo builds `notes`
    hint: `--file Dockerfile` builds with a Dockerfile in its place
    ");
    let table =
        "\n[package.metadata.seaworthy]\nfile = \"prod.Dockerfile\"\ntarget = \"web\"\nbuild-args = [\"V=2\"]\n";
    fs::write(place.path().join("Cargo.toml"), format!("{manifest}{table}")).unwrap();
    let told = place.call(&["build"]);
    assert!(told.starts_with("exit 0"), "{told}");
    let (config, record) = built(&place);
    assert_eq!(config, json!({"user": "1000", "v": "2"}));
    assert_eq!((&record["builder"], &record["version"]), (&json!("dockerfile"), &json!("1.4.2")));
}

#[test]
fn a_failed_step_shows_its_last_lines_and_no_value_of_an_argument() {
    let step = "RUN for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do echo line $i; done; echo $NPM_TOKEN; exit 7";
    let dockerfile = format!("FROM {}\nARG NPM_TOKEN\n{step}\n", debian_image().unwrap());
    let place = Place::empty().with("Dockerfile", dockerfile);
    let told = place.call(&["build", "--build-arg", "NPM_TOKEN=s3cret-value", "--network", "none"]);
    assert!(!told.contains("s3cret-value"), "{told}");
    assert_snapshot!(told, @"
    exit 2
    --- stderr
    note: the build argument `NPM_TOKEN` looks like a secret: its value stays in the image's history, where whoever pulls the image reads it
    line 3
    line 4
    line 5
    line 6
    line 7
    line 8
    line 9
    line 10
    line 11
    line 12
    line 13
    line 14
    line 15
    line 16
    line 17
    line 18
    line 19
    line 20
    line 21
    ***
    error: step 3/3 (`RUN for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do echo line $i; done; echo $NPM_TOKEN; exit 7`) failed: it exited with 7
    ");
}

#[test]
fn a_build_argument_that_looks_like_a_secret_is_looked_for_in_the_image_and_never_shown() {
    let spec = "# Notes\n\n## Success Criteria\n- [ ] No secrets in image\n";
    let dockerfile = "FROM scratch\nCOPY hello /hello\nARG NPM_TOKEN\nENV SETTING=$NPM_TOKEN\n";
    let place = service().with("Dockerfile", dockerfile).with("containerization-spec.md", spec);
    let told = place.call(&["ship", "--engine", "embedded", "--build-arg", "NPM_TOKEN=quiet-harbour-4711"]);
    assert!(told.starts_with("exit 1") && told.contains("NPM_TOKEN"), "{told}");
    assert!(!told.contains("quiet-harbour"), "{told}");
    let told = place.call(&["ship", "--engine", "embedded"]);
    assert!(told.starts_with("exit 0"), "{told}");
}

#[test]
fn a_dockerfile_service_has_its_tags_from_its_files_and_a_push_without_any_says_so_first() {
    let registry = Double::start().unwrap();
    let to = format!("{}/acme/notes", registry.host());
    let place = service().with("seaworthy.toml", "file = \"prod.Dockerfile\"\ntarget = \"web\"\n");
    let pushed = || {
        let told = place.call(&["build"]);
        assert!(told.starts_with("exit 0"), "{told}");
        let told = place.call(&["push", "--to", &to, "--dry-run"]).replace(&registry.host(), "HOST");
        let shown = told
            .lines()
            .filter(|line| !line.contains("sha256:") && !line.starts_with("would push") && !line.contains("blob"));
        shown.map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(pushed(), @"
    exit 0
    --- stdout
    sha-COMMIT    left out  the commit: there is no git commit
    latest        left out  the newest release: without a version it is no release
    --- stderr
    note: this push writes no tag: neither a version nor a commit is known; the image has its digest alone, and `--tag T` gives it a tag
    ");
    fs::write(place.path().join("package.json"), r#"{"version": "2.1.0"}"#).unwrap();
    assert_snapshot!(pushed(), @"
    exit 0
    --- stdout
    2.1.0         new       the version
    2.1           left out  the newest 2.1: without git nothing shows that the tree is clean
    2             left out  the newest 2: without git nothing shows that the tree is clean
    sha-COMMIT    left out  the commit: there is no git commit
    latest        left out  the newest release: without git nothing shows that the tree is clean
    ");
    let label = "FROM scratch AS web\nCOPY hello /hello\nARG V=3.0.1\nLABEL org.opencontainers.image.version=$V\n";
    fs::write(place.path().join("prod.Dockerfile"), label).unwrap();
    assert!(pushed().contains("\n3.0.1 "), "{}", pushed());
    assert!(registry.count("PUT", "/") == 0 && registry.count("POST", "/") == 0, "{:?}", registry.seen());
}

#[test]
fn a_review_reads_the_dockerfile_that_the_settings_name() {
    let place = service()
        .with("seaworthy.toml", "file = \"docker/prod.Dockerfile\"\n")
        .with("docker/prod.Dockerfile", "FROM debian:12\nADD hello /hello\n");
    let told = place.call(&["review"]);
    assert!(told.contains("docker/prod.Dockerfile:"), "{told}");
    fs::remove_file(place.path().join("docker/prod.Dockerfile")).unwrap();
    assert_snapshot!(place.call(&["review"]), @"
    exit 2
    --- stderr
    error: the settings name the Dockerfile `docker/prod.Dockerfile`, which is not there
    ");
}
