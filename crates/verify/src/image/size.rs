//! `image.size`: Image size under {size}.

use seaworthy_image::Image;
use seaworthy_report::size as megabytes;
use seaworthy_spec::Measure;

use super::Facts;
use crate::{Finding, Subject};

/// What a registry would send, as far as that was found out.
#[derive(Debug, Clone, Copy)]
enum Transfer {
    Is(u64),
    /// No layer was compressed to know this.
    AtMost(u64),
    Unknown,
}

/// Keeps the promise up to the limit itself: people write round figures, and `under` and `at most` mean the same to them.
pub fn size(facts: &Facts, subject: &Subject<'_>, limit_bytes: u64, measure: Measure) -> Finding {
    let unpacked = facts.unpacked_bytes();
    match transfer(subject, unpacked, limit_bytes, measure) {
        Ok(transfer) => judge(unpacked, transfer, limit_bytes, measure),
        Err(why) => Finding::unproven(why),
    }
}

/// Nothing is compressed where the verdict does not need it.
fn transfer(subject: &Subject<'_>, unpacked: u64, limit_bytes: u64, measure: Measure) -> Result<Transfer, String> {
    let Some(deferred) = subject.deferred.filter(|deferred| deferred.known().is_none()) else {
        return Ok(subject.known().map(Image::transfer_bytes).map_or(Transfer::Unknown, Transfer::Is));
    };
    if measure == Measure::Unpacked || measure == Measure::Both && unpacked > limit_bytes {
        return Ok(Transfer::Unknown);
    }
    match deferred.transfer_bytes_at_most() {
        most if most <= limit_bytes => Ok(Transfer::AtMost(most)),
        _ => match deferred.packed() {
            Ok(image) => Ok(Transfer::Is(image.transfer_bytes())),
            Err(error) => Err(format!("cannot compress the layers, to see what a registry would send: {error}")),
        },
    }
}

fn judge(unpacked: u64, transfer: Transfer, limit_bytes: u64, measure: Measure) -> Finding {
    let to_transfer = match transfer {
        Transfer::Is(bytes) => format!(", {} to transfer", megabytes(bytes)),
        Transfer::AtMost(bytes) => format!(", less than {} to transfer", megabytes(bytes)),
        Transfer::Unknown => String::new(),
    };
    let evidence = format!("{} unpacked{to_transfer}", megabytes(unpacked));
    let over = |bytes: u64, name: &str| {
        (bytes > limit_bytes).then(|| {
            let (size, limit) = apart(bytes, limit_bytes);
            format!("{size} {name} is over {limit}")
        })
    };
    let over_to_transfer = match transfer {
        Transfer::Is(bytes) => over(bytes, "to transfer"),
        Transfer::AtMost(_) | Transfer::Unknown => None,
    };
    let broken = match measure {
        Measure::Unpacked => over(unpacked, "unpacked"),
        Measure::Transfer => over_to_transfer,
        Measure::Both => over(unpacked, "unpacked").or(over_to_transfer),
    };
    match (broken, transfer, measure) {
        (Some(broken), _, _) => Finding::fail(format!("{broken} ({evidence})")),
        (None, Transfer::Unknown, Measure::Transfer | Measure::Both) => {
            Finding::unproven(format!("{evidence}; what a registry would send is not known"))
        }
        (None, _, _) => Finding::pass(evidence),
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
        let sample = || Sample::new().file("data", 0o644, &vec![b'x'; 300_000]);
        let (unpacked, transfer) = (sample().facts().unpacked_bytes(), sample().image().transfer_bytes());
        assert!(transfer < 100_000 && unpacked >= 300_000);
        for (limit, measure, expected) in [
            (unpacked, Measure::Both, Verdict::Pass),
            (unpacked - 1, Measure::Both, Verdict::Fail),
            (unpacked - 1, Measure::Unpacked, Verdict::Fail),
            (transfer, Measure::Transfer, Verdict::Pass),
            (transfer - 1, Measure::Transfer, Verdict::Fail),
            (0, Measure::Both, Verdict::Fail),
        ] {
            let found = judge(unpacked, Transfer::Is(transfer), limit, measure);
            assert_eq!(found.verdict, expected, "{limit} {measure:?}");
            assert!(found.evidence.contains("0.3 MB unpacked"), "{}", found.evidence);
        }
    }

    #[test]
    fn what_was_not_compressed_has_no_transfer_size_and_passes_only_by_its_bound() {
        for (transfer, measure, expected, evidence) in [
            (Transfer::AtMost(400_000), Measure::Both, Verdict::Pass, "0.3 MB unpacked, less than 0.4 MB to transfer"),
            (
                Transfer::AtMost(400_000),
                Measure::Transfer,
                Verdict::Pass,
                "0.3 MB unpacked, less than 0.4 MB to transfer",
            ),
            (Transfer::Unknown, Measure::Unpacked, Verdict::Pass, "0.3 MB unpacked"),
            (
                Transfer::Unknown,
                Measure::Both,
                Verdict::Unproven,
                "0.3 MB unpacked; what a registry would send is not known",
            ),
        ] {
            let found = judge(300_000, transfer, 400_000, measure);
            assert_eq!((found.verdict, found.evidence.as_str()), (expected, evidence), "{transfer:?} {measure:?}");
        }
        let found = judge(500_000, Transfer::Unknown, 400_000, Measure::Both);
        assert_eq!(
            (found.verdict, found.evidence.as_str()),
            (Verdict::Fail, "0.5 MB unpacked is over 0.4 MB (0.5 MB unpacked)")
        );
    }

    #[test]
    fn a_size_just_over_the_limit_does_not_read_like_the_limit() {
        assert_eq!(apart(10_000_001, 10_000_000), ("10000001 bytes".to_owned(), "10000000 bytes".to_owned()));
        assert_eq!(apart(12_400_000, 10_000_000), ("12.4 MB".to_owned(), "10.0 MB".to_owned()));
    }
}
