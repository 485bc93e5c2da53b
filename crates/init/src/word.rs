//! Text from a project's files that is written into another file: what may stand there as it is.

/// The longest text that is taken over.
const LONGEST: usize = 200;

/// Whether a Dockerfile takes the text for one word: a path, a version, the name of an image.
pub(crate) fn is_word(text: &str) -> bool {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "._/+@:-".contains(c);
    !text.is_empty() && text.len() <= LONGEST && !text.starts_with('-') && text.chars().all(is_usual)
}

/// Whether the text is a path of a URL that means the same in a shell, in a script and in a promise.
pub(crate) fn is_url_path(text: &str) -> bool {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "._/~-".contains(c);
    text.starts_with('/') && text.len() <= LONGEST && text.chars().all(is_usual)
}

/// Whether a line of a command holds what may be a password or a key, so that it is never shown or written.
pub(crate) fn holds_secret(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_given = |(index, word): (usize, &&str)| {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None if word.starts_with("--") => (*word, words.get(index + 1).copied().unwrap_or_default()),
            None => return false,
        };
        let value = value.trim_matches(['"', '\'']);
        let is_literal = !value.is_empty() && !value.starts_with(['$', '-', '/']);
        is_literal && crate::variable::may_be_secret(name.trim_start_matches('-'))
    };
    has_credentials(line) || words.iter().enumerate().any(is_given)
}

/// Whether a URL in the text has a user and a password.
pub(crate) fn has_credentials(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let host = rest.split(|c: char| c.is_whitespace() || "/?#\"'".contains(c)).next().unwrap_or_default();
        host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains('$'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_a_dockerfile() {
        for text in ["3.12", "./cmd/server", "target/app-1.0.jar", "ghcr.io/acme/app:1@sha256:00"] {
            assert!(is_word(text), "{text}");
        }
        for text in ["", "3.3\nRUN id", "a b", "$(id)", "a;b", "`id`", "--mount=x", "a\"b", "ä"] {
            assert!(!is_word(text), "{text}");
        }
        assert!(
            is_url_path("/api/v1/health-check") && !is_url_path("/x$(id)") && !is_url_path("/x'") && !is_url_path("x")
        );
    }

    #[test]
    fn a_command_with_a_password_is_known() {
        for line in [
            "SECRET_KEY=abc gunicorn app:app",
            "node a.js --api-key abc",
            "node a.js --token=abc",
            "redis-server --requirepass hunter2",
            "rq worker --url redis://user:pw@host/0",
        ] {
            assert!(holds_secret(line), "{line}");
        }
        for line in [
            "gunicorn app:app --bind 0.0.0.0:$PORT",
            "serve --token $TOKEN",
            "rq worker --url redis://host/0",
            "NODE_ENV=production node a.js",
            "serve --key /run/secrets/key",
        ] {
            assert!(!holds_secret(line), "{line}");
        }
    }
}
