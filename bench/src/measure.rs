//! Repeating, the middle of it, and the first answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::ensure;

/// How often each thing is done.
pub(crate) const ROUNDS: usize = 20;

/// The fastest, the median and the slowest, in milliseconds.
pub(crate) fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    format!(
        "median {} ms ({} to {}, {} rounds)",
        ms(times[times.len() / 2]),
        ms(times[0]),
        ms(times[times.len() - 1]),
        times.len()
    )
}

/// Asks for `/health` over fresh connections until the answer is 200.
pub(crate) fn first_200(connect: impl Fn() -> std::io::Result<TcpStream>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Ok(mut stream) = connect() {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
            let mut start = [0; 12];
            if stream.read_exact(&mut start).is_ok() && start.ends_with(b" 200") {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    ensure!(false, "no 200 within 10 s");
    Ok(())
}
