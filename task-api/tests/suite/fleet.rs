//! Three replicas behind a load balancer, of which one is killed every second.

use std::{
    env,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use crate::{
    balancer::Balancer,
    followers::{Follower, Over},
    http::get,
    load::{Load, TABLE, Table},
    program::{Api, lasting_port, psql, server, wait_for},
};

/// How long replicas are killed unless it is said: the whole story is a minute, see CONTRIBUTING.md.
const SECONDS: u64 = 8;

/// Kills one after the other, one a second, and starts each again, while clients are answered all the time. Says how many.
fn kill_and_start(replicas: &mut [Option<Api>], start: impl Fn(usize) -> Api, load: &Load, time: Duration) -> usize {
    let begin = Instant::now();
    let mut kills = 0;
    while begin.elapsed() < time {
        let at = kills % replicas.len();
        drop(replicas[at].take()); // killed
        kills += 1;
        load.goes_on(20);
        replicas[at] = Some(start(at));
        load.goes_on(20);
        let next = Duration::from_secs(kills as u64);
        assert!(wait_for(|| (begin.elapsed() >= next).then_some(())).is_some());
    }
    kills
}

#[test]
fn replicas_that_are_killed_lose_no_task_double_none_and_every_follower_sees_all() {
    let seconds = env::var("FLEET_SECONDS").map_or(SECONDS, |text| text.parse().expect("it is a number of seconds"));
    let url = server().database();
    let addresses = [(); 3].map(|()| SocketAddr::from(([127, 0, 0, 1], lasting_port())));
    let start = |at: usize| Api::ready_with(&url, &[("PORT", &addresses[at].port().to_string())]);
    let mut replicas = [0, 1, 2].map(|at| Some(start(at)));
    let balancer = Balancer::before(&addresses);
    assert!(wait_for(|| (get(balancer.address, "/ready").status == 200).then_some(())).is_some());

    let load = Load::on_mortal(balancer.address);
    let followers = [(); 4].map(|()| Follower::of_mortal(balancer.address));
    let is_over = AtomicBool::new(false);
    let mut kills = 0;
    let memories = thread::scope(|scope| {
        let over = Over(&is_over);
        for (n, follower) in followers.iter().enumerate() {
            let is_over = &is_over;
            scope.spawn(move || if n % 2 == 0 { follower.turn_pages(is_over) } else { follower.listen(is_over) });
        }
        let memories = load.run(8, || {
            kills = kill_and_start(&mut replicas, start, &load, Duration::from_secs(seconds));
            load.goes_on(100);
        });
        for follower in &followers {
            follower.wait_for_truth(&url);
        }
        drop(over);
        memories
    });
    Table::of(psql(&url, TABLE).lines()).bears_out(&memories);
    let (counts, returns) = (&load.counts, followers.each_ref().map(Follower::returns));
    println!("{kills} kills in {seconds} s, {} tasks, {counts:?}, followers came back {returns:?}", memories.len());
    // Who is killed owes answers, though not always: it may have given the last one a moment ago.
    let lost = counts.bounced.load(Relaxed) + counts.broken.load(Relaxed);
    assert!(lost * 2 >= kills, "{kills} kills, {counts:?}");
}
