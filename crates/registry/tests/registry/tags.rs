//! The list of tags, and moving them.

use anyhow::Result;
use seaworthy_testkit::registry::{Double, Setup, image};

use crate::support::repository;

#[test]
fn all_pages_of_tags_are_read() -> Result<()> {
    let double = Double::set_up(Setup { page: 7, ..Setup::default() })?;
    let image = image(60, &[1_000])?;
    let names: Vec<String> = (10..40).map(|number| format!("1.{number}")).collect();
    for name in &names {
        double.keep_image("acme/app", name, &image)?;
    }
    assert_eq!(repository(&double.host(), "acme/app")?.tags()?, names);
    assert!(double.count("GET", "/tags/list") <= 6);
    Ok(())
}

#[test]
fn a_repository_that_is_not_there_has_no_tags() -> Result<()> {
    let double = Double::start()?;
    assert_eq!(repository(&double.host(), "acme/none")?.tags()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_tag_is_moved_and_says_what_it_names() -> Result<()> {
    let double = Double::start()?;
    let there = repository(&double.host(), "acme/app")?;
    for seed in [61, 62] {
        let image = image(seed, &[1_000])?;
        there.push(&image, &())?;
        there.tag(&image.manifest, "latest")?;
        assert_eq!(there.resolve("latest")?.map(|found| found.digest).as_ref(), Some(image.digest()));
    }
    Ok(())
}
