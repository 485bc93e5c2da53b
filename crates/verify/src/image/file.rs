//! `image.file`: File {path} exists / does not exist / is owned by {user}.

use std::path::Path;

use seaworthy_image::{Node, NodeKind};
use seaworthy_spec::FileExpectation;

use super::Facts;
use super::facts::absolute;
use crate::Finding;

/// Looks a path up in the final tree as a process would, links followed; a relative one from the working directory.
/// `/var/**/x` and `**/x` are `x` in any folder below, and can only be missing.
pub fn file(facts: &Facts, path: &str, expectation: &FileExpectation) -> Finding {
    if let (Some((folder, name)), FileExpectation::Missing) = (path.split_once("**/"), expectation) {
        return nowhere(facts, folder, name);
    }
    let wanted = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", facts.config.working_dir()) };
    let (entry, target) = (facts.tree.get_link(&wanted), facts.tree.get(&wanted));
    let shown = absolute(&wanted);
    match (expectation, entry, target) {
        (FileExpectation::Missing, None, _) => Finding::pass(format!("no `{shown}` in the final tree")),
        (FileExpectation::Missing, Some(file), _) => Finding::fail(format!("`{shown}` is there: {}", describe(file))),
        (_, None, _) => Finding::fail(format!("no `{shown}` in the final tree")),
        (_, Some(_), None) => Finding::fail(format!("`{shown}` is a link that leads nowhere")),
        (FileExpectation::Exists, _, Some(file)) => Finding::pass(format!("`{shown}`: {}", describe(file))),
        (FileExpectation::OwnedBy(owner), _, Some(file)) => owned(facts, &shown, file, owner),
    }
}

/// Looks for a name, or the end of a path, in each folder below one, as the layers hold it.
fn nowhere(facts: &Facts, folder: &str, name: &str) -> Finding {
    let below = Path::new(folder.trim_matches('/'));
    let is_one = |path: &Path| path.starts_with(below) && path.ends_with(name) && path != below;
    let found: Vec<String> =
        facts.tree.iter().filter(|(path, _)| is_one(path)).map(|(path, _)| absolute(path)).collect();
    match found.as_slice() {
        [] => Finding::pass(format!("no `{name}` in any folder of `/{}`", below.display())),
        found => Finding::fail(format!("`{name}` is there: {}", super::first(found, 3))),
    }
}

fn owned(facts: &Facts, shown: &str, file: &Node, owner: &str) -> Finding {
    let seen = format!("`{shown}`: {}", describe(file));
    let uid = match owner.parse::<u64>() {
        Ok(uid) => Some(uid),
        Err(_) => uid_of(facts, owner),
    };
    match uid {
        None => Finding::fail(format!("{seen}; nobody is named `{owner}` in /etc/passwd")),
        Some(uid) if uid == file.uid => Finding::pass(seen),
        Some(uid) => Finding::fail(format!("{seen}; `{owner}` is uid {uid}")),
    }
}

fn uid_of(facts: &Facts, name: &str) -> Option<u64> {
    let passwd = facts.text("etc/passwd").unwrap_or_default();
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name));
    match line {
        Some(line) => line.split(':').nth(2)?.parse().ok(),
        None => (name == "root").then_some(0),
    }
}

fn describe(file: &Node) -> String {
    let kind = match &file.kind {
        NodeKind::File => format!("file of {} bytes", file.size_bytes),
        NodeKind::Directory => "folder".to_owned(),
        NodeKind::Symlink(target) => format!("link to `{}`", target.display()),
        _ => "special file".to_owned(),
    };
    format!("{kind}, mode {:04o}, owner {}:{}", file.mode, file.uid, file.gid)
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_file_is_looked_up_as_a_process_would() {
        let facts = Sample::new()
            .file("etc/passwd", 0o644, b"root:x:0:0::/:\nappuser:x:1000:1000::/:\n")
            .owned_file("data/x", 1000)
            .symlink("link", "/data/x")
            .symlink("loop", "loop")
            .symlink("up", "../../data")
            .layer()
            .file("gone", 0o644, b"x")
            .layer()
            .file(".wh.gone", 0o644, b"")
            .facts();
        let owned = |user: &str| FileExpectation::OwnedBy(user.to_owned());
        for (path, expectation, verdict) in [
            ("/etc/passwd", FileExpectation::Exists, Pass),
            ("etc/passwd", FileExpectation::Exists, Pass),
            ("/etc/../etc/./passwd", FileExpectation::Exists, Pass),
            ("/up/x", FileExpectation::Exists, Pass),
            ("/etc/shadow", FileExpectation::Exists, Fail),
            ("/loop", FileExpectation::Exists, Fail),
            ("/loop/x", FileExpectation::Exists, Fail),
            ("/etc/passwd/x", FileExpectation::Exists, Fail),
            ("/data", FileExpectation::Exists, Pass),
            ("/gone", FileExpectation::Missing, Pass),
            ("/gone", FileExpectation::Exists, Fail),
            ("/loop", FileExpectation::Missing, Fail),
            ("/etc/passwd", FileExpectation::Missing, Fail),
            ("**/passwd", FileExpectation::Missing, Fail),
            ("**/etc/passwd", FileExpectation::Missing, Fail),
            ("**/wd", FileExpectation::Missing, Pass),
            ("/etc/**/passwd", FileExpectation::Missing, Fail),
            ("/data/**/passwd", FileExpectation::Missing, Pass),
            ("**/gone", FileExpectation::Missing, Pass),
            ("**/up", FileExpectation::Missing, Fail),
            ("/data/x", owned("1000"), Pass),
            ("/data/x", owned("appuser"), Pass),
            ("/link", owned("appuser"), Pass),
            ("/data/x", owned("root"), Fail),
            ("/data/x", owned("nobody"), Fail),
            ("/etc/passwd", owned("root"), Pass),
        ] {
            let found = file(&facts, path, &expectation);
            assert_eq!(found.verdict, verdict, "{path} {expectation:?}: {found:?}");
        }
    }
}
