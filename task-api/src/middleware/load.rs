//! What is being done at this moment, and what is too much: a request that finds no room is told so at once, before it
//! costs memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use super::metrics::Text;
use crate::{
    budget::Budget,
    config::limits::{FREE_BYTES, GUESTS, Limits},
    error::Error,
};

/// The figures, shared by all connections and requests.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) limits: Limits,
    pub(crate) budget: Arc<Budget>,
    requests: AtomicUsize,
    connections: AtomicUsize,
    followers: AtomicUsize,
    shed: [AtomicU64; 3],
}

/// What there was no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Connections,
    Requests,
    Followers,
}

impl Load {
    pub(crate) fn new(limits: Limits) -> Self {
        let (requests, connections, followers, shed) = Default::default();
        Self { limits, budget: Budget::of(limits.held_bytes), requests, connections, followers, shed }
    }

    /// Counts a request in, as long as its ticket is kept; one that `is_exempt` always.
    ///
    /// # Errors
    ///
    /// Fails if there is no room.
    pub(crate) fn admit(self: &Arc<Self>, is_guest: bool, is_exempt: bool) -> Result<Ticket, Full> {
        let before = self.requests.fetch_add(1, Relaxed);
        let ticket = Ticket { load: Arc::clone(self), bytes: AtomicUsize::new(0), since: Instant::now() };
        let full = if is_exempt {
            None
        } else if is_guest {
            Some(Full::Connections)
        } else {
            (before >= self.limits.requests).then_some(Full::Requests)
        };
        match full {
            None => Ok(ticket),
            Some(full) => {
                self.shed(full);
                Err(full)
            }
        }
    }

    /// Counts a connection in, as long as its seat is kept; `None` if not even a guest finds room.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Seat> {
        let before = self.connections.fetch_add(1, Relaxed);
        let seat = Seat { load: Arc::clone(self), is_guest: before >= self.limits.connections };
        if before < self.limits.connections + GUESTS {
            return Some(seat);
        }
        self.shed(Full::Connections);
        None
    }

    /// Counts a follower of events in, as long as its place is kept.
    ///
    /// # Errors
    ///
    /// Fails if there are as many as may be.
    pub(crate) fn follow(self: &Arc<Self>) -> Result<Following, Error> {
        let before = self.followers.fetch_add(1, Relaxed);
        let following = Following(Arc::clone(self));
        if before < self.limits.followers() {
            return Ok(following);
        }
        self.shed(Full::Followers);
        Err(Error::Overloaded)
    }

    /// Requests whose answer has not left.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }

    pub(crate) fn write(&self, text: &mut Text) {
        text.family("http_requests_in_flight", "gauge", "Requests whose answer has not left, this one included.");
        text.sample("", self.requests.load(Relaxed));
        text.family(
            "http_body_bytes_in_flight",
            "gauge",
            "Bytes of bodies, answers and events that are held, beyond the first 16 KB of each request.",
        );
        text.sample("", self.budget.held());
        text.family("http_connections", "gauge", "Connections of clients.");
        text.sample("", self.connections.load(Relaxed));
        text.family("http_followers", "gauge", "Clients that follow the feed of changes as events.");
        text.sample("", self.followers.load(Relaxed));
        text.family(
            "http_shed_total",
            "counter",
            "Requests and connections for which there was no room, by what was full.",
        );
        for full in [Full::Connections, Full::Requests, Full::Followers] {
            let reason = format!("reason=\"{full:?}\"").to_lowercase();
            text.sample(&reason, self.shed[full as usize].load(Relaxed));
        }
        text.sample("reason=\"bytes\"", self.budget.refused());
    }

    fn shed(&self, full: Full) {
        self.shed[full as usize].fetch_add(1, Relaxed);
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Ticket {
    load: Arc<Load>,
    bytes: AtomicUsize,
    since: Instant,
}

impl Ticket {
    /// Counts bytes that are held for the request from now on. The first of them are free.
    ///
    /// # Errors
    ///
    /// Fails if that is too much for now.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Error> {
        let before = self.bytes.load(Relaxed);
        let after = before.saturating_add(bytes);
        if !self.load.budget.take(counted(after) - counted(before)) {
            return Err(Error::Overloaded);
        }
        self.bytes.store(after, Relaxed);
        Ok(())
    }

    /// Counts the bytes of the answer, which are there already, and no others: what it was made from has gone.
    pub(crate) fn settle(&self, bytes: usize) {
        let (before, after) = (counted(self.bytes.swap(bytes, Relaxed)), counted(bytes));
        if after > before {
            self.load.budget.add(after - before);
        } else {
            self.load.budget.give_back(before - after);
        }
    }

    /// When the body must have arrived.
    pub(crate) fn body_until(&self) -> Instant {
        self.since + self.load.limits.body_time()
    }

    /// When the answer must have begun.
    pub(crate) fn until(&self) -> Instant {
        self.since + self.load.limits.request_time
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.load.requests.fetch_sub(1, Relaxed);
        self.settle(0);
    }
}

/// What counts of the bytes that a request holds.
fn counted(bytes: usize) -> usize {
    bytes.saturating_sub(FREE_BYTES)
}

/// A connection that is being served.
#[derive(Debug)]
pub(crate) struct Seat {
    load: Arc<Load>,
    /// Beyond the limit: only told how the service is, or that it is busy, once.
    pub(crate) is_guest: bool,
}

impl Seat {
    /// Whether others find no room, or soon will not.
    pub(crate) fn is_crowded(&self) -> bool {
        self.load.budget.is_crowded()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.load.connections.fetch_sub(1, Relaxed);
    }
}

/// A follower of events.
#[derive(Debug)]
pub(crate) struct Following(Arc<Load>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD_BYTES: usize = 32_000_000;

    fn load() -> Arc<Load> {
        Arc::new(Load::new(Limits { requests: 2, connections: 1, ..Limits::default() }))
    }

    #[test]
    fn a_request_beyond_the_limit_is_shed_until_another_one_ends() {
        let load = load();
        let (first, second) = (load.admit(false, false), load.admit(false, false));
        assert_eq!(load.admit(false, false).unwrap_err(), Full::Requests);
        assert!(load.admit(false, true).is_ok(), "a probe always finds room");
        assert_eq!(load.admit(true, false).unwrap_err(), Full::Connections);
        drop(first);
        assert!(load.admit(false, false).is_ok());
        drop(second);
        assert_eq!(load.requests.load(Relaxed), 0);
        assert_eq!(load.shed.each_ref().map(|count| count.load(Relaxed)), [1, 1, 0]);
    }

    #[test]
    fn bodies_are_shed_before_they_fill_the_memory() {
        let load = load();
        let big = load.admit(false, false).unwrap();
        big.hold(FREE_BYTES + HELD_BYTES).unwrap();
        assert!(matches!(big.hold(1), Err(Error::Overloaded)));
        let other = load.admit(false, false).unwrap();
        assert!(matches!(other.hold(FREE_BYTES + 1), Err(Error::Overloaded)));
        assert_eq!(load.budget.held(), HELD_BYTES, "what was refused is not counted");
        drop(big);
        other.hold(FREE_BYTES + 1).unwrap();
        drop(other);
        assert_eq!(load.budget.held(), 0);
    }

    #[test]
    fn small_requests_go_on_while_large_ones_fill_the_memory() {
        let load = load();
        let big = load.admit(false, false).unwrap();
        big.settle(FREE_BYTES + HELD_BYTES + 1);
        let small = load.admit(false, false).unwrap();
        small.hold(FREE_BYTES).unwrap();
        assert!(matches!(small.hold(1), Err(Error::Overloaded)));
        small.settle(7);
        small.hold(7).unwrap();
    }

    #[test]
    fn an_answer_counts_as_what_it_is_and_not_as_what_it_was_made_from() {
        let load = load();
        let ticket = load.admit(false, false).unwrap();
        ticket.hold(1_000_000).unwrap();
        for bytes in [3_000_000, 500_000] {
            ticket.settle(bytes);
            assert_eq!(load.budget.held(), bytes - FREE_BYTES);
        }
        ticket.settle(7);
        assert_eq!(load.budget.held(), 0);
    }

    #[test]
    fn half_of_the_connections_may_follow() {
        let load = Arc::new(Load::new(Limits { connections: 5, ..Limits::default() }));
        let (first, _second) = (load.follow().unwrap(), load.follow().unwrap());
        assert!(matches!(load.follow(), Err(Error::Overloaded)));
        drop(first);
        assert!(load.follow().is_ok());
        assert_eq!(Limits { connections: 1, ..Limits::default() }.followers(), 1);
    }

    #[test]
    fn beyond_the_seats_there_are_some_guests_and_then_nobody() {
        let load = load();
        let mut seats: Vec<_> = (0..=GUESTS).map(|_| load.seat().unwrap()).collect();
        assert_eq!(seats.iter().filter(|seat| seat.is_guest).count(), GUESTS);
        assert!(load.seat().is_none());
        seats.pop();
        assert!(load.seat().unwrap().is_guest);
        seats.clear();
        assert!(!load.seat().unwrap().is_guest);
    }
}
