//! Services that need other services, proven whole: with servers that a registry has, an empty cache, and an engine that has no image of them.
//!
//! Each service is made of other people's clients (`Dockerfile`), each server of Debian's packages. Every engine must say the same:
//! `verdicts.txt` beside the specification. `scripts/dependencies` runs these tests, `scripts/test` does not: packages are installed over
//! the network, which takes minutes.

mod leftovers;
#[path = "../strangers/verdicts.rs"]
mod verdicts;

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use seaworthy_image::{Config, Deferred, Format, Image, Layer as _, LayerBuilder, Select, archive};
use seaworthy_testkit::registry::Double;
use seaworthy_testkit::{debian_builder, debian_image, mariadb_image, postgres_image, redis_image, workspace};
use serde_json::Value;

/// Those that `SEAWORTHY_DEPENDENCIES_ENGINES` names, else all.
fn engines() -> impl Iterator<Item = &'static str> {
    let named = std::env::var("SEAWORTHY_DEPENDENCIES_ENGINES").unwrap_or_default();
    let is_named = move |engine: &&str| named.is_empty() || named.split(' ').any(|name| name == *engine);
    ["embedded", "docker", "podman"].into_iter().filter(is_named)
}

/// How long the proof of the shop may take where every image is at hand.
const WARM: Duration = Duration::from_secs(20);

/// A machine that has nothing but a registry in reach: no image, no PostgreSQL server.
struct Fresh {
    folder: tempfile::TempDir,
    hub: Double,
}

impl Fresh {
    fn new() -> anyhow::Result<Self> {
        let hub = Double::start()?;
        let servers = [
            ("library/postgres", "17-alpine", postgres_image()?),
            ("library/mariadb", "11.4", mariadb_image()?),
            ("library/redis", "7-alpine", redis_image()?),
        ];
        for (repository, tag, image) in servers {
            hub.keep_image(repository, tag, &unlike_any(&image)?)?;
        }
        Ok(Self { folder: tempfile::tempdir()?, hub })
    }

    /// `verify`, with what every run here needs.
    fn verify(&self, image: &str, spec: &Path, engine: &str) -> Command {
        // As on a machine where no PostgreSQL server is installed.
        let script = "mount -t tmpfs none /usr/lib/postgresql 2>/dev/null; exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_seaworthy"), "verify", image]);
        command.args(["--engine", engine, "--report", "json=-", "--spec"]).arg(spec);
        command.arg("--mirror").arg(format!("docker.io={}", self.hub.host()));
        command.env("XDG_CACHE_HOME", self.cache()).env("TMPDIR", self.temporary());
        command
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn temporary(&self) -> PathBuf {
        let path = self.folder.path().join("temporary");
        let _ = fs::create_dir_all(&path);
        path
    }
}

/// The image with something of the run's own in config and layers, so that no engine has it yet.
fn unlike_any(image: &Image) -> anyhow::Result<Image> {
    let mark = format!("{:?}", std::time::SystemTime::now());
    let mut layer = LayerBuilder::new(0);
    layer.file("etc/seaworthy-test", 0o644, (0, 0), mark.into_bytes())?;
    let layer = layer.build()?;
    let mut config: Value = serde_json::from_slice(image.config.bytes())?;
    let diff_ids = config["rootfs"]["diff_ids"].as_array_mut().context("an image has layers")?;
    diff_ids.insert(0, layer.diff_id().to_string().into());
    if let Some(history) = config["history"].as_array_mut() {
        history.insert(0, serde_json::json!({ "created_by": "a run's own" }));
    }
    let mut layers: Vec<std::sync::Arc<dyn seaworthy_image::Layer>> = vec![std::sync::Arc::new(layer)];
    layers.extend(image.layers.clone());
    Ok(Image::of(Config::from_bytes(serde_json::to_vec(&config)?)?, layers, Format::Docker)?)
}

fn here() -> PathBuf {
    workspace().join("crates/cli/tests/dependencies")
}

/// The image of a stage of the Dockerfile, without a name in any engine.
fn built(stage: &str) -> anyhow::Result<Image> {
    let name = format!("seaworthy-test/{stage}:dependencies");
    let built = Command::new("docker")
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--network", "host", "--target", stage, "--tag", &name])
        .args(["--build-arg", &format!("DEBIAN={}", debian_image()?)])
        .args(["--build-arg", &format!("BUILDER={}", debian_builder()?)])
        .arg(here())
        .output()
        .context("Docker builds the image: apt-get install docker.io, and start dockerd")?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&[built.stdout, built.stderr].concat()));
    let id = Command::new("docker").args(["image", "inspect", "--format", "{{.Id}}", &name]).output()?.stdout;
    let id = String::from_utf8(id)?.trim().trim_start_matches("sha256:").to_owned();
    let folder = target().join("testkit").join(format!("dependencies-{stage}-{}", &id[..12]));
    if !folder.is_dir() {
        let unfinished = tempfile::tempdir_in(target())?;
        let archive = unfinished.path().join("saved.tar");
        let saved = Command::new("docker").args(["save", "--output"]).arg(&archive).arg(&name).status()?;
        ensure!(saved.success(), "docker save: {saved}");
        let saved = archive::open_docker(&archive, &SELECT)?;
        let made = unfinished.path().join("image");
        Deferred::new(&saved, &made, Format::Docker)?.packed().map_err(|error| anyhow::anyhow!("{error}"))?;
        fs::rename(&made, &folder)?;
    }
    Ok(seaworthy_image::layout::open_selected(&folder, &SELECT)?)
}

const SELECT: Select = Select { name: None, platform: None };

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// What the program said, and how long it took.
fn said(command: &mut Command) -> anyhow::Result<(Value, Duration)> {
    let started = Instant::now();
    let output = command.output()?;
    let report = serde_json::from_slice(&output.stdout);
    Ok((report.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?, started.elapsed()))
}

/// Tells `scripts/dependencies` a figure.
fn tell(line: &str) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("SEAWORTHY_DEPENDENCIES_LOG") else { return Ok(()) };
    Ok(OpenOptions::new().append(true).create(true).open(path)?.write_all(format!("{line}\n").as_bytes())?)
}

/// Every criterion that is not kept, with its evidence.
fn why(report: &Value) -> String {
    let criteria = report["criteria"].as_array().into_iter().flatten();
    let broken = criteria.filter(|criterion| criterion["verdict"] != "pass");
    let told = broken.map(|one| format!("{} {}: {}", one["verdict"], one["check"], one["evidence"]));
    told.collect::<Vec<_>>().join("\n")
}

/// Holds a service to a specification of its folder on each engine, which must say the same; the reports, an engine each.
fn hold(stage: &str, name: &str, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
    let fresh = Fresh::new()?;
    if stage == "payments" {
        fresh.hub.keep_image("acme/bank", "2", &unlike_any(&built("bank")?)?)?;
    }
    let layout = fresh.folder.path().join("image");
    seaworthy_image::layout::write(&unlike_any(&built(stage)?)?, &layout, Format::Docker)?;
    let spec = here().join(stage).join(format!("{name}.md"));
    let kept = here().join(stage).join(if name == SPEC { "verdicts.txt".to_owned() } else { format!("{name}.txt") });
    let expected = fs::read_to_string(&kept).unwrap_or_default();
    let mut reports = Vec::new();
    let mut wrong = String::new();
    for engine in engines() {
        let mut command = fresh.verify(&format!("oci:{}", layout.display()), &spec, engine);
        let (report, took) = said(command.args(arguments).current_dir(here().join(stage)))?;
        tell(&format!("{stage}/{name} on {engine}: {:.1} s", took.as_secs_f64()))?;
        let verdicts = verdicts::verdicts(&report);
        if verdicts != expected {
            let _ = write!(wrong, "{stage} on {engine}, expected:\n{expected}\nsaid:\n{verdicts}\n{}", why(&report));
        }
        reports.push(report);
    }
    ensure!(wrong.is_empty(), "{wrong}");
    Ok(reports)
}

const SPEC: &str = "containerization-spec";

fn evidence<'r>(report: &'r Value, check: &str) -> &'r str {
    let criteria = report["criteria"].as_array().into_iter().flatten();
    let mut of = criteria.filter(|criterion| criterion["check"] == check);
    of.next().and_then(|criterion| criterion["evidence"].as_str()).unwrap_or_default()
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn a_shop_with_three_servers_is_proven_alike_on_every_engine() -> anyhow::Result<()> {
    let fresh = Fresh::new()?;
    let layout = fresh.folder.path().join("image");
    seaworthy_image::layout::write(&unlike_any(&built("shop")?)?, &layout, Format::Docker)?;
    let spec = here().join("shop/containerization-spec.md");
    let expected = fs::read_to_string(here().join("shop/verdicts.txt"))?;
    let mut slow = String::new();
    for engine in engines() {
        for state in ["cold", "warm"] {
            let (report, took) = said(&mut fresh.verify(&format!("oci:{}", layout.display()), &spec, engine))?;
            let verdicts = verdicts::verdicts(&report);
            let why = why(&report);
            ensure!(verdicts == expected, "on {engine}, {state}, expected:\n{expected}\nsaid:\n{verdicts}\n{why}");
            ensure!(report["database"] == "stand-in", "{}", report["database"]);
            let line = format!("20 promises on {engine}, {state}: {:.1} s", took.as_secs_f64());
            tell(&line)?;
            if state == "warm" && took > WARM {
                let _ = writeln!(slow, "{line}, over {} s", WARM.as_secs());
            }
        }
    }
    ensure!(slow.is_empty(), "{slow}");
    Ok(())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn each_server_goes_and_comes_back_in_a_scenario() -> anyhow::Result<()> {
    hold("shop", "away", &[]).map(|_| ())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn a_server_that_never_starts_is_told_by_its_log() -> anyhow::Result<()> {
    for report in hold("shop", "never-starts", &[])? {
        let evidence = evidence(&report, "dependency.connects");
        ensure!(evidence.contains("last log lines: ") && evidence.contains("no-such-option"), "{evidence}");
    }
    Ok(())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn a_server_that_is_never_talked_to_breaks_the_promise() -> anyhow::Result<()> {
    for report in hold("shop", "never-talked-to", &[])? {
        let evidence = evidence(&report, "dependency.connects");
        ensure!(evidence.starts_with("nobody came to Redis"), "{evidence}");
    }
    Ok(())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn a_worker_of_huey_takes_jobs_out_of_redis() -> anyhow::Result<()> {
    hold("worker", SPEC, &[]).map(|_| ())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn payments_that_ask_a_mock_of_a_bank() -> anyhow::Result<()> {
    hold("payments", SPEC, &[]).map(|_| ())
}

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn a_service_that_reads_a_secret_file() -> anyhow::Result<()> {
    for report in hold("secret", SPEC, &["--secret", "db=key.txt"])? {
        ensure!(!report.to_string().contains("flux-capacitor"), "the secret is shown");
    }
    Ok(())
}
