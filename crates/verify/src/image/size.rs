//! `image.size`: Image size under {size}.

use seaworthy_spec::Measure;

use super::Facts;
use crate::Finding;

/// Keeps the promise up to the limit itself: people write round figures, and `under` and `at most` mean the same to them.
pub fn size(facts: &Facts, limit_bytes: u64, measure: Measure) -> Finding {
    let (unpacked, transfer) = (facts.unpacked_bytes(), facts.transfer_bytes());
    let evidence = format!("{} unpacked, {} to transfer", megabytes(unpacked), megabytes(transfer));
    let over = |bytes: u64, name: &str| {
        (bytes > limit_bytes).then(|| format!("{} {name} is over {}", megabytes(bytes), megabytes(limit_bytes)))
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

/// Decimal megabytes with one digit; below 0.1 MB in bytes, and with more digits where one hides the difference.
pub(super) fn megabytes(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{bytes} bytes"),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
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
    fn sizes_are_decimal() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (99_999, "99999 bytes"),
            (100_000, "0.1 MB"),
            (5_849_999, "5.8 MB"),
            (145_000_000, "145.0 MB"),
        ] {
            assert_eq!(megabytes(bytes), expected);
        }
    }
}
