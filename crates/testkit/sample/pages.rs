//! Pages for people: a session by cookie, a form, a key. What a cookie says is all that is known of a session, so that it outlives a restart.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::Faults;

/// That somebody logged in to this very process.
static LOGGED_IN: AtomicBool = AtomicBool::new(false);
static PAGES: AtomicUsize = AtomicUsize::new(0);
/// Texts of which each is taken once.
static UNIQUE: Mutex<Vec<String>> = Mutex::new(Vec::new());

const SESSION: &str = "sid=ada-4f1c09ab77de";

/// Of the request, what says who asks.
#[derive(Default)]
pub struct Asker {
    pub cookie: String,
    pub authorization: String,
    pub host: String,
}

impl Asker {
    /// Whether it sends the key of the environment.
    pub fn has_key(&self) -> bool {
        let key = std::env::var("NOTES_KEY").unwrap_or_default();
        !key.is_empty() && self.authorization == format!("Bearer {key}")
    }
}

/// Status, more headers, and the page.
pub fn answer(faults: &Faults, method: &str, path: &str, body: &str, asker: &Asker) -> Option<(&'static str, String, String)> {
    let page = |text: &str| format!("<!doctype html>\n<title>notes</title>\n<p>{text}</p>\n");
    let has_session = !(faults.has("--sticky") && !LOGGED_IN.load(Ordering::SeqCst)) && asker.cookie.split("; ").any(|cookie| cookie == SESSION);
    let token = std::env::var("API_TOKEN").unwrap_or_default();
    let is_ada = asker.authorization == "Basic YWRhOmxvdmVsYWNl";
    Some(match (method, path) {
        ("GET", "/page") if faults.has("--flaky") && PAGES.fetch_add(1, Ordering::SeqCst) % 50 == 49 => {
            ("500 Internal Server Error", String::new(), page("Now and then"))
        }
        ("GET", "/page") if faults.has("--stalls") && PAGES.fetch_add(1, Ordering::SeqCst) % 3 == 2 => {
            std::thread::sleep(std::time::Duration::from_millis(1200));
            ("200 OK", String::new(), page("Welcome, at last"))
        }
        ("GET", "/host") => ("200 OK", String::new(), page(&asker.host)),
        ("GET", "/mounted") => {
            let read = |path: &str| std::fs::read_to_string(path).unwrap_or_else(|error| error.to_string());
            if faults.has("--tells-all") {
                println!("the key is {}", read("/run/secrets/key"));
            }
            ("200 OK", String::new(), page(&format!("{} {}", read("/etc/notes/motd"), read("/run/secrets/key"))))
        }
        ("POST", "/unique") => {
            let (text, mut known) = (body.split('"').nth(3).unwrap_or_default(), UNIQUE.lock().unwrap());
            if known.iter().any(|known| known == text) {
                return Some(("409 Conflict", String::new(), page("It is there")));
            }
            known.push(text.to_owned());
            ("201 Created", String::new(), page(text))
        }
        ("GET", path) if path.starts_with("/unique/") => {
            let known = UNIQUE.lock().unwrap();
            match known.iter().find(|text| path.strip_prefix("/unique/") == Some(text.as_str())) {
                Some(text) => ("200 OK", String::new(), page(text)),
                None => ("404 Not Found", String::new(), page("It is not there")),
            }
        }
        ("GET", "/reach") => {
            let url = std::env::var("DATABASE_URL").unwrap_or_default();
            let place = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            let database = url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap_or_default();
            match asked(place) {
                Ok(()) => ("200 OK", String::new(), page(&format!("database {database}"))),
                Err(error) => ("503 Service Unavailable", String::new(), page(&error.to_string())),
            }
        }
        ("GET", "/page") if faults.has("--shows-errors") => {
            ("200 OK", "Server: nginx/1.2\r\n".to_owned(), page("Traceback (most recent call last)"))
        }
        ("GET", "/page") if faults.has("--ends-after-a-page") => {
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                println!("ending by itself");
                std::process::exit(0);
            });
            ("200 OK", String::new(), page("Farewell"))
        }
        ("GET", "/page") => ("200 OK", "Server: notes\r\n".to_owned(), page("Welcome, stranger")),
        ("POST", "/login") if body == "user=ada&password=love%20lace" => {
            LOGGED_IN.store(true, Ordering::SeqCst);
            let cookie = format!("Set-Cookie: {SESSION}; Path=/; HttpOnly; Secure\r\nX-Csrf: csrf-0a1b2c3d4e\r\nLocation: /account\r\n");
            ("303 See Other", cookie, String::new())
        }
        ("POST", "/login") => ("401 Unauthorized", String::new(), page("Who are you?")),
        // The service keeps nothing: the cookie holds the note.
        ("POST", "/flash") => {
            let cookie = format!("Set-Cookie: note={}; Path=/\r\n", body.trim_start_matches("text="));
            ("201 Created", cookie, page("Noted"))
        }
        ("GET", "/flash") => ("200 OK", String::new(), page(&asker.cookie)),
        ("POST", "/logout") => {
            ("303 See Other", "Set-Cookie: sid=; Path=/; Max-Age=0\r\nLocation: /page\r\n".to_owned(), String::new())
        }
        ("GET", "/account") if has_session || faults.has("--lets-in") => ("200 OK", String::new(), page("Hello, ada")),
        ("GET", "/account") => ("401 Unauthorized", String::new(), page("Who are you?")),
        ("GET", "/key") if is_ada || (!token.is_empty() && asker.authorization == format!("Bearer {token}")) => {
            ("200 OK", String::new(), page("The key fits"))
        }
        ("GET", "/key") => ("401 Unauthorized", String::new(), page(&format!("Not with {}", asker.authorization))),
        _ => return None,
    })
}

/// Asks PostgreSQL whether it speaks TLS: a connection alone says nothing, for a proxy may have accepted it.
fn asked(place: &str) -> std::io::Result<()> {
    let mut server = TcpStream::connect(place)?;
    server.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
    server.read_exact(&mut [0])
}
