//! Parameters: the parts of a sentence that vary, each with a kind that says what may stand there.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use crate::quantity;
use crate::sentence::Token;
use crate::steps::templates;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Size(u64),
    Time(Duration),
    Number(u64),
    Text(String),
    List(Vec<String>),
    /// No parameter of its own: the pattern went this way.
    Flag,
}

/// Every way to read a parameter at the beginning of the words: how many words, and the value. Longest first.
pub(crate) type Read = fn(&[Token]) -> Vec<(usize, Value)>;

/// Words that change what a sentence says: they never stand where a name is expected.
const NO_NAMES: &[&str] = &[
    "a",
    "all",
    "always",
    "an",
    "and",
    "any",
    "anybody",
    "anyone",
    "everybody",
    "everyone",
    "somebody",
    "someone",
    "are",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "cannot",
    "containers",
    "could",
    "do",
    "does",
    "each",
    "either",
    "else",
    "empty",
    "every",
    "everything",
    "except",
    "few",
    "for",
    "from",
    "had",
    "hardly",
    "has",
    "have",
    "if",
    "in",
    "is",
    "it",
    "its",
    "less",
    "many",
    "may",
    "maybe",
    "might",
    "more",
    "most",
    "must",
    "mustn't",
    "neither",
    "never",
    "no",
    "nobody",
    "non",
    "none",
    "nor",
    "not",
    "nothing",
    "null",
    "of",
    "on",
    "only",
    "or",
    "other",
    "others",
    "our",
    "rarely",
    "restarts",
    "same",
    "should",
    "shouldn't",
    "some",
    "sometimes",
    "than",
    "that",
    "the",
    "their",
    "them",
    "these",
    "they",
    "this",
    "those",
    "to",
    "undefined",
    "unknown",
    "unless",
    "unset",
    "usually",
    "very",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "will",
    "with",
    "without",
    "won't",
    "would",
    "you",
    "can't",
    "don't",
    "doesn't",
    "isn't",
    "aren't",
];

/// Words in capitals that name no variable.
const NO_VARIABLES: &[&str] = &[
    "api",
    "amd64",
    "arm64",
    "arg",
    "ascii",
    "base",
    "build",
    "cd",
    "ci",
    "cli",
    "cmd",
    "cors",
    "cpu",
    "crud",
    "csrf",
    "cve",
    "cves",
    "container",
    "copy",
    "data",
    "database",
    "dns",
    "dockerfile",
    "entrypoint",
    "env",
    "expose",
    "gb",
    "gid",
    "gpu",
    "health",
    "healthcheck",
    "http",
    "https",
    "image",
    "ip",
    "ipv4",
    "ipv6",
    "json",
    "kb",
    "label",
    "labels",
    "layers",
    "license",
    "log",
    "logs",
    "mb",
    "memory",
    "mfa",
    "mysql",
    "oci",
    "ok",
    "orm",
    "otel",
    "pid",
    "posix",
    "ram",
    "rbac",
    "readme",
    "redis",
    "rest",
    "root",
    "run",
    "sbom",
    "secrets",
    "sigint",
    "sigkill",
    "sigquit",
    "sigterm",
    "sighup",
    "size",
    "sql",
    "sqlite",
    "ssh",
    "ssl",
    "stdout",
    "stderr",
    "stop",
    "start",
    "stopsignal",
    "tcp",
    "tls",
    "todo",
    "udp",
    "uid",
    "user",
    "utc",
    "utf",
    "volume",
    "workdir",
    "xml",
    "yaml",
];

/// The reader of a kind of parameter.
///
/// # Panics
///
/// On a name that the vocabulary does not use; a test compiles all of it.
pub(crate) fn named(name: &str) -> Read {
    match name {
        "size" => size,
        "time" => time,
        "n" => number,
        "port" => port,
        "path" | "document" => path,
        "paths" => |tokens| list(tokens, path_name, &[",", "and"]),
        "var" => variable,
        "value" => value,
        "ref" => |tokens| list(tokens, image_reference, &["or", ",", "/"]),
        "user-and-group" => user_and_group,
        "uid" | "user-id" | "gid" => |tokens| one(tokens, user_id),
        "known-user" => |tokens| one(tokens, known_user),
        "user" => |tokens| one(tokens, user),
        "user-name" => |tokens| one(tokens, user_name),
        "service-user" => |tokens| one(tokens, service_user),
        "owner" => |tokens| one(tokens, owner),
        "setting" => setting,
        "vars" => |tokens| list(tokens, variable_of_list, &[",", "and", "&", "+"]),
        "docker-memory" => docker_memory,
        "file" => |tokens| one(tokens, any_file_name),
        "tools" => tools,
        "absences" | "more-absences" => |tokens| list(tokens, absence, &[",", "or", "and", "nor", "/"]),
        "examples" => examples,
        "file-names" => |tokens| list(tokens, file_name, &[",", "or", "and", "nor"]),
        "file-paths" => |tokens| list(tokens, file_path, &[",", "and"]),
        "folder" => |tokens| one(tokens, path_name),
        "ports" => |tokens| list(tokens, port_name, &[",", "and", "/"]),
        "os-ref" => |tokens| list(tokens, system_reference, &[]),
        "labels" => |tokens| list(tokens, label, &[",", "and"]),
        "known-registries" | "more-known-registries" => |tokens| list(tokens, known_registry, &[","]),
        "figure" => |tokens| value(tokens).into_iter().filter(|_| begins_with_figure(tokens)).collect(),
        "repositories" | "more-repositories" => |tokens| list(tokens, repository_name, &[","]),
        "registries" | "more-registries" => |tokens| list(tokens, registry, &[",", "or", "/"]),
        "tags" | "more-tags" => |tokens| list(tokens, tag, &[",", "and"]),
        "hosts" => |tokens| list(tokens, host, &[",", "and"]),
        "database" => |tokens| one(tokens, database),
        "things" => things,
        "who" => |tokens| one(tokens, who),
        "platforms" => |tokens| list(tokens, platform, &[",", "and", "/", "&", "+"]),
        "dependency" => |tokens| one(tokens, dependency),
        "signal" => |tokens| one(tokens, signal),
        "signals" | "more-signals" => |tokens| list(tokens, end_signal, &[",", "and", "or", "/"]),
        unknown => panic!("unknown parameter: {unknown}"),
    }
}

/// Reads one element of a list: how many words it takes, and what it is.
type Element = fn(&[Token]) -> Option<(usize, String)>;

fn one(tokens: &[Token], element: Element) -> Vec<(usize, Value)> {
    element(tokens).map(|(length, text)| (length, Value::Text(text))).into_iter().collect()
}

/// Elements with separators between them; `, and` counts as one.
fn list(tokens: &[Token], element: Element, separators: &[&str]) -> Vec<(usize, Value)> {
    let mut ways = Vec::new();
    let (mut at, mut elements) = (0, Vec::new());
    while let Some((length, name)) = element(&tokens[at..]) {
        at += length;
        if !elements.contains(&name) {
            elements.push(name);
        }
        ways.push((at, Value::List(elements.clone())));
        let mark = |at: usize| tokens.get(at).is_some_and(|token| separators.contains(&token.word.as_str()));
        if !mark(at) || elements.len() > 20 {
            break;
        }
        at += if tokens[at].is(",") && mark(at + 1) { 2 } else { 1 };
    }
    ways.reverse();
    ways
}

/// A number and its unit, in one word or two.
fn quantity<T>(tokens: &[Token], read: fn(&str, &str) -> Option<T>) -> Option<(usize, T)> {
    let (number, unit) = quantity::split(&tokens.first()?.word);
    if unit.is_empty() {
        return read(number, &tokens.get(1)?.word).map(|value| (2, value));
    }
    read(number, unit).map(|value| (1, value))
}

fn size(tokens: &[Token]) -> Vec<(usize, Value)> {
    quantity(tokens, quantity::size).map(|(length, size)| (length, Value::Size(size))).into_iter().collect()
}

fn time(tokens: &[Token]) -> Vec<(usize, Value)> {
    let part = part_of_time(tokens);
    let time = part.or_else(|| quantity(tokens, |number, unit| quantity::time(number, unit.trim_start_matches('-'))));
    time.map(|(length, time)| (length, Value::Time(time))).into_iter().collect()
}

/// `half a minute`, `a quarter of a minute`, without their articles.
fn part_of_time(tokens: &[Token]) -> Option<(usize, Duration)> {
    let (length, parts) = match tokens {
        [half, ..] if half.word == "half" => (1, 2),
        [quarter, of, ..] if quarter.word == "quarter" && of.word == "of" => (2, 4),
        _ => return None,
    };
    let rest = &tokens[length..];
    let (more, whole) = match quantity(rest, quantity::time) {
        Some((more, whole)) if rest[0].word == "1" => (more, whole),
        Some(_) => return None,
        None => (1, quantity::time("1", &rest.first()?.word)?),
    };
    Some((length + more, whole / parts))
}

fn integer(tokens: &[Token], most: u64) -> Vec<(usize, Value)> {
    let number = tokens.first().filter(|token| token.word.len() <= 6 && token.word.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|token| token.word.parse().ok()).filter(|number| (1..=most).contains(number));
    number.map(|number| (1, Value::Number(number))).into_iter().collect()
}

fn number(tokens: &[Token]) -> Vec<(usize, Value)> {
    const WORDS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let spelled = tokens.first().and_then(|token| WORDS.iter().zip(1..).find(|(word, _)| token.word == **word));
    match spelled {
        Some((_, number)) => vec![(1, Value::Number(number))],
        None => integer(tokens, 1000),
    }
}

/// A port in a list of them.
fn port_name(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| token.is("port")));
    let (length, value) = port(&tokens[skipped..]).pop()?;
    match value {
        Value::Number(port) => Some((length + skipped, port.to_string())),
        _ => None,
    }
}

/// `8080`, `:8080`, `0.0.0.0:8080`, `8080/tcp`, `tcp/8080`: any address from outside, and no other protocol.
fn port(tokens: &[Token]) -> Vec<(usize, Value)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    let bare = ["0.0.0.0:", "[::]:", "*:", ":", "tcp/"].iter().find_map(|before| first.word.strip_prefix(before));
    let bare = bare.or_else(|| first.word.strip_suffix("/tcp"));
    let bare = bare.map(|number| [Token::new(number, first.start)]);
    integer(bare.as_ref().map_or(tokens, |bare| bare.as_slice()), u64::from(u16::MAX))
}

fn path(tokens: &[Token]) -> Vec<(usize, Value)> {
    one(tokens, path_name)
}

/// `/health`, `/etc/passwd`: absolute, plain characters, no `..`.
fn path_name(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+~%@=".contains(c);
    let climbs = text.split('/').any(|part| part == "..");
    (text.starts_with('/') && text.chars().all(plain) && !climbs && text.len() <= 1024).then(|| (1, text.clone()))
}

/// A path that begins as those of a file system do, and not as those of a web service.
fn file_path(tokens: &[Token]) -> Option<(usize, String)> {
    const ROOTS: &[&str] =
        &["app", "bin", "etc", "home", "lib", "opt", "root", "sbin", "srv", "usr", "var", "work", "workspace"];
    let (length, path) = path_name(tokens)?;
    let mut parts = path.trim_start_matches('/').split('/');
    let begins = parts.next().is_some_and(|root| ROOTS.contains(&root));
    (begins && parts.next().is_some_and(|part| !part.is_empty())).then_some((length, path))
}

/// A file that is known by its name or the end of its path, wherever it lies: `.env`, `id_rsa`, `config/master.key`, `~/.m2`.
fn file_name(tokens: &[Token]) -> Option<(usize, String)> {
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

/// What an image may lack: a kind of tool, a program by its name, a file by its name or its path.
fn absence(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = tokens.iter().take(1).take_while(|token| ["a", "any", "no"].contains(&token.word.as_str())).count();
    let tokens = &tokens[skipped..];
    if !may_be_absent(tokens.first()?) {
        return None;
    }
    let found = tool(tokens)
        .or_else(|| phrase(tokens, PROGRAMS).map(|(length, name)| (length, format!("program:{name}"))))
        .or_else(|| file_name(tokens).map(|(length, name)| (length, format!("file:{name}"))))
        .or_else(|| path_name(tokens).map(|(length, name)| (length, format!("file:{name}"))));
    found.map(|(length, name)| (length + skipped, name))
}

/// Whether a word may begin what [`absence`] reads: most do not, and need not be looked up in its tables.
fn may_be_absent(token: &Token) -> bool {
    static FIRST: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let names = PROGRAMS.iter().map(|(phrase, _)| *phrase).chain(TOOLS.iter().map(|(phrase, _)| *phrase));
        names.map(|phrase| phrase.split(' ').next().unwrap_or(phrase)).collect()
    });
    let is_known = FIRST.contains(token.word.as_str()) || FIRST.contains(token.stem.as_str());
    is_known || token.text.contains(['.', '/', '_'])
}

/// `(sh, bash)` and `such as apt and dpkg`: programs as examples.
fn examples(tokens: &[Token]) -> Vec<(usize, Value)> {
    const BEGIN: &[&str] = &["e.g", "i.e", "eg", "ie", "like", "including", "namely", "such"];
    let in_parentheses = tokens.first().is_some_and(|token| token.is("("));
    let mut at = usize::from(in_parentheses);
    let begins = tokens.get(at).is_some_and(|token| BEGIN.contains(&token.word.as_str()));
    if begins {
        at += 1;
        at += tokens[at..].iter().take_while(|token| token.is("as") || token.is(".") || token.is(",")).count();
    }
    if !begins && !in_parentheses {
        return Vec::new();
    }
    let ways = list(&tokens[at..], program_name, &[",", "or", "and", "nor", "/"]);
    let ends = |length: usize| !in_parentheses || tokens.get(at + length).is_some_and(|token| token.is(")"));
    let ways = ways.into_iter().filter(|(length, _)| ends(*length));
    ways.map(|(length, value)| (at + length + usize::from(in_parentheses), value)).collect()
}

fn program_name(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(tokens, PROGRAMS)
}

/// A program of a list that was read as a parameter.
pub(crate) fn program(name: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(_, known)| *known == name).map(|(_, known)| *known)
}

/// Programs that people name, as they call them, and as the file is called.
const PROGRAMS: &[(&str, &str)] = &[
    ("go toolchain", "go"),
    ("go compiler", "go"),
    ("golang", "go"),
    ("rust toolchain", "rustc"),
    ("rust compiler", "rustc"),
    ("jdk", "javac"),
    ("maven", "mvn"),
    ("netcat", "nc"),
    ("openssh", "ssh"),
    ("apt", "apt"),
    ("apt-get", "apt-get"),
    ("apk", "apk"),
    ("ash", "ash"),
    ("bash", "bash"),
    ("busybox", "busybox"),
    ("bundler", "bundle"),
    ("cargo", "cargo"),
    ("clang", "clang"),
    ("cmake", "cmake"),
    ("composer", "composer"),
    ("curl", "curl"),
    ("dash", "dash"),
    ("dnf", "dnf"),
    ("dpkg", "dpkg"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("gdb", "gdb"),
    ("git", "git"),
    ("gradle", "gradle"),
    ("javac", "javac"),
    ("ksh", "ksh"),
    ("make", "make"),
    ("meson", "meson"),
    ("microdnf", "microdnf"),
    ("nano", "nano"),
    ("nc", "nc"),
    ("ninja", "ninja"),
    ("npm", "npm"),
    ("npx", "npx"),
    ("perl", "perl"),
    ("pip", "pip"),
    ("pip3", "pip"),
    ("pnpm", "pnpm"),
    ("poetry", "poetry"),
    ("rpm", "rpm"),
    ("rustc", "rustc"),
    ("sh", "sh"),
    ("ssh", "ssh"),
    ("strace", "strace"),
    ("sudo", "sudo"),
    ("tcpdump", "tcpdump"),
    ("telnet", "telnet"),
    ("vim", "vim"),
    ("wget", "wget"),
    ("yarn", "yarn"),
    ("yum", "yum"),
    ("zsh", "zsh"),
];

/// `DATABASE_URL`, `$PORT`, or the two plain names that people use for those: `database URL`, `port`.
fn variable(tokens: &[Token]) -> Vec<(usize, Value)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    let is_marked = first.text.starts_with('$');
    if (is_setting(first) || is_marked && is_variable(&first.text))
        && ![NO_NAMES, NO_VARIABLES].iter().any(|words| words.contains(&first.word.as_str()))
    {
        return vec![(1, Value::Text(variable_name(&first.text).to_owned()))];
    }
    match (first.word.as_str(), tokens.get(1).map(|token| token.word.as_str())) {
        ("database", Some("url")) => vec![(2, Value::Text("DATABASE_URL".to_owned()))],
        ("port", _) => vec![(1, Value::Text("PORT".to_owned()))],
        _ => Vec::new(),
    }
}

/// Whether a word is a variable and can be nothing else: `GDPR` and `SLA` are written as variables are.
pub(crate) fn is_setting(token: &Token) -> bool {
    const PLAIN: &[&str] =
        &["PORT", "HOST", "TZ", "DSN", "DEBUG", "LANG", "WORKERS", "THREADS", "TOKEN", "SECRET", "PASSWORD"];
    is_variable(&token.text) && (token.text.contains('_') || PLAIN.contains(&variable_name(&token.text)))
}

/// `$PORT` and `${PORT}` without their marks.
fn variable_name(text: &str) -> &str {
    let name = text.strip_prefix('$').unwrap_or(text);
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

/// Whether a word is written as variables are.
pub(crate) fn is_variable(text: &str) -> bool {
    let name = variable_name(text);
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=100).contains(&name.len()) && name.bytes().all(upper) && name.as_bytes()[0].is_ascii_uppercase()
}

/// A default: one word that is no sentence of its own.
fn value(tokens: &[Token]) -> Vec<(usize, Value)> {
    let word = tokens.first().filter(|token| !NO_NAMES.contains(&token.word.as_str()));
    let word = word.filter(|token| {
        token.text.len() <= 200
            && token.text.starts_with(|c: char| c.is_alphanumeric() || "/._".contains(c))
            && !token.text.contains(['?', '*'])
            && !tokens.get(1).is_some_and(|next| next.is("variable"))
            && !NO_VALUES.contains(&token.word.as_str())
    });
    word.map(|token| (1, Value::Text(token.text.clone()))).into_iter().collect()
}

/// Words that describe a value, and are none.
const NO_VALUES: &[&str] = &[
    "random",
    "varies",
    "depends",
    "required",
    "whatever",
    "generated",
    "secure",
    "sensible",
    "error",
    "hostname",
    "something",
    "anything",
    "unknown",
    "unspecified",
    "reasonable",
    "safe",
    "some",
    "another",
];

/// Images that are known by a bare name.
const BARE_IMAGES: &[&str] = &[
    "scratch",
    "alpine",
    "debian",
    "ubuntu",
    "busybox",
    "fedora",
    "archlinux",
    "amazonlinux",
    "rockylinux",
    "almalinux",
    "python",
    "node",
    "golang",
    "rust",
    "ruby",
    "php",
    "openjdk",
    "eclipse-temurin",
    "nginx",
    "postgres",
    "redis",
];

/// `python:3.12-alpine`, `gcr.io/distroless/static@sha256:…`, or a bare name that is known.
fn image_reference(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let text = &token.text;
    if let Some(rest) =
        text.strip_prefix("distroless/").filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        return image_reference(&[Token::new(&format!("gcr.io/distroless/{rest}"), token.start)]);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@".contains(c);
    let full = text.contains([':', '/', '@'])
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && !text.contains("//")
        // `src/app` is a folder, unless a host or a tag says otherwise.
        && (text.contains([':', '@']) || text.split('/').next().is_some_and(|host| host.contains('.')))
        && text.len() <= 500;
    if full {
        return Some((1, text.clone()));
    }
    if !BARE_IMAGES.contains(&token.word.as_str()) {
        return None;
    }
    // `debian bookworm slim`, `alpine 3.20`.
    let tag = |token: &&Token| {
        let number = token.text.starts_with(|c: char| c.is_ascii_digit())
            && token.text.chars().all(|c| c.is_ascii_digit() || c == '.');
        number || CODENAMES.contains(&token.word.as_str())
    };
    let mut tags: Vec<&str> = tokens[1..].iter().take(1).filter(tag).map(|token| token.word.as_str()).collect();
    if let Some(variant) = tokens.get(1 + tags.len()).filter(|token| VARIANTS.contains(&token.word.as_str())) {
        tags.push(&variant.word);
    }
    match tags.as_slice() {
        [] => Some((1, token.word.clone())),
        tags => Some((1 + tags.len(), format!("{}:{}", token.word, tags.join("-")))),
    }
}

/// A system, which can lie under a service and be nothing else, or any image by its full name.
fn system_reference(tokens: &[Token]) -> Option<(usize, String)> {
    const SYSTEMS: &[&str] = &["scratch", "alpine", "debian", "ubuntu", "busybox", "fedora"];
    let first = tokens.first()?;
    let found = image_reference(tokens)?;
    (SYSTEMS.contains(&first.word.as_str()) || first.text.contains(':')).then_some(found)
}

/// Releases that people call by their names.
const CODENAMES: &[&str] =
    &["trixie", "bookworm", "bullseye", "buster", "noble", "jammy", "focal", "stable", "testing", "sid", "edge"];
const VARIANTS: &[&str] = &["slim", "alpine", "slim-bookworm", "slim-bullseye", "slim-trixie"];

fn user_id(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let id = text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let id = text.parse::<u32>().ok().filter(|_| id)?;
    Some((1, id.to_string()))
}

/// `10001:10001`, as `USER` and `--user` take them.
fn user_and_group(tokens: &[Token]) -> Vec<(usize, Value)> {
    let pair = tokens.first().and_then(|token| token.text.split_once(':').map(|(user, group)| (token, user, group)));
    let number = |text: &str, start: usize| user_id(&[Token::new(text, start)]).map(|(_, number)| number);
    let ids = pair.and_then(|(token, user, group)| Some(vec![number(user, token.start)?, number(group, token.start)?]));
    ids.map(|ids| (1, Value::List(ids))).into_iter().collect()
}

/// A user by a name that can be nothing else.
fn known_user(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[&str] = &["root", "app", "nobody", "www-data", "nginx", "node", "postgres", "redis"];
    if tokens.first().is_some_and(|token| token.text == "nobody") && !tokens.get(1).is_some_and(|next| next.is("else"))
    {
        return Some((1, "nobody".to_owned()));
    }
    let (length, name) = user(tokens)?;
    let known = KNOWN.contains(&name.as_str()) || name.ends_with("user") || name.bytes().all(|b| b.is_ascii_digit());
    known.then_some((length, name))
}

/// A user called as the service that it runs, where the sentence says that a user is meant.
fn service_user(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[&str] = &[
        "daemon",
        "jovyan",
        "rails",
        "airflow",
        "django",
        "celery",
        "gunicorn",
        "puma",
        "tomcat",
        "jetty",
        "mysql",
        "rabbitmq",
        "elasticsearch",
        "grafana",
        "prometheus",
        "jenkins",
        "httpd",
        "apache",
        "caddy",
        "spark",
        "kafka",
    ];
    // `Non-root user (app)` may be the service's.
    let known = known_user(tokens).filter(|(_, name)| name != "app" && !name.bytes().all(|byte| byte.is_ascii_digit()));
    known.or_else(|| user(tokens).filter(|(_, name)| KNOWN.contains(&name.as_str())))
}

/// A user's name beside a number, where an adjective could stand too: `shop (uid 1000)`, `dedicated (uid 1000)`.
fn user_name(tokens: &[Token]) -> Option<(usize, String)> {
    const DESCRIBE: &[&str] = &[
        "system",
        "service",
        "host",
        "guest",
        "build",
        "runtime",
        "container",
        "application",
        "own",
        "same",
        "single",
        "new",
        "low-privilege",
        "least-privilege",
        "custom",
        "normal",
        "regular",
        "standard",
        "plain",
        "default",
        "safe",
        "secure",
        "right",
        "given",
        "final",
        "ordinary",
        "random",
        "high",
        "dynamic",
        "process",
        "image",
        "run",
        "with",
        "group",
        "gid",
        "least",
        "openshift",
        "kubernetes",
        "linux",
        "unix",
        "docker",
        "any",
        "correct",
        "current",
        "different",
        "distinct",
        "explicit",
        "main",
        "our",
        "separate",
        "fresh",
        "use",
        "uses",
        "have",
        "has",
        "runs",
        "policy",
        "everywhere",
        "belongs",
    ];
    const ENDS: &[&str] = &["ed", "able", "ible", "al", "ic", "ive", "ary", "ful", "less", "ing", "ous", "ent", "ant"];
    let (length, name) = user(tokens)?;
    let describes = DESCRIBE.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end));
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    (!describes && !is_number && name != "root").then_some((length, name))
}

/// A user's name or number.
fn user(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let text = &token.text;
    if token.word == "others" {
        return None;
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    let described = [
        "non-root",
        "nonroot",
        "unprivileged",
        "user",
        "account",
        "accounts",
        "id",
        "uid",
        "group",
        "optional",
        "possible",
        "preferred",
        "soon",
        "instead",
        "though",
        "again",
        "already",
        "too",
        "first",
        "later",
        "often",
        "almost",
        "per",
        "goal",
        "false",
        "true",
        "forbidden",
        "breaks",
        "whatever",
        "named",
        "called",
        "namespaces",
        "default",
        "accident",
        "design",
        "another",
        "several",
        "volume",
        "image",
        "container",
        "no-longer",
    ]
    .contains(&text.as_str())
        || text.ends_with("ly")
        || text.ends_with("ed");
    let name = !text.is_empty() && text.len() <= 32 && text.bytes().all(plain) && !text.starts_with('-');
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return user_id(tokens);
    }
    (name && !described && !NO_NAMES.contains(&text.as_str())).then(|| (1, text.clone()))
}

/// The longest of the phrases that the words begin with, and what it stands for.
fn phrase(tokens: &[Token], phrases: &[(&str, &str)]) -> Option<(usize, String)> {
    let found = phrases.iter().filter_map(|(phrase, name)| {
        let length = phrase.split(' ').count();
        let found = tokens.len() >= length && phrase.split(' ').zip(tokens).all(|(word, token)| token.is(word));
        found.then_some((length, *name))
    });
    found.max_by_key(|(length, _)| *length).map(|(length, name)| (length, name.to_owned()))
}

const TOOLS: &[(&str, &str)] = &[
    ("shell", "shell"),
    ("package manager", "package-manager"),
    ("compiler", "compiler"),
    ("build tools", "build-tools"),
    ("other build tools", "build-tools"),
    ("build tool", "build-tools"),
];

fn tool(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["a", "no", "any"].contains(&token.word.as_str())));
    let found = phrase(&tokens[skipped..], TOOLS);
    found.map(|(length, name)| (length + skipped, name))
}

/// A label's key; the short names of the OCI ones stand for their full names.
fn label(tokens: &[Token]) -> Option<(usize, String)> {
    const SHORT: &[&str] = &[
        "title",
        "description",
        "version",
        "revision",
        "source",
        "created",
        "licenses",
        "authors",
        "vendor",
        "url",
        "documentation",
    ];
    let token = tokens.first()?;
    // `org.opencontainers.image.source`, `.revision`
    let short = token.word.strip_prefix('.').unwrap_or(&token.word);
    if SHORT.contains(&short) {
        return Some((1, format!("org.opencontainers.image.{short}")));
    }
    if token.word == "maintainer" {
        return Some((1, token.word.clone()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = &token.text;
    let is_key = text.split('.').count() > 2 && text.split('.').all(|part| !part.is_empty());
    (is_key && text.chars().all(plain) && text.len() <= 200).then(|| (1, text.clone()))
}

/// Tools with separators between them, each with a `no` of its own or without: `no compiler and no shell`.
fn tools(tokens: &[Token]) -> Vec<(usize, Value)> {
    let one = |tokens: &[Token]| match tokens.split_first() {
        Some((first, rest)) if first.is("no") => tool(rest).map(|(length, name)| (length + 1, name)),
        _ => tool(tokens),
    };
    // The first has the sentence's own.
    if tool(tokens).is_none() { Vec::new() } else { list(tokens, one, &[",", "or", "and", "nor", "/"]) }
}

fn begins_with_figure(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// A registry that can be nothing else: by its name, with a repository, or a host that is called so.
fn known_registry(tokens: &[Token]) -> Option<(usize, String)> {
    let (length, name) = registry(tokens)?;
    let host = name.split('/').next().unwrap_or_default();
    let ends = ["docker.io", "ghcr.io", "quay.io", "gcr.io", "public.ecr.aws", "azurecr.io", "pkg.dev"];
    let begins = ["registry.", "harbor.", "artifactory.", "nexus.", "docker.", "cr."];
    let is_known = ends.iter().any(|end| host == *end || host.ends_with(&format!(".{end}")))
        || begins.iter().any(|begin| host.starts_with(begin))
        || [".registry.", ".dkr.ecr."].iter().any(|part| host.contains(part));
    is_known.then_some((length, name))
}

/// A registry's host; the well-known ones also by their names.
fn registry(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("docker hub", "docker.io"),
            ("dockerhub", "docker.io"),
            ("ghcr", "ghcr.io"),
            ("github container registry", "ghcr.io"),
            ("quay", "quay.io"),
            ("gitlab container registry", "registry.gitlab.com"),
        ],
    );
    named.or_else(|| repository_name(tokens)).or_else(|| host_name(tokens))
}

/// `ghcr.io/acme/app`: a registry's host and a path there, without a tag.
fn repository_name(tokens: &[Token]) -> Option<(usize, String)> {
    let token = tokens.first()?;
    let (host, path) = token.text.split_once('/')?;
    host_name(&[Token::new(host, token.start)])?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(plain)
    };
    let is_path = path.len() <= 255 && path.split('/').all(is_part);
    is_path.then(|| (1, format!("{}/{path}", host.to_lowercase())))
}

/// `ghcr.io`, `db.example.com:5432`, `localhost:5000`.
fn host_name(tokens: &[Token]) -> Option<(usize, String)> {
    let word = &tokens.first()?.word;
    let (name, port) = word.split_once(':').map_or((word.as_str(), None), |(name, port)| (name, Some(port)));
    let labels = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    });
    let port_is_one = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_host = (name.contains('.') && name.contains(|c: char| c.is_ascii_alphabetic())) || name == "localhost";
    (labels && port_is_one && is_host && name.len() <= 253).then(|| (1, word.clone()))
}

/// What a container may talk to: the database, or a host.
fn host(tokens: &[Token]) -> Option<(usize, String)> {
    let named = phrase(
        tokens,
        &[
            ("the database", "database"),
            ("its database", "database"),
            ("a database", "database"),
            ("database server", "database"),
            ("database host", "database"),
            ("configured database", "database"),
            ("configured postgresql host", "database"),
            ("configured postgresql server", "database"),
            ("configured postgres host", "database"),
            ("configured postgres server", "database"),
            ("postgresql server", "database"),
            ("postgresql host", "database"),
            ("postgresql database", "database"),
            ("postgres server", "database"),
            ("postgres host", "database"),
            ("postgres database", "database"),
            ("database", "database"),
        ],
    );
    named.or_else(|| host_name(tokens))
}

fn tag(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["the", "its"].contains(&token.word.as_str())));
    let found = phrase(
        &tokens[skipped..],
        &[
            ("version", "version"),
            ("version number", "version"),
            ("version tag", "version"),
            ("semantic version", "version"),
            ("semantic version tag", "version"),
            ("release version", "version"),
            ("maven version", "version"),
            ("app version", "version"),
            ("application version", "version"),
            ("semver", "version"),
            ("semver tag", "version"),
            ("semver version", "version"),
            ("x.y.z", "version"),
            ("full git sha", "commit"),
            ("full commit sha", "commit"),
            ("full commit hash", "commit"),
            ("full sha", "commit"),
            ("short commit", "commit"),
            ("short commit hash", "commit"),
            ("short commit sha", "commit"),
            ("short sha", "commit"),
            ("short git sha", "commit"),
            ("git commit sha", "commit"),
            ("git commit hash", "commit"),
            ("git hash", "commit"),
            ("git revision", "commit"),
            ("commit id", "commit"),
            ("commit hash", "commit"),
            ("commit sha", "commit"),
            ("git sha", "commit"),
            ("git commit", "commit"),
            ("commit", "commit"),
            ("latest", "latest"),
        ],
    );
    found.map(|(length, name)| (length + skipped, name))
}

/// Who asks, by variables of the run alone: `{env.API_TOKEN}`, `{env.USER}:{env.PASSWORD}`. A credential has no place in a specification.
fn who(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let found = templates(text);
    let is_written =
        |names: &[&str]| names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(":") == *text;
    let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
    let all_given = (1..=2).contains(&names.len()) && names.iter().all(|name| name.starts_with("env."));
    (all_given && is_written(&names)).then(|| (1, text.clone()))
}

/// The databases that a run can give to a container.
fn database(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(
        tokens,
        &[
            ("neon postgresql", "Neon"),
            ("neon postgres", "Neon"),
            ("neon serverless", "Neon"),
            ("neon", "Neon"),
            ("postgresql", "PostgreSQL"),
            ("postgres", "PostgreSQL"),
        ],
    )
}

/// The signals that ask a process to end.
fn end_signal(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(
        tokens,
        &[
            ("sigterm", "SIGTERM"),
            ("sigint", "SIGINT"),
            ("sigquit", "SIGQUIT"),
            ("kill -term", "SIGTERM"),
            ("kill -int", "SIGINT"),
            ("kill -quit", "SIGQUIT"),
            ("kill -15", "SIGTERM"),
            ("sig_term", "SIGTERM"),
        ],
    )
}

/// Any signal that an image may name as the one to stop it.
fn signal(tokens: &[Token]) -> Option<(usize, String)> {
    const MORE: &[(&str, &str)] = &[
        ("sighup", "SIGHUP"),
        ("sigkill", "SIGKILL"),
        ("sigusr1", "SIGUSR1"),
        ("sigusr2", "SIGUSR2"),
        ("sigwinch", "SIGWINCH"),
        ("sigrtmin+3", "SIGRTMIN+3"),
    ];
    end_signal(tokens).or_else(|| phrase(tokens, MORE))
}

/// `linux/arm64`, or a processor by one of its names.
fn platform(tokens: &[Token]) -> Option<(usize, String)> {
    const NAMES: &[(&str, &str)] = &[
        ("amd64", "amd64"),
        ("x86_64", "amd64"),
        ("x86-64", "amd64"),
        ("x64", "amd64"),
        ("arm64", "arm64"),
        ("aarch64", "arm64"),
        ("arm/v7", "arm/v7"),
        ("armv7", "arm/v7"),
        ("arm/v6", "arm/v6"),
        ("386", "386"),
        ("ppc64le", "ppc64le"),
        ("s390x", "s390x"),
        ("riscv64", "riscv64"),
    ];
    let word = &tokens.first()?.word;
    let processor = word.strip_prefix("linux/").unwrap_or(word);
    let (_, name) = NAMES.iter().find(|(name, _)| *name == processor)?;
    Some((1, format!("linux/{name}")))
}

/// Servers that a service may need beside a PostgreSQL.
fn dependency(tokens: &[Token]) -> Option<(usize, String)> {
    const KNOWN: &[(&str, &str)] = &[
        ("redis", "Redis"),
        ("valkey", "Valkey"),
        ("memcached", "Memcached"),
        ("rabbitmq", "RabbitMQ"),
        ("kafka", "Kafka"),
        ("nats", "NATS"),
        ("mosquitto", "Mosquitto"),
        ("elasticsearch", "Elasticsearch"),
        ("opensearch", "OpenSearch"),
        ("meilisearch", "Meilisearch"),
        ("minio", "MinIO"),
        ("s3", "S3"),
        ("etcd", "etcd"),
        ("consul", "Consul"),
        ("vault", "Vault"),
        ("keycloak", "Keycloak"),
        ("mysql", "MySQL"),
        ("mariadb", "MariaDB"),
        ("mongodb", "MongoDB"),
        ("mongo", "MongoDB"),
        ("sql server", "SQL Server"),
        ("mssql", "SQL Server"),
        ("oracle", "Oracle"),
        ("cassandra", "Cassandra"),
        ("clickhouse", "ClickHouse"),
        ("dynamodb", "DynamoDB"),
        ("neo4j", "Neo4j"),
        ("influxdb", "InfluxDB"),
    ];
    phrase(tokens, KNOWN)
}

/// What persists: `tasks`, `data`, `loan records`. A word that takes some of them out is no part of it.
fn things(tokens: &[Token]) -> Vec<(usize, Value)> {
    const BEFORE: &[&str] = &["all", "the", "created", "stored", "saved", "existing"];
    /// Words in front of the noun, at most.
    const MOST: usize = 2;
    if !tokens.iter().take(MOST + 3).any(|token| looks_like_many(&token.word)) {
        return Vec::new();
    }
    let skipped = tokens.iter().take(2).take_while(|token| BEFORE.contains(&token.word.as_str())).count();
    let mut ways = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(skipped).take(MOST + 1) {
        if is_many(&token.word) {
            let words: Vec<&str> = tokens[skipped..=at].iter().map(|token| token.word.as_str()).collect();
            ways.push((at + 1, Value::Text(words.join(" "))));
        }
        if !may_describe(&token.word) {
            break;
        }
    }
    ways.reverse();
    ways
}

/// What runs, or passes by: nothing keeps it.
const NO_STORE: &[&str] = &[
    "services",
    "servers",
    "apps",
    "applications",
    "processes",
    "pods",
    "workers",
    "clients",
    "requests",
    "connections",
    "endpoints",
    "ports",
    "logs",
    "builds",
    "errors",
    "restarts",
    "instances",
    "replicas",
];

/// Whether a word is a noun for many things.
fn is_many(word: &str) -> bool {
    let is_noun = word.len() <= 40 && word.chars().all(char::is_alphabetic);
    looks_like_many(word) && is_noun && !NO_NAMES.contains(&word) && !NO_STORE.contains(&word)
}

/// Whether a word has the form of a plural, or names a mass.
fn looks_like_many(word: &str) -> bool {
    const MASSES: &[&str] = &["data", "state", "information", "inventory", "content", "history", "telemetry", "media"];
    let plural = word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("less");
    plural || MASSES.contains(&word)
}

/// Whether a word may stand before such a noun without taking some of the things out, or naming others.
fn may_describe(word: &str) -> bool {
    const NARROW: &[&str] = &[
        "across",
        "after",
        "before",
        "cache",
        "cached",
        "caches",
        "completed",
        "corrupt",
        "critical",
        "debug",
        "deleted",
        "essential",
        "expired",
        "failed",
        "future",
        "half-finished",
        "important",
        "in-memory",
        "incomplete",
        "invalid",
        "kept",
        "log",
        "logs",
        "lost",
        "necessary",
        "new",
        "newest",
        "old",
        "older",
        "partial",
        "permanent",
        "persist",
        "persists",
        "recent",
        "relevant",
        "removed",
        "sample",
        "seed",
        "session",
        "survive",
        "survives",
        "temp",
        "temporary",
        "test",
        "unfinished",
        "unsaved",
        "valuable",
        "was",
        "were",
        "across",
        "lose",
        "loses",
        "keep",
        "keeps",
        "during",
        "between",
        "while",
        "until",
        "retain",
        "retains",
    ];
    let plain = word.len() <= 40 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
    plain && !NARROW.contains(&word) && !NO_NAMES.contains(&word)
}

/// `-m 48m`, `--memory=512m`, as `docker run` takes them: powers of 1024.
fn docker_memory(tokens: &[Token]) -> Vec<(usize, Value)> {
    let [flag, rest @ ..] = tokens else { return Vec::new() };
    let (length, amount) = match (flag.word.as_str(), rest.first()) {
        ("-m" | "--memory", Some(amount)) => (2, amount.word.as_str()),
        (flag, _) => match flag.strip_prefix("--memory=") {
            Some(amount) => (1, amount),
            None => return Vec::new(),
        },
    };
    let unit = amount.chars().next_back().filter(|unit| "kmg".contains(*unit));
    let bytes = unit.and_then(|unit| quantity::size(&amount[..amount.len() - 1], &format!("{unit}ib")));
    bytes.map(|bytes| (length, Value::Size(bytes))).into_iter().collect()
}

/// `client's`, `customers'`.
fn owner(tokens: &[Token]) -> Option<(usize, String)> {
    let word = &tokens.first()?.word;
    (word.len() <= 40 && (word.ends_with("'s") || word.ends_with("s'"))).then(|| (1, word.clone()))
}

/// Several variables in a list: those that can be nothing else.
fn variable_of_list(tokens: &[Token]) -> Option<(usize, String)> {
    let first = tokens.first().filter(|token| is_setting(token))?;
    Some((1, variable_name(&first.text).to_owned()))
}

/// A file by its name: `config/database.yml`, `wp-config.php`.
fn any_file_name(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let ending = text.rsplit('.').next().filter(|ending| ending.len() < text.len())?;
    let is_ending = (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_lowercase());
    (is_ending && text.chars().all(plain) && text.len() <= 200).then(|| (1, text.clone()))
}

/// What a variable holds: up to four words that end in one for a setting, `database connection string`, and several of them.
fn setting(tokens: &[Token]) -> Vec<(usize, Value)> {
    const NOUNS: &[&str] = &[
        "address",
        "url",
        "uri",
        "dsn",
        "host",
        "hostname",
        "string",
        "password",
        "token",
        "key",
        "secret",
        "credential",
        "endpoint",
        "level",
        "user",
        "username",
        "region",
        "bucket",
        "interval",
        "timeout",
        "timezone",
        "zone",
        "port",
        "location",
        "connection",
        "setting",
        "limit",
        "size",
        "count",
        "name",
        "mode",
    ];
    /// Words in all, at most.
    const MOST: usize = 8;
    let begins = tokens.first().is_some_and(|first| first.word.starts_with(char::is_alphabetic));
    if !begins || !tokens.iter().take(MOST).any(|token| NOUNS.contains(&token.stem.as_str())) {
        return Vec::new();
    }
    let mut ways = Vec::new();
    for (at, token) in tokens.iter().enumerate().take(MOST) {
        if NOUNS.contains(&token.stem.as_str()) {
            ways.push((at + 1, Value::Text("setting".to_owned())));
            // `interval of polling`
            if let [of, noun] = tokens.get(at + 1..at + 3).unwrap_or_default()
                && of.word == "of"
                && noun.word.chars().all(char::is_alphabetic)
                && !NO_NAMES.contains(&noun.word.as_str())
            {
                ways.push((at + 3, Value::Text("setting".to_owned())));
            }
        }
        let joins = at > 0 && (token.is(",") || token.is("and"));
        let plain = token.word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
        let narrows = NO_NAMES.contains(&token.word.as_str()) && !token.is("of");
        if !joins && (!plain || narrows || is_setting(token)) {
            break;
        }
    }
    ways.reverse();
    ways
}
