//! Any bytes as a proof, signed or not: an error or a proof, never a panic; and what opens can be weighed and shown.
//!
//! `cargo +nightly fuzz run open`
#![no_main]

use std::sync::LazyLock;
use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use seaworthy_image::Digest;
use seaworthy_proof::{
    Account, SIGNED_MEDIA_TYPE, SigningKey, Standing, UNSIGNED_MEDIA_TYPE, VerifyingKey, account, open,
};
use seaworthy_report::terminal::Style;

static KEY: LazyLock<VerifyingKey> =
    LazyLock::new(|| SigningKey::generate().expect("random bytes").verifying_key());
static IMAGE: LazyLock<Digest> = LazyLock::new(|| Digest::of(b"image"));

fuzz_target!(|bytes: &[u8]| {
    let unsigned = open(bytes, UNSIGNED_MEDIA_TYPE, &IMAGE, None);
    let signed = open(bytes, SIGNED_MEDIA_TYPE, &IMAGE, None);
    assert!(open(bytes, SIGNED_MEDIA_TYPE, &IMAGE, Some(&KEY)).is_err(), "a signature by a key that signed nothing");
    let proofs: Vec<_> = [unsigned, signed].into_iter().flatten().collect();
    let standing = Standing::of(&proofs, None, SystemTime::now());
    let account = Account {
        reference: "image",
        repository: "image",
        image: &IMAGE,
        key: None,
        standing: &standing,
        refused: &[],
    };
    account::terminal::render(&account, Style { color: true, width: 80 });
    account::markdown::render(&account);
    account::json::render(&account);
});
