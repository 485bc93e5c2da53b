//! `seaworthy keygen`: a pair of keys for proofs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_proof::SigningKey;
use seaworthy_report::clean;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::keys::PASSWORD;
use crate::output::Output;
use crate::password;

/// Make a pair of keys: one signs proofs, the other verifies them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy keygen                  seaworthy.key and seaworthy.pub
  seaworthy keygen -o keys/release  keys/release.key and keys/release.pub

The private key is encrypted as cosign encrypts it, with the password of COSIGN_PASSWORD, else with
one that is asked for; it may be empty. A file that is there is never overwritten. It prints the
files and the key's id. It exits 0, or 2 when there are no keys.")]
pub(crate) struct KeygenArgs {
    /// What the files' names begin with
    #[arg(short, long = "output", value_name = "PREFIX", default_value = "seaworthy", value_hint = ValueHint::AnyPath)]
    output: PathBuf,
}

pub(crate) fn run(args: KeygenArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let KeygenArgs { output } = args;
    let [private, public] = ["key", "pub"].map(|ending| with_ending(&output, ending));
    for path in [&private, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(there(path).into());
        }
    }
    let password = match std::env::var_os(PASSWORD) {
        Some(password) => password.into_encoded_bytes(),
        None => asked(out)?,
    };

    let key = SigningKey::generate()?;
    let encrypted = key.to_encrypted_pem(&password)?;
    let verifying = key.verifying_key();
    write_new(&private, &encrypted, 0o600)?;
    if let Err(error) = write_new(&public, &verifying.to_pem(), 0o644) {
        // Half a pair is of no use.
        let _ = fs::remove_file(&private);
        return Err(error);
    }

    let [private, public] = [private, public].map(|path| clean(&path.display().to_string()));
    out.data(&format!("private  {private}\npublic   {public}\nid       {}\n", verifying.id()))?;
    if password.is_empty() {
        out.note("the password is empty: whoever reads the private key can sign with it");
    }
    out.note(&format!("sign with `seaworthy ship --to HOST/REPO --sign-key {private}`"));
    out.note(&format!(
        "verify with `seaworthy verify HOST/REPO:TAG --verify-key {public}`, and give that file to whoever does"
    ));
    Ok(Exit::Success)
}

/// The password from the terminal, typed twice.
fn asked(out: &mut Output) -> anyhow::Result<Vec<u8>> {
    let none = || {
        let hint = format!("set {PASSWORD} to the password; it may be empty");
        Failure::new("there is no terminal to ask for the key's password").hint(hint)
    };
    let first = password::ask("password for the private key: ", out)?.ok_or_else(none)?;
    let second = password::ask("once more: ", out)?.ok_or_else(none)?;
    if first == second { Ok(first) } else { Err(Failure::new("the two passwords differ").into()) }
}

fn with_ending(prefix: &Path, ending: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(there(path).into()),
        other => other.with_context(|| format!("cannot write `{}`", path.display()))?,
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn there(path: &Path) -> Failure {
    Failure::new(format!("`{}` is there already", path.display())).hint("choose other names with `-o PREFIX`")
}
