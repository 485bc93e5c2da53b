//! What a secret looks like: from bytes, names and values to kinds, never to the secret itself.
//!
//! `docs/secrets.md` says in words what is looked for, what is not, and why.

mod key;
mod name;
mod plausible;
mod scan;
mod settings;
mod token;
mod url;

pub(crate) use name::{assignments, is_suspicious_file, is_suspicious_variable, value_strength};
pub(crate) use plausible::base64;
pub(crate) use scan::Scanner;
pub(crate) use settings::{SettingsFile, dotenv_names, settings_file};
pub(crate) use url::{PASSWORD_URL, password_url_in_setting};

/// Something that is a secret, or may be one. It holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hit {
    pub(crate) strength: Strength,
    /// `RSA private key`, `GitHub token`.
    pub(crate) kind: &'static str,
}

/// How sure the shape of the bytes makes us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Strength {
    /// Nothing else looks like this: fails the promise.
    Certain,
    /// May well be harmless: a warning.
    Doubtful,
}

/// A place where a known beginning was seen: what stands around it, as far as the scanner keeps it.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// At most [`scan::BEHIND`] bytes, ending where the match begins.
    before: &'a [u8],
    /// From the first byte of the match, at most [`scan::AHEAD`] bytes and more.
    rest: &'a [u8],
}
