//! What a Redis or Valkey was asked, by its own statistics.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// The largest answer that is read.
const LARGEST: u64 = 1 << 20;
/// Commands that make a session and ask for nothing that is kept.
const SET_UP: &[&str] =
    &["auth", "hello", "ping", "echo", "client", "select", "command", "info", "quit", "reset", "config", "readonly"];

/// Commands that the server has done, those that only make a session aside, with how often.
///
/// # Errors
///
/// Fails if the server does not answer as one of its kind.
pub(crate) fn commands(stream: &TcpStream, password: Option<&str>) -> io::Result<Vec<(String, u64)>> {
    let mut writer = stream;
    let mut reader = BufReader::new(stream.take(LARGEST));
    if let Some(password) = password {
        writer.write_all(&request(&["AUTH", password]))?;
        let answer = line(&mut reader)?;
        // One that asks for none answers with an error, and lets in all the same.
        if !answer.starts_with(['+', '-']) {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    writer.write_all(&request(&["INFO", "commandstats"]))?;
    let head = line(&mut reader)?;
    let length = head.strip_prefix('$').and_then(|length| length.parse::<usize>().ok());
    let length = length.filter(|length| *length as u64 <= LARGEST).ok_or_else(|| io::Error::other(head))?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(read(&String::from_utf8_lossy(&body)))
}

/// `cmdstat_get:calls=3,usec=5,…`
fn read(info: &str) -> Vec<(String, u64)> {
    let one = |line: &str| {
        let (name, figures) = line.trim().strip_prefix("cmdstat_")?.split_once(':')?;
        let calls = figures.split(',').find_map(|figure| figure.strip_prefix("calls="))?.parse().ok()?;
        // `client|setinfo` is a part of `client`.
        let is_set_up = SET_UP.contains(&name.split('|').next().unwrap_or_default());
        (!is_set_up && calls > 0).then(|| (name.to_uppercase().replace('|', " "), calls))
    };
    info.lines().filter_map(one).collect()
}

fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

fn line(reader: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_session_is_no_command() {
        let info = "# Commandstats\r\ncmdstat_ping:calls=9,usec=1\r\ncmdstat_set:calls=2,usec=5,rejected_calls=0\r\n\
                    cmdstat_client|setinfo:calls=2\r\ncmdstat_get:calls=0\r\ncmdstat_xgroup|create:calls=1\r\nnonsense\r\n";
        assert_eq!(read(info), [("SET".to_owned(), 2), ("XGROUP CREATE".to_owned(), 1)]);
    }
}
