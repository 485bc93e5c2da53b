//! Work that is to end, ends: in the middle of a blob, of a wait, of an answer that never comes.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use seaworthy_image::Digest;
use seaworthy_registry::{Client, Ended, RegistryError, Repository, Watch};
use seaworthy_testkit::registry::{Double, Fault, Response, image};

use crate::support::{of_client, settings};

/// Says when bytes move.
struct Moves(mpsc::Sender<()>);

impl Watch for Moves {
    fn begins(&self, _: &Digest, _: u64) {}

    fn moved(&self, _: &Digest, bytes: u64) {
        if bytes > 0 {
            let _ = self.0.send(());
        }
    }

    fn ended(&self, _: &Digest, _: Ended) {}
}

/// Stops a client once its work moves bytes, or at once, and gives what became of the work.
fn stopped(
    double: &Double,
    moves: bool,
    work: impl FnOnce(Repository, Moves) -> Result<(), RegistryError> + Send + 'static,
) -> Result<Result<(), RegistryError>> {
    let client = Client::new(settings());
    let there = of_client(&client, &double.host(), "acme/app")?;
    let (told, heard) = mpsc::channel();
    let working = thread::spawn(move || work(there, Moves(told)));
    if moves {
        heard.recv_timeout(Duration::from_secs(20)).context("nothing moves")?;
    } else {
        let deadline = Instant::now() + Duration::from_secs(20);
        while double.connections() == 0 && Instant::now() < deadline {
            thread::yield_now();
        }
    }
    let begun = Instant::now();
    client.stop();
    let end = working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    Ok(end)
}

#[test]
fn a_pull_ends_in_the_middle_of_a_blob_that_stalls() -> Result<()> {
    let image = image(120, &[2_000_000])?;
    let double = Double::with([Fault::stall_download(&format!("/blobs/{}", image.layers[0].digest()), 1_000_000)])?;
    double.keep_image("acme/app", "1", &image)?;
    let end = stopped(&double, true, |there, moves| {
        let folder = tempfile::tempdir().map_err(RegistryError::Source)?;
        there.pull("1", None, folder.path(), &moves).map(drop)
    })?;
    assert!(matches!(end, Err(RegistryError::Interrupted)), "{end:?}");
    Ok(())
}

#[test]
fn a_push_ends_in_the_middle_of_a_blob_that_nobody_takes() -> Result<()> {
    let image = image(121, &[2_000_000])?;
    let double = Double::with([Fault::stall("PATCH", "/blobs/uploads/")])?;
    let end = stopped(&double, true, move |there, moves| there.push(&image, &moves).map(drop))?;
    assert!(matches!(end, Err(RegistryError::Interrupted)), "{end:?}");
    Ok(())
}

#[test]
fn a_wait_for_an_answer_ends() -> Result<()> {
    let double = Double::with([Fault::stall("GET", "/manifests/")])?;
    let end = stopped(&double, false, |there, _| there.manifest("1").map(drop))?;
    assert!(matches!(end, Err(RegistryError::Interrupted)), "{end:?}");
    Ok(())
}

#[test]
fn a_wait_that_the_registry_asked_for_ends() -> Result<()> {
    let busy = Response::error(503, "UNAVAILABLE", "later").header("Retry-After", "2");
    let double = Double::with([Fault::answer("GET", "/manifests/", busy)])?;
    let end = stopped(&double, false, |there, _| there.manifest("1").map(drop))?;
    assert!(matches!(end, Err(RegistryError::Interrupted)), "{end:?}");
    Ok(())
}
