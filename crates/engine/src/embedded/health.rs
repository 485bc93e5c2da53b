//! The image's own health check, run inside the container as Docker runs it.
//!
//! As in Docker: a probe is healthy if it exits 0 in time; `retries` failures in a row, an interval apart and after the start period, are
//! unhealthy. Unlike Docker, which waits an interval before the first probe, probes begin at once and follow each other quickly until the
//! first healthy one, so that nobody waits for what is known. The time that is told is Docker's: that of the first probe of its schedule
//! from then on. Where that one fails after all, the container was not healthy. Probes in between do not count as failures.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, WaitOptions};
use seaworthy_image::{Config, HealthCheck};

use super::entry::{Entry, Identity, Ids};
use super::isolation::{self, Wanted};
use super::logs::Tail;
use super::protocol::{Reply, WireHealth};
use super::schedule::Schedule;
use super::{Mapping, PROBE, root, signals};

const OUTPUT_BYTES_MAX: usize = 4096;
/// For a helper process to get into the container.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between probes until the first healthy one: from this…
const QUICK_FIRST: Duration = Duration::from_millis(10);
/// …doubled each time, to this, or until the next one is due.
const QUICK_LAST: Duration = Duration::from_secs(1);

/// What to run, and how often.
pub(crate) struct Probes {
    check: HealthCheck,
    schedule: Schedule,
    id: String,
    states: PathBuf,
    process: PathBuf,
    specified: String,
    user: Ids,
    mapping: Mapping,
    /// The container's first process.
    first: Pid,
    started: Instant,
}

impl Probes {
    pub(crate) fn new(
        config: &Config,
        check: HealthCheck,
        id: &str,
        states: &Path,
        wanted: &Wanted<'_>,
        first: Pid,
        started: Instant,
    ) -> Self {
        let args = match check.test.split_first() {
            Some((kind, rest)) if kind == "CMD-SHELL" => {
                [vec!["/bin/sh".to_owned(), "-c".to_owned()], rest.to_vec()].concat()
            }
            Some((kind, rest)) if kind == "CMD" => rest.to_vec(),
            _ => Vec::new(),
        };
        Self {
            id: id.to_owned(),
            states: states.to_owned(),
            process: root::stage("probe.json"),
            specified: isolation::probe(wanted, &args).to_string(),
            user: Ids { uid: wanted.user.uid, gid: wanted.user.gid, groups: wanted.user.groups.clone() },
            mapping: wanted.mapping,
            schedule: Schedule {
                interval: check.interval,
                start_interval: config.health_start_interval(),
                start_period: check.start_period,
            },
            check,
            first,
            started,
        }
    }

    /// Runs the check once: the exit code, and what it printed.
    fn once(&self, stop: &Stop) -> (Option<i32>, String) {
        let run = || -> io::Result<_> {
            let (output, input) = io::pipe()?;
            root::own_stream(input.as_fd(), self.mapping, self.user.uid, self.user.gid)?;
            let timeout_ms = u64::try_from(self.check.timeout.as_millis()).unwrap_or(u64::MAX);
            let mut probe = Command::new("/proc/self/exe")
                .arg(PROBE)
                .args([self.states.as_os_str(), self.id.as_ref(), self.process.as_os_str()])
                .arg(timeout_ms.to_string())
                .arg(self.first.as_raw_nonzero().to_string())
                .arg(serde_json::to_string(&self.user)?)
                .stdin(Stdio::null())
                .stdout(input.try_clone()?)
                .stderr(input)
                .spawn()?;
            let output = Tail::of(File::from(OwnedFd::from(output)))?;
            // The helper keeps the time itself, from when the program in the container runs.
            let until = Instant::now() + self.check.timeout + PATIENCE;
            let mut pause = Duration::from_micros(500);
            let code = loop {
                if let Some(status) = probe.try_wait()? {
                    break status.code();
                }
                if Instant::now() > until || stop.is_set() {
                    probe.kill()?;
                    probe.wait()?;
                    break None;
                }
                stop.sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(10));
            };
            end_orphans(self.first);
            output.wait_for_end();
            Ok((code, output.text()))
        };
        match run() {
            Ok((code, output)) => (code, shortened(output.trim())),
            Err(error) => (None, format!("the probe cannot be run: {error}")),
        }
    }

    fn run(&self, state: &Mutex<State>, stop: &Stop) {
        let mut failures = 0;
        let mut quick = QUICK_FIRST;
        let mut due = self.schedule.first();
        while !stop.is_set() {
            let began = self.started.elapsed();
            let (code, output) = self.once(stop);
            if stop.is_set() {
                return;
            }
            let ended = self.started.elapsed();
            let is_due = began >= due;
            let mut state = lock(state);
            state.output = output;
            match (code == Some(0), is_due) {
                (true, true) => {
                    failures = 0;
                    state.status = WireHealth::Healthy;
                    state.healthy_after.get_or_insert(ended);
                }
                (true, false) => {
                    state.status = WireHealth::Healthy;
                    let at = self.schedule.at_or_after(due, began);
                    state.healthy_after.get_or_insert(at + ended.saturating_sub(began));
                }
                (false, true) => {
                    if state.healthy_after.is_some_and(|after| after >= began) {
                        state.status = WireHealth::Starting;
                        state.healthy_after = None;
                    }
                    let is_early = state.status == WireHealth::Starting && began < self.schedule.start_period;
                    failures += u32::from(!is_early);
                    if failures >= self.check.retries {
                        state.status = WireHealth::Unhealthy;
                    }
                }
                (false, false) => {}
            }
            let is_starting = state.status == WireHealth::Starting;
            drop(state);
            if is_due {
                due = self.schedule.next(ended, is_starting);
            }
            let left = due.saturating_sub(self.started.elapsed());
            if is_starting {
                stop.sleep(quick.min(left));
                quick = (quick * 2).min(QUICK_LAST);
            } else {
                stop.sleep(left);
            }
        }
    }
}

/// Ends and waits for what a probe's helper left on its way into the container; the supervisor has become its parent. It would make the
/// control groups again that are about to be removed, and the container cannot end before it is waited for.
fn end_orphans(first: Pid) {
    let until = Instant::now() + Duration::from_secs(1);
    loop {
        let orphans: Vec<Pid> = children().into_iter().filter(|&child| child != first).collect();
        if orphans.is_empty() || Instant::now() > until {
            return;
        }
        for orphan in orphans {
            let _ = rustix::process::kill_process(orphan, rustix::process::Signal::KILL);
            let _ = rustix::process::waitpid(Some(orphan), WaitOptions::NOHANG);
        }
        thread::sleep(Duration::from_micros(100));
    }
}

/// This process's children.
fn children() -> Vec<Pid> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let text: String = lists.collect();
    text.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

struct State {
    status: WireHealth,
    healthy_after: Option<Duration>,
    output: String,
}

/// Tells the probing thread that the container is gone.
#[derive(Default)]
struct Stop {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    fn is_set(&self) -> bool {
        *lock(&self.set)
    }

    /// Shorter when it is set.
    fn sleep(&self, time: Duration) {
        drop(self.changed.wait_timeout_while(lock(&self.set), time, |set| !*set));
    }
}

/// A health check that is being run.
pub(crate) struct Health {
    state: Arc<Mutex<State>>,
    stop: Arc<Stop>,
    probing: Mutex<Option<JoinHandle<()>>>,
}

impl Health {
    pub(crate) fn watch(probes: Probes) -> io::Result<Self> {
        fs::write(&probes.process, &probes.specified)?;
        let state = State { status: WireHealth::Starting, healthy_after: None, output: String::new() };
        let health = Self { state: Arc::new(Mutex::new(state)), stop: Arc::default(), probing: Mutex::new(None) };
        let (state, stop) = (Arc::clone(&health.state), Arc::clone(&health.stop));
        let probing = thread::Builder::new().name("health".to_owned()).spawn(move || probes.run(&state, &stop))?;
        *lock(&health.probing) = Some(probing);
        Ok(health)
    }

    pub(crate) fn stop(&self) {
        *lock(&self.stop.set) = true;
        self.stop.changed.notify_all();
    }

    /// Returns when no probe is left.
    pub(crate) fn finish(&self) {
        self.stop();
        if let Some(probing) = lock(&self.probing).take() {
            let _ = probing.join();
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        let state = lock(&self.state);
        Reply::Health {
            status: state.status,
            healthy_after_ns: state.healthy_after.map(|after| u64::try_from(after.as_nanos()).unwrap_or(u64::MAX)),
            output: state.output.clone(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The end of a text.
fn shortened(text: &str) -> String {
    let surplus = text.len().saturating_sub(OUTPUT_BYTES_MAX);
    let from = (surplus..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text[from..].to_owned()
}

/// What a probe's helper process is told.
pub(crate) struct Order<'a> {
    states: &'a Path,
    id: &'a str,
    process: &'a Path,
    timeout: Duration,
    /// The container's first process.
    first: u32,
    user: Ids,
}

impl<'a> Order<'a> {
    /// From the helper's arguments.
    pub(crate) fn parse(args: &'a [OsString]) -> Option<Self> {
        let [states, id, process, timeout_ms, first, user] = args else { return None };
        Some(Self {
            states: Path::new(states),
            id: id.to_str()?,
            process: Path::new(process),
            timeout: Duration::from_millis(timeout_ms.to_str()?.parse().ok()?),
            first: first.to_str()?.parse().ok()?,
            user: serde_json::from_str(user.to_str()?).ok()?,
        })
    }
}

/// The helper process of one probe: runs it in the container, and ends as it ends.
pub(crate) fn probe(order: &Order<'_>) -> ExitCode {
    // A probe must not outlive the supervisor.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    signals::ignore_terminal();
    match enter(order) {
        Ok(code) => ExitCode::from(code),
        Err(reason) => {
            let _ = writeln!(io::stdout(), "{reason}");
            ExitCode::from(127)
        }
    }
}

fn enter(order: &Order<'_>) -> Result<u8, String> {
    let identity = if Mapping::of_this_process().keeps_owners() {
        let namespace = File::open(format!("/proc/{}/ns/user", order.first)).map_err(|error| error.to_string())?;
        Identity::In { namespace: Arc::new(namespace.into()), user: order.user.clone() }
    } else {
        Identity::OfFirst
    };
    let (mut report, write) = io::pipe().map_err(|error| error.to_string())?;
    let built = ContainerBuilder::new(order.id.to_owned(), SyscallType::default())
        .with_root_path(order.states)
        .map_err(|error| error.to_string())?
        .with_executor(Entry::new(OwnedFd::from(write), identity))
        .as_tenant()
        .with_process(Some(order.process))
        .with_detach(true)
        .build();
    // Until the program runs, or tells why it does not.
    let mut reason = String::new();
    let _ = report.read_to_string(&mut reason);
    if !reason.is_empty() {
        return Err(reason);
    }
    let pid = Pid::from_raw(built.map_err(|error| error.to_string())?.as_raw()).ok_or("it has no process")?;
    let ended = wait(pid, order.timeout).map_err(|errno| errno.to_string())?;
    ended.ok_or_else(|| format!("no answer within {:?}", order.timeout))
}

/// The exit code; `None` for a process that had to be ended.
fn wait(pid: Pid, timeout: Duration) -> rustix::io::Result<Option<u8>> {
    let descriptor = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
    let until = Instant::now() + timeout;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left =
            Timespec { tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        match rustix::event::poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], Some(&left)) {
            Ok(0) => {
                rustix::process::pidfd_send_signal(&descriptor, rustix::process::Signal::KILL)?;
                rustix::process::waitpid(Some(pid), WaitOptions::empty())?;
                return Ok(None);
            }
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    let ended = rustix::process::waitpid(Some(pid), WaitOptions::empty())?;
    let code =
        ended.and_then(|(_, how)| how.exit_status().or_else(|| how.terminating_signal().map(|signal| 128 + signal)));
    Ok(Some(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)))
}
