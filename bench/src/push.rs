//! Pushing and pulling a layout beside `skopeo`, to and from a registry that is started for each round.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use seaworthy_image::{Digest, Draft, Format, Image, Layer, LayerBuilder, layout};
use seaworthy_registry::{Client, Settings};
use tempfile::TempDir;

use crate::measure::spread;

/// How often each of the two pushes and pulls.
const ROUNDS: usize = 5;
const LARGE_LAYERS: usize = 4;
const LARGE_LAYER_BYTES: usize = 125_000_000;

/// Measures with an image of 500 MB that is made for it.
pub(crate) fn measure_large() -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    make_large(folder.path())?;
    measure(folder.path())
}

/// Measures with the image in a layout.
pub(crate) fn measure(layout: &Path) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let image = layout::open(layout)?;
    let (mut push, mut pull) = (Sides::default(), Sides::default());
    for round in 0..ROUNDS {
        // Who goes first has colder files: they take turns.
        for side in 0..2 {
            let ours = (round + side) % 2 == 0;
            let registry = Registry::start()?;
            let target = folder.path().join("pulled");
            let name = registry.name();
            let pushed = if ours { us(&["push-once", path(layout)?, &name])? } else { skopeo_push(layout, &name)? };
            let pulled = if ours { us(&["pull-once", path(&target)?, &name])? } else { skopeo_pull(&name, &target)? };
            push.add(ours, pushed);
            pull.add(ours, pulled);
            ensure!(layout::open(&target)?.digest() == image.digest(), "what was pulled is not what was pushed");
            fs::remove_dir_all(&target)?;
        }
    }
    let mut lines = String::new();
    writeln!(lines, "{} kB to transfer, in {} layers", image.transfer_bytes() / 1_000, image.layers.len())?;
    push.write("push", &mut lines)?;
    pull.write("pull", &mut lines)?;
    Ok(lines)
}

/// What one side needed once.
struct Once {
    time: Duration,
    peak_kb: u64,
}

#[derive(Default)]
struct Sides {
    ours: Vec<Once>,
    skopeo: Vec<Once>,
}

impl Sides {
    fn add(&mut self, ours: bool, once: Once) {
        if ours { self.ours.push(once) } else { self.skopeo.push(once) }
    }

    fn write(&self, what: &str, lines: &mut String) -> anyhow::Result<()> {
        let times = |side: &[Once]| side.iter().map(|once| once.time).collect::<Vec<_>>();
        let peak = |side: &[Once]| side.iter().map(|once| once.peak_kb).max().unwrap_or(0) / 1_000;
        writeln!(lines, "{what}, seaworthy: {}, at most {} MB of memory", spread(times(&self.ours)), peak(&self.ours))?;
        writeln!(
            lines,
            "{what}, skopeo: {}, at most {} MB of memory",
            spread(times(&self.skopeo)),
            peak(&self.skopeo)
        )?;
        let ratio = median(times(&self.ours)) / median(times(&self.skopeo));
        writeln!(lines, "{what}, seaworthy to skopeo: {ratio:.2}")?;
        Ok(())
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// The child's part of pushing.
pub(crate) fn push_once(layout: &Path, name: &str) -> anyhow::Result<()> {
    let image = layout::open(layout)?;
    let reference = name.parse()?;
    let repository = Client::new(Settings::default()).repository(&reference)?;
    repository.push(&image, &())?;
    repository.tag(&image.manifest, reference.tag().context("a tag")?)?;
    Ok(())
}

/// The child's part of pulling.
pub(crate) fn pull_once(folder: &Path, name: &str) -> anyhow::Result<()> {
    let reference = name.parse()?;
    let repository = Client::new(Settings::default()).repository(&reference)?;
    repository.pull(reference.identifier(), None, folder, &())?;
    Ok(())
}

fn us(arguments: &[&str]) -> anyhow::Result<Once> {
    timed(Command::new(std::env::current_exe()?).args(arguments))
}

fn skopeo_push(layout: &Path, name: &str) -> anyhow::Result<Once> {
    let from = format!("oci:{}", path(layout)?);
    timed(Command::new("skopeo").args([
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        &from,
        &format!("docker://{name}"),
    ]))
}

fn skopeo_pull(name: &str, target: &Path) -> anyhow::Result<Once> {
    let to = format!("oci:{}", path(target)?);
    timed(Command::new("skopeo").args([
        "copy",
        "--preserve-digests",
        "--src-tls-verify=false",
        &format!("docker://{name}"),
        &to,
    ]))
}

/// Runs a program to its end, and watches the most memory that it ever held.
fn timed(command: &mut Command) -> anyhow::Result<Once> {
    let name = command.get_program().to_string_lossy().into_owned();
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{name}`: apt-get install skopeo"))?;
    let status = format!("/proc/{}/status", child.id());
    let (ended, peak_kb) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (of_thread, peak_of_thread) = (Arc::clone(&ended), Arc::clone(&peak_kb));
    let watcher = std::thread::spawn(move || {
        while !of_thread.load(Ordering::SeqCst) {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let held = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
            peak_of_thread.fetch_max(held, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let exit = child.wait()?;
    let time = begun.elapsed();
    ended.store(true, Ordering::SeqCst);
    ensure!(watcher.join().is_ok() && exit.success(), "`{name}` failed: {exit}");
    Ok(Once { time, peak_kb: peak_kb.load(Ordering::SeqCst) })
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("`{}` is not UTF-8", path.display()))
}

/// 500 MB that no compressor makes smaller.
fn make_large(path: &Path) -> anyhow::Result<()> {
    let mut layers: Vec<Arc<dyn Layer>> = Vec::new();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for number in 0..LARGE_LAYERS {
        let mut noise = Vec::with_capacity(LARGE_LAYER_BYTES);
        while noise.len() < LARGE_LAYER_BYTES {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise.extend(state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
        }
        let mut layer = LayerBuilder::new(0);
        layer.file(&format!("noise-{number}"), 0o644, (0, 0), noise)?;
        layers.push(Arc::new(layer.build()?));
    }
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
    let image = Image::of(Draft::default().config(&diff_ids)?, layers, Format::Docker)?;
    layout::write(&image, path, Format::Docker)?;
    Ok(())
}

/// Debian's `docker-registry` with nothing in it.
struct Registry {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Registry {
    fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let (config, log) = (folder.path().join("config.yml"), folder.path().join("log"));
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: \"{}\"}}}}\nhttp: {{addr: \"127.0.0.1:{port}\", secret: bench}}\n",
            path(&storage)?
        );
        fs::write(&config, text)?;
        let output = File::create(&log)?;
        let child = Command::new("docker-registry")
            .args(["serve", path(&config)?])
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start `docker-registry`: apt-get install docker-registry")?;
        let registry = Self { child, port, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(&log)?.contains("listening on") {
            if Instant::now() > deadline {
                bail!("docker-registry does not listen: {}", fs::read_to_string(&log)?);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(registry)
    }

    fn name(&self) -> String {
        format!("127.0.0.1:{}/bench/image:1", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
