//! `start.runs`: the container starts, stays, and takes connections.

use std::time::Duration;

use seaworthy_engine::{Container, Status};

use super::{Main, Runs, Until, accepts, seconds};
use crate::Finding;

/// How long a main process must have run.
const STAYS: Duration = Duration::from_secs(5);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);
/// How long one connection may take.
const CONNECTION: Duration = Duration::from_secs(1);

impl Runs<'_> {
    /// With a port: that one, in a container to which nobody gave another.
    pub(crate) fn starts(&self, main: &Main, wanted: Option<u16>) -> Finding {
        let known = self.port.clone().ok();
        let Some(port) = wanted else { return self.stays(main.up.container.as_ref(), known) };
        let names_a_port = |name: &str| name == "PORT" || name.ends_with("_PORT");
        let moves = |(name, value): &(String, String)| {
            let number = value.trim().parse::<u16>().ok();
            name == "PORT" || names_a_port(name) && (number == known || number == wanted)
        };
        if known == wanted && main.up.silent.is_none() && !self.options.env.iter().any(moves) {
            return self.stays(main.up.container.as_ref(), wanted);
        }
        let mut run = self.run();
        run.env.retain(|variable| !moves(variable));
        run.port = wanted;
        let what = "a container without another port";
        match self.up(&run, None, Until::Listening, None) {
            Ok(up) => {
                let finding = self.stays(up.container.as_ref(), Some(port));
                self.retire(up.container, what);
                finding
            }
            Err(down) => down.finding(what, Finding::fail),
        }
    }

    fn stays(&self, container: &dyn Container, port: Option<u16>) -> Finding {
        loop {
            match container.status() {
                Err(error) => return self.engine_failed(&error),
                Ok(Status::Exited(exit)) => {
                    return self.exited(container, exit).finding("the container ended", Finding::fail);
                }
                Ok(Status::Running) => {}
            }
            let left = STAYS.saturating_sub(container.started_at().elapsed());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(POLL.min(left));
        }
        let runs = format!("{} after its start its main process runs", seconds(STAYS));
        match port {
            None => Finding::pass(&runs).warn("no port is known that would take connections"),
            Some(port) if accepts(container, port, CONNECTION) => {
                Finding::pass(format!("{runs}, and port {port} takes connections"))
            }
            Some(port) => Finding::fail(format!("{runs}, and port {port} takes no connection")),
        }
    }
}
