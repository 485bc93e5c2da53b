//! Hosts, databases, dependencies and signals.

use super::program::phrase;
use crate::dependency::kinds;
use crate::name;
use crate::sentence::Token;

/// `ghcr.io`, `db.example.com:5432`, `localhost:5000`.
pub(super) fn host_name(tokens: &[Token]) -> Option<(usize, String)> {
    let word = &tokens.first()?.word;
    let (name, port) = word.split_once(':').map_or((word.as_str(), None), |(name, port)| (name, Some(port)));
    let labels = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    });
    let port_is_one = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_host = (name.contains('.') && name.contains(|c: char| c.is_ascii_alphabetic())) || name == "localhost";
    (labels && port_is_one && is_host && name.len() <= 253).then(|| (1, word.clone()))
}

/// What a container may talk to: the database, or a host.
pub(super) fn host(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("the database", "database"),
            ("its database", "database"),
            ("a database", "database"),
            ("database server", "database"),
            ("database host", "database"),
            ("configured database", "database"),
            ("configured postgresql host", "database"),
            ("configured postgresql server", "database"),
            ("configured postgres host", "database"),
            ("configured postgres server", "database"),
            ("postgresql server", "database"),
            ("postgresql host", "database"),
            ("postgresql database", "database"),
            ("postgres server", "database"),
            ("postgres host", "database"),
            ("postgres database", "database"),
            ("database", "database"),
        ],
    );
    named
        .or_else(|| host_name(tokens))
        .or_else(|| dependency(tokens).filter(|(_, name)| is_startable(name) || tokens[0].word == name::SERVER))
}

/// Whether a run can start a server of this name.
fn is_startable(name: &str) -> bool {
    kinds().iter().any(|kind| kind.name == name)
}

/// The databases that a run can give to a container.
pub(super) fn database(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(
        tokens,
        &[
            ("neon postgresql", "Neon"),
            ("neon postgres", "Neon"),
            ("neon serverless", "Neon"),
            ("neon", "Neon"),
            ("postgresql", "PostgreSQL"),
            ("postgres", "PostgreSQL"),
        ],
    )
}

/// The signals that ask a process to end.
pub(super) fn end_signal(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(
        tokens,
        &[
            ("sigterm", "SIGTERM"),
            ("sigint", "SIGINT"),
            ("sigquit", "SIGQUIT"),
            ("kill -term", "SIGTERM"),
            ("kill -int", "SIGINT"),
            ("kill -quit", "SIGQUIT"),
            ("kill -15", "SIGTERM"),
            ("sig_term", "SIGTERM"),
        ],
    )
}

/// Any signal that an image may name as the one to stop it.
pub(super) fn signal(tokens: &[Token]) -> Option<(usize, String)> {
    const MORE: &[(&str, &str)] = &[
        ("sighup", "SIGHUP"),
        ("sigkill", "SIGKILL"),
        ("sigusr1", "SIGUSR1"),
        ("sigusr2", "SIGUSR2"),
        ("sigwinch", "SIGWINCH"),
        ("sigrtmin+3", "SIGRTMIN+3"),
    ];
    end_signal(tokens).or_else(|| phrase(tokens, MORE))
}

/// Servers that a service may need beside a PostgreSQL.
pub(super) fn dependency(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[(&str, &str)] = &[
        ("redis", "Redis"),
        ("valkey", "Valkey"),
        ("memcached", "Memcached"),
        ("rabbitmq", "RabbitMQ"),
        ("kafka", "Kafka"),
        ("nats", "NATS"),
        ("mosquitto", "Mosquitto"),
        ("elasticsearch", "Elasticsearch"),
        ("opensearch", "OpenSearch"),
        ("meilisearch", "Meilisearch"),
        ("minio", "MinIO"),
        ("s3", "S3"),
        ("etcd", "etcd"),
        ("consul", "Consul"),
        ("vault", "Vault"),
        ("keycloak", "Keycloak"),
        ("mysql", "MySQL"),
        ("mariadb", "MariaDB"),
        ("mongodb", "MongoDB"),
        ("mongo", "MongoDB"),
        ("sql server", "SQL Server"),
        ("mssql", "SQL Server"),
        ("oracle", "Oracle"),
        ("cassandra", "Cassandra"),
        ("clickhouse", "ClickHouse"),
        ("dynamodb", "DynamoDB"),
        ("neo4j", "Neo4j"),
        ("influxdb", "InfluxDB"),
        ("mailpit", "Mailpit"),
        ("redpanda", "Kafka"),
    ];
    let listed = tokens.first().filter(|token| token.word == name::SERVER).map(|token| (1, token.text.clone()));
    listed.or_else(|| phrase(tokens, KNOWN))
}
