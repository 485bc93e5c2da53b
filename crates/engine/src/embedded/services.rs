//! Where a container finds the servers outside that it may reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::network::LOOPBACK;

/// A server outside, and where a forwarder to it listens inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) name: String,
    pub(crate) inside: SocketAddr,
    pub(crate) outside: SocketAddr,
}

impl Placed {
    /// The line that `/etc/hosts` needs for it.
    pub(crate) fn host_entry(&self) -> Option<(IpAddr, &str)> {
        let speaks_for_itself = self.name.parse::<IpAddr>().is_ok() || is_localhost(&self.name);
        (!speaks_for_itself).then_some((self.inside.ip(), self.name.as_str()))
    }
}

/// Gives each name an address of its own on loopback, so that two may have the same port. A name that is an address is found there,
/// `localhost` on both loopback addresses.
///
/// # Errors
///
/// Fails if one name and port lead to two servers.
pub(crate) fn place(services: &[(String, SocketAddr)]) -> io::Result<Vec<Placed>> {
    let mut names: Vec<&str> = Vec::new();
    let mut placed: Vec<Placed> = Vec::new();
    for (name, outside) in services {
        let addresses = match name.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) if is_localhost(name) => vec![LOOPBACK.into(), Ipv6Addr::LOCALHOST.into()],
            Err(_) => {
                let known = names.iter().position(|known| known.eq_ignore_ascii_case(name));
                let number = known.unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                });
                let number = u32::try_from(number).ok().filter(|&number| number < 1 << 16);
                let number = number.ok_or_else(|| io::Error::other("there are too many services"))?;
                vec![IpAddr::V4(Ipv4Addr::from_bits(LOOPBACK.to_bits() + 1 + number))]
            }
        };
        for address in addresses {
            let new =
                Placed { name: name.clone(), inside: SocketAddr::new(address, outside.port()), outside: *outside };
            match placed.iter().find(|placed| placed.inside == new.inside) {
                Some(same) if same.outside == new.outside => {}
                Some(other) => {
                    let text = format!(
                        "`{}` and `{}` are both services at `{}` of the container",
                        other.outside, new.outside, new.inside
                    );
                    return Err(io::Error::other(text));
                }
                None => placed.push(new),
            }
        }
    }
    Ok(placed)
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(services: &[(&str, &str)]) -> String {
        let services: Vec<_> =
            services.iter().map(|(name, outside)| ((*name).to_owned(), outside.parse().unwrap())).collect();
        let line = |placed: &Placed| {
            let (name, inside, outside) = (&placed.name, placed.inside, placed.outside);
            format!("{name} {inside} -> {outside} {:?}", placed.host_entry())
        };
        match place(&services) {
            Ok(placed) => placed.iter().map(line).collect::<Vec<_>>().join("\n"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_name_has_an_address_of_its_own() {
        insta::assert_snapshot!(placed(&[
            ("db", "127.0.0.1:5432"),
            ("cache.example.com", "127.0.0.1:6379"),
            ("replica", "192.0.2.1:5432"),
            ("DB", "127.0.0.1:5433"),
            ("localhost", "127.0.0.1:5432"),
            ("192.0.2.7", "192.0.2.7:5432"),
        ]), @r#"
        db 127.0.0.2:5432 -> 127.0.0.1:5432 Some((127.0.0.2, "db"))
        cache.example.com 127.0.0.3:6379 -> 127.0.0.1:6379 Some((127.0.0.3, "cache.example.com"))
        replica 127.0.0.4:5432 -> 192.0.2.1:5432 Some((127.0.0.4, "replica"))
        DB 127.0.0.2:5433 -> 127.0.0.1:5433 Some((127.0.0.2, "DB"))
        localhost 127.0.0.1:5432 -> 127.0.0.1:5432 None
        localhost [::1]:5432 -> 127.0.0.1:5432 None
        192.0.2.7 192.0.2.7:5432 -> 192.0.2.7:5432 None
        "#);
    }

    #[test]
    fn one_place_cannot_lead_to_two_servers() {
        insta::assert_snapshot!(placed(&[("db", "127.0.0.1:5432"), ("db", "192.0.2.1:5432")]), @"`127.0.0.1:5432` and `192.0.2.1:5432` are both services at `127.0.0.2:5432` of the container");
        insta::assert_snapshot!(placed(&[("localhost", "127.0.0.1:1"), ("127.0.0.1", "127.0.0.1:1")]), @r"
        localhost 127.0.0.1:1 -> 127.0.0.1:1 None
        localhost [::1]:1 -> 127.0.0.1:1 None
        ");
    }
}
