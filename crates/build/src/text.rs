//! Small files of a project, read without trusting their size.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The whole text of a file, of at most a MiB.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    const BYTES_MAX: u64 = 1 << 20;
    let mut text = String::new();
    let count = File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    if count as u64 > BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}
