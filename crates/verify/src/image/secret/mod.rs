//! What a secret looks like: from bytes, names and values to kinds, never to the secret itself.
//!
//! `docs/secrets.md` says in words what is looked for, what is not, and why.

mod command;
mod connection;
mod files;
mod given;
mod key;
mod literal;
mod name;
mod place;
mod plausible;
mod scan;
mod settings;
mod token;
mod url;
mod utf16;
mod value;
mod words;

pub(crate) use command::{NAMED, in_shell, in_words};
pub(crate) use connection::{CONNECTION, password_in_setting};
pub use given::Given;
pub(crate) use name::is_suspicious_file;
pub(crate) use plausible::base64;
pub(crate) use scan::{Beginning, Scanner, beginnings};
pub(crate) use settings::{Settings, SettingsReader};
pub(crate) use url::PASSWORD_URL;
pub(crate) use utf16::Utf16;
pub(crate) use value::value_strength;

/// Something that is a secret, or may be one. It holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hit {
    pub(crate) strength: Strength,
    /// `RSA private key`, `GitHub token`.
    pub(crate) kind: &'static str,
}

impl Hit {
    /// Whether it is a token that carries a checksum, and the checksum is right: it was issued, whoever published it.
    pub(crate) fn is_checksummed(self) -> bool {
        self.strength == Strength::Certain && matches!(self.kind, "GitHub token" | "npm token")
    }
}

/// How sure the shape of the bytes makes us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Strength {
    /// Nothing else looks like this: fails the promise.
    Certain,
    /// May well be harmless: a warning.
    Doubtful,
}
