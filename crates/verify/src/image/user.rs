//! `user.non_root`, `user.is`: what the image says about who runs; the processes seen are the other half.

use std::path::Path;

use seaworthy_image::Node;

use super::account::{User, configured};
use super::facts::absolute;
use super::privilege::Privilege;
use super::program::{self, Program, is_executable};
use super::{Facts, health};
use crate::Finding;

/// Fails if the config names root in any way, or if what starts, or what the health check executes, can make root of
/// any user by its file's bits.
pub fn non_root(facts: &Facts) -> Finding {
    let user = match configured(facts) {
        Ok(user) => user,
        Err(why) => return Finding::fail(why),
    };
    let written = facts.config.user();
    if user.uid == 0 {
        return Finding::fail(match written {
            "" => "the config names no user, so it runs as root (uid 0)".to_owned(),
            _ if user.name.as_deref() == Some(written) || written == "root" => {
                format!("the config's user is `{written}`, which is uid 0")
            }
            _ => format!("the config's user is `{written}`: uid 0"),
        });
    }
    let start = program::start(facts);
    let check = facts.config.health_check().map(|check| program::executed(facts, &health::words(facts, &check)));
    let executed = start.files.iter().map(|file| (file, "starts"));
    let executed =
        executed.chain(check.iter().flat_map(|check| &check.files).map(|file| (file, "the health check executes")));
    let mut finding = Finding::pass(format!("the config's user is {}", user.describe()));
    let mut told = Vec::new();
    for ((path, node), how) in executed {
        let Some(privilege) = privilege(facts, path, node) else { continue };
        let path = absolute(path);
        if privilege.makes_root() {
            let seen = format!("the config's user is uid {}, but `{path}`, which {how}, is", user.uid);
            return Finding::fail(match privilege {
                Privilege::Capabilities(_) => {
                    format!("{seen} a program with {}: that can make root of any user", privilege.describe())
                }
                _ => format!("{seen} {}: it runs as root whoever starts it", privilege.describe()),
            });
        }
        if !told.contains(&path) {
            finding = finding
                .warn(format!("`{path}`, which {how}, has other rights than the user's: {}", privilege.describe()));
            told.push(path);
        }
    }
    if user.gid == 0 {
        finding = finding.warn("its group is 0 (root): what root's group may write is open to it");
    } else if user.groups.contains(&0) {
        finding = finding.warn("/etc/group puts it in group 0 (root): what root's group may write is open to it");
    }
    if let Some(missing) = start.missing {
        finding = finding.warn(format!("{missing}, so whether it is setuid is unknown"));
    }
    let elsewhere: Vec<String> = facts
        .tree
        .iter()
        .filter(|(_, node)| is_executable(node))
        .filter_map(|(path, node)| Some((absolute(path), privilege(facts, path, node)?)))
        .filter(|(path, privilege)| !told.contains(path) && !matches!(privilege, Privilege::Setgid { .. }))
        .map(|(path, privilege)| format!("`{path}` ({})", privilege.describe()))
        .collect();
    match elsewhere[..] {
        [] => finding,
        _ => finding.warn(format!(
            "unless the container runs with no-new-privileges, these files give other rights to whoever executes them: {}",
            super::first(&elsewhere, 8)
        )),
    }
}

/// Fails if a program that was seen to run can make root of any user by its file's bits; `commands` as processes show them.
pub fn executed(facts: &Facts, commands: &[String]) -> Finding {
    for command in commands {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        for (path, node) in program::executed(facts, &words).files {
            if let Some(privilege) = privilege(facts, &path, node).filter(Privilege::makes_root) {
                return Finding::fail(format!(
                    "`{}`, which was seen to run, is {}",
                    absolute(path),
                    privilege.describe()
                ));
            }
        }
    }
    Finding::pass("")
}

/// What a file gives to whoever executes it. Kernels pass over the bits of a script.
fn privilege(facts: &Facts, path: &Path, node: &Node) -> Option<Privilege> {
    if matches!(facts.program(path), Some(Program::Script(_))) {
        return None;
    }
    Privilege::of(node)
}

/// The uid of the config's user, as an engine will set it.
pub fn uid(facts: &Facts) -> Option<u32> {
    configured(facts).ok().and_then(|user| user.uid.try_into().ok())
}

/// Passes if the config's user has that name or number, and its group that number.
pub fn is(facts: &Facts, wanted: &str, group: Option<u32>) -> Finding {
    let user = match configured(facts) {
        Ok(user) => user,
        Err(why) => return Finding::fail(why),
    };
    let is_it = match wanted.parse::<u64>() {
        Ok(uid) => user.uid == uid,
        Err(_) => user.name.as_deref() == Some(wanted) || wanted == "root" && user.uid == 0,
    };
    let seen = format!("the config's user is {}", user.describe());
    match group {
        _ if !is_it => Finding::fail(format!("{seen}, not `{wanted}`")),
        Some(gid) if user.gid != u64::from(gid) => {
            Finding::fail(format!("{seen}, its group is {}, not {gid}", user.gid))
        }
        Some(gid) => Finding::pass(format!("{seen}, its group {gid}")),
        None => Finding::pass(seen),
    }
}

impl User {
    fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("uid {} ({name})", self.uid),
            None => format!("uid {}, without a name in /etc/passwd", self.uid),
        }
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{self, Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    const PASSWD: &[u8] = b"root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:\nappuser:x:1000:1000::/data:\n\
                            staff:x:1001:0::/:\n1000:x:0:0::/:\nbroken\n";

    #[track_caller]
    fn check(user: &str, verdict: Verdict, evidence: &str, warnings: usize) {
        let facts = Sample::new()
            .file("etc/passwd", 0o644, PASSWD)
            .file("etc/group", 0o644, b"appuser:x:1000:\n")
            .file("app", 0o755, b"x")
            .config("Entrypoint", serde_json::json!(["/app"]))
            .config("User", user.into())
            .facts();
        let found = non_root(&facts);
        assert_eq!((found.verdict, found.warnings.len()), (verdict, warnings), "{user}: {found:?}");
        assert!(found.evidence.contains(evidence), "{user}: {}", found.evidence);
    }

    #[test]
    fn root_is_found_under_every_name() {
        check("1000", Pass, "uid 1000 (appuser)", 0);
        check("appuser", Pass, "uid 1000 (appuser)", 0);
        check("appuser:appuser", Pass, "uid 1000 (appuser)", 0);
        check("1234:1234", Pass, "uid 1234, without a name", 0);
        check("1234", Pass, "uid 1234", 1);
        check("1000:0", Pass, "uid 1000", 1);
        check("staff", Pass, "uid 1001 (staff)", 1);
        check("", Fail, "names no user", 0);
        check("root", Fail, "uid 0", 0);
        check("toor", Fail, "uid 0", 0);
        for zero in ["0", "00", "+0", "-0", "0:1000", "0:0", "000000000000"] {
            check(zero, Fail, "uid 0", 0);
        }
        check("-1", Fail, "no uid that engines take", 0);
        check("4294967296", Fail, "no uid that engines take", 0);
        check("nobody", Fail, "not in the image's /etc/passwd", 0);
        check("0x0", Fail, "not in the image's /etc/passwd", 0);
    }

    #[test]
    fn root_is_root_also_without_a_passwd() {
        for user in ["", "0", "root"] {
            assert_eq!(non_root(&Sample::new().config("User", user.into()).facts()).verdict, Fail, "{user}");
        }
    }

    #[test]
    fn what_starts_must_not_become_somebody_else() {
        let sample = || {
            Sample::new()
                .file("etc/passwd", 0o644, PASSWD)
                .config("User", "1000".into())
                .config("Entrypoint", serde_json::json!(["app"]))
        };
        let script = b"#!/usr/bin/env python3\n";
        for (facts, expected) in [
            (sample().file("usr/bin/app", 0o4755, b"x").facts(), "`/usr/bin/app`, which starts, is setuid root"),
            (
                sample().with_capabilities("usr/bin/app", 7).facts(),
                "`/usr/bin/app`, which starts, is a program with cap_setuid",
            ),
            (
                sample().file("usr/bin/app", 0o755, script).file("usr/bin/env", 0o4755, b"x").facts(),
                "`/usr/bin/env`, which starts, is setuid root",
            ),
            (
                sample()
                    .file("usr/bin/app", 0o755, script)
                    .file("usr/bin/env", 0o755, b"x")
                    .symlink("usr/bin/python3", "python3.12")
                    .file("usr/bin/python3.12", 0o6755, b"x")
                    .facts(),
                "`/usr/bin/python3.12`, which starts, is setuid root",
            ),
        ] {
            let found = non_root(&facts);
            assert_eq!(found.verdict, Fail);
            assert!(found.evidence.contains(expected), "{}", found.evidence);
        }
        let missing = non_root(&sample().facts());
        assert_eq!((missing.verdict, missing.warnings.len()), (Pass, 1));
    }

    #[test]
    fn what_the_health_check_executes_must_not_either() {
        let sample = |test: serde_json::Value| {
            Sample::new()
                .file("etc/passwd", 0o644, PASSWD)
                .file("app", 0o755, b"x")
                .file("bin/sh", 0o755, b"x")
                .file("usr/bin/sudo", 0o4755, b"x")
                .config("User", "1000".into())
                .config("Entrypoint", serde_json::json!(["/app"]))
                .config("Healthcheck", serde_json::json!({ "Test": test }))
                .facts()
        };
        for test in [
            serde_json::json!(["CMD", "sudo", "/app"]),
            serde_json::json!(["CMD-SHELL", "test -f /x || exec sudo /app"]),
            serde_json::json!(["CMD", "env", "-i", "/usr/bin/sudo", "/app"]),
        ] {
            let found = non_root(&sample(test));
            assert_eq!(found.verdict, Fail, "{found:?}");
            assert!(
                found.evidence.contains("`/usr/bin/sudo`, which the health check executes, is setuid root"),
                "{found:?}"
            );
        }
        let found = non_root(&sample(serde_json::json!(["CMD", "/app", "sudo"])));
        assert_eq!((found.verdict, found.warnings.len()), (Pass, 1), "{found:?}");
    }

    #[test]
    fn setuid_programs_of_the_distribution_are_a_warning_that_names_them() {
        let debian = || {
            Sample::new()
                .file("etc/passwd", 0o644, PASSWD)
                .file("app", 0o755, b"x")
                .config("User", "1000".into())
                .config("Entrypoint", serde_json::json!(["/app"]))
        };
        let facts = debian()
            .file("usr/bin/su", 0o4755, b"x")
            .file("usr/bin/mount", 0o4755, b"x")
            .with_capabilities("usr/bin/ping", 13)
            .file("usr/bin/chage", 0o2755, b"x")
            .file("usr/lib/private", 0o4600, b"x")
            .file("usr/bin/script", 0o4755, b"#!/bin/sh\n")
            .facts();
        let found = non_root(&facts);
        assert_eq!(found.verdict, Pass, "{found:?}");
        let files = "`/usr/bin/mount` (setuid root), `/usr/bin/ping` (cap_net_raw), `/usr/bin/su` (setuid root)";
        assert_eq!(
            found.warnings,
            [format!(
                "unless the container runs with no-new-privileges, these files give other rights to whoever executes them: {files}"
            )]
        );
        assert_eq!(non_root(&debian().facts()).warnings, Vec::<String>::new());
    }

    #[test]
    fn a_start_program_with_rights_that_make_no_root_is_a_warning() {
        let sample = || {
            Sample::new()
                .file("etc/passwd", 0o644, PASSWD)
                .config("User", "1000".into())
                .config("Entrypoint", serde_json::json!(["/app"]))
        };
        for (facts, warning) in [
            (sample().with_capabilities("app", 10).facts(), "cap_net_bind_service"),
            (sample().file("app", 0o2755, b"x").facts(), "setgid root"),
        ] {
            let found = non_root(&facts);
            assert_eq!((found.verdict, found.warnings.len()), (Pass, 1), "{found:?}");
            assert!(found.warnings[0].ends_with(warning), "{found:?}");
        }
    }

    #[test]
    fn a_program_seen_to_run_is_known_by_its_file() {
        let facts = Sample::new().file("usr/bin/su", 0o4755, b"x").file("app", 0o755, b"x").facts();
        for (command, expected) in [("/app serve", Pass), ("su - x", Fail), ("/usr/bin/su", Fail), ("", Pass)] {
            assert_eq!(executed(&facts, &[command.to_owned()]).verdict, expected, "{command}");
        }
    }

    #[test]
    fn a_passwd_that_is_a_link_is_followed_inside_the_root() {
        for facts in [
            Sample::new().file("data/users", 0o644, b"app:x:0:0::/:\n").symlink("etc/passwd", "/data/users"),
            Sample::new().file("data/users", 0o644, b"app:x:0:0::/:\n").symlink("etc/passwd", "../../../../data/users"),
            Sample::new().file("data/users", 0o644, b"app:x:0:0::/:\n").hardlink("etc/passwd", "data/users"),
            Sample::new()
                .file("etc/passwd", 0o644, b"app:x:1000:1000::/:\n")
                .layer()
                .file("data/users", 0o644, b"app:x:0:0::/:\n")
                .symlink("etc/passwd", "/data/users"),
        ] {
            let found = non_root(&facts.config("User", "app".into()).facts());
            assert_eq!((found.verdict, found.evidence.as_str()), (Fail, "the config's user is `app`, which is uid 0"));
        }
    }

    #[test]
    fn a_user_is_told_by_name_or_number() {
        let facts = Sample::new().file("etc/passwd", 0o644, PASSWD).config("User", "1000".into()).facts();
        for (wanted, expected) in
            [("1000", Pass), ("appuser", Pass), ("root", Fail), ("0", Fail), ("1001", Fail), ("staff", Fail)]
        {
            assert_eq!(is(&facts, wanted, None).verdict, expected, "{wanted}");
        }
    }
}
