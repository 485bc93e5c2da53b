//! What is reviewed: a specification, and what is known of its project.

use seaworthy_init::{Mentioned, Place, Project, Recipe};
use seaworthy_spec::{Check, Criterion, Spec};

use crate::{Finding, Rule};

/// A specification and what is known of its project.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// As findings name the file.
    pub path: &'a str,
    pub spec: &'a Spec,
    pub project: Option<&'a Project>,
    /// Which of [`super::words`] the project's files hold; `None` where nobody looked.
    pub mentioned: Option<&'a Mentioned>,
}

impl<'a> Subject<'a> {
    /// A specification of which no project is known.
    pub fn alone(path: &'a str, spec: &'a Spec) -> Self {
        Self { path, spec, project: None, mentioned: None }
    }

    /// The project's Dockerfile.
    pub(super) fn recipe(&self) -> Option<&'a Recipe> {
        self.project?.existing.dockerfile.as_ref()
    }

    /// Every check of every promise, with the promise.
    pub(super) fn checks(&self) -> impl Iterator<Item = (&'a Criterion, &'a Check)> + use<'a> {
        self.spec.criteria.iter().flat_map(|criterion| criterion.checks().iter().map(move |check| (criterion, check)))
    }

    pub(super) fn has(&self, is_it: impl Fn(&Check) -> bool) -> bool {
        self.checks().any(|(_, check)| is_it(check))
    }

    /// The lines of headings (`## …`) outside code blocks, with their texts.
    pub(super) fn headings(&self) -> Vec<(usize, &'a str)> {
        let mut in_code = false;
        let mut found = Vec::new();
        for (index, line) in self.spec.source.lines().enumerate() {
            let text = line.trim_start();
            if text.starts_with("```") || text.starts_with("~~~") {
                in_code = !in_code;
            } else if !in_code && line.starts_with('#') {
                found.push((index + 1, line.trim_matches(['#', ' '])));
            }
        }
        found
    }

    /// The line of an item that the parser gives without one.
    pub(super) fn line_of(&self, item: &str) -> Option<usize> {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(40).collect::<String>();
        let wanted = letters(item);
        self.spec.source.lines().position(|line| letters(line).starts_with(&wanted)).map(|index| index + 1)
    }

    /// Where a promise that is missing would be written: under the heading that promises.
    pub(super) fn promises(&self) -> Option<usize> {
        let first = self.spec.criteria.iter().rev().find(|one| one.section == seaworthy_spec::Section::SuccessCriteria);
        let line = first.or(self.spec.criteria.first())?.line;
        self.headings().into_iter().map(|(at, _)| at).filter(|at| *at < line).max()
    }

    pub(crate) fn finding(
        &self,
        rule: &'static Rule,
        line: Option<usize>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        let at = line.map_or_else(|| Place::file(self.path), |line| Place::line(self.path, line));
        Finding { rule, at, message: message.into(), advice: advice.into(), edits: Vec::new() }
    }
}
