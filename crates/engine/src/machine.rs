//! Which machine this is, without telling its ids.
//!
//! The ids are made as machine-id(5) asks: an HMAC keyed by the secret id over a fixed text of our own, so that nobody who reads a report
//! can link it with what another program made of the same id.

use std::fs;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const MACHINE_TEXT: &[u8] = b"seaworthy machine v1";
const BOOT_TEXT: &[u8] = b"seaworthy boot v1";

/// This machine, the same after every boot: 64 hexadecimal digits. `None` where it has no (valid) `/etc/machine-id`.
pub fn id() -> Option<String> {
    keyed(&fs::read_to_string("/etc/machine-id").ok()?, MACHINE_TEXT)
}

/// This boot of this machine: 64 hexadecimal digits.
pub fn boot() -> Option<String> {
    keyed(&fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?, BOOT_TEXT)
}

/// The operating system's name and version: `Debian GNU/Linux 12 (bookworm)`.
pub fn os() -> String {
    let text = fs::read_to_string("/etc/os-release")
        .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
        .unwrap_or_default();
    pretty_name(&text).unwrap_or_else(|| rustix::system::uname().sysname().to_string_lossy().into_owned())
}

/// The kernel's name, release and architecture: `Linux 6.1.0 x86_64`.
pub fn kernel() -> String {
    let uname = rustix::system::uname();
    [uname.sysname(), uname.release(), uname.machine()].map(|part| part.to_string_lossy()).join(" ")
}

fn keyed(id: &str, text: &[u8]) -> Option<String> {
    let key = hex::decode(id.trim().replace('-', "")).ok()?;
    if key.len() != 16 || key.iter().all(|&byte| byte == 0) {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(text);
    Some(hex::encode(mac.finalize().into_bytes()))
}

fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_keyed_by_the_secret_and_does_not_contain_it() {
        let secret = "0123456789abcdef0123456789abcdef";
        let id = keyed(secret, MACHINE_TEXT).unwrap();
        // printf 'seaworthy machine v1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0123456789abcdef0123456789abcdef
        assert_eq!(id, "7c289a0987456ae4975e1c70320856df525c21b827300a96f263d782c1a49611");
        assert_eq!(keyed("01234567-89ab-cdef-0123-456789abcdef\n", MACHINE_TEXT).unwrap(), id);
        assert_ne!(keyed(secret, BOOT_TEXT).unwrap(), id);
    }

    #[test]
    fn what_is_no_id_gives_none() {
        for text in
            ["", "uninitialized\n", "0123", "00000000000000000000000000000000", "xx23456789abcdef0123456789abcdef"]
        {
            assert_eq!(keyed(text, MACHINE_TEXT), None, "`{text}`");
        }
    }

    #[test]
    fn the_boot_is_another_id_than_the_machine() {
        assert_eq!(boot(), boot());
        assert_ne!(boot(), id());
    }

    #[test]
    fn the_system_is_named_as_its_maker_names_it() {
        let debian = "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n";
        assert_eq!(pretty_name(debian).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("PRETTY_NAME='Alpine Linux v3.20'").as_deref(), Some("Alpine Linux v3.20"));
        assert_eq!(pretty_name("PRETTY_NAME=\"\"\n"), None);
        assert_eq!(pretty_name("ID=debian\n"), None);
    }
}
