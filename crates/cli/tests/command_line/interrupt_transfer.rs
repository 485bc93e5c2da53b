//! Ctrl-C while an image is on its way from or to a registry: exit 130 within a moment, nothing left behind.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use seaworthy_testkit::registry::{Double, Fault, image, index_layout};

use crate::support::Place;

/// Interrupts the command once the registry has begun with its fault.
#[track_caller]
fn check(registry: &Double, place: &Place, arguments: &[&str], waits: impl Fn() -> bool) {
    let temporary = place.path().join("tmp");
    let child = place
        .command(arguments)
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !waits() {
        assert!(Instant::now() < deadline, "nothing came: {:?}", registry.seen());
        thread::sleep(Duration::from_millis(5));
    }
    let begun = Instant::now();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{stderr}");
    assert!(stderr.contains("interrupted: removing what was made"), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("error:"), "{stderr}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".keep"]);
}

fn place() -> Place {
    Place::empty().with("tmp/.keep", "")
}

#[test]
fn in_the_middle_of_a_large_blob_that_stalls() {
    let image = image(7, &[3_000_000, 1_000]).unwrap();
    let registry = Double::start().unwrap();
    registry.keep_image("acme/app", "1", &image).unwrap();
    registry.fail(Fault::stall_download(&format!("/blobs/{}", image.layers[0].digest()), 2_000_000));
    let place = place();
    let temporary = place.path().join("tmp");
    // The part that came lies in a temporary folder.
    let came = || {
        let files = walk(&temporary);
        files.iter().any(|bytes| *bytes >= 1_000_000)
    };
    check(&registry, &place, &["verify", &format!("{}/acme/app:1", registry.host())], came);
}

/// The sizes of all files below a folder.
fn walk(folder: &std::path::Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => walk(&entry.path()),
        Ok(data) => vec![data.len()],
        Err(_) => Vec::new(),
    });
    sizes.flatten().collect()
}

#[test]
fn while_a_registry_does_not_take_what_is_pushed() {
    let place = place();
    index_layout(&place.path().join("image"), 8, &["linux/amd64"]).unwrap();
    let registry = Double::with([Fault::stall("PATCH", "/blobs/uploads/")]).unwrap();
    let to = format!("{}/acme/app", registry.host());
    let begun = || registry.count("POST", "/blobs/uploads/") > 0;
    check(&registry, &place, &["push", "oci:image", "--to", &to, "--tag", "demo"], begun);
}
