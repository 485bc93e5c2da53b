//! One layer of an image.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::limits;
use crate::verifying::{Length, VerifyingReader};
use crate::zstd;
use crate::{Descriptor, Digest};

/// A tar archive that is part of an image.
///
/// A source supplies the two streams and the facts it knows; nothing is read before it is asked for.
pub trait Layer: Send + Sync {
    /// The bytes as stored and sent, usually gzip. Each call starts again at the first byte.
    ///
    /// # Errors
    ///
    /// Fails if the source cannot be opened.
    fn compressed(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// The tar archive itself. Each call starts again at the first byte.
    ///
    /// # Errors
    ///
    /// Fails if the source cannot be opened or is not in a known compression.
    fn uncompressed(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// Of the compressed bytes.
    fn digest(&self) -> &Digest;

    /// Of the uncompressed bytes.
    fn diff_id(&self) -> &Digest;

    /// Compressed size.
    fn size_bytes(&self) -> u64;
}

/// Where bytes lie.
#[derive(Debug, Clone)]
pub enum Blob {
    Memory(Arc<[u8]>),
    /// A whole file, opened anew for each reading.
    File {
        path: Arc<Path>,
        size_bytes: u64,
    },
    /// A part of an open file: it stays readable when its name is gone.
    Part {
        file: Arc<File>,
        offset: u64,
        size_bytes: u64,
    },
}

impl Blob {
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { size_bytes, .. } | Self::Part { size_bytes, .. } => *size_bytes,
        }
    }

    /// # Errors
    ///
    /// Fails if the file cannot be opened.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Self::File { path, .. } => Box::new(BufReader::with_capacity(64 << 10, open_regular(path)?)),
            Self::Part { file, offset, size_bytes } => {
                let part = Part { file: Arc::clone(file), at: *offset, left: *size_bytes };
                Box::new(BufReader::with_capacity(64 << 10, part))
            }
        })
    }
}

/// Opens a file, and nothing that is not one: a pipe would make the reader wait.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
}

struct Part {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A layer whose compressed bytes lie in a [`Blob`]; both streams are checked against their digests.
#[derive(Debug, Clone)]
pub struct StoredLayer {
    blob: Blob,
    digest: Digest,
    diff_id: Digest,
}

impl StoredLayer {
    pub fn new(blob: Blob, digest: Digest, diff_id: Digest) -> Self {
        Self { blob, digest, diff_id }
    }

    fn reader(&self) -> io::Result<VerifyingReader<Box<dyn Read + Send + '_>>> {
        Ok(VerifyingReader::new(self.blob.open()?, self.digest.clone(), Length::Exactly(self.blob.size_bytes())))
    }
}

impl Layer for StoredLayer {
    fn compressed(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.reader()?))
    }

    fn uncompressed(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        // What is not compressed is hashed once.
        if self.digest == self.diff_id && self.blob.size_bytes() <= limits::UNCOMPRESSED_BYTES {
            return Ok(Box::new(self.reader()?));
        }
        decompress(self.reader()?, self.blob.size_bytes(), &self.diff_id)
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn diff_id(&self) -> &Digest {
        &self.diff_id
    }

    fn size_bytes(&self) -> u64 {
        self.blob.size_bytes()
    }
}

/// How a layer is compressed, told by its first bytes: media types are wrong often enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Told by the first bytes of a layer's stored form.
    ///
    /// # Errors
    ///
    /// Fails if the source cannot be read.
    pub fn of_layer(layer: &dyn Layer) -> io::Result<Self> {
        let mut head = Vec::new();
        layer.compressed()?.take(4).read_to_end(&mut head)?;
        Ok(Self::of(&head))
    }
}

/// The tar archive inside `compressed`, checked against its diff id, and never much larger than it should be.
///
/// # Errors
///
/// Fails if the first bytes cannot be read.
pub fn decompress<'a>(
    mut compressed: impl Read + Send + 'a,
    size_bytes: u64,
    diff_id: &Digest,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = Vec::new();
    compressed.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = Cursor::new(head).chain(compressed);
    let tar: Box<dyn Read + Send + 'a> = match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => Box::new(ToTheEnd { decoder: MultiGzDecoder::new(whole), ended: false }),
        Compression::Zstd => Box::new(zstd::Frames::new(whole)),
    };
    let limit = limits::UNCOMPRESSED_BYTES.min(limits::RATIO_FREE_BYTES.max(size_bytes.saturating_mul(limits::RATIO)));
    Ok(Box::new(VerifyingReader::new(tar, diff_id.clone(), Length::AtMost(limit))))
}

/// A gzip decoder that, at its end, reads what is left of its source, so that the source's own digest is checked too.
struct ToTheEnd<R> {
    decoder: MultiGzDecoder<R>,
    ended: bool,
}

impl<R: Read> Read for ToTheEnd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        if count == 0 && !buffer.is_empty() && !self.ended {
            io::copy(self.decoder.get_mut(), &mut io::sink())?;
            self.ended = true;
        }
        Ok(count)
    }
}

/// Whether the media type is one of a layer that can be unpacked here.
pub(crate) fn known(descriptor: &Descriptor) -> bool {
    matches!(
        descriptor.media_type.as_str(),
        "application/vnd.docker.image.rootfs.diff.tar"
            | "application/vnd.docker.image.rootfs.diff.tar.gzip"
            | "application/vnd.docker.image.rootfs.diff.tar.zstd"
            | "application/vnd.oci.image.layer.v1.tar"
            | "application/vnd.oci.image.layer.v1.tar+gzip"
            | "application/vnd.oci.image.layer.v1.tar+zstd"
    )
}
