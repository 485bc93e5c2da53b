//! `seaworthy explain`: how each sentence of a specification was understood, or the whole vocabulary.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use seaworthy_report::clean;
use seaworthy_report::terminal::Style;
use seaworthy_spec::{
    BY_HAND, Check, Criterion, Dependency, DependencyLine, Promise, Spec, Stage, StepForm, Stray, scenario_for,
    step_forms, vocabulary,
};
use serde_json::{Map, Value, json};

use crate::exit::Exit;
use crate::fix::{self, Fix};
use crate::output::Output;
use crate::specification;
use crate::table::{self, Row};

/// Sentences without a suggestion that are given advice, at most.
const ADVICE: usize = 20;

/// What stands in a file's place for the steps of scenarios. A file of this name goes before.
const SCENARIO: &str = "scenario";

/// Show how each sentence of a specification was understood, or the whole vocabulary
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seaworthy explain containerization-spec.md
  seaworthy explain                            every sentence that is understood
  seaworthy explain scenario                   every step of a scenario, with an example
  seaworthy explain spec.md --fix              choose what the others mean: a comment beside each says it
  seaworthy explain spec.md --fix=suggest      the same as a diff, from the suggestions, without asking

It exits 0 when every promise was understood, 3 when not, 2 when the specification cannot be read.")]
pub(crate) struct ExplainArgs {
    /// The specification; without it, every sentence that is understood; `scenario`: every step of a scenario
    #[arg(value_hint = ValueHint::FilePath)]
    spec: Option<PathBuf>,

    /// As JSON: for every line that makes a promise `line`, `section`, `text`, `check`, `stage`, `parameters`, `suggestion`,
    /// and `readings`, `bound`, `vouched`, `allowed` where there are some
    #[arg(long)]
    json: bool,

    /// Bind each sentence that was not understood to one that is, by a comment beside it
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "ask",
          requires = "spec", conflicts_with = "json")]
    fix: Option<Fix>,
}

pub(crate) fn run(args: ExplainArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let ExplainArgs { spec: path, json, fix } = args;
    let Some(path) = path else {
        let text = if json { vocabulary_json() } else { vocabulary_table(out.stdout_style()) };
        out.data(&text)?;
        return Ok(Exit::Success);
    };
    if path.as_os_str() == SCENARIO && !path.exists() && fix.is_none() {
        out.data(&if json { steps_json() } else { steps_list() })?;
        return Ok(Exit::Success);
    }
    let mut spec = specification::read(&path)?;
    if let Some(fix) = fix {
        spec = fix::run(&path, spec, fix, out)?;
    }

    let missed = spec.criteria.iter().filter(|criterion| criterion.checks().is_empty()).count();

    if fix == Some(Fix::Suggest) {
        return Ok(if missed == 0 { Exit::Success } else { Exit::Unproven });
    }
    out.data(&if json { spec_json(&spec) } else { spec_table(&spec, missed, out.stdout_style()) })?;
    Ok(if missed == 0 { Exit::Success } else { Exit::Unproven })
}

fn spec_table(spec: &Spec, missed: usize, style: Style) -> String {
    let titles = ["line", "check", "stage", "parameters", "sentence"].map(str::to_owned);
    let mut rows = vec![Row { color: Some(1), ..Row::new(titles) }];
    for criterion in &spec.criteria {
        rows.extend(criterion_rows(criterion));
    }
    let total = spec.criteria.len();
    let sum = format!("{total} promises: {} understood, {missed} not understood", total - missed);
    let sum = if total == 1 { sum.replacen("promises", "promise", 1) } else { sum };
    let advice = advice(spec);
    let below = format!("{}{}{advice}", strays(spec), dependencies(spec));
    format!("{}\n\n{}{below}\n{sum}\n", clean(&spec.title), table::render(&rows, 34, style))
}

/// What the service needs beside itself, and what the other lines under *Dependencies* lack, a line each.
fn dependencies(spec: &Spec) -> String {
    let line = |found: &DependencyLine| match &found.read {
        Ok(needed) => {
            let Dependency { name, image, port, variable, kind, .. } = needed;
            let tried = kind.is_some_and(|kind| !kind.tried);
            let tried = if tried { "; this kind was not tried" } else { "" };
            format!(
                "line {}: starts {} (`{image}`, port {port}), given as {variable}{tried}\n",
                found.line,
                clean(name)
            )
        }
        Err(why) => format!("line {}: prose, starts nothing: {} ({})\n", found.line, clean(&found.text), clean(why)),
    };
    let lines: String = spec.dependencies.iter().take(ADVICE).map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// What to do with sentences for which the vocabulary has nothing: a line for each that a scenario may say, one for all others.
fn advice(spec: &Spec) -> String {
    let is_missed = |one: &Criterion| one.vouched.is_none() && one.checks().is_empty();
    let open = |one: &&Criterion| is_missed(one) && one.readings().is_empty();
    let (said, others): (Vec<&Criterion>, Vec<&Criterion>) =
        spec.criteria.iter().filter(open).partition(|one| scenario_for(&one.text).is_some());
    let said = said.iter().filter_map(|one| Some(format!("line {}: {}\n", one.line, scenario_for(&one.text)?)));
    let mut lines: String = said.take(ADVICE).collect();
    if !others.is_empty() {
        let mut numbers: Vec<String> = others.iter().take(ADVICE).map(|one| one.line.to_string()).collect();
        if others.len() > ADVICE {
            numbers.push(format!("and {} more", others.len() - ADVICE));
        }
        let word = if others.len() == 1 { "line" } else { "lines" };
        let _ = writeln!(lines, "{word} {}: {}", numbers.join(", "), BY_HAND);
    }
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// What looks like a promise where none is made, a line each.
fn strays(spec: &Spec) -> String {
    let why = |stray: &Stray| match (stray.boxed, spec.criteria.iter().any(|criterion| criterion.line < stray.line)) {
        (false, true) => "no promise without a box here",
        _ => "not under a heading that makes promises",
    };
    let line = |stray: &Stray| format!("line {}: {}: {}\n", stray.line, why(stray), clean(&stray.text));
    let lines: String = spec.strays.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// The sentence with its check, and a row for every further check that it makes.
fn criterion_rows(criterion: &Criterion) -> Vec<Row<5>> {
    let line = criterion.line.to_string();
    let text = clean(&criterion.text);
    match &criterion.promise {
        Promise::Understood(checks) => {
            let mut text = text;
            for sentence in &criterion.bound {
                let _ = write!(text, "\nchecked as: {}", clean(sentence));
            }
            for reason in &criterion.reasons {
                let _ = write!(text, "\nreason, not checked: `{}`", clean(reason));
            }
            for allowed in &criterion.allowed {
                let _ = write!(text, "\nallowed: `{}` ({})", clean(allowed.place.as_str()), clean(&allowed.reason));
            }
            let row = |(index, check): (usize, &Check)| {
                let [line, text] =
                    if index == 0 { [line.clone(), text.clone()] } else { [String::new(), String::new()] };
                let stage = check.stage().as_str().to_owned();
                Row::new([line, check.name().to_owned(), stage, parameters(&check.parameters()), text])
            };
            checks.iter().enumerate().map(row).collect()
        }
        Promise::NotUnderstood { rest, suggestion } => {
            let mut text = text;
            if let Some(rest) = rest {
                let _ = write!(text, "\nnot understood: `{}`", clean(rest));
            }
            if let Some(suggestion) = suggestion {
                let _ = write!(text, "\ndid you mean: {}", clean(suggestion));
            }
            let others = criterion.readings();
            for reading in others.iter().filter(|reading| Some(*reading) != suggestion.as_ref()) {
                let _ = write!(text, "\nmay mean: {}", clean(reading));
            }
            if let Some(word) = &criterion.vouched {
                let _ = write!(
                    text,
                    "\nby hand: {} on {}: {} ({})",
                    clean(&word.by),
                    word.on,
                    clean(&word.seen),
                    clean(&word.image)
                );
            }
            vec![Row {
                color: Some(33),
                ..Row::new([line, "not understood".into(), String::new(), String::new(), text])
            }]
        }
    }
}

/// `limit_bytes=200000000 measure=both`; of a scenario, how many steps.
fn parameters(parameters: &Map<String, Value>) -> String {
    let value = |name: &str, value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(steps) if name == "steps" => steps.len().to_string(),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    let shown = parameters.iter().filter(|(_, value)| !value.is_null());
    clean(&shown.map(|(name, one)| format!("{name}={}", value(name, one))).collect::<Vec<_>>().join(" "))
}

fn spec_json(spec: &Spec) -> String {
    let one = |criterion: &Criterion| {
        let first = criterion.checks().first();
        let suggestion = match &criterion.promise {
            Promise::NotUnderstood { suggestion, .. } => suggestion.as_deref(),
            Promise::Understood(_) => None,
        };
        let mut line = json!({
            "line": criterion.line,
            "section": criterion.section.as_str(),
            "text": criterion.text,
            "check": first.map(Check::name),
            "stage": criterion.stage().map(Stage::as_str),
            "parameters": first.map(Check::parameters).unwrap_or_default(),
            "suggestion": suggestion,
        });
        let readings = criterion.readings();
        if !readings.is_empty() {
            line["readings"] = json!(readings);
        }
        if !criterion.reasons.is_empty() {
            line["reasons"] = json!(criterion.reasons);
        }
        if !criterion.bound.is_empty() {
            line["bound"] = json!(criterion.bound);
        }
        if let Some(word) = &criterion.vouched {
            line["vouched"] = json!({"by": word.by, "on": word.on, "seen": word.seen, "image": word.image});
        }
        if !criterion.allowed.is_empty() {
            let allowed = criterion.allowed.iter();
            line["allowed"] =
                allowed.map(|allowed| json!({"place": allowed.place.as_str(), "reason": allowed.reason})).collect();
        }
        line
    };
    pretty(&spec.criteria.iter().map(one).collect())
}

fn vocabulary_table(style: Style) -> String {
    let mut rows = vec![Row { color: Some(1), ..Row::new(["check", "stage", "sentence"].map(str::to_owned)) }];
    for entry in vocabulary() {
        rows.push(Row::new([
            entry.kind.name().to_owned(),
            stages(entry.kind.stages(), " + "),
            entry.sentence.to_owned(),
        ]));
    }
    format!(
        "{}\nBeside these, a promise can be an inline check (`<!-- check: GET /health -> 200 -->`) or a scenario in a\n\
         fenced `check` block below it; `seaworthy explain scenario` lists its steps.\n",
        table::render(&rows, 34, style)
    )
}

fn steps_list() -> String {
    let mut text =
        "The steps of a scenario, in a fenced `check` block below a promise or in `<!-- check: … -->`:\n".to_owned();
    for StepForm { form, does, example, .. } in step_forms() {
        let _ = write!(text, "\n{form}\n    {does}\n    e.g. {example}\n");
    }
    text
}

fn steps_json() -> String {
    let one = |step: &StepForm| json!({"form": step.form, "does": step.does, "example": step.example});
    pretty(&step_forms().iter().map(one).collect())
}

fn stages(stages: &[Stage], between: &str) -> String {
    stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(between)
}

fn vocabulary_json() -> String {
    let one = |entry: &seaworthy_spec::Entry| {
        json!({
            "check": entry.kind.name(),
            "stages": entry.kind.stages().iter().map(|stage| stage.as_str()).collect::<Vec<_>>(),
            "sentence": entry.sentence,
            "description": entry.description,
            "examples": entry.examples,
        })
    };
    pretty(&vocabulary().map(one).collect())
}

fn pretty(value: &Value) -> String {
    seaworthy_report::json::escaped(&format!("{value:#}\n"))
}
