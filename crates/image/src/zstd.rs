//! Zstandard: frames one after the other, as `zstd:chunked` layers have them.

use std::io::{self, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// What the frames of a source hold, in their order. Frames that are to be skipped are skipped.
pub(crate) struct Frames<R: Read> {
    /// `None` after an error and at the end.
    state: Option<State<R>>,
}

#[expect(clippy::large_enum_variant, reason = "there is one for each stream that is open")]
enum State<R: Read> {
    Between(Source<R>),
    Inside(StreamingDecoder<Source<R>, FrameDecoder>),
}

/// The four bytes that were read to see whether a frame follows, then the rest.
struct Source<R> {
    head: io::Cursor<Vec<u8>>,
    rest: R,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => self.rest.read(buffer),
            count => Ok(count),
        }
    }
}

impl<R: Read> Frames<R> {
    pub(crate) fn new(rest: R) -> Self {
        Self { state: Some(State::Between(Source { head: io::Cursor::default(), rest })) }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state.take() {
                None => return Ok(0),
                Some(State::Inside(mut decoder)) => {
                    let count = decoder.read(buffer)?;
                    if count > 0 {
                        self.state = Some(State::Inside(decoder));
                        return Ok(count);
                    }
                    self.state = Some(State::Between(decoder.into_inner()));
                }
                Some(State::Between(source)) => self.state = next(source)?,
            }
        }
    }
}

fn next<R: Read>(mut source: Source<R>) -> io::Result<Option<State<R>>> {
    let mut head = Vec::new();
    source.by_ref().take(4).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    if let [0x50..=0x5f, 0x2a, 0x4d, 0x18] = head[..] {
        let mut length = [0; 4];
        source.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        if io::copy(&mut source.by_ref().take(length), &mut io::sink())? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        return Ok(Some(State::Between(source)));
    }
    source.head = io::Cursor::new(head);
    match StreamingDecoder::new(source) {
        Ok(decoder) => Ok(Some(State::Inside(decoder))),
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_))) => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "no zstd frame where one should begin"))
        }
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_each_other_and_some_are_skipped() -> anyhow::Result<()> {
        let frame = |text: &str| {
            ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
        };
        let skipped = [&[0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"toc"].concat();
        let all = [frame("one "), skipped, frame("two")].concat();
        let mut text = String::new();
        Frames::new(&all[..]).read_to_string(&mut text)?;
        assert_eq!(text, "one two");
        let cut = &all[..all.len() - 2];
        assert!(Frames::new(cut).read_to_end(&mut Vec::new()).is_err());
        Ok(())
    }
}
