//! Registries' hosts: where they are reached, and which of them are this machine.

use std::net::{Ipv4Addr, Ipv6Addr};

use seaworthy_image::DOCKER_HUB;

/// A registry's host, with its port where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// As references name it.
    name: String,
    /// Where it answers.
    address: String,
}

impl Host {
    pub(crate) fn new(registry: &str) -> Self {
        let address = if registry == DOCKER_HUB { "registry-1.docker.io" } else { registry };
        Self { name: registry.to_owned(), address: address.to_owned() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.address)
    }
}

/// Whether `host` or `host:port` is this machine by its form alone: nothing is looked up.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = without_port(authority);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

/// `[::1]:5000` → `::1`
pub(crate) fn without_port(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_by_the_name_alone() {
        for host in ["localhost", "LOCALHOST:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "128.0.0.1", "0.0.0.0:5000", "[::2]:1", "ghcr.io", "127.0.0.1.nip.io", ""]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn docker_hub_answers_elsewhere() {
        assert_eq!(Host::new("docker.io").address(), "registry-1.docker.io");
        assert_eq!(Host::new("ghcr.io").address(), "ghcr.io");
    }
}
