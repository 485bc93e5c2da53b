//! A service that keeps notes in every server that it is given: `REDIS_URL`, `DB_URL` (MySQL's protocol), `DATABASE_URL` (PostgreSQL's).
//!
//! `POST /notes {"text": …}` writes to each, `GET /notes/ID` reads from each. Its first argument makes it wrong: `idle` keeps notes in its own
//! memory, `ping` does so and sends Redis a `PING` for each note, `calls` does so and asks the HTTP server at `PAY_URL` for its health, `eager` ends where a server is not there at its start,
//! `kills` has Redis end at the first note.

mod links_mysql;
mod links_postgres;
mod links_redis;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Error, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

static MEMORY: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// `scheme://[[user]:password@]host:port/database[?user=…&password=…]`
pub struct Url {
    pub user: String,
    pub password: String,
    pub place: String,
    pub database: String,
}

impl Url {
    fn of(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("://")?;
        let (login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (place, database) = rest.split_once('/')?;
        let (database, query) = database.split_once('?').unwrap_or((database, ""));
        let asked = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let (user, password) = match login.split_once(':') {
            Some(login) => login,
            None => (asked("user").unwrap_or_default(), asked("password").unwrap_or_default()),
        };
        let own = str::to_owned;
        Some(Self { user: own(user), password: own(password), place: own(place), database: own(database) })
    }

    pub fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.place)?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
        Ok(stream)
    }
}

type Write = fn(&Url, u64, &str) -> Result<()>;
type Find = fn(&Url, u64) -> Result<Option<String>>;

const SERVERS: [(&str, Write, Find); 3] = [
    ("REDIS_URL", links_redis::write, links_redis::find),
    ("DB_URL", links_mysql::write, links_mysql::find),
    ("DATABASE_URL", links_postgres::write, links_postgres::find),
];

fn servers() -> impl Iterator<Item = (Url, Write, Find)> {
    let given = |name: &str| std::env::var(name).ok().and_then(|text| Url::of(&text));
    SERVERS.into_iter().filter_map(move |(name, write, find)| Some((given(name)?, write, find)))
}

fn main() {
    let fault = std::env::args().nth(1).unwrap_or_default();
    if fault == "eager" {
        for (url, _, find) in servers() {
            if let Err(error) = find(&url, 0) {
                eprintln!("cannot start: {error}");
                std::process::exit(1);
            }
        }
    }
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8000);
    let listener = TcpListener::bind(("0.0.0.0", port)).expect("the port is free");
    println!("listening on {port}");
    for client in listener.incoming().flatten() {
        let fault = fault.clone();
        std::thread::spawn(move || serve(client, &fault));
    }
}

fn serve(client: TcpStream, fault: &str) -> Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length.min(1 << 16)];
    reader.read_exact(&mut body)?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, answer) = answer(method, path, &String::from_utf8_lossy(&body), fault)
        .unwrap_or_else(|error| ("503 Service Unavailable", format!("{{\"error\": \"{error}\"}}")));
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", answer.len());
    (&client).write_all(format!("{head}connection: close\r\n\r\n{answer}").as_bytes())
}

fn answer(method: &str, path: &str, body: &str, fault: &str) -> Result<(&'static str, String)> {
    let id = path.strip_prefix("/notes/").and_then(|id| id.parse::<u64>().ok());
    let keeps = matches!(fault, "idle" | "ping" | "calls");
    match (method, path, id) {
        ("GET", "/health", _) => Ok(("200 OK", "{\"status\": \"healthy\"}".to_owned())),
        ("POST", "/notes", _) => {
            let text = text(body).ok_or_else(|| Error::other("no text"))?;
            // No two replicas give one number twice.
            let id = microseconds() + NEXT.fetch_add(1, Ordering::SeqCst);
            if fault == "ping"
                && let Some((url, ..)) = servers().next()
            {
                links_redis::ping(&url)?;
            }
            if fault == "kills"
                && let Some((url, ..)) = servers().next()
            {
                links_redis::shut_down(&url)?;
            }
            if fault == "calls" {
                call(&std::env::var("PAY_URL").map_err(Error::other)?)?;
            }
            if keeps {
                MEMORY.lock().expect("nobody panics").insert(id, text.clone());
            } else {
                servers().try_for_each(|(url, write, _)| write(&url, id, &text))?;
            }
            Ok(("201 Created", format!("{{\"id\": {id}, \"text\": \"{text}\"}}")))
        }
        ("GET", _, Some(id)) => {
            let found = if keeps {
                MEMORY.lock().expect("nobody panics").get(&id).cloned()
            } else {
                let found = servers().map(|(url, _, find)| find(&url, id)).collect::<Result<Vec<_>>>()?;
                found.into_iter().reduce(|one, other| one.filter(|one| Some(one) == other.as_ref())).flatten()
            };
            Ok(match found {
                Some(text) => ("200 OK", format!("{{\"id\": {id}, \"text\": \"{text}\"}}")),
                None => ("404 Not Found", "{}".to_owned()),
            })
        }
        _ => Ok(("404 Not Found", "{}".to_owned())),
    }
}

/// That the server there answers.
fn call(url: &str) -> Result<()> {
    let mut server = TcpStream::connect(url.trim_start_matches("http://"))?;
    server.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    answer.starts_with("HTTP/1.1 200").then_some(()).ok_or_else(|| Error::other(answer))
}

fn microseconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or_default()
}

/// Of `{"text": "…"}`, where nothing is escaped and nothing could end a statement.
fn text(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("\"text\"")?;
    let text = rest.split('"').nth(1)?;
    Some(text.chars().filter(|letter| letter.is_alphanumeric() || " -_.".contains(*letter)).collect())
}
