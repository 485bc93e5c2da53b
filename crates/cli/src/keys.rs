//! Keys that the user names: `--sign-key` and `--verify-key`.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use seaworthy_proof::{KeyError, SigningKey, VerifyingKey};

use crate::output::Output;
use crate::{files, password};

/// Longer than any key's file.
const LIMIT_BYTES: u64 = 64 << 10;

/// Where the password of an encrypted key is taken from; cosign's name for it.
pub(crate) const PASSWORD: &str = "COSIGN_PASSWORD";

/// The key that signs. The password of an encrypted one comes from the environment, else from the terminal.
///
/// # Errors
///
/// Fails if the file cannot be read, is no key, or the password is wrong.
pub(crate) fn signing(path: &Path, out: &mut Output) -> anyhow::Result<SigningKey> {
    let what = || format!("cannot sign with `{}`", path.display());
    let text = text(path)?;
    let given = std::env::var_os(PASSWORD).map(OsString::into_encoded_bytes);
    match SigningKey::from_pem(&text, given.as_deref()) {
        Err(KeyError::PasswordWanted) => {
            let asked = password::ask(&format!("password of {}: ", path.display()), out)?;
            SigningKey::from_pem(&text, asked.as_deref()).with_context(what)
        }
        other => other.with_context(what),
    }
}

/// The key that verifies.
///
/// # Errors
///
/// Fails if the file cannot be read or is no public key.
pub(crate) fn verifying(path: &Path) -> anyhow::Result<VerifyingKey> {
    let text = text(path)?;
    VerifyingKey::from_pem(&text).with_context(|| format!("cannot verify with `{}`", path.display()))
}

fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = files::read(path, LIMIT_BYTES)?;
    String::from_utf8(bytes).map_err(|_| KeyError::NoPem.into())
}
