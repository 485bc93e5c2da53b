//! What is known of a subject before anything of it runs: the files of its image, and how it is started.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use seaworthy_image::tree::for_each_entry;
use seaworthy_image::{EntryError, FileTree, HealthCheck, Image, Node, TreeError};

use crate::Subject;

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The largest source file that is read, and how many are.
const SOURCE_BYTES: u64 = 256 << 10;
const SOURCES: usize = 2000;
/// The largest program that is read.
const PROGRAM_BYTES: u64 = 64 << 20;
/// Code that says what a program reads of its environment.
const SOURCE_KINDS: &[&str] = &["py", "js", "mjs", "cjs", "ts", "rb", "php", "sh", "pl", "ex", "exs", "lua", "conf"];
/// Folders of packages, in which nobody's own code lies.
const FOREIGN: &[&str] = &[
    "site-packages",
    "dist-packages",
    "node_modules",
    "vendor",
    "usr/lib",
    "usr/share",
    "usr/local/lib",
    "proc",
    "sys",
];

/// A subject's files and settings.
pub(crate) struct Facts {
    pub(crate) tree: FileTree,
    pub(crate) words: Vec<String>,
    pub(crate) user: String,
    pub(crate) working_dir: String,
    /// What the image and the container set, and the user gives; later ones win.
    pub(crate) env: Vec<(String, String)>,
    /// Of those, what the image itself sets.
    pub(crate) image_env: Vec<(String, String)>,
    pub(crate) health_check: Option<HealthCheck>,
    pub(crate) exposed: Vec<u16>,
    pub(crate) history: Vec<String>,
    contents: HashMap<PathBuf, Vec<u8>>,
}

impl Facts {
    /// # Errors
    ///
    /// Fails if a layer cannot be read.
    pub(crate) fn of(subject: &Subject<'_>) -> Result<Self, TreeError> {
        let image = subject.image;
        let config = &image.config;
        let tcp = |port: &String| port.strip_suffix("/tcp").unwrap_or(port).parse().ok();
        let mut facts = Self {
            tree: FileTree::of(image)?,
            words: [config.entrypoint(), config.cmd()].concat(),
            user: config.user().to_owned(),
            working_dir: config.working_dir().to_owned(),
            env: config.env(),
            image_env: config.env(),
            health_check: config.health_check(),
            exposed: config.exposed_ports().iter().filter_map(tcp).collect(),
            history: config.history(),
            contents: HashMap::new(),
        };
        if let Some(container) = &subject.container {
            facts.words = [container.entrypoint.clone(), container.arguments.clone()].concat();
            facts.user.clone_from(&container.user);
            facts.working_dir.clone_from(&container.working_dir);
            facts.env.clone_from(&container.env);
            facts.health_check.clone_from(&container.health_check);
        }
        if let Some(user) = &subject.settings.user {
            facts.user.clone_from(user);
        }
        facts.env.extend(subject.settings.env.iter().cloned());
        let wanted = facts.wanted();
        facts.load(image, &wanted)?;
        Ok(facts)
    }

    /// Reads more files, each layer that has some of them once.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read.
    pub(crate) fn load(&mut self, image: &Image, paths: &HashSet<PathBuf>) -> Result<(), TreeError> {
        for (number, layer) in image.layers.iter().enumerate() {
            let here = |path: &PathBuf| {
                !self.contents.contains_key(path) && self.tree.get_link(path).is_some_and(|node| node.layer == number)
            };
            let wanted: HashSet<&PathBuf> = paths.iter().filter(|path| here(path)).collect();
            if wanted.is_empty() {
                continue;
            }
            let mut found = Vec::new();
            for_each_entry(&**layer, |entry, content| {
                if wanted.contains(&entry.path) && entry.size_bytes <= PROGRAM_BYTES {
                    let mut bytes = Vec::new();
                    content.read_to_end(&mut bytes)?;
                    found.push((entry.path.clone(), bytes));
                }
                Ok::<_, EntryError>(())
            })
            .map_err(|source| TreeError::Layer { layer: number + 1, source })?;
            self.contents.extend(found);
        }
        Ok(())
    }

    /// A file's bytes, where they were read.
    pub(crate) fn content(&self, path: impl AsRef<Path>) -> Option<&[u8]> {
        self.contents.get(&self.tree.resolve(path)?).map(Vec::as_slice)
    }

    /// The user's own code: path and text, sorted by path.
    pub(crate) fn sources(&self) -> Vec<(&Path, std::borrow::Cow<'_, str>)> {
        let mut all: Vec<_> = self.contents.iter().filter(|(path, _)| is_source(path)).collect();
        all.sort_unstable_by_key(|(path, _)| *path);
        all.into_iter().map(|(path, bytes)| (path.as_path(), String::from_utf8_lossy(bytes))).collect()
    }

    /// The last value of a variable; an empty one is a value.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether somebody gives the variable a value that is not empty.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| !value.is_empty())
    }

    /// The file that a word of a command names: a path as it stands, or a name along `PATH`. It need not be executable.
    pub(crate) fn find(&self, word: &str) -> Option<(PathBuf, &Node)> {
        let at = |path: String| Some((self.tree.resolve(&path)?, self.tree.get(&path)?));
        if word.starts_with('/') {
            return at(word.to_owned());
        }
        if word.contains('/') {
            return at(format!("{}/{word}", self.working_dir));
        }
        let path = self.variable("PATH").unwrap_or(DEFAULT_PATH);
        let there = path.split(':').filter_map(|folder| at(format!("{folder}/{word}")));
        let mut found: Vec<_> = there.filter(|(_, node)| node.is_file()).collect();
        found.sort_by_key(|(_, node)| node.mode & 0o111 == 0);
        found.into_iter().next()
    }

    /// Where a file of this name lies, at most three.
    pub(crate) fn named(&self, name: &str) -> Vec<PathBuf> {
        let is_named = |path: &Path| path.file_name().is_some_and(|known| known.to_string_lossy() == name);
        self.tree.iter().filter(|(path, _)| is_named(path)).take(3).map(|(path, _)| path.to_owned()).collect()
    }

    /// The number of the user as whom the container runs, and its group, where the image's files tell.
    pub(crate) fn ids(&self) -> (u32, u32) {
        let (user, group) = self.user.split_once(':').unwrap_or((&self.user, ""));
        let passwd = self.content("etc/passwd").map(String::from_utf8_lossy).unwrap_or_default();
        let line = passwd.lines().find(|line| {
            let mut fields = line.split(':');
            let name = fields.next();
            !user.is_empty() && (name == Some(user) || fields.nth(1) == Some(user))
        });
        let field = |at: usize| line.and_then(|line| line.split(':').nth(at)?.parse().ok());
        let uid = user.parse().ok().or_else(|| field(2)).unwrap_or(0);
        (uid, group.parse().ok().or_else(|| field(3)).unwrap_or(0))
    }

    /// Whether the container's user has these rights (`4` read, `2` write, `1` enter or execute) on a node.
    pub(crate) fn may(&self, node: &Node, right: u32) -> bool {
        let (uid, gid) = self.ids();
        if uid == 0 {
            return right != 1 || node.is_directory() || node.mode & 0o111 != 0;
        }
        let shift = if node.uid == u64::from(uid) {
            6
        } else if node.gid == u64::from(gid) {
            3
        } else {
            0
        };
        node.mode >> shift & right == right
    }

    /// Whether the container's user may follow all folders to a path.
    pub(crate) fn blocked_at(&self, path: &Path) -> Option<PathBuf> {
        let folders: Vec<&Path> = path.ancestors().skip(1).collect();
        let closed = |folder: &&Path| self.tree.get(folder).is_some_and(|node| !self.may(node, 1));
        folders.into_iter().rev().find(closed).map(|folder| Path::new("/").join(folder))
    }

    /// What is worth reading: code, the programs that the command names, and who there is.
    fn wanted(&self) -> HashSet<PathBuf> {
        let sources = self
            .tree
            .iter()
            .filter(|(path, node)| node.is_file() && node.size_bytes <= SOURCE_BYTES && is_source(path));
        let mut wanted: HashSet<PathBuf> = sources.take(SOURCES).map(|(path, _)| path.to_owned()).collect();
        let mut words = self.words.clone();
        if let Some(check) = &self.health_check {
            words.extend(check.test.iter().skip(1).flat_map(|word| word.split_whitespace().map(str::to_owned)));
        }
        let inner = self.words.iter().flat_map(|word| word.split_whitespace());
        wanted.extend(inner.filter_map(|word| self.find(word)).map(|(path, _)| path));
        let here = |word: &String| self.find(word).or_else(|| self.find(&format!("./{word}")));
        wanted.extend(words.iter().filter_map(here).filter(|(_, node)| node.is_file()).map(|(path, _)| path));
        let known = ["etc/passwd", "etc/group"].iter().filter_map(|path| self.tree.resolve(path));
        wanted.extend(known);
        wanted
    }
}

fn is_source(path: &Path) -> bool {
    let kind = path.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
    let text = path.to_string_lossy();
    let in_opened = |part: &str| text.starts_with(&format!("{part}/")) || text.contains(&format!("/{part}/"));
    SOURCE_KINDS.contains(&kind.as_str())
        && !FOREIGN.iter().any(|part| in_opened(part))
        && (kind != "conf" || text.contains("nginx"))
}

/// `/app/x` of `app/x`.
pub(crate) fn shown(path: &Path) -> String {
    Path::new("/").join(path).display().to_string()
}
