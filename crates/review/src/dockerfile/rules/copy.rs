//! `COPY` and `ADD`: which of them, and to where.

use std::collections::{HashMap, HashSet};

use super::super::file::{Source, Step, What};
use super::super::scene::{Found, Scene, Splice, spliced};
use super::super::shell::Command;
use super::{Check, quoted};
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &ADD_FOR_FILES, find: add_for_files },
    Check { rule: &ARCHIVE_COPIED, find: archive_copied },
    Check { rule: &COPY_MANY_TO_FILE, find: copy_many_to_file },
    Check { rule: &COPY_TO_RELATIVE, find: copy_to_relative },
];

static ADD_FOR_FILES: Rule = Rule {
    id: "add-for-files",
    severity: Severity::Warning,
    title: "ADD copies plain files",
    why: "`ADD` also unpacks archives and fetches URLs: what lies in the image depends on what the file turns out to be.",
    bad: "ADD main.py /app/",
    good: "COPY main.py /app/",
};

static ARCHIVE_COPIED: Rule = Rule {
    id: "archive-copied",
    severity: Severity::Note,
    title: "An archive is copied, and unpacked by a later step",
    why: "It lies in the image twice: packed in one layer, unpacked in the next. `ADD` unpacks it at once.",
    bad: "COPY site.tar.gz /tmp/\nRUN tar xzf /tmp/site.tar.gz -C /srv",
    good: "ADD site.tar.gz /srv/",
};

static COPY_MANY_TO_FILE: Rule = Rule {
    id: "copy-many-to-file",
    severity: Severity::Error,
    title: "COPY puts several files where no folder is named",
    why: "The build fails: with more than one source the target must end in `/`.",
    bad: "COPY package.json package-lock.json /app",
    good: "COPY package.json package-lock.json /app/",
};

static COPY_TO_RELATIVE: Rule = Rule {
    id: "copy-to-relative",
    severity: Severity::Warning,
    title: "COPY has a relative target, and no WORKDIR is set",
    why: "Where the files go depends on the base image: usually to `/`, among the system's own.",
    bad: "FROM python:3.12-slim\nCOPY main.py .",
    good: "FROM python:3.12-slim\nWORKDIR /app\nCOPY main.py .",
};

/// Ends of the names of archives.
const ARCHIVES: &[&str] = &[
    ".tar", ".gz", ".tgz", ".taz", ".bz2", ".tz2", ".tbz2", ".tbz", ".tb2", ".xz", ".txz", ".lz", ".lzma", ".tlz",
    ".zst", ".tzst", ".zip", ".Z", ".tZ", ".taZ", ".7z", ".lzo",
];
/// Ends of the names of files that no builder unpacks.
const PLAIN: &[&str] = &[
    "py",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "json",
    "toml",
    "lock",
    "txt",
    "md",
    "yml",
    "yaml",
    "xml",
    "ini",
    "cfg",
    "conf",
    "sh",
    "rb",
    "go",
    "rs",
    "java",
    "php",
    "sql",
    "html",
    "css",
    "env",
    "properties",
    "gradle",
    "mod",
    "sum",
    "pem",
    "crt",
];

fn is_archive(path: &str) -> bool {
    ARCHIVES.iter().any(|end| path.ends_with(end))
}

fn is_url(path: &str) -> bool {
    ["https://", "http://", "git@", "git://", "ssh://"].iter().any(|start| path.starts_with(start))
}

/// Whether `COPY` does the same as `ADD`, whatever the file holds.
fn is_plain(path: &str) -> bool {
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    path == "." || path.ends_with('/') || extension.is_some_and(|extension| PLAIN.contains(&extension))
}

fn add_for_files(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        let What::Copy { is_add: true, options, sources, .. } = &step.what else { continue };
        let files: Vec<&str> = sources
            .iter()
            .filter_map(|source| if let Source::Path(path) = source { Some(path.as_str()) } else { None })
            // A variable may hold a URL, which `COPY` does not take.
            .filter(|path| !is_archive(path) && !is_url(path) && !path.starts_with('$'))
            .collect();
        if files.is_empty() {
            continue;
        }
        let all_plain = files.len() == sources.len() && files.iter().all(|path| is_plain(path));
        let splices: [Splice; 1] = [(step.start..step.start + 3, "COPY".to_owned())];
        let is_same = all_plain && options.iter().all(|option| matches!(option.name.as_str(), "chown" | "chmod"));
        let edits =
            if files.len() == sources.len() { spliced(scene.file, step, &splices, is_same) } else { Vec::new() };
        found.edited(step, format!("`ADD` copies {}", quoted(&files)), "write `COPY`", edits);
    }
}

fn archive_copied(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let mut copied: HashMap<&str, &Step> = HashMap::new();
        let mut told: HashSet<usize> = HashSet::new();
        for step in &stage.steps {
            match &step.what {
                What::Copy { is_add: false, options, sources, to }
                    if !options.iter().any(|option| option.name == "from") =>
                {
                    let paths = sources
                        .iter()
                        .filter_map(|source| if let Source::Path(path) = source { Some(path.as_str()) } else { None });
                    let names = paths.chain([to.as_str()]).filter(|path| is_archive(path));
                    copied.extend(names.map(|path| (name_of(path), step)));
                }
                What::Run { form, .. } => {
                    for command in form.commands().iter().filter(|command| unpacks(command)) {
                        let step = command.operands().find_map(|word| copied.get(name_of(&word.text)));
                        if let Some(step) = step.filter(|step| !told.contains(&step.first)) {
                            told.insert(step.first);
                            found.at(step, "a later step unpacks this archive", "`ADD` it to where it is unpacked to");
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn unpacks(command: &Command) -> bool {
    match command.name() {
        "tar" => command.has_option(&["extract", "get", "x"]),
        name => ["unzip", "gunzip", "bunzip2", "unlzma", "unxz", "uncompress", "zcat"].contains(&name),
    }
}

fn copy_many_to_file(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps() {
        let What::Copy { is_add: false, sources, to, .. } = &step.what else { continue };
        if sources.len() > 1 && !to.ends_with('/') {
            let range = scene.file.lines.range(step.first, step.last);
            let text = &scene.file.lines.text[range.clone()];
            // Without it the build fails, so that adding it changes no image.
            let at = range.start + text.trim_end().len();
            let is_bare = text.trim_end().ends_with(to.as_str());
            let edits = if is_bare { spliced(scene.file, step, &[(at..at, "/".to_owned())], true) } else { Vec::new() };
            found.edited(
                step,
                format!("{} sources go to `{to}`, which is no folder", sources.len()),
                format!("write `{to}/`"),
                edits,
            );
        }
    }
}

fn copy_to_relative(scene: &Scene<'_>, found: &mut Found) {
    let mut set = vec![false; scene.stages().len()];
    for (index, stage) in scene.stages().iter().enumerate() {
        set[index] = stage.base.stage.is_some_and(|parent| set[parent]);
        for step in &stage.steps {
            match &step.what {
                What::Workdir(_) => set[index] = true,
                What::Copy { is_add: false, to, .. } if !set[index] && !step.is_deferred => {
                    let is_drive = to.as_bytes().get(1) == Some(&b':');
                    if !to.starts_with(['/', '$']) && !is_drive {
                        found.at(
                            step,
                            format!("`{to}` is relative, and no `WORKDIR` is set"),
                            "write `WORKDIR /app` above it",
                        );
                    }
                }
                _ => {}
            }
        }
    }
}
