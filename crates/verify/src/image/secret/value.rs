//! Whether the value behind a secret's name is a secret, something to be replaced, or nothing.

use super::Strength;
use super::plausible::{distinct, is_example};

/// Values that switch something, or say that there is none.
const NOTHING: [&str; 20] = [
    "",
    "null",
    "none",
    "nil",
    "unset",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "0",
    "1",
    "enabled",
    "disabled",
    "required",
    "optional",
    "prompt",
    "~",
];
/// What a person writes who leaves the value to somebody else.
const TO_BE_REPLACED: [&str; 21] = [
    "changeme",
    "change-me",
    "change_me",
    "change me",
    "changeit",
    "change-it",
    "change_it",
    "changethis",
    "change-this",
    "change_this",
    "change this",
    "tobechanged",
    "to-be-changed",
    "replaceme",
    "replace-me",
    "replace_me",
    "replace this",
    "replace-with",
    "replace_with",
    "insert-your",
    "insert_your",
];
/// Folders whose files a setting names.
const FOLDERS: [&str; 14] =
    ["etc", "run", "var", "opt", "usr", "home", "root", "tmp", "mnt", "srv", "secrets", "vault", "config", "certs"];
/// How hashes of passwords begin (crypt(5)).
const HASHES: [&str; 9] = ["$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$apr1$", "$argon2"];

/// What a value behind a suspicious name is: a secret, something to be replaced, or nothing.
pub(crate) fn value_strength(value: &str) -> Option<Strength> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    let lower = value.to_ascii_lowercase();
    let masked = distinct(value.as_bytes()) == 1 && value.starts_with(['x', 'X', '*', '.', '-', '#', '?', '!', '_']);
    if NOTHING.contains(&lower.as_str()) || masked || is_template(value) || is_mounted(value) {
        return None;
    }
    let doubtful = is_example(value.as_bytes())
        || is_to_be_replaced(&lower)
        || is_path(value)
        || HASHES.iter().any(|beginning| value.starts_with(beginning))
        || is_variable(value);
    Some(if doubtful { Strength::Doubtful } else { Strength::Certain })
}

fn is_mounted(value: &str) -> bool {
    ["/run/secrets/", "/var/run/secrets/", "/run/credentials/"].iter().any(|path| value.starts_with(path))
}

fn is_to_be_replaced(lower: &str) -> bool {
    lower == "change"
        || lower == "todo"
        || lower == "tbd"
        || TO_BE_REPLACED.iter().any(|words| lower.contains(words))
        || lower.split(|sign: char| !sign.is_ascii_alphanumeric()).any(|word| matches!(word, "todo" | "fixme"))
}

/// A text that something else fills in: `${NAME}`, `{{ name }}`, `$(command)`, `<name>`, `%NAME%`, `@name@`, `$NAME`.
fn is_template(value: &str) -> bool {
    let encloses =
        |open: &str, close: &str| value.find(open).is_some_and(|at| value[at + open.len()..].contains(close));
    let whole = |open: char, close: char| value.len() > 2 && value.starts_with(open) && value.ends_with(close);
    let marks = [("${", "}"), ("{{", "}}"), ("$(", ")"), ("#{", "}"), ("<%", "%>"), ("%(", ")s"), ("`", "`")];
    marks.iter().any(|(open, close)| encloses(open, close))
        // A line that was cut inside one.
        || ["${", "$(", "{{"].iter().any(|open| value.starts_with(open))
        || value == "$"
        || whole('<', '>')
        || whole('%', '%')
        || whole('@', '@')
        || whole('{', '}') && value[1..value.len() - 1].bytes().all(is_name_byte)
        || value.strip_prefix(['$', '%']).is_some_and(is_variables_name)
}

/// The name of a variable: in capitals, a single letter, or one that itself speaks of a secret.
fn is_variables_name(name: &str) -> bool {
    let name = name.trim_end_matches(['"', '\'', '`', ')', ';', '@', '/']);
    let is_name =
        !name.is_empty() && name.bytes().all(is_name_byte) && !name.starts_with(|first: char| first.is_ascii_digit());
    let capitals = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    is_name && (capitals || name.len() == 1 || seaworthy_spec::is_secret_variable(name))
        || name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'@')
}

/// `$name` in small letters: perhaps a variable, perhaps a pun.
fn is_variable(value: &str) -> bool {
    value
        .strip_prefix('$')
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A file that holds the value: `/etc/app/token`, `./certs/key.pem`; not base 64 that happens to begin with `/`.
fn is_path(value: &str) -> bool {
    let Some(rest) = ["/", "./", "../", "~/"].iter().find_map(|start| value.strip_prefix(start)) else { return false };
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty()).peekable();
    let Some(&first) = segments.peek() else { return true };
    let known = value.starts_with(['.', '~']) || FOLDERS.contains(&first);
    let mut count = 0;
    let plain = segments.all(|segment| {
        count += 1;
        let letters = |wanted: fn(&u8) -> bool| segment.as_bytes().iter().any(wanted);
        let random = letters(u8::is_ascii_uppercase) && letters(u8::is_ascii_lowercase) && letters(u8::is_ascii_digit);
        !random && segment.bytes().all(|byte| is_name_byte(byte) || matches!(byte, b'.' | b'-'))
    });
    let digits = rest.bytes().any(|byte| byte.is_ascii_digit());
    plain && (known || count > 1 || !digits)
}

/// Whether a value is the name of a place for one, as documentation and constants have it: `YOUR_TOKEN`, `password`, `DB_PASSWORD`.
pub(super) fn is_placeholder(name: &str, value: &str) -> bool {
    let last = name.rsplit(['.', '-', '_', ':']).next().unwrap_or(name);
    let is_name = value.bytes().all(|byte| is_name_byte(byte) || matches!(byte, b'-' | b'.'));
    let capitals = !value.bytes().any(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    value.eq_ignore_ascii_case(name)
        || value.eq_ignore_ascii_case(last)
        || is_name && capitals && seaworthy_spec::is_secret_variable(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_secret_unless_it_is_to_be_filled_in() {
        for (value, expected) in [
            ("hunter2", Some(Strength::Certain)),
            ("password", Some(Strength::Certain)),
            ("\"hunter2\"", Some(Strength::Certain)),
            ("123456", Some(Strength::Certain)),
            ("changeme", Some(Strength::Doubtful)),
            ("Please-Change-Me!", Some(Strength::Doubtful)),
            ("replace-me", Some(Strength::Doubtful)),
            ("your-token-here", Some(Strength::Doubtful)),
            ("TODO: fill", Some(Strength::Doubtful)),
            ("", None),
            ("''", None),
            ("${PASSWORD}", None),
            ("${PASSWORD:-x}", None),
            ("$PASSWORD", None),
            ("$password", None),
            ("$1", None),
            ("$(cat /run/x)", None),
            ("`cat x`", None),
            ("{{ password }}", None),
            ("{password}", None),
            ("<password>", None),
            ("@db.password@", None),
            ("xxxxxx", None),
            ("***", None),
            ("none", None),
            ("/run/secrets/password", None),
        ] {
            assert_eq!(value_strength(value), expected, "{value}");
        }
    }

    #[test]
    fn what_only_looks_like_a_template_a_path_or_changeme_is_a_secret() {
        for (value, expected) in [
            ("$ecret123", Some(Strength::Certain)),
            ("$3cr3t!", Some(Strength::Certain)),
            ("$Tr0ub4dor&3", Some(Strength::Certain)),
            ("pa$$word{1", Some(Strength::Certain)),
            ("$ecret", Some(Strength::Doubtful)),
            ("$2b$12$R9h/cIPz0gi.URNNX3kh2O", Some(Strength::Doubtful)),
            ("exchange-rate7", Some(Strength::Certain)),
            ("changeling42", Some(Strength::Certain)),
            ("irreplaceable9", Some(Strength::Certain)),
            ("mastodon-todos", Some(Strength::Certain)),
            ("/9j4AAQSkZJRg", Some(Strength::Certain)),
            ("/Qz8/xT1vPs0LmWx7", Some(Strength::Certain)),
            ("/hunter2", Some(Strength::Certain)),
            ("/etc/app/token", Some(Strength::Doubtful)),
            ("/token", Some(Strength::Doubtful)),
            ("./certs/server1.key", Some(Strength::Doubtful)),
            ("/srv/app2/key.pem", Some(Strength::Doubtful)),
        ] {
            assert_eq!(value_strength(value), expected, "{value}");
        }
    }

    #[test]
    fn a_constant_that_repeats_its_name_is_no_value() {
        for (name, value, expected) in [
            ("password", "password", true),
            ("db.password", "password", true),
            ("api_key", "OPENAI_API_KEY", true),
            ("token", "ACCESS-TOKEN", true),
            ("api_key", "hunter2", false),
            ("token", "AKIAQ7Z", false),
            ("password", "secret", false),
        ] {
            assert_eq!(is_placeholder(name, value), expected, "{name}={value}");
        }
    }
}
