//! Entity tags, and the conditions that clients put on them (RFC 9110, sections 8.8.3 and 13).
//!
//! A tag is a task's id and version, `"7-3"`, and behind a restore the database's epoch, `"7-3-5c0e11ab"`: every change makes
//! a new one, and no two tasks ever share one.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    epoch::Epoch,
    task::{Task, TaskId},
};

/// The tag of a task as it is.
pub(crate) fn of(task: &Task, epoch: Epoch) -> String {
    let Task { id, version, .. } = task;
    if epoch.is_first() { format!("\"{id}-{version}\"") } else { format!("\"{id}-{version}-{epoch}\"") }
}

/// The `ETag` header of a task.
pub(crate) fn header(task: &Task, epoch: Epoch) -> Option<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(&of(task, epoch)).ok().map(|value| (header::ETAG, value))
}

/// What must be true of a task for a request to be carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// Of `If-Match`: it has one of these versions.
    pub(crate) only: Option<Vec<i64>>,
    /// Of `If-None-Match`: it has none of these.
    pub(crate) except: Option<Vec<i64>>,
    /// What the versions are of.
    pub(crate) epoch: Epoch,
}

impl Conditions {
    /// Reads the headers of a request about the task `id`. What is no tag of that task matches nothing.
    pub(crate) fn of(headers: &HeaderMap, id: TaskId, epoch: Epoch) -> Self {
        let only = match Tags::of(headers, &header::IF_MATCH, (id, epoch), Comparison::Strong) {
            // Any version will do; that there is one is another question.
            None | Some(Tags::Any) => None,
            Some(Tags::Versions(versions)) => Some(versions),
        };
        match Tags::of(headers, &header::IF_NONE_MATCH, (id, epoch), Comparison::Weak) {
            None => Self { only, except: None, epoch },
            // Of a task that is there, that is never true.
            Some(Tags::Any) => Self { only: Some(Vec::new()), except: None, epoch },
            Some(Tags::Versions(versions)) => Self { only, except: Some(versions), epoch },
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.only.is_none() && self.except.is_none()
    }

    pub(crate) fn are_met_by(&self, version: i64) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&version))
            && self.except.as_ref().is_none_or(|except| !except.contains(&version))
    }
}

/// Whether the client has this state of a task already, by its `If-None-Match`.
pub(crate) fn is_known(headers: &HeaderMap, task: &Task, epoch: Epoch) -> bool {
    match Tags::of(headers, &header::IF_NONE_MATCH, (TaskId(task.id), epoch), Comparison::Weak) {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::Versions(versions)) => versions.contains(&task.version),
    }
}

/// The version in a tag of the task `id` in this epoch.
pub(crate) fn version(tag: &str, (id, epoch): (TaskId, Epoch)) -> Option<i64> {
    let mut tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    if !epoch.is_first() {
        tag = tag.strip_suffix(&epoch.to_string())?.strip_suffix('-')?;
    }
    let (of, version) = tag.rsplit_once('-')?;
    let is_plain = version.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain && of == id.0.to_string()).then(|| version.parse().ok())?
}

enum Tags {
    Any,
    Versions(Vec<i64>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

impl Tags {
    fn of(headers: &HeaderMap, name: &HeaderName, of: (TaskId, Epoch), comparison: Comparison) -> Option<Self> {
        let mut values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).peekable();
        values.peek()?;
        let mut versions = Vec::new();
        // No tag of ours has a comma in it.
        for tag in values.flat_map(|value| value.split(',')).map(str::trim) {
            if tag == "*" {
                return Some(Self::Any);
            }
            let strong = tag.strip_prefix("W/").filter(|_| comparison == Comparison::Weak).unwrap_or(tag);
            versions.extend(version(strong, of));
        }
        Some(Self::Versions(versions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[track_caller]
    fn check(pairs: &[(HeaderName, &'static str)], met_by: &[i64]) {
        let conditions = Conditions::of(&headers(pairs), TaskId(7), Epoch::default());
        let met: Vec<_> = (1..=4).filter(|version| conditions.are_met_by(*version)).collect();
        assert_eq!(met, met_by, "{pairs:?}");
    }

    #[test]
    fn a_tag_of_another_epoch_is_of_no_version() {
        let (first, second, third) = (Epoch::default(), Epoch::from(0xab), Epoch::from(0xcd));
        for (epoch, expected) in [(first, "\"7-3\""), (second, "\"7-3-000000ab\""), (third, "\"7-3-000000cd\"")] {
            for other in [first, second, third] {
                assert_eq!(version(expected, (TaskId(7), other)), (other == epoch).then_some(3), "{expected}");
            }
        }
    }

    #[test]
    fn a_request_is_carried_out_if_its_conditions_are_met() {
        let (only, except) = (header::IF_MATCH, header::IF_NONE_MATCH);
        check(&[], &[1, 2, 3, 4]);
        check(&[(only.clone(), "\"7-3\"")], &[3]);
        check(&[(only.clone(), "\"7-3\" , \"7-1\""), (only.clone(), "\"7-4\"")], &[1, 3, 4]);
        check(&[(only.clone(), "*")], &[1, 2, 3, 4]);
        // A weak tag never matches strongly, and other tasks' tags, or what is none, never.
        for other in ["W/\"7-3\"", "\"8-3\"", "7-3", "\"7-+3\"", "\"\"", "", "\"7-99999999999999999999\""] {
            check(&[(only.clone(), other)], &[]);
        }
        check(&[(except.clone(), "W/\"7-3\", \"7-1\"")], &[2, 4]);
        check(&[(except.clone(), "\"8-3\"")], &[1, 2, 3, 4]);
        check(&[(except.clone(), "*")], &[]);
        check(&[(only, "\"7-3\", \"7-4\""), (except, "\"7-4\"")], &[3]);
    }
}
