//! A holder: a container of our own whose network the image's container joins.
//!
//! It has loopback and nothing else, and the program itself runs in it as a helper that makes sockets there and hands them over. So a
//! container of this engine has the network that one of the embedded engine has: what it may reach, what is refused, and what is seen.
//! No port is published, and no right on this machine is needed but the daemon's.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountBindOptions, MountType};
use bollard::query_parameters::{
    CreateContainerOptions, CreateImageOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
    StartContainerOptions,
};
use bytes::Bytes;
use futures_util::TryStreamExt as _;

use super::client::Client;
use super::files::Folder;
use super::hold::{Ask, HOLD, Order, SOCKET, Told};
use super::image::REPOSITORY;
use super::owner::{self, Owner};
use super::weigh::{DAEMON, Scales, Weight};
use crate::embedded::network::{self, forward};
use crate::embedded::protocol::Channel;
use crate::embedded::services::{self, Placed};
use crate::embedded::watch::{Seen, Tap};
use crate::{EngineError, Service};

/// For a holder to say that it is there, and for each of its answers.
const PATIENCE: Duration = Duration::from_secs(20);
const ACTION: &str = "make the container's network";

/// Makes holders from an empty image.
pub(crate) struct Maker {
    client: Arc<Client>,
    program: Program,
    /// Where the daemon keeps what containers write.
    data: Option<PathBuf>,
    image: String,
    labels: HashMap<String, String>,
}

/// A holder that waits for its order.
pub(crate) struct Waiting {
    container: Held,
    channel: Channel,
    disk: Channel,
}

/// By what a holder's container knows names.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) hostname: String,
    pub(crate) hosts: String,
    pub(crate) resolver: String,
}

/// The network of one container.
pub(crate) struct Holder {
    names: Names,
    channel: Mutex<Channel>,
    seen: Option<Seen>,
    listeners: Vec<TcpListener>,
    disk: Mutex<Channel>,
    container: Held,
}

/// A holder's container; removed when dropped, unless that was done.
struct Held {
    client: Arc<Client>,
    id: String,
    is_taken: bool,
}

impl Maker {
    pub(crate) fn new(
        client: &Arc<Client>,
        helper: &Path,
        data: Option<&Path>,
        labels: &HashMap<String, String>,
    ) -> Result<Self, EngineError> {
        let program = Program::find(helper).map_err(|error| not_made(client, &error))?;
        let image = format!("{REPOSITORY}:{}", owner::run_name(&Owner::current()));
        let maker =
            Self { client: Arc::clone(client), program, data: data.map(Path::to_owned), image, labels: labels.clone() };
        maker.import()?;
        Ok(maker)
    }

    /// Makes the empty image.
    fn import(&self) -> Result<(), EngineError> {
        const NO_ENTRIES: [u8; 1024] = [0; 1024];
        // The whole name, as Docker's own client sends it: Podman passes over a tag of its own.
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(&self.image).build();
        let archive = bollard::body_full(Bytes::from_static(&NO_ENTRIES));
        let docker = &self.client.docker;
        self.client.call(ACTION, docker.create_image(Some(options), Some(archive), None).try_collect::<Vec<_>>())?;
        Ok(())
    }

    pub(crate) fn wait_for_new(&self) -> Result<Waiting, EngineError> {
        let folder = Folder::new(false).map_err(|error| not_made(&self.client, &error))?;
        let path = folder.path().join("socket");
        let listener = listen(folder.path()).map_err(|error| not_made(&self.client, &error))?;
        // The folder lets in its owner alone; the daemon's root may have another number outside.
        std::fs::set_permissions(&path, Permissions::from_mode(0o666))
            .map_err(|error| not_made(&self.client, &error))?;

        let docker = &self.client.docker;
        let created = docker.create_container(None::<CreateContainerOptions>, self.body(&path));
        let id = self.client.call("create a holder", created)?.id;
        let container = Held { client: Arc::clone(&self.client), id, is_taken: false };
        self.client.call("start a holder", docker.start_container(&container.id, None::<StartContainerOptions>))?;
        let channel = || -> Result<Channel, EngineError> {
            let socket = container.wait_for(&listener)?;
            socket.set_read_timeout(Some(PATIENCE)).map_err(|error| not_made(&self.client, &error))?;
            Ok(Channel::new(socket))
        };
        let (channel, disk) = (channel()?, channel()?);
        Ok(Waiting { container, channel, disk })
    }

    /// When its containers are gone.
    pub(crate) fn remove_image(&self) {
        let removed = self.client.docker.remove_image(&self.image, None::<RemoveImageOptions>, None);
        let _ = self.client.block(removed);
    }

    fn body(&self, socket: &Path) -> ContainerCreateBody {
        let mut mounts = self.program.mounts();
        mounts.push(mount(socket, SOCKET, false));
        mounts.extend(self.data.as_deref().map(|data| mount(data, DAEMON, true)));
        let on = |name: &str| (name.to_owned(), "0".to_owned());
        // As on a host: the daemon turns IPv6 off where no network of its has it.
        let mut sysctls: HashMap<String, String> = Path::new("/proc/sys/net/ipv6")
            .exists()
            .then(|| [on("net.ipv6.conf.all.disable_ipv6"), on("net.ipv6.conf.default.disable_ipv6")])
            .into_iter()
            .flatten()
            .collect();
        // As Docker has it by itself: every user may listen on every port.
        sysctls.extend([on("net.ipv4.ip_unprivileged_port_start")]);
        let host = HostConfig {
            network_mode: Some("none".to_owned()),
            mounts: Some(mounts),
            sysctls: Some(sysctls),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: Some(["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "DAC_OVERRIDE"].map(str::to_owned).to_vec()),
            // Nothing is relabelled: what is mounted is the machine's own.
            security_opt: Some(vec!["no-new-privileges".to_owned(), "label=disable".to_owned()]),
            ..HostConfig::default()
        };
        ContainerCreateBody {
            image: Some(self.image.clone()),
            entrypoint: Some(self.program.command.clone()),
            user: Some("0:0".to_owned()),
            labels: Some(self.labels.clone()),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        }
    }
}

/// At `socket` in this folder, whose path may be longer than an address can be.
fn listen(folder: &Path) -> std::io::Result<UnixListener> {
    use std::os::fd::AsRawFd as _;
    let opened = std::fs::File::open(folder)?;
    UnixListener::bind(format!("/proc/self/fd/{}/socket", opened.as_raw_fd()))
}

impl Held {
    /// Until the helper in it has connected.
    fn wait_for(&self, listener: &UnixListener) -> Result<UnixStream, EngineError> {
        const POLL: Duration = Duration::from_millis(1);
        const LOOK: Duration = Duration::from_millis(200);
        listener.set_nonblocking(true).map_err(|error| not_made(&self.client, &error))?;
        let deadline = Instant::now() + PATIENCE;
        let mut look = Instant::now() + LOOK;
        loop {
            match listener.accept() {
                Ok((socket, _)) => {
                    socket.set_nonblocking(false).map_err(|error| not_made(&self.client, &error))?;
                    return Ok(socket);
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(not_made(&self.client, &error)),
                Err(_) => thread::sleep(POLL),
            }
            if Instant::now() > deadline || (Instant::now() > look && !self.runs()?) {
                return Err(not_made(&self.client, &io::Error::other("the holder does not connect to the program")));
            }
            if Instant::now() > look {
                look = Instant::now() + LOOK;
            }
        }
    }

    fn runs(&self) -> Result<bool, EngineError> {
        let found = self.client.inspect(&self.id).map_err(|error| self.client.failed("inspect a holder", &error))?;
        let state = found.state;
        Ok(state.is_some_and(|state| state.running == Some(true)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.is_taken {
            return;
        }
        let force = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let _ = self.client.block(self.client.docker.remove_container(&self.id, Some(force)));
    }
}

impl Waiting {
    /// Makes the network of a container that reaches these services and nothing else.
    pub(crate) fn hold(self, services: &[Service]) -> Result<Holder, EngineError> {
        let client = Arc::clone(&self.container.client);
        let services: Vec<_> = services.iter().map(|service| (service.name.clone(), service.address)).collect();
        let placed = services::place(&services).map_err(|error| not_made(&client, &error))?;
        self.order(placed).map_err(|error| not_made(&client, &error))
    }

    fn order(mut self, placed: Vec<Placed>) -> io::Result<Holder> {
        // What the daemon names the container.
        let hostname = self.container.id[..self.container.id.len().min(12)].to_owned();
        let own_names = Names { hosts: network::hosts(&hostname, &placed), resolver: network::resolver(), hostname };
        let order = Order {
            hosts: own_names.hosts.clone(),
            resolver: own_names.resolver.clone(),
            places: placed.iter().map(|service| service.inside).collect(),
        };
        self.channel.send(&order)?;
        let (mut listeners, mut names, mut tap) = (Vec::new(), None, None);
        loop {
            let told: Told = self.channel.receive()?.ok_or_else(gone)?;
            let mut socket = || self.channel.descriptor().ok_or_else(gone);
            match told {
                Told::Listener { number } => listeners.push((number, TcpListener::from(socket()?))),
                Told::Names => names = Some(socket()?),
                Told::Tap => tap = Some(socket()?),
                Told::Ready => break,
                Told::Failed { reason } => return Err(io::Error::other(reason)),
                Told::Connected | Told::Refused { .. } => return Err(gone()),
            }
        }
        // The holder has it from here on: should one of the threads not start, the rest end.
        let mut holder = Holder {
            names: own_names,
            channel: Mutex::new(self.channel),
            seen: None,
            listeners: Vec::new(),
            disk: Mutex::new(self.disk),
            container: self.container,
        };
        for (number, listener) in listeners {
            let outside = placed.get(number).ok_or_else(gone)?.outside;
            holder.listeners.push(listener.try_clone()?);
            thread::Builder::new().name("forward".to_owned()).spawn(move || forward(&listener, outside))?;
        }
        if let (Some(tap), Some(names)) = (tap, names) {
            holder.seen = Some(Seen::new(Tap::of(tap), names.into(), placed)?);
        }
        Ok(holder)
    }
}

impl Holder {
    /// The container's id, for whoever removes it now.
    pub(crate) fn taken(&mut self) -> &str {
        self.container.is_taken = true;
        &self.container.id
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Whether this process of this machine is in the holder's network: then it is the container's that joined it.
    pub(crate) fn has_in_network(&self, pid: u32) -> bool {
        let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(holder) = rustix::net::sockopt::socket_peercred(channel.socket()) else { return false };
        let network = |pid: &dyn std::fmt::Display| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let own = network(&holder.pid.as_raw_nonzero());
        own.is_some() && own == network(&pid)
    }

    /// What the image's container is told to join.
    pub(crate) fn network_mode(&self) -> String {
        format!("container:{}", self.container.id)
    }

    /// Connects as a client outside would.
    pub(crate) fn connect(&self, port: u16, timeout: Duration) -> io::Result<TcpStream> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX));
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        channel.send(&Ask::Connect { port, timeout_ms })?;
        channel.socket().set_read_timeout(Some(timeout.saturating_add(PATIENCE)))?;
        match channel.receive()? {
            Some(Told::Connected) => Ok(TcpStream::from(channel.descriptor().ok_or_else(gone)?)),
            Some(Told::Refused { errno }) => Err(io::Error::from_raw_os_error(errno)),
            _ => Err(gone()),
        }
    }

    /// Weighs what is in these folders of the daemon's, and has `over` called, on a thread of its own, when more than the limit was added.
    pub(crate) fn weigh(
        &self,
        folders: Vec<PathBuf>,
        limit_bytes: u64,
        over: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        disk.send(&Scales { folders, limit_bytes })?;
        if !matches!(disk.receive()?, Some(Weight::Balanced)) {
            return Err(gone());
        }
        disk.socket().set_read_timeout(None)?;
        let mut told = Channel::new(disk.socket().try_clone()?);
        thread::Builder::new().name("disk".to_owned()).spawn(move || {
            if let Ok(Some(Weight::Over)) = told.receive() {
                over();
            }
        })?;
        Ok(())
    }

    /// What the container tried to reach; `None` when not all of it could be seen.
    pub(crate) fn attempts(&self) -> Option<Vec<String>> {
        self.seen.as_ref()?.targets()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        for listener in &self.listeners {
            // Wakes the thread that accepts.
            let _ = rustix::net::shutdown(listener.as_fd(), rustix::net::Shutdown::Both);
        }
        for channel in [&mut self.channel, &mut self.disk] {
            let channel = channel.get_mut().unwrap_or_else(PoisonError::into_inner);
            let _ = channel.socket().shutdown(Shutdown::Both);
        }
    }
}

/// This machine's helper program, and how it runs where there is nothing else.
struct Program {
    path: PathBuf,
    /// The folders that have its loader and libraries; none for a static program.
    libraries: Vec<PathBuf>,
    command: Vec<String>,
}

impl Program {
    const PATH: &str = "/seaworthy/program";

    /// The libraries are those that this process has, which is the same program or links to no others.
    fn find(helper: &Path) -> io::Result<Self> {
        let maps = std::fs::read_to_string("/proc/self/maps")?;
        let mapped = libraries(&maps);
        let mut folders: Vec<PathBuf> = Vec::new();
        for folder in mapped.iter().filter_map(|library| library.parent()) {
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
        let loader = mapped.iter().find(|library| is_loader(library));
        let place = |folder: &Path| folders.iter().position(|known| known == folder).map(Self::library_folder);
        let mut command = Vec::new();
        if let Some(loader) = loader
            && let (Some(folder), Some(name)) = (loader.parent().and_then(place), loader.file_name())
        {
            let path: Vec<String> = (0..folders.len()).map(Self::library_folder).collect();
            command.extend([
                format!("{folder}/{}", name.to_string_lossy()),
                "--library-path".to_owned(),
                path.join(":"),
            ]);
        }
        command.extend([Self::PATH.to_owned(), HOLD.to_owned()]);
        Ok(Self { path: helper.canonicalize()?, libraries: folders, command })
    }

    fn library_folder(number: usize) -> String {
        format!("/seaworthy/libraries-{number}")
    }

    fn mounts(&self) -> Vec<Mount> {
        let folders = self.libraries.iter().enumerate();
        let folders = folders.map(|(number, folder)| mount(folder, &Self::library_folder(number), true));
        std::iter::once(mount(&self.path, Self::PATH, true)).chain(folders).collect()
    }
}

/// The shared libraries of a process, from its `/proc/PID/maps`.
fn libraries(maps: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let paths = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_library = name.ends_with(".so") || name.contains(".so.");
        if is_library && !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    }
    found
}

fn is_loader(library: &Path) -> bool {
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    ["ld-", "ld64.", "ld.so"].iter().any(|start| name.starts_with(start))
}

fn mount(source: &Path, target: &str, read_only: bool) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.to_string_lossy().into_owned()),
        target: Some(target.to_owned()),
        read_only: Some(read_only),
        // What is mounted below stays free to be unmounted.
        bind_options: Some(MountBindOptions { non_recursive: Some(true), ..MountBindOptions::default() }),
        ..Mount::default()
    }
}

fn not_made(client: &Client, error: &io::Error) -> EngineError {
    client.failure(ACTION, error.to_string())
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "the holder is gone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_libraries_are_told_by_its_maps() {
        let maps = "55d0 r-xp 00000000 fe:00 1  /home/a b/seaworthy\n\
                    7f00 r--p 00000000 fe:00 2  /usr/lib/x86_64-linux-gnu/libc.so.6\n\
                    7f01 r-xp 00000000 fe:00 2  /usr/lib/x86_64-linux-gnu/libc.so.6\n\
                    7f02 r--p 00000000 fe:00 3  /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\n\
                    7ffc rw-p 00000000 00:00 0  [stack]\n";
        let found = libraries(maps);
        let expected =
            ["libc.so.6", "ld-linux-x86-64.so.2"].map(|name| Path::new("/usr/lib/x86_64-linux-gnu").join(name));
        assert_eq!(found, expected);
        assert_eq!(found.iter().map(|library| is_loader(library)).collect::<Vec<_>>(), [false, true]);
        assert_eq!(libraries("55d0 r-xp 00000000 fe:00 1  /home/a/static\n"), Vec::<PathBuf>::new());
    }
}
