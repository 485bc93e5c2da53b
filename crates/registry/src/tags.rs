//! Which tags an image gets, and why: decided before anything is sent. Pure.
//!
//! Three kinds of tags: *fixed* ones (`1.4.2`, `sha-<12>`) name one digest for ever, *rolling* ones (`1.4`, `1`,
//! `latest`) name the newest release of theirs, and the user's own are what the user says.

use std::collections::BTreeMap;
use std::fmt;

use seaworthy_image::Digest;
use semver::Version;

use crate::repository::is_tag;

/// What tags are made from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The project's version, as in `Cargo.toml`.
    pub version: Option<String>,
    /// The commit, in full; `None` without git.
    pub revision: Option<String>,
    /// Whether the tree differs from the commit.
    pub dirty: bool,
    /// The tags that the user asks for by name.
    pub own: Vec<String>,
}

/// What the repository's tags are before the push.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Every tag there is; `None` where the registry does not tell.
    pub listed: Option<Vec<String>>,
    /// What each tag of [`Origin::candidates`] names, where there is one.
    pub names: BTreeMap<String, Digest>,
}

/// The tags of one push. All that are written name one digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub digest: Digest,
    /// In the order in which they are written: what never moves comes first, `latest` after it, one's own last.
    pub steps: Vec<Step>,
}

/// One tag, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where there is nothing to make it from, its form: `VERSION`, `sha-COMMIT`.
    pub tag: String,
    pub meaning: Meaning,
    pub fate: Fate,
}

/// What a tag says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    Version,
    /// The newest release of a line: `1.4`, `1`.
    Newest(String),
    Commit,
    /// The commit, and what was changed since.
    Dirty,
    /// The newest release of all.
    Latest,
    /// What the user says.
    Own,
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("the version"),
            Self::Newest(line) => write!(f, "the newest {line}"),
            Self::Commit => f.write_str("the commit"),
            Self::Dirty => f.write_str("the last dirty tree of the commit"),
            Self::Latest => f.write_str("the newest release"),
            Self::Own => f.write_str("asked for"),
        }
    }
}

/// What becomes of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// No such tag is there.
    New,
    /// It names this digest.
    Already,
    /// It names another digest, and may.
    Moves { from: Digest },
    /// It must not be written, and nothing be pushed without it. Where it is `movable`, `may_move` would permit it.
    Refused { why: String, movable: bool },
    /// It is not for an image like this one.
    LeftOut { why: String },
}

impl Origin {
    /// Every tag that this could lead to: what to ask the registry for, before [`plan`].
    pub fn candidates(&self) -> Vec<String> {
        let mut tags: Vec<String> =
            self.automatic().into_iter().filter_map(|wish| wish.kind.ok().map(|_| wish.tag)).collect();
        for own in &self.own {
            if !tags.contains(own) && is_tag(own) {
                tags.push(own.clone());
            }
        }
        tags
    }

    fn automatic(&self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let release = self.version.as_deref().map(read_version);
        match &release {
            None => {}
            Some(Err(why)) => {
                let tag = self.version.as_deref().unwrap_or_default().chars().take(100).collect();
                wishes.push(Wish::left_out(tag, Meaning::Version, why.clone()));
            }
            Some(Ok(version)) => {
                let dirty = self.dirty.then(|| DIRTY.to_owned());
                wishes.push(Wish::new(tag_of(version), Meaning::Version, Kind::Fixed, dirty));
                let (major, minor) = (version.major, version.minor);
                wishes.push(self.rolling(
                    format!("{major}.{minor}"),
                    Meaning::Newest(format!("{major}.{minor}")),
                    version,
                ));
                let mut wish = self.rolling(major.to_string(), Meaning::Newest(major.to_string()), version);
                if major == 0 {
                    wish.kind =
                        Err("before 1.0 any minor version may break what uses it, so `0` would promise nothing"
                            .to_owned());
                }
                wishes.push(wish);
            }
        }
        wishes.push(self.commit());
        wishes.push(match release {
            Some(Ok(version)) => self.rolling("latest".to_owned(), Meaning::Latest, &version),
            _ => Wish::left_out("latest".to_owned(), Meaning::Latest, "without a version it is no release".to_owned()),
        });
        wishes
    }

    fn rolling(&self, tag: String, meaning: Meaning, version: &Version) -> Wish {
        let why = if !version.pre.is_empty() {
            Some(format!("`{}` is a pre-release", tag_of(version)))
        } else if self.dirty {
            Some(DIRTY.to_owned())
        } else if self.revision.is_none() {
            Some("without git nothing shows that the tree is clean".to_owned())
        } else {
            None
        };
        Wish::new(tag, meaning, Kind::Rolling { version: version.clone() }, why)
    }

    fn commit(&self) -> Wish {
        let Some(revision) = &self.revision else {
            return Wish::left_out("sha-COMMIT".to_owned(), Meaning::Commit, "there is no git commit".to_owned());
        };
        let hex = revision.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        match revision.get(..COMMIT_DIGITS).filter(|_| hex) {
            None => {
                let why = format!("`{}` is not a commit's full hash", revision.chars().take(100).collect::<String>());
                Wish::left_out("sha-COMMIT".to_owned(), Meaning::Commit, why)
            }
            Some(short) if self.dirty => Wish::new(format!("sha-{short}-dirty"), Meaning::Dirty, Kind::Free, None),
            Some(short) => Wish::new(format!("sha-{short}"), Meaning::Commit, Kind::Fixed, None),
        }
    }

    /// What a tag that the user names is held to: a form that says something of an image must not say what is false.
    fn own(&self, tag: &str) -> Wish {
        if !is_tag(tag) {
            let why = "a tag has up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two";
            return Wish {
                tag: tag.chars().take(150).collect(),
                meaning: Meaning::Own,
                kind: Ok(Kind::Never(why.to_owned())),
            };
        }
        let kind = match Form::of(tag) {
            Form::Proof => Kind::Never("proofs are found under such tags".to_owned()),
            Form::Fixed | Form::Rolling if self.dirty => Kind::Never(DIRTY.to_owned()),
            Form::Fixed => Kind::Fixed,
            Form::Rolling => match self.version.as_deref().map(read_version) {
                Some(Ok(version)) if !version.pre.is_empty() => {
                    Kind::Never(format!("`{}` is a pre-release", tag_of(&version)))
                }
                _ => Kind::Free,
            },
            Form::Free => Kind::Free,
        };
        Wish::new(tag.to_owned(), Meaning::Own, kind, None)
    }
}

const DIRTY: &str = "the tree differs from its commit";
const COMMIT_DIGITS: usize = 12;

/// A tag that somebody wants, and what holds it.
struct Wish {
    tag: String,
    meaning: Meaning,
    /// Or why it is left out.
    kind: Result<Kind, String>,
}

enum Kind {
    /// Names one digest for ever.
    Fixed,
    /// Names the newest release of its own.
    Rolling { version: Version },
    /// Names what it is told to.
    Free,
    /// Must not be written, and why.
    Never(String),
}

impl Wish {
    fn new(tag: String, meaning: Meaning, kind: Kind, left_out: Option<String>) -> Self {
        let kind = match left_out {
            Some(why) => Err(why),
            None if tag.len() > 128 => Err("it has more than the 128 characters of a tag".to_owned()),
            None => Ok(kind),
        };
        Self { tag, meaning, kind }
    }

    fn left_out(tag: String, meaning: Meaning, why: String) -> Self {
        Self { tag, meaning, kind: Err(why) }
    }
}

/// What becomes of each tag. `may_move` lets fixed tags that name another digest be moved.
///
/// `found` must tell what each of [`Origin::candidates`] names.
pub fn plan(origin: &Origin, digest: &Digest, found: &Found, may_move: bool) -> Plan {
    let mut wishes = origin.automatic();
    for tag in &origin.own {
        let wish = origin.own(tag);
        match wishes.iter_mut().find(|other| other.tag == *tag) {
            Some(other) => *other = Wish { meaning: other.meaning.clone(), ..wish },
            None => wishes.push(wish),
        }
    }
    let step = |Wish { tag, meaning, kind }: Wish| {
        let fate = match kind {
            Err(why) => Fate::LeftOut { why },
            Ok(kind) => fate(&tag, &kind, digest, found, may_move),
        };
        Step { tag, meaning, fate }
    };
    Plan { digest: digest.clone(), steps: wishes.into_iter().map(step).collect() }
}

fn fate(tag: &str, kind: &Kind, digest: &Digest, found: &Found, may_move: bool) -> Fate {
    let named = found.names.get(tag);
    match (kind, named) {
        (Kind::Never(why), _) => Fate::Refused { why: why.clone(), movable: false },
        (_, Some(named)) if named == digest => Fate::Already,
        (Kind::Rolling { version }, _) => match newer(tag, version, found) {
            Newer::There(newer) => Fate::LeftOut { why: format!("`{newer}` is there, which is newer") },
            Newer::Unknown if named.is_some() => {
                Fate::LeftOut { why: "the registry does not list its tags: a newer release may be there".to_owned() }
            }
            Newer::Unknown | Newer::None => moves(named),
        },
        (Kind::Fixed, Some(named)) if !may_move => {
            Fate::Refused { why: format!("it names `{}`", short(named)), movable: true }
        }
        (Kind::Fixed | Kind::Free, _) => moves(named),
    }
}

fn moves(named: Option<&Digest>) -> Fate {
    match named {
        Some(from) => Fate::Moves { from: from.clone() },
        None => Fate::New,
    }
}

enum Newer {
    There(String),
    None,
    Unknown,
}

/// The newest release that a rolling tag stands for, where it is newer than `version`.
fn newer(tag: &str, version: &Version, found: &Found) -> Newer {
    let Some(listed) = &found.listed else { return Newer::Unknown };
    let same_line = |other: &Version| match tag.split_once('.') {
        _ if tag == "latest" => true,
        Some(_) => (other.major, other.minor) == (version.major, version.minor),
        None => other.major == version.major,
    };
    let newest = listed
        .iter()
        .filter_map(|tag| Some((release(tag)?, tag)))
        .filter(|(other, _)| same_line(other) && other.cmp_precedence(version).is_gt())
        .max_by(|(one, _), (other, _)| one.cmp_precedence(other));
    newest.map_or(Newer::None, |(_, tag)| Newer::There(tag.clone()))
}

/// The release that a tag names: a whole version, no pre-release, with or without a `v`.
fn release(tag: &str) -> Option<Version> {
    version_of(tag).filter(|version| version.pre.is_empty())
}

/// A version as it stands in a tag, `_` for the `+` that a tag cannot have.
fn version_of(tag: &str) -> Option<Version> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    Version::parse(&text.replacen('_', "+", 1)).ok()
}

fn tag_of(version: &Version) -> String {
    version.to_string().replace('+', "_")
}

fn read_version(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| format!("it is no semantic version: {error}"))
}

/// What a tag seems to say of the image it names.
enum Form {
    /// A version or a commit.
    Fixed,
    /// `latest`, `1`, `1.4`
    Rolling,
    /// Where attached manifests are looked for.
    Proof,
    Free,
}

impl Form {
    fn of(tag: &str) -> Self {
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let commit = tag.strip_prefix("sha-").is_some_and(|text| text.len() >= 7 && hex(text));
        let attached = tag.strip_prefix("sha256-").and_then(|text| text.get(..64)).is_some_and(hex);
        let bare = tag.strip_prefix('v').unwrap_or(tag);
        let line = match bare.split_once('.') {
            Some((major, minor)) => number(major) && number(minor),
            None => number(bare),
        };
        match () {
            () if attached => Self::Proof,
            () if commit || version_of(tag).is_some() => Self::Fixed,
            () if line || tag == "latest" => Self::Rolling,
            () => Self::Free,
        }
    }
}

fn short(digest: &Digest) -> &str {
    &digest.as_str()["sha256:".len()..][..12]
}

impl Plan {
    /// The tags to write, in this order.
    pub fn writes(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|step| step.fate.writes()).map(|step| step.tag.as_str())
    }

    /// The tags that name the digest when the plan is done.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let named = |step: &&Step| step.fate.writes() || step.fate == Fate::Already;
        self.steps.iter().filter(named).map(|step| step.tag.as_str())
    }

    /// The steps that stand against a push.
    pub fn refused(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.fate, Fate::Refused { .. }))
    }
}

impl Fate {
    fn writes(&self) -> bool {
        matches!(self, Self::New | Self::Moves { .. })
    }

    /// One word for a table's column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Already => "already",
            Self::Moves { .. } => "moves",
            Self::Refused { .. } => "refused",
            Self::LeftOut { .. } => "left out",
        }
    }

    /// The reason behind the word; empty where the word says it all.
    pub fn reason(&self) -> String {
        match self {
            Self::New => String::new(),
            Self::Already => "names this digest".to_owned(),
            Self::Moves { from } => format!("from `{}`", short(from)),
            Self::Refused { why, .. } | Self::LeftOut { why } => why.clone(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.tag, self.meaning, self.fate.word())?;
        match self.fate.reason() {
            reason if reason.is_empty() => Ok(()),
            reason => write!(f, ", {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const COMMIT: &str = "3f1c9d2a7b604e5f8a1b2c3d4e5f60718293a4b5";

    fn clean(version: &str) -> Origin {
        Origin { version: Some(version.to_owned()), revision: Some(COMMIT.to_owned()), ..Origin::default() }
    }

    /// The plan for the digest of `new`, in a repository whose tags name the digests of what stands behind them.
    fn show(origin: &Origin, tags: &[(&str, &str)], may_move: bool) -> String {
        let candidates = origin.candidates();
        let names = tags
            .iter()
            .filter(|(tag, _)| candidates.iter().any(|candidate| candidate == tag))
            .map(|(tag, content)| ((*tag).to_owned(), Digest::of(content.as_bytes())))
            .collect();
        let listed = Some(tags.iter().map(|(tag, _)| (*tag).to_owned()).collect());
        table(&plan(origin, &Digest::of(b"new"), &Found { listed, names }, may_move))
    }

    fn table(plan: &Plan) -> String {
        plan.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// What becomes of one tag.
    #[track_caller]
    fn check(origin: &Origin, tags: &[(&str, &str)], tag: &str, expected: &str) {
        let plan = show(origin, tags, false);
        let line = plan.lines().find(|line| line.starts_with(&format!("{tag} (")));
        let got = line.and_then(|line| line.split_once("): ")).map_or("not in the plan", |(_, fate)| fate);
        assert_eq!(got, expected, "{plan}");
    }

    #[test]
    fn a_release_from_a_clean_tree_gets_every_tag() {
        assert_snapshot!(show(&clean("1.4.2"), &[], false), @r"
        1.4.2 (the version): new
        1.4 (the newest 1.4): new
        1 (the newest 1): new
        sha-3f1c9d2a7b60 (the commit): new
        latest (the newest release): new
        ");
    }

    #[test]
    fn the_next_release_moves_what_rolls() {
        let there = [("1.4.1", "old"), ("1.4", "old"), ("1", "old"), ("latest", "old"), ("nightly", "x")];
        assert_snapshot!(show(&clean("1.4.2"), &there, false), @r"
        1.4.2 (the version): new
        1.4 (the newest 1.4): moves, from `cba06b5736fa`
        1 (the newest 1): moves, from `cba06b5736fa`
        sha-3f1c9d2a7b60 (the commit): new
        latest (the newest release): moves, from `cba06b5736fa`
        ");
    }

    #[test]
    fn the_same_push_again_changes_nothing() {
        let there = ["1.4.2", "1.4", "1", "sha-3f1c9d2a7b60", "latest"].map(|tag| (tag, "new"));
        assert_snapshot!(show(&clean("1.4.2"), &there, false), @r"
        1.4.2 (the version): already, names this digest
        1.4 (the newest 1.4): already, names this digest
        1 (the newest 1): already, names this digest
        sha-3f1c9d2a7b60 (the commit): already, names this digest
        latest (the newest release): already, names this digest
        ");
    }

    #[test]
    fn a_version_and_a_commit_name_one_digest_unless_told_otherwise() {
        let there = [("1.4.2", "other"), ("sha-3f1c9d2a7b60", "other")];
        assert_snapshot!(show(&clean("1.4.2"), &there, false), @r"
        1.4.2 (the version): refused, it names `d9298a10d1b0`
        1.4 (the newest 1.4): new
        1 (the newest 1): new
        sha-3f1c9d2a7b60 (the commit): refused, it names `d9298a10d1b0`
        latest (the newest release): new
        ");
        assert_snapshot!(show(&clean("1.4.2"), &there, true), @r"
        1.4.2 (the version): moves, from `d9298a10d1b0`
        1.4 (the newest 1.4): new
        1 (the newest 1): new
        sha-3f1c9d2a7b60 (the commit): moves, from `d9298a10d1b0`
        latest (the newest release): new
        ");
    }

    #[test]
    fn a_pre_release_moves_nothing() {
        assert_snapshot!(show(&clean("1.4.2-rc.1"), &[("latest", "old")], true), @r"
        1.4.2-rc.1 (the version): new
        1.4 (the newest 1.4): left out, `1.4.2-rc.1` is a pre-release
        1 (the newest 1): left out, `1.4.2-rc.1` is a pre-release
        sha-3f1c9d2a7b60 (the commit): new
        latest (the newest release): left out, `1.4.2-rc.1` is a pre-release
        ");
    }

    #[test]
    fn a_dirty_tree_claims_neither_version_nor_commit() {
        let dirty = Origin { dirty: true, ..clean("1.4.2") };
        assert_snapshot!(show(&dirty, &[("latest", "old"), ("sha-3f1c9d2a7b60-dirty", "old")], true), @r"
        1.4.2 (the version): left out, the tree differs from its commit
        1.4 (the newest 1.4): left out, the tree differs from its commit
        1 (the newest 1): left out, the tree differs from its commit
        sha-3f1c9d2a7b60-dirty (the last dirty tree of the commit): moves, from `cba06b5736fa`
        latest (the newest release): left out, the tree differs from its commit
        ");
    }

    #[test]
    fn without_git_or_version_there_is_little_to_say() {
        assert_snapshot!(show(&Origin { revision: None, ..clean("1.4.2") }, &[], false), @r"
        1.4.2 (the version): new
        1.4 (the newest 1.4): left out, without git nothing shows that the tree is clean
        1 (the newest 1): left out, without git nothing shows that the tree is clean
        sha-COMMIT (the commit): left out, there is no git commit
        latest (the newest release): left out, without git nothing shows that the tree is clean
        ");
        assert_snapshot!(show(&Origin { version: None, ..clean("1.4.2") }, &[], false), @r"
        sha-3f1c9d2a7b60 (the commit): new
        latest (the newest release): left out, without a version it is no release
        ");
        assert_snapshot!(show(&Origin::default(), &[], false), @r"
        sha-COMMIT (the commit): left out, there is no git commit
        latest (the newest release): left out, without a version it is no release
        ");
    }

    #[test]
    fn an_older_release_moves_nothing_back() {
        let there = [("1.4.2", "x"), ("1.4", "x"), ("1", "x"), ("latest", "x")];
        for tag in ["1.4", "1", "latest"] {
            check(&clean("1.4.1"), &there, tag, "left out, `1.4.2` is there, which is newer");
        }
        check(&clean("1.4.1"), &there, "1.4.1", "new");
        // A patch of an older line moves that line alone.
        let there = [("1.4.1", "x"), ("1.4", "x"), ("1.10.0", "y"), ("v2.0.0", "z"), ("latest", "z")];
        check(&clean("1.4.2"), &there, "1.4", "moves, from `2d711642b726`");
        check(&clean("1.4.2"), &there, "1", "left out, `1.10.0` is there, which is newer");
        check(&clean("1.4.2"), &there, "latest", "left out, `v2.0.0` is there, which is newer");
        // What is no release does not count.
        let there = [("2.0.0-rc.1", "x"), ("2", "x"), ("2.0", "x"), ("nightly", "x"), ("01.9.9", "x"), ("latest", "x")];
        check(&clean("1.4.2"), &there, "latest", "moves, from `2d711642b726`");
        // Build metadata orders nothing.
        check(&clean("1.4.2+b"), &[("1.4.2_c", "x"), ("latest", "x")], "latest", "moves, from `2d711642b726`");
        check(&clean("1.4.2+b"), &[("1.4.3_a", "x")], "latest", "left out, `1.4.3_a` is there, which is newer");
    }

    #[test]
    fn nothing_rolls_over_an_unknown_release() {
        let names = BTreeMap::from([("1".to_owned(), Digest::of(b"old"))]);
        let plan = plan(&clean("1.4.2"), &Digest::of(b"new"), &Found { listed: None, names }, true);
        assert_snapshot!(table(&plan), @r"
        1.4.2 (the version): new
        1.4 (the newest 1.4): new
        1 (the newest 1): left out, the registry does not list its tags: a newer release may be there
        sha-3f1c9d2a7b60 (the commit): new
        latest (the newest release): new
        ");
    }

    #[test]
    fn a_version_becomes_a_tag_or_is_left_out() {
        check(&clean("0.1.0"), &[], "0.1.0", "new");
        check(&clean("0.1.0"), &[], "0.1", "new");
        check(
            &clean("0.1.0"),
            &[("0", "x")],
            "0",
            "left out, before 1.0 any minor version may break what uses it, so `0` would promise nothing",
        );
        check(&clean("1.4.2+build.5"), &[], "1.4.2_build.5", "new");
        check(&clean("1.4.2+build.5"), &[], "1.4", "new");
        check(&clean("1.4.2-rc.1+build.5"), &[], "1.4.2-rc.1_build.5", "new");
        for (version, why) in [
            ("1.4", "unexpected end of input while parsing minor version number"),
            ("v1.4.2", "unexpected character 'v' while parsing major version number"),
            ("1.04.2", "invalid leading zero in minor version number"),
            ("", "empty string, expected a semver version"),
        ] {
            check(&clean(version), &[], version, &format!("left out, it is no semantic version: {why}"));
            check(&clean(version), &[], "latest", "left out, without a version it is no release");
        }
        let long = format!("1.4.2-{}", "a".repeat(130));
        check(&clean(&long), &[], &long, "left out, it has more than the 128 characters of a tag");
        for revision in ["", "3f1c9d2", "HEAD", "3F1C9D2A7B604E5F", "zf1c9d2a7b604e5f"] {
            let origin = Origin { revision: Some(revision.to_owned()), ..clean("1.4.2") };
            check(&origin, &[], "sha-COMMIT", &format!("left out, `{revision}` is not a commit's full hash"));
        }
    }

    #[test]
    fn ones_own_tag_is_an_explicit_wish() {
        let own = |origin: Origin, tag: &str| Origin { own: vec![tag.to_owned()], ..origin };
        let dirty = || Origin { dirty: true, ..clean("1.4.2") };
        let differs = "refused, the tree differs from its commit";

        check(&own(clean("1.4.2"), "stable"), &[("stable", "old")], "stable", "moves, from `cba06b5736fa`");
        check(&own(dirty(), "try"), &[("try", "old")], "try", "moves, from `cba06b5736fa`");
        check(&own(clean("1.4.2"), "stable"), &[("stable", "new")], "stable", "already, names this digest");
        check(&own(Origin::default(), "latest"), &[], "latest", "new");
        // An older release may be told to be the latest.
        let newer = [("1.4.3", "old"), ("latest", "old")];
        check(&own(clean("1.4.2"), "latest"), &newer, "latest", "moves, from `cba06b5736fa`");
        check(&own(clean("0.1.0"), "0"), &[("0", "old")], "0", "moves, from `cba06b5736fa`");
        // What looks like a version or a commit is held as one.
        for tag in ["1.4.2", "2.0.0-rc.1", "v1.4.2", "sha-1234567", "1.4.2_b"] {
            check(&own(clean("1.4.2"), tag), &[(tag, "old")], tag, "refused, it names `cba06b5736fa`");
            check(&own(clean("1.4.2"), tag), &[], tag, "new");
            check(&own(dirty(), tag), &[], tag, differs);
        }
        for tag in ["latest", "1", "1.4", "v2"] {
            check(&own(dirty(), tag), &[], tag, differs);
            check(&own(clean("1.4.2-rc.1"), tag), &[], tag, "refused, `1.4.2-rc.1` is a pre-release");
        }
        let proof = format!("sha256-{}", "a".repeat(64));
        for tag in [proof.clone(), format!("{proof}.proof-0123456789ab")] {
            check(&own(clean("1.4.2"), &tag), &[], &tag, "refused, proofs are found under such tags");
        }
        for tag in ["", ".x", "a b", "a/b", "a+b", &"x".repeat(129)] {
            let fate =
                "refused, a tag has up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two";
            check(&own(clean("1.4.2"), tag), &[], tag, fate);
        }
    }

    #[test]
    fn a_tag_asked_for_twice_stands_once() {
        let own = ["latest", "x", "x"].map(str::to_owned).to_vec();
        let origin = Origin { own, ..clean("1.4.2") };
        assert_eq!(origin.candidates(), ["1.4.2", "1.4", "1", "sha-3f1c9d2a7b60", "latest", "x"]);
        let plan = plan(&origin, &Digest::of(b"new"), &Found::default(), false);
        assert_eq!(plan.writes().collect::<Vec<_>>(), ["1.4.2", "1.4", "1", "sha-3f1c9d2a7b60", "latest", "x"]);
    }
}
