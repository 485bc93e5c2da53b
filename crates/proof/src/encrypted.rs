//! Cosign's encrypted form of a private key: JSON that names scrypt, its parameters and a secret box of `NaCl`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::Aead as _;
use crypto_secretbox::{KeyInit as _, XSalsa20Poly1305};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::KeyError;

const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";
const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The parameters that cosign writes now: 64 MB and about a tenth of a second.
const STANDARD_N: u64 = 1 << 16;
/// Those it has written. No others are computed: a file must not say how much memory and time it takes.
const KNOWN_N: [u64; 3] = [1 << 15, STANDARD_N, 1 << 17];
const R: u32 = 8;
const P: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Form {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct Kdf {
    name: String,
    params: Parameters,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct Parameters {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Serialize, Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// The bytes under the password.
///
/// # Errors
///
/// Fails if the system gives no random bytes.
pub(crate) fn seal(plain: &[u8], password: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut salt = [0; SALT_BYTES];
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut salt).map_err(|_| KeyError::Random)?;
    getrandom::fill(&mut nonce).map_err(|_| KeyError::Random)?;
    let ciphertext =
        secret_box(password, &salt, STANDARD_N)?.encrypt(&nonce.into(), plain).map_err(|_| KeyError::Malformed)?;
    let form = Form {
        kdf: Kdf {
            name: KDF.to_owned(),
            params: Parameters { n: STANDARD_N, r: R, p: P },
            salt: STANDARD.encode(salt),
        },
        cipher: Cipher { name: CIPHER.to_owned(), nonce: STANDARD.encode(nonce) },
        ciphertext: STANDARD.encode(ciphertext),
    };
    serde_json::to_vec(&form).map_err(|_| KeyError::Malformed)
}

/// What lies under the password.
///
/// # Errors
///
/// Fails if the bytes are not of this form, want parameters that cosign never wrote, or the password is another.
pub(crate) fn open(bytes: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let form: Form = serde_json::from_slice(bytes).map_err(|_| KeyError::Malformed)?;
    let Parameters { n, r, p } = form.kdf.params;
    if form.kdf.name != KDF || form.cipher.name != CIPHER || !KNOWN_N.contains(&n) || (r, p) != (R, P) {
        return Err(KeyError::Parameters);
    }
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| KeyError::Malformed);
    let nonce: [u8; NONCE_BYTES] = decode(&form.cipher.nonce)?.try_into().map_err(|_| KeyError::Malformed)?;
    let (salt, ciphertext) = (decode(&form.kdf.salt)?, decode(&form.ciphertext)?);
    secret_box(password, &salt, n)?
        .decrypt(&nonce.into(), ciphertext.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| KeyError::WrongPassword)
}

fn secret_box(password: &[u8], salt: &[u8], n: u64) -> Result<XSalsa20Poly1305, KeyError> {
    let log_n = u8::try_from(n.ilog2()).map_err(|_| KeyError::Parameters)?;
    let parameters = scrypt::Params::new(log_n, R, P).map_err(|_| KeyError::Parameters)?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password, salt, &parameters, &mut *key).map_err(|_| KeyError::Parameters)?;
    XSalsa20Poly1305::new_from_slice(&*key).map_err(|_| KeyError::Parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_password_only() {
        let sealed = seal(b"secret", b"").unwrap();
        assert_eq!(&**open(&sealed, b"").unwrap(), b"secret");
        assert!(matches!(open(&sealed, b"x"), Err(KeyError::WrongPassword)));
    }

    #[test]
    fn a_file_does_not_say_how_much_memory_it_takes() {
        let form = |n: &str, r: &str| {
            format!(
                r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":{r},"p":1}},"salt":""}},"cipher":{{"name":"nacl/secretbox","nonce":""}},"ciphertext":""}}"#
            )
        };
        for (n, r) in [("0", "8"), ("65537", "8"), ("1073741824", "8"), ("65536", "4294967295")] {
            assert!(matches!(open(form(n, r).as_bytes(), b""), Err(KeyError::Parameters)), "{n} {r}");
        }
        // The right parameters, and the rest is missing.
        assert!(matches!(open(form("65536", "8").as_bytes(), b""), Err(KeyError::Malformed)));
        assert!(matches!(open(b"{}", b""), Err(KeyError::Malformed)));
    }
}
