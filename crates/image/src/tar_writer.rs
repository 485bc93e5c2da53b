//! Tar archives that are the same wherever they are written: POSIX ustar, pax records only where ustar cannot say it.

use std::io::{self, Read, Write};

use tar::{EntryType, Header};

use crate::entries::{Entry, EntryKind};

pub(crate) struct TarWriter<W> {
    output: W,
}

impl<W: Write> TarWriter<W> {
    pub(crate) fn new(output: W) -> Self {
        Self { output }
    }

    /// A file of our own: read by all, written by root, of no time.
    pub(crate) fn file(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.stream(path, bytes.len() as u64, &mut &bytes[..])
    }

    /// As [`Self::file`]; the content must have the size that is told.
    pub(crate) fn stream(&mut self, path: &str, size_bytes: u64, content: &mut dyn Read) -> io::Result<()> {
        let entry = Entry {
            path: path.into(),
            kind: EntryKind::File,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: 0,
            size_bytes,
            xattrs: Vec::new(),
        };
        self.entry(&entry, content)
    }

    /// Writes one entry. Content that ends too early or too late is an error.
    pub(crate) fn entry(&mut self, entry: &Entry, content: &mut dyn Read) -> io::Result<()> {
        let mut records = Vec::new();
        let header = header(entry, &mut records)?;
        if !records.is_empty() {
            let mut extension = Header::new_ustar();
            extension.set_path("pax")?;
            extension.set_entry_type(EntryType::XHeader);
            extension.set_mode(0o644);
            extension.set_uid(0);
            extension.set_gid(0);
            extension.set_mtime(0);
            extension.set_size(records.len() as u64);
            extension.set_cksum();
            self.output.write_all(extension.as_bytes())?;
            self.output.write_all(&records)?;
            self.pad(records.len() as u64)?;
        }
        self.output.write_all(header.as_bytes())?;
        let copied = io::copy(&mut content.take(entry.size_bytes), &mut self.output)?;
        if copied < entry.size_bytes {
            let text = format!("`{}` ended after {copied} of {} bytes", entry.path.display(), entry.size_bytes);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        if content.read(&mut [0])? > 0 {
            let text = format!("`{}` grew beyond {} bytes", entry.path.display(), entry.size_bytes);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        self.pad(entry.size_bytes)
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.output.write_all(&[0; 1024])?;
        Ok(self.output)
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let padding = size.next_multiple_of(512) - size;
        io::copy(&mut io::repeat(0).take(padding), &mut self.output)?;
        Ok(())
    }
}

/// The largest number in an octal field of 7 or 11 digits.
const MAX_ID: u64 = 0o7_777_777;
const MAX_SIZE: u64 = 0o77_777_777_777;

fn header(entry: &Entry, records: &mut Vec<u8>) -> io::Result<Header> {
    use std::os::unix::ffi::OsStrExt;
    let mut header = Header::new_ustar();
    let (kind, link) = match &entry.kind {
        EntryKind::File => (EntryType::Regular, None),
        EntryKind::Directory => (EntryType::Directory, None),
        EntryKind::Symlink(target) => (EntryType::Symlink, Some(target)),
        EntryKind::Hardlink(target) => (EntryType::Link, Some(target)),
        EntryKind::CharDevice { .. } => (EntryType::Char, None),
        EntryKind::BlockDevice { .. } => (EntryType::Block, None),
        EntryKind::Fifo => (EntryType::Fifo, None),
    };
    header.set_entry_type(kind);
    let mut path = match entry.path.as_os_str().as_bytes() {
        b"" => b".".to_vec(),
        path => path.to_vec(),
    };
    if kind == EntryType::Directory {
        path.push(b'/');
    }
    let as_path = |bytes: &[u8]| std::path::PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
    if header.set_path(as_path(&path)).is_err() {
        record(records, b"path", &path);
        header.set_path(as_path(&path[..path.len().min(90)]))?;
    }
    if let Some(link) = link {
        let link = link.as_os_str().as_bytes();
        if link.len() > 100 {
            record(records, b"linkpath", link);
        }
        header.set_link_name_literal(&link[..link.len().min(100)])?;
    }
    if let EntryKind::CharDevice { major, minor } | EntryKind::BlockDevice { major, minor } = entry.kind {
        header.set_device_major(major)?;
        header.set_device_minor(minor)?;
    }
    let mut number = |key: &[u8], value: u64, most: u64| {
        if value > most {
            record(records, key, value.to_string().as_bytes());
        }
        if value > most { 0 } else { value }
    };
    header.set_uid(number(b"uid", entry.uid, MAX_ID));
    header.set_gid(number(b"gid", entry.gid, MAX_ID));
    header.set_size(number(b"size", entry.size_bytes, MAX_SIZE));
    match u64::try_from(entry.mtime) {
        Ok(mtime) => header.set_mtime(number(b"mtime", mtime, MAX_SIZE)),
        Err(_) => record(records, b"mtime", entry.mtime.to_string().as_bytes()),
    }
    for (name, value) in &entry.xattrs {
        record(records, format!("SCHILY.xattr.{name}").as_bytes(), value);
    }
    header.set_mode(entry.mode);
    header.set_cksum();
    Ok(header)
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(format!("{length} ").as_bytes());
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entries::{ByReading, Entries};

    #[track_caller]
    fn check(change: impl FnOnce(&mut Entry)) {
        let mut entry = Entry {
            path: "srv/file".into(),
            kind: EntryKind::Symlink("target".into()),
            mode: 0o6755,
            uid: 1,
            gid: 2,
            mtime: 3,
            size_bytes: 0,
            xattrs: Vec::new(),
        };
        change(&mut entry);
        let mut tar = TarWriter::new(Vec::new());
        tar.entry(&entry, &mut io::empty()).unwrap();
        let bytes = tar.finish().unwrap();
        let mut entries = Entries::new(ByReading(&bytes[..]));
        assert_eq!(entries.next().unwrap(), Some(entry));
        assert_eq!(entries.next().unwrap(), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        check(|_| {});
        check(|entry| entry.path = format!("{}/{}", "a".repeat(150), "b".repeat(90)).into());
        check(|entry| entry.path = "ä/".repeat(120).trim_end_matches('/').into());
        check(|entry| entry.path = "x".repeat(255).into());
        check(|entry| entry.kind = EntryKind::Symlink("../".repeat(50).into()));
        check(|entry| entry.kind = EntryKind::Hardlink("y".repeat(200).into()));
        check(|entry| entry.kind = EntryKind::Directory);
        check(|entry| entry.kind = EntryKind::CharDevice { major: 5, minor: 1 });
        check(|entry| (entry.uid, entry.gid) = (1 << 40, 4_000_000));
        check(|entry| entry.mtime = -86_400);
        check(|entry| entry.xattrs = vec![("security.capability".into(), vec![0, b'\n', b'=', 255])]);
        for length in [80, 88, 90, 980, 990] {
            check(|entry| entry.xattrs = vec![("user.x".into(), vec![b'v'; length])]);
        }
    }
}
