//! As much of Redis's protocol as notes need.

use std::io::{BufRead as _, BufReader, Error, Read as _, Result, Write as _};

use crate::Url;

pub fn write(url: &Url, id: u64, text: &str) -> Result<()> {
    ask(url, &["SET", &format!("note:{id}"), text]).map(|_| ())
}

pub fn find(url: &Url, id: u64) -> Result<Option<String>> {
    ask(url, &["GET", &format!("note:{id}")])
}

pub fn ping(url: &Url) -> Result<()> {
    ask(url, &["PING"]).map(|_| ())
}

pub fn shut_down(url: &Url) -> Result<()> {
    ask(url, &["SHUTDOWN", "NOSAVE"]).map(|_| ())
}

fn ask(url: &Url, words: &[&str]) -> Result<Option<String>> {
    let stream = url.connect()?;
    let mut reader = BufReader::new(stream.try_clone()?);
    if !url.password.is_empty() {
        answer(&stream, &mut reader, &["AUTH", &url.password])?;
    }
    answer(&stream, &mut reader, words)
}

fn answer(
    mut stream: &std::net::TcpStream,
    reader: &mut BufReader<std::net::TcpStream>,
    words: &[&str],
) -> Result<Option<String>> {
    let parts: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    stream.write_all(format!("*{}\r\n{parts}", words.len()).as_bytes())?;
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    match line.chars().next() {
        Some('-') | None => Err(Error::other(format!("redis: {line}"))),
        Some('$') => {
            let Ok(length) = line[1..].parse::<usize>() else { return Ok(None) };
            let mut bytes = vec![0; length + 2];
            reader.read_exact(&mut bytes)?;
            bytes.truncate(length);
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Some(_) => Ok(Some(line[1..].to_owned())),
    }
}
