//! A service that does nothing but answer: what the load generator can do at most.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use rustix::buffer::spare_capacity;
use rustix::event::epoll;

/// What stands for standard input and for the listener where connections are counted from 0.
const STDIN: u64 = u64::MAX;
const LISTENER: u64 = u64::MAX - 1;

/// The responder as a process of its own. Dropping it ends it.
pub(crate) struct Responder {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Responder {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("respond").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its standard output")?).read_line(&mut line)?;
        let port: u16 = line.trim().parse().context("the responder did not say its port")?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Answers every read of a task, one thread for all connections, until standard input ends. Prints its port first.
///
/// # Errors
///
/// Fails if it cannot listen.
pub(crate) fn serve(mut out: impl std::io::Write) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
    listener.set_nonblocking(true)?;
    writeln!(out, "{}", listener.local_addr()?.port())?;
    out.flush()?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let add =
        |source: BorrowedFd, at: u64| epoll::add(&epoll, source, epoll::EventData::new_u64(at), epoll::EventFlags::IN);
    add(std::io::stdin().as_fd(), STDIN)?;
    add(listener.as_fd(), LISTENER)?;
    let mut streams: Vec<TcpStream> = Vec::new();
    let (mut events, mut buffer, mut answer) = (Vec::with_capacity(256), vec![0; 64 << 10], Vec::with_capacity(512));
    loop {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let data = event.data;
            match data.u64() {
                STDIN => return Ok(()),
                LISTENER => {
                    while let Ok((stream, _)) = listener.accept() {
                        stream.set_nodelay(true)?;
                        stream.set_nonblocking(true)?;
                        add(stream.as_fd(), streams.len() as u64)?;
                        streams.push(stream);
                    }
                }
                at => {
                    let stream = &mut streams[usize::try_from(at)?];
                    match stream.read(&mut buffer) {
                        Ok(count) if count > 0 => {
                            write_answer(&buffer[..count], &mut answer);
                            let _ = stream.write(&answer);
                        }
                        _ => drop(epoll::delete(&epoll, &*stream)),
                    }
                }
            }
        }
    }
}

/// An answer as large as one of the Task API's.
fn write_answer(request: &[u8], answer: &mut Vec<u8>) {
    let id = request.strip_prefix(b"GET /tasks/").unwrap_or_default();
    let id = id.split(|byte| *byte == b' ').next().unwrap_or_default();
    answer.clear();
    let length = 146 + 3 * id.len();
    let _ = write!(
        answer,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: \"1-1\"\r\ncontent-length: {length}\r\n\
         date: Mon, 23 Nov 2026 12:00:00 GMT\r\n\r\n"
    );
    for part in [
        &b"{\"title\":\"Task number "[..],
        id,
        b"\",\"description\":\"What is to be done about task number ",
        id,
        b"\",\"id\":",
        id,
        b",\"status\":\"pending\",\"created_at\":\"2026-11-23T03:12:53.370740Z\"}",
    ] {
        answer.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::answer::Answer;

    #[test]
    fn its_answer_is_as_long_as_it_says() {
        let mut answer = Vec::new();
        write_answer(b"GET /tasks/123 HTTP/1.1\r\n\r\n", &mut answer);
        let answer = Answer::read(&answer).unwrap().unwrap();
        assert!(answer.body.ends_with(b"Z\"}"));
    }
}
