//! Whether a report follows from its specification: one result for each promise, and none that the specification does not make.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_report::Verdict;
use seaworthy_spec::Spec;

use crate::error::short;
use crate::{Proof, ProofError};

impl Proof {
    /// Checks that the report has a result for every promise of its specification, in the same words, and for no other.
    ///
    /// A specification that this version cannot read makes no promises to compare: only the report itself is checked then.
    ///
    /// # Errors
    ///
    /// Fails on the first promise that is missing, invented, reworded, or passes without a check.
    pub fn follows_from_its_spec(&self) -> Result<(), ProofError> {
        let criteria = &self.report.criteria;
        if let Some(one) = criteria.iter().find(|one| one.verdict == Verdict::Pass && one.check.is_none()) {
            return Err(ProofError::NoCheck(short(&one.id)));
        }
        let Ok(spec) = Spec::from_bytes(self.spec.as_bytes()) else { return Ok(()) };
        let promised: BTreeMap<&str, &str> =
            spec.criteria.iter().map(|promise| (promise.id.as_str(), promise.text.as_str())).collect();
        for one in criteria {
            match promised.get(one.id.as_str()) {
                None => return Err(ProofError::InventedPromise(short(&one.id))),
                Some(text) if *text != one.text => return Err(ProofError::RewordedPromise(short(&one.id))),
                Some(_) => {}
            }
        }
        let reported: BTreeSet<&str> = criteria.iter().map(|one| one.id.as_str()).collect();
        match promised.keys().find(|id| !reported.contains(*id)) {
            Some(missing) => Err(ProofError::MissingPromise(short(missing))),
            None => Ok(()),
        }
    }
}
