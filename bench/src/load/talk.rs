//! One client that waits for each answer: for what is asked once.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{bail, ensure};

use super::answer::Answer;

/// A connection to a service.
pub(crate) struct Talk {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Talk {
    pub(crate) fn start(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// Asks for a path.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").as_bytes())?;
        self.answer.clear();
        let mut buffer = vec![0; 64 << 10];
        while !is_whole(&self.answer)? {
            let count = self.stream.read(&mut buffer)?;
            ensure!(count > 0, "`{path}` got no answer");
            self.answer.extend_from_slice(&buffer[..count]);
        }
        match Answer::read(&self.answer) {
            Ok(Some(answer)) => Ok(answer),
            _ => bail!("`{path}` got no answer"),
        }
    }
}

fn is_whole(bytes: &[u8]) -> anyhow::Result<bool> {
    Answer::read(bytes).map(|answer| answer.is_some()).map_err(anyhow::Error::msg)
}
