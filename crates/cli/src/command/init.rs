//! `seaworthy init`: a first specification, Dockerfile and .dockerignore for a project.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_image::FileTree;
use seaworthy_init::{CacheMounts, DOCKERFILE, DOCKERIGNORE, Existing, Project, SPEC, Today};
use seaworthy_report::clean;
use seaworthy_spec::Spec;
use similar::TextDiff;

use crate::exit::Exit;
use crate::files;
use crate::folder::Folder;
use crate::output::Output;
use crate::source;

/// Lines of what was found, at most: all is told on one screen.
const ROWS: usize = 10;

/// Write a first specification, Dockerfile and .dockerignore for a project, from what its files tell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy init                the project in this folder
  seaworthy init --dry-run      what it would write, as a diff
  seaworthy init services/api   a project in a folder of a repository
  seaworthy init --force        also over files that are there
  seaworthy init docker-daemon:shop:1   what an image is today, and what it should promise

It runs nothing of the project, and changes no file that is there without `--force`. What the files do not tell stands in the
specification under *Open Questions*. It exits 0, or 2 when nothing is recognised.")]
pub(crate) struct InitArgs {
    /// The project's folder, short for `-C DIR`; or an image: `docker-daemon:NAME:TAG`, `oci:PATH`, `HOST/REPO:TAG`, …
    #[arg(value_name = "DIR | IMAGE", value_hint = ValueHint::DirPath)]
    target: Option<PathBuf>,

    /// Write also over files that are there
    #[arg(long)]
    force: bool,

    /// Show what would be written as a diff, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Keep package managers' downloads between builds (`RUN --mount=type=cache`); the legacy builder cannot build that
    #[arg(long)]
    buildkit: bool,
}

/// A file, and what becomes of it.
struct Planned {
    name: &'static str,
    path: PathBuf,
    text: String,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Written,
    Replaced,
    LeftAlone,
}

pub(crate) fn run(args: InitArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let InitArgs { target, force, dry_run, buildkit } = args;
    let image = target.as_deref().and_then(Path::to_str).filter(|text| is_image(text));
    let (folder, mut project) = if let Some(image) = image {
        (Folder::new(directory, None)?, today(image, out)?.project())
    } else {
        let folder = Folder::new(directory, target)?;
        let project = seaworthy_init::survey(folder.path())?;
        (folder, project)
    };
    if force {
        // They are written anew: what they say now binds nothing, unless nothing else is known.
        let is_known = project.language.is_some();
        project.existing = if is_known { Existing::default() } else { project.existing };
    }
    let mounts = if buildkit { CacheMounts::BuildKit } else { CacheMounts::No };
    let planned = planned(&project, &folder, mounts, force);

    if dry_run {
        out.data(&diff(&planned)?)?;
    } else {
        for file in &planned {
            write(file).with_context(|| format!("cannot write `{}`", file.path.display()))?;
        }
    }

    let screen = screen(&project, &planned, &folder, dry_run);
    if dry_run {
        out.aside(&screen);
    } else {
        out.data(&screen)?;
    }
    Ok(Exit::Success)
}

/// Whether the text names an image and no folder: a folder that is there comes first.
fn is_image(text: &str) -> bool {
    !Path::new(text).is_dir() && text.contains(':')
}

/// The image as it is; nothing of it is run.
fn today(text: &str, out: &mut Output) -> anyhow::Result<Today> {
    let opened = source::open(&source::parse(text)?, None, out)?;
    let image = &opened.image;
    let config = &image.config;
    let label = |name: &str| config.labels().into_iter().find(|(label, _)| label == name).map(|(_, value)| value);
    let tcp = |port: &String| port.split('/').next().and_then(|number| number.parse().ok());
    Ok(Today {
        reference: opened.reference.clone(),
        name: label("org.opencontainers.image.title").unwrap_or_else(|| name_of(text)),
        unpacked_bytes: FileTree::of(image)?.unpacked_bytes(),
        transfer_bytes: image.transfer_bytes(),
        base: label("org.opencontainers.image.base.name"),
        user: config.user().to_owned(),
        ports: config.exposed_ports().iter().filter_map(tcp).collect(),
        health_check: config.health_check().map(|check| check.test),
        volumes: config.volumes(),
        command: [config.entrypoint(), config.cmd()].concat(),
        variables: config.env().into_iter().map(|(name, _)| name).collect(),
        stop_signal: config.stop_signal().map(str::to_owned),
    })
}

/// `shop` of `docker-daemon:acme/shop:1`, `oci:images/shop`, `host:5000/acme/shop@sha256:…`.
fn name_of(text: &str) -> String {
    let rest =
        ["oci:", "docker-archive:", "oci-archive:", "docker-daemon:"].iter().find_map(|kind| text.strip_prefix(kind));
    let last = rest.unwrap_or(text).rsplit('/').next().unwrap_or_default();
    let last = last.split(['@', ':']).next().unwrap_or(last);
    last.trim_end_matches(".tar").to_owned()
}

fn planned(project: &Project, folder: &Folder, mounts: CacheMounts, force: bool) -> Vec<Planned> {
    let texts = [
        (SPEC, Some(seaworthy_init::specification(project))),
        (
            DOCKERFILE,
            seaworthy_init::dockerfile(project, mounts).filter(|_| project.existing.dockerfile.is_none() || !force),
        ),
        (DOCKERIGNORE, project.image.is_none().then(|| seaworthy_init::dockerignore(project))),
    ];
    let plan = |(name, text): (&'static str, Option<String>)| {
        let path = folder.join(name);
        // A link that leads nowhere is there, too.
        let fate = match (path.symlink_metadata().is_ok(), force) {
            (false, _) => Fate::Written,
            (true, true) => Fate::Replaced,
            (true, false) => Fate::LeftAlone,
        };
        Some(Planned { name, path, text: text?, fate })
    };
    texts.into_iter().filter_map(plan).collect()
}

/// Whole or not at all, and never over a file that has come meanwhile.
fn write(file: &Planned) -> io::Result<()> {
    match file.fate {
        Fate::LeftAlone => Ok(()),
        Fate::Written => files::create(&file.path, &file.text),
        Fate::Replaced => files::replace(&file.path, &file.text),
    }
}

fn diff(planned: &[Planned]) -> anyhow::Result<String> {
    let mut text = String::new();
    for file in planned.iter().filter(|file| file.fate != Fate::LeftAlone) {
        let before = match file.fate {
            Fate::Replaced => before(&file.path)?,
            _ => String::new(),
        };
        let name = file.path.display().to_string();
        let old = if file.fate == Fate::Replaced { name.as_str() } else { "/dev/null" };
        text += &TextDiff::from_lines(&before, &file.text).unified_diff().header(old, &name).to_string();
    }
    Ok(clean(&text))
}

fn before(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What was found, decided and written: one screen.
fn screen(project: &Project, planned: &[Planned], folder: &Folder, dry_run: bool) -> String {
    let mut text = format!("{}: {}\n\n", project.title(), project.kind());
    let found = seaworthy_init::found(project);
    for (label, what) in found.iter().take(ROWS) {
        let _ = writeln!(text, "  {label:<10}  {}", short(what));
    }
    if found.len() > ROWS {
        let _ = writeln!(text, "  and {} more, in the specification under Dependencies", found.len() - ROWS);
    }
    let decided: Vec<String> =
        seaworthy_init::decided(project).into_iter().map(|(label, what)| format!("{label} {what}")).collect();
    let _ = writeln!(text, "  decided     {}\n", short(&decided.join(", ")));
    for file in planned {
        let _ = writeln!(text, "{}", told(file, dry_run));
    }
    let open = seaworthy_init::questions(project).len();
    let promises = planned.iter().find(|file| file.name == SPEC).and_then(|file| Spec::parse(&file.text).ok());
    let promises = promises.map_or(0, |spec| spec.criteria.len());
    let questions = match open {
        0 => "no open question".to_owned(),
        1 => "1 open question, under Open Questions".to_owned(),
        _ => format!("{open} open questions, under Open Questions"),
    };
    let _ = writeln!(text, "{promises} promises; {questions}\n\nnext: {}", folder.command("ship"));
    clean(&text)
}

fn told(file: &Planned, dry_run: bool) -> String {
    let name = file.path.display();
    match (file.fate, dry_run) {
        (Fate::LeftAlone, _) => format!("left alone  {name}: it is there, and `--force` was not given"),
        (_, true) => format!("not written {name}: `--dry-run`"),
        (Fate::Written, false) => format!("wrote       {name}"),
        (Fate::Replaced, false) => format!("wrote anew  {name}"),
    }
}

/// One line of a screen.
fn short(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect();
    if text.chars().count() > 100 { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_the_name_of_its_repository_or_file() {
        for (text, expected) in [
            ("docker-daemon:acme/shop:1", "shop"),
            ("oci:images/shop", "shop"),
            ("docker-archive:shop.tar", "shop"),
            ("host:5000/acme/shop@sha256:00", "shop"),
            ("ghcr.io/acme/shop:1.4", "shop"),
        ] {
            assert_eq!(name_of(text), expected, "{text}");
        }
    }
}
