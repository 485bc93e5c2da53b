//! What the rows in `task_api.rs` hold, compiled before them. Those run when nothing else does, so that compiling there would leave a core
//! idle; these run beside other tests, and each takes one core.

use std::process::Command;

use anyhow::ensure;
use seaworthy_testkit::workspace;

use crate::held::{report, verdicts};
use crate::task_api::dockerfile_image;

#[test]
fn the_task_api_is_compiled_twice_and_is_the_same() -> anyhow::Result<()> {
    let shipped = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(["ship", "task-api", "--engine", "embedded", "--report", "json=-"])
        .env("CARGO_BUILD_JOBS", "1")
        .current_dir(workspace())
        .output()?;
    // Beside other tests, what is promised about time may not hold.
    let found = verdicts(&report(&shipped)?);
    let built: Vec<_> = found.iter().filter(|(name, _)| name.contains("\"build.")).collect();
    ensure!(built.len() == 3 && built.iter().all(|(_, verdict)| *verdict == "\"pass\""), "{found:#?}");
    Ok(())
}

#[test]
fn the_dockerfile_builds() -> anyhow::Result<()> {
    ensure!(dockerfile_image()?.starts_with("sha256:"));
    Ok(())
}
