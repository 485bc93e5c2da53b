//! The second look at the layers: the bytes of the files that are asked about, and what records say of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};

use seaworthy_image::{EntryError, EntryKind, Layer, tree::for_each_entry};

use super::author::{self, Author};
use super::npm::Npm;
use super::pip::Pip;
use super::{Asked, Voucher, download, metadata, npm, pip, pyc};
use crate::image::Facts;
use crate::image::archive::Archive;
use crate::image::facts::{Place, Secret, Vouched, text};
use crate::image::package::{Hash, Hashes, Packages};

/// What is kept in memory of compiled files and their sources: of one, and of all.
const LONGEST_KEPT: usize = 4 << 20;
const MOST_KEPT: usize = 32 << 20;
const BUFFER: usize = 16 << 10;

pub(super) struct Evidence {
    asked: Asked,
    /// Every file that is asked about, as often as its layer has it.
    files: BTreeMap<(usize, String), Vec<Bytes>>,
    sources: HashMap<String, Vec<Bytes>>,
    /// Wheels whose metadata says that everyone has them.
    wheels: BTreeSet<(usize, String)>,
    kept_bytes: usize,
    pip: Pip,
    npm: Npm,
    author: Author,
}

/// A file that was read.
struct Bytes {
    hashes: Hashes,
    /// Whole, where it is compiled or the source of that, and there is room.
    content: Option<Vec<u8>>,
}

impl Evidence {
    pub(super) fn new(asked: Asked, facts: &Facts) -> Self {
        Self {
            asked,
            files: BTreeMap::new(),
            sources: HashMap::new(),
            wheels: BTreeSet::new(),
            kept_bytes: 0,
            pip: Pip::default(),
            npm: Npm::default(),
            author: Author::starting(facts),
        }
    }

    /// Takes in what a layer has of the files that are asked about, of records and of the author's manifests.
    pub(super) fn read(&mut self, index: usize, layer: &dyn Layer) -> Result<(), EntryError> {
        for_each_entry(layer, |entry, content| {
            if entry.kind == EntryKind::File {
                self.read_file(index, text(&entry.path), content)?;
            }
            Ok::<_, EntryError>(())
        })
    }

    fn read_file(&mut self, layer: usize, path: String, content: &mut dyn Read) -> io::Result<()> {
        if pip::is_record(&path) {
            self.pip.read(&path, content, &self.asked)
        } else if npm::is_state(&path) {
            self.npm.read(&path, content)
        } else if author::is_manifest(&path) {
            self.author.read(&path, content)
        } else if let Some(info) = pip::described(&path) {
            let mut head = Vec::new();
            content.take(metadata::LONGEST as u64).read_to_end(&mut head)?;
            self.pip.read_metadata(info, &head);
            self.read_asked((layer, path), &mut head.as_slice().chain(content))
        } else {
            self.read_asked((layer, path), content)
        }
    }

    /// Takes in a file that may be asked about: its hashes, and its content where that is needed.
    fn read_asked(&mut self, key: (usize, String), content: &mut dyn Read) -> io::Result<()> {
        let is_source = self.asked.sources.contains(&key.1);
        if !is_source && !self.asked.files.contains(&key) {
            return if self.author.starts_with_script(&key.1) { self.author.read_script(content) } else { Ok(()) };
        }
        let is_wheel = download::wheel(&key.1).is_some();
        let is_kept = is_source || is_wheel || pyc::source(&key.1).is_some();
        let room = if is_kept { MOST_KEPT - self.kept_bytes } else { 0 };
        let read = Bytes::of(content, room.min(LONGEST_KEPT))?;
        if is_wheel {
            if read.content.as_deref().is_some_and(is_wheel_for_everyone) {
                self.wheels.insert(key.clone());
            }
            self.files.entry(key).or_default().push(Bytes { hashes: read.hashes, content: None });
            return Ok(());
        }
        self.kept_bytes += read.content.as_ref().map_or(0, Vec::len);
        // A source with findings of its own is both; its content is needed as a source only.
        if self.asked.files.contains(&key) {
            let content = if is_source { None } else { read.content.clone() };
            self.files.entry(key.clone()).or_default().push(Bytes { hashes: read.hashes, content });
        }
        if is_source {
            self.sources.entry(key.1).or_default().push(read);
        }
        Ok(())
    }

    /// Whether a file lies where a package manager has records of other files: what it has none of is the author's.
    pub(super) fn has_records_around(&self, path: &str) -> bool {
        self.pip.has_records_around(path) || self.npm.has_state_around(path)
    }

    /// What the packages say of the file with this finding.
    pub(super) fn answer(&self, packages: &Packages, secret: &Secret) -> Option<Vouched> {
        let Place::File { layer, path, .. } = &secret.place else { return None };
        // A path that one layer has twice is vouched for only if both are.
        let reads = self.files.get(&(*layer, path.clone()))?;
        let mut by = None;
        for read in reads {
            by = self.voucher(packages, path, read).or_else(|| self.compiled(packages, path, read, secret));
            if by.is_none() {
                break;
            }
        }
        by.or_else(|| self.likely(*layer, path))
    }

    /// Who probably brought a file that no hash is on record for.
    fn likely(&self, layer: usize, path: &str) -> Option<Vouched> {
        let npm = || Some((Voucher::Npm, self.npm.package(path, &self.author)?));
        let wheel = || {
            let name = download::wheel(path).filter(|name| !self.author.has_python(name))?;
            let is_published = pip::is_published(&name) || self.wheels.contains(&(layer, path.to_owned()));
            is_published.then_some((Voucher::Wheel, name))
        };
        let cache = || Some((Voucher::Cache(download::cache(path)?), "downloads".to_owned()));
        let (voucher, package) = npm().or_else(wheel).or_else(cache)?;
        Some(Vouched { path: path.to_owned(), voucher, package })
    }

    /// The package that brought exactly these bytes to this path.
    fn voucher(&self, packages: &Packages, path: &str, read: &Bytes) -> Option<Vouched> {
        let distribution = packages.voucher(path, &read.hashes);
        let distribution = distribution.map(|(manager, package)| (Voucher::Distribution(manager), package.to_owned()));
        let (voucher, package) = distribution.or_else(|| {
            let Hash::Sha256(sha256) = read.hashes[2] else { return None };
            self.pip.package(path, &sha256, &self.author)
        })?;
        Some(Vouched { path: path.to_owned(), voucher, package })
    }

    /// The same for a `.pyc`: the package of a source in which the finding stands with the same bytes.
    fn compiled(&self, packages: &Packages, path: &str, read: &Bytes, secret: &Secret) -> Option<Vouched> {
        let source = pyc::source(path)?;
        let compiled = read.content.as_deref()?;
        self.sources.get(&source)?.iter().find_map(|read| {
            let by = self.voucher(packages, &source, read)?;
            let stands = pyc::stands_in(secret.hit, compiled, read.content.as_deref()?);
            stands.then(|| Vouched { path: path.to_owned(), ..by })
        })
    }
}

impl Bytes {
    fn of(content: &mut dyn Read, room: usize) -> io::Result<Self> {
        use sha1::Digest as _;
        let (mut md5, mut sha1, mut sha256) = (md5::Md5::new(), sha1::Sha1::new(), sha2::Sha256::new());
        let mut kept = Vec::new();
        let mut is_whole = true;
        let mut buffer = [0; BUFFER];
        loop {
            let count = content.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            let bytes = &buffer[..count];
            md5.update(bytes);
            sha1.update(bytes);
            sha256.update(bytes);
            is_whole &= kept.len() + count <= room;
            if is_whole {
                kept.extend_from_slice(bytes);
            }
        }
        let hashes = [
            Hash::Md5(md5.finalize().into()),
            Hash::Sha1(sha1.finalize().into()),
            Hash::Sha256(sha256.finalize().into()),
        ];
        Ok(Self { hashes, content: is_whole.then_some(kept) })
    }
}

fn is_wheel_for_everyone(wheel: &[u8]) -> bool {
    let mut is_for_everyone = false;
    let visited = Archive::Zip.visit(&mut &wheel[..], &mut |name, member| {
        if pip::described(name).is_some() {
            let mut head = Vec::new();
            member.take(metadata::LONGEST as u64).read_to_end(&mut head)?;
            is_for_everyone = metadata::is_for_everyone(&head);
        }
        Ok(())
    });
    visited.is_ok() && is_for_everyone
}

/// A file of a record or a manifest, whole, unless it is longer than such files are.
pub(super) fn whole(content: &mut dyn Read, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    content.take(longest as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= longest).then_some(bytes))
}

/// Each line of a text, unless one is longer than lines are, the text longer than such files are, or not UTF-8. Says
/// whether it was read to its end.
pub(super) fn each_line(content: &mut dyn Read, longest: u64, mut line: impl FnMut(&str)) -> io::Result<bool> {
    const LONGEST_LINE: u64 = 64 << 10;
    let mut content = io::BufReader::new(content.take(longest));
    let mut bytes = Vec::new();
    let mut read = 0;
    loop {
        bytes.clear();
        let count = io::BufRead::read_until(&mut (&mut content).take(LONGEST_LINE), b'\n', &mut bytes)?;
        if count == 0 {
            return Ok(read < longest);
        }
        read += count as u64;
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(false) };
        if count as u64 == LONGEST_LINE {
            return Ok(false);
        }
        line(text.trim_end_matches(['\r', '\n']));
    }
}
