//! What pip, uv, Poetry and PDM leave beside what they install: `NAME-VERSION.dist-info/RECORD`, a line a file.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Read};

use super::author::Author;
use super::evidence::{each_line, whole};
use super::{Asked, Voucher, metadata};
use crate::image::secret;

/// The longest record that is read, and the longest note of where a package came from.
const LONGEST: u64 = 4 << 20;
const LONGEST_NOTE: usize = 64 << 10;
/// Claims, packages and top modules of one package that are kept.
const MOST_CLAIMS: usize = 100_000;
const MOST_PACKAGES: usize = 20_000;
const MOST_TOPS: usize = 256;

/// What the records of all layers say.
#[derive(Debug, Default)]
pub(super) struct Pip {
    packages: Vec<Package>,
    /// Path to which package, by its place in `packages`, has it with which SHA-256.
    claims: HashMap<String, Vec<(usize, [u8; 32])>>,
    claim_count: usize,
    /// The `dist-info` folders whose package did not come from an index: from a folder, a repository or an archive.
    direct: HashSet<String>,
    /// Those among them that say it was a wheel on the disk, as `pip wheel` leaves them for published packages too.
    from_wheel: HashSet<String>,
    /// Those whose metadata says that the package was made for everyone.
    for_everyone: HashSet<String>,
    /// The folders that packages are in.
    sites: HashSet<String>,
}

/// What one record says of its package.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// As records compare it: lower case, words joined by `-`.
    pub(super) name: String,
    info: String,
    /// The first folder or module of each file.
    pub(super) tops: BTreeSet<String>,
    /// Programs: files outside the folder that the package is in.
    pub(super) programs: BTreeSet<String>,
}

/// Whether a file belongs to the records.
pub(super) fn is_record(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    matches!(name, "RECORD" | "direct_url.json") && folder.ends_with(".dist-info")
}

/// The `dist-info` folder that a `METADATA` describes.
pub(super) fn described(path: &str) -> Option<&str> {
    path.strip_suffix("/METADATA").filter(|info| info.ends_with(".dist-info"))
}

/// A package's name as it is compared: `Flask_SQLAlchemy` is `flask-sqlalchemy`.
pub(super) fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

impl Pip {
    /// Takes in a file for which [`is_record`] holds.
    pub(super) fn read(&mut self, path: &str, content: &mut dyn Read, asked: &Asked) -> io::Result<()> {
        let Some((info, file)) = path.rsplit_once('/') else { return Ok(()) };
        if file == "RECORD" {
            return self.read_record(info, content, asked);
        }
        let note = whole(content, LONGEST_NOTE)?;
        let note = note.and_then(|note| serde_json::from_slice::<serde_json::Value>(&note).ok());
        let url = note.as_ref().filter(|note| note.get("archive_info").is_some()).and_then(|note| note["url"].as_str());
        let is_wheel = url.is_some_and(|url| url.starts_with("file:") && url.strip_suffix(".whl").is_some());
        if is_wheel {
            self.from_wheel.insert(info.to_owned());
        }
        self.direct.insert(info.to_owned());
        Ok(())
    }

    /// Takes in the head of the `METADATA` in a `dist-info` folder.
    pub(super) fn read_metadata(&mut self, info: &str, head: &[u8]) {
        if self.for_everyone.len() < MOST_PACKAGES && metadata::is_for_everyone(head) {
            self.for_everyone.insert(info.to_owned());
        }
    }

    /// The package that has exactly these bytes at this path and is not the author's.
    pub(super) fn package(&self, path: &str, sha256: &[u8; 32], author: &Author) -> Option<(Voucher, String)> {
        let claims = self.claims.get(path)?;
        let packages = claims.iter().filter(|(_, claimed)| claimed == sha256).map(|(index, _)| &self.packages[*index]);
        let vouching = packages.filter_map(|package| Some((self.voucher(package, author)?, package.name.clone())));
        vouching.min()
    }

    /// How a package vouches for its files. One that nothing shows to be published may be the author's.
    fn voucher(&self, package: &Package, author: &Author) -> Option<Voucher> {
        let is_published = is_published(&package.name);
        let is_authors = self.direct.contains(&package.info)
            && !(is_published && self.from_wheel.contains(&package.info))
            || author.has_python(&package.name)
            || author.starts(package) && !is_published;
        match (is_authors, is_published) {
            (true, _) => None,
            (false, true) => Some(Voucher::Pip),
            (false, false) => self.for_everyone.contains(&package.info).then_some(Voucher::Metadata),
        }
    }

    /// Whether a file lies in a folder that has records of packages.
    pub(super) fn has_records_around(&self, path: &str) -> bool {
        let site = ["site-packages/", "dist-packages/"]
            .iter()
            .filter_map(|folder| Some(path.rfind(folder)? + folder.len() - 1));
        site.max().is_some_and(|end| self.sites.contains(&path[..end]))
    }

    fn read_record(&mut self, info: &str, content: &mut dyn Read, asked: &Asked) -> io::Result<()> {
        let (site, folder) = info.rsplit_once('/').unwrap_or(("", info));
        self.sites.insert(site.to_owned());
        let stem = folder.strip_suffix(".dist-info").unwrap_or(folder);
        let name = normal(stem.rsplit_once('-').map_or(stem, |(name, _)| name));
        let mut package = Package { name, info: info.to_owned(), ..Package::default() };
        let mut claims = Vec::new();
        let mut is_direct = false;
        let is_whole = each_line(content, LONGEST, |line| {
            let Some((row, hash)) = row(line) else { return };
            is_direct |= row.ends_with(".dist-info/direct_url.json");
            let Some(path) = joined(site, &row) else { return };
            match path.strip_prefix(site).map(|rest| rest.trim_start_matches('/')) {
                Some(rest) if package.tops.len() < MOST_TOPS => {
                    let top = rest.split('/').next().unwrap_or(rest);
                    package.tops.insert(top.strip_suffix(".py").unwrap_or(top).to_owned());
                }
                None if package.programs.len() < MOST_TOPS => {
                    package.programs.insert(path.clone());
                }
                _ => {}
            }
            if let (Some(hash), true) = (hash, asked.is_about(&path)) {
                claims.push((path, hash));
            }
        })?;
        if !is_whole || self.packages.len() >= MOST_PACKAGES || self.claim_count + claims.len() > MOST_CLAIMS {
            return Ok(());
        }
        // The note itself may be gone; that it was there is on record.
        if is_direct {
            self.direct.insert(info.to_owned());
        }
        self.claim_count += claims.len();
        for (path, hash) in claims {
            self.claims.entry(path).or_default().push((self.packages.len(), hash));
        }
        self.packages.push(package);
        Ok(())
    }
}

/// `path,sha256=HASH,size`, of which only the path may have commas, and is in quotes then.
fn row(line: &str) -> Option<(String, Option<[u8; 32]>)> {
    let mut parts = line.rsplitn(3, ',');
    let (_size, hash, path) = (parts.next()?, parts.next()?, parts.next()?);
    let quoted = path.strip_prefix('"').and_then(|path| path.strip_suffix('"'));
    let path = quoted.map_or_else(|| path.to_owned(), |path| path.replace("\"\"", "\""));
    let hash = hash.strip_prefix("sha256=").and_then(|hash| secret::base64(hash.as_bytes()).try_into().ok());
    Some((path, hash))
}

/// A record's path as one from the root: `../../../bin/x` leads out of the folder; nothing leads out of the image.
fn joined(site: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { site.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/").trim_start_matches('/').to_owned())
}

/// Whether a package of this name is known to be published: being started, or having lain on a disk as a wheel, does not make
/// it the author's.
pub(super) fn is_published(name: &str) -> bool {
    include_str!("published-pypi.txt").lines().any(|line| line == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_path_and_perhaps_a_hash() {
        let hash = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        for (line, path, has_hash) in [
            (format!("x/y.py,sha256={hash},0"), Some("x/y.py"), true),
            (format!("\"x/a,b\"\".py\",sha256={hash},0"), Some("x/a,b\".py"), true),
            ("x/__pycache__/y.cpython-311.pyc,,".to_owned(), Some("x/__pycache__/y.cpython-311.pyc"), false),
            (format!("x/y.py,md5={hash},0"), Some("x/y.py"), false),
            ("x/y.py,sha256=short,0".to_owned(), Some("x/y.py"), false),
            ("x/y.py".to_owned(), None, false),
            (String::new(), None, false),
        ] {
            let found = row(&line);
            assert_eq!(found.as_ref().map(|(path, _)| path.as_str()), path, "{line}");
            assert_eq!(found.is_some_and(|(_, hash)| hash.is_some()), has_hash, "{line}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_image() {
        for (path, expected) in [
            ("x/y.py", Some("usr/lib/x/y.py")),
            ("../../bin/x", Some("bin/x")),
            ("../../../etc/x", None),
            ("/usr/bin/x", Some("usr/bin/x")),
            ("./x//y", Some("usr/lib/x/y")),
        ] {
            assert_eq!(joined("usr/lib", path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn names_are_compared_as_the_index_does() {
        assert_eq!(normal("Flask_SQLAlchemy"), "flask-sqlalchemy");
        assert_eq!(normal("zope..interface"), "zope-interface");
        assert!(is_published("sqlalchemy") && !is_published("acme-billing"));
    }
}
