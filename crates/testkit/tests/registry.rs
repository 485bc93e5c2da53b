//! The registries of the tests, as a client that is not ours sees them: skopeo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use seaworthy_image::{Format, layout};
use seaworthy_testkit::registry::{
    Access, DockerRegistry, Double, Identity, PASSWORD, Protection, Setup, TokenServer, Tokens, USER, image,
};

fn skopeo(arguments: &[&str]) -> Result<String> {
    let output =
        Command::new("skopeo").args(arguments).output().context("cannot start `skopeo`: apt-get install skopeo")?;
    ensure!(output.status.success(), "skopeo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Copies an image there and back.
fn round_trip(host: &str, authority: Option<&Identity>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| -> Result<String> {
        Ok(folder.path().join(name).to_str().context("the folder's name is not UTF-8")?.to_owned())
    };
    let image = layout::write(&image(1, &[3_000, 300_000])?, &folder.path().join("sent"), Format::Docker)?;
    let auth = serde_json::json!({"auths": {host: {"auth": BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))}}});
    std::fs::write(folder.path().join("auth.json"), auth.to_string())?;
    let authfile = format!("--authfile={}", path("auth.json")?);
    let certificates = path("certificates")?;
    std::fs::create_dir(&certificates)?;
    if let Some(identity) = authority {
        std::fs::write(Path::new(&certificates).join("ca.crt"), &identity.authority)?;
    }
    let verify = |side: &str| match authority {
        Some(_) => format!("--{side}cert-dir={certificates}"),
        None => format!("--{side}tls-verify=false"),
    };
    let name = format!("docker://{host}/acme/app:1");
    skopeo(&["copy", &authfile, &verify("dest-"), &format!("oci:{}", path("sent")?), &name])?;
    let inspected = skopeo(&["inspect", &authfile, &verify(""), &name])?;
    ensure!(inspected.contains(image.digest().as_str()), "{inspected}");
    skopeo(&["copy", "--preserve-digests", &authfile, &verify("src-"), &name, &format!("oci:{}", path("got")?)])?;
    ensure!(layout::open(&folder.path().join("got"))?.digest() == image.digest());
    Ok(())
}

#[test]
fn the_double_takes_an_image_from_skopeo_and_gives_it_back() -> Result<()> {
    let double = Double::start()?;
    round_trip(&double.host(), None)?;
    ensure!(double.count("PUT", "/blobs/uploads/") == 3, "two layers and a config");
    ensure!(double.tags("acme/app") == ["1"]);
    ensure!(double.seen().iter().all(|seen| seen.scheme.is_none()));
    Ok(())
}

#[test]
fn the_double_asks_for_passwords_tokens_and_an_authority() -> Result<()> {
    let identity = Identity::of_host("127.0.0.1")?;
    let encrypted = Double::set_up(Setup { tls: Some(identity.clone()), ..Setup::default() })?;
    round_trip(&encrypted.host(), Some(&identity))?;

    let access = Access::Basic { user: USER, password: PASSWORD };
    let basic = Double::set_up(Setup { access, ..Setup::default() })?;
    round_trip(&basic.host(), None)?;

    let access = Access::Bearer(TokenServer::start(Tokens::default())?);
    let bearer = Double::set_up(Setup { access, has_storage: true, ..Setup::default() })?;
    round_trip(&bearer.host(), None)?;
    ensure!(bearer.seen_by_storage().iter().all(|seen| seen.status == 200), "{:?}", bearer.seen_by_storage());

    let access = Access::Basic { user: USER, password: "another" };
    let refusing = Double::set_up(Setup { access, ..Setup::default() })?;
    ensure!(round_trip(&refusing.host(), None).is_err());
    Ok(())
}

#[test]
fn debians_registry_is_open_or_asks_for_passwords_tokens_and_an_authority() -> Result<()> {
    round_trip(&DockerRegistry::start(Protection::Open, None)?.host(), None)?;
    round_trip(&DockerRegistry::start(Protection::Basic, None)?.host(), None)?;
    let tokens = DockerRegistry::start(Protection::Tokens(TokenServer::start(Tokens::default())?), None)?;
    round_trip(&tokens.host(), None)?;
    ensure!(tokens.tokens().is_some_and(|tokens| !tokens.seen().is_empty()));
    let identity = Identity::of_host("127.0.0.1")?;
    round_trip(&DockerRegistry::start(Protection::Open, Some(&identity))?.host(), Some(&identity))
}
