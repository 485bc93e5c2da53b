//! Lines under *Dependencies*: what a run starts, and what stays prose.

use seaworthy_spec::{Spec, kinds};

fn spec(lines: &str) -> Spec {
    Spec::parse(&format!("## Success Criteria\n- [ ] No setuid files\n## Dependencies\n{lines}\n"))
        .expect("the text makes a promise")
}

/// Each line as it was read.
fn read(lines: &str) -> String {
    let spec = spec(lines);
    let line = |found: &seaworthy_spec::DependencyLine| match &found.read {
        Ok(one) => {
            let command = one.command.as_ref().map(|words| format!(" command {words:?}")).unwrap_or_default();
            format!(
                "{}: {} [{}] {} port {}{command}, {}={}",
                found.line,
                one.name,
                one.host(),
                one.image,
                one.port,
                one.variable,
                one.form
            )
        }
        Err(why) => format!("{}: prose: {why}", found.line),
    };
    spec.dependencies.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_line_that_is_understood_whole_is_a_dependency() {
    insta::assert_snapshot!(read(
        "- PostgreSQL database (`postgres:17-alpine`), given as `DATABASE_URL`
- Redis (`redis:7-alpine`), given as `REDIS_URL`.
- The payment API (`ghcr.io/acme/pay-mock:2`, port 8080), given as `PAY_URL`
- Object storage: MinIO (`minio/minio:RELEASE.2026-01-01`, command `server /data`), given as `S3_ENDPOINT=http://{host}:9000`
- **MariaDB** server, given as `MARIA_URL`
- Valkey cache (VALKEY_URL)
- [ ] NATS
- a mail server (`localhost:5000/mail@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`, port 25, command `serve \"two words\"`), given as `SMTP={host}`
"
    ), @r#"
    4: PostgreSQL [postgresql.internal] postgres:17-alpine port 5432, DATABASE_URL=postgresql://{user}:{password}@{host}:{port}/{database}
    5: Redis [redis.internal] redis:7-alpine port 6379, REDIS_URL=redis://:{password}@{host}:{port}/0
    6: payment API [payment-api.internal] ghcr.io/acme/pay-mock:2 port 8080, PAY_URL=http://{host}:{port}
    7: MinIO [minio.internal] minio/minio:RELEASE.2026-01-01 port 9000 command ["server", "/data"], S3_ENDPOINT=http://{host}:9000
    8: MariaDB [mariadb.internal] mariadb:11.4 port 3306, MARIA_URL=mysql://{user}:{password}@{host}:{port}/{database}
    9: Valkey [valkey.internal] valkey/valkey:8-alpine port 6379, VALKEY_URL=redis://:{password}@{host}:{port}/0
    10: NATS [nats.internal] nats:2-alpine port 4222, NATS_URL=nats://{user}:{password}@{host}:{port}
    11: mail server [mail-server.internal] localhost:5000/mail@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef port 25 command ["serve", "two words"], SMTP={host}
    "#);
}

#[test]
fn anything_else_stays_prose() {
    insta::assert_snapshot!(read(
        "- No Redis needed
- PostgreSQL client installed
- Redis or Valkey
- Redis (optional)
- Docker 24
- Redis 7
- Redis, given as redis_url
- Redis, given as `REDIS_URL={hots}`
- Redis (redis, port 6379)
- Redis (port 0)
- Redis (redis:7) in production
- The payment API
- The payment API (`acme/pay:1`), given as PAY_URL
- The payment API (`acme/pay:1`, port 80)
- The payment API (port 80), given as PAY_URL
- No longer: Redis (`redis:7-alpine`), given as `REDIS_URL`
- ~~Redis~~
- Note: Redis
- Redis is used as a cache
- Redis (`redis:7`, `redis:8`)
- Redis (`A_URL`), given as `B_URL`
- Redis (requirements.txt:3)
- Redis
  - but only in production
- Redis

  It is not needed in tests.
"
    ), @r"
    4: prose: `no` asks for no server
    5: prose: `client` asks for no server
    6: prose: `or` asks for no server
    7: prose: `optional` is no image with a tag, no `port N` and no `command …`
    8: prose: it is no kind of server that is known, and names no image
    9: prose: it is no kind of server that is known, and names no image
    10: prose: `redis_url` is no variable
    11: prose: `{hots}` is none of {host}, {port}, {user}, {password}, {database}
    12: prose: `redis` is no image with a tag, no `port N` and no `command …`
    13: prose: `port 0` is no port
    14: prose: nothing but `, given as VAR` may stand behind the parenthesis
    15: prose: it is no kind of server that is known, and names no image
    16: prose: it is no kind of server that is known: name its port, `(IMAGE:TAG, port N)`
    17: prose: nothing says how the service gets its address: `, given as VAR`
    18: prose: it is no kind of server that is known: name its image, `(IMAGE:TAG, port N)`
    19: prose: `no` asks for no server
    20: prose: it is no kind of server that is known, and names no image
    21: prose: `note` asks for no server
    22: prose: it is no kind of server that is known, and names no image
    23: prose: `redis:8` is a second of its kind
    24: prose: `A_URL` is a second variable
    25: prose: `requirements.txt:3` is no image with a tag, no `port N` and no `command …`
    26: prose: more than one line stands in it
    28: prose: more than one line stands in it
    30: prose: more than one line stands in it
    ");
}

#[test]
fn no_two_dependencies_are_given_by_one_variable_and_no_more_than_ten_are_started() {
    insta::assert_snapshot!(read("- Redis\n- Valkey\n- Valkey, given as `OTHER_URL`"), @r"
    4: Redis [redis.internal] redis:7-alpine port 6379, REDIS_URL=redis://:{password}@{host}:{port}/0
    5: prose: `REDIS_URL` is given by another line
    6: Valkey [valkey.internal] valkey/valkey:8-alpine port 6379, OTHER_URL=redis://:{password}@{host}:{port}/0
    ");
    let many: Vec<String> = (0..12).map(|number| format!("- Redis, given as `R{number}`\n")).collect();
    assert_eq!(spec(&many.concat()).needs().count(), 10);
}

#[test]
fn a_place_behind_the_variable_decides_nothing() {
    insta::assert_snapshot!(read(
        "- Redis, given as `REDIS_URL` (requirements.txt:3)
- PostgreSQL (`postgres:16`), given as `DB_URL` (src/app/Gemfile:12).
- Kafka, given as `BROKERS={host}:9092` (web/package.json:7)
- Redis, given as `REDIS_URL` (redis:8)
- Redis, given as `REDIS_URL` (acme/redis:8)
- Redis, given as `REDIS_URL` (optional)
- Redis, given as `REDIS_URL` (requirements.txt:3, optional)
- Redis, given as `REDIS_URL` (only in production:3)
- No Redis, given as `REDIS_URL` (requirements.txt:3)
"
    ), @r"
    4: Redis [redis.internal] redis:7-alpine port 6379, REDIS_URL=redis://:{password}@{host}:{port}/0
    5: PostgreSQL [postgresql.internal] postgres:16 port 5432, DB_URL=postgresql://{user}:{password}@{host}:{port}/{database}
    6: Kafka [kafka.internal] redpandadata/redpanda:v24.2.7 port 9092, BROKERS={host}:9092
    7: prose: `REDIS_URL (redis:8)` is no variable
    8: prose: `REDIS_URL (acme/redis:8)` is no variable
    9: prose: `REDIS_URL (optional)` is no variable
    10: prose: `REDIS_URL (requirements.txt:3, optional)` is no variable
    11: prose: `REDIS_URL (only in production:3)` is no variable
    12: prose: `no` asks for no server
    ");
}

#[test]
fn a_heading_that_denies_asks_for_nothing() {
    let text =
        "## Success Criteria\n- [ ] No setuid files\n## Dependencies (optional)\n- Redis\n## Non-Goals\n- Redis\n";
    assert_eq!(Spec::parse(text).unwrap().needs().count(), 0);
}

#[test]
fn a_promise_names_the_variable_that_a_line_does_not() {
    let text = "## Success Criteria\n- [ ] Container can connect to Redis with provided CACHE_URL\n## Dependencies\n";
    let variables = |lines: &str| {
        let spec = Spec::parse(&format!("{text}{lines}")).unwrap();
        spec.needs().map(|one| one.variable.clone()).collect::<Vec<_>>()
    };
    assert_eq!(variables("- Redis\n"), ["CACHE_URL"]);
    assert_eq!(variables("- Redis, given as `REDIS_URL`\n"), ["REDIS_URL"]);
    assert_eq!(variables("- PostgreSQL\n- Redis\n"), ["DATABASE_URL", "CACHE_URL"]);
}

#[test]
fn every_kind_is_understood_by_its_names_and_fills_in_what_it_knows() {
    for kind in kinds() {
        for name in std::iter::once(&kind.name).chain(kind.aliases) {
            let spec = spec(&format!("- {name}"));
            let found = spec.needs().next().and_then(|one| one.kind).map(|kind| kind.name);
            assert_eq!(found, Some(kind.name), "{name}");
        }
        assert!(!kind.ready.hears.is_empty() && kind.image.contains(':'), "{}", kind.name);
        // A password that the server knows and the service does not lets nobody in.
        let known = kind.env.iter().any(|(_, value)| value.contains("{password}"))
            || kind.command.iter().any(|word| word.contains("{password}"));
        assert_eq!(known, kind.form.contains("{password}"), "{}", kind.name);
    }
}

#[test]
fn a_promise_may_speak_of_a_server_by_the_name_that_a_line_gives_it() {
    let check = |sentence: &str| {
        let text = format!(
            "## Success Criteria\n- [ ] {sentence}\n## Dependencies\n- The payment API (`acme/pay:2`, port 80), given as `PAY_URL`\n- Mails: Mailpit\n"
        );
        let spec = Spec::parse(&text).expect("the text makes a promise");
        spec.checks().next().map(|check| (check.name(), serde_json::Value::from(check.parameters()).to_string()))
    };
    let connects = |name: &str, variable: &str| {
        let variable = if variable.is_empty() { String::new() } else { format!(",\"variable\":\"{variable}\"") };
        Some(("dependency.connects", format!("{{\"name\":\"{name}\"{variable}}}")))
    };
    assert_eq!(
        check("Container can connect to the payment API with provided PAY_URL"),
        connects("payment API", "PAY_URL")
    );
    assert_eq!(check("Connects to the Payment API via PAY_URL"), connects("Payment API", "PAY_URL"));
    assert_eq!(check("Connects to Mailpit"), connects("Mailpit", ""));
    assert_eq!(check("Connects to the billing API via PAY_URL"), None);
}

#[test]
fn a_value_and_its_server_agree_about_the_password() {
    insta::assert_snapshot!(read(
        "- Redis, given as `A={host}:{port}`
- Redis (`redis:7-alpine`, command `redis-server --maxmemory 64mb`), given as `B`
- Redis (`redis:7-alpine`, command `redis-server --maxmemory 64mb`), given as `C=redis://:{password}@{host}:{port}`
- Redis (`redis:7-alpine`, command `redis-server --requirepass {password}`), given as `D={host}:{port}`
- MariaDB, given as `E={host}:{port}`
- MariaDB (`mariadb:11.4`, command `--skip-name-resolve`), given as `F`
- NATS, given as `G=nats://{host}:{port}`
"
    ), @r#"
    4: Redis [redis.internal] redis:7-alpine port 6379, A={host}:{port}
    5: Redis [redis.internal] redis:7-alpine port 6379 command ["redis-server", "--maxmemory", "64mb"], B=redis://{host}:{port}/0
    6: prose: `redis://:{password}@{host}:{port}` has a password, and the command sets none: it needs `{password}`
    7: prose: the command sets a password, and `{host}:{port}` does not tell it: it needs `{password}`
    8: prose: a MariaDB lets nobody in without a password, and `{host}:{port}` does not tell it: it needs `{password}`
    9: MariaDB [mariadb.internal] mariadb:11.4 port 3306 command ["--skip-name-resolve"], F=mysql://{user}:{password}@{host}:{port}/{database}
    10: NATS [nats.internal] nats:2-alpine port 4222, G=nats://{host}:{port}
    "#);
    let spec = spec("- Redis, given as `A={host}:{port}`\n- NATS, given as `B`");
    let told: Vec<_> = spec.needs().map(|one| (one.is_open(), one.has_login(), one.arguments())).collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        (
            true,
            false,
            Some(
                [
                    "redis-server",
                    "--protected-mode",
                    "no",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ],
            ),
        ),
        (
            false,
            true,
            Some(
                [
                    "nats-server",
                    "--user",
                    "{user}",
                    "--pass",
                    "{password}",
                    "--jetstream",
                ],
            ),
        ),
    ]
    "#);
}

#[test]
fn an_installed_server_takes_the_place_of_a_plain_postgresql_only() {
    for (line, expected) in [
        ("PostgreSQL", false),
        ("PostgreSQL database (`postgres:17-alpine`), given as `DATABASE_URL`", false),
        (
            "PostgreSQL, given as `DATABASE_URL=jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}`",
            false,
        ),
        ("PostgreSQL (`pgvector/pgvector:pg17`), given as `DATABASE_URL`", true),
        ("PostgreSQL (`postgres:17-alpine`, command `postgres -c fsync=off`), given as `DATABASE_URL`", true),
        ("PostgreSQL, given as `DATABASE_URL=postgresql://{user}:{password}@{host}/{database}`", true),
        ("PostgreSQL, given as `DATABASE_URL=postgresql://{user}@{host}:{port}/{database}`", true),
    ] {
        let found = spec(&format!("- {line}"));
        assert_eq!(found.postgres().map(seaworthy_spec::Dependency::is_particular), Some(expected), "{line}");
    }
}

#[test]
fn a_second_postgresql_keeps_its_variable() {
    let lines = "- PostgreSQL, given as `AUDIT_URL`\n- PostgreSQL, given as `DB_URL`";
    for (sentence, database) in [("No setuid files", "AUDIT_URL"), ("Connects to PostgreSQL via DB_URL", "DB_URL")] {
        let spec = Spec::parse(&format!("## Success Criteria\n- [ ] {sentence}\n## Dependencies\n{lines}\n")).unwrap();
        let variables: Vec<&str> = spec.needs().map(|one| one.variable.as_str()).collect();
        assert_eq!(variables, ["AUDIT_URL", "DB_URL"]);
        assert_eq!(spec.postgres().map(|one| one.variable.as_str()), Some(database), "{sentence}");
    }
}
