//! What a service connects to, by the drivers among its packages.

use crate::found::{Found, Place};
use crate::project::{Dependency, System};

/// Packages of all languages that are for one system. The last part of a path or a coordinate is enough.
const DRIVERS: &[(&str, System)] = &[
    // Python
    ("psycopg2", System::PostgreSql),
    ("psycopg2-binary", System::PostgreSql),
    ("psycopg", System::PostgreSql),
    ("psycopg-binary", System::PostgreSql),
    ("asyncpg", System::PostgreSql),
    ("pg8000", System::PostgreSql),
    ("pymysql", System::MySql),
    ("mysqlclient", System::MySql),
    ("aiomysql", System::MySql),
    ("mysql-connector-python", System::MySql),
    ("pymongo", System::MongoDb),
    ("motor", System::MongoDb),
    ("beanie", System::MongoDb),
    ("redis", System::Redis),
    ("rq", System::Redis),
    ("arq", System::Redis),
    ("pika", System::RabbitMq),
    ("aio-pika", System::RabbitMq),
    ("aiokafka", System::Kafka),
    ("confluent-kafka", System::Kafka),
    ("kafka-python", System::Kafka),
    ("elasticsearch", System::Elasticsearch),
    ("boto3", System::S3),
    ("aiosqlite", System::Sqlite),
    // Node
    ("pg", System::PostgreSql),
    ("postgres", System::PostgreSql),
    ("@neondatabase/serverless", System::Neon),
    ("mysql", System::MySql),
    ("mysql2", System::MySql),
    ("mongodb", System::MongoDb),
    ("mongoose", System::MongoDb),
    ("ioredis", System::Redis),
    ("bullmq", System::Redis),
    ("bull", System::Redis),
    ("amqplib", System::RabbitMq),
    ("kafkajs", System::Kafka),
    ("better-sqlite3", System::Sqlite),
    ("sqlite3", System::Sqlite),
    ("@aws-sdk/client-s3", System::S3),
    // Go
    ("github.com/lib/pq", System::PostgreSql),
    ("github.com/jackc/pgx", System::PostgreSql),
    ("github.com/go-sql-driver/mysql", System::MySql),
    ("go.mongodb.org/mongo-driver", System::MongoDb),
    ("github.com/redis/go-redis", System::Redis),
    ("github.com/rabbitmq/amqp091-go", System::RabbitMq),
    ("github.com/segmentio/kafka-go", System::Kafka),
    ("github.com/mattn/go-sqlite3", System::Sqlite),
    ("modernc.org/sqlite", System::Sqlite),
    // Rust
    ("tokio-postgres", System::PostgreSql),
    ("rusqlite", System::Sqlite),
    ("lapin", System::RabbitMq),
    // Java
    ("org.postgresql:postgresql", System::PostgreSql),
    ("io.quarkus:quarkus-jdbc-postgresql", System::PostgreSql),
    ("com.mysql:mysql-connector-j", System::MySql),
    ("spring-boot-starter-data-mongodb", System::MongoDb),
    ("spring-boot-starter-data-redis", System::Redis),
    ("spring-boot-starter-amqp", System::RabbitMq),
    ("spring-kafka", System::Kafka),
    // .NET
    ("Npgsql", System::PostgreSql),
    ("Npgsql.EntityFrameworkCore.PostgreSQL", System::PostgreSql),
    ("Microsoft.EntityFrameworkCore.SqlServer", System::SqlServer),
    ("Microsoft.EntityFrameworkCore.Sqlite", System::Sqlite),
    ("StackExchange.Redis", System::Redis),
    // PHP
    ("ext-pdo_pgsql", System::PostgreSql),
    ("ext-pgsql", System::PostgreSql),
    ("ext-pdo_mysql", System::MySql),
    ("ext-redis", System::Redis),
    ("predis/predis", System::Redis),
    // Ruby
    ("sidekiq", System::Redis),
    ("bunny", System::RabbitMq),
];

/// The name in URLs and in the names of images that services of a compose file run.
const NAMES: &[(&str, System)] = &[
    ("postgis", System::PostgreSql),
    ("postgres", System::PostgreSql),
    ("timescaledb", System::PostgreSql),
    ("mysql", System::MySql),
    ("mariadb", System::MySql),
    ("mssql", System::SqlServer),
    ("mongo", System::MongoDb),
    ("redis", System::Redis),
    ("valkey", System::Redis),
    ("rabbitmq", System::RabbitMq),
    ("kafka", System::Kafka),
    ("redpanda", System::Kafka),
    ("elasticsearch", System::Elasticsearch),
    ("opensearch", System::Elasticsearch),
    ("minio", System::S3),
];

/// The system that a package is a driver of.
fn of_package(package: &str) -> Option<System> {
    let matches = |driver: &str| {
        package == driver
            || package.strip_prefix(driver).is_some_and(|rest| rest.starts_with('/'))
            || (!driver.contains(':') && package.rsplit(':').next() == Some(driver))
    };
    DRIVERS.iter().find(|(driver, _)| matches(driver)).map(|(_, system)| *system)
}

/// The system that an image runs: `postgres:16-alpine`.
pub(crate) fn of_image(image: &str) -> Option<System> {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split([':', '@']).next().unwrap_or(name);
    NAMES.iter().find(|(known, _)| name.starts_with(known)).map(|(_, system)| *system)
}

/// The systems of these packages, each once.
pub(crate) fn of_packages(packages: &[Found<String>]) -> Vec<Dependency> {
    let found = packages
        .iter()
        .filter_map(|package| Some(Dependency { system: of_package(&package.value)?, at: package.at.clone() }));
    each_once(found.collect())
}

/// Each system once, where it was found first. A database that is at Neon is PostgreSQL, and told once.
pub(crate) fn each_once(found: Vec<Dependency>) -> Vec<Dependency> {
    let mut kept: Vec<Dependency> = Vec::new();
    let at_neon = found.iter().any(|dependency| dependency.system == System::Neon);
    for dependency in found {
        let is_told = kept.iter().any(|known| known.system == dependency.system);
        let is_neon = at_neon && dependency.system == System::PostgreSql;
        if !is_told && !is_neon {
            kept.push(dependency);
        }
    }
    kept.sort_by_key(|dependency| dependency.system);
    kept
}

/// Where an example of the environment, or a page for readers, names a host of Neon.
pub(crate) fn neon(path: &str, text: &str) -> Option<Dependency> {
    let line = text.lines().position(|line| line.contains("neon.tech") || line.contains("Neon PostgreSQL"))?;
    Some(Dependency { system: System::Neon, at: Place::line(path, line + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_images_name_systems() {
        assert_eq!(of_package("psycopg2-binary"), Some(System::PostgreSql));
        assert_eq!(of_package("github.com/jackc/pgx/v5"), Some(System::PostgreSql));
        assert_eq!(of_package("org.springframework.boot:spring-boot-starter-amqp"), Some(System::RabbitMq));
        assert_eq!(of_package("pgadmin"), None);
        assert_eq!(of_image("docker.io/library/postgres:16"), Some(System::PostgreSql));
        assert_eq!(of_image("bitnami/redis@sha256:00"), Some(System::Redis));
        assert_eq!(of_image("nginx"), None);
    }

    #[test]
    fn neon_is_told_once() {
        let of = |system| Dependency { system, at: Place::file("f") };
        let kept = each_once(vec![of(System::PostgreSql), of(System::Neon), of(System::Redis), of(System::Redis)]);
        assert_eq!(kept.iter().map(|one| one.system).collect::<Vec<_>>(), [System::Neon, System::Redis]);
    }
}
