//! The Model Context Protocol, spoken by its official client, and by hand where that would not be so rude.

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ClientConfig, ProtocolVersion},
    service::{RunningService, ServiceError},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    http::{Answer, get, send, send_json},
    keys::new_key,
    program::{Api, on_every_database, server, wait_for},
};

/// A client that has begun to talk, and the threads that it lives on.
struct Client {
    runtime: Runtime,
    service: RunningService<RoleClient, ClientConfig>,
}

/// All the ways in which clients begin: by a handshake of a revision that has one, or without.
fn beginnings() -> Vec<(ClientLifecycleMode, &'static str)> {
    let auto = |version| ClientLifecycleMode::Auto { preferred_versions: vec![version], legacy_version: None };
    vec![
        (ClientLifecycleMode::Initialize, "2025-11-25"),
        (ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }, "2026-07-28"),
        (auto(ProtocolVersion::V_2026_07_28), "2026-07-28"),
        (auto(ProtocolVersion::V_2025_11_25), "2025-11-25"),
    ]
}

impl Client {
    fn new(api: &Api, beginning: ClientLifecycleMode, key: Option<&str>) -> Result<Self, String> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", api.address));
        if let Some(key) = key {
            config = config.auth_header(key);
        }
        let runtime = Runtime::new().expect("threads can be started");
        let service = runtime.block_on(async {
            let transport = StreamableHttpClientTransport::from_config(config);
            ClientConfig::default().serve_with_lifecycle(transport, beginning).await
        });
        Ok(Self { runtime, service: service.map_err(|error| format!("{error:?}"))? })
    }

    #[track_caller]
    fn plain(api: &Api) -> Self {
        Self::new(api, ClientLifecycleMode::Initialize, None).expect("the service speaks the protocol")
    }

    fn try_call(&self, tool: &'static str, arguments: &Value) -> Result<CallToolResult, ServiceError> {
        let arguments = arguments.as_object().expect("arguments are an object").clone();
        self.runtime.block_on(self.service.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)))
    }

    /// What a tool answers.
    #[track_caller]
    fn call(&self, tool: &'static str, arguments: &Value) -> Value {
        let result = self.try_call(tool, arguments).expect("the tool is there");
        assert_eq!(result.is_error, Some(false), "{result:?}");
        assert_eq!(result.structured_content, None, "what is text is not sent as structure too");
        text(&result)
    }

    /// What a tool says that cannot do it.
    #[track_caller]
    fn refused(&self, tool: &'static str, arguments: &Value) -> Value {
        let result = self.try_call(tool, arguments).expect("the tool is there");
        assert_eq!((result.is_error, &result.structured_content), (Some(true), &None), "{result:?}");
        text(&result)
    }
}

fn text(result: &CallToolResult) -> Value {
    let [content] = &result.content[..] else { panic!("one part: {result:?}") };
    serde_json::from_str(&content.as_text().expect("it is text").text).expect("the text is JSON")
}

#[test]
fn the_official_client_works_on_tasks_however_it_begins() {
    on_every_database(|api| {
        for (beginning, version) in beginnings() {
            let client = Client::new(api, beginning, None).expect("the service speaks the protocol");
            let peer = client.service.peer_info().expect("the service has told of itself").clone();
            assert_eq!(peer.protocol_version.as_str(), version);
            let tools = client.runtime.block_on(client.service.list_all_tools()).expect("there are tools");
            let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
            assert_eq!(names, ["list_tasks", "get_task", "create_task", "update_task", "complete_task", "delete_task"]);

            let made = client.call("create_task", &json!({"title": "Ship it", "description": "With its proof"}));
            let id = made["id"].as_i64().expect("an id is a number");
            assert_eq!((&made["status"], &made["etag"]), (&json!("pending"), &json!(format!("\"{id}-1\""))));
            assert_eq!(client.call("get_task", &json!({"id": id})), made);

            // What is not named stays.
            let changed = client.call("update_task", &json!({"id": id, "title": "Ship it today"}));
            assert_eq!((&changed["title"], &changed["description"]), (&json!("Ship it today"), &made["description"]));
            let done = client.call("complete_task", &json!({"id": id, "etag": changed["etag"]}));
            let expected = json!({"title": "Ship it today", "description": "With its proof", "id": id, "status": "completed", "created_at": made["created_at"], "etag": format!("\"{id}-3\"")});
            assert_eq!(done, expected);
            let cleared = client.call("update_task", &json!({"id": id, "description": null}));
            assert_eq!((&cleared["description"], &cleared["status"]), (&Value::Null, &json!("completed")));

            // The same task by the API.
            let mut read = get(api.address, &format!("/tasks/{id}")).json();
            read["etag"] = cleared["etag"].clone();
            assert_eq!(read, cleared);
            let stale = client.refused("delete_task", &json!({"id": id, "etag": made["etag"]}));
            assert_eq!(stale["status"], 412);
            let gone = client.call("delete_task", &json!({"id": id, "etag": cleared["etag"]}));
            assert_eq!(gone, json!({"id": id, "deleted": true}));
            assert_eq!(client.refused("delete_task", &json!({"id": id}))["status"], 404);
            drop(client);
        }
    });
}

#[test]
fn pages_filters_and_their_faults_are_those_of_the_list() {
    on_every_database(|api| {
        for number in 1..=5 {
            let status = if number % 2 == 0 { "done" } else { "pending" };
            let body = json!({"title": format!("number {number} & more"), "status": status}).to_string();
            assert_eq!(send_json(api.address, "POST", "/tasks", &body).status, 201);
        }
        let client = Client::plain(api);
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let page = client.call("list_tasks", &json!({"limit": 2, "sort": "-id", "cursor": cursor}));
            let tasks = page["tasks"].as_array().expect("tasks are a list");
            seen.extend(tasks.iter().map(|task| task["id"].as_i64().expect("an id is a number")));
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
        let found = client.call("list_tasks", &json!({"q": "4 & MORE", "status": "done"}));
        assert_eq!(found["tasks"].as_array().map(Vec::len), Some(1));
        assert_eq!(client.call("list_tasks", &json!({}))["tasks"].as_array().map(Vec::len), Some(5));

        let refused = client.refused("list_tasks", &json!({"limit": 1001, "sort": "title", "status": 7}));
        assert_eq!(refused["detail"][0]["loc"], json!(["arguments", "status"]));
        let refused = client.refused("list_tasks", &json!({"limit": 1001, "cursor": "x"}));
        let by_path = get(api.address, "/tasks?limit=1001&cursor=x").json();
        for (told, expected) in refused["detail"].as_array().unwrap().iter().zip(by_path["detail"].as_array().unwrap())
        {
            assert_eq!((&told["type"], &told["msg"]), (&expected["type"], &expected["msg"]));
            assert_eq!((&told["loc"][0], &told["loc"][1]), (&json!("arguments"), &expected["loc"][1]));
        }
        assert_eq!((&refused["status"], by_path["detail"].as_array().unwrap().len()), (&json!(422), 2));
    });
}

#[test]
fn a_page_for_a_model_is_short_and_has_what_it_asks_for() {
    on_every_database(|api| {
        for number in 0..100 {
            let body = json!({"title": number.to_string(), "description": "x".repeat(2000)}).to_string();
            assert_eq!(send_json(api.address, "POST", "/tasks", &body).status, 201);
        }
        let client = Client::plain(api);
        let (mut seen, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let page = client.call("list_tasks", &json!({"cursor": cursor}));
            assert!(page.to_string().len() < 33_000, "{}", page.to_string().len());
            seen.extend(page["tasks"].as_array().unwrap().iter().map(|task| task["title"].clone()));
            pages += 1;
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen, (0..100).map(|number| json!(number.to_string())).collect::<Vec<_>>());
        assert!(pages > 6, "{pages}");

        let page = client.call("list_tasks", &json!({"fields": ["title", "status"]}));
        assert_eq!((page["tasks"].as_array().map(Vec::len), &page["next_cursor"]), (Some(100), &Value::Null));
        let first = page["tasks"][0].clone();
        assert_eq!(first, json!({"title": "0", "id": first["id"], "status": "pending"}));
        let one = client.call("get_task", &json!({"id": first["id"], "fields": []}));
        assert_eq!(one, json!({"id": first["id"]}));
        // One that is too large by itself comes alone.
        let large = json!({"title": "large", "description": "x".repeat(50_000)});
        let large = client.call("create_task", &large);
        let page = client.call("list_tasks", &json!({"sort": "-id"}));
        assert_eq!(
            (page["tasks"][0]["id"].clone(), page["tasks"].as_array().map(Vec::len)),
            (large["id"].clone(), Some(1))
        );
        let refused = client.refused("list_tasks", &json!({"limit": 0, "fields": ["titel"]}));
        let places: Vec<_> = refused["detail"].as_array().unwrap().iter().map(|fault| fault["loc"].clone()).collect();
        assert_eq!(places, [json!(["arguments", "limit"]), json!(["arguments", "fields", 0])]);
    });
}

#[test]
fn what_a_tool_cannot_do_it_says_as_the_api_does() {
    on_every_database(|api| {
        let client = Client::plain(api);
        let made = client.call("create_task", &json!({"title": "t", "status": "begun"}));
        let long = "a".repeat(201);
        let refused = client.refused("create_task", &json!({"title": long, "description": 7}));
        let by_path = send_json(api.address, "POST", "/tasks", &json!({"title": long, "description": 7}).to_string());
        let messages = |problem: &Value| {
            let faults = problem["detail"].as_array().expect("faults are a list").clone();
            faults.iter().map(|fault| (fault["loc"][1].clone(), fault["msg"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(messages(&refused), messages(&by_path.json()));
        assert_eq!(refused["detail"][0]["loc"], json!(["arguments", "title"]));

        for (tool, arguments, status, detail) in [
            ("get_task", json!({"id": 4711}), 404, "Task not found"),
            ("complete_task", json!({"id": 4711}), 404, "Task not found"),
            (
                "update_task",
                json!({"id": made["id"], "title": "u", "etag": "\"1-7\""}),
                412,
                "The task is not in a state that the request is for",
            ),
        ] {
            let refused = client.refused(tool, &arguments);
            assert_eq!((&refused["status"], &refused["detail"]), (&json!(status), &json!(detail)), "{tool}");
        }
        // Null is not a wish to begin anew, and nothing was changed by any of it.
        for (tool, arguments) in [
            ("update_task", json!({"id": made["id"], "status": null})),
            ("update_task", json!({"id": made["id"], "title": null})),
            ("update_task", json!({"title": "u"})),
            ("get_task", json!({"id": "1"})),
            ("complete_task", json!({"id": made["id"], "etag": 7})),
        ] {
            assert_eq!(client.refused(tool, &arguments)["status"], 422, "{tool} {arguments}");
        }
        assert_eq!(client.call("get_task", &json!({"id": made["id"]})), made);
        let error = client.try_call("delete_everything", &json!({})).expect_err("there is no such tool");
        assert!(format!("{error:?}").contains("-32602"), "{error:?}");
    });
}

#[test]
fn a_task_that_is_called_for_again_under_its_key_is_created_once() {
    on_every_database(|api| {
        let client = Client::plain(api);
        let arguments = json!({"title": "a", "description": "b", "idempotency_key": "k"});
        let made = client.call("create_task", &arguments);
        assert_eq!(client.call("complete_task", &json!({"id": made["id"]}))["status"], "completed");
        assert_eq!(client.call("create_task", &arguments), made);
        // Said in other words.
        let again = json!({"title": "a", "description": "b", "status": "pending", "idempotency_key": "k", "x": 7});
        assert_eq!(client.call("create_task", &again), made);

        let other = client.refused("create_task", &json!({"title": "b", "idempotency_key": "k"}));
        let place = json!(["arguments", "idempotency_key"]);
        assert_eq!((&other["status"], &other["detail"][0]["loc"]), (&json!(422), &place));
        let body = br#"{"title":"a","description":"b"}"#;
        let by_path = send(api.address, "POST", "/tasks", &[("idempotency-key", "k")], Some(body));
        assert_eq!(by_path.status, 422, "another path is another request");
        for bad in [json!(""), json!("a b"), json!("ż"), json!("k".repeat(256)), json!(7)] {
            let refused = client.refused("create_task", &json!({"title": "", "idempotency_key": bad}));
            let places: Vec<_> = refused["detail"].as_array().unwrap().iter().map(|fault| &fault["loc"]).collect();
            assert_eq!(places, [&place, &json!(["arguments", "title"])], "{bad}");
        }
        assert_eq!(get(api.address, "/tasks").json().as_array().map(Vec::len), Some(1));
        for count in [2, 3] {
            client.call("create_task", &json!({"title": "a", "idempotency_key": null}));
            assert_eq!(get(api.address, "/tasks").json().as_array().map(Vec::len), Some(count));
        }
    });
}

#[test]
fn keys_decide_who_may_call_what_and_whose_tasks_are_seen() {
    let ((app, one), (reader, two), (author, three)) =
        (new_key(&["app"]), new_key(&["reader", "read"]), new_key(&["author", "write"]));
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &[one, two, three].join(","))]);
    for (beginning, _) in beginnings() {
        assert!(Client::new(&api, beginning, None).err().expect("there is no key").contains("AuthRequired"));
    }
    let client = |key: &str| Client::new(&api, ClientLifecycleMode::Initialize, Some(key)).expect("the key is good");
    let (app, reader, author) = (client(&app), client(&reader), client(&author));
    let made = app.call("create_task", &json!({"title": "t"}));
    let written = author.call("create_task", &json!({"title": "u"}));
    for (client, tool, arguments, detail) in [
        (&reader, "create_task", json!({"title": "t"}), "This API key may not write"),
        (&reader, "complete_task", json!({"id": made["id"]}), "This API key may not write"),
        (&reader, "delete_task", json!({"id": made["id"]}), "This API key may not write"),
        (&author, "get_task", json!({"id": written["id"]}), "This API key may not read"),
        (&author, "list_tasks", json!({}), "This API key may not read"),
        (&reader, "get_task", json!({"id": made["id"]}), "Task not found"),
        (&author, "complete_task", json!({"id": made["id"]}), "Task not found"),
    ] {
        assert_eq!(client.refused(tool, &arguments)["detail"], detail, "{tool}");
    }
    assert_eq!(reader.call("list_tasks", &json!({}))["tasks"], json!([]));
    assert_eq!(app.call("get_task", &json!({"id": made["id"]})), made);
    let line: Value = serde_json::from_str(&api.wait_for_log("\"key\":\"author\"")).unwrap();
    assert_eq!((&line["route"], &line["method"]), (&json!("/mcp"), &json!("POST")));
    assert!(!api.log().join("\n").contains("tak_"));
}

/// A request of a revision that has a handshake, long after it.
fn ask(api: &Api, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("content-type", "application/json")], headers].concat();
    send(api.address, "POST", "/mcp", &headers, Some(body.as_bytes()))
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#;

#[test]
fn what_is_not_the_protocol_is_refused_as_it_says() {
    let api = Api::ready("sqlite::memory:");
    let code = |answer: &Answer| (answer.status, answer.json()["error"]["code"].as_i64().unwrap_or_default());
    for (body, expected) in [
        ("", (400, -32700)),
        ("{", (400, -32700)),
        ("\u{feff}{}", (400, -32700)),
        ("[]", (400, -32600)),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, (400, -32600)),
        (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, (400, -32600)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[]}"#, (400, -32602)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"resources/list"}"#, (200, -32601)),
    ] {
        assert_eq!(code(&ask(&api, &[], body)), expected, "{body}");
    }
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"list_tasks","arguments":{{"x":{}{}}}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(ask(&api, &[], &deep).json()["result"]["isError"], true);
    let html = send(api.address, "POST", "/mcp", &[("content-type", "text/plain")], Some(LIST.as_bytes()));
    assert_eq!(code(&html), (415, -32600));
    assert_eq!(ask(&api, &[("mcp-protocol-version", "1900-01-01")], LIST).json()["error"]["code"], -32022);
    assert_eq!(ask(&api, &[("mcp-protocol-version", "2025-11-25")], LIST).status, 200);
    // Neither batches, nor older revisions, nor streams and sessions.
    assert_eq!(code(&ask(&api, &[], &format!("[{LIST}]"))), (400, -32600));
    for older in ["2025-03-26", "2025-06-18"] {
        assert_eq!(code(&ask(&api, &[("mcp-protocol-version", older)], LIST)), (400, -32022));
        let wish = json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {"protocolVersion": older}});
        assert_eq!(ask(&api, &[], &wish.to_string()).json()["result"]["protocolVersion"], "2025-11-25");
    }
    for method in ["GET", "DELETE"] {
        let answer = send(api.address, method, "/mcp", &[("accept", "text/event-stream")], None);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, OPTIONS")));
    }
    let told = ask(&api, &[], r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!((told.status, told.body.len()), (202, 0));
    let answer = ask(&api, &[("mcp-session-id", "7")], LIST);
    assert_eq!((answer.header("mcp-session-id"), answer.json()["id"].clone()), (None, json!("a")));
    let long = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{}"}}"#, "x".repeat(1_000_000));
    assert_eq!(ask(&api, &[], &long).status, 413);
    let redirected = send(api.address, "POST", "/mcp/", &[], Some(b"{}"));
    assert_eq!((redirected.status, redirected.header("location").unwrap().ends_with("/mcp")), (307, true));
}

#[test]
fn without_a_handshake_a_request_says_everything_and_its_headers_say_the_same() {
    let api = Api::ready("sqlite::memory:");
    let body = |method: &str, version: &str| {
        let meta = json!({"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}});
        json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"name": "list_tasks", "_meta": meta}})
            .to_string()
    };
    let (version, newest) = ("mcp-protocol-version", "2026-07-28");
    let call = body("tools/call", newest);
    let all = [(version, newest), ("mcp-method", "tools/call"), ("mcp-name", "list_tasks")];
    let answer = ask(&api, &all, &call).json();
    assert_eq!((&answer["result"]["resultType"], &answer["result"]["isError"]), (&json!("complete"), &json!(false)));
    assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "task-api");
    let packed = [all[0], all[1], ("mcp-name", "=?base64?bGlzdF90YXNrcw==?=")];
    assert_eq!(ask(&api, &packed, &call).status, 200);
    let listed = ask(&api, &[all[0], ("mcp-method", "tools/list")], &body("tools/list", newest)).json();
    assert_eq!((&listed["result"]["ttlMs"], &listed["result"]["cacheScope"]), (&json!(300_000), &json!("public")));

    for headers in [
        &all[1..],
        &all[..2],
        &[all[0], all[2]][..],
        &[(version, "2025-11-25"), all[1], all[2]],
        &[all[0], ("mcp-method", "tools/list"), all[2]],
        &[all[0], all[1], ("mcp-name", "get_task")],
        &[all[0], all[1], ("mcp-name", "=?base64?????=?=")],
        &[all[0], all[0], all[1], all[2]],
    ] {
        let answer = ask(&api, headers, &call);
        assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (400, Some(-32020)), "{headers:?}");
    }
    let answer = ask(&api, &[all[0], ("mcp-method", "tools/list")], LIST);
    assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (400, Some(-32602)));
    let answer = ask(&api, &[(version, "2027-01-01")], &body("tools/list", "2027-01-01"));
    let expected = json!({"supported": ["2025-11-25", newest], "requested": "2027-01-01"});
    assert_eq!((answer.status, &answer.json()["error"]["data"]), (400, &expected));
    let answer = ask(&api, &[all[0], ("mcp-method", "resources/list")], &body("resources/list", newest));
    assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (404, Some(-32601)));
}

#[test]
fn web_pages_from_elsewhere_get_no_answer_unless_they_have_a_key() {
    let api = Api::ready("sqlite::memory:");
    // A name of theirs that means our address: all but the origin looks as it should.
    let answer = ask(&api, &[("host", "rebound.example"), ("origin", "http://rebound.example")], LIST);
    assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (403, Some(-32600)));
    assert_eq!(ask(&api, &[("origin", "http://localhost:6274")], LIST).status, 200);
    let proxied = [("x-forwarded-host", "tasks.example"), ("x-forwarded-proto", "https")];
    assert_eq!(ask(&api, &proxied, LIST).status, 200);

    let (key, entry) = new_key(&[]);
    let api = Api::ready_with("sqlite::memory:", &[("API_KEYS", &entry)]);
    let authorization = format!("Bearer {key}");
    let headers = [("origin", "https://tasks.example"), ("authorization", authorization.as_str())];
    assert_eq!(ask(&api, &headers, LIST).status, 200);
    assert_eq!(ask(&api, &headers[..1], LIST).status, 401);
}

#[test]
fn any_replica_answers_any_request_and_those_who_follow_are_told() {
    let url = server().database();
    let (first, second) = (Api::ready(&url), Api::ready(&url));
    let body = |title: &str| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "create_task", "arguments": {"title": title}}}).to_string()
    };
    // The handshake was with nobody at all.
    let made = ask(&first, &[("mcp-protocol-version", "2025-11-25")], &body("by the first")).json();
    let made: Value = serde_json::from_str(made["result"]["content"][0]["text"].as_str().expect("text")).unwrap();
    let id = made["id"].as_i64().expect("an id is a number");
    assert_eq!(Client::plain(&second).call("get_task", &json!({"id": id}))["title"], "by the first");
    let changes = wait_for(|| {
        let page = get(second.address, "/tasks/changes").json();
        page.to_string().contains("by the first").then_some(page)
    });
    assert!(changes.is_some());
}

#[test]
fn a_database_that_is_away_is_an_answer_and_a_line_in_the_log() {
    let api = Api::start("postgres://u:p@127.0.0.1:1/x");
    let refused = Client::plain(&api).refused("list_tasks", &json!({}));
    assert_eq!((&refused["status"], &refused["detail"]), (&json!(503), &json!("The database is not available")));
    api.wait_for_log("database not available");
    let metrics = get(api.address, "/metrics").text();
    assert!(metrics.contains("database_errors_total{kind=\"unavailable\"} 1"), "{metrics}");
    assert!(metrics.contains(r#"http_requests_total{route="/mcp",method="POST",status="200"}"#), "{metrics}");
}

#[test]
fn a_condition_that_is_required_is_required_of_tools() {
    let api = Api::ready_with("sqlite::memory:", &[("REQUIRE_IF_MATCH", "true")]);
    let call = |tool: &str, arguments: Value| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
        ask(&api, &[], &body.to_string())
    };
    let made = call("create_task", json!({"title": "t"})).json()["result"]["content"][0]["text"].clone();
    let made: Value = serde_json::from_str(made.as_str().expect("text")).expect("it is JSON");
    let refused = call("complete_task", json!({"id": made["id"]})).json();
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains("\"etag\""), "{refused}");
    let done = call("complete_task", json!({"id": made["id"], "etag": made["etag"]})).json();
    assert!(done["result"]["content"][0]["text"].as_str().unwrap().contains("\"completed\""), "{done}");
}
