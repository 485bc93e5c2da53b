//! A container that was stopped at a bound of the run: nothing about the image follows from how it ended.

use std::io;
use std::net::TcpStream;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use seaworthy_engine::{
    AtPath, Attempt, Container, EngineError, Exit, Health, Logs, Memory, Process, Run, Signal, Status,
};
use seaworthy_report::size;

use super::held;

/// How long the kernel may take to end what was killed.
const KILLED: Duration = Duration::from_secs(2);

/// A bound of the run, which no specification names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Disk,
    Memory,
}

/// Notices whether a container of the check that is being decided was stopped at a bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    reached: Arc<Mutex<Option<Bound>>>,
}

impl Bounds {
    /// Watches the container from now on.
    pub(crate) fn around(&self, container: Box<dyn Container>, run: &Run) -> Bounded {
        let memory_is_bound = run.memory_limit_bytes.is_none();
        Bounded { container, memory_is_bound, bounds: self.clone(), is_last_look: false }
    }

    /// Another check begins.
    pub(crate) fn begin(&self) {
        self.set(None);
    }

    /// Why nothing follows from how the container ended; `None` where no bound was reached.
    pub(crate) fn reached(&self, disk_bytes: u64) -> Option<String> {
        let reached = *held(&self.reached);
        reached.map(|bound| match bound {
            Bound::Disk => format!(
                "the container was stopped: it wrote more than {}, the bound of a run; `--disk` allows more",
                size(disk_bytes)
            ),
            Bound::Memory => {
                "the container was killed for memory: it used half of this machine's, the bound of a run".to_owned()
            }
        })
    }

    fn set(&self, bound: Option<Bound>) {
        *held(&self.reached) = bound;
    }
}

/// A container whose check learns that it was stopped at a bound: at the latest when it is dropped.
pub(crate) struct Bounded {
    container: Box<dyn Container>,
    /// Its memory has no other limit than the run's.
    memory_is_bound: bool,
    bounds: Bounds,
    /// Nothing more is to be noted.
    is_last_look: bool,
}

impl Bounded {
    /// Looks at it for the last time, and ends it: how it ends is about no check, and what it would still do disturbs none.
    pub(crate) fn ended(mut self) -> Self {
        let status = self.status();
        self.is_last_look = true;
        if !matches!(status, Ok(Status::Exited(_))) && self.container.signal(Signal::Kill).is_ok() {
            let _ = self.container.wait(KILLED);
        }
        self
    }

    fn note(&self, exit: Exit) {
        if exit.out_of_disk {
            self.bounds.set(Some(Bound::Disk));
        } else if exit.out_of_memory && self.memory_is_bound {
            self.bounds.set(Some(Bound::Memory));
        }
    }
}

impl Container for Bounded {
    fn started_at(&self) -> Instant {
        self.container.started_at()
    }

    fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        self.container.connect(port, timeout)
    }

    fn status(&self) -> Result<Status, EngineError> {
        let status = self.container.status()?;
        if let Status::Exited(exit) = status {
            self.note(exit);
        }
        Ok(status)
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        let exit = self.container.wait(timeout)?;
        if let Some(exit) = exit {
            self.note(exit);
        }
        Ok(exit)
    }

    fn signal(&self, signal: Signal) -> Result<(), EngineError> {
        self.container.signal(signal)
    }

    fn replace_file(&self, path: &str, content: &[u8]) -> Result<(), EngineError> {
        self.container.replace_file(path, content)
    }

    fn look_at(&self, path: &str) -> Result<AtPath, EngineError> {
        self.container.look_at(path)
    }

    fn logs(&self) -> Result<Logs, EngineError> {
        self.container.logs()
    }

    fn processes(&self) -> Result<Vec<Process>, EngineError> {
        self.container.processes()
    }

    fn health(&self) -> Result<Health, EngineError> {
        self.container.health()
    }

    fn memory(&self) -> Result<Option<Memory>, EngineError> {
        self.container.memory()
    }

    fn attempts(&self) -> Result<Option<Vec<Attempt>>, EngineError> {
        self.container.attempts()
    }
}

/// It is used as any container.
impl Deref for Bounded {
    type Target = dyn Container;

    fn deref(&self) -> &Self::Target {
        self
    }
}

impl AsRef<dyn Container> for Bounded {
    fn as_ref(&self) -> &(dyn Container + 'static) {
        self
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if !self.is_last_look {
            // A signal unwinds from the next look at a container: out of a destructor that would abort the program.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.status()));
        }
    }
}
