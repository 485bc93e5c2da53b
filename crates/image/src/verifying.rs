//! A reader that does not let wrong bytes pass for the right ones.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::Digest;

/// Why bytes are not those that were asked for. It travels inside an [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorruptError {
    /// The bytes were read in full and hash to something else.
    #[error("the bytes of `{want}` hash to `{got}`")]
    Digest { want: Digest, got: Digest },
    #[error("`{want}` ends after {got} of {size} bytes")]
    TooShort { want: Digest, size: u64, got: u64 },
    #[error("`{want}` has more than the {size} bytes that are told")]
    TooLong { want: Digest, size: u64 },
    /// An archive grows out of all proportion while it is unpacked.
    #[error("the layer `{want}` unpacks to more than {limit} bytes")]
    TooLarge { want: Digest, limit: u64 },
}

impl From<CorruptError> for io::Error {
    fn from(error: CorruptError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// How many bytes there must be.
#[derive(Debug, Clone, Copy)]
pub enum Length {
    Exactly(u64),
    AtMost(u64),
}

/// Passes bytes on, and fails at their end unless they were the ones with the digest.
///
/// What was read before the end is not vouched for: read to the end before using it.
pub struct VerifyingReader<R> {
    inner: R,
    want: Digest,
    length: Length,
    read: u64,
    /// `None` once the end was seen and was right.
    hash: Option<Sha256>,
}

impl<R: Read> VerifyingReader<R> {
    pub fn new(inner: R, want: Digest, length: Length) -> Self {
        Self { inner, want, length, read: 0, hash: Some(Sha256::new()) }
    }

    fn end(&mut self) -> Result<(), CorruptError> {
        let Some(hash) = self.hash.take() else { return Ok(()) };
        if let Length::Exactly(size) = self.length
            && self.read < size
        {
            self.hash = Some(hash);
            return Err(CorruptError::TooShort { want: self.want.clone(), size, got: self.read });
        }
        let got = Digest::from_hash(hash.clone().finalize().as_slice());
        if got == self.want {
            return Ok(());
        }
        self.hash = Some(hash);
        Err(CorruptError::Digest { want: self.want.clone(), got })
    }
}

impl<R: Read> Read for VerifyingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        if count == 0 {
            self.end()?;
            return Ok(0);
        }
        self.read += count as u64;
        match self.length {
            Length::Exactly(size) if self.read > size => {
                return Err(CorruptError::TooLong { want: self.want.clone(), size }.into());
            }
            Length::AtMost(limit) if self.read > limit => {
                return Err(CorruptError::TooLarge { want: self.want.clone(), limit }.into());
            }
            Length::Exactly(_) | Length::AtMost(_) => {}
        }
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..count]);
        }
        Ok(count)
    }
}

/// Hashes and counts what is written through it.
pub(crate) struct HashingWriter<W> {
    pub(crate) inner: W,
    hash: Sha256,
    written: u64,
}

impl<W: io::Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), written: 0 }
    }

    pub(crate) fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest::from_hash(self.hash.finalize().as_slice()), self.written)
    }
}

impl<W: io::Write> io::Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], want: &[u8], length: Length, expected: &str) {
        let mut reader = VerifyingReader::new(bytes, Digest::of(want), length);
        let got = match reader.read_to_end(&mut Vec::new()) {
            Ok(count) => format!("{count} bytes"),
            Err(error) => error.to_string(),
        };
        let got = got.replace(Digest::of(want).as_str(), "WANT");
        assert!(got.starts_with(expected), "{got}");
        // Asking again does not turn a failure into an end.
        assert_eq!(reader.read(&mut [0]).is_ok(), expected.ends_with("bytes") && !expected.contains("WANT"), "{got}");
    }

    #[test]
    fn only_the_right_bytes_come_to_an_end() {
        check(b"anchor", b"anchor", Length::Exactly(6), "6 bytes");
        check(b"anchor", b"anchor", Length::AtMost(100), "6 bytes");
        check(b"ankers", b"anchor", Length::Exactly(6), "the bytes of `WANT` hash to `sha256:");
        check(b"ancho", b"anchor", Length::Exactly(6), "`WANT` ends after 5 of 6");
        check(b"anchors", b"anchor", Length::Exactly(6), "`WANT` has more than the 6");
        check(b"anchor", b"anchor", Length::AtMost(3), "the layer `WANT` unpacks to more than 3");
    }
}
