//! Pulling: what arrives is what was asked for, or an error says what it is.

use std::io::Read as _;
use std::time::Duration;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_image::Descriptor;
use seaworthy_registry::{Client, Ended, Patience, Settings};
use seaworthy_testkit::registry::{Access, Double, Fault, Response, Setup, TokenServer, Tokens, image};

use crate::support::{Ends, of_client, repository, same, settings, told};

const MEGABYTE: usize = 1_000_000;

#[test]
fn a_tag_is_resolved_once_and_everything_else_is_asked_by_digest() -> Result<()> {
    let double = Double::start()?;
    let image = image(20, &[5_000, 100_000])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    let ends = Ends::default();
    let pulled = repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &ends)?;
    same(&pulled.image, &image)?;
    assert_eq!(ends.count(Ended::Received), 3);
    let by_tag = double.seen().iter().filter(|seen| seen.target.ends_with("/manifests/1")).count();
    assert_eq!(by_tag, 1, "{:?}", double.seen());
    Ok(())
}

#[test]
fn what_is_not_there_resolves_to_nothing() -> Result<()> {
    let double = Double::start()?;
    let there = repository(&double.host(), "acme/app")?;
    assert!(there.resolve("1")?.is_none());
    assert!(there.manifest("1")?.is_none());
    let folder = tempfile::tempdir()?;
    assert_snapshot!(told(&double.host(), there.pull("1", None, folder.path(), &())), @r#"
    `HOST/acme/app` has no `1`
    hint: check the tag or the digest
    "#);
    Ok(())
}

#[test]
fn a_broken_download_goes_on_where_it_broke() -> Result<()> {
    let image = image(21, &[3 * MEGABYTE])?;
    let blob = format!("/blobs/{}", image.layers[0].digest());
    let double = Double::with([Fault::break_download(&blob, 2_000_000).times(1)])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    same(&repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &())?.image, &image)?;
    let ranges: Vec<_> =
        double.seen().into_iter().filter(|seen| seen.target.ends_with(&blob)).map(|seen| seen.range).collect();
    assert_eq!(ranges, [None, Some("bytes=2000000-".to_owned())]);
    Ok(())
}

#[test]
fn a_registry_that_cannot_begin_in_the_middle_sends_all_again() -> Result<()> {
    let image = image(27, &[MEGABYTE])?;
    let blob = format!("/blobs/{}", image.layers[0].digest());
    let mut whole = Vec::new();
    image.layers[0].compressed()?.read_to_end(&mut whole)?;
    let whole = Response::new(200).body("application/octet-stream", whole);
    let double = Double::with([Fault::break_download(&blob, 600_000).times(1), Fault::answer("GET", &blob, whole)])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    same(&repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &())?.image, &image)
}

#[test]
fn a_download_that_falls_silent_goes_on_where_it_did() -> Result<()> {
    let image = image(26, &[MEGABYTE])?;
    let blob = format!("/blobs/{}", image.layers[0].digest());
    let double = Double::with([Fault::stall_download(&blob, 600_000).times(1)])?;
    double.keep_image("acme/app", "1", &image)?;
    let patience = Patience { idle: Duration::from_secs(1), ..settings().patience };
    let client = Client::new(Settings { patience, ..settings() });
    let folder = tempfile::tempdir()?;
    same(&of_client(&client, &double.host(), "acme/app")?.pull("1", None, folder.path(), &())?.image, &image)?;
    assert!(double.seen().iter().any(|seen| seen.range.as_deref() == Some("bytes=600000-")), "{:?}", double.seen());
    Ok(())
}

#[test]
fn a_moment_of_failure_is_waited_out() -> Result<()> {
    for (method, part) in [("GET", "/blobs/"), ("GET", "/manifests/"), ("HEAD", "/manifests/")] {
        let double = Double::with([Fault::hiccups(method, part, 2)])?;
        let image = image(22, &[20_000])?;
        double.keep_image("acme/app", "1", &image)?;
        let folder = tempfile::tempdir()?;
        let there = repository(&double.host(), "acme/app")?;
        assert!(there.resolve("1")?.is_some(), "{method} {part}");
        same(&there.pull("1", None, folder.path(), &())?.image, &image)?;
    }
    Ok(())
}

#[test]
fn wrong_bytes_are_named_and_nothing_is_left_of_them() -> Result<()> {
    let image = image(23, &[20_000])?;
    let digest = image.layers[0].digest();
    let double = Double::with([Fault::wrong_bytes(digest)])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    let there = repository(&double.host(), "acme/app")?;
    let text = told(&double.host(), there.pull("1", None, folder.path(), &()));
    assert!(text.contains(digest.as_str()), "{text}");
    assert_snapshot!(text.replace(digest.as_str(), "DIGEST"), @r#"
    `HOST` sent something else than what was asked for: the bytes of `DIGEST` hash to `sha256:7923fbc168343dffdd691ba738842a655bb51f335704436c71dda50e83e7f35c`
    hint: the registry's storage or something on the way is damaged; nothing of it was used
    "#);
    let blob = Descriptor { media_type: "x".into(), digest: digest.clone(), size: image.layers[0].size_bytes() };
    assert!(there.blob(&blob)?.read_to_end(&mut Vec::new()).is_err());
    Ok(())
}

#[test]
fn wrong_bytes_of_a_manifest_are_named() -> Result<()> {
    let double = Double::with([Fault::change("GET", "/manifests/sha256:", |response| response.body.push(b' '))])?;
    let image = image(24, &[20_000])?;
    double.keep_image("acme/app", "1", &image)?;
    let there = repository(&double.host(), "acme/app")?;
    let folder = tempfile::tempdir()?;
    let text = told(&double.host(), there.pull(image.digest().as_str(), None, folder.path(), &()));
    assert_snapshot!(text.replace(image.digest().as_str(), "DIGEST"), @r#"
    the manifest received as `DIGEST` hashes to `sha256:063688dc411338d70dc6c1c4bb86e05202808c77cdfca2e4880017c6866adf8f`
    hint: the registry's storage or something on the way is damaged; nothing of it was used
    "#);
    Ok(())
}

#[test]
fn a_download_elsewhere_is_followed_without_what_proves_who_asks() -> Result<()> {
    let access = Access::Bearer(TokenServer::start(Tokens { is_public: true, ..Tokens::default() })?);
    let double = Double::set_up(Setup { access, has_storage: true, ..Setup::default() })?;
    let image = image(25, &[20_000])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    same(&repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &())?.image, &image)?;
    let seen = double.seen_by_storage();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.scheme.is_none() && seen.status == 200), "{seen:?}");
    Ok(())
}

#[test]
fn a_registry_that_says_nothing_is_not_waited_for_forever() -> Result<()> {
    let double = Double::with([Fault::stall("HEAD", "/manifests/"), Fault::stall("GET", "/manifests/")])?;
    let patience = Patience { idle: Duration::from_secs(1), tries: 1, ..settings().patience };
    let client = Client::new(Settings { patience, ..settings() });
    let there = of_client(&client, &double.host(), "acme/app")?;
    assert_snapshot!(told(&double.host(), there.resolve("1")), @r#"
    `HOST` was silent for too long
    hint: check the network, then do it again: what was sent is kept
    "#);
    Ok(())
}
