//! The grammar of inline checks and scenarios, and where its mistakes are.

use seaworthy_spec::{Action, Check, Spec};

/// The steps of a check block, or its problems as `line: column in the text given: message`.
fn read(check: &str) -> String {
    let lines = check.replace('\n', "\n  ");
    let text = format!("## Success Criteria\n- [ ] X\n  ```check\n  {lines}\n  ```\n## Dependencies\n- Redis\n");
    match Spec::parse(&text) {
        Ok(spec) => {
            let [Check::Scenario(scenario)] = spec.criteria[0].checks() else { panic!("{:?}", spec.criteria) };
            scenario.steps.iter().map(|step| format!("{:?}", step.action)).collect::<Vec<_>>().join("\n")
        }
        Err(error) => {
            let all = error.problems.iter();
            all.map(|problem| format!("{}:{}: {}", problem.line, problem.column - 2, problem.message))
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

#[track_caller]
fn check(line: &str, expected: &str) {
    assert_eq!(read(line), expected, "{line}");
}

/// A line that is read, and part of what it is read as.
#[track_caller]
fn good(line: &str, part: &str) {
    let read = read(line);
    assert!(read.contains(part) && !read.starts_with("4:"), "{line}\n{read}");
}

#[test]
fn requests_are_read() {
    good(
        "GET /health -> 200",
        r#"Request(Request { method: "GET", path: "/health", headers: [], body: None, login: None, answer: Answer { status: 200, body: None, texts: [], headers: [], within: None }, saves: [], repeat: None, on_another: false })"#,
    );
    good("  GET /health -> 200 within 50ms", "within: Some(50ms)");
    good("GET /health -> 200, within 2 min", "within: Some(120s)");
    good(r#"POST /tasks {"title": "a -> b, save c"} -> 201"#, r#""title": String("a -> b, save c")"#);
    good(
        r#"POST /tasks {"title": "a"} -> 201 {"title": "a"}, save id"#,
        r#"saves: [Save { name: "id", from: Body(["id"]) }]"#,
    );
    good(
        "GET /x -> 200 save a=$.items[0].id, save b = $[\"a b\"][2], save c = $",
        r#"[Save { name: "a", from: Body(["items", "0", "id"]) }, Save { name: "b", from: Body(["a b", "2"]) }, Save { name: "c", from: Body([]) }]"#,
    );
    good(
        "GET /x header Accept: text/html, */* header X-A: b c -> 200",
        r#"headers: [("Accept", "text/html, */*"), ("X-A", "b c")], body"#,
    );
    good(
        "GET /x -> 200 header content-type: application/json within 1s, save id",
        r#"headers: [HeaderTest { name: "content-type", wanted: Is("application/json") }], within: Some(1s)"#,
    );
    good(r#"GET /x -> 304 header etag: "\"a, b\"" within 1s"#, r#"name: "etag", wanted: Is("\"a, b\"")"#);
    good("GET /x -> 200 [1, 2]", "body: Some(Array [Number(1), Number(2)])");
    good("GET /x -> 200 \"a, b\", save id", "body: Some(String(\"a, b\"))");
    good("GET /x -> 200 5, save id", "body: Some(Number(5))");
    good("GET /tasks?limit=1&q=%20 -> 100", "/tasks?limit=1&q=%20");
    good("POST /t -> 201, save id\nGET /t/{id} header X: {id} -> 200 {\"id\": \"{id}\"}", "path: \"/t/{id}\"");
    good(r#"POST /t {"a": {"b": "{ not a name }"}} -> 201"#, "{ not a name }");
    good(r#"POST /t {"a": "\u007bname}"} -> 201"#, "{name}");
}

#[test]
fn texts_and_headers_are_tested() {
    good(
        r#"GET / -> 200 body contains "<h1>Hi, you</h1>""#,
        r#"{ is_negated: false, wanted: Contains("<h1>Hi, you</h1>") }"#,
    );
    good(
        r"GET / -> 200 body matches /<a href=\/x\/\d+>/, within 1s",
        r"{ is_negated: false, wanted: Matches(/<a href=\/x\/\d+>/) }",
    );
    good(
        r#"GET / -> 200 body not contains "Traceback" body not matches /(?i)error/"#,
        "is_negated: true, wanted: Matches(/(?i)error/)",
    );
    good(
        "GET / -> 200 header server not contains \"nginx\"",
        r#"name: "server", wanted: Text(TextTest { is_negated: true, wanted: Contains("nginx")"#,
    );
    good("GET / -> 200 header content-type matches /^text.html/ within 1s", "Matches(/^text.html/)");
    good(
        "GET / -> 200 {\"a\": 1} within 1s, 100 times, 10 at once, p99 within 50ms",
        "repeat: Some(Repeat { times: 100, at_once: 10, percentile: Some((99, 50ms)) })",
    );
    good(
        "GET / -> 200 5 times",
        "body: None, texts: [], headers: [], within: None }, saves: [], repeat: Some(Repeat { times: 5, at_once: 1, percentile: None })",
    );
    good(
        "GET / -> 200, 5 times, within 1s",
        "within: Some(1s) }, saves: [], repeat: Some(Repeat { times: 5, at_once: 1, percentile: None })",
    );
    good("GET / -> 200 header contains: yes", r#"name: "contains", wanted: Is("yes")"#);
    good("POST /t -> 201, save id\nGET / -> 200 body contains \"n{id}\"", r#"Contains("n{id}")"#);
    check("GET / -> 200 body", "4:18: expected `contains` or `matches`, found the end of the line");
    check("GET / -> 200 body contains \"\"", "4:28: every text contains an empty one");
    check("GET / -> 200 body not contains \"\"", "4:32: every text contains an empty one");
    check("GET / -> 200 body contains x", "4:28: expected a text in double quotes");
    check("GET / -> 200 body contains \"{id}\"", "4:29: `{id}` was not saved before");
    check("GET / -> 200 body matches x", "4:27: expected `/…/`, found `x`");
    check("GET / -> 200 body matches /x", "4:27: this expression is not closed");
    check("GET / -> 200 body matches /x*/", "4:27: this expression matches the empty text, so it says nothing");
    check("GET / -> 200 body matches //", "4:27: this expression matches the empty text, so it says nothing");
    check("GET / -> 200 body matches /(/", "4:27: not a regular expression: unclosed group");
    check("GET / -> 200 body matches /(a{900}){900}/", "4:27: this expression is too large when compiled");
    check("GET / -> 200 not body contains \"x\"", "4:14: unexpected `not`");
    check("HEAD / -> 200 body not contains \"x\"", "4:15: this answer has no body");
    check("DELETE /x -> 204 body not contains \"x\"", "4:18: this answer has no body");
}

#[test]
fn sessions_and_forms_are_read() {
    good(
        "POST /login form user=ada note=\"a b\" x= -> 303, save t = header X-Token, save s = cookie sid",
        r#"body: Some(Form([("user", "ada"), ("note", "a b"), ("x", "")]))"#,
    );
    good(
        "GET / -> 200 save t = header X-Token, save s = cookie sid",
        r#"[Save { name: "t", from: Header("X-Token") }, Save { name: "s", from: Cookie("sid") }]"#,
    );
    good("GET / as {env.API_TOKEN} header A: b -> 200", r#"login: Some(Bearer("{env.API_TOKEN}"))"#);
    good(
        "GET / header A: b as {env.U}:{env.P} -> 200",
        r#"headers: [("A", "b")], body: None, login: Some(Basic { user: "{env.U}", password: "{env.P}" })"#,
    );
    good("GET / as nobody -> 401", "login: Some(Nobody)");
    good("POST / {\"k\": \"{env.KEY}\"} header A: {env.B} -> 200", "{env.KEY}");
    check("GET / as -> 200", "4:10: expected who asks, found `->`");
    check("GET / as admin -> 200", "4:10: expected who asks, found `admin`");
    check("GET / as {token} -> 200", "4:10: `{token}` was not saved before");
    check("GET / as :{env.P} -> 200", "4:10: expected who asks, found `:{env.P}`");
    check("GET / header Authorization: x as {env.T} -> 200", "4:42: `as` and `header Authorization` both say who asks");
    check("POST / form -> 200", "4:13: expected `NAME=VALUE`, found `->`");
    check("POST / form a={b} -> 200", "4:15: `{b}` was not saved before");
    check("GET / -> 200 save t = cookie", "4:29: expected the cookie's name, found the end of the line");
}

#[test]
fn every_example_of_a_step_is_one() {
    for step in seaworthy_spec::step_forms() {
        let before = if step.example.starts_with("on another") { "start another\n" } else { "" };
        let read = read(&format!("{before}{}\nGET / -> 200", step.example));
        assert!(!read.starts_with("4:") && !read.starts_with("5:"), "{}: {read}", step.example);
    }
}

#[test]
fn other_steps_are_read() {
    good(
        "start with A=1 B=\"x y\" without C D read-only\nlog contains \"a\"",
        r#"Start { with: [("A", "1"), ("B", "x y")], without: ["C", "D"], read_only: true, fresh_database: false }"#,
    );
    good("start\nGET / -> 200", "Start { with: [], without: [], read_only: false, fresh_database: false }");
    good(
        "start without A on a fresh database\nGET / -> 200",
        r#"without: ["A"], read_only: false, fresh_database: true }"#,
    );
    good(
        "mount a/b.txt at /etc/b.txt\nGET / -> 200",
        r#"Mount { file: "a/b.txt", at: "/etc/b.txt", is_secret: false }"#,
    );
    good(
        "secret key = \"my key\"\nGET / -> 200",
        r#"Mount { file: "my key", at: "/run/secrets/key", is_secret: true }"#,
    );
    good("secret key=k\nGET / -> 200\nmount a at /b\nstart\nGET / -> 200", r#"at: "/b""#);
    good("on a fresh database\nGET / -> 200", "fresh_database: true }");
    good("start another\non another GET / -> 200", "repeat: None, on_another: true })");
    good("stop database\nGET / -> 503\nstart database\nGET / -> 200", "StopDatabase");
    good(
        r#"run worker "two words" --version -> exit 0, output contains "1.", output not matches /error/, within 5s"#,
        r#"Run { arguments: ["worker", "two words", "--version"], exit: Code(0), output: [TextTest { is_negated: false, wanted: Contains("1.") }, TextTest { is_negated: true, wanted: Matches(/error/) }], within: Some(5s) }"#,
    );
    good("run check -> exit nonzero", "exit: Nonzero, output: [], within: None }");
    good("start with A=\nGET / -> 200", r#"with: [("A", "")]"#);
    good("GET / -> 200\nrestart", "Restart { fresh_database: false }");
    good("restart on a fresh database\nGET / -> 200", "Restart { fresh_database: true }");
    good(
        r#"file /out/a.csv contains "total" within 5s"#,
        r#"File { path: "/out/a.csv", test: TextTest { is_negated: false, wanted: Contains("total") }, within: Some(5s) }"#,
    );
    good(
        r#"file "/out/two words" not matches /error/"#,
        r#"File { path: "/out/two words", test: TextTest { is_negated: true, wanted: Matches(/error/) }, within: None }"#,
    );
    good("POST /a -> 302, save at = header Location\nGET {at}/more -> 200", r#"path: "{at}/more""#);
    good("stop within 10s -> exit 0", "Stop { within: 10s, exit: 0 }");
    good("exits within 5s -> exit nonzero", "Exits { within: 5s, exit: Nonzero, log_contains: None }");
    good(
        r#"exits within 5 s -> exit 1, log contains "DATABASE_URL""#,
        r#"exit: Code(1), log_contains: Some("DATABASE_URL")"#,
    );
    good("wait healthy within 1.5s", "WaitHealthy { within: 1.5s }");
    good("wait log contains \"done\" within 10s", r#"WaitLog { text: "done", within: 10s }"#);
    good("wait GET /ready -> 200 within 10s", r#"WaitAnswer { path: "/ready", status: 200, within: 10s }"#);
}

#[test]
fn every_mistake_has_its_column() {
    check("GTE /health -> 200", "4:1: unknown step `GTE`");
    check("  get /health -> 200", "4:3: unknown step `get`");
    check("Restart", "4:1: unknown step `Restart`");
    check("# a comment", "4:1: unknown step `#`");
    check("GET health -> 200", "4:5: expected a path that begins with `/`, found `health`");
    check("GET http://x/ -> 200", "4:5: expected a path that begins with `/`, found `http://x/`");
    check("GET x{id} -> 200", "4:5: expected a path that begins with `/`, found `x{id}`");
    check("file out contains \"a\"", "4:6: expected the file's whole path, found `out`");
    check("file /a/../b contains \"a\"", "4:6: expected the file's whole path, found `/a/../b`");
    check("file /a", "4:8: expected `contains` or `matches`, found the end of the line");
    check("file /a/{no} contains \"a\"", "4:9: `{no}` was not saved before");
    check("file /a not contains \"a\" within 5s", "4:26: what a file must not hold is looked for once");
    check("restart on a new database", "4:14: expected `fresh`, found `new`");
    check("GET -> 200", "4:5: expected a path that begins with `/`, found `->`");
    check("GET /a#b -> 200", "4:7: `#` cannot stand in a path");
    check("GET /ż -> 200", "4:6: `ż` cannot stand in a path");
    check("GET /{ -> 200", "4:6: `{` cannot stand in a path");
    check("GET /health", "4:12: expected `->`, found the end of the line");
    check("GET /health 200", "4:16: expected `->`, found the end of the line");
    check("GET /health => 200", "4:13: expected `->`, found `=>`");
    check("GET /health → 200", "4:13: expected `->`, found `→`");
    check("GET /health ->", "4:15: expected a status from 100 to 599, found the end of the line");
    check("GET /health -> 2xx", "4:16: expected a status from 100 to 599, found `2xx`");
    check("GET /health -> 99", "4:16: expected a status from 100 to 599, found `99`");
    check("GET /health -> 600", "4:16: expected a status from 100 to 599, found `600`");
    check("GET /health -> +200", "4:16: expected a status from 100 to 599, found `+200`");
    check("GET /health -> 200 within", "4:26: expected a time, found the end of the line");
    check("GET /health -> 200 within 5", "4:27: expected a time, found `5`");
    check("GET /health -> 200 within 0s", "4:27: expected a time, found `0s`");
    check("GET /health -> 200 within 25 h", "4:27: expected a time, found `25`");
    check("GET /health -> 200 within -1s", "4:27: expected a time, found `-1s`");
    check("GET /health -> 200 or 201", "4:20: unexpected `or`");
    check("GET /health -> 200,", "4:20: nothing follows the comma");
    check("GET /health -> 200 within 1s within 2s", "4:30: unexpected `within`");
    check("GET /a -> 200 {\"a\": 1} {\"b\": 2}", "4:24: unexpected `{\"b\":`");
    check("POST /t {\"a\": } -> 200", "4:15: not JSON: expected value");
    check("POST /t {\"a\": 1, \"a\": 2} -> 200", "4:20: not JSON: `a` is written twice");
    check("POST /t {\"id\": {id}} -> 200", "4:17: not JSON: key must be a string");
    check("POST /t {a: 1} -> 200", "4:10: not JSON: key must be a string");
    check("GET /t/{id} -> 200", "4:8: `{id}` was not saved before");
    check("GET /t/{id} -> 200, save id", "4:8: `{id}` was not saved before");
    check("POST /t {\"a\": \"x {id}\"} -> 200", "4:18: `{id}` was not saved before");
    check("GET /t -> 200 {\"a\": \"{id}\"}", "4:22: `{id}` was not saved before");
    check("GET /t header A: {id} -> 200", "4:18: `{id}` was not saved before");
    check("GET /t header A -> 200", "4:15: expected `NAME: VALUE` after `header`");
    check("GET /t header A: b {\"x\": 1} -> 200", "4:21: a header value with this in it stands in double quotes");
    check("GET /t header A: \"a\\nb\" -> 200", "4:18: a header value is one line of ASCII");
    check("GET /t -> 200 save", "4:19: expected a name to save, found the end of the line");
    check("GET /t -> 200 save 1a", "4:20: expected a name to save, found `1a`");
    check("GET /t -> 200 save id = id", "4:25: expected a path such as `$.items[0].id`");
    check("GET /t -> 200 save id = $.a[x]", "4:28: expected a path such as `$.items[0].id`");
    check("GET /t -> 200 save id, save id", "4:24: `id` is saved twice");
    check("GET /t -> 200 save run", "4:20: `run` cannot be saved");
    check("restart now\nGET / -> 200", "4:9: unexpected `now`");
    check("start with A", "4:12: expected `K=V`, found `A`");
    check("start with 1A=2", "4:12: expected `K=V`, found `1A=2`");
    check("start with A={id}", "4:14: `{id}` is not filled in here");
    check("start without", "4:14: expected a variable's name, found the end of the line");
    check("start with A=1 without A", "4:1: `A` is named twice");
    check("start readonly", "4:7: unexpected `readonly`");
    check("stop -> exit 0", "4:6: expected `within`, found `->`");
    check("stop within 1s -> 0", "4:19: expected `exit`, found `0`");
    check("stop within 1s -> exit 256", "4:24: expected an exit code from 0 to 255, found `256`");
    check("exits within 1s -> exit non-zero", "4:25: expected an exit code from 0 to 255, found `non-zero`");
    check("exits within 1s -> exit 1, log has \"a\"", "4:32: expected `contains`, found `has`");
    check("log contains error", "4:14: expected a text in double quotes");
    check("log contains \"\"", "4:14: every log contains an empty text");
    check("log contains \"a\" and \"b\"", "4:18: unexpected `and \"b\"`");
    check("GET / -> 200, 1 times", "4:15: expected a number from 2 to 10000, found `1`");
    check("GET / -> 200, 10001 times", "4:15: expected a number from 2 to 10000, found `10001`");
    check("GET / -> 200, 50 times, 51 at once", "4:25: expected a number from 1 to 50, found `51`");
    check("GET / -> 200, 500 times, 101 at once", "4:26: expected a number from 1 to 100, found `101`");
    check("GET / -> 200, 500 times, p98 within 1s", "4:26: expected p50, p75, p90, p95 or p99, found `p98`");
    check("GET / -> 200, 500 times, p99", "4:29: expected `within`, found the end of the line");
    check("GET / -> 200, 500 times,", "4:25: nothing follows the comma");
    check("POST / -> 200, save id, 5 times", "4:32: of many answers none is saved");
    check("mount /etc/shadow at /x", "4:7: expected a file below the specification's folder, found `/etc/shadow`");
    check("mount a/../../x at /x", "4:7: expected a file below the specification's folder, found `a/../../x`");
    check("mount a at x", "4:12: expected the file's whole path, found `x`");
    check("mount a at /x/../y", "4:12: expected the file's whole path, found `/x/../y`");
    check("mount a at /run/seaworthy/ca.pem", "4:12: expected the file's whole path, found `/run/seaworthy/ca.pem`");
    check("mount a", "4:8: expected `at`, found the end of the line");
    check("secret .. = a", "4:8: expected the secret's name, found `..`");
    check("secret key a", "4:12: expected `=`, found `a`");
    check("secret key =", "4:13: expected a file below the specification's folder, found the end of the line");
    check("GET / -> 200\nmount a at /x", "5:1: a file is mounted before the container starts");
    check("file /out contains \"a\"\nmount a at /x", "5:1: a file is mounted before the container starts");
    check("mount a at /x\nfile /x contains \"a\"", "5:1: the scenario itself puts this file there");
    check("mount a at /x\nmount b at /x\nGET / -> 200", "5:1: another file is mounted there");
    check("run -> exit 0", "4:5: expected an argument, found `->`");
    check("run x -> 0", "4:10: expected `exit`, found `0`");
    check("run x -> exit 256", "4:15: expected an exit code from 0 to 255, found `256`");
    check("run x -> exit 0, log contains \"a\"", "4:18: unexpected `log`");
    check("run x -> exit 0, output contains \"\"", "4:34: every text contains an empty one");
    check("run {id} -> exit 0", "4:5: `{id}` was not saved before");
    check("on another GET / -> 200", "4:1: no other container was started before");
    check("start another\nstart another\nGET / -> 200", "5:1: there is another container already");
    check("start another\non another stop", "5:12: expected a method such as `GET`, found `stop`");
    check("on fresh database\nGET / -> 200", "4:4: expected `another`, found `fresh`");
    check("on a fresh database", "4:1: this scenario checks nothing");
    check("stop database\nstart database", "4:1: this scenario checks nothing");
    check("wait log contains \"x\"", "4:22: expected `within`, found the end of the line");
    check("wait ready within 1s", "4:6: expected `healthy`, `GET` or `log`, found `ready`");
    check("wait healthy", "4:13: expected `within`, found the end of the line");
    check("restart", "4:1: this scenario checks nothing");
    check("start with A=1\nrestart", "4:1: this scenario checks nothing");
}

#[test]
fn every_line_with_a_mistake_is_told_once() {
    check(
        "GTE / -> 200\nPOST /t -> 999, save id\nGET /t/{id} -> 200\nGET /u/{no} -> 200",
        "4:1: unknown step `GTE`\n5:12: expected a status from 100 to 599, found `999`\n7:8: `{no}` was not saved before",
    );
}

#[test]
fn a_scenario_is_bounded() {
    check(&"GET / -> 200\n".repeat(101), "104:1: too many steps");
    check(
        &format!("POST / {} -> 200", "[".repeat(200) + &"]".repeat(200)),
        "4:135: not JSON: recursion limit exceeded",
    );
    check(&format!("POST / {} -> 200", "[".repeat(40) + &"]".repeat(40)), "4:8: this JSON is too large");
    check(&format!("POST / \"{}\" -> 200", "x".repeat(70_000)), "4:1: this line is too long");
}

#[test]
fn a_server_that_a_step_stops_is_listed_under_dependencies() {
    let parse = |steps: &str, lines: &str| {
        Spec::parse(&format!(
            "## Success Criteria\n- [ ] It goes on\n  ```check\n  {steps}\n  GET / -> 200\n  ```\n## Dependencies\n{lines}\n"
        ))
    };
    let actions = |steps: &str, lines: &str| {
        let spec = parse(steps, lines).expect("the steps are understood");
        let steps = spec.checks().find_map(Check::scenario).map(|scenario| scenario.steps.clone()).unwrap_or_default();
        steps.into_iter().map(|step| step.action).collect::<Vec<_>>()
    };
    let redis = || "redis".to_owned();
    assert_eq!(actions("stop redis", "- Redis")[0], Action::StopDependency(redis()));
    assert_eq!(actions("start redis", "- Redis")[0], Action::StartDependency(redis()));
    assert_eq!(actions("stop PostgreSQL", "- PostgreSQL")[0], Action::StopDatabase);
    for (steps, lines) in [("stop redis", "- No Redis needed"), ("start kafka", "- Redis"), ("stop now", "")] {
        let error = parse(steps, lines).expect_err("nothing of that name is listed");
        let message = &error.problems[0].message;
        assert!(message.starts_with("no dependency is called"), "{message}");
    }
}
