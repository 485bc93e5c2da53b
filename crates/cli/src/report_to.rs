//! Where reports go: `--report FORMAT=PATH`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, io};

use anyhow::Context as _;
use seaworthy_proof::account::{self, Account};
use seaworthy_report::terminal::{Style, checklist};
use seaworthy_report::{Report, json, markdown};

use crate::failure::Failure;

/// A report that the user asked for: `json=report.json`, `markdown=-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportTo {
    format: Format,
    to: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Markdown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Stdout,
    File(PathBuf),
}

/// Something that has all the forms that can be asked for.
pub(crate) trait Shown {
    fn terminal(&self, style: Style) -> String;
    fn json(&self) -> String;
    fn markdown(&self) -> String;
}

impl Shown for Report {
    fn terminal(&self, style: Style) -> String {
        checklist(self, style)
    }

    fn json(&self) -> String {
        json::render(self)
    }

    fn markdown(&self) -> String {
        markdown::render(self)
    }
}

impl Shown for Account<'_> {
    fn terminal(&self, style: Style) -> String {
        account::terminal::render(self, style)
    }

    fn json(&self) -> String {
        account::json::render(self)
    }

    fn markdown(&self) -> String {
        account::markdown::render(self)
    }
}

/// Why an argument of `--report` means nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReportToError {
    #[error("it has the form FORMAT=PATH, as in json=report.json")]
    Form,
    #[error("the format `{0}` is not built yet; there are `json` and `markdown`")]
    NotBuilt(String),
    #[error("there is no format `{0}`; there are `json` and `markdown`")]
    Unknown(String),
}

impl FromStr for ReportTo {
    type Err = ReportToError;

    fn from_str(text: &str) -> Result<Self, ReportToError> {
        let (format, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or(ReportToError::Form)?;
        let format = match format {
            "json" => Format::Json,
            "markdown" => Format::Markdown,
            "junit" | "sarif" | "html" => return Err(ReportToError::NotBuilt(format.to_owned())),
            _ => return Err(ReportToError::Unknown(format.to_owned())),
        };
        let to = if path == "-" { Target::Stdout } else { Target::File(path.into()) };
        Ok(Self { format, to })
    }
}

/// All the reports of a run, checked before it begins.
#[derive(Debug)]
pub(crate) struct Reports(Vec<ReportTo>);

impl Reports {
    /// # Errors
    ///
    /// Fails if two go to stdout or to the same file, or one goes where no file can be.
    pub(crate) fn new(reports: Vec<ReportTo>) -> anyhow::Result<Self> {
        for (index, one) in reports.iter().enumerate() {
            if reports[..index].iter().any(|other| other.to == one.to) {
                return Err(match &one.to {
                    Target::Stdout => Failure::new("two reports go to stdout").hint("give `-` to one `--report` only"),
                    Target::File(path) => Failure::new(format!("two reports go to `{}`", path.display())),
                }
                .into());
            }
            if let Target::File(path) = &one.to {
                check_file(path).with_context(|| format!("cannot write the report `{}`", path.display()))?;
            }
        }
        Ok(Self(reports))
    }

    /// The text for stdout, where a report goes there.
    pub(crate) fn for_stdout(&self, report: &dyn Shown) -> Option<String> {
        self.0.iter().find(|one| one.to == Target::Stdout).map(|one| one.format.render(report))
    }

    /// Writes those that go to files.
    ///
    /// # Errors
    ///
    /// Fails if one cannot be written.
    pub(crate) fn write_files(&self, report: &dyn Shown) -> anyhow::Result<()> {
        for one in &self.0 {
            if let Target::File(path) = &one.to {
                write_file(path, &one.format.render(report))
                    .with_context(|| format!("cannot write the report `{}`", path.display()))?;
            }
        }
        Ok(())
    }
}

impl Format {
    fn render(self, report: &dyn Shown) -> String {
        match self {
            Self::Json => report.json(),
            Self::Markdown => report.markdown(),
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn check_file(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if fs::metadata(folder(path))?.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// A reader of a plain file finds the old report or the new one, whole; a device or a pipe is written to as it is.
fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text);
    }
    let mut file = tempfile::Builder::new().permissions(readable_by_all()).tempfile_in(folder(path))?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// As any new file: the umask takes away from it.
fn readable_by_all() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_format_and_a_path() {
        #[track_caller]
        fn check(text: &str, expected: Result<(Format, Target), ReportToError>) {
            assert_eq!(text.parse(), expected.map(|(format, to)| ReportTo { format, to }));
        }
        check("json=a=b", Ok((Format::Json, Target::File("a=b".into()))));
        check("markdown=-", Ok((Format::Markdown, Target::Stdout)));
        check("json=", Err(ReportToError::Form));
        check("report.json", Err(ReportToError::Form));
        check("sarif=x", Err(ReportToError::NotBuilt("sarif".into())));
        check("pdf=x", Err(ReportToError::Unknown("pdf".into())));
    }
}
