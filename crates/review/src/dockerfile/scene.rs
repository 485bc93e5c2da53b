//! What a rule looks at, and where it puts what it found.

use seaworthy_init::{Place, Project};
use seaworthy_spec::{Criterion, Spec};

use super::file::{Base, File, Form, Stage, Step, What};
use super::rules::{holds_secret, redacted};
use super::shell::Command;
use crate::{Edit, Finding, Rule};

/// A file's text, and its path for the eye.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// The files that a build is given.
pub struct Context<'a> {
    /// Whether a `.dockerignore` says what is left out.
    pub has_ignore_file: bool,
    /// Whether a path would go into the build: `.env`. It need not be there.
    pub is_sent: &'a dyn Fn(&str) -> bool,
    /// Whether a path is there; `None` where nobody knows.
    pub is_there: &'a dyn Fn(&str) -> Option<bool>,
}

pub(crate) struct Scene<'a> {
    pub(crate) file: &'a File,
    /// Every `RUN` of every stage.
    pub(crate) runs: Vec<Run<'a>>,
    /// Of each stage, whether it is the image, or one that the image is made from.
    pub(crate) are_final: Vec<bool>,
    pub(crate) project: Option<&'a Project>,
    pub(crate) spec: Option<&'a Spec>,
    pub(crate) context: &'a Context<'a>,
}

/// A `RUN`, with its commands.
pub(crate) struct Run<'a> {
    pub(crate) stage: usize,
    pub(crate) step: &'a Step,
    pub(crate) options: &'a [super::pairs::Pair],
    pub(crate) commands: Vec<Command>,
}

impl<'a> Run<'a> {
    /// Every one of a file, in its order.
    pub(crate) fn all(file: &'a File) -> Vec<Self> {
        let mut found = Vec::new();
        for (stage, steps) in file.stages.iter().enumerate() {
            for step in &steps.steps {
                if let What::Run { options, form } = &step.what {
                    found.push(Run { stage, step, options, commands: form.commands() });
                }
            }
        }
        found
    }
}

impl<'a> Scene<'a> {
    pub(crate) fn stages(&self) -> &'a [Stage] {
        &self.file.stages
    }

    pub(crate) fn runs(&self) -> &[Run<'a>] {
        &self.runs
    }

    /// Those that are in the image.
    pub(crate) fn final_runs(&self) -> impl Iterator<Item = &Run<'a>> {
        self.runs.iter().filter(|run| self.are_final[run.stage])
    }

    /// The last `CMD` or `ENTRYPOINT` that starts the image: the entrypoint goes before.
    pub(crate) fn start(&self) -> Option<(&'a Step, &'a Form)> {
        let steps = self.file.final_steps();
        let of = |want: fn(&What) -> Option<&Form>| {
            steps
                .iter()
                .rev()
                .find_map(|step| want(&step.what).map(|form| (*step, form)))
                .filter(|(step, _)| !step.is_deferred)
        };
        let entrypoint = of(|what| if let What::Entrypoint(form) = what { Some(form) } else { None });
        entrypoint.or_else(|| of(|what| if let What::Cmd(form) = what { Some(form) } else { None }))
    }

    /// The last of the image's steps of a kind.
    pub(crate) fn last_step(&self, is: fn(&What) -> bool) -> Option<&'a Step> {
        self.file.final_steps().into_iter().rev().find(|step| is(&step.what) && !step.is_deferred)
    }

    /// The checks that the specification promises: `env.configurable` and its parameters.
    pub(crate) fn promises(&self, check: &str) -> Vec<serde_json::Value> {
        let criteria = self.spec.map_or(&[][..], |spec| &spec.criteria);
        let checks = criteria.iter().flat_map(Criterion::checks).filter(|known| known.name() == check);
        checks.map(|check| serde_json::Value::from(check.parameters())).collect()
    }

    /// The ports that the image's steps expose.
    pub(crate) fn exposed(&self) -> Vec<(u16, &'a Step)> {
        let mut found = Vec::new();
        for step in self.file.final_steps() {
            if let What::Expose(ports) = &step.what {
                let number = |port: &String| port.split('/').next().and_then(|number| number.parse().ok());
                found.extend(ports.iter().filter_map(number).map(|number| (number, step)));
            }
        }
        found
    }
}

impl Scene<'_> {
    /// Whether a variable says what is exposed: `EXPOSE $PORT`.
    pub(crate) fn exposes_variable(&self) -> bool {
        let is_open =
            |step: &&Step| matches!(&step.what, What::Expose(ports) if ports.iter().any(|port| port.contains('$')));
        self.file.final_steps().into_iter().any(|step| is_open(&step))
    }
}

impl Base {
    /// The repository's last part: `python` of `docker.io/library/python:3.12-slim`.
    pub(crate) fn name(&self) -> &str {
        let last = self.image.rsplit('/').next().unwrap_or_default();
        last.split([':', '@']).next().unwrap_or(last)
    }

    pub(crate) fn tag(&self) -> Option<&str> {
        let image = self.image.split('@').next().unwrap_or_default();
        image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag)
    }

    pub(crate) fn is_empty_image(&self) -> bool {
        self.image == "scratch"
    }

    pub(crate) fn is_alpine(&self) -> bool {
        self.name() == "alpine" || self.tag().is_some_and(|tag| tag.contains("alpine"))
    }

    /// Whether no shell is in it: `scratch`, and images made to have none.
    pub(crate) fn has_no_shell(&self) -> bool {
        let is_debug = self.tag().is_some_and(|tag| tag.contains("debug"));
        self.is_empty_image()
            || ((self.image.contains("distroless") || self.image.starts_with("cgr.dev/chainguard/static")) && !is_debug)
    }
}

/// What the rules found.
#[derive(Default)]
pub(crate) struct Found {
    rule: Option<&'static Rule>,
    all: Vec<Breach>,
}

/// A breach, with the instruction that is to blame.
pub(crate) struct Breach {
    pub(crate) rule: &'static Rule,
    /// The first line of the instruction.
    pub(crate) line: usize,
    pub(crate) message: String,
    pub(crate) advice: String,
    pub(crate) edits: Vec<Edit>,
}

impl Found {
    pub(crate) fn rule(&mut self, rule: &'static Rule) {
        self.rule = Some(rule);
    }

    /// At the first line of a step.
    pub(crate) fn at(&mut self, step: &Step, message: impl Into<String>, advice: impl Into<String>) {
        self.edited(step, message, advice, Vec::new());
    }

    /// With the lines that mend it.
    pub(crate) fn edited(
        &mut self,
        step: &Step,
        message: impl Into<String>,
        advice: impl Into<String>,
        edits: Vec<Edit>,
    ) {
        self.line(step.first, message, advice, edits);
    }

    /// At the `FROM` of a stage.
    pub(crate) fn stage(&mut self, stage: &Stage, message: impl Into<String>, advice: impl Into<String>) {
        self.line(stage.first, message, advice, Vec::new());
    }

    fn line(&mut self, line: usize, message: impl Into<String>, advice: impl Into<String>, edits: Vec<Edit>) {
        let Some(rule) = self.rule else { return };
        let (message, advice) = (message.into(), advice.into());
        self.all.push(Breach { rule, line, message, advice, edits });
    }

    pub(crate) fn into_all(self) -> Vec<Breach> {
        self.all
    }
}

impl Breach {
    pub(crate) fn finding(self, path: &str) -> Finding {
        let Self { rule, line, message, advice, edits, .. } = self;
        let (message, advice) = (redacted(&message), redacted(&advice));
        Finding { rule, at: Place::line(path, line), message, advice, edits }
    }
}

/// A change inside a step's lines: bytes of the file, and what takes their place.
pub(crate) type Splice = (std::ops::Range<usize>, String);

/// The step's lines with some changes, in the order of their places; none where they hold a secret, for they would be shown.
pub(crate) fn spliced(file: &File, step: &Step, splices: &[Splice], is_safe: bool) -> Vec<Edit> {
    let range = file.lines.range(step.first, step.last);
    if holds_secret(&file.lines.text[range.clone()]) {
        return Vec::new();
    }
    let (mut text, mut at) = (String::new(), range.start);
    for (bytes, insert) in splices {
        if bytes.start < at || bytes.end > range.end {
            return Vec::new();
        }
        text.push_str(&file.lines.text[at..bytes.start]);
        text.push_str(insert);
        at = bytes.end;
    }
    text.push_str(&file.lines.text[at..range.end]);
    vec![Edit { first: step.first, last: step.last, text, is_safe }]
}
