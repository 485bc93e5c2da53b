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

#[test]
fn what_is_found_without_pulling_is_what_a_pull_would_take() -> Result<()> {
    let double = Double::start()?;
    let (_, parts) = index(32, &["linux/s390x"])?;
    double.keep_image("acme/app", "1", &parts[0].image)?;
    let there = repository(&double.host(), "acme/app")?;
    assert_eq!(there.find("1", None)?, *parts[0].image.digest());
    assert_eq!(there.find("1", Some(&"linux/s390x".parse()?))?, *parts[0].image.digest());
    let found = there.find("1", Some(&"linux/riscv64".parse()?));
    assert_snapshot!(told(&double.host(), found), @"`HOST/acme/app` has no image for `linux/riscv64`; it has `sha256:cd755d7750b6 (linux/s390x)`");
    // An index that says something else than its image does.
    let (bytes, parts) = index(33, &["linux/s390x", "linux/ppc64le"])?;
    for part in &parts {
        double.keep_image("acme/lie", part.image.digest().as_str(), &part.image)?;
    }
    let text = String::from_utf8(bytes)?.replace("s390x", "riscv64");
    double.keep_manifest("acme/lie", "1", seaworthy_image::OCI_INDEX, text.as_bytes());
    let there = repository(&double.host(), "acme/lie")?;
    let wanted = "linux/riscv64".parse()?;
    let folder = tempfile::tempdir()?;
    let pulled = told(&double.host(), there.pull("1", Some(&wanted), folder.path(), &()));
    assert_eq!(told(&double.host(), there.find("1", Some(&wanted))), pulled);
    assert!(pulled.contains("has no image for `linux/riscv64`"), "{pulled}");
    Ok(())
}
