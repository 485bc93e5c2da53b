//! `image.layers`: At most {n} layers.

use super::Facts;
use crate::Finding;

/// Counts the manifest's layers, empty ones too.
pub fn layers(facts: &Facts, most: usize) -> Finding {
    let count = facts.diff_ids.len();
    let seen = format!("{count} {}", if count == 1 { "layer" } else { "layers" });
    if count <= most { Finding::pass(seen) } else { Finding::fail(format!("{seen}, more than {most}")) }
}
