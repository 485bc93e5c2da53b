//! Signals: as a program expects to find them, and by the names that images use.

use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};

/// As the C libraries count: the kernel's first two are theirs.
const REAL_TIME_MIN: i32 = 34;
const REAL_TIME_MAX: i32 = 64;

/// Gives this process the signal mask and dispositions that a new program expects: Rust programs ignore SIGPIPE, and what is ignored or
/// blocked stays so in the program that follows.
pub(crate) fn reset() {
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
    for signal in [Signal::SIGPIPE, Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGQUIT] {
        set(signal, SigHandler::SigDfl);
    }
}

/// Lets signals that a terminal sends to a whole group pass: a supervisor ends when its program does, not before.
pub(crate) fn ignore_terminal() {
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGQUIT] {
        set(signal, SigHandler::SigIgn);
    }
}

#[expect(unsafe_code, reason = "there is no safe wrapper that sets a disposition")]
fn set(signal: Signal, handler: SigHandler) {
    // SAFETY: neither the default disposition nor ignoring runs a handler.
    let _ = unsafe { nix::sys::signal::signal(signal, handler) };
}

/// The signal of a number; `None` for what is no signal of a program's.
#[expect(unsafe_code, reason = "there is no safe constructor for real-time signals")]
pub(crate) fn of(number: i32) -> Option<rustix::process::Signal> {
    rustix::process::Signal::from_named_raw(number).or_else(|| {
        // SAFETY: the C library keeps 32 and 33 for itself, not these; nothing here handles them.
        (REAL_TIME_MIN..=REAL_TIME_MAX)
            .contains(&number)
            .then(|| unsafe { rustix::process::Signal::from_raw_unchecked(number) })
    })
}

/// The number of an image's stop signal: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
pub(crate) fn number(name: &str) -> Option<i32> {
    if let Ok(number) = name.parse::<i32>() {
        return (1..=REAL_TIME_MAX).contains(&number).then_some(number);
    }
    let upper = name.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(offset) = name.strip_prefix("RTMIN") {
        let offset = if offset.is_empty() { 0 } else { offset.strip_prefix('+')?.parse().ok()? };
        return REAL_TIME_MIN.checked_add(offset).filter(|number| (REAL_TIME_MIN..=REAL_TIME_MAX).contains(number));
    }
    if let Some(offset) = name.strip_prefix("RTMAX") {
        let offset: i32 = if offset.is_empty() { 0 } else { offset.strip_prefix('-')?.parse().ok()? };
        return REAL_TIME_MAX.checked_sub(offset).filter(|number| (REAL_TIME_MIN..=REAL_TIME_MAX).contains(number));
    }
    format!("SIG{name}").parse::<Signal>().ok().map(|signal| signal as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_signals_are_read_as_images_write_them() {
        for (name, expected) in [
            ("SIGTERM", Some(15)),
            ("term", Some(15)),
            ("15", Some(15)),
            ("SIGQUIT", Some(3)),
            ("SIGWINCH", Some(28)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMAX-1", Some(63)),
            ("SIGRTMIN+99", None),
            ("0", None),
            ("65", None),
            ("-1", None),
            ("SIGNOTHING", None),
            ("", None),
        ] {
            assert_eq!(number(name), expected, "`{name}`");
        }
    }
}
