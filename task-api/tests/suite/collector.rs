//! What a collector gets of a build with the feature `otlp`, and that it is never in the way.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
    thread,
};

use serde_json::{Value, json};

use crate::{
    http::{get, send, send_json},
    middle::encrypt,
    program::{Api, lasting_port, on_every_database_with, wait_for},
    traces::refused,
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Takes what is posted, and answers as it is told to: with a status, or with 0 not at all.
struct Collector {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    posts: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Collector {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (status, posts) = (Arc::new(AtomicU16::new(status)), Arc::new(Mutex::default()));
        let collector = Self { address, status, posts };
        let (status, posts) = (Arc::clone(&collector.status), Arc::clone(&collector.posts));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
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
        if bytes.len() - head.len() - 4 < length {
            continue;
        }
        // Protocol buffers are counted only.
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
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
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json".to_owned()),
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
            (&post["parentSpanId"], &post["kind"], &post["status"]["code"]),
            (&json!("b7ad6b7169203331"), &json!(2), &json!(0))
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
        assert_eq!(read["parentSpanId"].as_str().unwrap_or_default(), "");
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
        assert_eq!(id, 1);
        collector.posts.lock().expect("nobody panics with the posts").clear();
    });
}

/// What leads to a collector that reads JSON.
fn leading_to(url: &str) -> [(&str, &str); 2] {
    [("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
}

#[test]
fn what_the_caller_does_not_keep_is_not_sent_and_a_ratio_decides_about_the_rest() {
    let collector = Collector::start(200);
    let url = collector.url();
    let api = Api::ready_with("sqlite::memory:", &leading_to(&url));
    let ask = |api: &Api, flags: &str| {
        let parent = format!("{}{flags}", PARENT.strip_suffix("01").unwrap());
        let answer = send(api.address, "GET", "/tasks", &[("traceparent", &parent)], None);
        answer.header("traceresponse").unwrap().rsplit_once('-').unwrap().1.to_owned()
    };
    assert_eq!([ask(&api, "00"), ask(&api, "02"), ask(&api, "01")], ["00", "02", "01"]);
    assert_eq!(collector.wait_for(2).len(), 2);
    drop(api);

    let never = [&leading_to(&url)[..], &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")]];
    let mut api = Api::ready_with("sqlite::memory:", &never.concat());
    assert_eq!(ask(&api, "01"), "00");
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
    assert_eq!(collector.spans().len(), 2);
    // Without a collector, nothing is decided and the caller's word goes on.
    assert_eq!(ask(&Api::ready("sqlite::memory:"), "01"), "01");
}

#[test]
fn what_waits_is_sent_when_the_service_stops() {
    let collector = Collector::start(200);
    let mut api = Api::ready_with("sqlite::memory:", &leading_to(&collector.url()));
    get(api.address, "/tasks");
    api.signal("TERM");
    assert_eq!(api.wait().0, Some(0));
    assert_eq!(collector.wait_for(2).len(), 2);
}

#[test]
fn a_collector_gets_protocol_buffers_unless_it_is_said_to_read_json() {
    let collector = Collector::start(200);
    let api = Api::ready_with("sqlite::memory:", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())]);
    get(api.address, "/tasks");
    let posts = wait_for(|| Some(collector.posts()).filter(|posts| !posts.is_empty())).expect("it is sent spans");
    assert!(posts[0].0.contains("content-type: application/x-protobuf"), "{}", posts[0].0);
}

#[test]
fn a_collector_that_is_away_or_sick_is_in_nobodys_way() {
    let dead = format!("http://127.0.0.1:{}", lasting_port());
    let (hung, sick) = (Collector::start(0), Collector::start(500));
    for url in [&dead, &hung.url(), &sick.url()] {
        let mut api = Api::ready_with("sqlite::memory:", &leading_to(url));
        assert_eq!(send_json(api.address, "POST", "/tasks", r#"{"title":"t"}"#).status, 201);
        // More than may wait: two spans a request.
        let mut talk = crate::http::Talk::with(api.address);
        for _ in 0..400 {
            let answers = talk.ask([("GET", "/tasks/1", ""); 4]).expect("requests are answered");
            assert!(answers.iter().all(|(status, _)| *status == 200));
        }
        if url != &hung.url() {
            api.wait_for_log("BatchSpanProcessor");
        }
        api.signal("TERM");
        assert_eq!(api.wait().0, Some(0), "{url}");
    }
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
    let mut environment = leading_to(&url).to_vec();
    environment.extend([("OTEL_EXPORTER_OTLP_HEADERS_FILE", &*headers), ("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca)]);
    let api = Api::ready_with("sqlite::memory:", &environment);
    get(api.address, "/tasks");
    collector.wait_for(2);
    assert!(collector.posts()[0].0.contains("authorization: Bearer secret"));

    environment.pop();
    let api = Api::ready_with("sqlite::memory:", &environment);
    get(api.address, "/tasks");
    let line = api.wait_for_log("BatchSpanProcessor");
    assert!(!line.contains("secret"), "{line}");
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
            vec![("OTEL_SERVICE_NAME", "tasks")],
            "cannot use `OTEL_SERVICE_NAME`: it needs `OTEL_EXPORTER_OTLP_ENDPOINT`",
        ),
        (vec![endpoint, ("OTEL_PROPAGATORS", "b3")], "cannot use `OTEL_PROPAGATORS`: it is not understood; unset it"),
        (
            vec![endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            "cannot use `OTEL_EXPORTER_OTLP_PROTOCOL`: expected http/protobuf or http/json",
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
            "cannot send traces: cannot read the authorities in `/nowhere`",
        ),
    ] {
        refused(&environment, expected);
    }
}
