//! The sample as a worker without HTTP: one job after another, each told in the log.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Faults, STOP};

/// Works until it is stopped. `--works-once`: one job. `--keeps-jobs`: 4 MB of each stay. `--spools`: a file outside the data folder.
pub(crate) fn work(faults: &Faults, folder: &Path) -> ! {
    println!("{{\"message\":\"worker ready\"}}");
    let mut number = 0;
    while !STOP.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
        if number > 0 && faults.has("--works-once") {
            continue;
        }
        if faults.has("--keeps-jobs") {
            std::mem::forget(std::hint::black_box(vec![1_u8; 4 << 20]));
        }
        let is_spooled = !faults.has("--spools") || fs::write("/spool", "job").is_ok();
        let is_written = fs::write(folder.join("job"), number.to_string()).is_ok();
        if !is_spooled || !is_written {
            eprintln!("{{\"message\":\"job failed\"}}");
            continue;
        }
        number += 1;
        println!("{{\"message\":\"job done\",\"number\":{number}}}");
    }
    std::process::exit(0);
}

/// Makes a file that belongs to somebody else, which takes a capability.
pub(crate) fn give_away(path: &str) -> std::io::Result<()> {
    fs::write(path, "given")?;
    std::os::unix::fs::chown(path, Some(4321), Some(4321))
}
