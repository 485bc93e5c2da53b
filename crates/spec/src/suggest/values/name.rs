//! Names: of users, images, programs, files, labels, tags and registries.

use super::limit::near;
use super::{Value, each, read, text_of};
use crate::parameter::{self, is_known_image};
use crate::sentence::Token;
use crate::suggest::sense::{Written, is_one};

/// `the app user`, `user shop (uid 1000)`, `USER 1000:1000`: one, for a number beside a name is the same user's.
pub(super) fn users(words: &[Token]) -> Vec<Value> {
    let mut found = each(words, user);
    let is_number = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
    found.sort_by_key(|value| (is_number(&value.text), !is_account(&value.text)));
    found.truncate(1);
    found
}

fn user(words: &[Token], at: usize) -> Option<String> {
    const RUNS: &str = "run|running|boot|start|launched|executed|work";
    let text = words[at].text.trim_matches(['"', '\'']);
    let before = at.checked_sub(1).map_or("", |before| words[before].word.as_str());
    if ["uid", "id", "user", "="].contains(&before) && is_number(text) || is_pair(text) {
        return Some(text.to_owned());
    }
    let is_named = match before {
        "as" | "under" => (at.saturating_sub(5)..at).any(|at| is_one(&words[at..], RUNS)),
        before => ["user", "account", "prints"].contains(&before),
    };
    let is_user = words.get(at + 1).is_some_and(|next| ["user", "account"].contains(&next.word.as_str()));
    let name = read("user-name", words, at).filter(|_| is_named || is_user)?;
    let is_plain = name.chars().all(|c| c.is_lowercase() || "-_".contains(c));
    let is_power = ["superuser", "administrator", "admin"].contains(&name.as_str());
    // Words of the vocabulary are names where they are known as such.
    (is_plain && !is_power && (words[at].numbers().next().is_none() || is_account(&name))).then_some(name)
}

fn is_number(text: &str) -> bool {
    (2..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_pair(text: &str) -> bool {
    text.split_once(':').is_some_and(|(user, group)| is_number(user) && is_number(group))
}

/// Whether a name can be nothing but an account's.
fn is_account(name: &str) -> bool {
    name == "app" || read("service-user", &[Token::new(name, 0)], 0).is_some()
}

/// The image that another one is based on: not one that only builds it, and none that the sentence leaves.
pub(super) fn bases(written: &Written) -> Vec<Value> {
    const BUILD: &str = "sdk|build|builder|building|compile|compiling";
    let words = &written.words;
    let found = each(words, base);
    let is_left = |value: &Value| {
        let from = value.at > 0 && words[value.at - 1].is("from");
        from && is_one(&words[value.at + 1..], "to") || written.is_denied(value.at)
    };
    let is_tool = |value: &Value| {
        let nearby = value.at.saturating_sub(4)..(value.at + 5).min(words.len());
        let is_build = |at: &usize| is_one(&words[*at..], BUILD) && written.is_together(*at, value.at);
        nearby.filter(is_build).any(|at| at == 0 || !words[at - 1].is("multi-stage")) || value.text.contains("sdk")
    };
    let (tools, plain): (Vec<Value>, Vec<Value>) = found.into_iter().filter(|value| !is_left(value)).partition(is_tool);
    plain.into_iter().chain(tools).take(1).collect()
}

fn base(words: &[Token], at: usize) -> Option<String> {
    let text = &words[at].text;
    let is_bare = is_known_image(text) && at > 0 && is_one(&words[at - 1..], "base|from|on|to|based|:");
    let is_address = ["http", "localhost", "/"].iter().any(|begin| text.starts_with(begin)) || text.contains("://");
    let is_figure = text.chars().all(|c| c.is_ascii_digit() || ":.,/".contains(c));
    let is_image = text.contains([':', '/']) && !is_address && !is_figure || is_bare;
    read("ref", words, at).filter(|_| is_image)
}

/// `shell`, `package manager`, or a program. Some are called as verbs and nouns are.
pub(super) fn tool(words: &[Token], at: usize) -> Option<String> {
    const VERBS: &str = "git|go|make|node|dash|ash";
    const ENDS: &str = ",|.|;|)|and|or|nor|in|not|left|from|gone|behind";
    let (length, value) = parameter::named("absences")(&words[at..]).pop()?;
    let parameter::Value::List(names) = value else { return None };
    let is_program = !names.first()?.starts_with("file:") && !is_one(&words[at..], "no|any|a");
    let next = &words[at + length..];
    let is_verb =
        is_one(&words[at..], VERBS) && (words[at].word.ends_with('s') || !next.is_empty() && !is_one(next, ENDS));
    (is_program && !is_verb).then(|| text_of(&words[at..at + length]))
}

/// A file by its name, wherever it lies.
pub(super) fn file(words: &[Token], at: usize) -> Option<String> {
    let is_name = !words[at].text.starts_with('/') && !is_one(&words[at..], "a|any|no|.dockerignore");
    read("file-names", words, at).filter(|_| is_name)
}

/// A label by its full name, or by a short one where labels are spoken of.
pub(super) fn label(words: &[Token], at: usize) -> Option<String> {
    let is_full = words[at].text.matches('.').count() > 1 || words[at].text == "maintainer";
    let is_spoken_of = (at.saturating_sub(8)..at).any(|at| is_one(&words[at..], "label|labeled"));
    read("labels", words, at).filter(|_| is_full || is_spoken_of)
}

pub(super) fn tag(words: &[Token], at: usize) -> Option<String> {
    let word = words[at].word.as_str();
    let number = word.strip_prefix('v').unwrap_or(word);
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = number.contains('.') && number.split('.').all(is_part) && near(words, at, "tag");
    let name = match word {
        "version" | "semver" => "version",
        "commit" | "sha" => "commit",
        "latest" => "latest",
        _ if is_version => "version",
        _ => return None,
    };
    Some(name.to_owned())
}

/// A registry, with the repository there and without its tag.
pub(super) fn registry(words: &[Token], at: usize) -> Option<String> {
    let text = words[at].text.as_str();
    let repository = text.split_once(':').filter(|(name, _)| name.contains('/')).map_or(text, |(name, _)| name);
    let next = words.get(at + 1).cloned();
    let begin: Vec<Token> = std::iter::once(Token::new(repository, 0)).chain(next).collect();
    read("known-registries", &begin, 0)
}

/// A signal that ends a service in order, besides the usual one.
pub(super) fn signal(words: &[Token], at: usize) -> Option<String> {
    read("signal", words, at).filter(|signal| !["SIGTERM", "SIGKILL"].contains(&signal.as_str()))
}

/// What a sentence says is kept: the noun in the plural near its beginning, else any data.
pub(super) fn things(words: &[Token]) -> String {
    const VERBS: &str = "persist|survive|keep|stop|start|restart|container|always|this|mean|step";
    let is_noun = |at: &usize| {
        let word = &words[*at].word;
        word.len() > 4 && word.ends_with('s') && word.chars().all(char::is_alphabetic) && !is_one(&words[*at..], VERBS)
    };
    let named = (0..words.len().min(4)).find(is_noun).map_or("data", |at| words[at].text.as_str());
    let mut letters = named.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
