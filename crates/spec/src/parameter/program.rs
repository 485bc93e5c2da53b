//! Programs that an image may lack.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::file::{file_name, path_name};
use super::{Value, list};
use crate::sentence::Token;

/// What an image may lack: a kind of tool, a program by its name, a file by its name or its path.
pub(super) fn absence(tokens: &[Token]) -> Option<(usize, String)> {
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
pub(super) fn may_be_absent(token: &Token) -> bool {
    static FIRST: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let names = PROGRAMS.iter().map(|(phrase, _)| *phrase).chain(TOOLS.iter().map(|(phrase, _)| *phrase));
        names.map(|phrase| phrase.split(' ').next().unwrap_or(phrase)).collect()
    });
    let is_known = FIRST.contains(token.word.as_str()) || FIRST.contains(token.stem.as_str());
    is_known || token.text.contains(['.', '/', '_'])
}

/// `(sh, bash)` and `such as apt and dpkg`: programs as examples.
pub(super) fn examples(tokens: &[Token]) -> Vec<(usize, Value)> {
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

pub(super) fn program_name(tokens: &[Token]) -> Option<(usize, String)> {
    phrase(tokens, PROGRAMS)
}

/// A program of a list that was read as a parameter.
pub(crate) fn program(name: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(_, known)| *known == name).map(|(_, known)| *known)
}

/// Programs that people name, as they call them, and as the file is called.
pub(super) const PROGRAMS: &[(&str, &str)] = &[
    ("go toolchain", "go"),
    ("go compiler", "go"),
    ("golang", "go"),
    ("rust toolchain", "rustc"),
    ("rust compiler", "rustc"),
    ("jdk", "javac"),
    ("maven", "mvn"),
    ("netcat", "nc"),
    ("node.js", "node"),
    ("nodejs", "node"),
    ("node", "node"),
    ("vi", "vi"),
    ("conda", "conda"),
    ("unzip", "unzip"),
    ("rsync", "rsync"),
    ("kubectl", "kubectl"),
    ("helm", "helm"),
    ("pipenv", "pipenv"),
    ("tsc", "tsc"),
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

/// The longest of the phrases that the words begin with, and what it stands for.
pub(super) fn phrase(tokens: &[Token], phrases: &[(&str, &str)]) -> Option<(usize, String)> {
    let found = phrases.iter().filter_map(|(phrase, name)| {
        let length = phrase.split(' ').count();
        let found = tokens.len() >= length && phrase.split(' ').zip(tokens).all(|(word, token)| token.is(word));
        found.then_some((length, *name))
    });
    found.max_by_key(|(length, _)| *length).map(|(length, name)| (length, name.to_owned()))
}

pub(super) const TOOLS: &[(&str, &str)] = &[
    ("shell", "shell"),
    ("package manager", "package-manager"),
    ("compiler", "compiler"),
    ("build tools", "build-tools"),
    ("other build tools", "build-tools"),
    ("build tool", "build-tools"),
];

pub(super) fn tool(tokens: &[Token]) -> Option<(usize, String)> {
    let skipped = usize::from(tokens.first().is_some_and(|token| ["a", "no", "any"].contains(&token.word.as_str())));
    let found = phrase(&tokens[skipped..], TOOLS);
    found.map(|(length, name)| (length + skipped, name))
}

/// Tools with separators between them, each with a `no` of its own or without: `no compiler and no shell`.
pub(super) fn tools(tokens: &[Token]) -> Vec<(usize, Value)> {
    let one = |tokens: &[Token]| match tokens.split_first() {
        Some((first, rest)) if first.is("no") => tool(rest).map(|(length, name)| (length + 1, name)),
        _ => tool(tokens),
    };
    // The first has the sentence's own.
    if tool(tokens).is_none() { Vec::new() } else { list(tokens, one, &[",", "or", "and", "nor", "/"]) }
}
