//! Ways of sending that only some registries ask for.

use std::time::Duration;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_registry::{Client, Ended, Patience, RegistryError, Repository, Settings};
use seaworthy_testkit::registry::{Double, Fault, Response, image};

const MEGABYTE: usize = 1_000_000;

fn repository(double: &Double) -> Result<Repository> {
    let patience = Patience { pause: Duration::from_millis(1), tries: 3, ..Patience::default() };
    let client = Client::new(Settings { patience, ..Settings::default() });
    Ok(client.repository(&format!("{}/acme/app", double.host()).parse()?)?)
}

fn too_large() -> Fault {
    Fault::answer("PATCH", "/blobs/uploads/", Response::error(413, "SIZE_INVALID", "request entity too large"))
}

/// What is shown of an error.
fn told<T>(double: &Double, result: Result<T, RegistryError>) -> String {
    result.err().map_or("no error".to_owned(), |error| error.to_string().replace(&double.host(), "HOST"))
}

#[test]
fn what_is_too_much_at_once_is_sent_in_parts() -> Result<()> {
    let double = Double::with([too_large().times(2)])?;
    let image = image(1, &[6 * MEGABYTE])?;
    double.keep_blob("acme/app", image.config.bytes());
    repository(&double)?.push(&image, &())?;
    assert_eq!(
        double.blob("acme/app", image.layers[0].digest()).map(|blob| blob.len() as u64),
        Some(image.layers[0].size_bytes())
    );
    let parts = double.seen().iter().filter(|seen| seen.method == "PATCH" && seen.status == 202).count();
    assert_eq!(parts, 4, "of a quarter each, after the whole and a half");
    Ok(())
}

#[test]
fn parts_are_not_smaller_than_the_registry_wants_them() -> Result<()> {
    let least = |response: &mut Response| *response = response.clone().header("OCI-Chunk-Min-Length", "5000000");
    let double = Double::with([Fault::change("POST", "/blobs/uploads/", least), too_large().times(1)])?;
    let image = image(2, &[6 * MEGABYTE])?;
    double.keep_blob("acme/app", image.config.bytes());
    repository(&double)?.push(&image, &())?;
    let parts = double.seen().iter().filter(|seen| seen.method == "PATCH" && seen.status == 202).count();
    assert_eq!(parts, 2);
    Ok(())
}

#[test]
fn a_registry_that_takes_no_blob_at_all_is_given_up() -> Result<()> {
    let double = Double::with([too_large()])?;
    let text = told(&double, repository(&double)?.push(&image(3, &[3 * MEGABYTE])?, &()));
    assert!(text.starts_with("`HOST` refuses `PATCH "), "{text}");
    assert!(text.ends_with("413 SIZE_INVALID: request entity too large"), "{text}");
    assert!(double.count("PATCH", "") < 20, "{}", double.count("PATCH", ""));
    Ok(())
}

#[test]
fn a_blob_that_goes_away_before_the_manifest_comes_is_sent_once_more() -> Result<()> {
    // The registry says that it has the blob, and has not.
    let there = |response: &mut Response| response.status = 200;
    let double = Double::with([Fault::change("HEAD", "/blobs/", there).times(2)])?;
    let image = image(4, &[50_000])?;
    let pushed = repository(&double)?.push(&image, &())?;
    assert_eq!((pushed.count(Ended::Sent), pushed.sent_bytes()), (2, image.transfer_bytes()));
    assert!(double.manifest("acme/app", image.digest().as_str()).is_some());
    Ok(())
}

#[test]
fn a_registry_that_keeps_no_blob_is_given_up() -> Result<()> {
    let unknown = Response::error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    let double = Double::with([Fault::answer("PUT", "/manifests/", unknown)])?;
    let image = image(5, &[50_000])?;
    let text = told(&double, repository(&double)?.push(&image, &()));
    assert_snapshot!(text.replace(image.digest().as_str(), "DIGEST"), @"`HOST` answers `PUT /v2/acme/app/manifests/DIGEST` with the news that something is missing which was sent just now");
    assert_eq!(double.count("PUT", "/manifests/"), 4);
    Ok(())
}

#[test]
fn the_first_error_stops_the_other_blobs() -> Result<()> {
    let denied = Response::error(403, "DENIED", "requested access to the resource is denied");
    let double = Double::with([Fault::answer("POST", "/blobs/uploads/", denied)])?;
    let text = told(&double, repository(&double)?.push(&image(6, &[50_000; 40])?, &()));
    assert_snapshot!(text, @"`HOST` permits no push to `acme/app`: 403 DENIED: requested access to the resource is denied");
    assert!(double.count("HEAD", "/blobs/") < 41, "most were never asked for");
    Ok(())
}

#[test]
fn tags_are_planned_from_what_is_there_and_all_name_one_digest() -> Result<()> {
    use seaworthy_registry::tags::{Origin, plan};
    let double = Double::start()?;
    let there = repository(&double)?;
    let commit = |letter: &str| Some(letter.repeat(40));
    let old = image(7, &[10_000])?;
    let first = Origin { version: Some("1.4.1".into()), revision: commit("a"), ..Origin::default() };
    let new = image(8, &[10_000])?;
    let second = Origin { version: Some("1.4.2".into()), revision: commit("b"), ..Origin::default() };
    for (image, origin) in [(&old, &first), (&new, &second), (&old, &first)] {
        there.push(image, &())?;
        let plan = plan(origin, image.digest(), &there.look_up(origin)?, false);
        assert_eq!(plan.refused().count(), 0);
        for tag in plan.writes() {
            there.tag(&image.manifest, tag)?;
        }
    }
    let names = |tag: &str| double.tagged("acme/app", tag);
    for tag in ["1.4.2", "sha-bbbbbbbbbbbb", "1.4", "1", "latest"] {
        assert_eq!(names(tag).as_deref(), Some(new.digest().as_str()), "{tag}");
    }
    for tag in ["1.4.1", "sha-aaaaaaaaaaaa"] {
        assert_eq!(names(tag).as_deref(), Some(old.digest().as_str()), "{tag}");
    }
    Ok(())
}
