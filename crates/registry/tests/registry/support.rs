//! A client that takes nothing from the machine it runs on, and what its answers look like as text.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use seaworthy_image::{Digest, Image};
use seaworthy_registry::{Client, Ended, Patience, RegistryError, Repository, Settings, Watch};
use seaworthy_testkit::registry::{Access, PASSWORD, Setup, USER};

/// Impatient, and without credentials or authorities.
pub(crate) fn settings() -> Settings {
    let patience = Patience {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(20),
        tries: 4,
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_secs(2),
    };
    Settings { patience, ..Settings::default() }
}

/// A repository of the registry at `host`, for a client with nothing but its patience.
pub(crate) fn repository(host: &str, name: &str) -> Result<Repository> {
    of_client(&Client::new(settings()), host, name)
}

pub(crate) fn of_client(client: &Client, host: &str, name: &str) -> Result<Repository> {
    Ok(client.repository(&format!("{host}/{name}").parse()?)?)
}

/// The same for [`USER`] with a password.
pub(crate) fn logged_in(host: &str, name: &str, password: &str) -> Result<(Repository, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.json");
    std::fs::write(&file, login(host, password))?;
    let client = Client::new(Settings { credentials: vec![file], ..settings() });
    Ok((of_client(&client, host, name)?, folder))
}

/// A `config.json` after `docker login`.
pub(crate) fn login(host: &str, password: &str) -> String {
    use base64::Engine as _;
    let auth = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{password}"));
    serde_json::json!({"auths": {host: {"auth": auth}}}).to_string()
}

/// A registry that wants [`USER`]'s password.
pub(crate) fn behind_a_password() -> Setup {
    Setup { access: Access::Basic { user: USER, password: PASSWORD }, ..Setup::default() }
}

/// An error with its causes, and the hint below it; hosts and temporary folders by what they are.
pub(crate) fn told<T>(host: &str, result: Result<T, RegistryError>) -> String {
    let Err(error) = result else { return "no error".to_owned() };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {hint}");
    }
    assert!(!text.contains(PASSWORD), "no secret in {text}");
    let text = text.replace(host, "HOST");
    // Uploads are numbered in the order in which they begin.
    match text.split_once("/upload-") {
        Some((before, after)) => {
            format!("{before}/upload-N{}", after.trim_start_matches(|char: char| char.is_ascii_digit()))
        }
        None => text,
    }
}

/// Whether the image lies there as it was made: every byte of it.
#[track_caller]
pub(crate) fn same(image: &Image, expected: &Image) -> Result<()> {
    ensure!(image.digest() == expected.digest());
    ensure!(image.manifest.bytes() == expected.manifest.bytes());
    ensure!(image.config.bytes() == expected.config.bytes());
    ensure!(image.layers.len() == expected.layers.len());
    for (layer, expected) in image.layers.iter().zip(&expected.layers) {
        let mut bytes = Vec::new();
        layer.compressed()?.read_to_end(&mut bytes)?;
        ensure!(Digest::of(&bytes) == *expected.digest());
    }
    Ok(())
}

/// Remembers how each blob ended.
#[derive(Default)]
pub(crate) struct Ends(Mutex<Vec<(Digest, Ended)>>);

impl Ends {
    pub(crate) fn count(&self, how: Ended) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, ended)| *ended == how).count()
    }
}

impl Watch for Ends {
    fn begins(&self, _: &Digest, _: u64) {}

    fn moved(&self, _: &Digest, _: u64) {}

    fn ended(&self, blob: &Digest, how: Ended) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((blob.clone(), how));
    }
}

/// Runs a program that is not ours; `package` is Debian's that has it.
pub(crate) fn run(package: &str, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot start `{program}`: apt-get install {package}"))?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
