//! Images of servers, made of the programs that Debian's packages put on this machine: what stands for `redis`, `mariadb` and `postgres`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use seaworthy_image::{Digest, Draft, Format, Image, LayerBuilder, Select, layout};

use crate::rust_image::target;

/// Who runs the servers.
const OWNER: (u64, u64) = (999, 999);

/// What an image of a server is made of.
struct Server {
    name: &'static str,
    /// What installs it.
    package: &'static str,
    /// With the libraries that they need.
    programs: &'static [&'static str],
    /// Files and whole folders.
    data: &'static [&'static str],
    /// In the place of the image's `docker-entrypoint.sh`; empty where the arguments are the command.
    script: &'static str,
}

const REDIS: Server =
    Server { name: "redis", package: "redis-server", programs: &["/usr/bin/redis-server"], data: &[], script: "" };

const MARIADB: Server = Server {
    name: "mariadb",
    package: "mariadb-server",
    programs: &["/usr/sbin/mariadbd", "/bin/sh", "/bin/cat", "/bin/mkdir"],
    data: &["/usr/share/mysql"],
    script: r#"#!/bin/sh
set -eu
cd /usr/share/mysql
mkdir /data/db
{
    echo "CREATE DATABASE mysql;"
    echo "USE mysql;"
    cat mysql_system_tables.sql mysql_performance_tables.sql mysql_system_tables_data.sql
    echo "CREATE DATABASE $MARIADB_DATABASE;"
    echo "FLUSH PRIVILEGES;"
    echo "CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY '$MARIADB_PASSWORD';"
    echo "GRANT ALL ON $MARIADB_DATABASE.* TO '$MARIADB_USER'@'%';"
} | /usr/sbin/mariadbd --no-defaults --bootstrap --datadir=/data/db --tmpdir=/data --innodb-log-file-size=8M
exec /usr/sbin/mariadbd --no-defaults --datadir=/data/db --tmpdir=/data --socket=/data/socket --bind-address=0.0.0.0 \
    --skip-name-resolve --innodb-log-file-size=8M --plugin-dir=/none "$@"
"#,
};

const POSTGRES: Server = Server {
    name: "postgres",
    package: "postgresql-15",
    programs: &[
        "/usr/lib/postgresql/15/bin/postgres",
        "/usr/lib/postgresql/15/bin/initdb",
        "/usr/lib/postgresql/15/lib/plpgsql.so",
        "/usr/lib/postgresql/15/lib/dict_snowball.so",
        "/bin/sh",
        "/bin/cat",
    ],
    data: &["/usr/share/postgresql/15", "/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/Etc/UTC"],
    script: r#"#!/bin/sh
set -eu
bin=/usr/lib/postgresql/15/bin
echo "$POSTGRES_PASSWORD" >/data/password
$bin/initdb -D /data/db -U "$POSTGRES_USER" --pwfile=/data/password -A scram-sha-256 --locale=C -E UTF8 -N >/data/initdb.log
echo "CREATE DATABASE $POSTGRES_DB;" | $bin/postgres --single -D /data/db postgres >/data/single.log
echo "host all all all password" >>/data/db/pg_hba.conf
exec $bin/postgres -D /data/db -c listen_addresses=* -c unix_socket_directories=/data -c timezone=UTC "$@"
"#,
};

/// An image that stands for `redis`.
///
/// # Errors
///
/// Fails, with what installs it, where the server is not on this machine; so the others.
pub fn redis_image() -> anyhow::Result<Image> {
    REDIS.image()
}

/// An image that stands for `mariadb`, with the same variables.
///
/// # Errors
///
/// As [`redis_image`].
pub fn mariadb_image() -> anyhow::Result<Image> {
    MARIADB.image()
}

/// An image that stands for `postgres`, with the same variables.
///
/// # Errors
///
/// As [`redis_image`].
pub fn postgres_image() -> anyhow::Result<Image> {
    POSTGRES.image()
}

impl Server {
    /// Made once, and kept below the target folder.
    fn image(&self) -> anyhow::Result<Image> {
        let version = Command::new("dpkg-query").args(["-W", self.package]).output();
        let version = version.map(|output| output.stdout).unwrap_or_default();
        let digest = Digest::of(&[&version, include_bytes!("servers.rs").as_slice()].concat());
        let folder = target()?.join("testkit");
        let path = folder.join(format!("server-{}-{}", self.name, &digest.hex()[..12]));
        if !path.is_dir() {
            fs::create_dir_all(&folder)?;
            let unfinished = tempfile::Builder::new().prefix("server-").tempdir_in(&folder)?;
            let made = unfinished.path().join("image");
            layout::write(&self.made()?, &made, Format::Docker)?;
            match fs::rename(&made, &path) {
                // Another test was quicker.
                Err(_) if path.is_dir() => {}
                result => result?,
            }
        }
        Ok(layout::open_selected(&path, &Select { name: None, platform: None })?)
    }

    fn made(&self) -> anyhow::Result<Image> {
        let mut layer = LayerBuilder::new(0);
        let mut folders = BTreeSet::new();
        for path in self.files().with_context(|| format!("apt-get install {}", self.package))? {
            let inside = path.strip_prefix("/")?;
            for parent in inside.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
                if !parent.as_os_str().is_empty() && folders.insert(parent.to_owned()) {
                    layer.directory(&parent.to_string_lossy(), 0o755, (0, 0))?;
                }
            }
            let mode = fs::metadata(&path)?.permissions().mode() & 0o755;
            layer.file_from(&inside.to_string_lossy(), mode | 0o444, (0, 0), &path)?;
        }
        for (folder, mode, owner) in [("data", 0o755, OWNER), ("tmp", 0o1777, (0, 0))] {
            layer.directory(folder, mode, owner)?;
        }
        if folders.insert(PathBuf::from("etc")) {
            layer.directory("etc", 0o755, (0, 0))?;
        }
        layer.file("etc/passwd", 0o644, (0, 0), "root:x:0:0::/:/\nserver:x:999:999::/data:/\n")?;
        layer.file("etc/group", 0o644, (0, 0), "root:x:0:\nserver:x:999:\n")?;
        let mut draft = Draft { user: "999:999".into(), working_dir: "/data".into(), ..Draft::default() };
        draft.env = vec![("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into())];
        if !self.script.is_empty() {
            layer.file("docker-entrypoint.sh", 0o755, (0, 0), self.script)?;
            draft.entrypoint = vec!["/docker-entrypoint.sh".into()];
        }
        draft.history = vec![format!("Debian's {}", self.package)];
        let layer = layer.build()?;
        let config = draft.config(&[seaworthy_image::Layer::diff_id(&layer).clone()])?;
        Ok(Image::of(config, vec![Arc::new(layer)], Format::Docker)?)
    }

    /// Every file of it, by the path that programs use.
    fn files(&self) -> anyhow::Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        for program in self.programs {
            ensure!(Path::new(program).exists(), "there is no `{program}`");
            files.insert(PathBuf::from(program));
            let listed = Command::new("ldd").arg(program).output()?;
            let listed = String::from_utf8(listed.stdout)?;
            let paths = listed.split_whitespace().filter(|word| word.starts_with('/'));
            files.extend(paths.map(PathBuf::from));
        }
        for data in self.data {
            below(Path::new(data), &mut files)?;
        }
        Ok(files)
    }
}

/// A file, or all files of a folder.
fn below(path: &Path, files: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("there is no `{}`", path.display()))? {
        let path = entry?.path();
        // A link that leads nowhere here leads nowhere there.
        if path.exists() {
            below(&path, files)?;
        }
    }
    Ok(())
}
