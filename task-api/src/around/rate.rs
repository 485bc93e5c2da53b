//! How many requests a client may make in a time, counted by this process alone.
//!
//! A client is a key, or else an address. Its window begins with its first request, and what is left of it stands in every
//! answer (draft-ietf-httpapi-ratelimit-headers-10).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::limits::Rate;

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Clients that are told apart at the same time. More than that share one window, so that memory is bounded.
const CLIENTS: usize = 10_000;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    Key(Arc<str>),
    Address(IpAddr),
    /// Whoever comes when there are too many to tell apart.
    Crowd,
}

#[derive(Debug)]
pub(crate) struct Rates {
    rate: Rate,
    windows: Mutex<Windows>,
}

#[derive(Debug)]
struct Windows {
    counts: HashMap<Client, (Instant, u32)>,
    swept: Instant,
}

/// How a client stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    rate: Rate,
    left: u32,
    /// Until the window ends.
    pub(crate) seconds: u64,
    /// Whether this request was more than there may be.
    pub(crate) is_over: bool,
}

impl Rates {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::new(Windows { counts: HashMap::new(), swept: Instant::now() }) }
    }

    /// Counts a request.
    pub(crate) fn count(&self, client: Client, now: Instant) -> Standing {
        let window = Duration::from_secs(self.rate.seconds.into());
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let client = if windows.has_room_for(&client, now, window) { client } else { Client::Crowd };
        let (start, count) = windows.counts.entry(client).or_insert((now, 0));
        if now.saturating_duration_since(*start) >= window {
            (*start, *count) = (now, 0);
        }
        let is_over = *count >= self.rate.requests;
        *count = count.saturating_add(1).min(self.rate.requests);
        let left = self.rate.requests - *count;
        let until_end = window.saturating_sub(now.saturating_duration_since(*start));
        let seconds = until_end.as_secs() + u64::from(until_end.subsec_nanos() > 0);
        Standing { rate: self.rate, left, seconds, is_over }
    }
}

impl Windows {
    /// Makes room, at most once a second, by forgetting windows that have ended.
    fn has_room_for(&mut self, client: &Client, now: Instant, window: Duration) -> bool {
        if self.counts.len() < CLIENTS || self.counts.contains_key(client) {
            return true;
        }
        if now.saturating_duration_since(self.swept) >= Duration::from_secs(1) {
            self.counts.retain(|_, (start, _)| now.saturating_duration_since(*start) < window);
            self.swept = now;
        }
        self.counts.len() < CLIENTS
    }
}

impl Standing {
    pub(crate) fn headers(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let Self { rate, left, seconds, .. } = self;
        let policy = format!("\"default\";q={};w={}", rate.requests, rate.seconds);
        let standing = format!("\"default\";r={left};t={seconds}");
        [(RATELIMIT_POLICY, policy), (RATELIMIT, standing)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)))
    }
}

/// The address that a request comes from: what the last of our own proxies was asked by, or the peer where there are none.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, proxies: usize) -> Client {
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut addresses = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect::<Vec<_>>().into_iter();
    let named = proxies.checked_sub(1).and_then(|nearer| addresses.nth_back(nearer)?.parse().ok());
    Client::Address(network(named.unwrap_or(peer)))
}

/// Of an IPv6 address the network: a client has as many addresses in it as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(n: usize) -> Client {
        Client::Key(n.to_string().into())
    }

    #[test]
    fn each_client_has_a_window_of_its_own() {
        let rates = Rates::new(Rate { requests: 2, seconds: 10 });
        let start = Instant::now();
        let count = |n, after_ms| {
            let standing = rates.count(client(n), start + Duration::from_millis(after_ms));
            (standing.left, standing.seconds, standing.is_over)
        };
        assert_eq!(count(1, 0), (1, 10, false));
        assert_eq!(count(1, 2_500), (0, 8, false));
        assert_eq!(count(1, 9_999), (0, 1, true));
        assert_eq!(count(2, 9_999), (1, 10, false));
        assert_eq!(count(1, 10_000), (1, 10, false));
    }

    #[test]
    fn clients_beyond_count_share_a_window_until_others_end() {
        let rates = Rates::new(Rate { requests: 1, seconds: 10 });
        let start = Instant::now();
        for n in 0..CLIENTS {
            assert!(!rates.count(client(n), start).is_over);
        }
        assert!(!rates.count(client(CLIENTS), start).is_over);
        assert!(rates.count(client(CLIENTS + 1), start).is_over, "the crowd has had its request");
        assert!(rates.windows.lock().unwrap().counts.len() <= CLIENTS + 1);
        let later = start + Duration::from_secs(10);
        assert!(!rates.count(client(CLIENTS + 1), later).is_over);
        assert_eq!(rates.windows.lock().unwrap().counts.len(), 1);
    }

    #[track_caller]
    fn check(forwarded: &[&'static str], proxies: usize, expected: &str) {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        let seen = address("10.0.0.9".parse().unwrap(), &headers, proxies);
        assert_eq!(seen, Client::Address(expected.parse().unwrap()), "{forwarded:?} {proxies}");
    }

    #[test]
    fn only_what_our_own_proxies_say_counts() {
        check(&["6.6.6.6"], 0, "10.0.0.9");
        check(&[], 1, "10.0.0.9");
        check(&["6.6.6.6, 1.2.3.4"], 1, "1.2.3.4");
        check(&["6.6.6.6", "1.2.3.4, 10.0.0.1"], 2, "1.2.3.4");
        check(&["1.2.3.4"], 2, "10.0.0.9");
        check(&["nonsense"], 1, "10.0.0.9");
        check(&["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::");
        check(&["::ffff:1.2.3.4"], 1, "1.2.3.4");
    }
}
