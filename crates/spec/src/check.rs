//! What the machine does to decide a criterion.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Login, Scenario};

/// Declares every check in one place: what it promises, its parameters, its name, its stages and what it is about.
macro_rules! checks {
    ($(
        $(#[doc = $doc:literal])*
        $check:ident $({ $($fields:tt)* })? $(($scenario:ty))? = $name:literal, [$($stage:ident),+], $about:ident;
    )*) => {
        /// A check and its parameters: one row of the vocabulary, filled in.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Check {
            $($(#[doc = $doc])* $check $({ $($fields)* })? $(($scenario))?,)*
        }

        /// Which check it is, without its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum CheckKind {
            $($check,)*
        }

        impl Check {
            /// Which check it is.
            pub fn kind(&self) -> CheckKind {
                match self {
                    $(Self::$check { .. } => CheckKind::$check,)*
                }
            }
        }

        impl CheckKind {
            /// Every check, in the order of the design.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// The name that reports and the reference page use: `image.size`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$check => $name,)*
                }
            }

            /// Where it is decided, the last stage at the end.
            pub fn stages(self) -> &'static [Stage] {
                match self {
                    $(Self::$check => &[$(Stage::$stage,)+],)*
                }
            }

            /// What it is about.
            pub fn about(self) -> About {
                match self {
                    $(Self::$check => About::$about,)*
                }
            }
        }
    };
}

checks! {
    /// Container builds successfully without errors.
    BuildSucceeds = "build.succeeds", [Build], Image;
    /// Dockerfile builds without errors.
    BuildDockerfile = "build.dockerfile", [Build], Image;
    /// Build is reproducible.
    BuildReproducible = "build.reproducible", [Build], Image;
    /// Multi-stage build.
    BuildMultiStage = "build.multi_stage", [Build], Image;
    /// Image size under {size}.
    ImageSize { limit_bytes: u64, measure: Measure } = "image.size", [Image], Image;
    /// No secrets in image.
    ImageSecrets = "image.secrets", [Image], Image;
    /// {VAR}: environment variable (not hardcoded).
    EnvRuntime { variable: String } = "env.runtime", [Image, Run], Container;
    /// Base image: {ref} or scratch. Any one of them keeps it.
    ImageBase { bases: Vec<String> } = "image.base", [Image], Image;
    /// No shell / package manager / compiler / build tools / {program} in image.
    ImageSlim { without: Vec<Tool> } = "image.slim", [Image], Image;
    /// No setuid files.
    ImageSetuid = "image.setuid", [Image], Image;
    /// File {path} exists / does not exist / is owned by {user}.
    ImageFile {
        path: String,
        #[serde(flatten)]
        expectation: FileExpectation,
    } = "image.file", [Image], Image;
    /// Labels {a}, {b} are set.
    ImageLabels { names: Vec<String> } = "image.labels", [Image], Image;
    /// Image exposes port {n} (and no other).
    ImagePort {
        port: u16,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        only: bool,
        /// Ports that `only` permits too.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        besides: Vec<u16>,
    } = "image.port", [Image], Image;
    /// Image declares the volume {path}.
    ImageVolume { paths: Vec<String> } = "image.volume", [Image], Image;
    /// Stop signal is {signal}.
    ImageStopSignal { signal: String } = "image.stop_signal", [Image], Image;
    /// Entrypoint is in exec form.
    ImageExecForm { words: CommandPart } = "image.exec_form", [Image], Image;
    /// At most {n} layers.
    ImageLayers { most: usize } = "image.layers", [Image], Image;
    /// Binaries match the image's platform.
    ImagePlatform = "image.platform", [Image], Image;
    /// Binaries are statically linked.
    ImageStatic { binaries: Binaries } = "image.static", [Image], Image;
    /// Binaries carry their dependency list.
    ImageDependencyList = "image.dependency_list", [Image], Image;
    /// Image holds CA certificates.
    ImageCertificates = "image.certificates", [Image], Image;
    /// Health check is declared.
    HealthDeclared = "health.declared", [Image], Image;
    /// Health check turns healthy within {time}.
    HealthHealthy {
        #[serde(rename = "within_ms", serialize_with = "milliseconds")]
        within: Duration,
    } = "health.healthy", [Run], Service;
    /// Health check endpoint responds at {path}.
    HealthEndpoint { path: String } = "health.endpoint", [Run], Service;
    /// Container runs as non-root user.
    UserNonRoot = "user.non_root", [Image, Run], Life;
    /// Container runs as {user}: a name or a number.
    UserIs {
        user: String,
        /// The number of its group, where the sentence names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<u32>,
    } = "user.is", [Image, Run], Life;
    /// All CRUD endpoints work (of {things}: a path, or a noun in the plural; as {who}; openapi: {path}).
    ApiCrud {
        #[serde(skip_serializing_if = "Option::is_none")]
        things: Option<String>,
        /// A list is promised by name. It is another degree of the same promise, so that reports leave it out.
        #[serde(skip)]
        listed: bool,
        /// Who asks, by variables of the run: `{env.API_TOKEN}`.
        #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
        login: Option<Login>,
        /// The path of the OpenAPI document.
        #[serde(skip_serializing_if = "Option::is_none")]
        openapi: Option<String>,
    } = "api.crud", [Run], Service;
    /// Container can connect to {name} database with provided {VAR}.
    DatabaseConnects { name: String, variable: String } = "database.connects", [Run], Service;
    /// Container can connect to {name} (with provided {VAR}): anything that is no PostgreSQL.
    DependencyConnects {
        name: String,
        /// Empty where the sentence names none.
        #[serde(skip_serializing_if = "String::is_empty")]
        variable: String,
    } = "dependency.connects", [Run], Service;
    /// {Things} persist across container restarts.
    DataPersists { things: String } = "data.persists", [Run], Service;
    /// Database password can be rotated via {VAR} without a restart; {VAR} names a file.
    DatabaseRotates { variable: String } = "database.rotates", [Run], Service;
    /// {VAR} configurable, defaults to {value}.
    EnvConfigurable { variable: String, default: Option<String> } = "env.configurable", [Run], Service;
    /// Refuses to start without {VAR} (naming it in the log).
    EnvRequired {
        variable: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        named: bool,
        /// It ends soon; left out of reports likewise.
        #[serde(skip)]
        fast: bool,
    } = "env.required", [Run], Container;
    /// Container starts (listening on {n}).
    StartRuns {
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
    } = "start.runs", [Run], Service;
    /// Starts within {time}.
    StartWithin {
        #[serde(rename = "within_ms", serialize_with = "milliseconds")]
        within: Duration,
    } = "start.within", [Run], Service;
    /// Stops within {time} on SIGTERM, finishing requests in flight (with exit code 0).
    StopGraceful {
        #[serde(rename = "within_ms", serialize_with = "milliseconds")]
        within: Duration,
        /// Left out where it is the usual one.
        #[serde(skip_serializing_if = "StopSignal::is_usual")]
        signal: StopSignal,
        /// The code must be 0: the one of a process that the signal ended is not enough.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        exit_zero: bool,
    } = "stop.graceful", [Run], Container;
    /// Uses at most {size} of memory.
    MemoryUnder { limit_bytes: u64 } = "memory.under", [Run], Container;
    /// Runs with a read-only root filesystem (with a writable {path}).
    RootfsReadOnly { writable: Vec<String> } = "rootfs.read_only", [Run], Container;
    /// Runs with no capabilities.
    CapabilitiesNone = "capabilities.none", [Run], Container;
    /// Logs to stdout (as JSON).
    LogsStdout { json: bool } = "logs.stdout", [Run], Life;
    /// No secret in the logs.
    LogsSecrets = "logs.secrets", [Run], Life;
    /// Talks to nothing but {the database}.
    NetworkOnly { allowed: Vec<String> } = "network.only", [Run], Life;
    /// Image can be pushed to registry. Empty: any registry.
    RegistryPushed { registries: Vec<String> } = "registry.pushed", [Push], Publication;
    /// Tagged with version, commit and latest.
    RegistryTags { tags: Vec<String> } = "registry.tags", [Push], Publication;
    /// Image is for {platforms}.
    RegistryPlatforms { platforms: Vec<String> } = "registry.platforms", [Push], Publication;
    /// An SBOM is attached to the image.
    RegistrySbom { format: Sbom } = "registry.sbom", [Push], Publication;
    /// Image can be pulled and run on different machine.
    MachineDifferent = "machine.different", [Elsewhere], Publication;
    /// An inline check or a fenced scenario.
    Scenario(Scenario) = "scenario", [Run], Service;
}

/// What a check is about: it says when the check is decided, and what a container that does not run means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The image itself and its build.
    Image,
    /// What the service does for its clients: a container that does not run contradicts it.
    Service,
    /// How a container runs: without one that runs, nothing is known.
    Container,
    /// Everything that the container did while the other promises were decided; without a container, nothing is known.
    Life,
    /// Where the published image is and runs; the promises about running decide with.
    Publication,
}

/// Which size a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Not said: both must hold.
    Both,
    /// Compressed layers and config, as a registry sends them.
    Transfer,
    /// The layers unpacked.
    Unpacked,
}

/// What an image may promise not to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    Shell,
    PackageManager,
    Compiler,
    BuildTools,
    /// A single program by its name: `gcc`, `git`.
    #[serde(untagged)]
    Program(&'static str),
}

/// Which programs of an image a promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binaries {
    /// The service's own, of which the one that the image's command starts is sure to be one.
    Own,
    /// Every one that no package brought.
    All,
}

/// The format of a software bill of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sbom {
    /// Not said: either will do.
    Any,
    Spdx,
    CycloneDx,
}

/// Which part of an image's command a promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandPart {
    Entrypoint,
    Command,
    Both,
}

/// The signal that a service stops on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StopSignal {
    /// What `docker stop` sends: the image's own, else SIGTERM.
    Configured,
    /// `SIGTERM`, `SIGINT`, `SIGQUIT`.
    Named(String),
}

impl StopSignal {
    /// Whether nothing needs to be said: an image without a signal of its own is stopped by SIGTERM.
    fn is_usual(&self) -> bool {
        match self {
            Self::Configured => true,
            Self::Named(name) => name == "SIGTERM",
        }
    }
}

/// What a file in the image must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "expectation", content = "user", rename_all = "kebab-case")]
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
        self.kind().name()
    }

    /// The last stage that its verdict needs.
    pub fn stage(&self) -> Stage {
        self.kind().stages().last().copied().unwrap_or(Stage::Run)
    }

    /// What it is about.
    pub fn about(&self) -> About {
        self.kind().about()
    }

    /// Its steps, where it is a scenario.
    pub fn scenario(&self) -> Option<&Scenario> {
        match self {
            Self::Scenario(scenario) => Some(scenario),
            _ => None,
        }
    }

    /// Its parameters as JSON: sizes in bytes (`limit_bytes`), times in milliseconds (`within_ms`). Empty where it has none.
    pub fn parameters(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(parameters)) => parameters,
            // A check without parameters is `null`.
            _ => Map::new(),
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

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
