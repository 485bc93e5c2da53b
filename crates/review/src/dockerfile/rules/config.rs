//! Instructions that set the image's config, and those that count once.

use std::collections::HashSet;

use super::super::file::{Step, What};
use super::super::pairs::references;
use super::super::scene::{Found, Scene, spliced};
use super::{Check, joined};
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &WORKDIR_RELATIVE, find: workdir_relative },
    Check { rule: &PORT_RANGE, find: port_range },
    Check { rule: &HEALTH_CHECK_TWICE, find: health_check_twice },
    Check { rule: &CMD_TWICE, find: cmd_twice },
    Check { rule: &ENTRYPOINT_TWICE, find: entrypoint_twice },
    Check { rule: &ENV_REFERS_ITSELF, find: env_refers_itself },
    Check { rule: &LABEL_KEY, find: label_key },
    Check { rule: &MAINTAINER, find: maintainer },
    Check { rule: &ONBUILD_FORBIDDEN, find: onbuild_forbidden },
];

static WORKDIR_RELATIVE: Rule = Rule {
    id: "workdir-relative",
    severity: Severity::Warning,
    title: "WORKDIR is relative",
    why: "Where it leads depends on the base image and on every `WORKDIR` above.",
    bad: "WORKDIR app",
    good: "WORKDIR /app",
};

static PORT_RANGE: Rule = Rule {
    id: "port-range",
    severity: Severity::Error,
    title: "EXPOSE names a port that does not exist",
    why: "Ports go up to 65535: the build fails.",
    bad: "EXPOSE 80000",
    good: "EXPOSE 8000",
};

static HEALTH_CHECK_TWICE: Rule = Rule {
    id: "health-check-twice",
    severity: Severity::Error,
    title: "A stage has several health checks",
    why: "Only the last one counts; whoever changes the first changes nothing.",
    bad: "HEALTHCHECK CMD [\"/app/a\"]\nHEALTHCHECK CMD [\"/app/b\"]",
    good: "HEALTHCHECK CMD [\"/app/b\"]",
};

static CMD_TWICE: Rule = Rule {
    id: "cmd-twice",
    severity: Severity::Warning,
    title: "A stage has several CMDs",
    why: "Only the last one counts: the others start nothing.",
    bad: "CMD [\"/app/migrate\"]\nCMD [\"/app/serve\"]",
    good: "CMD [\"/app/serve\"]",
};

static ENTRYPOINT_TWICE: Rule = Rule {
    id: "entrypoint-twice",
    severity: Severity::Error,
    title: "A stage has several ENTRYPOINTs",
    why: "Only the last one counts: the others start nothing.",
    bad: "ENTRYPOINT [\"/app/wait\"]\nENTRYPOINT [\"/app/serve\"]",
    good: "ENTRYPOINT [\"/app/serve\"]",
};

static ENV_REFERS_ITSELF: Rule = Rule {
    id: "env-refers-itself",
    severity: Severity::Error,
    title: "ENV uses a variable that the same ENV sets",
    why: "All values are expanded before any is set: the variable is empty there, or has its old value.",
    bad: "ENV HOME_DIR=/app DATA=$HOME_DIR/data",
    good: "ENV HOME_DIR=/app\nENV DATA=$HOME_DIR/data",
};

static LABEL_KEY: Rule = Rule {
    id: "label-key",
    severity: Severity::Note,
    title: "A label's key is not as registries and tools expect it",
    why: "Keys are small letters, digits, `.`, `-`, `_` and `/`; `com.docker.`, `io.docker.` and `org.dockerproject.` are Docker's own.",
    bad: "LABEL Maintainer=ann",
    good: "LABEL org.opencontainers.image.authors=ann",
};

static MAINTAINER: Rule = Rule {
    id: "maintainer",
    severity: Severity::Warning,
    title: "MAINTAINER is deprecated",
    why: "It sets one field that tools no longer read; a label says the same to all of them.",
    bad: "MAINTAINER ann@example.com",
    good: "LABEL org.opencontainers.image.authors=\"ann@example.com\"",
};

static ONBUILD_FORBIDDEN: Rule = Rule {
    id: "onbuild-forbidden",
    severity: Severity::Error,
    title: "ONBUILD has an instruction that it cannot have",
    why: "The build of every image that is made from this one fails.",
    bad: "ONBUILD FROM alpine:3.21",
    good: "ONBUILD COPY . /app",
};

fn workdir_relative(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        // Where it is known, as a `WORKDIR` above says.
        let mut folder: Option<String> = None;
        for step in stage.steps.iter().filter(|step| !step.is_deferred) {
            let What::Workdir(path) = &step.what else { continue };
            let is_drive = path.as_bytes().get(1) == Some(&b':');
            if path.starts_with(['/', '$']) || is_drive {
                folder = Some(path.clone());
                continue;
            }
            let whole = folder.as_ref().map(|folder| joined(folder, path));
            let advice = whole.as_ref().map_or_else(
                || "write the whole path, such as `/app`".to_owned(),
                |whole| format!("write the whole path: `{whole}`"),
            );
            found.at(step, format!("`{path}` is relative"), advice);
            folder = whole;
        }
    }
}

fn port_range(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps() {
        let What::Expose(ports) = &step.what else { continue };
        let numbers = ports.iter().flat_map(|port| port.split('/').next().unwrap_or_default().split('-'));
        let is_high = |number: &&str| number.parse::<u64>().is_ok_and(|number| number > 65535);
        if let Some(number) = numbers.into_iter().find(is_high) {
            found.at(step, format!("there is no port {number}"), "ports go up to 65535");
        }
    }
}

/// All but the first of a stage's steps of a kind.
fn again<'a>(scene: &Scene<'a>, is: fn(&What) -> bool) -> Vec<&'a Step> {
    let of_stage = |steps: &'a [Step]| steps.iter().filter(move |step| is(&step.what) && !step.is_deferred).skip(1);
    scene.stages().iter().flat_map(|stage| of_stage(&stage.steps)).collect()
}

fn health_check_twice(scene: &Scene<'_>, found: &mut Found) {
    for step in again(scene, |what| matches!(what, What::Health(_))) {
        found.at(step, "an earlier `HEALTHCHECK` of this stage is lost", "keep one");
    }
}

fn cmd_twice(scene: &Scene<'_>, found: &mut Found) {
    for step in again(scene, |what| matches!(what, What::Cmd(_))) {
        found.at(step, "an earlier `CMD` of this stage is lost", "keep one");
    }
}

fn entrypoint_twice(scene: &Scene<'_>, found: &mut Found) {
    for step in again(scene, |what| matches!(what, What::Entrypoint(_))) {
        found.at(step, "an earlier `ENTRYPOINT` of this stage is lost", "keep one");
    }
}

fn env_refers_itself(scene: &Scene<'_>, found: &mut Found) {
    let mut known: HashSet<&str> = HashSet::new();
    for step in scene.file.globals.iter().chain(scene.file.steps()) {
        match &step.what {
            What::Arg(pairs) => known.extend(pairs.iter().map(|pair| pair.name.as_str())),
            What::Env(pairs) => {
                let new: HashSet<&str> =
                    pairs.iter().map(|pair| pair.name.as_str()).filter(|name| !known.contains(name)).collect();
                let used = pairs.iter().find_map(|pair| {
                    let names = references(pair.value.as_deref().unwrap_or_default());
                    names.into_iter().find(|name| *name != pair.name && new.contains(name))
                });
                if let Some(name) = used {
                    let message = format!("`${name}` has no value yet where it is used");
                    found.at(step, message, "set it in an `ENV` of its own, above");
                }
                known.extend(new);
            }
            _ => {}
        }
    }
}

fn label_key(scene: &Scene<'_>, found: &mut Found) {
    let is_good = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_/".contains(c))
            && !["com.docker.", "io.docker.", "org.dockerproject."].iter().any(|start| key.starts_with(start))
            && !key.contains("..")
            && !key.contains("--")
    };
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        let What::Label(pairs) = &step.what else { continue };
        if let Some(pair) = pairs.iter().find(|pair| !is_good(&pair.name)) {
            let message = format!("the label's key `{}` has another form than tools expect", pair.name);
            found.at(step, message, "write it in small letters, in a namespace of your own");
        }
    }
}

fn maintainer(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        let What::Maintainer(name) = &step.what else { continue };
        let name = name.trim().trim_matches(['"', '\'']).replace(['"', '\\'], "");
        let range = scene.file.lines.range(step.first, step.last);
        let label = format!("LABEL org.opencontainers.image.authors=\"{name}\"");
        // Another field of the config: a person may want to keep the old one.
        let edits = spliced(scene.file, step, &[(range, label)], false);
        found.edited(step, "`MAINTAINER` is deprecated", "write a label", edits);
    }
}

fn onbuild_forbidden(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| step.is_deferred) {
        let name = match &step.what {
            What::Forbidden(name) => name,
            What::Maintainer(_) => "MAINTAINER",
            _ => continue,
        };
        found.at(step, format!("`ONBUILD` cannot have `{name}`"), "leave it out");
    }
}
