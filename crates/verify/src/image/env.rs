//! `env.runtime`: {VAR}: environment variable (not hardcoded). What the image says; changing it at run time is the other half.

use seaworthy_spec::Allowed;

use super::facts::Secret;
use super::secret::Strength;
use super::secrets::{list, password_urls, searched};
use super::{Facts, exception};
use crate::Finding;

/// Fails if the config or a `.env` file in the image gives the variable a value, or a URL with a password lies anywhere.
pub fn runtime(facts: &Facts, variable: &str, allowed: &[Allowed]) -> Finding {
    let set: Vec<String> =
        facts.config.env().into_iter().filter(|(name, _)| name == variable).map(|(_, value)| value).collect();
    if set.iter().any(|value| !value.is_empty()) {
        return Finding::fail(format!("{variable} is set in the config"));
    }
    if let Some((layer, path, _)) = facts.dotenv.iter().find(|(_, _, name)| name == variable) {
        return Finding::fail(format!("{variable} is set in `/{path}` in {}", facts.layer_name(*layer)));
    }
    let given: Vec<&Secret> = facts
        .secrets
        .iter()
        .filter(|secret| secret.given.as_deref() == Some(variable) && exception::of(allowed, secret, facts).is_none())
        .collect();
    if !given.is_empty() {
        return Finding::fail(list(facts, &given));
    }
    let certain = password_urls(facts, allowed, Strength::Certain);
    if !certain.is_empty() {
        return Finding::fail(list(facts, &certain));
    }
    let mut finding =
        Finding::pass(format!("{variable} is not set in the config; no URL with a password in {}", searched(facts)));
    if !set.is_empty() {
        finding = finding.warn(format!("{variable} is in the config with an empty value"));
    }
    let doubtful = password_urls(facts, allowed, Strength::Doubtful);
    if !doubtful.is_empty() {
        finding = finding.warn(format!("perhaps: {}", list(facts, &doubtful)));
    }
    finding
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_hardcoded_variable_is_found_where_it_stands() {
        let url = ["DATABASE_URL=postgres://app:", "hunter2@db/tasks"].concat();
        let sample = || Sample::new().file("bin/app", 0o755, b"x");
        let env = |entry: &str| sample().config("Env", json!(["PATH=/", entry])).facts();
        for (facts, verdict, evidence) in [
            (sample().facts(), Pass, "DATABASE_URL is not set in the config"),
            (env("DATABASE_URL="), Pass, "DATABASE_URL is not set"),
            (env("DATABASE_URL=sqlite:///data/x"), Fail, "DATABASE_URL is set in the config"),
            (env(&url), Fail, "DATABASE_URL is set in the config"),
            (env(&url.replace("DATABASE", "OTHER")), Fail, "URL with a password in variable `OTHER_URL`"),
            (
                sample().file("app/.env", 0o644, b"DATABASE_URL=sqlite:///x\n").facts(),
                Fail,
                "set in `/app/.env` in layer 1 of 1",
            ),
            (sample().file("app/.env.example", 0o644, b"DATABASE_URL=sqlite:///x\n").facts(), Pass, "not set"),
            (
                sample().file("app/x.py", 0o644, url.as_bytes()).facts(),
                Fail,
                "URL with a password in `/app/x.py` in layer 1 of 1",
            ),
        ] {
            let found = runtime(&facts, "DATABASE_URL", &[]);
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.evidence.contains(evidence), "{found:?}");
            assert!(!format!("{found:?}").contains("hunter2"));
        }
        let given = crate::image::Given::of(&[("API_TOKEN".to_owned(), "correct-horse-battery".to_owned())]);
        let image = sample().file("app/x.py", 0o644, b"x = 'correct-horse-battery'").image();
        let facts = Facts::looking_for(&given, &image).unwrap();
        assert_eq!(runtime(&facts, "API_TOKEN", &[]).verdict, Fail);
        assert_eq!(runtime(&facts, "OTHER_TOKEN", &[]).verdict, Pass);
    }
}
