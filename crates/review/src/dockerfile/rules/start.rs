//! How the container starts: which process is first, where it listens, what it is told.

use std::ffi::OsStr;
use std::path::Path;

use super::super::file::{Form, What, shell_line};
use super::super::scene::{Found, Scene, Splice, spliced};
use super::super::shell::Command;
use super::{Check, ends_in};
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &SHELL_FORM, find: shell_form },
    Check { rule: &SIGNAL_SWALLOWED, find: signal_swallowed },
    Check { rule: &PACKAGE_MANAGER_STARTS, find: package_manager_starts },
    Check { rule: &DEVELOPMENT_SERVER, find: development_server },
    Check { rule: &LISTENS_ON_LOOPBACK, find: listens_on_loopback },
    Check { rule: &PORT_FIXED, find: port_fixed },
    Check { rule: &EXPOSE_DIFFERS, find: expose_differs },
    Check { rule: &PORT_NEEDS_ROOT, find: port_needs_root },
];

static SHELL_FORM: Rule = Rule {
    id: "shell-form",
    severity: Severity::Warning,
    title: "CMD or ENTRYPOINT is in shell form",
    why: "A shell is then the first process. Unless it gives its place away it gets SIGTERM instead of the service, which is killed after ten seconds with its requests unanswered.",
    bad: "CMD python main.py",
    good: "CMD [\"python\", \"main.py\"]",
};

static SIGNAL_SWALLOWED: Rule = Rule {
    id: "signal-swallowed",
    severity: Severity::Warning,
    title: "A shell may stay the first process, and SIGTERM end with it",
    why: "`docker stop` sends SIGTERM to the first process only. Debian's `sh` stays it, and passes nothing on: the service is killed after ten seconds with its requests unanswered. BusyBox's `sh` and bash give way to the last command of a line, which is easily lost when the line changes.",
    bad: "CMD [\"sh\", \"-c\", \"migrate && uvicorn main:app --port $PORT\"]",
    good: "CMD [\"sh\", \"-c\", \"migrate && exec uvicorn main:app --port $PORT\"]",
};

static PACKAGE_MANAGER_STARTS: Rule = Rule {
    id: "package-manager-starts",
    severity: Severity::Warning,
    title: "A package manager is the first process",
    why: "It starts a shell, which starts the service: signals are lost or answered twice, and some 50 MB of memory go to a process that only waits.",
    bad: "CMD [\"npm\", \"start\"]",
    good: "CMD [\"node\", \"server.js\"]",
};

static DEVELOPMENT_SERVER: Rule = Rule {
    id: "development-server",
    severity: Severity::Warning,
    title: "The service starts in a mode for development",
    why: "It watches files and starts again at changes, answers one request at a time, and may show its sources with an error.",
    bad: "CMD [\"flask\", \"run\", \"--debug\"]",
    good: "CMD [\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"app:app\"]",
};

static LISTENS_ON_LOOPBACK: Rule = Rule {
    id: "listens-on-loopback",
    severity: Severity::Error,
    title: "The service listens on the loopback address only",
    why: "Nothing outside the container reaches it: published ports lead to the container's own address.",
    bad: "CMD [\"uvicorn\", \"main:app\", \"--port\", \"8000\"]",
    good: "CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\"]",
};

static PORT_FIXED: Rule = Rule {
    id: "port-fixed",
    severity: Severity::Error,
    title: "The port is fixed in the start command, and the specification promises a variable",
    why: "Platforms set the variable and expect the service there: it answers on another port, and counts as broken.",
    bad: "- **PORT**: Configurable, defaults to 8000\nCMD [\"uvicorn\", \"main:app\", \"--port\", \"8000\"]",
    good: "CMD [\"sh\", \"-c\", \"exec uvicorn main:app --port ${PORT:-8000}\"]",
};

static EXPOSE_DIFFERS: Rule = Rule {
    id: "expose-differs",
    severity: Severity::Warning,
    title: "EXPOSE names another port than the one where the service listens",
    why: "`docker run -P` and tools that read the config publish a port where nobody answers.",
    bad: "EXPOSE 80\nCMD [\"uvicorn\", \"main:app\", \"--port\", \"8000\"]",
    good: "EXPOSE 8000\nCMD [\"uvicorn\", \"main:app\", \"--port\", \"8000\"]",
};

static PORT_NEEDS_ROOT: Rule = Rule {
    id: "port-needs-root",
    severity: Severity::Note,
    title: "A port below 1024, and a user that is not root",
    why: "Docker allows it since version 20.10; other engines and Kubernetes refuse with `permission denied`.",
    bad: "EXPOSE 80\nUSER 10001:10001",
    good: "EXPOSE 8080\nUSER 10001:10001",
};

fn shell_form(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        let (name, form) = match &step.what {
            What::Cmd(form) => ("CMD", form),
            What::Entrypoint(form) => ("ENTRYPOINT", form),
            _ => continue,
        };
        let Form::Shell { text, commands, .. } = form else { continue };
        let mut edits = Vec::new();
        if let Some(words) = exec_form(text, commands)
            && let Some(at) = scene.file.lines.text[scene.file.lines.range(step.first, step.last)].rfind(text.as_str())
        {
            let start = scene.file.lines.range(step.first, step.last).start + at;
            let splices: [Splice; 1] = [(start..start + text.len(), words)];
            // Another process is then the first one.
            edits = spliced(scene.file, step, &splices, false);
        }
        // A list is not expanded: what needs the shell keeps it.
        let needs_shell = exec_form(text, commands).is_none();
        let advice = if needs_shell { "write `[\"sh\", \"-c\", \"exec …\"]`" } else { "write a JSON list of words" };
        found.edited(step, format!("`{name}` starts a shell"), advice, edits);
    }
}

/// The JSON list of a line that needs no shell.
fn exec_form(text: &str, commands: &[Command]) -> Option<String> {
    let [command] = commands else { return None };
    let is_plain = command.sets.is_empty()
        && command.output_to.is_none()
        && !text.contains(['$', '`', '*', '?', '~', '<', '>', '&', '|', ';', '#', '{']);
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let words = if words.first() == Some(&"exec") { &words[1..] } else { &words[..] };
    let first = words.first()?;
    let quoted: Vec<String> = words.iter().map(|word| serde_json::Value::from(*word).to_string()).collect();
    // What a shell knows itself is no program.
    let is_builtin = ["cd", "source", ".", "export", "set", "eval", "ulimit", "trap"].contains(first);
    (is_plain && !is_builtin).then(|| format!("[{}]", quoted.join(", ")))
}

fn signal_swallowed(scene: &Scene<'_>, found: &mut Found) {
    let Some((step, form)) = scene.start() else { return };
    // The shell form has a rule of its own; that it says `exec` is all that helps there.
    let Form::Exec(words) = form else { return };
    let Some(line) = shell_line(words) else { return };
    let commands = super::super::shell::commands(line, 0, '\\');
    let top: Vec<&Command> =
        commands.iter().filter(|command| !command.is_inside && !command.words.is_empty()).collect();
    let Some(last) = top.last() else { return };
    // Some shells replace themselves by a single simple command; not all do.
    let is_execed = last.words.first().is_some_and(|word| word.text == "exec");
    let waits = ["wait", "tini", "dumb-init"].contains(&last.name()) || line.contains("trap ");
    if !is_execed && !waits {
        let message = format!("a shell starts `{}` and may stay the first process", last.name());
        found.at(step, message, format!("write `exec {} …` in the line", last.name()));
    }
}

/// What starts the service, without what only hands on.
fn started(scene: &Scene<'_>) -> Option<Vec<Command>> {
    let (_, form) = scene.start()?;
    Some(form.commands().into_iter().map(Command::bare).collect())
}

fn package_manager_starts(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, _)), Some(commands)) = (scene.start(), started(scene)) else { return };
    let Some(command) = commands.iter().rev().find(|command| !command.words.is_empty() && !command.is_inside) else {
        return;
    };
    let starts = match (command.name(), command.verb()) {
        ("npm" | "pnpm", verb @ ("start" | "run" | "exec" | "run-script"))
        | ("yarn" | "npx" | "bunx", verb)
        | ("poetry" | "pipenv" | "uv" | "pdm" | "hatch" | "go", verb @ "run")
        | (
            "mvn" | "mvnw" | "gradle" | "gradlew" | "cargo" | "dotnet",
            verb @ ("run" | "spring-boot:run" | "bootRun" | "watch"),
        ) => Some(verb),
        _ => None,
    };
    if let Some(verb) = starts {
        let name = format!("{} {verb}", command.name());
        found.at(
            step,
            format!("`{}` is the first process", name.trim()),
            "start the program itself: `node server.js`, `python main.py`",
        );
    }
}

fn development_server(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, _)), Some(commands)) = (scene.start(), started(scene)) else { return };
    for command in &commands {
        let name = command.name();
        let words: Vec<&str> = command.arguments().collect();
        let why = match name {
            "flask" if words.contains(&"run") => Some("`flask run` is Flask's server for development"),
            "nodemon" | "ts-node-dev" | "tsx" if words.contains(&"watch") || name != "tsx" => {
                Some("it starts again at every change of a file")
            }
            "uvicorn" | "gunicorn" | "hypercorn" if words.contains(&"--reload") => Some("`--reload` watches the files"),
            "fastapi" if words.contains(&"dev") => Some("`fastapi dev` is FastAPI's server for development"),
            "python" | "python3" if words.contains(&"runserver") => {
                Some("`runserver` is Django's server for development")
            }
            "npm" | "yarn" | "pnpm"
                if words.iter().any(|word| matches!(*word, "dev" | "start:dev" | "serve:dev" | "develop")) =>
            {
                Some("it starts the script for development")
            }
            "next" | "vite" | "nuxt" if words.first().is_none_or(|word| *word == "dev") => {
                Some("it is the server for development")
            }
            "php" if words.contains(&"-S") || words.contains(&"serve") => Some("it is PHP's server for development"),
            "dotnet" if words.contains(&"watch") => Some("`dotnet watch` watches the files"),
            "air" | "cargo-watch" | "watchexec" => Some("it starts again at every change of a file"),
            _ => None,
        };
        if let Some(why) = why {
            found.at(step, why, "start the server that is meant for production");
            return;
        }
    }
}

fn listens_on_loopback(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, _)), Some(commands)) = (scene.start(), started(scene)) else { return };
    // It stands before the service, and reaches it there.
    if names_one(&commands, PROXIES) {
        return;
    }
    let set_by_env = scene.file.final_steps().iter().any(|step| {
        matches!(&step.what, What::Env(pairs) if pairs.iter().any(|pair| matches!(pair.name.as_str(), "UVICORN_HOST" | "FLASK_RUN_HOST" | "HOST" | "HOSTNAME")))
    });
    for command in &commands {
        let words: Vec<&str> = command.arguments().collect();
        let is_module = |module: &str| words.windows(2).any(|pair| pair == ["-m", module]);
        let named = words.iter().any(|word| is_loopback(word));
        let has = |options: &[&str]| {
            words
                .iter()
                .any(|word| options.iter().any(|option| word == option || word.starts_with(&format!("{option}="))))
        };
        let silent = match command.name() {
            "uvicorn" => !has(&["--host", "--uds", "--fd"]),
            "python" | "python3" if is_module("uvicorn") => !has(&["--host", "--uds", "--fd"]),
            "flask" if words.contains(&"run") => !has(&["--host", "-h"]),
            "gunicorn" => {
                !has(&["--bind", "-b", "--config", "-c"]) && !sets(scene, "GUNICORN_CMD_ARGS") && !sets(scene, "PORT")
            }
            "hypercorn" => !has(&["--bind", "-b", "--config", "-c"]),
            "fastapi" if words.contains(&"dev") => !has(&["--host"]),
            "python" | "python3" if words.contains(&"runserver") => {
                !words.iter().any(|word| word.contains(':') || word.starts_with("0.0.0.0") || word.contains('$'))
            }
            _ => false,
        };
        if named && command.name() != "curl" {
            found.at(
                step,
                format!("`{}` is told to listen on the loopback address", command.name()),
                "listen on `0.0.0.0`",
            );
            return;
        }
        if silent && !set_by_env {
            found.at(
                step,
                format!("`{}` listens on 127.0.0.1 unless it is told otherwise", command.name()),
                "add the address `0.0.0.0`",
            );
            return;
        }
    }
}

fn sets(scene: &Scene<'_>, name: &str) -> bool {
    scene
        .file
        .final_steps()
        .iter()
        .any(|step| matches!(&step.what, What::Env(pairs) if pairs.iter().any(|pair| pair.name == name)))
}

fn is_loopback(word: &str) -> bool {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    // A URL is what it connects to, unless the option says that it is served.
    let value = if word.starts_with("--urls=") { value.strip_prefix("http://").unwrap_or(value) } else { value };
    matches!(value.split(':').next().unwrap_or_default(), "127.0.0.1" | "localhost") && !value.contains("://")
}

/// The port that a start command names: `--port 8000`, `-b 0.0.0.0:8000`, `-p 3000`.
fn named_port(command: &Command) -> Option<u16> {
    let words: Vec<&str> = command.arguments().collect();
    let after = |options: &[&str]| {
        words.iter().enumerate().find_map(|(at, word)| {
            let joined = options.iter().find_map(|option| word.strip_prefix(option)?.strip_prefix('='));
            joined.or_else(|| options.contains(word).then(|| words.get(at + 1).copied()).flatten())
        })
    };
    let value = match command.name() {
        "uvicorn" | "hypercorn" | "daphne" | "fastapi" | "flask" | "streamlit" | "next" | "puma" | "rackup"
        | "rails" => after(&["--port", "-p", "--bind", "-b", "--server.port"]),
        "gunicorn" => after(&["--bind", "-b"]),
        "python" | "python3" => after(&["--port", "--bind", "-b"]).or_else(|| {
            let at = words.iter().position(|word| *word == "runserver" || *word == "http.server")?;
            words.get(at + 1).copied()
        }),
        "http-server" | "serve" => after(&["-p", "-l", "--port", "--listen"]),
        "java" => words
            .iter()
            .find_map(|word| word.strip_prefix("-Dserver.port=").or_else(|| word.strip_prefix("--server.port="))),
        _ => None,
    }?;
    value.rsplit(':').next()?.parse().ok()
}

fn port_fixed(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, _)), Some(commands)) = (scene.start(), started(scene)) else { return };
    let promised = scene.promises("env.configurable");
    let port_names = ["PORT", "APP_PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT"];
    let variable =
        promised.iter().filter_map(|check| check["variable"].as_str()).find(|name| port_names.contains(name));
    let Some(variable) = variable else { return };
    if let Some(port) = commands.iter().find_map(named_port) {
        let message = format!("the port is always {port}, and the specification promises `{variable}`");
        found.at(
            step,
            message,
            format!("take it from the variable: `[\"sh\", \"-c\", \"exec … ${{{variable}:-{port}}}\"]`"),
        );
    }
}

fn expose_differs(scene: &Scene<'_>, found: &mut Found) {
    let exposed = scene.exposed();
    let (Some((_, step)), Some((port, whence))) = (exposed.first(), listens(scene)) else { return };
    if !exposed.iter().any(|(known, _)| *known == port) && !scene.exposes_variable() {
        let listed: Vec<String> = exposed.iter().map(|(port, _)| port.to_string()).collect();
        found.at(
            step,
            format!("it exposes {}, and the service listens on {port} ({whence})", listed.join(", ")),
            format!("write `EXPOSE {port}`"),
        );
    }
}

/// Servers that stand before a service.
const PROXIES: &[&str] = &["apache2-foreground", "apachectl", "caddy", "envoy", "httpd", "nginx", "supervisord"];

/// Servers that load the code: where they listen, the code does not say.
const LOADERS: &[&str] =
    &["daphne", "flask", "gunicorn", "hypercorn", "pm2-runtime", "uvicorn", "uwsgi", "waitress-serve"];

/// Where the service listens, as the start command or else the code says, and which of them it was; `None` where `ENV` may change it.
pub(super) fn listens(scene: &Scene<'_>) -> Option<(u16, String)> {
    let commands = started(scene).unwrap_or_default();
    // A variable of the build is not known here.
    let by_env = env_port(scene);
    if let Some(port) = commands.iter().find_map(named_port) {
        return by_env.is_none_or(|set| set == port.to_string()).then(|| (port, "the start command".to_owned()));
    }
    let port = scene.project?.code_port.as_ref()?;
    (by_env.is_none() && runs_code_of(scene, &commands, &port.at.path)).then(|| (port.value, format!("`{}`", port.at)))
}

/// Whether the commands run the code that says where it listens, and nothing that says otherwise.
fn runs_code_of(scene: &Scene<'_>, commands: &[Command], path: &str) -> bool {
    const OF_SCRIPTS: &[&str] = &["py", "js", "mjs", "cjs", "ts", "mts", "cts", "rb", "php"];
    let is_told = names_one(commands, PROXIES) || names_one(commands, LOADERS);
    let path = Path::new(path);
    let is_script = path.extension().and_then(OsStr::to_str).is_some_and(|ending| OF_SCRIPTS.contains(&ending));
    let mut words = commands.iter().flat_map(|command| &command.words).map(|word| word.text.as_str()).peekable();
    // What a shell script starts is not known.
    if is_told
        || words.peek().is_none()
        || words.clone().any(|word| ends_in(word, &[".sh"]) || word.contains("entrypoint"))
    {
        return false;
    }
    // `dist/main.js` of `src/main.ts`, `shop.main` of `shop/main.py`; a settings file that reads the variable is another one.
    let is_own = |word: &str| {
        let module = word.rsplit('.').next();
        path.file_stem().is_some_and(|stem| Path::new(word).file_stem() == Some(stem) || stem.to_str() == module)
    };
    let is_read = scene.project.and_then(|project| project.port.as_ref()).is_some_and(|port| port.variable.is_some());
    !is_script || is_read || words.any(is_own)
}

/// Whether a word of the commands is one of these programs: `/usr/sbin/nginx`.
fn names_one(commands: &[Command], programs: &[&str]) -> bool {
    let is_one = |word: &str| programs.contains(&word.rsplit('/').next().unwrap_or(word));
    commands.iter().flat_map(|command| &command.words).any(|word| is_one(&word.text))
}

/// The port that `ENV` sets for the service, as it is written.
fn env_port<'a>(scene: &Scene<'a>) -> Option<&'a str> {
    let own = scene.project.and_then(|project| project.port.as_ref()?.variable.as_ref());
    let is_port = |name: &str| name == "PORT" || own.is_some_and(|own| own.value == name);
    let steps = scene.file.final_steps();
    steps.iter().rev().find_map(|step| match &step.what {
        What::Env(pairs) => pairs.iter().find(|pair| is_port(&pair.name))?.value.as_deref(),
        _ => None,
    })
}

fn port_needs_root(scene: &Scene<'_>, found: &mut Found) {
    let user = scene.last_step(|what| matches!(what, What::User(_)));
    let Some(What::User(user)) = user.map(|step| &step.what) else { return };
    if matches!(user.split(':').next().unwrap_or_default(), "root" | "0" | "") {
        return;
    }
    if let Some((port, step)) = scene.exposed().iter().find(|(port, _)| (1..1024).contains(port)) {
        found.at(step, format!("port {port}, as the user `{user}`"), "listen above 1023, and publish as `-p 80:8080`");
    }
}
