//! Health checks, and who the container runs as.

use super::{Entry, HEALTHY_WITHIN, one, text, time};
use crate::{Check, CheckKind};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::HealthDeclared,
        sentence: "Health check is declared",
        description: "The image's config declares a health check.",
        examples: &[
            "Health check is declared",
            "The image declares a health check",
            "Health check: Built-in endpoint for orchestrator monitoring",
        ],
        forms: &[&["[docker|built-in|container] <health-check> [instruction|directive|command]"]],
        extras: &[
            "(declared|defined|configured|present|found|included|specified|set|exist|added)",
            "(declare|define|have|include|contain|specify|come with|provide)",
            "(<container>|dockerfile|<image>)",
            "(<in-image>|in dockerfile)",
            "with healthcheck",
            "there",
            "for [container] (orchestration|orchestrator|kubernetes|monitoring|docker swarm) [system|monitoring|platform|tool]",
        ],
        topics: &["health", "monitoring", "dockerfile"],
        checks: |_| one(Check::HealthDeclared),
    },
    Entry {
        kind: CheckKind::HealthHealthy,
        sentence: "Health check turns healthy within {time}",
        description: "The declared health check, run as an orchestrator runs it, reports healthy in time; 60 s where no time is named.",
        examples: &[
            "Health check turns healthy within 30s",
            "Container becomes healthy in under 10 s",
            "Built-in endpoint for orchestrator monitoring",
        ],
        forms: &[
            &["<health-check>", "(go|turn|become) green"],
            &["(turn|become|get|report|go|report as|reach|show as|marked) [status] healthy"],
            &["(<container>|<health-check>|<health-check> status|health status|status)", "healthy"],
            &["docker [ps|inspect] (mark|report|show|see|list) [<container>] [as] healthy"],
            &[
                "healthy (<within>|after) {time} [(of|after|from) [<container>] (start|startup|starting|launch|boot|docker run)]",
            ],
            &["<health-check>", "(pass|succeed|work|implemented|functional|green|ok|working|passing)"],
            &[
                "(built-in|builtin) !declared [http] endpoint for (orchestrator|orchestration|kubernetes) [monitoring|probe|to monitor]",
            ],
        ],
        extras: &[
            "(<container>|[docker|container] <health-check> [status]|health status|status|its status|itself)",
            "(<within>|after) {time} [(of|after|from) [<container>] (start|startup|starting|launch|boot|docker run)]",
            "[<container>] start and",
            "as",
        ],
        topics: &["health", "monitoring"],
        checks: |found| {
            let healthy = Check::HealthHealthy { within: time(found).unwrap_or(HEALTHY_WITHIN) };
            Some(found.has("declared").then_some(Check::HealthDeclared).into_iter().chain([healthy]).collect())
        },
    },
    Entry {
        kind: CheckKind::HealthEndpoint,
        sentence: "Health check endpoint responds at {path}",
        description: "GET {path} answers 200 to 299 without a redirect, and again a moment later; a path that cannot exist does not answer alike.",
        examples: &[
            "Health check endpoint responds at /health",
            "Health endpoint: /health",
            "Health check responds at /health",
        ],
        forms: &[&[
            "(<health-check>|health|liveness|readiness|liveness probe|readiness probe|liveness check|readiness check|health probe)",
            "[at|on|under|via|is at] {path}",
        ]],
        extras: &[
            "(endpoint|path|url|route|probe|check|built-in|http|<container>|have)",
            "(respond|answer|reply|found|available|reachable|exposed|live|works|work|lives|provide|expose|offer)",
            "(respond|answer) with 2xx",
        ],
        topics: &["health", "monitoring", "health check", "healthcheck"],
        checks: |found| one(Check::HealthEndpoint { path: text(found, "path")? }),
    },
    Entry {
        kind: CheckKind::UserNonRoot,
        sentence: "Container runs as non-root user",
        description: "The config names a user that is not root, neither the start program nor the health check can make root by setuid or \
                      file capabilities, and no process seen has the id 0.",
        examples: &[
            "Container runs as non-root user",
            "Container runs as unprivileged user",
            "Runs as a non-root user (uid 1000)",
            "Container does not run as root",
        ],
        forms: &[
            &["(<non-root>|unprivileged) (user|account|user account)"],
            &["<not> use root [user|account]"],
            &["<non-root>"],
            &["(run|running|run as|execute) unprivileged"],
            &["<not> (run|running|execute|executed|started|start) [as|under|with] root [user|privilege|account]"],
            &["user", "<not> root"],
            &["(nothing|no process)", "(run|running|execute|executed) (as|with) root [user|privilege]"],
            &["not root [user]"],
            &["no root [user|privilege] !noroot"],
            &["unprivileged"],
            &["<not> have (root privilege|privilege of root)"],
            &["rootless"],
        ],
        extras: &[
            "(run|running|execute|executed|started|start|operate) [as|under|with|using]",
            "(as|under|with|using|use)",
            "(<container>|<container> process|process|main process|execution|user|container's|service's|process's)",
            "(configured|verified|used|set|specified|active|in use)",
            "(in|of|inside) <service>",
            "(in|of|inside) <image> !image",
            "inside",
        ],
        topics: &["security", "user"],
        checks: |found| {
            // An image without a root user would have no line for it in its `/etc/passwd`.
            if found.has("noroot") && found.has("image") {
                return None;
            }
            let mut checks = vec![Check::UserNonRoot];
            checks.extend(text(found, "uid").map(|user| Check::UserIs { user }));
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::UserIs,
        sentence: "Container runs as user {user}",
        description: "The config names that user, and every process seen has its id. After `user` any name may stand; without it a number, \
                      or a name that is nothing else (`appuser`, `nobody`, `root`, …).",
        examples: &["Container runs as user appuser", "Runs as uid 1000", "Runs as appuser"],
        forms: &[
            &["(run|running|execute|executed) (as|under) user {user}"],
            &["(run|running|execute|executed) (with|by) user {known-user}"],
            &["(run|running|execute|executed) (as|under|with) (uid|user id|userid) {user-id}"],
            &["(run|running|execute|executed) (as|under|with) {known-user} [user]"],
            &["user", "{user-id}"],
            &["(operate|operated) under (uid|user id|userid) {user-id}"],
            &["[have] (uid|user id|userid|numeric uid) {user-id}"],
            &["(<non-root>|unprivileged) user !nonroot with (id|uid|user id) {user-id}"],
            &["(run|running|execute|executed) (as|under|with) <non-root> user !nonroot [named|called] {user}"],
        ],
        extras: &["(<container>|<container> process|process|main process|user)", "(run|running) (as|under|with)"],
        topics: &["security", "user"],
        checks: |found| {
            let named = ["user", "user-id", "known-user"].iter().find_map(|name| text(found, name))?;
            let is_root = ["0", "root"].contains(&named.as_str());
            let mut checks = vec![Check::UserIs { user: named }];
            if found.has("nonroot") && is_root {
                return None;
            }
            if found.has("nonroot") {
                checks.insert(0, Check::UserNonRoot);
            }
            Some(checks)
        },
    },
];
