//! Images that go to other programs and come from them: layouts, archives, Docker, skopeo.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use insta::assert_snapshot;
use seaworthy_image::{
    Deferred, Digest, Draft, FileTree, Format, HealthCheck, Image, Layer, LayerBuilder, Select, archive, layout,
};

/// Two layers, a health check, something deleted, a hard to pack path.
fn sample() -> Result<Image> {
    let mut lower = LayerBuilder::new(1_700_000_000);
    lower.directory("app", 0o755, (0, 0))?;
    lower.file("app/data", 0o644, (0, 0), vec![b'x'; 100_000])?;
    lower.file("gone", 0o644, (0, 0), *b"gone")?;
    lower.symlink("link", "app/data")?;
    let mut upper = LayerBuilder::new(1_700_000_000);
    upper.file(&format!("{}/{}", "long".repeat(30), "name".repeat(40)), 0o644, (1000, 1000), *b"long")?;
    upper.whiteout("gone")?;
    let layers: Vec<Arc<dyn Layer>> = vec![Arc::new(lower.build()?), Arc::new(upper.build()?)];
    let draft = Draft {
        user: "1000:1000".into(),
        entrypoint: vec!["/app/data".into()],
        health_check: Some(HealthCheck {
            test: vec!["CMD".into(), "/app/data".into()],
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            start_period: Duration::ZERO,
            retries: 3,
        }),
        history: vec!["lower".into(), "upper".into()],
        ..Draft::default()
    };
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id().clone()).collect();
    Ok(Image::of(draft.config(&diff_ids)?, layers, Format::Docker)?)
}

/// Runs a program of others; the error says how to install it.
fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("`{program}` is needed: apt-get install skopeo docker.io"))?;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "`{program} {arguments:?}` (does its daemon run?): {error}");
    Ok(String::from_utf8(output.stdout)?)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path of ours is text")
}

/// Fails unless the image's every blob can be read back and hashes right, and gives what `sample` put in.
fn whole(image: &Image) -> Result<FileTree> {
    for layer in &image.layers {
        std::io::copy(&mut layer.compressed()?, &mut std::io::sink())?;
    }
    let tree = FileTree::of(image)?;
    ensure!(tree.get("gone").is_none() && tree.read("link", 1 << 20)? == Some(vec![b'x'; 100_000]));
    Ok(tree)
}

#[test]
fn a_layout_gives_back_the_same_image() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("layout");
    let image = sample()?;
    let written = layout::write(&image, &path, Format::Docker)?;
    assert_eq!(written.digest(), image.digest());
    let opened = layout::open(&path)?;
    assert_eq!(opened.digest(), image.digest());
    assert_eq!(opened.config.bytes(), image.config.bytes());
    whole(&opened)?;

    let oci = layout::write(&opened, &folder.path().join("oci"), Format::Oci)?;
    assert_ne!(oci.digest(), image.digest());
    assert_eq!(oci.config.digest(), image.config.digest());
    assert_eq!(layout::write(&oci, &path, Format::Docker)?.digest(), image.digest(), "and back again");
    Ok(())
}

#[test]
fn skopeo_reads_our_layouts_and_we_read_its() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let image = sample()?;
    for format in [Format::Docker, Format::Oci] {
        let path = folder.path().join(format!("{format:?}"));
        let written = layout::write(&image, &path, format)?;
        let inspected = run("skopeo", &["inspect", &format!("oci:{}", text(&path)?)])?;
        assert!(inspected.contains(written.digest().as_str()), "{inspected}");
        let copy = folder.path().join(format!("{format:?}-copy"));
        run(
            "skopeo",
            &["copy", "--preserve-digests", &format!("oci:{}", text(&path)?), &format!("oci:{}:it", text(&copy)?)],
        )?;
        let select = Select { name: Some("it".into()), platform: None };
        let opened = layout::open_selected(&copy, &select)?;
        assert_eq!(opened.digest(), written.digest());
        whole(&opened)?;
    }
    Ok(())
}

#[test]
fn archives_are_exchanged_with_skopeo() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let image = sample()?;
    let ours = folder.path().join("ours.tar");
    archive::write_oci(&image, &ours, Some("app"))?;
    assert_eq!(archive::open_oci(&ours, &Select::default())?.digest(), image.digest());
    let copy = folder.path().join("copy.tar");
    run(
        "skopeo",
        &[
            "copy",
            "--preserve-digests",
            &format!("oci-archive:{}", text(&ours)?),
            &format!("oci-archive:{}", text(&copy)?),
        ],
    )?;
    let opened = archive::open_oci(&copy, &Select::default())?;
    assert_eq!(opened.digest(), image.digest());
    whole(&opened)?;

    let docker = folder.path().join("docker.tar");
    run(
        "skopeo",
        &["copy", &format!("oci-archive:{}", text(&copy)?), &format!("docker-archive:{}:app:1", text(&docker)?)],
    )?;
    let saved = archive::open_docker(&docker, &Select { name: Some("app:1".into()), platform: None })?;
    assert_eq!(saved.config.bytes(), image.config.bytes());
    let copied = saved.write_layout(&folder.path().join("layout"), Format::Docker)?;
    assert_eq!(copied.digest(), image.digest(), "our compressor gives the same layers again");
    whole(&copied)?;

    let layout = folder.path().join("later");
    let deferred = Deferred::new(&saved, &layout, Format::Docker)?;
    whole(deferred.plain())?;
    assert!(deferred.known().is_none() && !layout.exists(), "nothing is compressed before somebody asks");
    let packed = deferred.packed()?;
    assert_eq!(packed.digest(), image.digest());
    assert!(packed.transfer_bytes() <= deferred.transfer_bytes_at_most());
    let blob = layout.join("blobs/sha256").join(packed.layers[0].digest().hex());
    let written = std::fs::metadata(&blob)?.modified()?;
    assert_eq!(deferred.known().map(Image::digest), Some(image.digest()), "it is kept");
    let again = saved.write_layout(&layout, Format::Docker)?;
    assert_eq!(again.digest(), image.digest());
    assert_eq!(std::fs::metadata(&blob)?.modified()?, written, "what a layout has already is not compressed again");
    Ok(())
}

#[test]
fn docker_loads_our_archive_and_we_read_what_it_saves() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let image = sample()?;
    let name = format!("seaworthy-image-test-{}:1", std::process::id());
    let ours = folder.path().join("ours.tar");
    archive::write_docker(&image, &ours, std::slice::from_ref(&name))?;
    let again = archive::open_docker(&ours, &Select::default())?;
    assert_eq!(again.tags, std::slice::from_ref(&name));
    let copied = again.write_layout(&folder.path().join("ours"), Format::Docker)?;
    assert_eq!(copied.digest(), image.digest(), "an archive of ours keeps the image's identity");
    let deferred = Deferred::new(&again, &folder.path().join("unused"), Format::Docker)?;
    assert_eq!(
        deferred.known().map(Image::digest),
        Some(image.digest()),
        "what is compressed already is known at once"
    );

    run("docker", &["load", "-i", text(&ours)?])?;
    let removed = Removed(name.clone());
    let seen =
        run("docker", &["image", "inspect", "-f", "{{.Id}} {{.Size}} {{json .Config.Healthcheck.Test}}", &name])?;
    let tree = whole(&image)?;
    let expected = format!("{} {} [\"CMD\",\"/app/data\"]\n", image.config.digest(), tree.unpacked_bytes());
    assert_eq!(seen, expected, "id, size and health check are what we say");

    let saved = folder.path().join("saved.tar");
    run("docker", &["save", "-o", text(&saved)?, &name])?;
    let saved = archive::open_docker(&saved, &Select::default())?;
    let copied = saved.write_layout(&folder.path().join("saved"), Format::Docker)?;
    assert_eq!(copied.config.digest(), image.config.digest());
    assert_eq!(copied.config.health_check(), image.config.health_check());
    whole(&copied)?;
    drop(removed);
    Ok(())
}

/// An image in Docker that goes when the test ends.
struct Removed(String);

impl Drop for Removed {
    fn drop(&mut self) {
        // Nothing can be done about a failure here.
        let _ = Command::new("docker").args(["rmi", "-f", &self.0]).output();
    }
}

#[test]
fn of_several_images_one_must_be_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("several");
    let image = sample()?;
    let mut index: serde_json::Value = serde_json::json!({"schemaVersion": 2, "manifests": []});
    for (name, platform) in [("one", "linux/s390x"), ("two", "linux/ppc64le"), ("three", "linux/s390x")] {
        let draft = Draft { platform: platform.parse()?, user: name.into(), ..Draft::default() };
        let diff_ids: Vec<Digest> = image.layers.iter().map(|layer| layer.diff_id().clone()).collect();
        let one = Image::of(draft.config(&diff_ids)?, image.layers.clone(), Format::Oci)?;
        let part = folder.path().join(name);
        layout::write(&one, &part, Format::Oci)?;
        run("cp", &["-r", &format!("{}/.", text(&part)?), text(&path)?])?;
        let written: serde_json::Value = serde_json::from_slice(&fs::read(part.join("index.json"))?)?;
        let mut pointer = written["manifests"][0].clone();
        pointer["annotations"] = serde_json::json!({"org.opencontainers.image.ref.name": name});
        index["manifests"].as_array_mut().context("a list")?.push(pointer);
    }
    fs::write(path.join("index.json"), serde_json::to_vec(&index)?)?;

    let open = |name: Option<&str>, platform: Option<&str>| -> Result<String> {
        let select = Select { name: name.map(str::to_owned), platform: platform.map(str::parse).transpose()? };
        Ok(match layout::open_selected(&path, &select) {
            Ok(image) => image.config.user().to_owned(),
            Err(error) => error.to_string().replace(text(&path)?, "PATH"),
        })
    };
    assert_snapshot!(open(None, None)?.replace("amd64", "HOST").replace("arm64", "HOST"), @"`PATH` has no image for `linux/HOST`; it has `one (linux/s390x)`, `two (linux/ppc64le)`, `three (linux/s390x)`");
    assert_snapshot!(open(None, Some("linux/ppc64le"))?, @"two");
    assert_snapshot!(open(Some("three"), None)?, @"three");
    assert_snapshot!(open(None, Some("linux/s390x"))?, @"`PATH` holds several images for `linux/s390x`: `three (linux/s390x)`, `one (linux/s390x)`");
    assert_snapshot!(open(Some("four"), None)?, @"`PATH` has no image named `four`; it has `one (linux/s390x)`, `two (linux/ppc64le)`, `three (linux/s390x)`");
    Ok(())
}

#[test]
fn what_is_no_image_is_refused_in_one_line() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("empty"))?;
    fs::write(place("text"), "nothing of the kind")?;
    fs::write(place("packed"), [0x1f, 0x8b, 8, 0])?;
    fs::create_dir_all(place("index/blobs/sha256"))?;
    fs::write(place("index/index.json"), r#"{"manifests":[]}"#)?;
    fs::create_dir_all(place("json"))?;
    fs::write(place("json/index.json"), "{")?;
    let image = sample()?;
    layout::write(&image, &place("missing"), Format::Docker)?;
    fs::remove_file(place("missing/blobs/sha256").join(image.layers[0].digest().hex()))?;
    layout::write(&image, &place("short"), Format::Docker)?;
    fs::write(place("short/blobs/sha256").join(image.config.digest().hex()), "{}")?;
    archive::write_oci(&image, &place("oci.tar"), None)?;
    archive::write_docker(&image, &place("docker.tar"), &[])?;

    let select = Select::default();
    let mut lines = Vec::new();
    for name in ["nowhere", "text", "empty", "index", "json", "missing", "short"] {
        lines.push(layout::open(&place(name)).err().context("an error")?.to_string());
    }
    for name in ["nowhere", "text", "packed", "empty", "docker.tar"] {
        lines.push(archive::open_oci(&place(name), &select).err().context("an error")?.to_string());
    }
    lines.push(archive::open_docker(&place("oci.tar"), &select).err().context("an error")?.to_string());
    lines.push(layout::write(&image, folder.path(), Format::Docker).err().context("an error")?.to_string());
    let lines = lines.join("\n").replace(text(folder.path())?, "").replace(image.config.digest().as_str(), "CONFIG");
    assert_snapshot!(lines.replace(image.layers[0].digest().as_str(), "LAYER"), @r"
    there is no `/nowhere`
    `/text` is not an OCI image layout: it is not a folder
    `/empty` is not an OCI image layout: it has no `index.json`
    `/index` holds no image
    the index is not the JSON it should be
    the blob `LAYER` is missing in `/missing`
    the blob `CONFIG` has 2 bytes, and 547 are told
    there is no `/nowhere`
    cannot read the archive `/text`
    `/packed` is not an archive of an OCI image layout: it is compressed by gzip; unpack it with `gunzip` first
    cannot read `/empty`
    `/docker.tar` is not an archive of an OCI image layout: it has no `index.json`; its `manifest.json` says that it is a `docker-archive:`
    `/oci.tar` is not an archive of `docker save`: it has no `manifest.json`; its `index.json` says that it is an `oci-archive:`
    `` is there and is not an OCI image layout: it is left as it is
    ");
    Ok(())
}

#[test]
fn a_blob_that_was_changed_is_noticed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("layout");
    let image = sample()?;
    layout::write(&image, &path, Format::Docker)?;
    let blob = path.join("blobs/sha256").join(image.layers[0].digest().hex());
    let mut bytes = fs::read(&blob)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&blob, &bytes)?;
    let opened = layout::open(&path)?;
    assert!(FileTree::of(&opened).is_err());
    assert!(layout::write(&opened, &folder.path().join("copy"), Format::Docker).is_err());
    // Writing the right image again mends the layout.
    layout::write(&image, &path, Format::Docker)?;
    whole(&layout::open(&path)?)?;
    Ok(())
}

#[test]
fn writers_and_readers_of_one_layout_do_not_disturb_each_other() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("layout");
    let (one, two) = (sample()?, {
        let image = sample()?;
        let draft = Draft { user: "2000".into(), ..Draft::default() };
        let diff_ids: Vec<Digest> = image.layers.iter().map(|layer| layer.diff_id().clone()).collect();
        Image::of(draft.config(&diff_ids)?, image.layers, Format::Docker)?
    });
    layout::write(&one, &path, Format::Docker)?;
    std::thread::scope(|scope| {
        let writers = [&one, &two].map(|image| {
            let path = &path;
            scope.spawn(move || (0..10).try_for_each(|_| layout::write(image, path, Format::Docker).map(drop)))
        });
        for _ in 0..20 {
            let opened = layout::open(&path)?;
            assert!([one.digest(), two.digest()].contains(&opened.digest()));
            whole(&opened)?;
        }
        for writer in writers {
            writer.join().expect("no panic")?;
        }
        Ok(())
    })
}
