//! The Task API as a process.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::measure::{ROUNDS, first_200, spread};

/// Starts the binary again and again on `SQLite`, an empty database each time.
pub(crate) fn measure(binary: &Path) -> anyhow::Result<String> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (running, took) = Running::start(binary)?;
        times.push(took);
        drop(running);
    }
    let (running, _) = Running::start(binary)?;
    std::thread::sleep(Duration::from_secs(2));
    let status = fs::read_to_string(format!("/proc/{}/status", running.child.id()))?;
    let memory = |name: &str| {
        let kib: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok())
            .unwrap_or(f64::NAN);
        kib * 1024.0 / 1e6
    };
    let mut lines = String::new();
    writeln!(lines, "process start to the first 200 on /health, SQLite: {}", spread(times))?;
    writeln!(lines, "memory idle: {:.1} MB resident, {:.1} MB at its highest", memory("VmRSS:"), memory("VmHWM:"))?;
    Ok(lines)
}

struct Running {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Returns it with the time from its start to the first 200.
    fn start(binary: &Path) -> anyhow::Result<(Self, Duration)> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let started = Instant::now();
        let child = Command::new(binary.canonicalize()?)
            .current_dir(folder.path())
            .env("DATABASE_URL", format!("sqlite://{}/tasks.db", folder.path().display()))
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", binary.display()))?;
        let running = Self { child, _folder: folder };
        first_200(|| TcpStream::connect(("127.0.0.1", port)))?;
        Ok((running, started.elapsed()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
