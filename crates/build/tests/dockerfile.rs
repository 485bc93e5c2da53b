//! Dockerfiles built by a real daemon.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use seaworthy_build::dockerfile::{DockerfileError, Plan, build, reproduce};
use seaworthy_build::{BuildOptions, Dockerfile};
use seaworthy_engine::Docker;
use seaworthy_image::{Format, layout};

fn docker() -> Result<Docker> {
    Docker::connect()
        .context("`apt-get install docker.io` installs a daemon, `dockerd &` starts it where systemd does not")
}

fn plan<'a>(folder: &'a Path, dockerfile: &'a Path, layout: &'a Path) -> Plan<'a> {
    Plan {
        dockerfile,
        context: folder,
        options: &DEFAULT,
        layout,
        format: Format::Docker,
        revision: Some("abc".to_owned()),
        version: None,
        is_secret: |name| name.contains("TOKEN"),
    }
}

static DEFAULT: BuildOptions =
    BuildOptions { file: None, target: None, args: Vec::new(), network: None, secrets: Vec::new() };

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
    let options = BuildOptions { args: vec!["BASE=scratch".parse()?], ..BuildOptions::default() };
    let mut lines = Vec::new();

    let plan = Plan { options: &options, ..plan(folder.path(), &dockerfile, &layout) };
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
fn a_stage_is_built_with_the_options_that_are_given_and_the_record_names_them_without_values() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("prod.Dockerfile"), folder.path().join("image"));
    fs::write(folder.path().join("hello"), "hello")?;
    fs::write(
        &dockerfile,
        "ARG BASE_TOKEN\nFROM ${BASE_TOKEN} AS web\nARG V=0\nCOPY hello /hello\n\
         LABEL org.opencontainers.image.version=${V}\nFROM web AS last\nUSER 1000\n",
    )?;
    let args = ["BASE_TOKEN=scratch", "V=1.2.3"].map(str::parse).into_iter().collect::<Result<_, _>>()?;
    let (target, network) = (Some("web".to_owned()), Some("none".to_owned()));
    let options = BuildOptions { args, target, network, ..BuildOptions::default() };
    let plan =
        Plan { options: &options, version: Some("9.9.9".to_owned()), ..plan(folder.path(), &dockerfile, &layout) };

    let (image, record) = build(&docker()?, &plan, &mut |_| {})?;

    assert_eq!(image.config.user(), "");
    assert_eq!(record.version.as_deref(), Some("1.2.3"));
    assert_eq!(record.stages, ["${BASE_TOKEN}"], "a value that may be a secret is not recorded");
    let told = Dockerfile {
        file: "prod.Dockerfile".to_owned(),
        target: Some("web".to_owned()),
        args: vec!["BASE_TOKEN".to_owned(), "V".to_owned()],
        network: Some("none".to_owned()),
    };
    assert_eq!(record.dockerfile, Some(told));
    let again =
        reproduce(&docker()?, &Plan { layout: &folder.path().join("again"), ..plan.clone() }, &image, &mut |_| {})?;
    assert!(again.differs.is_none_or(|what| what.starts_with("the layers are the same")));

    fs::write(&dockerfile, "FROM scratch\nCOPY hello /hello\n")?;
    let unlabelled = Plan { options: &DEFAULT, ..plan };
    let (_, record) = build(&docker()?, &unlabelled, &mut |_| {})?;
    assert_eq!(record.version.as_deref(), Some("9.9.9"));
    Ok(())
}

#[test]
fn what_cannot_be_built_is_told_before_the_daemon_begins() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dockerfile = folder.path().join("Dockerfile");
    fs::write(&dockerfile, "FROM scratch AS web\nFROM scratch\n")?;
    let failure = |options: &BuildOptions| -> Result<(String, Option<String>)> {
        let plan = Plan { options, ..plan(folder.path(), &dockerfile, folder.path()) };
        let error = build(&docker()?, &plan, &mut |_| {}).err().context("it was built")?;
        Ok((error.to_string().replace(&format!("{}/", folder.path().display()), ""), error.hint()))
    };
    let target = BuildOptions { target: Some("wbe".to_owned()), ..BuildOptions::default() };
    let (error, hint) = failure(&target)?;
    assert_eq!((error.as_str(), hint.as_deref()), ("`Dockerfile` has no stage `wbe`", Some("its stages are `web`")));
    let secrets = BuildOptions { secrets: vec!["npm=.npmrc".parse()?], ..BuildOptions::default() };
    let (error, hint) = failure(&secrets)?;
    assert!(error.contains("the build secret `npm` cannot be given: only BuildKit mounts secrets"), "{error}");
    assert!(hint.context("no hint")?.contains("docker build --secret id=npm,src=FILE"));
    Ok(())
}

#[test]
fn a_second_build_does_every_step_again_and_tells_what_differs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("Dockerfile"), folder.path().join("image"));
    // No build before this one may have left the step: the time of the file would be that one's.
    fs::write(folder.path().join("hello"), folder.path().display().to_string())?;
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
    assert!(missing.starts_with("step 2/2 (`COPY missing /missing`) failed: COPY failed: "), "{missing}");
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

/// Images of one test, told by a label in each of their steps.
struct Labelled(String);

impl Labelled {
    fn list(&self, more: &[&str]) -> Result<Vec<String>> {
        let label = format!("label=test={}", self.0);
        let mut command = Command::new("docker");
        command
            .args(["image", "ls", "--no-trunc", "--format", "{{.ID}} {{.Repository}}", "--filter", &label])
            .args(more);
        let output = command.output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
    }
}

impl Drop for Labelled {
    fn drop(&mut self) {
        for image in self.list(&[]).unwrap_or_default() {
            let id = image.split(' ').next().unwrap_or_default();
            let _ = Command::new("docker").args(["image", "rm", id]).output();
        }
    }
}

#[test]
fn a_build_leaves_no_dangling_image_and_the_next_one_takes_up_its_steps() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (dockerfile, layout) = (folder.path().join("Dockerfile"), folder.path().join("target/image"));
    fs::create_dir(folder.path().join("target"))?;
    fs::write(folder.path().join(".dockerignore"), "target\n")?;
    let labelled = Labelled(format!("seaworthy-{}", std::process::id()));
    let label = format!("LABEL test={}", labelled.0);
    let stages = |hello: &str, last: &str| -> Result<Vec<String>> {
        fs::write(folder.path().join("hello"), hello)?;
        let first = format!("FROM scratch AS one\n{label}\nCOPY hello /hello\n");
        fs::write(&dockerfile, format!("{first}FROM scratch\n{label}\nCOPY --from=one /hello /copied\n{last}\n"))?;
        let mut lines = Vec::new();
        // Its end is not what this test is about.
        let _ = build(&docker()?, &plan(folder.path(), &dockerfile, &layout), &mut |line| lines.push(line.to_owned()));
        Ok(lines)
    };
    let dangling = ["--filter", "dangling=true"];
    let named = || -> Result<usize> {
        Ok(labelled.list(&[])?.iter().filter(|image| image.ends_with(" seaworthy-cache")).count())
    };

    stages("one", "USER 1")?;
    assert_eq!((labelled.list(&dangling)?, named()?), (Vec::new(), 2));
    let again = stages("one", "USER 1")?;
    // A build begins again where another test removes an image just then.
    let begun = again.iter().rposition(|line| line.starts_with("Step 1/")).context("no step")?;
    assert_eq!(again[begun..].iter().filter(|line| line.contains("Using cache")).count(), 5, "{again:?}");
    let (image, elsewhere) = (layout::open(&layout)?, tempfile::tempdir()?);
    let anew = plan(folder.path(), &dockerfile, elsewhere.path());
    reproduce(&docker()?, &anew, &image, &mut |_| {})?;
    assert_eq!((labelled.list(&dangling)?, named()?), (Vec::new(), 2), "after the same build with every step anew");
    stages("two", "USER 1")?;
    assert_eq!((labelled.list(&dangling)?, named()?), (Vec::new(), 2), "after another build");
    stages("three", "FLY away")?;
    assert_eq!(labelled.list(&dangling)?, Vec::<String>::new(), "after a build that failed");
    stages("four", "COPY nothing /nothing")?;
    assert_eq!(labelled.list(&dangling)?, Vec::<String>::new(), "after a step that failed");
    Ok(())
}

/// The daemon looks for a step among all images, and fails where one of them goes just then.
#[test]
fn images_that_others_remove_meanwhile_end_no_build() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dockerfile = folder.path().join("Dockerfile");
    fs::create_dir(folder.path().join("target"))?;
    fs::write(folder.path().join(".dockerignore"), "target\n")?;
    // An empty archive ends with two empty blocks.
    fs::write(folder.path().join("target/empty.tar"), [0; 1024])?;
    let labelled = Labelled(format!("seaworthy-removed-{}", std::process::id()));
    fs::write(&dockerfile, format!("FROM scratch\nLABEL test={}\nUSER 1\n", labelled.0))?;
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let _ = remove_a_new_image(folder.path());
            }
        });
        let built = (0..20).try_for_each(|_| {
            // An image of one label has no layers: its end is not what this test is about.
            let layout = folder.path().join("target/image");
            match build(&docker()?, &plan(folder.path(), &dockerfile, &layout), &mut |_| {}) {
                Err(error @ DockerfileError::Engine(_)) => Err(error.into()),
                _ => Ok(()),
            }
        });
        ended.store(true, Ordering::Relaxed);
        built
    })
}

fn remove_a_new_image(folder: &Path) -> Result<()> {
    let archive = fs::File::open(folder.join("target/empty.tar"))?;
    let imported = Command::new("docker").args(["import", "-"]).stdin(archive).output()?;
    let id = String::from_utf8(imported.stdout)?;
    Command::new("docker").args(["image", "rm", id.trim()]).output()?;
    Ok(())
}
