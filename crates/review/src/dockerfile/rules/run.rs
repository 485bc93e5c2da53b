//! What `RUN` does: programs that have no place there, layers, pipes, downloads.

use std::collections::HashSet;

use super::super::file::What;
use super::super::scene::{Found, Scene, Splice, spliced};
use super::super::shell::Command;
use super::{Check, quoted};
use crate::{Edit, Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &USELESS_COMMAND, find: useless_command },
    Check { rule: &CD_IN_RUN, find: cd_in_run },
    Check { rule: &CONSECUTIVE_RUNS, find: consecutive_runs },
    Check { rule: &WGET_PROGRESS, find: wget_progress },
    Check { rule: &WGET_AND_CURL, find: wget_and_curl },
    Check { rule: &SHELL_REPLACED, find: shell_replaced },
    Check { rule: &PIPEFAIL_MISSING, find: pipefail_missing },
    Check { rule: &REMOVED_TOO_LATE, find: removed_too_late },
    Check { rule: &OPEN_TO_ALL, find: open_to_all },
    Check { rule: &DOWNLOAD_UNVERIFIED, find: download_unverified },
    Check { rule: &CHOWN_LAYER, find: chown_layer },
];

static USELESS_COMMAND: Rule = Rule {
    id: "useless-command",
    severity: Severity::Note,
    title: "A build step calls a program that has nothing to do there",
    why: "There is no running system while an image is built: no services, no other processes, no terminal.",
    bad: "RUN service nginx start",
    good: "CMD [\"nginx\", \"-g\", \"daemon off;\"]",
};

static CD_IN_RUN: Rule = Rule {
    id: "cd-in-run",
    severity: Severity::Note,
    title: "A build step changes the folder with cd",
    why: "It holds until the end of this `RUN` only; `WORKDIR` holds for every step below, and for the service.",
    bad: "RUN cd /app && make",
    good: "WORKDIR /app\nRUN make",
};

static CONSECUTIVE_RUNS: Rule = Rule {
    id: "consecutive-runs",
    severity: Severity::Note,
    title: "Two RUNs follow each other and could be one",
    why: "Each is a layer of its own; what the second one removes stays in the first.",
    bad: "RUN apt-get update\nRUN apt-get install -y curl=8.5.0",
    good: "RUN apt-get update && apt-get install -y curl=8.5.0",
};

static WGET_PROGRESS: Rule = Rule {
    id: "wget-progress",
    severity: Severity::Note,
    title: "wget writes its progress into the build's log",
    why: "A large file makes thousands of lines in which errors are not found.",
    bad: "RUN wget https://example.com/tool.tar.gz",
    good: "RUN wget -q https://example.com/tool.tar.gz",
};

static WGET_AND_CURL: Rule = Rule {
    id: "wget-and-curl",
    severity: Severity::Note,
    title: "A stage uses both wget and curl",
    why: "One is enough; the other is one more program to install and to keep safe.",
    bad: "RUN wget -q https://example.com/a\nRUN curl -fsSO https://example.com/b",
    good: "RUN curl -fsSO https://example.com/a && curl -fsSO https://example.com/b",
};

static SHELL_REPLACED: Rule = Rule {
    id: "shell-replaced",
    severity: Severity::Warning,
    title: "A build step puts another shell in the place of /bin/sh",
    why: "Every script in the image then runs in a shell that it was not written for. `SHELL` changes it for this file only.",
    bad: "RUN ln -sf /bin/bash /bin/sh",
    good: "SHELL [\"/bin/bash\", \"-c\"]",
};

static PIPEFAIL_MISSING: Rule = Rule {
    id: "pipefail-missing",
    severity: Severity::Warning,
    title: "A failure before a pipe is not seen",
    why: "A pipe fails only if its last command does: a download that breaks off is unpacked as far as it came, and the build goes on.",
    bad: "RUN curl -fsS https://example.com/install.tgz | tar xz",
    good: "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN curl -fsS https://example.com/install.tgz | tar xz",
};

static REMOVED_TOO_LATE: Rule = Rule {
    id: "removed-too-late",
    severity: Severity::Warning,
    title: "What an earlier step made is removed in a later one",
    why: "The earlier layer keeps it: the image is no smaller, and who unpacks the layers can still read it.",
    bad: "COPY id_rsa /root/.ssh/\nRUN git clone git@example.com:acme/app\nRUN rm /root/.ssh/id_rsa",
    good: "RUN --mount=type=ssh git clone git@example.com:acme/app",
};

static OPEN_TO_ALL: Rule = Rule {
    id: "open-to-all",
    severity: Severity::Warning,
    title: "Files are made writable for everybody",
    why: "Any process in the container can then change the program that runs.",
    bad: "RUN chmod -R 777 /app",
    good: "RUN chown -R 10001:10001 /app/data",
};

static DOWNLOAD_UNVERIFIED: Rule = Rule {
    id: "download-unverified",
    severity: Severity::Warning,
    title: "A download is not checked",
    why: "Without TLS, or with its check turned off, whoever stands between puts another program into the image.",
    bad: "RUN curl -k https://example.com/install.sh | sh",
    good: "RUN curl -fsSo install.sh https://example.com/install.sh && echo \"9f86d0… install.sh\" | sha256sum -c",
};

static CHOWN_LAYER: Rule = Rule {
    id: "chown-layer",
    severity: Severity::Note,
    title: "A step changes the owner of what was copied",
    why: "Every file is then in the image twice, once with each owner. `COPY --chown` needs no second layer.",
    bad: "COPY . /app\nRUN chown -R 10001:10001 /app",
    good: "COPY --chown=10001:10001 . /app",
};

fn useless_command(scene: &Scene<'_>, found: &mut Found) {
    const USELESS: &[&str] = &["free", "kill", "mount", "ps", "service", "shutdown", "ssh", "top", "vim"];
    for run in scene.runs() {
        let mut names: Vec<&str> =
            run.commands.iter().map(Command::name).filter(|name| USELESS.contains(name)).collect();
        names.dedup();
        if !names.is_empty() {
            found.at(
                run.step,
                format!("{} does nothing useful in a build", quoted(&names)),
                "leave it out, or call it where the container starts",
            );
        }
    }
}

fn cd_in_run(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        if !run.step.is_deferred && run.commands.iter().any(|command| command.name() == "cd") {
            found.at(run.step, "`cd` holds in this `RUN` only", "write `WORKDIR` above it");
        }
    }
}

fn consecutive_runs(scene: &Scene<'_>, found: &mut Found) {
    let count = |commands: &[Command]| commands.iter().filter(|command| !command.words.is_empty()).count();
    for stage in scene.stages() {
        let mut before: Option<(usize, &Vec<super::super::pairs::Pair>)> = None;
        for step in &stage.steps {
            let What::Run { options, form } = &step.what else {
                before = None;
                continue;
            };
            let number = count(&form.commands());
            match before {
                // Long chains and other mounts are apart on purpose.
                Some((known, same)) if same == options && known <= 1 && number <= 1 && !step.is_deferred => {
                    found.at(step, "it follows another `RUN`", "join them with `&&`, unless one changes more often");
                }
                _ => before = Some((number, options)),
            }
        }
    }
}

fn wget_progress(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        let is_loud = |command: &&Command| {
            command.name() == "wget"
                && !command.has_option(&[
                    "progress",
                    "q",
                    "quiet",
                    "o",
                    "output-file",
                    "a",
                    "append-output",
                    "no-verbose",
                ])
                && !command.has("-nv")
        };
        let loud: Vec<&Command> = run.commands.iter().filter(is_loud).collect();
        if !loud.is_empty() {
            let splices: Vec<Splice> =
                loud.iter().map(|command| (command.words[0].end..command.words[0].end, " -q".to_owned())).collect();
            found.edited(
                run.step,
                "`wget` shows its progress",
                "add `-q`",
                spliced(scene.file, run.step, &splices, true),
            );
        }
    }
}

fn wget_and_curl(scene: &Scene<'_>, found: &mut Found) {
    let (mut stage, mut seen) = (0, Vec::new());
    for run in scene.runs() {
        if run.stage != stage {
            (stage, seen) = (run.stage, Vec::new());
        }
        let names = run.commands.iter().map(Command::name).filter(|name| matches!(*name, "wget" | "curl"));
        let names: Vec<String> = names.map(str::to_owned).collect();
        for name in &names {
            if !seen.contains(name) {
                seen.push(name.clone());
            }
        }
        if !names.is_empty() && seen.len() > 1 {
            found.at(run.step, "this stage uses both `wget` and `curl`", "use one of them");
        }
    }
}

fn shell_replaced(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        if run.commands.iter().any(|command| command.name() == "ln" && command.has("/bin/sh")) {
            found.at(run.step, "it replaces `/bin/sh`", "write `SHELL [\"/bin/bash\", \"-c\"]` above it");
        }
    }
}

fn pipefail_missing(scene: &Scene<'_>, found: &mut Found) {
    let mut set = vec![false; scene.stages().len()];
    for (index, stage) in scene.stages().iter().enumerate() {
        // A stage has the shell of the one that it is made from.
        set[index] = stage.base.stage.is_some_and(|parent| set[parent]);
        for step in &stage.steps {
            match &step.what {
                What::Shell(words) => set[index] = minds_pipes(words),
                What::Run { form, .. } if !set[index] => {
                    let commands = form.commands();
                    let sets_itself = commands.iter().any(|command| command.name() == "set" && command.has("pipefail"));
                    if commands.iter().any(|command| command.is_piped) && !(sets_itself && is_bash(&stage.steps, step))
                    {
                        let is_alpine = scene.stages()[stage.origin].base.is_alpine();
                        let shell = if is_alpine { "ash" } else { "bash" };
                        let line = format!("SHELL [\"/bin/{shell}\", \"-o\", \"pipefail\", \"-c\"]");
                        let advice = format!("write `{line}` above it");
                        // The image must have the shell.
                        let edit = Edit { first: step.first, last: step.first - 1, text: line, is_safe: false };
                        found.edited(step, "a failure before the pipe is not seen", advice, vec![edit]);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a `SHELL` above a step, or the step's own words, is one that knows `pipefail`.
fn is_bash(steps: &[super::super::file::Step], before: &super::super::file::Step) -> bool {
    let shell = steps.iter().take_while(|step| step.first < before.first).filter_map(|step| match &step.what {
        What::Shell(words) => words.first(),
        _ => None,
    });
    let own = match &before.what {
        What::Run { form: super::super::file::Form::Exec(words), .. } => words.first(),
        _ => None,
    };
    own.or(shell.last()).is_some_and(|shell| shell.ends_with("bash") || shell.ends_with("zsh"))
}

fn minds_pipes(words: &[String]) -> bool {
    let shell = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let is_other = ["pwsh", "powershell", "cmd"].iter().any(|known| shell.starts_with(known));
    let has_option =
        words.windows(2).any(|pair| pair[0].starts_with('-') && pair[0].ends_with('o') && pair[1] == "pipefail");
    is_other || (matches!(shell, "bash" | "zsh" | "ash") && has_option)
}

fn removed_too_late(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let mut made: HashSet<String> = HashSet::new();
        for step in &stage.steps {
            match &step.what {
                What::Copy { sources, to, .. } => made.extend(copied_to(sources, to)),
                What::Run { form, options } => {
                    let commands = form.commands();
                    let gone = commands.iter().filter(|command| command.name() == "rm").flat_map(Command::arguments);
                    let gone: Vec<&str> = gone.filter(|path| path.starts_with('/') && !path.contains('$')).collect();
                    let late: Vec<&str> = gone.into_iter().filter(|path| made.contains(*path)).collect();
                    let is_last = options.is_empty() && !late.is_empty();
                    if is_last {
                        found.at(
                            step,
                            format!("{} stays in the layer that copied it", quoted(&late)),
                            "do not copy it, or remove it in the step that made it",
                        );
                    }
                    made.extend(
                        commands
                            .iter()
                            .filter(|command| matches!(command.name(), "wget" | "curl"))
                            .filter_map(downloaded),
                    );
                }
                _ => {}
            }
        }
    }
}

/// Absolute paths that a `COPY` makes.
fn copied_to(sources: &[super::super::file::Source], to: &str) -> Vec<String> {
    use super::super::file::Source;
    if !to.starts_with('/') {
        return Vec::new();
    }
    let into = |source: &Source| match source {
        Source::Path(path) => {
            path.rsplit('/').find(|part| !part.is_empty()).map(|name| format!("{}/{name}", to.trim_end_matches('/')))
        }
        Source::HereDocument => None,
    };
    let mut all: Vec<String> = sources.iter().filter_map(into).collect();
    if !to.ends_with('/') {
        all.push(to.to_owned());
    }
    all
}

/// The absolute path that a download goes to.
fn downloaded(command: &Command) -> Option<String> {
    let words: Vec<&str> = command.arguments().collect();
    let option = words.windows(2).find(|pair| matches!(pair[0], "-o" | "-O" | "--output" | "--output-document"));
    let path = option.map(|pair| pair[1].to_owned()).or_else(|| command.output_to.clone())?;
    path.starts_with('/').then_some(path)
}

fn open_to_all(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        let opens = |command: &&Command| {
            command.name() == "chmod"
                && command
                    .arguments()
                    .any(|word| matches!(word, "777" | "0777" | "a+rwx" | "ugo+rwx" | "o+w" | "a+w" | "666"))
        };
        if let Some(command) = run.commands.iter().find(opens) {
            let paths: Vec<&str> =
                command.operands().skip(1).map(|word| word.text.as_str()).filter(|path| *path != "/tmp").collect();
            if !paths.is_empty() {
                found.at(
                    run.step,
                    format!("everybody may write to {}", quoted(&paths)),
                    "give it to the service's user with `chown`",
                );
            }
        }
    }
}

fn download_unverified(scene: &Scene<'_>, found: &mut Found) {
    for run in scene.runs() {
        for command in &run.commands {
            let turned_off = match command.name() {
                "curl" => command.has_option(&["k", "insecure"]).then_some("`curl -k` takes any certificate"),
                "wget" => command
                    .has("--no-check-certificate")
                    .then_some("`wget --no-check-certificate` takes any certificate"),
                "apt-get" | "apt" => command.has_any(&["--allow-unauthenticated", "--force-yes"]).then_some(UNSIGNED),
                "apk" => command.has("--allow-untrusted").then_some(UNSIGNED),
                _ => None,
            };
            let open = matches!(command.name(), "curl" | "wget")
                && command.operands().any(|word| word.text.starts_with("http://") && !is_local(&word.text))
                && !checks(&run.commands);
            let message = turned_off.or(open.then_some("it downloads without TLS, and compares no checksum"));
            if let Some(message) = message {
                let advice = if message == UNSIGNED {
                    "leave the option out, and add the key that signs the packages"
                } else {
                    "use `https://`, and compare a checksum with `sha256sum -c`"
                };
                found.at(run.step, message, advice);
                break;
            }
        }
    }
}

const UNSIGNED: &str = "packages are installed without a check of their signatures";

fn is_local(url: &str) -> bool {
    ["http://localhost", "http://127.", "http://[::1]"].iter().any(|start| url.starts_with(start))
}

fn checks(commands: &[Command]) -> bool {
    let sums = ["sha256sum", "sha512sum", "sha1sum", "shasum", "gpg", "gpgv", "cosign", "minisign"];
    commands.iter().any(|command| sums.contains(&command.name()))
}

fn chown_layer(scene: &Scene<'_>, found: &mut Found) {
    for stage in scene.stages() {
        let mut copied: HashSet<String> = HashSet::new();
        let mut folder = String::from("/");
        for step in &stage.steps {
            match &step.what {
                What::Workdir(path) => folder = super::joined(&folder, path),
                What::Copy { to, .. } => _ = copied.insert(super::joined(&folder, to)),
                What::Run { form, .. } => {
                    let commands = form.commands();
                    let chown = commands.iter().find(|command| {
                        command.name() == "chown"
                            && command.has_option(&["R", "recursive"])
                            && command
                                .operands()
                                .skip(1)
                                .any(|word| copied.contains(&super::joined(&folder, &word.text)))
                    });
                    if chown.is_some() {
                        found.at(
                            step,
                            "it copies every file into a second layer, with another owner",
                            "`COPY --chown` sets the owner at once",
                        );
                    }
                }
                _ => {}
            }
        }
    }
}
