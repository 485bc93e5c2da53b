//! Configs that say one thing twice: nothing is decided about them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use seaworthy_image::Digest;
use seaworthy_testkit::Recipe;
use serde_json::Value;

const SPEC: &str =
    "# Notes\n\n## Success Criteria\n\n- [ ] Container runs as user 1000\n- [ ] Health check is declared\n";

/// Exit code and stderr for the sample service, whose config says `more` behind its user.
fn told(more: &str) -> anyhow::Result<(Option<i32>, String)> {
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("image");
    Recipe::default().write(&layout)?;
    insert(&layout, more)?;
    let spec = folder.path().join("spec.md");
    fs::write(&spec, SPEC)?;
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(["verify", &format!("oci:{}", layout.display()), "--engine", "embedded", "--spec"])
        .arg(&spec)
        .env("DATABASE_URL", "file:///data")
        .output()?;
    Ok((output.status.code(), String::from_utf8(output.stderr)?))
}

/// Writes the config and the manifest of a layout anew: what makes images here writes no such thing.
fn insert(layout: &Path, more: &str) -> anyhow::Result<()> {
    let blob = |digest: &Value| {
        let hex = digest.as_str().and_then(|digest| digest.strip_prefix("sha256:")).context("a digest")?;
        anyhow::Ok(layout.join("blobs/sha256").join(hex))
    };
    let keep = |bytes: &[u8], descriptor: &mut Value| -> anyhow::Result<()> {
        let digest = Digest::of(bytes);
        descriptor["digest"] = digest.to_string().into();
        descriptor["size"] = bytes.len().into();
        Ok(fs::write(blob(&descriptor["digest"])?, bytes)?)
    };
    let mut index: Value = serde_json::from_slice(&fs::read(layout.join("index.json"))?)?;
    let mut manifest: Value = serde_json::from_slice(&fs::read(blob(&index["manifests"][0]["digest"])?)?)?;
    let config = fs::read_to_string(blob(&manifest["config"]["digest"])?)?;
    let user = "\"User\":\"1000:1000\"";
    ensure!(config.contains(user), "the config names its user as {user}: {config}");
    keep(config.replace(user, &format!("{user}{more}")).as_bytes(), &mut manifest["config"])?;
    keep(&serde_json::to_vec(&manifest)?, &mut index["manifests"][0])?;
    Ok(fs::write(layout.join("index.json"), serde_json::to_vec(&index)?)?)
}

#[test]
fn members_that_differ_in_case_alone_are_refused_with_one_line() -> anyhow::Result<()> {
    let (code, stderr) = told(",\"user\":\"0\"")?;
    ensure!(code == Some(2), "exit {code:?}: {stderr}");
    let errors: Vec<&str> = stderr.lines().filter(|line| line.contains("differ in case alone")).collect();
    ensure!(errors.len() == 1 && errors[0].contains("`User` and `user`"), "{stderr}");
    let (code, stderr) = told(",\"Users\":\"0\"")?;
    ensure!(code != Some(2) && !stderr.contains("differ in case"), "exit {code:?}: {stderr}");
    Ok(())
}
