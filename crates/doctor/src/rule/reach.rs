//! A service that runs, and that nobody outside reaches.

use std::net::SocketAddr;

use crate::cause::Cause;
use crate::desk::Desk;

/// A service that listens inside the container only.
pub(crate) fn inside_only(desk: &Desk<'_>, listening: &[SocketAddr]) -> Vec<Cause> {
    if shares_network(desk) {
        return Vec::new();
    }
    let wanted = wanted(desk);
    let is_wanted = |address: &&SocketAddr| wanted.is_empty() || wanted.contains(&address.port());
    let there: Vec<&SocketAddr> = listening.iter().filter(is_wanted).collect();
    let is_inside = there.iter().all(|address| address.ip().is_loopback());
    let Some(address) = there.first().filter(|_| is_inside) else { return Vec::new() };
    let cause = format!("the service listens on {address} only, where nothing from outside the container comes");
    let next = format!("listen on 0.0.0.0:{} (`--host 0.0.0.0`, `HOST=0.0.0.0`)", address.port());
    vec![Cause::new("bound-to-loopback", cause, next).shown_by(told(listening)).confirmed()]
}

/// A service that listens on other ports than those that are published or exposed.
pub(crate) fn differs(desk: &Desk<'_>, listening: &[SocketAddr]) -> Vec<Cause> {
    let wanted = wanted(desk);
    if listening.is_empty() || wanted.is_empty() || listening.iter().any(|address| wanted.contains(&address.port())) {
        return Vec::new();
    }
    let ports = |ports: &[u16]| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    let mut there: Vec<u16> = listening.iter().map(SocketAddr::port).collect();
    there.sort_unstable();
    there.dedup();
    let is_published = !published(desk).is_empty() || desk.subject.settings.port.is_some();
    let (what, next) = if is_published {
        let next = format!("publish the port on which it listens: `--publish {0}:{0}`", there[0]);
        (format!("port {} of the container is published", ports(&wanted)), next)
    } else {
        let next = format!("write `EXPOSE {}`, or let the service listen on {}", ports(&there), ports(&wanted));
        (format!("the image exposes port {}", ports(&wanted)), next)
    };
    let cause = format!("{what}, and the service listens on port {}", ports(&there));
    vec![Cause::new("published-port-differs", cause, next).shown_by(told(listening)).confirmed()]
}

/// Whether its loopback is that of the machine, or of another container: others reach it there.
fn shares_network(desk: &Desk<'_>) -> bool {
    let mode = desk.subject.container.as_ref().map(|container| container.network_mode.as_str()).unwrap_or_default();
    mode == "host" || mode.starts_with("container:")
}

/// A service that listens on a network of nobody's.
pub(crate) fn without_network(desk: &Desk<'_>, listening: &[SocketAddr]) -> Vec<Cause> {
    let has_none = desk.subject.container.as_ref().is_some_and(|container| container.network_mode == "none");
    if !has_none || desk.facts.exposed.is_empty() || listening.is_empty() {
        return Vec::new();
    }
    let cause = "the container has no network (`--network none`), and its service listens for others";
    let next = "start it on a network: `docker network create app`, `docker run --network app`";
    vec![Cause::new("no-network", cause, next).shown_by(told(listening)).confirmed()]
}

/// The ports that somebody outside asks.
fn wanted(desk: &Desk<'_>) -> Vec<u16> {
    let published = published(desk);
    match desk.subject.settings.port {
        Some(port) => vec![port],
        None if published.is_empty() => desk.facts.exposed.clone(),
        None => published,
    }
}

fn published(desk: &Desk<'_>) -> Vec<u16> {
    desk.subject.container.iter().flat_map(|container| container.published.clone()).collect()
}

fn told(listening: &[SocketAddr]) -> String {
    let addresses: Vec<String> = listening.iter().map(ToString::to_string).collect();
    format!("it listens on {}", addresses.join(", "))
}
