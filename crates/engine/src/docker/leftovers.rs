//! What runs left behind whose process is gone.

use std::collections::HashMap;

use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveImageOptions, RemoveVolumeOptions,
};

use super::client::Client;
use super::image::REPOSITORY;
use super::owner::{OWNER_LABEL, Owner};

/// Removes it. What cannot be removed stays for the next time.
pub(crate) fn clean(client: &Client) {
    let docker = &client.docker;
    let ours = HashMap::from([("label", vec![OWNER_LABEL])]);
    client.block(async {
        let all = ListContainersOptionsBuilder::default().all(true).filters(&ours).build();
        for container in docker.list_containers(Some(all)).await.unwrap_or_default() {
            if is_gone(container.labels.as_ref())
                && let Some(id) = &container.id
            {
                let force = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
                let _ = docker.remove_container(id, Some(force)).await;
            }
        }
        let all = ListNetworksOptionsBuilder::default().filters(&ours).build();
        for network in docker.list_networks(Some(all)).await.unwrap_or_default() {
            if is_gone(network.labels.as_ref())
                && let Some(id) = &network.id
            {
                let _ = docker.remove_network(id).await;
            }
        }
        let all = ListVolumesOptionsBuilder::default().filters(&ours).build();
        let volumes = docker.list_volumes(Some(all)).await.ok().and_then(|list| list.volumes).unwrap_or_default();
        for volume in volumes.iter().filter(|volume| is_gone(Some(&volume.labels))) {
            let _ = docker.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await;
        }
        let all = ListImagesOptionsBuilder::default().build();
        for image in docker.list_images(Some(all)).await.unwrap_or_default() {
            for tag in image.repo_tags.iter().filter(|tag| is_gone_tag(tag)) {
                let _ = docker.remove_image(tag, None::<RemoveImageOptions>, None).await;
            }
        }
    });
}

fn is_gone(labels: Option<&HashMap<String, String>>) -> bool {
    let owner = labels.and_then(|labels| labels.get(OWNER_LABEL)).and_then(|label| label.parse::<Owner>().ok());
    owner.is_some_and(|owner| owner.is_gone())
}

/// `seaworthy-run:OWNER.NUMBER`, behind a registry's name with Podman.
fn is_gone_tag(tag: &str) -> bool {
    let Some((repository, run)) = tag.rsplit_once(':') else { return false };
    let owner = run.rsplit_once('.').and_then(|(owner, _)| owner.parse::<Owner>().ok());
    repository.rsplit('/').next() == Some(REPOSITORY) && owner.is_some_and(|owner| owner.is_gone())
}
