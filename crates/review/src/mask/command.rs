//! Commands that take a password among their arguments.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Span};

/// `-u user:password`, `--user user:password`
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:\s|["'])(?:-u|-U|--user|--proxy-user|--creds|--login)(?:[=\s]|["'],?\s*)["']?([^\s"',:]+:[^\s"']+)"#,
    )
    .ok()
});
/// Programs whose short options are passwords.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:mysql\w*|mariadb\w*|sshpass|docker(?:\s+\S+)?\s+login|podman(?:\s+\S+)?\s+login|buildah\s+login|skopeo\s+login|crane\s+auth\s+login|oras\s+login|helm\s+registry\s+login|redis-cli|mongo\w*|smbclient|twine|svn|7z|zip|unzip|az\s+login|ldapsearch|rabbitmqadmin|kinit|sqlcmd|vault\s+login|gh\s+auth|keytool|curl|wget|http|ftp|lftp|nmcli|openvpn|cqlsh|influx|clickhouse-client|useradd|usermod)\b[^\n]*",
    )
    .ok()
});
static OPTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\s-(?:p|P|a|w|b|storepass|keypass)(?:\s+|=|)["']?([^\s"'\-/][^\s"']{2,})"#).ok());
/// Programs that are given a password as the rest of their line.
static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^.*\b(?:chpasswd|htpasswd|smbpasswd|mkpasswd|openssl\s+passwd|passwd\s+--stdin|pg_md5|gpg\s+.*--passphrase|kinit|ansible-vault)\b.*$").ok()
});
/// `echo hunter2 | docker login --password-stdin`
static PIPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)\b(?:echo|printf)\s+(?:-\S+\s+)*([^|\n]+?)\s*\|[^\n]*(?:-stdin\b|\blogin\b|\bpasswd\b|sudo\s+-S|--password|passphrase-fd|cryptsetup|\bauth\b)").ok()
});
/// `sed s/__PASSWORD__/hunter2/`
static REPLACED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "(?i:pass|secret|token|key|pwd)";
    Regex::new(&format!(
        r"\bs(?:/[^/\n]*{name}[^/\n]*/([^/\n]+)/|\|[^|\n]*{name}[^|\n]*\|([^|\n]+)\||#[^#\n]*{name}[^#\n]*#([^#\n]+)#)"
    ))
    .ok()
});
/// `IDENTIFIED BY 'x'`
static SQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:identified\s+(?:with\s+\S+\s+)?by|password|set\s+password\s*=)\s+(?:password\s*\()?["']([^"'\n]+)["']"#).ok()
});
/// `host:5432:database:user:password`
static PGPASS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"[A-Za-z0-9_.*\-]+:(?:\d{2,5}|\*):[A-Za-z0-9_*\-]+:[A-Za-z0-9_.*\-]+:([^\s"']+)"#).ok()
});

pub(super) fn commands(text: &str) -> Vec<Span> {
    let span = |found: regex::Match<'_>| Span { start: found.start(), end: found.end(), kind: Kind::Command };
    let mut all = Vec::new();
    for captures in USER.iter().flat_map(|regex| regex.captures_iter(text)) {
        // `1000:1000` are a user and a group.
        all.extend(
            captures
                .get(1)
                .filter(|found| !found.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
                .map(span),
        );
    }
    for line in SHORT.iter().flat_map(|regex| regex.find_iter(text)) {
        for captures in OPTION.iter().flat_map(|regex| regex.captures_iter(line.as_str())) {
            let is_number = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
            let value = captures.get(1).filter(|value| !is_number(value.as_str()) && !value.as_str().starts_with('$'));
            all.extend(value.map(|value| Span {
                start: line.start() + value.start(),
                end: line.start() + value.end(),
                kind: Kind::Command,
            }));
        }
    }
    for line in WHOLE.iter().flat_map(|regex| regex.find_iter(text)) {
        all.extend(words(line.as_str()).into_iter().map(|(start, end)| Span {
            start: line.start() + start,
            end: line.start() + end,
            kind: Kind::Command,
        }));
    }
    for regex in [&PIPED, &REPLACED] {
        let found = regex.iter().flat_map(|regex| regex.captures_iter(text));
        let values = found.filter_map(|captures| captures.iter().skip(1).flatten().next());
        all.extend(values.filter(|value| !value.as_str().trim_matches(['"', '\'']).starts_with('$')).map(span));
    }
    for regex in [&SQL, &PGPASS] {
        let values = regex.iter().flat_map(|regex| regex.captures_iter(text)).filter_map(|captures| captures.get(1));
        // Behind the fifth colon of a list of users stands a folder.
        all.extend(values.filter(|value| !value.as_str().starts_with('/')).map(span));
    }
    all
}

/// The words of a line that may be a password: all but names of programs, options, paths and what a variable fills in.
fn words(line: &str) -> Vec<(usize, usize)> {
    const PLAIN: &[&str] = &[
        "run",
        "echo",
        "printf",
        "chpasswd",
        "htpasswd",
        "smbpasswd",
        "mkpasswd",
        "openssl",
        "passwd",
        "gpg",
        "kinit",
        "ansible-vault",
        "apt-get",
        "install",
        "apk",
        "add",
        "&&",
        "|",
        "||",
        "\\",
        ";",
        "#",
    ];
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split(' ') {
        let inner = word.trim_matches(['"', '\'']);
        let is_plain = PLAIN.contains(&inner.to_lowercase().as_str()) || inner.len() < 3;
        if !is_plain && !inner.starts_with(['-', '/', '$']) {
            let start = at + word.find(inner).unwrap_or_default();
            found.push((start, start + inner.len()));
        }
        at += word.len() + 1;
    }
    found
}
