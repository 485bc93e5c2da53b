//! Hosts, addresses and e-mail addresses outside URLs.

use core::net::{Ipv4Addr, Ipv6Addr};

use regex::Regex;

use super::pattern::Pattern;
use super::{Kind, Span};

static DOMAIN: Pattern =
    Pattern::new(&["."], || Regex::new(r"(?i)[a-z0-9_](?:[a-z0-9_\-]*)(?:\.[a-z0-9_](?:[a-z0-9_\-]*)){1,10}"));
static EMAIL: Pattern = Pattern::new(&["@", "[at", "(at", "at]", "at)"], || {
    Regex::new(
        r"(?i)[a-z0-9_.+%\-]+(?:@|\s?[\[(]at[\])]\s?)[a-z][a-z0-9\-]*(?:(?:\.|\s?[\[(]dot[\])]\s?)[a-z0-9\-]+){0,8}",
    )
});
static V4: Pattern = Pattern::new(&["."], || Regex::new(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"));
static V6: Pattern = Pattern::new(&[":"], || Regex::new(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%[a-z0-9]+)?"));
/// `-h db-prod-3`, `--host=db-prod-3`, `ssh deploy-7`
static FLAG: Pattern = Pattern::new(
    &[
        "psql",
        "pg_dump",
        "pg_isready",
        "mysql",
        "mariadb",
        "redis-cli",
        "mongo",
        "rabbitmqadmin",
        "--host",
        "ssh",
        "ping",
        "nslookup",
        "dig",
        "telnet",
        "nc",
        "scp",
        "rsync",
    ],
    || {
        Regex::new(
            r#"(?:\b(?:psql|pg_dump|pg_isready|mysql|mysqldump|mariadb|redis-cli|mongo|mongosh|rabbitmqadmin)\b[^\n|;&]*?\s-h\s*|--host(?:name)?[= ]|\b(?:ssh|ping|nslookup|dig|telnet|nc|scp|rsync)\s+(?:-\S+\s+)*)["']?([A-Za-z0-9][A-Za-z0-9.\-]+)"#,
        )
    },
);

/// `registry:5000/base`: a host without a point.
static WITH_PORT: Pattern =
    Pattern::new(&[":"], || Regex::new(r"(?:^|[\s=\x22'@])([A-Za-z][A-Za-z0-9\-]*):[0-9]{2,5}/"));

/// Last parts of names of hosts.
const ENDS: &[&str] = &[
    "com",
    "net",
    "org",
    "io",
    "cloud",
    "co",
    "de",
    "fr",
    "uk",
    "eu",
    "nl",
    "ch",
    "it",
    "es",
    "se",
    "ca",
    "au",
    "jp",
    "cn",
    "br",
    "tech",
    "systems",
    "ai",
    "host",
    "site",
    "online",
    "services",
    "network",
    "internal",
    "local",
    "corp",
    "lan",
    "intranet",
    "private",
    "localdomain",
    "consul",
    "svc",
    "onion",
    "arpa",
    "gov",
    "edu",
    "mil",
    "info",
    "biz",
    "xyz",
    "bank",
    "company",
    "software",
    "solutions",
    "digital",
    "zone",
    "tools",
    "works",
    "team",
    "store",
    "shop",
    "priv",
];
/// Ends that files and modules have too: those hosts have three parts.
const LONG_ENDS: &[&str] = &["app", "dev", "home", "test", "prod", "stage", "staging"];
/// Hosts that everybody knows, and whatever lies below them.
const PUBLIC: &[&str] = &[
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "docker.io",
    "docker.com",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "k8s.io",
    "mcr.microsoft.com",
    "microsoft.com",
    "nuget.org",
    "public.ecr.aws",
    "cgr.dev",
    "pypi.org",
    "pythonhosted.org",
    "python.org",
    "pypa.io",
    "npmjs.org",
    "npmjs.com",
    "yarnpkg.com",
    "nodejs.org",
    "nodesource.com",
    "golang.org",
    "go.dev",
    "crates.io",
    "rust-lang.org",
    "rustup.rs",
    "debian.org",
    "ubuntu.com",
    "alpinelinux.org",
    "fedoraproject.org",
    "centos.org",
    "archlinux.org",
    "rubygems.org",
    "packagist.org",
    "getcomposer.org",
    "php.net",
    "maven.org",
    "apache.org",
    "gradle.org",
    "spring.io",
    "quarkus.io",
    "oracle.com",
    "java.com",
    "nginx.org",
    "nginx.com",
    "postgresql.org",
    "mysql.com",
    "mariadb.org",
    "redis.io",
    "mongodb.org",
    "rabbitmq.com",
    "example.com",
    "example.org",
    "example.net",
    "w3.org",
    "json-schema.org",
    "schema.org",
    "opencontainers.org",
    "semver.org",
    "kubernetes.io",
    "wikipedia.org",
    "ietf.org",
    "letsencrypt.org",
    "astral.sh",
    "python-poetry.org",
    "expressjs.com",
    "fastapi.tiangolo.com",
    "djangoproject.com",
    "fastify.dev",
    "neon.tech",
    "deno.land",
    "jsr.io",
    "unpkg.com",
    "jsdelivr.net",
    "goproxy.io",
    "sum.golang.org",
    "hub.docker.com",
];
/// Words with a point in them that are no hosts.
const WORDS: &[&str] =
    &["asp.net", "system.net", "vb.net", "socket.io", "node.js", "crates.io", "draw.io", "e.g", "i.e"];
/// Names of tools and services that stand where a host may stand.
const PLAIN: &[&str] = &[
    "localhost",
    "host.docker.internal",
    "0.0.0.0",
    "127.0.0.1",
    "[::1]",
    "::1",
    "[::]",
    "::",
    "*",
    "host",
    "hostname",
    "server",
    "redis",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "rabbitmq",
    "kafka",
    "db",
    "database",
    "cache",
    "nginx",
    "app",
    "api",
    "web",
    "user",
    "example",
    "localhost.localdomain",
    "true",
    "false",
];

/// Hosts, addresses and e-mail addresses in a text.
pub(super) fn hosts(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let all = |pattern: &'static Pattern| pattern.within(text).into_iter().flat_map(move |regex| regex.find_iter(text));
    for domain in
        all(&DOMAIN).filter(|domain| is_domain(domain.as_str()) && stands_alone(text, domain.start(), domain.end()))
    {
        found.push(Span { start: domain.start(), end: domain.end(), kind: Kind::Host });
    }
    for email in all(&EMAIL).filter(|email| is_email(email.as_str(), text, email.start())) {
        found.push(Span { start: email.start(), end: email.end(), kind: Kind::Email });
    }
    for address in all(&V4).filter(|address| is_address(text, address.start(), address.end())) {
        found.push(Span { start: address.start(), end: address.end(), kind: Kind::Address });
    }
    for address in all(&V6).filter(|address| is_v6(text, address.start(), address.end())) {
        found.push(Span { start: address.start(), end: address.end(), kind: Kind::Address });
    }
    let named = FLAG
        .within(text)
        .into_iter()
        .flat_map(|regex| regex.captures_iter(text))
        .filter_map(|captures| captures.get(1));
    for name in named.filter(|name| is_private(name.as_str()) && name.as_str().contains(['-', '.', '0', '1', '2', '3']))
    {
        found.push(Span { start: name.start(), end: name.end(), kind: Kind::Host });
    }
    let hosts = WITH_PORT
        .within(text)
        .into_iter()
        .flat_map(|regex| regex.captures_iter(text))
        .filter_map(|captures| captures.get(1));
    for name in hosts.filter(|name| is_private(name.as_str())) {
        found.push(Span { start: name.start(), end: name.end(), kind: Kind::Host });
    }
    found
}

/// Whether a host is one that not everybody knows. What a variable fills in is none.
pub(super) fn is_private(host: &str) -> bool {
    let lower = host.trim_matches(['[', ']']).to_lowercase();
    let name = lower.split(':').next().unwrap_or_default();
    let address = lower.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    let v4 = name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    let is_filled_in = host.contains(['$', '{', '}', '<', '>', '%', '*', '…']);
    let is_path = lower.starts_with(['/', '-', '.']);
    let is_known = PLAIN.contains(&name) || is_public(name);
    !(host.is_empty() || address || v4 || is_filled_in || is_known || is_path)
        && (name.parse::<Ipv4Addr>().is_ok()
            || lower.parse::<Ipv6Addr>().is_ok()
            || lower.chars().any(char::is_alphabetic))
}

fn is_public(name: &str) -> bool {
    PUBLIC.iter().any(|known| {
        let is_below = name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        // The endpoints of somebody's own database lie below the company's name.
        is_below && !(*known == "neon.tech" && name.split('.').count() > 3) && !name.starts_with("hooks.")
    })
}

fn is_domain(text: &str) -> bool {
    let lower = text.to_lowercase();
    let labels: Vec<&str> = lower.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    let is_end = ENDS.contains(&last) || LONG_ENDS.contains(&last) && labels.len() > 2;
    let is_file = ["dockerfile", "compose", "requirements", "docker-compose", "readme"].contains(&labels[0]);
    is_end
        && !is_file
        && !WORDS.contains(&lower.as_str())
        && is_private(&lower)
        && !lower.starts_with("org.opencontainers.")
}

/// Whether the text does not go on on either side: `@scope/x.io`, `a.com_b`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let behind = text[end..].chars().next();
    let before = text[..start].chars().next_back();
    !matches!(before, Some('$' | '\\' | '%')) && !matches!(behind, Some('(' | '_'))
}

fn is_email(found: &str, text: &str, start: usize) -> bool {
    let Some((user, host)) = found.split_once('@') else { return true };
    !(is_version(host) || user == "git" && is_public(host) || text[..start].ends_with(['@', ':', '/']))
}

/// Whether what stands behind an `@` is a version or a tag: `pnpm@10.20.0`, `module@v1.2`, `tool@latest`.
pub(super) fn is_version(behind: &str) -> bool {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let tags = ["latest", "stable", "next", "lts", "main", "master", "alpha", "beta"];
    is_number(behind)
        || behind.strip_prefix('v').is_some_and(is_number)
        || behind.starts_with("sha256")
        || tags.contains(&behind.trim_end_matches(|c: char| !c.is_alphanumeric()))
}

fn is_address(text: &str, start: usize, end: usize) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
    let alone = !is_part(text[..start].chars().next_back()) && !text[end..].starts_with(|c: char| c.is_ascii_digit());
    let address = text[start..end].parse::<Ipv4Addr>();
    alone && address.is_ok_and(|one| !one.is_loopback() && !one.is_unspecified() && !one.is_broadcast())
}

fn is_v6(text: &str, start: usize, end: usize) -> bool {
    let found = &text[start..end];
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == ':' || c == '.');
    let alone =
        !is_part(text[..start].chars().next_back()) && !text[end..].starts_with(|c: char| c.is_ascii_alphanumeric());
    let plain = found.split('%').next().unwrap_or_default();
    let is_hardware = plain.split(':').count() == 6 && plain.split(':').all(|part| part.len() == 2);
    let has_groups = plain.split(':').filter(|group| !group.is_empty()).count() > 1;
    let address = plain.parse::<Ipv6Addr>();
    alone && has_groups && (is_hardware || address.is_ok_and(|one| !one.is_loopback() && !one.is_unspecified()))
}
