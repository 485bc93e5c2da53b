//! What the service does for its clients, and its database.

use super::{Entry, list, one, text};
use crate::{Check, CheckKind, Login};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        kind: CheckKind::ApiCrud,
        sentence: "All CRUD endpoints work",
        description: "Every collection in the service's own OpenAPI document is created, read, listed, updated, read, deleted and read again (404); every field is compared, in the list too, over eight connections at once. All four operations must be there, and a list where the sentence names it. With {things} named, a path or a noun, only those. `as {env.API_TOKEN}` or `as {env.USER}:{env.PASSWORD}` says who asks, by variables given with `--env`, in every request to the API: a bearer token, basic authentication, or the key that the document asks for. `(openapi: PATH)` says where the document is, JSON or YAML. Where there is no document, steps under the promise show it: something with `{run}` is created, read, changed, read, deleted and gone; each read is made by eight clients at once.",
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
            &["[all|full|complete] crud [api] [endpoint|operation|route|functionality|cycle|action|method]", "<works>"],
            &[
                "[all|full|complete] crud [api] [endpoint|operation|route|functionality|cycle|action|method] ([for|on|of] {path}|(for|on|of) {things})",
                "<works>",
            ],
            &[
                "({path}|{things}) can (created|added) , (listed !listed|read|retrieved|fetched) [, (listed !listed|read|retrieved|fetched)] , (updated|changed|edited|modified) [,] and (deleted|removed)",
            ],
            &["create , read , update [,] [and] delete", "<works>"],
            &["create / read / update / delete", "<works>"],
        ],
        extras: &[
            "<container>",
            "(correctly|fully|properly|as expected)",
            "[(when|while|if)] [run|running] (containerized|in <container>|inside <container>|within <container>|from <container>)",
            "create , read , update [,] [and] delete",
            "create / read / update / delete",
            "(for|on|of) {path}",
            "of {things}",
            "[authenticated|logged in] (as|with [token|credentials]) {who}",
            "openapi [document] [:] [at] {document}",
        ],
        topics: &["api", "functionality", "functional"],
        checks: |found| {
            let things = text(found, "path").or_else(|| text(found, "things"));
            let (login, openapi) = (text(found, "who").and_then(|who| Login::given(&who)), text(found, "document"));
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
                "(can connect|connect|connected|can talk|talk|can reach|reach) [to|with]",
                "([external] {database} [serverless] [database|db|server|instance]|[external] (database|db))",
            ],
            &["({database} [database|db]|database|db) connection", "(work|succeed|established)"],
        ],
        extras: &[
            "<container>",
            "successfully",
            "({database}|external|serverless)",
            "<using> [environment variable] {var} [environment variable|variable|env var]",
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
        description: "The service reaches a dependency that is no PostgreSQL, named by {VAR}. There is no stand-in for one yet, so that nothing shows it: `unproven`.",
        examples: &[
            "Container can connect to Redis with provided REDIS_URL",
            "Connects to MariaDB via DB_URL",
            "Talks to RabbitMQ through AMQP_URL",
        ],
        forms: &[&[
            "(can connect|connect|connected|can talk|talk|can reach|reach) [to|with] [external] {dependency} [database|db|server|instance|cluster|broker|cache|queue|service]",
            "<using> [environment variable] {var} [environment variable|variable|env var]",
        ]],
        extras: &["<container>", "successfully"],
        topics: &["dependencies", "connectivity", "cache", "queue", "database"],
        checks: |found| {
            one(Check::DependencyConnects { name: text(found, "dependency")?, variable: text(found, "var")? })
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
            &[
                "{things}",
                "(persist|persisted|survive|kept|preserved|retained|conserved|remain|remain preserved|stay|still there|still available|continue available)",
                "<restart>",
            ],
            &["{things}", "not [get] (lost|gone|deleted|erased|vanish|disappear)", "<restart>"],
            &["no {things}", "[get] lost", "<restart>"],
        ],
        extras: &["(available|intact|there)"],
        topics: &["persistence", "data", "storage", "state"],
        checks: |found| one(Check::DataPersists { things: text(found, "things")? }),
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
                "(no|without|without any) (outbound|outgoing|egress) [network] (connection|traffic|network access) [(except|but|other than) [to] {hosts}]",
            ],
        ],
        extras: &["<container>", "(make|open|need)", "(permitted|allowed)"],
        topics: &["network", "networking", "security"],
        checks: |found| one(Check::NetworkOnly { allowed: list(found, "hosts").unwrap_or_default() }),
    },
];
