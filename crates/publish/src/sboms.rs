//! Software bills of materials that are attached to an image: as referrers, or as `BuildKit`'s attestations beside it in its index.

use std::io::Read as _;

use seaworthy_image::{Descriptor, Digest};
use seaworthy_registry::{RegistryError, Repository};
use seaworthy_verify::{Sbom, Sboms};
use serde_json::Value;

/// The longest document that is read, and how many of them.
const DOCUMENT_BYTES: u64 = 16 << 20;
const MOST: usize = 10;
/// A statement about an image, with a document in it.
const STATEMENT: &str = "application/vnd.in-toto+json";

/// Every document that is attached to the image, read.
pub(crate) fn of(repository: &Repository, image: &Digest, index: Option<&Digest>) -> Result<Sboms, RegistryError> {
    let attached = repository.attached(image)?;
    let mut sboms = Sboms { cut: attached.cut, ..Sboms::default() };
    let referrers = attached.found.into_iter().map(|one| (one.manifest, one.artifact_type, one.content));
    let mut documents: Vec<(Digest, Descriptor)> = referrers
        .filter(|(_, kind, content)| is_document(kind) || is_document(&content.media_type))
        .map(|(manifest, _, content)| (manifest, content))
        .collect();
    if let Some(index) = index {
        documents.extend(beside(repository, image, index)?);
    }
    sboms.cut |= documents.len() > MOST;
    for (manifest, content) in documents.into_iter().take(MOST) {
        let place = manifest.to_string();
        match bytes(repository, &content) {
            Err(why) => sboms.unread.push(format!("{place}: {why}")),
            Ok(bytes) => match read(&bytes, image) {
                Read::Sbom(format, packages) => sboms.found.push(Sbom { format, packages, manifest }),
                Read::Wrong(why) => sboms.wrong.push(format!("{place} {why}")),
                Read::Unread(why) => sboms.unread.push(format!("{place} {why}")),
                Read::Other => {}
            },
        }
    }
    Ok(sboms)
}

fn is_document(media_type: &str) -> bool {
    ["spdx", "cyclonedx"].iter().any(|name| media_type.contains(name)) || media_type == STATEMENT
}

/// The statements of the index's attestations about the image.
fn beside(repository: &Repository, image: &Digest, index: &Digest) -> Result<Vec<(Digest, Descriptor)>, RegistryError> {
    let json = |digest: &str| -> Result<Value, RegistryError> {
        let manifest = repository.manifest(digest)?;
        Ok(manifest.and_then(|manifest| serde_json::from_slice(&manifest.bytes).ok()).unwrap_or_default())
    };
    let index = json(index.as_str())?;
    let mut found = Vec::new();
    for entry in index["manifests"].as_array().into_iter().flatten() {
        let annotation = |name: &str| entry["annotations"][name].as_str();
        let is_about = annotation("vnd.docker.reference.type") == Some("attestation-manifest")
            && annotation("vnd.docker.reference.digest") == Some(image.as_str());
        let Some(digest) = entry["digest"].as_str().and_then(|text| text.parse::<Digest>().ok()).filter(|_| is_about)
        else {
            continue;
        };
        let manifest = json(digest.as_str())?;
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let statements = layers.filter_map(|layer| serde_json::from_value::<Descriptor>(layer.clone()).ok());
        let statements = statements.filter(|layer| layer.media_type == STATEMENT);
        found.extend(statements.take(MOST).map(|statement| (digest.clone(), statement)));
    }
    Ok(found)
}

fn bytes(repository: &Repository, content: &Descriptor) -> Result<Vec<u8>, String> {
    if content.size > DOCUMENT_BYTES {
        return Err(format!("it takes more than {DOCUMENT_BYTES} bytes"));
    }
    let mut bytes = Vec::new();
    let mut blob = repository.blob(content).map_err(|error| error.to_string())?;
    blob.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// What a document is.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    /// Its format, and how many packages it lists.
    Sbom(&'static str, usize),
    Wrong(&'static str),
    Unread(&'static str),
    /// A statement of another kind, such as provenance.
    Other,
}

fn read(bytes: &[u8], image: &Digest) -> Read {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else {
        return Read::Unread("is no JSON: only the JSON forms of SPDX and CycloneDX are read");
    };
    let Some(predicate) = document["predicateType"].as_str() else { return list(&document, image) };
    if !["spdx", "cyclonedx"].iter().any(|name| predicate.contains(name)) {
        return Read::Other;
    }
    let is_image = |subject: &Value| subject["digest"]["sha256"].as_str() == Some(image.hex());
    if document["subject"].as_array().is_some_and(|subjects| subjects.iter().any(is_image)) {
        list(&document["predicate"], image)
    } else {
        Read::Wrong("is a statement about another image")
    }
}

fn list(document: &Value, image: &Digest) -> Read {
    // What CycloneDX says that it describes, as syft and trivy write it.
    let described = document["metadata"]["component"]["version"].as_str().unwrap_or_default();
    if described.starts_with("sha256:") && described != image.as_str() {
        return Read::Wrong("describes another image");
    }
    let is_package = |item: &&Value| {
        item["name"].as_str().is_some_and(|name| !name.is_empty()) && item["type"].as_str() != Some("file")
    };
    let count = |list: &Value| list.as_array().into_iter().flatten().filter(is_package).count();
    let (format, packages) = if document["spdxVersion"].as_str().is_some_and(|version| version.starts_with("SPDX-")) {
        ("SPDX", count(&document["packages"]))
    } else if document["@graph"].is_array() {
        let graph = document["@graph"].as_array().into_iter().flatten();
        ("SPDX", graph.filter(|element| element["type"] == "software_Package").count())
    } else if document["bomFormat"] == "CycloneDX" {
        ("CycloneDX", count(&document["components"]))
    } else {
        return Read::Wrong("is neither an SPDX nor a CycloneDX document");
    };
    if packages == 0 { Read::Wrong("lists no package") } else { Read::Sbom(format, packages) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_counts_when_it_lists_packages_of_this_image() {
        let image = Digest::of(b"image");
        let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "a"}]});
        let statement = |kind: &str, digest: &str| json!({"predicateType": kind, "subject": [{"digest": {"sha256": digest}}], "predicate": spdx});
        for (document, expected) in [
            (spdx.clone(), Read::Sbom("SPDX", 1)),
            (json!({"spdxVersion": "SPDX-2.3", "packages": []}), Read::Wrong("lists no package")),
            (
                json!({"bomFormat": "CycloneDX", "components": [{"name": "a"}, {"name": "b", "type": "library"}]}),
                Read::Sbom("CycloneDX", 2),
            ),
            (json!({"bomFormat": "CycloneDX", "components": [{}]}), Read::Wrong("lists no package")),
            (
                json!({"bomFormat": "CycloneDX", "components": [{"name": "README", "type": "file"}]}),
                Read::Wrong("lists no package"),
            ),
            (
                json!({"bomFormat": "CycloneDX", "components": [{"name": "a"}],
                    "metadata": {"component": {"version": format!("sha256:{}", "0".repeat(64))}}}),
                Read::Wrong("describes another image"),
            ),
            (json!({"bomFormat": "CycloneDX"}), Read::Wrong("lists no package")),
            (json!({"packages": [{}]}), Read::Wrong("is neither an SPDX nor a CycloneDX document")),
            (statement("https://spdx.dev/Document", image.hex()), Read::Sbom("SPDX", 1)),
            (statement("https://spdx.dev/Document", "00"), Read::Wrong("is a statement about another image")),
            (statement("https://slsa.dev/provenance/v0.2", image.hex()), Read::Other),
        ] {
            assert_eq!(read(document.to_string().as_bytes(), &image), expected, "{document}");
        }
        assert!(matches!(read(b"<bom/>", &image), Read::Unread(_)));
    }
}
