//! Servers that a run starts beside the service, of images that a registry has.

use std::process::Command;

use seaworthy_image::{Config, Format, Image};
use seaworthy_testkit::registry::Double;
use seaworthy_testkit::{Recipe, mariadb_image, postgres_image, redis_image};

use crate::row::{DOCKER, EMBEDDED, Row, row};

const KEPT: &str = "Notes are kept\n```check\nPOST /notes {\"text\": \"{run}\"} -> 201, save id\nGET /notes/{id} -> 200 {\"text\": \"{run}\"}\n```";

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
    let spec = spec(&["Connects to Redis via REDIS_URL", KEPT], &["Redis"]);
    with_hub(row!(links("idle")).spec(&spec), &hub).runs(
        "
    fail dependency.connects: nobody came to Redis (`redis:7-alpine`, sha256:…) (asked: the requests of a scenario)
    1 pass
    ",
    )?;
    with_hub(row!(links("ping")).spec(&spec), &hub).runs(
        "
    unproven dependency.connects: … came to Redis (`redis:7-alpine`, sha256:…), and no command but those that make a session (asked: …)
    1 pass
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
    unproven database.connects: no database for the run: no PostgreSQL server is installed on this machine (…); PostgreSQL is not there: cannot pull `127.0.0.1:…/library/postgres:0-nowhere`: …
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
    let spec = spec(&[sentence, KEPT], &["The payment API (`acme/pay:2`, port 8000), given as `PAY_URL`"]);
    with_hub(row!(links("calls")).spec(&spec), &hub).runs(
        "
    pass dependency.connects: … bytes said to payment API (`acme/pay:2`, sha256:…) and … heard from it during work (asked: the requests of a scenario)
    pass scenario: …
    ",
    )?;
    with_hub(row!(links("idle")).spec(&spec), &hub).runs(
        "
    fail dependency.connects: nobody came to payment API (`acme/pay:2`, sha256:…) (asked: the requests of a scenario)
    pass scenario: …
    ",
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
