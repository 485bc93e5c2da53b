//! Package databases: which packages a distribution put into an image, and which bytes they brought.

use std::collections::{BTreeSet, HashMap};

use super::secret;

/// Where dpkg is told what to leave out.
const DPKG_CONFIG: &str = "etc/dpkg/dpkg.cfg.d/";
/// The longest database file that is read.
pub(super) const LONGEST: usize = 64 << 20;

/// What the package databases of all layers say.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// `dpkg`, `apk`: names of the packages said to be installed.
    installed: HashMap<Manager, BTreeSet<String>>,
    /// Path to what the databases say of it.
    files: HashMap<String, Vec<Claim>>,
    /// dpkg is told to leave files out.
    pub(super) has_excludes: bool,
}

/// What a database lists, and how much of it some layer brings, in the final tree or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Without documentation and translations.
    pub(super) files: usize,
    pub(super) files_there: usize,
    pub(super) documents: usize,
    pub(super) documents_there: usize,
}

/// A database of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Manager {
    Dpkg,
    Apk,
    /// Only seen, not read.
    Rpm,
}

/// That a package brought a file with these bytes.
#[derive(Debug, PartialEq, Eq)]
struct Claim {
    package: String,
    manager: Manager,
    hash: Hash,
}

/// A hash in the databases' own kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

/// Of the same bytes: MD5, SHA-1, SHA-256.
pub(super) type Hashes = [Hash; 3];

/// What Debian's slim images leave out, but for the licences.
const DOCUMENTS: [&str; 7] = [
    "usr/share/doc/",
    "usr/share/groff/",
    "usr/share/info/",
    "usr/share/linda/",
    "usr/share/lintian/overrides/",
    "usr/share/locale/",
    "usr/share/man/",
];

impl Manager {
    /// The database a path belongs to.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "lib/apk/db/installed" | "usr/lib/apk/db/installed" => Some(Self::Apk),
            "var/lib/dpkg/status" => Some(Self::Dpkg),
            _ if path.starts_with("var/lib/dpkg/status.d/") || path.starts_with(DPKG_CONFIG) => Some(Self::Dpkg),
            _ if path.starts_with("var/lib/dpkg/info/") && path.ends_with(".md5sums") => Some(Self::Dpkg),
            _ if ["var/lib/rpm/", "usr/lib/sysimage/rpm/"].iter().any(|folder| path.starts_with(folder)) => {
                Some(Self::Rpm)
            }
            _ => None,
        }
    }

    /// Whether it is known which files its packages brought.
    pub(super) fn is_read(self) -> bool {
        self != Self::Rpm
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
        }
    }
}

impl Packages {
    /// Takes in one file of a database.
    pub(super) fn read(&mut self, path: &str, content: &[u8]) {
        let Some(manager) = Manager::of(path) else { return };
        let text = String::from_utf8_lossy(content);
        let name = path.rsplit('/').next().unwrap_or(path);
        match (manager, name.strip_suffix(".md5sums")) {
            (Manager::Rpm, _) => {
                self.installed.entry(manager).or_default();
            }
            (Manager::Apk, _) => self.read_apk(&text),
            _ if path.starts_with(DPKG_CONFIG) => {
                self.has_excludes |= text.lines().any(|line| line.trim_start().starts_with("path-exclude"));
            }
            (Manager::Dpkg, Some(package)) => self.read_md5sums(package.split(':').next().unwrap_or(package), &text),
            (Manager::Dpkg, None) => self.read_status(&text, path != "var/lib/dpkg/status"),
        }
    }

    /// The managers whose databases were seen, with the number of packages.
    pub(super) fn managers(&self) -> Vec<(Manager, usize)> {
        let mut managers: Vec<_> = self.installed.iter().map(|(manager, names)| (*manager, names.len())).collect();
        managers.sort_unstable();
        managers
    }

    pub(super) fn has(&self, manager: Manager, package: &str) -> bool {
        self.installed.get(&manager).is_some_and(|names| names.contains(package))
    }

    /// Whether any database says something of a file, so that its hash is worth taking.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.files.contains_key(merged(path))
    }

    /// The installed package that brought exactly these bytes to this path.
    pub(super) fn voucher(&self, path: &str, hashes: &[Hash]) -> Option<(Manager, &str)> {
        let claims = self.files.get(merged(path))?;
        claims
            .iter()
            .find(|claim| hashes.contains(&claim.hash) && self.has(claim.manager, &claim.package))
            .map(|claim| (claim.manager, claim.package.as_str()))
    }

    /// How much of what a database lists is among these files.
    pub(super) fn listed(&self, manager: Manager, has: &dyn Fn(&str) -> bool) -> Listed {
        let mut listed = Listed::default();
        for (path, claims) in &self.files {
            if !claims.iter().any(|claim| claim.manager == manager && self.has(manager, &claim.package)) {
                continue;
            }
            let is_document = DOCUMENTS.iter().any(|folder| path.starts_with(folder));
            if is_document && (path.ends_with("/copyright") || path == "usr/share/locale/locale.alias") {
                continue;
            }
            let (all, there) = if is_document {
                (&mut listed.documents, &mut listed.documents_there)
            } else {
                (&mut listed.files, &mut listed.files_there)
            };
            *all += 1;
            *there += usize::from(has(path));
        }
        listed
    }

    fn claim(&mut self, path: &str, package: &str, manager: Manager, hash: Hash) {
        let claim = Claim { package: package.to_owned(), manager, hash };
        self.files.entry(merged(path).to_owned()).or_default().push(claim);
    }

    /// Paragraphs of `Package:`, `Status:`; Distroless has no status line, and one file a package.
    fn read_status(&mut self, text: &str, without_status: bool) {
        let installed = self.installed.entry(Manager::Dpkg).or_default();
        for paragraph in text.split("\n\n") {
            let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let is_installed = match field("Status:") {
                Some(status) => status.ends_with(" installed"),
                None => without_status,
            };
            if let (Some(package), true) = (field("Package:"), is_installed) {
                installed.insert(package.to_owned());
            }
        }
    }

    /// `MD5  PATH` a line.
    fn read_md5sums(&mut self, package: &str, text: &str) {
        for line in text.lines() {
            let Some((sum, path)) = line.split_once("  ") else { continue };
            let mut hash = [0; 16];
            if hex::decode_to_slice(sum, &mut hash).is_ok() {
                self.claim(path.trim_start_matches("./"), package, Manager::Dpkg, Hash::Md5(hash));
            }
        }
    }

    /// `P:` package, `F:` folder, `R:` file, `Z:Q1` its SHA-1 in base 64.
    fn read_apk(&mut self, text: &str) {
        let (mut package, mut folder, mut file) = (String::new(), String::new(), String::new());
        self.installed.entry(Manager::Apk).or_default();
        for line in text.lines() {
            match line.split_at_checked(2) {
                Some(("P:", name)) => {
                    name.clone_into(&mut package);
                    self.installed.entry(Manager::Apk).or_default().insert(package.clone());
                }
                Some(("F:", name)) => name.clone_into(&mut folder),
                Some(("R:", name)) => {
                    file = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
                }
                Some(("Z:", sum)) => {
                    let hash = sum.strip_prefix("Q1").and_then(|sum| secret::base64(sum.as_bytes()).try_into().ok());
                    if let (Some(hash), false) = (hash, file.is_empty()) {
                        self.claim(&file, &package, Manager::Apk, Hash::Sha1(hash));
                    }
                    file.clear();
                }
                _ => {}
            }
        }
    }
}

/// Since `/bin` and `/lib` became links into `/usr`, databases and archives name the same file in two ways.
pub(super) fn merged(path: &str) -> &str {
    let top = |path: &str| {
        let first = path.split('/').next().unwrap_or_default();
        matches!(first, "bin" | "sbin") || first.starts_with("lib")
    };
    path.strip_prefix("usr/").filter(|rest| top(rest)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha1::Digest as _;

    const STATUS: &str = "Package: libgnutls30\nStatus: install ok installed\nVersion: 3\n\n\
                          Package: gone\nStatus: deinstall ok config-files\n";

    fn hashes(content: &[u8]) -> [Hash; 2] {
        [Hash::Md5(md5::Md5::digest(content).into()), Hash::Sha1(sha1::Sha1::digest(content).into())]
    }

    #[test]
    fn dpkg_vouches_for_the_bytes_of_an_installed_package() {
        let sum = hex::encode(md5::Md5::digest(b"content"));
        let line = format!("{sum}  lib/x86_64-linux-gnu/libgnutls.so.30\n");
        let mut packages = Packages::default();
        packages.read("var/lib/dpkg/status", STATUS.as_bytes());
        packages.read("var/lib/dpkg/info/libgnutls30:amd64.md5sums", line.as_bytes());
        packages.read("var/lib/dpkg/info/gone.md5sums", format!("{sum}  usr/share/gone\n").as_bytes());
        for (path, content, expected) in [
            ("lib/x86_64-linux-gnu/libgnutls.so.30", "content", Some((Manager::Dpkg, "libgnutls30"))),
            ("usr/lib/x86_64-linux-gnu/libgnutls.so.30", "content", Some((Manager::Dpkg, "libgnutls30"))),
            ("usr/lib/x86_64-linux-gnu/libgnutls.so.30", "another", None),
            ("root/libgnutls.so.30", "content", None),
            ("usr/share/gone", "content", None),
        ] {
            assert_eq!(packages.voucher(path, &hashes(content.as_bytes())), expected, "{path} {content}");
        }
        assert_eq!(packages.managers(), [(Manager::Dpkg, 1)]);
    }

    #[test]
    fn what_a_database_lists_is_counted_with_what_is_there() {
        let sum = hex::encode(md5::Md5::digest(b"content"));
        let paths = ["bin/tool", "usr/lib/tool/data", "usr/share/man/man1/tool.1.gz", "usr/share/doc/tool/copyright"];
        let lines = paths.map(|path| format!("{sum}  {path}\n")).concat();
        let mut packages = Packages::default();
        packages.read("var/lib/dpkg/status", b"Package: tool\nStatus: install ok installed\n");
        packages.read("var/lib/dpkg/info/tool.md5sums", lines.as_bytes());
        packages.read("var/lib/dpkg/info/gone.md5sums", format!("{sum}  usr/gone\n").as_bytes());
        // As an archive names it where `/bin` is a link.
        let there = ["usr/bin/tool"].map(merged);
        let listed = packages.listed(Manager::Dpkg, &|path| there.contains(&path));
        assert_eq!(listed, Listed { files: 2, files_there: 1, documents: 1, documents_there: 0 });
        assert_eq!(packages.listed(Manager::Apk, &|_| true), Listed::default());
        assert!(!packages.has_excludes);
        packages.read("etc/dpkg/dpkg.cfg.d/docker", b"# the slim variant\npath-exclude /usr/share/man/*\n");
        assert!(packages.has_excludes);
    }

    #[test]
    fn distroless_has_a_file_a_package() {
        let sum = hex::encode(md5::Md5::digest(b"content"));
        let mut packages = Packages::default();
        packages.read("var/lib/dpkg/status.d/tzdata", b"Package: tzdata\nVersion: 1\n");
        packages.read("var/lib/dpkg/status.d/tzdata.md5sums", format!("{sum}  usr/share/zoneinfo/UTC\n").as_bytes());
        assert_eq!(packages.voucher("usr/share/zoneinfo/UTC", &hashes(b"content")), Some((Manager::Dpkg, "tzdata")));
    }

    #[test]
    fn apk_vouches_by_sha1() {
        let sum = crate::image::tests::base64(&sha1::Sha1::digest(b"content"));
        let database = format!(
            "C:Q1xx=\nP:libcrypto3\nV:3\nF:usr/lib\nR:libcrypto.so.3\na:0:0:755\nZ:Q1{sum}\n\nP:musl\nF:\nR:x\n"
        );
        let mut packages = Packages::default();
        packages.read("lib/apk/db/installed", database.as_bytes());
        assert_eq!(packages.voucher("usr/lib/libcrypto.so.3", &hashes(b"content")), Some((Manager::Apk, "libcrypto3")));
        assert_eq!(packages.voucher("usr/lib/libcrypto.so.3", &hashes(b"another")), None);
        assert_eq!(packages.managers(), [(Manager::Apk, 2)]);
    }
}
