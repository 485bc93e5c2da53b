//! Promises in tables: a row is one where a column has that name, or where the row has a box or an identifier.

use comrak::nodes::{Node, NodeValue};

use super::{Inlines, start};
use crate::identifier::is_identifier;
use crate::source::Place;

pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// A row below the header.
pub(super) struct Row {
    /// Its identifier and its sentence, as a bullet would have them.
    pub(super) text: String,
    pub(super) place: Place,
    /// What other cells say: it belongs to the promise, so it must be understood too.
    pub(super) notes: Vec<String>,
    pub(super) comments: Vec<Place>,
    pub(super) is_boxed: bool,
    pub(super) is_promise: bool,
}

/// What a column holds, by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Identifier,
    Box,
    Sentence,
    /// What the value beside it is of: `Image size`.
    Topic,
    Value,
    /// A value that is an upper bound: `10 MB` under `Limit`.
    Bound,
    /// How the promise is checked or why it is made: no part of it, unless it takes the promise back.
    Aside,
    /// What the promise belongs to.
    Category,
    /// How much it matters: a promise only where it must be kept.
    Weight,
    Unknown,
}

/// Headers in small letters, letters and digits only.
const COLUMNS: &[(&[&str], Column)] = &[
    (
        &[
            "",
            "no",
            "nr",
            "number",
            "id",
            "ref",
            "key",
            "req",
            "req no",
            "req id",
            "sc",
            "ac",
            "fr",
            "nfr",
            "code",
            "criterion id",
            "requirement id",
            "control",
            "control id",
            "rule id",
        ],
        Column::Identifier,
    ),
    (&["done", "ok", "status", "state", "checked", "box", "tick", "met", "pass", "passed"], Column::Box),
    (
        &[
            "requirement",
            "requirements",
            "description",
            "criterion",
            "criteria",
            "acceptance criterion",
            "acceptance criteria",
            "success criterion",
            "success criteria",
            "constraint",
            "constraints",
            "promise",
            "rule",
            "statement",
            "expectation",
        ],
        Column::Sentence,
    ),
    (
        &[
            "topic",
            "property",
            "aspect",
            "attribute",
            "metric",
            "measure",
            "quantity",
            "item",
            "what",
            "name",
            "subject",
            "objective",
            "parameter",
        ],
        Column::Topic,
    ),
    (
        &[
            "value",
            "target",
            "goal",
            "expected",
            "required",
            "threshold",
            "must be",
            "acceptance",
            "figure",
            "how much",
        ],
        Column::Value,
    ),
    (&["limit", "max", "maximum", "budget", "upper limit", "upper bound", "at most"], Column::Bound),
    (
        &[
            "why",
            "reason",
            "rationale",
            "evidence",
            "verification",
            "verification method",
            "check",
            "checked by",
            "checked with",
            "how checked",
            "how we check",
            "method",
            "proof",
            "tested by",
            "by",
            "who",
            "source",
            "verified by",
            "verify",
            "how to verify",
            "how verified",
            "how",
            "test",
            "how to test",
            "tool",
            "owner",
            "responsible",
        ],
        Column::Aside,
    ),
    (&["category", "area", "section", "theme"], Column::Category),
    (
        &[
            "priority",
            "prio",
            "moscow",
            "must",
            "must may",
            "must should",
            "must or may",
            "strength",
            "severity",
            "importance",
            "level",
        ],
        Column::Weight,
    ),
];

/// Weights of what must be kept. One of any other weight (`Could`, `Won't`) is a note that is not understood.
const MUSTS: &[&str] = &[
    "must",
    "must have",
    "m",
    "p0",
    "p1",
    "p2",
    "high",
    "critical",
    "blocker",
    "required",
    "mandatory",
    "medium",
    "normal",
    "1",
    "2",
    "3",
];

/// States of a promise that is made, kept by now or not.
const STATES: &[&str] = &["open", "todo", "to do", "pending", "in progress", "done", "yes", "ok"];

/// Categories that change nothing of a promise.
const CATEGORIES: &[&str] = &[
    "image",
    "build",
    "runtime",
    "run",
    "security",
    "network",
    "config",
    "configuration",
    "performance",
    "size",
    "health",
    "logging",
    "logs",
    "data",
    "database",
    "api",
    "deployment",
    "registry",
    "operations",
    "ops",
    "storage",
    "platform",
    "reliability",
    "observability",
    "testing",
    "general",
    "container",
    "docker",
    "resources",
    "startup",
    "shutdown",
    "functional",
    "hardening",
    "supply chain",
    "distribution",
];

/// Words beside a promise that may take it back.
const DOUBTS: &[&str] = &[
    "no",
    "not",
    "none",
    "never",
    "without",
    "dropped",
    "skipped",
    "rejected",
    "deferred",
    "postponed",
    "waived",
    "only",
    "except",
    "later",
    "optional",
    "unless",
    "if",
    "when",
    "nice",
    "maybe",
    "could",
    "may",
    "out",
    "future",
    "v2",
    "next",
    "n",
    "na",
    "proposal",
    "proposed",
    "draft",
    "planned",
    "wish",
    "ideally",
];

const BOXES: &[&str] = &["[ ]", "[x]", "[X]", "☐", "☑", "☑️", "✅", "✔", "✔️", "✓", "⬜", "⬜️"];

struct Cell {
    text: String,
    place: Place,
    comments: Vec<Place>,
    is_box: bool,
}

impl Table {
    pub(super) fn of(table: Node<'_>, inlines: impl Fn(Node<'_>) -> Inlines) -> Self {
        let cells = |row: Node<'_>| -> Vec<Cell> {
            let cells = row.children().map(|cell| {
                let is_task = |child: Node<'_>| matches!(child.data().value, NodeValue::TaskItem(_));
                let is_task = cell.children().any(is_task);
                let Inlines { text, comments } = inlines(cell);
                let is_box = is_task || BOXES.contains(&text.as_str());
                Cell { text, place: start(cell), comments, is_box }
            });
            cells.collect()
        };
        let mut rows = table.children().map(cells);
        let header = rows.next().unwrap_or_default();
        let columns: Vec<Column> = header.iter().map(|cell| column(&cell.text)).collect();
        let headers: Vec<&str> = header.iter().map(|cell| cell.text.as_str()).collect();
        let mut rows: Vec<Row> = rows.map(|cells| row(&columns, &headers, cells)).collect();
        if let Some(first) = rows.first_mut() {
            first.comments.extend(header.into_iter().flat_map(|cell| cell.comments));
        }
        Self { rows }
    }
}

fn column(header: &str) -> Column {
    let words = header.to_lowercase();
    let words =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if words.is_empty() && !header.trim_matches('#').is_empty() {
        // `✅`, `[ ]`.
        return Column::Box;
    }
    COLUMNS.iter().find(|(names, _)| names.contains(&words.as_str())).map_or(Column::Unknown, |(_, column)| *column)
}

/// What a cell says that is no part of the sentence.
fn remark(headers: &[&str], column: usize, text: &str) -> String {
    format!("in the column {}: {text}", headers.get(column).copied().unwrap_or_default())
}

fn is_doubtful(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| DOUBTS.contains(&word))
}

fn row(columns: &[Column], headers: &[&str], cells: Vec<Cell>) -> Row {
    let (mut id, mut sentences, mut topics, mut values) = (None, Vec::new(), Vec::new(), Vec::new());
    let (mut notes, mut comments, mut is_boxed, mut place) = (Vec::new(), Vec::new(), false, None);
    let first = cells.first().map(|cell| cell.place);
    for (index, cell) in cells.into_iter().enumerate() {
        comments.extend(cell.comments);
        let lower = cell.text.to_lowercase();
        let is_number = cell.text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let column = columns.get(index).copied().unwrap_or(Column::Unknown);
        match column {
            Column::Box | Column::Identifier if cell.is_box => is_boxed = true,
            // A tick under `Deferred` or `No` ticks no promise.
            _ if cell.is_box => notes.push(remark(headers, index, "ticked")),
            _ if cell.text.is_empty() => {}
            Column::Identifier if id.is_none() && is_identifier(&cell.text) => id = Some(cell.text),
            Column::Identifier if is_number => {}
            Column::Aside if !is_doubtful(&lower) => {}
            Column::Category if CATEGORIES.contains(&lower.as_str()) => {}
            Column::Box if STATES.contains(&lower.as_str()) => {}
            Column::Weight if MUSTS.contains(&lower.as_str()) => {}
            Column::Aside | Column::Category | Column::Box | Column::Weight => {
                notes.push(remark(headers, index, &cell.text));
            }
            Column::Bound if cell.text.starts_with(|c: char| c.is_ascii_digit()) => {
                values.push(format!("at most {}", cell.text));
            }
            Column::Value | Column::Bound => values.push(cell.text),
            Column::Sentence => {
                place = place.or(Some(cell.place));
                sentences.push(cell.text);
            }
            Column::Topic | Column::Identifier | Column::Unknown => {
                place = place.or(Some(cell.place));
                topics.push(cell.text);
            }
        }
    }
    let has = |wanted: Column| columns.contains(&wanted);
    let is_named = has(Column::Sentence) || has(Column::Topic) && (has(Column::Value) || has(Column::Bound));
    let is_promise = is_named || is_boxed || id.is_some();
    // A topic stands before what is said of it, as in a bullet.
    let mut parts = topics.into_iter().chain(sentences).chain(values);
    let said = parts.by_ref().take(2).collect::<Vec<_>>().join(": ");
    notes.extend(parts);
    let text = match &id {
        Some(id) if !said.is_empty() => format!("{id}: {said}"),
        _ => said,
    };
    let place = place.or(first).unwrap_or(Place { line: 1, byte: 0 });
    Row { is_promise: is_promise && !text.is_empty(), text, place, notes, comments, is_boxed }
}
