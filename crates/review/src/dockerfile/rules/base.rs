//! Stages: what they are made from, how they are called, what they take from each other.

use std::collections::{HashMap, HashSet};

use super::super::file::{Base, Source, What};
use super::super::scene::{Found, Scene};
use super::Check;
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &UNPINNED_BASE, find: unpinned_base },
    Check { rule: &PLATFORM_FIXED, find: platform_fixed },
    Check { rule: &PLATFORM_REDUNDANT, find: platform_redundant },
    Check { rule: &STAGE_NAME_TWICE, find: stage_name_twice },
    Check { rule: &STAGE_NAME_RESERVED, find: stage_name_reserved },
    Check { rule: &COPY_FROM_UNKNOWN, find: copy_from_unknown },
    Check { rule: &COPY_FROM_ITSELF, find: copy_from_itself },
    Check { rule: &COPY_WHOLE_FILESYSTEM, find: copy_whole_filesystem },
    Check { rule: &BUILD_TOOLS_LEFT, find: build_tools_left },
];

static UNPINNED_BASE: Rule = Rule {
    id: "unpinned-base",
    severity: Severity::Warning,
    title: "The base image has no fixed version",
    why: "What `latest` is changes without notice: the same Dockerfile then builds another image, and one day none.",
    bad: "FROM python",
    good: "FROM python:3.12-slim",
};

static PLATFORM_FIXED: Rule = Rule {
    id: "platform-fixed",
    severity: Severity::Warning,
    title: "FROM fixes the platform",
    why: "On any other machine the image is built and run under emulation, or does not start: `exec format error`.",
    bad: "FROM --platform=linux/amd64 node:24-slim",
    good: "FROM node:24-slim",
};

static PLATFORM_REDUNDANT: Rule = Rule {
    id: "platform-redundant",
    severity: Severity::Note,
    title: "FROM names the platform that is taken anyway",
    why: "`--platform=$TARGETPLATFORM` is the default; readers look for a reason that is not there.",
    bad: "FROM --platform=$TARGETPLATFORM node:24-slim",
    good: "FROM node:24-slim",
};

static STAGE_NAME_TWICE: Rule = Rule {
    id: "stage-name-twice",
    severity: Severity::Error,
    title: "Two stages have one name",
    why: "A reference to the name cannot tell which stage is meant; BuildKit refuses the file.",
    bad: "FROM golang:1.24 AS build\nFROM alpine:3.21 AS build",
    good: "FROM golang:1.24 AS build\nFROM alpine:3.21 AS run",
};

static STAGE_NAME_RESERVED: Rule = Rule {
    id: "stage-name-reserved",
    severity: Severity::Warning,
    title: "A stage has a name that means something else",
    why: "`scratch` is the empty image and `context` the folder that is sent: builders differ in which one they take.",
    bad: "FROM alpine:3.21 AS scratch",
    good: "FROM alpine:3.21 AS run",
};

static COPY_FROM_UNKNOWN: Rule = Rule {
    id: "copy-from-unknown",
    severity: Severity::Warning,
    title: "COPY --from names no earlier stage",
    why: "The name is then an image that is pulled: a mistyped stage becomes whatever a stranger pushed under that name, always `latest`.",
    bad: "FROM golang:1.24 AS build\nFROM scratch\nCOPY --from=builder /out/service /service",
    good: "FROM golang:1.24 AS build\nFROM scratch\nCOPY --from=build /out/service /service",
};

static COPY_FROM_ITSELF: Rule = Rule {
    id: "copy-from-itself",
    severity: Severity::Error,
    title: "COPY --from names the stage that it stands in",
    why: "The build fails: a stage cannot copy from itself.",
    bad: "FROM golang:1.24 AS build\nCOPY --from=build /out /out",
    good: "FROM golang:1.24 AS build\nRUN cp -r /src/out /out",
};

static COPY_WHOLE_FILESYSTEM: Rule = Rule {
    id: "copy-whole-filesystem",
    severity: Severity::Note,
    title: "COPY --from takes the whole file system of a stage",
    why: "The image then has all that the stage needed to build; the second stage saves nothing.",
    bad: "FROM golang:1.24 AS build\nFROM alpine:3.21\nCOPY --from=build / /",
    good: "FROM golang:1.24 AS build\nFROM alpine:3.21\nCOPY --from=build /out/service /service",
};

static BUILD_TOOLS_LEFT: Rule = Rule {
    id: "build-tools-left",
    severity: Severity::Warning,
    title: "The image has the tools that built it",
    why: "A compiler and its headers are hundreds of megabytes to pull, and what an intruder builds tools with.",
    bad: "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y gcc libpq-dev && pip install psycopg2",
    good: "FROM python:3.12 AS build\nRUN pip install --prefix=/install psycopg2\nFROM python:3.12-slim\nCOPY --from=build /install /usr/local",
};

fn unpinned_base(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let base = &stage.base;
        // A variable without a default is given at build time.
        let is_open = base.image.contains('$');
        if base.stage.is_some() || base.is_empty_image() || base.image.contains('@') || is_open {
            continue;
        }
        match base.tag() {
            None => {
                let message = format!("`{}` has no tag, which means `latest`", base.image);
                found.stage(stage, message, "name a version");
            }
            Some("latest") => {
                found.stage(stage, format!("`{}` is whatever was pushed last", base.image), "name a version");
            }
            Some(_) => {}
        }
    }
}

fn platform_fixed(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let Some(platform) = &stage.platform else { continue };
        if !platform.contains("BUILDPLATFORM") && !platform.contains("TARGETPLATFORM") {
            let advice =
                "leave it out, and build with `--platform`; for a stage that cross-compiles write `$BUILDPLATFORM`";
            found.stage(stage, format!("the platform is always `{platform}`"), advice);
        }
    }
}

fn platform_redundant(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        if matches!(stage.platform.as_deref(), Some("$TARGETPLATFORM" | "${TARGETPLATFORM}")) {
            found.stage(stage, "`--platform=$TARGETPLATFORM` is the default", "leave it out");
        }
    }
}

fn stage_name_twice(scene: &Scene<'_>, found: &mut Found) {
    let mut names = HashSet::new();
    for stage in scene.stages() {
        let Some(name) = &stage.name else { continue };
        if !names.insert(name.to_ascii_lowercase()) {
            found.stage(stage, format!("an earlier stage is called `{name}`, too"), "give it another name");
        }
    }
}

fn stage_name_reserved(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        if let Some(name @ ("scratch" | "context")) = stage.name.as_deref() {
            found.stage(stage, format!("`{name}` is a reserved name"), "give it another name");
        }
    }
}

/// Of each `COPY --from`: the stage's index, the step, and what is named.
fn copies_from<'a>(scene: &Scene<'a>) -> Vec<(usize, &'a super::super::file::Step, &'a str)> {
    let mut all = Vec::new();
    for (index, stage) in scene.stages().iter().enumerate() {
        for step in &stage.steps {
            if let What::Copy { is_add: false, options, .. } = &step.what {
                let from =
                    options.iter().find(|option| option.name == "from").and_then(|option| option.value.as_deref());
                all.extend(from.map(|from| (index, step, from)));
            }
        }
    }
    all
}

fn copy_from_unknown(scene: &Scene<'_>, found: &mut Found) {
    // A name counts from its stage on.
    let mut names: HashMap<String, usize> = HashMap::new();
    for (index, stage) in scene.stages().iter().enumerate() {
        if let Some(name) = &stage.name {
            names.entry(name.to_ascii_lowercase()).or_insert(index);
        }
    }
    for (index, step, from) in copies_from(scene) {
        let is_stage = names.get(&from.to_ascii_lowercase()).is_some_and(|known| *known <= index)
            || from.parse::<usize>().is_ok_and(|number| number <= index);
        // An image with its tag is meant.
        if is_stage || from.contains(':') {
            continue;
        }
        let message = format!("no earlier stage is called `{from}`: it is pulled as an image, without a version");
        found.at(step, message, "name a stage above, an image with its tag, or give it as `--build-context`");
    }
}

fn copy_from_itself(scene: &Scene<'_>, found: &mut Found) {
    for (index, step, from) in copies_from(scene) {
        if scene.stages()[index].name.as_deref() == Some(from) {
            found.at(
                step,
                format!("it copies from `{from}`, the stage that it stands in"),
                "copy with `RUN cp`, or from another stage",
            );
        }
    }
}

fn copy_whole_filesystem(scene: &Scene<'_>, found: &mut Found) {
    for (_, step, from) in copies_from(scene) {
        let What::Copy { sources, to, .. } = &step.what else { continue };
        if to == "/" && sources.contains(&Source::Path("/".to_owned())) {
            found.at(step, format!("it copies the whole file system of `{from}`"), "copy what the service needs");
        }
    }
}

/// Packages that are for building only.
const TOOLS: &[&str] = &[
    "gcc",
    "g++",
    "make",
    "cmake",
    "build-essential",
    "build-base",
    "clang",
    "cargo",
    "rustc",
    "golang",
    "golang-go",
    "go",
    "default-jdk",
    "maven",
    "gradle",
    "autoconf",
    "automake",
    "libtool",
    "pkg-config",
    "python3-dev",
    "python-dev",
    "musl-dev",
    "linux-headers",
    "gcc-c++",
];

/// Bases that are compilers.
const COMPILERS: &[&str] = &["golang", "rust", "gcc", "maven", "gradle", "swift", "haskell"];

fn build_tools_left(scene: &Scene<'_>, found: &mut Found) {
    let (Some(last), Some(root)) = (scene.file.last(), scene.file.root()) else { return };
    if let Some(what) = compiler(root)
        && scene.start().is_some()
    {
        found.stage(
            last,
            format!("the image is made from {what}"),
            "build there, and copy what runs to a smaller base",
        );
    }
    for run in scene.final_runs() {
        let removes = run.commands.iter().any(|command| {
            matches!(command.name(), "apt-get" | "apt" | "apk" | "yum" | "dnf" | "microdnf")
                && command.has_any(&["purge", "remove", "del", "autoremove", "erase"])
                // Its image keeps the compiler for this, and what it makes needs the library.
                || command.name().starts_with("docker-php-ext")
        });
        let tools: Vec<&str> = run
            .commands
            .iter()
            .flat_map(super::packages::installed)
            .map(|package| package.split(['=', '~', '<', '>']).next().unwrap_or(package))
            .filter(|package| TOOLS.contains(package) || is_header(package))
            .collect();
        if !tools.is_empty() && !removes {
            let tools = super::quoted(&tools);
            found.at(
                run.step,
                format!("it installs {tools} into the image that runs"),
                "install them in a stage that builds, and copy what it made",
            );
        }
    }
}

fn is_header(package: &str) -> bool {
    package.starts_with("lib") && package.ends_with("-dev")
}

fn compiler(base: &Base) -> Option<String> {
    let is_sdk = base.image.contains("dotnet/sdk");
    let has_jdk = base.tag().is_some_and(|tag| tag.contains("jdk")) && base.name() != "jetty";
    (COMPILERS.contains(&base.name()) || is_sdk || has_jdk).then(|| format!("`{}`, which holds a compiler", base.image))
}
