//! What the machine does to decide a criterion.

use std::time::Duration;

use serde_json::{Map, Value, json};

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
    /// Database password can be rotated via {VAR} without a restart; {VAR} names a file.
    DatabaseRotates { variable: String },
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

impl Check {
    /// The name that reports and the reference page use: `image.size`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BuildSucceeds => "build.succeeds",
            Self::BuildReproducible => "build.reproducible",
            Self::BuildMultiStage => "build.multi_stage",
            Self::ImageSize { .. } => "image.size",
            Self::ImageSecrets => "image.secrets",
            Self::EnvRuntime { .. } => "env.runtime",
            Self::ImageBase { .. } => "image.base",
            Self::ImageSlim { .. } => "image.slim",
            Self::ImageSetuid => "image.setuid",
            Self::ImageFile { .. } => "image.file",
            Self::ImageLabels { .. } => "image.labels",
            Self::ImagePort { .. } => "image.port",
            Self::ImageLayers { .. } => "image.layers",
            Self::ImagePlatform => "image.platform",
            Self::HealthDeclared => "health.declared",
            Self::HealthHealthy { .. } => "health.healthy",
            Self::HealthEndpoint { .. } => "health.endpoint",
            Self::UserNonRoot => "user.non_root",
            Self::UserIs { .. } => "user.is",
            Self::ApiCrud => "api.crud",
            Self::DatabaseConnects { .. } => "database.connects",
            Self::DataPersists { .. } => "data.persists",
            Self::DatabaseRotates { .. } => "database.rotates",
            Self::EnvConfigurable { .. } => "env.configurable",
            Self::EnvRequired { .. } => "env.required",
            Self::StartWithin { .. } => "start.within",
            Self::StopGraceful { .. } => "stop.graceful",
            Self::MemoryUnder { .. } => "memory.under",
            Self::RootfsReadOnly { .. } => "rootfs.read_only",
            Self::CapabilitiesNone => "capabilities.none",
            Self::LogsStdout { .. } => "logs.stdout",
            Self::LogsSecrets => "logs.secrets",
            Self::NetworkOnly { .. } => "network.only",
            Self::RegistryPushed { .. } => "registry.pushed",
            Self::RegistryTags { .. } => "registry.tags",
            Self::MachineDifferent => "machine.different",
            Self::Scenario(_) => "scenario",
        }
    }

    /// The last stage that its verdict needs.
    pub fn stage(&self) -> Stage {
        match self {
            Self::BuildSucceeds | Self::BuildReproducible | Self::BuildMultiStage => Stage::Build,
            Self::ImageSize { .. }
            | Self::ImageSecrets
            | Self::ImageBase { .. }
            | Self::ImageSlim { .. }
            | Self::ImageSetuid
            | Self::ImageFile { .. }
            | Self::ImageLabels { .. }
            | Self::ImagePort { .. }
            | Self::ImageLayers { .. }
            | Self::ImagePlatform
            | Self::HealthDeclared => Stage::Image,
            Self::RegistryPushed { .. } | Self::RegistryTags { .. } => Stage::Push,
            Self::MachineDifferent => Stage::Elsewhere,
            Self::EnvRuntime { .. }
            | Self::HealthHealthy { .. }
            | Self::HealthEndpoint { .. }
            | Self::UserNonRoot
            | Self::UserIs { .. }
            | Self::ApiCrud
            | Self::DatabaseConnects { .. }
            | Self::DataPersists { .. }
            | Self::DatabaseRotates { .. }
            | Self::EnvConfigurable { .. }
            | Self::EnvRequired { .. }
            | Self::StartWithin { .. }
            | Self::StopGraceful { .. }
            | Self::MemoryUnder { .. }
            | Self::RootfsReadOnly { .. }
            | Self::CapabilitiesNone
            | Self::LogsStdout { .. }
            | Self::LogsSecrets
            | Self::NetworkOnly { .. }
            | Self::Scenario(_) => Stage::Run,
        }
    }

    /// Its parameters as JSON: sizes in bytes (`limit_bytes`), times in milliseconds (`within_ms`). Empty where it has none.
    pub fn parameters(&self) -> Map<String, Value> {
        let parameters = match self {
            Self::ImageSize { limit_bytes, measure } => {
                json!({"limit_bytes": limit_bytes, "measure": measure.as_str()})
            }
            Self::EnvRuntime { variable } | Self::EnvRequired { variable } | Self::DatabaseRotates { variable } => {
                json!({"variable": variable})
            }
            Self::ImageBase { bases } => json!({"bases": bases}),
            Self::ImageSlim { without } => {
                json!({"without": without.iter().map(|tool| tool.as_str()).collect::<Vec<_>>()})
            }
            Self::ImageFile { path, expectation: FileExpectation::Exists } => {
                json!({"path": path, "expectation": "exists"})
            }
            Self::ImageFile { path, expectation: FileExpectation::Missing } => {
                json!({"path": path, "expectation": "missing"})
            }
            Self::ImageFile { path, expectation: FileExpectation::OwnedBy(user) } => {
                json!({"path": path, "expectation": "owned-by", "user": user})
            }
            Self::ImageLabels { names } => json!({"names": names}),
            Self::ImagePort { port } => json!({"port": port}),
            Self::ImageLayers { most } => json!({"most": most}),
            Self::HealthHealthy { within } | Self::StartWithin { within } | Self::StopGraceful { within } => {
                json!({"within_ms": milliseconds(*within)})
            }
            Self::HealthEndpoint { path } => json!({"path": path}),
            Self::UserIs { user } => json!({"user": user}),
            Self::DatabaseConnects { name, variable } => json!({"name": name, "variable": variable}),
            Self::DataPersists { things } => json!({"things": things}),
            Self::EnvConfigurable { variable, default } => json!({"variable": variable, "default": default}),
            Self::MemoryUnder { limit_bytes } => json!({"limit_bytes": limit_bytes}),
            Self::RootfsReadOnly { writable } => json!({"writable": writable}),
            Self::LogsStdout { json } => json!({"json": json}),
            Self::NetworkOnly { allowed } => json!({"allowed": allowed}),
            Self::RegistryPushed { registries } => json!({"registries": registries}),
            Self::RegistryTags { tags } => json!({"tags": tags}),
            Self::Scenario(Scenario { steps }) => {
                json!({"steps": steps.iter().map(|step| &step.text).collect::<Vec<_>>()})
            }
            Self::BuildSucceeds
            | Self::BuildReproducible
            | Self::BuildMultiStage
            | Self::ImageSecrets
            | Self::ImageSetuid
            | Self::ImagePlatform
            | Self::HealthDeclared
            | Self::UserNonRoot
            | Self::ApiCrud
            | Self::CapabilitiesNone
            | Self::LogsSecrets
            | Self::MachineDifferent => json!({}),
        };
        match parameters {
            Value::Object(parameters) => parameters,
            _ => Map::new(),
        }
    }
}

impl Measure {
    /// `both`, `transfer` or `unpacked`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Transfer => "transfer",
            Self::Unpacked => "unpacked",
        }
    }
}

impl Tool {
    /// `shell`, `package-manager`, `compiler` or `build-tools`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::PackageManager => "package-manager",
            Self::Compiler => "compiler",
            Self::BuildTools => "build-tools",
        }
    }
}

impl Stage {
    /// `build`, `image`, `run`, `push` or `elsewhere`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Image => "image",
            Self::Run => "run",
            Self::Push => "push",
            Self::Elsewhere => "elsewhere",
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
