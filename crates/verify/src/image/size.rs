//! `image.size`: Image size under {size}.

use seaworthy_report::size as megabytes;
use seaworthy_spec::Measure;

use super::Facts;
use crate::Finding;

/// Keeps the promise up to the limit itself: people write round figures, and `under` and `at most` mean the same to them.
pub fn size(facts: &Facts, limit_bytes: u64, measure: Measure) -> Finding {
    let (unpacked, transfer) = (facts.unpacked_bytes(), facts.transfer_bytes());
    let evidence = format!("{} unpacked, {} to transfer", megabytes(unpacked), megabytes(transfer));
    let over = |bytes: u64, name: &str| {
        (bytes > limit_bytes).then(|| {
            let (size, limit) = apart(bytes, limit_bytes);
            format!("{size} {name} is over {limit}")
        })
    };
    let broken = match measure {
        Measure::Unpacked => over(unpacked, "unpacked"),
        Measure::Transfer => over(transfer, "to transfer"),
        Measure::Both => over(unpacked, "unpacked").or_else(|| over(transfer, "to transfer")),
    };
    match broken {
        None => Finding::pass(evidence),
        Some(broken) => Finding::fail(format!("{broken} ({evidence})")),
    }
}

/// Two sizes, in bytes where their megabytes read the same.
fn apart(one: u64, other: u64) -> (String, String) {
    match (megabytes(one), megabytes(other)) {
        (a, b) if a == b => (format!("{one} bytes"), format!("{other} bytes")),
        apart => apart,
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn both_measures_hold_up_to_the_limit_itself() {
        let facts = Sample::new().file("data", 0o644, &vec![b'x'; 300_000]).facts();
        let (unpacked, transfer) = (facts.unpacked_bytes(), facts.transfer_bytes());
        assert!(transfer < 100_000 && unpacked >= 300_000);
        for (limit, measure, expected) in [
            (unpacked, Measure::Both, Verdict::Pass),
            (unpacked - 1, Measure::Both, Verdict::Fail),
            (unpacked - 1, Measure::Unpacked, Verdict::Fail),
            (transfer, Measure::Transfer, Verdict::Pass),
            (transfer - 1, Measure::Transfer, Verdict::Fail),
            (0, Measure::Both, Verdict::Fail),
        ] {
            let found = size(&facts, limit, measure);
            assert_eq!(found.verdict, expected, "{limit} {measure:?}");
            assert!(found.evidence.contains("0.3 MB unpacked"), "{}", found.evidence);
        }
    }

    #[test]
    fn a_size_just_over_the_limit_does_not_read_like_the_limit() {
        assert_eq!(apart(10_000_001, 10_000_000), ("10000001 bytes".to_owned(), "10000000 bytes".to_owned()));
        assert_eq!(apart(12_400_000, 10_000_000), ("12.4 MB".to_owned(), "10.0 MB".to_owned()));
    }
}
