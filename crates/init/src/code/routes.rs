//! The routes that code declares.

use super::{Code, Pattern};
use crate::found::{Found, Place};
use crate::project::Language;

/// A method and a path: `GET /tasks/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// In capitals; `ANY` where the code names none.
    pub(crate) method: String,
    /// Every parameter is `{}`.
    pub(crate) path: String,
    /// Whether it is declared with a slash at its end: without one, some frameworks redirect.
    pub(crate) ends_in_slash: bool,
    pub(crate) at: Place,
}

/// Of decorators and calls: the groups `method` and `path`, `methods` for a list of them, `router` for what the route is added to.
struct Form {
    language: Language,
    pattern: Pattern,
}

const fn form(language: Language, pattern: &'static str) -> Form {
    Form { language, pattern: Pattern::new(pattern) }
}

static FORMS: [Form; 18] = [
    form(Language::Python, r#"@(?<router>\w+)\.(?<method>get|post|put|patch|delete)\(\s*["'](?<path>/[^"'\n]*|)["']"#),
    form(
        Language::Python,
        r#"@(?<router>\w+)\.route\(\s*["'](?<path>/[^"'\n]*)["'](?:[^)\n]{0,200}?methods\s*=\s*\[(?<methods>[^\]\n]{0,200})\])?"#,
    ),
    form(
        Language::Python,
        r#"\bRoute\(\s*["'](?<path>/[^"'\n]*)["'](?:[^\n]{0,200}?methods\s*=\s*\[(?<methods>[^\]\n]{0,200})\])?"#,
    ),
    form(Language::Python, r#"\bpath\(\s*["'](?<path>[\w/<>:-]*)["']\s*,\s*[a-z_]\w*"#),
    form(
        Language::Node,
        r#"\b(?<router>app|router|server|fastify|api|\w*[rR]outer|\w*[rR]outes)\.(?<method>get|post|put|patch|delete|all)\(\s*["'`](?<path>/[^"'`\n]*)["'`]\s*,"#,
    ),
    form(Language::Node, r"@(?<method>Get|Post|Put|Patch|Delete)\(\s*(?:['\x22](?<path>[^'\x22\n]*)['\x22])?\s*\)"),
    // Servers without a framework compare the path.
    form(Language::Python, r#"\bpath\s*==\s*["'](?<path>/[\w/-]+)["']"#),
    form(Language::Node, r#"(?:\b(?:url|pathname|path)\s*===?\s*|\bcase\s+)["'](?<path>/[\w/-]+)["']"#),
    form(Language::Go, r#"\.Handle(?:Func)?\(\s*"(?:(?<method>GET|POST|PUT|PATCH|DELETE)\s+)?(?<path>/[^"\n]*)""#),
    form(
        Language::Go,
        r#"\.(?<method>GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete)\(\s*"(?<path>/[^"\n]*)"\s*,"#,
    ),
    form(Language::Rust, r#"\.route\(\s*"(?<path>/[^"\n]*)"\s*,(?<methods>[^\n]{0,300})"#),
    form(Language::Rust, r#"#\[(?<method>get|post|put|patch|delete)\(\s*"(?<path>/[^"\n]*)""#),
    form(
        Language::Java,
        r#"@(?<method>Get|Post|Put|Patch|Delete)Mapping(?:\(\s*(?:(?:value|path)\s*=\s*)?(?:"(?<path>[^"\n]*)")?[^)\n]{0,200}\))?"#,
    ),
    form(Language::DotNet, r#"\.Map(?<method>Get|Post|Put|Patch|Delete|HealthChecks)\(\s*"(?<path>/[^"\n]*)""#),
    form(Language::Php, r#"Route::(?<method>get|post|put|patch|delete)\(\s*["'](?<path>[^"'\n]*)["']"#),
    form(Language::Php, r#"\$app->(?<method>get|post|put|patch|delete)\(\s*["'](?<path>/[^"'\n]*)["']"#),
    form(Language::Php, r#"===?\s*["'](?<path>/[\w/-]+)["']"#),
    form(Language::Ruby, r#"(?m)^\s*(?<method>get|post|put|patch|delete)\s*\(?\s*["'](?<path>/?[\w/:.-]+)["']"#),
];

/// `APIRouter(prefix="/api")`, `Blueprint("x", __name__, url_prefix="/api")`
static ROUTER: Pattern =
    Pattern::new(r#"(\w+)\s*=\s*(?:APIRouter|Blueprint)\([^)]{0,300}?\b(?:url_)?prefix\s*=\s*["']([^"'\n]*)["']"#);
/// `include_router(tasks.router, prefix="/api")`, `register_blueprint(api, url_prefix="/api")`, `app.use("/api", tasks)`
static MOUNTED: Pattern = Pattern::new(
    r#"(?:include_router|register_blueprint)\(\s*([\w.]+)\s*,[^)]{0,300}?(?:url_)?prefix\s*=\s*["']([^"'\n]*)["']|\.use\(\s*["'`](?<at>/[^"'`\n]*)["'`]\s*,\s*(?<what>[\w.]+)"#,
);
/// `@RequestMapping("/tasks")` of a class, `@Controller('tasks')`, `@Path("/tasks")`
static CLASS: Pattern =
    Pattern::new(r#"@(?:RequestMapping|Controller|Path)\(\s*(?:(?:value|path)\s*=\s*)?["']([^"'\n]*)["']"#);
static METHOD_CALL: Pattern = Pattern::new(r"\b(get|post|put|patch|delete)\(");

/// Routes that are looked at, and mounts of routers in a file, at most.
const MOST: usize = 1_000;

/// Where routers are mounted, told by all files: the router's or the file's name, and the prefix.
fn mounts(codes: &[Code]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for code in codes {
        for (captures, _) in MOUNTED.all(code).take(100) {
            let what = captures.get(1).or_else(|| captures.name("what"));
            let prefix = captures.get(2).or_else(|| captures.name("at"));
            if let (Some(what), Some(prefix)) = (what, prefix) {
                let first = what.as_str().split('.').next().unwrap_or_default();
                found.push((first.to_owned(), prefix.as_str().trim_end_matches('/').to_owned()));
            }
        }
    }
    found.truncate(MOST);
    found
}

/// Every route of the project, with the prefixes of its routers where these are literal.
pub(crate) fn routes(codes: &[Code], language: Language) -> Vec<Route> {
    let mounts = mounts(codes);
    codes.iter().flat_map(|code| of_file(code, language, &mounts)).take(MOST).collect()
}

fn of_file(code: &Code, language: Language, mounts: &[(String, String)]) -> Vec<Route> {
    let routers: Vec<(String, String)> = ROUTER
        .all(code)
        .take(100)
        .map(|(found, _)| (found[1].to_owned(), found[2].trim_end_matches('/').to_owned()))
        .collect();
    let class = CLASS.first(code).map(|found| format!("/{}", found.value.trim_matches('/')));
    let (parents, name) = code.path.rsplit_once('/').unwrap_or(("", &code.path));
    let stem = match name.split('.').next().unwrap_or_default() {
        "index" | "__init__" => parents.rsplit('/').next().unwrap_or_default(),
        stem => stem,
    };
    let mut found = Vec::new();
    for form in FORMS.iter().filter(|form| form.language == language) {
        for (captures, at) in form.pattern.all(code).take(MOST) {
            let path = captures.name("path").map_or("", |path| path.as_str());
            let router = captures.name("router").map_or("", |router| router.as_str());
            let own = routers.iter().find(|(name, _)| name == router).map_or("", |(_, prefix)| prefix.as_str());
            let is_app = matches!(router, "app" | "server" | "fastify");
            let mounted = |(name, _): &&(String, String)| {
                !is_app && (name == router || name == stem || name.trim_end_matches("Router") == stem)
            };
            let mount = mounts.iter().find(mounted).map_or("", |(_, prefix)| prefix.as_str());
            let class = class.as_deref().filter(|_| matches!(language, Language::Java | Language::Node)).unwrap_or("");
            let whole = format!("{mount}{own}{class}/{}", path.trim_start_matches('/'));
            let path = parameters(&whole);
            let ends_in_slash = path.len() > 1 && whole.ends_with('/');
            for method in methods(&captures) {
                found.push(Route { method, path: path.clone(), ends_in_slash, at: at.clone() });
            }
        }
    }
    found
}

fn methods(captures: &regex::Captures<'_>) -> Vec<String> {
    if let Some(list) = captures.name("methods") {
        let has_calls = METHOD_CALL.is_in(list.as_str());
        let calls = list.as_str().split('(').filter(|_| has_calls);
        let names = calls.map(|part| part.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default());
        let mut found: Vec<String> = names
            .chain(list.as_str().split(|c: char| !c.is_ascii_alphabetic()))
            .map(str::to_ascii_uppercase)
            .filter(|name| matches!(name.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE"))
            .collect();
        found.sort();
        found.dedup();
        return found;
    }
    let method = captures.name("method").map_or("ANY".to_owned(), |method| method.as_str().to_ascii_uppercase());
    vec![match method.as_str() {
        "ALL" | "HEALTHCHECKS" => "ANY".to_owned(),
        _ => method,
    }]
}

/// `/tasks/<int:id>/`, `/tasks/:id`, `/tasks/{id}` as `/tasks/{}`.
fn parameters(path: &str) -> String {
    let part = |part: &str| {
        if part.starts_with(':') || part.starts_with('{') || part.starts_with('<') {
            "{}".to_owned()
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(part).collect();
    format!("/{}", parts.join("/"))
}

/// The first collection that is created, read, updated and deleted.
pub(crate) fn collection(routes: &[Route]) -> Option<Found<String>> {
    let has = |methods: &[&str], path: &str| {
        routes.iter().any(|route| route.path == path && methods.contains(&route.method.as_str()))
    };
    let creates = routes.iter().filter(|route| route.method == "POST" && !route.path.ends_with("{}"));
    creates
        .filter(|route| {
            let one = format!("{}/{{}}", route.path.trim_end_matches('/'));
            has(&["GET"], &one) && has(&["PUT", "PATCH"], &one) && has(&["DELETE"], &one)
        })
        .map(|route| Found::new(route.path.clone(), route.at.clone()))
        .next()
}

#[cfg(test)]
mod tests {
    use super::super::Comments;
    use super::*;

    #[track_caller]
    fn check(language: Language, files: &[(&str, &str)], expected: &str) {
        let comments = if language == Language::Python { Comments::Python } else { Comments::Slashes };
        let codes: Vec<Code> = files.iter().map(|(path, text)| Code::new(path, text, comments)).collect();
        let found: Vec<String> =
            routes(&codes, language).into_iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(found.join("; "), expected);
    }

    #[test]
    fn every_pattern_is_sound() {
        assert!(FORMS.iter().all(|form| form.pattern.is_sound()));
        assert!([&ROUTER, &MOUNTED, &CLASS, &METHOD_CALL].iter().all(|pattern| pattern.is_sound()));
    }

    #[test]
    fn routes_are_found_with_the_prefixes_of_their_routers() {
        check(Language::Python, &[("main.py", "@app.get(\"/health\")\n")], "GET /health");
        check(
            Language::Python,
            &[
                ("main.py", "app.include_router(tasks.router, prefix=\"/api\")"),
                ("tasks.py", "router = APIRouter(prefix=\"/tasks\")\n@router.post(\"/\")\n@router.get(\"/{id}\")\n"),
            ],
            "POST /api/tasks; GET /api/tasks/{}",
        );
        check(
            Language::Python,
            &[("a.py", "@app.route('/x/<int:id>', methods=['GET', 'PUT'])")],
            "GET /x/{}; PUT /x/{}",
        );
        check(Language::Python, &[("a.py", "Route('/health', health)")], "ANY /health");
        check(
            Language::Node,
            &[
                ("server.js", "app.use('/api/notes', notes);\napp.get('/healthz', (q, s) => s.end());"),
                ("routes/notes.js", "router.get('/:id', f);"),
            ],
            "GET /healthz; GET /api/notes/{}",
        );
        check(Language::Node, &[("a.js", "if (request.url === '/healthz') {}")], "ANY /healthz");
        check(Language::Python, &[("a.py", "if self.path == '/health':")], "ANY /health");
        check(Language::Go, &[("main.go", "mux.HandleFunc(\"GET /items/{id}\", f)")], "GET /items/{}");
        check(Language::Rust, &[("main.rs", ".route(\"/x\", get(a).post(b))")], "GET /x; POST /x");
        check(
            Language::Java,
            &[("C.java", "@RequestMapping(\"/tasks\")\nclass C {\n@GetMapping(\"/{id}\")\n@PostMapping\n")],
            "GET /tasks/{}; POST /tasks",
        );
        check(Language::DotNet, &[("Program.cs", "app.MapHealthChecks(\"/healthz\");")], "ANY /healthz");
        check(Language::Php, &[("web.php", "Route::get('/up', f);")], "GET /up");
        check(Language::Ruby, &[("app.rb", "get '/items/:id' do\n")], "GET /items/{}");
    }

    #[test]
    fn a_collection_needs_all_four() {
        let text = "@a.post('/t')\n@a.get('/t/{id}')\n@a.put('/t/{id}')\n";
        let of = |text: &str| {
            let found = routes(&[Code::new("m.py", text, Comments::Python)], Language::Python);
            collection(&found).map(|found| found.value)
        };
        assert_eq!(of(text), None);
        assert_eq!(of(&format!("{text}@a.delete('/t/{{id}}')")), Some("/t".to_owned()));
    }
}
