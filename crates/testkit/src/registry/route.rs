//! Which question of the specification a path is.

/// A path of the specification, taken apart.
pub(crate) enum Route<'a> {
    Base,
    Blob(&'a str, &'a str),
    Uploads(&'a str),
    Upload(&'a str, &'a str),
    Manifest(&'a str, &'a str),
    Tags(&'a str),
    Referrers(&'a str, &'a str),
}

impl<'a> Route<'a> {
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix("/v2/")?;
        if path.is_empty() {
            return Some(Self::Base);
        }
        if let Some(name) = path.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        if let Some((name, id)) = path.split_once("/blobs/uploads/") {
            return Some(if id.is_empty() { Self::Uploads(name) } else { Self::Upload(name, id) });
        }
        let (before, last) = path.rsplit_once('/')?;
        let (name, kind) = before.rsplit_once('/')?;
        match kind {
            "blobs" => Some(Self::Blob(name, last)),
            "manifests" => Some(Self::Manifest(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }

    pub(crate) fn repository(&self) -> &'a str {
        match self {
            Self::Base => "",
            Self::Uploads(name)
            | Self::Tags(name)
            | Self::Blob(name, _)
            | Self::Upload(name, _)
            | Self::Manifest(name, _)
            | Self::Referrers(name, _) => name,
        }
    }
}
