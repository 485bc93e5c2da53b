//! `WWW-Authenticate`: how a registry wants to be told who asks (RFC 9110, section 11.6.1).

/// One way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// In lower case: `basic`, `bearer`.
    pub scheme: String,
    /// Names in lower case.
    pub parameters: Vec<(String, String)>,
}

/// How many of anything are read.
const LIMIT: usize = 32;

impl Challenge {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(told, _)| told == name).map(|(_, value)| value.as_str())
    }

    /// Reads one header's value, which may hold several; what makes no sense ends the reading.
    pub fn parse(value: &str) -> Vec<Self> {
        let mut reader = Reader { rest: value };
        let mut challenges: Vec<Self> = Vec::new();
        while let Some(name) = reader.name() {
            let name = name.to_ascii_lowercase();
            if let Some(value) = reader.value() {
                match challenges.last_mut() {
                    Some(challenge) if challenge.parameters.len() < LIMIT => challenge.parameters.push((name, value)),
                    _ => break,
                }
            } else if reader.broken() || challenges.len() >= LIMIT {
                break;
            } else {
                reader.token68();
                challenges.push(Self { scheme: name, parameters: Vec::new() });
            }
        }
        challenges
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn name(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
        self.take(is_token)
    }

    fn take(&mut self, wanted: fn(u8) -> bool) -> Option<&'a str> {
        let end = self.rest.bytes().position(|byte| !wanted(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!taken.is_empty()).then_some(taken)
    }

    /// What stands behind `=`, if that is what comes next.
    fn value(&mut self) -> Option<String> {
        let rest = self.rest.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_start_matches([' ', '\t']);
        let Some(quoted) = rest.strip_prefix('"') else {
            let before = std::mem::replace(&mut self.rest, rest);
            let value = self.take(is_token).map(str::to_owned);
            if value.is_none() {
                self.rest = before;
            }
            return value;
        };
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.extend(chars.next().map(|(_, char)| char)),
                other => value.push(other),
            }
        }
        None
    }

    /// Whether what comes next is a value that could not be read.
    fn broken(&self) -> bool {
        self.rest.trim_start_matches([' ', '\t']).starts_with('=')
    }

    /// Passes over the one word that some schemes have instead of parameters.
    fn token68(&mut self) {
        let word = self.rest.trim_start_matches([' ', '\t']);
        let end = word.bytes().position(|byte| !is_token68(byte)).unwrap_or(word.len());
        let behind = word[end..].trim_start_matches('=').trim_start_matches([' ', '\t']);
        if end > 0 && (behind.is_empty() || behind.starts_with(',')) && self.rest.starts_with([' ', '\t']) {
            self.rest = behind;
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got: Vec<String> = Challenge::parse(value)
            .into_iter()
            .map(|Challenge { scheme, parameters }| {
                let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{scheme}{}", parameters.concat())
            })
            .collect();
        assert_eq!(got.join(" | "), expected, "{value}");
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
            "bearer realm=https://auth.docker.io/token service=registry.docker.io scope=repository:a/b:pull,push",
        );
        check(r#"BASIC Realm = "a \"b\" c""#, r#"basic realm=a "b" c"#);
        check(r#"Basic realm="x", Bearer realm=y , service=z"#, "basic realm=x | bearer realm=y service=z");
        check("Negotiate, Basic realm=x", "negotiate | basic realm=x");
        check("Negotiate YWJj=, Basic realm=x", "negotiate | basic realm=x");
        check("Basic", "basic");
        check(r#"Bearer realm="open"#, "bearer");
        check(r#"Bearer realm="a", error="insufficient_scope""#, "bearer realm=a error=insufficient_scope");
        check("", "");
        check("Bearer realm=, service=x", "bearer service=x");
        check("=x", "");
        check("é", "");
        check(r#"Bearer realm="a"é, Basic"#, "bearer realm=a");
    }
}
