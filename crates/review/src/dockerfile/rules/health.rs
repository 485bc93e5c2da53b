//! The health check: whether there is one, and whether it can work.

use super::super::file::{Base, Form, Step, What};
use super::super::scene::{Found, Scene};
use super::super::shell::Command;
use super::Check;
use crate::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check { rule: &HEALTH_CHECK_MISSING, find: missing },
    Check { rule: &HEALTH_CHECK_SHELL_FORM, find: shell_form },
    Check { rule: &HEALTH_CHECK_NO_SHELL, find: no_shell },
    Check { rule: &HEALTH_CHECK_TOOL, find: tool },
    Check { rule: &HEALTH_CHECK_HEAD, find: head },
    Check { rule: &HEALTH_CHECK_LOCALHOST, find: localhost },
    Check { rule: &HEALTH_CHECK_PORT, find: port },
    Check { rule: &HEALTH_CHECK_ALWAYS_PASSES, find: always_passes },
];

static HEALTH_CHECK_MISSING: Rule = Rule {
    id: "health-check-missing",
    severity: Severity::Warning,
    title: "A service that listens has no health check",
    why: "The engine then takes a hung process for a healthy one, and nothing waits for the service to be ready.",
    bad: "EXPOSE 8000\nCMD [\"python\", \"main.py\"]",
    good: "EXPOSE 8000\nHEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=3)\"]\nCMD [\"python\", \"main.py\"]",
};

static HEALTH_CHECK_SHELL_FORM: Rule = Rule {
    id: "health-check-shell-form",
    severity: Severity::Note,
    title: "The health check is in shell form",
    why: "It needs a shell in the image, and starts one every time.",
    bad: "HEALTHCHECK CMD wget -q -O /dev/null http://127.0.0.1:8000/health || exit 1",
    good: "HEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8000/health\"]",
};

static HEALTH_CHECK_NO_SHELL: Rule = Rule {
    id: "health-check-no-shell",
    severity: Severity::Error,
    title: "The health check needs a shell, and the image has none",
    why: "It fails every time: the container is never healthy.",
    bad: "FROM gcr.io/distroless/static-debian12\nHEALTHCHECK CMD /app/service --health",
    good: "FROM gcr.io/distroless/static-debian12\nHEALTHCHECK CMD [\"/app/service\", \"--health\"]",
};

static HEALTH_CHECK_TOOL: Rule = Rule {
    id: "health-check-tool",
    severity: Severity::Error,
    title: "The health check calls a program that the image does not have",
    why: "It fails every time: the container is never healthy, and what waits for it never starts.",
    bad: "FROM python:3.12-slim\nHEALTHCHECK CMD [\"curl\", \"-f\", \"http://127.0.0.1:8000/health\"]",
    good: "FROM python:3.12-slim\nHEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=3)\"]",
};

static HEALTH_CHECK_HEAD: Rule = Rule {
    id: "health-check-head",
    severity: Severity::Warning,
    title: "The health check asks by HEAD, and the route answers GET only",
    why: "GNU's `wget --spider` and `curl -I` ask by HEAD; some frameworks answer that with 405 or 404 where only GET is declared: the check fails while the service is well.",
    bad: "HEALTHCHECK CMD [\"wget\", \"-q\", \"--spider\", \"http://127.0.0.1:8000/health\"]",
    good: "HEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8000/health\"]",
};

static HEALTH_CHECK_LOCALHOST: Rule = Rule {
    id: "health-check-localhost",
    severity: Severity::Note,
    title: "The health check asks localhost",
    why: "`localhost` may be `::1` first; a service that listens on 0.0.0.0 refuses there, and some clients do not try the other address.",
    bad: "HEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://localhost:8000/health\"]",
    good: "HEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8000/health\"]",
};

static HEALTH_CHECK_PORT: Rule = Rule {
    id: "health-check-port",
    severity: Severity::Warning,
    title: "The health check asks another port than the service has",
    why: "Nobody answers there: the container is never healthy.",
    bad: "EXPOSE 8000\nHEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8080/health\"]",
    good: "EXPOSE 8000\nHEALTHCHECK CMD [\"wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8000/health\"]",
};

static HEALTH_CHECK_ALWAYS_PASSES: Rule = Rule {
    id: "health-check-always-passes",
    severity: Severity::Warning,
    title: "The health check passes when the service is broken",
    why: "`curl` without `-f` succeeds at a 500, too; `|| true` and `exit 0` succeed always.",
    bad: "HEALTHCHECK CMD [\"curl\", \"http://127.0.0.1:8000/health\"]",
    good: "HEALTHCHECK CMD [\"curl\", \"-f\", \"http://127.0.0.1:8000/health\"]",
};

/// The image's health check.
fn check<'a>(scene: &Scene<'a>) -> Option<(&'a Step, &'a Form)> {
    let step = scene.last_step(|what| matches!(what, What::Health(_)))?;
    match &step.what {
        What::Health(Some(form)) => Some((step, form)),
        _ => None,
    }
}

fn missing(scene: &Scene<'_>, found: &mut Found) {
    let has_check = scene.last_step(|what| matches!(what, What::Health(_))).is_some();
    let (Some(stage), Some(root)) = (scene.file.last(), scene.file.root()) else { return };
    // Where the code has no path for it there is nothing to ask. Without a shell and a client nothing in the image can ask, unless the service itself does.
    let has_path = scene.project.is_none_or(|project| project.language.is_none() || project.health.is_some());
    if has_check || !has_path || scene.exposed().is_empty() || root.has_no_shell() {
        return;
    }
    let mut ports: Vec<u16> = scene.exposed().iter().map(|(port, _)| *port).collect();
    // `53/tcp 53/udp`
    ports.dedup();
    found.stage(
        stage,
        format!("it exposes {}, and has no `HEALTHCHECK`", listed(&ports)),
        "ask the service on 127.0.0.1, with a program that the image has",
    );
}

fn shell_form(scene: &Scene<'_>, found: &mut Found) {
    for step in scene.file.steps().filter(|step| !step.is_deferred) {
        if matches!(&step.what, What::Health(Some(Form::Shell { .. }))) {
            found.at(
                step,
                "a shell runs the health check",
                "write a JSON list of words; a check without `|| exit 1` fails as well",
            );
        }
    }
}

fn no_shell(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, form)), Some(root)) = (check(scene), scene.file.root()) else { return };
    let needs_shell = match form {
        Form::Shell { .. } => true,
        Form::Exec(words) => super::super::file::shell_line(words).is_some(),
    };
    let copies_shell = scene.file.final_steps().iter().any(|step| {
        matches!(&step.what, What::Copy { to, sources, .. }
            if to.ends_with("/sh") || to.contains("busybox") || to == "/" || to.starts_with("/bin") || format!("{sources:?}").contains("busybox"))
    });
    if needs_shell && root.has_no_shell() && !copies_shell {
        found.at(
            step,
            format!("`{}` has no shell", root.image),
            "write a JSON list of words, of a program that is in the image",
        );
    }
}

/// Whether an image is known to be without a program.
fn lacks(base: &Base, tool: &str) -> bool {
    let tag = base.tag().unwrap_or_default();
    let is_language = ["python", "node", "ruby", "rust", "golang", "openjdk"].contains(&base.name());
    if base.has_no_shell() {
        return true;
    }
    if base.image.contains("mcr.microsoft.com/dotnet/") {
        return if tag.contains("alpine") {
            tool == "curl"
        } else {
            !tag.contains("sdk") && !base.image.contains("/sdk")
        };
    }
    match (base.is_alpine(), base.name()) {
        // Its busybox has a wget.
        (true, _) => tool == "curl" && (is_language || base.name() == "alpine"),
        (false, "debian" | "ubuntu") => true,
        (false, "busybox") => tool == "curl",
        (false, _) => is_language && tag.contains("slim"),
    }
}

fn tool(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, form)), Some(root)) = (check(scene), scene.file.root()) else { return };
    let commands = form.commands();
    let Some(tool) = commands.iter().map(Command::name).find(|name| matches!(*name, "curl" | "wget")) else { return };
    if lacks(root, tool) && !may_have(scene, tool) {
        found.at(
            step,
            format!("`{tool}` is neither in `{}` nor installed", root.image),
            "ask with the language's own client, or install it",
        );
    }
}

/// Whether a step may have put a program into the image.
fn may_have(scene: &Scene<'_>, tool: &str) -> bool {
    scene.file.final_steps().iter().any(|step| match &step.what {
        What::Run { form, .. } => form.commands().iter().any(|command| {
            let packages = super::packages::installed(command);
            packages.iter().any(|package| package.split(['=', '~']).next() == Some(tool) || package.contains('$'))
                || command.name() == "sh"
                || command.arguments().any(|word| word.contains("xargs") || word.ends_with(&format!("/{tool}")))
        }),
        What::Copy { sources, to, .. } => {
            to.ends_with(tool)
                || to == "/"
                || format!("{sources:?}").contains(tool)
                || format!("{sources:?}").contains("busybox")
        }
        _ => false,
    })
}

fn has_busybox(base: &Base) -> bool {
    base.name() == "busybox" || base.is_alpine()
}

/// Frameworks in which a route for GET does not answer HEAD.
const GET_ONLY: &[&str] = &["FastAPI", "Gin", "Echo", "chi", "Actix Web"];

fn head(scene: &Scene<'_>, found: &mut Found) {
    let (Some((step, form)), Some(project)) = (check(scene), scene.project) else { return };
    // BusyBox's wget asks by GET, also with `--spider`.
    let is_busybox = scene.file.root().is_some_and(has_busybox) && !may_have(scene, "wget");
    let asks = form.commands().iter().any(|command| match command.name() {
        "wget" => command.has("--spider") && !is_busybox,
        "curl" => command.has_option(&["I", "head"]),
        _ => false,
    });
    let framework = project.framework.as_ref().map(|framework| framework.value.name);
    let Some(framework) = framework.filter(|name| asks && GET_ONLY.contains(name)) else { return };
    // The survey found the route in the code, and nothing there that speaks of HEAD.
    let route = project.health.as_ref().filter(|route| route.at.path != seaworthy_init::DOCKERFILE);
    let is_asked = |path: &str| form.text().contains(path);
    if let Some(route) = route.filter(|route| is_asked(&route.value) && project.head.is_none()) {
        let message = format!(
            "it asks for `{}` by HEAD, and in {framework} a route for GET does not answer that ({})",
            route.value, route.at
        );
        found.at(step, message, "`wget -q -O /dev/null URL`, or `curl -f`, asks by GET");
    }
}

fn localhost(scene: &Scene<'_>, found: &mut Found) {
    let Some((step, form)) = check(scene) else { return };
    let text = form.text();
    if text.contains("//localhost") || text.contains("@localhost") {
        let range = scene.file.lines.range(step.first, step.last);
        let line = scene.file.lines.text[range.clone()].replace("//localhost", "//127.0.0.1");
        // Where the service listens on `::1` only, it would no longer be reached.
        let edits = super::super::scene::spliced(scene.file, step, &[(range, line)], false);
        found.edited(step, "`localhost` may be `::1`", "ask 127.0.0.1", edits);
    }
}

/// The port of the URL that a check asks for.
fn asked_port(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("://")?;
    let host = rest.split(['/', '"', '\'', ' ', '?']).next()?;
    match host.rsplit_once(':') {
        Some((_, port)) => port.parse().ok(),
        None if host.contains('$') || host.is_empty() => None,
        None => Some(if text.contains("https://") { 443 } else { 80 }),
    }
}

fn port(scene: &Scene<'_>, found: &mut Found) {
    let Some((step, form)) = check(scene) else { return };
    let is_local = ["//localhost", "//127.0.0.1", "//0.0.0.0"].iter().any(|host| form.text().contains(host));
    let Some(asked) = asked_port(&form.text()).filter(|_| is_local) else { return };
    let exposed: Vec<u16> = scene.exposed().iter().map(|(port, _)| *port).collect();
    let wrong = match super::start::listens(scene) {
        Some((port, whence)) => (port != asked).then(|| format!("the service listens on {port} ({whence})")),
        // `EXPOSE $PORT` may be any.
        None if exposed.is_empty() || exposed.contains(&asked) || scene.exposes_variable() => None,
        None => Some(format!("the image exposes {}", listed(&exposed))),
    };
    if let Some(wrong) = wrong {
        found.at(step, format!("it asks port {asked}, and {wrong}"), "ask the port where the service listens");
    }
}

/// `80, 443`
fn listed(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

fn always_passes(scene: &Scene<'_>, found: &mut Found) {
    let Some((step, form)) = check(scene) else { return };
    let commands = form.commands();
    let last = commands.iter().rev().find(|command| !command.is_inside);
    let is_true = last.is_some_and(|command| {
        matches!(command.name(), "true" | ":") || (command.name() == "exit" && command.has("0"))
    });
    let fails_not = |command: &Command| {
        command.name() == "curl" && !command.has_option(&["f", "fail", "fail-with-body"]) && !command.is_piped
    };
    let is_looked_at = form.text().contains("grep")
        || form.text().contains("$(")
        || form.text().contains('[')
        || form.text().contains("http_code");
    if is_true {
        found.at(step, "it succeeds whatever the service answers", "let the request's own exit code count");
    } else if commands.iter().any(fails_not) && !is_looked_at {
        found.at(step, "`curl` without `-f` succeeds at an error, too", "add `-f`");
    }
}
