//! Behind a pooler in transaction mode, as Neon's `-pooler` hosts are: the next statement may reach another server process.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::{
    http::{get, send_json},
    program::{Api, database_name, server, wait_for},
};

struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free").port();
        let at = |name: &str| folder.path().join(name);
        let throwaway = &server().throwaway;
        fs::write(at("users"), format!("\"app\" \"{}\"\n", throwaway.password())).expect("a file can be written");
        let ini = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 3\n\
             server_tls_sslmode = require\n",
            throwaway.address().port(),
            at("users").display()
        );
        fs::write(at("ini"), ini).expect("a file can be written");
        // It does not run as root.
        let open = |path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        [folder.path().to_owned(), at("users"), at("ini")].into_iter().for_each(open);
        let child = Command::new("runuser")
            .args(["-u", "postgres", "--", "pgbouncer", "-q"])
            .arg(at("ini"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer runs: apt-get install -y pgbouncer");
        let pooler = Self { child, port, _folder: folder };
        assert!(
            wait_for(|| TcpStream::connect(("127.0.0.1", port)).ok()).is_some(),
            "pgbouncer listens: apt-get install -y pgbouncer"
        );
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // The signal is passed on by `runuser`.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[test]
fn behind_a_pooler_every_client_gets_its_own_rows() {
    let database = server().database();
    let pooler = Pooler::start();
    let url = format!(
        "postgresql://app:{}@127.0.0.1:{}/{}?sslmode=disable",
        server().throwaway.password(),
        pooler.port,
        database_name(&database)
    );
    let api = Api::ready(&url);
    thread::scope(|scope| {
        for client in 0..8 {
            let api = &api;
            scope.spawn(move || {
                for n in 0..25 {
                    let title = format!("client {client} task {n}");
                    let body = format!(r#"{{"title":"{title}"}}"#);
                    let task = send_json(api.address, "POST", "/tasks", &body).json();
                    assert_eq!(task["title"], title);
                    assert_eq!(get(api.address, &format!("/tasks/{}", task["id"])).json(), task);
                }
            });
        }
    });
    assert_eq!(get(api.address, "/tasks?limit=1000").json().as_array().unwrap().len(), 200);
}
