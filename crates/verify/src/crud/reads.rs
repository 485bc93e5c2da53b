//! The same read over several connections at once: a service of several workers must not answer by which of them is asked.

use serde_json::Value;

use super::compare::{Judged, judge};
use super::list::Listed;
use super::{Created, Crud, Fault};
use crate::http::{Request, Response};
use crate::openapi::Collection;
use crate::schema::Style;
use crate::service::Service;

/// How many connections are open at once.
const MANY: usize = 8;
/// How often that is done where every answer is wrong.
const WAVES: usize = 3;
/// How evidence begins where that is what is wrong.
const DIFFER: &str = "answers differ";

impl Crud<'_> {
    /// Asks over several fresh connections at once; every answer must stand up to `judge`, whose last result is returned.
    pub(super) fn agreed<T>(
        service: &Service<'_>,
        request: &Request,
        what: &str,
        judge: impl Fn(&Response) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut right = None;
        let mut rights = 0;
        let mut wrong: Vec<Fault> = Vec::new();
        for _ in 0..WAVES {
            for answer in service.ask_many(request, what, MANY) {
                match answer.and_then(|answer| judge(&answer)) {
                    Ok(result) => {
                        rights += 1;
                        right = Some(result);
                    }
                    Err(fault) => wrong.push(fault),
                }
            }
            // Where all are wrong the one worker that knows better may not have been asked.
            if right.is_some() || !wrong.iter().all(|fault| matches!(fault, Fault::Wrong(_))) {
                break;
            }
        }
        let count = wrong.len();
        let asked = rights + count;
        match (right, wrong.into_iter().reduce(worse)) {
            (Some(right), None) => Ok(right),
            (Some(_), Some(Fault::Wrong(told))) => Err(Fault::Wrong(format!(
                "{DIFFER} from request to request: {rights} of {asked} right, {count} not: {told}"
            ))),
            (_, Some(fault)) => Err(fault),
            (None, None) => Err(Fault::Unknown(format!("{what}: nothing was asked"))),
        }
    }

    /// Reads it over several connections, and holds what was read against what was written.
    pub(crate) fn read(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        when: &str,
    ) -> Result<Response, Fault> {
        self.read_judged(service, collection, created, when).map(|(answer, _)| answer)
    }

    /// As [`Crud::read`], with what the comparison found.
    pub(super) fn read_judged(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        when: &str,
    ) -> Result<(Response, Judged), Fault> {
        let Some(read) = &collection.read else { return self.read_in_list(service, collection, created, when) };
        let what = format!("GET {} {when}", collection.item);
        let declared = self.api.declared(&read.answer, &created.written);
        let request = self.request("GET", &created.path, read);
        Self::agreed(service, &request, &what, |answer| {
            if !answer.is_success() {
                return Err(match service.refused(answer, &format!("{what}:")) {
                    Fault::Wrong(_) => Fault::Wrong(format!("{what}: {}", service.told(answer))),
                    fault => fault,
                });
            }
            let Some(body) = answer.json() else {
                return Err(Fault::Wrong(format!("{what}: {} is not JSON", service.told(answer))));
            };
            let judged = Self::judged(service, &body, created, &declared, &what)?;
            Ok((answer.clone(), judged))
        })
    }

    /// Of a collection whose things are read by its list alone.
    fn read_in_list(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        when: &str,
    ) -> Result<(Response, Judged), Fault> {
        let what = format!("GET {} {when}", collection.path);
        let list = collection.list.clone().unwrap_or_default();
        let declared = self.api.maker(self.mark, 0, &Style::default()).properties(&self.api.listed(&list.answer));
        match self.find(service, collection, created, &what)? {
            Listed::On { item, page } => {
                let judged = Self::judged(service, &item, created, &declared, &what)?;
                Ok((service.ask(&self.request("GET", &page, &list), &what)?, judged))
            }
            Listed::Nowhere { pages } => Err(Fault::Wrong(format!("{what}: it is on none of {pages} page(s)"))),
        }
    }

    fn judged(
        service: &Service<'_>,
        body: &Value,
        created: &Created,
        declared: &serde_json::Map<String, Value>,
        what: &str,
    ) -> Result<Judged, Fault> {
        match judge(body, &created.written, &created.optional, declared) {
            Ok(judged) if judged.compared == 0 => {
                Err(Fault::Unknown(format!("{what}: nothing of what was written can be compared")))
            }
            Ok(judged) => Ok(judged),
            Err(difference) => Err(Fault::Wrong(service.clean(&format!("{what}: {difference}")))),
        }
    }

    /// That it is gone, over several connections. The status that says so; `None` where only a list can.
    pub(crate) fn still_gone(
        &self,
        service: &Service<'_>,
        collection: &Collection,
        created: &Created,
        when: &str,
    ) -> Result<Option<u16>, Fault> {
        let Some(read) = &collection.read else {
            let what = format!("GET {} {when}", collection.path);
            return match self.find(service, collection, created, &what)? {
                Listed::On { .. } => Err(Fault::Wrong(format!("{what}: what was deleted is there"))),
                Listed::Nowhere { .. } => Ok(None),
            };
        };
        let what = format!("GET {} {when}", collection.item);
        let request = self.request("GET", &created.path, read);
        Self::agreed(service, &request, &what, |answer| match answer.status {
            404 | 410 => Ok(Some(answer.status)),
            401 | 403 | 429 => Err(service.refused(answer, &what)),
            _ => Err(Fault::Wrong(format!("{what}: expected 404, {}", service.told(answer)))),
        })
    }

    /// Whether answers to the same read differ, where something else went wrong: then that is the reason.
    pub(super) fn differing(&self, service: &Service<'_>, collection: &Collection, created: &Created) -> Option<Fault> {
        match self.read(service, collection, created, "once more") {
            Err(Fault::Wrong(told)) if told.starts_with(DIFFER) => Some(Fault::Wrong(told)),
            _ => None,
        }
    }
}

/// What the service did wrong is told before what cannot be told.
fn worse(one: Fault, other: Fault) -> Fault {
    if matches!((&one, &other), (Fault::Unknown(_), Fault::Wrong(_))) { other } else { one }
}
