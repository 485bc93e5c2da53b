//! `image.exec_form`: Entrypoint is in exec form.

use seaworthy_spec::CommandPart;

use super::{Facts, command};
use crate::Finding;

/// The part of the command that is named begins with the program itself, and not with a shell that reads a line.
///
/// A Dockerfile's shell form leaves `/bin/sh -c LINE` in the config, as the exec form of just that does: they are one.
pub fn exec_form(facts: &Facts, part: CommandPart) -> Finding {
    let (entrypoint, cmd) = (facts.config.entrypoint(), facts.config.cmd());
    // Behind an entrypoint the command is its arguments.
    let whole = [entrypoint.clone(), cmd.clone()].concat();
    let of_entrypoint = || judged("entrypoint", if entrypoint.is_empty() { &entrypoint } else { &whole });
    match part {
        CommandPart::Entrypoint => of_entrypoint(),
        CommandPart::Command => judged("command", &cmd),
        CommandPart::Both => of_entrypoint().and(judged("command", &cmd)),
    }
}

fn judged(name: &str, words: &[String]) -> Finding {
    let shown = super::first(&words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>(), 6);
    match words {
        [] => Finding::unproven(format!("the config sets no {name}")),
        _ if command::is_shell_line(words) || behind_env(words).is_some_and(command::is_shell_line) => {
            Finding::fail(format!("the {name} is a line for a shell: {shown}"))
        }
        [program, rest @ ..] => {
            let finding = Finding::pass(format!("the {name} starts `{program}`"));
            let behind = (1..words.len()).any(|at| command::is_shell_line(&words[at..]));
            if behind && !rest.is_empty() {
                return finding.warn(format!("a line for a shell follows: {shown}"));
            }
            finding
        }
    }
}

/// `SHELL ["/usr/bin/env", "bash", "-c"]` makes a shell form, too.
fn behind_env(words: &[String]) -> Option<&[String]> {
    let (program, rest) = words.split_first()?;
    let is_setting = |word: &String| word.contains('=') || word.starts_with('-');
    let from = rest.iter().position(|word| !is_setting(word))?;
    (program.rsplit('/').next() == Some("env")).then(|| &rest[from..])
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass, Unproven};
    use serde_json::{Value, json};

    use super::*;
    use crate::image::tests::Sample;

    #[track_caller]
    fn check(entrypoint: &Value, cmd: &Value, part: CommandPart, verdict: seaworthy_report::Verdict) -> Finding {
        let facts = Sample::new().config("Entrypoint", entrypoint.clone()).config("Cmd", cmd.clone()).facts();
        let found = exec_form(&facts, part);
        assert_eq!(found.verdict, verdict, "{entrypoint} {cmd} {part:?}: {found:?}");
        found
    }

    #[test]
    fn a_line_for_a_shell_is_no_exec_form() {
        use CommandPart::{Both, Command, Entrypoint};
        check(&json!(["/app", "serve"]), &json!(null), Entrypoint, Pass);
        check(&json!(["/bin/sh", "-c", "/app serve"]), &json!(null), Entrypoint, Fail);
        check(&json!(["/bin/bash", "-lc", "exec /app"]), &json!(null), Entrypoint, Fail);
        check(&json!(["/bin/bash", "-o", "pipefail", "-c", "/app"]), &json!(null), Entrypoint, Fail);
        check(&json!(["/bin/sh"]), &json!(["-c", "/app"]), Entrypoint, Fail);
        check(&json!(["/usr/bin/env", "bash", "-c", "/app"]), &json!(null), Entrypoint, Fail);
        check(&json!(["/usr/bin/env", "A=b", "/app"]), &json!(null), Entrypoint, Pass);
        check(&json!(["/usr/bin/busybox", "sh", "-c", "/app"]), &json!(null), Entrypoint, Fail);
        // A script is a program of its own.
        check(&json!(["/bin/sh", "/entrypoint.sh"]), &json!(null), Entrypoint, Pass);
        check(&json!(["/app", "-c", "/etc/app.conf"]), &json!(null), Entrypoint, Pass);
        let shown = check(&json!(["/tini", "--", "sh", "-c", "/app"]), &json!(null), Entrypoint, Pass);
        assert!(shown.warnings[0].contains("a line for a shell follows"), "{shown:?}");
        check(&json!(null), &json!(["/app"]), Entrypoint, Unproven);
        check(&json!(null), &json!(["/app"]), Command, Pass);
        check(&json!(["/app"]), &json!(["/bin/sh", "-c", "x"]), Command, Fail);
        check(&json!(["/app"]), &json!(["serve"]), Both, Pass);
        check(&json!(["/app"]), &json!(null), Both, Unproven);
        check(&json!(["/app"]), &json!(["/bin/sh", "-c", "x"]), Both, Fail);
    }
}
