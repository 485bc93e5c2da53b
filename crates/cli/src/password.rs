//! A password from the terminal, not shown while it is typed.

use std::io::{self, IsTerminal as _, Stdin};

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::interrupt;
use crate::output::Output;

/// A terminal's line has no more.
const LONGEST_BYTES: usize = 4_096;

/// How often it is looked whether a signal came.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// What is typed up to the end of the line; `None` where stdin is no terminal.
///
/// # Errors
///
/// Fails if the terminal does not obey, or goes away.
pub(crate) fn ask(prompt: &str, out: &mut Output) -> anyhow::Result<Option<Vec<u8>>> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(None);
    }
    // A signal must not leave the terminal silent: it unwinds through the value that restores it.
    let line = interrupt::making(|| {
        let _quiet = Quiet::new(&stdin)?;
        out.aside(prompt);
        read_line(&stdin)
    });
    line.context("cannot read the password from the terminal").map(Some)
}

/// A terminal that shows only the line's end; as before when dropped.
struct Quiet<'a> {
    terminal: &'a Stdin,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(terminal: &'a Stdin) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        // What was typed before the question is no answer.
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Straight from the terminal: nothing of it stays in a buffer.
fn read_line(terminal: &Stdin) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let ready = poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&LOOK));
        interrupt::check();
        match ready {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        if rustix::io::read(terminal, &mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match byte {
            [b'\n'] => return Ok(line),
            _ if line.len() == LONGEST_BYTES => return Err(io::ErrorKind::FileTooLarge.into()),
            [other] => line.push(other),
        }
    }
}
