//! Stops a container that writes more than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::{InspectContainerOptionsBuilder, KillContainerOptionsBuilder};

use super::client::Client;

/// Kills it, once for all.
pub(crate) fn stop(client: &Client, id: &str, out_of_disk: &AtomicBool) {
    client.block(kill(&client.docker, id, out_of_disk));
}

async fn kill(docker: &Docker, id: &str, out_of_disk: &AtomicBool) {
    const TRIES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(100);
    // First the reason, then the end: nobody sees this end without it.
    out_of_disk.store(true, Ordering::Release);
    for _ in 0..TRIES {
        let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        match docker.kill_container(id, Some(options)).await {
            Ok(()) => return,
            // It runs no more, or is gone.
            Err(error) if matches!(super::client::status(&error), Some(404 | 409)) => return,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Where its folders are not to be seen: by what the daemon says of its own layer. Volumes are not weighed.
pub(crate) fn watch(client: &Client, id: String, out_of_disk: Arc<AtomicBool>, limit_bytes: u64) {
    const PAUSE: Duration = Duration::from_secs(1);
    let docker = client.docker.clone();
    client.spawn(async move {
        let options = InspectContainerOptionsBuilder::default().size(true).build();
        // Until it is removed.
        while let Ok(found) = docker.inspect_container(&id, Some(options.clone())).await {
            let written = found.size_rw.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
            if written > limit_bytes {
                return kill(&docker, &id, &out_of_disk).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
}
