//! The one way in which this program compresses a layer: the same bytes in, the same bytes out, on every machine.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::Digest;
use crate::verifying::HashingWriter;

/// zlib's best. Above 6 it costs a second for ten megabytes, once for each build.
const LEVEL: u32 = 9;

/// What the encoder is given at once. How input is cut can change its choices, so it is always cut alike.
const BLOCK: usize = 64 << 10;

/// How everything that it writes begins: deflate, no name, no time, the best level, no system.
pub(crate) const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/// Gzip with a fixed level, no name and no time.
pub(crate) struct Compressor<W: Write> {
    tar: HashingWriter<GzEncoder<HashingWriter<W>>>,
    block: Vec<u8>,
}

/// A blob that was written.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
}

pub(crate) struct Compressed {
    pub(crate) stored: Stored,
    pub(crate) diff_id: Digest,
}

impl<W: Write> Compressor<W> {
    pub(crate) fn new(output: W) -> Self {
        let encoder =
            GzBuilder::new().mtime(0).operating_system(255).write(HashingWriter::new(output), Compression::new(LEVEL));
        Self { tar: HashingWriter::new(encoder), block: Vec::with_capacity(BLOCK) }
    }

    pub(crate) fn finish(mut self) -> io::Result<(W, Compressed)> {
        self.tar.write_all(&self.block)?;
        let (encoder, diff_id, _) = self.tar.finish();
        let (mut output, digest, size_bytes) = encoder.finish()?.finish();
        output.flush()?;
        Ok((output, Compressed { stored: Stored { digest, size_bytes }, diff_id }))
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..count]);
        if self.block.len() == BLOCK {
            self.tar.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compress(bytes: &[u8], at_once: usize) -> Compressed {
        let mut compressor = Compressor::new(Vec::new());
        for part in bytes.chunks(at_once) {
            compressor.write_all(part).unwrap();
        }
        compressor.finish().unwrap().1
    }

    /// Text and noise, a megabyte of it.
    fn sample() -> Vec<u8> {
        let mut state = 1_u64;
        (0..1 << 20)
            .map(|at: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if at % 4_096 < 3_000 { b"the quick brown fox "[at % 20] } else { (state >> 56) as u8 }
            })
            .collect()
    }

    #[test]
    fn the_same_bytes_always_compress_alike() {
        let sample = sample();
        let whole = compress(&sample, sample.len());
        assert_eq!(whole.stored.digest, compress(&sample, 777).stored.digest);
        // What other machines and later versions of the encoder must give as well: image digests depend on it.
        insta::assert_snapshot!(whole.stored.digest, @"sha256:1331c0d228e34d2e0d6a4f4a82f55194d03e08dc41c2b91c3fe26e11a31d7319");
        assert_eq!(whole.diff_id, Digest::of(&sample));
        let mut compressor = Compressor::new(Vec::new());
        compressor.write_all(&sample).unwrap();
        assert!(compressor.finish().unwrap().0.starts_with(&HEAD));
    }
}
