//! `/etc/passwd` and `/etc/group`, as engines read them (Go's moby/sys/user, which Docker, containerd and Podman share).
//!
//! It takes what no login program would: a line's missing or bad number is 0, and a comment is a line like any other.

use super::Facts;

/// Highest id that engines take where none stands in a file.
const HIGHEST: i64 = (1 << 31) - 1;

/// Who a container's first process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u64,
    /// From `/etc/passwd`, where it has one.
    pub(super) name: Option<String>,
    pub(super) gid: u64,
    /// The groups that `/etc/group` adds.
    pub(super) groups: Vec<u64>,
}

/// A line of `/etc/passwd`.
struct Account<'a> {
    name: &'a str,
    uid: i64,
    gid: i64,
}

/// A line of `/etc/group`.
struct Group<'a> {
    name: &'a str,
    gid: i64,
    members: &'a str,
}

/// The config's user, `USER[:GROUP]`, each a name or a number; a number is one even where somebody has that name.
pub(super) fn configured(facts: &Facts) -> Result<User, String> {
    let written = facts.config.user();
    let mut parts = written.split(':');
    let (user, group) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let passwd = facts.text("etc/passwd").unwrap_or_default();
    let number = user.parse::<i64>();
    let account = passwd.lines().filter_map(account).find(|account| match &number {
        _ if user.is_empty() => account.uid == 0,
        Ok(uid) => account.uid == *uid,
        Err(_) => account.name == user,
    });
    let (uid, name, gid) = match (account, number) {
        (Some(account), _) => (id(account.uid), Some(account.name.to_owned()), id(account.gid)),
        (None, _) if user.is_empty() => (0, None, 0),
        (None, Ok(uid)) if (0..=HIGHEST).contains(&uid) => (id(uid), None, 0),
        (None, Ok(_)) => return Err(format!("the config's user `{written}` is no uid that engines take")),
        // Podman knows root without a file, Docker does not: either way no other user runs.
        (None, Err(_)) if user == "root" => (0, None, 0),
        (None, Err(_)) => return Err(format!("the config's user `{user}` is not in the image's /etc/passwd")),
    };
    let text = facts.text("etc/group").unwrap_or_default();
    let mut lines = text.lines().filter_map(self::group);
    let mut user = User { uid, name, gid, groups: Vec::new() };
    if !group.is_empty() {
        user.gid = chosen(group, lines)?;
    } else if let Some(name) = &user.name {
        lines.by_ref().filter(|group| group.members.split(',').any(|member| member == name)).for_each(|group| {
            user.groups.push(id(group.gid));
        });
    }
    Ok(user)
}

fn chosen<'a>(written: &str, mut lines: impl Iterator<Item = Group<'a>>) -> Result<u64, String> {
    let number = written.parse::<i64>();
    let found = lines.find(|group| match &number {
        Ok(gid) => group.gid == *gid,
        Err(_) => group.name == written,
    });
    match (found, number) {
        (Some(group), _) => Ok(id(group.gid)),
        (None, Ok(gid)) if (0..=HIGHEST).contains(&gid) => Ok(id(gid)),
        (None, Ok(_)) => Err(format!("the config's group `{written}` is no gid that engines take")),
        (None, Err(_)) if written == "root" => Ok(0),
        (None, Err(_)) => Err(format!("the config's group `{written}` is not in the image's /etc/group")),
    }
}

/// What the kernel is given: 32 bits of it.
fn id(number: i64) -> u64 {
    number.cast_unsigned() & u64::from(u32::MAX)
}

fn account(line: &str) -> Option<Account<'_>> {
    let mut fields = fields(line)?;
    let name = fields.next()?;
    let uid = fields.nth(1);
    Some(Account { name, uid: number(uid), gid: number(fields.next()) })
}

fn group(line: &str) -> Option<Group<'_>> {
    let mut fields = fields(line)?;
    let name = fields.next()?;
    let gid = fields.nth(1);
    Some(Group { name, gid: number(gid), members: fields.next().unwrap_or_default() })
}

fn fields(line: &str) -> Option<std::str::Split<'_, char>> {
    let line = line.trim();
    (!line.is_empty()).then(|| line.split(':'))
}

/// A missing or bad number is 0; one too large is the largest there is.
fn number(text: Option<&str>) -> i64 {
    let text = text.unwrap_or_default();
    match text.parse() {
        Ok(number) => number,
        Err(error) => match error.kind() {
            std::num::IntErrorKind::PosOverflow => i64::MAX,
            std::num::IntErrorKind::NegOverflow => i64::MIN,
            _ => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::Sample;

    const PASSWD: &str = "#comment:x:77:77::/:\nbad:x:abc:7::/:\nbare\nnone:x\n big:x:4294967296:5::/:\nlow:x:-1:-1::/:\n\
                          twice:x:1:1::/:\ntwice:x:0:0::/:\nhuge:x:99999999999999999999:1::/:\nmember:x:1000:1000::/:\n";
    const GROUP: &str = "root:x:0:\nwheel:x:oops:\nstaff:x:50:other,member\nzero:x:0:member\nalias:x:1000:\n";

    #[track_caller]
    fn check(user: &str, expected: &str) {
        let facts = Sample::new()
            .file("etc/passwd", 0o644, PASSWD.as_bytes())
            .file("etc/group", 0o644, GROUP.as_bytes())
            .config("User", user.into())
            .facts();
        let got = match configured(&facts) {
            Ok(User { uid, name, gid, groups }) => format!("{uid} {name:?} {gid} {groups:?}"),
            Err(why) => why,
        };
        assert_eq!(got, expected, "{user}");
    }

    #[test]
    fn a_bad_number_is_0_and_of_lines_alike_the_first_counts() {
        check("bad", r#"0 Some("bad") 7 []"#);
        check("bare", r#"0 Some("bare") 0 []"#);
        check("none", r#"0 Some("none") 0 []"#);
        check("#comment", r##"77 Some("#comment") 77 []"##);
        check("twice", r#"1 Some("twice") 1 []"#);
        check("", r#"0 Some("bad") 7 []"#);
        check("0", r#"0 Some("bad") 7 []"#);
    }

    #[test]
    fn a_number_of_more_than_32_bits_wraps_around() {
        check("big", r#"0 Some("big") 5 []"#);
        check("low", r#"4294967295 Some("low") 4294967295 []"#);
        check("huge", r#"4294967295 Some("huge") 1 []"#);
        check("4294967295", "the config's user `4294967295` is no uid that engines take");
    }

    #[test]
    fn groups_come_from_the_config_or_from_the_file() {
        check("member", r#"1000 Some("member") 1000 [50, 0]"#);
        check("member:staff", r#"1000 Some("member") 50 []"#);
        check("member:wheel", r#"1000 Some("member") 0 []"#);
        check("member:1000:0", r#"1000 Some("member") 1000 []"#);
        check("member:7", r#"1000 Some("member") 7 []"#);
        check("member:nobody", "the config's group `nobody` is not in the image's /etc/group");
        check("9:-1", "the config's group `-1` is no gid that engines take");
    }
}
