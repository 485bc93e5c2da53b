//! A run that is killed at any moment leaves nothing once the next one has started.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use seaworthy_image::Format;

use super::{Fresh, built, engines, here, tell, unlike_any};

/// How often a run is killed on each engine.
const KILLS: u32 = 20;
/// Kills come within so long of the start.
const WITHIN: Duration = Duration::from_secs(10);
/// How long what watches a killed run may take to clear away.
const CLEARS: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(200);

const NEXT: &str = "# Next\n\n## Success Criteria\n\n- [ ] Container starts listening on 8000\n";

#[test]
#[ignore = "installs packages over the network: scripts/dependencies"]
fn nothing_is_left_of_a_run_that_was_killed() -> anyhow::Result<()> {
    let fresh = Fresh::new()?;
    let layout = fresh.folder.path().join("image");
    seaworthy_image::layout::write(&unlike_any(&built("shop")?)?, &layout, Format::Docker)?;
    let image = format!("oci:{}", layout.display());
    let next = fresh.folder.path().join("next.md");
    fs::write(&next, NEXT)?;
    let spec = here().join("shop/containerization-spec.md");
    let mut wrong = String::new();
    for engine in engines() {
        for number in 0..KILLS {
            let mut run = fresh.verify(&image, &spec, engine);
            let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
            // Spread over the whole, and by chance within each part.
            let chance = f64::from(std::time::SystemTime::UNIX_EPOCH.elapsed()?.subsec_micros() % 1000) / 1000.0;
            let after = WITHIN.mul_f64((f64::from(number) + chance) / f64::from(KILLS));
            std::thread::sleep(after);
            let pid = run.id();
            run.kill()?;
            run.wait()?;
            let started = Instant::now();
            let again =
                fresh.verify(&image, &next, engine).args(["--env", "REDIS_URL=redis://127.0.0.1:1/0"]).output()?;
            ensure!(!again.stdout.is_empty(), "{}", String::from_utf8_lossy(&again.stderr));
            let mut left = left_by(pid, &fresh)?;
            while !left.is_empty() && started.elapsed() < CLEARS {
                std::thread::sleep(POLL);
                left = left_by(pid, &fresh)?;
            }
            if !left.is_empty() {
                let _ = writeln!(wrong, "{engine}, killed after {after:?}: {}", left.join(", "));
            }
        }
        tell(&format!("killed {KILLS} times on {engine}"))?;
    }
    ensure!(wrong.is_empty(), "{wrong}");
    Ok(())
}

/// What there still is of the run of this process.
fn left_by(pid: u32, fresh: &Fresh) -> anyhow::Result<Vec<String>> {
    let mut left = Vec::new();
    for daemon in ["docker", "podman"] {
        let ids = |of: &[&str], format: &str| -> anyhow::Result<Vec<String>> {
            let output = Command::new(daemon).args(of).args(["--format", format]).output()?;
            let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>();
            let own = |line: &String| line.contains(&format!("-{pid}-"));
            Ok(lines.into_iter().filter(own).map(|line| format!("{daemon} {line}")).collect())
        };
        let label = r#"{{.Label "dev.seaworthy.owner"}}"#;
        left.extend(ids(&["ps", "--all"], &format!("container {label}"))?);
        left.extend(ids(&["network", "ls"], "network {{.Name}}")?);
        left.extend(ids(&["volume", "ls"], "volume {{.Name}}")?);
        left.extend(ids(&["image", "ls"], "image {{.Repository}}:{{.Tag}}")?);
    }
    let place = fresh.folder.path().to_string_lossy().into_owned();
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    left.extend(mounts.lines().filter(|line| line.contains(&place)).map(|line| format!("mount {line}")));
    for folder in ["seaworthy/containers", "seaworthy/volumes", "seaworthy/unpacking", "seaworthy/images/pulling"] {
        entries(&fresh.cache().join(folder), &mut left);
    }
    entries(&fresh.temporary(), &mut left);
    for process in fs::read_dir("/proc")?.flatten().map(|entry| entry.path()) {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).contains(&place) {
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            left.push(format!(
                "process {} {}",
                process.display(),
                String::from_utf8_lossy(&command).replace('\0', " ")
            ));
        }
    }
    groups(Path::new("/sys/fs/cgroup"), 2, &format!("-{pid:x}-"), &mut left);
    Ok(left)
}

fn entries(folder: &Path, left: &mut Vec<String>) {
    let Ok(found) = fs::read_dir(folder) else { return };
    left.extend(found.flatten().map(|entry| entry.path().display().to_string()));
}

/// Control groups of the embedded engine whose name has this part.
fn groups(folder: &Path, depth: u32, part: &str, left: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("seaworthy-") && name.contains(part) {
            left.push(format!("group {}", entry.path().display()));
        } else if depth > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            groups(&entry.path(), depth - 1, part, left);
        }
    }
}
