//! Paths and names of files.

use super::{Value, one};
use crate::sentence::Token;

pub(super) fn path(tokens: &[Token]) -> Vec<(usize, Value)> {
    one(tokens, path_name)
}

/// `/health`, `/etc/passwd`: absolute, plain characters, no `..`.
pub(super) fn path_name(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+~%@=".contains(c);
    let climbs = text.split('/').any(|part| part == "..");
    (text.starts_with('/') && text.chars().all(plain) && !climbs && text.len() <= 1024).then(|| (1, text.clone()))
}

/// A path that begins as those of a file system do, and not as those of a web service.
pub(super) fn file_path(tokens: &[Token]) -> Option<(usize, String)> {
    const ROOTS: &[&str] =
        &["app", "bin", "etc", "home", "lib", "opt", "root", "sbin", "srv", "usr", "var", "work", "workspace"];
    let (length, path) = path_name(tokens)?;
    let mut parts = path.trim_start_matches('/').split('/');
    let begins = parts.next().is_some_and(|root| ROOTS.contains(&root));
    (begins && parts.next().is_some_and(|part| !part.is_empty())).then_some((length, path))
}

/// A file that is known by its name or the end of its path, wherever it lies: `.env`, `id_rsa`, `config/master.key`, `~/.m2`.
pub(super) fn file_name(tokens: &[Token]) -> Option<(usize, String)> {
    const NAMES: &[&str] = &[
        ".aws",
        ".bash_history",
        ".bundle",
        ".cache",
        ".docker",
        ".dockerignore",
        ".env",
        ".env.local",
        ".env.production",
        ".git",
        ".gitconfig",
        ".github",
        ".gitignore",
        ".gnupg",
        ".gradle",
        ".htpasswd",
        ".idea",
        ".kube",
        ".m2",
        ".netrc",
        ".npmrc",
        ".pgpass",
        ".pypirc",
        ".ssh",
        ".svn",
        ".terraform",
        ".venv",
        ".vscode",
        ".yarnrc",
        "__pycache__",
        "id_ed25519",
        "id_rsa",
        "node_modules",
    ];
    const ENDS: &[&str] = &[
        "bak",
        "cfg",
        "conf",
        "crt",
        "csv",
        "db",
        "env",
        "ini",
        "jks",
        "json",
        "kdbx",
        "key",
        "lock",
        "p12",
        "pem",
        "pfx",
        "php",
        "properties",
        "py",
        "rb",
        "sh",
        "sql",
        "sqlite",
        "sqlite3",
        "toml",
        "xml",
        "yaml",
        "yml",
    ];
    let is_article = |token: &Token| ["a", "any", "no"].contains(&token.word.as_str());
    let skipped = tokens.iter().take(1).take_while(|token| is_article(token)).count();
    let token = tokens.get(skipped)?;
    let name = token.text.strip_prefix("~/").or_else(|| token.text.strip_prefix("./")).unwrap_or(&token.text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
    let has_parts = name.split('/').all(|part| !part.is_empty() && !part.trim_matches('.').is_empty());
    let last = name.rsplit('/').next()?;
    let has_end = last.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && ENDS.contains(&end));
    let is_home = token.text.starts_with("~/.");
    let is_known = NAMES.contains(&last) || has_end || is_home;
    if !is_known || !has_parts || name.len() > 200 || !name.chars().all(plain) {
        return None;
    }
    let called =
        tokens.get(skipped + 1).filter(|next| ["file", "folder", "directory"].iter().any(|word| next.is(word)));
    Some((skipped + 1 + usize::from(called.is_some()), format!("**/{name}")))
}

/// A file by its name: `config/database.yml`, `wp-config.php`.
pub(super) fn any_file_name(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let ending = text.rsplit('.').next().filter(|ending| ending.len() < text.len())?;
    let is_ending = (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_lowercase());
    (is_ending && text.chars().all(plain) && text.len() <= 200).then(|| (1, text.clone()))
}
