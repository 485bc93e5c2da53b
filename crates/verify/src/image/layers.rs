//! `image.layers`: At most {n} layers.

use super::{Facts, count};
use crate::Finding;

/// Counts the manifest's layers, empty ones too.
pub fn layers(facts: &Facts, most: usize) -> Finding {
    let layers = facts.diff_ids.len();
    let seen = count(layers as u64, "layer");
    if layers <= most { Finding::pass(seen) } else { Finding::fail(format!("{seen}, more than {most}")) }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn layers_are_counted_as_the_manifest_has_them() {
        let facts = Sample::new().layer().file("x", 0o644, b"x").facts();
        assert_eq!(layers(&facts, 2).verdict, Pass);
        assert_eq!(layers(&facts, 1).verdict, Fail);
        assert_eq!(layers(&facts, 1).evidence, "2 layers, more than 1");
    }
}
