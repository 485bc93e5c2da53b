//! `image.setuid`: No setuid files.

use super::Facts;
use super::facts::absolute;
use super::privilege::Privilege;
use crate::Finding;

/// Files that run as their owner or group, or with capabilities, in the final tree.
pub fn setuid(facts: &Facts) -> Finding {
    let files = facts.tree.iter().filter(|(_, file)| file.is_file()).count();
    let found: Vec<String> = facts
        .tree
        .iter()
        .filter_map(|(path, file)| {
            Privilege::of(file).map(|privilege| format!("`{}` ({})", absolute(path), privilege.describe()))
        })
        .collect();
    match found.len() {
        0 => Finding::pass(format!("none of {files} files is setuid, setgid or has capabilities")),
        count => Finding::fail(format!("{count} of {files} files: {}", super::first(&found, 3))),
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn setuid_setgid_and_capabilities_count_in_the_final_tree() {
        let sample = || Sample::new().file("bin/app", 0o755, b"x");
        for (facts, verdict, evidence) in [
            (sample().facts(), Pass, "none of 1 files is setuid, setgid or has capabilities"),
            (sample().file("bin/su", 0o4755, b"x").facts(), Fail, "1 of 2 files: `/bin/su` (setuid root)"),
            (sample().file("bin/wall", 0o2755, b"x").facts(), Fail, "1 of 2 files: `/bin/wall` (setgid root)"),
            (sample().with_capabilities("bin/ping", 13).facts(), Fail, "1 of 2 files: `/bin/ping` (cap_net_raw)"),
            (sample().file("su", 0o4755, b"x").layer().file(".wh.su", 0, b"").facts(), Pass, "none of 1 files"),
            (
                sample().file("su", 0o4755, b"x").hardlink("x", "su").layer().file(".wh.su", 0, b"").facts(),
                Fail,
                "1 of 2 files: `/x`",
            ),
        ] {
            let found = setuid(&facts);
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.evidence.starts_with(evidence), "{found:?}");
        }
    }
}
