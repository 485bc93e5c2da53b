//! One pass over an image: everything the checks of this folder decide by.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use seaworthy_image::tree::for_each_entry;
use seaworthy_image::{Config, Digest, EntryError, EntryKind, FileTree, Format, Image, Layer, Node, TreeError};

use super::elf::{self, Elf};
use super::package::{self, Listed, Manager, Packages};
use super::program::Program;
use super::search::{Content, Search};
use super::secret::{self, Given, Hit};
use super::vouch::{self, Records, Voucher};

/// Small files whose text other checks read, from the final tree: path and longest length.
const TEXTS: [(&str, usize); 7] = [
    ("etc/os-release", 64 << 10),
    ("usr/lib/os-release", 64 << 10),
    ("etc/passwd", 1 << 20),
    ("etc/group", 1 << 20),
    ("usr/local/go/VERSION", 4 << 10),
    ("usr/local/include/node/node_version.h", 64 << 10),
    ("opt/java/openjdk/release", 64 << 10),
];
/// Findings that are kept; more are only counted.
const MOST_SECRETS: usize = 10_000;

/// What one pass over an image showed.
pub struct Facts {
    pub(super) config: Config,
    pub(super) digest: Digest,
    /// As stored: its annotations are searched.
    pub(super) manifest: Vec<u8>,
    pub(super) format: Format,
    /// Of each layer's uncompressed bytes, the bottom one first.
    pub(super) diff_ids: Vec<Digest>,
    pub(super) tree: FileTree,
    /// What starts when a file of the final tree is run.
    programs: HashMap<PathBuf, Program>,
    pub(super) packages: Packages,
    /// Of what the packages' databases list.
    pub(super) listed: HashMap<Manager, Listed>,
    /// The files in [`TEXTS`]: the last layer that has them, and their text there.
    texts: BTreeMap<&'static str, (usize, String)>,
    pub(super) secrets: Vec<Secret>,
    /// Certain and doubtful findings beyond [`MOST_SECRETS`].
    pub(super) more_certain: usize,
    pub(super) more_doubtful: usize,
    /// Files with findings that a package database vouches for.
    pub(super) vouched: Vec<Vouched>,
    /// Variables that a `.env` file sets: the layer, its path, the name.
    pub(super) dotenv: Vec<(usize, String, String)>,
    pub(super) searched: Searched,
    /// How many given values were looked for, and the variables whose value was not.
    pub(super) given: usize,
    pub(super) given_skipped: Vec<String>,
}

/// Every file of every layer, by layer and path, with what starts when it is run.
type Programs = HashMap<(usize, PathBuf), Option<Program>>;

/// A finding and its place. It holds no part of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) place: Place,
    pub(super) hit: Hit,
    /// A name alone is suspicious.
    pub(super) by_name: bool,
    /// It is the value that the user gave in this variable.
    pub(super) given: Option<String>,
    /// Who probably brought it: no hash says so.
    pub(super) brought_by: Option<Vouched>,
    /// It counts only if the package that it lies in is the author's.
    pub(super) if_authors: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    File {
        layer: usize,
        path: String,
        /// Inside an archive: `lib/x.jar!/config.yml`. Empty for the file itself.
        member: String,
    },
    Variable(String),
    Label(String),
    /// `the entrypoint`, `the health check`.
    Command(&'static str),
    /// 1-based line of the history.
    History(usize),
    /// Of the manifest.
    Annotation(String),
    /// Somewhere else in the config: its comment, a member that nobody knows.
    Config,
}

/// A file that would be a finding if its package's database did not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vouched {
    pub(super) path: String,
    pub(super) voucher: Voucher,
    pub(super) package: String,
}

/// How far the search for secrets went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Searched {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Archives and compressed files whose content was searched, and how many files were in them.
    pub(super) opened: u64,
    pub(super) members: u64,
    /// Those that were not opened, or not to their end: searched as they lie.
    pub(super) compressed: u64,
    /// Objects of a git repository: compressed, and searched as they lie.
    pub(super) git_objects: u64,
    /// Settings files too long to be read by their form.
    pub(super) too_long: u64,
}

/// Why the facts of an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("cannot tell the image's files")]
    Tree(#[from] TreeError),
    #[error("cannot read layer {number} of the image")]
    Layer { number: usize, source: EntryError },
}

impl Facts {
    /// Reads every layer for its tree and for what is in it; one with findings that a package database knows once more.
    ///
    /// # Errors
    ///
    /// Fails if a layer cannot be read whole, is not what the config says, or is larger than images are.
    pub fn of(image: &Image) -> Result<Self, FactsError> {
        Self::looking_for(&Given::default(), image)
    }

    /// As [`Facts::of`], and looks for the secrets that the user gave for the run.
    ///
    /// # Errors
    ///
    /// As [`Facts::of`].
    pub fn looking_for(given: &Given, image: &Image) -> Result<Self, FactsError> {
        let mut facts = Self {
            config: image.config.clone(),
            digest: image.digest().clone(),
            manifest: image.manifest.bytes().to_vec(),
            format: image.manifest.format(),
            diff_ids: image.layers.iter().map(|layer| layer.diff_id().clone()).collect(),
            tree: FileTree::default(),
            programs: HashMap::new(),
            packages: Packages::default(),
            listed: HashMap::new(),
            texts: BTreeMap::new(),
            secrets: Vec::new(),
            more_certain: 0,
            more_doubtful: 0,
            vouched: Vec::new(),
            dotenv: Vec::new(),
            searched: Searched::default(),
            given: given.count(),
            given_skipped: given.skipped().to_vec(),
        };
        facts.search_config(given);
        let mut search = Search::new(given);
        let mut programs = Programs::new();
        let mut records = Records::default();
        // Both read all of the image: side by side. What has no tree is not read on.
        let has_no_tree = AtomicBool::new(false);
        let (tree, read) = std::thread::scope(|scope| {
            let tree = scope.spawn(|| FileTree::of(image).inspect_err(|_| has_no_tree.store(true, Ordering::Relaxed)));
            let mut layers = image.layers.iter().enumerate().take_while(|_| !has_no_tree.load(Ordering::Relaxed));
            let read = layers.try_for_each(|(index, layer)| {
                let failed = |source| FactsError::Layer { number: index + 1, source };
                facts.read_layer(index, layer.as_ref(), given, &mut search, &mut programs, &mut records).map_err(failed)
            });
            (tree.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), read)
        });
        facts.tree = tree?;
        read?;
        facts.compare_with_databases(&programs);
        facts.keep_programs(programs);
        facts.read_linked_texts()?;
        vouch::ask(&mut facts, image, &records)?;
        Ok(facts)
    }

    /// Whether the final tree has something at a path.
    pub fn has(&self, path: &str) -> bool {
        self.tree.get_link(path).is_some()
    }

    /// What the layers add when each is unpacked into a folder of its own.
    pub fn unpacked_bytes(&self) -> u64 {
        self.tree.unpacked_bytes()
    }

    /// What is at a path when all links are followed, with where that is.
    pub(super) fn find(&self, path: impl AsRef<Path>) -> Option<(PathBuf, &Node)> {
        let path = self.tree.resolve(path)?;
        let node = self.tree.get_link(&path)?;
        Some((path, node))
    }

    /// What starts when a file of the final tree is run.
    pub(super) fn program(&self, path: &Path) -> Option<&Program> {
        self.programs.get(path)
    }

    /// What one of [`TEXTS`] says in the final tree, links followed.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        let (_, node) = self.find(path)?;
        let (layer, text) = self.texts.get(path)?;
        (*layer == node.layer).then_some(text.as_str())
    }

    /// Whether any layer has this one of [`TEXTS`], deleted later or not.
    pub(super) fn ever_had(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    /// `layer 2 of 5`.
    pub(super) fn layer_name(&self, index: usize) -> String {
        format!("layer {} of {}", index + 1, self.diff_ids.len())
    }

    fn read_layer(
        &mut self,
        index: usize,
        layer: &dyn Layer,
        given: &Given,
        search: &mut Search<'_>,
        programs: &mut Programs,
        records: &mut Records,
    ) -> Result<(), EntryError> {
        for_each_entry(layer, |entry, content| {
            match &entry.kind {
                EntryKind::File => {
                    let path = text(&entry.path);
                    records.note(index, &path);
                    let found = search.file(&path, content, keep(&path))?;
                    let program = self.read_file(index, &path, found, given);
                    programs.insert((index, entry.path.clone()), program);
                }
                EntryKind::Hardlink(target) => {
                    let found = (0..=index).rev().find_map(|layer| programs.get(&(layer, target.clone())));
                    let program = found.cloned().flatten();
                    programs.insert((index, entry.path.clone()), program);
                }
                _ => {}
            }
            Ok(())
        })
    }

    /// Those of [`TEXTS`] that are links to another file, of either kind, are read where that lies.
    fn read_linked_texts(&mut self) -> Result<(), TreeError> {
        for (name, longest) in TEXTS {
            let Some((path, node)) = self.find(name) else { continue };
            let layer = node.layer;
            if path == Path::new(name) && !node.hard_link {
                continue;
            }
            let known = path.to_str().and_then(|path| self.texts.get(path)).filter(|(known, _)| *known == layer);
            let text = match known.filter(|_| !node.hard_link) {
                Some(known) => known.clone(),
                None => match self.tree.read(&path, longest as u64) {
                    Ok(Some(content)) => (layer, String::from_utf8_lossy(&content).into_owned()),
                    Ok(None) | Err(TreeError::NoFile(_) | TreeError::TooLarge { .. }) => (usize::MAX, String::new()),
                    Err(error) => return Err(error),
                },
            };
            self.texts.insert(name, text);
        }
        Ok(())
    }

    /// Counts what of the packages' files some layer brings: what a later one deletes was there. A link counts in the final tree.
    fn compare_with_databases(&mut self, programs: &Programs) {
        let files: HashSet<&str> = programs.keys().filter_map(|(_, path)| path.to_str()).map(package::merged).collect();
        let has = |path: &str| {
            files.contains(path) || ["", "usr/"].iter().any(|top| self.tree.get_link(format!("{top}{path}")).is_some())
        };
        let managers = self.packages.managers();
        let listed = managers.iter().map(|(manager, _)| (*manager, self.packages.listed(*manager, &has)));
        self.listed = listed.collect();
    }

    /// Keeps the programs of the final tree, under the paths that they have there.
    fn keep_programs(&mut self, programs: Programs) {
        for ((layer, path), program) in programs {
            let Some(program) = program else { continue };
            let (folder, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
            let Some(path) = self.tree.resolve(folder).map(|folder| folder.join(name)) else { continue };
            if self.tree.get_link(&path).is_some_and(|node| node.is_file() && node.layer == layer) {
                self.programs.insert(path, program);
            }
        }
    }

    fn read_file(&mut self, layer: usize, path: &str, content: Content, given: &Given) -> Option<Program> {
        self.searched.files += 1;
        self.searched.bytes += content.length;
        self.searched.opened += content.opened;
        self.searched.members += content.members;
        self.searched.compressed += content.unopened;
        self.searched.git_objects += u64::from(is_git_object(path));
        self.searched.too_long += u64::from(content.is_too_long);
        self.dotenv.extend(content.names.into_iter().map(|name| (layer, path.to_owned(), name)));
        let kept = &content.head;
        if let Some((name, longest)) = TEXTS.iter().find(|(name, _)| *name == path) {
            let text = String::from_utf8_lossy(&kept[..kept.len().min(*longest)]).into_owned();
            self.texts.insert(name, (layer, text));
        }
        if Manager::of(path).is_some() {
            self.packages.read(path, kept);
        }
        for found in content.found {
            let place = Place::File { layer, path: path.to_owned(), member: found.member };
            if found.by_name {
                self.suspect(place.clone(), "name of a file for secrets");
            }
            // Of two findings of one kind, the certain one comes first and is kept.
            let mut kinds = Vec::new();
            for hit in found.hits {
                if !kinds.contains(&hit.kind) {
                    kinds.push(hit.kind);
                    self.found(place.clone(), hit);
                }
            }
            for hit in found.if_authors.into_iter().filter(|hit| !kinds.contains(&hit.kind)) {
                self.keep(Secret { if_authors: true, ..Secret::new(place.clone(), hit) });
            }
            // Several values of one variable may be in a file: a URL's password as it stands there, and decoded.
            let variables: BTreeSet<&str> = found.given.into_iter().map(|value| given.variable(value)).collect();
            for variable in variables {
                self.found_given(place.clone(), variable);
            }
        }
        let head = &kept[..kept.len().min(elf::HEAD)];
        match Elf::read(head) {
            Some(header) => Some(Program::Elf { header, shell: content.shell }),
            None => elf::script(head).map(Program::Script),
        }
    }

    pub(super) fn found(&mut self, place: Place, hit: Hit) {
        self.keep(Secret::new(place, hit));
    }

    /// A value that the user gave in a variable stands there.
    pub(super) fn found_given(&mut self, place: Place, variable: &str) {
        let hit = Hit { strength: secret::Strength::Certain, kind: "given value" };
        self.keep(Secret { given: Some(variable.to_owned()), ..Secret::new(place, hit) });
    }

    pub(super) fn suspect(&mut self, place: Place, kind: &'static str) {
        let hit = Hit { strength: secret::Strength::Doubtful, kind };
        self.keep(Secret { by_name: true, ..Secret::new(place, hit) });
    }

    fn keep(&mut self, secret: Secret) {
        if self.secrets.len() < MOST_SECRETS {
            self.secrets.push(secret);
        } else if secret.if_authors {
            // Not counted: nobody asks any more whose it is.
        } else if secret.hit.strength == secret::Strength::Certain {
            self.more_certain += 1;
        } else {
            self.more_doubtful += 1;
        }
    }
}

/// How much of a file's beginning other checks need.
fn keep(path: &str) -> usize {
    let wanted = TEXTS.iter().find(|(name, _)| *name == path).map_or(0, |(_, longest)| *longest);
    let database = Manager::of(path).filter(|manager| *manager != Manager::Rpm).map_or(0, |_| package::LONGEST);
    elf::HEAD.max(wanted).max(database)
}

/// A loose object or a pack, of a working tree's repository or of a bare one.
fn is_git_object(path: &str) -> bool {
    let Some((repository, object)) =
        path.split_once("/objects/").or_else(|| Some(("", path.strip_prefix("objects/")?)))
    else {
        return false;
    };
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let loose = object
        .split_once('/')
        .is_some_and(|(folder, name)| folder.len() == 2 && is_hex(folder) && name.len() >= 38 && is_hex(name));
    let pack = object.starts_with("pack/") && Path::new(object).extension().is_some_and(|ending| ending == "pack");
    loose || pack && repository.ends_with("git")
}

impl Secret {
    fn new(place: Place, hit: Hit) -> Self {
        Self { place, hit, by_name: false, given: None, brought_by: None, if_authors: false }
    }
}

impl Place {
    /// Where a reader finds it.
    pub(super) fn name(&self, facts: &Facts) -> String {
        match self {
            Self::File { layer, path, member } => {
                let kept = facts.tree.get_link(path).is_some_and(|node| node.layer == *layer);
                let gone = if kept { "" } else { " (not in the final tree)" };
                let member = if member.is_empty() { String::new() } else { format!("!/{member}") };
                format!("`/{path}{member}` in {}{gone}", facts.layer_name(*layer))
            }
            Self::Variable(name) => format!("variable `{name}` of the config"),
            Self::Label(name) => format!("label `{name}`"),
            Self::Command(name) => (*name).to_owned(),
            Self::Annotation(name) => format!("annotation `{name}` of the manifest"),
            Self::History(line) => format!("line {line} of the history"),
            Self::Config => "the config".to_owned(),
        }
    }
}

/// A path as it is shown and compared.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The text of a path as an absolute one.
pub(super) fn absolute(path: impl AsRef<Path>) -> String {
    format!("/{}", text(path.as_ref()).trim_start_matches('/'))
}
