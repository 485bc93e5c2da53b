//! The printer: everything that the program writes goes through here.
//!
//! Data goes to stdout, everything else to stderr. A reader that went away is no error: the exit code still tells the result.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use anyhow::Context as _;
use seaworthy_report::clean;
use seaworthy_report::terminal::Style;
use seaworthy_verify::Event;

use crate::bars::Bars;
use crate::failure;
use crate::progress::Progress;
use crate::report_to::{Reports, Shown};
use crate::specification::Problems;

/// The width where there is no terminal.
const WIDTH: usize = 100;

/// Both streams, and what is shown while the work goes on.
pub(crate) struct Output {
    stdout: Style,
    stderr: Style,
    progress: Progress,
    since: Instant,
    /// Values that are never shown.
    secrets: Vec<String>,
}

impl Output {
    /// As the environment says: terminals, `NO_COLOR`, `TERM=dumb`.
    pub(crate) fn from_environment() -> Self {
        let stderr = style(&io::stderr());
        let watched = io::stderr().is_terminal() && !is_dumb();
        let progress = Progress::new(watched, stderr);
        Self { stdout: style(&io::stdout()), stderr, progress, since: Instant::now(), secrets: Vec::new() }
    }

    /// When the program began.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// Values that must not stand in any message from now on.
    pub(crate) fn keep_secret(&mut self, env: &[(String, String)]) {
        // A short value (`1`, `true`) is no secret, and replacing it would garble every text.
        self.secrets.extend(env.iter().map(|(_, value)| value.clone()).filter(|value| value.len() >= 6));
    }

    /// How stdout wants it.
    pub(crate) fn stdout_style(&self) -> Style {
        self.stdout
    }

    /// Text for stdout, as it is.
    pub(crate) fn data(&mut self, text: &str) -> anyhow::Result<()> {
        self.progress.clear();
        write(&mut io::stdout().lock(), text).context("cannot write to stdout")
    }

    /// The checklist, and the reports that were asked for: one on stdout sends the checklist to stderr.
    pub(crate) fn report(&mut self, report: &dyn Shown, reports: &Reports) -> anyhow::Result<()> {
        match reports.for_stdout(report) {
            Some(text) => {
                self.aside(&report.terminal(self.stderr));
                self.data(&text)?;
            }
            None => self.data(&report.terminal(self.stdout))?,
        }
        reports.write_files(report)
    }

    /// Something takes time: shown on a terminal only.
    pub(crate) fn begins(&mut self, step: &str) {
        self.progress.begins(&self.fit(step));
    }

    /// A part of the work begins, of which there are few: a line of its own where nobody watches.
    pub(crate) fn phase(&mut self, phase: &str) {
        self.begins(phase);
        if !self.progress.is_watched() {
            let line = format!("{} …\n", self.fit(phase));
            self.aside(&line);
        }
    }

    /// Bars for blobs that move, on a terminal only. They stand where the current step did.
    pub(crate) fn bars(&mut self) -> Bars {
        self.progress.clear();
        Bars::new(self.progress.is_watched())
    }

    /// What verification tells while it goes on.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Phase(phase) => self.phase(phase),
            Event::Begins(step) => self.begins(step),
            Event::Notice(text) => self.note(text),
            Event::Decided(criterion) => self.progress.decided(criterion),
        }
    }

    /// Something the user should know now.
    pub(crate) fn note(&mut self, text: &str) {
        let line = format!("{} {}\n", self.label("note:", 36), self.fit(text));
        self.aside(&line);
    }

    /// Why the work could not be done, in one line, and what to do about it in another. A specification's problems stand each with its line.
    pub(crate) fn failure(&mut self, error: &anyhow::Error) {
        let Some(Problems { path, error }) = error.downcast_ref() else {
            return self.problem(&failure::message(error), failure::hint(error).as_deref());
        };
        for problem in &error.problems {
            if problem.excerpt.is_some() {
                let text = format!("{} {}", self.label("error:", 31), self.fit(&problem.render(path)));
                self.aside(&text);
            } else {
                self.problem(&format!("`{path}`: {}", problem.message), problem.hint.as_deref());
            }
        }
        if error.omitted > 0 {
            self.problem(&format!("`{path}`: and {} more", error.omitted), None);
        }
    }

    /// An error and its advice.
    fn problem(&mut self, message: &str, hint: Option<&str>) {
        let hint = hint.map(|hint| format!("{} {}\n", self.label("hint:", 36), self.fit(hint))).unwrap_or_default();
        let text = format!("{} {}\n{hint}", self.label("error:", 31), self.fit(message));
        self.aside(&text);
    }

    /// What another program said, line by line.
    pub(crate) fn quote(&mut self, text: &str) {
        let text = format!("{}\n", self.fit(text.trim_end()));
        self.aside(&text);
    }

    /// Text for stderr that is laid out already and holds nothing from outside.
    pub(crate) fn aside(&mut self, text: &str) {
        self.progress.clear();
        // Nobody is left to be told.
        let _ = write(&mut io::stderr().lock(), text);
    }

    /// Whether stdout, or stderr, shows colours.
    pub(crate) fn colors(&self, stderr: bool) -> bool {
        if stderr { self.stderr.color } else { self.stdout.color }
    }

    fn label(&self, label: &str, color: u8) -> String {
        if self.stderr.color { format!("\x1b[1;{color}m{label}\x1b[0m") } else { label.to_owned() }
    }

    fn fit(&self, text: &str) -> String {
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"));
        clean(&text)
    }
}

/// A line from the thread that hears signals.
pub(crate) fn from_signal(text: &str) {
    // The terminal may be gone: that is one of the signals.
    let _ = write(&mut io::stderr().lock(), &format!("\n{text}\n"));
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn style<S: IsTerminal + AsFd>(stream: &S) -> Style {
    if !stream.is_terminal() {
        return Style { color: false, width: WIDTH };
    }
    let width = rustix::termios::tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { color: !no_color && !is_dumb(), width: if width == 0 { WIDTH } else { width } }
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}
