//! `ship --to`, `push`, `verify` and `proof` with a registry that fails on demand.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use insta::assert_snapshot;
use seaworthy_image::{Format, layout};
use seaworthy_testkit::registry::{DockerRegistry, Double, Fault, Protection, Response, TokenServer, Tokens, image};
use seaworthy_testkit::workspace;
use serde_json::{Value, json};

use crate::support::{Place, show};

const SPEC: &str = "\
# Containerization Specification: Notes

## Constraints

- **PORT**: Configurable, defaults to 8000

## Success Criteria

- [ ] Container builds successfully without errors
- [ ] Image size under 10 MB
- [ ] Health check endpoint responds at `/health`
- [ ] Image can be pushed to registry
- [ ] Tagged with version, commit and latest
- [ ] Image can be pulled and run on different machine
";

const MANIFEST: &str = r#"
[package]
name = "notes"
version = "1.4.2"
edition = "2024"

[package.metadata.seaworthy]
port = 8000
healthcheck = ["healthcheck"]
env = { DATABASE_URL = "file:///data" }
volumes = ["/data"]

[workspace]
"#;

/// The sample service as a project of version 1.4.2, committed, with a registry beside it.
struct Project {
    place: Place,
    registry: Double,
}

impl Project {
    fn new() -> Self {
        let files = std::fs::read_dir(workspace().join("crates/testkit/sample")).unwrap();
        let sources = files.map(|file| file.unwrap().path()).map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let name = if name == "notes.rs" { "main.rs" } else { name };
            (format!("src/{name}"), std::fs::read_to_string(&path).unwrap())
        });
        let place = sources
            .fold(Place::empty(), |place, (name, text)| place.with(&name, text))
            .with("containerization-spec.md", SPEC)
            .with("Cargo.toml", MANIFEST)
            .with("Cargo.lock", "version = 4\n\n[[package]]\nname = \"notes\"\nversion = \"1.4.2\"\n")
            .with(".gitignore", "target\n*.key\n*.pub\n");
        let project = Self { place, registry: Double::start().unwrap() };
        project.git(&["init", "-q"]);
        project.commit("First");
        project
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
        let output =
            Command::new("git").args(identity).args(arguments).current_dir(self.place.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    fn to(&self) -> String {
        format!("{}/acme/notes", self.registry.host())
    }

    /// What the program says; what changes from run to run is replaced.
    fn call(&self, arguments: &[&str]) -> String {
        let output = self.place.command(arguments).env("CARGO_NET_OFFLINE", "true").output().unwrap();
        steady(&show(&output).replace(&self.registry.host(), "HOST"))
    }

    /// The lines of [`Self::call`] from the one that begins with `first`.
    fn end_of(&self, arguments: &[&str], first: &str) -> String {
        let told = self.call(arguments);
        let rest: Vec<&str> = told.lines().skip_while(|line| !line.trim_start().starts_with(first)).collect();
        assert!(!rest.is_empty(), "no line begins with `{first}`:\n{told}");
        format!("{}\n{}", told.lines().next().unwrap_or_default(), rest.join("\n"))
    }

    fn ship(&self, more: &[&str]) -> Vec<String> {
        let to = self.to();
        let arguments = [&["ship", "--engine", "embedded", "--to", &to], more].concat();
        arguments.into_iter().map(str::to_owned).collect()
    }

    /// How many requests asked the registry to keep something.
    fn writes(&self) -> usize {
        ["POST", "PUT", "PATCH", "DELETE"].into_iter().map(|method| self.registry.count(method, "/")).sum()
    }
}

/// Digests, times, sizes, machines and commits as words.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let measure = |at: usize| {
            let unit = words.get(at + 1).is_some_and(|next| ["s", "ms", "MB", "MB;"].contains(next));
            unit && words[at].parse::<f64>().is_ok()
        };
        let told = (0..words.len()).map(|at| if measure(at) { "N".to_owned() } else { word(words[at]) });
        out.push_str(&told.collect::<Vec<_>>().join(" "));
        out.push('\n');
    }
    out
}

fn word(word: &str) -> String {
    if word.starts_with("20") && word.ends_with('Z') {
        return "TIME".to_owned();
    }
    let hex = |text: &str| text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(from.len());
        out.push_str(before);
        out.push_str(if hex(&from[..end]) { "HEX" } else { &from[..end] });
        rest = &from[end..];
    }
    out + rest
}

fn as_str(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn what_held_is_pushed_tagged_and_proven_and_verified_again_without_a_file() {
    let project = Project::new();
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "✔ Image can be pushed"), @"
    exit 0
      ✔ Image can be pushed to registry                HOST/acme/notes@sha256:HEX…
                                                       read back by digest
      ✔ Tagged with version, commit and latest         1.4.2, sha-HEX, latest name
                                                       sha256:HEX… in
                                                       HOST/acme/notes
      … Image can be pulled and run on different       seen on this machine only; to be typed on another
        machine                                        one
                                                       pending: seaworthy verify
                                                       HOST/acme/notes:1.4.2 --attach

    7 promises: 6 kept, 0 broken, 0 unproven, 1 pending · N s
    --- stderr
    pushed HOST/acme/notes@sha256:HEX
      as 1.4.2, 1.4, 1, sha-HEX, latest; 3 blobs sent, N MB
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");
    // Blobs, the manifest, tags, and the proof last.
    let puts: Vec<String> = project
        .registry
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "PUT" && seen.target.contains("/manifests/"))
        .map(|seen| steady(&seen.target).trim_end().to_owned())
        .collect();
    assert_snapshot!(puts.join("\n"), @"
    /v2/acme/notes/manifests/sha256:HEX
    /v2/acme/notes/manifests/1.4.2
    /v2/acme/notes/manifests/1.4
    /v2/acme/notes/manifests/1
    /v2/acme/notes/manifests/sha-HEX
    /v2/acme/notes/manifests/latest
    /v2/acme/notes/manifests/sha256:HEX
    /v2/acme/notes/manifests/sha256-HEX.proof-HEX
    /v2/acme/notes/manifests/sha256-HEX
    ");

    project.registry.forget();
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "pushed"), @"
    exit 0
    pushed HOST/acme/notes@sha256:HEX
      as 1.4.2, 1.4, 1, sha-HEX, latest; no blob sent; 3 blobs there already
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");
    // The proof's two blobs are all that is sent.
    assert_eq!(project.registry.count("POST", "/blobs/uploads/"), 1, "{:?}", project.registry.seen());

    let elsewhere = Place::empty();
    let image = format!("{}:1.4", project.to());
    let verified = elsewhere.command(&["verify", &image, "--engine", "embedded", "--attach"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", show(&verified));
    let told = steady(&show(&verified).replace(&project.registry.host(), "HOST"));
    let notes: Vec<&str> = told.lines().filter(|line| line.starts_with("note:") || line.starts_with("proof")).collect();
    assert_snapshot!(notes.join("\n"), @"
    note: the specification is that of the proof of TIME by HEX (unsigned): Notes
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");

    let account = elsewhere.command(&["proof", &image, "--report", "json=-"]).output().unwrap();
    assert_eq!(account.status.code(), Some(0), "{}", show(&account));
    let account: Value = serde_json::from_slice(&account.stdout).unwrap();
    assert_eq!(account["results"].as_array().map(Vec::len), Some(3), "{account}");
}

#[test]
fn a_signed_proof_counts_under_its_key_and_under_no_other() {
    let project = Project::new();
    for name in ["ours", "other"] {
        let made = project.place.command(&["keygen", "-o", name]).env("COSIGN_PASSWORD", "hush").output().unwrap();
        assert!(made.status.success(), "{}", show(&made));
    }
    let image = format!("{}:1.4.2", project.to());
    let mut command = project.place.command(&as_str(&project.ship(&["--sign-key", "ours.key"])));
    let wrong = command.env("COSIGN_PASSWORD", "wrong").output().unwrap();
    assert_snapshot!(show(&wrong), @"
    exit 2
    --- stderr
    error: cannot sign with `ours.key`: the password is not the one that the key was encrypted with, or the file is damaged
    hint: set COSIGN_PASSWORD to the key's password
    ");
    assert_eq!(project.registry.seen().len(), 0);
    let shipped = command.env("COSIGN_PASSWORD", "hush").output().unwrap();
    assert!(shipped.status.success(), "{}", show(&shipped));
    assert!(!show(&shipped).contains("not signed"), "{}", show(&shipped));

    let row = |key: &str| {
        let told = project.call(&["proof", &image, "--verify-key", key]);
        let lines = told.lines().filter(|line| !line.contains("embedded") && !line.starts_with("    specification"));
        lines.take(8).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(row("ours.pub"), @"
    exit 0
    --- stdout
    HOST/acme/notes:1.4.2 · sha256:HEX…


      every result here is signed by key HEX

    Notes · specification sha256:HEX…
    ");
    assert_snapshot!(row("other.pub"), @"
    exit 3
    --- stdout
    HOST/acme/notes:1.4.2 · sha256:HEX…

      no result counts: nothing is known of this image
      not counted: sha256:HEX…: it is signed by key
        `HEX`, not by key
        `HEX`
    ");
    assert_snapshot!(project.call(&["verify", &image, "--verify-key", "other.pub"]), @"
    exit 2
    --- stderr
    note: not counted: sha256:HEX…: it is signed by key `HEX`, not by key `HEX`
    error: `HOST/acme/notes:1.4.2` has no proof that can be believed, so nothing says what it promises
    hint: name the specification with `--spec FILE`
    ");
}

#[test]
fn what_is_broken_is_not_pushed_unless_asked_for() {
    let project = Project::new();
    let spec = SPEC.replace("under 10 MB", "under 10 KB");
    std::fs::write(project.place.path().join("containerization-spec.md"), spec).unwrap();
    project.commit("Promise too much");
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "… Image can be pushed"), @"
    exit 1
      … Image can be pushed to registry                not pushed
                                                       pending: seaworthy ship --to HOST/REPO
      … Tagged with version, commit and latest         not pushed with the tags version, commit, latest
                                                       pending: seaworthy ship --to HOST/REPO
      … Image can be pulled and run on different       seen on this machine only; to be typed on another
        machine                                        one
                                                       pending: seaworthy verify HOST/REPO:TAG

    7 promises: 3 kept, 1 broken, 0 unproven, 3 pending · N s
    --- stderr
    note: nothing was pushed to HOST/acme/notes: `--push-anyway` would
    ");
    assert_eq!(project.writes(), 0, "{:?}", project.registry.seen());

    assert_snapshot!(project.end_of(&as_str(&project.ship(&["--push-anyway"])), "7 promises"), @"
    exit 1
    7 promises: 5 kept, 1 broken, 0 unproven, 1 pending · N s
    --- stderr
    pushed HOST/acme/notes@sha256:HEX
      as 1.4.2, 1.4, 1, sha-HEX, latest; 3 blobs sent, N MB
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");
    let account = project.call(&["proof", &format!("{}:latest", project.to())]);
    assert!(account.contains("pushed anyway"), "{account}");
    assert!(account.starts_with("exit 1"), "{account}");
}

#[test]
fn a_version_never_names_another_image_unless_told_to() {
    let project = Project::new();
    let told = project.call(&as_str(&project.ship(&[])));
    assert!(told.starts_with("exit 0"), "{told}");
    project.git(&["commit", "-q", "--allow-empty", "-m", "Second"]);
    assert_snapshot!(project.call(&as_str(&project.ship(&[]))), @"
    exit 2
    --- stderr
    error: nothing is pushed to `HOST/acme/notes`: `1.4.2` (the version): it names `HEX`
    hint: give the project a new version, or let the tags move with `--move-tags`
    ");
    assert_snapshot!(project.call(&["push", "--to", &project.to(), "--dry-run", "--tag", "demo"]), @"
    exit 2
    --- stdout
    would push oci:target/seaworthy/notes as
      HOST/acme/notes@sha256:HEX
    1.4.2               refused  the version: it names `HEX`
    1.4                 moves    the newest 1.4: from `HEX`
    1                   moves    the newest 1: from `HEX`
    sha-HEX    new      the commit
    latest              moves    the newest release: from `HEX`
    demo                new      asked for
    3 blobs to send, N MB
    --- stderr
    error: nothing is pushed to `HOST/acme/notes`: `1.4.2` (the version): it names `HEX`
    hint: give the project a new version, or let the tags move with `--move-tags`
    ");
    assert_snapshot!(project.call(&["push", "--to", &project.to(), "--move-tags"]), @"
    exit 0
    --- stdout
    pushed oci:target/seaworthy/notes as
      HOST/acme/notes@sha256:HEX
    1.4.2               moves  the version: from `HEX`
    1.4                 moves  the newest 1.4: from `HEX`
    1                   moves  the newest 1: from `HEX`
    sha-HEX    new    the commit
    latest              moves  the newest release: from `HEX`
    3 blobs sent, N MB
    no proof is attached: `ship --to HOST/acme/notes` verifies first, and attaches one
    ");
}

#[test]
fn a_tag_that_somebody_wrote_meanwhile_is_not_moved() {
    let project = Project::new();
    let other = image(9, &[1_000]).unwrap();
    project.registry.keep_image("acme/notes", "1.4.2", &other).unwrap();
    // When the push is planned, it is not there yet.
    project.registry.fail(Fault::answer("HEAD", "/manifests/1.4.2", Response::new(404)).times(1));
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "error:"), @"
    exit 2
    error: the image is in `HOST/acme/notes` by its digest, and no tag was written: `1.4.2` (the version): it names `HEX`
    hint: give the project a new version, or let the tags move with `--move-tags`
    ");
    let there = project.registry.tags("acme/notes");
    assert_eq!(there, ["1.4.2"]);
    assert_eq!(project.registry.tagged("acme/notes", "1.4.2"), Some(other.digest().to_string()));
}

#[test]
fn an_image_that_tells_no_version_is_told_so() {
    let registry = Double::start().unwrap();
    let place = Place::empty()
        .with("spec.md", "# Small\n\n## Success Criteria\n\n- [ ] Tagged with version, commit and latest\n");
    registry.keep_image("acme/small", "one", &image(10, &[1_000]).unwrap()).unwrap();
    let tagged = format!("{}/acme/small:one", registry.host());
    let told = show(&place.command(&["verify", &tagged, "--spec", "spec.md"]).output().unwrap());
    let told: Vec<&str> = told.lines().skip_while(|line| !line.contains("Tagged")).take(3).collect();
    assert_snapshot!(told.join("\n"), @"
    … Tagged with version, commit and latest   no VERSION: the image tells no version, no sha-COMMIT:
                                               there is no git commit, no latest: without a version it
                                               is no release
    ");
}

#[test]
fn a_dirty_tree_moves_no_tag_of_a_release() {
    let project = Project::new();
    std::fs::write(project.place.path().join("new"), "not committed").unwrap();
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "✔ Image can be pushed"), @"
    exit 0
      ✔ Image can be pushed to registry                HOST/acme/notes@sha256:HEX…
                                                       read back by digest
      … Tagged with version, commit and latest         no 1.4.2: the tree differs from its commit, no
                                                       sha-COMMIT: the tree differed from its commit, no
                                                       latest: the tree differs from its commit
                                                       pending: seaworthy ship --to
                                                       HOST/acme/notes
      … Image can be pulled and run on different       seen on this machine only; to be typed on another
        machine                                        one
                                                       pending: seaworthy verify
                                                       HOST/acme/notes@sha256:HEX
                                                       HEX
                                                       --attach

    7 promises: 5 kept, 0 broken, 0 unproven, 2 pending · N s
    --- stderr
    pushed HOST/acme/notes@sha256:HEX
      as sha-HEX-dirty; 3 blobs sent, N MB
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");
}

#[test]
fn a_push_that_stopped_is_completed_by_the_next() {
    let project = Project::new();
    project.registry.fail(Fault::push_denied());
    let told = project.end_of(&as_str(&project.ship(&[])), "error:");
    assert_snapshot!(told, @"
    exit 2
    error: `HOST` permits no push to `acme/notes`: 403 DENIED: permission_denied: The token provided does not match expected scopes.
    hint: the account needs rights on `acme/notes`, and the repository may have to be created first at `HOST`
    ");
    project.registry.recover();
    assert_snapshot!(project.end_of(&as_str(&project.ship(&[])), "pushed"), @"
    exit 0
    pushed HOST/acme/notes@sha256:HEX
      as 1.4.2, 1.4, 1, sha-HEX, latest; 3 blobs sent, N MB
    proof sha256:HEX… attached to HOST/acme/notes@sha256:HEX, not signed
    ");
}

#[test]
fn twenty_processes_attach_at_once_and_every_proof_is_found() {
    let registry = DockerRegistry::start(Protection::Open, None).unwrap();
    let place = Place::empty();
    layout::write(&image(7, &[1_000]).unwrap(), &place.path().join("image"), Format::Docker).unwrap();
    let to = format!("{}/acme/small", registry.host());
    let pushed = place.command(&["push", "oci:image", "--to", &to, "--tag", "one"]).output().unwrap();
    assert!(pushed.status.success(), "{}", show(&pushed));

    let image = format!("{to}:one");
    let processes: Vec<Child> = (0..20)
        .map(|number| {
            let spec = format!("spec-{number}.md");
            let text = format!("# Small {number}\n\n## Success Criteria\n\n- [ ] Image size under 1 MB\n");
            std::fs::write(place.path().join(&spec), text).unwrap();
            let mut command = place.command(&["verify", &image, "--spec", &spec, "--attach"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    }

    let account = place.command(&["proof", &image, "--report", "json=-"]).output().unwrap();
    let account: Value = serde_json::from_slice(&account.stdout).unwrap();
    let digests: BTreeSet<&str> =
        account["results"].as_array().unwrap().iter().filter_map(|result| result["spec"].as_str()).collect();
    assert_eq!(digests.len(), 20, "{account}");
}

#[test]
fn a_login_is_the_one_that_docker_left_and_is_never_shown() {
    let tokens = TokenServer::start(Tokens::default()).unwrap();
    for protection in [Protection::Basic, Protection::Tokens(tokens)] {
        let registry = DockerRegistry::start(protection, None).unwrap();
        let auths = json!({"auths": {registry.host(): {"auth": "YW5uOm9wZW4gc2VzYW1l"}}});
        let place = Place::empty()
            .with("spec.md", "# Small\n\n## Success Criteria\n\n- [ ] Image size under 1 MB\n")
            .with("none.json", "{}")
            .with("login.json", auths.to_string());
        layout::write(&image(8, &[1_000]).unwrap(), &place.path().join("image"), Format::Docker).unwrap();
        let call = |login: &str, arguments: &[&str]| {
            let output = place.command(arguments).env("REGISTRY_AUTH_FILE", login).output().unwrap();
            let told = show(&output).replace(&registry.host(), "HOST");
            assert!(!told.contains("sesame") && !told.contains("YW5u"), "{told}");
            told
        };
        let to = format!("{}/acme/small", registry.host());
        let tagged = format!("{to}:one");
        insta::allow_duplicates! {
            assert_snapshot!(call("none.json", &["push", "oci:image", "--to", &to, "--tag", "one"]), @"
            exit 2
            --- stderr
            error: `HOST` wants a login for `acme/small`
            hint: log in with `docker login HOST`, or check that the name is right: many registries hide what is not there behind a login
            ");
        }
        for arguments in [
            &["push", "oci:image", "--to", &to, "--tag", "one"][..],
            &["verify", &tagged, "--spec", "spec.md", "--attach"],
            &["proof", &tagged],
            &["verify", &tagged],
        ] {
            let told = call("login.json", arguments);
            assert!(told.starts_with("exit 0"), "{arguments:?}: {told}");
        }
    }
}
