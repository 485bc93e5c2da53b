//! How the user wants every container started, besides its variables.

use seaworthy_engine::{PutFile, Run};
use seaworthy_image::Digest;
use seaworthy_report as report;
use seaworthy_spec::{is_secret_variable, variable_words};

use crate::redact::Redactor;

/// What every container gets beyond what the image says: `--mount`, `--secret`, `--arg`, `--user`, `--workdir`, `--dns-name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    pub mounts: Vec<Mount>,
    /// Replace the image's own arguments; empty leaves them.
    pub arguments: Vec<String>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    /// The name that requests are addressed to, in their `Host` header.
    pub dns_name: Option<String>,
}

/// A file of this machine that containers see, read-only.
#[derive(Clone, PartialEq, Eq)]
pub struct Mount {
    /// Absolute, in the container.
    pub path: String,
    pub content: Vec<u8>,
    pub is_executable: bool,
    /// Its content is a secret of this name, which nothing shows.
    pub secret: Option<String>,
}

/// Where secrets are seen: `/run/secrets/NAME`.
pub const SECRETS: &str = "/run/secrets/";

impl Start {
    /// Puts everything into what a container is started with.
    pub(crate) fn put_into(&self, run: &mut Run) {
        run.files.extend(self.mounts.iter().map(|mount| PutFile {
            is_executable: mount.is_executable,
            ..PutFile::new(mount.path.clone(), mount.content.clone())
        }));
        if !self.arguments.is_empty() {
            run.arguments = Some(self.arguments.clone());
        }
        run.instead.user.clone_from(&self.user);
        run.instead.working_dir.clone_from(&self.working_dir);
    }

    /// The options that take the place of what the image says: `` `--user` and `--arg` ``.
    pub(crate) fn in_place_of_the_images(&self) -> Option<String> {
        let all = [
            (self.user.is_some(), "`--user`"),
            (self.working_dir.is_some(), "`--workdir`"),
            (!self.arguments.is_empty(), "`--arg`"),
        ];
        let given: Vec<&str> = all.iter().filter(|(is_given, _)| *is_given).map(|(_, name)| *name).collect();
        let (last, first) = given.split_last()?;
        Some(if first.is_empty() { (*last).to_owned() } else { format!("{} and {last}", first.join(", ")) })
    }

    /// What the secret files hold, as far as it is text, each behind a secret's name.
    pub fn secrets(&self) -> impl Iterator<Item = (String, String)> {
        let secrets = self.mounts.iter().filter(|mount| mount.secret.is_some());
        let texts = secrets.filter_map(|mount| std::str::from_utf8(&mount.content).ok()).map(str::trim);
        let all = texts.flat_map(|text| std::iter::once(text).chain(named(text)));
        all.filter(|text| !text.is_empty()).map(|text| ("SECRET".to_owned(), text.to_owned()))
    }

    /// The secret files that are no text: name and content.
    pub(crate) fn secret_files(&self) -> Vec<(&str, &[u8])> {
        let files = self.mounts.iter().filter(|mount| std::str::from_utf8(&mount.content).is_err());
        files.filter_map(|mount| Some((mount.secret.as_deref()?, mount.content.as_slice()))).collect()
    }

    /// What the report says of it, and of the variables; `None` where nothing was given.
    pub(crate) fn told(&self, env: &[(String, String)], redactor: &Redactor) -> Option<report::Options> {
        let mut variables: Vec<String> = env.iter().map(|(name, _)| name.clone()).collect();
        variables.sort_unstable();
        variables.dedup();
        let mounted = |mount: &Mount| report::Mounted {
            path: mount.path.clone(),
            // A digest of a short secret tells the secret.
            digest: mount.secret.is_none().then(|| Digest::of(&mount.content).to_string()),
        };
        let told = report::Options {
            variables,
            mounts: self.mounts.iter().map(mounted).collect(),
            arguments: hidden(&self.arguments).iter().map(|argument| redactor.redact(argument)).collect(),
            user: self.user.clone(),
            working_dir: self.working_dir.clone(),
            dns_name: self.dns_name.clone(),
        };
        (told != report::Options::default()).then_some(told)
    }
}

/// The values behind a secret's name in a file of settings: `password=…`, `"api_key": "…"`.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split(['\n', ',', '{', '}', ';']).filter_map(|piece| piece.split_once(['=', ':']));
    pieces.filter_map(|(name, value)| {
        let name = name.trim().trim_matches(['"', '\'']);
        let value = value.trim().trim_matches(['"', '\'']);
        (value.len() > 3 && is_secret_variable(&variable_words(name))).then_some(value)
    })
}

/// Arguments without the values behind a secret's name: `--db-password=***`, `--token ***`.
fn hidden(arguments: &[String]) -> Vec<String> {
    let mut follows = false;
    let hide = |argument: &String| {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        let is_secret = is_secret_variable(&variable_words(name));
        let is_hidden = std::mem::replace(&mut follows, is_secret && value.is_none() && name.starts_with('-'));
        match value {
            _ if is_hidden => "***".to_owned(),
            Some(_) if is_secret => format!("{name}=***"),
            _ => argument.clone(),
        }
    };
    arguments.iter().map(hide).collect()
}

/// Never shows the content.
impl std::fmt::Debug for Mount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mount").field("path", &self.path).field("secret", &self.secret).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_behind_a_secrets_name_are_hidden() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (given, expected) in [
            ("serve --port=80", "serve --port=80"),
            ("--db-password=hunter2", "--db-password=***"),
            ("--api-token q8Zt1vPs --once", "--api-token *** --once"),
        ] {
            assert_eq!(hidden(&words(given)), words(expected), "{given}");
        }
    }

    #[test]
    fn a_secret_file_of_settings_holds_several() {
        let mount = |content: &str| Mount {
            path: "/run/secrets/settings".to_owned(),
            content: content.as_bytes().to_vec(),
            is_executable: false,
            secret: Some("settings".to_owned()),
        };
        let found = |content: &str| {
            let start = Start { mounts: vec![mount(content)], ..Start::default() };
            start.secrets().map(|(_, text)| text).skip(1).collect::<Vec<_>>()
        };
        assert_eq!(found("user=app\npassword=hunter2hunter2\n"), ["hunter2hunter2"]);
        assert_eq!(found(r#"{"url":"https://x","api_key":"sk_9f8a7b6c5d"}"#), ["sk_9f8a7b6c5d"]);
        assert!(found("correct-horse").is_empty());
    }
}
