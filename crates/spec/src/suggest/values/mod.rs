//! The values of a sentence that was not understood: its sizes, times, ports, paths, variables and names, each with its place.

mod address;
mod limit;
mod name;
mod variable;

pub(super) use variable::is_of_other;

use super::sense::Written;
use crate::parameter;
use crate::sentence::Token;

/// A value as it is written in a suggestion.
pub(super) struct Value {
    /// The number of its first word.
    pub(super) at: usize,
    pub(super) text: String,
}

/// Whether a sentence may promise the same of several such values.
pub(super) fn may_be_several(name: &str) -> bool {
    ["path", "answering-path", "health-path", "port", "file-path", "file"].contains(&name)
}

/// The values of a kind, in the order of the sentence. The kinds are the names in braces of the table of topics.
pub(super) fn all(name: &str, written: &Written) -> Vec<Value> {
    let words = &written.words;
    let paths =
        |is_one: fn(&str) -> bool| each(words, address::path).into_iter().filter(move |path| is_one(&path.text));
    match name {
        "size" | "time" => limit::limits(name, words),
        "layers" => each(words, limit::layers),
        "port" => each(words, address::port),
        "path" => each(words, address::path),
        "answering-path" => paths(|path| !address::is_file(path)).collect(),
        "health-path" => paths(|path| !address::is_file(path) && address::is_of_health(path)).collect(),
        "service-path" => paths(|path| !address::is_file(path) && path.len() > 1).take(1).collect(),
        "file-path" => paths(address::is_file).collect(),
        "missing-path" => paths(|path| address::is_file(path) && path.matches('/').count() > 2).collect(),
        "writable-paths" => joined(&paths(address::is_file).collect::<Vec<_>>(), " and "),
        "file" => each(words, name::file),
        "var" => each(words, variable::variable),
        "value" => each(words, variable::default),
        "user" => name::users(words),
        "base" => name::bases(written),
        "tools" => joined(&each(words, name::tool), " or "),
        "labels" => joined(&each(words, name::label), ", "),
        "platforms" => {
            let platform = |words: &[Token], at| read("platforms", words, at).filter(|_| !written.is_denied(at));
            joined(&each(words, platform), ", ")
        }
        "tags" => joined(&each(words, |words, at| name::tag(words, at).filter(|_| !written.is_denied(at))), " and "),
        "registry" => each(words, name::registry),
        "dependency" => each(words, variable::server),
        "signal" => each(words, name::signal),
        // A credential has no place in a specification.
        "login" => vec![Value { at: 0, text: "{env.API_TOKEN}".to_owned() }],
        "things" => vec![Value { at: 0, text: name::things(words) }],
        "peer" => each(words, |words, at| read("hosts", words, at)),
        parameter => each(words, |words, at| read(parameter, words, at)),
    }
}

/// What is read at each word, once.
fn each(words: &[Token], read: impl Fn(&[Token], usize) -> Option<String>) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for at in 0..words.len() {
        if let Some(text) = read(words, at)
            && values.iter().all(|known| known.text != text)
        {
            values.push(Value { at, text });
        }
    }
    values
}

/// Several as one, in the place of the first.
fn joined(values: &[Value], last: &str) -> Vec<Value> {
    let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
    let text = match texts.as_slice() {
        [] => return Vec::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{}{last}{end}", first.join(", ")),
    };
    vec![Value { at: values[0].at, text }]
}

/// What a parameter of the vocabulary reads here, as it was written or as the vocabulary calls it.
fn read(parameter: &str, words: &[Token], at: usize) -> Option<String> {
    // The longest way is the first one; of a list, one element is enough.
    let (length, value) = parameter::named(parameter)(&words[at..]).pop()?;
    match value {
        parameter::Value::List(names) if parameter != "file-names" => names.into_iter().next(),
        parameter::Value::Text(text) => Some(text),
        _ => Some(text_of(&words[at..at + length])),
    }
}

fn text_of(words: &[Token]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
