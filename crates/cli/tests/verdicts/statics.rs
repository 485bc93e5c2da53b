//! What an image alone shows: its base, and what should not be in it.

use seaworthy_image::LayerBuilder;
use seaworthy_testkit::{Recipe, sample_service};

use crate::row::row;

const RELEASE: &str =
    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";
/// What Debian's slim images have in it.
const EXCLUDES: &str =
    "path-exclude /usr/share/man/*\npath-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n";
const FILES: [&str; 3] = ["bin/bash", "usr/bin/env", "usr/lib/x86_64-linux-gnu/libc.so.6"];
const DOCUMENTS: [&str; 3] =
    ["usr/share/doc/bash/README.gz", "usr/share/man/man1/bash.1.gz", "usr/share/man/man1/env.1.gz"];

/// Debian 12 by its os-release and its package database, with these of the files that it lists.
fn debian(present: &'static [&'static [&'static str]]) -> Recipe {
    Recipe::on(Vec::new()).layer(move |layer| {
        layer.file("etc/os-release", 0o644, (0, 0), RELEASE)?;
        layer.file("var/lib/dpkg/status", 0o644, (0, 0), "Package: base-files\nStatus: install ok installed\n")?;
        let lines = [FILES, DOCUMENTS].concat();
        let listed =
            lines.iter().map(|path| format!("00000000000000000000000000000000  {path}\n")).collect::<Vec<_>>().concat();
        layer.file("var/lib/dpkg/info/base-files.md5sums", 0o644, (0, 0), listed)?;
        for path in present.iter().copied().flatten() {
            layer.file(path, 0o755, (0, 0), "x")?;
        }
        Ok(())
    })
}

fn slim() -> Recipe {
    debian(&[&FILES]).layer(|layer| Ok(layer.file("etc/dpkg/dpkg.cfg.d/docker", 0o644, (0, 0), EXCLUDES)?))
}

fn with_python(recipe: Recipe) -> Recipe {
    recipe.layer(|layer| {
        layer.file("usr/local/bin/python3.12", 0o755, (0, 0), std::fs::read(sample_service()?)?)?;
        Ok(layer.file("usr/local/lib/python3.12/os.py", 0o644, (0, 0), "x")?)
    })
}

fn with(path: &'static str, mode: u32, content: fn(Vec<u8>) -> Vec<u8>) -> Recipe {
    Recipe::default().layer(move |layer: &mut LayerBuilder| {
        Ok(layer.file(path, mode, (0, 0), content(std::fs::read(sample_service()?)?))?)
    })
}

/// A program with bash's own words.
fn as_bash(mut program: Vec<u8>) -> Vec<u8> {
    program.extend(b"GNU bash, version %s-(%s)\0");
    program
}

#[test]
fn debian_and_its_slim_variant_are_told_apart() -> anyhow::Result<()> {
    let promised = |row: crate::row::Row| row.promise("Base image: debian:12").promise("Base image: debian:12-slim");
    promised(row!(debian(&[&FILES, &DOCUMENTS]))).looks(
        "
    pass image.base: debian:12 by what is in it: … 1 dpkg packages with 3 of 3 files, 3 of 3 files of documentation
    fail image.base: not debian:12-slim: not slim: 3 of 3 files of documentation; …
    ",
    )?;
    promised(row!(slim())).looks(
        "
    fail image.base: not debian:12: a slim variant: 0 of 3 files of documentation, which dpkg is told to leave out; …
    pass image.base: debian:12-slim by what is in it: …
    ",
    )
}

#[test]
fn python_and_its_slim_variant_are_told_apart() -> anyhow::Result<()> {
    row!(with_python(slim()))
        .promise("Base image: python:3.12")
        .promise("Base image: python:3.12-slim")
        .promise("Base image: python:3.11-slim")
        .looks(
            "
    fail image.base: not python:3.12: a slim variant: …
    pass image.base: python:3.12-slim by what is in it: …, Python 3.12 at `/usr/local/bin/python3.12`
    fail image.base: not python:3.11-slim: Python 3.12, not 3.11; …
    ",
        )
}

#[test]
fn a_database_whose_packages_are_not_there_is_no_base() -> anyhow::Result<()> {
    row!(debian(&[]))
        .promise("Base image: debian:12")
        .looks("fail image.base: not debian:12: a package database, but 0 of 3 files that it lists; …")?;
    row!(Recipe::on(Vec::new()).layer(|layer| Ok(layer.file("etc/os-release", 0o644, (0, 0), RELEASE)?)))
        .promise("Base image: debian:12")
        .looks("fail image.base: not debian:12: no package database; …")
}

#[test]
fn a_shell_under_another_name_is_a_shell() -> anyhow::Result<()> {
    row!(with("app/helper", 0o755, as_bash))
        .promise("No shell in image")
        .looks("fail image.slim: `/app/helper` (shell: bash by what is in it) is in the image")?;
    row!(with("app/helper", 0o755, |program| program))
        .promise("No shell in image")
        .looks("pass image.slim: no shell among 2 executables")
}

#[test]
fn pip_without_an_executable_is_a_package_manager() -> anyhow::Result<()> {
    row!(with("usr/lib/python3/dist-packages/pip/__main__.py", 0o644, |_| Vec::new()))
        .promise("No package manager in image")
        .looks("fail image.slim: `/usr/lib/python3/dist-packages/pip/__main__.py` (package manager: `python -m pip`) is in the image")?;
    row!(with("usr/lib/python3/dist-packages/pip-24.0.dist-info/METADATA", 0o644, |_| Vec::new()))
        .promise("No package manager in image")
        .looks("pass image.slim: …")
}

#[test]
fn a_build_that_nobody_has_seen_is_pending() -> anyhow::Result<()> {
    row!(Recipe::default())
        .promise("Build is reproducible")
        .looks("pending build.reproducible: nothing is known of the image's build")
}
