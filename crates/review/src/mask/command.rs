//! Commands that take a password among their arguments.

use regex::Regex;

use super::pattern::Pattern;
use super::{Kind, Span};

/// `-u user:password`, `--user user:password`
static USER: Pattern = Pattern::new(&["-u", "--proxy-user", "--creds", "--login"], || {
    Regex::new(
        r#"(?:\s|["'])(?:-u|-U|--user|--proxy-user|--creds|--login)(?:[=\s]|["'],?\s*)["']?([^\s"',:]+:[^\s"']+)"#,
    )
});
/// What begins an [`OPTION`] within a line.
const OPTIONS: &[&str] = &[
    " -p",
    " -a",
    " -w",
    " -b",
    " -storepass",
    " -keypass",
    "\t-p",
    "\t-a",
    "\t-w",
    "\t-b",
    "\t-storepass",
    "\t-keypass",
];
/// Programs whose short options are passwords.
static SHORT: Pattern = Pattern::new(OPTIONS, || {
    Regex::new(
        r"\b(?:mysql[a-z0-9_]*|mariadb[a-z0-9_]*|sshpass|docker(?:\s+\S+)?\s+login|podman(?:\s+\S+)?\s+login|buildah\s+login|skopeo\s+login|crane\s+auth\s+login|oras\s+login|helm\s+registry\s+login|redis-cli|mongo[a-z0-9_]*|smbclient|twine|svn|7z|zip|unzip|az\s+login|ldapsearch|rabbitmqadmin|kinit|sqlcmd|vault\s+login|gh\s+auth|keytool|curl|wget|http|ftp|lftp|nmcli|openvpn|cqlsh|influx|clickhouse-client|useradd|usermod)\b[^\n]*",
    )
});
static OPTION: Pattern =
    Pattern::new(OPTIONS, || Regex::new(r#"\s-(?:p|P|a|w|b|storepass|keypass)(?:\s+|=|)["']?([^\s"'\-/][^\s"']{2,})"#));
/// Programs that are given a password as the rest of their line.
static WHOLE: Pattern = Pattern::new(&["passwd", "pg_md5", "--passphrase", "kinit", "ansible-vault"], || {
    Regex::new(
        r"(?m)^.*\b(?:chpasswd|htpasswd|smbpasswd|mkpasswd|openssl\s+passwd|passwd\s+--stdin|pg_md5|gpg\s+.*--passphrase|kinit|ansible-vault)\b.*$",
    )
});
/// `echo hunter2 | docker login --password-stdin`
static PIPED: Pattern = Pattern::new(&["|"], || {
    Regex::new(
        r"(?m)\b(?:echo|printf)\s+(?:-\S+\s+)*([^|\n]+?)\s*\|[^\n]*(?:-stdin\b|\blogin\b|\bpasswd\b|sudo\s+-S|--password|passphrase-fd|cryptsetup|\bauth\b)",
    )
});
/// `sed s/__PASSWORD__/hunter2/`
static REPLACED: Pattern = Pattern::new(&["pass", "secret", "token", "key", "pwd"], || {
    let name = "(?i:pass|secret|token|key|pwd)";
    Regex::new(&format!(
        r"\bs(?:/[^/\n]*{name}[^/\n]*/([^/\n]+)/|\|[^|\n]*{name}[^|\n]*\|([^|\n]+)\||#[^#\n]*{name}[^#\n]*#([^#\n]+)#)"
    ))
});
/// `IDENTIFIED BY 'x'`
static SQL: Pattern = Pattern::new(&["identified", "password"], || {
    Regex::new(
        r#"(?i)\b(?:identified\s+(?:with\s+\S+\s+)?by|password|set\s+password\s*=)\s+(?:password\s*\()?["']([^"'\n]+)["']"#,
    )
});
/// `host:5432:database:user:password`
static PGPASS: Pattern = Pattern::new(&[":"], || {
    Regex::new(r#"[A-Za-z0-9_.*\-]+:(?:[0-9]{2,5}|\*):[A-Za-z0-9_*\-]+:[A-Za-z0-9_.*\-]+:([^\s"']+)"#)
});

pub(super) fn commands(text: &str) -> Vec<Span> {
    let span = |found: regex::Match<'_>| Span { start: found.start(), end: found.end(), kind: Kind::Command };
    let mut all = Vec::new();
    for captures in USER.within(text).into_iter().flat_map(|regex| regex.captures_iter(text)) {
        // `1000:1000` are a user and a group.
        all.extend(
            captures
                .get(1)
                .filter(|found| !found.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
                .map(span),
        );
    }
    for line in SHORT.within(text).into_iter().flat_map(|regex| regex.find_iter(text)) {
        for captures in OPTION.within(line.as_str()).into_iter().flat_map(|regex| regex.captures_iter(line.as_str())) {
            let is_number = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
            let value = captures.get(1).filter(|value| !is_number(value.as_str()) && !value.as_str().starts_with('$'));
            all.extend(value.map(|value| Span {
                start: line.start() + value.start(),
                end: line.start() + value.end(),
                kind: Kind::Command,
            }));
        }
    }
    for line in WHOLE.within(text).into_iter().flat_map(|regex| regex.find_iter(text)) {
        all.extend(words(line.as_str()).into_iter().map(|(start, end)| Span {
            start: line.start() + start,
            end: line.start() + end,
            kind: Kind::Command,
        }));
    }
    for pattern in [&PIPED, &REPLACED] {
        let found = pattern.within(text).into_iter().flat_map(|regex| regex.captures_iter(text));
        let values = found.filter_map(|captures| captures.iter().skip(1).flatten().next());
        all.extend(values.filter(|value| !value.as_str().trim_matches(['"', '\'']).starts_with('$')).map(span));
    }
    for pattern in [&SQL, &PGPASS] {
        let values = pattern
            .within(text)
            .into_iter()
            .flat_map(|regex| regex.captures_iter(text))
            .filter_map(|captures| captures.get(1));
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
