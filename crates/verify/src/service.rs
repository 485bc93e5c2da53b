//! A running container as its clients see it: a port that answers HTTP.

use std::cell::Cell;
use std::time::Duration;

use seaworthy_engine::Container;

use crate::crud::Fault;
use crate::finding::shortened;
use crate::http::{Client, HttpError, Request, Response};
use crate::redact::Redactor;

/// How much of an answer's body evidence quotes, in characters.
const BODY: usize = 80;

/// A container's port, and how long it may take for one answer.
pub(crate) struct Service<'a> {
    pub(crate) client: &'a Client,
    pub(crate) container: &'a dyn Container,
    pub(crate) port: u16,
    pub(crate) within: Duration,
    pub(crate) redactor: &'a Redactor,
    /// How many requests were answered.
    pub(crate) answered: Cell<usize>,
}

impl Service<'_> {
    /// Sends a request; no answer is the service's fault, and `what` names the request in it.
    pub(crate) fn ask(&self, request: &Request, what: &str) -> Result<Response, Fault> {
        self.send(request).map_err(|error| match error {
            HttpError::Request(_) => Fault::Unknown(self.clean(&format!("{what} {error}"))),
            _ => Fault::Wrong(self.clean(&format!("{what}: {error}"))),
        })
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

/// `answered 500: Internal Server Error`.
pub(crate) fn told(answer: &Response, redactor: &Redactor) -> String {
    let status = answer.status;
    match (300..400).contains(&status).then(|| answer.header("location")).flatten() {
        Some(location) => format!("answered {status} to {}", redactor.quote(location)),
        None => match shortened(&redactor.redact(&answer.text()), BODY) {
            body if body.is_empty() => format!("answered {status}"),
            body => format!("answered {status}: {body}"),
        },
    }
}
