//! The files of a project, read within bounds.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::SurveyError;

/// The largest file that is read.
const LARGEST_BYTES: u64 = 1024 * 1024;
/// Files that are looked at, at most.
const MOST_FILES: usize = 5_000;
/// Entries of folders that are listed, at most: also of what is no file.
const MOST_ENTRIES: usize = 50_000;
/// Folders inside folders, at most.
const DEEPEST: usize = 12;
/// What is read of all files together, at most.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// Folders that hold no source of the project's own.
const NOT_ENTERED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".idea",
    ".vscode",
    ".venv",
    "venv",
    "env",
    ".tox",
    ".nox",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "site-packages",
    "node_modules",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".yarn",
    ".pnpm-store",
    "bower_components",
    "target",
    "dist",
    "build",
    "out",
    "bin",
    "obj",
    ".gradle",
    ".mvn",
    "vendor",
    ".bundle",
    "coverage",
];

/// A project's files: their paths, sorted, and their text when it is asked for.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    paths: Vec<String>,
    left_out: RefCell<Vec<String>>,
    bytes_left: RefCell<u64>,
}

/// Why a file has no text.
enum Unread {
    Missing,
    Because(String),
}

impl Folder {
    /// Lists the files. A link counts where it leads to a file inside the folder; links to folders are not followed.
    pub(crate) fn open(root: &Path) -> Result<Self, SurveyError> {
        let failed = |source| SurveyError::Folder { path: root.display().to_string(), source };
        let root = root.canonicalize().map_err(failed)?;
        if !root.is_dir() {
            return Err(failed(io::Error::from(io::ErrorKind::NotADirectory)));
        }
        let mut listing = Listing { root: &root, paths: Vec::new(), left_out: Vec::new(), entries: 0 };
        listing.folder("", 0).map_err(failed)?;
        let Listing { mut paths, left_out, .. } = listing;
        paths.sort();
        Ok(Self { paths, left_out: RefCell::new(left_out), bytes_left: RefCell::new(MOST_BYTES), root: root.clone() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).is_ok()
    }

    /// The first of these that is there.
    pub(crate) fn first<'a>(&self, paths: &[&'a str]) -> Option<&'a str> {
        paths.iter().copied().find(|path| self.has(path))
    }

    /// The text of a source file; what cannot be read is left out, and said.
    pub(crate) fn source(&self, path: &str) -> Option<String> {
        match self.read(path) {
            Ok(text) => Some(text),
            Err(Unread::Missing) => None,
            Err(Unread::Because(why)) => {
                self.leave_out(format!("{path}: {why}"));
                None
            }
        }
    }

    /// The text of a file that says what the project is; `None` where it is not there.
    ///
    /// # Errors
    ///
    /// Fails if it is there and cannot be read.
    pub(crate) fn manifest(&self, path: &str) -> Result<Option<String>, SurveyError> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(Unread::Missing) => Ok(None),
            Err(Unread::Because(why)) => Err(SurveyError::Manifest { path: path.to_owned(), why }),
        }
    }

    /// Something that is told as not read, once.
    pub(crate) fn leave_out(&self, what: String) {
        let mut left_out = self.left_out.borrow_mut();
        if !left_out.contains(&what) {
            left_out.push(what);
        }
    }

    pub(crate) fn left_out(&self) -> Vec<String> {
        self.left_out.borrow().clone()
    }

    fn read(&self, path: &str) -> Result<String, Unread> {
        if !self.has(path) {
            return Err(Unread::Missing);
        }
        let because = |error: io::Error| Unread::Because(error.kind().to_string());
        let file = File::open(self.root.join(path)).map_err(because)?;
        let metadata = file.metadata().map_err(because)?;
        if !metadata.is_file() {
            return Err(Unread::Because("no plain file".to_owned()));
        }
        if metadata.len() > LARGEST_BYTES {
            let size = metadata.len() / 1_000_000;
            return Err(Unread::Because(format!("{size} MB, and at most 1 MiB is read")));
        }
        let mut left = self.bytes_left.borrow_mut();
        if metadata.len() > *left {
            return Err(Unread::Because("32 MiB of other files were read before it".to_owned()));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_BYTES).read_to_end(&mut bytes).map_err(because)?;
        *left = left.saturating_sub(bytes.len() as u64);
        let text = String::from_utf8(bytes)
            .map_err(|error| Unread::Because(format!("not UTF-8 (byte {})", error.utf8_error().valid_up_to())))?;
        Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
    }
}

/// A walk through the folders.
struct Listing<'a> {
    root: &'a Path,
    paths: Vec<String>,
    left_out: Vec<String>,
    entries: usize,
}

impl Listing<'_> {
    fn folder(&mut self, inner: &str, depth: usize) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.root.join(inner))? {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                self.once("folders after the first 50,000 entries");
                break;
            }
            entries.push(entry?);
        }
        // Files first: what says what the project is stands at the top.
        let mut folders = Vec::new();
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                self.once("files whose names are not UTF-8");
                continue;
            };
            let path = if inner.is_empty() { name.clone() } else { format!("{inner}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((path, name));
            } else if kind.is_file() || (kind.is_symlink() && self.is_own_file(&path)) {
                if self.paths.len() == MOST_FILES {
                    self.once("files after the first 5,000");
                    break;
                }
                self.paths.push(path);
            } else if kind.is_symlink() {
                self.once("links that lead to folders or outside");
            }
        }
        folders.sort();
        for (path, name) in folders {
            if NOT_ENTERED.contains(&name.as_str()) {
                continue;
            }
            if depth == DEEPEST {
                self.once("folders below the twelfth level");
                break;
            }
            // A folder that may not be read is no reason to give up.
            if self.folder(&path, depth + 1).is_err() {
                self.left_out.push(format!("{path}: cannot be read"));
            }
        }
        Ok(())
    }

    fn is_own_file(&self, path: &str) -> bool {
        let target = self.root.join(path).canonicalize();
        target.is_ok_and(|target| target.starts_with(self.root) && target.is_file())
    }

    fn once(&mut self, what: &str) {
        if !self.left_out.iter().any(|known| known == what) {
            self.left_out.push(what.to_owned());
        }
    }
}
