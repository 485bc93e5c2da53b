//! A person's word for a promise that no check understands. It is never a pass.

use jiff::{SignedDuration, Timestamp};
use seaworthy_report::{self as report, Verdict};
use seaworthy_spec::Vouched;

use crate::{Finding, Subject};

/// Where a build says which version it made.
const VERSION: &str = "org.opencontainers.image.version";

/// The promise is pending, whoever vouches for it; the word counts only for the image that it names.
pub(crate) fn judge(vouched: &Vouched, subject: &Subject<'_>) -> (Option<report::Vouched>, Finding) {
    let Vouched { by, on, seen, image } = vouched;
    let pending = |evidence: String| Finding { verdict: Verdict::Pending, ..Finding::pass(evidence) };
    if is_to_come(on, Timestamp::now()) {
        return (None, pending(format!("{by} vouched on {on}, which is still to come")));
    }
    if is_this(image, subject) {
        let word = report::Vouched { by: by.clone(), on: on.clone(), seen: seen.clone() };
        return (Some(word), pending(format!("vouched for by {by} on {on}: {seen}; no check has seen it")));
    }
    let this = names(subject).join(", ");
    let finding = pending(format!("{by} vouched for the image {image}, and this is {this}"));
    (None, Finding { next: Some("a person must look again, and name this image".to_owned()), ..finding })
}

/// Whether a day is still to come everywhere: where the day begins first, it is a day ahead of UTC for fourteen hours.
fn is_to_come(day: &str, now: Timestamp) -> bool {
    let newest = now.checked_add(SignedDuration::from_hours(14)).unwrap_or(now).to_string();
    newest.get(..day.len()).is_some_and(|newest| newest < day)
}

fn is_this(named: &str, subject: &Subject<'_>) -> bool {
    names(subject).iter().any(|name| match named.strip_prefix("sha256:") {
        Some(_) => name.starts_with(named),
        None => name.trim_start_matches('v') == named.trim_start_matches('v'),
    })
}

/// The digests of the manifest and the config, and the version.
fn names(subject: &Subject<'_>) -> Vec<String> {
    let config = &subject.image.config;
    let version = config.labels().iter().find(|(name, _)| *name == VERSION).map(|(_, value)| value.clone());
    let manifest = subject.known().map(|image| image.digest().to_string());
    manifest.into_iter().chain([config.digest().to_string()]).chain(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_has_begun_somewhere_is_not_still_to_come() {
        for (now, day, expected) in [
            ("2026-11-29T09:59:59Z", "2026-11-29", false),
            ("2026-11-29T09:59:59Z", "2026-11-30", true),
            ("2026-11-29T10:00:00Z", "2026-11-30", false),
            ("2026-11-29T23:59:59Z", "2026-12-01", true),
        ] {
            assert_eq!(is_to_come(day, now.parse().unwrap()), expected, "{day} at {now}");
        }
    }
}
