//! `.dockerignore`: which files do not go into a context.

/// The patterns of a `.dockerignore`, the last one that matches decides.
#[derive(Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Vec<Token>,
    /// Behind `!`: lets through what an earlier one leaves out.
    lets_through: bool,
}

#[derive(Debug, PartialEq)]
enum Token {
    Is(char),
    /// `?`: any but `/`.
    One,
    /// `*`: any number of any but `/`.
    Some,
    /// `**/`: any number of folders, also none.
    Folders,
    /// `**` elsewhere: anything.
    All,
    /// `[a-z]`, `[^a-z]`
    Class(Vec<(char, char)>, bool),
}

impl Ignore {
    pub fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.starts_with('#')).map(str::trim);
        let rules = lines.filter_map(|line| {
            let (line, lets_through) = line.strip_prefix('!').map_or((line, false), |line| (line.trim(), true));
            let parts: Vec<&str> = line.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            (!parts.is_empty()).then(|| Rule { pattern: tokens(&parts.join("/")), lets_through })
        });
        Self { rules: rules.collect() }
    }

    /// Whether `path`, relative to the context and with `/` between its parts, is left out. A rule for a folder is one for all in it.
    pub fn leaves_out(&self, path: &str) -> bool {
        let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
        let candidates: Vec<&str> = parents.chain([path]).collect();
        let decides = |rule: &&Rule| candidates.iter().any(|candidate| matches(&rule.pattern, candidate));
        self.rules.iter().rev().find(decides).is_some_and(|rule| !rule.lets_through)
    }

    /// Whether nothing inside a folder that is left out can be let through again.
    pub(crate) fn is_final(&self) -> bool {
        self.rules.iter().all(|rule| !rule.lets_through)
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (token, next) = if let Some(next) = rest.strip_prefix("**") {
            let starts = tokens.last().is_none_or(|last| *last == Token::Is('/') || *last == Token::Folders);
            match next.strip_prefix('/') {
                Some(next) if starts => (Token::Folders, next),
                _ => (Token::All, next),
            }
        } else {
            let next = &rest[first.len_utf8()..];
            match first {
                '*' => (Token::Some, next),
                '?' => (Token::One, next),
                '[' => class(next).unwrap_or((Token::Is('['), next)),
                '\\' => match next.chars().next() {
                    Some(c) => (Token::Is(c), &next[c.len_utf8()..]),
                    None => (Token::Is('\\'), next),
                },
                c => (Token::Is(c), next),
            }
        };
        tokens.push(token);
        rest = next;
    }
    tokens
}

/// What stands behind `[`.
fn class(text: &str) -> Option<(Token, &str)> {
    let (inner, rest) = text.split_once(']')?;
    let (inner, negated) = inner.strip_prefix('^').map_or((inner, false), |inner| (inner, true));
    let letters: Vec<char> = inner.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let is_range = letters.get(at + 1) == Some(&'-') && at + 2 < letters.len();
        ranges.push((letters[at], letters[if is_range { at + 2 } else { at }]));
        at += if is_range { 3 } else { 1 };
    }
    (!ranges.is_empty()).then_some((Token::Class(ranges, negated), rest))
}

/// Follows all ways at once, so the time is bounded by pattern times path.
fn matches(pattern: &[Token], path: &str) -> bool {
    let path: Vec<char> = path.chars().collect();
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for token in pattern {
        let mut next = vec![false; path.len() + 1];
        let mut open = false;
        for at in 0..=path.len() {
            let here = path.get(at);
            match token {
                Token::All => {
                    open |= reached[at];
                    next[at] = open;
                }
                Token::Some => {
                    open |= reached[at];
                    next[at] = open;
                    open &= here != Some(&'/');
                }
                Token::Folders => {
                    next[at] |= reached[at] || (open && at > 0 && path[at - 1] == '/');
                    open |= reached[at];
                }
                Token::Is(_) | Token::One | Token::Class(..) => {
                    if reached[at] && here.is_some_and(|&c| is(token, c)) {
                        next[at + 1] = true;
                    }
                }
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn is(token: &Token, c: char) -> bool {
    match token {
        Token::Is(wanted) => c == *wanted,
        Token::Class(ranges, negated) => {
            c != '/' && ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
        }
        _ => c != '/',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, out: &[&str], through: &[&str]) {
        let ignore = Ignore::parse(text);
        for path in out {
            assert!(ignore.leaves_out(path), "`{text}` lets `{path}` through");
        }
        for path in through {
            assert!(!ignore.leaves_out(path), "`{text}` leaves `{path}` out");
        }
    }

    #[test]
    fn patterns_match_as_docker_matches_them() {
        check("", &[], &["a", "a/b"]);
        check("# a comment\n\ntarget\n", &["target", "target/debug/x"], &["a/target", "targets", "# a comment"]);
        check("/target/\n./x/\n", &["target/a", "x"], &["a/x"]);
        check("*.md", &["README.md"], &["docs/a.md", "md"]);
        check("*/temp*", &["a/temp", "a/temporary/b"], &["temp", "a/b/temp"]);
        check("**/*.rs", &["a.rs", "a/b/c.rs"], &["a.rsx"]);
        check("**/node_modules", &["node_modules/x", "a/node_modules/x"], &["anode_modules"]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["az", "b/a/z"]);
        check("a/**", &["a/b", "a/b/c"], &["b"]);
        check("temp?", &["temp1"], &["temp", "temp12", "temp/"]);
        check("[a-c]x\n[^0-9]y", &["ax", "cx", "zy"], &["dx", "0y"]);
        check("a\\*b", &["a*b"], &["axb"]);
        check("[", &["["], &["x"]);
        check("ä*", &["äö"], &["ö"]);
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        check("*\n!src\n!Cargo.*", &["target/x", "README.md"], &["src/main.rs", "Cargo.toml"]);
        check("*.md\n!README.md\nREADME.md", &["README.md"], &[]);
        check("!a\n*", &["a"], &[]);
        assert!(Ignore::parse("a\nb").is_final());
        assert!(!Ignore::parse("a\n!a/b").is_final());
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer() {
        let pattern = "*a".repeat(500) + "b";
        check(&pattern, &[], &[&"a".repeat(2000)]);
    }
}
