//! What the program and a container's supervisor say to each other: lines of JSON over a Unix socket, a descriptor beside some.

use std::io::{self, IoSlice, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{AtPath, Process, PutFile};

use super::Mapping;

/// More than any line can have: two streams of a MiB of log, every byte escaped.
const LINE_BYTES_MAX: usize = 16 << 20;

/// What a supervisor is to make: its first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) mapping: Mapping,
    /// Unpacked layers, the bottom one first.
    pub(crate) layers: Vec<PathBuf>,
    /// Where the container's own files go; exists.
    pub(crate) folder: PathBuf,
    /// The image's config, as it is.
    pub(crate) config: String,
    /// Storage of each declared volume; filled from the image where it is not yet.
    pub(crate) volumes: Vec<PlanVolume>,
    pub(crate) env: Vec<(String, String)>,
    /// In the place of the config's.
    pub(crate) arguments: Option<Vec<String>>,
    pub(crate) without_env: Vec<String>,
    pub(crate) read_only: bool,
    /// Where an empty folder is mounted that can be written.
    pub(crate) writable: Vec<String>,
    pub(crate) no_capabilities: bool,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) disk_bytes: u64,
    pub(crate) processes: u32,
    pub(crate) files: Vec<PutFile>,
    pub(crate) services: Vec<(String, std::net::SocketAddr)>,
}

/// A declared volume and where its files are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlanVolume {
    pub(crate) path: String,
    pub(crate) folder: PathBuf,
}

/// A question to a supervisor. Each gets one [`Reply`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    Connect {
        port: u16,
        timeout_ms: u64,
    },
    Wait {
        timeout_ms: u64,
    },
    /// 0 is the image's stop signal.
    Signal {
        number: i32,
    },
    ReplaceFile {
        path: String,
        content: Vec<u8>,
    },
    LookAt {
        path: String,
    },
    Logs,
    Processes,
    Health,
    Memory,
    Attempts,
    /// An orderly end, without a reply: storage that outlives the container stays.
    Leave,
}

/// A supervisor's answer; the first one tells how the start went.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// With the monotonic clock just before the start.
    Started {
        at_ns: u64,
    },
    /// The image's fault.
    DoesNotStart {
        reason: String,
    },
    Failed {
        action: Action,
        reason: String,
    },
    /// The connection's descriptor comes with it.
    Connected,
    Refused {
        errno: i32,
    },
    Exit {
        exit: Option<WireExit>,
    },
    Signalled,
    Replaced,
    Found {
        found: AtPath,
    },
    Logs {
        stdout: String,
        stderr: String,
    },
    Processes {
        processes: Vec<Process>,
    },
    Health {
        status: WireHealth,
        healthy_after_ns: Option<u64>,
        output: String,
    },
    Memory {
        memory: Option<WireMemory>,
    },
    Attempts {
        targets: Option<Vec<String>>,
    },
}

/// What the engine was about when it failed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Action {
    Isolate,
    MountRoot,
    FillVolumes,
    Create,
    Network,
    Start,
    Observe,
    ReplaceFile,
    Look,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Isolate => "set the container apart",
            Self::MountRoot => "mount the root filesystem",
            Self::FillVolumes => "fill the volumes",
            Self::Create => "create the container",
            Self::Network => "make the container's network",
            Self::Start => "start the container",
            Self::Observe => "watch the container",
            Self::ReplaceFile => "replace a file",
            Self::Look => "look into the container",
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct WireExit {
    pub(crate) code: i32,
    pub(crate) out_of_memory: bool,
    pub(crate) out_of_disk: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WireHealth {
    None,
    Starting,
    Healthy,
    Unhealthy,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct WireMemory {
    pub(crate) peak_bytes: u64,
    pub(crate) kills: u64,
}

/// One end of the conversation.
pub(crate) struct Channel {
    socket: UnixStream,
    read: Vec<u8>,
    descriptors: Vec<OwnedFd>,
}

impl Channel {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self { socket, read: Vec::new(), descriptors: Vec::new() }
    }

    pub(crate) fn socket(&self) -> &UnixStream {
        &self.socket
    }

    /// Whether the other end is gone.
    pub(crate) fn is_closed(&self) -> bool {
        let mut sockets = [PollFd::new(&self.socket, PollFlags::RDHUP)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut sockets, Some(&now)).is_ok()
            && sockets[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR)
    }

    pub(crate) fn send<T: Serialize>(&mut self, message: &T) -> io::Result<()> {
        self.socket.write_all(&line(message)?)
    }

    /// The descriptor travels with the line's first byte.
    pub(crate) fn send_with(&mut self, message: &impl Serialize, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        let line = line(message)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let descriptors = [descriptor];
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        let slices = [IoSlice::new(&line)];
        let sent = rustix::net::sendmsg(self.socket.as_fd(), &slices, &mut ancillary, SendFlags::NOSIGNAL)?;
        self.socket.write_all(&line[sent..])
    }

    /// The next message; `None` when the other end is gone.
    pub(crate) fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut searched = 0;
        let end = loop {
            if let Some(found) = self.read[searched..].iter().position(|&byte| byte == b'\n') {
                break searched + found;
            }
            searched = self.read.len();
            if searched > LINE_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without end"));
            }
            if !self.fill()? {
                return Ok(None);
            }
        };
        let line: Vec<u8> = self.read.drain(..=end).collect();
        Ok(Some(serde_json::from_slice(&line)?))
    }

    /// The descriptor that came with what was received last.
    pub(crate) fn descriptor(&mut self) -> Option<OwnedFd> {
        self.descriptors.pop()
    }

    fn fill(&mut self) -> io::Result<bool> {
        let mut bytes = [0; 16384];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = {
            let mut slices = [IoSliceMut::new(&mut bytes)];
            match rustix::net::recvmsg(self.socket.as_fd(), &mut slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Ok(message) => message.bytes,
                Err(rustix::io::Errno::INTR) => return Ok(true),
                Err(rustix::io::Errno::CONNRESET) => 0,
                Err(errno) => return Err(errno.into()),
            }
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        self.read.extend_from_slice(&bytes[..received]);
        Ok(received > 0)
    }
}

fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn a_descriptor_comes_with_its_message() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut here, mut there) = (Channel::new(here), Channel::new(there));
        let (mut one, other) = UnixStream::pair().unwrap();
        here.send(&Request::Logs).unwrap();
        here.send_with(&Reply::Connected, other.as_fd()).unwrap();
        drop((here, other));

        assert!(matches!(there.receive().unwrap(), Some(Request::Logs)));
        assert!(matches!(there.receive().unwrap(), Some(Reply::Connected)));
        let mut other = UnixStream::from(there.descriptor().unwrap());
        one.write_all(b"x").unwrap();
        let mut byte = [0];
        other.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
        assert!(there.receive::<Reply>().unwrap().is_none());
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(b"hello\n").unwrap();
        assert!(Channel::new(there).receive::<Reply>().is_err());
    }
}
