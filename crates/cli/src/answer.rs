//! An answer that is typed on the terminal.

use std::io::{self, IsTerminal as _, Stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::interrupt;

/// A terminal's line has no more.
const LONGEST_BYTES: usize = 4_096;

/// How often it is looked whether a signal came.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Whether somebody can be asked.
pub(crate) fn can_be_asked() -> bool {
    io::stdin().is_terminal()
}

/// The next line, without blanks around it and in small letters; `None` when the terminal has no more.
///
/// # Errors
///
/// Fails if the terminal cannot be read, or a line has no end.
pub(crate) fn next() -> io::Result<Option<String>> {
    match read_line(&io::stdin()) {
        Ok(line) => Ok(Some(String::from_utf8_lossy(&line).trim().to_lowercase())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Straight from the terminal: nothing of it stays in a buffer.
pub(crate) fn read_line(terminal: &Stdin) -> io::Result<Vec<u8>> {
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
