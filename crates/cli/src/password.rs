//! A password from the terminal, not shown while it is typed.

use std::io::{self, IsTerminal as _, Stdin};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::output::Output;
use crate::{answer, interrupt};

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
        answer::read_line(&stdin)
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
