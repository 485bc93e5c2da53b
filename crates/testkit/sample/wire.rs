//! What the service does on a network beside answering, and how it may pack its answers.

use std::net::{Ipv4Addr, UdpSocket};

unsafe extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    fn sendto(socket: i32, bytes: *const u8, length: usize, flags: i32, address: *const u8, size: u32) -> isize;
}

/// Of a network that documents use and nobody has.
const AWAY: [u8; 4] = [192, 0, 2, 7];

/// One packet to a machine elsewhere.
pub fn call_home() {
    if let Ok(socket) = UdpSocket::bind(("0.0.0.0", 0)) {
        let _ = socket.send_to(b"hello", (Ipv4Addr::from(AWAY), 4242));
    }
}

/// One packet of a protocol that is neither TCP nor UDP: GRE. Only root may.
pub fn send_gre() {
    let mut address = [0_u8; 16];
    address[..2].copy_from_slice(&2_u16.to_ne_bytes());
    address[4..8].copy_from_slice(&AWAY);
    let packet = [0_u8; 8];
    // SAFETY: both buffers are as long as they are said to be.
    unsafe {
        let raw = socket(2, 3, 47);
        sendto(raw, packet.as_ptr(), packet.len(), 0, address.as_ptr(), 16);
    }
}

/// As gzip, without compressing anything.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    let length = u16::try_from(bytes.len()).expect("answers are short");
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
