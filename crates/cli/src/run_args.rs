//! How containers are run: the arguments that `verify` and `ship` share.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use seaworthy_dependency::{Images, Mirrors};
use seaworthy_engine::Choice;
use seaworthy_verify::Options;

use crate::env;
use crate::exit::Demand;
use crate::failure::Failure;
use crate::output::Output;
use crate::publication;
use crate::report_to::{ReportTo, Reports};
use crate::start_args::StartArgs;
use crate::verification::Settings;

/// How containers are run, and where reports go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// What runs containers: Docker or Podman where one answers, else the embedded engine
    #[arg(long, value_enum, default_value_t = EngineChoice::Auto, hide_possible_values = false)]
    pub(crate) engine: EngineChoice,

    /// A variable for every container; `K` alone takes its value from the environment (repeatable)
    // A value may be a secret: it is parsed where no message repeats it.
    #[arg(long, value_name = "K[=V]", value_parser = clap::value_parser!(OsString))]
    pub(crate) env: Vec<OsString>,

    /// A file of `K=V` lines; `--env` goes before it
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) env_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) start: StartArgs,

    /// The container's port for HTTP [default: the one it exposes, else its PORT]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The end of every wait that has no bound of its own: `30s`, `1.5s`, `500ms`, `2m`
    #[arg(long, value_name = "T", default_value = "30s")]
    pub(crate) timeout: Timeout,

    /// How much a container may write before it is stopped: `500MB`, `2 GB`
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    pub(crate) disk: Disk,

    /// Look for images of what the service needs at TO first, where their names begin with FROM: `docker.io=mirror.example.com`
    /// (repeatable; `registries.conf` is read too)
    #[arg(long, value_name = "FROM=TO")]
    pub(crate) mirror: Vec<String>,

    /// Write a report, as `json` or `markdown`; `-` is stdout, and the checklist goes to stderr (repeatable)
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(crate) report: Vec<ReportTo>,

    /// Take a pending promise for one that was not shown: exit 3
    #[arg(long)]
    pub(crate) complete: bool,

    /// With `--complete`: a promise that somebody vouches for (`<!-- check: by hand: … -->`) may stay pending
    #[arg(long, requires = "complete")]
    pub(crate) accept_vouched: bool,

    /// Tick the boxes of promises that were kept, and untick the others: nothing else in the specification changes
    #[arg(long)]
    pub(crate) tick: bool,
}

/// What runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    Auto,
    Embedded,
    Docker,
    Podman,
}

/// A bound in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

/// Why a text is no bound in time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeoutError {
    #[error("a time has a number and a unit: `30s`, `500ms`, `2m`")]
    Form,
    #[error("it is more than 0 and at most an hour")]
    Range,
}

impl FromStr for Timeout {
    type Err = TimeoutError;

    fn from_str(text: &str) -> Result<Self, TimeoutError> {
        let unit = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(TimeoutError::Form)?;
        let (number, unit) = text.split_at(unit);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            _ => return Err(TimeoutError::Form),
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(TimeoutError::Form);
        }
        let seconds = number.parse::<f64>().map_err(|_| TimeoutError::Form)? * seconds;
        if (0.001..=3600.0).contains(&seconds) {
            Ok(Self(Duration::from_secs_f64(seconds)))
        } else {
            Err(TimeoutError::Range)
        }
    }
}

/// A bound on what a container writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disk(pub(crate) u64);

/// Why a text is no bound on what a container writes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiskError {
    #[error("a size has a number and a unit: `500MB`, `2GB`, `1.5 GiB`")]
    Form,
    #[error("it is at least 10 MB and at most 1,000 GB")]
    Range,
}

impl FromStr for Disk {
    type Err = DiskError;

    fn from_str(text: &str) -> Result<Self, DiskError> {
        let bytes = seaworthy_spec::size_bytes(text).ok_or(DiskError::Form)?;
        if (10_000_000..=1_000_000_000_000).contains(&bytes) { Ok(Self(bytes)) } else { Err(DiskError::Range) }
    }
}

impl RunArgs {
    /// Looks up what the environment holds, here and nowhere else, and checks what can be checked before the work begins.
    ///
    /// # Errors
    ///
    /// Fails if a variable cannot be had or a report cannot be written.
    pub(crate) fn resolve(self, out: &mut Output) -> anyhow::Result<Settings> {
        let env = env::resolve(&self.env, self.env_file.as_deref(), &|name| std::env::var_os(name))?;
        out.keep_secret(&env);
        let start = self.start.resolve()?;
        out.keep_secret(&start.secrets().collect::<Vec<_>>());
        let mirrors = Mirrors::of(&self.mirror).map_err(|error| Failure::new(format!("`--mirror`: {error}")))?;
        Ok(Settings {
            engine: self.engine.into(),
            options: Options {
                env,
                build_args: Vec::new(),
                start,
                port: self.port,
                timeout: self.timeout.0,
                disk_bytes: self.disk.0,
                folder: None,
                images: Images::new(publication::client(), mirrors.and_files()),
                since: out.since(),
            },
            reports: Reports::new(self.report)?,
            tick: self.tick,
            demand: match (self.complete, self.accept_vouched) {
                (false, _) => Demand::Nothing,
                (true, false) => Demand::Complete,
                (true, true) => Demand::CompleteOrVouched,
            },
        })
    }
}

impl From<EngineChoice> for Choice {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Auto => Self::Auto,
            EngineChoice::Embedded => Self::Embedded,
            EngineChoice::Docker => Self::Docker,
            EngineChoice::Podman => Self::Podman,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        #[track_caller]
        fn check(text: &str, expected: Result<u64, TimeoutError>) {
            assert_eq!(text.parse(), expected.map(|millis| Timeout(Duration::from_millis(millis))), "{text}");
        }
        check("30s", Ok(30_000));
        check("1.5s", Ok(1_500));
        check("500ms", Ok(500));
        check("2m", Ok(120_000));
        check("60min", Ok(3_600_000));
        check("61min", Err(TimeoutError::Range));
        check("0s", Err(TimeoutError::Range));
        check("30", Err(TimeoutError::Form));
        check("s", Err(TimeoutError::Form));
        check("1e9s", Err(TimeoutError::Form));
        check("-1s", Err(TimeoutError::Form));
        check("1.2.3s", Err(TimeoutError::Form));
        check("inf", Err(TimeoutError::Form));
        check("", Err(TimeoutError::Form));
    }

    #[test]
    fn a_bound_on_what_is_written_has_a_unit() {
        #[track_caller]
        fn check(text: &str, expected: Result<u64, DiskError>) {
            assert_eq!(text.parse(), expected.map(Disk), "{text}");
        }
        check("1GB", Ok(1_000_000_000));
        check("1.5 GiB", Ok(1_610_612_736));
        check("500MB", Ok(500_000_000));
        check("1000", Err(DiskError::Form));
        check("-1GB", Err(DiskError::Form));
        check("", Err(DiskError::Form));
        check("1MB", Err(DiskError::Range));
        check("2000GB", Err(DiskError::Range));
    }
}
