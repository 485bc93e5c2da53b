//! What the service does for its clients, and its database.

use super::{Entry, list, one, text};
use crate::{Check, CheckKind, Login};

/// Who asks where a sentence speaks of a token, and names no variable.
const TOKEN: &str = "{env.API_TOKEN}";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::ApiCrud,
        sentence: "All CRUD endpoints work",
        description: "Every collection in the service's own OpenAPI document is created, read, listed, updated, read, deleted and read again (404); every field is compared, in the list too, over eight connections at once. All four operations must be there, and a list where the sentence names it. With {things} named, a path or a noun, only those. `as {env.API_TOKEN}` or `as {env.USER}:{env.PASSWORD}` says who asks, by variables given with `--env`, in every request to the API: a bearer token, basic authentication, or the key that the document asks for; `with a bearer token` is `as {env.API_TOKEN}`. `(openapi: PATH)` says where the document is, JSON or YAML. Where there is no document, steps under the promise show it: something with `{run}` is created, read, changed, read, deleted and gone; each read is made by eight clients at once.",
        examples: &[
            "All CRUD endpoints work when running containerized",
            "All CRUD operations work in the container",
            "CRUD endpoints work",
            "CRUD for /items works",
            "All CRUD endpoints work as {env.API_TOKEN}",
            "All CRUD endpoints work (openapi: /api/spec.yaml)",
            "Tasks can be created, listed, updated and deleted",
        ],
        forms: &[
            &[
                "[all|full|complete|all four|all 4] crud [api] [endpoint|operation|route|functionality|cycle|action|method]",
                "<works>",
            ],
            &[
                "[all|full|complete|all four|all 4] crud [api] [endpoint|operation|route|functionality|cycle|action|method] ([for|on|of] {path}|(for|on|of) {things})",
                "<works>",
            ],
            &["({path}|{things}) can <operations>"],
            &["({path}|{things}) (support|offer|allow|provide) <operations>"],
            &[
                "(user|client|caller|consumer|api client|you|we|one|(authenticated|signed-in|logged-in|signed in|logged in) !asked (user|client)) can <operations> [all|its|their] [own] {things}",
            ],
            &["<operations> ([of|on] {things}|[of|on|for] {path})", "<works>"],
            &["<operations>", "<works>"],
            &["[all|full|complete] crud [cycle|lifecycle|operation|endpoint] (on|for|of) ({path}|{things})"],
            &["{thing} can <operations>"],
            &["(<service>|it) can <operations> [all|its|their] {things}"],
            &[
                "(<service>|rest api|api|http api) (support|offer|allow|provide) <operations> (for|of|on) ({things}|{path})",
            ],
        ],
        extras: &[
            "<container>",
            "(correctly|fully|properly|as expected)",
            "[(when|while|if)] [run|running] (containerized|in <container>|inside <container>|within <container>|from <container>)",
            "[namely] <operations>",
            "(for|on|of|through|via|over|under|at) {path}",
            "of {things}",
            "(with|using|via|through|over) (curl|http|rest|rest api|api|http api)",
            "(supported|possible|available)",
            "(with|using|by presenting|given|through|via|when (given|sent)) [valid] (bearer token|access token|api token|auth token|authentication token|jwt|jwt token|bearer jwt|bearer authentication|bearer auth) !token",
            "(authenticated|authorized) (request|client|user|caller) !asked",
            "(successfully|against <container>|end to end|without error)",
            "[authenticated|logged in] (as|with [token|credentials]) {who}",
            "openapi [document] [:] [at] {document}",
            "all",
            "all (four|4) endpoint",
            "(when|while) <container> (run|running|up)",
            "against fresh <container>",
            "[and] (removed|deleted) {thing} (give|return|answer|yield|respond with|answer with) 404 [afterwards|then|after that]",
            "all of",
        ],
        topics: &["api", "functionality", "functional"],
        checks: |found| {
            let operations = ["create", "read", "update", "delete"];
            if found.has("asked") && !found.has("token") && !found.has("who") {
                return None;
            }
            let named = operations.iter().filter(|operation| found.has(operation)).count();
            if named != 0 && named != operations.len() {
                return None;
            }
            let things = ["path", "things", "thing"].into_iter().find_map(|name| text(found, name));
            let who = text(found, "who").or_else(|| found.has("token").then(|| TOKEN.to_owned()));
            let (login, openapi) = (who.and_then(|who| Login::given(&who)), text(found, "document"));
            one(Check::ApiCrud { things, listed: found.has("listed"), login, openapi })
        },
    },
    Entry {
        kind: CheckKind::DatabaseConnects,
        sentence: "Container can connect to {name} database with provided {VAR}",
        description: "The service, given {VAR}, reaches the database: a login is seen on the server, and the row that its API writes is found there. `Neon` passes only against a Neon host. \
                      Without {name} any database will do; {VAR} is `DATABASE_URL` where none is named.",
        examples: &[
            "Container can connect to Neon database with provided DATABASE_URL",
            "Connects to PostgreSQL via DATABASE_URL",
            "Container can connect to the database (PostgreSQL) with the given DATABASE_URL",
        ],
        forms: &[
            &[
                "<connect> [to|with]",
                "([external|configured|provided|given] {database} [serverless] [database|db|server|instance|cluster|host]|[external|configured|provided|given] (database|db) [server])",
            ],
            &[
                "({database} [database|db]|database|db) connection",
                "(work|succeed|established|made|come up|set up|opened|successful)",
            ],
            &[
                "connection (to|with) ({database} [database|db|server|instance]|database|db)",
                "(work|succeed|established|made|come up|set up|opened|successful)",
            ],
            &["connection (to|with) ({database} [database|db|server|instance]|database|db)", "<given-by>"],
            &[
                "{var}",
                "(used (for connecting|to connect|for connection)|connect) (to|with) ({database} [database|db|server|instance]|database|db)",
            ],
            &[
                "({database} [database|db|server|instance]|database|db)",
                "(reached|reachable|can reached|accessed|accessible|connected|connected to)",
                "<given-by>",
            ],
            &["<container> (find|reach|locate|look up) [its] ({database} [database]|database|db)", "<given-by>"],
            &["(use|using) [external|existing] {database} [database|server|instance] <given-by>"],
        ],
        extras: &[
            "<container>",
            "successfully",
            "({database}|external|serverless)",
            "<using> [environment variable] {var} [environment variable|variable|env var]",
            "<given-by>",
            "[and] [it] (taken|read|come) from {var}",
            "(at|on|during) (startup|start|boot|runtime)",
        ],
        topics: &["database", "db", "connectivity"],
        checks: |found| {
            let name = text(found, "database").unwrap_or_default();
            let variable = text(found, "var").unwrap_or_else(|| "DATABASE_URL".to_owned());
            one(Check::DatabaseConnects { name, variable })
        },
    },
    Entry {
        kind: CheckKind::DependencyConnects,
        sentence: "Container can connect to {dependency} with provided {VAR}",
        description: "The service talks to a dependency that is no PostgreSQL, listed under *Dependencies* and named by {VAR}: the run starts one, and sees its commands, or bytes both ways during work. A service that never comes to it breaks the promise where it was asked for work that needs it: the steps under that promise, or a write where the dependency is a database and the only server. Where only other work was asked, or the service only looks whether it is there, the promise is `unproven`.",
        examples: &[
            "Container can connect to Redis with provided REDIS_URL",
            "Connects to MariaDB via DB_URL",
            "Talks to RabbitMQ through AMQP_URL",
        ],
        forms: &[
            &[
                "<connect> [to|with] <dependency>",
                "<using> [environment variable] {var} [environment variable|variable|env var]",
            ],
            &["<connect> [to|with] <dependency>", "<given-by>"],
            &[
                "<dependency> [connection]",
                "(reached|reachable|can reached|accessed|accessible|connected|connected to|configured)",
                "<given-by>",
            ],
            &["connection (to|with) <dependency>", "<given-by>"],
            &["{var}", "(used (for connecting|to connect|for connection)|connect) (to|with) <dependency>"],
            &["<connect> [to|with] <dependency>"],
            &["<dependency> [connection]", "(reached|reachable|can reached|accessible|connected to)"],
        ],
        extras: &[
            "<container>",
            "[and] by no other (means|way|route)",
            "(successfully|established|work|happily)",
            "(at|on|during) (startup|start|boot|runtime)",
            "(instead of|rather than) localhost",
        ],
        topics: &["dependencies", "connectivity", "cache", "queue", "database"],
        checks: |found| {
            let variable = text(found, "var").unwrap_or_default();
            one(Check::DependencyConnects { name: text(found, "dependency")?, variable })
        },
    },
    Entry {
        kind: CheckKind::DataPersists,
        sentence: "{Things} persist across container restarts",
        description: "The container is killed and a new one is made on the same declared volumes and the same database; what was created and changed is still there, and what was deleted is not.",
        examples: &[
            "Tasks persist across container restarts",
            "Data persists across restarts",
            "Created tasks survive container restarts",
        ],
        forms: &[
            &["{things}", "<kept>", "<after-restart>"],
            &[
                "{things}",
                "not [get] (lost|gone|deleted|erased|vanish|disappear|wiped|lose|forgotten)",
                "<after-restart>",
            ],
            &["no {things}", "[get] (lost|gone|deleted|erased|wiped|disappear|vanish)", "<after-restart>"],
            &[
                "{things} <made> (before|prior to) <restart-noun>",
                "<kept> [(afterwards|after it|after that|thereafter|after restart|after)]",
            ],
            &["{things} <made> (before|prior to) <restart-noun>", "<after-restart>", "<kept>"],
            &["<restart-noun> (keep|preserve|retain|not lose) [all] {things}"],
            &["[<service>] (keep|preserve|retain|not lose) [all] {things}", "<after-restart>"],
            &["[<service>] not lose [any] {things}", "<after-restart>"],
            &["{things}", "(restart-proof|restart-safe)"],
            &[
                "{things} [that|which] [was|were|have] <made> (before|prior to) <restart-noun>",
                "<kept> [(afterwards|after it|after that|thereafter|after restart|after)]",
            ],
            &[
                "{things} (saved|stored|kept) (in|on) [named] volume [,] (so they|so that they|so|and)",
                "<not> (lost|disappear|vanish|gone|deleted|wiped|lose)",
                "<after-restart>",
            ],
            &[
                "{things} (saved|stored|kept) (in|on) volume (at|in|under) {paths} [,] (so they|so that they|so|and)",
                "<not> (lost|disappear|vanish|gone|deleted|wiped|lose)",
                "<after-restart>",
            ],
            &[
                "{things} (live|stored|saved|kept|lie|sit) (in|at|under|on) {paths} [,] and",
                "<kept>",
                "<after-restart>",
            ],
            &[
                "{things} (live|stored|saved|kept|lie|sit) (in|at|under|on) {paths} [,] and <not> (lost|gone|deleted|wiped)",
                "<after-restart>",
            ],
            &["nothing !data [get] (lost|gone|deleted|wiped)", "<after-restart>"],
        ],
        extras: &["(available|intact|there|unchanged|fully|was|were|have)"],
        topics: &["persistence", "data", "storage", "state"],
        checks: |found| {
            let volume = list(found, "paths").map(|paths| Check::ImageVolume { paths });
            let persists = Check::DataPersists {
                things: text(found, "things").or_else(|| found.has("data").then(|| "data".to_owned()))?,
            };
            Some(volume.into_iter().chain([persists]).collect())
        },
    },
    Entry {
        kind: CheckKind::DatabaseRotates,
        sentence: "Database password can be rotated via {VAR} without a restart",
        description: "{VAR} names a file that holds the database URL. While the service runs, the password changes, all its sessions end and the file is replaced; \
                      what was written before is read back by the same process. {VAR} ends in `_FILE`.",
        examples: &[
            "Database password can be rotated via DATABASE_URL_FILE without a restart",
            "DATABASE_URL_FILE: a new database password is used without a restart",
            "A changed database password in DATABASE_URL_FILE is picked up without a container restart",
        ],
        forms: &[&[
            "[new|changed|rotated] database (password|login|credential)",
            "(can rotated|rotated|can changed|changed|can replaced|replaced|used|picked up|taken)",
            "[via|through|by|with|in] [file] [of|in|named by] {var}",
            "without [container] (restart|restarting)",
        ]],
        extras: &[],
        topics: &["database", "rotation", "secrets"],
        checks: |found| {
            let variable = text(found, "var").filter(|variable| variable.ends_with("_FILE"))?;
            one(Check::DatabaseRotates { variable })
        },
    },
    Entry {
        kind: CheckKind::NetworkOnly,
        sentence: "Talks to nothing but the database",
        description: "Everything else that the container tries to reach is seen and named; the names allowed are `the database` and hosts.",
        examples: &[
            "Talks to nothing but the database",
            "Makes no outbound connections except to the database",
            "No outbound connections",
        ],
        forms: &[
            &["(talk|speak|connect) to nothing (but|except|besides|other than) {hosts}"],
            &["(talk|connect|speak) only to {hosts}"],
            &["only (talk|connect|speak) to {hosts}"],
            &["<not> (talk|connect|speak) to (anyone|anything|anybody) (but|except|other than|besides) {hosts}"],
            &["(outbound|outgoing|egress) [network] (connection|traffic|access) (limited|restricted) to {hosts}"],
            &[
                "<not> (make|open|need|have|establish) [any] (outbound|outgoing) [network] connection [(except|but|other than) [to] {hosts}]",
            ],
            &["no (egress|outbound traffic)"],
            &[
                "(make|open|need|have|establish) no [network|outbound|outgoing] [network] connection [,] (except|but|other than|besides|apart from) [to] {hosts}",
            ],
            &[
                "[only] [permitted|allowed] (outbound|outgoing|egress) [network] (connection|traffic|access) [made|opened|observed|seen] [go] only to {hosts}",
            ],
            &[
                "only [permitted|allowed] (outbound|outgoing|egress) [network] (connection|traffic|access) [made|opened|observed|seen|attempted] [go] to {hosts}",
            ],
            &[
                "(outbound|outgoing|egress) [network] (connection|traffic|access) [:] [only] (none|nothing) [,] (except|but|besides|other than|apart from) [to] {hosts}",
            ],
            &["(outbound|outgoing|egress) [network] (connection|traffic|access) : only [to] {hosts}"],
            &[
                "(talk|speak|connect|reach) [out] to (no host|no other host|no server|no one|nobody|no service) [,] (but|except|besides|other than|apart from|save) [for] {hosts}",
            ],
            &[
                "<not> (talk|speak|connect|reach) [out] to (anyone|anything|anybody|any host|any other host|any server) [,] (but|except|besides|other than|apart from|save) [for] {hosts}",
            ],
            &[
                "{hosts}",
                "only (host|thing|server|destination|peer) (<container> (talk to|speak to|connect to|reach)|contacted|reached|connected to)",
            ],
            &[
                "(no|without|without any) (outbound|outgoing|egress) [network] (connection|traffic|network access) [(except|but|other than) [to] {hosts}]",
            ],
        ],
        extras: &["<container>", "(make|open|need)", "(permitted|allowed)", "(made|opened|attempted|needed)"],
        topics: &["network", "networking", "security"],
        checks: |found| one(Check::NetworkOnly { allowed: list(found, "hosts").unwrap_or_default() }),
    },
];
