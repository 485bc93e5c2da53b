//! `image.port`: Image exposes port {n}.

use super::Facts;
use crate::Finding;

/// The config exposes the TCP port, alone or in a range.
pub fn port(facts: &Facts, port: u16) -> Finding {
    let exposed = facts.config.exposed_ports();
    let seen = if exposed.is_empty() { "no port".to_owned() } else { super::first(&exposed, 5) };
    if exposed.iter().any(|entry| covers(entry, port)) {
        Finding::pass(format!("exposes {seen}"))
    } else {
        Finding::fail(format!("exposes {seen}, not {port}/tcp"))
    }
}

/// `8000`, `8000/tcp`, `8000-8010/tcp`.
fn covers(entry: &str, port: u16) -> bool {
    let (ports, protocol) = entry.split_once('/').unwrap_or((entry, "tcp"));
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    match (from.parse::<u16>(), to.parse::<u16>()) {
        (Ok(from), Ok(to)) => protocol.eq_ignore_ascii_case("tcp") && (from..=to).contains(&port),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_tcp_unless_it_says_otherwise() {
        for (entry, expected) in [
            ("8000/tcp", true),
            ("8000", true),
            ("7999-8001/tcp", true),
            ("8000/udp", false),
            ("80000/tcp", false),
            ("80/tcp", false),
            ("", false),
            ("8001-8010", false),
        ] {
            assert_eq!(covers(entry, 8000), expected, "{entry}");
        }
    }
}
