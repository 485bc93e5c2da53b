//! As much of PostgreSQL's protocol as notes need: a password as it stands, and simple statements.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::TcpStream;

use crate::Url;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY, text text)";

pub fn write(url: &Url, id: u64, text: &str) -> Result<()> {
    ask(url, &format!("{TABLE}; INSERT INTO notes VALUES ({id}, '{text}')")).map(|_| ())
}

pub fn find(url: &Url, id: u64) -> Result<Option<String>> {
    Ok(ask(url, &format!("{TABLE}; SELECT text FROM notes WHERE id = {id}"))?.pop())
}

/// The first column of each row.
fn ask(url: &Url, statement: &str) -> Result<Vec<String>> {
    let mut server = url.connect()?;
    let words = format!("user\0{}\0database\0{}\0\0", url.user, url.database);
    send(&mut server, None, &[&196_608_u32.to_be_bytes()[..], words.as_bytes()].concat())?;
    answer(&mut server, &url.password)?;
    send(&mut server, Some(b'Q'), format!("{statement}\0").as_bytes())?;
    answer(&mut server, "")
}

fn send(server: &mut TcpStream, kind: Option<u8>, body: &[u8]) -> Result<()> {
    let mut message: Vec<u8> = kind.into_iter().collect();
    message.extend(u32::try_from(body.len() + 4).expect("statements are short").to_be_bytes());
    message.extend(body);
    server.write_all(&message)
}

/// Reads until the server is ready for more.
fn answer(server: &mut TcpStream, password: &str) -> Result<Vec<String>> {
    let (mut rows, mut wrong) = (Vec::new(), None);
    loop {
        let mut head = [0; 5];
        server.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
        let mut body = vec![0; length];
        server.read_exact(&mut body)?;
        match head[0] {
            b'R' if body[..4] == [0, 0, 0, 3] => send(server, Some(b'p'), format!("{password}\0").as_bytes())?,
            b'R' if body[..4] != [0; 4] => return Err(Error::other("postgres: asks for another proof")),
            b'D' => {
                let length = u32::from_be_bytes([body[2], body[3], body[4], body[5]]) as usize;
                rows.push(String::from_utf8_lossy(&body[6..6 + length]).into_owned());
            }
            b'E' => {
                let text = String::from_utf8_lossy(&body).replace('\0', " ");
                wrong = Some(Error::other(format!("postgres: {text}")));
                // Before the login nothing follows.
                if text.contains("FATAL") {
                    return wrong.map_or(Ok(rows), Err);
                }
            }
            b'Z' => return wrong.map_or(Ok(rows), Err),
            _ => {}
        }
    }
}
