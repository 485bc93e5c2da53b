//! What a specification says of the service's database.

use crate::{Check, Criterion, Spec};

/// What the names of variables that hold a database's URL end in.
const VARIABLES: &[&str] =
    &["DATABASE_URL", "DB_URL", "POSTGRES_URL", "POSTGRESQL_URL", "PG_URL", "DATABASE_URI", "DATABASE_DSN"];

/// More variables are not remembered.
const MOST_VARIABLES: usize = 200;

/// What the names of systems begin with that do not speak PostgreSQL's protocol.
const OTHERS: &[(&str, &str)] = &[
    ("mysql", "MySQL"),
    ("mariadb", "MariaDB"),
    ("sqlite", "SQLite"),
    ("mongo", "MongoDB"),
    ("mssql", "SQL Server"),
    ("sqlserver", "SQL Server"),
    ("oracle", "Oracle"),
    ("cassandra", "Cassandra"),
    ("dynamodb", "DynamoDB"),
    ("duckdb", "DuckDB"),
    ("clickhouse", "ClickHouse"),
];

/// The database that a specification gives its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The environment variable that names it.
    pub variable: String,
    pub system: System,
}

/// What kind of server a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum System {
    /// PostgreSQL or Neon, by name, or any database that will do.
    PostgreSql,
    /// One that no PostgreSQL can stand in for, as the specification calls it.
    Other(String),
    /// Only a variable is named. A PostgreSQL can stand in; a service that does not run with it may be made for another system.
    Unknown,
}

impl Spec {
    /// The database of the service; `None` where the specification speaks of none.
    ///
    /// A promise that it connects decides, then the dependency that is one, then a promised variable whose name is a database's. Where
    /// only prose names a system, it tells what kind of server the variable is for, and starts nothing.
    ///
    /// ```
    /// use seaworthy_spec::{Spec, System};
    ///
    /// let spec = Spec::parse("## Success Criteria\n- [ ] Refuses to start without DATABASE_URL\n## Dependencies\n- PostgreSQL\n")?;
    /// let database = spec.database().unwrap();
    /// assert_eq!((database.variable.as_str(), database.system), ("DATABASE_URL", System::PostgreSql));
    /// # Ok::<(), seaworthy_spec::SpecError>(())
    /// ```
    pub fn database(&self) -> Option<Database> {
        let named = self.checks().filter_map(|check| match check {
            Check::DatabaseConnects { name, variable } => Some((name.as_str(), variable.as_str())),
            _ => None,
        });
        // A cache or a queue is no database.
        let others = self.checks().filter_map(|check| match check {
            Check::DependencyConnects { name, variable } if other_in(name).is_some() && !variable.is_empty() => {
                Some((name.as_str(), variable.as_str()))
            }
            _ => None,
        });
        let connects: Vec<(&str, &str)> = named.chain(others).collect();
        if let Some(declared) = self.needs().find(|dependency| dependency.is_postgres()) {
            let promised =
                connects.iter().find(|(name, _)| is_postgres(name)).map(|(_, variable)| (*variable).to_owned());
            let is_other = |name: &String| self.needs().any(|one| !one.is_postgres() && one.variable == *name);
            let of_line = declared.is_named.then(|| declared.variable.clone());
            let variable = promised.or(of_line).or_else(|| self.database_variable().filter(|name| !is_other(name)));
            return Some(Database {
                variable: variable.unwrap_or_else(|| declared.variable.clone()),
                system: System::PostgreSql,
            });
        }
        let listed = self.dependency_items().find_map(system_in);
        let variable =
            connects.first().map(|(_, variable)| (*variable).to_owned()).or_else(|| self.database_variable());
        let system = if connects.iter().any(|(name, _)| is_postgres(name)) {
            System::PostgreSql
        } else if let Some((name, _)) = connects.first() {
            System::Other((*name).to_owned())
        } else if let Some(listed) = listed {
            listed
        } else {
            // A system that is named anywhere else decides nothing but that a PostgreSQL is the wrong one.
            variable.as_deref().and_then(other_in).or_else(|| system_in(&self.source)).unwrap_or(System::Unknown)
        };
        Some(Database { variable: variable?, system })
    }

    /// Every check of every promise, in the order of the text.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.criteria.iter().flat_map(Criterion::checks)
    }

    /// The environment variables that the text names: words in capitals with an underscore, and what promises call a variable. Not those for
    /// which a promise names a default: nobody has to give them.
    pub fn variables(&self) -> Vec<String> {
        let has_default = |name: &str| {
            self.checks()
                .any(|check| matches!(check, Check::EnvConfigurable { variable, default: Some(_) } if variable == name))
        };
        let promised = self.checks().filter_map(|check| match check {
            Check::EnvRuntime { variable }
            | Check::EnvRequired { variable, .. }
            | Check::EnvConfigurable { variable, .. }
            | Check::DependencyConnects { variable, .. }
            | Check::DatabaseConnects { variable, .. } => Some(variable.as_str()).filter(|name| !name.is_empty()),
            _ => None,
        });
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_variable = |word: &&str| {
            word.contains('_')
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let mut names: Vec<String> = Vec::new();
        for name in promised.chain(self.source.split(move |c| !is_name(c)).filter(is_variable)) {
            if names.len() < MOST_VARIABLES && !names.iter().any(|known| known == name) && !has_default(name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The variable of a promise, else of *Dependencies*, whose name says that it holds a database's URL.
    fn database_variable(&self) -> Option<String> {
        let promised = self.checks().find_map(|check| match check {
            Check::EnvRuntime { variable }
            | Check::EnvRequired { variable, .. }
            | Check::EnvConfigurable { variable, .. }
                if names_database(variable) =>
            {
                Some(variable.clone())
            }
            _ => None,
        });
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        promised.or_else(|| {
            let mut words = self.dependency_items().flat_map(|item| item.split(move |c| !is_name(c)));
            words.find(|word| names_database(word)).map(str::to_owned)
        })
    }

    /// The items under *Dependencies*.
    fn dependency_items(&self) -> impl Iterator<Item = &str> {
        let is_dependencies = |heading: &str| heading.to_lowercase().starts_with("dependenc");
        let items = self.prose.iter().filter(move |(heading, _)| is_dependencies(heading)).map(|(_, items)| items);
        items.flatten().map(String::as_str)
    }
}

impl Database {
    /// Whether a throwaway PostgreSQL can stand in for it.
    pub fn is_replaceable(&self) -> bool {
        !matches!(self.system, System::Other(_))
    }
}

/// The system that a text names: PostgreSQL before others, since a text that names several says what will do.
fn system_in(text: &str) -> Option<System> {
    let is_postgres = words(text).any(|word| word.starts_with("postgres") || word == "neon");
    if is_postgres { Some(System::PostgreSql) } else { other_in(text) }
}

fn other_in(text: &str) -> Option<System> {
    words(text).find_map(|word| {
        let known = OTHERS.iter().find(|(prefix, _)| word.starts_with(prefix))?;
        Some(System::Other(known.1.to_owned()))
    })
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether a database of this name is a PostgreSQL, or any will do.
fn is_postgres(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(name.trim(), "" | "database" | "the" | "a" | "its" | "sql") || system_in(&name) == Some(System::PostgreSql)
}

fn names_database(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    VARIABLES.iter().any(|name| variable.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, System)>) {
        let spec = Spec::parse(text).unwrap();
        let expected = expected.map(|(variable, system)| Database { variable: variable.to_owned(), system });
        assert_eq!(spec.database(), expected, "{text}");
    }

    fn other(name: &str) -> System {
        System::Other(name.to_owned())
    }

    #[test]
    fn the_database_is_what_promises_and_dependencies_say() {
        let criteria = "## Success Criteria\n- [ ] No setuid files\n";
        check(criteria, None);
        check(&format!("{criteria}- [ ] Connects to Redis via REDIS_URL\n"), None);
        check(&format!("{criteria}- [ ] Data persists across restarts\n## Non-Goals\n- PostgreSQL\n"), None);
        for (sentence, expected) in [
            ("Container can connect to Neon database with provided DATABASE_URL", ("DATABASE_URL", System::PostgreSql)),
            ("Connects to PostgreSQL via PG_URL", ("PG_URL", System::PostgreSql)),
            ("Connects to the database", ("DATABASE_URL", System::PostgreSql)),
            ("DATABASE_URL: Environment variable (not hardcoded)", ("DATABASE_URL", System::Unknown)),
            ("Connects to MariaDB via DB_URL", ("DB_URL", other("MariaDB"))),
            ("Refuses to start without TASKS_DB_URL", ("TASKS_DB_URL", System::Unknown)),
            ("Refuses to start without MYSQL_DATABASE_URL", ("MYSQL_DATABASE_URL", other("MySQL"))),
        ] {
            check(&format!("{criteria}- [ ] {sentence}\n"), Some(expected));
        }
        let listed = |item: &str| format!("{criteria}## Dependencies\n- {item}\n");
        check(&listed("Neon PostgreSQL database with connection string"), Some(("DATABASE_URL", System::PostgreSql)));
        check(&listed("PostgreSQL 15, named by `APP_DATABASE_URL`"), Some(("APP_DATABASE_URL", System::PostgreSql)));
        check(&listed("MySQL 8 at DATABASE_URL"), Some(("DATABASE_URL", other("MySQL"))));
        check(&listed("Docker 24"), None);
        // Prose starts nothing.
        check(&listed("PostgreSQL client installed"), None);
        check(&listed("No PostgreSQL needed"), None);
        check(&listed("PostgreSQL"), Some(("DATABASE_URL", System::PostgreSql)));
        check(
            &listed("PostgreSQL database (`postgres:17-alpine`), given as `PG_URI`"),
            Some(("PG_URI", System::PostgreSql)),
        );
        check(&listed("PostgreSQL\n- MariaDB, given as `DB_URL`"), Some(("DATABASE_URL", System::PostgreSql)));
        check(
            &listed("MariaDB, given as `DB_URL`\n- PostgreSQL, given as `PG_URL`"),
            Some(("PG_URL", System::PostgreSql)),
        );
        check(&listed("MariaDB, given as `DB_URL`"), Some(("DB_URL", other("MariaDB"))));
        let intent =
            |text: &str| format!("# Intent\n\n{text}\n\n{criteria}- [ ] Refuses to start without DATABASE_URL\n");
        check(&intent("Keeps notes in MariaDB."), Some(("DATABASE_URL", other("MariaDB"))));
        check(&intent("Speaks to PostgreSQL, or to SQLite."), Some(("DATABASE_URL", System::PostgreSql)));
    }
}
