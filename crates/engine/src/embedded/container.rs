//! A container, through its supervisor.

use std::fs::{self, File};
use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{
    AtPath, Attempt, Container, EngineError, Exit, Health, HealthStatus, Logs, Memory, Process, Signal, Status,
};

use super::folder::Owned;
use super::prepared::failed;
use super::protocol::{Channel, Plan, Reply, Request, WireExit, WireHealth};
use super::{NAME, SUPERVISE, cgroup, clock};

/// A supervisor that takes longer to answer or to end is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A container takes at most this long to be made: large volumes are copied first.
const START_TIME_MAX: Duration = Duration::from_mins(10);

/// A container, through its supervisor.
pub(crate) struct Supervised {
    id: String,
    supervisor: Child,
    channel: Mutex<Channel>,
    started_at: Instant,
    messages: PathBuf,
    folder: Option<Owned>,
    volumes: Option<Owned>,
}

impl Supervised {
    /// Starts the supervisor and, by it, the container.
    pub(crate) fn start(
        helper: &Path,
        plan: &Plan,
        folder: Owned,
        volumes: Option<Owned>,
    ) -> Result<Self, EngineError> {
        let start = || -> io::Result<_> {
            let (here, there) = UnixStream::pair()?;
            let messages = folder.path().join("messages");
            let supervisor = Command::new(helper)
                .arg(SUPERVISE)
                // A terminal's Ctrl-C goes to this program's group: the supervisor has to live to clean up.
                .process_group(0)
                .stdin(OwnedFd::from(there))
                .stdout(Stdio::null())
                .stderr(File::create(&messages)?)
                .spawn()?;
            Ok((Channel::new(here), supervisor, messages))
        };
        let (mut channel, supervisor, messages) = start().map_err(failed("start a supervisor"))?;
        let sent = channel.send(plan);
        let mut supervised = Self {
            id: plan.id.clone(),
            supervisor,
            channel: Mutex::new(channel),
            started_at: Instant::now(),
            messages,
            folder: Some(folder),
            volumes,
        };
        sent.map_err(|_| supervised.gone())?;
        match supervised.receive(START_TIME_MAX)? {
            Reply::Started { at_ns } => {
                supervised.started_at = clock::instant_of(at_ns);
                Ok(supervised)
            }
            Reply::DoesNotStart { reason } => Err(EngineError::Start { reason }),
            Reply::Failed { action, reason } => {
                Err(EngineError::Failed { engine: NAME, action: action.as_str(), reason })
            }
            _ => Err(supervised.gone()),
        }
    }

    fn ask(&self, request: &Request) -> Result<Reply, EngineError> {
        let own_time = match request {
            Request::Wait { timeout_ms } => Duration::from_millis(*timeout_ms),
            _ => Duration::ZERO,
        };
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        exchange(&mut channel, request, own_time + PATIENCE).map_err(|_| self.gone())
    }

    fn receive(&self, within: Duration) -> Result<Reply, EngineError> {
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        received(&mut channel, within).map_err(|_| self.gone())
    }

    /// The supervisor does not answer: what it wrote last may tell why.
    fn gone(&self) -> EngineError {
        let messages = fs::read_to_string(&self.messages).unwrap_or_default();
        let last = messages.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it is gone");
        let reason = last.chars().take(500).collect();
        EngineError::Failed { engine: NAME, action: "ask the container's supervisor", reason }
    }

    fn wait_ms(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).min(u64::from(u32::MAX));
        match self.ask(&Request::Wait { timeout_ms })? {
            Reply::Exit { exit } => Ok(exit.map(exit_of)),
            _ => Err(self.gone()),
        }
    }
}

/// One request and the reply to it. Whoever calls holds the channel for both: of two callers at once, each would take the
/// other's reply.
fn exchange(channel: &mut Channel, request: &Request, within: Duration) -> io::Result<Reply> {
    channel.send(request)?;
    received(channel, within)
}

/// A reply that comes too late would be taken for that to the next request: nothing is asked after it.
fn received(channel: &mut Channel, within: Duration) -> io::Result<Reply> {
    channel.socket().set_read_timeout(Some(within))?;
    let received = channel.receive();
    if received.is_err() {
        let _ = channel.socket().shutdown(std::net::Shutdown::Both);
    }
    received?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn exit_of(exit: WireExit) -> Exit {
    Exit { code: exit.code, out_of_memory: exit.out_of_memory, out_of_disk: exit.out_of_disk }
}

impl Container for Supervised {
    fn started_at(&self) -> Instant {
        self.started_at
    }

    fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX));
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        match exchange(&mut channel, &Request::Connect { port, timeout_ms }, timeout.saturating_add(PATIENCE))? {
            Reply::Connected => {
                let stream = channel.descriptor().ok_or(io::ErrorKind::ConnectionRefused)?;
                Ok(TcpStream::from(stream))
            }
            Reply::Refused { errno } => Err(io::Error::from_raw_os_error(errno)),
            _ => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn status(&self) -> Result<Status, EngineError> {
        Ok(self.wait_ms(Duration::ZERO)?.map_or(Status::Running, Status::Exited))
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Exit>, EngineError> {
        self.wait_ms(timeout)
    }

    fn signal(&self, signal: Signal) -> Result<(), EngineError> {
        let number = match signal {
            Signal::Stop => 0,
            Signal::Term => 15,
            Signal::Kill => 9,
            Signal::Number(number) => number,
        };
        self.ask(&Request::Signal { number }).map(drop)
    }

    fn replace_file(&self, path: &str, content: &[u8]) -> Result<(), EngineError> {
        match self.ask(&Request::ReplaceFile { path: path.to_owned(), content: content.to_vec() })? {
            Reply::Replaced => Ok(()),
            Reply::Failed { action, reason } => {
                Err(EngineError::Failed { engine: NAME, action: action.as_str(), reason })
            }
            _ => Err(self.gone()),
        }
    }

    fn look_at(&self, path: &str) -> Result<AtPath, EngineError> {
        match self.ask(&Request::LookAt { path: path.to_owned() })? {
            Reply::Found { found } => Ok(found),
            Reply::Failed { action, reason } => {
                Err(EngineError::Failed { engine: NAME, action: action.as_str(), reason })
            }
            _ => Err(self.gone()),
        }
    }

    fn logs(&self) -> Result<Logs, EngineError> {
        match self.ask(&Request::Logs)? {
            Reply::Logs { stdout, stderr } => Ok(Logs { stdout, stderr }),
            _ => Err(self.gone()),
        }
    }

    fn processes(&self) -> Result<Vec<Process>, EngineError> {
        let Reply::Processes { processes } = self.ask(&Request::Processes)? else { return Err(self.gone()) };
        Ok(processes)
    }

    fn health(&self) -> Result<Health, EngineError> {
        let Reply::Health { status, healthy_after_ns, output } = self.ask(&Request::Health)? else {
            return Err(self.gone());
        };
        let status = match status {
            WireHealth::None => HealthStatus::None,
            WireHealth::Starting => HealthStatus::Starting,
            WireHealth::Healthy => HealthStatus::Healthy,
            WireHealth::Unhealthy => HealthStatus::Unhealthy,
        };
        Ok(Health { status, healthy_after: healthy_after_ns.map(Duration::from_nanos), output })
    }

    fn memory(&self) -> Result<Option<Memory>, EngineError> {
        let Reply::Memory { memory } = self.ask(&Request::Memory)? else { return Err(self.gone()) };
        Ok(memory.map(|memory| Memory { peak_bytes: memory.peak_bytes, kills: memory.kills }))
    }

    fn attempts(&self) -> Result<Option<Vec<Attempt>>, EngineError> {
        let Reply::Attempts { targets } = self.ask(&Request::Attempts)? else { return Err(self.gone()) };
        Ok(targets.map(|targets| targets.into_iter().map(|target| Attempt { target }).collect()))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let channel = self.channel.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = channel.send(&Request::Leave);
        let _ = channel.socket().shutdown(std::net::Shutdown::Both);
        let until = Instant::now() + PATIENCE;
        let mut pause = Duration::from_micros(200);
        while matches!(self.supervisor.try_wait(), Ok(None)) {
            if Instant::now() > until {
                // The container is bound to it and dies with it.
                let _ = self.supervisor.kill();
                let _ = self.supervisor.wait();
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        cgroup::remove(&self.id);
        self.folder.take();
        self.volumes.take();
    }
}
