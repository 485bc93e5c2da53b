//! One blob on its way into a repository.
//!
//! It is asked for first, then taken over from another repository where it may be, then sent in one request. When that
//! breaks, the registry tells how much it has, and the rest follows.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use seaworthy_image::{Digest, Layer};
use ureq::http::Method;

use crate::request::{Body, Response, Scope};
use crate::retry::{Tries, with_jitter};
use crate::{Ended, RegistryError, Repository, Watch, url};

/// A blob to be sent.
pub(crate) struct Outgoing<'a> {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
    source: Source<'a>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Layer(&'a dyn Layer),
    Bytes(&'a [u8]),
}

impl<'a> Outgoing<'a> {
    pub(crate) fn of_layer(layer: &'a dyn Layer) -> Self {
        Self { digest: layer.digest().clone(), size_bytes: layer.size_bytes(), source: Source::Layer(layer) }
    }

    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { digest: Digest::of(bytes), size_bytes: bytes.len() as u64, source: Source::Bytes(bytes) }
    }
}

/// What an upload is told and tells meanwhile.
pub(crate) struct Surroundings<'a> {
    /// Names of repositories of the same registry that may have the blob.
    pub(crate) from: &'a [String],
    pub(crate) watch: &'a dyn Watch,
    /// Set when it is no longer wanted.
    pub(crate) stop: &'a AtomicBool,
}

/// How often an upload that the registry lost is begun anew.
const ANEW: u32 = 3;

/// What is sent in one request where the whole is too much.
const PART_BYTES: u64 = 32 << 20;

/// The least that a registry may want to be sent in one request.
const LEAST_PART_BYTES: u64 = 1 << 20;

/// How many other repositories are tried.
const MOUNTS: usize = 3;

/// Brings a blob into the repository, in whatever way is the shortest.
pub(crate) fn bring(repository: &Repository, blob: &Outgoing, around: &Surroundings) -> Result<Ended, RegistryError> {
    if has(repository, &blob.digest)? {
        return Ok(Ended::Present);
    }
    send(repository, blob, around)
}

/// Brings a blob into the repository without asking whether it is there.
pub(crate) fn send(repository: &Repository, blob: &Outgoing, around: &Surroundings) -> Result<Ended, RegistryError> {
    let mut from = around.from;
    let mut part_bytes = u64::MAX;
    let mut begun_anew = 0;
    loop {
        let Some((location, least_bytes)) = begin(repository, &blob.digest, from)? else { return Ok(Ended::Mounted) };
        let mut upload = Upload { repository, blob, around, location, least_bytes, part_bytes };
        match upload.run() {
            Err(error) if is_lost(&error) && begun_anew < ANEW => part_bytes = upload.part_bytes,
            other => return other.map(|()| Ended::Sent),
        }
        from = &[];
        begun_anew += 1;
        repository.session.stopped().wait(with_jitter(repository.session.patience().pause))?;
        // The last answer may be all that was lost.
        if has(repository, &blob.digest)? {
            return Ok(Ended::Sent);
        }
    }
}

pub(crate) fn has(repository: &Repository, digest: &Digest) -> Result<bool, RegistryError> {
    match repository.session.send(&repository.tell(Method::HEAD, &format!("/blobs/{digest}"))) {
        Ok(_) => Ok(true),
        Err(RegistryError::NoSuchBlob { .. } | RegistryError::NoSuchRepository { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Begins an upload: where it goes, and the least that must be sent in one request. `None` if the blob was taken over
/// from another repository.
fn begin(repository: &Repository, digest: &Digest, from: &[String]) -> Result<Option<(String, u64)>, RegistryError> {
    let begun = |response: Response| {
        let least = response.header("oci-chunk-min-length").and_then(|value| value.parse().ok());
        Ok(Some((response.location()?, least.unwrap_or(0))))
    };
    for (position, other) in from.iter().take(MOUNTS).enumerate() {
        let path = format!("/blobs/uploads/?mount={}&from={}", url::encode(digest.as_str()), url::encode(other));
        let request = repository.tell(Method::POST, &path).also(Scope::pull(other)).never_repeated();
        match repository.session.send(&request) {
            Ok(response) if response.status == 201 => return Ok(None),
            Ok(response) if position + 1 == from.len().min(MOUNTS) => return begun(response),
            // Not there, or not permitted, or not in this way: it can still be sent.
            Ok(_) | Err(_) => {}
        }
    }
    begun(repository.session.send(&repository.tell(Method::POST, "/blobs/uploads/"))?)
}

/// Whether the registry no longer knows the upload, or has something else than what was sent.
fn is_lost(error: &RegistryError) -> bool {
    const CODES: [&str; 5] =
        ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "DIGEST_INVALID", "RANGE_INVALID", "SIZE_INVALID"];
    let RegistryError::Refused { refusal, .. } = error else { return false };
    refusal.status != 413
        && (matches!(refusal.status, 404 | 410 | 416) || CODES.iter().any(|code| refusal.has_code(code)))
}

/// An upload that was begun.
struct Upload<'a> {
    repository: &'a Repository,
    blob: &'a Outgoing<'a>,
    around: &'a Surroundings<'a>,
    /// Where the next request goes.
    location: String,
    /// The least and the most that is sent in one request.
    least_bytes: u64,
    part_bytes: u64,
}

impl Upload<'_> {
    fn run(&mut self) -> Result<(), RegistryError> {
        let size = self.blob.size_bytes;
        let mut tries = Tries::new(self.repository.session.patience(), self.repository.session.stopped());
        let mut there = 0;
        while there < size {
            let end = there.saturating_add(self.part_bytes.max(self.least_bytes)).min(size);
            match self.patch(there..end) {
                Ok(()) => there = end,
                Err(error) if is_too_large(&error) && self.shrinks(end - there) => there = self.status()?,
                Err(error) if self.around.stop.load(Ordering::Relaxed) => return Err(error),
                Err(error) => {
                    tries.after(error, true)?;
                    let before = there;
                    there = self.status()?;
                    if there >= before.saturating_add(LEAST_PART_BYTES) {
                        tries = Tries::new(self.repository.session.patience(), self.repository.session.stopped());
                    } else if there <= before {
                        // Something on the way may not let so much pass at once.
                        self.part_bytes = self.part_bytes.min(PART_BYTES);
                    }
                }
            }
        }
        self.commit()
    }

    /// Sends a part of the blob; all of it in the usual case.
    fn patch(&mut self, part: Range<u64>) -> Result<(), RegistryError> {
        let size_bytes = part.end - part.start;
        let open =
            || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(Outflow::open(self.blob, part.start, self.around)?)) };
        let mut request = self
            .repository
            .tell_at(Method::PATCH, &self.location)
            .header("content-type", "application/octet-stream")
            .body(Body::Stream { size_bytes, open: &open })
            .never_repeated();
        if size_bytes < self.blob.size_bytes {
            request = request.header("content-range", format!("{}-{}", part.start, part.end - 1));
        }
        let response = self.repository.session.send(&request)?;
        self.moved_to(&response)
    }

    fn moved_to(&mut self, response: &Response) -> Result<(), RegistryError> {
        if response.header("location").is_some() {
            self.location = response.location()?;
        }
        Ok(())
    }

    /// Whether less may be sent at once than `sent_bytes`, which was too much.
    fn shrinks(&mut self, sent_bytes: u64) -> bool {
        let smaller = PART_BYTES.min(sent_bytes.div_ceil(2)).max(LEAST_PART_BYTES);
        self.part_bytes = smaller;
        smaller.max(self.least_bytes) < sent_bytes
    }

    /// How many bytes of the blob are there.
    fn status(&mut self) -> Result<u64, RegistryError> {
        let response = self.repository.session.send(&self.repository.tell_at(Method::GET, &self.location))?;
        self.moved_to(&response)?;
        let there = match response.header("range") {
            None => 0,
            Some(range) => received(range).ok_or_else(|| response.odd("a `Range` that is none"))?,
        };
        if there > self.blob.size_bytes {
            return Err(response.odd("more bytes than were sent"));
        }
        response.finish();
        self.around.watch.moved(&self.blob.digest, there);
        Ok(there)
    }

    fn commit(&self) -> Result<(), RegistryError> {
        let Self { repository, location, .. } = self;
        let mark = if location.contains('?') { '&' } else { '?' };
        let url = format!("{location}{mark}digest={}", url::encode(self.blob.digest.as_str()));
        let request = repository.tell_at(Method::PUT, &url).header("content-type", "application/octet-stream");
        repository.session.send(&request).map(drop)
    }
}

fn is_too_large(error: &RegistryError) -> bool {
    error.status() == Some(413)
}

/// `0-1023`: 1024 bytes. Registries say `0-0` where there is none, and hardly ever where there is one.
fn received(range: &str) -> Option<u64> {
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let last: u64 = range.strip_prefix("0-")?.parse().ok()?;
    if last == 0 { Some(0) } else { last.checked_add(1) }
}

/// The bytes of a blob from some place on. The last of them are only given once the source has come to its end, where
/// it finds out whether they were the right ones.
struct Outflow<'a> {
    inner: Box<dyn Read + Send + 'a>,
    at: u64,
    blob: &'a Outgoing<'a>,
    around: &'a Surroundings<'a>,
}

impl<'a> Outflow<'a> {
    fn open(blob: &'a Outgoing<'a>, from: u64, around: &'a Surroundings<'a>) -> io::Result<Self> {
        let mut inner: Box<dyn Read + Send + 'a> = match blob.source {
            Source::Layer(layer) => layer.compressed()?,
            Source::Bytes(bytes) => Box::new(bytes),
        };
        if io::copy(&mut inner.by_ref().take(from), &mut io::sink())? < from {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { inner, at: from, blob, around })
    }
}

impl Read for Outflow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.around.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("another blob cannot be sent"));
        }
        let count = self.inner.read(buffer)?;
        self.at += count as u64;
        if count > 0 && self.at >= self.blob.size_bytes && self.inner.read(&mut [0])? > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it has more bytes than it should"));
        }
        self.around.watch.moved(&self.blob.digest, self.at);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_tells_how_many_bytes_are_there() {
        let check = |range: &str, expected: Option<u64>| assert_eq!(received(range), expected, "{range}");
        check("0-0", Some(0));
        check("0-1", Some(2));
        check("0-1023", Some(1024));
        check("bytes=0-1023", Some(1024));
        check("", None);
        check("1023", None);
        check("5-1023", None);
        check("0--1", None);
        check("0-18446744073709551615", None);
        check("0-99999999999999999999", None);
    }

    #[test]
    fn the_last_bytes_wait_for_the_end_of_their_source() {
        let stop = AtomicBool::new(false);
        let around = Surroundings { from: &[], watch: &(), stop: &stop };
        let read = |told: u64, from: u64| {
            let blob = Outgoing { digest: Digest::of(b"anchor"), size_bytes: told, source: Source::Bytes(b"anchor") };
            let mut bytes = Vec::new();
            let result = Outflow::open(&blob, from, &around).and_then(|mut flow| flow.read_to_end(&mut bytes));
            (result.map_err(|error| error.to_string()), String::from_utf8(bytes).unwrap())
        };
        assert_eq!(read(6, 0), (Ok(6), "anchor".to_owned()));
        assert_eq!(read(6, 4), (Ok(2), "or".to_owned()));
        assert_eq!(read(6, 6), (Ok(0), String::new()));
        assert_eq!(read(5, 0), (Ok(6), "anchor".to_owned()), "all at once: the request's length cuts it");
        assert!(read(6, 7).0.is_err());
        stop.store(true, Ordering::Relaxed);
        assert_eq!(read(6, 0), (Err("another blob cannot be sent".to_owned()), String::new()));
    }
}
