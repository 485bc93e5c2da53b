//! Dockerfiles before and after `seaworthy review --fix`, built side by side: the images have one config, and the same files but for what the
//! rule is about.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use seaworthy_testkit::{debian_image, python_builder};
use serde_json::Value;

/// Of a path: its kind, mode and owner, what it links to, and its bytes.
type Entry = (u8, u32, u64, u64, Vec<u8>, Vec<u8>);

/// Builds the Dockerfile, mends it, builds it again; what differs must lie under `about`.
fn is_the_same(name: &str, dockerfile: &str, files: &[(&str, &str)], about: &[&str]) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("review-fix").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (path, text) in files {
        fs::write(folder.join(path), text)?;
    }
    let path = folder.join("Dockerfile");
    fs::write(&path, dockerfile)?;
    let before = built(&folder, name, "before")?;
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy")).arg("review").arg(&folder).arg("--fix").output()?;
    ensure!(
        fs::read_to_string(&path)? != dockerfile,
        "nothing was mended: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let after = built(&folder, name, "after")?;

    ensure!(before.0 == after.0, "{name}: the configs differ:\n{:#}\n{:#}", before.0, after.0);
    let paths = before.1.keys().chain(after.1.keys());
    let changed: Vec<&String> = paths
        .filter(|path| before.1.get(*path) != after.1.get(*path))
        .filter(|path| !about.iter().any(|about| path.starts_with(about)))
        .collect();
    ensure!(changed.is_empty(), "{name}: these files differ: {changed:?}");
    let is_about = about.is_empty() || before.1 != after.1;
    ensure!(is_about, "{name}: nothing under {about:?} differs, so that the rule was about nothing");
    Ok(())
}

/// An image's config, and its files.
fn built(folder: &Path, name: &str, when: &str) -> anyhow::Result<(Value, BTreeMap<String, Entry>)> {
    let tag = format!("seaworthy-test/review-fix-{name}:{when}");
    docker(&["build", "-q", "--no-cache", "-t", &tag, &folder.display().to_string()])?;
    let config = docker(&["inspect", "--format", "{{json .Config}}", &tag])?;
    let mut config: Value = serde_json::from_slice(&config)?;
    // The legacy builder's own name of the last step's container.
    config["Image"] = Value::Null;
    let container = String::from_utf8(docker(&["create", &tag, "none"])?)?.trim().to_owned();
    let files = exported(&container);
    docker(&["rm", &container])?;
    docker(&["rmi", &tag])?;
    Ok((config, files?))
}

fn docker(arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("docker").env("DOCKER_BUILDKIT", "0").args(arguments).output().context("no docker")?;
    ensure!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

fn exported(container: &str) -> anyhow::Result<BTreeMap<String, Entry>> {
    let mut child = Command::new("docker").args(["export", container]).stdout(Stdio::piped()).spawn()?;
    let mut archive = tar::Archive::new(child.stdout.take().context("a pipe")?);
    let mut files = BTreeMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        let link = entry.link_name_bytes().map_or(Vec::new(), |link| link.to_vec());
        let mut bytes = Vec::new();
        std::io::copy(&mut entry, &mut bytes)?;
        let header = entry.header();
        let kind = header.entry_type().as_byte();
        files.insert(path, (kind, header.mode()?, header.uid()?, header.gid()?, link, bytes));
    }
    ensure!(child.wait()?.success(), "docker export");
    Ok(files)
}

/// One for every run of the suite: nothing is installed.
#[test]
fn copying_instead_of_adding_makes_the_same_image() -> anyhow::Result<()> {
    let dockerfile = "FROM scratch\nADD main.py settings.json /app/\nADD --chown=10001:10001 notes.md /notes.md\nUSER 10001\n\
                      CMD [\"/app/main.py\"]\n";
    let files = [("main.py", "print(1)\n"), ("settings.json", "{}\n"), ("notes.md", "#\n")];
    is_the_same("add", dockerfile, &files, &[])
}

#[test]
#[ignore = "installs packages over the network: scripts/review-hadolint"]
fn removing_the_lists_of_apt_changes_nothing_else() -> anyhow::Result<()> {
    let dockerfile =
        format!("FROM {}\nRUN apt update \\\n && apt install -y tini\nUSER 10001\nCMD [\"tini\"]\n", debian_image()?);
    is_the_same("apt", &dockerfile, &[], &["var/lib/apt/lists", "var/log", "var/cache"])
}

#[test]
#[ignore = "installs packages over the network: scripts/review-hadolint"]
fn a_cache_that_pip_does_not_keep_changes_nothing_else() -> anyhow::Result<()> {
    let base = python_builder("six==1.17.0\n")?;
    let dockerfile = format!(
        "FROM {base}\nRUN python3 -m venv /venv\nRUN /venv/bin/pip install --no-compile six==1.17.0\nUSER 10001\nCMD [\"/venv/bin/python\"]\n"
    );
    is_the_same(
        "pip",
        &dockerfile,
        &[],
        &[
            "root/.cache",
            "venv/lib/python3.11/site-packages/pip",
            "venv/lib/python3.11/site-packages/__pycache__",
            "venv/lib/python3.11/site-packages/setuptools",
            "venv/lib/python3.11/site-packages/pkg_resources",
            "venv/lib/python3.11/site-packages/_distutils_hack",
        ],
    )
}

#[test]
#[ignore = "builds on a stand-in of Debian: scripts/review-hadolint"]
fn a_user_that_is_made_without_a_log_of_logins_is_the_same_user() -> anyhow::Result<()> {
    let dockerfile = format!("FROM {}\nRUN useradd -u 100660 app\nUSER 100660\nCMD [\"id\"]\n", debian_image()?);
    is_the_same("useradd", &dockerfile, &[], &[])
}
