//! What the name of a base image says about what is in it: a small table of names that everybody uses.

/// A reference taken apart.
pub(super) struct Name {
    /// `python`, `gcr.io/distroless/static`
    repository: String,
    tag: String,
    /// It names a digest, which only layers can show.
    pub(super) is_pinned: bool,
}

/// What must be there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// `ID` in os-release, where the name says one.
    pub(super) distribution: Distribution,
    /// A prefix of the version in whole parts, or a code name.
    pub(super) release: Option<String>,
    pub(super) runtime: Option<(Runtime, String)>,
    pub(super) variant: Variant,
}

/// Debian's images come in two: the slim ones leave documentation and translations out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Full,
    Slim,
    /// There is only one, or nobody knows.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distribution {
    /// By the `ID` in os-release.
    Id(&'static str),
    /// Debian's files without its package manager.
    Distroless,
    /// One program, no os-release.
    Busybox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runtime {
    Python,
    Node,
    Go,
    Rust,
    Java,
}

const DISTRIBUTIONS: [(&str, &str); 12] = [
    ("alpine", "alpine"),
    ("debian", "debian"),
    ("ubuntu", "ubuntu"),
    ("fedora", "fedora"),
    ("rockylinux", "rocky"),
    ("almalinux", "almalinux"),
    ("amazonlinux", "amzn"),
    ("archlinux", "arch"),
    ("cgr.dev/chainguard/wolfi-base", "wolfi"),
    ("registry.access.redhat.com/ubi8/ubi-minimal", "rhel"),
    ("registry.access.redhat.com/ubi9/ubi-minimal", "rhel"),
    ("oraclelinux", "ol"),
];

const RUNTIMES: [(&str, Runtime); 6] = [
    ("python", Runtime::Python),
    ("node", Runtime::Node),
    ("golang", Runtime::Go),
    ("rust", Runtime::Rust),
    ("eclipse-temurin", Runtime::Java),
    ("openjdk", Runtime::Java),
];

/// Words of a tag that name a release of Debian or Ubuntu.
const DEBIAN: [(&str, &str); 6] =
    [("buster", "10"), ("bullseye", "11"), ("bookworm", "12"), ("trixie", "13"), ("forky", "14"), ("sid", "")];
const UBUNTU: [(&str, &str); 4] = [("focal", "20.04"), ("jammy", "22.04"), ("noble", "24.04"), ("resolute", "26.04")];

impl Name {
    pub(super) fn parse(text: &str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (name, "latest"),
        };
        let repository = ["docker.io/", "index.docker.io/", "library/"]
            .iter()
            .fold(repository, |repository, prefix| repository.strip_prefix(prefix).unwrap_or(repository));
        Self { repository: repository.to_owned(), tag: tag.to_owned(), is_pinned: digest.is_some() }
    }

    /// # Errors
    ///
    /// Says why when the name or a word of its tag is not in the tables.
    pub(super) fn said(&self) -> Result<Said, String> {
        let repository = self.repository.as_str();
        if repository == "busybox" {
            return Ok(Said {
                distribution: Distribution::Busybox,
                release: None,
                runtime: None,
                variant: Variant::Any,
            });
        }
        if repository.starts_with("gcr.io/distroless/") {
            return self.distroless();
        }
        if let Some((_, id)) = DISTRIBUTIONS.iter().find(|(name, _)| *name == repository) {
            return self.distribution(id);
        }
        match RUNTIMES.iter().find(|(name, _)| *name == repository) {
            Some((_, runtime)) => self.runtime(*runtime),
            None => Err(format!("what `{repository}` has in it is not known here")),
        }
    }

    fn distribution(&self, id: &'static str) -> Result<Said, String> {
        let mut release = None;
        for word in self.tag.split('-') {
            match word {
                "latest" | "slim" | "stable" | "minimal" | "edge" | "rolling" => {}
                _ if word.starts_with(|sign: char| sign.is_ascii_digit()) => release = Some(word.to_owned()),
                _ => release = Some(code_name(word, id).ok_or_else(|| unknown(word))?),
            }
        }
        Ok(Said {
            distribution: Distribution::Id(id),
            release: release.filter(|release| !release.is_empty()),
            runtime: None,
            variant: self.variant(id),
        })
    }

    /// `debian:12-slim`, `python:3.12-slim-bookworm`.
    fn variant(&self, id: &str) -> Variant {
        match (id, self.tag.split('-').any(|word| word == "slim")) {
            ("debian", true) => Variant::Slim,
            ("debian", false) => Variant::Full,
            _ => Variant::Any,
        }
    }

    fn runtime(&self, runtime: Runtime) -> Result<Said, String> {
        let (mut id, mut release, mut version) = ("debian", None, String::new());
        for (index, word) in self.tag.split('-').enumerate() {
            match word {
                "latest" | "slim" | "jdk" | "jre" | "lts" | "current" => {}
                _ if index == 0 && word.starts_with(|sign: char| sign.is_ascii_digit()) => {
                    word.split('_').next().unwrap_or(word).clone_into(&mut version);
                }
                _ if word.starts_with("alpine") => {
                    id = "alpine";
                    release = Some(word["alpine".len()..].to_owned());
                }
                _ => {
                    let (found, number) = [("debian", &DEBIAN[..]), ("ubuntu", &UBUNTU[..])]
                        .iter()
                        .find_map(|(id, names)| {
                            names.iter().find(|(name, _)| *name == word).map(|(_, number)| (*id, *number))
                        })
                        .ok_or_else(|| unknown(word))?;
                    (id, release) = (found, Some(number.to_owned()));
                }
            }
        }
        let parts = version.split('.').count();
        if runtime == Runtime::Python && parts > 2 {
            return Err(format!("its files tell Python's version only as far as two parts, not {version}"));
        }
        if runtime == Runtime::Java && id == "debian" && release.is_none() && self.variant(id) == Variant::Full {
            match self.repository.as_str() {
                "eclipse-temurin" => id = "ubuntu",
                // Debian's, Oracle's, by the version.
                _ => return Err("on which distribution it stands is not known here".to_owned()),
            }
        }
        let release = release.filter(|release: &String| !release.is_empty());
        let (distribution, runtime) = (Distribution::Id(id), Some((runtime, version)));
        Ok(Said { distribution, release, runtime, variant: self.variant(id) })
    }

    fn distroless(&self) -> Result<Said, String> {
        let name = self.repository.rsplit('/').next().unwrap_or_default();
        let (kind, release) = name.split_once("-debian").unwrap_or((name, ""));
        match kind {
            "static" | "base" | "base-nossl" | "cc" => Ok(Said {
                distribution: Distribution::Distroless,
                release: Some(release.to_owned()).filter(|release| !release.is_empty()),
                runtime: None,
                variant: Variant::Any,
            }),
            _ => Err(format!("what `{name}` has in it is not known here")),
        }
    }
}

fn code_name(word: &str, id: &str) -> Option<String> {
    let names: &[(&str, &str)] = match id {
        "debian" => &DEBIAN,
        "ubuntu" => &UBUNTU,
        _ => &[],
    };
    names.iter().find(|(name, _)| *name == word).map(|(_, number)| (*number).to_owned())
}

fn unknown(word: &str) -> String {
    format!("what `{word}` in its tag says is not known here")
}
