//! The sample service of the tests: notes over HTTP, kept in the folder that `DATABASE_URL` names (`file:///data`), or with `--postgres` in
//! the database.
//!
//! The standard library alone, so that a test compiles it in a second. Every way to be wrong is an argument.

mod authors;
mod inside;
mod pages;
mod postgres;
mod wire;
mod worker;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

static STOP: AtomicBool = AtomicBool::new(false);
static STARTED: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
/// How long after its start a service that is ready late is not.
const LATE: u64 = 1500;
static IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
    fn fork() -> i32;
    fn pause() -> i32;
}

extern "C" fn stop(_: i32) {
    STOP.store(true, Ordering::SeqCst);
}

/// The ways to be wrong, as they were given.
#[derive(Clone)]
struct Faults(Vec<String>);

impl Faults {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|fault| fault == name)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if std::env::args().next().is_some_and(|own| own.ends_with("/sh")) {
        std::process::exit(shell(arguments.last().map_or("", |command| command)));
    }
    if arguments.first().is_some_and(|first| first == "healthcheck") {
        std::process::exit(healthcheck(&arguments[1..]));
    }
    if arguments.last().is_some_and(|last| last == "version") {
        println!("notes 1.4.2");
        std::process::exit(if arguments.iter().any(|fault| fault == "--wrong-version") { 3 } else { 0 });
    }
    let faults = Faults(arguments);
    STARTED.get_or_init(std::time::Instant::now);
    if faults.has("--crash") {
        println!("{{\"level\":\"info\",\"message\":\"reading the configuration\"}}");
        eprintln!("fatal: the flux capacitor is missing");
        std::process::exit(3);
    }
    if faults.has("--greedy") || faults.has("--sizes-by-limit") {
        grow(faults.has("--sizes-by-limit"));
    }
    if faults.has("--to-the-background") {
        std::process::exit(0);
    }
    if faults.has("--needs-key") && std::env::var("API_KEY").is_err() {
        eprintln!("KeyError: 'API_KEY'");
        std::process::exit(1);
    }
    if faults.has("--other-driver") && std::env::var("DATABASE_URL").is_ok_and(|url| url.starts_with("postgres")) {
        eprintln!("ModuleNotFoundError: No module named 'psycopg2'");
        std::process::exit(1);
    }
    if faults.has("--dials") {
        dial();
    }
    if faults.has("--forks-a-hundred") {
        fork_processes(100).expect("a hundred processes can be made");
    }
    if faults.has("--adds-a-host") {
        let hosts = fs::File::options().append(true).open("/etc/hosts");
        hosts.and_then(|mut hosts| hosts.write_all(b"127.0.0.9 cache\n")).expect("the hosts can be written");
    }
    if faults.has("--calls-home") {
        wire::call_home();
    }
    if faults.has("--sends-gre") {
        wire::send_gre();
    }
    if faults.has("--tells-all") {
        println!("{{\"token\":\"{}\"}}", std::env::var("API_TOKEN").unwrap_or_default());
    }
    if faults.has("--slow") {
        std::thread::sleep(Duration::from_millis(LATE));
    }
    let keeps_to_itself = faults.has("--own-file") || faults.has("--dials");
    let own = keeps_to_itself.then(|| "file:///data".to_owned());
    let Some(database) = own.or_else(|| std::env::var("DATABASE_URL").ok()) else {
        if !faults.has("--refuses-mutely") {
            eprintln!("DATABASE_URL is not set");
        }
        std::process::exit(if faults.has("--exit-0") { 0 } else { 1 });
    };
    if faults.has("--dies-soon") {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(2));
            std::process::exit(4);
        });
    }
    let folder = PathBuf::from(database.strip_prefix("file://").unwrap_or("/data")).join("notes");
    if !faults.has("--forgetful") {
        if let Err(error) = fs::create_dir_all(&folder) {
            eprintln!("cannot make {}: {error}", folder.display());
            std::process::exit(1);
        }
    }
    // SAFETY: the handler only stores to an atomic.
    unsafe {
        let on_stop = stop as extern "C" fn(i32) as usize;
        signal(15, if faults.has("--deaf") { 1 } else { on_stop });
        if faults.has("--on-interrupt-too") {
            signal(2, on_stop);
        }
        if faults.has("--on-quit-only") {
            signal(15, 1);
            signal(3, on_stop);
        }
    }
    if faults.has("--works") {
        worker::work(&faults, &folder);
    }
    let port = if faults.has("--fixed-port") { 8000 } else { port() };
    let addresses = [("--loopback", "127.0.0.1"), ("--loopback-of-ipv6", "::1"), ("--ipv6-too", "::")];
    let address = addresses.iter().find(|(fault, _)| faults.has(fault)).map_or("0.0.0.0", |(_, address)| *address);
    let listener = TcpListener::bind((address, port)).expect("the port is free");
    // Connections to it are accepted and never answered.
    let _at_8000_too = faults.has("--at-8000-too").then(|| TcpListener::bind(("0.0.0.0", 8000)));
    listener.set_nonblocking(true).expect("a socket can be made non-blocking");
    let log = match (faults.has("--logs-to-file"), faults.has("--reopens-streams")) {
        (true, _) => "/data/log",
        (_, true) => "/dev/stdout",
        _ => "",
    };
    let line = format!("{{\"level\":\"info\",\"message\":\"listening\",\"port\":{port}}}\n");
    if faults.has("--no-line-end") {
        print!("{{\"level\":\"info\"}}\nlistening");
        let _ = std::io::stdout().flush();
    } else if faults.has("--quiet") {
        // Nothing is said at all.
    } else if faults.has("--logs-to-stderr") {
        eprint!("{line}");
    } else if log.is_empty() {
        print!("{line}");
    } else if let Err(error) = fs::write(log, line) {
        eprintln!("cannot open {log}: {error}");
        std::process::exit(1);
    }
    if faults.has("--chatty") {
        let line = "{\"message\":\"".to_owned() + &"x".repeat(1000) + "\"}\n";
        (0..2000).for_each(|_| print!("{line}"));
    }
    let in_memory = ["--forgetful", "--late-writes", "--workers"].iter().any(|fault| faults.has(fault));
    let server = ["--postgres", "--logs-in"].iter().any(|fault| faults.has(fault));
    let server = server.then(|| log_in(&database, faults.has("--begins-anew")));
    let in_server = faults.has("--postgres");
    let store = Arc::new(Store {
        folder: (!in_memory && !in_server).then(|| folder.clone()),
        memory: Mutex::default(),
        server: server.filter(|_| in_server).map(Mutex::new),
        faults,
    });
    if store.faults.has("--late-writes") {
        *store.memory.lock().unwrap() = written(&folder);
        let store = Arc::clone(&store);
        std::thread::spawn(move || loop {
            std::thread::sleep(Duration::from_secs(3));
            for (id, text) in store.all() {
                let _ = fs::write(folder.join(id.to_string()), text);
            }
        });
    }
    // Each keeps notes of its own, and who is asked is a matter of turns.
    let mut workers = vec![Arc::clone(&store)];
    if store.faults.has("--workers") {
        let worker = || Store { folder: None, memory: Mutex::default(), server: None, faults: store.faults.clone() };
        workers.extend((0..3).map(|_| Arc::new(worker())));
    }
    let mut turn = 0;
    let (drops, exit) = (store.faults.has("--drops-requests"), i32::from(store.faults.has("--exit-1-at-the-end")));
    while !STOP.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, _)) => {
                let store = Arc::clone(&workers[turn % workers.len()]);
                turn += 1;
                IN_FLIGHT.fetch_add(1, Ordering::SeqCst);
                let serve = move || {
                    let _ = serve(stream, &store);
                    IN_FLIGHT.fetch_sub(1, Ordering::SeqCst);
                };
                if let Err(error) = std::thread::Builder::new().spawn(serve) {
                    eprintln!("cannot serve: {error}");
                    IN_FLIGHT.fetch_sub(1, Ordering::SeqCst);
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    drop(listener);
    for _ in 0..if drops { 0 } else { 4000 } {
        if IN_FLIGHT.load(Ordering::SeqCst) == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    std::process::exit(exit);
}

/// Makes that many processes that do nothing, or as many as it may.
fn fork_processes(most: usize) -> std::io::Result<()> {
    for _ in 0..most {
        // SAFETY: the child calls nothing but `pause`.
        match unsafe { fork() } {
            0 => loop {
                // SAFETY: it takes nothing.
                unsafe { pause() };
            },
            -1 => return Err(std::io::Error::last_os_error()),
            _ => {}
        }
    }
    Ok(())
}

/// Writes to a file until it cannot.
fn fill(path: &str) -> (&'static str, String) {
    let block = vec![1; 1 << 20];
    let mut file = fs::File::options().append(true).create(true).open(path).expect("the file can be written");
    while file.write_all(&block).is_ok() {}
    ("507 Insufficient Storage", "{\"detail\":\"no room\"}".to_owned())
}

/// Takes 200 MB for good, or three quarters of the limit that it sees on its memory, where that is less.
fn grow(sees_limit: bool) {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limit = files.iter().find_map(|file| fs::read_to_string(file).ok()?.trim().parse::<usize>().ok());
    let bytes = limit.filter(|_| sees_limit).map_or(200_000_000, |limit| (limit / 4 * 3).min(200_000_000));
    let mut taken = vec![0_u8; bytes];
    taken.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    std::mem::forget(std::hint::black_box(taken));
}

/// Logs in to the server that `DATABASE_URL` names, and makes the table; `anew` drops the one that is there.
fn log_in(url: &str, anew: bool) -> postgres::Postgres {
    let ready = || {
        let mut server = postgres::Postgres::connect(url)?;
        if anew {
            server.ask("DROP TABLE IF EXISTS notes")?;
        }
        server.ask("CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY, text text)")?;
        std::io::Result::Ok(server)
    };
    ready().unwrap_or_else(|error| {
        eprintln!("cannot use the database: {error}");
        std::process::exit(1);
    })
}

/// Connects to the server that `DATABASE_URL` names, says nothing, and stays.
fn dial() {
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    let place = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    match TcpStream::connect(place) {
        Ok(stream) => std::mem::forget(stream),
        Err(error) => eprintln!("cannot reach {place}: {error}"),
    }
}

fn port() -> u16 {
    std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8000)
}

/// A shell as far as services are started by it: it waits for the command, and passes no signal on; with `exec` it becomes the command.
fn shell(command: &str) -> i32 {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    let becomes = words.first() == Some(&"exec");
    if becomes {
        words.remove(0);
    }
    let mut command = std::process::Command::new(words[0]);
    command.args(&words[1..]);
    if becomes {
        eprintln!("sh: {}", std::os::unix::process::CommandExt::exec(&mut command));
        return 127;
    }
    command.status().ok().and_then(|status| status.code()).unwrap_or(127)
}

/// Asks 127.0.0.1. With `localhost` it asks ::1 first, as programs do that follow a list of addresses; with `only` behind it, no other.
fn healthcheck(words: &[String]) -> i32 {
    let asks = |word: &str| words.iter().any(|asked| asked == word);
    let connect = || match (asks("localhost"), asks("only")) {
        (false, _) => TcpStream::connect(("127.0.0.1", port())),
        (true, true) => TcpStream::connect(("::1", port())),
        (true, false) => TcpStream::connect(("::1", port())).or_else(|_| TcpStream::connect(("127.0.0.1", port()))),
    };
    let answer = || -> std::io::Result<String> {
        let mut stream = connect()?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line)
    };
    match answer() {
        Ok(line) if line.contains(" 200 ") => 0,
        _ => 1,
    }
}

/// Notes as `(id, text)`, the text as a JSON string with its quotes.
struct Store {
    folder: Option<PathBuf>,
    memory: Mutex<Vec<(u64, String)>>,
    server: Option<Mutex<postgres::Postgres>>,
    faults: Faults,
}

impl Store {
    /// What the database answers, where there is one.
    fn ask(&self, statement: &str) -> Option<Vec<Vec<String>>> {
        let server = self.server.as_ref()?;
        Some(server.lock().unwrap().ask(statement).expect("the database takes the statement"))
    }

    fn all(&self) -> Vec<(u64, String)> {
        if let Some(rows) = self.ask("SELECT id, text FROM notes ORDER BY id") {
            return rows.into_iter().map(|row| (row[0].parse().expect("a number"), row[1].clone())).collect();
        }
        let Some(folder) = &self.folder else { return self.memory.lock().unwrap().clone() };
        written(folder)
    }

    fn one(&self, id: u64) -> Option<String> {
        self.all().into_iter().find(|note| note.0 == id).map(|note| note.1)
    }

    fn put(&self, id: u64, text: &str) {
        if self.faults.has("--forgets-when-stopped") && STOP.load(Ordering::SeqCst) {
            return;
        }
        if self.ask(&format!("UPDATE notes SET text = {} WHERE id = {id}", postgres::quoted(text))).is_some() {
            return;
        }
        match &self.folder {
            Some(folder) => fs::write(folder.join(id.to_string()), text).expect("the data folder can be written"),
            None => {
                let mut notes = self.memory.lock().unwrap();
                notes.retain(|note| note.0 != id);
                notes.push((id, text.to_owned()));
            }
        }
    }

    /// `READY_AFTER_MS` says it, for one start of several.
    fn ready_after(&self) -> Duration {
        let told = std::env::var("READY_AFTER_MS").ok().and_then(|told| told.parse().ok());
        Duration::from_millis(told.unwrap_or(if self.faults.has("--ready-late") { LATE } else { 0 }))
    }

    fn create(&self, text: &str) -> u64 {
        if let Some(rows) = self.ask(&format!("INSERT INTO notes (text) VALUES ({}) RETURNING id", postgres::quoted(text))) {
            return rows[0][0].parse().expect("a number");
        }
        let mut id = self.all().last().map_or(1, |note| note.0 + 1);
        // Ids are never given twice, also not after a delete.
        if let Some(folder) = &self.folder {
            let counter: &Path = &folder.join("counter");
            id = fs::read_to_string(counter).ok().and_then(|text| text.parse().ok()).unwrap_or(0).max(id - 1) + 1;
            fs::write(counter, id.to_string()).expect("the data folder can be written");
        }
        if self.faults.has("--one-place") {
            self.all().into_iter().for_each(|note| self.delete(note.0));
        }
        self.put(id, text);
        id
    }

    fn delete(&self, id: u64) {
        if self.ask(&format!("DELETE FROM notes WHERE id = {id}")).is_some() {
            return;
        }
        match &self.folder {
            Some(folder) => drop(fs::remove_file(folder.join(id.to_string()))),
            None => self.memory.lock().unwrap().retain(|note| note.0 != id),
        }
    }
}

/// The notes in a folder.
fn written(folder: &Path) -> Vec<(u64, String)> {
    let mut notes: Vec<(u64, String)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            Some((id, fs::read_to_string(entry.path()).ok()?))
        })
        .collect();
    notes.sort();
    notes
}

fn serve(stream: TcpStream, store: &Store) -> std::io::Result<()> {
    if store.faults.has("--leaks") {
        std::mem::forget(std::hint::black_box(vec![1_u8; 2 << 20]));
    }
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut length = 0;
    let mut asker = pages::Asker::default();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        match header.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("cookie") => asker.cookie = value.trim().to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => asker.authorization = value.trim().to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("host") => asker.host = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    if let Some((status, more, page)) = pages::answer(&store.faults, method, path, &body, &asker) {
        return write!(
            reader.get_mut(),
            "HTTP/1.1 {status}\r\n{more}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
    }
    let is_open = !store.faults.has("--keyed") || path == "/health" || asker.has_key();
    let (status, answer) = match is_open {
        true => answer(store, method, path, &body),
        false => ("401 Unauthorized", "{\"detail\":\"who are you?\"}".to_owned()),
    };
    let answer = if store.faults.has("--gzip") { wire::gzip(answer.as_bytes()) } else { answer.into_bytes() };
    let encoding = if store.faults.has("--gzip") { "Content-Encoding: gzip\r\n" } else { "" };
    let more = match path {
        _ if store.faults.has("--two-headers") => "X-Part: one\r\nX-Part: two\r\n",
        "/health" if status.starts_with("307") => "Location: /health/\r\n",
        "/health" => "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n",
        _ => "",
    };
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\n{more}{encoding}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    )?;
    reader.get_mut().write_all(&answer)
}

/// The document, as far as the service does what it says.
fn openapi(faults: &Faults) -> String {
    let mut document = OPENAPI.to_owned();
    if faults.has("--without-delete") {
        document = document.replace(",\n\"delete\":{\"responses\":{\"204\":{\"description\":\"gone\"}}}", "");
    }
    if faults.has("--needs-author") {
        document = authors::added(&document);
    }
    if faults.has("--tags-too") {
        document = document.replace("\"/notes\":{", &format!("\"/tags\":{TAGS},\n\"/notes\":{{"));
    }
    document
}

/// The same in YAML: its members in lines of their own, each value as JSON, which is YAML too.
fn yaml(faults: &Faults) -> String {
    let document = openapi(faults);
    let (before, paths) = document.split_once("\"paths\":").expect("it has paths");
    let components = before.split_once("\"components\":").map_or("{}", |(_, components)| components.trim_end().trim_end_matches(','));
    let paths = paths.strip_suffix('}').unwrap_or(paths);
    format!("# The notes\nopenapi: 3.1.0\ncomponents: {}\npaths: {}\n", components.replace('\n', " "), paths.replace('\n', " "))
}

fn answer(store: &Store, method: &str, path: &str, body: &str) -> (&'static str, String) {
    let note = |id: u64, text: &str| format!("{{\"id\":{id},\"text\":{text}{}}}", authors::shown(id));
    let not_found = || ("404 Not Found", "{\"detail\":\"not found\"}".to_owned());
    let id = path.strip_prefix("/notes/").and_then(|id| id.parse::<u64>().ok());
    match (method, path, id) {
        ("GET", "/health", _) if store.faults.has("--health-500") => ("500 Internal Server Error", "{\"status\":\"ill\"}".to_owned()),
        ("GET", "/health", _) if store.faults.has("--health-redirects") => ("307 Temporary Redirect", String::new()),
        ("GET", "/notes" | "/health", _) if store.faults.has("--one-page") => ("200 OK", "<html>notes</html>".to_owned()),
        ("GET", "/notes", _) if STARTED.get().is_some_and(|at| at.elapsed() < store.ready_after()) => {
            ("503 Service Unavailable", "{\"detail\":\"not yet\"}".to_owned())
        }
        ("GET", "/health", _) => ("200 OK", "{\"status\":\"healthy\"}".to_owned()),
        ("GET", "/inside", _) => ("200 OK", inside::seen()),
        ("GET", "/openapi.json", _) if store.faults.has("--openapi-elsewhere") || store.faults.has("--openapi-yaml") => not_found(),
        ("GET", "/about/api.yaml", _) if store.faults.has("--openapi-yaml") => ("200 OK", yaml(&store.faults)),
        ("GET", "/api/v1/openapi.json", _) if store.faults.has("--openapi-elsewhere") => ("200 OK", openapi(&store.faults)),
        ("GET", "/openapi.json", _) if !store.faults.has("--no-openapi") => ("200 OK", openapi(&store.faults)),
        ("GET" | "POST", "/tags", _) => tags(method, body),
        (_, path, _) if store.faults.has("--needs-author") && path.starts_with("/authors") => authors::answer(method, path, body),
        ("POST" | "PUT", _, _) if store.faults.has("--needs-author") && !authors::is_known(body) => {
            ("422 Unprocessable Entity", "{\"detail\":\"no such author\"}".to_owned())
        }
        ("POST", "/notes", _) if store.faults.has("--refuses-authors") => {
            ("422 Unprocessable Entity", "{\"detail\":\"this author may not\"}".to_owned())
        }
        ("POST", "/notes", _) if store.faults.has("--needs-author") && text_of(body).is_some() => {
            let text = text_of(body).unwrap_or_default();
            let id = store.create(text);
            authors::note_is_by(id, body);
            ("201 Created", note(id, text))
        }
        ("POST", "/notes", _) if store.faults.has("--locked") => ("401 Unauthorized", "{\"detail\":\"who are you?\"}".to_owned()),
        ("POST", "/notes", _) if store.faults.has("--picky") => ("422 Unprocessable Entity", "{\"detail\":\"not this\"}".to_owned()),
        ("DELETE", _, Some(_)) if store.faults.has("--without-delete") => ("405 Method Not Allowed", String::new()),
        ("GET", "/notes", _) => {
            let mut all = store.all();
            if store.faults.has("--still-listed") {
                all.extend(store.memory.lock().unwrap().iter().cloned());
            }
            let shown = |text| if store.faults.has("--wrong-list") { "\"a note\"" } else { text };
            let notes: Vec<String> = all.iter().map(|(id, text)| note(*id, shown(text))).collect();
            ("200 OK", format!("[{}]", notes.join(",")))
        }
        ("POST", "/notes", _) if store.faults.has("--fills-disk") => fill("/data/filling"),
        ("POST", "/notes", _) if store.faults.has("--floods-hosts") => fill("/etc/hosts"),
        ("POST", "/notes", _) if store.faults.has("--forks-without-end") => match fork_processes(1 << 20) {
            Ok(()) => ("200 OK", String::new()),
            Err(error) => {
                eprintln!("cannot fork: {error}");
                ("500 Internal Server Error", "{\"detail\":\"internal\"}".to_owned())
            }
        },
        ("POST", "/notes", _) if store.faults.has("--breaks") => {
            eprintln!("sqlalchemy.exc.ProgrammingError: relation \"notes\" does not exist");
            ("500 Internal Server Error", "{\"detail\":\"internal\"}".to_owned())
        }
        ("POST", "/notes", _) if store.faults.has("--other-parameters") => {
            eprintln!("TypeError: connect() got an unexpected keyword argument 'sslmode'");
            ("500 Internal Server Error", "{\"detail\":\"internal\"}".to_owned())
        }
        ("GET", path, _) if path.starts_with("/echo/") => ("200 OK", format!("{{\"text\":\"{}\"}}", &path[6..])),
        ("POST", "/notes", _) if store.faults.has("--spools") && fs::write("/spool", body).is_err() => {
            ("500 Internal Server Error", "{\"detail\":\"no spool\"}".to_owned())
        }
        ("POST", "/notes", _) if store.faults.has("--gives-away") && worker::give_away("/given").is_err() => {
            ("500 Internal Server Error", "{\"detail\":\"not given away\"}".to_owned())
        }
        ("POST", "/notes", _) if store.faults.has("--denies-late") && STOP.load(Ordering::SeqCst) => {
            ("201 Created", note(0, "\"\""))
        }
        ("POST", "/notes", _) => match text_of(body) {
            Some(text) if store.faults.has("--ascii-only") => {
                let text: String = text.chars().map(|sign| if sign.is_ascii() { sign } else { '?' }).collect();
                ("201 Created", note(store.create(&text), &text))
            }
            Some(text) => ("201 Created", note(store.create(text), text)),
            None => ("422 Unprocessable Entity", "{\"detail\":\"text is missing\"}".to_owned()),
        },
        (_, _, Some(id)) => match (store.one(id), method) {
            (None, _) => not_found(),
            (Some(_), "GET") if store.faults.has("--wrong-read") => ("200 OK", note(id, "\"something else\"")),
            (Some(text), "GET") => ("200 OK", note(id, &text)),
            (Some(_), "PUT") => match text_of(body) {
                Some(text) => {
                    let everywhere = if store.faults.has("--updates-all") { store.all() } else { Vec::new() };
                    everywhere.iter().for_each(|other| store.put(other.0, text));
                    if !store.faults.has("--update-ignored") {
                        store.put(id, text);
                        authors::note_is_by(id, body);
                    }
                    ("200 OK", note(id, text))
                }
                None => ("422 Unprocessable Entity", "{\"detail\":\"text is missing\"}".to_owned()),
            },
            (Some(text), "DELETE") => {
                if store.faults.has("--still-listed") {
                    store.memory.lock().unwrap().push((id, text));
                }
                if store.faults.has("--deletes-all") {
                    store.all().into_iter().for_each(|other| store.delete(other.0));
                }
                if !store.faults.has("--undeleted") {
                    store.delete(id);
                }
                ("204 No Content", String::new())
            }
            _ => ("405 Method Not Allowed", "{\"detail\":\"method not allowed\"}".to_owned()),
        },
        ("GET", _, None) if store.faults.has("--one-page") => ("200 OK", "<html>notes</html>".to_owned()),
        _ => not_found(),
    }
}

/// A collection that can be made and listed, and nothing more.
fn tags(method: &str, body: &str) -> (&'static str, String) {
    static ALL: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut all = ALL.lock().unwrap();
    if method == "GET" {
        return ("200 OK", format!("[{}]", all.join(",")));
    }
    let tag = format!("{{\"id\":{},\"text\":{}}}", all.len() + 1, text_of(body).unwrap_or("\"\""));
    all.push(tag.clone());
    ("201 Created", tag)
}

/// The JSON string behind `"text":`, with its quotes.
fn text_of(body: &str) -> Option<&str> {
    let rest = body[body.find("\"text\"")? + 6..].trim_start().strip_prefix(':')?.trim_start();
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    rest.starts_with('"').then(|| &rest[..=end.0])
}

const TAGS: &str = r##"{
"get":{"responses":{"200":{"description":"all","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Note"}}}}}}},
"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/NewNote"}}}},
"responses":{"201":{"description":"created","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}}}}}"##;

const OPENAPI: &str = r##"{"openapi":"3.1.0","info":{"title":"Notes","version":"1"},
"components":{"schemas":{
"NewNote":{"type":"object","required":["text"],"properties":{"text":{"type":"string","minLength":1,"maxLength":100}}},
"Note":{"type":"object","required":["id","text"],"properties":{"id":{"type":"integer"},"text":{"type":"string"}}}}},
"paths":{
"/health":{"get":{"responses":{"200":{"description":"healthy"}}}},
"/notes":{
"get":{"responses":{"200":{"description":"all","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Note"}}}}}}},
"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/NewNote"}}}},
"responses":{"201":{"description":"created","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}}}}},
"/notes/{note_id}":{
"parameters":[{"name":"note_id","in":"path","required":true,"schema":{"type":"integer"}}],
"get":{"responses":{"200":{"description":"one","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}},"404":{"description":"none"}}},
"put":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/NewNote"}}}},
"responses":{"200":{"description":"changed","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}}}},
"delete":{"responses":{"204":{"description":"gone"}}}}}}"##;
