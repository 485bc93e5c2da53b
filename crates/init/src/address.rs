//! Which variable holds the address of a system, by its name.

use crate::project::{Need, Project, System, Variable, VariableKind};

/// What the names of variables say of a system.
struct Names {
    system: System,
    /// As a line under *Dependencies* calls its server; `None` where a run starts none by a name.
    server: Option<&'static str>,
    /// Parts of names that speak of it alone.
    own: &'static [&'static str],
    /// Parts of names that may speak of another one as well.
    shared: &'static [&'static str],
    /// What the variable is usually called.
    usual: &'static str,
}

const POSTGRES: &[&str] = &["POSTGRES", "POSTGRESQL", "PG", "NEON"];
const DATABASE: &[&str] = &["DATABASE", "DB", "SQLALCHEMY", "CONNECTIONSTRINGS"];

const NAMES: &[Names] = &[
    Names { system: System::Neon, server: Some("Neon"), own: POSTGRES, shared: DATABASE, usual: "DATABASE_URL" },
    Names {
        system: System::PostgreSql,
        server: Some("PostgreSQL"),
        own: POSTGRES,
        shared: DATABASE,
        usual: "DATABASE_URL",
    },
    Names {
        system: System::MySql,
        server: Some("MySQL"),
        own: &["MYSQL", "MARIADB"],
        shared: DATABASE,
        usual: "DATABASE_URL",
    },
    Names {
        system: System::SqlServer,
        server: None,
        own: &["MSSQL", "SQLSERVER"],
        shared: DATABASE,
        usual: "DATABASE_URL",
    },
    Names {
        system: System::MongoDb,
        server: Some("MongoDB"),
        own: &["MONGO", "MONGODB"],
        shared: DATABASE,
        usual: "MONGODB_URI",
    },
    Names {
        system: System::Redis,
        server: Some("Redis"),
        own: &["REDIS", "VALKEY"],
        shared: &["CACHE", "BROKER", "CELERY"],
        usual: "REDIS_URL",
    },
    Names {
        system: System::RabbitMq,
        server: Some("RabbitMQ"),
        own: &["RABBITMQ", "RABBIT", "AMQP"],
        shared: &["BROKER", "CELERY"],
        usual: "AMQP_URL",
    },
    Names { system: System::Kafka, server: Some("Kafka"), own: &["KAFKA"], shared: &[], usual: "KAFKA_BROKERS" },
    Names {
        system: System::Elasticsearch,
        server: Some("Elasticsearch"),
        own: &["ELASTICSEARCH", "ELASTIC"],
        shared: &[],
        usual: "ELASTICSEARCH_URL",
    },
];

/// Last parts of names of addresses.
const ADDRESS: &[&str] = &["URL", "URI", "DSN", "BROKERS", "SERVERS"];

/// The name by which a run starts a server of this system.
pub(crate) fn server(system: System) -> Option<&'static str> {
    names(system)?.server
}

/// What its variable is usually called.
pub(crate) fn usual(system: System) -> Option<&'static str> {
    names(system).map(|names| names.usual)
}

/// The variable that holds its address: one whose name speaks of it, else one that can be no other system's. The shortest of several, as
/// the others are for a pooler or for tests.
pub(crate) fn variable(project: &Project, system: System) -> Option<&Variable> {
    let names = names(system)?;
    let first = |is_it: &dyn Fn(&Variable) -> bool| {
        let found = project.variables.iter().filter(|variable| is_it(variable));
        found.min_by_key(|variable| (variable.need != Need::Required, variable.name.len()))
    };
    let own = |names: &Names| first(&|variable| has(variable, names.own));
    own(names).or_else(|| {
        first(&|variable| {
            let is_of_one = NAMES.iter().any(|names| has(variable, names.own));
            let mut could = project.dependencies.iter().filter(|dependency| {
                self::names(dependency.system).is_some_and(|names| has(variable, names.shared) && own(names).is_none())
            });
            !is_of_one && could.next().is_some_and(|one| one.system == system) && could.next().is_none()
        })
    })
}

fn names(system: System) -> Option<&'static Names> {
    NAMES.iter().find(|names| names.system == system)
}

/// Whether a variable holds an address, and its name has one of these parts.
fn has(variable: &Variable, words: &[&str]) -> bool {
    let upper = variable.name.to_ascii_uppercase();
    let is_address =
        variable.kind == VariableKind::Database || upper.rsplit('_').next().is_some_and(|last| ADDRESS.contains(&last));
    is_address && variable.kind != VariableKind::Secret && upper.split('_').any(|part| words.contains(&part))
}
