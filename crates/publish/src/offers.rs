//! What an index offers, and whether the images in it are what it says.

use std::io::Read as _;

use seaworthy_image::index::{self, Offer as Entry, Offered};
use seaworthy_image::{Config, Digest, Manifest, Platform};
use seaworthy_registry::{RegistryError, Repository};
use seaworthy_verify::{Offer, Offers};

/// Images of one index that are looked into.
const MOST: usize = 32;
/// The longest config that is read.
const CONFIG_BYTES: u64 = 4 << 20;

/// The images that the index lists for a platform, each with what its config says.
pub(crate) fn of(repository: &Repository, named: &Digest) -> Result<Option<Offers>, RegistryError> {
    let Some(manifest) = repository.manifest(named.as_str())? else { return Ok(None) };
    let entries =
        if manifest.is_index() { index::offers(&manifest.bytes).unwrap_or_default() } else { return Ok(None) };
    let images = entries.into_iter().filter_map(|entry| match entry {
        Entry::Image(Offered { descriptor, platform: Some(told), .. }) => Some((descriptor.digest, told)),
        _ => None,
    });
    let images = images.take(MOST).map(|(digest, told)| Offer { told, own: own(repository, &digest) }).collect();
    Ok(Some(Offers { index: named.clone(), images }))
}

fn own(repository: &Repository, image: &Digest) -> Result<Platform, String> {
    let told = |error: RegistryError| error.to_string();
    let manifest = repository.manifest(image.as_str()).map_err(told)?.ok_or("it is not there")?;
    let manifest = Manifest::from_bytes(manifest.bytes).map_err(|error| error.to_string())?;
    if manifest.config().size > CONFIG_BYTES {
        return Err(format!("its config takes more than {CONFIG_BYTES} bytes"));
    }
    let mut bytes = Vec::new();
    let mut blob = repository.blob(manifest.config()).map_err(told)?;
    blob.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let config = Config::from_bytes(bytes).map_err(|error| error.to_string())?;
    config.platform().parse().map_err(|error: seaworthy_image::PlatformError| error.to_string())
}
