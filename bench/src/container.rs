//! An image on the embedded engine.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_engine::{Embedded, Engine as _, Run};

use crate::measure::{ROUNDS, first_200, spread};

/// Starts the image in a layout again and again, on `SQLite` in its own volume.
pub(crate) fn measure(layout: &Path) -> anyhow::Result<String> {
    let image = seaworthy_image::layout::open(layout)?;
    let engine = Embedded::new(std::env::current_exe()?);
    let prepared = engine.prepare(&image)?;
    let run = Run {
        env: vec![("DATABASE_URL".to_owned(), "sqlite:///data/tasks.db".to_owned())],
        port: Some(8000),
        ..Run::default()
    };
    let mut times = Vec::new();
    let mut of_process = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let container = prepared.start(&run, None)?;
        first_200(|| container.connect(8000, Duration::from_secs(1)))?;
        times.push(begun.elapsed());
        of_process.push(container.started_at().elapsed());
    }
    let mut lines = String::new();
    writeln!(lines, "container start to the first 200 on /health, {}, SQLite: {}", engine.name(), spread(times))?;
    writeln!(lines, "of it, from the start of its process: {}", spread(of_process))?;
    let unpacked = seaworthy_image::FileTree::of(&image)?.unpacked_bytes();
    let kb = |bytes: u64| bytes / 1000;
    writeln!(lines, "image: {} kB unpacked, {} kB to transfer", kb(unpacked), kb(image.transfer_bytes()))?;
    Ok(lines)
}
