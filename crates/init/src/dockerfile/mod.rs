//! A Dockerfile that the legacy builder, `BuildKit` and Podman build alike: no mounts and no here-documents, unless cache mounts are asked for.

mod compiled;
mod health;
mod interpreted;
mod node;
mod python;

use std::fmt::Write as _;

use crate::project::{Language, Project, Start};
use crate::toolchain::Toolchain;
use crate::versions::{Bases, bases};

/// Whether package managers keep their downloads between builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMounts {
    No,
    /// With `RUN --mount=type=cache`, which the legacy builder does not know.
    BuildKit,
}

/// The text of a Dockerfile; `None` where the project has nothing but one of its own.
pub fn dockerfile(project: &Project, mounts: CacheMounts) -> Option<String> {
    let bases = bases(project);
    let mut file = File { text: String::new(), mounts };
    file.line("# From `seaworthy init`: what it found is in containerization-spec.md. Change both as you like.");
    match &project.toolchain {
        Toolchain::Python(python) => python::write(&mut file, project, python, &bases),
        Toolchain::Node(node) => node::write(&mut file, project, node, &bases),
        Toolchain::Go(go) => compiled::go(&mut file, project, go, &bases),
        Toolchain::Rust(rust) => compiled::rust(&mut file, project, rust, &bases),
        Toolchain::Java(java) => compiled::java(&mut file, project, java, &bases),
        Toolchain::DotNet(dotnet) => compiled::dotnet(&mut file, project, dotnet, &bases),
        Toolchain::Php(php) => interpreted::php(&mut file, project, php, &bases),
        Toolchain::Ruby(ruby) => interpreted::ruby(&mut file, project, ruby, &bases),
        Toolchain::Site(site) => interpreted::site(&mut file, site, &bases),
        Toolchain::Dockerfile => return None,
    }
    file.ends(project, &bases);
    Some(file.text)
}

/// Whether the image that is written can ask for its own health.
pub(crate) fn is_health_check_possible(project: &Project) -> bool {
    health::check(project, &bases(project)).is_some()
}

/// Whether the Dockerfile that is written has more than one stage.
pub(crate) fn has_stages(project: &Project) -> bool {
    dockerfile(project, CacheMounts::No).is_some_and(|text| text.matches("FROM ").count() > 1)
}

/// A Dockerfile that is being written.
struct File {
    text: String,
    mounts: CacheMounts,
}

impl File {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// `RUN`, with what the package manager keeps in `cache`.
    fn run_with(&mut self, cache: &str, command: &str) {
        match self.mounts {
            CacheMounts::No => self.line(&format!("RUN {command}")),
            CacheMounts::BuildKit => self.line(&format!("RUN --mount=type=cache,target={cache} \\\n    {command}")),
        }
    }

    /// `ENV` of several variables.
    fn env(&mut self, variables: &[(&str, String)]) {
        let all: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.line(&format!("ENV {}", all.join(" \\\n    ")));
    }

    /// From the volumes on: the same for every language.
    fn ends(&mut self, project: &Project, bases: &Bases) {
        // Nothing on `scratch` makes folders; the engine makes a volume's when it is mounted.
        let is_empty = bases.run == "scratch";
        for volume in project.volumes.iter().filter(|_| !is_empty) {
            let path = &volume.value;
            self.line(&format!("RUN mkdir -p {path} && chown {} {path}", bases.user));
            self.line(&format!("VOLUME {}", json(std::slice::from_ref(path))));
        }
        // By default only this machine reaches it, and outside a container nothing does.
        if let Some((name, value)) = &project.listens {
            self.line(&format!("ENV {name}={value}"));
        }
        self.line(&format!("USER {}", bases.user));
        if let Some(port) = &project.port {
            self.line(&format!("EXPOSE {}", port.number.value));
        }
        if let Some(check) = health::check(project, bases) {
            self.line(&check);
        }
        match project.start.as_ref().map(|start| &start.value) {
            Some(Start::Exec(words)) => self.line(&format!("CMD {}", json(words))),
            // `exec` in the line gives the shell's place to the service, so that it gets SIGTERM.
            Some(Start::Shell(line)) => {
                self.line(&format!("CMD {}", json(&["sh".to_owned(), "-c".to_owned(), line.clone()])));
            }
            // The web server is started by its base.
            None if project.is(Language::Site) || project.is(Language::Php) => {}
            None => self.line("# QUESTION: how is it started? CMD [\"program\", \"argument\"]"),
        }
    }
}

/// The exec form: `["python", "main.py"]`.
fn json(words: &[String]) -> String {
    let quoted = |word: &String| serde_json::Value::from(word.as_str()).to_string();
    format!("[{}]", words.iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// `PORT=8000`, where a variable moves the port.
fn port(project: &Project) -> Option<(String, String)> {
    let port = project.port.as_ref()?;
    Some((port.variable.as_ref()?.value.clone(), port.number.value.to_string()))
}

/// `COPY a b ./`, for each folder that some of the files lie in.
fn copies(paths: &[&str]) -> String {
    let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
    for path in paths {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        match folders.iter_mut().find(|(folder, _)| *folder == parent) {
            Some((_, files)) => files.push(path),
            None => folders.push((parent, vec![path])),
        }
    }
    let mut text = String::new();
    for (folder, files) in folders {
        let to = if folder.is_empty() { "./".to_owned() } else { format!("./{folder}/") };
        let _ = writeln!(text, "COPY {} {to}", files.join(" "));
    }
    text.trim_end().to_owned()
}
