//! As much of PostgreSQL's protocol as notes need: a login without a password, and simple statements.

use std::io::{Error, Read, Result, Write};
use std::net::TcpStream;

pub struct Postgres(TcpStream);

impl Postgres {
    /// `postgres://USER@HOST:PORT/DATABASE`
    pub fn connect(url: &str) -> Result<Self> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (user, rest) = rest.split_once('@').unwrap_or(("postgres", rest));
        let (place, database) = rest.split_once('/').unwrap_or((rest, "postgres"));
        let mut server = Self(TcpStream::connect(place)?);
        let words = format!("user\0{user}\0database\0{database}\0\0");
        let mut hello = 196_608_u32.to_be_bytes().to_vec();
        hello.extend(words.as_bytes());
        server.send(None, &hello)?;
        server.rows()?;
        Ok(server)
    }

    /// The rows that a statement answers.
    pub fn ask(&mut self, statement: &str) -> Result<Vec<Vec<String>>> {
        self.send(Some(b'Q'), format!("{statement}\0").as_bytes())?;
        self.rows()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<()> {
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(u32::try_from(body.len() + 4).expect("statements are short").to_be_bytes());
        message.extend(body);
        self.0.write_all(&message)
    }

    /// Reads until the server is ready for more.
    fn rows(&mut self) -> Result<Vec<Vec<String>>> {
        let (mut rows, mut wrong) = (Vec::new(), None);
        loop {
            let mut head = [0; 5];
            self.0.read_exact(&mut head)?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
            let mut body = vec![0; length];
            self.0.read_exact(&mut body)?;
            match head[0] {
                b'D' => rows.push(columns(&body)),
                b'E' => wrong = Some(Error::other(String::from_utf8_lossy(&body).replace('\0', " "))),
                b'Z' => return wrong.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }
}

fn columns(body: &[u8]) -> Vec<String> {
    let (mut columns, mut rest) = (Vec::new(), &body[2..]);
    while rest.len() >= 4 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        columns.push(String::from_utf8_lossy(&rest[4..4 + length]).into_owned());
        rest = &rest[4 + length..];
    }
    columns
}

/// A text as a literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
