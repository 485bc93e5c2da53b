//! Tokens that name themselves by how they begin, and keys in blocks.

use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use super::{Kind, LONGEST, Span};

/// How tokens of known issuers begin.
pub(super) const BEGINNINGS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "npm_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glptt-",
    "AKIA",
    "ASIA",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xoxe.",
    "xapp-1-",
    "hooks.slack.com/services/T",
    "sk_live_",
    "rk_live_",
    "sk_test_",
    "rk_test_",
    "pk_live_",
    "whsec_",
    "AIza",
    "GOCSPX-",
    "ya29.",
    "AccountKey=",
    "SharedAccessKey=",
    "sig=",
    "pypi-AgE",
    "dckr_pat_",
    "dckr_oat_",
    "cio",
    "rubygems_",
    "oy2",
    "sk-ant-",
    "sk-proj-",
    "sk-svcacct-",
    "sk-",
    "sk-or-v1-",
    "hf_",
    "gsk_",
    "r8_",
    "xai-",
    "pplx-",
    "napi_",
    "npg_",
    "sbp_",
    "sb_secret_",
    "pscale_tkn_",
    "pscale_pw_",
    "hvs.",
    "hvb.",
    "SG.",
    "SK",
    "HRKU-AA",
    "AGE-SECRET-KEY-1",
    "dop_v1_",
    "doo_v1_",
    "dor_v1_",
    "shpat_",
    "shpss_",
    "dapi",
    "dp.pt.",
    "dp.st.",
    "glsa_",
    "glc_eyJ",
    "pul-",
    "FlyV1 fm2_",
    "fm2_",
    "PMAK-",
    "NRAK-",
    "sntrys_eyJ",
    "sntryu_",
    "lin_api_",
    "figd_",
    "ATATT3xFfGF0",
    "AKCp",
    "tskey-auth-",
    "tskey-api-",
    "ops_eyJ",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "eyJ",
    "aws_secret_access_key",
    "AWS_SECRET_ACCESS_KEY",
    "SecretAccessKey",
    "secretAccessKey",
    "tak_",
    "T3BlbkFJ",
    ".atlasv1.",
    "$argon2",
    "$2a$",
    "$2b$",
    "$2y$",
    "$6$",
    "$5$",
    "$y$",
    "$apr1$",
    "{SSHA}",
    "{SHA}",
    "SCRAM-SHA-256$",
    "ssh-rsa ",
    "ssh-ed25519 ",
];
/// Beginnings that words have too: what follows them must not be a word.
const SHORT: &[&str] =
    &["cio", "oy2", "SK", "dapi", "npm_", "hf_", "sig=", "sk-", "eyJ", "AKCp", "pul-", "r8_", "SG.", "AIza"];

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let beginnings: Vec<String> = BEGINNINGS.iter().map(|beginning| regex::escape(beginning)).collect();
    Regex::new(&format!(r#"(?:{})["' :=]{{0,6}}[A-Za-z0-9_\-./+=~:$%]{{6,}}"#, beginnings.join("|"))).ok()
});
pub(super) fn tokens(text: &str) -> Vec<Span> {
    // It is compiled for a text that it may be found in.
    if !BEGINNINGS.iter().any(|beginning| memmem::find(text.as_bytes(), beginning.as_bytes()).is_some()) {
        return Vec::new();
    }
    let found = TOKEN
        .iter()
        .flat_map(|regex| regex.find_iter(text))
        .filter(|found| is_token(text, found.start(), found.as_str()));
    found.map(|found| Span { start: run_start(text, found.start()), end: found.end(), kind: Kind::Token }).collect()
}

fn is_token(text: &str, start: usize, found: &str) -> bool {
    let Some(short) = SHORT.iter().find(|short| found.starts_with(**short)) else { return true };
    let is_inside = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let tail = &found[short.len()..];
    let is_word = !tail.bytes().any(|byte| byte.is_ascii_digit()) && tail.len() < 16;
    !is_inside && !is_word
}

/// Marks in the middle of a token: it begins before them.
fn run_start(text: &str, start: usize) -> usize {
    let is_middle = [".atlasv1.", "T3BlbkFJ"].iter().any(|mark| text[start..].starts_with(mark));
    if !is_middle {
        return start;
    }
    let before = text[..start].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    before.len()
}

/// Keys and certificates in blocks, of which each line may have something before it.
pub(super) fn keys(text: &str) -> Vec<Span> {
    let mut all: Vec<Span> = Vec::new();
    for (at, _) in text.match_indices("-BEGIN ").chain(text.match_indices("- BEGIN ")) {
        if all.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let start = text[..at].trim_end_matches('-').len();
        all.push(Span { start, end: block(text, at), kind: Kind::Key });
    }
    // PuTTY's.
    if let Some(at) = text.find("PuTTY-User-Key-File") {
        let end = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
        all.push(Span { start: at, end, kind: Kind::Key });
    }
    all
}

/// Where a block ends: behind its last line, or where nothing more looks like base 64.
fn block(text: &str, at: usize) -> usize {
    let window = &text[at..text.floor_char_boundary(text.len().min(at + LONGEST))];
    let end = ["-END ", "- END "].iter().filter_map(|mark| window.find(mark)).min();
    if let Some(end) = end.filter(|end| !window[..*end].contains("\n\n\n")) {
        let behind = &window[end..];
        let title = behind
            .find("--")
            .map_or(behind.len(), |dashes| behind.len() - behind[dashes..].trim_start_matches('-').len());
        return at + end + title;
    }
    let is_key = |word: &str| {
        let word = word.trim_matches(['#', '"', '\'', '+', ',', '\\', '>', '|', '`', ';', ')']);
        word.is_empty()
            || word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\-:".contains(&byte))
    };
    let title = window.find("-----").map_or(0, |dashes| dashes + 5).max(8);
    let mut last = window.floor_char_boundary(title.min(window.len()));
    let body = last;
    let mut from = body;
    for word in window[body..].split_inclusive(char::is_whitespace) {
        if !is_key(word.trim()) {
            break;
        }
        from += word.len();
        last = from - (word.len() - word.trim_end().len());
    }
    at + last.min(window.len())
}
