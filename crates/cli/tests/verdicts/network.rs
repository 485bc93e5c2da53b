//! Where a service listens, and whom it talks to.

use seaworthy_testkit::Recipe;

use crate::row::{Row, row};

fn talks_to_nobody(row: Row) -> Row {
    row.with_data().promise("Talks to nothing but the database")
}

#[test]
fn a_packet_to_a_machine_elsewhere_is_seen() -> anyhow::Result<()> {
    talks_to_nobody(row!(Recipe::fault("--calls-home")))
        .runs("fail network.only: it tried to reach udp 192.0.2.7:4242")?;
    talks_to_nobody(row!(Recipe::default())).runs("1 pass")
}

#[test]
fn a_packet_of_another_protocol_than_tcp_and_udp_is_seen() -> anyhow::Result<()> {
    // Root's alone: a raw socket.
    let image = Recipe::fault("--sends-gre").drafted(|draft| draft.user.clear());
    talks_to_nobody(row!(image)).runs("fail network.only: it tried to reach …192.0.2.7…")
}

#[test]
fn a_service_that_is_slow_to_listen_follows_its_port_all_the_same() -> anyhow::Result<()> {
    row!(Recipe::fault("--slow"))
        .with_data()
        .promise("PORT: Configurable, defaults to 8000")
        .runs("pass env.configurable: listens on 8000 without PORT; listens on …, and not on 8000, with PORT=…")
}

#[test]
fn the_loopback_of_ipv6_is_no_address_for_others() -> anyhow::Result<()> {
    let promised = |row: Row| row.with_data().promise("Health check endpoint responds at /health");
    promised(row!(Recipe::fault("--loopback-of-ipv6")))
        .runs("fail health.endpoint: listens on [::1]:8000 only, where nothing from outside comes; …")?;
    promised(row!(Recipe::fault("--ipv6-too"))).runs("1 pass")
}

#[test]
fn another_port_than_the_exposed_one_is_told() -> anyhow::Result<()> {
    let exposed = |port: &str| {
        let ports = vec![format!("{port}/tcp")];
        Recipe::fault("--fixed-port").drafted(|draft| draft.exposed_ports = ports)
    };
    let promised = |row: Row| row.with_data().promise("Starts within 2s");
    promised(row!(exposed("9000")))
        .runs("fail start.within: nothing listens on port 9000 within 5 s; it listens on 0.0.0.0:8000")?;
    promised(row!(exposed("8000")))
        .runs("pass start.within: …\nwarning: no endpoint is promised, so that an open port had to do")
}
