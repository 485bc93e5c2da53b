//! The throwaway database servers of a run.

use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;

use seaworthy_database::{DatabaseError, Throwaway};
use seaworthy_engine::Service;

use crate::redact::Redactor;

/// The name by which a container knows its throwaway server.
const HOST: &str = "database.internal";

/// Which servers a run needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// One for the main container and those that share its database.
    pub(crate) stand_in: bool,
    /// One whose password changes.
    pub(crate) rotating: bool,
    /// One for containers that are to be disturbed by no other.
    pub(crate) apart: bool,
}

/// Those that were needed.
#[derive(Default)]
pub(crate) struct Servers {
    pub(crate) stand_in: Option<Started>,
    pub(crate) rotating: Option<Started>,
    pub(crate) apart: Option<Started>,
}

pub(crate) type Started = Result<Throwaway, DatabaseError>;

impl Needs {
    /// Starts them, all at once.
    pub(crate) fn start(self, gateway: IpAddr) -> Servers {
        let start = || Throwaway::start(gateway, HOST);
        thread::scope(|scope| {
            let start_if = |is_needed: bool| is_needed.then(|| scope.spawn(start));
            let others = [start_if(self.rotating), start_if(self.apart)];
            let stand_in = self.stand_in.then(start);
            let [rotating, apart] =
                others.map(|other| other.map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))));
            Servers { stand_in, rotating, apart }
        })
    }
}

/// How a container reaches it.
pub(crate) fn service(throwaway: &Throwaway) -> Service {
    Service { name: HOST.to_owned(), address: throwaway.address() }
}

/// A throwaway server, whose passwords nobody gets to see from here on.
pub(crate) fn known(started: Started, redactor: &mut Redactor) -> Result<Throwaway, String> {
    match started {
        Ok(throwaway) => {
            redactor.add_password(throwaway.password());
            redactor.add_password(throwaway.next_password());
            Ok(throwaway)
        }
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            Err(redactor.redact(&format!("{error}{hint}")))
        }
    }
}
