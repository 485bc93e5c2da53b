//! Dockerfiles built by a real daemon.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use seaworthy_build::dockerfile::{DockerfileError, Plan, build, reproduce};
use seaworthy_engine::Docker;
use seaworthy_image::{Format, layout};

fn docker() -> Result<Docker> {
    Docker::connect()
        .context("`apt-get install docker.io` installs a daemon, `dockerd &` starts it where systemd does not")
}

fn plan<'a>(folder: &'a Path, dockerfile: &'a Path, layout: &'a Path) -> Plan<'a> {
    Plan { dockerfile, context: folder, args: &[], layout, format: Format::Docker, revision: Some("abc".to_owned()) }
}

#[test]
fn a_dockerfile_becomes_an_image_with_a_record() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("Dockerfile"), folder.path().join("target/image"));
    fs::create_dir(folder.path().join("target"))?;
    fs::write(folder.path().join("hello"), "hello")?;
    fs::write(folder.path().join(".dockerignore"), "target\n")?;
    fs::write(
        &dockerfile,
        "ARG BASE=none\nFROM scratch AS one\nCOPY hello /hello\nFROM ${BASE}\nCOPY --from=one /hello /copied\n\
         USER 1000\nHEALTHCHECK CMD [\"/copied\"]\nENTRYPOINT [\"/copied\"]\n",
    )?;
    let args = [("BASE".to_owned(), "scratch".to_owned())];
    let mut lines = Vec::new();

    let plan = Plan { args: &args, ..plan(folder.path(), &dockerfile, &layout) };
    let (image, record) = build(&docker()?, &plan, &mut |line| lines.push(line.to_owned()))?;

    assert_eq!(image.config.user(), "1000");
    assert_eq!(image.config.entrypoint(), ["/copied"]);
    assert!(image.config.health_check().is_some());
    assert_eq!(image.layers.len(), 1);
    assert_eq!(layout::open(&layout)?.digest(), image.digest());
    assert_eq!((record.builder.as_str(), &record.digest), ("dockerfile", image.digest()));
    assert_eq!(record.stages, ["scratch", "scratch"]);
    assert_eq!(record.revision.as_deref(), Some("abc"));
    assert!(record.toolchain.context("no toolchain")?.contains(' '));
    assert!(lines.iter().any(|line| line.contains("COPY hello /hello")), "{lines:?}");
    Ok(())
}

#[test]
fn a_second_build_does_every_step_again_and_tells_what_differs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("Dockerfile"), folder.path().join("image"));
    fs::write(folder.path().join("hello"), "hello")?;
    fs::write(&dockerfile, "FROM scratch\nCOPY hello /hello\n")?;
    let docker = docker()?;
    let (image, record) = build(&docker, &plan(folder.path(), &dockerfile, &layout), &mut |_| {})?;
    let other = folder.path().join("other");
    let mut lines = Vec::new();

    let again = plan(folder.path(), &dockerfile, &other);
    let reproduced = reproduce(&docker, &again, &image, &mut |line| lines.push(line.to_owned()))?;

    // The classic builder writes the time into every config, and BuildKit into none.
    let differs = (reproduced.digest != record.digest).then_some("the layers are the same, and the config is not");
    assert_eq!(reproduced.differs.as_deref(), differs);
    assert_eq!(reproduced.varied, ["time", "host name of each step"]);
    assert!(!lines.iter().any(|line| line.contains("Using cache")), "{lines:?}");
    Ok(())
}

#[test]
fn a_step_that_fails_is_told_in_the_daemons_words() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("Dockerfile"), folder.path().join("image"));
    let failure = |text: &str| -> Result<String> {
        fs::write(&dockerfile, text)?;
        let error = build(&docker()?, &plan(folder.path(), &dockerfile, &layout), &mut |_| {}).err();
        Ok(error.context("it was built")?.to_string())
    };
    let missing = failure("FROM scratch\nCOPY missing /missing\n")?;
    assert!(missing.starts_with("the image cannot be prepared: COPY failed: "), "{missing}");
    let unknown = failure("FROM scratch\nFLY away\n")?;
    assert!(unknown.contains("unknown instruction: FLY"), "{unknown}");
    assert!(failure("# nothing\n")?.ends_with("Dockerfile` names no stage: a `FROM` line is missing"));
    assert!(!layout.exists());
    Ok(())
}

#[test]
fn a_dockerfile_that_is_not_there_is_an_error() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dockerfile = folder.path().join("Dockerfile");
    let error = build(&docker()?, &plan(folder.path(), &dockerfile, folder.path()), &mut |_| {}).err();
    assert!(matches!(error, Some(DockerfileError::Read { path, .. }) if path == dockerfile));
    Ok(())
}
