//! What the machine does to decide a criterion.

use std::time::Duration;

use crate::Scenario;

/// A check and its parameters: one row of the vocabulary, filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Container builds successfully without errors.
    BuildSucceeds,
    /// Build is reproducible.
    BuildReproducible,
    /// Multi-stage build.
    BuildMultiStage,
    /// Image size under {size}.
    ImageSize { limit_bytes: u64, measure: Measure },
    /// No secrets in image.
    ImageSecrets,
    /// {VAR}: environment variable (not hardcoded).
    EnvRuntime { variable: String },
    /// Base image: {ref} or scratch. Any one of them keeps it.
    ImageBase { bases: Vec<String> },
    /// No shell / package manager / compiler / build tools in image.
    ImageSlim { without: Vec<Tool> },
    /// No setuid files.
    ImageSetuid,
    /// File {path} exists / does not exist / is owned by {user}.
    ImageFile { path: String, expectation: FileExpectation },
    /// Labels {a}, {b} are set.
    ImageLabels { names: Vec<String> },
    /// Image exposes port {n}.
    ImagePort { port: u16 },
    /// At most {n} layers.
    ImageLayers { most: usize },
    /// Binaries match the image's platform.
    ImagePlatform,
    /// Health check is declared.
    HealthDeclared,
    /// Health check turns healthy within {time}.
    HealthHealthy { within: Duration },
    /// Health check endpoint responds at {path}.
    HealthEndpoint { path: String },
    /// Container runs as non-root user.
    UserNonRoot,
    /// Container runs as {user}: a name or a number.
    UserIs { user: String },
    /// All CRUD endpoints work.
    ApiCrud,
    /// Container can connect to {name} database with provided {VAR}.
    DatabaseConnects { name: String, variable: String },
    /// {Things} persist across container restarts.
    DataPersists { things: String },
    /// {VAR} configurable, defaults to {value}.
    EnvConfigurable { variable: String, default: Option<String> },
    /// Refuses to start without {VAR}.
    EnvRequired { variable: String },
    /// Starts within {time}.
    StartWithin { within: Duration },
    /// Stops within {time} on SIGTERM, finishing requests in flight.
    StopGraceful { within: Duration },
    /// Uses at most {size} of memory.
    MemoryUnder { limit_bytes: u64 },
    /// Runs with a read-only root filesystem (with a writable {path}).
    RootfsReadOnly { writable: Vec<String> },
    /// Runs with no capabilities.
    CapabilitiesNone,
    /// Logs to stdout (as JSON).
    LogsStdout { json: bool },
    /// No secret in the logs.
    LogsSecrets,
    /// Talks to nothing but {the database}.
    NetworkOnly { allowed: Vec<String> },
    /// Image can be pushed to registry. Empty: any registry.
    RegistryPushed { registries: Vec<String> },
    /// Tagged with version, commit and latest.
    RegistryTags { tags: Vec<String> },
    /// Image can be pulled and run on different machine.
    MachineDifferent,
    /// An inline check or a fenced scenario.
    Scenario(Scenario),
}

/// Which size a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Not said: both must hold.
    Both,
    /// Compressed layers and config, as a registry sends them.
    Transfer,
    /// The layers unpacked.
    Unpacked,
}

/// What an image may promise not to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Shell,
    PackageManager,
    Compiler,
    BuildTools,
}

/// What a file in the image must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileExpectation {
    Exists,
    Missing,
    /// By name or number.
    OwnedBy(String),
}

/// How far an image must have come before a promise can be decided, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Build,
    Image,
    Run,
    Push,
    Elsewhere,
}
