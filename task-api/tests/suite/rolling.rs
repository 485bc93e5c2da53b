//! Three replicas behind a load balancer that sends each request once, replaced one after the other.

use std::{
    env,
    net::SocketAddr,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crate::{
    balancer::Balancer,
    http::get,
    load::{Load, TABLE, Table},
    program::{Api, lasting_port, psql, server, wait_for},
};

/// Rounds of restarts, clients, and seconds of `DRAIN_DELAY`, unless it is said: for more of them see CONTRIBUTING.md.
const SHORT: [(&str, usize); 3] = [("ROLLS", 1), ("ROLL_CLIENTS", 8), ("ROLL_DELAY", 2)];

/// Replaces each replica once, as an orchestrator does: the next one when this one is at work again.
fn roll(replicas: &mut [Api], start: impl Fn(usize) -> Api, load: &Load) {
    for (at, replica) in replicas.iter_mut().enumerate() {
        replica.stop("TERM");
        *replica = start(at);
        let is_at_work = || get(replica.address, "/metrics").text().contains(r#"http_requests_total{route="/tasks""#);
        assert!(wait_for(|| is_at_work().then_some(())).is_some(), "the balancer sends it requests");
        load.goes_on(20);
    }
}

#[test]
fn replicas_that_are_replaced_one_by_one_fail_no_request_lose_no_task_and_double_none() {
    let chosen = |(name, short)| env::var(name).map_or(short, |text| text.parse().expect("it is a number"));
    let [rolls, clients, delay] = SHORT.map(chosen);
    let url = server().database();
    let addresses = [(); 3].map(|()| SocketAddr::from(([127, 0, 0, 1], lasting_port())));
    let start = |at: usize| {
        let environment = [("PORT", addresses[at].port().to_string()), ("DRAIN_DELAY", delay.to_string())];
        Api::ready_with(&url, &environment.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    let mut replicas = [0, 1, 2].map(start);
    // It learns late that a replica goes, as Kubernetes' endpoints do: after up to half of the delay.
    let balancer = Balancer::sending_once(&addresses, Duration::from_secs(delay.max(1) as u64) / 2);
    assert!(wait_for(|| (get(balancer.address, "/ready").status == 200).then_some(())).is_some());

    let (load, begin) = (Load::on_fresh(balancer.address), Instant::now());
    let memories = load.run(clients, || (0..rolls).for_each(|_| roll(&mut replicas, start, &load)));
    Table::of(psql(&url, TABLE).lines()).bears_out(&memories);
    let counts = &load.counts;
    let (tasks, took) = (memories.len(), begin.elapsed().as_secs());
    println!("{rolls} rolling restarts in {took} s, {clients} clients, {tasks} tasks, {counts:?}");
    let failed = [&counts.refused, &counts.bounced, &counts.broken, &counts.repeated].map(|count| count.load(Relaxed));
    assert_eq!(failed, [0; 4], "{counts:?}");
}
