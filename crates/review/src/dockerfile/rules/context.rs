//! What of the project's folder goes into the build, and from there into the image.

use std::collections::{HashMap, HashSet};

use super::super::file::{File, Source, Stage, Step, What};
use super::super::pairs::Pair;
use super::super::scene::{Found, Scene};
use super::super::shell::Command;
use super::{Check, above, ends_in, joined, quoted};
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &CONTEXT_UNFILTERED, find: context_unfiltered },
    Check { rule: &SECRET_COPIED, find: secret_copied },
    Check { rule: &COPY_SOURCE_MISSING, find: copy_source_missing },
    Check { rule: &SOURCES_BEFORE_PACKAGES, find: sources_before_packages },
];

static CONTEXT_UNFILTERED: Rule = Rule {
    id: "context-unfiltered",
    severity: Severity::Warning,
    title: "COPY takes the whole folder, and .dockerignore lets history or secrets through",
    why: "`.git` and `.env` then lie in the image: whoever pulls it reads every commit and every password in them.",
    bad: "COPY . .        # and no .dockerignore",
    good: "COPY . .        # and a .dockerignore with the lines .git, .env and .env.*",
};

static SECRET_COPIED: Rule = Rule {
    id: "secret-copied",
    severity: Severity::Error,
    title: "A file that holds secrets is copied into the image",
    why: "Whoever pulls the image has it, also where a later step removes it.",
    bad: "COPY .env id_rsa /app/",
    good: "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
};

static COPY_SOURCE_MISSING: Rule = Rule {
    id: "copy-source-missing",
    severity: Severity::Error,
    title: "COPY names a file that does not reach the build",
    why: "The build fails: the file is not there, or `.dockerignore` leaves it out.",
    bad: "COPY src ./src     # .dockerignore: src",
    good: "COPY src ./src",
};

static SOURCES_BEFORE_PACKAGES: Rule = Rule {
    id: "sources-before-packages",
    severity: Severity::Warning,
    title: "The sources are copied before the packages are installed",
    why: "Every change of a source file installs all packages again: a build of seconds takes minutes.",
    bad: "COPY . .\nRUN pip install --no-cache-dir -r requirements.txt",
    good: "COPY requirements.txt ./\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY . .",
};

/// What no image should have.
const NEVER: &[&str] = &[".git", ".env"];

/// Whether a step copies the whole context.
fn copies_all(step: &Step) -> bool {
    let What::Copy { options, sources, .. } = &step.what else { return false };
    let is_all = |source: &Source| matches!(source, Source::Path(path) if matches!(path.as_str(), "." | "./" | "/" | "*" | "./*"));
    !is_from(options) && sources.iter().any(is_all)
}

/// Every step that copies the whole context, and whether the image keeps what it copies.
fn copies_of_all<'a>(scene: &Scene<'a>) -> Vec<(&'a Step, bool)> {
    let (mut all, taken) = (Vec::new(), Taken::of(scene));
    let mut folders: Vec<String> = Vec::new();
    for (index, stage) in scene.stages().iter().enumerate() {
        let mut folder = stage.base.stage.map_or_else(|| "/".to_owned(), |parent| folders[parent].clone());
        for step in stage.steps.iter().filter(|step| !step.is_deferred) {
            match &step.what {
                What::Workdir(path) => folder = joined(&folder, path),
                What::Copy { to, .. } if copies_all(step) => {
                    let is_kept = scene.are_final[index] || taken.may_hold(stage, &joined(&folder, to));
                    all.push((step, is_kept));
                }
                _ => {}
            }
        }
        folders.push(folder);
    }
    all
}

/// What steps copy out of stages. Stages that are made from one another count as one.
struct Taken {
    /// With the first of the stages that the one is made from.
    paths: HashSet<(usize, String)>,
    /// Stages of which a path is taken that only the build knows.
    unknown: HashSet<usize>,
}

impl Taken {
    fn of(scene: &Scene<'_>) -> Self {
        let mut taken = Self { paths: HashSet::new(), unknown: HashSet::new() };
        let mut names = HashMap::new();
        for (index, stage) in scene.stages().iter().enumerate() {
            names.extend(stage.name.as_ref().map(|name| (name.to_ascii_lowercase(), index)));
        }
        for step in scene.file.steps() {
            let What::Copy { options, sources, .. } = &step.what else { continue };
            let from = options.iter().find(|option| option.name == "from").and_then(|option| option.value.as_deref());
            let Some(from) = from else { continue };
            let stage = names.get(&from.to_ascii_lowercase()).copied().or_else(|| from.parse().ok());
            let Some(origin) = stage.and_then(|stage| scene.stages().get(stage)).map(|stage| stage.origin) else {
                continue;
            };
            for source in sources {
                if let Source::Path(path) = source {
                    taken.add(origin, path);
                }
            }
        }
        taken
    }

    fn add(&mut self, origin: usize, path: &str) {
        if path.contains('$') {
            self.unknown.insert(origin);
        }
        // The part with a pattern may be any.
        let known =
            path.find(['*', '?', '[']).map_or(path, |at| path[..at].rsplit_once('/').map_or("", |(above, _)| above));
        self.paths.insert((origin, joined("/", known)));
    }

    /// Whether a folder of a stage is taken, or one above it.
    fn may_hold(&self, stage: &Stage, folder: &str) -> bool {
        let origin = stage.origin;
        let is_taken = |path: &str| self.paths.contains(&(origin, path.to_owned()));
        let is_unknown = self.unknown.contains(&origin) || folder.contains('$');
        is_unknown || is_taken("/") || is_taken(folder) || above(folder).any(is_taken)
    }
}

fn context_unfiltered(scene: &Scene<'_>, found: &mut Found) {
    let sent: Vec<&str> = NEVER.iter().copied().filter(|path| (scene.context.is_sent)(path)).collect();
    if sent.is_empty() {
        return;
    }
    let names = quoted(&sent);
    for (step, _) in copies_of_all(scene).into_iter().filter(|(_, is_kept)| *is_kept) {
        let (message, advice) = if scene.context.has_ignore_file {
            let message = format!("it copies the whole folder, and `.dockerignore` lets {names} through");
            (message, format!("add {names} to `.dockerignore`"))
        } else {
            let message = format!("it copies the whole folder, and no `.dockerignore` keeps {names} out");
            (message, "write a `.dockerignore`; `seaworthy init` does".to_owned())
        };
        found.at(step, message, advice);
    }
}

/// Whether a file of this name holds secrets.
fn is_secret(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let is_example = ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
    let is_env = name == ".env" || name.starts_with(".env.");
    let is_key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(&name)
        || [".p12", ".pfx", ".keystore", ".jks"].iter().any(|end| name.ends_with(end))
        || ends_in(name, &[".key", "-key.pem"])
        || ["key.pem", "privkey.pem"].contains(&name);
    let is_login = [
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".pgpass",
        ".git-credentials",
        ".htpasswd",
        "master.key",
        ".ssh",
        ".aws",
        "kubeconfig",
    ]
    .contains(&name)
        || path.ends_with(".aws/credentials")
        || path.ends_with(".docker/config.json")
        || (name.starts_with("service-account") && ends_in(name, &[".json"]))
        || name == "credentials.json";
    !is_example && (is_env || is_key || is_login)
}

fn secret_copied(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps() {
        let What::Copy { options, sources, .. } = &step.what else { continue };
        if is_from(options) {
            continue;
        }
        let paths = sources
            .iter()
            .filter_map(|source| if let Source::Path(path) = source { Some(path.as_str()) } else { None });
        let secret: Vec<&str> = paths.filter(|path| is_secret(path)).collect();
        if !secret.is_empty() {
            let advice = "mount it for the step that needs it (`RUN --mount=type=secret`), or give it to the container";
            found.at(step, format!("it copies {}", quoted(&secret)), advice);
        }
    }
}

/// The paths of the build's folder that a step copies, without those that only the build knows: patterns, variables.
fn plain_sources(step: &Step) -> impl Iterator<Item = &str> {
    let sources = match &step.what {
        What::Copy { options, sources, .. } if !step.is_deferred && !is_from(options) => sources.as_slice(),
        _ => &[],
    };
    sources.iter().filter_map(|source| if let Source::Path(path) = source { plain(path) } else { None })
}

fn is_from(options: &[Pair]) -> bool {
    options.iter().any(|option| option.name == "from")
}

fn plain(path: &str) -> Option<&str> {
    let is_known = !path.contains(['*', '?', '[', '$', ':', '\\']);
    let path = path.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
    let is_inside = !path.is_empty() && path != "." && path.split('/').all(|part| part != "..");
    (is_known && is_inside).then_some(path)
}

/// Every path that a build's folder must have for `COPY` and `ADD`.
pub(in crate::dockerfile) fn copied(file: &File) -> Vec<String> {
    file.steps().flat_map(plain_sources).map(str::to_owned).collect()
}

fn copy_source_missing(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps() {
        for path in plain_sources(step) {
            match (scene.context.is_there)(path) {
                Some(false) => found.at(
                    step,
                    format!("there is no `{path}` in the folder"),
                    "correct the path; it is relative to the build's folder",
                ),
                Some(true) if !(scene.context.is_sent)(path) => {
                    found.at(
                        step,
                        format!("`.dockerignore` leaves `{path}` out"),
                        format!("add the line `!{path}` to `.dockerignore`"),
                    );
                }
                _ => {}
            }
        }
    }
}

/// Commands that install the packages which a file of the project names, and the files.
fn installs_packages(command: &Command) -> Option<&'static str> {
    let verb = command.verb();
    let has_file = command.arguments().any(|word| word == "-r" || word == "--requirement" || word.starts_with("-r"));
    match command.name() {
        "npm"
            if matches!(verb, "ci" | "install" | "i")
                && command.operands().count() == 1
                && !command.has_any(&["-g", "--global"]) =>
        {
            Some("package.json package-lock.json")
        }
        "yarn" if super::packages::is_yarn_install(command) => Some("package.json yarn.lock"),
        "pnpm" if matches!(verb, "install" | "i") && command.operands().count() == 1 => {
            Some("package.json pnpm-lock.yaml")
        }
        "pip" | "pip3" if verb == "install" && has_file => Some("requirements.txt"),
        "python" | "python3" if command.has("pip") && command.has("install") && has_file => Some("requirements.txt"),
        "poetry" if verb == "install" => Some("pyproject.toml poetry.lock"),
        "uv" if verb == "sync" => Some("pyproject.toml uv.lock"),
        "bundle" if verb == "install" => Some("Gemfile Gemfile.lock"),
        "composer" if verb == "install" => Some("composer.json composer.lock"),
        "go" if command.has("mod") && command.has("download") => Some("go.mod go.sum"),
        "dotnet" if verb == "restore" => Some("the project files"),
        _ => None,
    }
}

fn sources_before_packages(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let mut all: Option<&Step> = None;
        let mut has_installed = false;
        for step in &stage.steps {
            if copies_all(step) {
                all = all.or(Some(step));
            }
            let What::Run { form, .. } = &step.what else { continue };
            for command in form.commands() {
                let Some(files) = installs_packages(&command) else { continue };
                if let Some(copy) = all.filter(|_| !has_installed) {
                    let message = format!("a change of any file installs all packages again (line {})", step.first);
                    found.at(copy, message, format!("above it, copy {files} and install the packages"));
                    all = None;
                }
                has_installed = true;
            }
        }
    }
}
