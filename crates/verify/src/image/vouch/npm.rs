//! What npm, pnpm and Yarn leave in `node_modules` of what they installed. None has a hash for each file.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use serde::Deserialize;

use super::author::Author;
use super::evidence::{each_line, whole};

/// The longest state that is read, and how many packages of all are kept.
const LONGEST: usize = 16 << 20;
const MOST: usize = 200_000;
const FOLDER: &str = "node_modules/";

/// What the states of all layers say.
#[derive(Debug, Default)]
pub(super) struct Npm {
    /// By the folder that a package is in: npm's and Yarn's states name it.
    folders: HashMap<String, Source>,
    /// By the folder of the state, and what stands in it: `react@19.0.0`, or only `react`.
    names: HashMap<(String, String), Source>,
    /// The folders that have a state in their `node_modules`.
    roots: HashSet<String>,
    count: usize,
}

/// Where a package came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// From the registry that everyone reads.
    Public,
    /// From another registry.
    Registry,
    /// Part of the package around it.
    Bundled,
    /// A folder, a link, a repository, an archive, or not said.
    Elsewhere,
}

/// `.package-lock.json`, as npm 7 and later write it.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    packages: HashMap<String, Locked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locked {
    resolved: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    in_bundle: bool,
}

/// `.yarn-integrity`, as Yarn 1 writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Integrity {
    #[serde(default)]
    lockfile_entries: HashMap<String, String>,
    #[serde(default)]
    linked_modules: Vec<String>,
}

/// Whether a file tells what was installed.
pub(super) fn is_state(path: &str) -> bool {
    [".package-lock.json", ".pnpm/lock.yaml", ".yarn-integrity", ".yarn-state.yml"]
        .iter()
        .any(|name| path.strip_suffix(name).is_some_and(|rest| rest == FOLDER || rest.ends_with("/node_modules/")))
}

impl Npm {
    /// Takes in a file for which [`is_state`] holds.
    pub(super) fn read(&mut self, path: &str, content: &mut dyn Read) -> io::Result<()> {
        let Some((root, state)) = path.rsplit_once(FOLDER) else { return Ok(()) };
        self.roots.insert(root.to_owned());
        match state {
            ".pnpm/lock.yaml" => self.read_pnpm(root, content),
            ".yarn-state.yml" => self.read_yarn(root, content),
            _ => {
                let Some(bytes) = whole(content, LONGEST)? else { return Ok(()) };
                if state == ".yarn-integrity" {
                    self.read_yarn_1(root, &bytes);
                } else {
                    self.read_npm(root, &bytes);
                }
                Ok(())
            }
        }
    }

    /// The package that a path is part of, if it is published and not the author's.
    pub(super) fn package(&self, path: &str, author: &Author) -> Option<String> {
        for (at, _) in path.rmatch_indices(FOLDER) {
            let inside = &path[at + FOLDER.len()..];
            let name = package_name(inside)?;
            let folder = &path[..at + FOLDER.len() + name.len()];
            let is_ours = || author.has_node(name);
            match self.source(path, at, name, folder)? {
                Source::Bundled => {}
                Source::Public if !(is_ours() || name.starts_with('@') && author.starts_below(folder)) => {
                    return Some(name.to_owned());
                }
                Source::Registry if !is_ours() && !author.starts_below(folder) => return Some(name.to_owned()),
                _ => return None,
            }
        }
        None
    }

    /// Whether a file lies in packages of which there is a state, and is no cache of a tool.
    pub(super) fn has_state_around(&self, path: &str) -> bool {
        let (first, last) = (path.find(FOLDER), path.rfind(FOLDER));
        let is_package = |last: usize| !path[last + FOLDER.len()..].starts_with('.');
        first.is_some_and(|at| self.roots.contains(&path[..at])) && last.is_some_and(is_package)
    }

    fn source(&self, path: &str, at: usize, name: &str, folder: &str) -> Option<Source> {
        if let Some(source) = self.folders.get(folder) {
            return Some(*source);
        }
        let root = &path[..path.find(FOLDER)?];
        let known = |key: String| self.names.get(&(root.to_owned(), key)).copied();
        // `node_modules/.pnpm/@acme+x@1.0.0_react@19.0.0/node_modules/@acme/x`
        let store = path[..at].strip_suffix('/').and_then(|store| store.rsplit_once("/.pnpm/"));
        match store {
            Some((_, store)) => {
                let version = store.strip_prefix(&name.replace('/', "+"))?.strip_prefix('@')?;
                known(format!("{name}@{}", version.split(['_', '(']).next()?))
            }
            None => known(name.to_owned()),
        }
    }

    /// Of several states that know a package, the one that does not know it from a registry counts.
    fn add_folder(&mut self, folder: String, source: Source) {
        self.count += 1;
        if self.count <= MOST {
            self.folders.entry(folder).and_modify(|known| *known = worse(*known, source)).or_insert(source);
        }
    }

    fn add_name(&mut self, root: &str, name: &str, source: Source) {
        self.count += 1;
        if self.count <= MOST {
            let key = (root.to_owned(), name.to_owned());
            self.names.entry(key).and_modify(|known| *known = worse(*known, source)).or_insert(source);
        }
    }

    fn read_npm(&mut self, root: &str, bytes: &[u8]) {
        let Ok(lock) = serde_json::from_slice::<Lock>(bytes) else { return };
        for (folder, package) in lock.packages {
            let source = match &package.resolved {
                _ if package.link => Source::Elsewhere,
                Some(url) if package.integrity.is_some() => Source::of(url),
                // `omit-lockfile-registry-resolved`: npm leaves the address out for a registry's packages only.
                None if package.integrity.is_some() => Source::Registry,
                None if package.in_bundle => Source::Bundled,
                _ => Source::Elsewhere,
            };
            self.add_folder(format!("{root}{folder}"), source);
        }
    }

    fn read_yarn_1(&mut self, root: &str, bytes: &[u8]) {
        let Ok(state) = serde_json::from_slice::<Integrity>(bytes) else { return };
        for (pattern, url) in &state.lockfile_entries {
            let Some((name, _)) = pattern.rsplit_once('@').filter(|(name, _)| !name.is_empty()) else { continue };
            // `foo@npm:bar@1`: another package under this name.
            let name = name.split_once("@npm:").map_or(name, |(name, _)| name);
            self.add_name(root, name, if url.contains('#') { Source::of(url) } else { Source::Elsewhere });
        }
        for name in &state.linked_modules {
            self.add_name(root, name, Source::Elsewhere);
        }
    }

    /// `"react@npm:19.0.0":` and below it the folders under `locations:`.
    fn read_yarn(&mut self, root: &str, content: &mut dyn Read) -> io::Result<()> {
        let mut source = Source::Elsewhere;
        let mut folders = Vec::new();
        let is_whole = each_line(content, LONGEST as u64, |line| {
            if let Some(locator) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
                let locator = locator.trim_matches('"');
                let is_npm = locator.contains("@npm:") && !locator.contains("@patch:") || locator.contains("builtin<");
                source = if is_npm { Source::Registry } else { Source::Elsewhere };
            } else if let Some(folder) = line.strip_prefix("    - ") {
                folders.push((folder.trim_matches('"').to_owned(), source));
            }
        })?;
        for (folder, source) in folders.into_iter().filter(|_| is_whole) {
            self.add_folder(format!("{root}{folder}"), source);
        }
        Ok(())
    }

    /// Under `packages:` a key `'@acme/x@1.0.0':` and its `resolution: {integrity: …}`, each on a line.
    fn read_pnpm(&mut self, root: &str, content: &mut dyn Read) -> io::Result<()> {
        let mut is_packages = false;
        let mut key = None;
        let mut found = Vec::new();
        let is_whole = each_line(content, LONGEST as u64, |line| {
            if line.is_empty() {
                // Between entries.
            } else if !line.starts_with(' ') {
                is_packages = line.starts_with("packages:");
            } else if let (true, Some(name)) =
                (is_packages, line.strip_suffix(':').and_then(|line| line.strip_prefix("  ")))
            {
                if !name.starts_with(' ') {
                    key = name_and_version(name.trim_matches(['\'', '"']));
                }
            } else if let (true, Some(resolution)) = (is_packages, line.strip_prefix("    resolution: {")) {
                found.extend(key.take().map(|key| (key, Source::of_resolution(resolution))));
            }
        })?;
        for ((name, version), source) in found.into_iter().filter(|_| is_whole) {
            self.add_name(root, &name, source);
            self.add_name(root, &format!("{name}@{version}"), source);
        }
        Ok(())
    }
}

impl Source {
    /// A registry's archive is `https://HOST/…/NAME/-/NAME-1.0.0.tgz`.
    fn of(url: &str) -> Self {
        let url = url.split(['#', '?']).next().unwrap_or(url);
        let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
            return Self::Elsewhere;
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        match (path.contains("/-/") && path.strip_suffix(".tgz").is_some(), host) {
            (true, "registry.npmjs.org" | "registry.yarnpkg.com") => Self::Public,
            (true, _) => Self::Registry,
            (false, _) => Self::Elsewhere,
        }
    }

    /// pnpm writes the address only where it is not the one that follows from the name.
    fn of_resolution(text: &str) -> Self {
        let address =
            text.split_once("tarball: ").map(|(_, rest)| rest.split([',', '}']).next().unwrap_or(rest).trim());
        match address {
            _ if !text.contains("integrity: ") => Self::Elsewhere,
            None => Self::Registry,
            Some(url) => Self::of(url.trim_matches(['\'', '"'])),
        }
    }
}

fn worse(one: Source, other: Source) -> Source {
    let rank = |source| match source {
        Source::Public => 0,
        Source::Registry => 1,
        Source::Bundled => 2,
        Source::Elsewhere => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// `@acme/x` of `@acme/x/lib/y.js`.
fn package_name(inside: &str) -> Option<&str> {
    let mut slashes = inside.match_indices('/').map(|(at, _)| at);
    let first = slashes.next()?;
    let end = if inside.starts_with('@') { slashes.next()? } else { first };
    Some(&inside[..end])
}

/// `@acme/x@1.0.0(react@19.0.0)`; before version 6 of the lock `/@acme/x/1.0.0_react@19.0.0`.
fn name_and_version(key: &str) -> Option<(String, String)> {
    let key = key.split('(').next()?;
    let path = key.strip_prefix('/').unwrap_or(key);
    let old = key
        .starts_with('/')
        .then(|| path.split('_').next())
        .flatten()
        .filter(|path| !path.get(1..).unwrap_or("").contains('@'));
    let (name, version) = match old {
        Some(path) => path.rsplit_once('/')?,
        // A scope begins with the same sign.
        None => path.match_indices('@').find(|(at, _)| *at > 0).map(|(at, _)| (&path[..at], &path[at + 1..]))?,
    };
    Some((name.to_owned(), version.split('_').next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npm(path: &str, content: &str) -> Npm {
        let mut npm = Npm::default();
        assert!(is_state(path), "{path}");
        npm.read(path, &mut content.as_bytes()).unwrap();
        npm
    }

    #[track_caller]
    fn check(npm: &Npm, rows: &[(&str, Option<&str>)]) {
        for (path, expected) in rows {
            assert_eq!(npm.package(path, &Author::default()).as_deref(), *expected, "{path}");
        }
    }

    #[test]
    fn npm_vouches_for_what_came_from_a_registry_with_a_hash() {
        let tgz = "https://registry.npmjs.org/x/-/x-1.0.0.tgz";
        let lock = serde_json::json!({"packages": {
            "node_modules/next": {"resolved": tgz, "integrity": "sha512-x"},
            "node_modules/next/node_modules/inner": {"version": "1", "inBundle": true},
            "node_modules/@acme/x": {"resolved": "https://npm.acme.internal/@acme/x/-/x-1.tgz", "integrity": "sha512-x"},
            "node_modules/no-address": {"version": "1", "integrity": "sha512-x"},
            "node_modules/no-hash": {"resolved": tgz},
            "node_modules/file": {"resolved": "file:../file-1.0.0.tgz", "integrity": "sha512-x"},
            "node_modules/git": {"resolved": "git+ssh://git@github.com/a/b.git#1", "integrity": "sha512-x"},
            "node_modules/hub": {"resolved": "https://codeload.github.com/a/b/tar.gz/1", "integrity": "sha512-x"},
            "node_modules/linked": {"resolved": tgz, "integrity": "sha512-x", "link": true},
            "node_modules/own": {},
        }});
        let npm = npm("app/node_modules/.package-lock.json", &lock.to_string());
        check(
            &npm,
            &[
                ("app/node_modules/next/dist/compiled/dotenv/index.js", Some("next")),
                ("app/node_modules/next/node_modules/inner/x.js", Some("next")),
                ("app/node_modules/@acme/x/y.js", Some("@acme/x")),
                ("app/node_modules/next/node_modules/copied/x.js", None),
                ("app/node_modules/no-address/x.js", Some("no-address")),
                ("app/node_modules/no-hash/x.js", None),
                ("app/node_modules/file/x.js", None),
                ("app/node_modules/git/x.js", None),
                ("app/node_modules/hub/x.js", None),
                ("app/node_modules/linked/x.js", None),
                ("app/node_modules/own/x.js", None),
                ("app/node_modules/.cache/x.js", None),
                ("other/node_modules/next/x.js", None),
                ("app/next/x.js", None),
            ],
        );
    }

    #[test]
    fn pnpm_vouches_by_name_and_version() {
        let lock = "lockfileVersion: '9.0'\n\nimporters:\n  .:\n    dependencies:\n\npackages:\n\n  next@16.0.0:\n    resolution: {integrity: sha512-x}\n\n  '@acme/ui@file:packages/ui':\n    resolution: {directory: packages/ui, type: directory}\n\n  '@types/node@20.0.0':\n    resolution: {integrity: sha512-x}\n\n  hub@https://codeload.github.com/a/b/tar.gz/1:\n    resolution: {tarball: https://codeload.github.com/a/b/tar.gz/1, integrity: sha512-x}\n\nsnapshots:\n\n  other@1.0.0:\n    resolution: {integrity: sha512-x}\n";
        let npm = npm("app/node_modules/.pnpm/lock.yaml", lock);
        check(
            &npm,
            &[
                ("app/node_modules/.pnpm/next@16.0.0_react@19.0.0/node_modules/next/x.js", Some("next")),
                ("app/node_modules/.pnpm/@types+node@20.0.0/node_modules/@types/node/x.d.ts", Some("@types/node")),
                ("app/node_modules/.pnpm/next@15.0.0/node_modules/next/x.js", None),
                ("app/node_modules/.pnpm/@acme+ui@file+packages+ui/node_modules/@acme/ui/x.js", None),
                ("app/node_modules/.pnpm/other@1.0.0/node_modules/other/x.js", None),
                ("app/node_modules/next/x.js", Some("next")),
            ],
        );
        assert_eq!(name_and_version("/@acme/x/1.0.0_y@2"), Some(("@acme/x".to_owned(), "1.0.0".to_owned())));
        assert_eq!(name_and_version("/x@1.0.0(y@2)"), Some(("x".to_owned(), "1.0.0".to_owned())));
    }

    #[test]
    fn yarn_vouches_in_both_its_forms() {
        let tgz = "https://registry.yarnpkg.com/x/-/x-1.0.0.tgz";
        let state = serde_json::json!({
            "lockfileEntries": {
                "next@^16": format!("{tgz}#sum"), "@types/node@*": format!("{tgz}#sum"), "bare@1": tgz,
                "ours@file:ours": "", "linked@1": format!("{tgz}#sum"),
            },
            "linkedModules": ["linked"],
        });
        check(
            &npm("app/node_modules/.yarn-integrity", &state.to_string()),
            &[
                ("app/node_modules/next/x.js", Some("next")),
                ("app/node_modules/x/node_modules/@types/node/x.js", Some("@types/node")),
                ("app/node_modules/bare/x.js", None),
                ("app/node_modules/ours/x.js", None),
                ("app/node_modules/linked/x.js", None),
            ],
        );
        let state = "__metadata:\n  version: 1\n\n\"next@npm:16.0.0\":\n  locations:\n    - \"node_modules/next\"\n\n\"app@workspace:.\":\n  locations:\n    - \"\"\n\n\"ui@workspace:ui\":\n  locations:\n    - \"node_modules/ui\"\n\n\"x@patch:x@npm%3A1.0.0#./x.patch\":\n  locations:\n    - \"node_modules/x\"\n";
        check(
            &npm("app/node_modules/.yarn-state.yml", state),
            &[
                ("app/node_modules/next/x.js", Some("next")),
                ("app/node_modules/ui/x.js", None),
                ("app/node_modules/x/x.js", None),
            ],
        );
    }

    #[test]
    fn the_authors_packages_vouch_for_nothing() {
        let tgz = |host: &str| format!("https://{host}/x/-/x-1.0.0.tgz");
        let entry = |host: &str| serde_json::json!({"resolved": tgz(host), "integrity": "sha512-x"});
        let lock = serde_json::json!({"packages": {
            "node_modules/@acme/ui": entry("registry.npmjs.org"),
            "node_modules/app": entry("registry.npmjs.org"),
            "node_modules/next": entry("registry.npmjs.org"),
        }});
        let npm = npm("app/node_modules/.package-lock.json", &lock.to_string());
        let mut author = Author::default();
        author.read("app/package.json", &mut br#"{"name": "@acme/web"}"#.as_slice()).unwrap();
        author.read("app/api/package.json", &mut br#"{"name": "app"}"#.as_slice()).unwrap();
        for (path, expected) in [
            ("app/node_modules/@acme/ui/x.js", None),
            ("app/node_modules/app/x.js", None),
            ("app/node_modules/next/x.js", Some("next")),
        ] {
            assert_eq!(npm.package(path, &author).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn bad_states_vouch_for_nothing() {
        for content in
            ["", "{", "[]", "{\"packages\": 1}", "{\"packages\": {\"\": {}, \"node_modules/\": {}}}", "\u{0}"]
        {
            for name in [".package-lock.json", ".pnpm/lock.yaml", ".yarn-integrity", ".yarn-state.yml"] {
                let npm = npm(&format!("node_modules/{name}"), content);
                check(&npm, &[("node_modules/x/y", None), ("node_modules/", None), ("node_modules/@/", None)]);
            }
        }
        assert_eq!(name_and_version("/"), None);
        assert_eq!(name_and_version(""), None);
    }
}
