//! The second host itself: it boots, it is another machine, and it reaches the first one and nothing else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use seaworthy_testkit::second_host::{FIRST_HOST, SecondHost};

#[test]
fn it_is_another_machine_and_reaches_this_one() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let server = thread::spawn(move || -> std::io::Result<String> {
        let (mut stream, _) = listener.accept()?;
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
        let mut request = [0; 512];
        let count = stream.read(&mut request)?;
        Ok(String::from_utf8_lossy(&request[..count]).into_owned())
    });

    let script = format!(
        "cat /given/file; wget -q -O - http://{FIRST_HOST}:{port}/; echo; id -u; ls /sys/fs/cgroup/cgroup.controllers; \
         ls -d /usr/lib/postgresql/*/bin/postgres >/dev/null && echo postgres; ip route; echo complaint >&2; exit 7"
    );
    let outcome = SecondHost::new()?.file("/given/file", "it's here\n")?.run(&["sh", "-c", &script])?;

    assert_eq!(
        outcome.stdout.replace("  ", " "),
        "it's here\nhello\n0\n/sys/fs/cgroup/cgroup.controllers\npostgres\n10.0.2.0/24 dev eth0 scope link src 10.0.2.15 \n",
        "{}",
        outcome.stderr
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (7, "complaint\n"));
    assert!(server.join().is_ok_and(|request| request.is_ok_and(|request| request.starts_with("GET / HTTP"))));

    let here = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned());
    assert_ne!(outcome.kernel, here("/proc/sys/kernel/osrelease")?);
    assert_ne!(outcome.boot, here("/proc/sys/kernel/random/boot_id")?);
    assert_ne!(Some(&outcome.machine), here("/etc/machine-id").ok().as_ref());
    assert!(outcome.machine.len() == 32 && outcome.machine.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(())
}
