//! Who the container runs as, and what belongs to whom.

use std::collections::HashSet;

use super::super::file::{Base, Step, What};
use super::super::pairs::references;
use super::super::scene::{Found, Scene, spliced};
use super::super::shell::Command;
use super::{Check, LONGEST_PATH, above};
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &ROOT_USER, find: root_user },
    Check { rule: &NO_USER, find: no_user },
    Check { rule: &ROOT_IN_BUILD_STAGE, find: root_in_build_stage },
    Check { rule: &USER_BY_NAME, find: user_by_name },
    Check { rule: &VOLUME_OF_ROOT, find: volume_of_root },
    Check { rule: &SUDO, find: sudo },
    Check { rule: &USERADD_LOG, find: useradd_log },
];

static ROOT_USER: Rule = Rule {
    id: "root-user",
    severity: Severity::Error,
    title: "The container runs as root",
    why: "Whoever breaks into the service is root in the container, and closer to the host.",
    bad: "USER root\nCMD [\"/app/service\"]",
    good: "USER 10001:10001\nCMD [\"/app/service\"]",
};

static NO_USER: Rule = Rule {
    id: "no-user",
    severity: Severity::Error,
    title: "No USER is set, and the base image runs as root",
    why: "Without `USER` the container runs as the base image's user, which is root in nearly all of them.",
    bad: "FROM python:3.12-slim\nCMD [\"python\", \"main.py\"]",
    good: "FROM python:3.12-slim\nUSER 10001:10001\nCMD [\"python\", \"main.py\"]",
};

static ROOT_IN_BUILD_STAGE: Rule = Rule {
    id: "root-in-build-stage",
    severity: Severity::Note,
    title: "A stage that is not the image ends as root",
    why: "It runs nothing later, so that little can happen; a stage that is made from it begins as root.",
    bad: "FROM debian:12 AS build\nUSER root\nRUN make\nFROM scratch",
    good: "FROM debian:12 AS build\nRUN make\nFROM scratch",
};

static USER_BY_NAME: Rule = Rule {
    id: "user-by-name",
    severity: Severity::Note,
    title: "USER is a name",
    why: "Kubernetes cannot tell whether a name is root: `runAsNonRoot` then refuses to start the container.",
    bad: "USER app",
    good: "USER 10001:10001",
};

static VOLUME_OF_ROOT: Rule = Rule {
    id: "volume-of-root",
    severity: Severity::Warning,
    title: "A volume belongs to root, and the service is another user",
    why: "A new volume gets the owner that the folder has in the image: the service cannot write to it.",
    bad: "VOLUME /data\nUSER 10001:10001",
    good: "RUN mkdir -p /data && chown 10001:10001 /data\nVOLUME /data\nUSER 10001:10001",
};

static SUDO: Rule = Rule {
    id: "sudo",
    severity: Severity::Error,
    title: "A build step calls sudo",
    why: "A build step is root already, or `USER root` makes it so; `sudo` needs a terminal and a setuid program that stays in the image.",
    bad: "RUN sudo apt-get update",
    good: "USER root\nRUN apt-get update\nUSER 10001:10001",
};

static USERADD_LOG: Rule = Rule {
    id: "useradd-log",
    severity: Severity::Warning,
    title: "useradd with a high uid may write a huge sparse file",
    why: "Older versions of `useradd` write into `/var/log/lastlog`, which has a slot for each uid: with a uid of millions the layer takes gigabytes once it is unpacked.",
    bad: "RUN useradd -u 1000660000 app",
    good: "RUN useradd -l -u 1000660000 app",
};

/// Whether this is root: `root`, `0`, `0:0`.
fn is_root(user: &str) -> bool {
    matches!(user.split(':').next().unwrap_or_default(), "root" | "0")
}

fn root_user(scene: &Scene<'_>, found: &mut Found) {
    let Some(step) = scene.last_step(|what| matches!(what, What::User(_))) else { return };
    if let What::User(user) = &step.what
        && is_root(user)
    {
        found.at(
            step,
            format!("the last `USER` is `{user}`"),
            "end with `USER 10001:10001`, or another number above 0",
        );
    }
}

fn no_user(scene: &Scene<'_>, found: &mut Found) {
    if scene.last_step(|what| matches!(what, What::User(_))).is_some() {
        return;
    }
    let (Some(stage), Some(root)) = (scene.file.last(), scene.file.root()) else { return };
    // What an unknown base's user is, nobody knows here; and an image that starts nothing runs as nobody.
    if runs_as_root(root) && (scene.start().is_some() || !scene.exposed().is_empty()) {
        let name = root.image.split('@').next().unwrap_or_default();
        let message = if root.is_empty_image() {
            "no `USER`: the container runs as root".to_owned()
        } else {
            format!("no `USER`: the container runs as root, as `{name}` does")
        };
        // As another user, nginx cannot write its cache and its pid.
        let advice = if root.name() == "nginx" {
            "begin with `nginxinc/nginx-unprivileged`, which listens on 8080 as uid 101"
        } else {
            "add `USER 10001:10001` before `CMD`"
        };
        found.stage(stage, message, advice);
    }
}

/// Official images, and what is made from nothing; others may set a user.
fn runs_as_root(base: &Base) -> bool {
    // They set a user, or their entrypoint drops root by itself.
    const WITH_USER: &[&str] = &[
        "adminer",
        "cassandra",
        "couchdb",
        "elasticsearch",
        "ghost",
        "groovy",
        "haproxy",
        "kibana",
        "logstash",
        "mariadb",
        "memcached",
        "mongo",
        "mysql",
        "neo4j",
        "postgres",
        "rabbitmq",
        "redis",
        "solr",
        "sonarqube",
        "valkey",
        "varnish",
        "zookeeper",
    ];
    let name = base.image.split('@').next().unwrap_or_default();
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let from_microsoft = base.image.starts_with("mcr.microsoft.com/dotnet/");
    let is_official = !name.contains('/') && !name.contains('$');
    let quiet = ["nonroot", "rootless", "chiseled"];
    (is_official && !WITH_USER.contains(&base.name()) || from_microsoft)
        && !base.tag().is_some_and(|tag| quiet.iter().any(|word| tag.contains(word)))
}

fn root_in_build_stage(scene: &Scene<'_>, found: &mut Found) {
    let image = scene.last_step(|what| matches!(what, What::User(_)));
    for stage in scene.stages() {
        let last = stage.steps.iter().rev().find(|step| matches!(step.what, What::User(_)));
        let Some(step) = last.filter(|step| !image.is_some_and(|image| std::ptr::eq(*step, image))) else { continue };
        if let What::User(user) = &step.what
            && is_root(user)
        {
            found.at(step, format!("this stage ends as `{user}`"), "leave `USER` out where nothing runs later");
        }
    }
}

fn user_by_name(scene: &Scene<'_>, found: &mut Found) {
    let args: HashSet<&str> = scene
        .file
        .globals
        .iter()
        .chain(scene.file.steps())
        .filter_map(|step| if let What::Arg(pairs) = &step.what { Some(pairs) } else { None })
        .flatten()
        .map(|pair| pair.name.as_str())
        .collect();
    for stage in scene.stages() {
        let users: Vec<_> = stage.steps.iter().filter(|step| !step.is_deferred).filter_map(named).collect();
        for (index, (step, user)) in users.iter().enumerate() {
            let name = user.split(':').next().unwrap_or_default();
            let is_number = name.chars().all(|c| c.is_ascii_digit());
            // That a stage ends as root is told by another rule.
            let is_told = is_root(user) && index + 1 == users.len();
            if !is_number && !is_told && !references(user).into_iter().any(|name| args.contains(name)) {
                found.at(step, format!("`{name}` is a name"), "write the user's number, as `id -u` shows it");
            }
        }
    }
}

fn named(step: &Step) -> Option<(&Step, &str)> {
    match &step.what {
        What::User(user) => Some((step, user)),
        _ => None,
    }
}

fn volume_of_root(scene: &Scene<'_>, found: &mut Found) {
    let user = scene.last_step(|what| matches!(what, What::User(_)));
    let Some(What::User(user)) = user.map(|step| &step.what) else { return };
    // A base that is no plain system may have made the folder: `postgres` has its own.
    let is_plain = scene.file.root().is_some_and(|base| PLAIN.contains(&base.name()));
    if is_root(user) || user.is_empty() || !is_plain || is_of_package(scene, user) {
        return;
    }
    let given = Given::of(scene);
    for step in scene.file.final_steps() {
        let What::Volume(paths) = &step.what else { continue };
        for path in paths.iter().filter(|path| path.starts_with('/') && !given.may_include(path)) {
            let message = format!("`{path}` belongs to root, and the service runs as `{user}`");
            found.at(step, message, format!("before it: `RUN mkdir -p {path} && chown {user} {path}`"));
        }
    }
}

/// Whether a user is a name that no step adds: a package brought it, and has made its folders.
fn is_of_package(scene: &Scene<'_>, user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let installs = |command: &Command| !super::packages::installed(command).is_empty();
    // `apk add tor` names the package, and `chown tor` the user.
    let adds =
        |command: &Command| matches!(command.name(), "useradd" | "adduser") || command.has(name) && !installs(command);
    let mut commands = scene.final_runs().flat_map(|run| &run.commands);
    !is_number && !scene.final_runs().any(|run| run.commands.iter().any(adds)) && commands.any(installs)
}

/// Bases that are a system or a language, and have no folders of a service.
const PLAIN: &[&str] =
    &["debian", "ubuntu", "alpine", "python", "node", "golang", "rust", "ruby", "php", "eclipse-temurin", "busybox"];

/// Paths that a step may have given to somebody, and the folders above them.
#[derive(Default)]
struct Given {
    paths: HashSet<String>,
    above: HashSet<String>,
    /// A variable may hold any path.
    is_any: bool,
}

impl Given {
    fn of(scene: &Scene<'_>) -> Self {
        let mut given = Self::default();
        for run in scene.final_runs() {
            let sets_owner =
                |command: &&Command| matches!(command.name(), "chown" | "chmod" | "install" | "useradd" | "adduser");
            run.commands.iter().filter(sets_owner).flat_map(Command::arguments).for_each(|word| given.add(word));
        }
        for step in scene.file.final_steps() {
            if let What::Copy { options, to, .. } = &step.what
                && options.iter().any(|option| option.name == "chown")
            {
                given.add(to);
            }
        }
        given
    }

    fn add(&mut self, word: &str) {
        self.is_any |= word.contains('$');
        let word = word.trim_end_matches(['/', '*']);
        if word.starts_with('/') && word.len() < LONGEST_PATH {
            self.above.extend(above(word).map(str::to_owned));
            self.paths.insert(word.to_owned());
        }
    }

    fn may_include(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.is_any
            || path.len() >= LONGEST_PATH
            || self.above.contains(path)
            || self.paths.contains(path)
            || above(path).any(|folder| self.paths.contains(folder))
    }
}

fn sudo(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        if run.commands.iter().any(|command| command.name() == "sudo") {
            found.at(run.step, "it calls `sudo`", "write `USER root` above it, and the service's user below");
        }
    }
}

fn useradd_log(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        let command = run.commands.iter().find(|command| {
            command.name() == "useradd" && !command.has_option(&["l", "no-log-init"]) && has_high_uid(command)
        });
        if let Some(command) = command {
            let splices = [(command.words[0].end..command.words[0].end, " -l".to_owned())];
            let edits = spliced(scene.file, run.step, &splices, true);
            found.edited(
                run.step,
                "`useradd` with a uid of more than five digits, and without `-l`",
                "add `-l`",
                edits,
            );
        }
    }
}

fn has_high_uid(command: &Command) -> bool {
    let arguments: Vec<&str> = command.arguments().collect();
    let after = arguments.windows(2).filter(|pair| is_uid_option(pair[0])).map(|pair| pair[1]);
    after.into_iter().any(|uid| uid.len() > 5)
}

fn is_uid_option(word: &str) -> bool {
    word == "--uid" || (word.starts_with('-') && !word.starts_with("--") && word.ends_with('u'))
}
