//! Who asks: passwords, tokens, and where they are found.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::Result;
use insta::assert_snapshot;
use seaworthy_registry::{Client, Settings};
use seaworthy_testkit::registry::{Access, Double, Identity, PASSWORD, Setup, TokenServer, Tokens, USER, image};

use crate::support::{behind_a_password, logged_in, of_client, repository, same, settings, told};

fn with_tokens(tokens: Tokens) -> Result<Double> {
    Double::set_up(Setup { access: Access::Bearer(TokenServer::start(tokens)?), ..Setup::default() })
}

/// Pushes, tags and pulls back.
fn round_trip(there: &seaworthy_registry::Repository, seed: u64) -> Result<()> {
    let image = image(seed, &[5_000, 40_000])?;
    there.push(&image, &())?;
    there.tag(&image.manifest, "1")?;
    let folder = tempfile::tempdir()?;
    same(&there.pull("1", None, folder.path(), &())?.image, &image)
}

#[test]
fn a_password_from_config_json_is_shown_to_a_registry_that_asks() -> Result<()> {
    let double = Double::set_up(behind_a_password())?;
    let (there, _folder) = logged_in(&double.host(), "acme/app", PASSWORD)?;
    round_trip(&there, 70)?;
    let refused = double.seen().iter().filter(|seen| seen.status == 401).count();
    assert!(refused <= 3, "the answer is remembered after the first requests, one for each blob: {:?}", double.seen());
    Ok(())
}

#[test]
fn without_a_login_the_error_says_how_to_get_one() -> Result<()> {
    let double = Double::set_up(behind_a_password())?;
    assert_snapshot!(told(&double.host(), repository(&double.host(), "acme/app")?.resolve("1")), @r#"
    `HOST` wants a login for `acme/app`
    hint: log in with `docker login HOST`, or check that the name is right: many registries hide what is not there behind a login
    "#);
    let double = with_tokens(Tokens::default())?;
    assert_snapshot!(told(&double.host(), repository(&double.host(), "acme/app")?.resolve("1")), @r#"
    `HOST` wants a login for `acme/app`
    hint: log in with `docker login HOST`, or check that the name is right: many registries hide what is not there behind a login
    "#);
    Ok(())
}

#[test]
fn a_wrong_password_is_told_and_not_shown() -> Result<()> {
    let wrong = "correct horse";
    let mut texts = Vec::new();
    for double in [Double::set_up(behind_a_password())?, with_tokens(Tokens::default())?] {
        let (there, folder) = logged_in(&double.host(), "acme/app", wrong)?;
        let text = told(&double.host(), there.push(&image(71, &[1_000])?, &()));
        assert!(!text.contains(wrong), "{text}");
        texts.push(text.replace(folder.path().to_str().unwrap_or_default(), "FOLDER"));
    }
    assert_eq!(texts[0], texts[1]);
    assert_snapshot!(texts[0], @r#"
    `HOST` does not accept the login of `ann` in `FOLDER/config.json`
    hint: log in with `docker login HOST`, or check that the name is right: many registries hide what is not there behind a login
    "#);
    Ok(())
}

#[test]
fn a_password_is_exchanged_for_a_token_for_what_is_asked() -> Result<()> {
    for tokens in [
        Tokens::default(),
        Tokens { member: "access_token", expires_in: None, ..Tokens::default() },
        Tokens { expires_in: Some(1), ..Tokens::default() },
    ] {
        let double = with_tokens(tokens)?;
        let (there, _folder) = logged_in(&double.host(), "acme/app", PASSWORD)?;
        round_trip(&there, 72)?;
        assert!(
            double.seen().iter().all(|seen| seen.scheme.as_deref() != Some("Basic")),
            "the password is for the token server"
        );
    }
    Ok(())
}

#[test]
fn a_token_that_is_worn_out_is_asked_for_anew() -> Result<()> {
    let double = with_tokens(Tokens { uses: Some(3), ..Tokens::default() })?;
    let image = image(73, &[1_000])?;
    double.keep_image("acme/app", "1", &image)?;
    let (there, _folder) = logged_in(&double.host(), "acme/app", PASSWORD)?;
    for _ in 0..9 {
        assert_eq!(there.resolve("1")?.map(|found| found.digest).as_ref(), Some(image.digest()));
    }
    assert_eq!(double.tokens().map(|tokens| tokens.seen().len()), Some(3));
    Ok(())
}

#[test]
fn a_public_image_is_pulled_without_a_login_and_a_push_is_not_permitted() -> Result<()> {
    let double = with_tokens(Tokens { is_public: true, ..Tokens::default() })?;
    let image = image(74, &[5_000])?;
    double.keep_image("acme/app", "1", &image)?;
    let there = repository(&double.host(), "acme/app")?;
    let folder = tempfile::tempdir()?;
    same(&there.pull("1", None, folder.path(), &())?.image, &image)?;
    assert_snapshot!(told(&double.host(), there.tag(&image.manifest, "2")), @r#"
    `HOST` wants a login for `acme/app`
    hint: log in with `docker login HOST`, or check that the name is right: many registries hide what is not there behind a login
    "#);
    assert_eq!(double.tags("acme/app"), ["1"]);
    Ok(())
}

#[test]
fn an_account_that_may_only_pull_is_told_so() -> Result<()> {
    let double = with_tokens(Tokens { actions: &["pull"], ..Tokens::default() })?;
    let (there, _folder) = logged_in(&double.host(), "acme/app", PASSWORD)?;
    assert_snapshot!(told(&double.host(), there.push(&image(75, &[5_000])?, &())), @r#"
    `HOST` permits no push to `acme/app`: 401 UNAUTHORIZED: authentication required
    hint: the account needs rights on `acme/app`, and the repository may have to be created first at `HOST`
    "#);
    Ok(())
}

#[test]
fn one_token_serves_for_mounting_from_another_repository() -> Result<()> {
    let double = with_tokens(Tokens::default())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    std::fs::write(&file, crate::support::login(&double.host(), PASSWORD))?;
    let client = Client::new(Settings { credentials: vec![file], ..settings() });
    let image = image(76, &[50_000])?;
    of_client(&client, &double.host(), "acme/base")?.push(&image, &())?;
    double.forget();
    of_client(&client, &double.host(), "acme/app")?.push(&image, &())?;
    assert_eq!(double.uploaded_bytes(), 0);
    assert!(double.blob("acme/app", image.layers[0].digest()).is_some());
    Ok(())
}

#[test]
fn an_identity_token_is_exchanged_without_a_password() -> Result<()> {
    let double = with_tokens(Tokens { identity_token: Some("an identity"), ..Tokens::default() })?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    let login = serde_json::json!({"auths": {double.host(): {"auth": "", "identitytoken": "an identity"}}});
    std::fs::write(&file, login.to_string())?;
    let client = Client::new(Settings { credentials: vec![file], ..settings() });
    round_trip(&of_client(&client, &double.host(), "acme/app")?, 77)
}

#[test]
fn a_credential_helper_is_asked_for_its_host() -> Result<()> {
    let double = Double::set_up(behind_a_password())?;
    let folder = tempfile::tempdir()?;
    let helper = folder.path().join("docker-credential-of-a-test");
    let answer = serde_json::json!({"ServerURL": double.host(), "Username": USER, "Secret": PASSWORD});
    let host = double.host();
    let script =
        format!("#!/bin/sh\nread -r host\n[ \"$1 $host\" = 'get {host}' ] || exit 1\nprintf '%s' '{answer}'\n");
    std::fs::write(&helper, script)?;
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755))?;
    for config in [
        serde_json::json!({"credHelpers": {double.host(): "of-a-test"}}),
        serde_json::json!({"credsStore": "of-a-test", "auths": {double.host(): {}}}),
    ] {
        let file = folder.path().join("config.json");
        std::fs::write(&file, config.to_string())?;
        let helpers = Some(folder.path().as_os_str().to_owned());
        let client = Client::new(Settings { credentials: vec![file], helpers, ..settings() });
        round_trip(&of_client(&client, &double.host(), "acme/app")?, 78)?;
    }
    Ok(())
}

#[test]
fn a_login_for_one_host_is_not_shown_to_another() -> Result<()> {
    let (one, other) = (Double::set_up(behind_a_password())?, Double::set_up(behind_a_password())?);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    std::fs::write(&file, crate::support::login(&one.host(), PASSWORD))?;
    let client = Client::new(Settings { credentials: vec![file], ..settings() });
    assert!(of_client(&client, &other.host(), "acme/app")?.resolve("1").is_err());
    assert!(other.seen().iter().all(|seen| seen.scheme.is_none()), "{:?}", other.seen());
    Ok(())
}

/// Set in the child that sees another environment.
const HOST: &str = "SEAWORTHY_TEST_HOST";

#[test]
fn the_environment_names_the_login_and_the_authority() -> Result<()> {
    if let Ok(host) = std::env::var(HOST) {
        let client = Client::new(Settings::from_environment());
        return round_trip(&of_client(&client, &host, "acme/app")?, 79);
    }
    let identity = Identity::of_host("127.0.0.1")?;
    let double = Double::set_up(Setup { tls: Some(identity.clone()), ..behind_a_password() })?;
    let folder = tempfile::tempdir()?;
    let (auth, authority) = (folder.path().join("auth.json"), folder.path().join("ca.pem"));
    std::fs::write(&auth, crate::support::login(&double.host(), PASSWORD))?;
    std::fs::write(&authority, &identity.authority)?;
    std::fs::create_dir(folder.path().join("docker"))?;
    std::fs::copy(&auth, folder.path().join("docker/config.json"))?;
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    for (variable, value) in [("REGISTRY_AUTH_FILE", auth), ("DOCKER_CONFIG", folder.path().join("docker"))] {
        let output = std::process::Command::new(std::env::current_exe()?)
            .args(["--exact", &name])
            .env_clear()
            .env("HOME", folder.path())
            .env("TMPDIR", std::env::temp_dir())
            .env("SSL_CERT_FILE", &authority)
            .env(variable, value)
            .env(HOST, double.host())
            .output()?;
        assert!(output.status.success(), "{variable}: {}", String::from_utf8_lossy(&output.stdout));
    }
    assert!(double.seen().iter().any(|seen| seen.method == "PUT" && seen.status == 201), "the child was there");
    Ok(())
}
