//! Who runs: the config's user, `/etc/passwd`, and programs that give other rights to whoever executes them.

use seaworthy_image::{Entry, EntryKind};
use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

/// `cap_setuid`, permitted and effective.
const CAP_SETUID: u32 = 1 << 7;
const CAP_NET_RAW: u32 = 1 << 13;

fn non_root(row: Row) -> Row {
    row.env("DATABASE_URL=file:///data").promise("Container runs as non-root user")
}

/// With a file, and a health check that executes `/app/check`.
fn checked(path: &'static str, mode: u32, capabilities: Option<u32>) -> Recipe {
    let xattrs = capabilities.map(|bits| {
        let value = [&[1, 0, 0, 2], &bits.to_le_bytes()[..], &[0; 12]].concat();
        ("security.capability".to_owned(), value)
    });
    Recipe::default()
        .drafted(|draft| {
            if let Some(check) = &mut draft.health_check {
                check.test = vec!["CMD".to_owned(), "/app/check".to_owned()];
            }
        })
        .layer(move |layer| {
            let (path, xattrs) = (path.into(), xattrs.iter().cloned().collect());
            let entry = Entry { path, kind: EntryKind::File, mode, uid: 0, gid: 0, mtime: 0, size_bytes: 0, xattrs };
            Ok(layer.entry(entry, b"no program".to_vec())?)
        })
}

#[test]
fn a_health_check_that_is_setuid_root_is_not_non_root() -> anyhow::Result<()> {
    non_root(row!(checked("app/check", 0o4755, None))).runs(
        "fail user.non_root: the config's user is uid 1000, but `/app/check`, which the health check executes, is setuid root: it runs \
         as root whoever starts it; uid 1000 in every process, …",
    )
}

#[test]
fn a_health_check_that_may_set_its_user_is_not_non_root() -> anyhow::Result<()> {
    non_root(row!(checked("app/check", 0o755, Some(CAP_SETUID)))).runs(
        "fail user.non_root: the config's user is uid 1000, but `/app/check`, which the health check executes, is a program with \
         cap_setuid: that can make root of any user; uid 1000 in every process, …",
    )
}

#[test]
fn a_health_check_without_other_rights_is_non_root() -> anyhow::Result<()> {
    non_root(row!(checked("app/check", 0o755, None))).runs("1 pass")
}

#[test]
fn a_health_check_that_may_ping_is_non_root_with_a_warning() -> anyhow::Result<()> {
    non_root(row!(checked("app/check", 0o755, Some(CAP_NET_RAW)))).runs(
        "
    pass user.non_root: the config's user is uid 1000…
    warning: `/app/check`, which the health check executes, has other rights than the user's: cap_net_raw
    ",
    )
}

#[test]
fn setuid_programs_that_nothing_starts_are_a_warning() -> anyhow::Result<()> {
    non_root(row!(checked("usr/bin/su", 0o4755, None))).runs(
        "
    pass user.non_root: the config's user is uid 1000…
    warning: unless the container runs with no-new-privileges, these files give other rights to whoever executes them: `/usr/bin/su` (setuid root)
    ",
    )
}

#[test]
fn a_user_whose_number_is_none_is_root() -> anyhow::Result<()> {
    let passwd = "service:x:one:1000::/data:\n";
    let image = Recipe::config(|draft| draft.user = "service".into())
        .layer(move |layer| Ok(layer.file("etc/passwd", 0o644, (0, 0), passwd)?));
    non_root(row!(image)).runs("fail user.non_root: the config's user is `service`, which is uid 0; …")
}

#[test]
fn a_user_behind_a_link_is_found() -> anyhow::Result<()> {
    let passwd = "service:x:1000:1000::/data:\n";
    let image = Recipe::config(|draft| draft.user = "service".into()).layer(move |layer| {
        layer.file("usr/share/users", 0o644, (0, 0), passwd)?;
        Ok(layer.symlink("etc/passwd", "../../usr/share/users")?)
    });
    non_root(row!(image)).runs("1 pass")
}

/// With this program as the one that starts: the sample service in a file with other rights.
fn started(mode: u32) -> Recipe {
    Recipe::config(|draft| draft.entrypoint = vec!["/app/start".into()]).layer(move |layer| {
        Ok(layer.file("app/start", mode, (0, 0), std::fs::read(seaworthy_testkit::sample_service()?)?)?)
    })
}

#[test]
fn a_start_program_that_is_setuid_root_runs_as_root() -> anyhow::Result<()> {
    non_root(row!(started(0o4755))).runs("fail user.non_root: …`/app/start`…setuid root…")?;
    non_root(row!(started(0o755))).runs("1 pass")
}

#[test]
fn the_first_line_of_a_user_counts() -> anyhow::Result<()> {
    let named = |passwd: &'static str| {
        Recipe::config(|draft| draft.user = "service".into())
            .layer(move |layer| Ok(layer.file("etc/passwd", 0o644, (0, 0), passwd)?))
    };
    non_root(row!(named("service:x:0:0::/:\nservice:x:1000:1000::/data:\n")))
        .runs("fail user.non_root: the config's user is `service`, which is uid 0; …")?;
    non_root(row!(named("service:x:1000:1000::/data:\nservice:x:0:0::/:\n"))).runs("1 pass")
}

#[test]
fn a_config_in_other_letters_is_read_as_engines_read_it() -> anyhow::Result<()> {
    let lower = |user: &'static str| {
        Recipe::default().config_json(move |config| {
            if let Some(inner) = config["config"].as_object_mut() {
                inner.remove("User");
                inner.insert("user".into(), user.into());
            }
        })
    };
    non_root(row!(lower("0"))).runs("fail user.non_root: the config's user is `0`: uid 0; …")?;
    non_root(row!(lower("1000:1000"))).runs("1 pass")
}

#[test]
fn the_named_user_is_the_one_that_runs() -> anyhow::Result<()> {
    let promised = |row: Row| row.with_data().promise("Container runs as appuser");
    promised(row!(Recipe::default())).runs("1 pass")?;
    promised(row!(Recipe::config(|draft| draft.user = "1001".into()))).runs("fail user.is: …1001…")
}
