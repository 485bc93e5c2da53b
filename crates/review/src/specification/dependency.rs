//! What the service connects to: in promises, in Dependencies and in the code.

use seaworthy_init::{System, VariableKind};
use seaworthy_spec::Check;

use super::Subject;
use crate::{Finding, Rule, Severity};

pub(super) const RULES: &[&Rule] = &[&NOT_LISTED, &NOT_PROMISED];

static NOT_LISTED: Rule = Rule {
    id: "dependency-not-listed",
    severity: Severity::Note,
    title: "The service connects to something that Dependencies do not list",
    why: "Whoever runs the image sets up what Dependencies list, and nothing else.",
    bad: "- [ ] Connects to Redis with provided REDIS_URL\n\n## Dependencies\n\n- Docker",
    good: "- [ ] Connects to Redis with provided REDIS_URL\n\n## Dependencies\n\n- Docker\n- Redis",
};
static NOT_PROMISED: Rule = Rule {
    id: "dependency-not-promised",
    severity: Severity::Note,
    title: "Dependencies list something to which no promise says that the service connects",
    why: "Whether the image can reach it, with the variable that names it, shows in production only.",
    bad: "- [ ] Container starts\n\n## Dependencies\n\n- PostgreSQL 16",
    good: "- [ ] Container can connect to PostgreSQL database with provided DATABASE_URL\n\n## Dependencies\n\n- PostgreSQL 16",
};

/// A system: its name in sentences, the words that name it in text, and the variable that usually names it.
struct Known {
    name: &'static str,
    words: &'static [&'static str],
    variable: &'static str,
    system: Option<System>,
}

const fn known(
    name: &'static str,
    words: &'static [&'static str],
    variable: &'static str,
    system: Option<System>,
) -> Known {
    Known { name, words, variable, system }
}

const SYSTEMS: &[Known] = &[
    known("Neon", &["neon", "postgres"], "DATABASE_URL", Some(System::Neon)),
    known("PostgreSQL", &["postgres", "neon"], "DATABASE_URL", Some(System::PostgreSql)),
    known("MySQL", &["mysql", "mariadb"], "DATABASE_URL", Some(System::MySql)),
    known("MariaDB", &["mariadb", "mysql"], "DATABASE_URL", None),
    known("SQL Server", &["sql server", "mssql", "sqlserver"], "DATABASE_URL", Some(System::SqlServer)),
    known("MongoDB", &["mongo"], "MONGODB_URI", Some(System::MongoDb)),
    known("Redis", &["redis", "valkey"], "REDIS_URL", Some(System::Redis)),
    known("RabbitMQ", &["rabbit", "amqp"], "AMQP_URL", Some(System::RabbitMq)),
    known("Kafka", &["kafka", "redpanda"], "KAFKA_BROKERS", Some(System::Kafka)),
    known("Elasticsearch", &["elastic", "opensearch"], "ELASTICSEARCH_URL", Some(System::Elasticsearch)),
];

impl Known {
    fn is_database(&self) -> bool {
        self.variable == "DATABASE_URL"
    }
}

/// Words of an item that take it back.
const DENIED: &[&str] = &["no ", "not ", "without ", "optional", "none", "instead of"];

pub(super) fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let items = items(subject);
    if items.is_empty() {
        return findings;
    }
    let all = items.join("\n").to_lowercase();
    for (criterion, check) in subject.checks() {
        let (Check::DatabaseConnects { name, .. } | Check::DependencyConnects { name, .. }) = check else { continue };
        let is_listed = SYSTEMS.iter().find(|one| one.name == name).map_or_else(
            || name.is_empty() || all.contains(&name.to_lowercase()),
            |one| one.words.iter().any(|word| all.contains(word)) || all.contains("database"),
        );
        if !is_listed {
            let message = format!("it connects to {name}, which Dependencies do not list");
            findings.push(subject.finding(&NOT_LISTED, Some(criterion.line), message, format!("- {name}")));
        }
    }
    findings.extend(of_code(subject, &all));
    findings.extend(items.iter().filter_map(|item| not_promised(subject, item)));
    findings
}

fn items<'a>(subject: &Subject<'a>) -> Vec<&'a str> {
    let is_dependencies = |heading: &str| heading.to_lowercase().starts_with("dependenc");
    let sections = subject.spec.prose.iter().filter(|(heading, _)| is_dependencies(heading));
    sections.flat_map(|(_, items)| items).map(String::as_str).collect()
}

/// What drivers among the packages, or the compose file, say.
fn of_code(subject: &Subject<'_>, listed: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dependency in subject.project.iter().flat_map(|project| &project.dependencies) {
        let Some(known) = SYSTEMS.iter().find(|one| one.system == Some(dependency.system)) else { continue };
        if known.words.iter().any(|word| listed.contains(word)) {
            continue;
        }
        let message = format!("{} is for {}, which Dependencies do not list", dependency.at, known.name);
        findings.push(subject.finding(&NOT_LISTED, None, message, format!("- {}", known.name)));
    }
    findings
}

fn not_promised(subject: &Subject<'_>, item: &str) -> Option<Finding> {
    let text = item.to_lowercase();
    let named = |one: &&Known| text.contains(one.words[0]);
    let known = SYSTEMS.iter().find(named).filter(|_| !DENIED.iter().any(|word| text.contains(word)))?;
    let connects = |check: &Check| match check {
        Check::DatabaseConnects { name, .. } if name.is_empty() => known.is_database(),
        Check::DatabaseConnects { name, .. } | Check::DependencyConnects { name, .. } => is_same(known, name),
        _ => false,
    };
    if subject.has(connects) {
        return None;
    }
    let variable = variable(subject, known);
    let kind = if matches!(known.name, "Neon" | "PostgreSQL") { " database" } else { "" };
    let advice = format!("- [ ] Container can connect to {}{kind} with provided {variable}", known.name);
    let message = format!("no promise says that it connects to {}", known.name);
    Some(subject.finding(&NOT_PROMISED, subject.line_of(item), message, advice))
}

fn is_same(known: &Known, name: &str) -> bool {
    known.words.iter().any(|word| name.to_lowercase().contains(word))
}

/// The variable that the code reads for it, else the usual one.
fn variable(subject: &Subject<'_>, known: &Known) -> String {
    let fits = |kind: VariableKind, name: &str| match kind {
        VariableKind::Database => known.is_database() || is_same(known, name),
        VariableKind::Connection => is_same(known, name),
        _ => false,
    };
    let read = subject.project.iter().flat_map(|project| &project.variables);
    let found = read.map(|one| (one.kind, one.name.as_str())).find(|(kind, name)| fits(*kind, name));
    found.map_or(known.variable, |(_, name)| name).to_owned()
}
