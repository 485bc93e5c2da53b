//! `seaworthy init`: a first specification, Dockerfile and .dockerignore for a project.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueHint};
use seaworthy_engine::{Choice, Run};
use seaworthy_image::FileTree;
use seaworthy_init::{CacheMounts, DOCKERFILE, DOCKERIGNORE, Existing, Project, SPEC, Today};
use seaworthy_report::clean;
use seaworthy_spec::Spec;
use similar::TextDiff;

use crate::exit::Exit;
use crate::files;
use crate::folder::Folder;
use crate::interruptible::Interruptible;
use crate::output::Output;
use crate::run_args::{EngineChoice, Timeout};
use crate::source::{self, Opened};
use crate::trial::{self, Trial};
use crate::{env, interrupt};

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
  seaworthy init --run --force          the specification, with what a run of the image built last shows

Without `--run` it runs nothing of the project. It changes no file that is there without `--force`. What the files do not tell stands in the
specification under *Open Questions*. It exits 0, or 2 when nothing is recognised.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
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

    /// Start the image (the one named, else the one built last for the project) and fill in what was seen: start time, memory, port,
    /// user, health path, OpenAPI document, read-only root, stopping. Only the specification is written
    #[arg(long)]
    run: bool,

    /// With `--run`: a variable for the container; `K` alone takes its value from the environment (repeatable)
    // A value may be a secret: it is parsed where no message repeats it.
    #[arg(long, value_name = "K[=V]", requires = "run", value_parser = clap::value_parser!(OsString))]
    env: Vec<OsString>,

    /// With `--run`: what runs the container
    #[arg(long, value_enum, default_value_t = EngineChoice::Auto, requires = "run", hide_possible_values = false)]
    engine: EngineChoice,

    /// With `--run`: how long the container may take to become ready
    #[arg(long, value_name = "T", default_value = "30s", requires = "run")]
    timeout: Timeout,

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
    let InitArgs { target, force, dry_run, buildkit, run, env, engine, timeout } = args;
    let image = target.as_deref().and_then(Path::to_str).filter(|text| is_image(text));
    let mut opened = None;
    let (folder, mut project) = if let Some(image) = image {
        let found = source::open(&source::parse(image)?, None, out)?;
        let today = today(image, &found)?.project();
        opened = Some(found);
        (Folder::new(directory, None)?, today)
    } else {
        let folder = Folder::new(directory, target.clone())?;
        let project = seaworthy_init::survey(folder.path())?;
        (folder, project)
    };
    if run {
        let opened = match opened {
            Some(opened) => opened,
            None => source::open_or_last_built(None, &folder, None, out)?,
        };
        let env = env::resolve(&env, None, &|name| std::env::var_os(name))?;
        out.keep_secret(&env);
        project = seen(project, &opened, &env, engine.into(), timeout.0, out)?;
    }
    if force && !run {
        // They are written anew: what they say now binds nothing, unless nothing else is known.
        let is_known = project.language.is_some();
        project.existing = if is_known { Existing::default() } else { project.existing };
    }
    let mounts = if buildkit { CacheMounts::BuildKit } else { CacheMounts::No };
    let mut planned = planned(&project, &folder, mounts, force);
    if run {
        // The image is there: what it was built from is not touched.
        planned.retain(|file| file.name == SPEC);
    }

    if dry_run {
        out.data(&diff(&planned)?)?;
    } else {
        for file in &planned {
            write(file).with_context(|| format!("cannot write `{}`", file.path.display()))?;
        }
    }

    // An image is there: it is verified. A project is built first.
    let next = match image {
        Some(image) => folder.command(&format!("verify {}", crate::folder::quoted(image))),
        None if run => folder.command("verify"),
        None => folder.command("ship"),
    };
    let screen = screen(&project, &planned, &next, dry_run);
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
fn today(text: &str, opened: &Opened) -> anyhow::Result<Today> {
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

/// The project with what a run of its image shows.
fn seen(
    project: Project,
    opened: &Opened,
    env: &[(String, String)],
    choice: Choice,
    timeout: Duration,
    out: &mut Output,
) -> anyhow::Result<Project> {
    out.begins("starting the image");
    let helper = std::env::current_exe().context("cannot find this program's own file")?;
    let exposed = opened.image.config.exposed_ports();
    let exposed = exposed.iter().find_map(|port| port.split('/').next()?.parse().ok());
    let port = exposed.or_else(|| project.port.as_ref().map(|port| port.number.value));
    let trial = Trial { env, port, timeout, disk_bytes: Run::DISK_BYTES };
    let seen = interrupt::making(|| {
        let chosen = seaworthy_engine::choose(choice, &helper)?;
        let engine = Interruptible(chosen.engine);
        anyhow::Ok(trial::see(&engine, &opened.image, &project, &trial)?)
    })?;
    Ok(project.with(seen))
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
fn screen(project: &Project, planned: &[Planned], next: &str, dry_run: bool) -> String {
    let mut text = format!("{}: {}\n\n", project.title(), project.kind());
    let found = seaworthy_init::found(project);
    for (label, what) in found.iter().take(ROWS) {
        let _ = writeln!(text, "  {label:<10}  {}", short(what));
    }
    if found.len() > ROWS {
        let _ = writeln!(text, "  and {} more, in the specification", found.len() - ROWS);
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
    let _ = writeln!(text, "{promises} promises; {questions}\n\nnext: {next}");
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
