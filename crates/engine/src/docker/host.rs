//! Where a daemon may be found.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use super::daemon::Daemon;
use crate::EngineError;

/// Docker's socket.
const DOCKER: &str = "/var/run/docker.sock";
/// Root's Podman; an ordinary user's is in `$XDG_RUNTIME_DIR/podman`.
const PODMAN: &str = "/run/podman/podman.sock";

/// A place where a daemon of this machine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Socket(PathBuf),
    /// `127.0.0.1:2375`
    Loopback(String),
}

/// Which daemon the user wants; `None` where either will do.
pub(crate) type Wanted = Option<Daemon>;

/// A variable by which the user names a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) variable: &'static str,
    pub(crate) value: String,
    /// The other daemon's clients read it: what is not the wanted one there is passed over.
    pub(crate) is_others: bool,
}

impl Named {
    /// What the environment names for that daemon.
    pub(crate) fn find(wanted: Wanted) -> Option<Self> {
        Self::among(wanted, |variable| env::var(variable).ok())
    }

    fn among(wanted: Wanted, read: impl Fn(&str) -> Option<String>) -> Option<Self> {
        const CONTAINER_HOST: &str = "CONTAINER_HOST";
        const DOCKER_HOST: &str = "DOCKER_HOST";
        let variables: &[(&'static str, bool)] = match wanted {
            None => &[(DOCKER_HOST, false), (CONTAINER_HOST, false)],
            Some(Daemon::Docker) => &[(DOCKER_HOST, false)],
            Some(Daemon::Podman) => &[(CONTAINER_HOST, false), (DOCKER_HOST, true)],
        };
        variables.iter().find_map(|&(variable, is_others)| {
            let value = read(variable).filter(|value| !value.is_empty())?;
            Some(Self { variable, value, is_others })
        })
    }

    pub(crate) fn host(&self, wanted: Wanted) -> Result<Host, EngineError> {
        let refused = |reason: String, hint: &str| EngineError::Unavailable {
            engine: name(wanted),
            reason: format!("{self}: {reason}"),
            hint: Some(hint.to_owned()),
        };
        let Some((scheme, rest)) = self.value.split_once("://") else {
            return Err(refused("that is no address".to_owned(), "`unix:///var/run/docker.sock` is one"));
        };
        match scheme {
            "unix" => Ok(Host::Socket(rest.into())),
            "tcp" | "http" if is_loopback(rest) => Ok(Host::Loopback(rest.trim_end_matches('/').to_owned())),
            "tcp" | "http" => Err(refused(
                "a daemon beyond this machine is not spoken to in plain text".to_owned(),
                "use a daemon of this machine, or `--engine embedded`",
            )),
            _ => Err(refused(
                format!("`{scheme}` is not supported yet"),
                "use a daemon of this machine, or `--engine embedded`",
            )),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is `{}`", self.variable, self.value)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Loopback(address) => f.write_str(address),
        }
    }
}

/// The wanted daemons' sockets that are there, in their usual places.
pub(crate) fn usual(wanted: Wanted) -> Vec<Host> {
    let of_user = env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("podman/podman.sock"));
    let docker = (wanted != Some(Daemon::Podman)).then(|| DOCKER.into());
    let podman = [of_user, Some(PODMAN.into())].into_iter().filter(|_| wanted != Some(Daemon::Docker)).flatten();
    docker.into_iter().chain(podman).filter(|path: &PathBuf| path.exists()).map(Host::Socket).collect()
}

/// None of the daemons answered; `why` says it for each.
pub(crate) fn unavailable(wanted: Wanted, why: &[String]) -> EngineError {
    let none = match wanted {
        None => "neither Docker nor Podman has a socket here",
        Some(Daemon::Docker) => "Docker has no socket here",
        Some(Daemon::Podman) => "Podman has no socket here",
    };
    let hint = match wanted {
        None | Some(Daemon::Docker) => {
            "install and start one: `apt-get install docker.io && systemctl start docker`, or `dockerd &` without systemd"
        }
        Some(Daemon::Podman) => {
            "install it and start its service: `apt-get install podman && systemctl --user start podman.socket` (as root without `--user`), or `podman system service --time=0 &` without systemd"
        }
    };
    EngineError::Unavailable {
        engine: name(wanted),
        reason: if why.is_empty() { none.to_owned() } else { why.join("; ") },
        hint: Some(hint.to_owned()),
    }
}

/// What the engine is called in errors.
fn name(wanted: Wanted) -> &'static str {
    wanted.unwrap_or(Daemon::Docker).name()
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_end_matches('/').rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docker_host(value: &str) -> Result<Host, EngineError> {
        Named { variable: "DOCKER_HOST", value: value.to_owned(), is_others: false }.host(None)
    }

    #[test]
    fn only_a_daemon_of_this_machine_is_taken() {
        assert_eq!(docker_host("unix:///run/x.sock").unwrap(), Host::Socket("/run/x.sock".into()));
        for (value, address) in [
            ("tcp://127.0.0.1:2375", "127.0.0.1:2375"),
            ("tcp://localhost:2375/", "localhost:2375"),
            ("http://[::1]:2375", "[::1]:2375"),
        ] {
            assert_eq!(docker_host(value).unwrap(), Host::Loopback(address.to_owned()), "{value}");
        }
    }
    #[test]
    fn any_other_is_refused_with_the_reason() {
        let said = |value: &str| docker_host(value).unwrap_err().to_string();
        insta::assert_snapshot!(said("tcp://192.0.2.1:2375"), @"the docker engine cannot run here: `DOCKER_HOST` is `tcp://192.0.2.1:2375`: a daemon beyond this machine is not spoken to in plain text");
        insta::assert_snapshot!(said("tcp://localhost.example.com:2375"), @"the docker engine cannot run here: `DOCKER_HOST` is `tcp://localhost.example.com:2375`: a daemon beyond this machine is not spoken to in plain text");
        insta::assert_snapshot!(said("ssh://user@host"), @"the docker engine cannot run here: `DOCKER_HOST` is `ssh://user@host`: `ssh` is not supported yet");
        insta::assert_snapshot!(said("/run/x.sock"), @"the docker engine cannot run here: `DOCKER_HOST` is `/run/x.sock`: that is no address");
    }

    #[test]
    fn each_daemon_is_named_by_its_own_variable() {
        let found = |wanted: Wanted, set: &[&str]| {
            let read = |variable: &str| set.contains(&variable).then(|| "unix:///run/x.sock".to_owned());
            Named::among(wanted, read).map(|named| (named.variable, named.is_others))
        };
        let (docker, podman) = (Some(Daemon::Docker), Some(Daemon::Podman));
        let both = ["DOCKER_HOST", "CONTAINER_HOST"];
        assert_eq!(found(None, &both), Some(("DOCKER_HOST", false)));
        assert_eq!(found(None, &["CONTAINER_HOST"]), Some(("CONTAINER_HOST", false)));
        assert_eq!(found(docker, &both), Some(("DOCKER_HOST", false)));
        assert_eq!(found(docker, &["CONTAINER_HOST"]), None);
        assert_eq!(found(podman, &both), Some(("CONTAINER_HOST", false)));
        assert_eq!(found(podman, &["DOCKER_HOST"]), Some(("DOCKER_HOST", true)));
        assert_eq!(found(podman, &[]), None);
    }
}
