//! What a MySQL or MariaDB was asked, by its own counters.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use sha1::{Digest as _, Sha1};

/// The largest packet that is read.
const LARGEST: usize = 1 << 20;
/// The most rows that are read.
const MOST_ROWS: usize = 2_000;
/// Kinds of statements that make a session and ask for nothing that is kept.
const SET_UP: &[&str] =
    &["set_option", "change_db", "admin_commands", "ping", "begin", "commit", "rollback", "help", "multi"];

/// Protocol 4.1, long passwords, plugins, a database not named.
const CAPABILITIES: u32 = 0x0000_0001 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000;
const UTF8: u8 = 45;
const NATIVE: &str = "mysql_native_password";

/// Kinds of statements that the server has done, those that only make a session and `SHOW` aside, with how often.
///
/// # Errors
///
/// Fails if the server does not answer as one of its kind, or asks for a proof other than the native password's.
pub(crate) fn commands(stream: &TcpStream, user: &str, password: &str) -> io::Result<Vec<(String, u64)>> {
    let mut talk = Talk { stream, next: 0 };
    let salt = salt(&talk.packet()?)?;
    talk.send(&login(user, password, &salt))?;
    let mut answer = talk.packet()?;
    // The server would rather have the account's own plugin, with a salt of its own.
    if answer.first() == Some(&0xfe) {
        let (plugin, salt) = switch(&answer[1..]).ok_or_else(invalid)?;
        if plugin != NATIVE {
            return Err(io::Error::new(io::ErrorKind::Unsupported, format!("it asks for `{plugin}`")));
        }
        talk.send(&proof(password, salt))?;
        answer = talk.packet()?;
    }
    if answer.first() != Some(&0) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the login is refused"));
    }
    talk.next = 0;
    talk.send(b"\x03SHOW GLOBAL STATUS LIKE 'Com\\_%'")?;
    Ok(talk.rows()?.into_iter().filter_map(|(name, value)| counted(&name, &value)).collect())
}

/// `Com_insert` and a figure.
fn counted(name: &str, value: &str) -> Option<(String, u64)> {
    let name = name.strip_prefix("Com_")?;
    let count: u64 = value.parse().ok()?;
    let is_set_up = SET_UP.contains(&name) || name.starts_with("show_") || name.starts_with("stmt_");
    (!is_set_up && count > 0).then(|| (name.to_uppercase().replace('_', " "), count))
}

struct Talk<'a> {
    stream: &'a TcpStream,
    /// The number of the next packet.
    next: u8,
}

impl Talk<'_> {
    fn packet(&mut self) -> io::Result<Vec<u8>> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
        if length > LARGEST {
            return Err(invalid());
        }
        self.next = head[3].wrapping_add(1);
        let mut packet = vec![0; length];
        self.stream.read_exact(&mut packet)?;
        Ok(packet)
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let length = u32::try_from(packet.len()).map_err(|_| invalid())?.to_le_bytes();
        let head = [length[0], length[1], length[2], self.next];
        self.stream.write_all(&[&head[..], packet].concat())?;
        self.next = self.next.wrapping_add(1);
        Ok(())
    }

    /// The rows of an answer with two columns.
    fn rows(&mut self) -> io::Result<Vec<(String, String)>> {
        if self.packet()?.as_slice() != [2] {
            return Err(invalid());
        }
        // Two columns, then an end.
        for _ in 0..3 {
            self.packet()?;
        }
        let mut rows = Vec::new();
        while rows.len() < MOST_ROWS {
            let packet = self.packet()?;
            if matches!(packet.first(), Some(0xfe | 0xff)) {
                return Ok(rows);
            }
            let (name, rest) = text(&packet).ok_or_else(invalid)?;
            let (value, _) = text(rest).ok_or_else(invalid)?;
            rows.push((name, value));
        }
        Err(invalid())
    }
}

/// A text with its length in one byte before it.
fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let length = usize::from(*length);
    (length < 0xfb && rest.len() >= length)
        .then(|| (String::from_utf8_lossy(&rest[..length]).into_owned(), &rest[length..]))
}

/// Out of the greeting: version, thread, eight bytes, and at least twelve more behind the capabilities.
fn salt(greeting: &[u8]) -> io::Result<Vec<u8>> {
    let rest = greeting.strip_prefix(&[10]).ok_or_else(invalid)?;
    let version = rest.iter().position(|byte| *byte == 0).ok_or_else(invalid)?;
    let rest = rest.get(version + 5..).ok_or_else(invalid)?;
    // Eight bytes of salt and a zero, capabilities, charset, status, capabilities, a length, ten zeros.
    let (first, second) = (rest.get(..8), rest.get(27..39));
    Ok([first.ok_or_else(invalid)?, second.ok_or_else(invalid)?].concat())
}

fn login(user: &str, password: &str, salt: &[u8]) -> Vec<u8> {
    let mut packet = CAPABILITIES.to_le_bytes().to_vec();
    packet.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
    packet.push(UTF8);
    packet.extend_from_slice(&[0; 23]);
    packet.extend_from_slice(user.as_bytes());
    packet.push(0);
    packet.push(20);
    packet.extend_from_slice(&proof(password, salt));
    packet.extend_from_slice(NATIVE.as_bytes());
    packet.push(0);
    packet
}

/// A plugin's name and its salt.
fn switch(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let salt = bytes.get(end + 1..end + 21)?;
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), salt))
}

/// SHA1(password) XOR SHA1(salt, SHA1(SHA1(password)))
fn proof(password: &str, salt: &[u8]) -> Vec<u8> {
    let once = Sha1::digest(password.as_bytes());
    let twice = Sha1::digest(once);
    let salted = Sha1::new().chain_update(salt).chain_update(twice).finalize();
    once.iter().zip(salted).map(|(one, other)| one ^ other).collect()
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it does not speak MySQL's protocol")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_session_is_no_statement() {
        assert_eq!(counted("Com_insert", "3"), Some(("INSERT".to_owned(), 3)));
        assert_eq!(counted("Com_create_table", "1"), Some(("CREATE TABLE".to_owned(), 1)));
        for (name, value) in [("Com_set_option", "4"), ("Com_show_status", "1"), ("Com_select", "0"), ("Uptime", "3")] {
            assert_eq!(counted(name, value), None, "{name}");
        }
    }

    #[test]
    fn a_greeting_that_is_none_is_refused() {
        for greeting in [&b""[..], b"\x0a", b"\x0a5.5\0", b"220 mail", &[10; 30]] {
            assert!(salt(greeting).is_err());
        }
    }
}
