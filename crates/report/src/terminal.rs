//! The final checklist, in the words of the specification.

use std::time::Duration;

use crate::text::{clean, columns, cut, duration, sum, wrap};
use crate::{Criterion, Report, Summary, Verdict};

/// The narrowest terminal on which the evidence still stands beside its sentence.
const BESIDE: usize = 64;
/// Before the mark, and between mark and sentence: `  ✔ `.
const MARGIN: usize = 4;
/// Between the sentence and its evidence.
const GAP: usize = 3;
/// Lines of one evidence or warning, at most.
const LINES: usize = 6;

/// How a terminal wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// In columns.
    pub width: usize,
}

/// A colour, as its SGR parameter.
#[derive(Clone, Copy)]
enum Color {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

/// The whole checklist: what was verified, a line a promise, the sum.
pub fn checklist(report: &Report, style: Style) -> String {
    let took = duration(Duration::from_millis(report.took_ms));
    format!(
        "{}\n{}\n{} · {took}\n",
        header(report, style),
        promises(&report.criteria, style),
        summary(&report.summary, style)
    )
}

/// Promises alone, a line each or more.
pub fn promises(criteria: &[Criterion], style: Style) -> String {
    let layout = Layout::for_sentences(criteria.iter().map(|criterion| criterion.text.as_str()), style);
    criteria.iter().map(|criterion| promise(criterion, criteria, &layout, style)).collect()
}

/// The sum in words, in the colour of the worst.
pub fn summary(summary: &Summary, style: Style) -> String {
    let color = match summary {
        Summary { fail: 1.., .. } => Color::Red,
        Summary { unproven: 1.., .. } => Color::Yellow,
        _ => Color::Green,
    };
    paint(&sum(summary), color, style)
}

/// Text as the heading of a part.
pub fn heading(text: &str, style: Style) -> String {
    paint(&one_line(text), Color::Bold, style)
}

/// One promise by itself, as it is decided: mark, sentence and evidence in one line, cut to the terminal's width.
pub fn decided(criterion: &Criterion, style: Style) -> String {
    let evidence = one_line(&criterion.evidence);
    let shown = match &criterion.next {
        Some(next) if evidence.is_empty() => format!("pending: {}", one_line(next)),
        _ => evidence,
    };
    let line = format!("{}  {shown}", one_line(&criterion.text));
    format!("{} {}", mark(criterion.verdict, style), cut(line.trim_end(), style.width.saturating_sub(2)))
}

fn header(report: &Report, style: Style) -> String {
    let image = &report.image;
    let parts = [
        heading(&report.spec.title, style),
        one_line(&image.identity()),
        one_line(&image.platform),
        image.size_bytes.told(),
    ];
    format!("{}\n", parts.join(" · "))
}

/// Where sentence and evidence stand.
struct Layout {
    /// Columns of the sentence.
    sentence: usize,
    /// Columns of the evidence.
    evidence: usize,
    /// Where the evidence begins: beside the sentence, or below it on a narrow terminal.
    indent: usize,
    beside: bool,
}

impl Layout {
    fn for_sentences<'a>(sentences: impl Iterator<Item = &'a str>, style: Style) -> Self {
        let width = style.width.max(20);
        if width < BESIDE {
            let indent = MARGIN + 2;
            return Self { sentence: width - MARGIN, evidence: width - indent, indent, beside: false };
        }
        let longest = sentences.map(|text| columns(&one_line(text))).max().unwrap_or(0);
        let sentence = longest.min((width - MARGIN - GAP) * 12 / 25);
        let indent = MARGIN + sentence + GAP;
        Self { sentence, evidence: width - indent, indent, beside: true }
    }
}

/// The lines of one promise.
fn promise(criterion: &Criterion, all: &[Criterion], layout: &Layout, style: Style) -> String {
    let sentence = wrap(&one_line(&criterion.text), layout.sentence);
    let notes = notes(criterion, all);
    let evidence: Vec<String> = notes.iter().flat_map(|note| shortened(note.lines(layout.evidence, style))).collect();
    let mut out = String::new();
    let rows = if layout.beside { sentence.len().max(evidence.len()) } else { sentence.len() };
    for row in 0..rows.max(1) {
        let left = sentence.get(row).map_or("", String::as_str);
        let right = evidence.get(row).filter(|_| layout.beside).map_or("", String::as_str);
        let mut line = if row == 0 { format!("  {} ", mark(criterion.verdict, style)) } else { " ".repeat(MARGIN) };
        line.push_str(left);
        if !right.is_empty() {
            line.push_str(&" ".repeat(layout.sentence - columns(left) + GAP));
            line.push_str(right);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if !layout.beside {
        for line in evidence {
            out.push_str(&" ".repeat(layout.indent));
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// At most so many lines; the report has the rest.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            let whole = columns(last);
            *last = format!("{} …", cut(last, whole.saturating_sub(2)).trim_end_matches(['…', ' ']));
        }
    }
    lines
}

/// Something said about a promise, with the word before it that says what it is.
struct Note {
    label: &'static str,
    color: Option<Color>,
    text: String,
}

impl Note {
    fn lines(&self, width: usize, style: Style) -> Vec<String> {
        let mut lines = wrap(&format!("{}{}", self.label, self.text), width);
        let Some(color) = self.color else { return lines };
        if let Some(first) = lines.first_mut() {
            match first.strip_prefix(self.label) {
                Some(rest) => *first = format!("{}{rest}", paint(self.label, color, style)),
                // Too narrow for the label and a space: it stands without colour.
                None => return lines,
            }
        }
        lines
    }
}

fn notes(criterion: &Criterion, all: &[Criterion]) -> Vec<Note> {
    let plain = |text: &str| Note { label: "", color: None, text: clean(text) };
    let labelled = |label, color, text: &str| Note { label, color: Some(color), text: one_line(text) };
    let mut notes = Vec::new();
    notes.extend(criterion.bound.iter().map(|sentence| labelled("checked as: ", Color::Dim, sentence)));
    if !criterion.evidence.is_empty() {
        notes.push(plain(&criterion.evidence));
    }
    if let Some(next) = &criterion.next {
        let label = if criterion.verdict == Verdict::Pending { "pending: " } else { "next: " };
        notes.push(labelled(label, Color::Cyan, next));
    }
    if let Some(cause) = &criterion.caused_by {
        let sentence = all.iter().find(|other| &other.id == cause).map_or(cause, |other| &other.text);
        notes.push(labelled("see: ", Color::Dim, sentence));
    }
    if let Some(suggestion) = &criterion.suggestion {
        notes.push(labelled("did you mean: ", Color::Cyan, suggestion));
    }
    notes.extend(criterion.warnings.iter().map(|warning| labelled("warning: ", Color::Yellow, warning)));
    notes
}

fn mark(verdict: Verdict, style: Style) -> String {
    let color = match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Fail => Color::Red,
        Verdict::Unproven => Color::Yellow,
        Verdict::Pending => Color::Cyan,
    };
    paint(&verdict.mark().to_string(), color, style)
}

fn paint(text: &str, color: Color, style: Style) -> String {
    if style.color { format!("\x1b[{}m{text}\x1b[0m", color as u8) } else { text.to_owned() }
}

fn one_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::sample;

    const PLAIN: Style = Style { color: false, width: 100 };

    #[test]
    fn the_checklist_stands_in_the_words_of_the_specification() {
        assert_snapshot!(checklist(&sample::report(), PLAIN), @"
        Task API · sha256:3f1c3f1c3f1c… · linux/amd64 · 5.8 MB unpacked, 2.6 MB to transfer

          ✔ Image size under 200MB                         5.8 MB unpacked, 2.6 MB to transfer
          ✔ All CRUD endpoints work when containerized     POST 201, GET 200, PUT 200, DELETE 204, GET 404
                                                           on /tasks
          ✔ Container runs as non-root user                uid 1000 (appuser), seen in the running process
                                                           warning: the user has no entry in /etc/passwd
          ✘ Starts within 1s                               exited with code 3 after 0.1 s; it wrote last:
                                                           reading the configuration
                                                           fatal: the flux capacitor is missing
          ✘ Health check endpoint responds at /health      the container does not run
                                                           see: Starts within 1s
          ? Runs as nonroot usr                            no check understands this sentence
                                                           did you mean: Container runs as non-root user
          … Container can connect to Neon database with    works on PostgreSQL 15.16 over TLS, which stands
            provided DATABASE_URL                          in for Neon
                                                           pending: seaworthy verify --env DATABASE_URL
          … Image can be pushed to registry                pending: seaworthy ship --to HOST/REPO
          ✔ Nobody is king in there                        checked as: Container runs as non-root user
                                                           uid 1000 in every process
          … Backups can be restored                        vouched for by Ann on 2026-01-30: a backup was
                                                           restored

        10 promises: 4 kept, 2 broken, 1 unproven, 3 pending (1 vouched for by Ann) · 3.1 s
        ");
    }

    #[test]
    fn a_narrow_terminal_has_the_evidence_below_its_sentence() {
        assert_snapshot!(checklist(&sample::report(), Style { width: 40, ..PLAIN }), @"
        Task API · sha256:3f1c3f1c3f1c… · linux/amd64 · 5.8 MB unpacked, 2.6 MB to transfer

          ✔ Image size under 200MB
              5.8 MB unpacked, 2.6 MB to
              transfer
          ✔ All CRUD endpoints work when
            containerized
              POST 201, GET 200, PUT 200, DELETE
              204, GET 404 on /tasks
          ✔ Container runs as non-root user
              uid 1000 (appuser), seen in the
              running process
              warning: the user has no entry in
              /etc/passwd
          ✘ Starts within 1s
              exited with code 3 after 0.1 s; it
              wrote last:
              reading the configuration
              fatal: the flux capacitor is
              missing
          ✘ Health check endpoint responds at
            /health
              the container does not run
              see: Starts within 1s
          ? Runs as nonroot usr
              no check understands this sentence
              did you mean: Container runs as
              non-root user
          … Container can connect to Neon
            database with provided DATABASE_URL
              works on PostgreSQL 15.16 over
              TLS, which stands in for Neon
              pending: seaworthy verify --env
              DATABASE_URL
          … Image can be pushed to registry
              pending: seaworthy ship --to
              HOST/REPO
          ✔ Nobody is king in there
              checked as: Container runs as
              non-root user
              uid 1000 in every process
          … Backups can be restored
              vouched for by Ann on 2026-01-30:
              a backup was restored

        10 promises: 4 kept, 2 broken, 1 unproven, 3 pending (1 vouched for by Ann) · 3.1 s
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [30, 40, 64, 80, 100, 200] {
            let text = checklist(&sample::report(), Style { width, ..PLAIN });
            for line in text.lines().skip(2).take_while(|line| !line.is_empty()) {
                assert!(columns(line) <= width, "{} > {width}: {line}", columns(line));
            }
        }
    }

    #[test]
    fn without_colour_the_same_words_are_there() {
        let colored = checklist(&sample::report(), Style { color: true, ..PLAIN });
        assert!(colored.contains("\x1b[32m✔\x1b[0m"));
        let stripped =
            [0, 1, 2, 31, 32, 33, 36].iter().fold(colored, |text, code| text.replace(&format!("\x1b[{code}m"), ""));
        assert_eq!(stripped, checklist(&sample::report(), PLAIN));
    }

    #[test]
    fn escape_sequences_from_a_container_do_not_reach_the_terminal() {
        let mut report = sample::report();
        let hostile = "\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}\rrm -rf";
        report.spec.title = hostile.into();
        report.image.platform = hostile.into();
        report.image.digest = Some(hostile.into());
        for criterion in &mut report.criteria {
            criterion.text = hostile.into();
            criterion.evidence = hostile.into();
            criterion.next = Some(hostile.into());
            criterion.suggestion = Some(hostile.into());
            criterion.caused_by = Some(hostile.into());
            criterion.warnings = vec![hostile.into()];
        }
        let mut text = checklist(&report, PLAIN);
        text.push_str(&decided(&report.criteria[0], PLAIN));
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || crate::text::is_invisible(c)), "{text:?}");
    }

    #[test]
    fn a_decided_promise_is_one_line() {
        let lines: Vec<String> = sample::report()
            .criteria
            .iter()
            .map(|criterion| decided(criterion, Style { width: 80, ..PLAIN }))
            .collect();
        assert_snapshot!(lines.join("\n"), @"
        ✔ Image size under 200MB  5.8 MB unpacked, 2.6 MB to transfer
        ✔ All CRUD endpoints work when containerized  POST 201, GET 200, PUT 200, DELET…
        ✔ Container runs as non-root user  uid 1000 (appuser), seen in the running proc…
        ✘ Starts within 1s  exited with code 3 after 0.1 s; it wrote last: reading the …
        ✘ Health check endpoint responds at /health  the container does not run
        ? Runs as nonroot usr  no check understands this sentence
        … Container can connect to Neon database with provided DATABASE_URL  works on P…
        … Image can be pushed to registry  pending: seaworthy ship --to HOST/REPO
        ✔ Nobody is king in there  uid 1000 in every process
        … Backups can be restored  vouched for by Ann on 2026-01-30: a backup was resto…
        ");
    }
}
