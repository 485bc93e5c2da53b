//! Whether two logs say the same, but for times, numbers and addresses.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Shorter words are no digests or addresses.
const SHORTEST_HEX: usize = 8;

/// Whether a log has a line.
pub(crate) fn says(text: &str, line: &str) -> bool {
    plain(text).contains(&plain(line))
}

/// Whether a varied program ends with the words that stand behind the line in the first one's log, with no new trouble before them.
/// Where the first one does not say the line, its last one counts.
pub(crate) fn ends_alike(first: &str, varied: &str, line: &str) -> bool {
    let (first, varied, line) = (plain(first), plain(varied), plain(line));
    let behind = match first.rfind(&line).filter(|_| !line.is_empty()) {
        Some(at) => &first[at + line.len()..],
        None => first.trim_end().rsplit('\n').next().unwrap_or_default(),
    };
    let behind = behind.trim();
    let is_new_trouble = |line: &str| is_trouble(line) && !first.contains(line);
    !behind.is_empty() && varied.trim_end().ends_with(behind) && !varied.lines().any(is_new_trouble)
}

/// The text with `0` for words that begin with a digit, and for digests.
fn plain(text: &str) -> String {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\w+").ok());
    let Some(words) = WORDS.as_ref() else { return text.to_owned() };
    let replaced = |word: &Captures<'_>| {
        let word = &word[0];
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let is_hex = word.len() >= SHORTEST_HEX && has_digit && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex || word.starts_with(|c: char| c.is_ascii_digit()) { "0".to_owned() } else { word.to_owned() }
    };
    words.replace_all(text, replaced).into_owned()
}

fn is_trouble(line: &str) -> bool {
    static TROUBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)error|exception|fatal|panic|fail|cannot|can't|could not|denied|refused|missing|no such|not (?:found|set|known)|unable|invalid|required|undefined",
        )
        .ok()
    });
    TROUBLE.as_ref().is_some_and(|trouble| trouble.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_again_at_another_time() {
        let log = "2026-11-29T23:40:41.123Z [7] WARN FLAGS is not set\n";
        assert!(says(log, "2026-11-29T23:41:02.9Z [12] WARN FLAGS is not set"));
        assert!(!says(log, "2026-11-29T23:41:02.9Z [12] WARN FLAGS_2 is not set"));
        assert!(!says("API_KEY_1 is not set", "API_KEY_2 is not set"));
    }

    #[test]
    fn a_warning_that_goes_is_told_from_an_end_that_goes() {
        #[track_caller]
        fn check(first: &str, varied: &str, line: &str, expected: bool) {
            assert_eq!(ends_alike(first, varied, line), expected, "{first:?} {varied:?}");
        }
        check(
            "10:01 FLAGS is not set\nlicence expired",
            "flags are on\nlicence expired",
            "10:02 FLAGS is not set",
            true,
        );
        check("FLAGS is not set\nlicence expired", "listening", "FLAGS is not set", false);
        check("KeyError: 'A'\nworker failed", "KeyError: 'B'\nworker failed", "KeyError: 'A'", false);
        check("KeyError: 'A'", "KeyError: 'B'", "KeyError: 'A'", false);
        // What a container's log says, a copy without a network does not say.
        check("cache: unknown host", "cache: unknown host", "cache:6379 refused", true);
        check("cache: unknown host", "table `notes` is missing", "cache:6379 refused", false);
    }
}
