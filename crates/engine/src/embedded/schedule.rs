//! When Docker would run a health check: the first time one interval after the start, then each time one interval after the last one
//! ended. While the container is starting and its start period lasts, the start interval takes the interval's place.

use std::time::Duration;

/// No check is run more often.
const SHORTEST: Duration = Duration::from_millis(1);

/// Docker's clock of a health check. All times are from the container's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) start_interval: Duration,
    pub(crate) start_period: Duration,
}

impl Schedule {
    /// The first probe.
    pub(crate) fn first(self) -> Duration {
        self.next(Duration::ZERO, true)
    }

    /// The probe after one that ended then.
    pub(crate) fn next(self, ended: Duration, is_starting: bool) -> Duration {
        let pause = if is_starting && ended < self.start_period { self.start_interval } else { self.interval };
        ended.saturating_add(pause.max(SHORTEST))
    }

    /// The first probe at that time or later, where one is due at `due` and those before it take no time and fail.
    pub(crate) fn at_or_after(self, due: Duration, time: Duration) -> Duration {
        let mut due = due;
        while due < time {
            due = self.next(due, true);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn schedule(interval: u64, start_interval: u64, start_period: u64) -> Schedule {
        let seconds = Duration::from_secs;
        Schedule {
            interval: seconds(interval),
            start_interval: seconds(start_interval),
            start_period: seconds(start_period),
        }
    }

    #[track_caller]
    fn check(schedule: Schedule, ready: u64, probed: u64) {
        let seconds = Duration::from_secs;
        assert_eq!(schedule.at_or_after(schedule.first(), seconds(ready)), seconds(probed));
    }

    #[test]
    fn a_container_is_found_healthy_at_the_next_probe() {
        check(schedule(30, 5, 0), 0, 30);
        check(schedule(30, 5, 0), 30, 30);
        check(schedule(30, 5, 0), 31, 60);
        check(schedule(30, 5, 12), 0, 5);
        check(schedule(30, 5, 12), 7, 10);
        check(schedule(30, 5, 12), 11, 15);
        check(schedule(30, 5, 12), 16, 45);
    }

    #[test]
    fn after_the_first_healthy_answer_the_interval_counts() {
        let schedule = schedule(30, 5, 60);
        assert_eq!(schedule.next(Duration::from_secs(5), true), Duration::from_secs(10));
        assert_eq!(schedule.next(Duration::from_secs(5), false), Duration::from_secs(35));
    }
}
