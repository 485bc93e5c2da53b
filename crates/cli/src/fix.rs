//! `explain --fix`: asks what sentences mean that were not understood, and writes the answers beside them.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum;
use seaworthy_report::clean;
use seaworthy_spec::{BY_HAND, Criterion, Promise, Spec, bind, scenario_for};
use similar::TextDiff;

use crate::failure::Failure;
use crate::output::Output;
use crate::{answer, files, interrupt, specification};

/// How sentences are bound that were not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fix {
    /// Each time the user chooses.
    Ask,
    /// As a diff, from the suggestions; nothing is written.
    Suggest,
}

/// Binds what can be bound, and returns the specification as it then is.
pub(crate) fn run(path: &Path, spec: Spec, fix: Fix, out: &mut Output) -> anyhow::Result<Spec> {
    match fix {
        Fix::Ask => ask(path, spec, out),
        Fix::Suggest => {
            let diff = suggested(path, &spec);
            if diff.is_empty() {
                out.note("no sentence has a suggestion; `--fix` asks about other readings");
            }
            out.data(&diff)?;
            Ok(spec)
        }
    }
}

/// What `did you mean` says, as a diff of the file; empty where it says nothing.
fn suggested(path: &Path, spec: &Spec) -> String {
    let mut text = spec.source.clone();
    for criterion in &spec.criteria {
        if let Promise::NotUnderstood { suggestion: Some(sentence), .. } = &criterion.promise
            && let Some(changed) = bind(&text, criterion.line, sentence)
        {
            text = changed;
        }
    }
    if text == spec.source {
        return String::new();
    }
    let name = path.display().to_string();
    let diff = TextDiff::from_lines(&spec.source, &text);
    clean(&diff.unified_diff().header(&name, &name).to_string())
}

fn ask(path: &Path, spec: Spec, out: &mut Output) -> anyhow::Result<Spec> {
    if !answer::can_be_asked() {
        return Err(Failure::new("`--fix` asks, and nobody answers: stdin is no terminal")
            .hint("`--fix=suggest` shows what it would write, without asking")
            .into());
    }
    let missed: Vec<Criterion> = spec.criteria.iter().filter(|one| one.checks().is_empty()).cloned().collect();
    let mut spec = spec;
    let mut written = 0;
    for (index, criterion) in missed.iter().enumerate() {
        out.aside(&format!(
            "\n{} of {}, line {}: {}\n",
            index + 1,
            missed.len(),
            criterion.line,
            clean(&criterion.text)
        ));
        let meant = match choice(criterion, &spec.source, out)? {
            Choice::Reading(text) => text,
            Choice::None => continue,
            Choice::Stop => break,
        };
        // What is answered is kept, whatever becomes of the next question.
        files::replace(path, &meant).with_context(|| format!("cannot write `{}`", path.display()))?;
        written += 1;
        spec = specification::read(path)?;
    }
    let comments = if written == 1 { "comment" } else { "comments" };
    out.aside(&format!("\n{written} {comments} written to {}\n\n", path.display()));
    Ok(spec)
}

enum Choice {
    /// The specification with the comment.
    Reading(String),
    None,
    Stop,
}

/// Shows what the sentence may mean, and waits for an answer: a number, or several for a sentence that promises several things.
fn choice(criterion: &Criterion, source: &str, out: &mut Output) -> anyhow::Result<Choice> {
    let can_be_bound = |sentence: &String| bind(source, criterion.line, sentence).is_some();
    let found: Vec<String> = criterion.readings().into_iter().filter(can_be_bound).collect();
    if found.is_empty() {
        out.aside(&format!("  {}\n", advice(&criterion.text)));
        return Ok(Choice::None);
    }
    let mut shown = String::new();
    for (index, sentence) in found.iter().enumerate() {
        let _ = writeln!(shown, "  {}  {}", index + 1, clean(sentence));
    }
    let several = if found.len() > 1 { "  1 2  the first two, where the sentence promises both\n" } else { "" };
    out.aside(&format!("{shown}{several}  n  none of these\n  q  stop here\n"));
    loop {
        out.aside("which is meant? ");
        interrupt::check();
        let Some(typed) = answer::next()? else { return Ok(Choice::Stop) };
        match typed.as_str() {
            "q" | "quit" => return Ok(Choice::Stop),
            "n" | "no" | "none" => {
                out.aside(&format!("  {}\n", advice(&criterion.text)));
                return Ok(Choice::None);
            }
            numbers => {
                if let Some(text) = bound(numbers, &found, criterion.line, source) {
                    return Ok(Choice::Reading(text));
                }
                let or_several = if found.len() > 1 { ", several of them" } else { "" };
                out.aside(&format!("  a number from 1 to {}{or_several}, n or q\n", found.len()));
            }
        }
    }
}

/// The text with a comment for each of the numbered sentences; `None` where a number is none of theirs.
fn bound(numbers: &str, found: &[String], line: usize, source: &str) -> Option<String> {
    let numbers = numbers.split([' ', ',']).filter(|number| !number.is_empty());
    let chosen: Option<Vec<&String>> =
        numbers.map(|number| found.get(number.parse::<usize>().ok()?.checked_sub(1)?)).collect();
    let chosen = chosen.filter(|chosen| !chosen.is_empty())?;
    chosen.into_iter().try_fold(source.to_owned(), |text, sentence| bind(&text, line, sentence))
}

/// What to do with a sentence for which the vocabulary has nothing.
fn advice(sentence: &str) -> String {
    scenario_for(sentence).unwrap_or_else(|| BY_HAND.to_owned())
}
