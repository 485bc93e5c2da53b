//! Standard output for many threads. Those that answer requests leave their lines, and the one that sleeps first writes
//! them for all: nobody waits for another's line to be written, and many are written at once where there is much to do.

use std::{
    cell::Cell,
    io::{self, Write},
    mem,
    sync::{Mutex, PoisonError},
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// What may wait. With more, nobody goes on before it is written: nor where nobody reads it.
const MOST_BYTES: usize = 16 * 1024;

thread_local! {
    /// This thread says when it sleeps.
    static SLEEPS: Cell<bool> = const { Cell::new(false) };
}

/// Lines on their way to where they are written.
#[derive(Debug)]
pub(super) struct Output<W> {
    waiting: Mutex<Vec<u8>>,
    /// Whoever has it writes all that waits, in the order in which it came.
    end: Mutex<End<W>>,
}

#[derive(Debug)]
struct End<W> {
    writer: W,
    /// Those that are being written.
    lines: Vec<u8>,
}

impl<W: Write> Output<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { waiting: Mutex::new(Vec::new()), end: Mutex::new(End { writer, lines: Vec::new() }) }
    }

    /// To be called by a thread each time before it sleeps: then it may leave lines until it does.
    pub(super) fn before_sleep(&self) {
        SLEEPS.set(true);
        if !self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            let _ = self.write_all();
        }
    }

    fn write_all(&self) -> io::Result<()> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let End { writer, lines } = &mut *end;
        lines.clear();
        mem::swap(lines, &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        writer.write_all(lines).and_then(|()| writer.flush())
    }
}

/// A line, and whether it can wait.
#[derive(Debug)]
pub(super) struct Line<'a, W> {
    output: &'a Output<W>,
    can_wait: bool,
}

impl<W: Write> Write for Line<'_, W> {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.output.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(line);
        let has_room = waiting.len() < MOST_BYTES;
        drop(waiting);
        if !(self.can_wait && has_room) {
            self.output.write_all()?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for &'static Output<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { output: self, can_wait: false }
    }

    /// What tells of a fault may be the last that is told.
    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a, W> {
        Line { output: self, can_wait: SLEEPS.get() && *about.level() > Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Writes a line as a thread that is one of those, or not.
    fn write(output: &Output<Vec<u8>>, line: &str, can_wait: bool) {
        Line { output, can_wait }.write_all(line.as_bytes()).unwrap();
    }

    fn written(output: &Output<Vec<u8>>) -> String {
        String::from_utf8(output.end.lock().unwrap().writer.clone()).unwrap()
    }

    #[test]
    fn lines_wait_until_a_thread_sleeps_or_says_more() {
        let output = Output::new(Vec::new());
        write(&output, "1\n", true);
        write(&output, "2\n", true);
        assert_eq!(written(&output), "");
        output.before_sleep();
        assert_eq!(written(&output), "1\n2\n");
        write(&output, "3\n", true);
        write(&output, "4\n", false);
        assert_eq!(written(&output), "1\n2\n3\n4\n", "one that cannot wait takes the others with it");
        let long = "5".repeat(MOST_BYTES - 1) + "\n";
        write(&output, &long, true);
        assert_eq!(written(&output).len(), 8 + MOST_BYTES, "no more waits than there is room for");
    }

    #[test]
    fn of_many_threads_no_line_is_lost_nor_torn_and_each_ones_keep_their_order() {
        const THREADS: usize = 4;
        const LINES: usize = 2000;
        let output = Output::new(Vec::new());
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let output = &output;
                scope.spawn(move || {
                    for line in 0..LINES {
                        write(output, &format!("{thread} {line}\n"), line % 7 != 0);
                    }
                    output.before_sleep();
                });
            }
        });
        let mut next = [0; THREADS];
        for line in written(&output).lines() {
            let (thread, line) = line.split_once(' ').unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(line.parse(), Ok(*next));
            *next += 1;
        }
        assert_eq!(next, [LINES; THREADS]);
    }
}
