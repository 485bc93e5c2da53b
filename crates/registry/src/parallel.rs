//! Several things at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many requests are on their way at once.
const AT_ONCE: usize = 4;

/// Does the work for `0..count`, a few at a time and begun in this order; the results are in this order too.
pub(crate) fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let worker = || {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = results.get(position) else { return };
            let result = work(position);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(count) {
            scope.spawn(worker);
        }
        worker();
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_work() {
        for count in [0, 1, 3, 100] {
            assert_eq!(
                each(count, |position| position * 2),
                (0..count).map(|position| position * 2).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn no_more_than_a_few_are_done_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        each(50, |_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        });
        assert!(most.into_inner() <= AT_ONCE);
    }
}
