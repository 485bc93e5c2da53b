//! Exceptions that a promise makes from the search for secrets.

use seaworthy_spec::{Allowed, AllowedPlace};

use super::Facts;
use super::facts::{Place, Secret};

/// The exception that a finding falls under.
pub(super) fn of<'a>(allowed: &'a [Allowed], secret: &Secret, facts: &Facts) -> Option<&'a Allowed> {
    allowed.iter().find(|allowed| covers(&allowed.place, &secret.place, facts))
}

fn covers(allowed: &AllowedPlace, place: &Place, facts: &Facts) -> bool {
    match (allowed, place) {
        (AllowedPlace::File(allowed), Place::File { path, member, .. }) => {
            let wanted = allowed.trim_start_matches('/');
            // A whole archive, or one file in it.
            wanted == path
                || wanted.strip_prefix(path.as_str()).and_then(|rest| rest.strip_prefix("!/")) == Some(member.as_str())
        }
        (AllowedPlace::Variable(allowed), Place::Variable(name) | Place::Label(name) | Place::Annotation(name)) => {
            allowed == name
        }
        // What set the variable stands in the history too.
        (AllowedPlace::Variable(allowed), Place::History(line)) => {
            let history = facts.config.history();
            history.get(line - 1).is_some_and(|line| line.contains(&format!("{allowed}=")))
        }
        _ => false,
    }
}
