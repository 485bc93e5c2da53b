//! The lines of a scenario.

use crate::Scenario;
use crate::problem::Problem;
use crate::source::{Fragment, Source};

/// Reads the lines of one promise; none where there are none, or where one has a problem.
pub(crate) fn scenario(
    _source: &Source<'_>,
    _lines: &[Fragment<'_>],
    _problems: &mut Vec<Problem>,
) -> Option<Scenario> {
    None
}
