//! Reading a specification.

use std::collections::HashMap;

use crate::bind;
use crate::dependency;
use crate::document::{self, Document, Item, MOST_ITEMS};
use crate::identifier;
use crate::name;
use crate::problem::{Problem, SpecError};
use crate::request_line;
use crate::source::{Fragment, Source};
use crate::steps;
use crate::understand::{self, Reading, Subject, understand};
use crate::{Action, Check, Criterion, DependencyLine, Promise, Scenario, Section, Spec};

/// The most bytes that a specification may have: 1 MiB.
pub const LARGEST_BYTES: usize = 1 << 20;

const EXPECTED: &str = "a specification is a Markdown text with boxes (`- [ ] …`) under a heading `Success Criteria`, `Acceptance Criteria`, \
                        `Definition of Done` or `Checklist`, or with bullets under `Constraints` or `Requirements`";

impl Spec {
    /// Reads a specification.
    ///
    /// ```
    /// let spec = seaworthy_spec::Spec::parse("## Success Criteria\n- [ ] Image size under 10 MB\n")?;
    /// assert_eq!(spec.criteria[0].id, "success-criteria-image-size-under-10-mb");
    /// # Ok::<(), seaworthy_spec::SpecError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails on a text that promises nothing, and on every check in it that cannot be read; all problems are told.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if let Some(problem) = unreadable(text.as_bytes()) {
            return Err(SpecError::new(vec![problem]));
        }
        let source = Source::new(text);
        let Document { title, items, prose, mut dependencies, strays, mut problems } = document::read(&source, text);
        if items.len() > MOST_ITEMS {
            let hint = format!("at most {MOST_ITEMS} promises in a specification");
            problems.push(source.problem(items[MOST_ITEMS].place, "too many promises", Some(hint)));
            return Err(SpecError::new(problems));
        }
        let mut criteria = Vec::new();
        let mut ids = Ids::reserved(&source, &items, &mut problems);
        let title = title_of(title);
        let name = name::of_title(&title);
        let servers = name::of_servers(&dependencies);
        let read = understand::all(
            &items
                .iter()
                .map(|item| {
                    (
                        sentence_of(item),
                        Subject { heading: item.heading.as_deref(), name: name.as_deref(), servers: &servers },
                    )
                })
                .collect::<Vec<_>>(),
        );
        for (item, reading) in items.into_iter().zip(read) {
            criteria.extend(criterion(&source, item, reading, &dependencies, &mut ids, &mut problems));
        }
        if criteria.is_empty() && problems.is_empty() {
            let looked = strays
                .first()
                .map(|stray| format!("; line {} looks like one: {}", stray.line, document::clip(&stray.text)));
            problems.push(Problem::of_file(format!("no promise is made{}", looked.unwrap_or_default()), EXPECTED));
        }
        if !problems.is_empty() {
            return Err(SpecError::new(problems));
        }
        let checks: Vec<&Check> = criteria.iter().flat_map(Criterion::checks).collect();
        dependency::name_variables(&mut dependencies, &checks);
        let mut spec = Self { title, source: text.to_owned(), criteria, prose, dependencies, strays };
        spec.name_database();
        Ok(spec)
    }

    /// Reads a specification from a file's bytes.
    ///
    /// # Errors
    ///
    /// Fails like [`Spec::parse`], and on bytes that are no UTF-8 text or are more than [`LARGEST_BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SpecError> {
        if let Some(problem) = unreadable(bytes) {
            return Err(SpecError::new(vec![problem]));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => {
                let (at, valid) = (error.valid_up_to(), &bytes[..error.valid_up_to()]);
                let line = Source::new(&String::from_utf8_lossy(valid)).place(at).line;
                let message = format!("not UTF-8: byte {at}, in line {line}, is no character");
                Err(SpecError::new(vec![Problem::of_file(message, "save the file as UTF-8")]))
            }
        }
    }
}

/// Why bytes need not be looked at any further.
fn unreadable(bytes: &[u8]) -> Option<Problem> {
    if bytes.len() > LARGEST_BYTES {
        let message = format!("{} bytes; a specification has at most {LARGEST_BYTES} (1 MiB)", bytes.len());
        return Some(Problem::of_file(message, EXPECTED));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(Problem::of_file("this is UTF-16", "save the file as UTF-8"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Some(Problem::of_file(format!("not a text: byte {at} is NUL"), EXPECTED));
    }
    bytes.trim_ascii().is_empty().then(|| Problem::of_file("the file is empty", EXPECTED))
}

/// The scenario with its servers known; each that is not listed is a problem. A PostgreSQL is the database.
fn named_servers(
    source: &Source<'_>,
    lines: &[Fragment<'_>],
    mut scenario: Scenario,
    dependencies: &[DependencyLine],
    problems: &mut Vec<Problem>,
) -> Scenario {
    for (step, line) in scenario.steps.iter_mut().zip(lines) {
        let (name, of_database) = match &step.action {
            Action::StopDependency(name) => (name, Action::StopDatabase),
            Action::StartDependency(name) => (name, Action::StartDatabase),
            _ => continue,
        };
        let known = dependencies.iter().filter_map(|line| line.read.as_ref().ok()).find(|one| one.is_called(name));
        match known {
            Some(dependency) if dependency.is_postgres() => step.action = of_database,
            Some(_) => {}
            None => {
                let hint = "a server that is stopped or started stands under `Dependencies`, understood whole: `seaworthy explain SPEC` says so of each line";
                let message = format!("no dependency is called `{}`", document::clip(name));
                problems.push(source.problem(line.place, message, Some(hint.to_owned())));
            }
        }
    }
    scenario
}

/// An item as a criterion; none where its label marks it as prose.
fn criterion(
    source: &Source<'_>,
    item: Item<'_>,
    reading: Reading,
    dependencies: &[DependencyLine],
    ids: &mut Ids,
    problems: &mut Vec<Problem>,
) -> Option<Criterion> {
    let scenario = steps::scenario(source, &item.steps, problems);
    let scenario = scenario.map(|scenario| named_servers(source, &item.steps, scenario, dependencies, problems));
    let has_exceptions = !item.allowed.is_empty();
    let sentence = sentence_of(&item);
    let is_bound = !item.steps.is_empty() || !item.bound.is_empty() || item.vouched.is_some();
    let bound = item.bound.iter().map(|line| bind::sentence(line.text)).collect::<Vec<_>>();
    let says = |sentence: &String| match understand(sentence, Subject::default()) {
        Reading::Promises { checks, .. } => checks,
        Reading::Prose | Reading::NotUnderstood { .. } => Vec::new(),
    };
    let meant: Vec<Check> = bound.iter().flat_map(says).chain(scenario.map(Check::Scenario)).collect();
    let mut why = Vec::new();
    let promise = match reading {
        Reading::Prose if !is_bound && !has_exceptions => return None,
        Reading::Prose if !is_bound => {
            let hint = "its label marks the sentence as prose, which promises nothing";
            problems.push(source.problem(item.place, "this exception belongs to no promise", Some(hint.to_owned())));
            return None;
        }
        Reading::Prose => {
            let hint = "its label marks the sentence as prose, which promises nothing";
            problems.push(source.problem(item.place, "this check belongs to no promise", Some(hint.to_owned())));
            return None;
        }
        Reading::Promises { checks, reasons } => {
            if let Some(note) = unread_note(&item).filter(|_| meant.is_empty()) {
                Promise::NotUnderstood { rest: Some(note), suggestion: None }
            } else {
                why = reasons;
                Promise::Understood(together(checks, meant))
            }
        }
        Reading::NotUnderstood { rest, suggestion } => {
            let own = request(source, sentence, &item).map(Check::Scenario);
            let checks = together(own.into_iter().collect(), meant);
            if checks.is_empty() { Promise::NotUnderstood { rest, suggestion } } else { Promise::Understood(checks) }
        }
    };
    if let (Promise::Understood(checks), true) = (&promise, has_exceptions)
        && !checks.iter().any(|check| matches!(check, Check::ImageSecrets | Check::EnvRuntime { .. }))
    {
        let hint = "exceptions are made from `No secrets in image` and from `VAR: environment variable`";
        problems.push(source.problem(item.place, "this promise has no exceptions", Some(hint.to_owned())));
    }
    let id = match item.id {
        Some(id) => id.text.to_owned(),
        None => ids.of(item.section, &item.text),
    };
    Some(Criterion {
        id,
        section: item.section,
        text: item.text,
        line: item.place.line,
        promise,
        reasons: why,
        allowed: item.allowed,
        bound,
        vouched: item.vouched,
    })
}

/// An item's sentence, without its identifier.
fn sentence_of<'a>(item: &'a Item<'_>) -> &'a str {
    identifier::split(&item.text).map_or(item.text.as_str(), |(_, sentence)| sentence)
}

/// A sentence that is itself a line of a scenario: a request and its answer.
fn request(source: &Source<'_>, sentence: &str, item: &Item<'_>) -> Option<Scenario> {
    let line = request_line::line(sentence)?;
    if unread_note(item).is_some() {
        return None;
    }
    // What its grammar does not know makes the sentence not understood, and is no problem of the specification.
    steps::scenario(source, &[Fragment { text: &line, place: item.place }], &mut Vec::new())
}

/// What the sentence says, and what a comment says of it, each once.
fn together(mut checks: Vec<Check>, meant: Vec<Check>) -> Vec<Check> {
    for check in meant {
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    checks
}

/// Further text in the item that the sentence's entry does not know.
fn unread_note(item: &Item<'_>) -> Option<String> {
    let sentence = sentence_of(item);
    item.notes.iter().find(|note| !understand::is_remark_of(sentence, note)).cloned()
}

fn title_of(heading: Option<String>) -> String {
    let title = heading.unwrap_or_default();
    let prefix = "containerization specification:";
    match title.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => title[prefix.len()..].trim().to_owned(),
        _ => title,
    }
}

/// The ids given so far.
struct Ids {
    /// How often each was asked for.
    taken: HashMap<String, usize>,
}

impl Ids {
    /// Those that the text itself gives; one given twice is a problem.
    fn reserved(source: &Source<'_>, items: &[Item<'_>], problems: &mut Vec<Problem>) -> Self {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for id in items.iter().filter_map(|item| item.id) {
            if let Some(line) = lines.insert(id.text, id.place.line) {
                let message = format!("the id `{}` is taken", id.text);
                problems.push(source.problem(id.place, message, Some(format!("by line {line}"))));
            }
        }
        Self { taken: lines.into_keys().map(|id| (id.to_owned(), 1)).collect() }
    }

    /// A new one for a sentence: its author's, where it begins with one that is not taken.
    fn of(&mut self, section: Section, text: &str) -> String {
        if let Some((id, _)) = identifier::split(text)
            && !self.taken.contains_key(id)
        {
            self.taken.insert(id.to_owned(), 1);
            return id.to_owned();
        }
        let slug = format!("{}-{}", section.as_str(), slug(text));
        let mut count = self.taken.get(&slug).copied().unwrap_or(0) + 1;
        let mut id = if count == 1 { slug.clone() } else { format!("{slug}-{count}") };
        while count > 1 && self.taken.contains_key(&id) {
            count += 1;
            id = format!("{slug}-{count}");
        }
        self.taken.insert(slug, count);
        if count > 1 {
            self.taken.insert(id.clone(), 1);
        }
        id
    }
}

/// Small letters and digits with single hyphens between them, at most 80.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.chars().count() >= 80 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "promise".to_owned() } else { slug.to_owned() }
}
