//! Debian's `docker-registry`: what is pushed there, skopeo and Docker take, by the same digest.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context as _, Result, ensure};
use seaworthy_image::Digest;
use seaworthy_registry::{Artifact, Client, Repository, Settings};
use seaworthy_testkit::registry::{
    DockerRegistry, Identity, PASSWORD, Protection, TokenServer, Tokens, image, index_layout,
};

use crate::support::{logged_in, login, of_client, repository, run, same, settings};

/// Pushes, tags, lists, attaches, pulls; gives the digest.
fn whole_walk(there: &Repository, seed: u64) -> Result<Digest> {
    let image = image(seed, &[5_000, 3_000_000, 70_000])?;
    there.push(&image, &())?;
    for tag in ["1.4.2", "latest"] {
        there.tag(&image.manifest, tag)?;
        ensure!(there.resolve(tag)?.map(|found| found.digest).as_ref() == Some(image.digest()));
    }
    let mut tags = there.tags()?;
    tags.sort();
    ensure!(tags == ["1.4.2", "latest"], "{tags:?}");
    let folder = tempfile::tempdir()?;
    same(&there.pull("1.4.2", None, &folder.path().join("one"), &())?.image, &image)?;
    same(&there.pull(image.digest().as_str(), None, &folder.path().join("two"), &())?.image, &image)?;

    let artifact = Artifact {
        artifact_type: "application/vnd.in-toto+json".to_owned(),
        media_type: "application/vnd.in-toto+json".to_owned(),
        content: b"{}".to_vec(),
        annotations: BTreeMap::new(),
    };
    let manifest = there.attach(&image.manifest.descriptor(), &artifact)?;
    let attached = there.attached(image.digest())?.found;
    ensure!(attached.len() == 1 && attached[0].manifest == manifest, "{attached:?}");
    let mut content = Vec::new();
    there.blob(&attached[0].content)?.read_to_end(&mut content)?;
    ensure!(content == b"{}");
    ensure!(there.resolve("latest")?.map(|found| found.digest).as_ref() == Some(image.digest()), "still the image");
    Ok(image.digest().clone())
}

#[test]
fn open_to_anybody() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let name = format!("{}/acme/app", registry.host());
    let digest = whole_walk(&repository(&registry.host(), "acme/app")?, 100)?;
    let inspected = run("skopeo", "skopeo", &["inspect", "--tls-verify=false", &format!("docker://{name}:1.4.2")])?;
    ensure!(inspected.contains(digest.as_str()), "{inspected}");

    run("docker.io", "docker", &["pull", "--quiet", &format!("{name}:1.4.2")])?;
    let known =
        run("docker.io", "docker", &["image", "inspect", "--format={{json .RepoDigests}}", &format!("{name}:1.4.2")]);
    run("docker.io", "docker", &["image", "rm", &format!("{name}:1.4.2")])?;
    let known = known?;
    ensure!(known.contains(digest.as_str()), "{known}");
    Ok(())
}

#[test]
fn behind_a_password() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Basic, None)?;
    ensure!(repository(&registry.host(), "acme/app")?.resolve("1").is_err());
    let (there, folder) = logged_in(&registry.host(), "acme/app", PASSWORD)?;
    let digest = whole_walk(&there, 101)?;
    inspected_by_skopeo(&registry, &folder, &digest)
}

#[test]
fn behind_a_token_server() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Tokens(TokenServer::start(Tokens::default())?), None)?;
    ensure!(repository(&registry.host(), "acme/app")?.resolve("1").is_err());
    let (there, folder) = logged_in(&registry.host(), "acme/app", PASSWORD)?;
    let digest = whole_walk(&there, 102)?;
    inspected_by_skopeo(&registry, &folder, &digest)
}

fn inspected_by_skopeo(registry: &DockerRegistry, folder: &tempfile::TempDir, digest: &Digest) -> Result<()> {
    let file = folder.path().join("config.json");
    let file = format!("--authfile={}", file.to_str().context("the folder's name is not UTF-8")?);
    let name = format!("docker://{}/acme/app:latest", registry.host());
    let inspected = run("skopeo", "skopeo", &["inspect", "--tls-verify=false", &file, &name])?;
    ensure!(inspected.contains(digest.as_str()), "{inspected}");
    Ok(())
}

#[test]
fn encrypted() -> Result<()> {
    let identity = Identity::of_host("127.0.0.1")?;
    let registry = DockerRegistry::start(Protection::Basic, Some(&identity))?;
    let folder = tempfile::tempdir()?;
    let (authority, config) = (folder.path().join("ca.pem"), folder.path().join("config.json"));
    std::fs::write(&authority, &identity.authority)?;
    std::fs::write(&config, login(&registry.host(), PASSWORD))?;
    let client = Client::new(Settings { authorities: vec![authority], credentials: vec![config], ..settings() });
    whole_walk(&of_client(&client, &registry.host(), "acme/app")?, 103)?;
    Ok(())
}

#[test]
fn a_byte_that_changed_in_its_storage_is_found() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let there = repository(&registry.host(), "acme/app")?;
    let image = image(104, &[100_000])?;
    there.push(&image, &())?;
    let layer = image.layers[0].digest();
    let file = registry.blob_file(layer);
    let mut bytes = std::fs::read(&file)?;
    bytes[50_000] ^= 1;
    std::fs::write(&file, bytes)?;
    let folder = tempfile::tempdir()?;
    let error = there.pull(image.digest().as_str(), None, folder.path(), &()).err().context("no error")?;
    let text = crate::support::told(&registry.host(), Err::<(), _>(error));
    ensure!(text.contains(layer.as_str()), "{text}");
    Ok(())
}

#[test]
fn a_blob_of_another_repository_is_mounted() -> Result<()> {
    use seaworthy_registry::Ended;
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let image = image(105, &[100_000])?;
    let client = Client::new(settings());
    of_client(&client, &registry.host(), "acme/base")?.push(&image, &())?;
    let ends = crate::support::Ends::default();
    of_client(&client, &registry.host(), "acme/app")?.push(&image, &ends)?;
    ensure!(ends.count(Ended::Mounted) == 2);
    Ok(())
}

#[test]
fn twenty_attached_at_once_are_all_found() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let there = repository(&registry.host(), "acme/app")?;
    let image = image(106, &[10_000])?;
    there.push(&image, &())?;
    let subject = image.manifest.descriptor();
    let host = registry.host();
    let mut expected = std::thread::scope(|scope| -> Result<Vec<Digest>> {
        let threads: Vec<_> = (0..20)
            .map(|number| {
                let (host, subject) = (&host, &subject);
                // A client of its own each, as processes have.
                scope.spawn(move || -> Result<Digest> {
                    let artifact = Artifact {
                        artifact_type: "application/vnd.in-toto+json".to_owned(),
                        media_type: "application/vnd.in-toto+json".to_owned(),
                        content: format!("{{\"number\": {number}}}").into_bytes(),
                        annotations: BTreeMap::new(),
                    };
                    // The registry fails at times while others write: it takes the usual patience.
                    let client = Client::new(Settings::default());
                    Ok(of_client(&client, host, "acme/app")?.attach(subject, &artifact)?)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })?;
    expected.sort();
    let all = there.attached(image.digest())?;
    ensure!(all.skipped.is_empty(), "{:?}", all.skipped);
    ensure!(all.found.into_iter().map(|attached| attached.manifest).eq(expected));
    Ok(())
}

#[test]
fn an_index_that_skopeo_copied_is_pulled_by_platform_and_pushed_image_by_image() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let folder = tempfile::tempdir()?;
    let (digest, parts) = index_layout(&folder.path().join("layout"), 107, &["linux/amd64", "linux/arm64/v8"])?;
    let from = format!("oci:{}", folder.path().join("layout").to_str().context("the folder's name is not UTF-8")?);
    let name = format!("docker://{}/acme/app:1", registry.host());
    run("skopeo", "skopeo", &["copy", "--all", "--preserve-digests", "--dest-tls-verify=false", &from, &name])?;
    let there = repository(&registry.host(), "acme/app")?;
    ensure!(there.resolve("1")?.map(|found| found.digest) == Some(digest.clone()));
    for part in &parts {
        let to = folder.path().join(part.image.digest().hex());
        let pulled = there.pull("1", Some(&part.platform), &to, &())?;
        ensure!(pulled.index.as_ref() == Some(&digest));
        same(&pulled.image, &part.image)?;
        repository(&registry.host(), "acme/other")?.push(&pulled.image, &())?;
    }
    Ok(())
}

#[test]
fn many_layers_and_none_at_all() -> Result<()> {
    let registry = DockerRegistry::start(Protection::Open, None)?;
    let there = repository(&registry.host(), "acme/app")?;
    let folder = tempfile::tempdir()?;
    for (seed, layers) in [(108, vec![1_000; 40]), (109, vec![])] {
        let image = image(seed, &layers)?;
        there.push(&image, &())?;
        let to = folder.path().join(image.digest().hex());
        same(&there.pull(image.digest().as_str(), None, &to, &())?.image, &image)?;
    }
    Ok(())
}
