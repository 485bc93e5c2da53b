//! An image whose layers are compressed only when somebody asks for what only compressed layers have.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::archive::Saved;
use crate::layer::Compression;
use crate::{Format, Image, WriteError};

/// An image without a manifest, as an archive of `docker save` has it.
///
/// Its transfer size and its digest are those of the image that a push would send. To know them costs a second for ten megabytes: it is
/// done at the first call that needs it, and kept.
pub struct Deferred {
    plain: Image,
    format: Format,
    layout: PathBuf,
    packed: OnceLock<Result<Image, Arc<WriteError>>>,
}

impl Deferred {
    /// `layout` is where the image is written if it is compressed: nothing needs to be there.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read, to see how it is compressed.
    pub fn new(saved: &Saved, layout: &Path, format: Format) -> io::Result<Self> {
        let plain = Image::of(saved.config.clone(), saved.layers.clone(), format)?;
        let packed = OnceLock::new();
        let mut is_packed = true;
        for layer in &plain.layers {
            is_packed = is_packed && Compression::of_layer(&**layer)? != Compression::None;
        }
        if is_packed {
            // It is what a push would send already.
            let _ = packed.set(Ok(plain.clone()));
        }
        Ok(Self { plain, format, layout: layout.to_owned(), packed })
    }

    /// As it lies there: for its files and its config. Its manifest and its digest are nobody's.
    pub fn plain(&self) -> &Image {
        &self.plain
    }

    /// As a push would send it, compressed at the first call.
    ///
    /// # Errors
    ///
    /// Fails if a layer is damaged, or there is no room for the compressed ones.
    pub fn packed(&self) -> Result<&Image, Arc<WriteError>> {
        let Self { plain, format, layout, packed } = self;
        let packed = packed.get_or_init(|| crate::layout::write(plain, layout, *format).map_err(Arc::new));
        packed.as_ref().map_err(Arc::clone)
    }

    /// As a push would send it, where that is known already.
    pub fn known(&self) -> Option<&Image> {
        self.packed.get()?.as_ref().ok()
    }

    /// More than a push would send in any case: what cannot be compressed grows by less than a thousandth.
    pub fn transfer_bytes_at_most(&self) -> u64 {
        let grown = |bytes: u64| bytes.saturating_add(bytes / 1000).saturating_add(1024);
        let layers = self.plain.layers.iter().map(|layer| grown(layer.size_bytes()));
        self.plain.config.bytes().len() as u64 + layers.sum::<u64>()
    }
}
