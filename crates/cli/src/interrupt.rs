//! Ctrl-C, and the other signals that end a program: whatever was made is removed before it ends.
//!
//! Containers, databases and temporary folders belong to values that remove them when dropped. A signal therefore unwinds the stack of the
//! work, from the next call into the engine or the next event: [`check`] starts it, [`catch`] ends it. Further signals change nothing.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::output;
use crate::sockets;

/// How often a compiler that does not end is told to.
const AGAIN: Duration = Duration::from_millis(200);

static REQUESTED: AtomicBool = AtomicBool::new(false);
static ENDS: Mutex<Vec<End>> = Mutex::new(Vec::new());
static WORK: Mutex<Work> = Mutex::new(Work::Nothing);

/// Ends a wait.
type End = Box<dyn FnOnce() + Send>;

/// What goes on, as far as it matters for ending it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Nothing was made that must be removed.
    Nothing,
    /// Other programs work for us, and can be told to end.
    Compiling,
    /// There are containers, or files of our own.
    Making,
}

impl Work {
    /// After this long the program ends in any case. What an engine then leaves, its next start removes.
    fn patience(self) -> Duration {
        match self {
            Self::Nothing => Duration::ZERO,
            Self::Compiling => Duration::from_secs(10),
            Self::Making => Duration::from_mins(1),
        }
    }
}

/// What unwinds.
struct Interrupted;

/// Listens for signals from now on. `end` ends the program where the work does not end by itself.
///
/// # Errors
///
/// Fails if no handler can be installed.
pub(crate) fn listen(end: fn() -> !) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let listen = move || {
        for _ in signals.forever() {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                output::from_signal("still removing what was made");
            } else {
                // Held until the decision is made, so that nothing begins meanwhile.
                let work = work();
                if *work == Work::Nothing {
                    end();
                }
                output::from_signal("interrupted: removing what was made");
                sockets::shut_down();
                ends().drain(..).for_each(|end| end());
                let patience = work.patience();
                thread::spawn(move || insist(patience, end));
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(())
}

/// Waits for the work to end, telling compilers to.
fn insist(patience: Duration, end: fn() -> !) -> ! {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if *work() == Work::Compiling {
            for process in descendants() {
                // One that is gone needs no signal.
                let _ = rustix::process::kill_process(process, Signal::TERM);
            }
        }
        thread::sleep(AGAIN);
    }
    output::from_signal("gave up waiting: the next run removes what is left");
    end()
}

/// Has something called when a signal comes, or at once if one came already: what ends a wait in another thread.
pub(crate) fn also(end: impl FnOnce() + Send + 'static) {
    let mut ends = ends();
    if requested() {
        end();
    } else {
        ends.push(Box::new(end));
    }
}

fn ends() -> MutexGuard<'static, Vec<End>> {
    ENDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a signal came.
fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Unwinds to [`catch`] if a signal came; what is removed while unwinding is let through.
pub(crate) fn check() {
    if requested() && !std::thread::panicking() {
        panic::resume_unwind(Box::new(Interrupted));
    }
}

/// Does the work; `None` if a signal came meanwhile.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => (!requested()).then_some(done),
        Err(payload) if payload.is::<Interrupted>() => None,
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// Runs a build. A signal meanwhile ends the programs that it started (a compiler would go on for minutes).
pub(crate) fn compiling<T>(build: impl FnOnce() -> T) -> T {
    during(Work::Compiling, build)
}

/// Does something that leaves containers or files behind unless it ends in order.
pub(crate) fn making<T>(make: impl FnOnce() -> T) -> T {
    during(Work::Making, make)
}

fn during<T>(what: Work, act: impl FnOnce() -> T) -> T {
    /// Puts back what went on before, also on unwinding.
    struct Before(Work);
    impl Drop for Before {
        fn drop(&mut self) {
            *work() = self.0;
        }
    }
    let before = Before(std::mem::replace(&mut *work(), what));
    check();
    let done = act();
    check();
    drop(before);
    done
}

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The processes that this one started, and that those started.
fn descendants() -> Vec<Pid> {
    let mut found = vec![rustix::process::getpid()];
    let mut next = 0;
    let parents = parents();
    while let Some(&process) = found.get(next) {
        next += 1;
        found.extend(
            parents.iter().filter(|(_, parent)| *parent == process.as_raw_nonzero().get()).map(|(child, _)| *child),
        );
    }
    found.split_off(1)
}

/// Every process and its parent.
fn parents() -> Vec<(Pid, i32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let one = |entry: std::fs::DirEntry| {
        let process = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The program's name, in parentheses, may hold anything; behind it stand the state and the parent.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((process, parent))
    };
    entries.flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processes_that_one_started_are_found_and_no_others() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = descendants();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.iter().any(|process| process.as_raw_nonzero().get().unsigned_abs() == child.id()));
        assert!(!found.contains(&rustix::process::getpid()));
        assert!(!found.iter().any(|process| process.as_raw_nonzero().get() == 1));
    }

    #[test]
    fn work_that_nobody_interrupts_is_done() {
        assert_eq!(catch(|| compiling(|| 7)), Some(7));
    }

    #[test]
    fn a_panic_stays_a_panic() {
        assert!(panic::catch_unwind(|| catch(|| panic::resume_unwind(Box::new("other")))).is_err());
    }
}
