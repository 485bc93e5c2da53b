//! Keys: ECDSA on P-256 with SHA-256, as cosign makes them.

use std::fmt;

use p256::SecretKey;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{DerSignature, Signature};
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use seaworthy_image::Digest;
use zeroize::Zeroizing;

use crate::{encrypted, pem};

/// A file with a key in it.
const KEY_FILE_BYTES: usize = 64 << 10;

const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{0} bytes are more than any key has")]
    TooLarge(usize),
    #[error("no key in PEM form is in it")]
    NoPem,
    /// A PEM block of another kind.
    #[error("it holds `{found}`, where a {wanted} key is wanted")]
    Kind { found: String, wanted: &'static str },
    #[error("the key is not one of ECDSA on the curve P-256")]
    NotP256,
    #[error("the key is encrypted, and no password was given")]
    PasswordWanted,
    #[error("the password is not the one that the key was encrypted with, or the file is damaged")]
    WrongPassword,
    #[error("the key is encrypted in a way that cosign does not use")]
    Parameters,
    #[error("the encrypted key is damaged")]
    Malformed,
    #[error("the system gives no random bytes")]
    Random,
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Kind { wanted: "private", .. } => Some("the file made beside it, which ends in `.key`, signs"),
            Self::Kind { .. } => Some("the file made beside it, which ends in `.pub`, verifies"),
            Self::NoPem | Self::NotP256 => Some("`seaworthy keygen` and `cosign generate-key-pair` make such keys"),
            Self::PasswordWanted | Self::WrongPassword => Some("set COSIGN_PASSWORD to the key's password"),
            _ => None,
        }
    }
}

/// A private key, which signs. What it holds is overwritten when it goes, and is never shown.
pub struct SigningKey(p256::ecdsa::SigningKey);

/// A public key, which verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(p256::ecdsa::VerifyingKey);

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            getrandom::fill(&mut *bytes).map_err(|_| KeyError::Random)?;
            // One in 2^32 is no number of the curve.
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&*bytes) {
                return Ok(Self(key));
            }
        }
    }

    /// From the text of a key file: PKCS#8, SEC1, or cosign's encrypted form, for which the password is wanted.
    /// The password may be empty; that of a key that is not encrypted is not looked at.
    ///
    /// # Errors
    ///
    /// Fails with [`KeyError::PasswordWanted`] if the key is encrypted and there is no password, and if the text is not such a file.
    pub fn from_pem(text: &str, password: Option<&[u8]>) -> Result<Self, KeyError> {
        let (label, bytes) = decode(text, &[PKCS8, SEC1, SIGSTORE, COSIGN], "private")?;
        let key = match label {
            PKCS8 => SecretKey::from_pkcs8_der(&bytes).ok(),
            SEC1 => SecretKey::from_sec1_der(&bytes).ok(),
            _ => {
                let plain = encrypted::open(&bytes, password.ok_or(KeyError::PasswordWanted)?)?;
                SecretKey::from_pkcs8_der(&plain).ok()
            }
        };
        key.map(|key| Self(key.into())).ok_or(KeyError::NotP256)
    }

    /// In cosign's encrypted form. The password may be empty.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no random bytes.
    pub fn to_encrypted_pem(&self, password: &[u8]) -> Result<Zeroizing<String>, KeyError> {
        let plain = self.0.to_pkcs8_der().map_err(|_| KeyError::Malformed)?;
        Ok(pem::encode(SIGSTORE, &encrypted::seal(plain.as_bytes(), password)?))
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(*self.0.verifying_key())
    }

    /// The signature as ASN.1, the same for the same message.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }
}

impl VerifyingKey {
    /// From the text of a public key's file.
    ///
    /// # Errors
    ///
    /// Fails if the text is not such a file.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (_, bytes) = decode(text, &[PUBLIC], "public")?;
        p256::ecdsa::VerifyingKey::from_public_key_der(&bytes).map(Self).map_err(|_| KeyError::NotP256)
    }

    /// As a file.
    ///
    /// # Panics
    ///
    /// Never: a key that exists can be written.
    pub fn to_pem(&self) -> String {
        pem::encode(PUBLIC, &self.to_der()).to_string()
    }

    /// The SHA-256 of the key's DER form: 64 hexadecimal digits.
    ///
    /// # Panics
    ///
    /// Never: a key that exists can be written.
    pub fn id(&self) -> String {
        Digest::of(&self.to_der()).hex().to_owned()
    }

    /// Whether an ASN.1 signature is this key's over the message. Of the two forms that each signature has, both are taken.
    pub(crate) fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }

    fn to_der(&self) -> Vec<u8> {
        self.0.to_public_key_der().expect("a key that exists can be written").into_vec()
    }
}

fn decode(
    text: &str,
    labels: &[&'static str],
    wanted: &'static str,
) -> Result<(&'static str, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() > KEY_FILE_BYTES {
        return Err(KeyError::TooLarge(text.len()));
    }
    pem::decode(text, labels).map_err(|found| match found {
        Some(found) => KeyError::Kind { found, wanted },
        None => KeyError::NoPem,
    })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.verifying_key().id())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::openssl;

    #[test]
    fn openssl_takes_what_we_sign_and_reads_our_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let key = SigningKey::generate().unwrap();
        std::fs::write(path.join("key.pub"), key.verifying_key().to_pem()).unwrap();
        std::fs::write(path.join("message"), b"a message").unwrap();
        std::fs::write(path.join("signature"), key.sign(b"a message")).unwrap();
        let said = openssl(path, &["dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "message"]);
        assert_eq!(said, b"Verified OK\n");

        let read = SigningKey::from_pem(&key.to_encrypted_pem(b"pass").unwrap(), Some(b"pass")).unwrap();
        assert_eq!(read.verifying_key(), key.verifying_key());
        let plain = key.0.to_pkcs8_der().unwrap();
        std::fs::write(path.join("key.der"), plain.as_bytes()).unwrap();
        let public = openssl(path, &["pkey", "-inform", "DER", "-in", "key.der", "-pubout"]);
        assert_eq!(String::from_utf8(public).unwrap(), key.verifying_key().to_pem());
    }

    #[test]
    fn keys_and_signatures_that_openssl_makes_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        openssl(path, &["ecparam", "-name", "prime256v1", "-genkey", "-out", "sec1.pem"]);
        openssl(path, &["pkcs8", "-topk8", "-nocrypt", "-in", "sec1.pem", "-out", "pkcs8.pem"]);
        openssl(path, &["ec", "-in", "sec1.pem", "-pubout", "-out", "public.pem"]);
        std::fs::write(path.join("message"), b"a message").unwrap();
        openssl(path, &["dgst", "-sha256", "-sign", "sec1.pem", "-out", "signature", "message"]);

        let text = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
        let public = VerifyingKey::from_pem(&text("public.pem")).unwrap();
        assert!(public.holds(b"a message", &std::fs::read(path.join("signature")).unwrap()));
        for name in ["sec1.pem", "pkcs8.pem"] {
            assert_eq!(SigningKey::from_pem(&text(name), None).unwrap().verifying_key(), public, "{name}");
        }
    }

    #[test]
    fn both_forms_of_a_signature_are_taken_and_nothing_else_is() {
        let key = SigningKey::generate().unwrap();
        let public = key.verifying_key();
        let signature = Signature::from_der(&key.sign(b"a message")).unwrap();
        let (r, s) = signature.split_scalars();
        let other = Signature::from_scalars(r, -s).unwrap();
        assert_ne!(other.to_der().as_bytes(), signature.to_der().as_bytes());
        assert!(public.holds(b"a message", signature.to_der().as_bytes()));
        assert!(public.holds(b"a message", other.to_der().as_bytes()));
        assert!(!public.holds(b"b message", signature.to_der().as_bytes()));
        assert!(!public.holds(b"a message", b""));
        assert!(!public.holds(b"a message", &signature.to_bytes()));
        assert!(!SigningKey::generate().unwrap().verifying_key().holds(b"a message", signature.to_der().as_bytes()));
    }

    #[test]
    fn an_encrypted_key_wants_its_password() {
        let text = SigningKey::generate().unwrap().to_encrypted_pem(b"pass").unwrap();
        assert!(matches!(SigningKey::from_pem(&text, None), Err(KeyError::PasswordWanted)));
        assert!(matches!(SigningKey::from_pem(&text, Some(b"")), Err(KeyError::WrongPassword)));
        let older = text.replace("SIGSTORE", "COSIGN");
        assert!(SigningKey::from_pem(&older, Some(b"pass")).is_ok());
    }

    /// The file was made with libsodium's secret box and OpenSSL's scrypt, by cosign's recipe.
    #[test]
    fn an_encrypted_key_that_other_libraries_made_is_read() {
        let key = SigningKey::from_pem(include_str!("../tests/data/nacl.key"), Some(b"a password")).unwrap();
        assert_eq!(key.verifying_key().to_pem(), include_str!("../tests/data/nacl.pub"));
    }

    #[test]
    fn what_is_no_such_key_is_told() {
        let key = SigningKey::generate().unwrap();
        let public = key.verifying_key().to_pem();
        let private = key.to_encrypted_pem(b"").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let other = openssl(folder.path(), &["ecparam", "-name", "secp384r1", "-genkey", "-noout"]);
        let told = |error: KeyError| format!("{error}\n  {}\n", error.hint().unwrap_or("no hint"));
        let signing = |text: &str| told(SigningKey::from_pem(text, Some(b"")).unwrap_err());
        let verifying = |text: &str| told(VerifyingKey::from_pem(text).unwrap_err());
        let all = [
            signing(""),
            signing(&public),
            signing(&String::from_utf8(other).unwrap()),
            signing(&pem::encode(SIGSTORE, b"{}")),
            signing(&"x".repeat(100_000)),
            verifying(&private),
            verifying(&pem::encode(PUBLIC, b"x")),
        ];
        insta::assert_snapshot!(all.concat(), @"
        no key in PEM form is in it
          `seaworthy keygen` and `cosign generate-key-pair` make such keys
        it holds `PUBLIC KEY`, where a private key is wanted
          the file made beside it, which ends in `.key`, signs
        the key is not one of ECDSA on the curve P-256
          `seaworthy keygen` and `cosign generate-key-pair` make such keys
        the encrypted key is damaged
          no hint
        100000 bytes are more than any key has
          no hint
        it holds `ENCRYPTED SIGSTORE PRIVATE KEY`, where a public key is wanted
          the file made beside it, which ends in `.pub`, verifies
        the key is not one of ECDSA on the curve P-256
          `seaworthy keygen` and `cosign generate-key-pair` make such keys
        ");
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey(of {})", key.verifying_key().id()));
    }
}
