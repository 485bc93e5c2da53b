//! Steps that make sentences alike which say the same: each takes a sentence's words and returns them without what changes nothing.
//!
//! A step has a table, and a test of its own. What a step does not know stays, and then no entry accounts for it.

use crate::quantity;
use crate::sentence::{Token, begins};

type Step = fn(Vec<Token>) -> Vec<Token>;

/// In the order in which they are taken.
const STEPS: &[Step] = &[
    numbering,
    emoji,
    quotes,
    others,
    accounts,
    system,
    variables,
    comparisons,
    numbers,
    alternatives,
    abbreviations,
    spelling,
    negations,
    duties,
    fillers,
];

/// A sentence's words without what changes nothing of what it says.
pub(crate) fn normalise(words: &[Token]) -> Vec<Token> {
    STEPS.iter().fold(words.to_vec(), |words, step| step(words))
}

/// Pictures that decorate, besides animals, plants, food and toys. Any other, such as ❌ or 🚫, stays and is understood by nothing.
const DECORATION: &[char] = &[
    '✅', '✔', '✓', '☑', '🚀', '🔒', '🔐', '🛡', '🐳', '📦', '🏥', '🩺', '💾', '🧪', '🔧', '⚙', '🌐', '🔑', '📝', '🎯',
    '⚡', '🏷', '🧹', '📊', '📈', '💚', '🟢', '🏗', '🔌', '🗄', '📏', '⏱', '👤', '👮', '🪶', '🧱', '🗃', '📡', '🩹', '♻',
    '🔁', '➡', '👉', '⭐', '✨', '🎉', '💡', '🪵', '📜', '🧠', '🏁', '💓', '❤', '🫀', '🌍', '🌎', '🌏', '🦀', '🔊',
    '☕', '🐘', '🚲', '📉', '⚖', '🎛', '\u{fe0f}', '\u{200d}', '•', '●', '▪', '◦', '★',
];

/// Whether a sign is a picture that decorates, or a bullet.
pub(crate) fn is_decoration(sign: char) -> bool {
    let is_thing = matches!(sign, '\u{1f331}'..='\u{1f37f}' | '\u{1f3a0}'..='\u{1f3cf}' | '\u{1f400}'..='\u{1f43f}' | '\u{1f680}'..='\u{1f6a4}' | '\u{1f950}'..='\u{1f96f}' | '\u{1f9f0}'..='\u{1f9ff}');
    // A bug, a snail and a turtle say something.
    let is_remark = ['🐛', '🐌', '🐢'].contains(&sign);
    is_thing && !is_remark || DECORATION.contains(&sign)
}

/// `4.6 Ensure that …`, as catalogues of rules number them. `1.5 GB` and `3.12` stay.
fn numbering(mut words: Vec<Token>) -> Vec<Token> {
    let is_part = |part: &str| part.parse::<u8>().is_ok_and(|number| number <= 30);
    let is_number = |word: &str| word.contains('.') && word.split('.').all(is_part);
    let begins_sentence = |next: &Token| next.text.starts_with(char::is_uppercase) && !quantity::is_unit(&next.word);
    if matches!(words.as_slice(), [number, next, ..] if is_number(&number.text) && begins_sentence(next)) {
        words.remove(0);
    }
    words
}

fn emoji(words: Vec<Token>) -> Vec<Token> {
    trimmed(words, is_decoration)
}

fn quotes(words: Vec<Token>) -> Vec<Token> {
    trimmed(words, |sign| "\"“”„«»‹›`".contains(sign))
}

/// Takes signs from both ends of each word; a word of nothing else goes.
fn trimmed(words: Vec<Token>, takes: fn(char) -> bool) -> Vec<Token> {
    let trim = |token: Token| {
        let text = token.text.trim_start_matches(takes);
        let start = token.start + token.text.len() - text.len();
        let text = text.trim_end_matches(takes);
        if text.len() == token.text.len() { Some(token) } else { (!text.is_empty()).then(|| Token::new(text, start)) }
    };
    words.into_iter().filter_map(trim).collect()
}

/// What a service starts, stops or has inside it: no promise is about these.
const OTHERS: &[(&[&str], &[&str])] = &[
    (
        &["start", "stop", "run", "launch", "spawn"],
        &["containers", "workers", "images", "processes", "services", "users", "jobs", "apps"],
    ),
    (&["worker", "user", "child", "client", "database", "sidecar", "build"], &["processes", "containers", "images"]),
    (&["https"], &["health", "healthcheck", "health-check"]),
    (&["each", "every"], &["worker", "process", "replica", "instance"]),
    (&["worker"], &["image", "container"]),
    (&["both", "either"], &["container", "containers", "workers", "processes", "images", "replicas", "instances"]),
];

/// `starts containers`, `each worker`, `users` as words that no entry has.
fn others(words: Vec<Token>) -> Vec<Token> {
    let is_other = |at: usize| {
        let (before, word) = (at.checked_sub(1).map(|at| &words[at]), words[at].word.as_str());
        let follows = |(firsts, seconds): &(&[&str], &[&str])| {
            seconds.contains(&word) && before.is_some_and(|before| firsts.iter().any(|first| before.is(first)))
        };
        // `as a daemon` is a kind of program, `as user daemon` an account.
        let is_kind = at > 1
            && words[at - 2].word == "as"
            && ["a", "an"].contains(&words[at - 1].word.as_str())
            && ["daemon", "node", "nginx", "redis", "postgres"].contains(&word)
            && !words.get(at + 1).is_some_and(|next| next.is("user") || next.is("account"));
        let is_count =
            word == "users" && before.is_some_and(|before| before.word.bytes().all(|byte| byte.is_ascii_digit()));
        // `In production the image …` is about one place alone.
        let is_place = word == "production"
            && before.is_some_and(|before| before.word == "in")
            && words.get(at + 1).is_none_or(|next| ["the", ",", ".", "it", "and"].contains(&next.word.as_str()));
        OTHERS.iter().any(follows)
            || is_kind
            || is_count
            || is_place
            || word == "users" && before.is_none() && words.get(at + 1).is_none_or(|next| next.word != "can")
            || word == "each" && at + 1 == words.len()
    };
    let marked = (0..words.len()).filter(|at| is_other(*at)).collect::<Vec<_>>();
    meaning(words, &marked, "others")
}

/// `The system must …`, as requirements are written, is about the service. `The system user` is not.
fn system(words: Vec<Token>) -> Vec<Token> {
    const VERBS: &[&str] =
        &["must", "shall", "should", "will", "can", "is", "does", "reads", "starts", "runs", "logs", "stops"];
    let is_subject = |at: usize| {
        let begins = at == 0 || at == 1 && words[0].word == "the";
        begins
            && words[at].word == "system"
            && words.get(at + 1).is_some_and(|next| VERBS.contains(&next.word.as_str()))
    };
    let marked = (0..words.len()).filter(|at| is_subject(*at)).collect::<Vec<_>>();
    meaning(words, &marked, "service")
}

/// The sentence with the words at these places meant as another one.
fn meaning(mut words: Vec<Token>, places: &[usize], word: &str) -> Vec<Token> {
    for at in places {
        let Token { text, start, .. } = &words[*at];
        words[*at] = Token::meaning(text.clone(), word, *start);
    }
    words
}

/// `user app`, `user (app)` and `user: app` name an account, and no program.
fn accounts(words: Vec<Token>) -> Vec<Token> {
    let is_account = |at: usize| {
        let mut before = words[..at].iter().rev();
        let marks = ["(", ":", ",", "is", "="];
        let named = before.find(|word| !marks.contains(&word.text.as_str()));
        let ends = words.get(at + 1).is_none_or(|next| next.is(")") || next.is("."));
        words[at].word == "app" && ends && named.is_some_and(|word| word.is("user"))
    };
    let marked = (0..words.len()).filter(|at| is_account(*at)).collect::<Vec<_>>();
    meaning(words, &marked, "appuser")
}

/// `PORT: 8080` may name the variable or the port: nothing is read as either.
fn variables(words: Vec<Token>) -> Vec<Token> {
    let is_ambiguous = matches!(words.as_slice(), [name, colon, value, ..]
        if name.text == "PORT" && colon.is(":") && value.text.bytes().all(|byte| byte.is_ascii_digit()));
    if is_ambiguous { meaning(words, &[0], "port-variable") } else { words }
}

/// `<10s` and `sub-10s` as two words, `<= 10 s` as it is.
fn comparisons(words: Vec<Token>) -> Vec<Token> {
    let split = |token: Token| {
        let sign = ["<=", "<", "≤", "sub-", "Sub-"]
            .into_iter()
            .find(|sign| token.text.starts_with(sign) && token.text.len() > sign.len());
        match sign.filter(|sign| token.text[sign.len()..].starts_with(|c: char| c.is_ascii_digit())) {
            Some(sign) => {
                let (sign, number) = token.text.split_at(sign.len());
                let word = if sign.ends_with('-') { "<" } else { sign };
                let first = Token::meaning(sign.to_owned(), word, token.start);
                vec![first, Token::new(number, token.start + sign.len())]
            }
            None => vec![token],
        }
    };
    words.into_iter().flat_map(split).map(arrow).collect()
}

/// `User → 1000` as `User: 1000`.
fn arrow(token: Token) -> Token {
    if ["→", "⇒"].contains(&token.text.as_str()) { Token::meaning(token.text, ":", token.start) } else { token }
}

/// Numbers that people write as words, where a unit follows.
const NUMBERS: &[(&str, &str)] = &[
    ("a", "1"),
    ("an", "1"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("twelve", "12"),
    ("fifteen", "15"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("ninety", "90"),
];

/// `ten seconds` as `10 seconds`, `one hundred megabytes` as it is.
fn numbers(mut words: Vec<Token>) -> Vec<Token> {
    // `a b` is no byte.
    let is_unit = |at: usize| words.get(at).is_some_and(|next| next.word.len() > 4 && quantity::is_unit(&next.word));
    // `in a second container`
    let is_ordinal = |at: usize| {
        words.get(at + 2).is_some_and(|noun| noun.word.chars().all(char::is_alphabetic) && is_box(&noun.stem))
    };
    let figure = |at: usize| {
        let (_, figure) = NUMBERS.iter().find(|(word, _)| words[at].word == *word)?;
        (is_unit(at + 1) && !is_ordinal(at)).then_some((at, *figure))
    };
    for (at, figure) in (0..words.len()).filter_map(figure).collect::<Vec<_>>() {
        words[at] = Token::new(figure, words[at].start);
    }
    words
}

fn is_box(stem: &str) -> bool {
    ["container", "process", "image", "machine", "instance", "replica", "host", "service", "pod"].contains(&stem)
}

/// `SIGTERM/SIGINT` and `create/read/update/delete` as words with the mark between them.
fn alternatives(words: Vec<Token>) -> Vec<Token> {
    let split = |token: Token| {
        let parts: Vec<&str> = token.text.split('/').collect();
        let plain = |part: &&str| part.len() >= 3 && part.chars().all(|c| c.is_alphabetic() || c == '-');
        if parts.len() < 2 || !parts.iter().all(plain) || !parts.iter().all(|part| is_ordinary(part)) {
            return vec![token];
        }
        let mut at = token.start;
        let mut tokens = Vec::new();
        for part in parts {
            if !tokens.is_empty() {
                tokens.push(Token::new("/", at));
                at += 1;
            }
            tokens.push(Token::new(part, at));
            at += part.len();
        }
        tokens
    };
    words.into_iter().flat_map(split).collect()
}

/// Words between which a slash is an *and* or an *or*.
fn is_ordinary(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "create",
        "read",
        "update",
        "delete",
        "list",
        "sigterm",
        "sigint",
        "sigquit",
        "shell",
        "compiler",
        "credential",
        "password",
        "secret",
        "token",
        "key",
        "package",
        "manager",
        "image",
        "container",
        "layer",
        "commit",
        "version",
        "latest",
        "memory",
        "stdout",
        "start",
        "startup",
        "build",
        "debug",
    ];
    WORDS.contains(&crate::sentence::singular(&word.to_lowercase()).as_str())
}

/// The period of `max.`, and of `sec.` inside a sentence.
fn abbreviations(words: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(words.len());
    let mut words = words.into_iter().peekable();
    while let Some(token) = words.next() {
        let ends_one = token.is(".")
            && kept.last().is_some_and(|before| {
                ["max", "min", "incl", "approx", "resp"].contains(&before.word.as_str())
                    || quantity::is_unit(&before.word)
            })
            && words.peek().is_some_and(|next| !next.text.starts_with(char::is_uppercase));
        if !ends_one {
            kept.push(token);
        }
    }
    kept
}

/// British spelling, and other spellings of one word.
const SPELLING: &[(&str, &str)] = &[
    ("containerised", "containerized"),
    ("dockerised", "containerized"),
    ("dockerized", "containerized"),
    ("honour", "honor"),
    ("honours", "honor"),
    ("honoured", "honored"),
    ("artefact", "artifact"),
    ("builded", "built"),
    ("authorised", "authorized"),
    ("labelled", "labeled"),
    ("minimised", "minimized"),
    ("optimised", "optimized"),
    ("initialise", "initialize"),
    ("signalled", "signaled"),
    ("behaviour", "behavior"),
    ("licence", "license"),
    ("standardised", "standardized"),
    ("non-privileged", "unprivileged"),
    ("nonprivileged", "unprivileged"),
    ("non-superuser", "non-root"),
    ("rootfull", "rootful"),
    ("programme", "program"),
    ("healthchecks", "healthcheck"),
    ("start-up", "startup"),
    ("shut-down", "shutdown"),
    ("has", "have"),
    ("having", "have"),
    ("goes", "go"),
    ("uses", "use"),
    ("&", "and"),
    ("+", "and"),
    ("w/", "with"),
    ("w/o", "without"),
    ("db", "database"),
    ("pls", "please"),
    ("creds", "credentials"),
    ("cas", "ca"),
    ("img", "image"),
    ("upon", "on"),
    ("there's", "there"),
    ("it's", "it"),
    ("envvar", "env"),
    ("file-system", "filesystem"),
];

fn spelling(words: Vec<Token>) -> Vec<Token> {
    let words = rewritten(words, |rest| Some((begins(rest, "as well as")?, Some("and"))));
    let plain = |token: Token| match SPELLING.iter().find(|(word, _)| token.word == *word) {
        Some((_, usual)) => Token::meaning(token.text, usual, token.start),
        None => token,
    };
    words.into_iter().map(plain).collect()
}

/// Every way to say *not*, each as that one word. `may not` and `cannot` say other things, and stay.
const NEGATIONS: &[&str] = &[
    "must never",
    "must not",
    "shall never",
    "shall not",
    "should never",
    "should not",
    "will never",
    "will not",
    "does not",
    "do not",
    "mustn't",
    "shouldn't",
    "shan't",
    "won't",
    "doesn't",
    "don't",
    "is not",
    "are not",
    "isn't",
    "aren't",
    "must not be",
    "is never",
    "are never",
    "never",
    "is no longer",
    "are no longer",
    "does no longer",
    "no longer",
];

/// What need not be may be: it denies nothing, and is understood by nothing.
const NEEDLESS: &[&str] = &[
    "does not have to",
    "do not have to",
    "doesn't have to",
    "don't have to",
    "not have to",
    "does not need to",
    "do not need to",
    "doesn't need to",
    "don't need to",
    "not need to",
    "need not",
    "needn't",
    "is not required",
    "are not required",
    "isn't required",
    "aren't required",
    "not required",
];

/// What nobody wants is not to be there.
const UNWANTED: &[&str] = &[
    "we don't want",
    "we do not want",
    "i don't want",
    "i do not want",
    "we want no",
    "i want no",
    "there mustn't be",
    "there must not be",
    "there must be no",
    "there should be no",
    "there shall be no",
    "there should not be",
    "there shall not be",
];

fn negations(words: Vec<Token>) -> Vec<Token> {
    let words = rewritten(words, |rest| {
        let length = NEEDLESS.iter().find_map(|phrase| begins(rest, phrase))?;
        Some((length, Some("needless")))
    });
    // `We don't want a shell` as `no shell`.
    let words = rewritten(words, |rest| {
        let length = UNWANTED.iter().find_map(|phrase| begins(rest, phrase))?;
        Some((length, Some("no")))
    });
    rewritten(words, |rest| {
        let longest = NEGATIONS.iter().filter_map(|phrase| begins(rest, phrase)).max()?;
        // `is no longer than 10 s` denies nothing.
        if rest[longest - 1].word == "longer" && rest.get(longest).is_some_and(|next| next.word == "than") {
            return None;
        }
        Some((longest, Some("not")))
    })
}

/// Words of duty and courtesy: a promise is one without them. `able to` is no more than `can`, and stays as that.
const DUTIES: &[(&str, Option<&str>)] = &[
    ("we want", None),
    ("i want", None),
    ("we expect", None),
    ("i expect", None),
    ("i'd expect", None),
    ("we require that", None),
    ("we require", None),
    ("it is expected that", None),
    ("the requirement is that", None),
    ("to be", None),
    ("please do ensure that", None),
    ("please do ensure", None),
    ("please do", None),
    ("do please", None),
    ("if you'd be so kind", None),
    ("if you would be so kind", None),
    ("thank you very much", None),
    ("at all", None),
    ("whatsoever", None),
    ("all told", None),
    ("all in all", None),
    ("rather obviously", None),
    ("obviously", None),
    ("of course", None),
    ("we would be grateful if", None),
    ("we'd be grateful if", None),
    ("it goes without saying that", None),
    ("is required to", None),
    ("are required to", None),
    ("is obliged to", None),
    ("of any kind", None),
    ("is to", None),
    ("are to", None),
    ("verify that", None),
    ("please make sure that", None),
    ("please make sure", None),
    ("please ensure that", None),
    ("please ensure", None),
    ("please", None),
    ("kindly make sure that", None),
    ("kindly ensure that", None),
    ("kindly ensure", None),
    ("kindly", None),
    ("we would be grateful if", None),
    ("we should be grateful if", None),
    ("we'd be grateful if", None),
    ("rather obviously", None),
    ("obviously", None),
    ("of course", None),
    ("naturally", None),
    ("it is required that", None),
    ("it is essential that", None),
    ("it is mandatory that", None),
    ("it is necessary that", None),
    ("it is important that", None),
    ("make sure that", None),
    ("make sure", None),
    ("ensure that", None),
    ("ensure", None),
    ("ensures that", None),
    ("we must", None),
    ("it must", None),
    ("is going to", None),
    ("are going to", None),
    ("needs to", None),
    ("need to", None),
    ("has to", None),
    ("have to", None),
    ("ought to", None),
    ("is supposed to", None),
    ("is expected to", None),
    ("must to", None),
    ("must", None),
    ("shall", None),
    ("should", None),
    ("will", None),
    ("able to", Some("can")),
];

/// `We want the container to run`: what is wanted is promised.
fn wants(mut words: Vec<Token>) -> Vec<Token> {
    const WISHES: &[&str] = &["we want", "i want", "we expect", "i expect"];
    if let Some(length) = WISHES.iter().find_map(|wish| begins(&words, wish))
        && let Some(to) = words.iter().take(length + 8).position(|word| word.word == "to")
    {
        words.remove(to);
    }
    words
}

fn duties(words: Vec<Token>) -> Vec<Token> {
    rewritten(wants(words), |rest| DUTIES.iter().find_map(|(phrase, instead)| Some((begins(rest, phrase)?, *instead))))
}

/// Articles and forms of *to be*.
const FILLERS: &[&str] =
    &["a", "an", "the", "this", "our", "its", "your", "my", "is", "are", "be", "being", "been", "gets", "get", "both"];

fn fillers(words: Vec<Token>) -> Vec<Token> {
    // `our CA certificates` are others than those that everybody has.
    let is_own_authority = |at: usize| {
        matches!(words[at].word.as_str(), "our" | "your" | "my" | "its")
            && words.get(at + 1).is_some_and(|next| ["ca", "root", "ca-certificates"].contains(&next.word.as_str()))
    };
    // What is promised of every image is promised of this one.
    let is_every = |at: usize| {
        const WHICH: &[&str] =
            &["published", "released", "release", "shipped", "docker", "production", "final", "built", "pushed", "oci"];
        let which = words[at + 1..].iter().take(2).take_while(|word| WHICH.contains(&word.word.as_str())).count();
        matches!(words[at].word.as_str(), "every" | "each")
            && words.get(at + 1 + which).is_some_and(|next| ["image", "container"].contains(&next.word.as_str()))
    };
    // `GET` is a method of HTTP, `gets` is no more than *is*.
    let is_method = |at: usize| words[at].text == "GET";
    // `We use X` says of the image what `Uses X` says.
    let is_we = |at: usize| {
        at == 0
            && words[at].word == "we"
            && words
                .get(1)
                .is_some_and(|next| ["use", "build", "ship", "publish", "push", "tag"].contains(&next.word.as_str()))
    };
    let is_filler = |at: usize| {
        FILLERS.contains(&words[at].word.as_str()) && !is_own_authority(at) && !is_method(at)
            || is_every(at)
            || is_we(at)
    };
    let mut fills = (0..words.len()).map(is_filler).collect::<Vec<_>>().into_iter();
    words.into_iter().filter(|_| fills.next() == Some(false)).collect()
}

/// Each phrase that is found at a place replaced by one word, or by none.
fn rewritten(words: Vec<Token>, find: impl Fn(&[Token]) -> Option<(usize, Option<&'static str>)>) -> Vec<Token> {
    let (mut at, mut phrases) = (0, Vec::new());
    while at < words.len() {
        let found = find(&words[at..]);
        phrases.extend(found.map(|(length, instead)| (at, length, instead)));
        at += found.map_or(1, |(length, _)| length);
    }
    let mut kept = Vec::with_capacity(words.len());
    let (mut words, mut taken) = (words.into_iter(), 0);
    for (at, length, instead) in phrases {
        kept.extend(words.by_ref().take(at - taken));
        let phrase: Vec<Token> = words.by_ref().take(length).collect();
        let text = || phrase.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
        kept.extend(instead.map(|word| Token::meaning(text(), word, phrase[0].start)));
        taken = at + length;
    }
    kept.extend(words);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tokens;

    #[track_caller]
    fn check(step: Step, text: &str, expected: &str) {
        let words: Vec<String> = step(tokens(text)).into_iter().map(|token| token.word).collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn each_step_takes_what_its_table_has_and_leaves_the_rest() {
        check(numbering, "4.6 Ensure that it runs", "ensure that it runs");
        check(numbering, "1.5 GB", "1.5 gb");
        check(emoji, "✅ Runs 🚀 fast", "runs fast");
        check(emoji, "❌ Runs as root", "❌ runs as root");
        check(emoji, "🚫Runs as root", "🚫runs as root");
        check(quotes, "“Non-root” user", "non-root user");
        check(others, "Starts containers with workers", "starts others with workers");
        check(others, "All containers run", "all containers run");
        check(others, "In production the image, with 1000 users", "in others the image , with 1000 others");
        check(others, "Runs as a daemon", "runs as a others");
        check(system, "The system must log", "the service must log");
        check(system, "The system user must log", "the system user must log");
        check(accounts, "Non-root user (app)", "non-root user ( appuser )");
        check(accounts, "Non-root user of the app", "non-root user of the app");
        check(variables, "PORT: 8080", "port-variable : 8080");
        check(variables, "Port: 8080", "port : 8080");
        check(variables, "PORT: Configurable", "port : configurable");
        check(comparisons, "size <250 MB and ≤300MB", "size < 250 mb and ≤ 300mb");
        check(comparisons, "User → 1000", "user : 1000");
        check(comparisons, "sub-100MB image, sub-second start", "< 100mb image , sub-second start");
        check(comparisons, "a <b> and > 5", "a <b> and > 5");
        check(numbers, "within ten seconds or two steps", "within 10 seconds or two steps");
        check(numbers, "within a minute on a host", "within 1 minute on a host");
        check(alternatives, "SIGTERM/SIGINT", "sigterm / sigint");
        check(alternatives, "ghcr.io/acme/app and /health", "ghcr.io/acme/app and /health");
        check(abbreviations, "max. 130 MB", "max 130 mb");
        check(abbreviations, "within 10 sec. It stops.", "within 10 sec . it stops .");
        check(spelling, "containerised w/o a DB", "containerized without a database");
        check(negations, "MUST NOT run", "not run");
        check(negations, "It does not have to run and need not listen", "it needless run and needless listen");
        check(negations, "it doesn't run and is never root", "it not run and not root");
        check(negations, "cannot run, may not run", "cannot run , may not run");
        check(duties, "The image must be able to run, please", "the image be can run ,");
        check(duties, "It may run", "it may run");
        check(fillers, "The image is a container", "image container");
        check(fillers, "Every image and every user, we use it", "image and every user , we use it");
        check(fillers, "We use it", "use it");
        check(fillers, "It has our CA certificates", "it has our ca certificates");
    }
}
