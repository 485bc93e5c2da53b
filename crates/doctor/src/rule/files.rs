//! Files and folders that are missing, belong to others, or cannot be written.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use seaworthy_engine::{EngineError, Inspected, MountedAt, PutFile};

use super::{ends_alike, is_further, seen_line};
use crate::cause::Cause;
use crate::copy;
use crate::desk::Desk;
use crate::facts::{Facts, shown};
use crate::log::Clue;
use crate::trial::{Outcome, Trial};

/// A path that the container's user may not read, write or enter.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn denied(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    let (uid, _) = desk.facts.ids();
    if uid == 0 {
        return Ok(None);
    }
    let path = clue.path.as_deref().map(|path| absolute(&desk.facts, path)).or_else(|| suspect(desk));
    let Some(path) = path else { return Ok(None) };
    let mut run = desk.base.clone();
    run.instead.user = Some("0".to_owned());
    let cause = denied_cause(desk, &path, uid).shown_by(seen_line(desk, clue));
    let Some(varied) = desk.try_run("a copy as root", &run)? else { return Ok(Some(cause)) };
    if !is_further(first, &varied, &clue.line) {
        return Ok(None);
    }
    Ok(Some(cause.shown_by(format!("a copy as root {}", varied.told())).confirmed()))
}

/// A file that is there, and that the loader of modules cannot see because the user may not read it.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn closed_module(
    desk: &Desk<'_>,
    first: &Trial,
    clue: &Clue,
    path: &str,
) -> Result<Option<Cause>, EngineError> {
    let path = PathBuf::from(path);
    let inner = path.strip_prefix("/").unwrap_or(&path);
    let is_closed = desk.facts.blocked_at(inner).is_some()
        || desk
            .facts
            .tree
            .get(&path)
            .is_some_and(|node| !desk.facts.may(node, if node.is_directory() { 5 } else { 4 }));
    let (uid, _) = desk.facts.ids();
    if uid == 0 || !is_closed {
        return Ok(None);
    }
    let mut run = desk.base.clone();
    run.instead.user = Some("0".to_owned());
    let varied = desk.try_run("a copy as root", &run)?;
    if varied.as_ref().is_some_and(|varied| !is_further(first, varied, &clue.line)) {
        return Ok(None);
    }
    let Existing { path: standing, owner, group, mode, .. } = standing(&desk.facts, &path);
    let cause =
        format!("the program's own {} belongs to user {owner}, and user {uid} may not read it", standing.display());
    let next = format!("`COPY --chown={uid}`, or `RUN chmod -R a+rX {}`", standing.display());
    Ok(Some(
        Cause::new("files-of-another-owner", cause, next)
            .shown_by(seen_line(desk, clue))
            .shown_by(format!("{} belongs to {owner}:{group} and has mode {mode:o}", standing.display()))
            .shown_by(varied.map(|varied| format!("a copy as root: {}", varied.told())).unwrap_or_default())
            .confirmed(),
    ))
}

/// Where the log names no path: a mount or a declared volume that the user may not write.
fn suspect(desk: &Desk<'_>) -> Option<PathBuf> {
    let mounts =
        desk.subject.container.iter().flat_map(|container| container.mounts.iter().map(|mount| mount.path.clone()));
    let volumes = desk.subject.image.config.volumes();
    let folder = |path: &String| desk.facts.tree.get(path).is_some_and(|node| !desk.facts.may(node, 2));
    mounts.chain(volumes).chain([desk.facts.working_dir.clone()]).find(folder).map(PathBuf::from)
}

fn denied_cause(desk: &Desk<'_>, path: &Path, uid: u32) -> Cause {
    let place = path.display();
    if let Some(mount) = mount_of(desk.subject.container.as_ref(), path) {
        return of_mount(mount, path, uid);
    }
    let Existing { path: standing, owner, group, mode, is_file } = standing(&desk.facts, path);
    let told = format!("{} belongs to {owner}:{group} and has mode {mode:o}", standing.display());
    let image_user = desk.subject.image.config.user();
    let is_other = desk.facts.user != image_user;
    if is_other && !is_known(&desk.facts, uid) {
        let cause =
            format!("the container runs as user {uid}, which the image does not know and which may not use {place}");
        let next = format!(
            "in the Dockerfile: `RUN chgrp -R 0 {0} && chmod -R g=u {0}`, or start it without `--user`",
            standing.display()
        );
        return Cause::new("arbitrary-user", cause, next).shown_by(told).shown_by(format!(
            "the image's own user is `{}`",
            if image_user.is_empty() { "root" } else { image_user }
        ));
    }
    if is_file && is_own(&desk.facts, &standing) {
        let cause = format!(
            "the program's own file {} belongs to user {owner}, and user {uid} may not read it",
            standing.display()
        );
        let next = format!(
            "`COPY --chown={uid}`, or `RUN chmod -R a+rX {}`",
            standing.parent().unwrap_or(&standing).display()
        );
        return Cause::new("files-of-another-owner", cause, next).shown_by(told);
    }
    let volume = desk.subject.image.config.volumes().into_iter().find(|volume| path.starts_with(volume));
    if let Some(volume) = volume.filter(|_| owner == 0) {
        let cause = format!(
            "the volume that the image declares at {volume} belongs to root, and user {uid} may not use {place}"
        );
        let next = format!("before `VOLUME` in the Dockerfile: `RUN install -d -o {uid} {volume}`");
        return Cause::new("root-volume", cause, next).shown_by(told);
    }
    let cause = format!("user {uid} may not use {place}: {told}");
    let next =
        format!("`RUN chown {uid} {}` before `USER` in the Dockerfile, or `COPY --chown={uid}`", standing.display());
    Cause::new("permission-denied", cause, next).shown_by(told)
}

fn of_mount(mount: &MountedAt, path: &Path, uid: u32) -> Cause {
    let metadata = std::fs::metadata(&mount.source).ok();
    let owner = metadata.as_ref().map_or(0, MetadataExt::uid);
    let what = if mount.is_volume { "volume" } else { "folder" };
    let who = if owner == 0 { "root".to_owned() } else { format!("user {owner}") };
    let cause =
        format!("the {what} mounted at {} belongs to {who}, and user {uid} may not use {}", mount.path, path.display());
    let next = if mount.is_volume {
        format!(
            "make {0} in the image with that owner before it is mounted (`RUN install -d -o {uid} {0}`), and use a new volume",
            mount.path
        )
    } else {
        format!("`chown -R {uid}` the folder of this machine that is mounted at {}", mount.path)
    };
    let id = if owner == 0 { "root-volume" } else { "permission-denied" };
    let mode = metadata.map(|metadata| {
        format!("it belongs to {}:{} and has mode {:o}", metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    });
    Cause::new(id, cause, next).shown_by(mode.unwrap_or_default())
}

/// What stands at a path, or is the nearest folder above it.
struct Existing {
    path: PathBuf,
    owner: u64,
    group: u64,
    mode: u32,
    is_file: bool,
}

fn standing(facts: &Facts, path: &Path) -> Existing {
    // A folder on the way that cannot be entered is what denies.
    let blocked = facts.blocked_at(path.strip_prefix("/").unwrap_or(path));
    let place = blocked.unwrap_or_else(|| path.to_owned());
    for place in place.ancestors() {
        if let Some(node) = facts.tree.get(place) {
            return Existing {
                path: place.to_owned(),
                owner: node.uid,
                group: node.gid,
                mode: node.mode & 0o7777,
                is_file: node.is_file(),
            };
        }
    }
    Existing { path: PathBuf::from("/"), owner: 0, group: 0, mode: 0o755, is_file: false }
}

fn is_known(facts: &Facts, uid: u32) -> bool {
    let passwd = facts.content("etc/passwd").map(String::from_utf8_lossy).unwrap_or_default();
    passwd.lines().any(|line| line.split(':').nth(2) == Some(&uid.to_string()))
}

/// Whether a file is of the program: code, or what the command names.
fn is_own(facts: &Facts, path: &Path) -> bool {
    let named = facts
        .words
        .iter()
        .filter_map(|word| facts.find(word))
        .any(|(known, _)| shown(&known) == path.display().to_string());
    let kind = path.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
    named
        || ["py", "js", "mjs", "cjs", "rb", "php", "sh", "jar", "json", "toml", "yaml", "yml"].contains(&kind.as_str())
}

fn absolute(facts: &Facts, path: &str) -> PathBuf {
    Path::new("/").join(&facts.working_dir).join(path)
}

fn mount_of<'a>(container: Option<&'a Inspected>, path: &Path) -> Option<&'a MountedAt> {
    let mounts = &container?.mounts;
    mounts.iter().filter(|mount| path.starts_with(&mount.path)).max_by_key(|mount| mount.path.len())
}

/// A path of a root that cannot be written.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn read_only(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    let path = clue.path.as_deref().map(|path| absolute(&desk.facts, path));
    let place = path.as_ref().map_or_else(|| "a path".to_owned(), |path| path.display().to_string());
    if let Some(mount) =
        path.as_ref().and_then(|path| mount_of(desk.subject.container.as_ref(), path)).filter(|mount| !mount.writable)
    {
        let cause = format!("the program writes {place}, and {} is mounted read-only", mount.path);
        return Ok(Some(
            Cause::new("read-only-root", cause, "mount it without `:ro`").shown_by(seen_line(desk, clue)).confirmed(),
        ));
    }
    if !desk.base.read_only {
        return Ok(None);
    }
    let mut run = desk.base.clone();
    run.read_only = false;
    let Some(varied) = desk.try_run("a copy with a writable root", &run)? else { return Ok(None) };
    if !is_further(first, &varied, &clue.line) {
        return Ok(None);
    }
    let folder =
        path.as_deref().and_then(Path::parent).map_or_else(|| "/tmp".to_owned(), |folder| folder.display().to_string());
    let cause = format!("the program writes {place}, and the root file system is read-only");
    Ok(Some(
        Cause::new("read-only-root", cause, format!("mount a folder in memory there: `--tmpfs {folder}`"))
            .shown_by(seen_line(desk, clue))
            .shown_by(format!("a copy with a writable root {}", varied.told()))
            .confirmed(),
    ))
}

/// A file, or the folder that it would be in.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn missing(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    // A file that is to be removed may be gone.
    if ["unlink", "remove", "rm: "].iter().any(|word| clue.line.contains(word)) {
        return Ok(None);
    }
    let named = clue.path.as_deref().map(|path| absolute(&desk.facts, path));
    let Some(path) = named.or_else(|| unnamed(&desk.facts)) else { return Ok(None) };
    let mounted = desk.mounted(&path);
    let is_there = mounted.as_ref().map_or_else(|| desk.facts.tree.get(&path).is_some(), |(source, _)| source.exists());
    if is_there {
        return Ok(None);
    }
    let parent = path.parent().unwrap_or(Path::new("/"));
    let is_there = desk.facts.tree.get(parent).is_some();
    let folder = if is_there { path.as_path() } else { parent };
    let looks_like_file = path.extension().is_some();
    if desk.has_time()
        && !(is_there && looks_like_file)
        && first.outcome != Outcome::Runs
        && let Some(varied) = with_folder(desk, folder)?
        && is_further(first, &varied, &clue.line)
    {
        let cause = format!("the folder {} is not in the image, and nothing is mounted there", folder.display());
        return Ok(Some(
            Cause::new(
                "missing-folder",
                cause,
                format!(
                    "`RUN mkdir -p {0}` in the Dockerfile, or mount a volume: `--volume data:{0}`",
                    folder.display()
                ),
            )
            .shown_by(seen_line(desk, clue))
            .shown_by(format!("a copy with an empty folder there {}", varied.told()))
            .confirmed(),
        ));
    }
    let place =
        mounted.map_or_else(|| "the image".to_owned(), |(_, mount)| format!("the folder that is mounted at {mount}"));
    let cause = format!("the program opens {}, which is not in {place}", path.display());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let next = format!(
        "copy `{name}` into the image (look at .dockerignore), or mount it: `--volume ./{name}:{}:ro`",
        path.display()
    );
    let cause = Cause::new("missing-file", cause, next)
        .shown_by(seen_line(desk, clue))
        .shown_by(format!("no file is at {} in the image, and none is mounted there", path.display()));
    let Some(varied) = with_file(desk, &path, first)? else { return Ok(Some(cause)) };
    if ends_alike(first, &varied, &clue.line) {
        return Ok(None);
    }
    Ok(Some(cause.shown_by(format!("a copy with an empty file there: {}", varied.told())).confirmed()))
}

/// Where the log names no path: one in the code or in a variable whose folder is not there.
fn unnamed(facts: &Facts) -> Option<PathBuf> {
    let is_end = |c: char| c.is_whitespace() || "\"'`,;)(?=<>{}".contains(c);
    let sources = facts.sources();
    let texts = facts.env.iter().map(|(_, value)| value.as_str()).chain(sources.iter().map(|(_, text)| text.as_ref()));
    let words = texts.flat_map(|text| text.split(is_end));
    let path = |word: &str| {
        let path = Path::new(word.strip_prefix("sqlite://").map_or(word, |rest| rest.trim_start_matches("//")));
        let folder = path.parent().filter(|folder| path.is_absolute() && folder.components().count() > 1)?;
        let is_file =
            path.extension().is_some_and(|kind| ["db", "sqlite", "sqlite3"].iter().any(|known| kind == *known));
        (is_file && facts.tree.get(folder).is_none()).then(|| path.to_owned())
    };
    words.take(100_000).find_map(path)
}

/// A copy with an empty file there; `None` where no copy can show anything.
fn with_file(desk: &Desk<'_>, path: &Path, first: &Trial) -> Result<Option<Trial>, EngineError> {
    if first.outcome == Outcome::Runs {
        return Ok(None);
    }
    let mut run = desk.base.clone();
    run.files.push(PutFile::new(path.display().to_string(), []));
    desk.try_run(&format!("a copy with an empty file {}", path.display()), &run)
}

fn with_folder(desk: &Desk<'_>, folder: &Path) -> Result<Option<Trial>, EngineError> {
    let made = tempfile::tempdir().and_then(|made| {
        let folder = copy::empty_folder(made.path(), &folder.display().to_string())?;
        Ok((made, folder))
    });
    let Ok((kept, made)) = made else { return Ok(None) };
    let mut run = desk.base.clone();
    run.folders.push(made);
    let mut varied = desk.run(&format!("a copy with an empty folder {}", folder.display()), &run)?;
    // Its folder goes with this function.
    varied.container = None;
    drop(kept);
    Ok(Some(varied))
}
