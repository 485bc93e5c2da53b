//! An image to what is known of the service in it: what its config says, and its size.

use std::fmt::Write as _;

use crate::existing::{Existing, Recipe, path_in};
use crate::found::{Found, Place};
use crate::project::{Port, Project, Role, Start};
use crate::survey::{PORT_NAMES, slug};
use crate::toolchain::Toolchain;
use crate::word::{holds_secret, is_url_path, is_word};

/// What an image is today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Today {
    /// As the user named it.
    pub reference: String,
    /// Without registry and tag.
    pub name: String,
    pub unpacked_bytes: u64,
    pub transfer_bytes: u64,
    /// Of the label `org.opencontainers.image.base.name`.
    pub base: Option<String>,
    /// Empty where none is named.
    pub user: String,
    pub ports: Vec<u16>,
    /// The command of its health check.
    pub health_check: Option<Vec<String>>,
    pub volumes: Vec<String>,
    /// Entrypoint and command.
    pub command: Vec<String>,
    /// The names of its variables, never their values.
    pub variables: Vec<String>,
    pub stop_signal: Option<String>,
}

impl Today {
    /// What such a service should promise is told of it as of any other project.
    pub fn project(&self) -> Project {
        let at = Place::file("the image's config");
        let found = |text: &String| Found::new(text.clone(), at.clone());
        // What an image's config says may be anything: it writes no promise.
        let health = self.health_check.as_ref().and_then(|words| path_in(&words.join(" ")));
        let health = health.filter(|path| is_url_path(path));
        let start = Start::Exec(self.command.clone());
        let health = health.map(|path| Found::new(path, at.clone()));
        let variable = PORT_NAMES.iter().find(|name| self.variables.iter().any(|known| known == *name));
        let port = self.ports.first().map(|number| Port {
            number: Found::new(*number, at.clone()),
            variable: variable.map(|name| Found::new((*name).to_owned(), at.clone())),
            is_guess: false,
        });
        let recipe = Recipe {
            base: self.base.as_ref().filter(|base| is_word(base)).map(found),
            ports: self.ports.iter().map(|port| Found::new(*port, at.clone())).collect(),
            user: (!self.user.is_empty()).then(|| Found::new(self.user.clone(), at.clone())),
            has_health_check: self.health_check.is_some(),
            health: health.clone(),
            volumes: self.volumes.iter().filter(|path| is_word(path)).map(found).collect(),
            stop_signal: self.stop_signal.clone(),
            ..Recipe::default()
        };
        Project {
            name: slug(&self.name),
            toolchain: Toolchain::Dockerfile,
            language: None,
            version: None,
            framework: None,
            manager: None,
            lock: None,
            role: if port.is_some() { Role::Web } else { Role::Worker },
            start: (!holds_secret(&start.to_string())).then(|| Found::new(start, at.clone())),
            build: None,
            listens: None,
            code_port: None,
            port,
            health,
            head: None,
            logs: None,
            page: None,
            collection: None,
            document: None,
            variables: Vec::new(),
            dependencies: Vec::new(),
            volumes: self.volumes.iter().filter(|path| is_word(path)).map(found).collect(),
            existing: Existing { dockerfile: Some(recipe), ..Existing::default() },
            left_out: Vec::new(),
            image: Some(self.clone()),
            seen: None,
        }
    }

    /// What it is, in a paragraph.
    pub(crate) fn in_words(&self) -> String {
        let mb = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
        let mut text = format!("{} unpacked and {} to transfer", mb(self.unpacked_bytes), mb(self.transfer_bytes));
        let user = if self.user.is_empty() { "root, since its config names nobody" } else { &self.user };
        let _ = write!(text, "; its user is {user}");
        let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
        let _ = write!(text, "; the ports that it exposes: {}", listed(&ports));
        let check =
            if self.health_check.is_some() { "it declares a health check" } else { "it declares no health check" };
        let _ = write!(
            text,
            "; {check}; its volumes: {}; its variables: {}",
            listed(&self.volumes),
            listed(&self.variables)
        );
        let base = self.base.as_deref().unwrap_or("not told by its labels");
        let _ = write!(text, "; its base: {base}.");
        text
    }
}

fn listed(all: &[String]) -> String {
    match all {
        [] => "none".to_owned(),
        all if all.len() > 12 => format!("{} and {} more", all[..12].join(", "), all.len() - 12),
        all => all.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_spec::Spec;

    use super::*;

    #[test]
    fn an_image_is_told_as_it_is_and_promises_what_it_should() {
        let today = Today {
            reference: "docker-daemon:acme/shop:1".to_owned(),
            name: "acme/shop".to_owned(),
            unpacked_bytes: 84_200_000,
            transfer_bytes: 30_000_000,
            ports: vec![8080],
            health_check: Some(vec!["CMD".into(), "wget".into(), "http://127.0.0.1:8080/healthz".into()]),
            command: vec!["/bin/shop".into()],
            variables: vec!["PATH".into(), "PORT".into()],
            ..Today::default()
        };
        let text = crate::specification(&today.project());
        let spec = Spec::parse(&text).unwrap();
        assert!(spec.criteria.iter().all(|criterion| !criterion.checks().is_empty()), "{text}");
        assert!(spec.strays.is_empty(), "{text}");
        for part in [
            "# Containerization Specification: Shop",
            "its user is root, since its config names nobody",
            "- [ ] Image size under 100MB",
            "- [ ] Health check endpoint responds at `/healthz`",
            "- **PORT**: Configurable, defaults to 8080",
            "Which user does it run as?",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Container builds"), "{text}");
    }
}
