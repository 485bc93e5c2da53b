//! What is in an image: every layer's entries, and the one tree that a container sees.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::entries::{ByReading, Entries, Entry, EntryError, EntryKind};
use crate::{Image, Layer, limits};

/// Why the files of an image cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("cannot read layer {layer} of the image")]
    Layer { layer: usize, source: EntryError },
    #[error("layer {layer} puts `{}` where a file is in the way", .path.display())]
    InTheWay { layer: usize, path: PathBuf },
    #[error("layer {layer} links `{}` to `{}`, which is not there", .path.display(), .target.display())]
    Dangling { layer: usize, path: PathBuf, target: PathBuf },
    #[error("the image has more than {} files", limits::TREE_ENTRIES)]
    TooMany,
    #[error("`{}` has {size_bytes} bytes, more than the {limit} that are read", .path.display())]
    TooLarge { path: PathBuf, size_bytes: u64, limit: u64 },
    #[error("`{}` is no file", .0.display())]
    NoFile(PathBuf),
}

/// A file, folder, link or device that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub kind: NodeKind,
    /// Permission bits with setuid, setgid and sticky (`0o7777`).
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    /// Seconds since 1970.
    pub mtime: i64,
    /// Of the content; 0 for all but files.
    pub size_bytes: u64,
    /// Extended attributes, by name: `security.capability`.
    pub xattrs: Vec<(String, Vec<u8>)>,
    /// Whether other paths may lead to the same file.
    pub hard_link: bool,
    /// The layer that it comes from, counted from 0 at the bottom.
    pub layer: usize,
    /// Of its content: the layer, and which of that layer's entries it is.
    content: Option<(usize, u64)>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    File,
    Directory,
    /// As written.
    Symlink(PathBuf),
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

impl Node {
    pub fn is_file(&self) -> bool {
        self.kind == NodeKind::File
    }

    pub fn is_directory(&self) -> bool {
        self.kind == NodeKind::Directory
    }
}

/// Reads a layer from its first entry to its last, also what later layers delete.
///
/// Whiteouts come as the files that they are (`.wh.NAME`). When it returns `Ok`, the layer was read to its end and
/// hashed to its diff id; what `each` sees before that is not vouched for.
///
/// # Errors
///
/// Fails if the layer cannot be read, or with the first error of `each`.
pub fn for_each_entry<E: From<EntryError>>(
    layer: &dyn Layer,
    mut each: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut entries = Entries::new(ByReading(layer.uncompressed().map_err(EntryError::from)?));
    while let Some(entry) = entries.next()? {
        each(&entry, &mut entries)?;
    }
    Ok(())
}

/// The tree that a container sees: the layers one over the other, after whiteouts and opaque folders.
///
/// As overlay mounts have it: an entry below a link of the same layer lies where the link leads, and a folder takes
/// the place of a lower layer's link.
#[derive(Default)]
pub struct FileTree {
    /// By path, relative and without `.`; the root is the empty one. Parents stand before their children.
    nodes: BTreeMap<PathBuf, Node>,
    layers: Vec<Arc<dyn Layer>>,
    unpacked_bytes: u64,
}

impl FileTree {
    /// Reads every layer of an image once.
    ///
    /// # Errors
    ///
    /// Fails if a layer is damaged, is not what the config says, or cannot be unpacked on the ones below.
    pub fn of(image: &Image) -> Result<Self, TreeError> {
        let mut tree = Self { nodes: BTreeMap::new(), layers: image.layers.clone(), unpacked_bytes: 0 };
        tree.nodes.insert(PathBuf::new(), folder(0));
        for (layer, source) in image.layers.iter().enumerate() {
            tree.add(layer, &**source)?;
        }
        Ok(tree)
    }

    /// What the layers add when each is unpacked into a folder of its own: bytes of files, one of several hard links
    /// in a layer counted, and the lengths of symbolic links. A file that a later layer replaces or deletes counts
    /// all the same. It is the size that `docker images` has long shown.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked_bytes
    }

    /// Every node with its path, sorted, relative to the root, which is the empty path.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_path(), node))
    }

    /// The node that a program in the container finds at `path`, links followed, never out of the root.
    pub fn get(&self, path: impl AsRef<Path>) -> Option<&Node> {
        self.nodes.get(&self.resolve(path)?)
    }

    /// As [`Self::get`]; where `path` itself is a link, that link.
    pub fn get_link(&self, path: impl AsRef<Path>) -> Option<&Node> {
        self.nodes.get(&self.walk(path.as_ref(), false)?)
    }

    /// Where `path` is when all links are followed; relative to the root. `None` where nothing is.
    pub fn resolve(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        self.walk(path.as_ref(), true)
    }

    /// What lies directly in a folder, with names.
    pub fn children(&self, path: impl AsRef<Path>) -> Vec<(&OsStr, &Node)> {
        let Some(folder) = self.resolve(path) else { return Vec::new() };
        self.below(&folder)
            .filter(|(path, _)| path.parent() == Some(&folder))
            .filter_map(|(path, node)| Some((path.file_name()?, node)))
            .collect()
    }

    /// A file's bytes, links followed; `None` where nothing is.
    ///
    /// The layer is read to its end, so that what is returned is what its digest says.
    ///
    /// # Errors
    ///
    /// Fails if it is no file, has more than `limit` bytes, or the layer cannot be read.
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> Result<Option<Vec<u8>>, TreeError> {
        let Some(path) = self.resolve(path) else { return Ok(None) };
        let Some(node) = self.nodes.get(&path) else { return Ok(None) };
        let Some((layer, wanted)) = node.content.filter(|_| node.is_file()) else {
            return Err(TreeError::NoFile(path));
        };
        if node.size_bytes > limit {
            return Err(TreeError::TooLarge { path, size_bytes: node.size_bytes, limit });
        }
        let mut bytes = Vec::new();
        let mut count = 0;
        for_each_entry(&*self.layers[layer], |_, content| {
            if count == wanted {
                content.read_to_end(&mut bytes)?;
            }
            count += 1;
            Ok::<_, EntryError>(())
        })
        .map_err(|source| TreeError::Layer { layer: layer + 1, source })?;
        Ok(Some(bytes))
    }

    fn walk(&self, path: &Path, follow_last: bool) -> Option<PathBuf> {
        let mut left: Vec<PathBuf> = parts(path);
        let mut at = PathBuf::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == Path::new("..") {
                at.pop();
                continue;
            }
            at.push(part);
            let node = self.nodes.get(&at)?;
            match &node.kind {
                NodeKind::Symlink(target) if follow_last || !left.is_empty() => {
                    links += 1;
                    if links > limits::LINKS || left.len() > limits::PATH_BYTES {
                        return None;
                    }
                    if target.is_absolute() {
                        at = PathBuf::new();
                    } else {
                        at.pop();
                    }
                    left.extend(parts(target));
                }
                NodeKind::Directory => {}
                _ if left.is_empty() => {}
                _ => return None,
            }
        }
        Some(at)
    }

    /// All that lies in a folder, at any depth.
    fn below(&self, folder: &Path) -> impl Iterator<Item = (&PathBuf, &Node)> {
        let range = (Bound::Excluded(folder.to_owned()), Bound::Unbounded);
        self.nodes.range(range).take_while(move |(path, _)| path.starts_with(folder))
    }

    fn add(&mut self, layer: usize, source: &dyn Layer) -> Result<(), TreeError> {
        let mut count = 0;
        let mut sizes = HashMap::new();
        let mut entries = Entries::new(ByReading(
            source.uncompressed().map_err(|source| TreeError::Layer { layer: layer + 1, source: source.into() })?,
        ));
        loop {
            let entry = entries.next().map_err(|source| TreeError::Layer { layer: layer + 1, source })?;
            let Some(entry) = entry else { break };
            self.entry(layer, count, entry, &mut sizes)?;
            count += 1;
            if self.nodes.len() > limits::TREE_ENTRIES {
                return Err(TreeError::TooMany);
            }
        }
        self.unpacked_bytes += sizes.values().sum::<u64>();
        Ok(())
    }

    fn entry(
        &mut self,
        layer: usize,
        position: u64,
        entry: Entry,
        sizes: &mut HashMap<PathBuf, u64>,
    ) -> Result<(), TreeError> {
        let name = entry.path.file_name().unwrap_or_default().as_bytes().to_vec();
        let path = self.place(layer, &entry.path)?;
        if name == b".wh..wh..opq" {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            self.remove_lower(&folder, layer, false);
            return Ok(());
        }
        // What aufs kept for itself.
        if name.starts_with(b".wh..wh.") {
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            self.remove_lower(&path.with_file_name(OsStr::from_bytes(hidden)), layer, true);
            return Ok(());
        }
        let (kind, size) = match entry.kind {
            EntryKind::File => (NodeKind::File, entry.size_bytes),
            EntryKind::Directory => (NodeKind::Directory, 0),
            EntryKind::Symlink(target) => {
                let size = target.as_os_str().len() as u64;
                (NodeKind::Symlink(target), size)
            }
            EntryKind::CharDevice { major, minor } => (NodeKind::CharDevice { major, minor }, 0),
            EntryKind::BlockDevice { major, minor } => (NodeKind::BlockDevice { major, minor }, 0),
            EntryKind::Fifo => (NodeKind::Fifo, 0),
            EntryKind::Hardlink(target) => return self.link(layer, path, &target, sizes),
        };
        let node = Node {
            content: (kind == NodeKind::File).then_some((layer, position)),
            kind,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            mtime: entry.mtime,
            size_bytes: entry.size_bytes,
            xattrs: entry.xattrs,
            hard_link: false,
            layer,
        };
        sizes.insert(path.clone(), size);
        self.put(path, node, sizes);
        Ok(())
    }

    fn link(
        &mut self,
        layer: usize,
        path: PathBuf,
        target: &Path,
        sizes: &mut HashMap<PathBuf, u64>,
    ) -> Result<(), TreeError> {
        let dangling = || TreeError::Dangling { layer: layer + 1, path: path.clone(), target: target.to_owned() };
        let real = self.place(layer, target)?;
        let Some(found) = self.nodes.get_mut(&real).filter(|node| !node.is_directory()) else {
            return Err(dangling());
        };
        found.hard_link = true;
        let mut node = found.clone();
        node.layer = layer;
        if real == path {
            return Ok(());
        }
        // In another layer's file a link is a copy of it.
        let size = if sizes.contains_key(&real) { 0 } else { node.size_bytes };
        sizes.insert(path.clone(), size);
        self.put(path, node, sizes);
        Ok(())
    }

    fn put(&mut self, path: PathBuf, node: Node, sizes: &mut HashMap<PathBuf, u64>) {
        let old = self.nodes.get(&path);
        if old.is_some_and(|old| !(old.is_directory() && node.is_directory())) {
            for gone in self.remove(&path, |_| true) {
                if gone != path {
                    sizes.remove(&gone);
                }
            }
        }
        self.nodes.insert(path, node);
    }

    /// Where an entry of `layer` lies, its folders made where they are missing.
    fn place(&mut self, layer: usize, path: &Path) -> Result<PathBuf, TreeError> {
        let in_the_way = || TreeError::InTheWay { layer: layer + 1, path: path.to_owned() };
        let mut at = PathBuf::new();
        let Some(parent) = path.parent() else { return Ok(at) };
        for part in parent.components() {
            at.push(part);
            let Some(node) = self.nodes.get(&at) else {
                self.nodes.insert(at.clone(), folder(layer));
                continue;
            };
            match &node.kind {
                NodeKind::Directory => {}
                NodeKind::Symlink(_) if node.layer == layer => {
                    let real = self.resolve(&at).ok_or_else(in_the_way)?;
                    if !self.nodes.get(&real).is_some_and(Node::is_directory) {
                        return Err(in_the_way());
                    }
                    at = real;
                }
                _ if node.layer == layer => return Err(in_the_way()),
                _ => {
                    self.nodes.insert(at.clone(), folder(layer));
                }
            }
        }
        at.push(path.file_name().unwrap_or_default());
        Ok(at)
    }

    /// Removes what lower layers put at `path` (with `itself`) and below it; what this layer put there stays.
    fn remove_lower(&mut self, path: &Path, layer: usize, itself: bool) {
        let kept = self.nodes.get(path).cloned();
        self.remove(path, |node| node.layer < layer);
        let needed = !itself || self.below(path).next().is_some();
        if let (true, Some(kept)) = (needed, kept) {
            self.nodes.entry(path.to_owned()).or_insert(if itself { folder(layer) } else { kept });
        }
        self.mend(path, layer);
    }

    /// Folders that went while something in them stayed.
    fn mend(&mut self, path: &Path, layer: usize) {
        let missing: Vec<PathBuf> = self
            .below(path)
            .flat_map(|(below, _)| below.ancestors().skip(1).take_while(|folder| *folder != path))
            .filter(|folder| !self.nodes.contains_key(*folder))
            .map(Path::to_owned)
            .collect();
        for path in missing {
            self.nodes.insert(path, folder(layer));
        }
    }

    fn remove(&mut self, path: &Path, which: impl Fn(&Node) -> bool) -> Vec<PathBuf> {
        let itself = self.nodes.get_key_value(path).into_iter();
        let gone: Vec<PathBuf> =
            itself.chain(self.below(path)).filter(|(_, node)| which(node)).map(|(path, _)| path.clone()).collect();
        for path in &gone {
            self.nodes.remove(path);
        }
        gone
    }
}

/// A folder that no entry speaks of.
fn folder(layer: usize) -> Node {
    Node {
        kind: NodeKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime: 0,
        size_bytes: 0,
        xattrs: Vec::new(),
        hard_link: false,
        layer,
        content: None,
    }
}

/// Of a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// Reads at most `limit` bytes of a stream, and tells whether there were more.
///
/// # Errors
///
/// Fails if the stream does.
pub fn read_up_to(source: &mut dyn Read, limit: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    source.take(limit).read_to_end(&mut bytes)?;
    let more = source.read(&mut [0])? > 0;
    Ok((bytes, more))
}
