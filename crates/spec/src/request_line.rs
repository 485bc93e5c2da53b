//! Sentences that are a request and its answer: `GET /health -> 200`, `/healthz returns 200`.
//!
//! They become the line of a scenario, whose grammar then says whether they are understood whole.

use crate::normalise::is_decoration;

/// Words between a request and its status.
const ANSWERS: &[&str] = &[
    "->",
    "→",
    "=>",
    "returns",
    "return",
    "answers with",
    "answers",
    "answer",
    "responds with",
    "respond with",
    "gives",
    "gives you",
    "gives answer",
    "says",
    "yields",
    "comes back with",
    "results in",
    "result in",
    "is answered with",
    "be answered with",
    "returns with",
    "gets",
];
/// What may stand in front of those words.
const DUTIES: &[&str] = &["must", "should", "shall", "will", "SHALL", "MUST", "SHOULD", "WILL"];
/// What may stand in front of a path that is asked with GET.
const NOUNS: &[&str] = &[
    "",
    "hitting",
    "calling",
    "requesting",
    "fetching",
    "a request to",
    "requests to",
    "endpoint",
    "health endpoint",
    "health check endpoint",
    "health endpoint at",
    "endpoint at",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// What statuses are called; the words say the same again.
const REASONS: &[(&str, &str)] = &[
    ("200", "OK"),
    ("201", "Created"),
    ("202", "Accepted"),
    ("204", "No Content"),
    ("301", "Moved Permanently"),
    ("302", "Found"),
    ("400", "Bad Request"),
    ("401", "Unauthorized"),
    ("403", "Forbidden"),
    ("404", "Not Found"),
    ("405", "Method Not Allowed"),
    ("409", "Conflict"),
    ("422", "Unprocessable Entity"),
    ("503", "Service Unavailable"),
];

/// What a request without credentials is called: that is how a line asks that names nobody.
const UNASKED: &[&str] = &[
    "with no auth",
    "without auth",
    "with no authentication",
    "without authentication",
    "without credentials",
    "with no credentials",
    "unauthenticated",
];

/// Labels in front of a request that say nothing more.
const TOPICS: &[&str] = &["health", "health check", "healthcheck", "liveness", "readiness", "api", "endpoint", "http"];

fn topic_of<'a>(sentence: &'a str, topic: &str) -> Option<&'a str> {
    let (label, rest) = sentence.split_once(": ")?;
    label.eq_ignore_ascii_case(topic).then(|| rest.trim_start())
}

/// The sentence as a scenario's line; none where it is no request.
pub(crate) fn line(sentence: &str) -> Option<String> {
    let sentence = sentence.trim_start_matches(|sign: char| sign.is_whitespace() || is_decoration(sign));
    let sentence = sentence.trim().trim_end_matches('.').trim_end();
    let sentence = TOPICS.iter().find_map(|topic| topic_of(sentence, topic)).unwrap_or(sentence);
    let sentence = without_once_up(sentence);
    let named = named_endpoint(sentence);
    let sentence = named.as_deref().unwrap_or(sentence);
    let asked = asked_by_curl(sentence).or_else(|| asked_by_somebody(sentence));
    let sentence = asked.as_deref().unwrap_or(sentence);
    let turned = turned(sentence);
    let (request, answer) = split(turned.as_deref().unwrap_or(sentence))?;
    let answer = bare_status(answer);
    let (status, rest) = answer.split_at(answer.find(|c: char| !c.is_ascii_digit()).unwrap_or(answer.len()));
    if status.len() != 3 {
        return None;
    }
    let request = request_of(request, status)?;
    let rest = rest.trim();
    let reason = REASONS.iter().find(|(known, _)| *known == status).map_or("", |(_, reason)| reason);
    let rest = match rest.get(..reason.len()) {
        Some(words) if words.eq_ignore_ascii_case(reason) => rest[reason.len()..].trim_start(),
        _ => rest,
    };
    let rest = ["with body ", "with the body ", "with ", "and "]
        .iter()
        .find_map(|word| rest.strip_prefix(word).filter(|rest| rest.starts_with('{')))
        .unwrap_or(rest);
    let unasked = UNASKED.iter().find_map(|words| rest.strip_suffix(words)).filter(|_| status.starts_with('2'));
    let rest = unasked.map_or(rest, str::trim_end);
    let within = ["in under ", "in less than ", "in at most ", "in no more than ", "in less of ", "under ", "in "];
    let timed = within.iter().find_map(|word| rest.strip_prefix(word)).map(|time| format!("within {time}"));
    let rest = timed.as_deref().unwrap_or(rest);
    Some(format!("{request} -> {status} {rest}").trim_end().to_owned())
}

/// `GET /up returns 200 once the app has booted` without the condition: a line asks when the container is up.
fn without_once_up(sentence: &str) -> &str {
    const BEGIN: &[&str] = &[" once the ", " when the ", " after the ", " as soon as the ", " once my ", " once our "];
    const NOUNS: &[&str] = &["container", "app", "service", "server", "application", "api"];
    const UP: &[&str] =
        &["is up", "is running", "is up and running", "has started", "has booted", "is started", "runs"];
    let Some(at) = BEGIN.iter().filter_map(|words| sentence.rfind(words)).max() else { return sentence };
    let condition: Vec<&str> = sentence[at..].split_whitespace().collect();
    let Some(noun) = condition.iter().position(|word| NOUNS.contains(&word.to_lowercase().as_str())) else {
        return sentence;
    };
    // `the app`, not `the helpdesk app`, which may be another one.
    let is_own = matches!(condition[..noun].last(), Some(&("the" | "my" | "our")));
    let is_up = UP.contains(&condition[noun + 1..].join(" ").as_str());
    if is_own && is_up { &sentence[..at] } else { sentence }
}

/// `Given the stack is up, when I open /x, then I get a 200` as a request for `/x`.
fn asked_by_somebody(sentence: &str) -> Option<String> {
    const UP: &[&str] = &[
        "given the stack is up",
        "given the container is up",
        "given the container is running",
        "given a running container",
        "given the service is running",
        "given the service is up",
    ];
    const ASK: &[&str] = &["i ", "you ", "we ", "one ", "somebody ", "someone ", "a client ", "the client "];
    const OPEN: &[&str] = &[
        "opens ",
        "open ",
        "requests ",
        "request ",
        "calls ",
        "call ",
        "visits ",
        "visit ",
        "gets ",
        "get ",
        "curl ",
        "hit ",
    ];
    const SEE: &[&str] = &["gets ", "get ", "receives ", "receive ", "sees ", "see "];
    let lower = sentence.to_ascii_lowercase();
    let rest = UP.iter().find_map(|up| lower.strip_prefix(up)?.strip_prefix(", ")).unwrap_or(&lower);
    let rest = rest.strip_prefix("when ").or_else(|| rest.strip_prefix("if "))?;
    let rest = ASK.iter().find_map(|who| rest.strip_prefix(who))?;
    let rest = OPEN.iter().find_map(|open| rest.strip_prefix(open))?;
    let (path, answer) = rest.split_once(", ")?;
    let answer = answer.strip_prefix("then ").unwrap_or(answer);
    let answer = ASK.iter().find_map(|who| answer.strip_prefix(who))?;
    let answer = SEE.iter().find_map(|see| answer.strip_prefix(see))?;
    // Its letters as they were written.
    let answer = &sentence[sentence.len() - answer.len()..];
    // A path is written in small letters here, or is another one.
    let is_same = sentence.contains(path) && path.starts_with('/') && !path.contains(' ');
    is_same.then(|| format!("GET {path} returns {answer}"))
}

/// `There is a /healthz endpoint that returns 200` as `/healthz returns 200`.
fn named_endpoint(sentence: &str) -> Option<String> {
    const BEGIN: &[&str] =
        &["There is a ", "There's a ", "there is a ", "there's a ", "There is an endpoint ", "It has a "];
    const BETWEEN: &[&str] = &[" endpoint that ", " endpoint which ", " route that ", " that ", " which "];
    let rest = BEGIN.iter().find_map(|begin| sentence.strip_prefix(begin))?;
    let rest = rest.strip_prefix("GET ").unwrap_or(rest);
    let (path, answer) = BETWEEN.iter().find_map(|between| rest.split_once(between))?;
    (path.starts_with('/') && !path.contains(' ')).then(|| format!("{path} {answer}"))
}

/// `curl localhost/x gives 200` as a request for `/x`.
fn asked_by_curl(sentence: &str) -> Option<String> {
    const FLAGS: &[&str] = &["-f", "-s", "-i", "-v", "-sf", "-fs", "-fsS", "-sS", "--fail"];
    let mut words = sentence.strip_prefix("curl ")?.split(' ').filter(|word| !word.is_empty()).peekable();
    while words.next_if(|word| FLAGS.contains(word)).is_some() {}
    let url = words.next()?;
    let url = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = url.split_at(url.find('/')?);
    // A port may be another one than the service's.
    let is_own = ["localhost", "127.0.0.1"].contains(&host);
    is_own.then(|| format!("GET {path} {}", words.collect::<Vec<_>>().join(" ")))
}

/// `The service responds to GET /health with 200` and `The API answers 200 on /health` with the request first.
fn turned(sentence: &str) -> Option<String> {
    const SUBJECTS: &[&str] = &["service", "app", "application", "api", "server", "container", "it", "the"];
    const VERBS: &[&str] = &["responds", "respond", "answers", "answer", "replies", "reply", "returns", "return"];
    let words: Vec<&str> = sentence.split(' ').filter(|word| !word.is_empty()).collect();
    let verb = words.iter().position(|word| VERBS.contains(word))?;
    let is_subject = |word: &&str| {
        let word = word.to_lowercase();
        SUBJECTS.contains(&word.as_str()) || DUTIES.contains(&word.as_str())
    };
    if verb == 0 || !words[..verb].iter().all(is_subject) {
        return None;
    }
    let said = words[verb + 1..].join(" ");
    let said = said.strip_prefix("to ").or_else(|| said.strip_prefix("with ")).unwrap_or(&said);
    if said.contains(['{', '"']) {
        return None;
    }
    if let Some((status, path)) = [" on ", " at ", " for ", " from "].iter().find_map(|word| said.split_once(word))
        && bare_status(status).starts_with('2')
    {
        let (path, rest) = path.split_once(' ').unwrap_or((path, ""));
        let request = if path.starts_with('/') { format!("GET {path}") } else { format!("{path} {rest}") };
        let rest = if path.starts_with('/') { rest } else { "" };
        return Some(format!("{} answers {status} {rest}", without_article(&request)).trim_end().to_owned());
    }
    let (request, answer) = said.split_once(" with ")?;
    Some(format!("{} answers {answer}", without_article(request)))
}

/// `a GET request to /health` as `GET /health`.
fn without_article(request: &str) -> String {
    let words: Vec<&str> = request.split(' ').filter(|word| !word.is_empty()).collect();
    let words = match words.as_slice() {
        ["a" | "A" | "an" | "An", rest @ ..] if rest.first().is_some_and(|next| METHODS.contains(next)) => rest,
        words => words,
    };
    match words {
        [method, "request" | "requests" | "call" | "calls", "to" | "on" | "for", rest @ ..]
        | [method, "on" | "to", rest @ ..]
            if METHODS.contains(method) =>
        {
            format!("{method} {}", rest.join(" "))
        }
        words => words.join(" "),
    }
}

/// `HTTP 200`, `a 200`, `status code 200` as `200`.
fn bare_status(answer: &str) -> &str {
    const BEFORE: &[&str] = &["a ", "an ", "with ", "the ", "HTTP ", "http ", "status ", "code "];
    let mut rest = answer;
    while let Some(shorter) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest
}

/// What stands in front of the first word for an answer, and behind it.
fn split(sentence: &str) -> Option<(&str, &str)> {
    let found = ANSWERS.iter().filter_map(|words| {
        let at = sentence.find(&format!(" {words} "))?;
        Some((at, words.len()))
    });
    // Of two that begin at one place, the longer one.
    let (at, length) = found.min_by_key(|(at, length)| (*at, usize::MAX - length))?;
    let request = sentence[..at].trim_end();
    let request = DUTIES.iter().find_map(|word| request.strip_suffix(word)?.strip_suffix(' ')).unwrap_or(request);
    Some((request, sentence[at + length + 1..].trim_start()))
}

/// The method, the path and what is sent. A path by itself is asked with GET.
fn request_of(request: &str, status: &str) -> Option<String> {
    let request = &without_article(request);
    let (first, rest) = request.split_once(' ').unwrap_or(("", request));
    let request = if METHODS.contains(&first) {
        request.to_owned()
    } else {
        let at = request.find('/')?;
        let (noun, path) = (request[..at].trim_end().to_lowercase(), &request[at..]);
        let noun = noun.strip_prefix("the ").unwrap_or(&noun).to_owned();
        // `Health endpoint at /health returns 503` tells of a state that is not named.
        let is_bare =
            NOUNS.contains(&noun.as_str()) && !path.contains(' ') && (noun.is_empty() || status.starts_with('2'));
        return is_bare.then(|| format!("GET {path}")).filter(|request| is_plain(request));
    };
    let sent = rest.split_once(' ').map_or("", |(_, sent)| sent.trim_start());
    let is_whole = sent.is_empty() || ["{", "[", "\"", "header "].iter().any(|begin| sent.starts_with(begin));
    (rest.starts_with('/') && is_whole && is_plain(&request)).then_some(request)
}

/// Whether the path names one thing: `/items/:id` and `/items/<id>` stand for many.
fn is_plain(request: &str) -> bool {
    let path = request.split(' ').nth(1).unwrap_or_default();
    !path.split('/').any(|part| part.starts_with([':', '<', '*', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_answer_are_a_line_of_a_scenario() {
        for (sentence, expected) in [
            ("GET /ping → 200", Some("GET /ping -> 200")),
            ("GET /ping -> 200.", Some("GET /ping -> 200")),
            ("GET /ping must return 200 OK", Some("GET /ping -> 200")),
            ("GET /x returns 404 Not Found", Some("GET /x -> 404")),
            ("GET /health returns 200 with {\"status\":\"ok\"}", Some("GET /health -> 200 {\"status\":\"ok\"}")),
            (
                "POST /items {\"a\":1} -> 201 {\"a\":1}, save id",
                Some("POST /items {\"a\":1} -> 201 {\"a\":1}, save id"),
            ),
            ("The service SHALL respond to GET /x with HTTP 200 within 5 s", Some("GET /x -> 200 within 5 s")),
            ("A GET request to /x returns a 200 in under 100 ms", Some("GET /x -> 200 within 100 ms")),
            ("The API answers GET /x with 200", Some("GET /x -> 200")),
            ("The service answers 200 on /x", Some("GET /x -> 200")),
            ("The service returns 200 for GET /x", Some("GET /x -> 200")),
            ("/x returns 200 with no auth", Some("GET /x -> 200")),
            ("GET /x returns 200 OK without authentication", Some("GET /x -> 200")),
            ("/admin says 401", Some("GET /admin -> 401")),
            ("The service answers 503 on /x", None),
            ("Health: `GET` /x returns 200", None),
            ("Health: GET /x returns 200", Some("GET /x -> 200")),
            ("🏥 /x returns 200", Some("GET /x -> 200")),
            ("❌ /x returns 200", None),
            ("Hitting /x gives 200", Some("GET /x -> 200")),
            ("curl -f localhost/x gives 200 once the container is up", Some("GET /x -> 200")),
            ("curl -f localhost:9090/x gives 200", None),
            ("GET /up returns 200 when the app has booted.", Some("GET /up -> 200")),
            ("GET /up returns 200 once the database is up", Some("GET /up -> 200 once the database is up")),
            ("curl example.com/x gives 200", None),
            ("There is a /x endpoint that returns 200", Some("GET /x -> 200")),
            ("Given the stack is up, when I open /x, then I get a 200.", Some("GET /x -> 200")),
            ("Given the database is down, when I open /x, then I get a 200", None),
            ("When I open /x, then nobody gets a 200", None),
            ("There is a page /x that returns 200", None),
            ("The worker responds to GET /x with 200", None),
            ("The service responds to GET /x with JSON", None),
            ("/healthz returns 200", Some("GET /healthz -> 200")),
            ("/admin returns 401", Some("GET /admin -> 401")),
            ("Health endpoint /healthz returns 200", Some("GET /healthz -> 200")),
            ("Health endpoint at /health returns 503", None),
            ("Login page /login returns 200", None),
            ("GET /items/:id -> 200", None),
            ("GET /items/{id} -> 200", None),
            ("GET /x does not return 500", None),
            ("GET /x returns JSON", None),
            ("GET /x returns 2xx", None),
            ("get /x returns 200", None),
            ("Health endpoint answers 200 OK", None),
            ("", None),
        ] {
            assert_eq!(line(sentence).as_deref(), expected, "{sentence}");
        }
    }
}
