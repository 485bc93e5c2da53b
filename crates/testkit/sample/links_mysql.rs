//! As much of MySQL's protocol as notes need: a login by the native password, and simple statements.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::TcpStream;

use crate::Url;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS notes (id BIGINT PRIMARY KEY, text TEXT)";

pub fn write(url: &Url, id: u64, text: &str) -> Result<()> {
    let mut server = login(url)?;
    ask(&mut server, TABLE)?;
    ask(&mut server, &format!("INSERT INTO notes VALUES ({id}, '{text}')")).map(|_| ())
}

pub fn find(url: &Url, id: u64) -> Result<Option<String>> {
    let mut server = login(url)?;
    ask(&mut server, TABLE)?;
    ask(&mut server, &format!("SELECT text FROM notes WHERE id = {id}"))
}

fn login(url: &Url) -> Result<TcpStream> {
    let mut server = url.connect()?;
    let (_, greeting) = packet(&mut server)?;
    let version = greeting.iter().position(|byte| *byte == 0).ok_or_else(|| Error::other("mysql: no greeting"))?;
    let rest = &greeting[version + 5..];
    let salt = [&rest[..8], &rest[27..39]].concat();
    // Protocol 4.1, a database, plugins.
    let mut hello = (0x0001_u32 | 0x0008 | 0x0200 | 0x8000 | 0x0008_0000).to_le_bytes().to_vec();
    hello.extend(0x0100_0000_u32.to_le_bytes());
    hello.push(45);
    hello.extend([0; 23]);
    hello.extend(url.user.bytes());
    hello.extend([0, 20]);
    hello.extend(proof(&url.password, &salt));
    hello.extend(url.database.bytes());
    hello.extend(b"\0mysql_native_password\0");
    send(&mut server, 1, &hello)?;
    let (_, answer) = packet(&mut server)?;
    if answer.first() == Some(&0) {
        Ok(server)
    } else {
        Err(Error::other(format!("mysql: {}", String::from_utf8_lossy(&answer[1..]))))
    }
}

/// The first column of the first row.
fn ask(server: &mut TcpStream, statement: &str) -> Result<Option<String>> {
    send(server, 0, &[b"\x03", statement.as_bytes()].concat())?;
    let (_, first) = packet(server)?;
    match first.first() {
        Some(0) => return Ok(None),
        Some(0xff) => return Err(Error::other(format!("mysql: {}", String::from_utf8_lossy(&first[3..])))),
        _ => {}
    }
    // The column, an end.
    packet(server)?;
    packet(server)?;
    let mut found = None;
    loop {
        let (_, row) = packet(server)?;
        if row.first() == Some(&0xfe) {
            return Ok(found);
        }
        let length = usize::from(row[0]);
        found = Some(String::from_utf8_lossy(&row[1..=length]).into_owned());
    }
}

fn packet(server: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    server.read_exact(&mut head)?;
    let mut packet = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    server.read_exact(&mut packet)?;
    Ok((head[3], packet))
}

fn send(server: &mut TcpStream, number: u8, packet: &[u8]) -> Result<()> {
    let length = u32::try_from(packet.len()).expect("statements are short").to_le_bytes();
    server.write_all(&[&[length[0], length[1], length[2], number][..], packet].concat())
}

fn proof(password: &str, salt: &[u8]) -> Vec<u8> {
    let once = sha1(password.as_bytes());
    let salted = sha1(&[salt, &sha1(&once)].concat());
    once.iter().zip(salted).map(|(one, other)| one ^ other).collect()
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize((message.len() + 8).div_ceil(64) * 64 - 8, 0);
    message.extend((bytes.len() as u64 * 8).to_be_bytes());
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in message.chunks(64) {
        let mut words: Vec<u32> =
            block.chunks(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]])).collect();
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mix, key) = match at / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(key).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *old = old.wrapping_add(new);
        }
    }
    let mut out = [0; 20];
    out.chunks_mut(4).zip(state).for_each(|(out, word)| out.copy_from_slice(&word.to_be_bytes()));
    out
}
