//! Programs in the image, and what they need there.

use seaworthy_image::LayerBuilder;
use seaworthy_testkit::{Recipe, sample_service};

use crate::row::row;

/// A root certificate that was made for these tests.
const ROOT: &str = include_str!("data/root.pem");
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

/// The program as one that asks for a loader: its note's header says so.
fn dynamic(mut program: Vec<u8>) -> Vec<u8> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let (table, size, count) = (number(&program[32..40]), number(&program[54..56]), number(&program[56..58]));
    let note = (0..count).map(|index| table + index * size).find(|at| program[*at] == 4).expect("a note's header");
    program[note] = 3;
    program
}

fn with_worker(change: fn(Vec<u8>) -> Vec<u8>) -> Recipe {
    Recipe::default().layer(move |layer: &mut LayerBuilder| {
        Ok(layer.file("app/worker", 0o755, (0, 0), change(std::fs::read(sample_service()?)?))?)
    })
}

fn with_bundle(content: &'static str) -> Recipe {
    Recipe::default().layer(move |layer: &mut LayerBuilder| Ok(layer.file(BUNDLE, 0o644, (0, 0), content)?))
}

#[test]
fn a_program_that_asks_for_a_loader_is_not_static() -> anyhow::Result<()> {
    row!(Recipe::default().binary(dynamic))
        .promise("Statically linked binary")
        .looks("fail image.static: `/app/notes` is dynamically linked: it asks for …")?;
    row!(Recipe::default())
        .promise("Statically linked binary")
        .promise("Binaries are statically linked")
        .looks("2 pass")
}

#[test]
fn a_second_dynamic_program_breaks_that_all_are_static() -> anyhow::Result<()> {
    row!(with_worker(dynamic)).promise("All binaries are statically linked").promise("Static binary").looks(
        "
    fail image.static: `/app/notes` asks for no dynamic loader; dynamically linked: `/app/worker`
    unproven image.static: `/app/notes` asks for no dynamic loader; dynamically linked: `/app/worker`; whether these are the service's is not seen
    ",
    )?;
    row!(with_worker(|program| program)).promise("All binaries are statically linked").looks("1 pass")
}

#[test]
fn a_bundle_without_a_readable_certificate_is_none() -> anyhow::Result<()> {
    row!(Recipe::default())
        .promise("CA certificates are present")
        .looks("fail image.certificates: no bundle at /etc/ssl/certs/ca-certificates.crt or another usual place")?;
    row!(with_bundle("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"))
        .promise("CA certificates are present")
        .looks(
            "fail image.certificates: no certificate can be read in `/etc/ssl/certs/ca-certificates.crt` (… bytes)",
        )?;
    row!(with_bundle(ROOT))
        .promise("CA certificates are present")
        .looks("pass image.certificates: 1 certificate in `/etc/ssl/certs/ca-certificates.crt`")
}

#[test]
fn a_bundle_that_the_environment_names_is_the_one_that_counts() -> anyhow::Result<()> {
    let named = |path: &str| with_bundle(ROOT).drafted(|draft| draft.env.push(("SSL_CERT_FILE".into(), path.into())));
    row!(named("/etc/ssl/own.pem"))
        .promise("CA certificates are present")
        .looks("fail image.certificates: SSL_CERT_FILE names `/etc/ssl/own.pem`, which is not in the image")?;
    row!(named("/etc/ssl/certs/ca-certificates.crt"))
        .promise("CA certificates are present")
        .looks("pass image.certificates: 1 certificate in …; SSL_CERT_FILE names it")
}

#[test]
fn a_bundle_that_the_user_cannot_read_is_none() -> anyhow::Result<()> {
    let closed = Recipe::default().layer(|layer: &mut LayerBuilder| Ok(layer.file(BUNDLE, 0o600, (0, 0), ROOT)?));
    row!(closed)
        .promise("CA certificates are present")
        .looks("fail image.certificates: `/etc/ssl/certs/ca-certificates.crt` has the mode 0600 and the owner 0:0: the image's user cannot read it")
}
