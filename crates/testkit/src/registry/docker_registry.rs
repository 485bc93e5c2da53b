//! Debian's `docker-registry`: the reference implementation, as a child process.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use seaworthy_image::Digest;
use tempfile::TempDir;

use super::{Identity, TokenServer};

/// Who is let in.
pub enum Protection {
    Open,
    /// [`USER`](super::USER) with [`PASSWORD`](super::PASSWORD).
    Basic,
    /// Who has a token of this server.
    Tokens(TokenServer),
}

/// The registry; it is killed, and what it keeps is removed, when this is dropped.
pub struct DockerRegistry {
    child: Child,
    port: u16,
    folder: TempDir,
    protection: Protection,
}

/// `open sesame`, by bcrypt with the least cost.
const HTPASSWD: &str = "ann:$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n";
const STARTS_WITHIN: Duration = Duration::from_secs(20);

impl DockerRegistry {
    /// # Errors
    ///
    /// Fails if Debian's package `docker-registry` is not installed, or the registry does not answer in time.
    pub fn start(protection: Protection, tls: Option<&Identity>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("seaworthy-registry-").tempdir()?;
        // Another process may take the port between our looking and the registry's: then once more.
        let mut last = None;
        let mut protection = Some(protection);
        for _ in 0..5 {
            let of = protection.as_ref().context("the registry's protection is known")?;
            match launch(folder.path(), of, tls) {
                Ok((child, port)) => {
                    let protection = protection.take().context("the registry's protection is known")?;
                    return Ok(Self { child, port, folder, protection });
                }
                Err(error) if error.to_string().contains("address already in use") => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.context("docker-registry was never started")?)
    }

    /// `127.0.0.1:40123`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The token server in front of it, where there is one.
    pub fn tokens(&self) -> Option<&TokenServer> {
        match &self.protection {
            Protection::Tokens(tokens) => Some(tokens),
            Protection::Open | Protection::Basic => None,
        }
    }

    /// Where it keeps a blob: for tests that change what lies there.
    pub fn blob_file(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.folder.path().join("storage/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(folder: &Path, protection: &Protection, tls: Option<&Identity>) -> anyhow::Result<(Child, u16)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let config = folder.join("config.yml");
    fs::write(&config, configuration(folder, port, protection, tls)?)?;
    let log = folder.join("log");
    let output = File::create(&log)?;
    let mut child = Command::new("docker-registry")
        .arg("serve")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("cannot start `docker-registry`: apt-get install docker-registry")?;
    let told = || fs::read_to_string(&log).unwrap_or_default();
    let deadline = Instant::now() + STARTS_WITHIN;
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("docker-registry ended with {status}: {}", told());
        }
        // It says so once it listens; a connection alone might be to another process.
        if told().contains("listening on") {
            return Ok((child, port));
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            bail!("docker-registry does not listen after {STARTS_WITHIN:?}: {}", told());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn configuration(folder: &Path, port: u16, protection: &Protection, tls: Option<&Identity>) -> anyhow::Result<String> {
    let shown = folder.to_str().context("the temporary folder's name is not UTF-8")?;
    ensure!(!shown.contains(['"', '\n', '\\']), "the temporary folder's name cannot stand in the configuration");
    let mut text = format!(
        "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: \"{shown}/storage\"}}\n  \
         delete: {{enabled: true}}\nhttp:\n  addr: 127.0.0.1:{port}\n  secret: of a test\n"
    );
    if let Some(identity) = tls {
        fs::write(folder.join("chain.pem"), &identity.chain)?;
        fs::write(folder.join("key.pem"), &identity.key)?;
        writeln!(text, "  tls: {{certificate: \"{shown}/chain.pem\", key: \"{shown}/key.pem\"}}")?;
    }
    match protection {
        Protection::Open => {}
        Protection::Basic => {
            fs::write(folder.join("htpasswd"), HTPASSWD)?;
            writeln!(text, "auth:\n  htpasswd: {{realm: a registry, path: \"{shown}/htpasswd\"}}")?;
        }
        Protection::Tokens(tokens) => {
            fs::write(folder.join("tokens.pem"), tokens.certificate())?;
            writeln!(
                text,
                "auth:\n  token: {{realm: \"{}\", service: {}, issuer: {}, rootcertbundle: \"{shown}/tokens.pem\"}}",
                tokens.realm(),
                TokenServer::SERVICE,
                TokenServer::ISSUER,
            )?;
        }
    }
    Ok(text)
}
