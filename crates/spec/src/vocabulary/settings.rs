//! Configuration by the environment.

use super::{Entry, list, text};
use crate::pattern::Found;
use crate::{Check, CheckKind};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::EnvRuntime,
        sentence: "{VAR}: Environment variable (not hardcoded)",
        description: "{VAR} is not set in the image, no layer holds a URL with a password, and another value at run time changes \
                      what the service does.",
        examples: &[
            "DATABASE_URL: Environment variable (not hardcoded)",
            "DATABASE_URL is passed at runtime",
            "Database URL passed at runtime",
            "DATABASE_URL comes from the environment",
            "The Redis address is taken from REDIS_ADDR",
        ],
        forms: &[
            &["{var}", "<from-env>"],
            &["{var}", "<not> <hardcoded>"],
            &["{var}", "[<given>] [in] at <runtime>"],
            &["{var}", "<nowhere-else>"],
            &["{vars}", "<nowhere-else>"],
            &["{vars}", "<from-env>"],
            &["{vars}", "[<given>] [in] at <runtime>"],
            &["{setting} <taken> [<variable>] {vars} [<variable>]"],
            &[
                "<container> (read|take|get|obtain|load|fetch) [its|all]",
                "{setting} [only|exclusively|solely] (from|via|through) [<variable>] {vars} [<variable>]",
            ],
            &["{setting}", "<nowhere-else>", "{vars}"],
            &["<container> (read|take|get|obtain|load|fetch|pick up) {vars} from (environment|env)"],
        ],
        extras: &[
            "<from-env>",
            "<taken> <variable>",
            "<nowhere-else>",
            "[<given>] at <runtime>",
            "(and|value|alone|<variable>)",
            "<container>",
            "and nowhere else",
            "with -e",
            "(<not>|and not) (land|end up|appear|stored|kept) in [any] (layer|<image>|layer of <image>)",
            "only",
            "[,] (which|that|and) [given|set|passed|provided] at <runtime>",
        ],
        topics: &["configuration", "security", "config"],
        checks: |found| every(found, |variable| Check::EnvRuntime { variable }),
    },
    Entry {
        kind: CheckKind::EnvConfigurable,
        sentence: "{VAR} is configurable, defaults to {value}",
        description: "Another value of {VAR} changes what the service does; without it, it does what {value} says. A port moves: the old one is closed then.",
        examples: &[
            "PORT: Configurable, defaults to 8000",
            "PORT is configurable (default 8000)",
            "Port is configurable via environment variable",
        ],
        forms: &[
            &[
                "{var}",
                "(configurable|can configured|overridable|can overridden|adjustable|tweakable|can changed|can altered|can modified|can set|can set)",
            ],
            &["{var}", "configured", "<by-env>"],
            &["{var} [environment variable|env var|variable]", "(respected|honored)"],
            &["(honor|respect) [environment variable|env var|variable] {var} [environment variable|env var|variable]"],
            &[
                "(port|listening port|http port|listen port)",
                "(read|taken|come) from [<env>] {var} [<env>]",
                "and (fall back to|default to) {value}",
            ],
            &[
                "(port|listening port|http port|listen port)",
                "(configurable|can configured|can changed|can set|can overridden|configured) (via|through|by|with|using) {var}",
            ],
            &["<container> (configurable|configured|can configured) (via|through|by|with|using) [<env>] {var} [<env>]"],
            &["{var}", "(<with-default>|{value} by default)"],
            &["{var}", "<changeable>"],
            &["{vars}", "<changeable>"],
            &["{setting} <changeable> (via|through|by|with|using|in|over) [<variable>] {var} [<variable>]"],
            &["{setting} <taken> [<variable>] {var} [<variable>]", "<otherwise>"],
            &[
                "<container> (listen|bind|serve|run) [to|on] [port] [given by|given in|from|in|of|named by] {var}",
                "(<otherwise>|<with-default>)",
            ],
            &["{var}", "<otherwise>"],
            &["<container> (read|take|get|obtain|load|fetch|pick up) {var} from (environment|env)", "<otherwise>"],
            &["listen on [port in] {var}", "<with-default>"],
            &[
                "(listen|serve|bind|run) on [port] {figure}",
                "unless {var} (say otherwise|set !set|given !set|overridden|override it)",
            ],
            &["default [value] (for|of) {var} [=|:] {value}"],
            &["{var} optional", "(<with-default>|<otherwise>)"],
            &["{setting} <changeable> (via|through|by|with|using|in|over) <variable>", "{var}"],
            &[
                "[as (operator|admin|administrator|user)] [,] (i|you|we|one|operator|user|admin) can (change|configure|set|override|adjust|tune) {setting} (via|through|with|by|using|in) [setting] [<variable>] {var} [<variable>]",
            ],
            &["{setting} <changeable>", "(by setting|through|via|with|by|using) [<variable>] {vars}"],
            &["{setting} (controlled|governed|determined|driven) (by|via|through|with|from) [<variable>] {vars}"],
            &[
                "(port|listening port|http port|listen port) (read|taken|come) from [<env>] {var} [<env>]",
                "<otherwise>",
            ],
            &[
                "(listen|serve|bind|run) on [port] {figure}",
                "unless (you|we|one|somebody) (set|override|change|give|pass) {var} !set",
            ],
            &[
                "(listen|serve|bind|run|bound) (on|to) [port] {figure}",
                "(set|configured|given|changeable) (through|via|by|with|using|in) {var} !set",
            ],
            &["(if|when) {var} <absent>", "(listen|serve|bind|run) on [port] {figure} !set"],
            &["{var} (set|control|determine|select|choose|configure|define) {setting}"],
            &["(if|when) {var} <absent> [,] (<container> use|use|it use) {value}"],
            &[
                "(port|http port|listening port) {figure} [by default]",
                "[and] <changeable> (via|through|by|with|using|in) [<variable>] {var} [<variable>]",
            ],
            &[
                "(with|through|via) {var} [you|one|we] can (choose|set|select|pick|configure|change) [another|different|other] {setting}",
            ],
            &[
                "<container> (read|take|get|obtain|pick up) {setting} from [<variable>] {var} [<variable>]",
                "(<otherwise>|(and|or) (use|using) {figure} (when|if) it (not set|unset|missing|absent))",
            ],
            &["(use|set) {var} to (change|set|configure|adjust|override) {setting}"],
            &["which port used can (set|changed|configured|chosen) (with|via|through|by|in) {var}"],
            &["(if|when) {var} <absent>", "{value} (used|assumed|taken|apply|applied)"],
        ],
        extras: &[
            "[and|;|,] (<with-default>|{value} by default|{figure} (if unset|if not set|otherwise|unless set|unless you say otherwise))",
            "[and] [it] (configurable|overridable|can overridden|can changed|can set)",
            "<otherwise>",
            "<by-env>",
            "(at|during) <runtime>",
            "without (rebuilding <image>|rebuild|rebuilding|new build|changing <image>|code change)",
            "(environment variable|variable|env var)",
            "(it|<container>|value|listening port)",
            "(if|when|where|as long as) [it] (unset|not set|absent|missing|not given)",
            "optional",
            "as (operator|admin|administrator|user)",
            "now",
            "default [value] [=|:] {value}",
            "{figure} default",
            "without (building|build) (new|another) image",
            "and {figure} default",
            "and (<with-default>|<otherwise>)",
        ],
        topics: &["configuration", "config"],
        checks: |found| {
            let (value, figure) = (text(found, "value"), text(found, "figure"));
            if value.is_some() && figure.is_some() && value != figure {
                return None;
            }
            let default = value.or(figure);
            if default.as_deref().is_some_and(is_no_value) {
                return None;
            }
            // `Listens on 8080 unless DEBUG is set`: what is set is no port.
            if found.has("set")
                && text(found, "var").is_none_or(|variable| !variable.ends_with("PORT") && !variable.ends_with("PORTS"))
            {
                return None;
            }
            every(found, |variable| Check::EnvConfigurable { variable, default: default.clone() })
        },
    },
    Entry {
        kind: CheckKind::EnvRequired,
        sentence: "Refuses to start without {VAR}",
        description: "Without {VAR} the container exits by itself, with a code that is not 0; with \"a clear message\" or \"naming it\", a line of its log names {VAR} that is not there when it runs; \"fast\": within 10 s.",
        examples: &[
            "Refuses to start without DATABASE_URL",
            "Exits non-zero without DATABASE_URL",
            "Fails to start if DATABASE_URL is not set",
            "DATABASE_URL is required",
            "Refuses to start without API_TOKEN, naming it in the log",
            "Fails fast with a clear message when DATABASE_URL is missing",
        ],
        forms: &[
            &["[variable] {var}", "(required|mandatory|compulsory|obligatory|non-optional)"],
            &["[variable] {vars}", "[all|both|each] (required|mandatory|compulsory|obligatory|non-optional)"],
            &[
                "{var} (set|provided|given|present|passed|supplied)",
                "[,|;] (otherwise|or|or else) (<container>|startup|boot) (exit|fail|refuse to start|not start|crash|abort|terminate|stop)",
            ],
            &["{var} set or (it|<container>) (not start|exit|stop|fail|not run)"],
            &["<refuse>", "<no-var>"],
            &["<refuses>", "<no-var>"],
            &["{setting} <taken> [<variable>] {var} [<variable>] !runtime", "<refuses>", "<absent-it>"],
            &[
                "<container> (read|take|get|obtain|load|fetch) [its] {setting} [only|exclusively|solely] from [<variable>] {var} [<variable>] !runtime",
                "<refuses>",
                "<absent-it>",
            ],
            &["{var}", "<refuses>", "<absent-it>"],
            &[
                "missing {var}",
                "(lead to|cause|result in|give|trigger|produce) (non-zero exit|nonzero exit|non-zero exit code|exit with non-zero code|failed start|startup failure|start failure)",
            ],
            &["[you|we] (pass|set|provide|supply|give) {var}", "[there|with|it have] no default"],
            &[
                "[it] (needed|necessary|required|mandatory|obligatory) to (give|set|pass|provide|define|supply) [variable] {var}",
            ],
            &["(booting|starting|boot|start|startup|running) without {var}", "(fail|abort)"],
            &["read {var} from (environment|env) !runtime", "<refuses>", "<absent-it>"],
            &["{var} <from-env> !runtime", "<refuses>", "<absent-it>"],
            &["when variable {var} missing", "<refuses>"],
            &["{var} have no default [value] and (provided|set|passed|given)"],
            &["<container> (need|require|expect) {var}", "<refuses>", "<absent-it>"],
            &["(booting|starting|running|launching) <container> without {var}", "(fail|abort|not work)"],
            &["missing {var} (stop|prevent|end|abort) (<container>|startup|start) [at (startup|start)]"],
        ],
        extras: &[
            "<container>",
            "[with] no default",
            "(to start|at startup|at start|on startup|at runtime)",
            "[with] (error|non-zero|nonzero|non-zero code|non-zero exit code|non-zero status|nonzero exit code|non-zero exit status|exit code 1)",
            "exit code non-zero",
            "[and] (mentioning|mention|naming|name|say) ({var}|which variable missing|missing variable) in (log|log output|its log output) !named",
            "(;|,) [(<container>|it)] (exit|stop|fail|fail to start|refuse to start|not start) ((if|when) (it|it's) (missing|not set|unset|absent|not given)|without it)",
            "(at once|immediately|fast|early|quickly) !fast",
            "(and|job|;)",
            "with (non-zero|nonzero) (exit status|exit code|status|code)",
            "[and] write [clear|readable] error !named",
            "[and|as|or] [<container>] <refuses> <absent-it>",
            "(without it|if <absent>|otherwise) [<container>] <refuses>",
            "and (exit|stop|say so)",
            "with (clear|helpful|readable|meaningful|descriptive|useful|understandable) (message|error|error message) !named",
            "[and] (naming|name) (it|variable|missing variable) [in (log|log output|its log|error|message|error message)] !named",
            "right away !fast",
            "[and] (say|tell|print|log) (what missing|what's missing|which one missing) !named",
            "[and] [it] (print|log|show|write|give) [clear|readable|helpful|meaningful|understandable] (message|error|error message) !named",
            "[and] exit [with] [exit] [code|status] 1",
            "with [exit] (code|status|exit code|exit status) (1|different (of|from|than) (0|zero)|other than (0|zero)|not 0)",
            "(loudly|noisily) !named",
            "instead of (panicking|crashing|failing|dying) (on|at|during) first request",
            "(we|you)",
            "tell (it|<container>) where (broker|server|database|api|service|upstream)",
            "[and] (log|say|print|tell|report|name) which variable (missing|not set|absent) !named",
            "[with] error message !named",
            "[and] [it] (say|log|report) so [in (log|its log|log output)] !named",
            "with message [that name (variable|it)] !named",
            "[and] (log|log output) say so !named",
            "[and] [<container>] exit with 1",
            "and",
        ],
        topics: &["configuration", "startup", "config"],
        checks: |found| {
            let (named, fast) = (found.has("named"), found.has("fast"));
            let required = every(found, |variable| Check::EnvRequired { variable, named, fast })?;
            let runtime = text(found, "var").filter(|_| found.has("runtime"));
            Some(runtime.map(|variable| Check::EnvRuntime { variable }).into_iter().chain(required).collect())
        },
    },
];

/// The check of each variable that the sentence names.
fn every(found: &Found, check: impl Fn(String) -> Check) -> Option<Vec<Check>> {
    let named = text(found, "var").map(|variable| vec![variable]).or_else(|| list(found, "vars"))?;
    Some(named.into_iter().map(check).collect())
}

/// Words that tell of a default, and are none.
fn is_no_value(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "default", "defaults", "file", "flag", "config", "nothing", "error", "errors", "failing", "fails", "exits",
        "sane",
    ];
    WORDS.contains(&word.to_lowercase().as_str())
}
