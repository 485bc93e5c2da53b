//! Traces, as a collector gets them: off by default, on by one variable, and never in the way.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use serde_json::{Value, json};

use crate::{
    http::{get, send, send_json},
    middle::encrypt,
    program::{Api, lasting_port, on_every_database_with, run, told, wait_for},
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Takes what is posted, and answers as it is told to: with a status, or with 0 not at all.
struct Collector {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    posts: Arc<Mutex<Vec<(String, Value)>>>,
    connections: Arc<AtomicUsize>,
}

impl Collector {
    fn start(status: u16) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port is free"), status)
    }

    fn on(listener: TcpListener, status: u16) -> Self {
        let address = listener.local_addr().expect("it has an address");
        let (status, posts, connections) =
            (Arc::new(AtomicU16::new(status)), Arc::new(Mutex::default()), Arc::new(AtomicUsize::default()));
        let collector = Self { address, status, posts, connections };
        let (status, posts, connections) =
            (Arc::clone(&collector.status), Arc::clone(&collector.posts), Arc::clone(&collector.connections));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Relaxed);
                let (status, posts) = (Arc::clone(&status), Arc::clone(&posts));
                thread::spawn(move || while take(&stream, &status, &posts).is_some() {});
            }
        });
        collector
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn posts(&self) -> Vec<(String, Value)> {
        self.posts.lock().expect("nobody panics with the posts").clone()
    }

    fn spans(&self) -> Vec<Value> {
        let of = |body: &Value| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned();
        self.posts().iter().flat_map(|(_, body)| of(body).expect("a post has spans")).collect()
    }

    #[track_caller]
    fn wait_for(&self, count: usize) -> Vec<Value> {
        let found = wait_for(|| Some(self.spans()).filter(|spans| spans.len() >= count));
        found.unwrap_or_else(|| panic!("no {count} spans: {:?}", self.spans()))
    }
}

/// One request of a connection; `None` at its end.
fn take(mut stream: &TcpStream, status: &AtomicU16, posts: &Mutex<Vec<(String, Value)>>) -> Option<()> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.expect("a post has a length").parse().expect("which is a number");
        if body.len() < length {
            continue;
        }
        let body = serde_json::from_str(body).expect("a post is JSON");
        posts.lock().expect("nobody panics with the posts").push((head.to_owned(), body));
        let status = status.load(Relaxed);
        if status == 0 {
            let _ = stream.read(&mut piece);
            return None;
        }
        write!(stream, "HTTP/1.1 {status} As Told\r\ncontent-length: 2\r\nretry-after: 1\r\n\r\n{{}}").ok()?;
        return Some(());
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let attributes = span["attributes"].as_array().expect("a span has attributes");
    attributes.iter().find(|attribute| attribute["key"] == key).map_or(&Value::Null, |found| &found["value"])
}

#[track_caller]
fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name} in {spans:?}"))
}

#[test]
fn a_request_is_a_span_of_its_callers_trace_and_the_database_a_part_of_it() {
    let collector = Collector::start(200);
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=secret-token%21".to_owned()),
        ("OTEL_SERVICE_NAME", "tasks in the test".to_owned()),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    on_every_database_with(&environment, |api| {
        let body = br#"{"title":"secret-title"}"#;
        let headers = [("content-type", "application/json"), ("traceparent", PARENT)];
        let made = send(api.address, "POST", "/tasks?x=secret-query", &headers, Some(body));
        let id = made.json()["id"].as_i64().expect("an id is a number");
        get(api.address, "/tasks/987654321987654321?x=secret-query");
        send(api.address, "SECRET", "/secret-path", &[], None);
        get(api.address, "/health");
        let spans = collector.wait_for(5);
        assert_eq!(spans.len(), 5, "{spans:?}");

        let post = named(&spans, "POST /tasks");
        let trace = made.header("traceresponse").expect("every answer has one");
        let expected = format!("00-{}-{}-01", post["traceId"].as_str().unwrap(), post["spanId"].as_str().unwrap());
        assert_eq!(trace, expected);
        assert_eq!(post["traceId"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(
            (&post["parentSpanId"], &post["kind"], &post["status"]),
            (&json!("b7ad6b7169203331"), &json!(2), &json!({}))
        );
        assert_eq!(attribute(post, "http.request.method"), &json!({"stringValue": "POST"}));
        assert_eq!(attribute(post, "http.route"), &json!({"stringValue": "/tasks"}));
        assert_eq!(attribute(post, "http.response.status_code"), &json!({"intValue": "201"}));
        let insert = named(&spans, "INSERT task");
        assert_eq!(
            (&insert["traceId"], &insert["parentSpanId"], &insert["kind"]),
            (&post["traceId"], &post["spanId"], &json!(3))
        );
        let nanos = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<u128>().expect("it is a number");
        assert!(nanos(post, "startTimeUnixNano") <= nanos(insert, "startTimeUnixNano"));
        assert!(nanos(insert, "startTimeUnixNano") <= nanos(insert, "endTimeUnixNano"));
        assert!(nanos(post, "startTimeUnixNano") > 1_700_000_000_000_000_000);

        // A trace that begins here is that of the log.
        let read = named(&spans, "GET /tasks/{id}");
        assert_eq!(read.get("parentSpanId"), None);
        api.wait_for_log(read["traceId"].as_str().unwrap());
        assert_eq!(named(&spans, "SELECT task")["parentSpanId"], read["spanId"]);
        assert_eq!(attribute(named(&spans, "HTTP"), "http.request.method"), &json!({"stringValue": "_OTHER"}));

        let posts = collector.posts();
        let (head, body) = &posts[0];
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("x-token: secret-token!") && head.contains("content-type: application/json"), "{head}");
        let resource = &body["resourceSpans"][0]["resource"];
        assert_eq!(attribute(resource, "service.name"), &json!({"stringValue": "tasks in the test"}));
        let all = format!("{posts:?}").replace("secret-token", "");
        assert!(!all.to_lowercase().contains("secret") && !all.contains("987654321987654321"), "{all}");
        assert!(!api.log().join("\n").contains("secret"), "{:?}", api.log());
        let metrics = || get(api.address, "/metrics").text();
        assert!(wait_for(|| metrics().contains("trace_spans_total{outcome=\"sent\"} 5").then_some(())).is_some());
        assert_eq!(id, 1);
        collector.posts.lock().expect("nobody panics with the posts").clear();
    });
}

#[test]
fn what_the_caller_does_not_keep_is_not_sent_and_a_ratio_decides_about_the_rest() {
    let collector = Collector::start(200);
    let url = collector.url();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str());
    let api = Api::ready_with("sqlite::memory:", &[endpoint]);
    let ask = |api: &Api, flags: &str| {
        let parent = format!("{}{flags}", PARENT.strip_suffix("01").unwrap());
        let answer = send(api.address, "GET", "/tasks", &[("traceparent", &parent)], None);
        answer.header("traceresponse").unwrap().rsplit_once('-').unwrap().1.to_owned()
    };
    assert_eq!([ask(&api, "00"), ask(&api, "02"), ask(&api, "01")], ["00", "02", "01"]);
    assert_eq!(collector.wait_for(2).len(), 2);
    drop(api);

    let never = [endpoint, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let api = Api::ready_with("sqlite::memory:", &never);
    assert_eq!(ask(&api, "01"), "00");
    let mut api = api;
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
    assert_eq!(collector.spans().len(), 2);
    // Without a collector, nothing is decided and the caller's word goes on.
    assert_eq!(ask(&Api::ready("sqlite::memory:"), "01"), "01");
}

#[test]
fn what_waits_is_sent_when_the_service_stops() {
    let collector = Collector::start(200);
    let mut api = Api::ready_with("sqlite::memory:", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())]);
    get(api.address, "/tasks");
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
    assert_eq!(collector.wait_for(2).len(), 2);
}

#[test]
fn a_collector_that_is_away_or_sick_is_in_nobodys_way() {
    let dead = format!("http://127.0.0.1:{}", lasting_port());
    let (hung, sick) = (Collector::start(0), Collector::start(500));
    for (url, outcome) in [(&dead, None), (&hung.url(), None), (&sick.url(), Some("failed"))] {
        let mut api = Api::ready_with("sqlite::memory:", &[("OTEL_EXPORTER_OTLP_ENDPOINT", url)]);
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
        // More than may wait: two spans a request.
        let mut talk = crate::http::Talk::with(api.address);
        for _ in 0..400 {
            let answers = talk.ask([("GET", "/tasks/1", ""); 4]).expect("requests are answered");
            assert!(answers.iter().all(|(status, _)| *status == 200));
        }
        let outcome = outcome.unwrap_or("dropped");
        let counted = wait_for(|| {
            let text = get(api.address, "/metrics").text();
            let line = text.lines().find(|line| line.contains(&format!("outcome=\"{outcome}\"")))?.to_owned();
            Some(line).filter(|line| !line.ends_with(" 0"))
        });
        assert!(counted.is_some(), "{outcome}");
        if url != &hung.url() {
            let line = api.wait_for_log("traces cannot be sent");
            assert!(!line.contains("v1/traces"), "{line}");
        }
        api.signal("TERM");
        assert_eq!(api.wait().0, Some(0), "{url}");
    }
    assert!(hung.connections.load(Relaxed) <= 20, "it is not asked without end");
}

#[test]
fn a_collector_that_is_busy_gets_the_same_again_a_little_later() {
    let collector = Collector::start(429);
    let api = Api::ready_with("sqlite::memory:", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())]);
    get(api.address, "/tasks");
    let first = collector.wait_for(2);
    collector.status.store(200, Relaxed);
    let all = collector.wait_for(4);
    assert!(all.chunks(2).all(|again| again == first), "{all:?}");
    let metrics = || get(api.address, "/metrics").text();
    assert!(wait_for(|| metrics().contains("trace_spans_total{outcome=\"sent\"} 2").then_some(())).is_some());
    // It was one connection all the time.
    assert_eq!(collector.connections.load(Relaxed), 1);
}

#[test]
fn the_way_to_the_collector_is_encrypted_and_only_believed_authorities_get_there() {
    let collector = Collector::start(200);
    let way = encrypt(collector.address);
    let folder = tempfile::tempdir().unwrap();
    let (ca, headers) = (folder.path().join("ca.pem"), folder.path().join("headers"));
    std::fs::write(&ca, &way.ca_pem).unwrap();
    std::fs::write(&headers, "authorization=Bearer%20secret\n").unwrap();
    let (ca, headers) = (ca.display().to_string(), headers.display().to_string());
    let url = format!("https://localhost:{}", way.address.port());
    let mut environment = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS_FILE", &headers),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca),
    ];
    let api = Api::ready_with("sqlite::memory:", &environment);
    get(api.address, "/tasks");
    collector.wait_for(2);
    assert!(collector.posts()[0].0.contains("authorization: Bearer secret"));

    environment.pop();
    let api = Api::ready_with("sqlite::memory:", &environment);
    get(api.address, "/tasks");
    let line = api.wait_for_log("traces cannot be sent");
    assert!(line.contains("certificate") && !line.contains("secret"), "{line}");
    assert_eq!(collector.spans().len(), 2);
}

#[test]
fn what_cannot_be_used_ends_the_program_and_secrets_are_not_repeated() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    for (environment, expected) in [
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:secret@h")],
            "cannot use `OTEL_EXPORTER_OTLP_ENDPOINT`: expected the URL",
        ),
        (
            vec![endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "secret")],
            "cannot use `OTEL_EXPORTER_OTLP_HEADERS`: expected headers",
        ),
        (
            vec![endpoint, ("OTEL_EXPORTER_OTLP_HEADERS_FILE", "/nowhere")],
            "cannot read `/nowhere`, which `OTEL_EXPORTER_OTLP_HEADERS_FILE` names: No such",
        ),
        (vec![endpoint, ("OTEL_TRACES_SAMPLER", "sometimes")], "cannot use `OTEL_TRACES_SAMPLER`: expected always_on"),
        (vec![endpoint, ("OTEL_TRACES_SAMPLER_ARG", "2")], "`OTEL_TRACES_SAMPLER_ARG` is `2`: expected a ratio"),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere")],
            "cannot encrypt the way to the collector: cannot read the authorities in `/nowhere`",
        ),
    ] {
        let environment = [&[("DATABASE_URL", "sqlite::memory:"), ("PORT", "0")], &environment[..]].concat();
        let (code, text) = told(&run(&[], &environment));
        assert!(code == Some(1) && text.starts_with(&format!("task-api: {expected}")), "{code:?} {text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
