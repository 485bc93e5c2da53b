//! An engine that a signal interrupts: the calls go through, and unwind once a signal came.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

use seaworthy_engine::{
    AtPath, Attempt, Container, Engine, EngineError, Exit, Health, Logs, Memory, Prepared, Process, Run, Signal,
    Status, Volumes,
};
use seaworthy_image::Image;

use crate::interrupt::check;
use crate::sockets;

/// The longest wait between two looks for a signal.
const SLICE: Duration = Duration::from_millis(50);

/// An engine, a prepared image or a container that a signal interrupts.
pub(crate) struct Interruptible<T: ?Sized>(pub(crate) Box<T>);

impl Engine for Interruptible<dyn Engine> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn prepare(&self, image: &Image) -> Result<Box<dyn Prepared>, EngineError> {
        check();
        let prepared = self.0.prepare(image)?;
        check();
        Ok(Box::new(Interruptible(prepared)))
    }

    fn prepare_and_keep(&self, image: &Image, name: &str) -> Result<Box<dyn Prepared>, EngineError> {
        check();
        let prepared = self.0.prepare_and_keep(image, name)?;
        check();
        Ok(Box::new(Interruptible(prepared)))
    }

    fn kept(&self, name: &str) -> Result<Option<Box<dyn Prepared>>, EngineError> {
        check();
        let kept = self.0.kept(name)?;
        check();
        Ok(kept.map(|prepared| Box::new(Interruptible(prepared)) as Box<dyn Prepared>))
    }
}

impl Prepared for Interruptible<dyn Prepared> {
    fn gateway(&self) -> IpAddr {
        self.0.gateway()
    }

    fn owners_are_kept(&self) -> bool {
        self.0.owners_are_kept()
    }

    fn writable_anyway(&self, run: &Run) -> Vec<&'static str> {
        self.0.writable_anyway(run)
    }

    fn not_isolated(&self) -> Option<&str> {
        self.0.not_isolated()
    }

    fn volumes(&self) -> Result<Box<dyn Volumes>, EngineError> {
        check();
        self.0.volumes()
    }

    fn start(&self, run: &Run, volumes: Option<&dyn Volumes>) -> Result<Box<dyn Container>, EngineError> {
        check();
        let container = self.0.start(run, volumes)?;
        check();
        Ok(Box::new(Interruptible(container)))
    }

    fn expect_another(&self) {
        self.0.expect_another();
    }

    fn rest(&self) {
        self.0.rest();
    }
}

impl Container for Interruptible<dyn Container> {
    fn started_at(&self) -> Instant {
        self.0.started_at()
    }

    fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        check();
        let stream = self.0.connect(port, timeout)?;
        sockets::remember(&stream);
        check();
        Ok(stream)
    }

    fn status(&self) -> Result<Status, EngineError> {
        check();
        self.0.status()
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        let deadline = Instant::now() + timeout;
        loop {
            check();
            let left = deadline.saturating_duration_since(Instant::now());
            let exit = self.0.wait(left.min(SLICE))?;
            if exit.is_some() || left <= SLICE {
                return Ok(exit);
            }
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), EngineError> {
        check();
        self.0.signal(signal)
    }

    fn replace_file(&self, path: &str, content: &[u8]) -> Result<(), EngineError> {
        check();
        self.0.replace_file(path, content)
    }

    fn look_at(&self, path: &str) -> Result<AtPath, EngineError> {
        check();
        self.0.look_at(path)
    }

    fn logs(&self) -> Result<Logs, EngineError> {
        check();
        self.0.logs()
    }

    fn processes(&self) -> Result<Vec<Process>, EngineError> {
        check();
        self.0.processes()
    }

    fn health(&self) -> Result<Health, EngineError> {
        check();
        self.0.health()
    }

    fn memory(&self) -> Result<Option<Memory>, EngineError> {
        check();
        self.0.memory()
    }

    fn attempts(&self) -> Result<Option<Vec<Attempt>>, EngineError> {
        check();
        self.0.attempts()
    }
}
