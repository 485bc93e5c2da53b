//! Compressed files and archives inside a layer, opened in one pass and in bounded memory: gzip, zip (jars and wheels), tar.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

/// Archives inside archives that are opened: a jar in a jar in a compressed tar.
pub(super) const DEEPEST: usize = 3;
/// Members of one archive.
const MOST_MEMBERS: usize = 100_000;
/// A member's name.
const LONGEST_NAME: usize = 4096;
/// How much of what stands before a zip is skipped: the line that starts a program in an archive.
const LONGEST_START: usize = 512;
/// Blocks of tar.
const BLOCK: usize = 512;

/// What kind of archive a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Archive {
    Gzip,
    Zip,
    Tar,
    /// xz, zstd, bzip2, 7-Zip: not opened.
    Other,
}

/// What is done with each member: its name, empty for the only one of a compressed file, and its content.
type Visit<'v> = dyn FnMut(&str, &mut dyn Read) -> io::Result<()> + 'v;

impl Archive {
    /// By the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| head.starts_with(magic);
        if starts(b"\x1f\x8b\x08") {
            return Some(Self::Gzip);
        }
        if starts(b"PK\x03\x04") || zip_behind_start(head).is_some() {
            return Some(Self::Zip);
        }
        if head.len() >= BLOCK && &head[257..262] == b"ustar" {
            return Some(Self::Tar);
        }
        let others: [&[u8]; 5] = [b"\x1f\x8b", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh", b"7z\xbc\xaf\x27\x1c"];
        others.iter().any(|magic| starts(magic)).then_some(Self::Other)
    }

    /// Hands every member to `visit`, in the archive's order.
    ///
    /// # Errors
    ///
    /// Fails at what is no archive of this kind, or one whose members cannot be told apart in one pass; what was visited before stays so.
    pub(super) fn visit(self, content: &mut dyn Read, visit: &mut Visit<'_>) -> io::Result<()> {
        match self {
            Self::Gzip => visit("", &mut MultiGzDecoder::new(BufReader::new(content))),
            Self::Zip => zip(&mut BufReader::new(content), visit),
            Self::Tar => tar(content, visit),
            Self::Other => Err(unreadable("not opened")),
        }
    }
}

fn unreadable(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Where a zip begins behind `#!/usr/bin/env python3`.
fn zip_behind_start(head: &[u8]) -> Option<usize> {
    let head = &head[..head.len().min(LONGEST_START)];
    let line = head.starts_with(b"#!").then(|| head.iter().position(|&byte| byte == b'\n'))??;
    head[line + 1..].starts_with(b"PK\x03\x04").then_some(line + 1)
}

/// Local headers one after the other (APPNOTE.TXT 4.3); the directory at the end is not needed.
fn zip(content: &mut BufReader<&mut dyn Read>, visit: &mut Visit<'_>) -> io::Result<()> {
    let start = zip_behind_start(content.fill_buf()?).unwrap_or(0);
    content.consume(start);
    for _ in 0..MOST_MEMBERS {
        match &array::<4>(content)? {
            b"PK\x03\x04" => zip_member(content, visit)?,
            b"PK\x01\x02" | b"PK\x05\x06" | b"PK\x06\x06" => return Ok(()),
            _ => return Err(unreadable("no header of a member")),
        }
    }
    Err(unreadable("too many members"))
}

fn zip_member(content: &mut BufReader<&mut dyn Read>, visit: &mut Visit<'_>) -> io::Result<()> {
    let header = array::<26>(content)?;
    let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let word = |at: usize| u64::from(u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]));
    let (flags, method) = (half(2), half(4));
    let (mut size, unpacked) = (word(14), word(18));
    let mut name = vec![0; usize::from(half(22)).min(LONGEST_NAME)];
    content.read_exact(&mut name)?;
    skip(content, u64::from(half(22)) - name.len() as u64)?;
    let mut extra = vec![0; usize::from(half(24))];
    content.read_exact(&mut extra)?;
    let large = size == u64::from(u32::MAX) || unpacked == u64::from(u32::MAX);
    if large {
        size = zip64_size(&extra).ok_or_else(|| unreadable("no size"))?;
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    let has_descriptor = flags & 8 != 0;
    match method {
        _ if flags & 1 != 0 && has_descriptor => return Err(unreadable("encrypted")),
        _ if flags & 1 != 0 => skip(content, size)?,
        0 if has_descriptor && size == 0 && !name.ends_with('/') => return Err(unreadable("no size")),
        0 => bounded(content, size, |member| visit(&name, member))?,
        8 => {
            let mut member = DeflateDecoder::new(&mut *content);
            visit(&name, &mut member)?;
            io::copy(&mut member, &mut io::sink())?;
        }
        _ if has_descriptor => return Err(unreadable("unknown compression")),
        _ => skip(content, size)?,
    }
    if has_descriptor { descriptor(content, large) } else { Ok(()) }
}

/// Checksum and sizes behind a member, with or without the mark before them.
fn descriptor(content: &mut BufReader<&mut dyn Read>, large: bool) -> io::Result<()> {
    let sizes = if large { 16 } else { 8 };
    let marked = &array::<4>(content)? == b"PK\x07\x08";
    skip(content, sizes + if marked { 4 } else { 0 })
}

/// The packed size among the extra fields of a large member.
fn zip64_size(mut extra: &[u8]) -> Option<u64> {
    while let [a, b, c, d, rest @ ..] = extra {
        let (id, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let field = rest.get(..length)?;
        if id == 1 {
            return Some(u64::from_le_bytes(field.get(8..16)?.try_into().ok()?));
        }
        extra = &rest[length..];
    }
    None
}

/// Header blocks and contents (POSIX ustar, with GNU's and pax' long names).
fn tar(content: &mut dyn Read, visit: &mut Visit<'_>) -> io::Result<()> {
    let mut long_name: Option<String> = None;
    for _ in 0..MOST_MEMBERS {
        let header = array::<BLOCK>(content)?;
        if header.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let size = number(&header[124..136]).ok_or_else(|| unreadable("no size"))?;
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        match header[156] {
            b'L' | b'x' => {
                let mut text = Vec::new();
                content.take(size.min(64 << 10)).read_to_end(&mut text)?;
                skip(content, size - text.len() as u64)?;
                long_name = if header[156] == b'L' { Some(until_zero(&text)) } else { pax_path(&text).or(long_name) };
            }
            b'0' | 0 => {
                let short = || match until_zero(&header[345..500]) {
                    folder if folder.is_empty() => until_zero(&header[..100]),
                    folder => format!("{folder}/{}", until_zero(&header[..100])),
                };
                let name = long_name.take().unwrap_or_else(short);
                bounded(content, size, |member| visit(name.trim_start_matches("./"), member))?;
            }
            _ => {
                long_name = None;
                skip(content, size)?;
            }
        }
        skip(content, padding)?;
    }
    Err(unreadable("too many members"))
}

/// Octal, or GNU's binary form.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let bytes = field.last_chunk::<8>()?;
        return Some(u64::from_be_bytes(*bytes)).filter(|size| size >> 56 == 0);
    }
    let text = until_zero(field);
    u64::from_str_radix(text.trim(), 8).ok()
}

fn until_zero(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

/// `24 path=a/long/name` among the records.
fn pax_path(records: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(records);
    text.lines().find_map(|line| Some(line.split_once(' ')?.1.strip_prefix("path=")?.to_owned()))
}

fn array<const N: usize>(content: &mut (impl Read + ?Sized)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Gives `read` exactly so many bytes, and takes what it leaves.
fn bounded(
    content: &mut (impl Read + ?Sized),
    size: u64,
    read: impl FnOnce(&mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut member = content.take(size);
    read(&mut member)?;
    io::copy(&mut member, &mut io::sink())?;
    if member.limit() == 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn skip(content: &mut (impl Read + ?Sized), bytes: u64) -> io::Result<()> {
    bounded(content, bytes, |_| Ok(()))
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;

    pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// A zip of members: compressed ones say their sizes behind them, as `jar` writes it; others before.
    pub(crate) fn zip(members: &[(&str, &[u8], bool)]) -> Vec<u8> {
        let mut zip = Vec::new();
        for (name, content, compressed) in members {
            let packed = if *compressed { deflated(content) } else { content.to_vec() };
            let said = if *compressed { 0 } else { u32::try_from(packed.len()).unwrap() };
            zip.extend(b"PK\x03\x04\x14\0");
            zip.extend(if *compressed { [8, 0, 8, 0] } else { [0; 4] });
            zip.extend([0; 8]);
            zip.extend(said.to_le_bytes());
            zip.extend(said.to_le_bytes());
            zip.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            zip.extend([0; 2]);
            zip.extend(name.as_bytes());
            zip.extend(&packed);
            if *compressed {
                zip.extend(b"PK\x07\x08");
                zip.extend([0; 12]);
            }
        }
        zip.extend(b"PK\x01\x02the directory");
        zip
    }

    fn members(content: &[u8]) -> (Vec<(String, Vec<u8>)>, io::Result<()>) {
        let mut found = Vec::new();
        let archive = Archive::of(&content[..content.len().min(BLOCK)]).unwrap();
        let result = archive.visit(&mut &content[..], &mut |name, member| {
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes)?;
            found.push((name.to_owned(), bytes));
            Ok(())
        });
        (found, result)
    }

    #[test]
    fn every_member_is_visited() {
        let expected = || vec![("a/one".to_owned(), b"1".to_vec()), ("two".to_owned(), b"22".to_vec())];
        let (found, result) = members(&zip(&[("a/one", b"1", true), ("two", b"22", false)]));
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(found, expected());
        let with_start =
            [&b"#!/usr/bin/env python3\n"[..], &zip(&[("a/one", b"1", false), ("two", b"22", true)])].concat();
        assert_eq!(members(&with_start).0, expected());

        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in [("a/one", &b"1"[..]), (&"long/".repeat(60), b"22")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            builder.append_data(&mut header, format!("{name}x"), content).unwrap();
        }
        let tar = builder.into_inner().unwrap();
        let long = format!("{}x", "long/".repeat(60));
        assert_eq!(members(&tar).0, [("a/onex".to_owned(), b"1".to_vec()), (long, b"22".to_vec())]);
        assert_eq!(members(&gzip(&tar)).0, [(String::new(), tar)]);
    }

    #[test]
    fn what_is_no_archive_or_broken_ends_with_an_error() {
        for head in [&b""[..], b"PK", b"#!/bin/sh\nPK", b"text", &[0; 600]] {
            assert_eq!(Archive::of(head), None);
        }
        let whole = zip(&[("a", b"1", true), ("b", b"22", false)]);
        for cut in [5, 20, 32, 40, 60] {
            assert!(members(&whole[..cut]).1.is_err(), "{cut}");
        }
        let mut encrypted = whole.clone();
        encrypted[6] |= 1;
        assert!(members(&encrypted).1.is_err());
        assert!(members(b"\x1f\x8b\x08garbage").1.is_err());
    }
}
