//! Any bytes as an archive of either kind: an error or an image, never a panic.
//!
//! `cargo +nightly fuzz run archive`
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use seaworthy_image::{FileTree, Select, archive};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    if let Ok(image) = archive::open_oci(file.path(), &Select::default()) {
        let _ = FileTree::of(&image);
    }
    let _ = archive::open_docker(file.path(), &Select::default());
});
