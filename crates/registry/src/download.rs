//! The bytes of one blob, however often the connection breaks.

use std::io::{self, Read};

use seaworthy_image::{CorruptError, Descriptor};
use ureq::http::Method;

use crate::request::Response;
use crate::retry::Tries;
use crate::transport::broken;
use crate::{RegistryError, Repository};

/// Reads a blob, and asks for the rest where the connection breaks. Nothing is checked here but the count.
pub(crate) struct Download {
    repository: Repository,
    blob: Descriptor,
    body: Option<Box<dyn Read + Send>>,
    host: String,
    /// So many bytes have been read …
    at: u64,
    /// … and so many of them come again.
    known: u64,
    /// How often it broke, in all and since the last byte.
    breaks: u32,
    idle_breaks: u32,
}

/// How often the rest may be asked for.
const BREAKS: u32 = 50;

impl Download {
    /// Asks for the blob, so that what is not there or not permitted is known at once.
    pub(crate) fn begin(repository: Repository, blob: Descriptor) -> Result<Self, RegistryError> {
        let mut download =
            Self { repository, blob, body: None, host: String::new(), at: 0, known: 0, breaks: 0, idle_breaks: 0 };
        download.open()?;
        Ok(download)
    }

    /// Whether its bytes come from more than one answer.
    pub(crate) fn was_resumed(&self) -> bool {
        self.breaks > 0
    }

    fn open(&mut self) -> Result<(), RegistryError> {
        let mut request = self.repository.ask(Method::GET, &format!("/blobs/{}", self.blob.digest));
        if self.at > 0 {
            request = request.header("range", format!("bytes={}-", self.at));
        }
        let response = match self.repository.session.send(&request) {
            // There is nothing behind what came.
            Err(error) if error.status() == Some(416) => return Err(self.of_another_size(self.at)),
            other => other?,
        };
        self.host.clone_from(&response.host);
        let from = first_byte(&response)?;
        if from > self.at {
            return Err(response.odd("another part than the one asked for"));
        }
        if let Some(size) = whole_size(&response).filter(|&size| size != self.blob.size) {
            return Err(self.of_another_size(size));
        }
        // Who cannot begin in the middle sends all of it again.
        self.known = self.at - from;
        self.body = Some(Box::new(response.reader()));
        Ok(())
    }

    fn of_another_size(&self, got: u64) -> RegistryError {
        let Descriptor { digest, size, .. } = self.blob.clone();
        let source = if got < size {
            CorruptError::TooShort { want: digest, size, got }
        } else {
            CorruptError::TooLong { want: digest, size }
        };
        RegistryError::Corrupt { host: self.repository.session.host().to_owned(), source }
    }

    /// The next bytes that are new.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        let Some(body) = &mut self.body else { return Ok(0) };
        let failed = |error| broken(&self.host, error);
        while self.known > 0 {
            let most = usize::try_from(self.known).unwrap_or(usize::MAX).min(buffer.len());
            match body.read(&mut buffer[..most]).map_err(failed)? {
                0 => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                count => self.known -= count as u64,
            }
        }
        match body.read(buffer).map_err(failed)? {
            0 if self.at < self.blob.size => Err(failed(io::ErrorKind::UnexpectedEof.into())),
            count => Ok(count),
        }
    }
}

/// Where the bytes of an answer begin.
fn first_byte(response: &Response) -> Result<u64, RegistryError> {
    if response.status != 206 {
        return Ok(0);
    }
    let range = response.header("content-range").and_then(|range| range.strip_prefix("bytes "));
    let first = range.and_then(|range| range.trim().split('-').next()?.parse().ok());
    first.ok_or_else(|| response.odd("a part that does not say which"))
}

/// The size of the whole blob, where the answer tells it.
fn whole_size(response: &Response) -> Option<u64> {
    match response.status {
        206 => response.header("content-range")?.rsplit_once('/')?.1.trim().parse().ok(),
        _ => response.content_length(),
    }
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.body.is_none() {
                self.open().map_err(io::Error::other)?;
            }
            let error = match self.next(buffer) {
                Ok(count) => {
                    self.at += count as u64;
                    self.idle_breaks = 0;
                    return Ok(count);
                }
                Err(error) => error,
            };
            self.body = None;
            self.breaks += 1;
            self.idle_breaks += 1;
            if self.breaks > BREAKS {
                return Err(io::Error::other(error));
            }
            let session = &self.repository.session;
            let mut tries = Tries::resumed(session.patience(), session.stopped(), self.idle_breaks);
            tries.after(error, true).map_err(io::Error::other)?;
        }
    }
}
