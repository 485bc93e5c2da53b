//! Images of given sizes, for registries to carry: nothing in them runs.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use seaworthy_image::{Digest, Draft, Format, Image, Layer, LayerBuilder, OCI_INDEX, Platform};
use serde_json::json;

/// One image of an index.
pub struct Part {
    pub platform: Platform,
    pub image: Image,
}

/// Bytes that no compressor makes smaller, the same for the same seed.
pub fn noise(seed: u64, size_bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(size_bytes + 8);
    while bytes.len() < size_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(size_bytes);
    bytes
}

/// An image for this machine with one layer for each size; other seeds share no blob with it.
///
/// # Errors
///
/// Fails if a layer cannot be written to a temporary file.
pub fn image(seed: u64, layers: &[usize]) -> anyhow::Result<Image> {
    made(&Draft::default(), seed, layers, Format::Docker)
}

/// An OCI index of one small image for each platform.
///
/// # Errors
///
/// As [`image`], and where a text is no platform.
pub fn index(seed: u64, platforms: &[&str]) -> anyhow::Result<(Vec<u8>, Vec<Part>)> {
    let mut parts = Vec::new();
    for (number, platform) in platforms.iter().enumerate() {
        let platform: Platform = platform.parse()?;
        let draft = Draft { platform: platform.clone(), ..Draft::default() };
        let image = made(&draft, seed + 1000 * (number as u64 + 1), &[2_000], Format::Oci)?;
        parts.push(Part { platform, image });
    }
    let manifests: Vec<_> = parts
        .iter()
        .map(|part| {
            let manifest = &part.image.manifest;
            json!({
                "mediaType": manifest.media_type(), "digest": manifest.digest(), "size": manifest.bytes().len(),
                "platform": part.platform,
            })
        })
        .collect();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
    Ok((index.to_string().into_bytes(), parts))
}

/// An OCI image layout whose only entry is an index of one small image for each platform; gives the index's digest.
///
/// # Errors
///
/// As [`index`], and where the layout cannot be written.
pub fn index_layout(path: &Path, seed: u64, platforms: &[&str]) -> anyhow::Result<(Digest, Vec<Part>)> {
    let (bytes, parts) = index(seed, platforms)?;
    let blobs = path.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    for Part { image, .. } in &parts {
        for layer in &image.layers {
            io::copy(&mut layer.compressed()?, &mut File::create(blobs.join(layer.digest().hex()))?)?;
        }
        fs::write(blobs.join(image.config.digest().hex()), image.config.bytes())?;
        fs::write(blobs.join(image.digest().hex()), image.manifest.bytes())?;
    }
    let digest = Digest::of(&bytes);
    fs::write(blobs.join(digest.hex()), &bytes)?;
    let pointer = json!({"mediaType": OCI_INDEX, "digest": digest, "size": bytes.len()});
    let entry = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [pointer]});
    fs::write(path.join("index.json"), entry.to_string())?;
    fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok((digest, parts))
}

fn made(draft: &Draft, seed: u64, layers: &[usize], format: Format) -> anyhow::Result<Image> {
    let mut stored: Vec<Arc<dyn Layer>> = Vec::new();
    for (number, &size) in layers.iter().enumerate() {
        let mut layer = LayerBuilder::new(0);
        layer.file(&format!("noise-{number}"), 0o644, (0, 0), noise(seed * 100 + number as u64 + 1, size))?;
        stored.push(Arc::new(layer.build()?));
    }
    let diff_ids: Vec<Digest> = stored.iter().map(|layer| layer.diff_id().clone()).collect();
    Ok(Image::of(draft.config(&diff_ids)?, stored, format)?)
}
