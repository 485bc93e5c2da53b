//! Ports that the program may not have.

use seaworthy_engine::EngineError;

use super::{is_further, seen_line};
use crate::cause::Cause;
use crate::desk::Desk;
use crate::log::Clue;
use crate::trial::{Outcome, Trial};

const ALWAYS_ALLOWED: u16 = 1024;
const FREE_PORTS: &str = "net.ipv4.ip_unprivileged_port_start";

/// A port below 1024.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn privileged(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    let (uid, _) = desk.facts.ids();
    let low = |port: &u16| *port < ALWAYS_ALLOWED;
    let by_variable = desk.facts.variable("PORT").and_then(|port| port.parse().ok());
    let port = clue.port.or(by_variable).filter(low).or_else(|| desk.facts.exposed.iter().copied().find(low));
    if uid == 0 || clue.port.is_some_and(|port| port >= ALWAYS_ALLOWED) {
        return Ok(None);
    }
    let Some(port) = port.or_else(|| first.listening.iter().map(std::net::SocketAddr::port).find(|port| low(port)))
    else {
        return Ok(None);
    };
    let cause = format!("the user {uid} may not listen on port {port}, which is below 1024");
    let next = "listen on a port from 1024 on, such as 8080, and publish that one (`--publish 80:8080`)";
    let cause = Cause::new("privileged-port", cause, next).shown_by(seen_line(desk, clue));
    let closes = desk.subject.container.as_ref().and_then(|container| container.sysctls.get(FREE_PORTS));
    if first.outcome == Outcome::Runs {
        let setting = closes.map(|value| format!(" ({FREE_PORTS} is {value} in the container)")).unwrap_or_default();
        return Ok(Some(
            cause
                .shown_by(format!("a copy in which every port is free to all users {}{setting}", first.told()))
                .confirmed(),
        ));
    }
    let mut run = desk.base.clone();
    run.instead.user = Some("0".to_owned());
    let Some(varied) = desk.try_run("a copy as root", &run)? else { return Ok(Some(cause)) };
    Ok(is_further(first, &varied, &clue.line)
        .then(|| cause.shown_by(format!("a copy as root {}", varied.told())).confirmed()))
}

/// A port that is taken.
pub(crate) fn in_use(desk: &Desk<'_>, first: &Trial, clue: &Clue) -> Cause {
    let by_variable = desk.facts.variable("PORT").and_then(|port| port.parse().ok());
    let port = clue.port.or(by_variable).or_else(|| desk.facts.exposed.first().copied());
    let port = port.map_or_else(|| "its port".to_owned(), |port| format!("port {port}"));
    let is_own = first.text().contains(&clue.line)
        || !crate::log::clues(&first.text()).iter().all(|clue| clue.cause != "port-in-use");
    if is_own {
        Cause::new(
            "port-in-use",
            format!("two processes of the container want {port}"),
            "start one server for each port: look at what the start script starts",
        )
        .shown_by(seen_line(desk, clue))
        .shown_by("a copy with nothing beside it says the same")
        .confirmed()
    } else {
        Cause::new(
            "port-in-use",
            format!("{port} is taken by something outside the container"),
            "end what listens there, or take another port",
        )
        .shown_by(seen_line(desk, clue))
        .shown_by(format!("a copy with a network of its own {}", first.told()))
    }
}
