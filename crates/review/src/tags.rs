//! The tags under which a project would be pushed: what each is for, and what moves.
//!
//! Which tags there are is decided where images are pushed; here they are values.

use std::fmt::Write as _;

use seaworthy_spec::Check;

use crate::specification::{Subject, silence};
use crate::{Finding, Rule, Severity};

/// A tag that a push would write, or would leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub kind: TagKind,
    /// Why it would not be written.
    pub left_out: Option<String>,
}

/// What a tag says of the image that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    Version,
    Commit,
    /// The newest release of a line: `1.4`, `1`.
    Line,
    Latest,
    /// A tree that differs from its commit.
    Dirty,
}

impl TagKind {
    /// What people use it for.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Version => "one release: deploy it, and name it in a report",
            Self::Commit => "one commit: find the sources of what runs",
            Self::Line => "the newest release of its line: take fixes as they come",
            Self::Latest => "the newest release of all: try it out",
            Self::Dirty => "the last build of a changed tree: for yourself",
        }
    }

    /// Whether it may name another image tomorrow.
    pub fn moves(self) -> &'static str {
        match self {
            Self::Version | Self::Commit => "never moves, but for `--move-tags`",
            Self::Line | Self::Latest => "moves forwards with each release",
            Self::Dirty => "moves with each build",
        }
    }

    /// As promises name it.
    fn promised(self) -> Option<&'static str> {
        match self {
            Self::Version => Some("version"),
            Self::Commit => Some("commit"),
            Self::Latest => Some("latest"),
            Self::Line | Self::Dirty => None,
        }
    }
}

pub(crate) static LEFT_OUT: Rule = Rule {
    id: "tag-left-out",
    severity: Severity::Note,
    title: "A tag is promised that a push would leave out now",
    why: "The promise is decided after the push. By then the image is in the registry without the tag.",
    bad: "- [ ] Tagged with version, commit and latest        # and the project has no version",
    good: "- [ ] Tagged with commit",
};

/// Tags that the specification promises, and a push would not write.
pub fn review(subject: &Subject<'_>, tags: &[Tag]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for criterion in &subject.spec.criteria {
        for check in criterion.checks() {
            let Check::RegistryTags { tags: promised } = check else { continue };
            for name in promised {
                let of_kind = |tag: &&Tag| tag.kind.promised() == Some(name);
                let is_written = tags.iter().filter(of_kind).any(|tag| tag.left_out.is_none());
                let left_out = tags.iter().find(of_kind).and_then(|tag| tag.left_out.as_deref());
                if is_written || !["version", "commit", "latest"].contains(&name.as_str()) {
                    continue;
                }
                let is_changed = tags.iter().any(|tag| tag.kind == TagKind::Dirty);
                let nothing =
                    if is_changed { "the tree differs from its commit" } else { "there is nothing to make it from" };
                let message =
                    format!("the tag for {name} is promised, and would be left out: {}", left_out.unwrap_or(nothing));
                let advice = if is_changed { "commit the changes before a push" } else { advice(name) };
                findings.push(subject.finding(&LEFT_OUT, Some(criterion.line), message, advice));
            }
        }
    }
    silence::apply(subject, findings)
}

fn advice(name: &str) -> &'static str {
    match name {
        "commit" => "commit the project with git before it is pushed",
        "version" => "give the project a version: in `Cargo.toml`, or by a git tag such as `v1.4.2`",
        _ => "push a release from a clean tree",
    }
}

/// A table for people; empty where no tag would be written.
pub fn table(tags: &[Tag]) -> String {
    if tags.iter().all(|tag| tag.left_out.is_some()) {
        return String::new();
    }
    let width = tags.iter().map(|tag| tag.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for tag in tags {
        let what = match &tag.left_out {
            Some(why) => format!("left out: {why}"),
            None => format!("{}; {}", tag.kind.purpose(), tag.kind.moves()),
        };
        let _ = writeln!(text, "  {:width$}  {what}", tag.name);
    }
    format!("\ntags of the next push:\n{text}")
}

#[cfg(test)]
mod tests {
    use seaworthy_spec::Spec;

    use super::*;

    fn tag(name: &str, kind: TagKind, left_out: Option<&str>) -> Tag {
        Tag { name: name.to_owned(), kind, left_out: left_out.map(str::to_owned) }
    }

    #[test]
    fn tags_are_shown_with_their_purpose_and_a_promised_one_that_is_left_out_is_found() {
        let tags = [
            tag("1.4.2", TagKind::Version, None),
            tag("1.4", TagKind::Line, None),
            tag("sha-COMMIT", TagKind::Commit, Some("there is no git commit")),
        ];
        insta::assert_snapshot!(table(&tags), @r"

        tags of the next push:
          1.4.2       one release: deploy it, and name it in a report; never moves, but for `--move-tags`
          1.4         the newest release of its line: take fixes as they come; moves forwards with each release
          sha-COMMIT  left out: there is no git commit
        ");
        let text = "## Success Criteria\n- [ ] Tagged with version and commit\n";
        let spec = Spec::parse(text).unwrap();
        let found = review(&Subject::alone("spec.md", &spec), &tags);
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["the tag for commit is promised, and would be left out: there is no git commit"]);
    }
}
