//! Package managers: versions, what they leave behind, what they install besides.

use std::collections::HashSet;

use super::super::file::{File, Step, What};
use super::super::pairs::{Pair, references};
use super::super::scene::{Found, Run, Scene, Splice, spliced};
use super::super::shell::{Command, Word};
use super::{Check, ends_in, quoted};
use crate::{Edit, Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &UNPINNED_PACKAGE, find: unpinned_package },
    Check { rule: &INSTALL_ASKS, find: install_asks },
    Check { rule: &APT_LISTS_KEPT, find: apt_lists_kept },
    Check { rule: &APK_CACHE_KEPT, find: apk_cache_kept },
    Check { rule: &RPM_CACHE_KEPT, find: rpm_cache_kept },
    Check { rule: &PIP_CACHE_KEPT, find: pip_cache_kept },
    Check { rule: &YARN_CACHE_KEPT, find: yarn_cache_kept },
    Check { rule: &RECOMMENDED_PACKAGES, find: recommended_packages },
    Check { rule: &APT_IN_SCRIPT, find: apt_in_script },
    Check { rule: &DIST_UPGRADE, find: dist_upgrade },
    Check { rule: &DEV_DEPENDENCIES, find: dev_dependencies },
    Check { rule: &LOCK_IGNORED, find: lock_ignored },
];

static UNPINNED_PACKAGE: Rule = Rule {
    id: "unpinned-package",
    severity: Severity::Note,
    title: "A package is installed in whatever version is newest",
    why: "The next build may get another version. Where a distribution removes old versions, a pinned one breaks the build instead: there a pinned base image and a note why are the better choice.",
    bad: "RUN pip install flask",
    good: "RUN pip install flask==3.1.2",
};

static INSTALL_ASKS: Rule = Rule {
    id: "install-asks",
    severity: Severity::Error,
    title: "The package manager asks, and nobody answers",
    why: "Without its switch for yes it waits for an answer, gets none, and the build fails.",
    bad: "RUN apt-get update && apt-get install curl",
    good: "RUN apt-get update && apt-get install -y curl",
};

static APT_LISTS_KEPT: Rule = Rule {
    id: "apt-lists-kept",
    severity: Severity::Warning,
    title: "The lists of apt stay in the image",
    why: "They are 20 to 40 MB that nothing reads again; a later step cannot take them out of this layer.",
    bad: "RUN apt-get update && apt-get install -y curl",
    good: "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
};

static APK_CACHE_KEPT: Rule = Rule {
    id: "apk-cache-kept",
    severity: Severity::Warning,
    title: "apk add is called without --no-cache",
    why: "Its index stays in the layer, some megabytes that nothing reads again, unless a command of the same step removes it.",
    bad: "RUN apk add curl",
    good: "RUN apk add --no-cache curl",
};

static RPM_CACHE_KEPT: Rule = Rule {
    id: "rpm-cache-kept",
    severity: Severity::Warning,
    title: "The cache of yum, dnf or zypper stays in the image",
    why: "It is tens to hundreds of megabytes that nothing reads again; a later step cannot take them out of this layer.",
    bad: "RUN dnf install -y httpd-2.4.62",
    good: "RUN dnf install -y httpd-2.4.62 && dnf clean all",
};

static PIP_CACHE_KEPT: Rule = Rule {
    id: "pip-cache-kept",
    severity: Severity::Warning,
    title: "pip install is called without --no-cache-dir",
    why: "Wheels then lie in the image twice: installed, and in `/root/.cache/pip`.",
    bad: "RUN pip install -r requirements.txt",
    good: "RUN pip install --no-cache-dir -r requirements.txt",
};

static YARN_CACHE_KEPT: Rule = Rule {
    id: "yarn-cache-kept",
    severity: Severity::Warning,
    title: "yarn install is called, and its cache is not cleaned",
    why: "Every package lies in the image twice: in `node_modules`, and in the cache.",
    bad: "RUN yarn install --frozen-lockfile",
    good: "RUN yarn install --frozen-lockfile && yarn cache clean",
};

static RECOMMENDED_PACKAGES: Rule = Rule {
    id: "recommended-packages",
    severity: Severity::Note,
    title: "apt installs what it recommends, too",
    why: "`Recommends` of a small package may be a hundred megabytes of others that nobody named.",
    bad: "RUN apt-get update && apt-get install -y git",
    good: "RUN apt-get update && apt-get install -y --no-install-recommends git",
};

static APT_IN_SCRIPT: Rule = Rule {
    id: "apt-in-script",
    severity: Severity::Note,
    title: "A build step calls apt, which is for people",
    why: "`apt` says itself that its options and output may change; `apt-get` does not.",
    bad: "RUN apt install -y curl",
    good: "RUN apt-get install -y curl",
};

static DIST_UPGRADE: Rule = Rule {
    id: "dist-upgrade",
    severity: Severity::Warning,
    title: "A build step upgrades the whole distribution",
    why: "The image is then another release than its base says.",
    bad: "RUN zypper dist-upgrade",
    good: "FROM opensuse/leap:15.6",
};

static DEV_DEPENDENCIES: Rule = Rule {
    id: "dev-dependencies",
    severity: Severity::Warning,
    title: "Packages for development go into the image that runs",
    why: "Test runners and compilers make the image larger and bring their own faults.",
    bad: "RUN npm ci",
    good: "RUN npm ci --omit=dev",
};

static LOCK_IGNORED: Rule = Rule {
    id: "lock-ignored",
    severity: Severity::Warning,
    title: "The lock file is not what is installed",
    why: "`npm install` may choose newer versions than the lock file names: what was tested is not what is shipped.",
    bad: "COPY package.json package-lock.json ./\nRUN npm install",
    good: "COPY package.json package-lock.json ./\nRUN npm ci",
};

/// The packages that a command of a distribution's package manager installs.
pub(super) fn installed(command: &Command) -> Vec<&str> {
    let (verbs, with_value): (&[&str], &[&str]) = match command.name() {
        "apt-get" | "apt" => (&["install"], &["t", "target-release"]),
        "apk" => (&["add"], &["t", "virtual", "repository", "X"]),
        "yum" | "dnf" | "microdnf" => (&["install"], &[]),
        "zypper" => (&["install", "in"], &[]),
        _ => return Vec::new(),
    };
    if command.word(verbs).is_none() {
        return Vec::new();
    }
    let words = command.plain(with_value);
    words.into_iter().map(|word| word.text.as_str()).filter(|word| !verbs.contains(word)).collect()
}

/// `yarn install`, or `yarn` alone; `yarn --version` installs nothing.
pub(super) fn is_yarn_install(command: &Command) -> bool {
    let asks_only = command.has_any(&["-v", "--version", "-h", "--help"]);
    command.name() == "yarn" && matches!(command.verb(), "install" | "") && !asks_only
}

fn is_install(command: &Command, programs: &[&str], verbs: &[&str]) -> bool {
    programs.contains(&command.name()) && command.has_any(verbs)
}

/// `pip install`, `pip3 install`, `python -m pip install`.
fn is_pip_install(command: &Command) -> bool {
    let words: Vec<&str> = command.arguments().collect();
    let name = command.name();
    (name.starts_with("pip") && !name.starts_with("pipenv") && !name.starts_with("pipx") && words.contains(&"install"))
        || (name.starts_with("python") && words.windows(3).any(|three| three == ["-m", "pip", "install"]))
}

fn unpinned_package(scene: &Scene<'_>, found: &mut Found) {
    let variables = variables(scene);
    for run in scene.runs() {
        let origin = scene.stages()[run.stage].origin;
        let is_known = |name: &str| variables.contains(&(None, name)) || variables.contains(&(Some(origin), name));
        let all = run.commands.iter().flat_map(|command| unpinned(command, &is_known));
        let mut names: Vec<&str> = all.collect();
        names.dedup();
        if !names.is_empty() {
            found.at(
                run.step,
                format!("named without a version: {}", quoted(&names)),
                "name the version, or say why not",
            );
        }
    }
}

fn unpinned<'a>(command: &'a Command, is_variable: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let open = |is_pinned: &dyn Fn(&str) -> bool| {
        installed(command).into_iter().filter(|package| !is_pinned(package)).collect::<Vec<_>>()
    };
    match command.name() {
        "apt-get" => open(&|package| package.contains(['=', '/']) || ends_in(package, &[".deb"])),
        "apk" => open(&|package| package.contains(['=', '~', '<', '>']) || ends_in(package, &[".apk"])),
        "yum" | "dnf" | "microdnf" => {
            open(&|package| package == "module" || ends_in(package, &[".rpm"]) || is_rpm_version(package, is_variable))
        }
        "zypper" => open(&|package| package.contains(['=', '<', '>']) || ends_in(package, &[".rpm"])),
        "npm" => npm(command),
        "gem" => gem(command),
        "go" => go(command),
        _ if is_pip_install(command) => pip(command),
        _ => Vec::new(),
    }
}

/// `httpd-2.4.62`: behind a dash, parts that are versions, one of which begins with a digit.
fn is_rpm_version(package: &str, is_variable: &dyn Fn(&str) -> bool) -> bool {
    let Some((_, rest)) = package.split_once('-') else { return false };
    if package.contains('$') {
        return package.contains("${") && references(package).into_iter().any(is_variable);
    }
    let is_part = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || ".~^_:+".contains(c));
    rest.split('-').all(is_part) && rest.split('-').any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

/// The variables that a `RUN` may take a version from, each with the origin of its stage: none where it stands before all stages.
fn variables<'a>(scene: &Scene<'a>) -> HashSet<(Option<usize>, &'a str)> {
    let globals = scene.file.globals.iter().map(|step| (None, step));
    let own = scene.stages().iter().flat_map(|stage| stage.steps.iter().map(|step| (Some(stage.origin), step)));
    let named = globals.chain(own).filter_map(|(origin, step)| match &step.what {
        What::Arg(pairs) | What::Env(pairs) => Some(pairs.iter().map(move |pair| (origin, pair.name.as_str()))),
        _ => None,
    });
    named.flatten().collect()
}

/// Options of pip behind which a value stands.
const PIP_VALUES: &[&str] = &[
    "abi",
    "b",
    "build",
    "e",
    "editable",
    "extra-index-url",
    "f",
    "find-links",
    "i",
    "index-url",
    "implementation",
    "no-binary",
    "only-binary",
    "platform",
    "prefix",
    "progress-bar",
    "proxy",
    "python",
    "python-version",
    "root",
    "root-user-action",
    "src",
    "t",
    "target",
    "trusted-host",
    "upgrade-strategy",
];

fn pip(command: &Command) -> Vec<&str> {
    if command.has_any(&["-r", "--requirement", "."]) || command.has_option(&["c", "constraint"]) {
        return Vec::new();
    }
    let words = command.plain(PIP_VALUES).into_iter().map(|word| word.text.as_str());
    let packages = words.skip_while(|word| *word != "install").skip_while(|word| *word == "install");
    let is_pinned = |package: &str| {
        let is_vcs =
            ["git", "hg", "svn", "bzr"].iter().any(|system| package.starts_with(system) && package.contains("://"));
        ["=", "<", ">"].iter().any(|sign| package.contains(sign))
            || (is_vcs && package.contains('@'))
            || (!is_vcs && package.contains('/'))
            || ends_in(package, &[".whl", ".tar.gz"])
    };
    packages.filter(|package| !is_pinned(package)).collect()
}

fn npm(command: &Command) -> Vec<&str> {
    let words: Vec<&str> =
        command.plain(&["loglevel", "registry"]).into_iter().map(|word| word.text.as_str()).collect();
    if words.first() != Some(&"install") {
        return Vec::new();
    }
    let is_pinned = |package: &str| {
        let name = package.strip_prefix('@').unwrap_or(package);
        let is_path = ["/", "./", "../", "~/"].iter().any(|start| package.starts_with(start));
        let is_archive = [".tar", ".tar.gz", ".tgz"].iter().any(|end| package.ends_with(end));
        if package.starts_with("git") && package.contains("://") {
            return package.contains('#');
        }
        is_path || is_archive || name.contains('@')
    };
    words.into_iter().skip(1).filter(|package| !is_pinned(package)).collect()
}

fn gem(command: &Command) -> Vec<&str> {
    let words: Vec<&str> = command.arguments().take_while(|word| *word != "--").collect();
    let has_version = words.iter().any(|word| matches!(*word, "-v" | "--version") || word.starts_with("--version="));
    if has_version || !command.has_any(&["install", "i"]) {
        return Vec::new();
    }
    let mut gems = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            words.next();
        } else if !matches!(word, "install" | "i") && !word.contains(':') {
            gems.push(word);
        }
    }
    gems
}

fn go(command: &Command) -> Vec<&str> {
    let words: Vec<&str> = command.operands().map(|word| word.text.as_str()).collect();
    let packages: Vec<&str> = if command.has("run") {
        words.into_iter().take(2).filter(|word| *word != "run").collect()
    } else if command.has_any(&["install", "get"]) {
        words.into_iter().filter(|word| !matches!(*word, "install" | "get" | "tool")).collect()
    } else {
        Vec::new()
    };
    let is_local = |package: &str| package.starts_with(['.', '/']);
    let is_fixed =
        |package: &str| package.contains('@') && !package.ends_with("@latest") && !package.ends_with("@none");
    packages.into_iter().filter(|package| !is_local(package) && !is_fixed(package)).collect()
}

/// Verbs that ask, and the options that answer.
fn asks(command: &Command) -> Option<&Word> {
    let verb = match command.name() {
        "apt-get" => command.word(&["install"])?,
        "yum" | "dnf" | "microdnf" => command.word(&["install", "groupinstall", "localinstall"])?,
        "zypper" => command.word(&["install", "in", "remove", "rm", "source-install", "si", "patch"])?,
        _ => return None,
    };
    let answers = match command.name() {
        "apt-get" => {
            let quiet: usize = command
                .arguments()
                .map(|word| {
                    if word.starts_with('-') && !word.starts_with("--") {
                        word.matches('q').count()
                    } else {
                        usize::from(word == "--quiet")
                    }
                })
                .sum();
            command.has_option(&["y", "yes", "assume-yes"]) || quiet >= 2 || command.has("-q=2")
        }
        "zypper" => command.has_option(&["non-interactive", "n", "no-confirm", "y"]),
        _ => command.has_option(&["y", "assumeyes"]),
    };
    (!answers).then_some(verb)
}

fn install_asks(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        let verbs: Vec<&Word> = run.commands.iter().filter_map(asks).collect();
        let Some(first) = verbs.first() else { continue };
        let message = format!("`{}` waits for an answer", first.text);
        let splices: Vec<Splice> = verbs.iter().map(|verb| (verb.end..verb.end, " -y".to_owned())).collect();
        found.edited(run.step, message, "add `-y`", spliced(scene.file, run.step, &splices, true));
    }
}

/// Of each stage, whether its files are in the image, or in another stage that is made from it.
fn are_kept(file: &File) -> Vec<bool> {
    let mut kept = vec![false; file.stages.len()];
    for stage in &file.stages {
        if let Some(parent) = stage.base.stage {
            kept[parent] = true;
        }
    }
    if let Some(last) = kept.last_mut() {
        *last = true;
    }
    kept
}

fn has_mount(options: &[Pair], path: &str) -> bool {
    options
        .iter()
        .filter(|option| option.name == "mount")
        .filter_map(|option| option.value.as_deref())
        .any(|mount| (mount.contains("type=cache") || mount.contains("type=tmpfs")) && mount.contains(path))
}

/// A step with another command at its end; `None` where that would not run when, and only when, the rest has succeeded.
fn appended(scene: &Scene<'_>, step: &Step, command: &str, is_safe: bool) -> Vec<Edit> {
    let What::Run { form: super::super::file::Form::Shell { text, commands, is_document: false }, .. } = &step.what
    else {
        return Vec::new();
    };
    let is_chain = !text.contains(['|', ';', '(', '{', '#']) && !text.contains("<<") && !text.trim_end().ends_with('&');
    if !is_chain || commands.is_empty() {
        return Vec::new();
    }
    let end = scene.file.lines.range(step.first, step.last).end;
    let escape = scene.file.lines.escape;
    let break_ = if step.last > step.first { format!(" {escape}\n && ") } else { " && ".to_owned() };
    spliced(scene.file, step, &[(end..end, format!("{break_}{command}"))], is_safe)
}

fn apt_lists_kept(scene: &Scene<'_>, found: &mut Found) {
    let (kept, needed) = (are_kept(scene.file), needs_lists(scene.runs()));
    for run in scene.runs().iter().filter(|run| kept[run.stage]) {
        let updates =
            run.commands.iter().any(|command| is_install(command, &["apt", "apt-get", "aptitude"], &["update"]));
        let cleans = run.commands.iter().any(|command| {
            matches!(command.name(), "rm" | "find") && command.arguments().any(|path| path.starts_with("/var/lib/apt"))
        });
        let is_mounted = has_mount(run.options, "/var/lib/apt");
        if updates && !cleans && !is_mounted {
            let is_safe = needed <= run.step.first;
            let edits = appended(scene, run.step, "rm -rf /var/lib/apt/lists/*", is_safe);
            found.edited(
                run.step,
                "the lists that it fetches stay in this layer",
                "remove `/var/lib/apt/lists/*` in the same `RUN`",
                edits,
            );
        }
    }
}

/// The last line where something is installed from lists that an earlier step fetched; 0 where there is none.
fn needs_lists(runs: &[Run<'_>]) -> usize {
    let is_apt = |command: &&Command| matches!(command.name(), "apt" | "apt-get" | "aptitude");
    let needs = |run: &&Run<'_>| run.commands.iter().find(is_apt).is_some_and(|command| !command.has("update"));
    runs.iter().rev().find(needs).map_or(0, |run| run.step.first)
}

fn apk_cache_kept(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        if has_mount(run.options, "/var/cache/apk") {
            continue;
        }
        let adds: Vec<&Word> = run
            .commands
            .iter()
            .filter(|command| command.name() == "apk" && !command.has("--no-cache"))
            .filter_map(|command| command.word(&["add"]))
            .collect();
        if !adds.is_empty() {
            let splices: Vec<Splice> = adds.iter().map(|add| (add.end..add.end, " --no-cache".to_owned())).collect();
            found.edited(
                run.step,
                "`apk add` without `--no-cache`",
                "add `--no-cache`",
                spliced(scene.file, run.step, &splices, true),
            );
        }
    }
}

/// What installs, how it is cleaned, and where its cache lies.
struct Cleaned {
    programs: &'static [&'static str],
    verbs: &'static [&'static str],
    clean: &'static [&'static str],
    caches: &'static [&'static str],
}

const RPM: &[Cleaned] = &[
    Cleaned { programs: &["yum"], verbs: &["install"], clean: &["clean"], caches: &["/var/cache/yum"] },
    Cleaned {
        programs: &["dnf", "microdnf"],
        verbs: &["install", "in", "upgrade", "up", "upgrade-minimal", "up-min", "reinstall", "rei"],
        clean: &["clean"],
        caches: &["/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum", ".cache/libdnf5"],
    },
    Cleaned { programs: &["zypper"], verbs: &["install", "in"], clean: &["clean", "cc"], caches: &["/var/cache/zypp"] },
];

fn rpm_cache_kept(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        for family in RPM {
            let installs = |command: &Command| is_install(command, family.programs, family.verbs);
            let Some(last) = run.commands.iter().rposition(installs) else { continue };
            let cleans = run.commands[last..].iter().any(|command| {
                is_install(command, family.programs, family.clean)
                    || (command.name() == "rm"
                        && command.arguments().any(|path| family.caches.iter().any(|cache| path.contains(cache))))
            });
            if cleans || family.caches.iter().any(|cache| has_mount(run.options, cache)) {
                continue;
            }
            let program = run.commands[last].name();
            let clean = if program == "zypper" { "zypper clean".to_owned() } else { format!("{program} clean all") };
            let edits = appended(scene, run.step, &clean, true);
            found.edited(
                run.step,
                format!("the cache of `{program}` stays in this layer"),
                format!("`{clean}` in the same `RUN`"),
                edits,
            );
        }
    }
}

fn pip_cache_kept(scene: &Scene<'_>, found: &mut Found) {
    let off = caches_off(scene);
    for run in scene.runs() {
        if off[run.stage].is_some_and(|line| line < run.step.first) || has_mount(run.options, ".cache/pip") {
            continue;
        }
        let is_off = |command: &Command| {
            command.has("--no-cache-dir") || command.sets.iter().any(|set| set.starts_with("PIP_NO_CACHE_DIR="))
        };
        let kept = run.commands.iter().filter(|command| is_pip_install(command) && !is_off(command));
        let verbs: Vec<&Word> = kept.filter_map(|command| command.word(&["install"])).collect();
        if run.commands.iter().any(|command| command.has_any(&["PIP_NO_CACHE_DIR=1"])) || verbs.is_empty() {
            continue;
        }
        let splices: Vec<Splice> =
            verbs.iter().map(|verb| (verb.end..verb.end, " --no-cache-dir".to_owned())).collect();
        found.edited(
            run.step,
            "`pip install` without `--no-cache-dir`",
            "add `--no-cache-dir`",
            spliced(scene.file, run.step, &splices, true),
        );
    }
}

/// Of each stage, the line from which on `PIP_NO_CACHE_DIR` is set, by it or one that it is made from.
fn caches_off(scene: &Scene<'_>) -> Vec<Option<usize>> {
    let is_yes = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes");
    let sets = |step: &&Step| match &step.what {
        What::Env(pairs) | What::Arg(pairs) => {
            pairs.iter().any(|pair| pair.name == "PIP_NO_CACHE_DIR" && pair.value.as_deref().is_some_and(is_yes))
        }
        _ => false,
    };
    let mut off: Vec<Option<usize>> = Vec::new();
    for stage in scene.stages() {
        let inherited = stage.base.stage.and_then(|parent| off.get(parent).copied().flatten());
        off.push(inherited.or_else(|| stage.steps.iter().find(sets).map(|step| step.first)));
    }
    off
}

fn yarn_cache_kept(scene: &Scene<'_>, found: &mut Found) {
    let kept = are_kept(scene.file);
    for run in scene.runs().iter().filter(|run| kept[run.stage]) {
        let Some(last) = run.commands.iter().rposition(|command| is_install(command, &["yarn"], &["install"])) else {
            continue;
        };
        let cleans = run.commands[last..].iter().any(|command| is_install(command, &["yarn"], &["clean"]));
        if !cleans && !has_mount(run.options, ".cache/yarn") {
            let edits = appended(scene, run.step, "yarn cache clean", true);
            found.edited(
                run.step,
                "`yarn install` without `yarn cache clean` behind it",
                "`yarn cache clean` in the same `RUN`",
                edits,
            );
        }
    }
}

fn recommended_packages(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        let installs = run.commands.iter().filter(|command| {
            command.name() == "apt-get"
                && !command.has("--no-install-recommends")
                && !command.arguments().any(|word| {
                    word.contains("APT::Install-Recommends=false") || word.contains("APT::Install-Recommends=0")
                })
        });
        let verbs: Vec<&Word> = installs.filter_map(|command| command.word(&["install"])).collect();
        if verbs.is_empty() {
            continue;
        }
        // What was recommended may be needed: a person must look.
        let splices: Vec<Splice> =
            verbs.iter().map(|verb| (verb.end..verb.end, " --no-install-recommends".to_owned())).collect();
        let edits = spliced(scene.file, run.step, &splices, false);
        found.edited(
            run.step,
            "it also installs what the packages recommend",
            "add `--no-install-recommends`, and name what is needed",
            edits,
        );
    }
}

fn apt_in_script(scene: &Scene<'_>, found: &mut Found) {
    const SAME: &[&str] = &["install", "update", "upgrade", "remove", "purge", "autoremove", "clean"];
    for run in scene.runs() {
        let calls: Vec<&Command> = run.commands.iter().filter(|command| command.name() == "apt").collect();
        if calls.is_empty() {
            continue;
        }
        let is_same = calls.iter().all(|command| SAME.contains(&command.verb()));
        let splices: Vec<Splice> = calls
            .iter()
            .map(|command| {
                (command.words[0].start..command.words[0].end, command.words[0].text.replace("apt", "apt-get"))
            })
            .collect();
        let edits = if is_same { spliced(scene.file, run.step, &splices, true) } else { Vec::new() };
        found.edited(run.step, "it calls `apt`", "call `apt-get`, or `apt-cache` to search", edits);
    }
}

fn dist_upgrade(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        if run.commands.iter().any(|command| is_install(command, &["zypper"], &["dist-upgrade", "dup"])) {
            found.at(
                run.step,
                "it upgrades the whole distribution",
                "take the base image of the release that is meant",
            );
        }
    }
}

fn dev_dependencies(scene: &Scene<'_>, found: &mut Found) {
    let steps = scene.file.final_steps();
    let is_production = steps.iter().any(|step| {
        matches!(&step.what, What::Env(pairs) if pairs.iter().any(|pair| pair.name == "NODE_ENV" && pair.value.as_deref() == Some("production")))
    });
    // What builds needs them; whether they are taken away later, nobody knows here.
    let mut building: Vec<bool> = vec![false; scene.stages().len()];
    for run in scene.runs() {
        building[run.stage] |= run.commands.iter().any(builds);
    }
    for run in scene.final_runs().filter(|run| !building[run.stage]) {
        for command in &run.commands {
            if let Some(advice) = with_dev(command, is_production) {
                found.at(
                    run.step,
                    format!("`{} {}` installs packages for development, too", command.name(), command.verb()),
                    advice,
                );
                break;
            }
        }
    }
}

/// Whether a command builds or prunes.
fn builds(command: &Command) -> bool {
    let runs = ["run", "build", "prune", "exec", "tsc", "compile", "test"];
    match command.name() {
        "npm" | "pnpm" | "yarn" | "turbo" | "vite" | "next" => command.has_any(&runs),
        name => matches!(name, "tsc" | "npx"),
    }
}

fn with_dev(command: &Command, is_production: bool) -> Option<&'static str> {
    let has_omit = command.arguments().any(|word| {
        matches!(
            word,
            "--omit=dev"
                | "--production"
                | "--production=true"
                | "--only=production"
                | "--only=prod"
                | "--prod"
                | "-P"
                | "--omit"
                | "-g"
                | "--global"
        )
    });
    let names_packages = command.operands().count() > 1;
    match (command.name(), command.verb()) {
        ("npm", "ci" | "install" | "i") if !has_omit && !is_production && !names_packages => Some("add `--omit=dev`"),
        ("yarn", _) if is_yarn_install(command) && !has_omit && !is_production => Some("add `--production`"),
        ("pnpm", "install" | "i") if !has_omit && !is_production && !names_packages => Some("add `--prod`"),
        ("poetry", "install")
            if !command
                .arguments()
                .any(|word| word.starts_with("--only") || word.starts_with("--without") || word == "--no-dev") =>
        {
            Some("add `--only main`")
        }
        ("uv", "sync") if !command.has_any(&["--no-dev", "--only-group", "--no-default-groups"]) => {
            Some("add `--no-dev`")
        }
        ("pipenv", "install") if command.has_any(&["--dev", "-d"]) => Some("leave `--dev` out"),
        ("composer", "install") if !command.has("--no-dev") => Some("add `--no-dev`"),
        (name, _) if is_pip_install(command) && name.starts_with("pip") => command
            .arguments()
            .any(|word| {
                let file = word.rsplit('/').next().unwrap_or(word);
                matches!(
                    file,
                    "requirements-dev.txt"
                        | "dev-requirements.txt"
                        | "requirements_dev.txt"
                        | "requirements-test.txt"
                        | "dev.txt"
                        | "test-requirements.txt"
                )
            })
            .then_some("leave the file of development's packages out"),
        _ => None,
    }
}

fn lock_ignored(scene: &Scene<'_>, found: &mut Found) {
    let has_lock = |name: &str| (scene.context.is_there)(name) == Some(true) || copies_file(scene, name);
    let (npm_lock, yarn_lock) = (has_lock("package-lock.json"), has_lock("yarn.lock"));
    // What was installed as locked is only thinned out by a later one.
    let mut locked = vec![false; scene.stages().len()];
    for run in scene.runs() {
        for command in &run.commands {
            if command.has_any(&["--frozen-lockfile", "--immutable"]) || command.has("ci") {
                locked[run.stage] = true;
            }
            if locked[run.stage] {
                break;
            }
            let is_bare = command.operands().count() == 1 && !command.has_any(&["-g", "--global"]);
            let message = match (command.name(), command.verb()) {
                ("npm", "install" | "i") if is_bare && npm_lock => {
                    Some(("package-lock.json", "`npm ci` installs what it says"))
                }
                ("yarn", "install")
                    if !command.has_any(&["--frozen-lockfile", "--immutable", "--pure-lockfile"]) && yarn_lock =>
                {
                    Some(("yarn.lock", "add `--frozen-lockfile`, or `--immutable` from Yarn 2 on"))
                }
                ("pnpm", "install" | "i") if command.has("--no-frozen-lockfile") => {
                    Some(("pnpm-lock.yaml", "add `--frozen-lockfile`"))
                }
                _ => None,
            };
            if let Some((name, advice)) = message {
                found.at(run.step, format!("it may install other versions than `{name}` names"), advice);
                break;
            }
        }
    }
}

/// Whether a step names a file of the project to copy.
fn copies_file(scene: &Scene<'_>, name: &str) -> bool {
    use super::super::file::Source;
    scene.file.steps().any(|step| {
        matches!(&step.what, What::Copy { sources, .. }
            if sources.iter().any(|source| matches!(source, Source::Path(path) if path.rsplit('/').next() == Some(name))))
    })
}
