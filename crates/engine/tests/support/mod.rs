//! Images made in memory, and one static program that runs in them.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use seaworthy_engine::{Container, Embedded, Engine, EngineError, Prepared, Run};
use seaworthy_image::{Config, Digest, Image, Layer, Manifest};
use serde_json::{Value, json};

pub(crate) struct TarLayer {
    bytes: Vec<u8>,
    digest: Digest,
}

impl Layer for TarLayer {
    fn compressed(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.bytes.as_slice()))
    }

    fn uncompressed(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.bytes.as_slice()))
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn diff_id(&self) -> &Digest {
        &self.digest
    }

    fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Collects entries of a layer.
pub(crate) struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn add(mut self, path: &str, kind: tar::EntryType, owner: u32, mode: u32, content: &[u8], link: &str) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.into());
        header.set_gid(owner.into());
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        if !link.is_empty() {
            header.set_link_name_literal(link).unwrap();
        }
        // `set_path` refuses what the tests need.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(crate) fn file(self, path: &str, owner: u32, mode: u32, content: &[u8]) -> Self {
        self.add(path, tar::EntryType::Regular, owner, mode, content, "")
    }

    pub(crate) fn folder(self, path: &str, owner: u32, mode: u32) -> Self {
        self.add(path, tar::EntryType::Directory, owner, mode, b"", "")
    }

    pub(crate) fn symlink(self, path: &str, to: &str) -> Self {
        self.add(path, tar::EntryType::Symlink, 0, 0o777, b"", to)
    }

    pub(crate) fn layer(self) -> Arc<dyn Layer> {
        let bytes = self.0.into_inner().unwrap();
        Arc::new(TarLayer { digest: Digest::of(&bytes), bytes })
    }
}

/// The workload as a layer: `/app/workload`.
pub(crate) fn workload() -> Arc<dyn Layer> {
    Tar::new().file("app/workload", 0, 0o755, &fs::read(program()).unwrap()).layer()
}

/// An image of these layers; `config` is its `config` member.
pub(crate) fn image_of(config: &Value, layers: Vec<Arc<dyn Layer>>) -> Image {
    let diff_ids: Vec<&str> = layers.iter().map(|layer| layer.diff_id().as_str()).collect();
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = Config::from_bytes(config.to_string().into_bytes()).unwrap();
    let described = layers.iter().map(|layer| {
        json!({
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar",
            "digest": layer.digest(),
            "size": layer.size_bytes(),
        })
    });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "digest": config.digest(),
            "size": config.bytes().len(),
        },
        "layers": described.collect::<Vec<_>>(),
    });
    Image { manifest: Manifest::from_bytes(manifest.to_string().into_bytes()).unwrap(), config, layers }
}

/// The workload, run with these arguments on an otherwise empty image; `extra` are more members of its config.
pub(crate) fn image(args: &[&str], extra: Value) -> Image {
    let entrypoint: Vec<&str> = ["/app/workload"].iter().chain(args).copied().collect();
    let mut config = json!({"Entrypoint": entrypoint});
    config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    image_of(&config, vec![workload()])
}

pub(crate) fn engine() -> Embedded {
    Embedded::new(helper()).with_cache(cache())
}

/// For a process that cannot enter the target folder: where helper, workload and cache are.
pub(crate) const ELSEWHERE: &str = "SEAWORTHY_TEST_ELSEWHERE";

pub(crate) fn helper() -> PathBuf {
    match std::env::var_os(ELSEWHERE) {
        Some(folder) => Path::new(&folder).join("helper"),
        None => PathBuf::from(env!("CARGO_BIN_EXE_seaworthy-engine-helper")),
    }
}

/// One for all tests: what one unpacked the others find.
pub(crate) fn cache() -> PathBuf {
    let elsewhere = std::env::var_os(ELSEWHERE).map(PathBuf::from);
    elsewhere.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR"))).join("cache")
}

pub(crate) fn prepare(image: &Image) -> Box<dyn Prepared> {
    engine().prepare(image).unwrap()
}

pub(crate) fn start(image: &Image, run: &Run) -> Box<dyn Container> {
    prepare(image).start(run, None).unwrap()
}

/// The workload serving on port 8000.
pub(crate) fn serve(run: &Run) -> Box<dyn Container> {
    start(&image(&["serve"], json!({})), run)
}

pub(crate) fn engine_prepare(image: &Image) -> Result<Box<dyn Prepared>, EngineError> {
    engine().prepare(image)
}

/// What the served workload answers to a command.
#[track_caller]
pub(crate) fn ask(container: &dyn Container, command: &str) -> String {
    let until = Instant::now() + Duration::from_secs(10);
    let mut stream = loop {
        match container.connect(8000, Duration::from_secs(5)) {
            Ok(stream) => break stream,
            Err(error) if Instant::now() > until => panic!("no answer: {error}; {:?}", container.logs().unwrap()),
            Err(_) => {}
        }
    };
    write!(stream, "GET /{command} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Sends what ends the container before it answers.
pub(crate) fn send(container: &dyn Container, command: &str) {
    until("a connection", || {
        let mut stream = container.connect(8000, Duration::from_secs(5)).ok()?;
        write!(stream, "GET /{command} HTTP/1.0\r\n\r\n").ok()
    });
}

/// What stays writable under a read-only root is an empty folder for everybody, whatever the image has there.
#[track_caller]
pub(crate) fn assert_scratch(start: impl Fn(&Image, &Run) -> Box<dyn Container>) {
    let folders =
        Tar::new().folder("run/app", 33, 0o755).file("run/app/old", 1000, 0o644, b"old").folder("tmp", 0, 0o700);
    let config = json!({"Entrypoint": ["/app/workload", "serve"], "User": "1000"});
    let image = image_of(&config, vec![workload(), folders.layer()]);
    let paths = ["/run/app", "/tmp", "/new"];
    let run = Run { read_only: true, writable: paths.map(str::to_owned).to_vec(), ..Run::default() };
    let container = start(&image, &run);
    for path in paths {
        assert_eq!(ask(&*container, &format!("list?{path}")), "", "{path}");
        assert_eq!(ask(&*container, &format!("owner?{path}")), "0:0 1777", "{path}");
        assert_eq!(ask(&*container, &format!("write?{path}/x")), "written", "{path}");
        assert_eq!(ask(&*container, &format!("copy?/app/workload:{path}/program")), "copied", "{path}");
        assert_eq!(ask(&*container, &format!("execute?{path}/program")), "permission denied", "{path}");
    }
    assert_eq!(ask(&*container, "execute?/app/workload"), "exit status: 0");
    assert_eq!(ask(&*container, "write?/app/x"), "read-only filesystem or storage medium");
}

/// From when a container passes the bound of a run until it runs no more, while it writes 2 GB.
#[track_caller]
pub(crate) fn time_to_stop(
    start: impl Fn(&Image, &Run) -> Box<dyn Container>,
    runs: impl Fn(&dyn Container) -> bool,
    path: &str,
) -> Duration {
    let run = Run::default();
    let below = (run.disk_bytes >> 20) - 10;
    let container = start(&image(&["serve"], json!({})), &run);
    assert_eq!(ask(&*container, &format!("fill?{path}:{below}")), "written");
    assert_eq!(container.wait(Duration::from_secs(2)).unwrap(), None, "{path}");
    let started = Instant::now();
    send(&*container, &format!("fill?{path}:{}", 2000 - below));
    until("the end", || (!runs(&*container)).then_some(()));
    let took = started.elapsed();
    let exit = container.wait(Duration::from_mins(1)).unwrap();
    assert!(exit.is_some_and(|exit| exit.out_of_disk), "{path}: {exit:?}");
    took
}

/// Asks again until the answer is there.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "still not: {what}");
        std::thread::yield_now();
    }
}

/// The workload's program, compiled once for all tests.
pub(crate) fn program() -> PathBuf {
    if let Some(folder) = std::env::var_os(ELSEWHERE) {
        return Path::new(&folder).join("workload");
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/workload.rs");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let digest = Digest::of(&fs::read(&source).unwrap());
    let program = folder.join(format!("workload-{}", &digest.hex()[..12]));
    let lock = File::create(folder.join("workload.lock")).unwrap();
    lock.lock().unwrap();
    if !program.exists() {
        let made = program.with_extension("making");
        let status = Command::new("rustc")
            .args([
                "--edition=2024",
                "-Copt-level=1",
                "-Cstrip=symbols",
                "-Cpanic=abort",
                "-Ctarget-feature=+crt-static",
            ])
            .arg("-o")
            .args([&made, &source])
            .status()
            .unwrap();
        assert!(status.success(), "the workload does not compile");
        fs::rename(made, &program).unwrap();
    }
    program
}

/// What an engine says of images whose containers cannot start: every engine the same.
#[track_caller]
pub(crate) fn assert_refusals(engine: &dyn Engine) {
    let config = |config: Value| image_of(&config, vec![workload()]);
    let file = |mode, content: &[u8]| {
        let layer = Tar::new().file("app/x", 0, mode, content).layer();
        image_of(&json!({"Entrypoint": ["/app/x"]}), vec![layer])
    };
    let mut foreign = fs::read("/proc/self/exe").unwrap()[..4096].to_vec();
    foreign[18] = 243; // RISC-V
    let images = [
        config(json!({"Entrypoint": ["/app/missing"]})),
        config(json!({"Entrypoint": ["missing"]})),
        config(json!({"Entrypoint": ["./missing"], "WorkingDir": "/app"})),
        config(json!({"Entrypoint": ["/app"]})),
        config(json!({"Entrypoint": ["/app/workload/x"]})),
        file(0o644, b""),
        file(0o755, b"\x7fELF and no more"),
        file(0o755, &foreign),
        file(0o755, b"#!/bin/none\n"),
        config(json!({"Entrypoint": ["/app/workload"], "User": "ghost"})),
        config(json!({"Entrypoint": ["/app/workload"], "User": "0:ghosts"})),
        config(json!({"Entrypoint": ["/app/workload"], "WorkingDir": "/app/workload"})),
        config(json!({"Entrypoint": ["/app/workload"], "WorkingDir": "/app/workload/x"})),
        config(json!({})),
        config(json!({"Entrypoint": [""]})),
    ];
    let said = images.map(|image| match engine.prepare(&image).unwrap().start(&Run::default(), None) {
        Err(EngineError::Start { reason }) => reason,
        Err(error) => format!("another error: {error}"),
        Ok(container) => format!("it starts: {:?} {:?}", container.status(), container.logs()),
    });
    assert_snapshot!(said.join("\n"), @r"
    exec /app/missing: no such file or directory
    exec missing: executable file not found in `PATH`
    exec ./missing: no such file or directory
    exec /app: permission denied
    exec /app/workload/x: not a directory
    exec /app/x: permission denied
    exec /app/x: exec format error
    exec /app/x: exec format error
    exec /app/x: no such file or directory (the file is there, its interpreter or dynamic loader is not)
    user `ghost` is not in the image's /etc/passwd
    group `ghosts` is not in the image's /etc/group
    working directory `/app/workload`: not a directory
    working directory `/app/workload/x`: not a directory
    the image names no command
    the image names no command
    ");
}
