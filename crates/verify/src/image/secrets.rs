//! `image.secrets`: No secrets in image.

use std::collections::BTreeSet;

use seaworthy_report::{Found, Severity, size as megabytes};
use seaworthy_spec::Allowed;

use super::facts::{Place, Secret, Vouched};
use super::secret::{CONNECTION, PASSWORD_URL, Strength};
use super::vouch::Voucher;
use super::{Facts, count, exception, first};
use crate::{Finding, one_line};

/// How many findings are named; the others are counted.
const NAMED: usize = 3;
/// How many stand in the report.
const MOST_REPORTED: usize = 1_000;

/// Fails on anything that is a secret by its form, unless the specification allows it; warns of what may be one. Shows no part of any.
pub fn secrets(facts: &Facts, allowed: &[Allowed]) -> Finding {
    let excepted = |secret: &Secret| exception::of(allowed, secret, facts);
    let of = |strength: Strength| {
        let of_strength = facts.secrets.iter().filter(move |secret| secret.hit.strength == strength);
        of_strength.filter(|secret| excepted(secret).is_none()).collect::<Vec<&Secret>>()
    };
    let (certain, doubtful) = (of(Strength::Certain), of(Strength::Doubtful));
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
    for allowed in allowed {
        finding = finding.warn(of_exception(facts, allowed, &excepted));
    }
    for secret in doubtful.iter().take(NAMED) {
        finding = finding.warn(format!("perhaps a secret: {}", describe(facts, secret)));
    }
    let more = doubtful.len().saturating_sub(NAMED) + facts.more_doubtful;
    if more > 0 {
        finding = finding.warn(format!("{more} more places that perhaps hold a secret"));
    }
    finding.found = all(facts, &excepted).into();
    finding
}

type Excepted<'e, 'a> = dyn Fn(&Secret) -> Option<&'a Allowed> + 'e;

/// What one exception allows.
fn of_exception(facts: &Facts, allowed: &Allowed, excepted: &Excepted<'_, '_>) -> String {
    let (place, reason) = (allowed.place.as_str(), &allowed.reason);
    let found: Vec<&Secret> =
        facts.secrets.iter().filter(|secret| excepted(secret).is_some_and(|exception| exception == allowed)).collect();
    if found.is_empty() {
        return format!("the exception for `{place}` ({reason}) allows nothing that was found");
    }
    format!("allowed: {} ({reason})", list(facts, &found))
}

/// Every finding, the worst first, for the report.
fn all(facts: &Facts, excepted: &Excepted<'_, '_>) -> Vec<Found> {
    let mut all: Vec<Found> = facts
        .secrets
        .iter()
        .map(|secret| {
            let exception = excepted(secret);
            let severity = match (exception, secret.hit.strength) {
                (Some(_), _) => Severity::Allowed,
                (None, Strength::Certain) => Severity::Fail,
                (None, Strength::Doubtful) => Severity::Warning,
            };
            let (what, place) = (what(secret), one_line(&secret.place.name(facts)));
            Found { severity, what, place, reason: exception.map(|allowed| allowed.reason.clone()) }
        })
        .collect();
    all.sort_by_key(|found| found.severity);
    all.truncate(MOST_REPORTED);
    all
}

fn describe(facts: &Facts, secret: &Secret) -> String {
    let by = |by: &Vouched| format!(" ({}: {}, {})", by.voucher.name(), by.package, by.voucher.how());
    let by = secret.brought_by.as_ref().map(by).unwrap_or_default();
    format!("{} in {}{by}", what(secret), secret.place.name(facts)).replace(" in line", " on line")
}

fn what(secret: &Secret) -> String {
    match &secret.given {
        Some(variable) => format!("the value given for `{variable}`"),
        None => secret.hit.kind.to_owned(),
    }
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
    if searched.opened > 0 {
        parts.push(format!(
            "{} opened ({} in them)",
            count(searched.opened, "archive"),
            count(searched.members, "file")
        ));
    }
    if searched.compressed > 0 {
        parts.push(format!("{} not looked into", count(searched.compressed, "compressed file")));
    }
    if searched.git_objects > 0 {
        parts.push(format!("{} not opened", count(searched.git_objects, "git object")));
    }
    if facts.given > 0 {
        parts.push(format!("{} looked for", count(facts.given as u64, "given secret")));
    }
    if !facts.given_skipped.is_empty() {
        let names: Vec<String> = facts.given_skipped.iter().map(|name| format!("`{name}`")).collect();
        parts.push(format!("too short or too common to be looked for: the value of {}", first(&names, 3)));
    }
    if searched.too_long > 0 {
        parts.push(format!("{} too long to be read line by line", count(searched.too_long, "settings file")));
    }
    parts.extend(vouched(facts));
    parts.join("; ")
}

/// How many files each manager vouches for, and the first of them.
fn vouched(facts: &Facts) -> impl Iterator<Item = String> {
    let vouchers: BTreeSet<Voucher> = facts.vouched.iter().map(|vouched| vouched.voucher).collect();
    vouchers.into_iter().filter_map(|voucher| {
        let mut files = facts.vouched.iter().filter(|vouched| vouched.voucher == voucher);
        let first = files.next()?;
        let how = voucher.how();
        let number = count(files.count() as u64 + 1, "file");
        Some(format!("{number} {how} ({}: {}, `/{}`)", voucher.name(), first.package, first.path))
    })
}

/// Findings in files, history or elsewhere in the config that are URLs or connection strings with a password, and not allowed.
pub(super) fn password_urls<'a>(facts: &'a Facts, allowed: &[Allowed], strength: Strength) -> Vec<&'a Secret> {
    let is_url =
        |secret: &&'a Secret| matches!(secret.hit.kind, PASSWORD_URL | CONNECTION) && secret.hit.strength == strength;
    let counts = |secret: &&'a Secret| {
        !matches!(secret.place, Place::Label(_)) && exception::of(allowed, secret, facts).is_none()
    };
    facts.secrets.iter().filter(is_url).filter(counts).collect()
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
        let found = secrets(&sample.facts(), &[]);
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
                "URL with a password in the health check;",
            ),
            (
                sample().config("Cmd", json!(["app", "--db-password=hunter2"])),
                "value for a password-like name in the command;",
            ),
            (
                sample().config("Entrypoint", json!(["sh", "-c", "DB_PASSWORD=hunter2 exec app"])),
                "value for a password-like name in the entrypoint;",
            ),
            (
                sample().config("Healthcheck", json!({"Test": ["CMD-SHELL", "redis-cli -a hunter2 ping"]})),
                "password in a command in the health check;",
            ),
            (
                sample().config("OnBuild", json!(["RUN curl -u app:hunter2 https://x"])),
                "password in a command in an instruction for images built on this one;",
            ),
            (
                sample().history("RUN curl --api-key=hunter2 https://x"),
                "value for a password-like name on line 1 of the history;",
            ),
            (sample().history("RUN echo 'root:hunter2' | chpasswd"), "password in a command on line 1 of the history;"),
            (
                env("DSN=host=db user=app password=hunter2"),
                "connection string with a password in variable `DSN` of the config;",
            ),
            (env("DBPASS=hunter2"), "value for a password-like name in variable `DBPASS` of the config;"),
            (env("BASIC_AUTH=app:hunter2"), "value for a password-like name in variable `BASIC_AUTH` of the config;"),
            (env("DB_PASSWORD=$hunter2"), "value for a password-like name in variable `DB_PASSWORD` of the config;"),
            (
                env("JAVA_OPTS=-Dspring.datasource.password=hunter2"),
                "value for a password-like name in variable `JAVA_OPTS`",
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
        let found = check(Sample::new().file("x.xz", 0o644, b"\xfd7zXZ\0"), Pass, "none in", &[]);
        assert!(found.evidence.ends_with("; 1 compressed file not looked into"), "{}", found.evidence);
        let found = check(Sample::new().file("x.gz", 0o644, b"\x1f\x8b\x08"), Pass, "none in", &[]);
        assert!(found.evidence.ends_with("; 1 compressed file not looked into"), "{}", found.evidence);
        let object = format!("app/.git/objects/ab/{}", "0".repeat(38));
        let found = check(Sample::new().file(&object, 0o644, b"x\x9c"), Pass, "none in", &[]);
        assert!(found.evidence.ends_with("; 1 git object not opened"), "{}", found.evidence);
        let long = vec![b' '; 1_100_000];
        let found = check(
            Sample::new().file("root/.docker/config.json", 0o644, &long),
            Pass,
            "none in",
            &["perhaps a secret: name of a file for secrets in `/root/.docker/config.json` in layer 1 of 1"],
        );
        assert!(found.evidence.ends_with("; 1 settings file too long to be read line by line"), "{}", found.evidence);
    }

    #[test]
    fn an_exception_passes_with_a_warning_and_one_too_many_is_told() {
        use seaworthy_spec::AllowedPlace::{File, Variable};
        let exception = |place| Allowed { place, reason: "a test key".to_owned(), line: 3 };
        let file = |path: &str| exception(File(path.to_owned()));
        let sample = || Sample::new().file("app/key.pem", 0o600, &key());
        let found = secrets(&sample().facts(), &[file("/app/key.pem")]);
        assert_eq!(found.verdict, Pass, "{found:?}");
        assert_eq!(found.warnings, ["allowed: RSA private key in `/app/key.pem` in layer 1 of 1 (a test key)"]);
        assert_eq!(
            (found.found[0].severity, found.found[0].reason.as_deref()),
            (Severity::Allowed, Some("a test key"))
        );
        let found = secrets(&sample().file("app/key2.pem", 0o600, &key()).facts(), &[file("/app/key.pem")]);
        assert_eq!(found.verdict, Fail, "{found:?}");
        assert!(found.evidence.starts_with("RSA private key in `/app/key2.pem`"), "{found:?}");
        let found = secrets(&sample().facts(), &[file("/app"), file("/app/key.pem")]);
        assert_eq!(found.verdict, Pass);
        assert_eq!(found.warnings[0], "the exception for `/app` (a test key) allows nothing that was found");
        let variable = || {
            Sample::new()
                .file("app", 0o755, b"x")
                .config("Env", json!(["API_KEY=hunter2"]))
                .history("ENV API_KEY=hunter2")
        };
        assert_eq!(secrets(&variable().facts(), &[]).verdict, Fail);
        assert_eq!(secrets(&variable().facts(), &[exception(Variable("API_KEY".to_owned()))]).verdict, Pass);
    }

    #[test]
    fn a_given_secret_in_the_image_is_found_and_never_shown() {
        let given = super::super::Given::of(&[
            ("API_TOKEN".to_owned(), "correct-horse-battery".to_owned()),
            ("PIN_TOKEN".to_owned(), "hunter22".to_owned()),
        ]);
        let judged = |sample: Sample| secrets(&Facts::looking_for(&given, &sample.image()).unwrap(), &[]);
        let found = judged(Sample::new().file("app/main.js", 0o644, b"const x = 'correct-horse-battery'; hunter22"));
        assert_eq!(found.verdict, Fail);
        assert!(
            found.evidence.starts_with("the value given for `API_TOKEN` in `/app/main.js` in layer 1 of 1;"),
            "{found:?}"
        );
        assert!(
            found.evidence.ends_with(
                "1 given secret looked for; too short or too common to be looked for: the value of `PIN_TOKEN`"
            ),
            "{found:?}"
        );
        assert!(!format!("{found:?}").contains("correct-horse"));
        let found = judged(Sample::new().file("app", 0o755, b"x").config("Env", json!(["X=correct-horse-battery"])));
        assert!(
            found.evidence.starts_with("the value given for `API_TOKEN` in variable `X` of the config;"),
            "{found:?}"
        );
        assert_eq!(judged(Sample::new().file("app/main.js", 0o644, b"hunter22")).verdict, Pass);
    }

    #[test]
    fn sixty_thousand_variables_are_no_reason_to_wait() {
        let variables: Vec<String> = (0..60_000).map(|number| format!("DB_PASSWORD_{number}=hunter2")).collect();
        let found = secrets(&Sample::new().file("app", 0o755, b"x").config("Env", json!(variables)).facts(), &[]);
        assert_eq!(found.verdict, Fail);
        assert!(found.evidence.contains("and beyond these 50000"), "{}", found.evidence);
    }

    #[test]
    fn many_findings_are_counted() {
        let mut sample = Sample::new();
        for number in 0..1500 {
            sample = sample.file(&format!("k{number:04}"), 0o600, &key());
        }
        let found = secrets(&sample.facts(), &[]);
        assert_eq!(found.verdict, Fail);
        assert_eq!(found.found.len(), 1000);
        assert!(found.evidence.contains(", 1497 more; searched 1500 files"), "{}", found.evidence);
    }
}
