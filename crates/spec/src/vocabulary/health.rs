//! Health checks, and who the container runs as.

use super::{Entry, HEALTHY_WITHIN, one, text, time};
use crate::parameter::Value;
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
        forms: &[
            &["[docker|built-in|container|own|docker-native|native] <health-check> [instruction|directive|command]"],
            &[
                "<health-check> [instruction|directive]",
                "(declare|declared|define|defined|configured|specified)",
                "([and] (hit|query|call|check|poll|ask|probe|use|request)|on|at|against|for) [get] {path}",
            ],
        ],
        extras: &[
            "(declared|defined|configured|present|found|included|specified|set|set up|exist|added|shipped|bundled|part of <image>|built into <image>|wired up)",
            "(declare|define|have|include|contain|specify|come with|provide|ship|ship with|carry|bring|set|configure|add)",
            "of own",
            "(<container>|dockerfile|<image>)",
            "(<in-image>|in dockerfile)",
            "with healthcheck",
            "there",
            "for [container] (orchestration|orchestrator|kubernetes|monitoring|docker swarm) [system|monitoring|platform|tool]",
            "inside dockerfile",
            "[that|which] (call|hit|query|ask|poll|probe|check|request) [get] {path}",
        ],
        topics: &["health", "monitoring", "dockerfile"],
        checks: |found| {
            let endpoint = text(found, "path").map(|path| Check::HealthEndpoint { path });
            Some(std::iter::once(Check::HealthDeclared).chain(endpoint).collect())
        },
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
            &["<health-check>", "(go|turn|become|report|show) green"],
            &[
                "(turn|become|get|report|go|report as|reach|show as|marked|marked as|reported|reported as|show up as|flip to|switch to|change to|considered|listed as|reach status|report itself|report itself as|settle at|settle on|seen as) [(status|state) [of]] healthy [(status|state)]",
            ],
            &[
                "(<container>|<health-check>|<health-check> status|health status|health state|container health|health|status)",
                "healthy",
            ],
            &["docker [ps|inspect] (mark|report|show|see|list|say|display|consider) [<container>] [as|to] healthy"],
            &["docker (ps|inspect) (mark|report|show|list|say|display) [<container>] [as]", "healthy"],
            &["healthy <soon> [<of-start>]"],
            &["healthy after {time} [<of-start>]"],
            &[
                "[first] <health-check>",
                "(pass|succeed|work|implemented|functional|green|ok|working|passing|successful|met)",
            ],
            &["(pass|succeed in|satisfy|meet) [docker|own|first] <health-check>"],
            &[
                "(built-in|builtin) !declared [http] endpoint for (orchestrator|orchestration|kubernetes) [monitoring|probe|to monitor]",
            ],
            &["(turn|change|switch|flip|go) to healthy"],
            &["[operator|user|you|one|we] can see [at glance] in docker ps that <container> healthy"],
        ],
        extras: &[
            "(<container>|[docker|container|first] <health-check> [status]|health status|health state|container health|health|status|its status|itself)",
            "(<soon>|after {time}) [<of-start>]",
            "[<container>] (start|start up|boot|come up) and",
            "(as|by docker|successfully)",
            "(container's|service's) [health] status",
            "(after {time} at most|at latest after {time}|after at most {time})",
            "first",
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
            "(<health-check>|health|liveness|readiness|liveness probe|readiness probe|liveness check|readiness check|health probe|health status)",
            "[at|on|under|via|is at|through|by] [path|url|get|http get] {path}",
        ]],
        extras: &[
            "(endpoint|path|url|route|probe|check|built-in|http|<container>|have|handler|resource|there)",
            "(respond|answer|reply|found|available|reachable|exposed|live|works|work|lives|provide|expose|offer|served|serve|accessible|located|sit|placed|reported|report|published|hit|go to|point to|point at|query|call|asked|queried|use|implemented|mounted)",
            "[and] (respond|answer|reply) with (2xx|2xx status|success status)",
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
            &["(<non-root>|unprivileged|non-privileged|normal unprivileged) (user|account|user account|uid|user id)"],
            &["<not> (use|have|need|require) root [user|account|right|privilege|permission|access]"],
            &["<non-root>"],
            &["(run|running|run as|execute) unprivileged"],
            &["(switch|change) [from root] to (<non-root>|unprivileged) (user|account)"],
            &["stop (running|executing) as <root>"],
            &["<not> (run|running|execute|executed|started|start|operate|launched) [as|under|with|using|by] <root>"],
            &["<not> run [as] (effective|real|effective or real|real or effective) <root>"],
            &["(user|process user|effective user|runtime user|final user|default user)", "<not> <root>"],
            &[
                "(nothing|no process|no process in (container|<container>))",
                "(run|running|execute|executed|started|start) (as|with|under|by) <root>",
            ],
            &["<not> <root> [user]"],
            &["no root [user|privilege] !noroot"],
            &["unprivileged"],
            &["<not> have (root privilege|privilege of root|root right|right of root|superuser right)"],
            &["rootless"],
            &[
                "(run|running|execute|executed|started|start|operate) (without|with no) (root privilege|superuser privilege|root right|root permission|superuser right)",
            ],
            &["(user|uid|user id)", "(non-zero|nonzero|other than 0|other than root|greater than 0|> 0|not 0)"],
            &["(run|running|execute|executed|started|start|operate) [as|under|with] (non-zero|nonzero) (uid|user id)"],
            &["(run|running|execute|executed|started|start|operate) [as|under|with] user other than root"],
            &[
                "(run|running|execute|executed|started|start|operate|work) (as|with|under|by) (normal|regular|ordinary|standard|plain) (user|account)",
                "[and|but] <not> [as|with|under|by] <root>",
            ],
            &["root <not> used [to run (<service>|<process>)|for (<service>|<process>)|anywhere]"],
            &["<root> <not> needed [to run (<service>|<process>)|for (<service>|<process>)]"],
        ],
        extras: &[
            "(run|running|execute|executed|started|start|operate|launched|work) [as|under|with|using|by]",
            "(as|under|with|using|use)",
            "(<container>|<process>|execution|user|container's|service's|process's|pid 1|everything)",
            "(configured|verified|used|set|specified|active|in use|created and used|set up)",
            "(dedicated|own|separate|special|restricted|ordinary|regular|plain)",
            "(in|of|inside|within) <service>",
            "(in|of|inside) <image> !image",
            "inside",
            "[and|but] <not> [as|under|from|by|with] root [user|account]",
            "<not> ever",
            "(uid|user id|userid) {uid}",
            "numeric",
        ],
        topics: &["security", "user"],
        checks: |found| {
            // An image without a root user would have no line for it in its `/etc/passwd`.
            if found.has("noroot") && found.has("image") {
                return None;
            }
            let mut checks = vec![Check::UserNonRoot];
            if text(found, "uid").is_some_and(|uid| uid == "0") {
                return None;
            }
            checks.extend(text(found, "uid").map(|user| Check::UserIs { user, group: None }));
            Some(checks)
        },
    },
    Entry {
        kind: CheckKind::UserIs,
        sentence: "Container runs as user {user}",
        description: "The config names that user, and every process seen has its id, and the group's where the sentence names one. After `user` any name may stand; without it a number, \
                      or a name that is nothing else (`appuser`, `nobody`, `root`, …).",
        examples: &[
            "Container runs as user appuser",
            "Runs as uid 1000",
            "Runs as appuser",
            "Runs as user `shop` (uid 1000)",
        ],
        forms: &[
            &[
                "(run|running|execute|executed|started|operate|work|working) (as|under|from|using) [dedicated|system|service] (user|account|user account|service account) {user}",
            ],
            &["(run|running|execute|executed) (with|by) user {known-user}"],
            &["<run-as> <uid> {user-id}"],
            &["(run|running|execute|executed|started|operate) as {known-user}"],
            &["<run-as> {service-user} (user|account)"],
            &["user", "{user-id}"],
            &["[<run-as>] [user|uid:gid] {user-and-group}"],
            &["user {service-user}"],
            &["{user-name} (user|account)", "[with] <uid> {user-id}"],
            &["user {user-name}", "[with] <uid> {user-id}"],
            &["{service-user}", "{user-id}", "user"],
            &["[have] <uid> {user-id}"],
            &["(user|account)", "<uid> {user-id}"],
            &["(<non-root>|unprivileged) (user|account) !nonroot [with] (<uid>|id) {user-id}"],
            &["(<non-root>|unprivileged) (user|account) !nonroot", "<uid> {user-id}"],
            &[
                "(run|running|execute|executed) (as|under|with) (<non-root>|unprivileged) (user|account) !nonroot ((named|called) {user}|{service-user})",
            ],
            &["user : {known-user}"],
            &["(<non-root>|unprivileged) (user|account) !nonroot (named|called) {user}"],
            &["(<non-root>|unprivileged) (user|account) !nonroot", "{user-name} [user|account] [,] <uid> {user-id}"],
            &["(<non-root>|unprivileged) (user|account) !nonroot", "{service-user} [user|account]"],
            &["<non-root> !nonroot", "{user-name} user , <uid> {user-id}"],
            &[
                "(run|running|execute|executed|started|operate) as {known-user} !nonroot",
                "<not> [as|under|from|by|with] <root>",
            ],
            &[
                "(run|running|execute|executed|started|operate|work|working) (as|under|from|using) (user|account) {user} !nonroot",
                "<not> [as|under|from|by|with] <root>",
            ],
            &["user {service-user} !nonroot", "<not> [as|under|from|by|with] <root>"],
            &["<run-as> {user-name}", "<uid> {user-id}"],
            &["<run-as> {user-name} !nonroot", "<uid> {user-id}", "<not> [as|under|from|by|with] <root>"],
            &["<run-as> <uid> {user-id} !nonroot", "<not> [as|under|from|by|with] <root>"],
            &["<run-as> built-in {user} (user|account)"],
            &["<run-as> {service-user} (user|account)", "[with] <uid> {user-id}"],
            &["user", "{user-id} !nonroot", "<not> [as|with] <root>"],
            &[
                "<not> <run-as> <root> !nonroot",
                "(but|and) [as|under|with|<run-as>] (<uid> {user-id}|user {user}|{known-user})",
            ],
            &["<run-as> {known-user}", "[with|and] <uid> {user-id}"],
        ],
        extras: &[
            "(<container>|<process>|user|pid 1|everything)",
            "(run|running|execute|executed|started|start|operate|work|launched) [(as|under|with|from|by)]",
            "(and|with|,|/) (gid|group|group id|group identifier) {gid}",
            "(dedicated|own|separate|special|set|set to|configured|use|used|always)",
            "(and|but)",
            "[that|which] (ship|come) with (<image>|base image|.net [8|9|10])",
            "[,] which microsoft ship since .net [8|9|10]",
            "(in|inside) <container>",
            "in dockerfile",
        ],
        topics: &["security", "user"],
        checks: |found| {
            let named: Vec<String> = ["user", "known-user", "service-user", "user-name", "user-id"]
                .iter()
                .filter_map(|name| text(found, name))
                .collect();
            let (named, pair) = match found.get("user-and-group") {
                Some(Value::List(pair)) => (vec![pair.first()?.clone()], pair.get(1).cloned()),
                _ => (named, text(found, "gid")),
            };
            let is_root = named.iter().any(|user| ["0", "root"].contains(&user.as_str()));
            if found.has("nonroot") && is_root {
                return None;
            }
            let promised = found.has("nonroot").then_some(Check::UserNonRoot).into_iter();
            let group = pair.map(|gid| gid.parse().ok()).map_or(Some(None), |gid| gid.map(Some))?;
            Some(promised.chain(named.into_iter().map(|user| Check::UserIs { user, group })).collect())
        },
    },
];
