//! `image.labels`: Labels {a}, {b} are set.

use super::Facts;
use crate::Finding;

/// Every named label has a value.
pub fn labels(facts: &Facts, names: &[String]) -> Finding {
    let labels = facts.config.labels();
    let value = |name: &String| labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.trim());
    let missing: Vec<String> =
        names.iter().filter(|name| value(name).is_none_or(str::is_empty)).map(|name| format!("`{name}`")).collect();
    if missing.is_empty() {
        Finding::pass(format!("{} of {} labels named are set", names.len(), names.len()))
    } else {
        Finding::fail(format!("not set: {} ({} labels in all)", super::first(&missing, 5), labels.len()))
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_label_is_set_when_it_has_a_value() {
        let facts = Sample::new().config("Labels", serde_json::json!({"a": "1", "b": " "})).facts();
        for (names, verdict) in [(&["a"][..], Pass), (&["a", "b"], Fail), (&["c"], Fail), (&["A"], Fail)] {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(labels(&facts, &names).verdict, verdict, "{names:?}");
        }
    }
}
