//! Pushing: what is sent, and how it goes on when something breaks.

use std::time::Duration;

use anyhow::Result;
use seaworthy_registry::{Client, Ended, Patience, Settings};
use seaworthy_testkit::registry::{Double, Fault, PASSWORD, Response, Setup, image};

use crate::support::{Ends, behind_a_password, logged_in, of_client, repository, same, settings};

const MEGABYTE: usize = 1_000_000;

#[test]
fn a_pushed_image_is_there_by_its_digest_and_nothing_names_it_yet() -> Result<()> {
    let double = Double::start()?;
    let image = image(1, &[5_000, 200_000])?;
    let there = repository(&double.host(), "acme/app")?;
    there.push(&image, &())?;
    assert_eq!(double.manifest("acme/app", image.digest().as_str()).as_deref(), Some(image.manifest.bytes()));
    assert_eq!(double.tags("acme/app"), Vec::<String>::new());
    there.tag(&image.manifest, "1.0")?;
    assert_eq!(double.tagged("acme/app", "1.0").as_deref(), Some(image.digest().as_str()));
    let folder = tempfile::tempdir()?;
    same(&there.pull("1.0", None, folder.path(), &())?.image, &image)
}

#[test]
fn what_is_there_already_is_not_sent_again() -> Result<()> {
    let double = Double::start()?;
    let image = image(2, &[5_000, 200_000, 5_001])?;
    let first = Ends::default();
    repository(&double.host(), "acme/app")?.push(&image, &first)?;
    assert_eq!((first.count(Ended::Sent), first.count(Ended::Present)), (4, 0), "three layers and a config");
    assert_eq!(double.uploaded_bytes(), image.transfer_bytes());

    double.forget();
    let second = Ends::default();
    repository(&double.host(), "acme/app")?.push(&image, &second)?;
    assert_eq!((second.count(Ended::Sent), second.count(Ended::Present)), (0, 4));
    assert_eq!((double.count("POST", ""), double.count("PATCH", ""), double.uploaded_bytes()), (0, 0, 0));
    Ok(())
}

#[test]
fn one_blob_that_two_layers_share_is_sent_once() -> Result<()> {
    let double = Double::start()?;
    let one = image(3, &[50_000])?;
    let layers = vec![one.layers[0].clone(), one.layers[0].clone()];
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
    let config = seaworthy_image::Draft::default().config(&diff_ids)?;
    let twice = seaworthy_image::Image::of(config, layers, seaworthy_image::Format::Docker)?;
    repository(&double.host(), "acme/app")?.push(&twice, &())?;
    assert_eq!(double.uploaded_bytes(), one.layers[0].size_bytes() + twice.config.bytes().len() as u64);
    Ok(())
}

#[test]
fn a_blob_of_another_repository_is_mounted() -> Result<()> {
    let double = Double::start()?;
    let image = image(4, &[50_000])?;
    let client = Client::new(settings());
    of_client(&client, &double.host(), "acme/base")?.push(&image, &())?;
    double.forget();
    let ends = Ends::default();
    of_client(&client, &double.host(), "acme/app")?.push(&image, &ends)?;
    assert_eq!((ends.count(Ended::Mounted), ends.count(Ended::Sent)), (2, 0));
    assert_eq!(double.uploaded_bytes(), 0);
    Ok(())
}

#[test]
fn a_broken_upload_goes_on_where_it_broke() -> Result<()> {
    let double = Double::with([Fault::break_upload("PATCH", "/blobs/uploads/", 2_000_000).times(1)])?;
    let image = image(5, &[3 * MEGABYTE])?;
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert_eq!(double.uploaded_bytes(), image.transfer_bytes(), "no byte twice");
    assert_eq!(double.count("GET", "/blobs/uploads/"), 1, "asked once how much is there");
    Ok(())
}

#[test]
fn an_upload_that_breaks_before_its_first_byte_is_sent_whole() -> Result<()> {
    let double = Double::with([Fault::break_upload("PATCH", "/blobs/uploads/", 0).times(1)])?;
    let image = image(6, &[MEGABYTE])?;
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn an_upload_that_the_registry_forgets_begins_anew() -> Result<()> {
    let lost = Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    let double = Double::with([
        Fault::break_upload("PATCH", "/blobs/uploads/", 500_000).times(1),
        Fault::answer("GET", "/blobs/uploads/", lost).times(1),
        Fault::upload_lost(1).after(1),
    ])?;
    let image = image(7, &[MEGABYTE])?;
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn a_moment_of_failure_is_waited_out() -> Result<()> {
    for (method, part) in [
        ("HEAD", "/blobs/"),
        ("POST", "/blobs/uploads/"),
        ("PATCH", "/blobs/uploads/"),
        ("PUT", "/blobs/uploads/"),
        ("PUT", "/manifests/"),
    ] {
        let double = Double::with([Fault::hiccups(method, part, 2)])?;
        let image = image(8, &[20_000])?;
        let there = repository(&double.host(), "acme/app")?;
        there.push(&image, &()).map_err(|error| anyhow::anyhow!("{method} {part}: {error}"))?;
        there.tag(&image.manifest, "1")?;
        assert_eq!(double.tagged("acme/app", "1").as_deref(), Some(image.digest().as_str()), "{method} {part}");
    }
    Ok(())
}

#[test]
fn a_registry_that_has_too_many_requests_is_waited_for() -> Result<()> {
    let double = Double::with([
        Fault::too_many_requests("HEAD", "/blobs/", "0", 1),
        Fault::too_many_requests("PUT", "/manifests/", "1", 1),
    ])?;
    let image = image(9, &[20_000])?;
    let begun = std::time::Instant::now();
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert!(begun.elapsed() >= Duration::from_secs(1), "as long as it was asked to");
    assert!(double.manifest("acme/app", image.digest().as_str()).is_some());
    Ok(())
}

#[test]
fn a_layer_that_changed_since_is_not_pushed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let written =
        seaworthy_image::layout::write(&image(10, &[20_000])?, folder.path(), seaworthy_image::Format::Docker)?;
    let blob = folder.path().join("blobs/sha256").join(written.layers[0].digest().hex());
    let mut bytes = std::fs::read(&blob)?;
    bytes[1_000] ^= 1;
    std::fs::write(&blob, bytes)?;
    let double = Double::start()?;
    let error = repository(&double.host(), "acme/app")?.push(&written, &()).err().map(|error| error.to_string());
    assert!(error.is_some());
    assert!(double.manifest("acme/app", written.digest().as_str()).is_none());
    Ok(())
}

#[test]
fn uploads_whose_digests_the_registry_truncates_are_still_right() -> Result<()> {
    let double = Double::with(Fault::truncated_digests())?;
    let image = image(11, &[20_000])?;
    let there = repository(&double.host(), "acme/app")?;
    there.push(&image, &())?;
    there.tag(&image.manifest, "1")?;
    let folder = tempfile::tempdir()?;
    same(&there.pull("1", None, folder.path(), &())?.image, &image)
}

#[test]
fn a_registry_that_falls_silent_during_an_upload_is_asked_what_it_has() -> Result<()> {
    let double = Double::with([Fault::stall("PATCH", "/blobs/uploads/").times(1)])?;
    let patience = Patience { idle: Duration::from_secs(1), ..settings().patience };
    let client = Client::new(Settings { patience, ..settings() });
    let image = image(12, &[MEGABYTE])?;
    of_client(&client, &double.host(), "acme/app")?.push(&image, &())?;
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn a_registry_that_takes_only_small_requests_gets_small_ones() -> Result<()> {
    let double = Double::with([Fault::too_large("PATCH", "/blobs/uploads/", 1_500_000)])?;
    let image = image(13, &[5 * MEGABYTE])?;
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn a_blob_that_went_away_after_it_was_found_is_sent_after_all() -> Result<()> {
    let image = image(14, &[20_000])?;
    let part = format!("/blobs/{}", image.layers[0].digest());
    let double = Double::with([Fault::answer("HEAD", &part, Response::new(200)).times(1)])?;
    repository(&double.host(), "acme/app")?.push(&image, &())?;
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn an_upload_that_is_sent_elsewhere_takes_no_password_along() -> Result<()> {
    let elsewhere = Double::start()?;
    let there = format!("http://{}/v2/acme/app/blobs/uploads/upload-1", elsewhere.host());
    let away = Fault::change("POST", "/blobs/uploads/", move |response| {
        *response = response.clone().header("Location", there.clone());
    });
    let double = Double::set_up(Setup { faults: vec![away], ..behind_a_password() })?;
    let (repository, _folder) = logged_in(&double.host(), "acme/app", PASSWORD)?;
    assert!(repository.push(&image(15, &[20_000])?, &()).is_err(), "nothing was begun there");
    let seen = elsewhere.seen();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.scheme.is_none()), "{seen:?}");
    Ok(())
}

#[test]
fn several_may_push_the_same_image_at_once() -> Result<()> {
    let double = Double::start()?;
    let image = image(16, &[300_000, 20_000])?;
    let client = Client::new(settings());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Ok(of_client(&client, &double.host(), "acme/app")?.push(&image, &()).map(drop)?)))
            .collect();
        threads.into_iter().try_for_each(|thread| -> Result<()> { thread.join().unwrap() })
    })?;
    assert_eq!(double.manifest("acme/app", image.digest().as_str()).as_deref(), Some(image.manifest.bytes()));
    Ok(())
}
