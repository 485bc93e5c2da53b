//! The list of what a binary is made of, in the form of `cargo auditable`, put into the binary for scanners to read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::cargo::{self, CargoError, Metadata};

/// The section that scanners look for.
pub(crate) const SECTION: &str = ".dep-v0";

#[derive(Serialize)]
struct List {
    packages: Vec<Listed>,
    format: u32,
}

#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    name: String,
    version: String,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}

/// The compressed list of a package's dependencies for a target.
pub(crate) fn list(folder: &Path, target: &str) -> Result<Vec<u8>, CargoError> {
    let metadata = cargo::metadata(folder, &["--locked", "--filter-platform", target])?;
    let manifest = folder.join("Cargo.toml");
    let json = serde_json::to_vec(&collect(&metadata, &manifest))?;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&json)?;
    Ok(zlib.finish()?)
}

fn collect(metadata: &Metadata, manifest: &Path) -> List {
    let packages: HashMap<&str, _> = metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let nodes: HashMap<&str, _> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (node.id.as_str(), node)).collect();
    let root = metadata.packages.iter().find(|package| package.manifest_path == manifest);
    let root = root.map(|package| package.id.as_str()).unwrap_or_default();
    let is_macro = |id: &str| {
        packages.get(id).is_some_and(|package| {
            package.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
        })
    };
    // Of each package whether it ends up in the binary: not if only build scripts and macros need it.
    let mut runtime: BTreeMap<&str, bool> = BTreeMap::new();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut left = vec![(root, true)];
    while let Some((id, is_runtime)) = left.pop() {
        match runtime.get(id) {
            Some(&known) if known || !is_runtime => continue,
            _ => runtime.insert(id, is_runtime),
        };
        for dependency in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let has = |wanted: Option<&str>| dependency.dep_kinds.iter().any(|one| one.kind.as_deref() == wanted);
            if has(None) || has(Some("build")) {
                edges.entry(id).or_default().insert(&dependency.pkg);
                left.push((&dependency.pkg, is_runtime && has(None) && !is_macro(&dependency.pkg)));
            }
        }
    }
    let mut all: Vec<(Listed, &str)> = runtime
        .iter()
        .filter_map(|(id, is_runtime)| {
            let package = packages.get(id)?;
            let listed = Listed {
                name: package.name.clone(),
                version: package.version.clone(),
                source: source(package.source.as_deref()),
                kind: (!is_runtime).then_some("build"),
                dependencies: Vec::new(),
                root: *id == root,
            };
            Some((listed, *id))
        })
        .collect();
    all.sort();
    let index: HashMap<&str, usize> = all.iter().enumerate().map(|(at, (_, id))| (*id, at)).collect();
    let packages = all
        .into_iter()
        .map(|(mut listed, id)| {
            let needed = edges.get(id).into_iter().flatten();
            listed.dependencies = needed.filter_map(|id| index.get(id).copied()).collect();
            listed.dependencies.sort_unstable();
            listed
        })
        .collect();
    List { packages, format: 1 }
}

/// Where a package comes from, without a path or an address.
fn source(source: Option<&str>) -> &'static str {
    match source {
        None => "local",
        Some("registry+https://github.com/rust-lang/crates.io-index" | "sparse+https://index.crates.io/") => {
            "crates.io"
        }
        Some(git) if git.starts_with("git+") => "git",
        Some(_) => "registry",
    }
}
