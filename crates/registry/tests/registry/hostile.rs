//! A registry that means harm ends in an error, soon and in little memory.

use std::io::Write;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_image::{OCI_INDEX, OCI_MANIFEST};
use seaworthy_registry::RegistryError;
use seaworthy_testkit::registry::{Double, Fault, Response, Setup, image};
use serde_json::json;

use crate::support::{repository, told};

/// What is said when the manifest's answer is this.
fn manifest(fault: impl Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static) -> Result<String> {
    let double = Double::with([Fault::raw("GET", "/manifests/", fault)])?;
    Ok(told(&double.host(), repository(&double.host(), "acme/app")?.manifest("1")))
}

fn forever(writer: &mut dyn Write, start: &[u8], again: &[u8]) -> std::io::Result<()> {
    writer.write_all(start)?;
    loop {
        writer.write_all(again)?;
    }
}

#[test]
fn a_header_without_end() -> Result<()> {
    let header = [b'a'; 8 << 10];
    assert_snapshot!(manifest(move |writer| forever(writer, b"HTTP/1.1 200 OK\r\nX-Long: ", &header))?, @"`HOST` answers `GET /v2/acme/app/manifests/1` with headers that take too much");
    Ok(())
}

#[test]
fn headers_without_end() -> Result<()> {
    assert_snapshot!(manifest(|writer| forever(writer, b"HTTP/1.1 200 OK\r\n", b"X-One: more\r\n"))?, @"`HOST` answers `GET /v2/acme/app/manifests/1` with something that is no HTTP");
    Ok(())
}

#[test]
fn no_http_at_all() -> Result<()> {
    assert_snapshot!(manifest(|writer| writer.write_all(b"220 mail.example ESMTP\r\n"))?, @"`HOST` answers `GET /v2/acme/app/manifests/1` with something that is no HTTP");
    Ok(())
}

#[test]
fn a_manifest_without_end() -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {OCI_MANIFEST}\r\n\r\n{{\"x\":\"");
    let text = manifest(move |writer| forever(writer, head.as_bytes(), &[b'x'; 8 << 10]))?;
    assert_snapshot!(text, @"a manifest takes more than 8388608 bytes");
    Ok(())
}

#[test]
fn a_manifest_that_says_it_is_too_large() -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {OCI_MANIFEST}\r\nContent-Length: 99999999999\r\n\r\n");
    let text = manifest(move |writer| forever(writer, head.as_bytes(), &[b' '; 8 << 10]))?;
    assert_snapshot!(text, @"a manifest takes more than 8388608 bytes");
    Ok(())
}

#[test]
fn a_blob_longer_than_it_should_be() -> Result<()> {
    let image = image(50, &[20_000])?;
    let part = format!("/blobs/{}", image.layers[0].digest());
    let long = Fault::raw("GET", &part, |writer| forever(writer, b"HTTP/1.1 200 OK\r\n\r\n", &[0; 8 << 10]));
    let double = Double::with([long])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    let pulled = repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &());
    assert_snapshot!(told(&double.host(), pulled).replace(image.layers[0].digest().as_str(), "DIGEST"), @r#"
    `HOST` sent something else than what was asked for: `DIGEST` has more than the 20187 bytes that are told
    hint: the registry's storage or something on the way is damaged; nothing of it was used
    "#);
    Ok(())
}

#[test]
fn a_redirect_to_itself() -> Result<()> {
    let image = image(51, &[20_000])?;
    let part = format!("/blobs/{}", image.layers[0].digest());
    let double = Double::with([Fault::answer("GET", &part, Response::new(307).header("Location", "?again"))])?;
    double.keep_image("acme/app", "1", &image)?;
    let folder = tempfile::tempdir()?;
    let pulled = repository(&double.host(), "acme/app")?.pull("1", None, folder.path(), &());
    assert_snapshot!(told(&double.host(), pulled).replace(image.layers[0].digest().as_str(), "DIGEST"), @"`HOST` answers `GET /v2/acme/app/blobs/DIGEST` with more than 5 redirects");
    assert!(double.count("GET", "/blobs/") < 50, "{}", double.count("GET", "/blobs/"));
    Ok(())
}

#[test]
fn a_redirect_to_another_host_without_encryption() -> Result<()> {
    let away = Response::new(307).header("Location", "http://192.0.2.1/blob");
    let double = Double::with([Fault::answer("GET", "/manifests/", away)])?;
    assert_snapshot!(told(&double.host(), repository(&double.host(), "acme/app")?.manifest("1")), @r#"
    `192.0.2.1` is not reached over plain HTTP: only this machine is
    hint: give the registry a certificate, or reach it through a tunnel on `localhost`
    "#);
    Ok(())
}

#[test]
fn a_redirect_from_encrypted_to_plain_is_not_followed() -> Result<()> {
    use seaworthy_registry::{Client, Settings};
    use seaworthy_testkit::registry::Identity;
    let plain = Double::start()?;
    let identity = Identity::of_host("127.0.0.1")?;
    let away = Response::new(307).header("Location", format!("http://{}/v2/acme/app/manifests/1", plain.host()));
    let faults = vec![Fault::answer("GET", "/manifests/", away)];
    let double = Double::set_up(Setup { tls: Some(identity.clone()), faults, ..Setup::default() })?;
    let folder = tempfile::tempdir()?;
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &identity.authority)?;
    let client = Client::new(Settings { authorities: vec![authority], ..crate::support::settings() });
    let there = crate::support::of_client(&client, &double.host(), "acme/app")?;
    let text = told(&double.host(), there.manifest("1")).replace(&plain.host(), "PLAIN");
    assert_snapshot!(text, @"`HOST` answers `GET /v2/acme/app/manifests/1` with a redirect from HTTPS to HTTP");
    assert_eq!(plain.connections(), 0);
    Ok(())
}

#[test]
fn indexes_inside_indexes() -> Result<()> {
    let double = Double::start()?;
    let mut inner = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).to_string();
    for depth in 0..20 {
        let digest = double.keep_manifest("acme/app", &format!("deep-{depth}"), OCI_INDEX, inner.as_bytes());
        let pointer = json!({"mediaType": OCI_INDEX, "digest": digest, "size": inner.len()});
        inner = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [pointer]}).to_string();
    }
    let folder = tempfile::tempdir()?;
    let pulled = repository(&double.host(), "acme/app")?.pull("deep-19", None, folder.path(), &());
    let text = told(&double.host(), pulled);
    assert!(text != "no error");
    assert!(double.count("GET", "/manifests/") < 10, "{}", double.count("GET", "/manifests/"));
    Ok(())
}

#[test]
fn sizes_and_digests_in_a_manifest_that_are_not_possible() -> Result<()> {
    let double = Double::start()?;
    let there = repository(&double.host(), "acme/app")?;
    let folder = tempfile::tempdir()?;
    let digest = seaworthy_image::Digest::of(b"");
    for (size, of) in
        [(json!(-1), json!(digest)), (json!(u64::MAX), json!(digest)), (json!(1), json!("../../etc/passwd"))]
    {
        let descriptor =
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": of, "size": size});
        let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": 0});
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [descriptor, descriptor]});
        double.keep_manifest("acme/app", "1", OCI_MANIFEST, manifest.to_string().as_bytes());
        assert!(there.pull("1", None, folder.path(), &()).is_err());
    }
    assert_eq!(double.count("GET", "/blobs/"), 0);
    Ok(())
}

#[test]
fn pages_of_tags_that_never_end() -> Result<()> {
    let page = |link: &str| {
        Response::new(200).body("application/json", r#"{"name":"acme/app","tags":["1"]}"#).header("Link", link)
    };
    for link in ["</v2/acme/app/tags/list?n=1>; rel=\"next\"", "<http://192.0.2.1/v2/acme/app/tags/list>; rel=\"next\""]
    {
        let double = Double::with([Fault::answer("GET", "/tags/list", page(link))])?;
        let result: Result<_, RegistryError> = repository(&double.host(), "acme/app")?.tags();
        let count = double.count("GET", "/tags/list");
        assert!(result.is_err() && count < 2_000, "{link}: {result:?} after {count}");
    }
    Ok(())
}

#[test]
fn a_challenge_that_sends_the_password_away_in_plain_text_is_not_followed() -> Result<()> {
    let challenge = "Bearer realm=\"http://192.0.2.1/token\",service=\"x\"";
    let refusal = Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", challenge);
    let double = Double::with([Fault::answer("HEAD", "/v2/", refusal.clone()), Fault::answer("GET", "/v2/", refusal)])?;
    let (there, _folder) =
        crate::support::logged_in(&double.host(), "acme/app", seaworthy_testkit::registry::PASSWORD)?;
    assert_snapshot!(told(&double.host(), there.manifest("1")), @r#"
    `192.0.2.1` is not reached over plain HTTP: only this machine is
    hint: give the registry a certificate, or reach it through a tunnel on `localhost`
    "#);
    Ok(())
}

/// What is said when the token server answers this.
fn token(answer: Fault) -> Result<String> {
    let double = Double::start()?;
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"x\"", double.host());
    let refusal = Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", challenge);
    double.fail(Fault::answer("HEAD", "/v2/", refusal.clone()));
    double.fail(Fault::answer("GET", "/v2/", refusal));
    double.fail(answer);
    let (there, _folder) =
        crate::support::logged_in(&double.host(), "acme/app", seaworthy_testkit::registry::PASSWORD)?;
    Ok(told(&double.host(), there.manifest("1")))
}

#[test]
fn a_token_server_that_gives_a_page() -> Result<()> {
    let page = Response::new(200).body("text/html", "<!doctype html><title>Sign in</title>");
    assert_snapshot!(token(Fault::answer("GET", "/token", page))?, @"`HOST` answers `GET /token` with something that holds no token");
    Ok(())
}

#[test]
fn a_token_that_would_be_a_header_of_its_own() -> Result<()> {
    let answer = Response::new(200).body("application/json", r#"{"token":"x\r\nX-Other: y"}"#);
    assert_snapshot!(token(Fault::answer("GET", "/token", answer))?, @"`HOST` answers `GET /token` with something that holds no token");
    Ok(())
}

#[test]
fn a_token_without_end() -> Result<()> {
    let start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"token\":\"";
    let text = token(Fault::raw("GET", "/token", move |writer| forever(writer, start, &[b'x'; 8 << 10])))?;
    assert_snapshot!(text, @"a token takes more than 8388608 bytes");
    Ok(())
}

#[test]
fn a_token_that_is_never_good_enough() -> Result<()> {
    let answer = Response::new(200).body("application/json", r#"{"token":"abc","expires_in":0}"#);
    assert_snapshot!(token(Fault::answer("GET", "/token", answer))?, @r#"
    `HOST` permits no pull from `acme/app`: 401 UNAUTHORIZED: authentication required
    hint: the account needs rights on `acme/app`, and the repository may have to be created first at `HOST`
    "#);
    Ok(())
}

#[test]
fn a_refusal_that_would_write_to_the_terminal() -> Result<()> {
    let message = "\u{1b}]0;title\u{7}\u{1b}[2Jgone\r\nsecond line \u{202e}reversed";
    let refusal = Response::error(400, "UNKNOWN\u{1b}[31m", message);
    let double = Double::with([Fault::answer("GET", "/manifests/", refusal)])?;
    let text = told(&double.host(), repository(&double.host(), "acme/app")?.manifest("1"));
    assert!(text.chars().all(|char| !char.is_control()), "{text:?}");
    assert_snapshot!(text, @"`HOST` refuses `GET /v2/acme/app/manifests/1`: 400 UNKNOWN [31m: ]0;title [2Jgone second line reversed");
    Ok(())
}

/// What is said of attachments, with this under the fallback tag.
fn attached(index: &[u8]) -> Result<seaworthy_registry::Attachments> {
    let image = image(122, &[1_000])?;
    let double = Double::with([Fault::no_referrers()])?;
    double.keep_image("acme/app", "1", &image)?;
    double.keep_manifest("acme/app", &format!("sha256-{}", image.digest().hex()), OCI_INDEX, index);
    Ok(repository(&double.host(), "acme/app")?.attached(image.digest())?)
}

#[test]
fn a_million_entries_of_attachments_take_no_more_memory_than_their_text() -> Result<()> {
    let entries = vec!["{\"a\":0}"; 900_000].join(",");
    let before = peak_bytes()?;
    let all = attached(format!("{{\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[{entries}]}}").as_bytes())?;
    let grown = peak_bytes()?.saturating_sub(before);
    assert_eq!(all.found, []);
    assert!(all.cut);
    let told: Vec<&str> = all.skipped.iter().map(|skipped| skipped.why.as_str()).collect();
    assert_eq!(told, ["it is no digest of a manifest", "no more than 10000 are read"]);
    assert!(grown < 250 << 20, "{grown} bytes, of which the double takes its part");
    Ok(())
}

/// The most memory that this process ever had. Tests run in processes of their own, or it only finds less.
fn peak_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

#[test]
fn more_attachments_than_are_read_are_told_as_a_cut() -> Result<()> {
    let digest = |number: usize| seaworthy_image::Digest::of(number.to_string().as_bytes());
    let entries: Vec<String> = (0..1_001).map(|number| format!("{{\"digest\":\"{}\"}}", digest(number))).collect();
    let index = format!("{{\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[{}]}}", entries.join(","));
    let all = attached(index.as_bytes())?;
    assert!(all.cut);
    assert!(all.skipped.iter().any(|skipped| skipped.what == "1 more" && skipped.why == "no more than 1000 are read"));
    let few = format!("{{\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[{}]}}", entries[0]);
    assert!(!attached(few.as_bytes())?.cut);
    Ok(())
}

#[test]
fn an_attached_manifest_that_is_too_large_to_keep_is_skipped() -> Result<()> {
    let image = image(123, &[1_000])?;
    let double = Double::with([Fault::no_referrers()])?;
    double.keep_image("acme/app", "1", &image)?;
    let large = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "subject": {"mediaType": OCI_MANIFEST, "digest": image.digest(), "size": 1},
        "annotations": {"a": "x".repeat(100_000)},
    });
    let tag = format!("sha256-{}.proof-0123456789ab", image.digest().hex());
    double.keep_manifest("acme/app", &tag, OCI_MANIFEST, large.to_string().as_bytes());
    let all = repository(&double.host(), "acme/app")?.attached(image.digest())?;
    assert_eq!(all.skipped[0].why, "its manifest takes more than 65536 bytes");
    Ok(())
}

#[test]
fn an_identity_token_is_not_sent_on_to_another_host() -> Result<()> {
    let thief = Double::start()?;
    let away = Response::new(307).header("Location", format!("http://{}/token", thief.host()));
    let double = Double::with([Fault::answer("POST", "/token", away)])?;
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"x\"", double.host());
    let refusal = Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", challenge);
    double.fail(Fault::answer("GET", "/v2/", refusal));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    std::fs::write(&file, json!({"auths": {double.host(): {"auth": "", "identitytoken": "an identity"}}}).to_string())?;
    let client = seaworthy_registry::Client::new(seaworthy_registry::Settings {
        credentials: vec![file],
        ..crate::support::settings()
    });
    let there = crate::support::of_client(&client, &double.host(), "acme/app")?;
    assert_snapshot!(told(&double.host(), there.manifest("1")), @"`HOST` answers `POST /token` with a redirect that would tell another host what was sent");
    assert_eq!(thief.connections(), 0);
    Ok(())
}

#[test]
fn a_refusal_that_repeats_the_password_is_shown_without_it() -> Result<()> {
    use base64::Engine as _;
    use seaworthy_testkit::registry::{PASSWORD, USER};
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let message = format!("Authorization: Basic {basic} is {USER} with {PASSWORD}");
    let challenge = "Basic realm=x";
    let asks = Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", challenge);
    let refusal = Response::error(400, "UNKNOWN", &message);
    let double = Double::with([
        Fault::answer("GET", "/manifests/", asks).times(1),
        Fault::answer("GET", "/manifests/", refusal),
    ])?;
    let (there, _folder) = crate::support::logged_in(&double.host(), "acme/app", PASSWORD)?;
    assert_snapshot!(told(&double.host(), there.manifest("1")), @"`HOST` refuses `GET /v2/acme/app/manifests/1`: 400 UNKNOWN: Authorization: Basic *** is ann with ***");
    let text = token(Fault::answer("GET", "/token", Response::error(400, "DENIED", &message)))?;
    assert_snapshot!(text, @"`HOST` refuses `GET /token`: 400 DENIED: Authorization: Basic *** is ann with ***");
    Ok(())
}
