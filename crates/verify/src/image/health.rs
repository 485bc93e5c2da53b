//! `health.declared`: Health check is declared.

use seaworthy_image::Format;

use super::{Facts, program};
use crate::Finding;

/// Passes if the config declares one; warns where an engine will ignore it or its program is missing.
pub fn declared(facts: &Facts) -> Finding {
    let Some(check) = facts.config.health_check() else {
        return Finding::fail("the config declares no health check");
    };
    let mut finding = Finding::pass(format!(
        "{}, every {}, {} to answer, {} tries",
        check.test.join(" "),
        seconds(check.interval),
        seconds(check.timeout),
        check.retries
    ));
    let program = match check.test.first().map(String::as_str) {
        Some("CMD") => check.test.get(1).cloned(),
        Some("CMD-SHELL") => shell(facts),
        _ => None,
    };
    match program {
        None => finding = finding.warn(format!("engines do not run a health check of the form `{}`", check.test[0])),
        Some(program) if program::find(facts, &program).is_none() => {
            finding = finding.warn(format!("its program `{program}` is not in the image"));
        }
        Some(_) => {}
    }
    if facts.format == Format::Oci {
        finding = finding.warn("Podman ignores a health check in an image with OCI media types");
    }
    finding
}

/// Docker's `SHELL`, else its default.
fn shell(facts: &Facts) -> Option<String> {
    match facts.config.value()["config"]["Shell"].as_array() {
        Some(words) => words.first()?.as_str().map(str::to_owned),
        None => Some("/bin/sh".to_owned()),
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
