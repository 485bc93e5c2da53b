//! The keys of who runs this are not the container's.

use std::io;

use nix::libc;

/// Gives this process, and what it starts, an empty session keyring in place of the one it came with.
///
/// # Errors
///
/// Fails if the kernel has keys and makes no keyring.
#[expect(unsafe_code, reason = "there is no safe wrapper for this call")]
pub(crate) fn set_apart() -> io::Result<()> {
    const JOIN_SESSION_KEYRING: libc::c_long = 1;
    let without_name = std::ptr::null::<libc::c_char>();
    // SAFETY: the call reads no memory where the name is null.
    let joined = unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, without_name) };
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        _ if joined >= 0 => Ok(()),
        // A kernel without keys; or a filter around this process, which the container inherits.
        Some(libc::ENOSYS | libc::EPERM) => Ok(()),
        _ => Err(error),
    }
}
