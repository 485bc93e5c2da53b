//! What of the project's folder goes into the build, and from there into the image.

use super::super::file::{Source, Step, What};
use super::super::scene::{Found, Scene};
use super::super::shell::Command;
use super::{Check, ends_in, quoted};
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
    !options.iter().any(|option| option.name == "from") && sources.iter().any(is_all)
}

fn context_unfiltered(scene: &Scene<'_>, found: &mut Found) {
    let sent: Vec<&str> = NEVER.iter().copied().filter(|path| (scene.context.is_sent)(path)).collect();
    if sent.is_empty() {
        return;
    }
    let names = quoted(&sent);
    for step in scene.file.steps().filter(|step| copies_all(step) && !step.is_deferred) {
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
        if options.iter().any(|option| option.name == "from") {
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

fn copy_source_missing(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        let What::Copy { options, sources, .. } = &step.what else { continue };
        if options.iter().any(|option| option.name == "from") {
            continue;
        }
        for source in sources {
            let Source::Path(path) = source else { continue };
            if path.contains(['*', '?', '[', '$', ':', '\\']) || path.contains("://") {
                continue;
            }
            let path = path.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
            if path.is_empty() || path == "." || path.split('/').any(|part| part == "..") {
                continue;
            }
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
        "yarn" if matches!(verb, "install" | "") => Some("package.json yarn.lock"),
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
                    found.at(copy, message, format!("before it: copy {files}, and install"));
                    all = None;
                }
                has_installed = true;
            }
        }
    }
}
