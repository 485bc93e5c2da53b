//! A folder to what is known of the project in it.

use std::io;
use std::path::Path;

use crate::code::{self, Code, Reads};
use crate::compose::{self, Compose};
use crate::existing::{self, Existing, Recipe};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::guard::guarded;
use crate::project::{Dependency, Framework, Language, Need, Port, Project, Role, Start, System};
use crate::toolchain::Toolchain;
use crate::{dependency, language, variable};

/// Pages and examples that may say where the database is. Files with values of secrets are never read.
const TOLD_IN: &[&str] = &[".env.example", ".env.sample", ".env.template", "example.env", "README.md", "README.rst"];
/// Variables that move the port.
pub(crate) const PORT_NAMES: &[&str] = &["PORT", "APP_PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT"];

/// Why nothing is known of a folder.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error("cannot read the folder `{path}`")]
    Folder { path: String, source: io::Error },
    /// A file that says what the project is cannot be understood.
    #[error("cannot read `{path}`: {why}")]
    Manifest { path: String, why: String },
    #[error("nothing in `{path}` is recognised")]
    Nothing {
        path: String,
        /// Folders in it that hold a project.
        inside: Vec<String>,
    },
}

impl SurveyError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Nothing { inside, .. } if !inside.is_empty() => {
                Some(format!("name the folder of one project in it: {}", inside.join(", ")))
            }
            Self::Nothing { .. } => Some(format!("{} and a Dockerfile are", language::RECOGNISED)),
            _ => None,
        }
    }
}

/// What the files of one language tell.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) language: Found<Language>,
    pub(crate) toolchain: Toolchain,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<Found<String>>,
    pub(crate) framework: Option<Found<Framework>>,
    pub(crate) manager: Option<Found<&'static str>>,
    pub(crate) lock: Option<String>,
    pub(crate) role: Role,
    pub(crate) start: Option<Found<Start>>,
    pub(crate) build: Option<Found<String>>,
    /// Named in code or in how it starts, and not by a variable.
    pub(crate) port: Option<Found<u16>>,
    /// The language's usual one, where nothing says it.
    pub(crate) usual_port: Option<Found<u16>>,
    /// The variable that the start command, and not the code, hands on.
    pub(crate) port_variable: Option<Found<String>>,
    /// Where the framework answers by itself, if it does.
    pub(crate) health: Option<Found<String>>,
    pub(crate) document: Option<Found<String>>,
    /// Where it writes to stdout, if that is known.
    pub(crate) logs: Option<Place>,
    /// A text that its first page holds.
    pub(crate) page: Option<Found<String>>,
    pub(crate) packages: Vec<Found<String>>,
    pub(crate) codes: Vec<Code>,
}

impl Told {
    /// Nothing but what it is; the rest is filled in where it is told.
    pub(crate) fn new(language: Found<Language>, toolchain: Toolchain) -> Self {
        Self {
            language,
            toolchain,
            name: None,
            version: None,
            framework: None,
            manager: None,
            lock: None,
            role: Role::Worker,
            start: None,
            build: None,
            port: None,
            usual_port: None,
            port_variable: None,
            health: None,
            document: None,
            logs: None,
            page: None,
            packages: Vec::new(),
            codes: Vec::new(),
        }
    }
}

/// Looks at a folder; no file in it is changed, and nothing of it is run.
///
/// # Errors
///
/// Fails if the folder or a file that says what the project is cannot be read, or nothing is recognised.
pub fn survey(root: &Path) -> Result<Project, SurveyError> {
    let folder = Folder::open(root)?;
    let existing = existing::existing(&folder)?;
    let compose = compose::compose(&folder)?;
    match language::told(&folder)? {
        Some(told) => guarded(project(&folder, told, existing, compose)),
        None if existing.dockerfile.is_some() => guarded(of_dockerfile(&folder, existing, compose)),
        None => Err(SurveyError::Nothing { path: root.display().to_string(), inside: language::inside(&folder) }),
    }
}

fn project(folder: &Folder, told: Told, existing: Existing, compose: Compose) -> Project {
    let language = told.language.value;
    let routes = code::routes(&told.codes, language);
    let role = if told.role == Role::Worker && is_program(folder, &told) { Role::Program } else { told.role };
    let reads: Vec<Reads> = told.codes.iter().flat_map(|code| code::reads(code, language)).collect();
    let recipe = existing.dockerfile.as_ref();
    let port_read = PORT_NAMES.iter().find_map(|name| reads.iter().find(|read| read.name == *name));
    let variable = port_read.map(|read| Found::new(read.name.clone(), read.at.clone()));
    let read_default = port_read.and_then(|read| match &read.need {
        Need::Default(Some(value)) => Some(Found::new(value.trim_start_matches(':').parse().ok()?, read.at.clone())),
        _ => None,
    });
    let exposed = recipe.and_then(|recipe| recipe.ports.first().cloned());
    let usual = told.framework.as_ref().map(|found| Found::new(found.value.port, found.at.clone()));
    let bind = bind(&reads);
    let is_handed_on = told.port_variable.is_some() && recipe.is_none();
    let code_port = read_default.or_else(|| bind.as_ref()?.port.clone()).or(told.port);
    let number = exposed.or_else(|| code_port.clone()).or(compose.port);
    // What a command hands on listens there; else the framework's usual one is a guess.
    let is_guess = number.is_none() && !is_handed_on;
    let number = number.or(usual).or_else(|| told.usual_port.clone());
    let handed_on = told.port_variable.filter(|_| recipe.is_none());
    let is_web = told.role == Role::Web;
    let port = number.filter(|_| is_web).map(|number| Port { number, variable: variable.or(handed_on), is_guess });
    let document = told.document.or_else(|| {
        let framework = told.framework.as_ref()?;
        Some(Found::new(framework.value.document?.to_owned(), framework.at.clone()))
    });
    let health = code::health(&routes).or(told.health).or_else(|| recipe.and_then(|recipe| recipe.health.clone()));
    let mut found = dependency::of_packages(&told.packages);
    found.extend(compose.dependencies);
    found.extend(told_in_pages(folder, &found));
    let mut volumes = compose.volumes;
    volumes.extend(recipe.into_iter().flat_map(|recipe| recipe.volumes.clone()));
    volumes.extend(database_files(&told.codes));
    volumes.sort_by(|one, other| one.value.cmp(&other.value));
    volumes.dedup_by(|one, other| one.value == other.value);
    Project {
        name: told.name.map_or_else(|| name_of(folder), |name| slug(&name)),
        toolchain: told.toolchain,
        language: Some(told.language),
        version: told.version,
        framework: told.framework,
        manager: told.manager,
        lock: told.lock,
        role,
        start: recipe.and_then(started_by).or(told.start),
        build: told.build,
        code_port: code_port.filter(|_| is_web),
        listens: bind.map(|bind| match &bind.port {
            Some(port) => (bind.name.clone(), format!("0.0.0.0:{}", port.value)),
            None => (bind.name.clone(), "0.0.0.0".to_owned()),
        }),
        port,
        health: health.filter(|_| is_web),
        head: code::head(&routes, &told.codes),
        logs: told.logs,
        page: told.page,
        collection: code::collection(&routes),
        document: document.filter(|_| is_web),
        variables: variable::variables(reads),
        dependencies: dependency::each_once(found),
        volumes,
        existing,
        left_out: folder.left_out(),
        image: None,
        seen: None,
    }
}

/// Packages that read the arguments of a command line.
const OF_COMMANDS: &[&str] = &[
    "click",
    "typer",
    "docopt",
    "fire",
    "clap",
    "structopt",
    "argh",
    "pico-args",
    "commander",
    "yargs",
    "cac",
    "meow",
    "oclif",
    "@oclif/core",
    "github.com/spf13/cobra",
    "github.com/urfave/cli",
    "github.com/alecthomas/kong",
    "thor",
    "info.picocli:picocli",
    "System.CommandLine",
    "Spectre.Console.Cli",
];

/// Whether it reads arguments, and nothing in it waits for work.
fn is_program(folder: &Folder, told: &Told) -> bool {
    static ARGUMENTS: code::Pattern = code::Pattern::new(
        r"\bArgumentParser\(|\bsys\.argv\b|\bprocess\.argv\b|\bflag\.Parse\(|\bos\.Args\b|\benv::args(?:_os)?\(|\bderive\([^)]*\bParser\b",
    );
    static WAITS: code::Pattern = code::Pattern::new(
        r"\bsetInterval\(|\brun_forever\(|\bBackgroundService\b|\bCreateApplicationBuilder\(|\bscheduler?\.\w+\(|\bcron\b|\btime\.NewTicker\(|\bconsume\w*\(|\bsubscribe\(|\brun_polling\(|\.login\(",
    );
    static LOOPS: code::Pattern =
        code::Pattern::new(r"\bwhile\s*\(?\s*(?:True|true|1)\b|\bfor\s*\{|\bloop\s*\{|\bloop do\b");
    let is_queue = |system: System| matches!(system, System::Redis | System::RabbitMq | System::Kafka);
    let is_in = |pattern: &code::Pattern| told.codes.iter().any(|code| pattern.is_in(&code.text));
    let is_for_commands = |package: &Found<String>| {
        let name = package.value.rsplit_once("/v").map_or(package.value.as_str(), |(family, _)| family);
        OF_COMMANDS.contains(&name) || OF_COMMANDS.contains(&package.value.as_str())
    };
    let installs = ["setup.py", "setup.cfg"]
        .iter()
        .any(|path| folder.source(path).is_some_and(|text| text.contains("console_scripts")));
    let waits = told.framework.is_some()
        || folder.has("Procfile")
        || dependency::of_packages(&told.packages).iter().any(|dependency| is_queue(dependency.system))
        || is_in(&WAITS);
    // A loop of its own says that it waits, unless all of it is made for a command line.
    let is_made_for_commands = installs || told.packages.iter().any(is_for_commands);
    !waits && (is_made_for_commands || (is_in(&ARGUMENTS) && !is_in(&LOOPS)))
}

/// A variable that says on which address it listens, and the default there.
struct Bind {
    name: String,
    port: Option<Found<u16>>,
}

/// One whose default only this machine reaches: nothing outside a container does.
fn bind(reads: &[Reads]) -> Option<Bind> {
    const NAMES: &[&str] = &[
        "HOST",
        "ADDRESS",
        "ADDR",
        "BIND",
        "BIND_ADDR",
        "BIND_ADDRESS",
        "BIND_HOST",
        "LISTEN",
        "LISTEN_ADDR",
        "LISTEN_ADDRESS",
        "LISTEN_HOST",
        "SERVER_HOST",
        "SERVER_ADDRESS",
        "HTTP_HOST",
    ];
    reads.iter().filter(|read| NAMES.contains(&read.name.as_str())).find_map(|read| {
        let Need::Default(Some(value)) = &read.need else { return None };
        let (host, port) = value.rsplit_once(':').map_or((value.as_str(), None), |(host, port)| (host, Some(port)));
        let port = port.and_then(|port| Some(Found::new(port.parse().ok()?, read.at.clone())));
        matches!(host, "127.0.0.1" | "localhost" | "0.0.0.0" | "").then(|| Bind { name: read.name.clone(), port })
    })
}

/// What a Dockerfile of one's own starts.
fn started_by(recipe: &Recipe) -> Option<Found<Start>> {
    recipe.command.as_ref().map(|command| Found::new(Start::Shell(command.value.clone()), command.at.clone()))
}

fn of_dockerfile(folder: &Folder, existing: Existing, compose: Compose) -> Project {
    let recipe = existing.dockerfile.clone().unwrap_or_default();
    let variable = recipe.variables.iter().find(|variable| PORT_NAMES.contains(&variable.value.as_str())).cloned();
    let number = recipe.ports.first().cloned().or(compose.port);
    let port = number.map(|number| Port { number, variable, is_guess: false });
    let mut dependencies = compose.dependencies;
    dependencies.extend(told_in_pages(folder, &dependencies));
    let mut volumes = recipe.volumes.clone();
    volumes.extend(compose.volumes);
    volumes.sort_by(|one, other| one.value.cmp(&other.value));
    volumes.dedup_by(|one, other| one.value == other.value);
    Project {
        name: name_of(folder),
        toolchain: Toolchain::Dockerfile,
        language: None,
        version: None,
        framework: None,
        manager: None,
        lock: None,
        role: if port.is_some() { Role::Web } else { Role::Worker },
        start: started_by(&recipe),
        build: None,
        listens: None,
        code_port: None,
        port,
        health: recipe.health,
        head: None,
        logs: None,
        page: None,
        collection: None,
        document: None,
        variables: Vec::new(),
        dependencies: dependency::each_once(dependencies),
        volumes,
        existing,
        left_out: folder.left_out(),
        image: None,
        seen: None,
    }
}

/// A database at Neon, where a page for readers or an example of the environment says so and there is a driver for it.
fn told_in_pages(folder: &Folder, found: &[Dependency]) -> Option<Dependency> {
    found.iter().find(|dependency| dependency.system.is_postgres())?;
    TOLD_IN.iter().find_map(|path| dependency::neon(path, &folder.source(path)?))
}

/// Folders of files that code keeps in a fixed place: `/data/notes.db`.
fn database_files(codes: &[Code]) -> Vec<Found<String>> {
    static FILE: code::Pattern =
        code::Pattern::new(r#"["'/](/(?:data|var/lib|srv|storage)(?:/[\w.-]+)*)/[\w.-]+\.(?:db|sqlite3?)["'?]"#);
    codes.iter().filter_map(|code| FILE.first(code)).collect()
}

fn name_of(folder: &Folder) -> String {
    let name = folder.root().file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    match slug(&name) {
        none if none.is_empty() => "service".to_owned(),
        name => name,
    }
}

/// In small letters, with `-` for all that a repository's name cannot have.
pub(crate) fn slug(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(word).take(100).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "service".to_owned() } else { name }
}

/// A place for what a table says of a package.
pub(crate) fn framework(table: &[Framework], packages: &[Found<String>]) -> Option<Found<Framework>> {
    table.iter().find_map(|framework| {
        let package = packages.iter().find(|package| package.value == framework.package)?;
        Some(Found::new(*framework, package.at.clone()))
    })
}

/// The line of a manifest that names something, for the eye.
pub(crate) fn line_of(path: &str, text: &str, what: &str) -> Place {
    match text.lines().position(|line| line.contains(what)) {
        Some(line) => Place::line(path, line + 1),
        None => Place::file(path),
    }
}
