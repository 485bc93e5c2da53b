//! Which trace a request belongs to, as W3C's Trace Context has it: the caller's, or else a new one. It stands in every
//! line of the log about the request, and goes back with the answer.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// A trace, and our own part in it. Shown as the trace's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) id: u128,
    span: u64,
    /// The caller's part in it.
    #[cfg(feature = "otlp")]
    pub(crate) parent: Option<u64>,
    flags: u8,
}

/// That somebody keeps the trace.
#[cfg(feature = "otlp")]
const SAMPLED: u8 = 1;

impl Trace {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let parent = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(parse),
            _ => None,
        };
        let (id, flags) = match parent {
            Some((id, _, flags)) => (id, flags),
            None => (u128::from(random()) << 64 | u128::from(random()), 0),
        };
        Self {
            id,
            span: random(),
            #[cfg(feature = "otlp")]
            parent: parent.map(|(_, span, _)| span),
            flags,
        }
    }

    /// Takes over what an exporter made of it: whether it is kept is decided, and those who are asked next may follow.
    #[cfg(feature = "otlp")]
    pub(crate) fn becomes(&mut self, id: u128, span: u64, is_sampled: bool) {
        (self.id, self.span) = (id, span);
        self.flags = if is_sampled { self.flags | SAMPLED } else { self.flags & !SAMPLED };
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        put_hex(&mut text[3..35], self.id);
        put_hex(&mut text[36..52], self.span.into());
        put_hex(&mut text[53..], self.flags.into());
        HeaderValue::from_bytes(&text).ok()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        put_hex(&mut text, self.id);
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The last digits of a number, as many as there is room for.
fn put_hex(text: &mut [u8], mut number: u128) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

/// The id, the part and the flags of a trace that the caller is part of. Later versions may say more behind them.
fn parse(text: &str) -> Option<(u128, u64, u8)> {
    let (known, rest) = text.split_at_checked(55)?;
    let parts: Vec<_> = known.split('-').collect();
    let [version, id, span, flags] = parts[..] else { return None };
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_whole = [version.len(), id.len(), span.len(), flags.len()] == [2, 32, 16, 2];
    let may_say_more = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    if !is_whole || ![version, id, span, flags].into_iter().all(is_hex) || version == "ff" || !may_say_more {
        return None;
    }
    let id = u128::from_str_radix(id, 16).ok().filter(|id| *id != 0)?;
    let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
    Some((id, span, u8::from_str_radix(flags, 16).ok()?))
}

/// A number that no other process comes to, and that is no secret: a keyed hash of a count.
pub(crate) fn random() -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    KEYS.hash_one(COUNT.fetch_add(1, Relaxed)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(u128, u64, u8)>) {
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn a_parent_is_read_as_the_standard_says() {
        let known = Some((0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331, 1));
        check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", known);
        check("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", known);
        check("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings", known);
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0é",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn a_request_without_a_parent_begins_a_trace_of_its_own() {
        let (first, second) = (Trace::of(&HeaderMap::new()), Trace::of(&HeaderMap::new()));
        assert_ne!(first.id, second.id);
        let header = first.header().unwrap();
        assert_eq!(parse(header.to_str().unwrap()), Some((first.id, first.span, 0)));
        assert_eq!(first.to_string().len(), 32);

        let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let mut headers = HeaderMap::from_iter([(TRACEPARENT, parent)]);
        let trace = Trace::of(&headers);
        assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(
            !trace.header().unwrap().to_str().unwrap().contains("b7ad6b7169203331"),
            "our part is not the caller's"
        );
        headers.append(TRACEPARENT, HeaderValue::from_static("00-1"));
        assert_ne!(Trace::of(&headers).to_string(), trace.to_string());
    }
}
