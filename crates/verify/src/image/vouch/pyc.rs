//! Compiled Python: a `.pyc` has no hash in a record, but its strings stand in the source that it was compiled from.

use crate::image::secret::{Beginning, Hit, beginnings};

/// Findings of one compiled file that are looked up in its source, and bytes that are compared for them.
const MOST: usize = 4_096;
const MOST_COMPARED: usize = 64 << 20;
/// How far a string reaches back before what a rule begins at, and ahead.
const BEHIND: usize = 512;
const AHEAD: usize = 16 << 10;

/// Where the source of a compiled file is: `x/__pycache__/y.cpython-311.opt-1.pyc` comes from `x/y.py`.
pub(super) fn source(path: &str) -> Option<String> {
    let stem = path.strip_suffix(".pyc")?;
    let (folder, name) = stem.rsplit_once('/')?;
    let Some(folder) = folder.strip_suffix("__pycache__") else { return Some(format!("{stem}.py")) };
    let module = name.split_once('.')?.0;
    Some(format!("{folder}{module}.py"))
}

/// Whether every place where this finding stands in a compiled file stands in its source too, with the same bytes.
/// Strings that the source breaks or escapes are one string in the compiled file.
pub(super) fn stands_in(hit: Hit, compiled: &[u8], source: &[u8]) -> bool {
    let places: Vec<Beginning> = beginnings(compiled).filter(|place| place.hit == Some(hit)).take(MOST + 1).collect();
    if places.is_empty() || places.len() > MOST {
        return false;
    }
    let sources: Vec<Beginning> = beginnings(source).take(MOST + 1).collect();
    if sources.len() > MOST {
        return false;
    }
    let mut compared = 0;
    places.iter().all(|place| {
        sources.iter().filter(|source| source.pattern == place.pattern).any(|from| {
            let common = common(compiled, place.at, source, from.at);
            compared += common.len() + 1;
            compared <= MOST_COMPARED && beginnings(common).any(|found| found.hit == Some(hit))
        })
    })
}

/// What the compiled file has around a place, as far as the source has the same around another.
fn common<'a>(compiled: &'a [u8], at: usize, source: &[u8], from: usize) -> &'a [u8] {
    let behind = compiled[..at].iter().rev().zip(source[..from].iter().rev());
    let start = at - behind.take(BEHIND).take_while(|(one, other)| one == other).count();
    let (mut end, mut other) = (at, from);
    while end < compiled.len().min(at + AHEAD) && other < source.len() {
        if compiled[end] == source[other] {
            (end, other) = (end + 1, other + 1);
            continue;
        }
        let (next, next_other) = (end + spaces(&compiled[end..]), other + separators(&source[other..]));
        if (next, next_other) == (end, other) || compiled.get(next) != source.get(next_other) {
            break;
        }
        (end, other) = (next, next_other);
    }
    &compiled[start..end]
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// What stands between the parts of one string in source: ends of lines, escaped or not, quotes with their prefixes, signs.
fn separators(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += match &text[length..] {
            [b'\\', b'n' | b'r' | b't' | b'\n' | b'"' | b'\'', ..] | [b'b' | b'r' | b'u' | b'f', b'"' | b'\'', ..] => 2,
            [b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'+' | b'(' | b')', ..] => 1,
            _ => return length,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(password: &str) -> String {
        ["postgres://app:", password, "@db.internal/tasks"].concat()
    }

    #[track_caller]
    fn check(compiled: &str, source: &str, expected: bool) {
        let compiled = format!("\0\0z-{compiled}z\x05N)");
        let hit = beginnings(compiled.as_bytes()).find_map(|place| place.hit).unwrap();
        assert_eq!(stands_in(hit, compiled.as_bytes(), source.as_bytes()), expected, "{compiled:?} {source:?}");
    }

    #[test]
    fn a_finding_of_a_compiled_file_is_the_same_bytes_in_its_source() {
        check(&url("hunter2"), &format!("URL = '{}'\n", url("hunter2")), true);
        check(&url("hunter2"), &format!("URL = '{}'\n", url("hunter3")), false);
        check(&url("hunter2"), "URL = 'postgres://app:hunter2' + HOST\n", false);
        check(&url("hunter2"), "URL = 'postgres://app:'\n 'hunter2@db.internal/tasks'\n", true);
        check(&url("hunter2"), "", false);
        let both = format!("{}\0{}", url("hunter2"), url("hunter3"));
        check(&both, &url("hunter2"), false);
        check(&both, &format!("{} {}", url("hunter3"), url("hunter2")), true);
    }

    #[test]
    fn a_key_is_one_string_however_its_source_breaks_it() {
        let lines = [
            "-----BEGIN RSA ",
            "PRIVATE KEY-----\n",
            &"MIIEowIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi+Yt6Pm5xkZtRHqXvJ0dSQk7Wb\n".repeat(2),
        ];
        let key = lines.concat();
        check(&key, &format!("KEY = '''{key}'''"), true);
        check(&key, &format!("KEY = '{}'", key.replace('\n', "\\n")), true);
        check(&key, &format!("KEY = (b'{}')", key.replace('\n', "\\n'\n    b'")), true);
        check(&key, &format!("KEY = '''{}'''", key.replace("xkZt", "xkZu")), false);
    }

    #[test]
    fn a_compiled_file_names_its_source() {
        for (path, expected) in [
            ("s/x/__pycache__/y.cpython-311.pyc", Some("s/x/y.py")),
            ("s/x/__pycache__/y.cpython-311.opt-1.pyc", Some("s/x/y.py")),
            ("s/x/y.pyc", Some("s/x/y.py")),
            ("s/x/y.py", None),
        ] {
            assert_eq!(source(path).as_deref(), expected, "{path}");
        }
    }
}
