//! Where images are looked for before their own registry: `--mirror FROM=TO`, and what `registries.conf` says.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_image::Reference;
use serde::Deserialize;

use crate::ImageError;

/// A file of mirrors has at most so many bytes.
const LARGEST: u64 = 1 << 20;
/// Places of one image that are tried, at most.
const MOST: usize = 8;

/// Other places for images, by what their names begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    from: String,
    to: Vec<String>,
    /// In the place of `from` where no mirror has the image.
    location: Option<String>,
    is_blocked: bool,
}

/// Why a text names no mirror.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    #[error("a mirror is `FROM=TO`: `docker.io=registry.example.com/mirror`")]
    Form,
    #[error("`{0}` has a space, a login or a scheme, which the place of a mirror cannot have")]
    Place(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    registry: Vec<Registry>,
}

/// As containers-registries.conf(5) has it.
#[derive(Deserialize)]
struct Registry {
    prefix: Option<String>,
    location: Option<String>,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror: Vec<Mirror>,
}

#[derive(Deserialize)]
struct Mirror {
    location: Option<String>,
}

impl Mirrors {
    /// `FROM=TO` of each; they come before those of files.
    ///
    /// # Errors
    ///
    /// Fails at a text that has another form.
    pub fn of(texts: &[String]) -> Result<Self, MirrorError> {
        let rule = |text: &String| {
            let (from, to) = text.split_once('=').ok_or(MirrorError::Form)?;
            Ok(Rule { from: place(from)?, to: vec![place(to)?], location: None, is_blocked: false })
        };
        Ok(Self { rules: texts.iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// With what the machine's files say: the one that `CONTAINERS_REGISTRIES_CONF` names, else the user's, else
    /// `/etc/containers/registries.conf`. A file that cannot be read says nothing.
    #[must_use]
    pub fn and_files(mut self) -> Self {
        let home = std::env::home_dir().map(|home| home.join(".config/containers/registries.conf"));
        let named = std::env::var_os("CONTAINERS_REGISTRIES_CONF").map(PathBuf::from);
        let usual = home.into_iter().chain(["/etc/containers/registries.conf".into()]);
        let path = named.or_else(|| usual.into_iter().find(|path| path.is_file()));
        if let Some(text) = path.as_deref().and_then(read) {
            self.rules.extend(rules(&text));
        }
        self
    }

    /// The places of an image, in the order in which they are asked.
    ///
    /// # Errors
    ///
    /// Fails where a file blocks it.
    pub(crate) fn places(&self, image: &Reference) -> Result<Vec<Reference>, ImageError> {
        let name = image.to_string();
        let mut matching: Vec<&Rule> = self.rules.iter().filter(|rule| begins_with(&name, &rule.from)).collect();
        // The longest name is meant; of equals the first.
        matching.sort_by_key(|rule| std::cmp::Reverse(rule.from.len()));
        if matching.iter().any(|rule| rule.is_blocked) {
            return Err(ImageError::Blocked(name));
        }
        let moved = |rule: &Rule, to: &String| format!("{to}{}", &name[rule.from.len()..]).parse::<Reference>().ok();
        let mut places: Vec<Reference> =
            matching.iter().flat_map(|rule| rule.to.iter().filter_map(|to| moved(rule, to))).collect();
        let own = matching.iter().find_map(|rule| moved(rule, rule.location.as_ref()?));
        places.push(own.unwrap_or_else(|| image.clone()));
        places.truncate(MOST);
        Ok(places)
    }
}

fn read(path: &Path) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    (size <= LARGEST).then(|| fs::read_to_string(path).ok()).flatten()
}

fn rules(text: &str) -> Vec<Rule> {
    let Ok(file) = toml::from_str::<File>(text) else { return Vec::new() };
    let rule = |registry: Registry| {
        let location = registry.location.and_then(|text| place(&text).ok());
        let from = registry.prefix.and_then(|text| place(&text).ok()).or_else(|| location.clone())?;
        let to = registry.mirror.into_iter().filter_map(|mirror| place(&mirror.location?).ok()).collect();
        Some(Rule { location: location.filter(|location| *location != from), from, to, is_blocked: registry.blocked })
    };
    file.registry.into_iter().filter_map(rule).collect()
}

/// A registry's host, or what a name begins with.
fn place(text: &str) -> Result<String, MirrorError> {
    let text = text.trim().trim_end_matches('/');
    if text.is_empty() {
        return Err(MirrorError::Form);
    }
    if text.contains(|c: char| c.is_whitespace() || c == '@' || c == '*') || text.contains("://") {
        return Err(MirrorError::Place(text.rsplit('@').next().unwrap_or_default().to_owned()));
    }
    Ok(text.to_owned())
}

/// Whether a name begins with these whole parts.
fn begins_with(name: &str, from: &str) -> bool {
    name.strip_prefix(from).is_some_and(|rest| rest.starts_with(['/', ':', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(mirrors: &Mirrors, image: &str) -> String {
        match mirrors.places(&image.parse().unwrap()) {
            Ok(places) => places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_mirror_is_asked_before_the_registry() {
        let mirrors =
            Mirrors::of(&["docker.io=127.0.0.1:5000".to_owned(), "ghcr.io/acme=m.example.com/a/".to_owned()]).unwrap();
        insta::assert_snapshot!(places(&mirrors, "redis:7-alpine"), @"127.0.0.1:5000/library/redis:7-alpine docker.io/library/redis:7-alpine");
        insta::assert_snapshot!(places(&mirrors, "ghcr.io/acme/pay:2"), @"m.example.com/a/pay:2 ghcr.io/acme/pay:2");
        insta::assert_snapshot!(places(&mirrors, "ghcr.io/acmecorp/pay:2"), @"ghcr.io/acmecorp/pay:2");
    }

    #[test]
    fn a_file_of_mirrors_is_read_as_podman_reads_it() {
        let text = r#"
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            prefix = "docker.io/library"
            location = "docker.io/library"
            [[registry.mirror]]
            location = "localhost:5000/hub"
            [[registry.mirror]]
            location = "mirror.example.com/hub"
            insecure = true
            [[registry]]
            prefix = "quay.io"
            location = "quay.example.com"
            [[registry]]
            location = "evil.example.com"
            blocked = true
        "#;
        let mirrors = Mirrors { rules: rules(text) };
        insta::assert_snapshot!(places(&mirrors, "redis:7"), @"localhost:5000/hub/redis:7 mirror.example.com/hub/redis:7 docker.io/library/redis:7");
        insta::assert_snapshot!(places(&mirrors, "quay.io/acme/app:1"), @"quay.example.com/acme/app:1");
        insta::assert_snapshot!(places(&mirrors, "evil.example.com/app:1"), @"`evil.example.com/app:1` is blocked by registries.conf");
        assert_eq!(rules("this is = no [toml"), []);
    }

    #[test]
    fn what_names_no_mirror_is_refused() {
        for text in ["docker.io", "=x", "docker.io=", "docker.io=https://m.example.com", "docker.io=u:p@m.example.com"]
        {
            let error = Mirrors::of(&[text.to_owned()]).unwrap_err();
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }
}
