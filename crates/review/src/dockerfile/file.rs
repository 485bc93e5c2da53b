//! A Dockerfile as rules look at it: stages of steps, each with its lines.

use std::collections::HashMap;

use parse_dockerfile::{self as parser, HealthcheckArguments, Instruction, JsonOrStringArray};

use super::lines::Lines;
use super::pairs::{Pair, expanded, pairs, unquoted};
use super::shell::{self, Command};

/// Why a Dockerfile cannot be reviewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    /// 1-based.
    pub line: usize,
    pub why: String,
}

#[derive(Debug)]
pub(crate) struct File {
    pub(crate) lines: Lines,
    pub(crate) stages: Vec<Stage>,
    /// The `ARG`s before the first stage.
    pub(crate) globals: Vec<Step>,
}

/// A `FROM`, and what follows it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) base: Base,
    pub(crate) name: Option<String>,
    /// `--platform`'s value.
    pub(crate) platform: Option<String>,
    /// The line of its `FROM`.
    pub(crate) first: usize,
    /// The first of the stages that it is made from; itself where it is made from an image.
    pub(crate) origin: usize,
    pub(crate) steps: Vec<Step>,
}

/// What a stage is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As it is written.
    pub(crate) written: String,
    /// With variables expanded where they have a default.
    pub(crate) image: String,
    /// The index of the stage that it is.
    pub(crate) stage: Option<usize>,
}

/// An instruction, and its lines.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// The offset of its keyword.
    pub(crate) start: usize,
    pub(crate) what: What,
    /// Behind `ONBUILD`.
    pub(crate) is_deferred: bool,
}

#[derive(Debug)]
pub(crate) enum What {
    /// `COPY`, or `ADD`.
    Copy {
        is_add: bool,
        options: Vec<Pair>,
        sources: Vec<Source>,
        to: String,
    },
    Run {
        options: Vec<Pair>,
        form: Form,
    },
    Cmd(Form),
    Entrypoint(Form),
    /// `None` for `HEALTHCHECK NONE`.
    Health(Option<Form>),
    Env(Vec<Pair>),
    Arg(Vec<Pair>),
    Label(Vec<Pair>),
    Expose(Vec<String>),
    User(String),
    Workdir(String),
    Volume(Vec<String>),
    Shell(Vec<String>),
    StopSignal,
    Maintainer(String),
    /// What no `ONBUILD` may have: `FROM`, `MAINTAINER`.
    Forbidden(&'static str),
}

/// A file that is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Path(String),
    HereDocument,
}

/// A command line.
#[derive(Debug)]
pub(crate) enum Form {
    Exec(Vec<String>),
    /// `text` as it is written.
    Shell {
        text: String,
        commands: Vec<Command>,
        is_document: bool,
    },
}

impl Form {
    /// Its commands; the exec form is one, unless it calls a shell.
    pub(crate) fn commands(&self) -> Vec<Command> {
        match self {
            Self::Shell { commands, .. } => commands.clone(),
            Self::Exec(words) => {
                if let Some(line) = shell_line(words) {
                    return shell::commands(line, 0, '\\');
                }
                let word = |text: &String| shell::Word { text: text.clone(), start: 0, end: 0 };
                let words = words.iter().map(word).collect();
                vec![Command { words, is_piped: false, is_inside: false, output_to: None, sets: Vec::new() }]
            }
        }
    }

    /// In one line, for the eye.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Exec(words) => words.join(" "),
            Self::Shell { text, .. } => text.clone(),
        }
    }
}

/// The line of `["sh", "-c", "…"]`.
pub(crate) fn shell_line(words: &[String]) -> Option<&str> {
    let name = words.first()?.rsplit('/').next()?;
    let is_shell = matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh");
    let flag = words.iter().skip(1).position(|word| word.starts_with('-') && word.ends_with('c'))?;
    words.get(flag + 2).map(String::as_str).filter(|_| is_shell)
}

impl File {
    pub(crate) fn read(text: &str) -> Result<Self, Unreadable> {
        let lines = Lines::new(text)?;
        let failed = |error: &parser::Error| Unreadable { line: error.line().max(1), why: why(&format!("{error:#}")) };
        let mut reader = Reader {
            lines: &lines,
            stages: Vec::new(),
            globals: Vec::new(),
            values: HashMap::new(),
            names: HashMap::new(),
        };
        for instruction in parser::parse_iter(&lines.masked).map_err(|error| failed(&error))? {
            reader.instruction(&instruction.map_err(|error| failed(&error))?)?;
        }
        let Reader { stages, globals, .. } = reader;
        Ok(Self { lines, stages, globals })
    }

    /// The stage that is the image.
    pub(crate) fn last(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// A stage and those that it is made from, the first one first.
    pub(crate) fn chain(&self, index: usize) -> Vec<&Stage> {
        let mut found = Vec::new();
        let mut next = Some(index);
        // A stage comes after those that it is made from, so that this ends.
        while let Some(stage) = next.and_then(|index| self.stages.get(index)) {
            found.push(stage);
            next = stage.base.stage;
        }
        found.reverse();
        found
    }

    /// What is in the image by steps of this file: of the last stage, and of those that it is made from.
    pub(crate) fn final_steps(&self) -> Vec<&Step> {
        let chain = self.stages.len().checked_sub(1).map_or(Vec::new(), |last| self.chain(last));
        chain.into_iter().flat_map(|stage| &stage.steps).collect()
    }

    /// Of each stage, whether it is the image, or one that the image is made from.
    pub(crate) fn are_final(&self) -> Vec<bool> {
        let mut found = vec![false; self.stages.len()];
        let mut next = self.stages.len().checked_sub(1);
        while let Some(index) = next {
            found[index] = true;
            next = self.stages[index].base.stage;
        }
        found
    }

    /// The image that the last stage is made from in the end.
    pub(crate) fn root(&self) -> Option<&Base> {
        let last = self.stages.len().checked_sub(1)?;
        self.chain(last).first().map(|stage| &stage.base)
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flat_map(|stage| &stage.steps)
    }
}

/// The parser's words. A word of the file that may be anything is not repeated.
fn why(text: &str) -> String {
    let word = text.strip_prefix("unknown instruction '").map(|rest| rest.trim_end_matches('\''));
    match word {
        Some(word) if word.len() > 12 || !word.chars().all(|c| c.is_ascii_alphabetic()) => {
            "unknown instruction".to_owned()
        }
        _ => text.to_owned(),
    }
}

struct Reader<'a> {
    lines: &'a Lines,
    stages: Vec<Stage>,
    globals: Vec<Step>,
    values: HashMap<String, String>,
    /// Stages by their names in small letters.
    names: HashMap<String, usize>,
}

impl Reader<'_> {
    fn instruction(&mut self, instruction: &Instruction<'_>) -> Result<(), Unreadable> {
        if let Instruction::From(from) = instruction {
            self.stage(from);
            return Ok(());
        }
        let step = self.step(instruction)?;
        if let Some(stage) = self.stages.last_mut() {
            stage.steps.push(step);
            return Ok(());
        }
        if let What::Arg(pairs) = &step.what {
            for Pair { name, value } in pairs {
                if let Some(value) = value {
                    self.values.insert(name.clone(), expanded(value, &self.values));
                }
            }
        }
        self.globals.push(step);
        Ok(())
    }

    fn stage(&mut self, from: &parser::FromInstruction<'_>) {
        let written = unquoted(&from.image.value);
        let image = expanded(&written, &self.values);
        let stage = self.names.get(&image.to_ascii_lowercase()).copied();
        let (first, _) = self.lines.instruction(from.from.span.start);
        if let Some((_, name)) = &from.as_ {
            self.names.insert(name.value.to_ascii_lowercase(), self.stages.len());
        }
        let origin = stage.map_or(self.stages.len(), |parent| self.stages[parent].origin);
        self.stages.push(Stage {
            origin,
            base: Base { written, image, stage },
            name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
            platform: flags(&from.options).into_iter().find(|flag| flag.name == "platform").and_then(|flag| flag.value),
            first,
            steps: Vec::new(),
        });
    }

    fn step(&self, instruction: &Instruction<'_>) -> Result<Step, Unreadable> {
        let (start, what, is_deferred) = match instruction {
            Instruction::Onbuild(onbuild) => {
                (onbuild.onbuild.span.start, self.what(onbuild.instruction.as_ref())?.1, true)
            }
            other => {
                let (start, what) = self.what(other)?;
                (start, what, false)
            }
        };
        let (first, last) = self.lines.instruction(start);
        Ok(Step { first, last, start, what, is_deferred })
    }

    fn what(&self, instruction: &Instruction<'_>) -> Result<(usize, What), Unreadable> {
        let (start, what) = match instruction {
            Instruction::Copy(copy) => (copy.copy.span.start, self.copy(false, &copy.options, &copy.src, &copy.dest)),
            Instruction::Add(add) => (add.add.span.start, self.copy(true, &add.options, &add.src, &add.dest)),
            Instruction::Run(run) => {
                (run.run.span.start, What::Run { options: flags(&run.options), form: self.run(run) })
            }
            Instruction::Cmd(cmd) => (cmd.cmd.span.start, What::Cmd(self.form(&cmd.arguments))),
            Instruction::Entrypoint(one) => (one.entrypoint.span.start, What::Entrypoint(self.form(&one.arguments))),
            Instruction::Healthcheck(check) => {
                let test = match &check.arguments {
                    HealthcheckArguments::Cmd { arguments, .. } => Some(self.form(arguments)),
                    _ => None,
                };
                (check.healthcheck.span.start, What::Health(test))
            }
            Instruction::Env(env) => (env.env.span.start, What::Env(pairs(&env.arguments.value, true))),
            Instruction::Arg(arg) => (arg.arg.span.start, What::Arg(pairs(&arg.arguments.value, false))),
            Instruction::Label(label) => (label.label.span.start, What::Label(pairs(&label.arguments.value, true))),
            Instruction::Expose(expose) => (
                expose.expose.span.start,
                What::Expose(expose.arguments.iter().map(|port| port.value.to_string()).collect()),
            ),
            Instruction::User(user) => (user.user.span.start, What::User(unquoted(user.arguments.value.trim()))),
            Instruction::Workdir(one) => (one.workdir.span.start, What::Workdir(unquoted(one.arguments.value.trim()))),
            Instruction::Volume(volume) => (volume.volume.span.start, What::Volume(volumes(&volume.arguments))),
            Instruction::Shell(shell) => (
                shell.shell.span.start,
                What::Shell(shell.arguments.iter().map(|word| word.value.to_string()).collect()),
            ),
            Instruction::Stopsignal(signal) => (signal.stopsignal.span.start, What::StopSignal),
            Instruction::Maintainer(one) => (one.maintainer.span.start, What::Maintainer(one.name.value.to_string())),
            Instruction::From(from) => (from.from.span.start, What::Forbidden("FROM")),
            Instruction::Onbuild(onbuild) => (onbuild.onbuild.span.start, What::Forbidden("ONBUILD")),
            // The parser may learn more instructions than are known here.
            _ => return Err(Unreadable { line: 1, why: "an instruction that is not known here".to_owned() }),
        };
        Ok((start, what))
    }

    fn copy(
        &self,
        is_add: bool,
        options: &[parser::Flag<'_>],
        sources: &[parser::Source<'_>],
        to: &parser::UnescapedString<'_>,
    ) -> What {
        let source = |source: &parser::Source<'_>| match source {
            parser::Source::Path(path) if self.lines.text[path.span.start..].starts_with("<<") => Source::HereDocument,
            parser::Source::Path(path) => Source::Path(unquoted(&path.value)),
            _ => Source::HereDocument,
        };
        What::Copy {
            is_add,
            options: flags(options),
            sources: sources.iter().map(source).collect(),
            to: unquoted(&to.value),
        }
    }

    fn run(&self, run: &parser::RunInstruction<'_>) -> Form {
        let mut form = self.form(&run.arguments);
        let first = self.lines.instruction(run.run.span.start).0;
        let bodies = &self.lines.bodies[self.lines.bodies.partition_point(|(line, _)| *line < first)..];
        if let Form::Shell { text, commands, is_document } = &mut form {
            // `RUN <<EOF`: the body is what runs. Else it goes to a command that reads it.
            if text.starts_with("<<") && text.split_whitespace().count() == 1 {
                commands.clear();
                *is_document = true;
                for (_, range) in bodies.iter().take_while(|(line, _)| *line == first) {
                    let body = &self.lines.text[range.clone()];
                    commands.extend(shell::commands(body, range.start, '\\'));
                }
            }
        }
        form
    }

    fn form(&self, command: &parser::Command<'_>) -> Form {
        match command {
            parser::Command::Exec(words) => Form::Exec(words.value.iter().map(|word| word.value.to_string()).collect()),
            parser::Command::Shell(line) => {
                let text = self.lines.text[line.span.clone()].to_owned();
                let commands = shell::commands(&text, line.span.start, self.lines.escape);
                Form::Shell { text, commands, is_document: false }
            }
            _ => Form::Exec(Vec::new()),
        }
    }
}

fn flags(flags: &[parser::Flag<'_>]) -> Vec<Pair> {
    let pair = |flag: &parser::Flag<'_>| Pair {
        name: flag.name.value.to_string(),
        value: flag.value.as_ref().map(|value| unquoted(&value.value)),
    };
    flags.iter().map(pair).collect()
}

fn volumes(paths: &JsonOrStringArray<'_, 1>) -> Vec<String> {
    match paths {
        JsonOrStringArray::Json(paths) => paths.value.iter().map(|path| path.value.to_string()).collect(),
        JsonOrStringArray::String(paths) => paths.iter().map(|path| path.value.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_know_what_they_are_made_from() {
        let file = File::read(
            "ARG V=3.12\nfrom python:${V} as base\nENV A=1\nFROM base AS build\nRUN <<EOF\na && b\nEOF\nFROM build\nONBUILD RUN c\n",
        )
        .unwrap();
        assert_eq!(file.root().unwrap().image, "python:3.12");
        assert_eq!(file.stages[2].base.stage, Some(1));
        assert_eq!(file.final_steps().len(), 3);
        let What::Run { form, .. } = &file.stages[1].steps[0].what else { panic!("{file:?}") };
        assert_eq!(form.commands().len(), 2);
        assert!(file.stages[2].steps[0].is_deferred);
    }

    #[test]
    fn faults_have_a_line() {
        for (text, expected) in [
            ("FROM a\nFRUM b\n", "line 2: unknown instruction 'FRUM'"),
            ("RUN a\n", "line 1: expected FROM"),
            ("", "line 1: expected at least one FROM instruction"),
            ("FROM a\nRUN cat <<EOF >x\nb\n", "line 2: the here-document `EOF` has no end"),
        ] {
            assert_eq!(File::read(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn what_people_write_is_read() {
        let text = "\u{feff}# syntax=docker/dockerfile:1\r\nFROM a\r\nRUN x \\\r\n  # why\r\n\r\n  y\r\nCOPY <<a <<b /c/\r\n1\r\na\r\n2\r\nb\r\nuser 1\r\n";
        let file = File::read(text).unwrap();
        let steps = &file.stages[0].steps;
        assert_eq!(steps.iter().map(|step| (step.first, step.last)).collect::<Vec<_>>(), [(3, 6), (7, 11), (12, 12)]);
        let What::Copy { sources, .. } = &steps[1].what else { panic!() };
        assert_eq!(sources, &[Source::HereDocument, Source::HereDocument]);
        assert!(matches!(&steps[2].what, What::User(user) if user == "1"));
    }
}
