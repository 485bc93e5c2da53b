//! Rust projects to images, with the real compiler.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use insta::assert_snapshot;
use seaworthy_build::rust::{self, Options};
use seaworthy_build::{Project, Record};
use seaworthy_image::{FileTree, Format, archive, layout};

const MANIFEST: &str = r#"
[package]
name = "small"
description = "A small service"
version = "1.2.3"
edition = "2024"
repository = "https://example.com/small"

[package.metadata.seaworthy]
port = 8080
healthcheck = ["healthcheck"]
env = { GREETING = "hello" }
volumes = ["/data", "/var/lib/small"]

[dependencies]
helper = { path = "helper" }
"#;

/// A library of C, compiled the way the `cc` crate does it, with paths in it that must not show.
const BUILD: &str = r#"
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let source = std::env::current_dir().unwrap().join("answer.c");
    let target = std::env::var("TARGET").unwrap().replace('-', "_");
    let flags = std::env::var(format!("CFLAGS_{target}")).unwrap_or_default();
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success());
    };
    let object = format!("{out}/answer.o");
    let mut arguments: Vec<&str> = flags.split_whitespace().collect();
    arguments.extend(["-O2", "-c", source.to_str().unwrap(), "-o", &object]);
    run("cc", &arguments);
    run("ar", &["crs", &format!("{out}/libanswer.a"), &object]);
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=answer");
    std::fs::write(format!("{out}/made.rs"), "pub fn made() -> &'static str { file!().split('/').nth(1).unwrap() }").unwrap();
}
"#;

const MAIN: &str = r#"
unsafe extern "C" { fn answer() -> i32; fn place() -> *const std::ffi::c_char; }
include!(concat!(env!("OUT_DIR"), "/made.rs"));
fn main() {
    if std::env::args().nth(1).is_some() { panic!("asked for more"); }
    // SAFETY: both take nothing and return what they say.
    let (answer, place) = unsafe { (answer(), std::ffi::CStr::from_ptr(place())) };
    println!("{} {answer} {} {}", helper::name(), place.to_str().unwrap(), made());
}
"#;

fn sources(folder: &Path) -> Result<()> {
    let files = [
        ("Cargo.toml", MANIFEST),
        ("build.rs", BUILD),
        ("src/main.rs", MAIN),
        ("answer.c", "int answer(void) { return 42; }\nconst char *place(void) { return __FILE__ __DATE__; }\n"),
        ("helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("helper/src/lib.rs", "pub fn name() -> &'static str { file!() }\n"),
        (".gitignore", "/target\n"),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::write(path, content)?;
    }
    run(folder, "cargo", &["generate-lockfile", "--offline"])?;
    Ok(())
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .with_context(|| format!("`{program}` is needed"))?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The project in a folder, with a target directory of its own whatever the test's caller has set.
fn project(folder: &Path) -> Result<Project> {
    let mut project = Project::find(folder)?;
    if let seaworthy_build::Kind::Rust(package) = &mut project.kind {
        package.target_directory = folder.join("target");
        project.layout = folder.join("target/seaworthy").join(&package.name);
    }
    Ok(project)
}

fn commit(folder: &Path) -> Result<()> {
    run(folder, "git", &["init", "-q"])?;
    run(folder, "git", &["add", "."])?;
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    let date = "--date=2026-01-02T03:04:05Z";
    let output = Command::new("git")
        .args(identity)
        .args(["commit", "-q", "-m", "all", date])
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .current_dir(folder)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn the_same_sources_give_the_same_image_in_any_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let one = folder.path().join("one");
    let two = folder.path().join("another/much/deeper/two");
    for place in [&one, &two] {
        sources(place)?;
        commit(place)?;
    }
    let options = Options::default();
    let first = project(&one)?;
    let mut said = Vec::new();
    let built = rust::build(&first, &options, &mut |what| said.push(what.to_owned()))?;
    assert!(said.iter().any(|what| what.starts_with("Compiling small v1.2.3")), "{said:?}");
    let again = rust::build(&project(&two)?, &options, &mut |_| ())?;
    assert_eq!(built.digest(), again.digest());

    // What is in it.
    let image = layout::write(&built.image, &first.layout, Format::Docker)?;
    let revision = run(&one, "git", &["rev-parse", "HEAD"])?;
    let config = String::from_utf8_lossy(image.config.bytes()).replace(revision.trim(), "REVISION");
    let (config, _) = config.split_once(r#","rootfs""#).context("a root file system")?;
    assert_snapshot!(config.replace(std::env::consts::ARCH, "ARCH").replace("amd64", "ARCH"), @r#"{"os":"linux","architecture":"ARCH","created":"2026-01-02T03:04:05Z","config":{"User":"1000:1000","ExposedPorts":{"8080/tcp":{}},"Env":["PORT=8080","GREETING=hello"],"Entrypoint":["/app/small"],"Healthcheck":{"Test":["CMD","/app/small","healthcheck"],"Interval":3000000000,"Timeout":3000000000,"Retries":3},"Volumes":{"/data":{},"/var/lib/small":{}},"WorkingDir":"/app","Labels":{"org.opencontainers.image.created":"2026-01-02T03:04:05Z","org.opencontainers.image.description":"A small service","org.opencontainers.image.revision":"REVISION","org.opencontainers.image.source":"https://example.com/small","org.opencontainers.image.title":"small","org.opencontainers.image.version":"1.2.3"},"StopSignal":"SIGTERM"}"#);
    let tree = FileTree::of(&image)?;
    let list = tree.iter().map(|(path, node)| {
        let size = if path.ends_with("small") && node.is_file() { 0 } else { node.size_bytes };
        format!("{:o} {}:{} /{} {size}", node.mode, node.uid, node.gid, path.display())
    });
    assert_snapshot!(list.collect::<Vec<_>>().join("\n"), @r"
    755 0:0 / 0
    755 0:0 /app 0
    755 0:0 /app/small 0
    755 1000:1000 /data 0
    755 0:0 /etc 0
    644 0:0 /etc/group 43
    644 0:0 /etc/nsswitch.conf 44
    644 0:0 /etc/passwd 138
    1777 0:0 /tmp 0
    755 0:0 /var 0
    755 0:0 /var/lib 0
    755 1000:1000 /var/lib/small 0
    ");

    // The binary runs, knows no folder of this machine, and tells its dependencies to scanners.
    let binary = tree.read("app/small", 1 << 30)?.context("the binary")?;
    let path = folder.path().join("binary");
    fs::write(&path, &binary)?;
    run(folder.path(), "chmod", &["+x", "binary"])?;
    assert_snapshot!(run(folder.path(), path.to_str().context("text")?, &[])?.replace(std::env::consts::ARCH, "ARCH"), @"helper/src/lib.rs 42 /src/answer.cJan  2 2026 target");
    let text = String::from_utf8_lossy(&binary);
    let here = folder.path().to_string_lossy();
    assert!(!text.contains(&*here), "the folder shows in the binary");
    let info = auditable_info::json_from_slice(&binary, 1 << 20)?;
    assert_snapshot!(info, @r#"{"packages":[{"name":"helper","version":"0.1.0","source":"local"},{"name":"small","version":"1.2.3","source":"local","dependencies":[0],"root":true}],"format":1}"#);

    // The record.
    let mut record = built.record.clone();
    assert_eq!(record.revision.as_deref(), Some(revision.trim()));
    assert_eq!(record.machine, seaworthy_engine::machine::id());
    assert!(record.toolchain.as_ref().is_some_and(|name| name.starts_with("rustc 1.")));
    assert_eq!(record.c_toolchain.len(), 3, "{:?}", record.c_toolchain);
    assert_eq!(record.stages[1], "scratch");

    // Once reproduced, it stays so while the digest stays.
    let reproduced = rust::reproduce(&first, &options, &mut |_| ())?;
    assert_eq!(&reproduced.digest, built.digest());
    record.reproduced = Some(reproduced.clone());
    record.write(&first.record())?;
    assert_eq!(rust::build(&first, &options, &mut |_| ())?.record.reproduced, Some(reproduced));
    fs::write(one.join("answer.c"), "int answer(void) { return 43; }\nconst char *place(void) { return \"\"; }\n")?;
    let changed = rust::build(&first, &options, &mut |_| ())?;
    assert_ne!(changed.digest(), built.digest());
    assert_eq!(changed.record.reproduced, None);
    assert!(changed.record.revision.is_some_and(|revision| revision.ends_with("-dirty")));
    assert_eq!(Record::read(&first.record())?.context("a record")?.digest, *built.digest());

    // Docker takes it.
    let file = folder.path().join("small.tar");
    archive::write_docker(&image, &file, &[])?;
    let loaded = run(folder.path(), "docker", &["load", "-i", "small.tar"])?;
    assert!(loaded.contains("Loaded image ID: sha256:"), "{loaded}");
    run(folder.path(), "docker", &["rmi", image.config.digest().as_str()])?;
    Ok(())
}

#[test]
fn a_build_that_asks_for_its_home_is_not_reproduced() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let place = folder.path().join("one");
    fs::create_dir_all(place.join("src"))?;
    fs::write(place.join("Cargo.toml"), "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")?;
    fs::write(place.join("src/main.rs"), "fn main() { println!(env!(\"HOME\")); }\n")?;
    run(&place, "cargo", &["generate-lockfile", "--offline"])?;
    let (project, options) = (project(&place)?, Options::default());
    let built = rust::build(&project, &options, &mut |_| ())?;

    let reproduced = rust::reproduce(&project, &options, &mut |_| ())?;

    assert_ne!(&reproduced.digest, built.digest());
    assert_eq!(reproduced.varied[..5], ["folder", "user name", "home", "locale", "time zone"]);
    Ok(())
}

#[test]
fn each_thing_that_goes_wrong_has_its_own_line() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut lines = Vec::new();
    let mut fails = |options: &Options| -> Result<()> {
        let error = rust::build(&project(folder.path())?, options, &mut |_| ()).err().context("it should fail")?;
        lines.push(format!("{error}; {}; log: {}", error.hint().unwrap_or_default(), error.log().is_some()));
        Ok(())
    };
    let write = |name: &str, content: &str| -> Result<()> {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        Ok(fs::write(path, content)?)
    };
    let options = Options::default();
    let manifest = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    write("Cargo.toml", manifest)?;
    write("src/lib.rs", "")?;
    fails(&options)?;
    write("src/main.rs", "fn main() { 1 + }\n")?;
    fails(&options)?;
    run(folder.path(), "cargo", &["generate-lockfile", "--offline"])?;
    fails(&options)?;
    fails(&Options { target: Some("x86_64-unknown-linux-nonsense".into()), ..Options::default() })?;
    fails(&Options { target: Some("s390x-unknown-linux-gnu".into()), ..Options::default() })?;
    write(
        "src/main.rs",
        "#[link(name = \"nothing_of_the_kind\")] unsafe extern \"C\" { fn f(); }\nfn main() { unsafe { f() } }\n",
    )?;
    fails(&options)?;
    write("helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\n")?;
    write("helper/src/lib.rs", "")?;
    write("Cargo.toml", &format!("{manifest}[dependencies]\nhelper = {{ path = \"helper\" }}\n"))?;
    fails(&options)?;
    write(
        "Cargo.toml",
        &format!(
            "{manifest}[[bin]]\nname = \"a\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"b\"\npath = \"src/main.rs\"\n"
        ),
    )?;
    fails(&options)?;
    write("Cargo.toml", &format!("{manifest}[package.metadata.seaworthy]\nbinary = \"c\"\n"))?;
    fails(&options)?;
    let lines = lines.join("\n").replace(&*folder.path().canonicalize()?.to_string_lossy(), "");
    assert_snapshot!(lines, @r#"
    the package `small` has no binary; only a program can be shipped: add `src/main.rs`; log: false
    there is no `/Cargo.lock`, which says what exactly is built; cargo generate-lockfile; log: false
    `small` does not compile; ; log: true
    `x86_64-unknown-linux-nonsense` is not a Linux target that `rustc` knows; ; log: false
    the standard library for `s390x-unknown-linux-gnu` is not installed; rustup target add s390x-unknown-linux-gnu; log: false
    `small` cannot be linked statically; a C library in it may not be there in its static form; the linker's words stand above; log: true
    `/Cargo.lock` does not fit `Cargo.toml` any more; cargo update --workspace; log: false
    the package `small` has several binaries: a, b; name one: `binary = "…"` under `[package.metadata.seaworthy]`, or `default-run`; log: false
    the package `small` has no binary `c`; ; log: false
    "#);

    write("Cargo.toml", &format!("{manifest}[package.metadata.seaworthy]\nports = 1\n"))?;
    let error = project(folder.path()).err().context("it should fail")?.to_string();
    assert!(error.contains("/Cargo.toml` is wrong: unknown field `ports`"), "{error}");
    write("Cargo.toml", "[workspace]\nmembers = [\"helper\"]\n")?;
    let error = project(folder.path()).err().context("it should fail")?.to_string();
    assert!(error.ends_with("is the root of a Cargo workspace and no package"), "{error}");
    Ok(())
}
