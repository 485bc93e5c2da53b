//! The stages of a Dockerfile, told by its text alone.

use std::collections::HashMap;

/// One `FROM` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// `rust:1.95.0`, `scratch`, or an earlier stage's name.
    pub base: String,
    /// As in `FROM … AS build`.
    pub name: Option<String>,
    /// What its own label of the version says, as it is written.
    pub version: Option<String>,
}

/// The label that images have their version in.
const VERSION: &str = "org.opencontainers.image.version";

/// The index of the stage that `target` names; of the last one without. `None` where there is no such stage.
pub fn index(stages: &[Stage], target: Option<&str>) -> Option<usize> {
    let Some(target) = target else { return stages.len().checked_sub(1) };
    let is_named = |stage: &Stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(target));
    stages.iter().rposition(is_named)
}

/// The label of the version, as written in this stage or in those that it stands on; a base image's is not among them.
pub fn version(stages: &[Stage], index: usize) -> Option<&str> {
    let stage = stages.get(index)?;
    if let Some(version) = &stage.version {
        return Some(version);
    }
    version(stages, below(stages, index)?)
}

/// The image that a stage stands on, through the stages between.
pub fn base(stages: &[Stage], index: usize) -> Option<&str> {
    match below(stages, index) {
        Some(below) => base(stages, below),
        None => stages.get(index).map(|stage| stage.base.as_str()),
    }
}

/// The earlier stage that a stage stands on.
fn below(stages: &[Stage], index: usize) -> Option<usize> {
    let stage = stages.get(index)?;
    let is_base = |other: &Stage| other.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&stage.base));
    stages[..index].iter().rposition(is_base)
}

/// The stages in their order, the last one is the image. Variables in `FROM` have the values of `args`, else those that the `ARG`s before
/// the first stage give them; one without a value stays as it is written.
pub fn stages(dockerfile: &str, args: &[(String, String)]) -> Vec<Stage> {
    let mut defaults: HashMap<String, String> = HashMap::new();
    let mut stages = Vec::new();
    for line in instructions(dockerfile) {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("FROM") => stages.extend(stage(words, &defaults)),
            Some("ARG") if stages.is_empty() => {
                for word in words {
                    let (name, default) = word.split_once('=').map_or((word, None), |(n, value)| (n, Some(value)));
                    let given = args.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone());
                    if let Some(value) = given.or_else(|| default.map(|value| expand(unquoted(value), &defaults))) {
                        defaults.insert(name.to_owned(), value);
                    }
                }
            }
            Some("LABEL") => {
                if let (Some(stage), Some(version)) = (stages.last_mut(), label(&line, VERSION)) {
                    stage.version = Some(version);
                }
            }
            _ => {}
        }
    }
    stages
}

/// What a `LABEL` instruction says of a label: `LABEL a=1 b="2"`, or `LABEL a 1`.
fn label(instruction: &str, name: &str) -> Option<String> {
    let words = words(instruction);
    match words.get(1)?.split_once('=') {
        Some(_) => {
            words[1..].iter().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        }
        None => (words[1] == name).then(|| words[2..].join(" ")),
    }
}

/// The words of an instruction without their quotes, which keep spaces together.
fn words(instruction: &str) -> Vec<String> {
    let (mut words, mut word, mut open) = (Vec::new(), String::new(), None);
    for c in instruction.chars() {
        match (c, open) {
            ('"' | '\'', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            (c, None) if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn stage<'a>(words: impl Iterator<Item = &'a str>, values: &HashMap<String, String>) -> Option<Stage> {
    let mut words = words.skip_while(|word| word.starts_with("--"));
    let base = expand(unquoted(words.next()?), values);
    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
    Some(Stage { base, name: name.map(str::to_owned), version: None })
}

/// Whole instructions: lines joined where they are continued, without comments and the bodies of here-documents.
fn instructions(dockerfile: &str) -> Vec<String> {
    let escape = escape_character(dockerfile);
    let mut instructions = Vec::new();
    let mut current = String::new();
    let mut lines = dockerfile.trim_start_matches('\u{feff}').lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(begun) = line.strip_suffix(escape) {
            current.push_str(begun);
            current.push(' ');
            continue;
        }
        current.push_str(line);
        for end in here_documents(&current) {
            lines.by_ref().find(|line| line.trim_start_matches('\t') == end);
        }
        instructions.push(std::mem::take(&mut current));
    }
    if !current.is_empty() {
        instructions.push(current);
    }
    instructions
}

/// Set by `# escape=` above everything else.
fn escape_character(dockerfile: &str) -> char {
    let directives = dockerfile.lines().map_while(|line| line.trim().strip_prefix('#'));
    let escape = directives
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("escape"))
        .and_then(|(_, value)| value.trim().chars().next());
    escape.filter(|&c| c == '`').unwrap_or('\\')
}

/// The words that end the here-documents that this instruction begins.
fn here_documents(instruction: &str) -> Vec<String> {
    let command = instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !matches!(command.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    instruction
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("<<"))
        .map(|word| unquoted(word.strip_prefix('-').unwrap_or(word)).to_owned())
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
        .collect()
}

/// `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`.
fn expand(text: &str, values: &HashMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (inner, next) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        let (name, otherwise) = inner.split_once(':').map_or((inner, ""), |(name, otherwise)| (name, otherwise));
        let value = values.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let written = &rest[before.len()..rest.len() - next.len()];
        expanded.push_str(match (value, otherwise.split_at_checked(1)) {
            (Some(_), Some(("+", instead))) => instead,
            (None, Some(("+", _))) => "",
            (Some(value), _) => value,
            (None, Some(("-", default))) => default,
            (None, _) => written,
        });
        rest = next;
    }
    expanded + rest
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dockerfile: &str, expected: &[&str]) {
        let args = [("GIVEN".to_owned(), "given:1".to_owned())];
        let found: Vec<String> = stages(dockerfile, &args)
            .into_iter()
            .map(|stage| stage.base + &stage.name.map(|name| format!(" as {name}")).unwrap_or_default())
            .collect();
        assert_eq!(found, expected, "{dockerfile}");
    }

    #[test]
    fn each_from_is_a_stage() {
        check(
            "FROM rust:1.95.0 AS build\nRUN cargo build\nFROM scratch\nCOPY --from=build /a /a\n",
            &["rust:1.95.0 as build", "scratch"],
        );
        check("from --platform=$BUILDPLATFORM alpine as One\nFrom One\n", &["alpine as One", "One"]);
        check("\u{feff}# a comment\n\nFROM \\\n  # inside\n  debian:12\n", &["debian:12"]);
        check("# escape=`\nFROM `\nwindows\n", &["windows"]);
    }

    #[test]
    fn variables_have_the_given_value_or_their_default() {
        check("ARG V=1.95\nARG BASE=rust:$V-slim\nFROM ${BASE} AS b\n", &["rust:1.95-slim as b"]);
        check("ARG GIVEN=default\nFROM $GIVEN\n", &["given:1"]);
        check("FROM ${GIVEN}\n", &["${GIVEN}"]);
        check("ARG NONE\nFROM ${NONE:-debian}:${NONE:+x}12\n", &["debian:12"]);
        check("ARG A=\"quoted\"\nFROM $A\nARG A=late\nFROM $A\n", &["quoted", "quoted"]);
    }

    #[test]
    fn a_version_label_is_of_the_stages_that_the_image_stands_on() {
        #[track_caller]
        fn check(dockerfile: &str, target: Option<&str>, expected: Option<&str>) {
            let stages = stages(dockerfile, &[]);
            let index = index(&stages, target).unwrap();
            assert_eq!(version(&stages, index), expected, "{dockerfile}");
        }
        check("FROM a\nLABEL x=1 org.opencontainers.image.version=\"1.2.3\"\n", None, Some("1.2.3"));
        check("FROM a\nLABEL \"org.opencontainers.image.version\"=${V}\n", None, Some("${V}"));
        check("FROM a\nLABEL org.opencontainers.image.version 1.2.3\n", None, Some("1.2.3"));
        check(
            "FROM a\nLABEL org.opencontainers.image.versions=1 d=\"org.opencontainers.image.version=2\"\n",
            None,
            None,
        );
        let stages = "FROM a AS Base\nLABEL org.opencontainers.image.version=1\nFROM b AS other\nFROM base AS web\n";
        check(stages, None, Some("1"));
        check(stages, Some("OTHER"), None);
        check(stages, Some("base"), Some("1"));
        check("FROM a AS a\n", None, None);
    }

    #[test]
    fn a_stage_stands_on_the_image_of_the_stages_below_it() {
        let stages = stages("FROM scratch AS web\nFROM Web AS web\nFROM other\nFROM web\n", &[]);
        let bases: Vec<_> = (0..5).map(|index| base(&stages, index)).collect();
        assert_eq!(bases, [Some("scratch"), Some("scratch"), Some("other"), Some("scratch"), None]);
    }

    #[test]
    fn a_target_is_a_stages_name() {
        let stages = stages("FROM a AS build\nFROM b\n", &[]);
        for (target, expected) in [(None, Some(1)), (Some("Build"), Some(0)), (Some("1"), None), (Some("b"), None)] {
            assert_eq!(index(&stages, target), expected, "{target:?}");
        }
        assert_eq!(index(&[], None), None);
    }

    #[test]
    fn only_instructions_count() {
        check("", &[]);
        check("RUN echo FROM a\n# FROM b\nRUN x \\\n FROM c\nFROM d\n", &["d"]);
        check("FROM a\nRUN <<EOF cat\nFROM not\nEOF\nFROM b\n", &["a", "b"]);
        check("FROM a\nCOPY <<-'END' /x\nFROM not\n\tEND\nFROM b\n", &["a", "b"]);
        check("FROM\n", &[]);
        check("FROM a\\", &["a"]);
        check("FROM ${unended\nFROM $\n", &["${unended", "$"]);
    }
}
