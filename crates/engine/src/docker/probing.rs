//! Has Podman run a container's health check where nobody else does: Podman has no clock of its own, and leaves that to systemd.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::client::Client;
use super::host::Host;

/// No check is run more often.
const SHORTEST: Duration = Duration::from_millis(1);
/// Of an answer to a probe.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// From now on, with Docker's timing: first after an interval, then an interval after the last probe ended; until the container has ended.
pub(crate) fn begin(client: &Client, id: &str, interval: Duration) {
    let (host, id) = (client.host.clone(), id.to_owned());
    client.spawn(async move {
        loop {
            tokio::time::sleep(interval.max(SHORTEST)).await;
            if !matches!(probe(&host, &id).await, Ok(true)) {
                return;
            }
        }
    });
}

/// `podman healthcheck run`; false for a container that has ended or is gone. Podman itself counts and keeps what the probe gave.
async fn probe(host: &Host, id: &str) -> io::Result<bool> {
    let request = format!("GET /v4.0.0/libpod/containers/{id}/healthcheck HTTP/1.0\r\nHost: podman\r\n\r\n");
    let answer = match host {
        Host::Socket(path) => ask(UnixStream::connect(path).await?, &request).await?,
        Host::Loopback(address) => ask(TcpStream::connect(address).await?, &request).await?,
    };
    Ok(answer.split(|&byte| byte == b' ').nth(1) == Some(b"200"))
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(answer)
}
