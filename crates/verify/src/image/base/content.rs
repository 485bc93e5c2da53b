//! What an image's own files say it is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::Doubt;
use super::name::{Distribution, Runtime, Said, Variant};
use crate::image::facts::absolute;
use crate::image::package::{Listed, Manager};
use crate::image::program::{Program, is_executable};
use crate::image::{Facts, count};

/// What an image's own files say it is.
pub(super) struct Content {
    /// `ID`, `VERSION_ID`, … of os-release; `None` without one.
    release: Option<BTreeMap<String, String>>,
    /// The package databases and how many packages they name.
    packages: Vec<(Manager, usize)>,
    listed: HashMap<Manager, Listed>,
    has_base_files: bool,
    /// dpkg is told to leave files out.
    has_excludes: bool,
    /// Some layer has an os-release or a package database, also one that is not in the final tree.
    had_distribution: bool,
    /// Language runtimes: which, version, where.
    runtimes: Vec<(Runtime, String, String)>,
    /// Versions of Python whose library is under `/usr/local`.
    python_libraries: Vec<String>,
    pub(super) shell: Option<String>,
    /// Executables of their own bytes: those without a dynamic loader, and all.
    static_programs: usize,
    elf_programs: usize,
    layers: usize,
}

impl Content {
    pub(super) fn of(facts: &Facts) -> Self {
        let release = facts.text("etc/os-release").or_else(|| facts.text("usr/lib/os-release")).map(os_release);
        let mut content = Self {
            release,
            packages: facts.packages.managers().into_iter().filter(|(manager, _)| is_there(facts, *manager)).collect(),
            listed: facts.listed.clone(),
            has_excludes: facts.packages.has_excludes,
            has_base_files: facts.packages.has(Manager::Dpkg, "base-files"),
            had_distribution: !facts.packages.managers().is_empty()
                || facts.ever_had("etc/os-release")
                || facts.ever_had("usr/lib/os-release"),
            runtimes: Vec::new(),
            python_libraries: Vec::new(),
            shell: None,
            static_programs: 0,
            elf_programs: 0,
            layers: facts.diff_ids.len(),
        };
        for (path, _) in facts.tree.iter().filter(|(_, node)| is_executable(node)) {
            let program = facts.program(path);
            if let Some(Program::Elf { header, shell }) = program {
                content.elf_programs += 1;
                content.static_programs += usize::from(header.interpreter.is_none());
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if let Some(version) = name.strip_prefix("python").filter(|version| is_version(version)) {
                    content.runtimes.push((Runtime::Python, version.to_owned(), absolute(path)));
                    if facts.find(format!("usr/local/lib/python{version}/os.py")).is_some() {
                        content.python_libraries.push(version.to_owned());
                    }
                }
                if shell.is_some() {
                    content.shell.get_or_insert_with(|| absolute(path));
                }
            }
        }
        content.add_runtimes(facts);
        let shells = ["bin/sh", "usr/bin/sh", "bin/bash", "usr/bin/bash", "busybox/sh", "bin/busybox", "bin/dash"];
        let shell = shells.iter().find(|path| facts.find(path).is_some_and(|(_, node)| is_executable(node)));
        content.shell = content.shell.or_else(|| shell.map(absolute));
        content
    }

    /// Runtimes that tell their version in a file of their own.
    fn add_runtimes(&mut self, facts: &Facts) {
        let runs = |path: &str| facts.find(path).is_some_and(|(_, node)| is_executable(node));
        if let (true, Some(text)) = (runs("usr/local/bin/node"), facts.text("usr/local/include/node/node_version.h")) {
            let part =
                |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("#define NODE_{name}_VERSION ")));
            let parts: Vec<&str> =
                ["MAJOR", "MINOR", "PATCH"].iter().filter_map(|name| part(name)).map(str::trim).collect();
            self.runtimes.push((Runtime::Node, parts.join("."), "/usr/local/bin/node".to_owned()));
        }
        if let (true, Some(text)) = (runs("usr/local/go/bin/go"), facts.text("usr/local/go/VERSION")) {
            let version = text.lines().next().unwrap_or_default().trim_start_matches("go").to_owned();
            self.runtimes.push((Runtime::Go, version, "/usr/local/go/bin/go".to_owned()));
        }
        if let (true, Some(text)) = (runs("opt/java/openjdk/bin/java"), facts.text("opt/java/openjdk/release")) {
            let version = text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION=")).unwrap_or_default();
            self.runtimes.push((
                Runtime::Java,
                version.trim_matches('"').to_owned(),
                "/opt/java/openjdk/bin/java".to_owned(),
            ));
        }
        for (name, _) in facts.tree.children("usr/local/rustup/toolchains") {
            let name = name.to_string_lossy();
            let version = name.split('-').next().unwrap_or_default().to_owned();
            let rustc = format!("usr/local/rustup/toolchains/{name}/bin/rustc");
            if runs(&rustc) && is_version(&version) {
                self.runtimes.push((Runtime::Rust, version, absolute(rustc)));
            }
        }
    }

    /// Whether the distribution is the one that a name says, with its packages.
    pub(super) fn distribution(&self, said: &Said) -> Result<String, Vec<Doubt>> {
        if said.distribution == Distribution::Busybox {
            return match (&self.release, &self.shell) {
                (None, Some(shell)) => Ok(format!("no os-release, a shell at `{shell}`")),
                (Some(_), _) => Err(vec![Doubt::wrong("it has an os-release")]),
                (None, None) => Err(vec![Doubt::wrong("no BusyBox")]),
            };
        }
        let wanted = match said.distribution {
            Distribution::Id(id) => id,
            _ => "debian",
        };
        let mut doubts = Vec::new();
        match self.field("ID") {
            None => doubts.push(Doubt::wrong("no os-release")),
            Some(id) if id != wanted => return Err(vec![Doubt::wrong(format!("os-release says {id}, not {wanted}"))]),
            Some(_) => {
                let version = self.field("VERSION_ID").unwrap_or_default();
                if let Some(release) = said.release.as_deref().filter(|release| !begins(version, release)) {
                    doubts.push(Doubt::wrong(format!("os-release says {version}, not {release}")));
                }
            }
        }
        let is_distroless = self.pretty_name().is_some_and(|name| name.contains("istroless"));
        match said.distribution {
            Distribution::Distroless if !is_distroless && doubts.is_empty() => {
                doubts.push(Doubt::wrong("not Distroless"));
            }
            Distribution::Id("debian") if is_distroless => {
                doubts.push(Doubt::wrong("Distroless, which has no package manager"));
            }
            _ => {}
        }
        match self.files_of(wanted) {
            Err(doubt) => doubts.push(doubt),
            Ok(files) => match self.variant(said.variant) {
                Err(doubt) => doubts.push(doubt),
                Ok(variant) if doubts.is_empty() => {
                    return Ok(format!("{} (os-release), {}{files}{variant}", self.title(), self.packages()));
                }
                Ok(_) => {}
            },
        }
        Err(doubts)
    }

    /// Whether the packages of a distribution are there: a database alone shows nothing.
    fn files_of(&self, distribution: &str) -> Result<String, Doubt> {
        let manager = match distribution {
            "alpine" | "wolfi" => Manager::Apk,
            "debian" | "ubuntu" => Manager::Dpkg,
            "arch" => return Err(Doubt::unknown("pacman's database is not read")),
            _ => Manager::Rpm,
        };
        let Some((_, count)) = self.packages.iter().find(|(found, _)| *found == manager) else {
            return Err(Doubt::wrong("no package database"));
        };
        if manager == Manager::Rpm {
            return Err(Doubt::unknown("rpm's database is not read"));
        }
        if *count == 0 {
            return Err(Doubt::wrong("no package database"));
        }
        if manager == Manager::Dpkg && !self.has_base_files {
            return Err(Doubt::wrong("no `base-files` among its packages"));
        }
        let Listed { files, files_there, .. } = self.listed.get(&manager).copied().unwrap_or_default();
        let told = format!("{files_there} of {}", count_of(files, "file"));
        match files_there * 10 {
            0 => Err(Doubt::wrong(format!("a package database, but {told} that it lists"))),
            tenths if tenths < files * 9 => {
                Err(Doubt::unknown(format!("only {told} that its package database lists are there")))
            }
            _ => Ok(format!(" with {told}")),
        }
    }

    /// Whether Debian's documentation is there, or left out.
    fn variant(&self, wanted: Variant) -> Result<String, Doubt> {
        let Listed { documents, documents_there, .. } = self.listed.get(&Manager::Dpkg).copied().unwrap_or_default();
        let told = format!("{documents_there} of {} of documentation", count_of(documents, "file"));
        let is_there = documents_there * 2 >= documents && documents > 0;
        match (wanted, is_there, self.has_excludes) {
            (Variant::Any, ..) => Ok(String::new()),
            (Variant::Full, true, _) => Ok(format!(", {told}")),
            (Variant::Full, false, true) => {
                Err(Doubt::wrong(format!("a slim variant: {told}, which dpkg is told to leave out")))
            }
            (Variant::Slim, false, true) => Ok(format!(", {told}, which dpkg is told to leave out")),
            (Variant::Slim, true, _) => Err(Doubt::wrong(format!("not slim: {told}"))),
            (_, false, false) => {
                Err(Doubt::unknown(format!("slim or not: {told}, and dpkg is not told to leave it out")))
            }
        }
    }

    /// Whether a runtime is there, of a version that begins so.
    pub(super) fn runtime(&self, wanted: Runtime, version: &str) -> Result<String, Doubt> {
        let name = name(wanted);
        let found: Vec<_> = self.runtimes.iter().filter(|(runtime, ..)| *runtime == wanted).collect();
        let right = found.iter().find(|(_, found, _)| version.is_empty() || begins(found, version));
        match (right, found.first()) {
            (Some((Runtime::Python, version, path)), _) if !self.is_whole_python(version, path) => {
                Err(Doubt::wrong(format!("Python {version} at `{path}` is not as Python's images have it")))
            }
            (Some((_, version, path)), _) => Ok(format!("{name} {version} at `{path}`")),
            (None, Some((_, found, _))) => Err(Doubt::wrong(format!("{name} {found}, not {version}"))),
            (None, None) => Err(Doubt::wrong(format!("no {name}"))),
        }
    }

    /// Python's images have it under `/usr/local`, with its library.
    fn is_whole_python(&self, version: &str, path: &str) -> bool {
        path == format!("/usr/local/bin/python{version}") && self.python_libraries.iter().any(|found| found == version)
    }

    /// What speaks against scratch.
    pub(super) fn any_distribution(&self) -> Option<String> {
        match (&self.release, self.packages.is_empty()) {
            (Some(_), _) => Some(format!("os-release says {}", self.title())),
            (None, false) => Some(self.packages()),
            (None, true) if self.had_distribution => {
                Some("a layer brings an os-release or a package database, which a later one deletes".to_owned())
            }
            (None, true) => None,
        }
    }

    /// What the image is, in few words.
    pub(super) fn describe(&self) -> String {
        let layers = count(self.layers as u64, "layer");
        let mut parts = Vec::new();
        if self.release.is_some() {
            parts.push(self.title());
        }
        if !self.packages.is_empty() {
            parts.push(self.packages());
        }
        parts.extend(self.runtimes.iter().map(|(runtime, version, _)| format!("{} {version}", name(*runtime))));
        if self.any_distribution().is_none() {
            parts.push(format!("{} on scratch", self.programs()));
        } else if parts.is_empty() {
            parts.push(self.programs());
        }
        format!("{} ({layers})", parts.join(", "))
    }

    /// `one static binary`, `12 binaries`.
    pub(super) fn programs(&self) -> String {
        match (self.elf_programs, self.static_programs) {
            (0, _) => "no binary".to_owned(),
            (1, 1) => "one static binary".to_owned(),
            (1, _) => "one binary".to_owned(),
            (all, statics) if all == statics => format!("{all} static binaries"),
            (all, _) => format!("{all} binaries"),
        }
    }

    fn packages(&self) -> String {
        let texts: Vec<String> = self
            .packages
            .iter()
            .map(|(manager, count)| match manager {
                Manager::Rpm => "an rpm database".to_owned(),
                _ => format!("{count} {} packages", manager.name()),
            })
            .collect();
        if texts.is_empty() { "no package database".to_owned() } else { texts.join(", ") }
    }

    fn title(&self) -> String {
        self.pretty_name().or_else(|| self.field("ID")).unwrap_or("an os-release without a name").to_owned()
    }

    fn pretty_name(&self) -> Option<&str> {
        self.field("PRETTY_NAME")
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.release.as_ref()?.get(name).map(String::as_str)
    }
}

fn name(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "Python",
        Runtime::Node => "Node.js",
        Runtime::Go => "Go",
        Runtime::Rust => "Rust",
        Runtime::Java => "Java",
    }
}

/// `1 file`, `2 files`.
fn count_of(number: usize, noun: &str) -> String {
    count(number as u64, noun)
}

/// A database counts while it is in the final tree.
fn is_there(facts: &Facts, manager: Manager) -> bool {
    let paths: &[&str] = match manager {
        Manager::Apk => &["lib/apk/db/installed", "usr/lib/apk/db/installed"],
        Manager::Dpkg => &["var/lib/dpkg/status", "var/lib/dpkg/status.d"],
        Manager::Rpm => &["var/lib/rpm", "usr/lib/sysimage/rpm"],
    };
    paths.iter().any(|path| facts.tree.get(Path::new(path)).is_some())
}

/// `3.12` begins `3.12.4` and not `3.120`.
fn begins(version: &str, wanted: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+', '_']))
}

fn is_version(text: &str) -> bool {
    text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Shell assignments, one a line (os-release(5)).
fn os_release(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
        .collect()
}
