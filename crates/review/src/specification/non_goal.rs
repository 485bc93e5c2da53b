//! Non-Goals that a promise breaks.

use seaworthy_spec::{Check, Criterion};

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&NON_GOAL];

static NON_GOAL: Rule = Rule {
    id: "non-goal-promised",
    severity: Severity::Warning,
    title: "A promise is about what the Non-Goals leave out",
    why: "One of them is out of date: either nobody works on it, and the promise stays broken, or the work is done against what was decided.",
    bad: "- [ ] Image is for linux/amd64, linux/arm64\n\n## Non-Goals\n\n- Multi-arch images",
    good: "- [ ] Image is for linux/amd64\n\n## Non-Goals\n\n- Multi-arch images",
};

/// A Non-Goal, by the words that are left of it, and which promise breaks it.
type Goal = (&'static [&'static str], fn(&Criterion, &Check) -> bool);

const GOALS: &[Goal] = &[
    (
        &[
            "multi-arch",
            "multiarch",
            "multi-architecture",
            "multi-platform",
            "multiple architectures",
            "multiple platforms",
        ],
        |_, check| matches!(check, Check::RegistryPlatforms { platforms } if platforms.len() > 1),
    ),
    (
        &["arm", "arm64", "linux/arm64", "aarch64"],
        |_, check| matches!(check, Check::RegistryPlatforms { platforms } if platforms.iter().any(|name| name.contains("arm"))),
    ),
    (&["sbom", "software bill of materials"], |_, check| matches!(check, Check::RegistrySbom { .. })),
    (&["persistence", "data persistence", "persistent storage", "persistent data"], |_, check| {
        matches!(check, Check::DataPersists { .. } | Check::ImageVolume { .. })
    }),
    (&["volumes", "persistent volumes"], |_, check| matches!(check, Check::ImageVolume { .. })),
    (&["health check", "health checks", "healthcheck"], |_, check| {
        matches!(check, Check::HealthDeclared | Check::HealthHealthy { .. } | Check::HealthEndpoint { .. })
    }),
    (&["graceful shutdown", "graceful stop"], |_, check| matches!(check, Check::StopGraceful { .. })),
    (&["reproducible", "reproducible builds", "reproducibility"], |_, check| matches!(check, Check::BuildReproducible)),
    (&["multi-stage", "multi-stage builds"], |_, check| matches!(check, Check::BuildMultiStage)),
    (&["read-only root", "read-only root filesystem", "read-only filesystem"], |_, check| {
        matches!(check, Check::RootfsReadOnly { .. })
    }),
    (&["memory limits", "memory limit"], |_, check| matches!(check, Check::MemoryUnder { .. })),
    (&["structured logging", "structured logs", "json logs", "json logging"], |_, check| {
        matches!(check, Check::LogsStdout { json: true })
    }),
    (&["secret rotation", "password rotation", "rotation"], |_, check| matches!(check, Check::DatabaseRotates { .. })),
    (&["registry", "publishing", "pushing", "pushing to registry", "publishing to registry"], |_, check| {
        matches!(check, Check::RegistryPushed { .. } | Check::RegistryTags { .. })
    }),
    (&["authentication", "authorization"], |_, check| {
        matches!(check, Check::ApiCrud { login: Some(_), .. }) || has_login(check)
    }),
    (&["tls", "https", "tls termination"], |one, _| names(one, &["https endpoint", "serves https", "terminates tls"])),
    (&["docker compose", "compose"], |one, _| names(one, &["docker compose up", "docker-compose up"])),
    (&["gpu", "gpus", "cuda"], |one, _| names(one, &["cuda", " gpu"])),
];

/// Words that leave a Non-Goal what it is.
const FILLERS: &[&str] = &[
    "no",
    "any",
    "support",
    "supporting",
    "supports",
    "for",
    "the",
    "a",
    "an",
    "of",
    "to",
    "in",
    "on",
    "image",
    "images",
    "build",
    "building",
    "setup",
    "container",
    "deployment",
    "we",
    "do",
    "not",
    "yet",
    "handling",
    "multi-service",
];

pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let is_non_goals = |heading: &str| {
        let heading = heading.to_lowercase();
        ["non-goal", "non goal", "nongoal", "out of scope", "not in scope"].iter().any(|name| heading.contains(name))
    };
    let items = subject.spec.prose.iter().filter(|(heading, _)| is_non_goals(heading)).flat_map(|(_, items)| items);
    items.filter_map(|item| broken(subject, item)).collect()
}

fn broken(subject: &Subject<'_>, item: &str) -> Option<Finding> {
    let breaks = GOALS.iter().filter(|(words, _)| words.iter().any(|words| is_about(item, words)));
    let mut promises = breaks.filter_map(|(_, breaks)| subject.checks().find(|(one, check)| breaks(one, check)));
    let (criterion, _) = promises.next()?;
    let line = subject.line_of(item).map_or_else(String::new, |line| format!(" (line {line})"));
    let message = format!("`{}` is promised, and `{item}` is a Non-Goal{line}", criterion.text);
    let advice = format!("remove the promise in line {}, or the Non-Goal", criterion.line);
    Some(subject.finding(&NON_GOAL, Some(criterion.line), message, advice))
}

/// Whether a Non-Goal is about this and nothing narrower: `TLS in the container: that is the ingress's`, `Multi-arch builds (later)`.
fn is_about(item: &str, words: &str) -> bool {
    let end = item.find(['(', ':', '—', '–', ',', ';', '.']).unwrap_or(item.len());
    let left = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        let words = lower.split_whitespace().map(|word| word.trim_matches(['`', '*', '"', '\'']).to_owned());
        words.filter(|word| !FILLERS.contains(&word.as_str()) && word != "builds").collect()
    };
    let (item, words) = (left(&item[..end]), left(words));
    !item.is_empty() && item == words
}

fn has_login(check: &Check) -> bool {
    use seaworthy_spec::Action;
    let steps = check.scenario().map_or(&[][..], |scenario| &scenario.steps);
    steps.iter().any(|step| matches!(&step.action, Action::Request(request) if request.login.is_some()))
}

/// Whether the promise's own words name it, and do not deny it.
fn names(criterion: &Criterion, words: &[&str]) -> bool {
    let text = format!(" {} ", criterion.text.to_lowercase());
    let denies = [" no ", " not ", " without ", " never "].iter().any(|word| text.contains(word));
    !denies && words.iter().any(|word| text.contains(word))
}
