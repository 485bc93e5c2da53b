//! `health.declared`: Health check is declared.

use seaworthy_image::{Config, Format, HealthCheck};

use super::{Facts, program};
use crate::Finding;

/// Passes if the config declares one; warns where an engine will ignore it or its program is missing.
pub fn declared(facts: &Facts) -> Finding {
    let Some(check) = facts.config.health_check() else {
        return Finding::fail(format!("the config declares no health check{}", dropped(&facts.config)));
    };
    let mut finding = Finding::pass(format!(
        "{}, every {}, {} to answer, {} tries",
        check.test.join(" "),
        seconds(check.interval),
        seconds(check.timeout),
        check.retries
    ));
    match words(facts, &check).first() {
        None => finding = finding.warn(format!("engines do not run a health check of the form `{}`", check.test[0])),
        Some(program) if program::find(facts, program).is_none() => {
            finding = finding.warn(format!("its program `{program}` is not in the image"));
        }
        Some(_) => {}
    }
    if let Some(program) = idle(&check) {
        finding = finding.warn(format!("it runs `{program}`, which asks nothing of the service"));
    }
    if facts.format == Format::Oci {
        finding = finding.warn("Podman ignores a health check in an image with OCI media types");
    }
    finding
}

/// That a build declared one and the image's format has no place for it.
pub(crate) fn dropped(config: &Config) -> &'static str {
    let is_declared = |line: &String| line.split_whitespace().any(|word| word == "HEALTHCHECK");
    if config.history().iter().any(is_declared) {
        "; its history has a HEALTHCHECK, which the OCI format drops: build it with `--format docker`"
    } else {
        ""
    }
}

/// The command of a health check that is always healthy, whatever the service does.
pub(crate) fn idle(check: &HealthCheck) -> Option<String> {
    let words: Vec<&str> = match check.test.split_first() {
        Some((form, rest)) if form == "CMD" => rest.iter().map(String::as_str).collect(),
        Some((form, rest)) if form == "CMD-SHELL" => rest.iter().flat_map(|text| text.split_whitespace()).collect(),
        _ => return None,
    };
    // A shell inside a shell is asked by its command.
    let words = match words.as_slice() {
        [shell, "-c", command @ ..] if shell.ends_with("sh") => {
            command.iter().flat_map(|text| text.split_whitespace()).collect()
        }
        _ => words,
    };
    let program = words.first()?.rsplit('/').next()?;
    let alone = !words.iter().any(|word| ["|", "||", "&&", ";"].contains(word) || word.ends_with(';'));
    let is_idle = match program {
        "true" | ":" | "echo" | "printf" | "sleep" | "pwd" | "date" | "uptime" => alone,
        "exit" => words.get(1).is_none_or(|code| *code == "0"),
        _ => false,
    };
    is_idle.then(|| words.join(" "))
}

/// What an engine starts for a check.
pub(super) fn words(facts: &Facts, check: &HealthCheck) -> Vec<String> {
    match check.test.first().map(String::as_str) {
        Some("CMD") => check.test[1..].to_vec(),
        Some("CMD-SHELL") => [shell(facts), check.test[1..].to_vec()].concat(),
        _ => Vec::new(),
    }
}

/// Docker's `SHELL`, else its default.
fn shell(facts: &Facts) -> Vec<String> {
    match facts.config.value()["config"]["Shell"].as_array() {
        Some(words) => words.iter().filter_map(|word| word.as_str()).map(str::to_owned).collect(),
        None => vec!["/bin/sh".to_owned(), "-c".to_owned()],
    }
}

fn seconds(duration: std::time::Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict;
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_check_that_is_always_healthy_asks_nothing() {
        for (test, expected) in [
            (&["CMD", "/bin/true"][..], Some("/bin/true")),
            (&["CMD-SHELL", "exit 0"], Some("exit 0")),
            (&["CMD-SHELL", ":"], Some(":")),
            (&["CMD", "sh", "-c", "echo ok"], Some("echo ok")),
            (&["CMD-SHELL", "echo | nc 127.0.0.1 6379"], None),
            (&["CMD-SHELL", "curl -f http://127.0.0.1/ || exit 1"], None),
            (&["CMD", "/app/notes", "healthcheck"], None),
            (&["CMD-SHELL", "true && wget -q -O- http://127.0.0.1/"], None),
        ] {
            let check = HealthCheck {
                test: test.iter().map(|word| (*word).to_owned()).collect(),
                interval: std::time::Duration::from_secs(1),
                timeout: std::time::Duration::from_secs(1),
                start_period: std::time::Duration::ZERO,
                retries: 1,
            };
            assert_eq!(idle(&check).as_deref(), expected, "{test:?}");
        }
    }

    #[test]
    fn a_declared_check_is_shown_with_its_times() {
        let sample = || Sample::new().file("app", 0o755, b"x");
        let declared_as = |value| sample().config("Healthcheck", value).facts();
        let good =
            declared(&declared_as(json!({"Test": ["CMD", "/app", "healthcheck"], "Interval": 5_000_000_000_u64})));
        assert_eq!(good.evidence, "CMD /app healthcheck, every 5 s, 30 s to answer, 3 tries");
        assert_eq!((good.verdict, good.warnings.len()), (Verdict::Pass, 0));
        for (value, verdict, warning) in [
            (json!({"Test": ["CMD", "curl", "x"]}), Verdict::Pass, "its program `curl` is not in the image"),
            (json!({"Test": ["CMD-SHELL", "curl x"]}), Verdict::Pass, "its program `/bin/sh` is not in the image"),
            (json!({"Test": ["app"]}), Verdict::Pass, "engines do not run a health check of the form `app`"),
            (json!({"Test": ["NONE"]}), Verdict::Fail, ""),
            (json!({"Test": []}), Verdict::Fail, ""),
            (json!(null), Verdict::Fail, ""),
        ] {
            let found = declared(&declared_as(value.clone()));
            assert_eq!((found.verdict, found.warnings.join("; ").as_str()), (verdict, warning), "{value}");
        }
    }

    #[test]
    fn with_oci_media_types_podman_ignores_it() {
        let facts = Sample::new()
            .file("app", 0o755, b"x")
            .config("Healthcheck", json!({"Test": ["CMD", "/app"]}))
            .oci()
            .facts();
        assert!(declared(&facts).warnings[0].contains("Podman ignores"));
    }
}
