//! What is known of a project.

use std::fmt;

use crate::existing::Existing;
use crate::found::Found;
use crate::toolchain::Toolchain;

/// A service, as its files tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// `task-api`: of its manifest, else its folder's.
    pub name: String,
    /// What its language's tools need to know to make an image.
    pub toolchain: Toolchain,
    /// Of its manifest or first source file.
    pub language: Option<Found<Language>>,
    /// The language's version that it asks for: `3.12`.
    pub version: Option<Found<String>>,
    pub framework: Option<Found<Framework>>,
    /// `npm`, and the file that says so.
    pub manager: Option<Found<&'static str>>,
    /// What fixes the versions of its packages.
    pub lock: Option<String>,
    pub role: Role,
    pub start: Option<Found<Start>>,
    /// A step before it can start: `npm run build`.
    pub build: Option<Found<String>>,
    /// Where its code or its start says that it listens, whatever a Dockerfile exposes.
    pub code_port: Option<Found<u16>>,
    /// The variable that says on which address, and the value with which others than this machine reach it.
    pub listens: Option<(String, String)>,
    /// Where it listens; `None` for a worker.
    pub port: Option<Port>,
    /// The path of its health check that the code has.
    pub health: Option<Found<String>>,
    /// Where its code speaks of the method HEAD, or takes any for its health.
    pub head: Option<crate::Place>,
    /// Where it writes to stdout.
    pub logs: Option<crate::Place>,
    /// A text that its first page holds.
    pub page: Option<Found<String>>,
    /// A collection that is created, read, updated and deleted.
    pub collection: Option<Found<String>>,
    /// Where it serves an OpenAPI document.
    pub document: Option<Found<String>>,
    pub variables: Vec<Variable>,
    pub dependencies: Vec<Dependency>,
    /// Folders whose content outlives a container.
    pub volumes: Vec<Found<String>>,
    pub existing: Existing,
    /// What was not read, and why.
    pub left_out: Vec<String>,
    /// The image that it is known by, where that is all.
    pub image: Option<crate::image::Today>,
    /// What a run of its image showed.
    pub seen: Option<crate::seen::Seen>,
}

/// A language, or what takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    Node,
    Go,
    Rust,
    Java,
    DotNet,
    Php,
    Ruby,
    /// Files that a web server gives out as they are.
    Site,
}

impl Language {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node.js",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Java => "Java",
            Self::DotNet => ".NET",
            Self::Php => "PHP",
            Self::Ruby => "Ruby",
            Self::Site => "a static site",
        }
    }
}

/// A framework that is recognised by its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framework {
    pub name: &'static str,
    /// As its package is called.
    pub(crate) package: &'static str,
    /// Where it listens if nothing else is said.
    pub(crate) port: u16,
    /// Where it serves its OpenAPI document by itself.
    pub(crate) document: Option<&'static str>,
}

/// What the service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It answers requests.
    Web,
    /// It takes jobs from somewhere, and listens on no port.
    Worker,
    /// It does what its arguments say, and ends: no service.
    Program,
}

/// How it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The program and its arguments; nothing has to be expanded.
    Exec(Vec<String>),
    /// A line for a shell, which gives its place to the program: `exec uvicorn main:app --port "${PORT:-8000}"`.
    Shell(String),
}

impl Start {
    pub(crate) fn exec<const N: usize>(words: [&str; N]) -> Self {
        Self::Exec(words.map(str::to_owned).to_vec())
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec(words) => f.write_str(&words.join(" ")),
            Self::Shell(line) => f.write_str(line),
        }
    }
}

/// Where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub number: Found<u16>,
    /// The variable that moves it, where one does.
    pub variable: Option<Found<String>>,
    /// Nothing says it: it is the usual one of its framework.
    pub is_guess: bool,
}

/// A variable of the environment that the code reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub kind: VariableKind,
    pub need: Need,
    pub at: crate::Place,
}

/// What a variable holds, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableKind {
    /// A key, a token, a password.
    Secret,
    /// The URL of a database.
    Database,
    /// The URL of something else that is connected to; it may hold a password.
    Connection,
    Plain,
}

/// What becomes of the service without a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// It does not start.
    Required,
    /// It takes this value; `None` where the code works it out. Never told of what is no plain variable.
    Default(Option<String>),
    /// Not known; it starts.
    Optional,
}

/// Something that the service connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub system: System,
    pub at: crate::Place,
}

/// A system that services connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// PostgreSQL at Neon.
    Neon,
    PostgreSql,
    MySql,
    SqlServer,
    Sqlite,
    MongoDb,
    Redis,
    RabbitMq,
    Kafka,
    Elasticsearch,
    S3,
}

impl System {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neon => "Neon",
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL or MariaDB",
            Self::SqlServer => "SQL Server",
            Self::Sqlite => "SQLite",
            Self::MongoDb => "MongoDB",
            Self::Redis => "Redis",
            Self::RabbitMq => "RabbitMQ",
            Self::Kafka => "Kafka",
            Self::Elasticsearch => "Elasticsearch",
            Self::S3 => "S3",
        }
    }

    /// PostgreSQL, wherever it runs.
    pub(crate) fn is_postgres(self) -> bool {
        matches!(self, Self::Neon | Self::PostgreSql)
    }
}

impl Project {
    /// The framework's name, else the language's.
    pub fn kind(&self) -> String {
        match (&self.framework, &self.language) {
            (Some(framework), _) => framework.value.name.to_owned(),
            (None, Some(language)) => language.value.name().to_owned(),
            (None, None) if self.image.is_some() => "an image".to_owned(),
            (None, None) => "a Dockerfile".to_owned(),
        }
    }

    /// `Task API`: the name in words.
    pub fn title(&self) -> String {
        let word = |word: &str| match word {
            "api" | "http" | "db" | "url" | "ui" | "crud" | "rest" => word.to_ascii_uppercase(),
            _ => {
                let mut characters = word.chars();
                characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
            }
        };
        let words: Vec<String> =
            self.name.split(['-', '_', '.', ' ']).filter(|part| !part.is_empty()).map(word).collect();
        words.join(" ")
    }

    pub(crate) fn is(&self, language: Language) -> bool {
        self.language.as_ref().is_some_and(|found| found.value == language)
    }

    /// The variable that holds the URL of its database.
    pub(crate) fn database_variable(&self) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.kind == VariableKind::Database)
    }

    /// PostgreSQL or Neon, where it uses one.
    pub(crate) fn postgres(&self) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.system.is_postgres())
    }
}
