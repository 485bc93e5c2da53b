//! The search of one file of a layer: its bytes, the form of its settings, the members of archives.

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::archive::{Archive, DEEPEST};
use super::secret::{Given, Hit, Scanner, Settings, SettingsReader, Utf16, is_suspicious_file};
use super::slim::tools;

/// How much of a file is in memory at a time.
const BUFFER: usize = 16 << 10;
/// What all archives of an image together may unpack to.
const MOST_UNPACKED: u64 = 2 << 30;

/// Searches one file after the other.
pub(super) struct Search<'g> {
    scanner: Scanner<'g>,
    /// What archives may still unpack to.
    budget: u64,
}

/// What a file of a layer holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) length: u64,
    /// How many of its first bytes are wanted.
    keep: usize,
    /// Its first bytes, as many as were asked for.
    pub(super) head: Vec<u8>,
    /// The shell that it is, if it is a program.
    pub(super) shell: Option<&'static str>,
    /// Findings: the member of the archive, empty for the file itself.
    pub(super) found: Vec<Found>,
    /// The variables that it gives values, where it is a `.env` file.
    pub(super) names: Vec<String>,
    /// Archives whose members were searched, itself or inside.
    pub(super) opened: u64,
    /// Archives that were not opened, or not to their end.
    pub(super) unopened: u64,
    pub(super) members: u64,
    pub(super) is_too_long: bool,
}

/// What one file, or one member of an archive, gives away.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// `lib/x.jar!/config.yml`; empty for the file itself.
    pub(super) member: String,
    pub(super) hits: BTreeSet<Hit>,
    /// What counts only if the package that the file lies in is the author's.
    pub(super) if_authors: BTreeSet<Hit>,
    pub(super) given: BTreeSet<usize>,
    /// Only its name is one for secrets.
    pub(super) by_name: bool,
}

impl<'g> Search<'g> {
    pub(super) fn new(given: &'g Given) -> Self {
        Self { scanner: Scanner::looking_for(given), budget: MOST_UNPACKED }
    }

    /// Reads a file to its end; `keep` of its first bytes are returned.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read. A broken archive is counted as not opened.
    pub(super) fn file(&mut self, path: &str, content: &mut dyn Read, keep: usize) -> io::Result<Content> {
        let mut source = Source { inner: content, length: 0, failed: None };
        let mut out = Content { keep, ..Content::default() };
        let searched = self.stream(path, "", &mut source, 0, &mut out);
        if let Some(failed) = source.failed {
            return Err(failed);
        }
        out.length = source.length;
        searched.map(|()| out)
    }

    fn stream(
        &mut self,
        path: &str,
        member: &str,
        content: &mut dyn Read,
        depth: usize,
        out: &mut Content,
    ) -> io::Result<()> {
        let mut first = Vec::new();
        content.take(BUFFER as u64).read_to_end(&mut first)?;
        let archive = Archive::of(&first);
        let mut whole = first.as_slice().chain(content);
        match archive {
            None => {}
            Some(archive) if archive != Archive::Other && depth < DEEPEST => {
                let opened = self.members(path, member, archive, &mut whole, depth, out);
                if opened.is_ok() { out.opened += 1 } else { out.unopened += 1 }
            }
            Some(_) => out.unopened += 1,
        }
        if depth == 0 && archive.is_some() {
            out.head.extend_from_slice(&first[..first.len().min(out.keep)]);
            out.keep = 0;
        }
        // What is left of an archive is searched as it lies.
        self.bytes(path, member, &mut whole, depth, out)
    }

    fn members(
        &mut self,
        path: &str,
        member: &str,
        archive: Archive,
        content: &mut dyn Read,
        depth: usize,
        out: &mut Content,
    ) -> io::Result<()> {
        archive.visit(content, &mut |name, inner| {
            out.members += 1;
            let name = match (member, name) {
                ("", name) => name.to_owned(),
                (member, "") => member.to_owned(),
                (member, name) => format!("{member}!/{name}"),
            };
            let mut bounded = Bounded { inner, left: self.budget };
            let searched = self.stream(path, &name, &mut bounded, depth + 1, out);
            self.budget = bounded.left;
            searched
        })
    }

    /// Searches bytes as they lie, to their end.
    fn bytes(
        &mut self,
        path: &str,
        member: &str,
        content: &mut dyn Read,
        depth: usize,
        out: &mut Content,
    ) -> io::Result<()> {
        let full = full_path(path, member, depth);
        let settings = Settings::of(&full);
        let in_package = settings.is_some_and(Settings::in_package);
        let mut settings = settings.map(SettingsReader::new);
        let mut buffer = [0; BUFFER];
        let mut encoding = None;
        let (mut length, mut text) = (0, String::new());
        loop {
            let count = content.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            let mut bytes = &buffer[..count];
            if length == 0 {
                encoding = Utf16::of(bytes);
                settings = settings.or_else(|| Settings::of_script(&full, bytes).map(SettingsReader::new));
            }
            length += count;
            if depth == 0 {
                let room = out.keep.saturating_sub(out.head.len());
                out.head.extend_from_slice(&bytes[..count.min(room)]);
            }
            if let Some(encoding) = &mut encoding {
                text.clear();
                encoding.push(bytes, &mut text);
                bytes = text.as_bytes();
            }
            self.scanner.push(bytes);
            if let Some(settings) = &mut settings {
                settings.push(bytes);
            }
        }
        let seen = self.scanner.finish();
        let said = settings.map(SettingsReader::finish).unwrap_or_default();
        if depth == 0 {
            out.shell = seen.shell.and_then(tools::marked);
        }
        out.is_too_long |= said.is_too_long;
        out.names.extend(said.names);
        let mut found = Found { member: member.to_owned(), hits: seen.hits, given: seen.given, ..Found::default() };
        if in_package { &mut found.if_authors } else { &mut found.hits }.extend(said.hits);
        found.by_name = length > 0 && found.hits.is_empty() && found.given.is_empty() && is_suspicious_file(&full);
        if found.by_name || !found.hits.is_empty() || !found.if_authors.is_empty() || !found.given.is_empty() {
            out.found.push(found);
        }
        Ok(())
    }
}

/// The path by which a file's form is told: a member's below its archive's, the only one of a compressed file without the ending.
fn full_path(path: &str, member: &str, depth: usize) -> String {
    match (member, depth) {
        ("", 0) => path.to_owned(),
        ("", _) => path.strip_suffix(".gz").unwrap_or(path).to_owned(),
        (member, _) => format!("{path}/{}", member.replace("!/", "/")),
    }
}

/// The file itself: its failure is told apart from a broken archive's.
struct Source<'a> {
    inner: &'a mut dyn Read,
    length: u64,
    failed: Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.length += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed.get_or_insert(error);
                Err(kind.into())
            }
        }
    }
}

/// What an archive unpacks to, as far as the image's budget goes.
struct Bounded<'a> {
    inner: &'a mut dyn Read,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the archives of this image unpack to too much"));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::archive::tests::{gzip, zip};

    fn url() -> Vec<u8> {
        ["postgres://app:", "hunter2@db.internal/tasks"].concat().into_bytes()
    }

    fn search(path: &str, content: &[u8]) -> Content {
        Search::new(&Given::default()).file(path, &mut &content[..], 8).unwrap()
    }

    #[track_caller]
    fn check(path: &str, content: &[u8], members: &[&str]) -> Content {
        let found = search(path, content);
        let named: Vec<&str> = found.found.iter().map(|found| found.member.as_str()).collect();
        assert_eq!(named, members, "{path}: {found:?}");
        assert_eq!(found.length, content.len() as u64);
        assert_eq!(found.head, content[..content.len().min(8)]);
        found
    }

    #[test]
    fn members_of_archives_are_searched_by_content_and_by_name() {
        let jar = zip(&[("x/a.class", &url(), true), ("application.properties", b"db.password=hunter2", true)]);
        check("app/app.jar", &jar, &["x/a.class", "application.properties"]);
        let nested = zip(&[("BOOT-INF/classes/one.txt", &url(), true), ("lib/app.jar", &jar, false)]);
        let found = check(
            "app/boot.jar",
            &nested,
            &["BOOT-INF/classes/one.txt", "lib/app.jar!/x/a.class", "lib/app.jar!/application.properties"],
        );
        assert_eq!((found.opened, found.unopened), (2, 0));
        check("app/dump.sql.gz", &gzip(&url()), &[""]);
        check("app/.env.gz", &gzip(b"DB_PASSWORD=hunter2\n"), &[""]);
        check("app/clean.gz", &gzip(b"nothing"), &[]);
    }

    #[test]
    fn what_cannot_be_opened_is_counted_and_searched_as_it_lies() {
        let broken = [b"PK\x03\x04broken", url().as_slice()].concat();
        let found = search("a.zip", &broken);
        assert_eq!((found.opened, found.unopened, found.length), (0, 1, broken.len() as u64));
        let other = [b"\xfd7zXZ\0", url().as_slice()].concat();
        assert_eq!(search("a.xz", &other).unopened, 1);
        assert_eq!(search("a.xz", &other).found.len(), 1);
    }

    #[test]
    fn archives_that_unpack_to_too_much_end_the_opening() {
        let given = Given::default();
        let mut search = Search::new(&given);
        search.budget = 1 << 20;
        let bomb = gzip(&vec![0; 4 << 20]);
        let found = search.file("a.gz", &mut &bomb[..], 0).unwrap();
        assert_eq!((found.opened, found.unopened), (0, 1));
        let deep = (0..10).fold(url(), |inner, _| gzip(&inner));
        assert_eq!(Search::new(&given).file("a.gz", &mut &deep[..], 0).unwrap().unopened, 1);
    }

    #[test]
    fn text_in_utf_16_is_read_as_text() {
        let text = "DB_PASSWORD=hunter2\r\n";
        let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        check("app/.env", &bytes, &[""]);
        let units: Vec<u8> = String::from_utf8(url()).unwrap().encode_utf16().flat_map(u16::to_be_bytes).collect();
        check("app/notes.txt", &units, &[""]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_broken_archive() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::new(io::ErrorKind::ConnectionReset, "gone"))
            }
        }
        let given = Given::default();
        let failed = Search::new(&given).file("a.gz", &mut (&b"\x1f\x8b\x08"[..]).chain(Failing), 0);
        assert_eq!(failed.unwrap_err().to_string(), "gone");
    }
}
