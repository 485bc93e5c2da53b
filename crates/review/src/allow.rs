//! What a comment says that silences rules: `seaworthy: allow root-user: the entrypoint drops to uid 10001`.

use crate::{Rule, Severity};

pub(crate) static WITHOUT_REASON: Rule = Rule {
    id: "silence-without-reason",
    severity: Severity::Warning,
    title: "A rule is silenced without a reason",
    why: "Whoever reads the comment later cannot tell whether it still holds.",
    bad: "# seaworthy: allow root-user\nUSER root",
    good: "# seaworthy: allow root-user: the entrypoint drops to uid 10001\nUSER root",
};

pub(crate) static UNUSED: Rule = Rule {
    id: "silence-unused",
    severity: Severity::Warning,
    title: "A comment silences a rule that is not broken",
    why: "It hides the next breach of that rule on this instruction.",
    bad: "# seaworthy: allow root-user: it installs packages\nUSER 10001",
    good: "USER 10001",
};

/// The rules that a comment silences.
#[derive(Debug)]
pub(crate) struct Allow {
    pub(crate) ids: Vec<String>,
    pub(crate) has_reason: bool,
}

/// How a message names what a comment silences, and the page that lists the rules.
pub(crate) struct Said {
    pub(crate) place: &'static str,
    pub(crate) page: &'static str,
}

impl Allow {
    /// Of a comment's text; `None` where it is another comment.
    pub(crate) fn read(comment: &str) -> Option<Self> {
        let rest = comment.trim_start().strip_prefix("seaworthy:")?.trim_start().strip_prefix("allow")?;
        let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let ids = ids.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
        Some(Self { ids, has_reason: !reason.trim().is_empty() })
    }

    /// What is wrong with the comment: a rule, a message and an advice each. `used` are the rules that it did silence.
    pub(crate) fn faults(
        &self,
        used: &[String],
        is_rule: impl Fn(&str) -> bool,
        said: &Said,
    ) -> impl Iterator<Item = (&'static Rule, String, String)> {
        let without = (!self.has_reason).then(|| {
            let message = format!("`allow {}` gives no reason", self.ids.join(", "));
            (&WITHOUT_REASON, message, "write why behind a second colon".to_owned())
        });
        let unused = self.ids.iter().filter(|id| !used.contains(id)).map(|id| {
            if is_rule(id) {
                (&UNUSED, format!("{} does not break `{id}`", said.place), "remove the comment".to_owned())
            } else {
                (&UNUSED, format!("there is no rule `{id}`"), format!("`{}` lists every rule", said.page))
            }
        });
        without.into_iter().chain(unused).collect::<Vec<_>>().into_iter()
    }
}
