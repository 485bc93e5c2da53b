//! A running container as its clients see it: a port that answers HTTP.

use std::cell::Cell;
use std::time::{Duration, Instant};

use seaworthy_engine::Container;

use crate::crud::Fault;
use crate::finding::shortened;
use crate::http::{Client, HttpError, Request, Response};
use crate::redact::Redactor;

/// How much of an answer's body evidence quotes, in characters.
const BODY: usize = 80;
/// The longest that a service may ask to be left alone at a time.
const PAUSE: Duration = Duration::from_secs(2);

/// A container's port, and how long it may take for one answer.
pub(crate) struct Service<'a> {
    pub(crate) client: &'a Client,
    pub(crate) container: &'a dyn Container,
    pub(crate) port: u16,
    pub(crate) within: Duration,
    pub(crate) redactor: &'a Redactor,
    /// What a person can do where it asks who is there.
    pub(crate) credentials: &'static str,
    /// How many requests were answered.
    pub(crate) answered: Cell<usize>,
}

impl Service<'_> {
    /// Sends a request; no answer is the service's fault, and `what` names the request in it. Where the service asks for a pause, it gets
    /// one, as often as there is time.
    pub(crate) fn ask(&self, request: &Request, what: &str) -> Result<Response, Fault> {
        let started = Instant::now();
        loop {
            let answer = self.send(request).map_err(|error| self.fault(&error, what))?;
            match pause(&answer) {
                Some(pause) if started.elapsed() + pause < self.within => std::thread::sleep(pause),
                _ => return Ok(answer),
            }
        }
    }

    /// The same request over several fresh connections at once.
    pub(crate) fn ask_many(&self, request: &Request, what: &str, many: usize) -> Vec<Result<Response, Fault>> {
        let answers = self.client.send_many(self.container, self.port, request, self.within, many);
        let one = |answer: Result<Response, HttpError>| match answer {
            // Asked for more slowly, one after another, it may answer.
            Ok(answer) if pause(&answer).is_some() => self.ask(request, what),
            Ok(answer) => {
                self.answered.set(self.answered.get() + 1);
                Ok(answer)
            }
            // It may take fewer connections at once; what it does not answer alone either is its fault.
            Err(HttpError::Connect(_) | HttpError::Broken(_)) => self.ask(request, what),
            Err(error) => Err(self.fault(&error, what)),
        };
        answers.into_iter().map(one).collect()
    }

    fn fault(&self, error: &HttpError, what: &str) -> Fault {
        match error {
            HttpError::Request(_) => Fault::Unknown(self.clean(&format!("{what} {error}"))),
            HttpError::TooLarge(_) | HttpError::Coding(_) => Fault::Unknown(self.clean(&format!("{what}: {error}"))),
            _ => Fault::Wrong(self.clean(&format!("{what}: {error}"))),
        }
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let answer = self.client.send(self.container, self.port, request, self.within)?;
        self.answered.set(self.answered.get() + 1);
        Ok(answer)
    }

    /// `answered 500: Internal Server Error`.
    pub(crate) fn told(&self, answer: &Response) -> String {
        told(answer, self.redactor)
    }

    /// Text in which something of the container's stands.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.redactor.redact(text)
    }
}

/// How long the service asks to be left alone: it limits how often it is asked.
fn pause(answer: &Response) -> Option<Duration> {
    let after = answer.header("retry-after").and_then(|after| after.trim().parse::<u64>().ok());
    match (answer.status, after) {
        (429, None) => Some(Duration::from_millis(200)),
        (429 | 503, Some(after)) => Some(Duration::from_secs(after).clamp(Duration::from_millis(50), PAUSE)),
        _ => None,
    }
}

/// `answered 500: Internal Server Error`.
pub(crate) fn told(answer: &Response, redactor: &Redactor) -> String {
    let status = answer.status;
    match answer.redirects_to() {
        Some(location) => format!("answered {status} to {}", redactor.quote(location)),
        None => match shortened(&redactor.redact(&answer.text()), BODY) {
            body if body.is_empty() => format!("answered {status}"),
            body => format!("answered {status}: {body}"),
        },
    }
}
