//! A load balancer before several replicas, as they are run in earnest: Debian's haproxy.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    load::BALANCER,
    program::{lasting_port, wait_for},
};

/// It asks `/ready` all the time, and has an answer of its own when there is none.
pub(crate) struct Balancer {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Balancer {
    /// Sends a request elsewhere only if it could not be sent at all.
    pub(crate) fn before(replicas: &[SocketAddr]) -> Self {
        Self::start(replicas, "retries 3\n  option redispatch 1", Duration::from_millis(100))
    }

    /// Sends each request once, to a replica that was ready at the last look.
    pub(crate) fn sending_once(replicas: &[SocketAddr], looks_every: Duration) -> Self {
        Self::start(replicas, "retries 0\n  no option redispatch", looks_every)
    }

    fn start(replicas: &[SocketAddr], retries: &str, looks_every: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let address = SocketAddr::from(([127, 0, 0, 1], lasting_port()));
        let errors = [502, 503, 504].map(|status| {
            format!("  http-error status {status} content-type text/plain string \"{BALANCER}\" hdr retry-after 1\n")
        });
        let servers: Vec<_> =
            replicas.iter().enumerate().map(|(n, to)| format!("  server replica{n} {to}\n")).collect();
        let settings = format!(
            "defaults\n  mode http\n  timeout connect 1s\n  timeout client 60s\n  timeout server 60s\n  {retries}\n{}listen tasks\n  bind {address}\n  balance roundrobin\n  option httpchk GET /ready\n  \
             default-server check inter {}ms fall 1 rise 1\n{}",
            errors.concat(),
            looks_every.as_millis(),
            servers.concat()
        );
        let path = folder.path().join("haproxy.cfg");
        fs::write(&path, settings).expect("a file can be written");
        let mut command = Command::new("haproxy");
        command.arg("-q").arg("-db").arg("-f").arg(&path).stdout(Stdio::null());
        let child = command.spawn().expect("haproxy runs: apt-get install -y haproxy");
        let balancer = Self { child, address, _folder: folder };
        assert!(wait_for(|| TcpStream::connect(address).ok()).is_some(), "haproxy listens");
        balancer
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
