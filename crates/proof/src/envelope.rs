//! The signed form: a DSSE envelope in a sigstore bundle.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::error::{Part, short};
use crate::statement::MEDIA_TYPE as STATEMENT;
use crate::{ProofError, SigningKey, VerifyingKey, limits};

/// Of a sigstore bundle, version 0.3.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Option<VerificationMaterial>,
    dsse_envelope: Option<Envelope>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerificationMaterial {
    /// Others sign with a certificate, and have none.
    public_key: Option<PublicKey>,
}

#[derive(Serialize, Deserialize)]
struct PublicKey {
    #[serde(default)]
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: String,
}

/// What was signed, and by which key so far as the bundle says.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) payload: Vec<u8>,
    pub(crate) key_id: String,
}

/// A statement under one signature.
///
/// # Errors
///
/// Never in practice: the bundle is text.
pub(crate) fn seal(statement: &[u8], key: &SigningKey) -> Result<Vec<u8>, ProofError> {
    let id = key.verifying_key().id();
    let bundle = Bundle {
        media_type: MEDIA_TYPE.to_owned(),
        verification_material: Some(VerificationMaterial { public_key: Some(PublicKey { hint: id.clone() }) }),
        dsse_envelope: Some(Envelope {
            payload: STANDARD.encode(statement),
            payload_type: STATEMENT.to_owned(),
            signatures: vec![Signature {
                sig: STANDARD.encode(key.sign(&authenticated(STATEMENT, statement))),
                keyid: id,
            }],
        }),
    };
    serde_json::to_vec(&bundle).map_err(|source| ProofError::Unreadable { what: Part::Bundle, source })
}

/// The statement in a bundle. With a key, one of the signatures is that key's.
pub(crate) fn open(bytes: &[u8], key: Option<&VerifyingKey>) -> Result<Opened, ProofError> {
    let unreadable = |source| ProofError::Unreadable { what: Part::Bundle, source };
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(unreadable)?;
    if bundle.media_type != MEDIA_TYPE {
        return Err(ProofError::BundleType(short(&bundle.media_type)));
    }
    let hint = bundle.verification_material.and_then(|material| material.public_key).map(|key| key.hint);
    let envelope = bundle.dsse_envelope.ok_or(ProofError::NoEnvelope)?;
    if envelope.payload_type != STATEMENT {
        return Err(ProofError::PayloadType(short(&envelope.payload_type)));
    }
    match envelope.signatures.len() {
        0 => return Err(ProofError::NoSignature),
        1..=limits::SIGNATURES => {}
        many => return Err(ProofError::TooManySignatures(many)),
    }
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| ProofError::Base64 { what: Part::Payload })?;
    let ids = key_ids(&envelope.signatures, hint.as_deref().unwrap_or_default());
    let key_id = match key {
        Some(key) => signed_by(key, &payload, &envelope.signatures, &ids)?,
        None => ids.first().cloned().unwrap_or_default(),
    };
    Ok(Opened { payload, key_id })
}

/// The key's id, where one of the signatures holds under it.
fn signed_by(
    key: &VerifyingKey,
    payload: &[u8],
    signatures: &[Signature],
    ids: &[String],
) -> Result<String, ProofError> {
    let message = authenticated(STATEMENT, payload);
    let mut damaged = false;
    for signature in signatures {
        match STANDARD.decode(&signature.sig) {
            Ok(bytes) if key.holds(&message, &bytes) => return Ok(key.id()),
            Ok(_) => {}
            Err(_) => damaged = true,
        }
    }
    let id = key.id();
    // Who signed is not authenticated: it only tells a wrong key from a changed text.
    match ids.first() {
        Some(found) if !ids.contains(&id) => Err(ProofError::OtherKey { wanted: id, found: short(found) }),
        _ if damaged => Err(ProofError::Base64 { what: Part::Signature }),
        _ => Err(ProofError::Signature { key: id }),
    }
}

/// The ids that the envelope names, else the bundle's hint.
fn key_ids(signatures: &[Signature], hint: &str) -> Vec<String> {
    let named = signatures.iter().map(|signature| signature.keyid.as_str()).filter(|id| !id.is_empty());
    let mut ids: Vec<String> = named.map(as_ours).collect();
    if ids.is_empty() && !hint.is_empty() {
        ids.push(as_ours(hint));
    }
    ids
}

/// Cosign writes the same hash in base64.
fn as_ours(id: &str) -> String {
    match STANDARD.decode(id) {
        Ok(hash) if hash.len() == 32 => hex::encode(hash),
        _ => short(id),
    }
}

/// What is signed: DSSE's pre-authentication encoding.
fn authenticated(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_encoded_as_dsse_says() {
        // The example of the protocol's own page.
        let message = authenticated("http://example.com/HelloWorld", b"hello world");
        assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn one_signature_that_holds_is_enough() {
        let [key, other] = [(); 2].map(|()| SigningKey::generate().unwrap());
        let both = |first: &SigningKey, second: &SigningKey| {
            let mut one: Bundle = serde_json::from_slice(&seal(b"{}", first).unwrap()).unwrap();
            let two: Bundle = serde_json::from_slice(&seal(b"{}", second).unwrap()).unwrap();
            one.dsse_envelope.as_mut().unwrap().signatures.extend(two.dsse_envelope.unwrap().signatures);
            serde_json::to_vec(&one).unwrap()
        };
        let id = key.verifying_key().id();
        assert_eq!(open(&both(&key, &other), Some(&key.verifying_key())).unwrap().key_id, id);
        assert_eq!(open(&both(&other, &key), Some(&key.verifying_key())).unwrap().key_id, id);
        let third = SigningKey::generate().unwrap().verifying_key();
        assert!(matches!(open(&both(&key, &other), Some(&third)), Err(ProofError::OtherKey { .. })));

        let mut many: Bundle = serde_json::from_slice(&seal(b"{}", &key).unwrap()).unwrap();
        let signatures = &mut many.dsse_envelope.as_mut().unwrap().signatures;
        signatures.extend((0..limits::SIGNATURES).map(|_| Signature { sig: String::new(), keyid: String::new() }));
        let many = serde_json::to_vec(&many).unwrap();
        assert!(matches!(open(&many, Some(&third)), Err(ProofError::TooManySignatures(17))));
    }

    /// As `docs/proof.md` does it by hand.
    #[test]
    fn openssl_verifies_what_is_in_a_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate().unwrap();
        let bundle: serde_json::Value = serde_json::from_slice(&seal(b"{\"a\":1}", &key).unwrap()).unwrap();
        let envelope = &bundle["dsseEnvelope"];
        let bytes = |text: &serde_json::Value| STANDARD.decode(text.as_str().unwrap()).unwrap();
        let statement = bytes(&envelope["payload"]);
        let signed =
            [format!("DSSEv1 28 application/vnd.in-toto+json {} ", statement.len()).as_bytes(), &statement].concat();
        for (name, content) in [
            ("signed", signed),
            ("signature", bytes(&envelope["signatures"][0]["sig"])),
            ("seaworthy.pub", key.verifying_key().to_pem().into_bytes()),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let arguments = ["dgst", "-sha256", "-verify", "seaworthy.pub", "-signature", "signature", "signed"];
        assert_eq!(crate::sample::openssl(folder.path(), &arguments), b"Verified OK\n");
    }

    #[test]
    fn a_key_is_known_by_cosigns_hint_too() {
        let id = SigningKey::generate().unwrap().verifying_key().id();
        let hash = hex::decode(&id).unwrap();
        assert_eq!(as_ours(&STANDARD.encode(hash)), id);
        assert_eq!(as_ours(&id), id);
    }
}
