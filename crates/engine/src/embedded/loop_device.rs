//! A file as a block device. The kernel lets go of it when the last mount and the last descriptor are gone, however this program ends.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::{Path, PathBuf};

use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};

/// Somebody else may be quicker to take a free device.
const TRIES: usize = 20;

/// A file that is a block device.
pub(crate) struct Attached {
    path: PathBuf,
    /// Keeps it until it is mounted.
    _device: File,
}

impl Attached {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the file a block device.
///
/// # Errors
///
/// Fails where there are no loop devices, or none may be used.
pub(crate) fn attach(file: &File) -> io::Result<Attached> {
    let control = File::options().read(true).write(true).open("/dev/loop-control")?;
    for _ in 0..TRIES {
        let number = free(&control)?;
        let path = PathBuf::from(format!("/dev/loop{number}"));
        let device = File::options().read(true).write(true).open(&path)?;
        match configure(&device, file) {
            Ok(()) => return Ok(Attached { path, _device: device }),
            Err(rustix::io::Errno::BUSY) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// `LOOP_CTL_GET_FREE`: the number is what the call returns.
struct GetFree;

#[expect(unsafe_code, reason = "there is no safe wrapper for this call")]
// SAFETY: the call takes no argument and returns a number.
unsafe impl Ioctl for GetFree {
    type Output = i32;

    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        0x4C82
    }

    fn as_ptr(&mut self) -> *mut std::ffi::c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(number: IoctlOutput, _: *mut std::ffi::c_void) -> rustix::io::Result<i32> {
        Ok(number)
    }
}

#[expect(unsafe_code, reason = "there is no safe wrapper for this call")]
fn free(control: &File) -> io::Result<i32> {
    // SAFETY: the descriptor is of `/dev/loop-control`.
    Ok(unsafe { ioctl::ioctl(control.as_fd(), GetFree) }?)
}

/// `struct loop_config`, with `struct loop_info64` in it.
#[repr(C)]
struct Config {
    file: u32,
    block_bytes: u32,
    device: [u64; 5],
    number: u32,
    encryption: [u32; 2],
    flags: u32,
    names: [u8; 64 + 64 + 32],
    init: [u64; 2],
    reserved: [u64; 8],
}

#[expect(unsafe_code, reason = "there is no safe wrapper for this call")]
fn configure(device: &File, file: &File) -> rustix::io::Result<()> {
    const AUTOCLEAR: u32 = 4;
    // Past the cache: what a container writes would be in memory twice.
    const DIRECT_IO: u32 = 16;
    const CONFIGURE: Opcode = 0x4C0A;
    let config = Config {
        file: file.as_raw_fd().unsigned_abs(),
        block_bytes: 0,
        device: [0; 5],
        number: 0,
        encryption: [0; 2],
        flags: AUTOCLEAR | DIRECT_IO,
        names: [0; 160],
        init: [0; 2],
        reserved: [0; 8],
    };
    // SAFETY: the structure is the one that this call reads; it is not written to.
    unsafe { ioctl::ioctl(device.as_fd(), ioctl::Setter::<CONFIGURE, Config>::new(config)) }
}
