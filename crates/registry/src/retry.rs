//! How often, and after which waits, a request is sent again.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use crate::RegistryError;
use crate::settings::Patience;
use crate::stop::Stop;

/// The tries of one request.
pub(crate) struct Tries<'a> {
    patience: &'a Patience,
    stop: &'a Stop,
    left: u32,
    pause: Duration,
    begun: Instant,
}

/// No new try begins after so long.
const LONGEST: Duration = Duration::from_mins(3);

impl<'a> Tries<'a> {
    pub(crate) fn new(patience: &'a Patience, stop: &'a Stop) -> Self {
        Self { patience, stop, left: patience.tries.max(1) - 1, pause: patience.pause, begun: Instant::now() }
    }

    /// The tries of something that failed so many times already.
    pub(crate) fn resumed(patience: &'a Patience, stop: &'a Stop, failed: u32) -> Self {
        let failed = failed.saturating_sub(1);
        let pause = patience.pause * 2_u32.saturating_pow(failed.min(10));
        Self {
            patience,
            stop,
            left: (patience.tries.max(1) - 1).saturating_sub(failed),
            pause: pause.min(patience.longest_pause),
            begun: Instant::now(),
        }
    }

    /// Waits for the next try, or gives the error back where there should be none.
    ///
    /// `met`: somebody did answer there before, so that an absence may pass too.
    pub(crate) fn after(&mut self, error: RegistryError, met: bool) -> Result<(), RegistryError> {
        self.stop.check()?;
        let asked = error.refusal().and_then(|refusal| refusal.retry_after);
        let passes = error.passes() || met && error.is_absence();
        if self.left == 0
            || !passes
            || self.begun.elapsed() > LONGEST
            || asked.is_some_and(|asked| asked > self.patience.longest_pause)
        {
            return Err(error);
        }
        self.left -= 1;
        let wait = asked.unwrap_or_default().max(with_jitter(self.pause));
        self.pause = (self.pause * 2).min(self.patience.longest_pause);
        self.stop.wait(wait)
    }
}

/// Between half and the whole of it: clients that failed together should not come back together.
pub(crate) fn with_jitter(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0);
    let part = 0.5 + 0.5 * f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX);
    pause.mul_f64(part)
}

/// `Retry-After`: seconds, or the time of day in HTTP's way (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX))));
    }
    let then = SystemTime::from(jiff::fmt::rfc2822::parse(value).ok()?.timestamp());
    Some(then.duration_since(now).unwrap_or_default())
}

/// The present, in the way that `jiff` counts.
pub(crate) fn now() -> SystemTime {
    Timestamp::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::from("2026-01-31T12:00:00Z".parse::<Timestamp>().unwrap());
        let check = |value: &str, expected: Option<u64>| {
            assert_eq!(retry_after(value, now).map(|wait| wait.as_secs()), expected, "{value}");
        };
        check("0", Some(0));
        check(" 120 ", Some(120));
        check("99999999999999999999999", Some(u64::from(u32::MAX)));
        check("Sat, 31 Jan 2026 12:00:30 GMT", Some(30));
        check("Sat, 31 Jan 2026 11:00:00 GMT", Some(0));
        check("soon", None);
        check("-1", None);
        check("1.5", None);
        check("", None);
    }

    #[test]
    fn jitter_shortens_a_pause_by_at_most_half() {
        for _ in 0..100 {
            let wait = with_jitter(Duration::from_secs(1));
            assert!(wait >= Duration::from_millis(500) && wait <= Duration::from_secs(1), "{wait:?}");
        }
    }
}
