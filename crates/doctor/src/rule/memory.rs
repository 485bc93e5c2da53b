//! No room for what the program needs.

use std::time::Duration;

use seaworthy_engine::EngineError;
use seaworthy_report::size;

use super::{Seen, is_further, seen_line};
use crate::cause::Cause;
use crate::desk::Desk;
use crate::log::Clue;
use crate::trial::{Outcome, Trial};

/// A program that ran as long as this had room to start.
const STARTED: Duration = Duration::from_secs(3);
/// Lines of output of a program that had begun its work.
const WORKED_LINES: usize = 3;
/// Between two looks at a copy's memory.
const GROWTH: Duration = Duration::from_secs(1);
/// How much more a copy gets.
const TIMES: u64 = 4;

/// The kernel killed it.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn killed(desk: &Desk<'_>, seen: &Seen, first: &Trial) -> Result<Option<Cause>, EngineError> {
    of(desk, seen, first, "the engine reports that the kernel killed it for memory".to_owned(), "")
}

/// The program's own words.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn told(desk: &Desk<'_>, seen: &Seen, first: &Trial, clue: &Clue) -> Result<Option<Cause>, EngineError> {
    of(desk, seen, first, seen_line(desk, clue), &clue.line)
}

fn of(desk: &Desk<'_>, seen: &Seen, first: &Trial, evidence: String, line: &str) -> Result<Option<Cause>, EngineError> {
    let is_killed = matches!(seen.outcome, Outcome::Exited(exit) if exit.out_of_memory);
    if let Some((name, _)) = heap_variable(desk).filter(|_| line.contains("heap") && !is_killed) {
        return of_heap(desk, first, &name, evidence, line).map(Some);
    }
    let Some(limit) = desk.base.memory_limit_bytes else {
        let what = if line.contains("heap") { "its heap has room for" } else { "a container gets here" };
        let cause = format!("the program needs more memory than {what}");
        let cause =
            Cause::new("out-of-memory", cause, "give it more memory, or make the program use less").shown_by(evidence);
        return Ok(Some(if is_killed { cause.confirmed() } else { cause }));
    };
    let mut run = desk.base.clone();
    run.memory_limit_bytes = limit.checked_mul(TIMES);
    let varied = desk.try_run(&format!("a copy with {TIMES} times the memory"), &run)?;
    let ran = seen.ran.is_some_and(|ran| ran >= STARTED) || first.listening_after.is_some();
    // Where there is no time to look, what it wrote tells that it had begun its work.
    let worked = varied.is_none() && seen.text.lines().filter(|line| !line.trim().is_empty()).count() >= WORKED_LINES;
    let grows = ran || worked || varied.as_ref().is_some_and(grows);
    let told = varied.as_ref().map(|varied| format!("a copy with {}: {}", told_of(limit * TIMES), varied.told()));
    let helps = varied.is_some_and(|varied| is_further(first, &varied, line) || varied.outcome == Outcome::Runs);
    let cause = if grows {
        Cause::new(
            "killed-for-memory",
            format!("the program grew beyond its limit of {}, and was killed", told_of(limit)),
            next(limit),
        )
    } else {
        Cause::new(
            "out-of-memory",
            format!("the program needs more than its limit of {} to start", told_of(limit)),
            next(limit),
        )
    };
    let cause = cause.shown_by(evidence).shown_by(told.unwrap_or_default());
    Ok(Some(if is_killed || helps { cause.confirmed() } else { cause }))
}

fn next(limit: u64) -> String {
    format!("raise the limit (`--memory {}m`), or make the program use less", (limit * 2).div_ceil(1 << 20))
}

/// As `--memory` takes it: `64 MiB`.
fn told_of(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { size(bytes) }
}

/// Whether a copy that runs goes on to take memory, or was killed in its turn.
fn grows(varied: &Trial) -> bool {
    let Some(container) = &varied.container else {
        return matches!(varied.outcome, Outcome::Exited(exit) if exit.out_of_memory);
    };
    let peak = || container.memory().ok().flatten().map_or(0, |memory| memory.peak_bytes);
    let before = peak();
    std::thread::sleep(GROWTH);
    before > 0 && peak() > before + before / 20
}

/// The variable that bounds the heap of a runtime, with its value.
fn heap_variable(desk: &Desk<'_>) -> Option<(String, String)> {
    let bounds =
        |value: &str| value.contains("-Xmx") || value.contains("max-old-space-size") || value.contains("MaxRAM");
    desk.facts.env.iter().rev().find(|(_, value)| bounds(value)).cloned()
}

/// The heap is bounded by a variable: a copy without it shows that.
fn of_heap(desk: &Desk<'_>, first: &Trial, name: &str, evidence: String, line: &str) -> Result<Cause, EngineError> {
    let cause = format!("the program needs more than the heap that {name} allows");
    let cause = Cause::new("out-of-memory", cause, format!("allow more in {name}, or make the program use less"))
        .shown_by(evidence);
    let mut run = desk.base.clone();
    crate::desk::set(&mut run, name, "");
    let Some(varied) = desk.try_run(&format!("a copy without {name}"), &run)? else { return Ok(cause) };
    let helps = is_further(first, &varied, line);
    Ok(if helps { cause.shown_by(format!("a copy without {name}: {}", varied.told())).confirmed() } else { cause })
}
