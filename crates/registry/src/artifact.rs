//! What is attached to an image, as data: the artifact's manifest, and the index of what is attached. Pure.

use std::collections::BTreeMap;
use std::fmt;

use seaworthy_image::{Descriptor, Digest, OCI_INDEX, OCI_MANIFEST};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Something to be attached to a manifest: one blob and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub artifact_type: String,
    /// Of the content.
    pub media_type: String,
    pub content: Vec<u8>,
    /// The same artifact has the same digest: nothing is added to these, not even the time.
    pub annotations: BTreeMap<String, String>,
}

/// Something that is attached to a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub manifest: Digest,
    pub artifact_type: String,
    pub annotations: BTreeMap<String, String>,
    /// Its only layer; the bytes are read as a blob.
    pub content: Descriptor,
}

/// The config of an artifact that has none (OCI image specification, "guidance for an empty descriptor").
pub(crate) const EMPTY: &[u8] = b"{}";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u8,
    media_type: &'static str,
    artifact_type: &'a str,
    config: Descriptor,
    layers: [Descriptor; 1],
    subject: &'a Descriptor,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Kind>,
    layers: Option<Vec<Descriptor>>,
    subject: Option<Subject>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    media_type: Option<String>,
}

#[derive(Deserialize)]
struct Subject {
    digest: String,
}

impl Artifact {
    pub(crate) fn content(&self) -> Descriptor {
        descriptor(&self.media_type, &self.content)
    }

    /// The manifest that ties the artifact to its subject.
    pub(crate) fn manifest(&self, subject: &Descriptor) -> Vec<u8> {
        let manifest = Written {
            schema_version: 2,
            media_type: OCI_MANIFEST,
            artifact_type: &self.artifact_type,
            config: empty(),
            layers: [self.content()],
            subject,
            annotations: &self.annotations,
        };
        serde_json::to_vec(&manifest).unwrap_or_default()
    }

    /// How an index speaks of that manifest.
    pub(crate) fn entry(&self, manifest: &[u8]) -> Value {
        let mut entry = json!({
            "mediaType": OCI_MANIFEST,
            "digest": Digest::of(manifest),
            "size": manifest.len(),
            "artifactType": self.artifact_type,
        });
        if !self.annotations.is_empty() {
            entry["annotations"] = json!(self.annotations);
        }
        entry
    }
}

pub(crate) fn empty() -> Descriptor {
    descriptor(EMPTY_TYPE, EMPTY)
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor { media_type: media_type.to_owned(), digest: Digest::of(bytes), size: bytes.len() as u64 }
}

impl Attached {
    /// Reads the manifest of something attached; says why it is nothing that is attached to `subject`.
    pub(crate) fn read(manifest: Digest, bytes: &[u8], subject: &Digest) -> Result<Self, String> {
        let read: Read = serde_json::from_slice(bytes).map_err(|_| "it is no manifest of an artifact".to_owned())?;
        if read.media_type.as_deref().is_some_and(|media_type| media_type != OCI_MANIFEST) {
            return Err("it is no OCI manifest".to_owned());
        }
        match read.subject {
            Some(told) if told.digest == subject.as_str() => {}
            Some(told) => return Err(format!("it belongs to `{}`", crate::refusal::clean(&told.digest))),
            None => return Err("it says nothing of what it belongs to".to_owned()),
        }
        let layers = read.layers.unwrap_or_default();
        let count = layers.len();
        let Ok([content]) = <[Descriptor; 1]>::try_from(layers) else {
            return Err(format!("it has {count} blobs, not one"));
        };
        // Without a type of its own, an artifact is told by its config's.
        let artifact_type = read.artifact_type.or(read.config.and_then(|config| config.media_type)).unwrap_or_default();
        Ok(Self { manifest, artifact_type, annotations: read.annotations.unwrap_or_default(), content })
    }
}

/// An index of what is attached: what lies under the fallback tag, or what the referrers API answers.
///
/// Members and entries that are not understood are kept, as the text they are: read apart, hostile ones would take a
/// hundred times their bytes.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// All but the list, in order; the list stands before the member with this position.
    members: Vec<(String, Box<RawValue>)>,
    position: usize,
    entries: Vec<Box<RawValue>>,
}

const LIST: &str = "manifests";

/// The members of a JSON object, in order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an index")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
                let mut members: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    if members.len() == MEMBERS || members.iter().any(|(known, _)| *known == name) {
                        return Err(M::Error::custom("no index has such members"));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// An index has six of them.
const MEMBERS: usize = 100;

impl Index {
    pub(crate) fn new() -> Self {
        let members = [("schemaVersion", json!(2)), ("mediaType", json!(OCI_INDEX))];
        let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), raw(&value)?)));
        Self { members: members.collect(), position: 2, entries: Vec::new() }
    }

    /// `None` if it is something else than an OCI index.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let Members(mut members) = serde_json::from_slice(bytes).ok()?;
        let member = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value.get());
        let named = match member("mediaType") {
            Some(media_type) if serde_json::from_str::<String>(media_type).is_ok_and(|told| told == OCI_INDEX) => true,
            Some(_) => return None,
            None => false,
        };
        if member("config").is_some() || member("layers").is_some() {
            return None;
        }
        let entries = match member(LIST) {
            // Some writers put `null` for an empty list.
            Some("null") | None if named => Vec::new(),
            list => serde_json::from_str(list?).ok()?,
        };
        let position = members.iter().position(|(name, _)| name == LIST);
        if let Some(position) = position {
            members.remove(position);
        }
        Some(Self { position: position.unwrap_or(members.len()), members, entries })
    }

    /// What each entry says its digest is; empty where it says nothing.
    pub(crate) fn digests(&self) -> impl Iterator<Item = String> {
        self.entries.iter().map(|entry| digest_of(entry).unwrap_or_default())
    }

    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.digests().any(|told| told == digest.as_str())
    }

    /// Adds an entry behind the others.
    pub(crate) fn add(&mut self, entry: &Value) {
        self.entries.extend(raw(entry));
    }

    /// Keeps the entries whose digest is not one of these.
    pub(crate) fn without(&mut self, gone: &[String]) {
        self.entries.retain(|entry| digest_of(entry).is_none_or(|told| !gone.contains(&told)));
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let (before, behind) = self.members.split_at(self.position.min(self.members.len()));
        for (name, value) in before {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry(LIST, &self.entries)?;
        for (name, value) in behind {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn raw(value: &Value) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}

fn digest_of(entry: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Entry {
        digest: String,
    }
    serde_json::from_str::<Entry>(entry.get()).ok().map(|entry| entry.digest)
}

/// The tag under which what is attached is listed where there is no referrers API (distribution specification,
/// "referrers tag schema").
pub(crate) fn fallback_tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

/// The tag of one attached manifest alone.
pub(crate) fn own_tag(subject: &Digest, manifest: &Digest) -> String {
    format!("{}{}", own_tag_prefix(subject), &manifest.hex()[..12])
}

pub(crate) fn own_tag_prefix(subject: &Digest) -> String {
    format!("{}.proof-", fallback_tag(subject))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn subject() -> Descriptor {
        descriptor("application/vnd.docker.distribution.manifest.v2+json", b"image")
    }

    fn artifact() -> Artifact {
        Artifact {
            artifact_type: "application/vnd.in-toto+json".to_owned(),
            media_type: "application/vnd.in-toto+json".to_owned(),
            content: b"statement".to_vec(),
            annotations: BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]),
        }
    }

    #[test]
    fn a_manifest_ties_one_blob_to_its_subject() {
        let manifest = artifact().manifest(&subject());
        let value: Value = serde_json::from_slice(&manifest).unwrap();
        assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
        {
          "schemaVersion": 2,
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "artifactType": "application/vnd.in-toto+json",
          "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2
          },
          "layers": [
            {
              "mediaType": "application/vnd.in-toto+json",
              "digest": "sha256:b111c6e1d318f203063e5c16bab43c108326af0aa2f7b65760c95547a43dbe52",
              "size": 9
            }
          ],
          "subject": {
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "digest": "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d",
            "size": 5
          },
          "annotations": {
            "a": "1",
            "b": "2"
          }
        }
        "#);
        assert_snapshot!(serde_json::to_string_pretty(&artifact().entry(&manifest)).unwrap(), @r#"
        {
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "digest": "sha256:ae24aac39c095ee266b8ab0112a29041664e9c9b8d16bcf0aea6a630b58aaa8e",
          "size": 624,
          "artifactType": "application/vnd.in-toto+json",
          "annotations": {
            "a": "1",
            "b": "2"
          }
        }
        "#);
        assert_eq!(manifest, artifact().manifest(&subject()), "the same artifact has the same digest");

        let read = Attached::read(Digest::of(&manifest), &manifest, &subject().digest).unwrap();
        let expected = Attached {
            manifest: Digest::of(&manifest),
            artifact_type: artifact().artifact_type,
            annotations: artifact().annotations,
            content: artifact().content(),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn the_empty_config_is_the_one_of_the_specification() {
        assert_eq!(empty().digest.as_str(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(empty().size, 2);
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut value: Value = serde_json::from_slice(&artifact().manifest(&subject())).unwrap();
        change(&mut value);
        let bytes = serde_json::to_vec(&value).unwrap();
        let got = match Attached::read(Digest::of(&bytes), &bytes, &subject().digest) {
            Ok(attached) => attached.artifact_type,
            Err(why) => format!("error: {why}"),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn what_belongs_to_something_else_is_not_taken() {
        let other = Digest::of(b"other");
        check(|_| {}, "application/vnd.in-toto+json");
        check(|value| value["unknown"] = json!([1]), "application/vnd.in-toto+json");
        check(|value| value["subject"]["digest"] = json!(other), &format!("error: it belongs to `{other}`"));
        check(|value| value["subject"]["digest"] = json!("sha512:x\u{1b}[31m"), "error: it belongs to `sha512:x [31m`");
        check(|value| value["subject"] = Value::Null, "error: it says nothing of what it belongs to");
        check(|value| value["subject"] = json!(7), "error: it is no manifest of an artifact");
        check(|value| value["mediaType"] = json!(OCI_INDEX), "error: it is no OCI manifest");
        check(|value| value["artifactType"] = Value::Null, "application/vnd.oci.empty.v1+json");
        check(|value| value["layers"] = json!([]), "error: it has 0 blobs, not one");
        check(|value| value["layers"] = json!([value["config"], value["config"]]), "error: it has 2 blobs, not one");
        check(|value| value["layers"][0]["digest"] = json!("sha256:12"), "error: it is no manifest of an artifact");
        check(|value| value["layers"][0]["size"] = json!(-1), "error: it is no manifest of an artifact");
        check(|value| *value = json!([]), "error: it is no manifest of an artifact");
    }

    #[test]
    fn an_index_keeps_what_others_wrote() {
        let theirs = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":"sha512:x","extra":{"z":1,"a":[]}},{"odd":1}],"annotations":{"k":"v"}}"#;
        let mut index = Index::read(theirs.as_bytes()).unwrap();
        assert_eq!(index.bytes(), theirs.as_bytes());
        let manifest = artifact().manifest(&subject());
        assert!(!index.has(&Digest::of(&manifest)));
        index.add(&artifact().entry(&manifest));
        assert!(index.has(&Digest::of(&manifest)));
        let again = Index::read(&index.bytes()).unwrap();
        assert_eq!(again.digests().collect::<Vec<_>>(), ["sha512:x", "", Digest::of(&manifest).as_str()]);
        index.without(&[Digest::of(&manifest).to_string()]);
        assert_eq!(index.bytes(), theirs.as_bytes());
    }

    #[test]
    fn only_an_index_is_read_as_one() {
        let check = |json: &str, expected: bool| assert_eq!(Index::read(json.as_bytes()).is_some(), expected, "{json}");
        check(r#"{"schemaVersion":2,"manifests":[]}"#, true);
        check(&format!(r#"{{"mediaType":"{OCI_INDEX}"}}"#), true);
        check(&format!(r#"{{"mediaType":"{OCI_INDEX}","manifests":null}}"#), true);
        check(&String::from_utf8(Index::new().bytes()).unwrap(), true);

        check("", false);
        check("<html>", false);
        check("[]", false);
        check("{}", false);
        check(r#"{"manifests":null}"#, false);
        check(r#"{"manifests":{}}"#, false);
        check(r#"{"manifests":[],"layers":[]}"#, false);
        check(&format!(r#"{{"mediaType":"{OCI_INDEX}","manifests":"x"}}"#), false);
        check(&format!(r#"{{"mediaType":"{}","manifests":[]}}"#, seaworthy_image::DOCKER_INDEX), false);
        check(&String::from_utf8(artifact().manifest(&subject())).unwrap(), false);
    }

    #[test]
    fn the_tags_of_what_is_attached_are_tags() {
        let subject = Digest::of(b"image");
        let tag = own_tag(&subject, &Digest::of(b"manifest"));
        assert_eq!(tag, format!("sha256-{}.proof-{}", subject.hex(), &Digest::of(b"manifest").hex()[..12]));
        assert!(crate::repository::is_tag(&tag) && crate::repository::is_tag(&fallback_tag(&subject)));
    }
}
