//! The throwaway database servers of a run.

use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;

use seaworthy_database::{DatabaseError, Throwaway};
use seaworthy_engine::Service;

use crate::database::MEMORY;
use crate::redact::Redactor;

/// The name by which a container knows its throwaway server.
const HOST: &str = "database.internal";

/// Which servers a run needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// One for the main container and those that share its database.
    pub(crate) stand_in: bool,
    /// They let in also who comes without TLS: the value that leads there says nothing of it.
    pub(crate) lenient: bool,
    /// One whose password changes.
    pub(crate) rotating: bool,
    pub(crate) apart: Apart,
}

/// Another server, for containers that are to be disturbed by no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apart {
    Unneeded,
    Needed,
    /// With one more database, for a container whose memory is watched.
    WithMemory,
}

/// Those that were needed.
#[derive(Default)]
pub(crate) struct Servers {
    pub(crate) stand_in: Option<Started>,
    pub(crate) rotating: Option<Started>,
    pub(crate) apart: Option<Started>,
    pub(crate) has_memory: bool,
}

pub(crate) type Started = Result<Throwaway, DatabaseError>;

impl Needs {
    /// Starts them, all at once.
    pub(crate) fn start(self, gateway: IpAddr) -> Servers {
        // Its certificate's file is named by our own URL.
        let rotating = || Throwaway::start(gateway, HOST);
        let start = || if self.lenient { Throwaway::start_lenient(gateway, HOST) } else { rotating() };
        thread::scope(|scope| {
            let rotating = self.rotating.then(|| scope.spawn(rotating));
            let apart = (self.apart != Apart::Unneeded).then(|| {
                scope.spawn(|| {
                    let started = start();
                    let server = started.as_ref().ok().filter(|_| self.apart == Apart::WithMemory);
                    let has_memory = server.is_some_and(|server| server.make_database(MEMORY).is_ok());
                    (started, has_memory)
                })
            });
            let stand_in = self.stand_in.then(start);
            let rotating = rotating.map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)));
            let apart = apart.map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)));
            let (apart, has_memory) = apart.unzip();
            Servers { stand_in, rotating, apart, has_memory: has_memory.unwrap_or_default() }
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
