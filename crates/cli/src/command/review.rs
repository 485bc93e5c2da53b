//! `seaworthy review`: what a project's specification, Dockerfile and tags lack, before anything is built.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum, ValueHint};
use seaworthy_build::dockerfile::Ignore;
use seaworthy_init::{DOCKERFILE, DOCKERIGNORE, Mentioned, Project, SPEC, SurveyError};
use seaworthy_report::clean;
use seaworthy_review::dockerfile::{self, Context, Text, Unreadable};
use seaworthy_review::prompt::{Material, prompt};
use seaworthy_review::tags::{self, Tag};
use seaworthy_review::{Count, Finding, Listed, Subject, mended, show, specification as of_specification};
use seaworthy_spec::Spec;

use crate::build_folder;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, ReadError};
use crate::output::Output;
use crate::reviewed::{self, Shown};
use crate::specification;

/// The largest Dockerfile or `.dockerignore` that is read; hand-written ones are far smaller, and generated ones rarely reach a tenth.
const LARGEST_BYTES: u64 = 256 * 1024;

/// Find what a project's specification and Dockerfile lack, before anything is built
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy review                     the project in this folder
  seaworthy review services/api        a project in a folder of a repository
  seaworthy review build.Dockerfile    one Dockerfile, with the folder that it lies in as its context
  seaworthy review --fix               apply the edits that leave the image's behaviour as it is
  seaworthy review --format sarif      for code scanning; `github` for annotations in a workflow
  seaworthy review --prompt            the material as a prompt for an assistant, without credentials and hosts

A comment above an instruction silences a rule there: `# seaworthy: allow root-user: the entrypoint drops to uid 10001`.
It exits 0 when nothing is wrong or there are notes only, 3 when there are warnings, 1 when there is an error, 2 when the
files cannot be read.")]
pub(crate) struct ReviewArgs {
    /// The project's folder, short for `-C DIR`; or a Dockerfile
    #[arg(value_name = "DIR | FILE", value_hint = ValueHint::AnyPath)]
    target: Option<PathBuf>,

    /// Apply the edits that leave what the image does as it is; the others stay for you to judge
    #[arg(long)]
    fix: bool,

    /// Print the specification, the Dockerfile and what was found as a prompt for an assistant: credentials, keys and hosts are
    /// replaced by placeholders, and what was replaced is listed by kind and place
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    prompt: bool,

    /// How the findings are shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "terminal")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each finding with the mended lines as a diff
    Terminal,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
}

/// What was named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// A project's folder, which the build is usually given.
    Project,
    /// A Dockerfile, and the folder that the build is given.
    Folder,
    /// A Dockerfile alone: it may be built with any folder.
    Dockerfile,
}

/// The files that are reviewed.
struct Files {
    folder: PathBuf,
    /// The folder that the build is given.
    built_with: PathBuf,
    /// `None` where nothing says what the project is.
    project: Option<Project>,
    spec: Option<(PathBuf, Spec)>,
    dockerfile: Option<(PathBuf, String)>,
    ignore: Option<Ignore>,
    ignored: Option<(PathBuf, String)>,
    /// What the project's files hold of what the specification names.
    mentioned: Option<Mentioned>,
    /// A Dockerfile that was named alone may be built with any folder.
    is_folder_known: bool,
}

pub(crate) fn run(args: ReviewArgs, directory: Option<PathBuf>, out: &mut Output) -> anyhow::Result<Exit> {
    let ReviewArgs { target, fix, prompt, format } = args;
    let mut files = Files::find(directory, target)?;
    if fix {
        files.fix(out)?;
    }
    let tags = files.tags();
    let listed = Listed::of(files.review(&tags)?);
    out.data(&if prompt { files.prompt(&listed) } else { files.shown(&listed, &tags, format, out) })?;
    Ok(exit(listed.count))
}

fn exit(count: Count) -> Exit {
    match count {
        Count { errors: 1.., .. } => Exit::Broken,
        Count { warnings: 1.., .. } => Exit::Unproven,
        Count { .. } => Exit::Success,
    }
}

/// Without control characters but those that colour.
fn clean_but_color(text: &str) -> String {
    text.split('\x1b').map(clean).collect::<Vec<_>>().join("\x1b")
}

impl Files {
    fn find(directory: Option<PathBuf>, target: Option<PathBuf>) -> anyhow::Result<Self> {
        if directory.is_some() && target.as_ref().is_some_and(|target| target.is_dir()) {
            return Err(Failure::new("the project is named twice")
                .hint("`DIR` behind the command is short for `-C DIR`")
                .into());
        }
        let target = target.or_else(|| directory.clone()).unwrap_or_else(|| ".".into());
        if !target.exists() {
            return Err(Failure::new(format!("there is no `{}`", target.display())).into());
        }
        if target.is_dir() {
            let named = if target == Path::new(".") { PathBuf::new() } else { target.clone() };
            let dockerfile = reviewed::named_dockerfile(&target)?.unwrap_or_else(|| named.join(DOCKERFILE));
            return Self::of(target, dockerfile, Told::Project);
        }
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match directory {
            Some(directory) => Self::of(directory, target.clone(), Told::Folder),
            None => Self::of(parent.to_owned(), target.clone(), Told::Dockerfile),
        }
    }

    fn of(folder: PathBuf, dockerfile: PathBuf, told: Told) -> anyhow::Result<Self> {
        let spec_path = build_folder::inside(&folder, SPEC);
        let text = optional(&dockerfile, LARGEST_BYTES)?;
        let spec = match optional(&spec_path, seaworthy_spec::LARGEST_BYTES as u64)? {
            Some(text) => {
                let spec = specification::read(&spec_path);
                Some((spec_path.clone(), spec.map_err(|error| reviewed::without_secrets(error, &text))?))
            }
            None => None,
        };
        if text.is_none() && spec.is_none() {
            return Err(Failure::new(format!("nothing in `{}` can be reviewed", folder.display()))
                .hint("it needs a `Dockerfile` or a `containerization-spec.md`; `seaworthy init` writes both")
                .into());
        }
        let built_with = match (&text, told) {
            (Some(text), Told::Project | Told::Dockerfile) => {
                build_folder::find(&folder, &dockerfile::copied(text).unwrap_or_default())
            }
            _ => folder.clone(),
        };
        let ignored = ignored(&dockerfile, &built_with)?;
        let project = survey(&folder, told == Told::Dockerfile)?;
        let mentioned = match (&project, &spec) {
            (Some(project), Some((_, spec))) => {
                Some(seaworthy_init::mentioned(&folder, &of_specification::words(spec, project))?)
            }
            _ => None,
        };
        Ok(Self {
            project,
            mentioned,
            spec,
            dockerfile: text.map(|text| (dockerfile, text)),
            ignore: ignored.as_ref().map(|(_, text)| Ignore::parse(text)),
            ignored,
            is_folder_known: told != Told::Dockerfile,
            folder,
            built_with,
        })
    }

    /// Of the specification, the tags and the Dockerfile.
    fn review(&self, tags: &[Tag]) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        if let Some((path, spec)) = &self.spec {
            let path = path.display().to_string();
            let (project, mentioned) = (self.project.as_ref(), self.mentioned.as_ref());
            let subject = of_specification::Subject { path: &path, spec, project, mentioned };
            findings.extend(of_specification::review(&subject));
            if self.is_folder_known {
                findings.extend(tags::review(&subject, tags));
            }
        }
        let text = self.dockerfile.as_ref().map(|(_, text)| text.as_str());
        let found = self.review_of(text).map_err(|error| reviewed::unreadable(&error, text.unwrap_or_default()));
        findings.extend(found.with_context(|| self.unread())?);
        Ok(findings)
    }

    /// The tags of the next push; none of a Dockerfile that was named alone.
    fn tags(&self) -> Vec<Tag> {
        if self.is_folder_known { reviewed::tags_of(&self.folder) } else { Vec::new() }
    }

    /// The texts that are reviewed, with their paths.
    fn texts(&self) -> Vec<(String, &str)> {
        let spec = self.spec.as_ref().map(|(path, spec)| (path, spec.source.as_str()));
        let files =
            [&self.dockerfile, &self.ignored].map(|file| file.as_ref().map(|(path, text)| (path, text.as_str())));
        [spec].into_iter().chain(files).flatten().map(|(path, text)| (path.display().to_string(), text)).collect()
    }

    /// Compose files: they are not shown, and what they say of secrets may stand in the others too.
    fn beside(&self) -> Vec<String> {
        const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
        NAMES.iter().filter_map(|name| optional(&self.folder.join(name), LARGEST_BYTES).ok()?).collect()
    }

    fn shown(&self, listed: &Listed, tags: &[Tag], format: Format, out: &Output) -> String {
        let mut shown = Shown::of(&self.texts(), &self.beside());
        let listed = shown.listed(listed);
        match format {
            Format::Terminal => {
                let text = show::terminal(&listed, out.stdout_style().color, &|path, line| shown.line(path, line));
                clean_but_color(&text) + &clean(&tags::table(tags))
            }
            Format::Json => show::json(&listed, tags),
            Format::Sarif => show::sarif(&listed, env!("CARGO_PKG_VERSION")),
            Format::Github => show::github(&listed),
        }
    }

    fn prompt(&self, listed: &Listed) -> String {
        let (texts, beside) = (self.texts(), self.beside());
        let material = Material {
            files: texts.iter().map(|(path, text)| Text { path, text }).collect(),
            found: self.project.as_ref().map(seaworthy_init::found).unwrap_or_default(),
            listed,
            beside: beside.iter().map(String::as_str).collect(),
        };
        clean(&prompt(&material).text)
    }

    fn review_of(&self, dockerfile: Option<&str>) -> Result<Vec<Finding>, Unreadable> {
        let path = self.dockerfile.as_ref().map_or(String::new(), |(path, _)| path.display().to_string());
        let spec_path = self.spec.as_ref().map_or(String::new(), |(path, _)| path.display().to_string());
        // The history lies in the repository's root, and goes into no build of a folder below.
        let is_elsewhere = |path: &str| {
            path == ".git" && !self.built_with.join(path).exists() && build_folder::is_above(&self.built_with, path)
        };
        let is_sent =
            |path: &str| !is_elsewhere(path) && !self.ignore.as_ref().is_some_and(|ignore| ignore.leaves_out(path));
        let is_there = |path: &str| self.is_there(path);
        seaworthy_review::review(&Subject {
            project: self.project.as_ref(),
            specification: self
                .spec
                .as_ref()
                .map(|(_, spec)| (Text { path: &spec_path, text: spec.source.as_str() }, spec)),
            dockerfile: dockerfile.map(|text| Text { path: &path, text }),
            context: Context { has_ignore_file: self.ignore.is_some(), is_sent: &is_sent, is_there: &is_there },
        })
    }

    /// Whether a path that `COPY` names is there; `None` where nobody knows which folder the build is given.
    fn is_there(&self, path: &str) -> Option<bool> {
        if !self.is_folder_known || self.built_with.join(path).exists() {
            return self.is_folder_known.then_some(true);
        }
        (!build_folder::is_above(&self.built_with, path)).then_some(false)
    }

    fn unread(&self) -> String {
        let path = self.dockerfile.as_ref().map_or(String::new(), |(path, _)| path.display().to_string());
        format!("cannot review `{path}`")
    }

    /// Writes the Dockerfile with its safe edits.
    fn fix(&mut self, out: &mut Output) -> anyhow::Result<()> {
        let Some((path, text)) = self.dockerfile.clone() else { return Ok(()) };
        let better = mended(&text, |text| self.review_of(Some(text))).with_context(|| self.unread())?;
        if better == text {
            out.note("no finding has an edit that is safe to apply");
            return Ok(());
        }
        files::replace(&path, &better).with_context(|| format!("cannot write `{}`", path.display()))?;
        out.note(&format!("wrote {}", path.display()));
        self.dockerfile = Some((path, better));
        Ok(())
    }
}

/// The `.dockerignore` of a build: the Dockerfile's own goes before the folder's.
fn ignored(dockerfile: &Path, built_with: &Path) -> anyhow::Result<Option<(PathBuf, String)>> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    for path in [own.into(), build_folder::inside(built_with, DOCKERIGNORE)] {
        if let Some(text) = optional(&path, LARGEST_BYTES)? {
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

/// What the project is. A Dockerfile alone may belong to none.
fn survey(folder: &Path, is_alone: bool) -> anyhow::Result<Option<Project>> {
    match seaworthy_init::survey(folder) {
        Ok(project) => Ok(Some(project)),
        Err(SurveyError::Nothing { .. }) => Ok(None),
        // Its own faults are told with their place.
        Err(SurveyError::Manifest { path, .. }) if path == DOCKERFILE => Ok(None),
        Err(SurveyError::Manifest { .. }) if is_alone => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The text of a file; `None` where there is none.
fn optional(path: &Path, limit_bytes: u64) -> anyhow::Result<Option<String>> {
    let bytes = match files::read(path, limit_bytes) {
        Ok(bytes) => bytes,
        Err(ReadError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        Failure::new(format!("cannot read `{}`: not UTF-8 (byte {byte})", path.display()))
    })?;
    Ok(Some(text))
}
