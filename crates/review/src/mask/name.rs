//! Names of settings that hold a host.

use seaworthy_spec::variable_words;

/// Whether what has this name is a host.
pub(super) fn is_host(name: &str) -> bool {
    let name = variable_words(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    [
        "HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "ENDPOINT", "ADDR", "ADDRESS", "DOMAIN", "BROKERS", "BROKER",
        "NODES", "PEERS",
    ]
    .contains(&last)
        || ["PGHOST", "DBHOST", "FQDN", "BOOTSTRAP_SERVERS"].contains(&name.as_str())
}
