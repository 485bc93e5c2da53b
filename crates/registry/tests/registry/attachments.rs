//! What is attached to an image is found again, whatever the registry knows of referrers.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_image::{Descriptor, Image};
use seaworthy_registry::{Artifact, Attached, Attachments, Repository};
use seaworthy_testkit::registry::{Double, Fault, image};

use crate::support::{repository, told};

const TYPE: &str = "application/vnd.in-toto+json";

fn artifact(text: &str) -> Artifact {
    Artifact {
        artifact_type: TYPE.to_owned(),
        media_type: TYPE.to_owned(),
        content: text.as_bytes().to_vec(),
        annotations: BTreeMap::from([("of".to_owned(), text.to_owned())]),
    }
}

fn pushed(there: &Repository, seed: u64) -> Result<(Image, Descriptor)> {
    let image = image(seed, &[2_000])?;
    there.push(&image, &())?;
    let subject = image.manifest.descriptor();
    Ok((image, subject))
}

/// The contents of what is attached, sorted.
fn contents(there: &Repository, attached: &[Attached]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in attached {
        let mut text = String::new();
        there.blob(&entry.content)?.read_to_string(&mut text)?;
        assert_eq!(entry.artifact_type, TYPE);
        all.push(text);
    }
    all.sort();
    Ok(all)
}

/// Attaches two things, and finds both once each.
fn two(faults: impl IntoIterator<Item = Fault>) -> Result<Double> {
    let double = Double::with(faults)?;
    let there = repository(&double.host(), "acme/app")?;
    let (image, subject) = pushed(&there, 90)?;
    there.attach(&subject, &artifact("one"))?;
    there.attach(&subject, &artifact("two"))?;
    let found = there.attached(image.digest())?;
    assert_eq!(found.skipped, []);
    assert_eq!(contents(&there, &found.found)?, ["one", "two"]);
    Ok(double)
}

#[test]
fn with_the_referrers_api() -> Result<()> {
    two([]).map(drop)
}

#[test]
fn without_the_referrers_api() -> Result<()> {
    two([Fault::no_referrers()]).map(drop)
}

#[test]
fn with_a_referrers_api_that_sends_on_to_a_place_that_is_busy() -> Result<()> {
    two(Fault::referrers_elsewhere()).map(drop)
}

#[test]
fn with_a_page_where_the_referrers_should_be() -> Result<()> {
    two([Fault::referrers_page()]).map(drop)
}

#[test]
fn with_digests_that_are_truncated() -> Result<()> {
    two(Fault::truncated_digests()).map(drop)
}

#[test]
fn with_a_referrers_api_that_fails_a_moment() -> Result<()> {
    two([Fault::hiccups("GET", "/referrers/", 2)]).map(drop)
}

#[test]
fn each_has_a_tag_of_its_own_beside_the_one_they_share() -> Result<()> {
    let double = two([Fault::no_referrers()])?;
    let subject = image(90, &[2_000])?.digest().hex().to_owned();
    let tags = double.tags("acme/app");
    let own = tags.iter().filter(|tag| {
        tag.strip_prefix(&format!("sha256-{subject}.proof-"))
            .is_some_and(|rest| rest.len() == 12 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    assert_eq!(own.count(), 2, "{tags:?}");
    assert!(tags.contains(&format!("sha256-{subject}")), "{tags:?}");
    Ok(())
}

#[test]
fn nothing_attached_is_an_empty_list() -> Result<()> {
    for faults in [vec![], vec![Fault::no_referrers()]] {
        let double = Double::with(faults)?;
        let there = repository(&double.host(), "acme/app")?;
        let (image, _) = pushed(&there, 91)?;
        assert_eq!(there.attached(image.digest())?, Attachments::default());
    }
    Ok(())
}

#[test]
fn twenty_attached_at_once_are_all_found() -> Result<()> {
    for faults in [vec![], vec![Fault::no_referrers()]] {
        let double = Double::with(faults)?;
        let (image, subject) = pushed(&repository(&double.host(), "acme/app")?, 92)?;
        let host = double.host();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..20)
                .map(|number| {
                    let (host, subject) = (&host, &subject);
                    // A client of its own each, as processes have.
                    scope.spawn(move || -> Result<()> {
                        repository(host, "acme/app")?.attach(subject, &artifact(&format!("{number:02}")))?;
                        Ok(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap())
        })?;
        let there = repository(&host, "acme/app")?;
        let expected: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        let all = there.attached(image.digest())?;
        assert_eq!(all.skipped, []);
        assert_eq!(contents(&there, &all.found)?, expected);
    }
    Ok(())
}

#[test]
fn what_belongs_to_another_image_is_not_found() -> Result<()> {
    let double = Double::with([Fault::no_referrers()])?;
    let there = repository(&double.host(), "acme/app")?;
    let (one, subject) = pushed(&there, 93)?;
    let (other, _) = pushed(&there, 94)?;
    let attached = there.attach(&subject, &artifact("one"))?;
    // Somebody puts it under the other image's tag.
    let manifest = double.manifest("acme/app", attached.as_str()).unwrap_or_default();
    let tag = format!("sha256-{}.proof-000000000000", other.digest().hex());
    double.keep_manifest("acme/app", &tag, seaworthy_image::OCI_MANIFEST, &manifest);
    assert_eq!(there.attached(one.digest())?.found.len(), 1);
    let all = there.attached(other.digest())?;
    assert_eq!(all.found, []);
    assert_eq!(all.skipped.len(), 1);
    assert_eq!(all.skipped[0].why, format!("it belongs to `{}`", one.digest()));
    Ok(())
}

#[test]
fn what_is_under_the_fallback_tag_and_is_no_index_stays_there() -> Result<()> {
    let double = Double::with([Fault::no_referrers()])?;
    let there = repository(&double.host(), "acme/app")?;
    let (image, subject) = pushed(&there, 95)?;
    let tag = format!("sha256-{}", image.digest().hex());
    there.tag(&image.manifest, &tag)?;
    let text = told(&double.host(), there.attach(&subject, &artifact("one"))).replace(image.digest().hex(), "HEX");
    assert_snapshot!(text, @r#"
    the tag `sha256-HEX` of `HOST/acme/app` names something else than an index of what is attached: it stays
    hint: what was attached is found by its own tag; other programs look under this one, which somebody else uses
    "#);
    assert_eq!(double.tagged("acme/app", &tag).as_deref(), Some(image.digest().as_str()));
    assert_eq!(there.attached(image.digest())?.found.len(), 1, "by its own tag");
    Ok(())
}

#[test]
fn entries_that_are_gone_are_told_and_keep_nobody_from_attaching() -> Result<()> {
    let double = Double::with([Fault::no_referrers()])?;
    let there = repository(&double.host(), "acme/app")?;
    let (image, subject) = pushed(&there, 96)?;
    let gone = there.attach(&subject, &artifact("gone"))?;
    double.lose("acme/app", gone.as_str());
    let all = there.attached(image.digest())?;
    assert_eq!(all.found, []);
    assert_eq!(all.skipped.iter().map(|skipped| skipped.what.as_str()).collect::<Vec<_>>(), [gone.as_str()]);
    there.attach(&subject, &artifact("new"))?;
    let all = there.attached(image.digest())?;
    assert_eq!(contents(&there, &all.found)?, ["new"]);
    Ok(())
}
