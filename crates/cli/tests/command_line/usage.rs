//! Command lines that mean nothing, and what is said of them.

use insta::assert_snapshot;

use crate::support::{Place, SPEC};

fn project() -> Place {
    Place::empty().with("containerization-spec.md", SPEC)
}

#[test]
fn without_a_command_the_help_is_shown_and_it_is_a_usage_error() {
    let shown = Place::empty().call(&[]);
    assert!(shown.starts_with("exit 2\n--- stderr\nBuild a container image"), "{shown}");
}

#[test]
fn help_and_version_are_data() {
    let shown = Place::empty().call(&["verify", "--help"]);
    assert!(shown.starts_with("exit 0\n--- stdout\nHold an image to its specification"), "{shown}");
    assert!(!shown.contains("--- stderr") && shown.contains("Examples:\n  seaworthy verify "), "{shown}");
    assert_snapshot!(Place::empty().call(&["--version"]), @"
    exit 0
    --- stdout
    seaworthy 0.1.0
    ");
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    assert_snapshot!(Place::empty().call(&["verfy"]), @"
    exit 2
    --- stderr
    error: unrecognized subcommand 'verfy'

      tip: a similar subcommand exists: 'verify'

    Usage: seaworthy [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn what_is_about_a_registry_needs_one() {
    let place = project();
    assert_snapshot!(place.call(&["push"]), @"
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      --to <HOST/REPO>

    Usage: seaworthy push --to <HOST/REPO> [IMAGE]

    For more information, try '--help'.
    ");
    assert_snapshot!(place.call(&["ship", "--push-anyway"]), @"
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      --to <HOST/REPO>

    Usage: seaworthy ship --to <HOST/REPO> --push-anyway [DIR]

    For more information, try '--help'.
    ");
    assert_snapshot!(place.call(&["ship", "--to", "ghcr.io/owner/app:1.0"]), @"
    exit 2
    --- stderr
    error: invalid value 'ghcr.io/owner/app:1.0' for '--to <HOST/REPO>': it names a repository, without a tag; tags are made from the version and the commit, and `--tag T` adds one

    For more information, try '--help'.
    ");
    assert_snapshot!(place.call(&["verify", "--attach"]), @"
    exit 2
    --- stderr
    error: `--attach` is about an image in a registry
    hint: name the image as HOST/REPO:TAG
    ");
    assert_snapshot!(place.call(&["verify", "oci:image", "--verify-key", "key.pub"]), @"
    exit 2
    --- stderr
    error: `--verify-key` is about an image in a registry
    hint: name the image as HOST/REPO:TAG
    ");
    assert_snapshot!(place.call(&["verify", "localhost:1/app", "--sign-key", "key"]), @"
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      --attach

    Usage: seaworthy verify --attach --sign-key <F> <IMAGE>

    For more information, try '--help'.
    ");
    assert_snapshot!(place.call(&["verify", "localhost:1/app", "--attach", "--sign-key", "none.key"]), @"
    exit 2
    --- stderr
    error: cannot read `none.key`: no such file or directory
    ");
    assert_snapshot!(place.call(&["verify", "localhost:1/app", "--verify-key", "containerization-spec.md"]), @"
    exit 2
    --- stderr
    error: cannot verify with `containerization-spec.md`: no key in PEM form is in it
    hint: `seaworthy keygen` and `cosign generate-key-pair` make such keys
    ");
}

#[test]
fn a_format_of_reports_that_is_not_built_yet_is_a_usage_error_that_names_those_that_are() {
    assert_snapshot!(project().call(&["verify", "--report", "html=report.html"]), @"
    exit 2
    --- stderr
    error: invalid value 'html=report.html' for '--report <FORMAT=PATH>': the format `html` is not built yet; there are `json` and `markdown`

    For more information, try '--help'.
    ");
    assert_snapshot!(project().call(&["verify", "--report", "report.json"]), @"
    exit 2
    --- stderr
    error: invalid value 'report.json' for '--report <FORMAT=PATH>': it has the form FORMAT=PATH, as in json=report.json

    For more information, try '--help'.
    ");
}

#[test]
fn only_one_report_goes_to_stdout() {
    assert_snapshot!(project().call(&["verify", "--report", "json=-", "--report", "markdown=-"]), @"
    exit 2
    --- stderr
    error: two reports go to stdout
    hint: give `-` to one `--report` only
    ");
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_work_begins() {
    assert_snapshot!(project().call(&["verify", "--report", "json=none/report.json"]), @"
    exit 2
    --- stderr
    error: cannot write the report `none/report.json`: no such file or directory
    ");
    assert_snapshot!(project().call(&["verify", "--report", "json=."]), @"
    exit 2
    --- stderr
    error: cannot write the report `.`: is a directory
    ");
}

#[test]
fn a_time_has_a_unit() {
    assert_snapshot!(project().call(&["verify", "--timeout", "30"]), @"
    exit 2
    --- stderr
    error: invalid value '30' for '--timeout <T>': a time has a number and a unit: `30s`, `500ms`, `2m`

    For more information, try '--help'.
    ");
}

#[test]
fn a_project_is_named_once_and_is_a_folder() {
    assert_snapshot!(project().call(&["-C", ".", "ship", "."]), @"
    exit 2
    --- stderr
    error: the project is named twice
    hint: `DIR` behind the command is short for `-C DIR`
    ");
    assert_snapshot!(project().call(&["-C", "none", "verify"]), @"
    exit 2
    --- stderr
    error: the project's folder `none` does not exist
    ");
    assert_snapshot!(project().call(&["ship", "containerization-spec.md"]), @"
    exit 2
    --- stderr
    error: the project's folder `containerization-spec.md` is not a folder
    ");
}

#[test]
fn a_variable_without_a_value_must_be_in_the_environment() {
    assert_snapshot!(project().call(&["verify", "--env", "SEAWORTHY_UNSET"]), @"
    exit 2
    --- stderr
    error: `--env SEAWORTHY_UNSET` takes the value from the environment, and `SEAWORTHY_UNSET` is not set there
    ");
}

#[test]
fn no_error_shows_what_may_be_a_secret() {
    let calls: [&[&str]; 9] = [
        &["verify", "--env", "hunter2!"],
        &["verify", "--env", "postgresql://user:hunter2@host/db?sslmode=require"],
        &["verify", "--env", "A=1", "DATABASE_URL=hunter2"],
        &["verify", "--env", "A=1", "TOKEN=hunter2", "SECRET=hunter2"],
        &["ship", ".", "DATABASE_URL=postgresql://user:hunter2@host/db"],
        &["ship", "postgresql://user:hunter2@host/db"],
        &["verify", "postgresql://user:hunter2@host/db"],
        &["explain", "https://user:hunter2@host/spec.md"],
        &["verify", "--env-file", "env"],
    ];
    let place = project().with("env", "GOOD=1\n\nhunter2 is here\n");
    for arguments in calls {
        let shown = place.call(arguments);
        assert!(
            shown.starts_with("exit 2\n--- stderr\nerror: ") && !shown.contains("hunter2"),
            "{arguments:?}: {shown}"
        );
    }
}

#[test]
fn a_bad_line_of_an_env_file_is_named_by_its_number() {
    let place = project().with("env", "GOOD=1\n\nit is a secret\n").with("quote", "A='b\n");
    assert_snapshot!(place.call(&["verify", "--env-file", "env"]), @"
    exit 2
    --- stderr
    error: `env`, line 3: neither `KEY=VALUE` nor `KEY`: a name is letters, digits and `_`, and does not begin with a digit
    ");
    assert_snapshot!(place.call(&["verify", "--env-file", "quote"]), @"
    exit 2
    --- stderr
    error: `quote`, line 1: a quote is not closed
    ");
    assert_snapshot!(place.call(&["verify", "--env-file", "none"]), @"
    exit 2
    --- stderr
    error: cannot read `none`: no such file or directory
    ");
}

#[test]
fn a_place_from_which_no_image_can_be_taken_says_so() {
    let place = project();
    assert_snapshot!(place.call(&["verify", "localhost:1/owner/app:1.0"]), @"
    exit 2
    --- stderr
    error: cannot pull `localhost:1/owner/app:1.0`: nothing listens at `localhost:1`
    hint: check host and port, and that the registry runs
    ");
    assert_snapshot!(place.call(&["verify", "registry.invalid/owner/app:1.0"]), @"
    exit 2
    --- stderr
    error: cannot pull `registry.invalid/owner/app:1.0`: no host `registry.invalid` is known
    hint: check the spelling of `registry.invalid`, and the network
    ");
    assert_snapshot!(place.call(&["verify", "oci:none"]), @"
    exit 2
    --- stderr
    error: there is no `none`
    ");
    assert_snapshot!(place.call(&["verify", "./target/app"]), @"
    exit 2
    --- stderr
    error: `./target/app` is not an image: `.` is not a registry's host name
    hint: a folder is named `oci:PATH`, a file `docker-archive:FILE` or `oci-archive:FILE`
    ");
    assert_snapshot!(place.call(&["build", "-o", "docker-daemon:app"]), @"
    exit 2
    --- stderr
    error: invalid value 'docker-daemon:app' for '--output <DEST>': `docker-daemon` cannot be written to; there are `oci:PATH`, `docker-archive:FILE` and `oci-archive:FILE`

    For more information, try '--help'.
    ");
}

#[test]
fn an_image_that_was_never_built_names_the_command_that_builds_it() {
    let place = Place::empty().with("app/containerization-spec.md", SPEC);
    assert_snapshot!(place.call(&["-C", "app", "verify"]), @"
    exit 2
    --- stderr
    error: nothing is built yet: there is no `oci:app/target/seaworthy/app`
    hint: seaworthy -C app build
    ");
}

#[test]
fn a_login_in_a_name_is_not_repeated() {
    let place = Place::empty().with("containerization-spec.md", SPEC);
    for name in [
        "https://ann:open-sesame@r.example/acme/app",
        "ann:open-sesame@r.example/acme/app:1",
        "docker://ann:open@sesame@r.example/acme/app",
        "docker-daemon:ann:open-sesame@app",
    ] {
        for arguments in [
            vec!["verify", name],
            vec!["proof", name],
            vec!["push", name, "--to", "r.example/acme/app"],
            vec!["push", "--to", name],
            vec!["ship", "--to", name],
            vec!["proof", "app", name],
        ] {
            let told = place.call(&arguments);
            assert!(told.starts_with("exit 2") && !told.contains("sesame"), "{arguments:?}: {told}");
        }
    }
    assert_snapshot!(place.call(&["verify", "ann:open-sesame@r.example/acme/app"]), @"
    exit 2
    --- stderr
    error: `***@r.example/acme/app` is not an image: behind `@` stands a digest, and no login before it
    hint: log in with `docker login HOST`: the login is found where that puts it
    ");
}
