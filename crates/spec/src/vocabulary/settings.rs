//! Configuration by the environment.

use super::{Entry, one, text};
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
        ],
        forms: &[&["{var}", "<from-env>"], &["{var}", "<not> <hardcoded>"], &["{var}", "[<given>] [in] at <runtime>"]],
        extras: &["<from-env>", "<not> <hardcoded>", "[<given>] at <runtime>", "(and|value)"],
        topics: &["configuration", "security", "config"],
        checks: |found| one(Check::EnvRuntime { variable: text(found, "var")? }),
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
            &["listen on [port in] {var}", "<with-default>"],
            &[
                "(listen|serve|bind|run) on [port] {figure}",
                "unless {var} (say otherwise|set|given|overridden|override it)",
            ],
        ],
        extras: &[
            "[and|;|,] (<with-default>|{value} by default|{figure} (if unset|if not set|otherwise|unless set|unless you say otherwise))",
            "[and] [it] (configurable|overridable|can overridden|can changed|can set)",
            "<by-env>",
            "(environment variable|variable|env var)",
            "(it|<container>|value|listening port)",
        ],
        topics: &["configuration", "config"],
        checks: |found| {
            one(Check::EnvConfigurable {
                variable: text(found, "var")?,
                default: text(found, "value").or_else(|| text(found, "figure")),
            })
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
            &["[variable] {var}", "(required|mandatory|compulsory|obligatory)"],
            &["{var} set or (it|<container>) (not start|exit|stop|fail|not run)"],
            &["<refuse>", "<no-var>"],
            &[
                "missing {var}",
                "(lead to|cause|result in|give|trigger|produce) (non-zero exit|nonzero exit|non-zero exit code|exit with non-zero code|failed start|startup failure|start failure)",
            ],
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
            "and (exit|stop|say so)",
            "with (clear|helpful|readable|meaningful|descriptive|useful|understandable) (message|error|error message) !named",
            "[and] (naming|name) (it|variable|missing variable) [in (log|log output|its log|error|message|error message)] !named",
        ],
        topics: &["configuration", "startup", "config"],
        checks: |found| {
            one(Check::EnvRequired {
                variable: text(found, "var")?,
                named: found.has("named"),
                fast: found.has("fast"),
            })
        },
    },
];
