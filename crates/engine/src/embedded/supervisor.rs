//! The helper process of one container: makes it, is its parent, answers questions about it, and takes everything away at the end.
//!
//! libcontainer forks, so none of this is done in the program itself. What the supervisor mounts is in a mount namespace of its own and
//! ends with it; when the program is gone, however it went, the socket between them tells.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, WaitOptions};
use seaworthy_image::Config;

use super::disk::Watched;
use super::entry::{self, Entry, Identity};
use super::health::{Health, Probes};
use super::isolation::{self, Wanted};
use super::logs::Tail;
use super::look::Inside;
use super::network::{self, Network};
use super::protocol::{Action, Channel, Plan, Reply, Request, WireExit, WireHealth};
use super::root::{self, Root};
use super::services::{self, Placed};
use super::user::{self, User};
use super::{Mapping, cgroup, chain, clock, folder, keyring, processes, signals};

/// Docker's, for an image that sets none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why there is no container.
enum NoContainer {
    DoesNotStart(String),
    Failed(Action, String),
}

impl NoContainer {
    fn failed(action: Action) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Failed(action, error.to_string())
    }
}

/// Runs until the container and the program that asked for it are done.
pub(crate) fn run() -> ExitCode {
    signals::ignore_terminal();
    // What a probe's helper leaves behind is ours to wait for. Where that cannot be, it is waited for by time.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let Ok(mut channel) = take_socket() else { return ExitCode::FAILURE };
    let Ok(Some(plan)) = channel.receive::<Plan>() else { return ExitCode::FAILURE };
    // Found before the stage covers what may be on the way to them.
    let folder = Removable::find(&plan.folder);
    let volumes: Vec<_> = plan.volumes.iter().filter_map(|volume| Removable::find(volume.folder.parent()?)).collect();
    let orderly = match make(&plan) {
        Ok(running) => supervise(&running, channel),
        Err(why) => {
            let reply = match why {
                NoContainer::DoesNotStart(reason) => Reply::DoesNotStart { reason },
                NoContainer::Failed(action, reason) => Reply::Failed { action, reason },
            };
            channel.send(&reply).is_ok()
        }
    };
    cgroup::remove(&plan.id);
    folder.iter().for_each(Removable::remove);
    if !orderly {
        // The program is gone: nobody is left to use these.
        volumes.iter().for_each(Removable::remove);
    }
    ExitCode::SUCCESS
}

/// A folder that will be removed.
struct Removable {
    parent: File,
    name: OsString,
}

impl Removable {
    fn find(folder: &Path) -> Option<Self> {
        let parent = File::open(folder.parent()?).ok()?;
        Some(Self { parent, name: folder.file_name()?.to_owned() })
    }

    fn remove(&self) {
        let parent = PathBuf::from(format!("/proc/self/fd/{}", self.parent.as_raw_fd()));
        // What cannot be removed now is removed at the next start.
        let _ = folder::remove(&parent.join(&self.name));
    }
}

/// The socket is standard input; nothing that is started later may have it.
fn take_socket() -> std::io::Result<Channel> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Channel::new(UnixStream::from(socket)))
}

struct Running {
    id: String,
    init: i32,
    /// Unlike the number, it never names another process.
    process: OwnedFd,
    stop_signal: i32,
    started_at_ns: u64,
    stdout: Tail,
    stderr: Tail,
    network: Network,
    health: Option<Health>,
    /// Where the files that were put in are, and where the container sees them.
    files: Vec<(PathBuf, String)>,
    watched: Watched,
    inside: Inside,
    exit: Mutex<Option<WireExit>>,
    exited: Condvar,
}

fn make(plan: &Plan) -> Result<Running, NoContainer> {
    let config = Config::from_bytes(plan.config.clone().into_bytes())
        .map_err(|error| NoContainer::Failed(Action::Create, error.to_string()))?;
    let args = [config.entrypoint(), plan.arguments.clone().unwrap_or_else(|| config.cmd())].concat();
    if args.first().is_none_or(String::is_empty) {
        return Err(NoContainer::DoesNotStart("the image names no command".to_owned()));
    }

    set_apart(plan).map_err(NoContainer::failed(Action::Isolate))?;
    let mut root = Root::mount(plan).map_err(NoContainer::failed(Action::MountRoot))?;
    let user = user::find(config.user(), &root.text("etc/passwd"), &root.text("etc/group"))
        .map_err(NoContainer::DoesNotStart)?;
    if let Some(id) = user.groups.iter().copied().chain([user.uid]).find(|&id| !plan.mapping.has(id)) {
        let reason = format!("the id {id} is beyond the range that a container has here");
        return Err(NoContainer::Failed(Action::Create, reason));
    }
    let cwd = working_directory(&config);
    root.make_folder(&cwd)
        .map_err(|errno| NoContainer::DoesNotStart(format!("working directory `{cwd}`: {}", plain(errno))))?;

    let hostname: String = plan.id.chars().rev().filter(char::is_ascii_alphanumeric).take(12).collect();
    let services = services::place(&plan.services).map_err(NoContainer::failed(Action::Network))?;
    put_names(&mut root, &hostname, &services).map_err(NoContainer::failed(Action::MountRoot))?;

    let groups = root::stage("groups");
    // Without root there are no groups of the container's own to show.
    let groups = plan.mapping.keeps_owners().then_some(groups);
    if let Some(groups) = &groups {
        cgroup::show(&plan.id, groups).map_err(NoContainer::failed(Action::Isolate))?;
    }
    let groups = groups.map(|groups| groups.to_string_lossy().into_owned());
    let limits = plan.mapping.keeps_owners();
    let memory = plan.memory_limit_bytes.or_else(cgroup::half_of_memory_bytes).filter(|_| limits);

    let env = environment(&config, plan, &user, &hostname);
    let rootfs = root::stage("rootfs").to_string_lossy().into_owned();
    let wanted = Wanted {
        mapping: plan.mapping,
        rootfs: &rootfs,
        hostname: &hostname,
        user: &user,
        env: &env,
        args: &args,
        cwd: &cwd,
        read_only: plan.read_only,
        no_capabilities: plan.no_capabilities,
        cgroup: &cgroup::path(&plan.id),
        memory: memory.and_then(cgroup::limit),
        processes: Some(plan.processes).filter(|_| limits && cgroup::has("pids")),
        groups: groups.as_deref(),
        binds: &root.binds,
    };
    start(plan, &config, &wanted, &services, root.watched)
}

fn start(
    plan: &Plan,
    config: &Config,
    wanted: &Wanted<'_>,
    services: &[Placed],
    watched: Watched,
) -> Result<Running, NoContainer> {
    let create = |error: &dyn std::fmt::Display| NoContainer::Failed(Action::Create, error.to_string());
    let bundle = root::stage("bundle");
    let states = root::stage("states");
    let write = || -> std::io::Result<_> {
        fs::create_dir(&bundle)?;
        fs::create_dir(&states)?;
        fs::write(bundle.join("config.json"), isolation::specification(wanted).to_string())?;
        Ok((std::io::pipe()?, std::io::pipe()?, std::io::pipe()?, File::open("/dev/null")?))
    };
    let (stdout, stderr, report, null) = write().map_err(NoContainer::failed(Action::Create))?;

    // A program that opens `/dev/stdout` opens the pipe anew, with its own user's rights.
    for stream in [stdout.1.as_fd(), stderr.1.as_fd()] {
        root::own_stream(stream, plan.mapping, wanted.user.uid, wanted.user.gid)
            .map_err(NoContainer::failed(Action::Create))?;
    }

    let identity = match plan.mapping {
        Mapping::Shifted { .. } => Identity::Set,
        Mapping::Single { .. } => Identity::Only { uid: wanted.user.uid, gid: wanted.user.gid },
    };
    let entry = Entry::new(OwnedFd::from(report.1), identity);
    let mut container = ContainerBuilder::new(plan.id.clone(), SyscallType::default())
        .with_root_path(&states)
        .map_err(|error| create(&error))?
        .with_executor(entry)
        .with_stdin(null)
        .with_stdout(stdout.1)
        .with_stderr(stderr.1)
        .as_init(&bundle)
        .with_systemd(false)
        .with_detach(true)
        .build()
        .map_err(|error| create(&chain(&error)))?;

    // Only now threads: what forks is behind us.
    let pid = container.pid().ok_or_else(|| create(&"it has no process"))?.as_raw();
    let first = Pid::from_raw(pid).ok_or_else(|| create(&"it has no process"))?;
    let process = rustix::process::pidfd_open(first, PidfdFlags::empty()).map_err(|errno| create(&errno))?;
    let network = File::open(format!("/proc/{pid}/ns/net"))
        .and_then(|namespace| Network::of(namespace, services))
        .map_err(NoContainer::failed(Action::Network))?;
    let inside = Inside::of(pid).map_err(NoContainer::failed(Action::Observe))?;
    let tail = |reader: std::io::PipeReader| {
        Tail::of(File::from(OwnedFd::from(reader))).map_err(NoContainer::failed(Action::Observe))
    };
    let (stdout, stderr) = (tail(stdout.0)?, tail(stderr.0)?);

    let (started, started_at_ns) = (Instant::now(), clock::monotonic_ns());
    container.start().map_err(|error| NoContainer::Failed(Action::Start, chain(&error)))?;
    let mut reason = String::new();
    let mut report = report.0;
    report.read_to_string(&mut reason).map_err(NoContainer::failed(Action::Start))?;
    if !reason.is_empty() {
        let is_images = reason.starts_with("exec ");
        return Err(if is_images {
            NoContainer::DoesNotStart(reason)
        } else {
            NoContainer::Failed(Action::Start, reason)
        });
    }

    cgroup::forget_peak(&plan.id);

    let health = config
        .health_check()
        .map(|check| Probes::new(config, check, &plan.id, &states, wanted, first, started))
        .map(Health::watch)
        .transpose()
        .map_err(NoContainer::failed(Action::Observe))?;
    Ok(Running {
        id: plan.id.clone(),
        init: pid,
        process,
        stop_signal: config.stop_signal().and_then(signals::number).unwrap_or(15),
        started_at_ns,
        stdout,
        stderr,
        network,
        health,
        files: plan.files.iter().enumerate().map(|(number, file)| (root::put_in(number), file.path.clone())).collect(),
        watched,
        inside,
        exit: Mutex::new(None),
        exited: Condvar::new(),
    })
}

/// Namespaces of its own, and no groups that the container would inherit.
fn set_apart(plan: &Plan) -> std::io::Result<()> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    std::env::set_current_dir("/")?;
    if plan.mapping.keeps_owners() {
        nix::unistd::setgroups(&[])?;
    }
    keyring::set_apart()?;
    plan.mapping.set_apart()
}

fn working_directory(config: &Config) -> String {
    let cwd = config.working_dir();
    if cwd.starts_with('/') { cwd.to_owned() } else { format!("/{cwd}") }
}

fn environment(config: &Config, plan: &Plan, user: &User, hostname: &str) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: &str| match env.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => value.clone_into(old),
        None => env.push((name.to_owned(), value.to_owned())),
    };
    set("PATH", PATH);
    set("HOSTNAME", hostname);
    for (name, value) in config.env().iter().filter(|(name, _)| !plan.without_env.contains(name)) {
        set(name, value);
    }
    for (name, value) in &plan.env {
        set(name, value);
    }
    if env.iter().all(|(name, value)| name != "HOME" || value.is_empty()) {
        env.retain(|(name, _)| name != "HOME");
        env.push(("HOME".to_owned(), user.home.clone()));
    }
    env
}

/// `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`, as Docker puts them into every container.
fn put_names(root: &mut Root, hostname: &str, services: &[Placed]) -> std::io::Result<()> {
    let hosts = network::hosts(hostname, services);
    root.put("/etc/hosts", hosts.as_bytes(), &root::file("hosts"), 0o644, false)?;
    root.put("/etc/hostname", format!("{hostname}\n").as_bytes(), &root::file("hostname"), 0o644, false)?;
    root.put("/etc/resolv.conf", network::resolver().as_bytes(), &root::file("resolv.conf"), 0o644, false)
}

/// Answers until the program is gone; returns whether it left in order. The main thread waits for the container: it is its parent.
fn supervise(running: &Running, mut channel: Channel) -> bool {
    let started = Reply::Started { at_ns: running.started_at_ns };
    thread::scope(|scope| {
        let answering = scope.spawn(move || {
            let orderly = channel.send(&started).is_ok() && answer_all(running, &mut channel);
            // A probe first: the container ends only when nothing outside holds one of its processes.
            if let Some(health) = &running.health {
                health.finish();
            }
            let _ = rustix::process::pidfd_send_signal(&running.process, rustix::process::Signal::KILL);
            orderly
        });
        scope.spawn(|| running.watched.watch(running.process.as_fd(), running.init.unsigned_abs()));
        running.wait_for_init();
        answering.join().unwrap_or(false)
    })
}

fn answer_all(running: &Running, channel: &mut Channel) -> bool {
    while let Ok(Some(request)) = channel.receive() {
        let sent = match request {
            Request::Leave => return true,
            Request::Wait { timeout_ms } => {
                let exit = running.wait(Duration::from_millis(timeout_ms), || channel.is_closed());
                channel.send(&Reply::Exit { exit })
            }
            Request::Connect { port, timeout_ms } => {
                match running.network.connect(port, Duration::from_millis(timeout_ms)) {
                    Ok(stream) => channel.send_with(&Reply::Connected, stream.as_fd()),
                    Err(error) => channel.send(&Reply::Refused { errno: network::errno_of(&error) }),
                }
            }
            request => channel.send(&running.answer(&request)),
        };
        if sent.is_err() {
            break;
        }
    }
    false
}

impl Running {
    fn answer(&self, request: &Request) -> Reply {
        match request {
            Request::Signal { number } => {
                let number = if *number == 0 { self.stop_signal } else { *number };
                if let Some(signal) = signals::of(number) {
                    // Without error when it has exited.
                    let _ = rustix::process::pidfd_send_signal(&self.process, signal);
                }
                Reply::Signalled
            }
            Request::ReplaceFile { path, content } => {
                let found = self.files.iter().find(|(_, inside)| inside == path);
                // In place: what is bound into the container is the file, not its name.
                let replaced = match found {
                    Some((source, _)) => fs::write(source, content).map_err(|error| error.to_string()),
                    None => Err(format!("`{path}` was not put into the container")),
                };
                match replaced {
                    Ok(()) => Reply::Replaced,
                    Err(reason) => Reply::Failed { action: Action::ReplaceFile, reason },
                }
            }
            Request::LookAt { path } => match self.inside.look_at(path) {
                Ok(found) => Reply::Found { found },
                Err(error) => Reply::Failed { action: Action::Look, reason: error.to_string() },
            },
            Request::Logs => Reply::Logs { stdout: self.stdout.text(), stderr: self.stderr.text() },
            Request::Processes => {
                let exited = self.exit.lock().unwrap_or_else(PoisonError::into_inner).is_some();
                Reply::Processes {
                    processes: if exited { Vec::new() } else { processes::of(self.init.unsigned_abs()) },
                }
            }
            Request::Health => match &self.health {
                Some(health) => health.reply(),
                None => Reply::Health { status: WireHealth::None, healthy_after_ns: None, output: String::new() },
            },
            Request::Memory => Reply::Memory { memory: cgroup::memory(&self.id) },
            Request::Attempts => Reply::Attempts { targets: self.network.attempts() },
            Request::Connect { .. } | Request::Wait { .. } | Request::Leave => Reply::Signalled,
        }
    }

    /// At most so long, and not when nobody waits for the answer any more.
    fn wait(&self, timeout: Duration, is_alone: impl Fn() -> bool) -> Option<WireExit> {
        const LOOK_UP_EVERY: Duration = Duration::from_millis(50);
        const ENDING: Duration = Duration::from_secs(2);
        // One that is ending has ended to whoever saw its connections close.
        let timeout = if self.is_ending() { timeout.max(ENDING) } else { timeout };
        let until = Instant::now() + timeout;
        let mut exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if exit.is_some() || left.is_zero() || is_alone() {
                return *exit;
            }
            let time = left.min(LOOK_UP_EVERY);
            exit = self.exited.wait_timeout(exit, time).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether it was stopped, or its first process is gone, and the exit may not be noted yet.
    fn is_ending(&self) -> bool {
        let mut process = [PollFd::new(&self.process, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        self.watched.is_over() || rustix::event::poll(&mut process, Some(&now)).is_ok_and(|count| count > 0)
    }

    fn wait_for_init(&self) {
        let status = loop {
            match rustix::process::waitpid(Pid::from_raw(self.init), WaitOptions::empty()) {
                Ok(Some((_, status))) => break Some(status),
                Err(rustix::io::Errno::INTR) | Ok(None) => {}
                Err(_) => break None,
            }
        };
        let code = status
            .and_then(|status| status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)));
        let killed = code == Some(137);
        let out_of_memory = killed && cgroup::memory(&self.id).is_some_and(|memory| memory.kills > 0);
        // All that it wrote is read before anybody hears that it has exited.
        self.stdout.wait_for_end();
        self.stderr.wait_for_end();
        if let Some(health) = &self.health {
            health.stop();
        }
        self.watched.stop();
        let exit = WireExit { code: code.unwrap_or(255), out_of_memory, out_of_disk: self.watched.is_over() };
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
        self.exited.notify_all();
    }
}

fn plain(errno: rustix::io::Errno) -> String {
    entry::plain(nix::errno::Errno::from_raw(errno.raw_os_error()))
}
