//! `image.port`: Image exposes port {n}.

use super::Facts;
use crate::Finding;

/// The config exposes the TCP port, alone or in a range; with `only`, nothing else but `besides`.
pub fn port(facts: &Facts, port: u16, only: bool, besides: &[u16]) -> Finding {
    let exposed = facts.config.exposed_ports();
    let seen = if exposed.is_empty() { "no port".to_owned() } else { super::first(&exposed, 5) };
    if !exposed.iter().any(|entry| covers(entry, port)) {
        return Finding::fail(format!("exposes {seen}, not {port}/tcp"));
    }
    let is_alone = |entry: &String, port: u16| ends(entry) == Some((port, port)) && covers(entry, port);
    let is_other = |entry: &&String| !is_alone(entry, port) && !besides.iter().any(|port| is_alone(entry, *port));
    let others: Vec<String> = exposed.iter().filter(is_other).cloned().collect();
    match others.as_slice() {
        [] if only => Finding::pass(format!("exposes {seen} and no other port")),
        others if only => Finding::fail(format!("exposes {seen}: {} besides {port}/tcp", super::first(others, 5))),
        _ => Finding::pass(format!("exposes {seen}")),
    }
}

/// The first and the last port of an entry.
fn ends(entry: &str) -> Option<(u16, u16)> {
    let ports = entry.split_once('/').map_or(entry, |(ports, _)| ports);
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// `8000`, `8000/tcp`, `8000-8010/tcp`.
fn covers(entry: &str, port: u16) -> bool {
    let protocol = entry.split_once('/').map_or("tcp", |(_, protocol)| protocol);
    let in_it = ends(entry).is_some_and(|(from, to)| (from..=to).contains(&port));
    protocol.eq_ignore_ascii_case("tcp") && in_it
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn only_one_port_means_no_other_of_any_kind() {
        for (exposed, verdict) in [
            (json!({"8000/tcp": {}}), Pass),
            (json!({"8000": {}}), Pass),
            (json!({"8000/tcp": {}, "9000/tcp": {}}), Fail),
            (json!({"8000/tcp": {}, "8000/udp": {}}), Fail),
            (json!({"8000-8001/tcp": {}}), Fail),
            (json!({"9000/tcp": {}}), Fail),
            (json!({}), Fail),
        ] {
            let facts = Sample::new().config("ExposedPorts", exposed.clone()).facts();
            assert_eq!(port(&facts, 8000, true, &[]).verdict, verdict, "{exposed}");
        }
    }

    #[test]
    fn only_two_ports_means_no_third() {
        for (exposed, verdict) in [
            (json!({"8000/tcp": {}, "9000/tcp": {}}), Pass),
            (json!({"8000/tcp": {}}), Pass),
            (json!({"9000/tcp": {}}), Fail),
            (json!({"8000/tcp": {}, "9000/udp": {}}), Fail),
            (json!({"8000/tcp": {}, "9000/tcp": {}, "9001/tcp": {}}), Fail),
        ] {
            let facts = Sample::new().config("ExposedPorts", exposed.clone()).facts();
            assert_eq!(port(&facts, 8000, true, &[9000]).verdict, verdict, "{exposed}");
        }
    }

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
