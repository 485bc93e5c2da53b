//! What the tags of an image are made from.

use seaworthy_build::{Project, Record, git};
use seaworthy_image::Image;
use seaworthy_registry::tags::Origin;

/// Version and commit of an image: what its build knew, not what the tree says by now.
///
/// A `record` of another image counts as none. Without one, the image's labels `org.opencontainers.image.version` and `.revision` tell.
/// Of an image built from a Dockerfile the record has the version, since the label may be the base image's; without one it is the git tag
/// of its commit in `project`.
pub fn origin(image: &Image, record: Option<&Record>, project: Option<&Project>) -> Origin {
    let record = record.filter(|record| record.digest == *image.digest());
    let label = |name: &str| {
        let wanted = format!("org.opencontainers.image.{name}");
        image.config.labels().into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let Some(record) = record else { return made_of(label("version"), label("revision")) };
    let version = if record.builder == "rust" {
        label("version")
    } else {
        let commit = record.revision.as_deref().unwrap_or_default();
        let tagged = || project.and_then(|project| git::tagged_version(&project.folder, commit));
        record.version.clone().or_else(tagged)
    };
    made_of(version, record.revision.clone())
}

fn made_of(version: Option<String>, revision: Option<String>) -> Origin {
    let dirty = revision.as_ref().is_some_and(|revision| revision.ends_with("-dirty"));
    let revision = revision.map(|revision| revision.trim_end_matches("-dirty").to_owned());
    Origin { version: version.filter(|version| !version.is_empty()), revision, dirty, own: Vec::new() }
}
