//! What is promised about the build, held against builds by the program as users call it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::held::{not_kept, report};

const SPEC: &str = "## Success Criteria\n- [ ] `docker build .` succeeds\n- [ ] No setuid files\n";

fn ship(folder: &Path) -> anyhow::Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_seaworthy")).arg("ship").arg(folder).args(["--report", "json=-"]).output()?)
}

#[test]
fn a_dockerfile_that_builds_keeps_its_promise_and_one_that_does_not_ends_the_run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("containerization-spec.md"), SPEC)?;
    fs::write(folder.path().join("hello"), "hello")?;
    let dockerfile = folder.path().join("Dockerfile");
    fs::write(&dockerfile, "FROM scratch\nCOPY hello /hello\n")?;
    assert_eq!(not_kept(&report(&ship(folder.path())?)?), "2 pass, 0 fail, 0 unproven, 0 pending");

    fs::write(&dockerfile, "FROM scratch\nCOPY missing /hello\n")?;
    let broken = ship(folder.path())?;
    assert_eq!(broken.status.code(), Some(2));
    assert!(broken.stdout.is_empty(), "there is no image to report on");
    assert!(String::from_utf8_lossy(&broken.stderr).contains("COPY failed"));
    Ok(())
}
