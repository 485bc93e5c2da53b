//! One line under *Dependencies*, understood whole or not at all.

use super::kind::{Kind, kinds};
use super::{Dependency, DependencyLine};

/// Words with which a line says that it asks for nothing, or for something else than a server.
const NOT_ASKED: &[&str] = &[
    "no",
    "not",
    "none",
    "never",
    "without",
    "nothing",
    "neither",
    "nor",
    "or",
    "instead",
    "except",
    "unless",
    "if",
    "when",
    "optional",
    "optionally",
    "maybe",
    "perhaps",
    "later",
    "future",
    "planned",
    "removed",
    "dropped",
    "deprecated",
    "formerly",
    "previously",
    "former",
    "client",
    "clients",
    "cli",
    "driver",
    "drivers",
    "library",
    "libraries",
    "sdk",
    "installed",
    "account",
    "access",
    "development",
    "dev",
    "note",
    "example",
    "rationale",
    "why",
    "alternative",
    "alternatives",
    "longer",
    "unused",
    "can't",
    "cannot",
    "don't",
    "doesn't",
    "isn't",
];

/// What may stand behind the name of a kind.
const NOUNS: &[&str] = &["database", "server", "cache", "broker", "queue", "store"];

/// What may stand before `as VAR`.
const GIVEN: &[&str] = &["given as ", "given in ", "given by ", "given via ", "provided as ", "passed as "];

/// What looks like an image's name with a tag and is none.
const NO_IMAGES: &[&str] =
    &["port", "version", "tag", "host", "url", "user", "db", "database", "image", "http", "https", "tcp"];

/// The longest name of a dependency, in characters.
const LONGEST_NAME: usize = 60;

/// Names that stand for something in the value of a variable.
const FILLED: &[&str] = &["host", "port", "user", "password", "database"];

/// Reads a line.
pub(crate) fn read(line: usize, text: &str) -> DependencyLine {
    let text = text.trim().trim_end_matches('.').trim_end();
    DependencyLine { line, text: text.to_owned(), read: dependency(text) }
}

/// `The Payment API` → `payment api`.
pub(crate) fn plain_name(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = match words.as_slice() {
        ["the" | "a" | "an", rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    words.join(" ")
}

fn dependency(text: &str) -> Result<Dependency, String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '\'' || c == '’';
    let (head, given) = given(without_place(text))?;
    let (head, inside) = match head.split_once('(') {
        Some((before, rest)) => {
            let inside = rest
                .trim_end()
                .strip_suffix(')')
                .ok_or("nothing but `, given as VAR` may stand behind the parenthesis")?;
            (before.trim(), Some(inside))
        }
        None => (head, None),
    };
    let (label, name) = match head.split_once(": ") {
        Some((label, name)) => (Some(label.trim().to_owned()), name.trim()),
        None => (None, head),
    };
    let words = head.split(|c: char| !is_word(c)).map(|word| word.to_lowercase().replace('’', "'"));
    if let Some(word) = words.into_iter().find(|word| NOT_ASKED.contains(&word.as_str())) {
        return Err(format!("`{word}` asks for no server"));
    }
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains([',', ';', ')', '=', '{', '"']) {
        return Err("it is no name of a server".to_owned());
    }
    let kind = kind_of(name);
    let inside = inside.map(Inside::read).transpose()?.unwrap_or_default();
    let named = match (given, inside.variable) {
        (Some(_), Some(variable)) => return Err(format!("`{variable}` is a second variable")),
        (Some(given), None) => Some(given),
        (None, Some(variable)) => Some((variable, None)),
        (None, None) => None,
    };
    let (image, port, variable) = match kind {
        Some(kind) => (
            inside.image.unwrap_or_else(|| kind.image.to_owned()),
            inside.port.unwrap_or(kind.port),
            named.as_ref().map_or_else(|| kind.variable.to_owned(), |(variable, _)| variable.clone()),
        ),
        None => match (inside.image, inside.port, &named) {
            (Some(image), Some(port), Some((variable, _))) => (image, port, variable.clone()),
            (None, None, None) => return Err("it is no kind of server that is known, and names no image".to_owned()),
            (None, ..) => {
                return Err("it is no kind of server that is known: name its image, `(IMAGE:TAG, port N)`".to_owned());
            }
            (_, None, _) => {
                return Err("it is no kind of server that is known: name its port, `(IMAGE:TAG, port N)`".to_owned());
            }
            (.., None) => return Err("nothing says how the service gets its address: `, given as VAR`".to_owned()),
        },
    };
    let is_named = named.is_some();
    let form = form_of(kind, named.and_then(|(_, form)| form), inside.command.as_deref())?;
    let name = match name.split_once(' ') {
        Some((article, rest)) if ["the", "a", "an"].contains(&article.to_lowercase().as_str()) => rest.trim(),
        _ => name,
    };
    let name =
        kind.filter(|_| kind_of(name).is_some()).map_or_else(|| name.to_owned(), |kind| without_noun(name, kind));
    Ok(Dependency { name, label, kind, image, port, command: inside.command, variable, form, is_named })
}

/// The form of the value. The server demands the password where the value tells it to the service, and else lets everyone in.
fn form_of(kind: Option<&Kind>, named: Option<String>, command: Option<&[String]>) -> Result<String, String> {
    let Some(kind) = kind.filter(|kind| kind.has_password()) else {
        return Ok(named.unwrap_or_else(|| kind.map_or("http://{host}:{port}", |kind| kind.form).to_owned()));
    };
    let tells = |text: &str| text.contains("{password}");
    let by_variable = kind.has_password_variable();
    // Where no variable tells the password to the server, its command does.
    let by_command = !by_variable && command.is_none_or(|words| words.iter().any(|word| tells(word)));
    match (named, &kind.open) {
        (None, Some(open)) if !by_variable && !by_command => Ok(open.form.to_owned()),
        (None, _) => Ok(kind.form.to_owned()),
        (Some(form), _) if tells(&form) && !by_variable && !by_command => {
            Err(format!("`{form}` has a password, and the command sets none: it needs `{{password}}`"))
        }
        (Some(form), _) if !tells(&form) && by_command && command.is_some() => {
            Err(format!("the command sets a password, and `{form}` does not tell it: it needs `{{password}}`"))
        }
        (Some(form), None) if !tells(&form) => Err(format!(
            "a {} lets nobody in without a password, and `{form}` does not tell it: it needs `{{password}}`",
            kind.name
        )),
        (Some(form), _) => Ok(form),
    }
}

/// `Redis cache` → `Redis`, in the line's own letters.
fn without_noun(name: &str, kind: &Kind) -> String {
    match name.rsplit_once(' ') {
        Some((before, _)) if !kind.is_called(&plain_name(name)) => before.trim().to_owned(),
        _ => name.to_owned(),
    }
}

fn kind_of(name: &str) -> Option<&'static Kind> {
    let name = plain_name(name);
    let known = |name: &str| kinds().iter().find(|kind| kind.is_called(name));
    known(&name).or_else(|| {
        let (before, noun) = name.rsplit_once(' ')?;
        known(before).filter(|_| NOUNS.contains(&noun))
    })
}

/// The variable, and the form of its value where one is named.
type Given = (String, Option<String>);

/// Takes a place off the end, where one stands behind the variable: `, given as VAR (requirements.txt:3)`.
fn without_place(text: &str) -> &str {
    let Some((before, place)) = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) else { return text };
    let is_place = place.rsplit_once(':').is_some_and(|(file, line)| {
        let is_number = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        let has_letter = file.chars().any(char::is_alphanumeric);
        is_number && has_letter && !file.contains(|c: char| c.is_whitespace() || "(){},".contains(c))
    });
    let is_behind = GIVEN.iter().any(|words| before.to_ascii_lowercase().contains(words));
    // `redis:7` would be an image.
    if is_place && is_behind && !is_image(place) { before.trim_end() } else { text }
}

/// Takes `, given as VAR[=FORM]` off the end.
fn given(text: &str) -> Result<(&str, Option<Given>), String> {
    let lower = text.to_ascii_lowercase();
    let found = GIVEN.iter().filter_map(|words| Some((lower.rfind(words)?, words.len()))).max();
    let Some((at, length)) = found else {
        let plain =
            text.strip_suffix(" with connection string").or_else(|| text.strip_suffix(" with a connection string"));
        return Ok((plain.unwrap_or(text).trim(), None));
    };
    let (variable, form) = match text[at + length..].trim().split_once('=') {
        Some((variable, form)) => (variable.trim(), Some(form.trim())),
        None => (text[at + length..].trim(), None),
    };
    if !is_variable(variable) {
        return Err(format!("`{variable}` is no variable"));
    }
    if let Some(form) = form {
        check_form(form)?;
    }
    let head = text[..at].trim_end().trim_end_matches(',').trim_end();
    Ok((head, Some((variable.to_owned(), form.map(str::to_owned)))))
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() <= 100
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A form holds only names that are filled in, and no space.
fn check_form(form: &str) -> Result<(), String> {
    if form.is_empty() || form.contains(char::is_whitespace) {
        return Err(format!("`{form}` is no value of a variable: it is empty or has a space"));
    }
    let mut rest = form;
    while let Some((_, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { return Err("a brace is not closed".to_owned()) };
        if !FILLED.contains(&name) {
            return Err(format!("`{{{name}}}` is none of {{host}}, {{port}}, {{user}}, {{password}}, {{database}}"));
        }
        rest = after;
    }
    Ok(())
}

/// What stands in the parenthesis.
#[derive(Default)]
struct Inside {
    image: Option<String>,
    port: Option<u16>,
    command: Option<Vec<String>>,
    variable: Option<String>,
}

impl Inside {
    fn read(text: &str) -> Result<Self, String> {
        let mut found = Self::default();
        for part in text.split(',').map(str::trim) {
            let twice = || format!("`{part}` is a second of its kind");
            let is_new = if let Some(port) = part.strip_prefix("port ") {
                let port = port.trim().parse().ok().filter(|port| *port > 0);
                let port = port.ok_or_else(|| format!("`{part}` is no port"))?;
                found.port.replace(port).is_none()
            } else if let Some(command) = part.strip_prefix("command ") {
                found.command.replace(words(command)?).is_none()
            } else if is_variable(part) {
                found.variable.replace(part.to_owned()).is_none()
            } else if is_image(part) {
                found.image.replace(part.to_owned()).is_none()
            } else {
                return Err(format!("`{part}` is no image with a tag, no `port N` and no `command …`"));
            };
            if !is_new {
                return Err(twice());
            }
        }
        Ok(found)
    }
}

/// Words with spaces between, or in double quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for (number, part) in text.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    if text.matches('"').count() % 2 == 1 {
        return Err("a quotation mark is not closed".to_owned());
    }
    if words.is_empty() { Err("the command is empty".to_owned()) } else { Ok(words) }
}

/// A reference with a tag or a digest, or a layout or archive: anything less could be a word.
fn is_image(text: &str) -> bool {
    let is_path = |path: &str| !path.is_empty() && !path.contains(char::is_whitespace);
    if let Some((source, path)) = text.split_once(':')
        && ["oci", "oci-archive", "docker-archive"].contains(&source)
    {
        return is_path(path);
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    let is_part = |part: &str| {
        !part.is_empty()
            && part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-:".contains(&byte))
    };
    let is_tag = |tag: &str| {
        !tag.is_empty()
            && tag.len() <= 128
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let is_digest = |digest: &str| {
        let hex = digest.strip_prefix("sha256:");
        hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    (tag.is_some() || digest.is_some())
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
        && path.split('/').all(is_part)
        // `package.json:12` is a place in a file.
        && !path.rsplit('/').next().unwrap_or_default().contains('.')
        && !NO_IMAGES.contains(&path)
}
