//! What a registry has beside an image: the platforms of its index, and what is attached.

use seaworthy_image::{Digest, OCI_INDEX, OCI_MANIFEST, Platform};
use seaworthy_testkit::registry::{Double, Part, index};
use serde_json::{Value, json};

use crate::support::{Place, show};

const SPDX: &str = "application/spdx+json";
const STATEMENT: &str = "application/vnd.in-toto+json";

/// Two images under the tag `1`; the index is changed before it is put there.
fn registry(seed: u64, change: impl FnOnce(&Double, &[Part], &mut Value)) -> (Double, Vec<Part>) {
    let double = Double::start().unwrap();
    let host = Platform::host().to_string();
    let other = if host == "linux/arm64" { "linux/amd64" } else { "linux/arm64" };
    let (bytes, parts) = index(seed, &[&host, other]).unwrap();
    for part in &parts {
        double.keep_image("acme/app", part.image.digest().as_str(), &part.image).unwrap();
    }
    let mut index: Value = serde_json::from_slice(&bytes).unwrap();
    change(&double, &parts, &mut index);
    double.keep_manifest("acme/app", "1", OCI_INDEX, index.to_string().as_bytes());
    (double, parts)
}

/// The verdict on a sentence and its evidence.
fn decided(registry: &Double, sentence: &str) -> String {
    let place = Place::empty().with("spec.md", format!("# App\n\n## Success Criteria\n\n- [ ] {sentence}\n"));
    let image = format!("{}/acme/app:1", registry.host());
    let output = place.command(&["verify", &image, "--spec", "spec.md", "--report", "json=-"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", show(&output)));
    let criterion = &report["criteria"][0];
    format!("{}: {}", criterion["verdict"].as_str().unwrap(), criterion["evidence"].as_str().unwrap())
}

#[track_caller]
fn holds(said: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

/// Puts a manifest there that carries one document and refers to the image.
fn attach(registry: &Double, image: &Part, media_type: &str, document: &Value) {
    let content = document.to_string();
    let digest = registry.keep_blob("acme/app", content.as_bytes());
    let empty = registry.keep_blob("acme/app", b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": media_type,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2},
        "layers": [{"mediaType": media_type, "digest": digest, "size": content.len()}],
        "subject": image.image.manifest.descriptor(),
    });
    let manifest = manifest.to_string();
    registry.keep_manifest("acme/app", Digest::of(manifest.as_bytes()).as_str(), OCI_MANIFEST, manifest.as_bytes());
}

#[test]
fn every_platform_must_be_in_the_index_and_be_what_it_says() {
    let (whole, _) = registry(70, |_, _, _| {});
    holds(
        &decided(&whole, "Multi-arch image for amd64 and arm64"),
        &["pass: the index sha256:", ", as their configs say"],
    );
    holds(&decided(&whole, "Supports amd64 and riscv64"), &["fail: ", "none for linux/riscv64"]);
    let (lies, _) = registry(71, |_, _, index| {
        index["manifests"][1]["platform"] = json!({"os": "linux", "architecture": "riscv64"});
    });
    let own = Platform::host().architecture;
    holds(
        &decided(&lies, &format!("Supports {own} and riscv64")),
        &["fail: ", "the image for linux/riscv64 says that it is for linux/"],
    );
    let (alone, parts) = registry(72, |_, _, _| {});
    alone.keep_image("acme/app", "1", &parts[0].image).unwrap();
    holds(&decided(&alone, "Supports amd64 and arm64"), &["pending: ", "no index is known that holds it"]);
    holds(&decided(&alone, &format!("Image is for {own}")), &["pass: the image is for linux/"]);
}

#[test]
fn an_sbom_counts_when_it_lists_something_of_this_image() {
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "notes"}]});
    let (none, parts) = registry(73, |_, _, _| {});
    holds(&decided(&none, "SBOM is attached"), &["pending: no such SBOM is attached to sha256:"]);
    attach(&none, &parts[1], SPDX, &spdx);
    holds(&decided(&none, "SBOM is attached"), &["pending: no such SBOM is attached to sha256:"]);
    attach(&none, &parts[0], SPDX, &json!({"spdxVersion": "SPDX-2.3", "packages": []}));
    holds(&decided(&none, "SBOM is attached"), &["fail: no SBOM of this image: sha256:", "lists no package"]);
    attach(&none, &parts[0], SPDX, &spdx);
    holds(&decided(&none, "SBOM is attached"), &["pass: sha256:", "a document of SPDX that lists 1 package"]);
    // Those of another format neither keep nor break it.
    holds(&decided(&none, "CycloneDX SBOM is attached"), &["pending: no such SBOM", "but SPDX"]);
}

#[test]
fn an_attestation_beside_the_image_is_an_sbom_of_the_image_that_it_names() {
    let with = |seed: u64, about: usize| {
        registry(seed, |double, parts, index| {
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
                "subject": [{"name": "_", "digest": {"sha256": parts[about].image.digest().hex()}}],
                "predicate": {"spdxVersion": "SPDX-2.3", "packages": [{"name": "notes"}]},
            })
            .to_string();
            let blob = double.keep_blob("acme/app", statement.as_bytes());
            let config = double.keep_blob("acme/app", b"{}");
            let manifest = json!({
                "schemaVersion": 2, "mediaType": OCI_MANIFEST,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
                "layers": [{"mediaType": STATEMENT, "digest": blob, "size": statement.len(),
                    "annotations": {"in-toto.io/predicate-type": "https://spdx.dev/Document"}}],
            })
            .to_string();
            let digest = Digest::of(manifest.as_bytes());
            double.keep_manifest("acme/app", digest.as_str(), OCI_MANIFEST, manifest.as_bytes());
            index["manifests"].as_array_mut().unwrap().push(json!({
                "mediaType": OCI_MANIFEST, "digest": digest, "size": manifest.len(),
                "platform": {"os": "unknown", "architecture": "unknown"},
                "annotations": {"vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": parts[0].image.digest()},
            }));
        })
        .0
    };
    holds(&decided(&with(74, 0), "SBOM is attached"), &["pass: sha256:", "a document of SPDX that lists 1 package"]);
    holds(&decided(&with(75, 1), "SBOM is attached"), &["fail: ", "is a statement about another image"]);
}
