//! What a registry refuses becomes one line and a hint.

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_registry::RegistryError;
use seaworthy_testkit::registry::{Double, Fault, image};

use crate::support::{repository, told};

/// What a push and a tag say with this fault.
fn pushed(faults: impl IntoIterator<Item = Fault>) -> Result<String> {
    let double = Double::with(faults)?;
    let image = image(40, &[20_000])?;
    let there = repository(&double.host(), "acme/app")?;
    let result: Result<(), RegistryError> = there.push(&image, &()).and_then(|_| there.tag(&image.manifest, "1.4.2"));
    Ok(told(&double.host(), result))
}

#[test]
fn no_permission() -> Result<()> {
    assert_snapshot!(pushed([Fault::push_denied()])?, @r#"
    `HOST` permits no push to `acme/app`: 403 DENIED: permission_denied: The token provided does not match expected scopes.
    hint: the account needs rights on `acme/app`, and the repository may have to be created first at `HOST`
    "#);
    Ok(())
}

#[test]
fn name_not_valid() -> Result<()> {
    assert_snapshot!(pushed([Fault::name_invalid()])?, @r#"
    `HOST` takes no repository named `acme/app`: 400 NAME_INVALID: invalid repository name
    hint: most registries want an owner or a project before the name, all in lower case: `HOST/OWNER/NAME`
    "#);
    Ok(())
}

#[test]
fn tag_immutable_as_amazon_says_it() -> Result<()> {
    assert_snapshot!(pushed([Fault::immutable_tag("1.4.2")])?, @r#"
    the tag `1.4.2` of `acme/app` cannot be moved: 400 TAG_INVALID: The image tag '1.4.2' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.
    hint: push under another tag, or change the repository's rule for tags
    "#);
    Ok(())
}

#[test]
fn tag_immutable_as_harbor_says_it() -> Result<()> {
    assert_snapshot!(pushed([Fault::immutable_tag_by_rule("1.4.2")])?, @r#"
    the tag `1.4.2` of `acme/app` cannot be moved: 412 PRECONDITION: Failed to process request due to 'app:1.4.2' configured as immutable.
    hint: push under another tag, or change the repository's rule for tags
    "#);
    Ok(())
}

#[test]
fn disk_full_as_debians_registry_says_it() -> Result<()> {
    assert_snapshot!(pushed([Fault::disk_full()])?, @r#"
    `HOST` has no space left: 500 UNKNOWN: unknown error (write /var/lib/registry/docker/registry/v2/x/data: no space left on device)
    hint: free some space or raise the quota there, then do it again: what was sent is kept
    "#);
    Ok(())
}

#[test]
fn disk_full_before_as_debians_registry_says_it() -> Result<()> {
    assert_snapshot!(pushed([Fault::disk_full_before()])?, @r#"
    `HOST` has no space left: 500 UNKNOWN: unknown error ({"DriverName":"filesystem","Enclosed":{"Op":"write","Path":"/var/lib/registry/x/startedat","Err":28}})
    hint: free some space or raise the quota there, then do it again: what was sent is kept
    "#);
    Ok(())
}

#[test]
fn disk_full_by_its_status() -> Result<()> {
    assert_snapshot!(pushed([Fault::insufficient_storage()])?, @r#"
    `HOST` has no space left: 507: no space left on device
    hint: free some space or raise the quota there, then do it again: what was sent is kept
    "#);
    Ok(())
}

#[test]
fn rate_limit_that_does_not_end() -> Result<()> {
    assert_snapshot!(pushed([Fault::too_many_requests("POST", "/blobs/uploads/", "0", usize::MAX)])?, @r#"
    `HOST` answers too many requests
    hint: wait, or log in with `docker login HOST` for a higher limit
    "#);
    Ok(())
}

#[test]
fn rate_limit_that_wants_more_patience_than_there_is() -> Result<()> {
    assert_snapshot!(pushed([Fault::too_many_requests("POST", "/blobs/uploads/", "3600", usize::MAX)])?, @r#"
    `HOST` answers too many requests, and asks to wait for 3600 s
    hint: wait, or log in with `docker login HOST` for a higher limit
    "#);
    Ok(())
}

#[test]
fn failure_that_does_not_end() -> Result<()> {
    assert_snapshot!(pushed([Fault::hiccups("POST", "/blobs/uploads/", usize::MAX)])?, @r#"
    `HOST` refuses `POST /v2/acme/app/blobs/uploads/`: 500 UNKNOWN: unknown error
    hint: the registry has a fault of its own: try again later
    "#);
    Ok(())
}

#[test]
fn upload_that_is_forgotten_each_time() -> Result<()> {
    assert_snapshot!(pushed([Fault::upload_lost(usize::MAX)])?, @"`HOST` refuses `PATCH /v2/acme/app/blobs/uploads/upload-N`: 404 BLOB_UPLOAD_UNKNOWN: blob upload unknown to registry");
    Ok(())
}

#[test]
fn upload_that_breaks_each_time() -> Result<()> {
    assert_snapshot!(pushed([Fault::break_upload("PATCH", "/blobs/uploads/", 0)])?, @r#"
    the connection to `HOST` broke: Peer disconnected
    hint: check the network, then do it again: what was sent is kept
    "#);
    Ok(())
}

#[test]
fn manifest_that_cannot_be_read_back() -> Result<()> {
    let other = seaworthy_testkit::registry::Response::new(200)
        .body(seaworthy_image::DOCKER_MANIFEST, r#"{"schemaVersion":2}"#);
    let text =
        pushed([Fault::answer("GET", "/manifests/", other.clone()), Fault::answer("HEAD", "/manifests/", other)])?;
    assert!(text != "no error", "{text}");
    Ok(())
}

#[test]
fn nobody_there() -> Result<()> {
    let host = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string();
    assert_snapshot!(told(&host, repository(&host, "acme/app")?.resolve("1")), @r#"
    nothing listens at `HOST`
    hint: check host and port, and that the registry runs
    "#);
    Ok(())
}

#[test]
fn something_there_that_is_no_registry() -> Result<()> {
    let page =
        seaworthy_testkit::registry::Response::new(200).body("text/html", "<!doctype html><title>Welcome</title>");
    let double = Double::with([Fault::answer("GET", "/v2/", page.clone()), Fault::answer("HEAD", "/v2/", page)])?;
    let there = repository(&double.host(), "acme/app")?;
    assert_snapshot!(told(&double.host(), there.manifest("1")), @"`HOST` answers `GET /v2/acme/app/manifests/1` with something that is no manifest");
    Ok(())
}
