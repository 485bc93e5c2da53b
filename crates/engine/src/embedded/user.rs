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

/// Looks `user` up as Docker does: empty, `uid`, `name`, `uid:gid`, `name:group`…; names in the image's own files, a number without an
/// entry is that number with group 0.
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

    let entry =
        passwd.lines().filter_map(Entry::parse).find(|entry| entry.name == name || entry.uid.to_string() == name);
    let (uid, mut gid, home, login) = match entry {
        Some(entry) => (entry.uid, entry.gid, entry.home, Some(entry.name)),
        None => match name.parse::<u32>() {
            Ok(uid) if i32::try_from(uid).is_ok() => (uid, 0, "/", None),
            Ok(_) => return Err(format!("user `{name}`: a user id is at most 2147483647")),
            Err(_) => return Err(format!("user `{name}` is not in the image's /etc/passwd")),
        },
    };

    let groups = || group.lines().filter_map(Group::parse);
    let mut supplementary = Vec::new();
    if let Some(group_name) = group_name {
        gid = match groups().find(|group| group.name == group_name).map(|group| group.gid) {
            Some(gid) => gid,
            None => group_name
                .parse()
                .ok()
                .filter(|&gid: &u32| i32::try_from(gid).is_ok())
                .ok_or_else(|| format!("group `{group_name}` is not in the image's /etc/group"))?,
        };
    } else if let Some(login) = login {
        supplementary.extend(
            groups().filter(|group| group.members.split(',').any(|member| member == login)).map(|group| group.gid),
        );
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

struct Entry<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

impl<'a> Entry<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.split(':');
        let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let home = fields.nth(1).unwrap_or_default();
        Some(Self { name, uid: uid.parse().ok()?, gid: gid.parse().ok()?, home })
    }
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

impl<'a> Group<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.split(':');
        let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Self { name, gid: gid.parse().ok()?, members: fields.next().unwrap_or_default().trim() })
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
    fn a_name_that_is_not_there_is_told() {
        insta::assert_snapshot!(find("ghost", PASSWD, GROUP).unwrap_err(), @"user `ghost` is not in the image's /etc/passwd");
        insta::assert_snapshot!(find("app:ghosts", PASSWD, GROUP).unwrap_err(), @"group `ghosts` is not in the image's /etc/group");
        insta::assert_snapshot!(find("4294967295", "", "").unwrap_err(), @"user `4294967295`: a user id is at most 2147483647");
    }
}
