//! Names that promise a secret, and whether a value keeps that promise.

use super::Strength;
use super::plausible::{distinct, is_example};

/// Words that make a variable's name suspicious wherever they stand in it.
const WORDS: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS", "PASS"];
/// Two words that do so together.
const PAIRS: [(&str, &str); 9] = [
    ("API", "KEY"),
    ("PRIVATE", "KEY"),
    ("ACCESS", "KEY"),
    ("SECRET", "KEY"),
    ("ENCRYPTION", "KEY"),
    ("SIGNING", "KEY"),
    ("MASTER", "KEY"),
    ("ACCOUNT", "KEY"),
    ("AUTH", "KEY"),
];
/// Last words that say the value is something about the secret, not the secret.
const ABOUT: [&str; 42] = [
    "FILE",
    "PATH",
    "DIR",
    "DIRECTORY",
    "TTL",
    "EXPIRY",
    "EXPIRES",
    "EXPIRATION",
    "TIMEOUT",
    "LENGTH",
    "LEN",
    "SIZE",
    "COUNT",
    "NAME",
    "ID",
    "TYPE",
    "ALGORITHM",
    "ALG",
    "HEADER",
    "URL",
    "URI",
    "ENDPOINT",
    "HOST",
    "PORT",
    "ENABLED",
    "DISABLED",
    "REQUIRED",
    "POLICY",
    "MIN",
    "MAX",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "AGE",
    "ROUNDS",
    "VERSION",
    "PREFIX",
    "ISSUER",
    "AUDIENCE",
    "PROVIDER",
    "PARALLELISM",
];

/// Whether a variable of this name holds a secret, as names go.
pub(crate) fn is_suspicious_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    if matches!(name.as_str(), "PWD" | "OLDPWD") {
        return false;
    }
    let words: Vec<&str> =
        name.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.last().is_some_and(|last| ABOUT.contains(last)) || words.contains(&"PUBLIC") {
        return false;
    }
    words.iter().any(|word| {
        WORDS.contains(word)
            || *word == "PWD"
            || ["PASSWORD", "PASSWD", "SECRET"].iter().any(|part| word.contains(part))
    }) || words.windows(2).any(|pair| PAIRS.contains(&(pair[0], pair[1])))
}

/// What a value behind a suspicious name is: a secret, something to be replaced, or nothing.
pub(crate) fn value_strength(value: &str) -> Option<Strength> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    let template = value.starts_with('$') || ["${", "{{", "$("].iter().any(|sign| value.contains(sign));
    let bracketed = value.starts_with('<') && value.ends_with('>') || value.starts_with('%') && value.ends_with('%');
    let nothing = matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "null" | "none" | "nil" | "unset" | "undefined" | "true" | "false" | "yes" | "no" | "0" | "1"
    );
    let masked = distinct(value.as_bytes()) == 1 && value.starts_with(['x', 'X', '*', '.', '-']);
    let mounted =
        ["/run/secrets/", "/var/run/secrets/", "/run/credentials/"].iter().any(|path| value.starts_with(path));
    if template || bracketed || nothing || masked || mounted {
        return None;
    }
    let words = value.to_ascii_lowercase();
    let to_be_replaced = ["change", "replace", "todo", "insert"].iter().any(|word| words.contains(word));
    let doubtful = is_example(value.as_bytes()) || to_be_replaced || value.starts_with('/');
    Some(if doubtful { Strength::Doubtful } else { Strength::Certain })
}

/// Every `NAME=VALUE` in a line of a shell or of an image's history.
pub(crate) fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split([' ', '\t', '\n', ';', '|', '&', '(']).filter_map(|word| {
        let (name, value) = word.trim_start_matches("--").trim_start_matches(['"', '\'']).split_once('=')?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (plain && !name.is_empty()).then_some((name, value))
    })
}

/// Whether a file of this name is where people keep secrets.
pub(crate) fn is_suspicious_file(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let names = [
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".git-credentials",
        ".pypirc",
        ".dockercfg",
        ".htpasswd",
        ".vault-token",
        "master.key",
        "terraform.tfstate",
        ".s3cfg",
        ".boto",
        "credentials.json",
        "secrets.json",
        "secrets.yml",
        "secrets.yaml",
        "secrets.toml",
    ];
    let endings = [".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".tfvars", ".agekey"];
    let pairs =
        [(".docker", "config.json"), (".aws", "credentials"), (".kube", "config"), (".cargo", "credentials.toml")];
    names.contains(&name)
        || endings.iter().any(|ending| name.ends_with(ending))
        || is_dotenv(name)
        || pairs.iter().any(|(last, file)| name == *file && folder.rsplit('/').next() == Some(last))
}

/// `.env`, `.env.production`; not the ones that are meant to be read.
pub(super) fn is_dotenv(name: &str) -> bool {
    let meant_to_be_read = [".example", ".sample", ".template", ".dist", ".defaults"];
    (name == ".env" || name.starts_with(".env.")) && !meant_to_be_read.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_suspicious_by_its_words() {
        for (name, expected) in [
            ("PASSWORD", true),
            ("POSTGRES_PASSWORD", true),
            ("PGPASSWORD", true),
            ("db_password", true),
            ("MYSQL_PWD", true),
            ("DB_PASS", true),
            ("SECRET_KEY_BASE", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("GITHUB_TOKEN", true),
            ("TOKEN", true),
            ("OPENAI_API_KEY", true),
            ("JWT_SECRET", true),
            ("PWD", false),
            ("OLDPWD", false),
            ("PATH", false),
            ("GPG_KEY", false),
            ("SSH_PUBLIC_KEY", false),
            ("POSTGRES_PASSWORD_FILE", false),
            ("TOKEN_TTL", false),
            ("MAX_TOKENS", false),
            ("TOKENIZERS_PARALLELISM", false),
            ("PASSENGER_COUNT", false),
            ("COMPASS", false),
            ("DATABASE_URL", false),
        ] {
            assert_eq!(is_suspicious_variable(name), expected, "{name}");
        }
    }

    #[test]
    fn a_value_is_a_secret_unless_it_is_to_be_filled_in() {
        for (value, expected) in [
            ("hunter2", Some(Strength::Certain)),
            ("password", Some(Strength::Certain)),
            ("\"hunter2\"", Some(Strength::Certain)),
            ("123456", Some(Strength::Certain)),
            ("changeme", Some(Strength::Doubtful)),
            ("replace-me", Some(Strength::Doubtful)),
            ("your-token-here", Some(Strength::Doubtful)),
            ("/etc/app/token", Some(Strength::Doubtful)),
            ("", None),
            ("''", None),
            ("${PASSWORD}", None),
            ("$PASSWORD", None),
            ("{{ password }}", None),
            ("<password>", None),
            ("xxxxxx", None),
            ("***", None),
            ("none", None),
            ("/run/secrets/password", None),
        ] {
            assert_eq!(value_strength(value), expected, "{value}");
        }
    }

    #[test]
    fn a_file_is_suspicious_by_its_name() {
        for (path, expected) in [
            ("root/.ssh/id_rsa", true),
            ("root/.ssh/id_rsa.pub", false),
            ("app/.env", true),
            ("app/.env.production", true),
            ("app/.env.example", false),
            ("app/.envrc", false),
            ("root/.docker/config.json", true),
            ("app/config.json", false),
            ("root/.aws/credentials", true),
            ("etc/ssl/server.p12", true),
            ("etc/ssl/certs/ca.pem", false),
        ] {
            assert_eq!(is_suspicious_file(path), expected, "{path}");
        }
    }

    #[test]
    fn assignments_are_found_in_a_line_of_history() {
        let text = "|1 NPM_TOKEN=abc /bin/sh -c set -e; export A='b' && x --password=c \"$(D=e f)\"";
        let found: Vec<_> = assignments(text).collect();
        assert_eq!(found, [("NPM_TOKEN", "abc"), ("A", "'b'"), ("password", "c"), ("D", "e")]);
    }
}
