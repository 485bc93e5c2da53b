//! The user that an image names, as numbers.

/// Who the container's process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Supplementary groups, the primary one among them.
    pub(crate) groups: Vec<u32>,
    pub(crate) home: String,
}

/// Looks `user` up as Docker does: empty, `uid`, `name`, `uid:gid`, `name:group`…; names in the image's own files, where the first line
/// with the name or the number counts, and what is no number in it is 0. A number without a line is that number with group 0.
///
/// # Errors
///
/// Fails with the reason if a name is not in its file.
pub(crate) fn find(user: &str, passwd: &str, group: &str) -> Result<User, String> {
    let (name, group_name) = match user.split_once(':') {
        Some((name, group_name)) => (name, Some(group_name).filter(|name| !name.is_empty())),
        None => (user, None),
    };
    let name = if name.is_empty() { "0" } else { name };

    let number = number(name);
    let entry = passwd
        .lines()
        .filter_map(Entry::parse)
        .find(|entry| entry.name == name || number.is_some_and(|number| entry.uid == number));
    let (uid, gid, home, login) = match entry {
        Some(entry) => (entry.uid, entry.gid, entry.home, Some(entry.name)),
        None => match number {
            Some(uid) => (uid, 0, "/", None),
            None => return Err(format!("user `{name}` is not in the image's /etc/passwd")),
        },
    };
    let uid = in_range(uid).ok_or_else(|| format!("user `{name}`: a user id is at most 2147483647"))?;
    let beyond = |gid: i64| format!("group {gid}: a group id is at most 2147483647");
    let mut gid = in_range(gid).ok_or_else(|| beyond(gid))?;

    let groups = || group.lines().filter_map(Group::parse);
    let mut supplementary = Vec::new();
    if let Some(group_name) = group_name {
        let number = self::number(group_name);
        let found = groups()
            .find(|group| group.name == group_name || number.is_some_and(|number| group.gid == number))
            .map(|group| group.gid)
            .or(number)
            .ok_or_else(|| format!("group `{group_name}` is not in the image's /etc/group"))?;
        gid = in_range(found).ok_or_else(|| beyond(found))?;
    } else if let Some(login) = login {
        let of_login = groups().filter(|group| group.members.split(',').any(|member| member == login));
        for group in of_login {
            supplementary.push(in_range(group.gid).ok_or_else(|| beyond(group.gid))?);
        }
    }
    let mut all = vec![gid];
    for id in supplementary {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    let home = if home.is_empty() { "/" } else { home };
    Ok(User { uid, gid, groups: all, home: home.to_owned() })
}

/// A number as Docker's language reads one: digits, with a sign or without.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too large for any machine is too large for a user, too.
    is_number.then(|| text.parse().unwrap_or(i64::MAX))
}

fn in_range(id: i64) -> Option<u32> {
    i32::try_from(id).ok().and_then(|id| u32::try_from(id).ok())
}

/// The fields of a line; those that are missing are empty.
fn fields<'a>(line: &'a str) -> Option<impl FnMut() -> &'a str> {
    let line = line.trim();
    let mut fields = line.split(':');
    (!line.is_empty()).then_some(move || fields.next().unwrap_or_default())
}

struct Entry<'a> {
    name: &'a str,
    uid: i64,
    gid: i64,
    home: &'a str,
}

impl<'a> Entry<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut next = fields(line)?;
        let (name, _, uid, gid, _, home) = (next(), next(), next(), next(), next(), next());
        Some(Self { name, uid: number(uid).unwrap_or(0), gid: number(gid).unwrap_or(0), home })
    }
}

struct Group<'a> {
    name: &'a str,
    gid: i64,
    members: &'a str,
}

impl<'a> Group<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut next = fields(line)?;
        let (name, _, gid, members) = (next(), next(), next(), next());
        Some(Self { name, gid: number(gid).unwrap_or(0), members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nnohome:x:1001:5:::\n#comment\nbroken:x\n";
    const GROUP: &str = "root:x:0:\napp:x:1000:\nwheel:x:10:root,app\nweb:x:33:app\n";

    #[track_caller]
    fn check(user: &str, uid: u32, groups: &[u32], home: &str) {
        let expected = User { uid, gid: groups[0], groups: groups.to_vec(), home: home.to_owned() };
        assert_eq!(find(user, PASSWD, GROUP), Ok(expected), "`{user}`");
    }

    #[test]
    fn users_are_found_as_docker_finds_them() {
        check("", 0, &[0, 10], "/root");
        check("0", 0, &[0, 10], "/root");
        check("app", 1000, &[1000, 10, 33], "/home/app");
        check("1000", 1000, &[1000, 10, 33], "/home/app");
        check("app:web", 1000, &[33], "/home/app");
        check("app:7", 1000, &[7], "/home/app");
        check("4242", 4242, &[0], "/");
        check("4242:4243", 4242, &[4243], "/");
        check("nohome", 1001, &[5], "/");
        check(":33", 0, &[33], "/root");
    }

    #[test]
    fn a_line_is_read_as_docker_reads_it() {
        let found = |user: &str, passwd: &str, group: &str| {
            find(user, passwd, group).map(|user| (user.uid, user.gid, user.groups.len()))
        };
        assert_eq!(found("app", "app:x:abc:7::/:\napp:x:1000:1000::/:\n", ""), Ok((0, 7, 1)), "a bad number is 0");
        assert_eq!(found("app", "app:x:1000\n", ""), Ok((1000, 0, 1)), "what is missing is 0");
        assert_eq!(found("app", "app\n", ""), Ok((0, 0, 1)));
        assert_eq!(found("1000", "1000:x:5:6::/:\nother:x:1000:1000::/:\n", ""), Ok((5, 6, 1)), "the first line");
        assert_eq!(found("01000", "other:x:1000:9::/:\n", ""), Ok((1000, 9, 1)));
        assert_eq!(found("app", "  app:x:1000:1000::/:  \n", "g:x:bad:app\n"), Ok((1000, 1000, 2)));
        assert_eq!(found("7:web", "", "web:x:oops:\n"), Ok((7, 0, 1)));
        assert!(found("app", "app:x:99999999999999999999:1::/:\n", "").is_err());
        assert!(found("-1", "", "").is_err());
    }

    #[test]
    fn a_name_that_is_not_there_is_told() {
        insta::assert_snapshot!(find("ghost", PASSWD, GROUP).unwrap_err(), @"user `ghost` is not in the image's /etc/passwd");
        insta::assert_snapshot!(find("app:ghosts", PASSWD, GROUP).unwrap_err(), @"group `ghosts` is not in the image's /etc/group");
        insta::assert_snapshot!(find("4294967295", "", "").unwrap_err(), @"user `4294967295`: a user id is at most 2147483647");
    }
}
