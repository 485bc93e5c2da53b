//! `database.rotates`: the database's password changes under a running service, which is to go on.

use std::time::{Duration, Instant};

use seaworthy_engine::Status;

use super::{Main, Runs, Until, Up, seconds};
use crate::Finding;
use crate::crud::{Fault, SCENARIO};
use crate::openapi::OpenApi;

/// How long a service may take to come back by the new password.
const WITHIN: Duration = Duration::from_secs(10);
/// Between two tries whether it has.
const POLL: Duration = Duration::from_millis(50);

impl Runs<'_> {
    /// What is written with the old password and with the new one, which is then the only one, by the same process. That it is written to this
    /// database is seen there: a service that ignores the file may keep it elsewhere.
    pub(crate) fn rotates(&self, main: &Main, variable: &str) -> Finding {
        main.seen.rotated.get_or_init(|| self.try_rotate(main, variable).unwrap_or_else(|finding| finding)).clone()
    }

    fn try_rotate(&self, main: &Main, variable: &str) -> Result<Finding, Finding> {
        let port = self.port.clone().map_err(|_| Finding::unproven(self.no_port()))?;
        let api = main.api.as_ref().map_err(|why| Finding::unproven(format!("{why}; {SCENARIO}")))?;
        let mut run = self.run_without_database();
        self.database.put_rotating_into(&mut run, variable).map_err(Finding::unproven)?;
        let what = format!("with the database URL in the file that {variable} names");
        let up = self.up(&run, None, Until::Healthy, None).map_err(|down| down.finding(&what, Finding::fail))?;
        let finding = self.while_it_changes(&up, api, port, &what);
        self.retire(up.container, "a container whose database password changed");
        finding
    }

    fn while_it_changes(&self, up: &Up, api: &OpenApi, port: u16, what: &str) -> Result<Finding, Finding> {
        let service = self.service(up.container.as_ref(), port);
        let requests = self.requests(api);
        let rows = || self.database.rotating_rows(&self.mark, &self.redactor).map_err(Finding::unproven);
        let (collection, created) = requests.create_any(&service, 6).map_err(|fault| told(fault, what))?;
        let before = rows()?;
        if before == 0 {
            let path = &collection.path;
            return Err(Finding::fail(format!("{what}: what POST {path} wrote is not in the database")));
        }
        self.database.rotate(up.container.as_ref(), &self.redactor).map_err(Finding::unproven)?;

        let changed = Instant::now();
        loop {
            let again = requests
                .create_any(&service, 7)
                .and_then(|_| requests.read(&service, &collection, &created, "by the new password"));
            if let Status::Exited(exit) = up.container.status().map_err(|error| self.engine_failed(&error))? {
                let down = self.exited(up.container.as_ref(), exit);
                return Err(down.finding("the password changed", Finding::fail));
            }
            match again {
                Ok(_) => break,
                Err(fault) if changed.elapsed() > WITHIN => {
                    return Err(told(fault, &format!("{} after the password changed", seconds(WITHIN))));
                }
                Err(_) => std::thread::sleep(POLL),
            }
        }
        let after = changed.elapsed().as_millis();
        if rows()? <= before {
            return Err(Finding::fail("what was written after the password changed is not in the database"));
        }
        Ok(Finding::pass(format!(
            "the password changed, every session ended and the file replaced: the same process reads what it wrote before and POST {} {} reaches the database after {after} ms",
            collection.path,
            created.status(),
        )))
    }
}

fn told(fault: Fault, what: &str) -> Finding {
    match fault {
        Fault::Wrong(told) => Finding::fail(format!("{what}: {told}")),
        Fault::Refused(told) | Fault::Unknown(told) => Finding::unproven(format!("{what}: {told}")),
    }
}
