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

/// `{"packages":[{"name":"notes","version":"1.0.0"}]}`, compressed as cargo-auditable does.
const LIST: &[u8] =
    b"\x78\x9c\xab\x56\x2a\x48\x4c\xce\x4e\x4c\x4f\x2d\x56\xb2\x8a\xae\x56\xca\x4b\xcc\x4d\x55\xb2\x52\xca\xcb\x2f\x01\x0a\xe8\x28\x95\xa5\x16\x15\x67\xe6\xe7\x01\x45\x0c\xf5\x0c\xf4\x0c\x94\x6a\x63\x6b\x01\x9e\x26\x0f\xd3";

/// The program with one more section, `.dep-v0`.
fn with_section(mut program: Vec<u8>, data: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let (table, count, names_index) = (number(&program[40..48]), number(&program[60..62]), number(&program[62..64]));
    let mut headers = program[table..table + count * 64].to_vec();
    let names_header = names_index * 64;
    let names_at = number(&headers[names_header + 24..names_header + 32]);
    let names_size = number(&headers[names_header + 32..names_header + 40]);
    let mut names = program[names_at..names_at + names_size].to_vec();
    let mut header = [0; 64];
    header[..4].copy_from_slice(&u32::try_from(names.len()).expect("few names").to_le_bytes());
    header[4] = 1;
    header[24..32].copy_from_slice(&program.len().to_le_bytes());
    header[32..40].copy_from_slice(&data.len().to_le_bytes());
    program.extend(data);
    names.extend(b".dep-v0\0");
    headers[names_header + 24..names_header + 32].copy_from_slice(&program.len().to_le_bytes());
    headers[names_header + 32..names_header + 40].copy_from_slice(&names.len().to_le_bytes());
    program.extend(names);
    program.resize(program.len().next_multiple_of(8), 0);
    let table = program.len();
    program.extend(headers);
    program.extend(header);
    program[40..48].copy_from_slice(&table.to_le_bytes());
    program[60..62].copy_from_slice(&u16::try_from(count + 1).expect("few sections").to_le_bytes());
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

#[test]
fn a_program_without_its_dependency_list_is_told() -> anyhow::Result<()> {
    row!(Recipe::default()).promise("Binaries carry their dependency list").looks(
        "fail image.dependency_list: `/app/notes` has neither a section `.dep-v0` (cargo-auditable) nor `.go.buildinfo` (Go)",
    )?;
    row!(Recipe::default().binary(|program| with_section(program, LIST)))
        .promise("The binary embeds its dependency list")
        .looks("pass image.dependency_list: `/app/notes` lists 1 package in `.dep-v0`")?;
    row!(Recipe::default().binary(|program| with_section(program, b"nothing")))
        .promise("The binary embeds its dependency list")
        .looks("fail image.dependency_list: `/app/notes` has a section `.dep-v0` (7 bytes) that is no list")
}
