//! `user.non_root`, `user.is`: what the image says about who runs; the processes seen are the other half.

use super::facts::absolute;
use super::{Facts, program};
use crate::Finding;

/// Who the config says runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u64,
    /// From `/etc/passwd`, where it has one.
    pub(super) name: Option<String>,
    gid: u64,
}

/// Highest id that engines take.
const HIGHEST: i64 = (1 << 31) - 1;

/// Fails if the config names root in any way, or if what starts becomes somebody else by its file's bits.
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
    for (path, node) in &start.files {
        if let Some(privilege) = program::privilege(node) {
            let (path, owner) = (absolute(path), node.uid);
            return Finding::fail(format!(
                "the config's user is uid {}, but `{path}`, which starts, has {privilege} (owner uid {owner})",
                user.uid
            ));
        }
    }
    let mut finding = Finding::pass(format!("the config's user is {}", user.describe()));
    if user.gid == 0 {
        finding = finding.warn("its group is 0 (root): what root's group may write is open to it");
    }
    match start.missing {
        Some(missing) => finding.warn(format!("{missing}, so whether it is setuid is unknown")),
        None => finding,
    }
}

/// The uid of the config's user, as an engine will set it.
pub fn uid(facts: &Facts) -> Option<u32> {
    configured(facts).ok().and_then(|user| user.uid.try_into().ok())
}

/// Passes if the config's user has that name or number.
pub fn is(facts: &Facts, wanted: &str) -> Finding {
    let user = match configured(facts) {
        Ok(user) => user,
        Err(why) => return Finding::fail(why),
    };
    let is_it = match wanted.parse::<u64>() {
        Ok(uid) => user.uid == uid,
        Err(_) => user.name.as_deref() == Some(wanted) || wanted == "root" && user.uid == 0,
    };
    let seen = format!("the config's user is {}", user.describe());
    if is_it { Finding::pass(seen) } else { Finding::fail(format!("{seen}, not `{wanted}`")) }
}

impl User {
    fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("uid {} ({name})", self.uid),
            None => format!("uid {}, without a name in /etc/passwd", self.uid),
        }
    }
}

/// A line of `/etc/passwd`.
struct Account<'a> {
    name: &'a str,
    uid: u64,
    gid: u64,
}

/// As runc reads it: a number (a sign counts as one) is a uid even where somebody has that name; of lines alike the first counts.
pub(super) fn configured(facts: &Facts) -> Result<User, String> {
    let written = facts.config.user();
    let passwd = facts.text("etc/passwd").unwrap_or_default();
    let accounts: Vec<Account> = passwd.lines().filter_map(account).collect();
    let (user, group) = written.split_once(':').unwrap_or((written, ""));
    let account = match user.parse::<i64>() {
        _ if user.is_empty() => {
            accounts.iter().find(|account| account.uid == 0).map_or(Ok((0, None, 0)), |a| Ok(known(a)))
        }
        Ok(uid) if !(0..=HIGHEST).contains(&uid) => {
            Err(format!("the config's user `{written}` is no uid that engines take"))
        }
        Ok(uid) => {
            let uid = uid.unsigned_abs();
            Ok(accounts.iter().find(|account| account.uid == uid).map_or((uid, None, 0), known))
        }
        Err(_) => match accounts.iter().find(|account| account.name == user) {
            Some(account) => Ok(known(account)),
            None if user == "root" => Ok((0, None, 0)),
            None => Err(format!("the config's user `{user}` is not in the image's /etc/passwd")),
        },
    };
    let (uid, name, gid) = account?;
    let gid = match group.parse::<i64>() {
        Ok(gid) => gid.unsigned_abs(),
        Err(_) if group == "root" => 0,
        // A named group is another one than root's; which number it has does not matter here.
        Err(_) if !group.is_empty() => u64::MAX,
        Err(_) => gid,
    };
    Ok(User { uid, name, gid })
}

fn known(account: &Account) -> (u64, Option<String>, u64) {
    (account.uid, Some(account.name.to_owned()), account.gid)
}

fn account(line: &str) -> Option<Account<'_>> {
    let mut fields = line.trim().split(':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with('#'))?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name, uid, gid })
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
            (sample().file("usr/bin/app", 0o4755, b"x").facts(), "`/usr/bin/app`, which starts, has setuid"),
            (sample().file("usr/bin/app", 0o2755, b"x").facts(), "has setgid"),
            (sample().with_capabilities("usr/bin/app").facts(), "has file capabilities"),
            (
                sample().file("usr/bin/app", 0o755, script).file("usr/bin/env", 0o4755, b"x").facts(),
                "`/usr/bin/env`, which starts, has setuid",
            ),
            (
                sample()
                    .file("usr/bin/app", 0o755, script)
                    .file("usr/bin/env", 0o755, b"x")
                    .symlink("usr/bin/python3", "python3.12")
                    .file("usr/bin/python3.12", 0o6755, b"x")
                    .facts(),
                "`/usr/bin/python3.12`, which starts, has setuid",
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
    fn a_user_is_told_by_name_or_number() {
        let facts = Sample::new().file("etc/passwd", 0o644, PASSWD).config("User", "1000".into()).facts();
        for (wanted, expected) in
            [("1000", Pass), ("appuser", Pass), ("root", Fail), ("0", Fail), ("1001", Fail), ("staff", Fail)]
        {
            assert_eq!(is(&facts, wanted).verdict, expected, "{wanted}");
        }
    }
}
