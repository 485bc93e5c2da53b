//! One row of the table of verdicts: an image, some sentences of a specification, and what the program says of them.
//!
//! Each area has a file beside this one, and a `mod` line in `main.rs`. A row is a test whose name is a sentence; beside the image made
//! wrong on purpose stands the right one that passes:
//!
//! ```ignore
//! use seaworthy_testkit::Recipe;
//!
//! use crate::row::row;
//!
//! #[test]
//! fn a_password_in_the_environment_is_found() -> anyhow::Result<()> {
//!     let image = Recipe::config(|draft| draft.env.push(("DB_PASSWORD".into(), "correct-horse".into())));
//!     row!(image)
//!         .promise("No secrets in image")
//!         .looks("fail image.secrets: value for a password-like name in variable `DB_PASSWORD` of the config; …")
//! }
//! ```
//!
//! - **The image** is a [`Recipe`]: the sample service with one of its faults ([`Recipe::fault`]), with another config
//!   ([`Recipe::config`], [`Recipe::config_json`], [`Recipe::manifest_json`]), with more layers ([`Recipe::layer`]), or layers of a base
//!   that others use too ([`Recipe::on`]). A layer is compressed for each row: keep what is large in a base.
//! - **The sentences**: [`Row::promise`], once for each. Lines behind the first belong to it: a fenced scenario, `- Allowed: …`.
//!   [`Row::spec`] takes a whole specification, where its sections matter. [`Row::env`] gives a variable, [`Row::with_data`] the sample's folder,
//!   [`Row::argument`] any argument.
//!   [`Row::hides`] names what must not be shown.
//! - **What is expected**: a line for each criterion, in the order of the specification, `VERDICT CHECK: EVIDENCE`, each followed by its
//!   warnings as `warning: TEXT`. In a line `…` stands for any text: use it for figures that differ from run to run, and for words that
//!   are not what the row is about. A last line such as `14 pass` stands for that many criteria that pass without a warning.
//!   When the row fails it prints what was said, ready to be pasted.
//! - [`Row::looks`] is for static rows: it fails where anything was run, for no engine may decide it. [`Row::runs`] is for the others.
//!   [`Row::runs_on`] is for what one engine cannot tell, or says in another way: write a row for each engine then.
//!
//! A static row runs once, and a run row on one engine, which its name decides; a fifth of them run on both. `SEAWORTHY_VERDICTS=all`
//! runs each on both: `scripts/verdicts`. The same lines are expected of both engines, so their verdicts are equal.
//!
//! Keep a row quick: a few sentences, and only those whose containers it needs. Two cores run all of them in every `scripts/test`.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use seaworthy_image::Digest;
use seaworthy_testkit::Recipe;
use serde_json::Value;

use crate::held;

/// A row about an image, with the name of the test that it stands in.
macro_rules! row {
    ($image:expr) => {{
        fn here() {}
        $crate::row::Row::new(std::any::type_name_of_val(&here), $image)
    }};
}
pub(crate) use row;

pub(crate) const EMBEDDED: &str = "embedded";
pub(crate) const DOCKER: &str = "docker";

pub(crate) struct Row {
    name: String,
    image: Recipe,
    spec: String,
    arguments: Vec<String>,
    hidden: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
    /// The program does not find the PostgreSQL server of this machine.
    is_without_postgres: bool,
}

impl Row {
    /// `here` is the path of a function inside the test.
    pub(crate) fn new(here: &str, image: Recipe) -> Self {
        let test = here.strip_suffix("::here").unwrap_or(here);
        let name = test.split_once("::").map_or(test, |(_, name)| name).to_owned();
        Self {
            name,
            image,
            spec: String::new(),
            arguments: Vec::new(),
            hidden: Vec::new(),
            files: Vec::new(),
            is_without_postgres: false,
        }
    }

    /// With one more criterion: its sentence, and on further lines what belongs to it.
    pub(crate) fn promise(mut self, text: &str) -> Self {
        if self.spec.is_empty() {
            self.spec.push_str("# Containerization Specification: a row\n\n## Success Criteria\n\n");
        }
        for (number, line) in text.lines().enumerate() {
            let _ = writeln!(self.spec, "{}{line}", if number == 0 { "- [ ] " } else { "  " });
        }
        self
    }

    /// With a whole specification.
    pub(crate) fn spec(mut self, text: &str) -> Self {
        text.clone_into(&mut self.spec);
        self
    }

    /// With a variable of the service, `NAME=VALUE`.
    pub(crate) fn env(self, variable: &str) -> Self {
        self.argument("--env").argument(variable)
    }

    /// With a folder for the sample service's data.
    pub(crate) fn with_data(self) -> Self {
        self.env("DATABASE_URL=file:///data")
    }

    /// With an argument of `seaworthy verify`.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// As on a machine where no PostgreSQL server is installed.
    pub(crate) fn without_postgres(mut self) -> Self {
        self.is_without_postgres = true;
        self
    }

    /// With a file beside the specification.
    pub(crate) fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// This text must stand nowhere in what the program says.
    pub(crate) fn hides(mut self, secret: &str) -> Self {
        self.hidden.push(secret.to_owned());
        self
    }

    /// Holds the image to the sentences without running anything.
    pub(crate) fn looks(self, expected: &str) -> anyhow::Result<()> {
        self.on(&[], expected)
    }

    /// Holds the image to the sentences, on the engine that the row's name decides, or on both.
    pub(crate) fn runs(self, expected: &str) -> anyhow::Result<()> {
        let all = std::env::var("SEAWORTHY_VERDICTS").is_ok_and(|rows| rows == "all");
        let engines = if all { &[EMBEDDED, DOCKER] } else { chosen(&self.name)? };
        self.on(engines, expected)
    }

    /// As [`Self::runs`], on this engine only: the other one cannot tell, or tells it in another way.
    pub(crate) fn runs_on(self, engine: &'static str, expected: &str) -> anyhow::Result<()> {
        self.on(&[engine], expected)
    }

    fn on(&self, engines: &[&str], expected: &str) -> anyhow::Result<()> {
        ensure!(!self.spec.is_empty(), "the row promises nothing");
        let folder = tempfile::tempdir()?;
        let layout = folder.path().join("image");
        self.image.write(&layout)?;
        let spec = folder.path().join("containerization-spec.md");
        fs::write(&spec, &self.spec)?;
        for (name, content) in &self.files {
            fs::write(folder.path().join(name), content)?;
        }

        let is_static = engines.is_empty();
        for engine in if is_static { &[EMBEDDED] } else { engines } {
            let started = Instant::now();
            let report = self.verify(&layout, &spec, engine).with_context(|| format!("on {engine}"))?;
            let ran = &report["machine"]["engine"];
            ensure!((ran == "none") == is_static, "this row ran on {ran}: `looks` is for what needs no engine");
            compare(&criteria(&report), expected).with_context(|| format!("on {engine}"))?;
            self.log(if is_static { "static" } else { engine }, started.elapsed())?;
        }
        Ok(())
    }

    fn verify(&self, layout: &Path, spec: &Path, engine: &str) -> anyhow::Result<Value> {
        // Where the row's files are.
        let folder = spec.parent().unwrap_or(Path::new("."));
        let program = env!("CARGO_BIN_EXE_seaworthy");
        let mut command = if self.is_without_postgres {
            let mut command = Command::new("unshare");
            command.args([
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none /usr/lib/postgresql && exec \"$@\"",
                "sh",
                program,
            ]);
            command
        } else {
            Command::new(program)
        };
        let output = command
            .current_dir(folder)
            .arg("verify")
            .arg(format!("oci:{}", layout.display()))
            .arg("--spec")
            .arg(spec)
            .args(["--engine", engine, "--timeout", "5s", "--report", "json=-"])
            .args(&self.arguments)
            .output()?;
        for said in [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)) {
            ensure!(!self.hidden.iter().any(|secret| said.contains(secret)), "a secret is shown");
        }
        let report = held::report(&output)?;
        let summary = &report["summary"];
        let exit = if summary["fail"] != 0 {
            1
        } else if summary["unproven"] != 0 {
            3
        } else {
            0
        };
        ensure!(output.status.code() == Some(exit), "the exit code is {:?} for {summary}", output.status.code());
        Ok(report)
    }

    /// Tells `scripts/verdicts` that the row held.
    fn log(&self, what: &str, took: Duration) -> anyhow::Result<()> {
        let Some(path) = std::env::var_os("SEAWORTHY_VERDICTS_LOG") else { return Ok(()) };
        let line = format!("{what}\t{}\t{}\n", took.as_millis(), self.name);
        Ok(OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())?)
    }
}

/// The engines of a row: one, and for a fifth of all names both. Always the same for one name.
fn chosen(name: &str) -> anyhow::Result<&'static [&'static str]> {
    Ok(match u32::from_str_radix(&Digest::of(name.as_bytes()).hex()[..6], 16)? % 10 {
        0 | 1 => &[EMBEDDED, DOCKER],
        even if even % 2 == 0 => &[EMBEDDED],
        _ => &[DOCKER],
    })
}

/// A criterion as lines: verdict, check and evidence, then its warnings.
struct Criterion {
    passes_quietly: bool,
    lines: Vec<String>,
}

fn criteria(report: &Value) -> Vec<Criterion> {
    let told = |criterion: &Value| {
        let text = |name: &str| criterion[name].as_str().unwrap_or("none").replace('\n', " ");
        let cause = criterion["caused_by"].as_str().map(|id| format!(" [{id}]")).unwrap_or_default();
        let mut lines = vec![format!("{} {}: {}{cause}", text("verdict"), text("check"), text("evidence"))];
        let warnings = criterion["warnings"].as_array().into_iter().flatten();
        lines.extend(warnings.map(|warning| format!("warning: {}", warning.as_str().unwrap_or_default())));
        Criterion { passes_quietly: criterion["verdict"] == "pass" && lines.len() == 1, lines }
    };
    report["criteria"].as_array().into_iter().flatten().map(told).collect()
}

fn compare(said: &[Criterion], expected: &str) -> anyhow::Result<()> {
    let mut expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let summed = expected.last().and_then(|line| line.strip_suffix(" pass")?.parse::<usize>().ok());
    let quiet = said.iter().filter(|criterion| criterion.passes_quietly).count();
    if summed.is_some() {
        expected.pop();
    }
    let shown = said.iter().filter(|criterion| summed.is_none() || !criterion.passes_quietly);
    let shown: Vec<&str> = shown.flat_map(|criterion| criterion.lines.iter().map(String::as_str)).collect();
    let holds = shown.len() == expected.len() && shown.iter().zip(&expected).all(|(line, like)| is_like(line, like));
    if holds && summed.is_none_or(|count| count == quiet) {
        return Ok(());
    }
    let sum = summed.map(|_| format!("\n{quiet} pass")).unwrap_or_default();
    bail!("expected:\n{}\nsaid:\n{}{sum}", expected.join("\n"), shown.join("\n"))
}

/// Whether the line is the text, in which `…` stands for any text. The verdict is always compared.
fn is_like(line: &str, text: &str) -> bool {
    let mut parts = text.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    first.contains(' ') && rest.ends_with(last)
}

#[test]
fn a_line_is_like_a_text_with_gaps() {
    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(is_like("fail image.size: 12 MB is over 10 MB", text), expected, "{text}");
    }
    check("fail image.size: 12 MB is over 10 MB", true);
    check("fail image.size: … is over 10 MB", true);
    check("fail image.size: …", true);
    check("fail image.size: … is … MB", true);
    check("fail image.size: 12 MB is over 10 MB…", true);
    check("fail image.size: … is under …", false);
    check("fail image.size: 12 MB", false);
    check("fail image.size: …11 MB", false);
    check("pass image.size: …", false);
    check("…", false);
}

#[test]
fn what_is_not_expected_is_told() {
    #[track_caller]
    fn check(said: &[Criterion], expected: &str, holds: bool) {
        assert_eq!(compare(said, expected).is_ok(), holds, "{expected}");
    }
    let criterion = |lines: &[&str]| Criterion {
        passes_quietly: lines[0].starts_with("pass") && lines.len() == 1,
        lines: lines.iter().map(ToString::to_string).collect(),
    };
    let said = [
        criterion(&["pass a: right"]),
        criterion(&["fail b: wrong"]),
        criterion(&["pass c: right", "warning: but odd"]),
    ];
    check(&said, "pass a: right\nfail b: wrong\npass c: right\nwarning: but odd", true);
    check(&said, "fail b: …\npass c: …\nwarning: but odd\n1 pass", true);
    check(&said, "fail b: …\npass c: …\nwarning: but odd\n2 pass", false);
    check(&said, "fail b: …\npass c: …\n1 pass", false);
    check(&said, "pass a: right\nfail b: wrong\npass c: right", false);
    check(&said, "", false);
}

#[test]
fn a_fifth_of_all_rows_run_on_both_engines() -> anyhow::Result<()> {
    let mut counts = [0_u32; 3];
    for number in 0..1000 {
        let engines = chosen(&format!("area::row_{number}"))?;
        counts[if engines.len() == 2 { 2 } else { usize::from(engines == [DOCKER]) }] += 1;
    }
    assert!(counts[2].abs_diff(200) < 50 && counts[0].abs_diff(400) < 50, "{counts:?}");
    Ok(())
}
