//! Markdown to the items that may be promises, with what belongs to each.

mod headings;
mod table;

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options};

use self::headings::{excludes, misspelt, recognise};
use self::table::Table;
use crate::allowed::{self, Allowed, is_allowed};
use crate::bind::{self, Bound};
use crate::comment::{self, Comment};
use crate::dependency::{self, DependencyLine};
use crate::identifier;
use crate::problem::Problem;
use crate::source::{Fragment, Place, Source};
use crate::understand::{is_prose, is_understood};
use crate::{Section, Vouched};

/// Lists inside lists, and quotations inside quotations, at most.
const DEEPEST: usize = 32;

/// More problems than these are not looked for.
const MOST_PROBLEMS: usize = 200;

/// The most promises that a specification may make.
pub(crate) const MOST_ITEMS: usize = 1000;

/// Items that are named because they have the form of a promise, at most.
const MOST_STRAYS: usize = 50;
/// Bullets without a box that are tried as sentences, at most.
const MOST_BULLETS: usize = 1000;

/// An item that has the form of a promise where none is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// 1-based line in the source.
    pub line: usize,
    pub text: String,
    /// Whether it has a box.
    pub boxed: bool,
}

/// What a specification's text consists of.
#[derive(Debug, Default)]
pub(crate) struct Document<'a> {
    pub(crate) title: Option<String>,
    pub(crate) items: Vec<Item<'a>>,
    /// Headings of *Non-Goals* and *Dependencies*, with their items.
    pub(crate) prose: Vec<(String, Vec<String>)>,
    /// The items under *Dependencies*.
    pub(crate) dependencies: Vec<DependencyLine>,
    /// What has the form of a promise where none is made.
    pub(crate) strays: Vec<Stray>,
    pub(crate) problems: Vec<Problem>,
}

/// An item that stands where promises stand.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) section: Section,
    /// The heading or the parent bullet that it stands under, where that may be its subject.
    pub(crate) heading: Option<String>,
    pub(crate) text: String,
    pub(crate) place: Place,
    /// Further text inside the item: it belongs to the promise, so it must be understood too.
    pub(crate) notes: Vec<String>,
    /// Lines of inline checks and check blocks, in the order of the text.
    pub(crate) steps: Vec<Fragment<'a>>,
    /// Sentences that a comment binds it to.
    pub(crate) bound: Vec<Fragment<'a>>,
    pub(crate) vouched: Option<Vouched>,
    /// `<!-- id: NAME -->`.
    pub(crate) id: Option<Fragment<'a>>,
    /// Bullets `Allowed: …` directly under it.
    pub(crate) allowed: Vec<Allowed>,
}

impl Item<'_> {
    fn new(section: Section, heading: Option<String>, place: Place) -> Self {
        Self {
            section,
            heading,
            text: String::new(),
            place,
            notes: Vec::new(),
            steps: Vec::new(),
            bound: Vec::new(),
            vouched: None,
            id: None,
            allowed: Vec::new(),
        }
    }
}

/// Reads a text. What is wrong with it is in `problems`.
pub(crate) fn read<'a>(source: &Source<'a>, text: &str) -> Document<'a> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options());
    let mut reader = Reader {
        source,
        document: Document::default(),
        section: Region::default(),
        outer: Vec::new(),
        heading: None,
        quotations: 0,
        bullets: 0,
    };
    for block in root.children() {
        reader.block(block);
    }
    reader.document
}

/// What of Markdown is read beyond `CommonMark`: boxes, and tables with boxes in them.
pub(crate) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.tasklist = true;
    options.extension.table = true;
    options.parse.tasklist_in_table = true;
    options
}

/// The part of the text that a heading opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Region {
    kind: Kind,
    /// Of the heading that opened it.
    level: u8,
    /// Its heading says that what stands there is not promised.
    is_excluded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    Promises(Section),
    /// *Non-Goals* or *Dependencies*.
    Shown,
    /// *Intent* and its kin: what stands there is no promise, and needs no word about it.
    Quiet,
    #[default]
    Other,
}

struct Reader<'s, 'a> {
    source: &'s Source<'a>,
    document: Document<'a>,
    section: Region,
    /// The sections that it stands in, the outermost first.
    outer: Vec<Region>,
    heading: Option<String>,
    /// Quotations around what is read: inside one, only boxes and identifiers make promises.
    quotations: usize,
    /// Bullets without a box so far, where they are no promises.
    bullets: usize,
}

/// The text of a paragraph or heading, and the comments in it.
#[derive(Default)]
struct Inlines {
    text: String,
    comments: Vec<Place>,
}

impl<'a> Reader<'_, 'a> {
    /// Enough was found to refuse the text; what else is wrong with it need not be.
    fn hopeless(&self) -> bool {
        self.document.problems.len() > MOST_PROBLEMS || self.document.items.len() > MOST_ITEMS
    }

    fn block(&mut self, node: Node<'_>) {
        if self.hopeless() {
            return;
        }
        let value = node.data().value.clone();
        match value {
            NodeValue::Heading(heading) => self.heading(node, heading.level),
            NodeValue::List(_) => {
                self.homeless_exceptions(node);
                let section = self.section;
                if self.is_taken_back(node) {
                    self.section.kind = Kind::Other;
                }
                self.list(node, self.heading.clone().as_deref(), 0);
                self.section = section;
            }
            NodeValue::Paragraph => self.paragraph(node),
            NodeValue::BlockQuote => self.quotation(node),
            NodeValue::Table(_) => self.table(node),
            _ => self.stray(node),
        }
    }

    /// What a quotation promises where promises stand.
    fn quotation(&mut self, node: Node<'_>) {
        if self.quotations == DEEPEST {
            let hint = format!("at most {DEEPEST} quotations inside each other");
            return self.problem(start(node), "quotations are nested too deeply", Some(hint));
        }
        let outside = (self.section, self.outer.clone(), self.heading.clone());
        self.quotations += 1;
        for block in node.children() {
            self.block(block);
        }
        self.quotations -= 1;
        (self.section, self.outer, self.heading) = outside;
    }

    /// Whether the line in front of a list says that it is not promised: `We do not promise:`.
    fn is_taken_back(&self, list: Node<'_>) -> bool {
        let before = list.previous_sibling().filter(|node| matches!(node.data().value, NodeValue::Paragraph));
        before.is_some_and(|node| {
            let text = self.inlines(node).text;
            text.ends_with(':') && excludes(&text)
        })
    }

    fn table(&mut self, node: Node<'_>) {
        let table = Table::of(node, |cell| self.inlines(cell));
        for row in table.rows {
            if self.hopeless() {
                return;
            }
            let Kind::Promises(section) = self.section.kind else {
                self.refuse(&row.comments);
                if row.is_promise {
                    self.stray_sentence(row.text, row.place, row.is_boxed);
                }
                continue;
            };
            if !row.is_promise {
                self.refuse(&row.comments);
                continue;
            }
            let mut item = Item::new(section, self.heading.clone(), row.place);
            (item.text, item.notes) = (row.text, row.notes);
            for place in row.comments {
                self.comment(place, &mut item);
            }
            self.finish(item, &[], 0);
        }
    }

    fn heading(&mut self, node: Node<'_>, level: u8) {
        let Inlines { text, comments } = self.inlines(node);
        self.refuse(&comments);
        if self.document.title.is_none() {
            self.document.title = Some(text.clone());
        }
        if self.quotations > 0 {
            // It opens and closes nothing outside.
            if excludes(&text) {
                self.section.kind = Kind::Other;
            }
            return;
        }
        self.outer.retain(|region| region.level < level);
        if level <= self.section.level {
            self.section = self.outer.pop().unwrap_or_default();
        }
        let nested = self.section != Region::default();
        // What is not promised is not promised under any heading inside it.
        if nested && self.section.is_excluded {
            return;
        }
        match recognise(&text) {
            Some(kind @ Kind::Promises(_)) => self.open(kind, level, false),
            // A subject such as `Dependencies` inside the promises hides none of them; `Out of scope` does.
            _ if nested && matches!(self.section.kind, Kind::Promises(_)) && !excludes(&text) => {
                self.heading = Some(text);
            }
            Some(kind) => {
                self.open(kind, level, excludes(&text));
                if kind == Kind::Shown {
                    self.document.prose.push((text, Vec::new()));
                }
            }
            None if nested && matches!(self.section.kind, Kind::Shown | Kind::Quiet) => {}
            None => {
                self.misspelt_heading(node, &text);
                self.open(Kind::Other, level, excludes(&text));
            }
        }
    }

    /// Opens a section, inside the one that is open.
    fn open(&mut self, kind: Kind, level: u8, is_excluded: bool) {
        if self.section != Region::default() {
            self.outer.push(self.section);
        }
        (self.section, self.heading) = (Region { kind, level, is_excluded }, None);
    }

    /// A misspelt heading would hide all the promises under it.
    fn misspelt_heading(&mut self, node: Node<'_>, text: &str) {
        let Some(name) = misspelt(text) else { return };
        let place = start(node);
        let hint = format!("did you mean `{name}`");
        self.problem(place, format!("unknown section `{}`", clip(text)), Some(hint));
    }

    fn paragraph(&mut self, node: Node<'_>) {
        let Inlines { text, comments } = self.inlines(node);
        self.refuse(&comments);
        if matches!(self.section.kind, Kind::Promises(_)) && ["[ ]", "[x]", "[X]"].iter().any(|b| text.starts_with(b)) {
            self.problem(
                start(node),
                "a box outside a list is not read",
                Some("begin the line with `- [ ] `".to_owned()),
            );
        }
    }

    fn list(&mut self, list: Node<'_>, heading: Option<&str>, depth: usize) {
        if depth > DEEPEST {
            let hint = format!("at most {DEEPEST} lists inside each other");
            self.problem(start(list), "lists are nested too deeply", Some(hint));
            return;
        }
        for item in list.children() {
            if self.hopeless() {
                return;
            }
            // It was read with what it stands under.
            if matches!(self.section.kind, Kind::Promises(_)) && self.exception(item).is_some() {
                continue;
            }
            let boxed = matches!(item.data().value, NodeValue::TaskItem(_));
            match self.section.kind {
                Kind::Promises(Section::Constraints) if self.quotations == 0 => {
                    self.promise(item, Section::Constraints, heading, depth);
                }
                Kind::Promises(section) if boxed || self.has_identifier(item) => {
                    self.promise(item, section, heading, depth);
                }
                Kind::Shown | Kind::Quiet => self.prose_item(item, depth),
                _ => {
                    self.note_stray(item, boxed);
                    self.prose_item(item, depth);
                }
            }
        }
    }

    /// Whether an item's text begins with an identifier: `- **SC-001**: …`.
    fn has_identifier(&self, item: Node<'_>) -> bool {
        self.first_text(item).is_some_and(|(text, _)| identifier::split(&text).is_some())
    }

    /// Keeps an item that has the form of a promise: a box, or a sentence that would be understood.
    fn note_stray(&mut self, item: Node<'_>, boxed: bool) {
        self.bullets += usize::from(!boxed);
        if self.document.strays.len() >= MOST_STRAYS || self.bullets > MOST_BULLETS {
            return;
        }
        if let Some((text, place)) = self.first_text(item) {
            self.stray_sentence(text, place, boxed);
        }
    }

    fn stray_sentence(&mut self, text: String, place: Place, boxed: bool) {
        if self.document.strays.len() >= MOST_STRAYS || text.is_empty() || is_prose(&text) {
            return;
        }
        if boxed || is_understood(identifier::split(&text).map_or(text.as_str(), |(_, sentence)| sentence)) {
            self.document.strays.push(Stray { line: place.line, text, boxed });
        }
    }

    fn first_text(&self, item: Node<'_>) -> Option<(String, Place)> {
        let first = item.first_child().filter(|first| matches!(first.data().value, NodeValue::Paragraph))?;
        Some((self.inlines(first).text, start(first)))
    }

    /// An item that promises nothing; boxes nested in it may.
    fn prose_item(&mut self, item: Node<'_>, depth: usize) {
        let section = self.section;
        for child in item.children() {
            let is_list = matches!(child.data().value, NodeValue::List(_));
            let is_text = matches!(child.data().value, NodeValue::Paragraph);
            if is_list {
                self.homeless_exceptions(child);
                self.list(child, None, depth + 1);
            } else if is_text {
                let Inlines { text, comments } = self.inlines(child);
                self.refuse(&comments);
                self.broken_box(child, &text);
                if text.ends_with(':') && excludes(&text) && matches!(self.section.kind, Kind::Promises(_)) {
                    self.section.kind = Kind::Other;
                }
                if self.section.kind == Kind::Shown
                    && depth == 0
                    && let Some((heading, items)) = self.document.prose.last_mut()
                {
                    if heading.to_lowercase().starts_with("dependenc") && !section.is_excluded {
                        let mut read = dependency::read(start(child).line, &text);
                        // What is said in a list or a paragraph below may take it back.
                        if item.children().nth(1).is_some() || self.quotations > 0 {
                            read.read = Err("more than one line stands in it".to_owned());
                        }
                        self.document.dependencies.push(read);
                    }
                    items.push(text);
                }
            } else {
                self.stray(child);
            }
        }
        self.section = section;
    }

    /// `- []Text` under *Success Criteria* was meant as a promise.
    fn broken_box(&mut self, node: Node<'_>, text: &str) {
        if self.section.kind != Kind::Promises(Section::SuccessCriteria) {
            return;
        }
        let inside = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
        if inside.is_some_and(|inside| inside.chars().count() <= 2) {
            self.problem(start(node), "this is not a box", Some("write `- [ ] ` before the sentence".to_owned()));
        }
    }

    fn promise(&mut self, node: Node<'_>, section: Section, heading: Option<&str>, depth: usize) {
        let mut item = Item::new(section, heading.map(str::to_owned), start(node));
        let mut lists = Vec::new();
        for (index, child) in node.children().enumerate() {
            let value = child.data().value.clone();
            match value {
                NodeValue::Paragraph => {
                    let Inlines { text, comments } = self.inlines(child);
                    for place in comments {
                        self.comment(place, &mut item);
                    }
                    if index == 0 {
                        (item.text, item.place) = (text, start(child));
                    } else if !text.is_empty() {
                        item.notes.push(text);
                    }
                }
                NodeValue::CodeBlock(block) if block.fenced && is_check(&block.info) => {
                    self.unclosed(child);
                    let steps = self.block_lines(child, block.fence_char, block.fence_length);
                    if steps.is_empty() {
                        self.problem(start(child), "this check is empty", None);
                    }
                    item.steps.extend(steps);
                }
                NodeValue::HtmlBlock(_) => self.html(child, Some(&mut item)),
                NodeValue::List(_) => lists.push(child),
                NodeValue::BlockQuote => {
                    item.notes.push(self.inlines(child).text);
                    self.stray(child);
                }
                _ => self.stray(child),
            }
        }
        self.finish(item, &lists, depth);
    }

    /// The lines between the fences of a block, without the blank ones and the marks of a quotation.
    fn block_lines(&self, node: Node<'_>, fence: u8, length: usize) -> Vec<Fragment<'a>> {
        let lines = (start(node).line + 1..=node.data().sourcepos.end.line).map(|line| self.source.fragment(line));
        let lines = lines.map(|line| if self.quotations > 0 { line.unquoted() } else { line });
        let closes = |line: &Fragment<'_>| line.text.len() >= length && line.text.bytes().all(|byte| byte == fence);
        lines.take_while(|line| !closes(line)).filter(|line| !line.text.is_empty()).collect()
    }

    /// Keeps the item, and reads the lists inside it.
    fn finish(&mut self, mut item: Item<'a>, lists: &[Node<'_>], depth: usize) {
        let heads_a_list = item.section == Section::Constraints && !lists.is_empty() && is_heading(&item.text);
        let heading =
            if heads_a_list { Some(item.text.trim_end_matches(':').to_owned()) } else { item.heading.clone() };
        for list in lists {
            self.exceptions(list, &mut item);
            if item.section == Section::SuccessCriteria {
                item.notes.extend(self.notes(list));
            }
        }
        let (is_prose, is_taken_back) = (is_prose(&item.text), heads_a_list && excludes(&item.text));
        let bare = item.steps.is_empty() && item.bound.is_empty() && item.id.is_none() && item.allowed.is_empty();
        let bare = bare && item.vouched.is_none();
        if item.text.is_empty() && !(bare && item.notes.is_empty()) {
            self.problem(item.place, "a check without a sentence", Some("write what it promises before it".to_owned()));
        } else if !(item.text.is_empty() || heads_a_list && bare && !is_prose) {
            self.document.items.push(item);
        }
        // What explains a bullet of prose is prose.
        let section = self.section;
        if is_prose || is_taken_back {
            self.section.kind = Kind::Other;
        }
        for list in lists {
            self.list(list, heading.as_deref(), depth + 1);
        }
        self.section = section;
    }

    /// The items without a box in a list under a box: they say more about its promise.
    fn notes(&self, list: Node<'_>) -> Vec<String> {
        let plain = list.children().filter(|item| matches!(item.data().value, NodeValue::Item(_)));
        let plain = plain.filter(|item| self.exception(item).is_none());
        let texts = plain.filter_map(comrak::arena_tree::Node::first_child).map(|first| self.inlines(first).text);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The exceptions in a list under a promise.
    fn exceptions(&mut self, list: Node<'_>, item: &mut Item<'a>) {
        for (text, place) in list.children().filter_map(|child| self.exception(child)).collect::<Vec<_>>() {
            match allowed::read(self.source, &text, place) {
                Ok(allowed) => item.allowed.push(allowed),
                Err(problem) => self.document.problems.push(problem),
            }
        }
    }

    /// Exceptions in a list that stands under no promise.
    fn homeless_exceptions(&mut self, list: Node<'_>) {
        if !matches!(self.section.kind, Kind::Promises(_)) {
            return;
        }
        for (_, place) in list.children().filter_map(|child| self.exception(child)).collect::<Vec<_>>() {
            let hint = "indent it under the promise that it is an exception from";
            self.problem(place, "this exception belongs to no promise", Some(hint.to_owned()));
        }
    }

    /// The text of a bullet that makes an exception, and its place.
    fn exception(&self, item: Node<'_>) -> Option<(String, Place)> {
        self.first_text(item).filter(|(text, _)| is_allowed(text))
    }

    fn comment(&mut self, place: Place, item: &mut Item<'a>) {
        match comment::read(self.source, place) {
            Ok(Comment::Check(lines)) => lines.into_iter().for_each(|line| self.check(line, item)),
            Ok(Comment::Id(id)) if item.id.is_some() => self.problem(id.place, "a second id for one promise", None),
            Ok(Comment::Id(id)) => item.id = Some(id),
            Ok(Comment::Remark) => {}
            Err(problem) => self.document.problems.push(problem),
        }
    }

    /// A line of a comment that says how a promise is checked.
    fn check(&mut self, line: Fragment<'a>, item: &mut Item<'a>) {
        match Bound::of(line.text) {
            Bound::Step => item.steps.push(line),
            Bound::Sentence => item.bound.push(line),
            Bound::ByHand if item.vouched.is_some() => {
                self.problem(line.place, "a second word by hand for one promise", None);
            }
            Bound::ByHand => match bind::vouched(self.source, line) {
                Ok(vouched) => item.vouched = Some(vouched),
                Err(problem) => self.document.problems.push(problem),
            },
        }
    }

    /// Checks that stand where no promise does.
    fn refuse(&mut self, comments: &[Place]) {
        for place in comments {
            if self.hopeless() {
                return;
            }
            match comment::read(self.source, *place) {
                Ok(Comment::Remark) => {}
                Ok(Comment::Check(_)) => self.homeless(*place, "check"),
                Ok(Comment::Id(_)) => self.homeless(*place, "id"),
                Err(problem) => self.document.problems.push(problem),
            }
        }
    }

    fn homeless(&mut self, place: Place, what: &str) {
        let hint = "put it on a box under Success Criteria or a bullet under Constraints, indented like its text";
        self.problem(place, format!("this {what} belongs to no promise"), Some(hint.to_owned()));
    }

    /// A block that is no part of a promise: nothing in it may look like one.
    fn stray(&mut self, node: Node<'_>) {
        for node in node.descendants() {
            let value = node.data().value.clone();
            match value {
                NodeValue::CodeBlock(block) if block.fenced => {
                    if is_check(&block.info) {
                        self.homeless(start(node), "check");
                    } else if is_nearly_check(&block.info) {
                        let hint = Some("did you mean ```check".to_owned());
                        self.problem(start(node), format!("unknown block `{}`", clip(&block.info)), hint);
                    }
                    self.unclosed(node);
                }
                NodeValue::CodeBlock(block) => self.hidden_boxes(node, &block.literal, "an indented code block"),
                NodeValue::HtmlBlock(_) => self.html(node, None),
                NodeValue::Paragraph | NodeValue::Heading(_) => {
                    let comments = self.inlines(node).comments;
                    self.refuse(&comments);
                }
                _ => {}
            }
        }
    }

    /// A fence that nothing closes swallows the promises after it.
    fn unclosed(&mut self, node: Node<'_>) {
        let closed = !matches!(&node.data().value, NodeValue::CodeBlock(block) if !block.closed);
        if !closed {
            let hint = "end it with a line of ``` at the same indentation";
            self.problem(start(node), "this code block is not closed", Some(hint.to_owned()));
        }
    }

    fn hidden_boxes(&mut self, node: Node<'_>, text: &str, place: &str) {
        let hides = |line: &str| ["- [ ]", "- [x]", "- [X]"].iter().any(|mark| line.trim_start().starts_with(mark));
        if matches!(self.section.kind, Kind::Promises(_))
            && let Some(skipped) = text.lines().position(hides)
        {
            let first = start(node);
            let place_of_box = Place { line: first.line + skipped, byte: 0 };
            let hint = "put an empty line before it, and do not indent it";
            self.problem(place_of_box, format!("a box inside {place} is not read"), Some(hint.to_owned()));
        }
    }

    /// The comments in a block of HTML, and the text between them.
    fn html(&mut self, node: Node<'_>, mut item: Option<&mut Item<'a>>) {
        let first = start(node);
        let last = node.data().sourcepos.end.line;
        let from = self.source.offset(first);
        let html = self.source.through(from, last);
        let (mut at, mut outside) = (0, String::new());
        while let Some(found) = html[at..].find("<!--") {
            outside.push_str(&html[at..at + found]);
            let place = self.source.place(from + at + found);
            match item.as_deref_mut() {
                Some(item) => self.comment(place, item),
                None => self.refuse(&[place]),
            }
            let Some(end) = html[at + found..].find("-->") else { return };
            at += found + end + "-->".len();
        }
        outside.push_str(&html[at..]);
        self.hidden_boxes(node, &outside, "a block of HTML");
        let outside = outside.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(item) = item
            && !outside.is_empty()
        {
            item.notes.push(outside);
        }
    }

    /// The text of a node without markup, with single spaces, and the places of its comments.
    fn inlines(&self, node: Node<'_>) -> Inlines {
        let mut inlines = Inlines::default();
        let mut text = String::new();
        let lines = node.data().sourcepos;
        let mut after = self.source.offset(start(node));
        let mut unclosed = false;
        for inner in node.descendants() {
            match &inner.data().value {
                NodeValue::Text(literal) => {
                    if !unclosed
                        && literal.contains("<!--")
                        && let Some(place) = self.seek(after, lines.end.line)
                        && !self.source.through(self.source.offset(place), lines.end.line).contains("-->")
                    {
                        unclosed = true;
                        inlines.comments.push(place);
                    }
                    text.push_str(literal);
                }
                NodeValue::Code(code) => text.push_str(&code.literal),
                NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
                NodeValue::HtmlInline(html) if html.starts_with("<!--") => {
                    let claimed = start(inner);
                    let offset = self.source.offset(claimed);
                    let true_place = self.source.through(offset, lines.end.line).starts_with("<!--");
                    let place = if true_place { Some(claimed) } else { self.seek(after, lines.end.line) };
                    if let Some(place) = place {
                        after = self.source.offset(place) + html.len().min("<!-->".len());
                        inlines.comments.push(place);
                    }
                }
                NodeValue::HtmlInline(html) => text.push_str(html),
                NodeValue::Image(_) => text.push('!'),
                _ => {}
            }
        }
        inlines.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        inlines
    }

    fn seek(&self, after: usize, last_line: usize) -> Option<Place> {
        let found = self.source.through(after, last_line).find("<!--")?;
        Some(self.source.place(after + found))
    }

    fn problem(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        self.document.problems.push(self.source.problem(place, message, hint));
    }
}

fn start(node: Node<'_>) -> Place {
    let start = node.data().sourcepos.start;
    Place { line: start.line.max(1), byte: start.column.saturating_sub(1) }
}

fn is_check(info: &str) -> bool {
    info.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("check"))
}

fn is_nearly_check(info: &str) -> bool {
    info.split_whitespace().next().is_some_and(|word| crate::letters::is_near(&word.to_lowercase(), "check"))
}

/// A bullet that only names the bullets inside it: `Security:`.
fn is_heading(text: &str) -> bool {
    text.ends_with(':') && text.split_whitespace().count() <= 3
}

/// Text from outside, short enough for a message.
pub(crate) fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(60).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}
