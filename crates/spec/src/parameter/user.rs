//! Users, groups and owners.

use super::{NO_NAMES, Value};
use crate::sentence::Token;
use crate::steps::templates;

pub(super) fn user_id(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let id = text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let id = text.parse::<u32>().ok().filter(|_| id)?;
    Some((1, id.to_string()))
}

/// `10001:10001`, as `USER` and `--user` take them.
pub(super) fn user_and_group(tokens: &[Token]) -> Vec<(usize, Value)> {
    let pair = tokens.first().and_then(|token| token.text.split_once(':').map(|(user, group)| (token, user, group)));
    let number = |text: &str, start: usize| user_id(&[Token::new(text, start)]).map(|(_, number)| number);
    let ids = pair.and_then(|(token, user, group)| Some(vec![number(user, token.start)?, number(group, token.start)?]));
    ids.map(|ids| (1, Value::List(ids))).into_iter().collect()
}

/// A user by a name that can be nothing else.
pub(super) fn known_user(tokens: &[Token]) -> Option<(usize, String)> {
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
pub(super) fn service_user(tokens: &[Token]) -> Option<(usize, String)> {
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
        "nextjs",
        "web",
        "www",
        "spring",
    ];
    // `Non-root user (app)` may be the service's.
    let known = known_user(tokens).filter(|(_, name)| name != "app" && !name.bytes().all(|byte| byte.is_ascii_digit()));
    known.or_else(|| user(tokens).filter(|(_, name)| KNOWN.contains(&name.as_str())))
}

/// A user's name beside a number, where an adjective could stand too: `shop (uid 1000)`, `dedicated (uid 1000)`.
pub(super) fn user_name(tokens: &[Token]) -> Option<(usize, String)> {
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
pub(super) fn user(tokens: &[Token]) -> Option<(usize, String)> {
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
        "whoever",
        "tomorrow",
        "today",
        "yesterday",
        "now",
        "etc",
        "here",
        "there",
        "everywhere",
        "anyway",
        "sometimes",
        "once",
        "twice",
        "forever",
        "someday",
        "maybe",
        "perhaps",
        "please",
        "us",
        "me",
        "we",
        "you",
        "them",
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

/// Who asks, by variables of the run alone: `{env.API_TOKEN}`, `{env.USER}:{env.PASSWORD}`. A credential has no place in a specification.
pub(super) fn who(tokens: &[Token]) -> Option<(usize, String)> {
    let text = &tokens.first()?.text;
    let found = templates(text);
    let is_written =
        |names: &[&str]| names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(":") == *text;
    let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
    let all_given = (1..=2).contains(&names.len()) && names.iter().all(|name| name.starts_with("env."));
    (all_given && is_written(&names)).then(|| (1, text.clone()))
}

/// `client's`, `customers'`.
pub(super) fn owner(tokens: &[Token]) -> Option<(usize, String)> {
    let word = &tokens.first()?.word;
    (word.len() <= 40 && (word.ends_with("'s") || word.ends_with("s'"))).then(|| (1, word.clone()))
}
