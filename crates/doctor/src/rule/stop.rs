//! What a stop does to the copy: the signal that the image names, and whether it ends in time.

use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};
use seaworthy_engine::{Container, EngineError, Process, Signal};

use crate::cause::Cause;
use crate::desk::Desk;
use crate::trial::{Trial, ended_within, exit_told};

/// What Docker gives a container.
const GRACE: Duration = Duration::from_secs(10);
/// For a first process that the kernel keeps the signal from.
const NO_HANDLER: Duration = Duration::from_millis(1500);
/// For one that handles it, before anything else is tried.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// A stop is followed to its end a little longer than experiments begin.
const PAST_BUDGET: Duration = Duration::from_secs(3);
/// How much longer a copy is watched, to see how long it would take.
const LONGER: u32 = 4;

/// Why it is killed on stop; ends the copy.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn causes(desk: &Desk<'_>, trial: &mut Trial) -> Result<Vec<Cause>, EngineError> {
    let Some(container) = trial.container.take() else { return Ok(Vec::new()) };
    let has_init = desk.subject.container.as_ref().is_some_and(|container| container.has_init);
    let signal = desk.subject.image.config.stop_signal().unwrap_or("SIGTERM").to_owned();
    let grace = desk.subject.container.as_ref().and_then(|container| container.stop_timeout).unwrap_or(GRACE);
    let processes = container.processes()?;
    let Some(first) = processes.iter().find(|process| process.is_first).cloned() else { return Ok(Vec::new()) };
    if has_init {
        return Ok(Vec::new());
    }
    container.signal(Signal::Stop)?;
    let is_term = matches!(signal.as_str(), "SIGTERM" | "15" | "TERM");
    let deaf = is_term && first.handles_term == Some(false);
    let began = Instant::now();
    let first_wait = if deaf { NO_HANDLER } else { FIRST_WAIT.min(grace) };
    if let Some((exit, after)) = ended_within(container.as_ref(), first_wait)? {
        desk.note(format!("{signal} to a copy: {}", exit_told(exit, Some(after))));
        return Ok(Vec::new());
    }
    let children: Vec<Process> = container.processes()?.into_iter().filter(|process| !process.is_first).collect();
    let seen = Stopping { signal, first, children, grace };
    if deaf {
        desk.note(format!("{} to a copy: still runs {:.1} s later", seen.signal, first_wait.as_secs_f64()));
        return Ok(vec![seen.deaf(desk).shown_by(seen.told(first_wait)).confirmed()]);
    }
    let grace_left = grace.saturating_sub(began.elapsed());
    if grace_left.is_zero() || seen.children.is_empty() {
        return seen.watched(desk, container.as_ref(), began);
    }
    seen.told_to_children(desk, container.as_ref(), began)
}

/// A copy that was told to stop, and runs on.
struct Stopping {
    signal: String,
    first: Process,
    children: Vec<Process>,
    grace: Duration,
}

impl Stopping {
    fn told(&self, after: Duration) -> String {
        format!("a copy still ran {:.1} s after {}", after.as_secs_f64(), self.signal)
    }

    /// The kernel keeps the signal from the first process.
    fn deaf(&self, desk: &Desk<'_>) -> Cause {
        let (signal, command) = (&self.signal, desk.quote(&self.first.command));
        if is_shell(&self.first.command) {
            let whom =
                self.children.first().map(|child| format!(" to `{}`", desk.quote(&child.command))).unwrap_or_default();
            let cause = format!("the first process is a shell, `{command}`, which does not pass {signal} on{whom}");
            let next = "use the exec form, `CMD [\"program\", …]`, or put `exec` before the program in the script";
            return Cause::new("shell-is-pid-1", cause, next);
        }
        let cause =
            format!("`{command}` has no handler for {signal}, which the kernel then keeps from a first process");
        let next = "handle SIGTERM in the program, or start it under an init: `docker run --init`";
        Cause::new("sigterm-ignored", cause, next).shown_by("/proc shows no handler for the signal")
    }

    /// The children are told too: where the copy then ends, nobody had told them.
    fn told_to_children(
        &self,
        desk: &Desk<'_>,
        container: &dyn Container,
        began: Instant,
    ) -> Result<Vec<Cause>, EngineError> {
        let waited = began.elapsed();
        for child in &self.children {
            let pid = i32::try_from(child.pid).ok().and_then(Pid::from_raw);
            // One that is gone needs no signal. These are processes of the copy.
            let _ = pid.map(|pid| kill_process(pid, rustix::process::Signal::TERM));
        }
        let Some((_, after)) = ended_within(container, FIRST_WAIT)? else {
            return self.watched(desk, container, began);
        };
        let (signal, command) = (&self.signal, desk.quote(&self.first.command));
        let child = self.children.first().map(|child| desk.quote(&child.command)).unwrap_or_default();
        desk.note(format!(
            "{signal} to a copy: still ran {:.1} s later, and ended once its children got it too",
            waited.as_secs_f64()
        ));
        let cause = format!("`{command}` does not pass {signal} on to its child `{child}`, and waits for it");
        let next = "pass the signal on to the child, or replace the first process by it (`exec`)";
        let shown = format!("it ended {:.1} s after its children were sent SIGTERM", after.as_secs_f64());
        Ok(vec![
            Cause::new("child-gets-no-signal", cause, next).shown_by(self.told(waited)).shown_by(shown).confirmed(),
        ])
    }

    /// How long it takes, and whether it is given so long.
    fn watched(&self, desk: &Desk<'_>, container: &dyn Container, began: Instant) -> Result<Vec<Cause>, EngineError> {
        let rest = self.grace.saturating_mul(LONGER).saturating_sub(began.elapsed()).min(desk.left() + PAST_BUDGET);
        let ended = ended_within(container, rest)?;
        let took = began.elapsed();
        let outcome = if ended.is_some() { "ended" } else { "still ran" };
        desk.note(format!("{} to a copy: {outcome} {:.1} s later", self.signal, took.as_secs_f64()));
        if took < self.grace {
            return Ok(Vec::new());
        }
        if ended.is_some() {
            let cause = format!(
                "the program needs {:.1} s to stop, and is given {} s",
                took.as_secs_f64(),
                self.grace.as_secs()
            );
            let next = format!(
                "give it more (`--stop-timeout {}`, `stop_grace_period`), or end its work sooner",
                took.as_secs() + 2
            );
            let shown = format!("a copy ended {:.1} s after {}", took.as_secs_f64(), self.signal);
            return Ok(vec![Cause::new("grace-too-short", cause, next).shown_by(shown).confirmed()]);
        }
        if took < GRACE {
            let cause = format!(
                "the program still ran {:.1} s after {}, and is given {} s",
                took.as_secs_f64(),
                self.signal,
                self.grace.as_secs()
            );
            let next = "give it more (`--stop-timeout`, `stop_grace_period`), or end its work sooner";
            return Ok(vec![Cause::new("grace-too-short", cause, next).shown_by(self.told(took)).confirmed()]);
        }
        let cause = format!("`{}` takes {} and runs on", desk.quote(&self.first.command), self.signal);
        Ok(vec![
            Cause::new("sigterm-ignored", cause, "end the program in its handler for SIGTERM")
                .shown_by(self.told(took))
                .confirmed(),
        ])
    }
}

fn is_shell(command: &str) -> bool {
    let program = command.split(' ').next().unwrap_or_default();
    matches!(
        program.rsplit('/').next().unwrap_or(program).trim_start_matches('-'),
        "sh" | "bash" | "dash" | "ash" | "zsh"
    )
}
