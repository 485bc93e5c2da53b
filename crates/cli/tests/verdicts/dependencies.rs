//! Servers that a run starts beside the service, of images that a registry has.

use std::process::Command;

use seaworthy_image::{Config, Format, Image};
use seaworthy_testkit::registry::Double;
use seaworthy_testkit::{Recipe, mariadb_image, postgres_image, redis_image};

use crate::row::{DOCKER, EMBEDDED, Row, row};

const KEPT: &str = "Notes are kept\n```check\nPOST /notes {\"text\": \"{run}\"} -> 201, save id\nGET /notes/{id} -> 200 {\"text\": \"{run}\"}\n```";

/// The sentence with the steps of [`KEPT`] under it.
fn by_notes(sentence: &str) -> String {
    KEPT.replace("Notes are kept", sentence)
}

/// A specification with these sentences and these lines under *Dependencies*.
fn spec(sentences: &[&str], lines: &[&str]) -> String {
    let sentence = |text: &&str| format!("- [ ] {}\n", text.replace('\n', "\n  "));
    let sentences: Vec<String> = sentences.iter().map(sentence).collect();
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}\n")).collect();
    format!("# Links\n\n## Success Criteria\n\n{}\n## Dependencies\n\n{}", sentences.concat(), lines.concat())
}

/// A registry that has what Docker Hub has under these names.
fn hub(images: &[(&str, &str, Image)]) -> anyhow::Result<Double> {
    let hub = Double::start()?;
    for (repository, tag, image) in images {
        hub.keep_image(repository, tag, &own(image)?)?;
    }
    Ok(hub)
}

/// The image with a label of the test's own: where two runs have one image, Docker may take it away with the first.
fn own(image: &Image) -> anyhow::Result<Image> {
    let mut config: serde_json::Value = serde_json::from_slice(image.config.bytes())?;
    config["config"]["Labels"] = serde_json::json!({ "test": std::thread::current().name() });
    Ok(Image::of(Config::from_bytes(serde_json::to_vec(&config)?)?, image.layers.clone(), Format::Docker)?)
}

/// The service, with a fault or none, in an image of the test's own.
fn links(fault: &'static str) -> Recipe {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    Recipe::links(fault).drafted(|draft| draft.labels = [("test".to_owned(), test)].into())
}

fn with_hub(row: Row, hub: &Double) -> Row {
    row.argument("--mirror").argument(&format!("docker.io={}", hub.host()))
}

#[test]
fn a_service_is_given_the_redis_that_it_needs() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let spec = spec(
        &[
            "Container starts listening on 8000",
            "Container can connect to Redis with provided REDIS_URL",
            "REDIS_URL: environment variable",
            "Talks to nothing but Redis",
            KEPT,
        ],
        &["Redis, given as `REDIS_URL`", "No Kafka needed"],
    );
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("")).spec(&spec), &hub).runs_on(
            engine,
            "
    pass start.runs: …
    pass dependency.connects: … seen on Redis (`redis:7-alpine`, sha256:…), by … connections of the service's (asked: the requests of a scenario)
    pass env.runtime: …; the server that REDIS_URL names was started for this run: …
    pass network.only: it tried to reach nothing but redis.internal in …
    pass scenario: …
    ",
        )?;
    }
    Ok(())
}

#[test]
fn a_dependency_that_is_never_talked_to_breaks_the_promise() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let steps = spec(&[&by_notes("Connects to Redis via REDIS_URL")], &["Redis"]);
    with_hub(row!(links("idle")).spec(&steps), &hub)
        .runs("fail dependency.connects: nobody came to Redis (`redis:7-alpine`, sha256:…) (asked: the requests of a scenario); POST 201, GET 200")?;
    let spec = spec(&["Connects to Redis via REDIS_URL", KEPT], &["Redis"]);
    with_hub(row!(links("ping")).spec(&spec), &hub).runs(
        "
    unproven dependency.connects: … came to Redis (`redis:7-alpine`, sha256:…), and no command but those that make a session (asked: …)
    1 pass
    ",
    )
}

#[test]
fn a_dependency_that_nothing_asked_for_leaves_the_promise_unproven() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let spec = spec(&["Connects to Redis via REDIS_URL", KEPT], &["Redis"]);
    with_hub(row!(links("idle")).spec(&spec), &hub).runs(
        "
    unproven dependency.connects: nobody came to Redis (`redis:7-alpine`, sha256:…) (asked: the requests of a scenario); it may be for other work: steps under this promise that need it decide
    1 pass
    ",
    )
}

#[test]
fn a_database_that_holds_nothing_of_what_was_written_breaks_the_promise_where_it_is_the_only_server()
-> anyhow::Result<()> {
    let hub = hub(&[("library/mariadb", "11.4", mariadb_image()?)])?;
    let spec = spec(&["Connects to MariaDB via DB_URL", KEPT], &["MariaDB, given as `DB_URL`"]);
    with_hub(row!(links("idle")).spec(&spec), &hub).runs(
        "
    fail dependency.connects: nobody came to MariaDB (…) (asked: the requests of a scenario)
    1 pass
    ",
    )
}

#[test]
fn a_dependency_that_ends_during_the_run_leaves_the_service_unproven() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let spec = spec(&[KEPT], &["Redis"]);
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("kills")).spec(&spec), &hub).runs_on(
            engine,
            "unproven scenario: Redis is no longer there: of `redis:7-alpine`, sha256:…, it ended during the run with exit 0; last log lines: …; without it: …expected 201, answered 503…",
        )?;
    }
    Ok(())
}

#[test]
fn a_redis_whose_value_has_no_password_demands_none() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let sentences = ["Connects to Redis via REDIS_URL", KEPT];
    let own_form = spec(&sentences, &["Redis, given as `REDIS_URL=redis://{host}:{port}/0`"]);
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("")).spec(&own_form), &hub)
            .runs_on(engine, "pass dependency.connects: … SET … seen on Redis (…\n    pass scenario: …")?;
    }
    let own_command =
        spec(&sentences, &["Redis (`redis:7-alpine`, command `redis-server --maxmemory 64mb --protected-mode no`)"]);
    with_hub(row!(links("")).spec(&own_command), &hub)
        .runs("pass dependency.connects: … SET … seen on Redis (…\n    pass scenario: …")
}

#[test]
fn a_server_that_cannot_be_at_the_port_that_its_value_needs_is_missing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let pay = Recipe::links("idle").write(&folder.path().join("pay"))?;
    let hub = hub(&[("acme/pay", "2", pay)])?;
    let sentence = "Container can connect to the payment API with provided PAY_URL";
    let line = "The payment API (`acme/pay:2`, port 8000), given as `PAY_URL=http://{host}:8000`";
    with_hub(row!(links("calls")).spec(&spec(&[sentence], &[line])), &hub).runs(
        "unproven dependency.connects: payment API is not there: of `acme/pay:2`, sha256:…, its value has no `{port}`, and it cannot be reached at its own port 8000, which the service listens on",
    )
}

#[test]
fn what_a_service_does_without_a_server_that_is_missing_is_no_fault() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let spec =
        spec(&["Logs to stdout as JSON"], &["Redis (`redis:7-alpine`, command `redis-server --no-such-option`)"]);
    with_hub(row!(links("")).spec(&spec), &hub).runs("unproven logs.stdout: Redis is not there: …; without it: …")
}

#[test]
fn a_start_that_the_users_own_options_may_have_spoiled_is_no_fault_of_the_image() -> anyhow::Result<()> {
    let spec = spec(&["Container starts listening on 8000"], &[]);
    row!(links("")).spec(&spec).argument("--user").argument("nosuchuser").runs(
        "unproven start.runs: it was started with `--user` in the place of the image's own, which may be the reason: run this without; …",
    )?;
    row!(links("eager")).spec(&spec).argument("--workdir").argument("/etc/passwd").runs(
        "unproven start.runs: it was started with `--workdir` in the place of the image's own, which may be the reason: run this without; …",
    )
}

#[test]
fn a_postgresql_with_an_image_and_a_value_of_its_own_is_that_one() -> anyhow::Result<()> {
    let hub = hub(&[("acme/pgvector", "17", postgres_image()?), ("library/postgres", "17-alpine", postgres_image()?)])?;
    let sentences = [
        "Container can connect to PostgreSQL database with provided DATABASE_URL",
        "AUDIT_URL: environment variable",
        KEPT,
    ];
    let jdbc = "jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}";
    let line = format!("PostgreSQL (`acme/pgvector:17`), given as `DATABASE_URL={jdbc}`");
    let spec = spec(&sentences, &[line.as_str(), "PostgreSQL, given as `AUDIT_URL`"]);
    with_hub(row!(links("")).spec(&spec), &hub).runs(
        "
    pass database.connects: … written on the server during work (asked: the requests of a scenario) (throwaway PostgreSQL of an image)
    unproven env.runtime: AUDIT_URL is not set in the config; …; PostgreSQL (`postgres:17-alpine`, sha256:…): nobody came to the database (asked: …
    pass scenario: …
    ",
    )
}

#[test]
fn a_dependency_that_does_not_start_leaves_the_service_unproven() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let sentences = ["Container starts listening on 8000", "Connects to Redis via REDIS_URL", KEPT];
    let spec = spec(&sentences, &["Redis (`redis:7-alpine`, command `redis-server --no-such-option`)"]);
    with_hub(row!(links("")).spec(&spec), &hub).runs(
        "
    unproven dependency.connects: Redis is not there: of `redis:7-alpine`, sha256:…, it ended with exit 1; last log lines: …no-such-option…
    unproven scenario: Redis is not there: …; without it: …expected 200, answered 404…
    1 pass
    ",
    )
}

#[test]
fn an_image_that_nobody_has_leaves_the_service_unproven() -> anyhow::Result<()> {
    let hub = hub(&[])?;
    let spec = spec(&["Connects to Redis via REDIS_URL"], &["Redis (`redis:0-nowhere`)"]);
    with_hub(row!(links("eager")).spec(&spec), &hub)
        .argument("--mirror")
        .argument("docker.io=127.0.0.1:1")
        .runs("unproven dependency.connects: Redis is not there: cannot pull `127.0.0.1:…/library/redis:0-nowhere`: …")
}

#[test]
fn a_service_has_mariadb_and_redis_at_once() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?), ("library/mariadb", "11.4", mariadb_image()?)])?;
    let spec = spec(
        &["Connects to Redis via REDIS_URL", "Connects to MariaDB via DB_URL", KEPT],
        &["MariaDB, given as `DB_URL`", "Redis"],
    );
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("")).spec(&spec), &hub).runs_on(
            engine,
            "
    pass dependency.connects: … seen on Redis (…
    pass dependency.connects: … INSERT … seen on MariaDB (…
    pass scenario: …
    ",
        )?;
    }
    Ok(())
}

#[test]
fn a_dependency_is_stopped_and_started_in_a_scenario() -> anyhow::Result<()> {
    let hub = hub(&[("library/redis", "7-alpine", redis_image()?)])?;
    let goes_on = "Comes back when Redis does\n```check\nPOST /notes {\"text\": \"{run}\"} -> 201, save id\nstop Redis\nGET /notes/{id} -> 503\n\
                   GET /health -> 200\nstart Redis\nGET /notes/{id} -> 200 {\"text\": \"{run}\"}\n```";
    let spec = spec(&[goes_on], &["Redis, given as `REDIS_URL`"]);
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("")).spec(&spec), &hub)
            .runs_on(engine, "pass scenario: POST 201, stop Redis, GET 503, GET 200, start Redis, GET 200")?;
    }
    // One that needs no Redis passes such steps for another reason.
    let idle = goes_on.replace("-> 503", "-> 200");
    let spec = self::spec(&[idle.as_str()], &["Redis, given as `REDIS_URL`"]);
    with_hub(row!(links("idle")).spec(&spec), &hub).runs(
        "unproven scenario: …; Redis was stopped, and the service said nothing to it before: add a step before `stop Redis` that needs it",
    )
}

#[test]
fn postgresql_comes_from_an_image_where_no_server_is_installed() -> anyhow::Result<()> {
    let hub = hub(&[("library/postgres", "17-alpine", postgres_image()?)])?;
    let sentences = ["Container can connect to PostgreSQL database with provided DATABASE_URL", KEPT];
    let spec = spec(&sentences, &["PostgreSQL database, given as `DATABASE_URL`"]);
    for engine in [EMBEDDED, DOCKER] {
        with_hub(row!(links("")).spec(&spec), &hub).without_postgres().runs_on(
            engine,
            "
    pass database.connects: … written on the server during work (asked: the requests of a scenario) (throwaway PostgreSQL of an image)
    pass scenario: …
    ",
        )?;
    }
    with_hub(row!(links("")).spec(&spec.replace("PostgreSQL database,", "PostgreSQL database (`postgres:0-nowhere`),")), &hub)
        .without_postgres()
        .runs_on(
            EMBEDDED,
            "
    unproven database.connects: no database for the run: PostgreSQL is not there: cannot pull `127.0.0.1:…/library/postgres:0-nowhere`: …
    unproven scenario: …
    ",
        )
}

#[test]
fn a_server_that_only_its_image_describes_is_given_and_watched() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let pay = Recipe::links("idle").write(&folder.path().join("pay"))?;
    let hub = hub(&[("acme/pay", "2", pay)])?;
    let sentence = "Container can connect to the payment API with provided PAY_URL";
    let line = "The payment API (`acme/pay:2`, port 8000), given as `PAY_URL`";
    with_hub(row!(links("calls")).spec(&spec(&[sentence, KEPT], &[line])), &hub).runs(
        "
    pass dependency.connects: … bytes said to payment API (`acme/pay:2`, sha256:…) and … heard from it during work (asked: the requests of a scenario)
    pass scenario: …
    ",
    )?;
    with_hub(row!(links("idle")).spec(&spec(&[&by_notes(sentence)], &[line])), &hub).runs(
        "fail dependency.connects: nobody came to payment API (`acme/pay:2`, sha256:…) (asked: the requests of a scenario); POST 201, GET 200",
    )
}

#[test]
fn an_image_that_the_engine_has_is_not_pulled() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (archive, name) = (folder.path().join("redis.tar"), "seaworthy-test/redis:kept");
    seaworthy_image::archive::write_docker(&redis_image()?, &archive, &[name.to_owned()])?;
    let loaded = Command::new("docker").arg("load").arg("-i").arg(&archive).output()?;
    anyhow::ensure!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let spec = spec(&["Connects to Redis via REDIS_URL", KEPT], &["Redis (`seaworthy-test/redis:kept`)"]);
    row!(links("")).spec(&spec).runs_on(
        DOCKER,
        "
    pass dependency.connects: … seen on Redis (`seaworthy-test/redis:kept`, which the engine has), by …
    pass scenario: …
    ",
    )
}
