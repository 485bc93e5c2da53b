//! One name for images of several platforms.

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_image::{Digest, OCI_INDEX, Platform};
use seaworthy_testkit::registry::{Double, index};

use crate::support::{repository, same, told};

#[test]
fn the_image_for_this_machine_or_the_named_platform_is_pulled() -> Result<()> {
    let double = Double::start()?;
    let host = Platform::host().to_string();
    let (bytes, parts) = index(30, &[&host, "linux/s390x", "linux/arm/v7"])?;
    for part in &parts {
        double.keep_image("acme/app", part.image.digest().as_str(), &part.image)?;
    }
    double.keep_manifest("acme/app", "1", OCI_INDEX, &bytes);
    let there = repository(&double.host(), "acme/app")?;

    let folder = tempfile::tempdir()?;
    let pulled = there.pull("1", None, &folder.path().join("host"), &())?;
    same(&pulled.image, &parts[0].image)?;
    assert_eq!(pulled.index, Some(Digest::of(&bytes)));
    let other = there.pull("1", Some(&"linux/arm/v7".parse()?), &folder.path().join("arm"), &())?;
    same(&other.image, &parts[2].image)?;
    let none = there.pull("1", Some(&"linux/riscv64".parse()?), &folder.path().join("none"), &());
    let ours = &parts[0].image.digest().as_str()[..19];
    assert_snapshot!(told(&double.host(), none).replace(&host, "linux/ours").replace(ours, "sha256:ours"), @"`HOST/acme/app` has no image for `linux/riscv64`; it has `sha256:ours (linux/ours)`, `sha256:0207b2ef6a32 (linux/s390x)`, `sha256:1816b55101ce (linux/arm/v7)`");
    Ok(())
}

#[test]
fn an_image_of_one_platform_is_not_taken_for_another() -> Result<()> {
    let double = Double::start()?;
    let (_, parts) = index(31, &["linux/s390x"])?;
    double.keep_image("acme/app", "1", &parts[0].image)?;
    let there = repository(&double.host(), "acme/app")?;
    let folder = tempfile::tempdir()?;
    let pulled = there.pull("1", Some(&"linux/riscv64".parse()?), folder.path(), &());
    assert_snapshot!(told(&double.host(), pulled), @"`HOST/acme/app` has no image for `linux/riscv64`; it has `sha256:2727e30570de (linux/s390x)`");
    Ok(())
}
