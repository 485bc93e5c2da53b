//! `image.secrets`: No secrets in image.

use seaworthy_report::size as megabytes;

use super::facts::{Place, Secret};
use super::secret::Strength;
use super::{Facts, count};
use crate::Finding;

/// How many findings are named; the others are counted.
const NAMED: usize = 3;

/// Fails on anything that is a secret by its form; warns of what may be one. Shows no part of any.
pub fn secrets(facts: &Facts) -> Finding {
    let certain: Vec<&Secret> =
        facts.secrets.iter().filter(|secret| secret.hit.strength == Strength::Certain).collect();
    let doubtful: Vec<&Secret> =
        facts.secrets.iter().filter(|secret| secret.hit.strength == Strength::Doubtful).collect();
    let mut finding = match (certain.is_empty(), facts.more_certain) {
        (true, 0) => Finding::pass(format!("none in {}", searched(facts))),
        (true, more) => {
            Finding::fail(format!("{more} findings beyond the first that were kept; searched {}", searched(facts)))
        }
        (false, 0) => Finding::fail(format!("{}; searched {}", list(facts, &certain), searched(facts))),
        (false, more) => {
            Finding::fail(format!("{}, and beyond these {more}; searched {}", list(facts, &certain), searched(facts)))
        }
    };
    for secret in doubtful.iter().take(NAMED) {
        finding = finding.warn(format!("perhaps a secret: {}", describe(facts, secret)));
    }
    let more = doubtful.len().saturating_sub(NAMED) + facts.more_doubtful;
    if more > 0 {
        finding = finding.warn(format!("{more} more places that perhaps hold a secret"));
    }
    finding
}

fn describe(facts: &Facts, secret: &Secret) -> String {
    format!("{} in {}", secret.hit.kind, secret.place.name(facts)).replace(" in line", " on line")
}

/// The first ones, and how many more.
pub(super) fn list(facts: &Facts, secrets: &[&Secret]) -> String {
    let mut names: Vec<String> = secrets.iter().take(NAMED).map(|secret| describe(facts, secret)).collect();
    if secrets.len() > NAMED {
        names.push(format!("{} more", secrets.len() - NAMED));
    }
    names.join(", ")
}

/// What was looked at, and what was not looked into.
pub(super) fn searched(facts: &Facts) -> String {
    let searched = facts.searched;
    let mut parts = vec![format!(
        "{} ({}) of {}, {}, {}, {}",
        count(searched.files, "file"),
        megabytes(searched.bytes),
        count(facts.diff_ids.len() as u64, "layer"),
        count(facts.config.env().len() as u64, "variable"),
        count(facts.config.labels().len() as u64, "label"),
        count(facts.config.history().len() as u64, "history line"),
    )];
    if searched.compressed > 0 {
        parts.push(format!("{} not looked into", count(searched.compressed, "compressed file")));
    }
    if searched.too_long > 0 {
        parts.push(format!("{} too long to be read line by line", count(searched.too_long, "settings file")));
    }
    if let Some(vouched) = facts.vouched.first() {
        parts.push(format!(
            "{} with keys as the distribution ships it, byte for byte ({}: {}, `/{}`)",
            count(facts.vouched.len() as u64, "file"),
            vouched.manager.name(),
            vouched.package,
            vouched.path
        ));
    }
    parts.join("; ")
}

/// Findings in files, history or elsewhere in the config that are URLs with a password.
pub(super) fn password_urls<'a>(facts: &'a Facts, strength: Strength) -> Vec<&'a Secret> {
    let is_url =
        |secret: &&'a Secret| secret.hit.kind == super::secret::PASSWORD_URL && secret.hit.strength == strength;
    facts.secrets.iter().filter(is_url).filter(|secret| !matches!(secret.place, Place::Label(_))).collect()
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{self, Fail, Pass};
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    fn key() -> Vec<u8> {
        let body = "MIIEowIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi+Yt6Pm5xkZtRHqXvJ0dSQk7Wb\nq8Zt1vPs0LmWx7RbN3cK\n";
        ["-----BEGIN RSA ", "PRIVATE KEY-----\n", body, "-----END RSA PRIVATE KEY-----\n"].concat().into_bytes()
    }

    #[track_caller]
    fn check(sample: Sample, verdict: Verdict, evidence: &str, warnings: &[&str]) -> Finding {
        let found = secrets(&sample.facts());
        assert_eq!(found.verdict, verdict, "{found:?}");
        assert!(found.evidence.starts_with(evidence), "{}", found.evidence);
        assert_eq!(found.warnings, warnings, "{found:?}");
        for shown in ["hunter2", "MIIE", "postgres://"] {
            assert!(!format!("{found:?}").contains(shown), "{found:?}");
        }
        found
    }

    #[test]
    fn a_key_is_found_in_every_layer_under_every_name() {
        check(
            Sample::new().file("app", 0o755, b"x"),
            Pass,
            "none in 1 file (1 bytes) of 1 layer, 0 variables, 0 labels, 0 history lines",
            &[],
        );
        check(
            Sample::new().file("root/key", 0o600, &key()).layer().file("root/.wh.key", 0o644, b""),
            Fail,
            "RSA private key in `/root/key` in layer 1 of 2 (not in the final tree); searched",
            &[],
        );
        check(
            Sample::new().file("root/key", 0o600, &key()).layer().file("root/.wh..wh..opq", 0o644, b""),
            Fail,
            "RSA private key in `/root/key` in layer 1 of 2 (not in the final tree); searched",
            &[],
        );
        check(
            Sample::new().file("a", 0o600, &key()).hardlink("b", "a"),
            Fail,
            "RSA private key in `/a` in layer 1 of 1; searched",
            &[],
        );
        let mut binary = crate::image::tests::elf("amd64", None);
        binary.extend(vec![0; 600_000]);
        binary.extend(key());
        check(Sample::new().file("app", 0o755, &binary), Fail, "RSA private key in `/app` in layer 1 of 1", &[]);
        check(Sample::new().file(".wh..wh.plnk", 0o600, &key()), Fail, "RSA private key in `/.wh..wh.plnk`", &[]);
        check(
            Sample::new().file("id_rsa", 0o600, b"MIIE\n"),
            Pass,
            "none in",
            &["perhaps a secret: name of a file for secrets in `/id_rsa` in layer 1 of 1"],
        );
        check(Sample::new().file("id_rsa", 0o600, b""), Pass, "none in", &[]);
    }

    #[test]
    fn the_config_is_searched_wherever_it_has_text() {
        let sample = || Sample::new().file("app", 0o755, b"x");
        let url = ["postgres://app:", "hunter2@db/tasks"].concat();
        let env = |entry: &str| sample().config("Env", json!([entry]));
        for (sample, evidence) in [
            (env("DB_PASSWORD=hunter2"), "value for a password-like name in variable `DB_PASSWORD` of the config;"),
            (env(&format!("DATABASE_URL={url}")), "URL with a password in variable `DATABASE_URL` of the config;"),
            (sample().config("Labels", json!({"x": url})), "URL with a password in label `x`;"),
            (sample().history(&format!("RUN curl {url}")), "URL with a password on line 1 of the history;"),
            (
                sample().history("x").history("|1 NPM_TOKEN=hunter2 /bin/sh -c npm ci"),
                "value for a password-like name on line 2 of the history;",
            ),
            (
                sample().config("Healthcheck", json!({"Test": ["CMD", "psql", url]})),
                "URL with a password in the config;",
            ),
        ] {
            check(sample, Fail, evidence, &[]);
        }
        for entry in
            ["DB_PASSWORD=", "DB_PASSWORD_FILE=/run/secrets/x", "DATABASE_URL=sqlite:///data/x", "TOKEN_TTL=30"]
        {
            check(env(entry), Pass, "none in", &[]);
        }
        check(
            env("DB_PASSWORD=changeme"),
            Pass,
            "none in",
            &["perhaps a secret: value for a password-like name in variable `DB_PASSWORD` of the config"],
        );
    }

    #[test]
    fn what_the_distribution_ships_is_not_the_authors() {
        use sha1::Digest as _;
        let sum = hex::encode(md5::Md5::digest(key()));
        let status = b"Package: libtls\nStatus: install ok installed\n";
        let line = format!("{sum}  usr/lib/libtls.so.1\n");
        let debian = || {
            Sample::new().file("var/lib/dpkg/status", 0o644, status).file(
                "var/lib/dpkg/info/libtls:amd64.md5sums",
                0o644,
                line.as_bytes(),
            )
        };
        let found = check(debian().file("usr/lib/libtls.so.1", 0o644, &key()), Pass, "none in 3 files", &[]);
        assert!(
            found.evidence.ends_with(
                "1 file with keys as the distribution ships it, byte for byte (dpkg: libtls, `/usr/lib/libtls.so.1`)"
            ),
            "{}",
            found.evidence
        );
        let changed = [key(), b"x".to_vec()].concat();
        check(
            debian().file("usr/lib/libtls.so.1", 0o644, &changed),
            Fail,
            "RSA private key in `/usr/lib/libtls.so.1`",
            &[],
        );
        check(debian().file("root/key", 0o644, &key()), Fail, "RSA private key in `/root/key`", &[]);
        check(
            debian().file("usr/lib/libtls.so.1", 0o644, &key()).layer().file("usr/lib/libtls.so.1", 0o644, &changed),
            Fail,
            "RSA private key in `/usr/lib/libtls.so.1` in layer 2 of 2",
            &[],
        );
        let without_status = Sample::new().file("var/lib/dpkg/info/libtls.md5sums", 0o644, line.as_bytes());
        check(without_status.file("usr/lib/libtls.so.1", 0o644, &key()), Fail, "RSA private key", &[]);
    }

    #[test]
    fn what_was_not_looked_into_is_said() {
        let found = check(Sample::new().file("x.gz", 0o644, b"\x1f\x8b\x08"), Pass, "none in", &[]);
        assert!(found.evidence.ends_with("; 1 compressed file not looked into"), "{}", found.evidence);
        let long = vec![b'#'; 300_000];
        let found = check(
            Sample::new().file("app/.env", 0o644, &long),
            Pass,
            "none in",
            &["perhaps a secret: name of a file for secrets in `/app/.env` in layer 1 of 1"],
        );
        assert!(found.evidence.ends_with("; 1 settings file too long to be read line by line"), "{}", found.evidence);
    }

    #[test]
    fn many_findings_are_counted() {
        let mut sample = Sample::new();
        for number in 0..1500 {
            sample = sample.file(&format!("k{number:04}"), 0o600, &key());
        }
        let found = secrets(&sample.facts());
        assert_eq!(found.verdict, Fail);
        assert!(found.evidence.contains(", 1497 more; searched 1500 files"), "{}", found.evidence);
    }
}
