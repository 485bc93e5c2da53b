//! The entries of a tar archive, one after the other, each bounded.
//!
//! Our own framing, since an entry's headers must be bounded before they are in memory, and since two readers that
//! disagree about where an entry ends can be made to see two different archives. Follows POSIX pax, with GNU's long
//! names; what no image should hold (sparse files, archives in parts) is refused by name.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use tar::{EntryType, Header};

use crate::limits;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("cannot read the archive")]
    Read(#[from] io::Error),
    #[error("the archive ends in the middle of an entry")]
    Cut,
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    #[error("the entry `{}` leads out of the root", .0.display())]
    Outside(PathBuf),
    #[error("the entry `{}` is a {kind}, which no image should hold", .path.display())]
    Unsupported { path: PathBuf, kind: &'static str },
    #[error("an entry's {what} takes more than {limit} bytes")]
    TooLarge { what: &'static str, limit: u64 },
    #[error("the entry `{}` lies deeper than {} folders", .0.display(), limits::PATH_DEPTH)]
    TooDeep(PathBuf),
    #[error("the archive has more than {} entries", limits::ENTRIES)]
    TooMany,
}

/// One entry's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative, without `.` and `..`; empty for the root itself.
    pub path: PathBuf,
    pub kind: EntryKind,
    /// Permission bits with setuid, setgid and sticky (`0o7777`).
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    /// Seconds since 1970.
    pub mtime: i64,
    /// Of the content; 0 for all but regular files.
    pub size_bytes: u64,
    /// Extended attributes, by name: `security.capability`.
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Directory,
    /// As written; it may lead anywhere.
    Symlink(PathBuf),
    /// Another entry's path, cleaned as an entry's own.
    Hardlink(PathBuf),
    CharDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
    Fifo,
}

/// Passes over bytes.
pub(crate) trait Skip: Read {
    /// Returns how many there were.
    fn skip(&mut self, count: u64) -> io::Result<u64>;
}

/// Passes over bytes by reading them, so that their hash is taken.
pub(crate) struct ByReading<R>(pub(crate) R);

impl<R: Read> Read for ByReading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Skip for ByReading<R> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        io::copy(&mut self.0.by_ref().take(count), &mut io::sink())
    }
}

/// Reads an archive entry by entry; what of an entry's content was not read is passed over.
pub(crate) struct Entries<R> {
    source: R,
    /// Of the archive so far.
    position: u64,
    /// Of the current entry's content.
    left: u64,
    padding: u64,
    count: u64,
}

impl<R: Skip> Entries<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, position: 0, left: 0, padding: 0, count: 0 }
    }

    /// Where the current entry's content begins, if nothing of it was read yet.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next entry, or `None` behind the last one: then all of the source was read.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, EntryError> {
        let mut pax = Pax::default();
        let mut long_path = None;
        let mut long_link = None;
        loop {
            self.pass(self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let Some(header) = self.header()? else {
                io::copy(&mut self.source, &mut io::sink())?;
                return Ok(None);
            };
            self.count += 1;
            if self.count > limits::ENTRIES {
                return Err(EntryError::TooMany);
            }
            let size = unsigned(&header, Field::Size)?;
            match header.entry_type() {
                EntryType::XHeader => pax = Pax::parse(&self.extension(size, "pax records", limits::PAX_BYTES)?)?,
                // Written by `git archive` for its own use. Engines pass over it as well.
                EntryType::XGlobalHeader => {
                    self.extension(size, "pax records", limits::PAX_BYTES)?;
                }
                EntryType::GNULongName => long_path = Some(self.long(size)?),
                EntryType::GNULongLink => long_link = Some(self.long(size)?),
                _ => {
                    let size = pax.size.unwrap_or(size);
                    let entry = entry(&header, size, pax, long_path, long_link)?;
                    // A folder or link that tells a size all the same has no content behind it (Go's reader, and so
                    // every engine, has it so).
                    self.set_content(match entry.kind {
                        EntryKind::File => size,
                        _ => 0,
                    })?;
                    return Ok(Some(entry));
                }
            }
        }
    }

    fn set_content(&mut self, size: u64) -> Result<(), EntryError> {
        if size > limits::UNCOMPRESSED_BYTES {
            return Err(EntryError::TooLarge { what: "content", limit: limits::UNCOMPRESSED_BYTES });
        }
        self.left = size;
        self.padding = size.next_multiple_of(512) - size;
        Ok(())
    }

    fn pass(&mut self, count: u64) -> Result<(), EntryError> {
        let passed = if count == 0 { 0 } else { self.source.skip(count)? };
        self.position += passed;
        if passed < count { Err(EntryError::Cut) } else { Ok(()) }
    }

    /// `None` at the end: two blocks of zeros, or one, or no more bytes, as tar programs take it.
    fn header(&mut self) -> Result<Option<Header>, EntryError> {
        let mut block = Vec::with_capacity(512);
        self.source.by_ref().take(512).read_to_end(&mut block)?;
        self.position += block.len() as u64;
        if block.is_empty() || (block.len() == 512 && block.iter().all(|&byte| byte == 0)) {
            return Ok(None);
        }
        if block.len() < 512 {
            return Err(EntryError::Cut);
        }
        let header = Header::from_byte_slice(&block).clone();
        let sum = block[..148].iter().chain(&block[156..]).map(|&byte| u32::from(byte)).sum::<u32>() + 8 * 32;
        match header.cksum() {
            Ok(told) if told == sum => Ok(Some(header)),
            _ => Err(EntryError::Damaged("a header's checksum is wrong")),
        }
    }

    fn extension(&mut self, size: u64, what: &'static str, limit: u64) -> Result<Vec<u8>, EntryError> {
        if size > limit {
            return Err(EntryError::TooLarge { what, limit });
        }
        self.set_content(size)?;
        let mut bytes = Vec::new();
        self.by_ref().take(size).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size { Err(EntryError::Cut) } else { Ok(bytes) }
    }

    fn long(&mut self, size: u64) -> Result<Vec<u8>, EntryError> {
        let mut bytes = self.extension(size, "name", 2 * limits::PATH_BYTES as u64)?;
        if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            bytes.truncate(end);
        }
        Ok(bytes)
    }
}

/// The current entry's content.
impl<R: Skip> Read for Entries<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.source.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, EntryError::Cut));
        }
        self.left -= count as u64;
        self.position += count as u64;
        Ok(count)
    }
}

fn entry(
    header: &Header,
    size: u64,
    pax: Pax,
    long_path: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
) -> Result<Entry, EntryError> {
    let path = pax.path.or(long_path).unwrap_or_else(|| header.path_bytes().into_owned());
    let link = pax.link_path.or(long_link).or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
    let clean = clean(&path)?;
    let unsupported = |kind| EntryError::Unsupported { path: clean.clone(), kind };
    if pax.sparse {
        return Err(unsupported("sparse file"));
    }
    let device = || -> Result<(u32, u32), EntryError> {
        let number = |field| u32::try_from(unsigned(header, field)?).map_err(|_| NO_NUMBER);
        Ok((number(Field::Major)?, number(Field::Minor)?))
    };
    let link = || match &link {
        None => Err(EntryError::Damaged("a link has no target")),
        Some(link) if link.len() > limits::PATH_BYTES => {
            Err(EntryError::TooLarge { what: "link target", limit: limits::PATH_BYTES as u64 })
        }
        Some(link) => Ok(link.as_slice()),
    };
    let kind = match header.entry_type() {
        // Before POSIX a folder was a file with a slash behind its name.
        EntryType::Regular if path.ends_with(b"/") && header.as_bytes()[156] == 0 => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => EntryKind::File,
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => EntryKind::Symlink(PathBuf::from(OsStr::from_bytes(link()?))),
        EntryType::Link => EntryKind::Hardlink(self::clean(link()?)?),
        EntryType::Char => {
            let (major, minor) = device()?;
            EntryKind::CharDevice { major, minor }
        }
        EntryType::Block => {
            let (major, minor) = device()?;
            EntryKind::BlockDevice { major, minor }
        }
        EntryType::Fifo => EntryKind::Fifo,
        EntryType::GNUSparse => return Err(unsupported("sparse file")),
        _ => return Err(unsupported("tar entry of an unknown type")),
    };
    Ok(Entry {
        size_bytes: if kind == EntryKind::File { size } else { 0 },
        path: clean,
        kind,
        mode: u32::try_from(unsigned(header, Field::Mode)? & 0o7777).unwrap_or_default(),
        uid: pax.uid.map_or_else(|| unsigned(header, Field::Uid), Ok)?,
        gid: pax.gid.map_or_else(|| unsigned(header, Field::Gid), Ok)?,
        mtime: pax.mtime.map_or_else(|| signed(header, Field::Mtime), Ok)?,
        xattrs: pax.xattrs,
    })
}

const NO_NUMBER: EntryError = EntryError::Damaged("a header's field is no number");

/// Where a number lies in a header.
#[derive(Clone, Copy)]
enum Field {
    Mode = 100,
    Uid = 108,
    Gid = 116,
    Size = 124,
    Mtime = 136,
    Major = 329,
    Minor = 337,
}

fn unsigned(header: &Header, field: Field) -> Result<u64, EntryError> {
    u64::try_from(signed(header, field)?).map_err(|_| NO_NUMBER)
}

/// Octal digits between spaces and zeros, none of them for 0; or, told by the highest bit, a big-endian number.
fn signed(header: &Header, field: Field) -> Result<i64, EntryError> {
    let length = if matches!(field, Field::Size | Field::Mtime) { 12 } else { 8 };
    let bytes = &header.as_bytes()[field as usize..][..length];
    if bytes[0] & 0x80 == 0 {
        let text = std::str::from_utf8(bytes).map_err(|_| NO_NUMBER)?.trim_matches([' ', '\0']);
        return if text.is_empty() { Ok(0) } else { i64::from_str_radix(text, 8).map_err(|_| NO_NUMBER) };
    }
    let first = i128::from(bytes[0] & 0x3f) - i128::from(bytes[0] & 0x40);
    let number = bytes[1..].iter().fold(first, |number, &byte| number << 8 | i128::from(byte));
    i64::try_from(number).map_err(|_| NO_NUMBER)
}

/// `./usr/bin/` and `/usr/bin` are `usr/bin`; `..` is refused.
pub(crate) fn clean(path: &[u8]) -> Result<PathBuf, EntryError> {
    if path.len() > limits::PATH_BYTES {
        return Err(EntryError::TooLarge { what: "path", limit: limits::PATH_BYTES as u64 });
    }
    if path.contains(&0) {
        return Err(EntryError::Damaged("a path has a zero byte in it"));
    }
    let path = Path::new(OsStr::from_bytes(path));
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => clean.push(name),
            Component::ParentDir | Component::Prefix(_) => return Err(EntryError::Outside(path.to_owned())),
        }
    }
    if clean.components().count() > limits::PATH_DEPTH {
        return Err(EntryError::TooDeep(clean.components().take(8).collect()));
    }
    Ok(clean)
}

/// The pax records that matter.
#[derive(Default)]
struct Pax {
    path: Option<Vec<u8>>,
    link_path: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    mtime: Option<i64>,
    xattrs: Vec<(String, Vec<u8>)>,
    sparse: bool,
}

impl Pax {
    /// Records of the form `LENGTH KEY=VALUE\n`; of two with one key the last counts.
    fn parse(mut bytes: &[u8]) -> Result<Self, EntryError> {
        let damaged = EntryError::Damaged("a pax record has not the form `LENGTH KEY=VALUE`");
        let mut pax = Self::default();
        while !bytes.is_empty() {
            let Some((record, rest)) = record(bytes) else { return Err(damaged) };
            let Some(equals) = record.iter().position(|&byte| byte == b'=') else { return Err(damaged) };
            pax.set(&record[..equals], &record[equals + 1..])?;
            bytes = rest;
        }
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), EntryError> {
        match key {
            b"path" => self.path = some(value),
            b"linkpath" => self.link_path = some(value),
            b"size" => self.size = number(value)?,
            b"uid" => self.uid = number(value)?,
            b"gid" => self.gid = number(value)?,
            b"mtime" => {
                let whole = value.split(|&byte| byte == b'.').next().unwrap_or_default();
                self.mtime = std::str::from_utf8(whole).ok().and_then(|text| text.parse().ok());
            }
            _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    if value.len() > limits::XATTR_BYTES {
                        let limit = limits::XATTR_BYTES as u64;
                        return Err(EntryError::TooLarge { what: "extended attribute", limit });
                    }
                    let name = String::from_utf8_lossy(name).into_owned();
                    self.xattrs.retain(|(other, _)| *other != name);
                    self.xattrs.push((name, value.to_vec()));
                }
            }
        }
        Ok(())
    }
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?;
    Some((record.strip_suffix(b"\n")?, &bytes[length..]))
}

/// An empty value takes back what an earlier record said.
fn some(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.to_vec())
}

fn number(value: &[u8]) -> Result<Option<u64>, EntryError> {
    if value.is_empty() {
        return Ok(None);
    }
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or(EntryError::Damaged("a pax record's number is none"))
}
