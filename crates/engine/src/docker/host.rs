//! Where a daemon may be found.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use super::NAME;
use crate::EngineError;

/// A place where a daemon of this machine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Socket(PathBuf),
    /// `127.0.0.1:2375`
    Loopback(String),
}

impl Host {
    /// From the value of `DOCKER_HOST`.
    pub(crate) fn named(value: &str) -> Result<Self, EngineError> {
        let refused = |reason: String, hint: &str| EngineError::Unavailable {
            engine: NAME,
            reason: format!("`DOCKER_HOST` is `{value}`: {reason}"),
            hint: Some(hint.to_owned()),
        };
        let Some((scheme, rest)) = value.split_once("://") else {
            return Err(refused("that is no address".to_owned(), "`unix:///var/run/docker.sock` is one"));
        };
        match scheme {
            "unix" => Ok(Self::Socket(rest.into())),
            "tcp" | "http" if is_loopback(rest) => Ok(Self::Loopback(rest.trim_end_matches('/').to_owned())),
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

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Loopback(address) => f.write_str(address),
        }
    }
}

/// The sockets that are there, of Docker and Podman in their usual places.
pub(crate) fn usual() -> Vec<Host> {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("podman/podman.sock"));
    [Some("/var/run/docker.sock".into()), of_user, Some("/run/podman/podman.sock".into())]
        .into_iter()
        .flatten()
        .filter(|path| path.exists())
        .map(Host::Socket)
        .collect()
}

/// None of the daemons answered; `why` says it for each.
pub(crate) fn unavailable(why: &[String]) -> EngineError {
    let reason = if why.is_empty() { "neither Docker nor Podman has a socket here".to_owned() } else { why.join("; ") };
    EngineError::Unavailable {
        engine: NAME,
        reason,
        hint: Some("install and start one: `apt-get install docker.io && systemctl start docker`, or `dockerd &` without systemd".to_owned()),
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_end_matches('/').rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_daemon_of_this_machine_is_taken() {
        assert_eq!(Host::named("unix:///run/x.sock").unwrap(), Host::Socket("/run/x.sock".into()));
        for (value, address) in [
            ("tcp://127.0.0.1:2375", "127.0.0.1:2375"),
            ("tcp://localhost:2375/", "localhost:2375"),
            ("http://[::1]:2375", "[::1]:2375"),
        ] {
            assert_eq!(Host::named(value).unwrap(), Host::Loopback(address.to_owned()), "{value}");
        }
    }

    #[test]
    fn any_other_is_refused_with_the_reason() {
        let said = |value: &str| Host::named(value).unwrap_err().to_string();
        insta::assert_snapshot!(said("tcp://192.0.2.1:2375"), @"the docker engine cannot run here: `DOCKER_HOST` is `tcp://192.0.2.1:2375`: a daemon beyond this machine is not spoken to in plain text");
        insta::assert_snapshot!(said("tcp://localhost.example.com:2375"), @"the docker engine cannot run here: `DOCKER_HOST` is `tcp://localhost.example.com:2375`: a daemon beyond this machine is not spoken to in plain text");
        insta::assert_snapshot!(said("ssh://user@host"), @"the docker engine cannot run here: `DOCKER_HOST` is `ssh://user@host`: `ssh` is not supported yet");
        insta::assert_snapshot!(said("/run/x.sock"), @"the docker engine cannot run here: `DOCKER_HOST` is `/run/x.sock`: that is no address");
    }
}
