//! Secrets of a run, taken out of everything that comes from a container before it is shown.

use std::cmp::Reverse;
use std::sync::{PoisonError, RwLock};

use crate::crud::SEGMENT;
use crate::finding::{one_line, shortened};

/// What stands where a secret stood.
const REPLACED: &str = "***";
/// Shorter given values are everywhere in any text, and no secret.
const SHORTEST: usize = 4;
/// Shorter ones would be found in base 64 of anything.
const SHORTEST_IN_BASE64: usize = 8;
/// Shorter lines of a value stand in other texts too.
const LONG_LINE: usize = 16;
/// How much of a container's text evidence quotes, in characters.
const QUOTED: usize = 240;
/// How much of a URL is looked at, in bytes: a log may be one endless line of them.
const LONGEST_URL: usize = 1024;
/// Values that say how to run, and not with what key.
const PLAIN: &[&str] = &[
    "true",
    "false",
    "info",
    "debug",
    "trace",
    "warn",
    "warning",
    "error",
    "none",
    "auto",
    "json",
    "text",
    "production",
    "development",
    "test",
    "localhost",
    "127.0.0.1",
    "0.0.0.0",
    "disable",
    "require",
];

/// Knows the secrets of a run.
#[derive(Default)]
pub struct Redactor {
    /// Longest first, so that what holds another goes first.
    secrets: Vec<String>,
    /// Of those, what must not stand in a log: passwords and keys, not whole plain values.
    keys: Vec<String>,
    /// What the answers of the promise under way let in with.
    learned: RwLock<Vec<String>>,
}

impl Redactor {
    /// Takes a value given by `--env`: itself, and the password of a URL in it.
    pub fn add_value(&mut self, name: &str, value: &str) {
        let passwords = passwords(value);
        let plain = PLAIN.contains(&value.to_ascii_lowercase().as_str())
            || (value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()));
        if value.len() >= SHORTEST && !plain {
            hide(&mut self.secrets, value);
            // A log shows a key of many lines line by line.
            long_lines(value).for_each(|line| hide(&mut self.secrets, line));
            if is_secret_name(name) && !value.contains("://") {
                self.add_key(value.to_owned());
            }
        }
        for password in passwords {
            self.add_password(&password);
        }
    }

    /// Takes a password, generated or given.
    pub fn add_password(&mut self, password: &str) {
        if password.len() < SHORTEST {
            return;
        }
        hide(&mut self.secrets, password);
        let decoded = decoded(password);
        // One secret in two forms is one.
        if decoded.len() >= SHORTEST && forms(&decoded).iter().any(|form| form == password) {
            hide(&mut self.secrets, &decoded);
            self.add_key(decoded);
            return;
        }
        self.add_key(password.to_owned());
        if decoded.len() >= SHORTEST {
            hide(&mut self.secrets, &decoded);
            self.add_key(decoded);
        }
    }

    fn add_key(&mut self, key: String) {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    /// Takes what an answer lets in with. It is hidden until [`Redactor::forget`], and a log may hold it.
    pub(crate) fn learn(&self, secret: &str) {
        let decoded = decoded(secret);
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        [secret, &decoded].into_iter().filter(|text| text.len() >= SHORTEST).for_each(|text| hide(&mut learned, text));
    }

    /// What was learned stands nowhere any more.
    pub(crate) fn forget(&self) {
        self.learned.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// One that knows as much, and learns for itself.
    pub(crate) fn of_a_lane(&self) -> Self {
        Self { secrets: self.secrets.clone(), keys: self.keys.clone(), learned: RwLock::default() }
    }

    /// The text without secrets, and without passwords in URLs, whosoever they are.
    pub fn redact(&self, text: &str) -> String {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let mut secrets: Vec<&String> = self.secrets.iter().chain(learned.iter()).collect();
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        let mut text = text.to_owned();
        for secret in secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REPLACED);
            }
        }
        without_url_passwords(&text)
    }

    /// What a container said, fit for evidence.
    pub fn quote(&self, text: &str) -> String {
        shortened(&self.redact(text), QUOTED)
    }

    /// The last lines of a log, fit for evidence.
    pub fn last_lines(&self, log: &str, lines: usize) -> String {
        let redacted = self.redact(log);
        let mut last: Vec<String> = redacted
            .lines()
            .rev()
            .map(|line| shortened(line, QUOTED))
            .filter(|line| !line.is_empty())
            .take(lines)
            .collect();
        last.reverse();
        one_line(&last.join(" | "))
    }

    /// How many different secrets stand in a raw text, passwords in URLs included.
    pub(crate) fn count_in(&self, text: &str) -> usize {
        let parts =
            |key: &str| [forms(key), long_lines(key).filter(|line| !is_frame(line)).flat_map(forms).collect()].concat();
        let keys: Vec<Vec<String>> = self.keys.iter().map(|key| parts(key)).collect();
        let known = keys.iter().filter(|forms| forms.iter().any(|form| text.contains(form.as_str())));
        let foreign = passwords(text)
            .into_iter()
            .filter(|password| is_real(password) && !keys.iter().flatten().any(|form| form == password));
        known.count() + foreign.count()
    }

    /// How many secrets it would find.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Adds a secret in every form, the longest first.
fn hide(secrets: &mut Vec<String>, secret: &str) {
    for form in forms(secret) {
        if !secrets.contains(&form) {
            secrets.push(form);
        }
    }
    secrets.sort_by_key(|secret| Reverse(secret.len()));
}

/// Of a text of several lines, those that stand in no other text.
fn long_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(move |line| *line != text && line.len() >= LONG_LINE)
}

/// `-----BEGIN PRIVATE KEY-----`: it is the same around every key.
fn is_frame(line: &str) -> bool {
    line.starts_with("-----")
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A secret as it is, and as it stands in JSON, in HTML, in a URL and inside base 64.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    let encoded = percent_encoding::utf8_percent_encode(secret, SEGMENT).to_string();
    let mut forms =
        vec![secret.to_owned(), json.replace('/', "\\/"), json, html(secret, "&#39;"), html(secret, "&#x27;")];
    // Of a path, and of a query.
    for encoded in [encoded.replace("%2F", "/"), encoded.replace("%20", "+"), encoded] {
        forms.extend([lower_case_escapes(&encoded), encoded]);
    }
    forms.extend([
        unicode_escapes(secret, |c| !c.is_ascii()),
        unicode_escapes(secret, |c| !c.is_ascii() || "&<>'+=".contains(c)),
    ]);
    forms.push(unicode_escapes(secret, |c| "&<>".contains(c)));
    if secret.len() >= SHORTEST_IN_BASE64 {
        for offset in 0..3 {
            let base64 = inside_base64(secret.as_bytes(), offset);
            forms.push(base64.replace('+', "-").replace('/', "_"));
            forms.push(base64);
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// As pages show it (`&amp;`), with this for an apostrophe.
fn html(text: &str, apostrophe: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', apostrophe)
}

/// As JSON by writers that escape more than they must (`\u0026`): Go's, Gson's, Python's.
fn unicode_escapes(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut units = [0; 2];
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if is_escaped(c) => {
                escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// `%2F` as `%2f`.
fn lower_case_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        format!("{text}%{}{rest}", digits.to_ascii_lowercase())
    })
}

/// The characters that stand for these bytes and no others wherever the text is `offset` bytes into a group of three.
fn inside_base64(bytes: &[u8], offset: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |index: usize| bytes[(index / 8) - offset] >> (7 - index % 8) & 1;
    let (first, end) = ((offset * 8).div_ceil(6), (offset + bytes.len()) * 8 / 6);
    let sextet = |place: usize| (0..6).fold(0, |value, index| value << 1 | bit(place * 6 + index));
    (first..end).map(|place| char::from(ALPHABET[usize::from(sextet(place))])).collect()
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "PASS"].iter().any(|word| name.contains(word))
}

/// Whether a password in a URL is one: not left out, and not already replaced by the one who wrote it.
fn is_real(password: &str) -> bool {
    let stands_in = |c: char| matches!(c, '*' | 'x' | 'X' | '.' | '…' | '_' | '-' | '•');
    let named = ["redacted", "hidden", "masked", "password", "secret"];
    !password.is_empty()
        && !password.chars().all(stands_in)
        && !(password.starts_with(['<', '[', '{', '$', '%']))
        && !named.contains(&password.to_ascii_lowercase().as_str())
}

/// The passwords of URLs in a text: `scheme://user:PASSWORD@host`, and `password=PASSWORD` behind a `?`.
pub(crate) fn passwords(text: &str) -> Vec<String> {
    let mut found: Vec<String> = spans(text).into_iter().map(|(start, end)| text[start..end].to_owned()).collect();
    found.dedup();
    found
}

/// Where the passwords of URLs begin and end.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let start = from + at + 3;
        let window = text.floor_char_boundary(start.saturating_add(LONGEST_URL).min(text.len()));
        let end = text[start..window]
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\'))
            .map_or(window, |length| start + length);
        let authority_end = text[start..end].find(['/', '?', '#']).map_or(end, |length| start + length);
        // A password may hold a raw `/` or `?`: its `@` is then behind them.
        let at_sign = text[start..authority_end].rfind('@').or_else(|| {
            let colon = text[start..authority_end].find(':')?;
            let rest = &text[start + colon + 1..end];
            let port = rest.split(['/', '?', '#']).next().unwrap_or_default();
            (port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
            text[start..end].rfind('@')
        });
        if let Some(at_sign) = at_sign
            && let Some(colon) = text[start..start + at_sign].find(':')
            && start + colon + 1 < start + at_sign
        {
            spans.push((start + colon + 1, start + at_sign));
        }
        if let Some(query) = text[start..end].find('?') {
            let mut place = start + query + 1;
            for pair in text[place..end].split('&') {
                if let Some((name, value)) = pair.split_once('=')
                    && matches!(name, "password" | "sslpassword")
                    && !value.is_empty()
                {
                    let value_start = place + name.len() + 1;
                    spans.push((value_start, value_start + value.len()));
                }
                place += pair.len() + 1;
            }
        }
        from = start;
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}

fn without_url_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in spans(text) {
        if start < from {
            continue;
        }
        clean.push_str(&text[from..start]);
        clean.push_str(REPLACED);
        from = end;
    }
    clean.push_str(&text[from..]);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_never_pass() {
        let redactor = Redactor::default();
        for (text, expected) in [
            ("postgres://a:b@c/d", "postgres://a:***@c/d"),
            ("\"url\":\"postgres://a:b@c:5432/d\"", "\"url\":\"postgres://a:***@c:5432/d\""),
            ("http://localhost:8000/a@b", "http://localhost:8000/a@b"),
            ("x://u:p/w@host/d and y://u:q@h", "x://u:***@host/d and y://u:***@h"),
            ("x://u:p@w@host/d", "x://u:***@host/d"),
            ("x://h/d?user=a&password=b&c=d", "x://h/d?user=a&password=***&c=d"),
            ("no url, a:b@c", "no url, a:b@c"),
        ] {
            assert_eq!(redactor.redact(text), expected);
        }
    }

    #[test]
    fn a_log_made_to_be_slow_is_not() {
        let started = std::time::Instant::now();
        let log = "://é".repeat(20_000);
        assert_eq!(Redactor::default().redact(&log), log);
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    }

    #[test]
    fn given_values_and_their_parts_are_replaced_in_every_form() {
        let mut redactor = Redactor::default();
        redactor.add_value("DATABASE_URL", "postgres://ada:s%40cret1@db/tasks");
        redactor.add_value("API_TOKEN", "to\"ken");
        redactor.add_value("PORT", "8000");
        redactor.add_value("LOG_LEVEL", "info");
        assert_eq!(
            redactor.redact(r#"url postgres://ada:s%40cret1@db/tasks password s@cret1 token to\"ken or to"ken"#),
            "url *** password *** token *** or ***"
        );
        assert_eq!(redactor.redact("info: listening on 8000"), "info: listening on 8000");
    }

    #[test]
    fn secrets_are_counted_in_the_raw_log() {
        let mut redactor = Redactor::default();
        redactor.add_value("DATABASE_URL", "postgres://ada:longpass@db/tasks");
        redactor.add_value("GREETING", "hello world");
        redactor.add_value("OTHER_URL", "postgres://ada:s%40cret1@db/tasks");
        assert_eq!(redactor.len(), 2);
        assert_eq!(redactor.count_in("s@cret1 of postgres://ada:s%40cret1@db/tasks"), 1);
        assert_eq!(redactor.count_in("connecting as ada to db, hello world"), 0);
        assert_eq!(redactor.count_in("password: longpass"), 1);
        assert_eq!(redactor.count_in("connecting to postgres://ada:***@db/tasks"), 0);
        assert_eq!(redactor.count_in("connecting to postgres://bob:other1@db/tasks"), 1);
    }

    #[test]
    fn a_secret_in_another_dress_is_seen_and_hidden() {
        let mut redactor = Redactor::default();
        redactor.add_value("API_TOKEN", "se/c\"ret+to ken");
        for (log, expected) in [
            (r#"{"token":"se/c\"ret+to ken"}"#, r#"{"token":"***"}"#),
            ("GET /x?token=se%2Fc%22ret%2Bto%20ken", "GET /x?token=***"),
            ("GET /x?token=se%2fc%22ret%2bto%20ken", "GET /x?token=***"),
            ("base64: c2UvYyJyZXQrdG8ga2Vu.", "base64: ***."),
            // `ada:` and `bo:` before it.
            ("Basic YWRhOnNlL2MicmV0K3RvIGtlbg==", "Basic YWRhOn***g=="),
            ("Basic Ym86c2UvYyJyZXQrdG8ga2Vu", "Basic Ym86***"),
        ] {
            assert_eq!((redactor.count_in(log), redactor.redact(log).as_str()), (1, expected), "{log}");
        }
        redactor.add_value("KEY", "-----BEGIN-A-KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END-A-KEY-----\n");
        assert_eq!(redactor.redact("line 2: MIIEvQIBADANBgkqhkiG9w0B"), "line 2: ***");
        assert_eq!(redactor.count_in("line 2: MIIEvQIBADANBgkqhkiG9w0B"), 1);
        assert_eq!(redactor.count_in("line 1: -----BEGIN-A-KEY-----"), 0);
    }

    #[test]
    fn a_secret_is_found_in_every_usual_escaping() {
        let mut redactor = Redactor::default();
        redactor.add_value("API_TOKEN", "ab/cd&e<f'g+h=tök");
        for shown in [
            r"ab\/cd&e<f'g+h=tök",
            r"ab/cd\u0026e\u003cf'g+h=tök",
            r"ab/cd\u0026e\u003cf\u0027g\u002bh\u003dt\u00f6k",
            r"ab/cd&e<f'g+h=t\u00f6k",
            "ab/cd&amp;e&lt;f&#39;g+h=tök",
            "ab/cd&amp;e&lt;f&#x27;g+h=tök",
            "ab/cd%26e%3Cf%27g%2Bh%3Dt%C3%B6k",
            "ab%2fcd%26e%3cf%27g%2bh%3dt%c3%b6k",
        ] {
            assert_eq!((redactor.redact(shown).as_str(), redactor.count_in(shown)), ("***", 1), "{shown}");
        }
    }

    #[test]
    fn what_is_learned_is_hidden_before_a_text_is_shortened_and_is_no_secret_of_the_run() {
        let redactor = Redactor::default();
        let session = "k3ySessionSecret".repeat(20);
        redactor.learn(&session);
        let log = format!("new session {session}");
        assert_eq!(redactor.last_lines(&log, 1), "new session ***");
        assert_eq!((redactor.count_in(&log), redactor.len()), (0, 0));
        assert!(redactor.of_a_lane().last_lines(&log, 1).starts_with("new session k3y"));
        redactor.forget();
        assert!(redactor.last_lines(&log, 1).starts_with("new session k3y"));
    }

    #[test]
    fn what_is_learned_and_holds_a_secret_of_the_run_is_hidden_whole() {
        let mut redactor = Redactor::default();
        redactor.add_password("hunter2-hunter2");
        redactor.learn("ada.hunter2-hunter2.c0ffee");
        assert_eq!(redactor.redact("Cookie: sid=ada.hunter2-hunter2.c0ffee"), "Cookie: sid=***");
    }
}
