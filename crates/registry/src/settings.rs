//! Where credentials and authorities are looked for, and how long is waited.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the client takes from its surroundings. [`Settings::default`] takes nothing.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Files like Docker's `config.json`; the first that knows the repository counts. Those that are not there do not.
    pub credentials: Vec<PathBuf>,
    /// Folders in which `docker-credential-NAME` is looked for, as `PATH`.
    pub helpers: Option<OsString>,
    /// PEM files with authorities that are trusted for every host.
    pub authorities: Vec<PathBuf>,
    /// Folders with `HOST/*.crt`: authorities that are trusted for one host.
    pub certificates: Vec<PathBuf>,
    /// Through which hosts that are not loopback are reached.
    pub proxy: Option<ureq::Proxy>,
    pub patience: Patience,
}

/// How long is waited for what.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For a peer that says nothing.
    pub idle: Duration,
    /// How often a request is tried.
    pub tries: u32,
    /// Before the second try; it doubles with each.
    pub pause: Duration,
    /// The longest wait that a registry may ask for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            idle: Duration::from_mins(1),
            tries: 5,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_mins(1),
        }
    }
}

/// Where systems keep their authorities; the first that is there counts.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cacert.pem",
];

impl Settings {
    /// As Docker and Podman would look: `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`, `HOME`, `XDG_RUNTIME_DIR`,
    /// `SSL_CERT_FILE`, `PATH`, the proxy variables, and the folders `certs.d`.
    pub fn from_environment() -> Self {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let home = variable("HOME").map(PathBuf::from);
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));

        let runtime = match variable("XDG_RUNTIME_DIR") {
            Some(folder) => Some(PathBuf::from(folder).join("containers/auth.json")),
            None => login_without_runtime_folder(),
        };
        let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| in_home(".config"));
        let docker = variable("DOCKER_CONFIG").map(PathBuf::from).or_else(|| in_home(".docker"));
        let files = [
            runtime,
            config.map(|folder| folder.join("containers/auth.json")),
            docker.map(|folder| folder.join("config.json")),
        ];
        let named = variable("REGISTRY_AUTH_FILE").map(|file| vec![PathBuf::from(file)]);
        let credentials = named.unwrap_or_else(|| files.into_iter().flatten().collect());
        let bundle = BUNDLES.iter().map(PathBuf::from).find(|path| path.exists());
        let certificates = [
            in_home(".config/containers/certs.d"),
            in_home(".config/docker/certs.d"),
            in_home(".docker/certs.d"),
            Some(PathBuf::from("/etc/containers/certs.d")),
            Some(PathBuf::from("/etc/docker/certs.d")),
        ];
        Self {
            credentials,
            helpers: variable("PATH"),
            authorities: bundle.into_iter().chain(variable("SSL_CERT_FILE").map(PathBuf::from)).collect(),
            certificates: certificates.into_iter().flatten().collect(),
            proxy: ureq::Proxy::try_from_env(),
            patience: Patience::default(),
        }
    }
}

/// Where Podman keeps its logins when there is no `XDG_RUNTIME_DIR`.
fn login_without_runtime_folder() -> Option<PathBuf> {
    let user = Path::new("/proc/self").metadata().ok()?.uid();
    Some(PathBuf::from(format!("/run/containers/{user}/auth.json")))
}
