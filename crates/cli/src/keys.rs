//! Keys that the user names: `--sign-key` and `--verify-key`.

use std::path::Path;

use anyhow::Context as _;
use seaworthy_proof::{KeyError, SigningKey, VerifyingKey};

use crate::files;

/// Longer than any key's file.
const LIMIT_BYTES: u64 = 64 << 10;

/// Where the password of an encrypted key is taken from; cosign's name for it.
pub(crate) const PASSWORD: &str = "COSIGN_PASSWORD";

/// The key that signs. The password of an encrypted one comes from the environment, else from the terminal.
///
/// # Errors
///
/// Fails if the file cannot be read, is no key, or the password is wrong.
pub(crate) fn signing(path: &Path) -> anyhow::Result<SigningKey> {
    let what = || format!("cannot sign with `{}`", path.display());
    let text = text(path)?;
    let given = std::env::var_os(PASSWORD);
    let given = given.as_ref().map(|password| password.as_encoded_bytes());
    SigningKey::from_pem(&text, given).with_context(what)
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
