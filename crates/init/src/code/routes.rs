//! The routes that code declares.

use super::mounts::{self, Mounts};
use super::prefixes::Prefixes;
use super::{Code, Pattern, prefixes, scope};
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

static FORMS: [Form; 21] = [
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
    form(
        Language::Go,
        r#"(?:(?<router>\w+)|\))\.Handle(?:Func)?\(\s*"(?:(?<method>GET|POST|PUT|PATCH|DELETE)\s+)?(?<path>/[^"\n]*)""#,
    ),
    form(
        Language::Go,
        r#"(?:(?<router>\w+)|\))\.(?<method>GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete)\(\s*"(?<path>/[^"\n]*|)"\s*,"#,
    ),
    form(Language::Rust, r#"\.route\(\s*"(?<path>/[^"\n]*)"\s*,(?<methods>[^\n]{0,300})"#),
    form(Language::Rust, r#"#\[(?<method>get|post|put|patch|delete)\(\s*"(?<path>/[^"\n]*)""#),
    form(
        Language::Java,
        r#"@(?<method>Get|Post|Put|Patch|Delete)Mapping(?:\(\s*(?:(?:value|path)\s*=\s*)?(?:"(?<path>[^"\n]*)")?[^)\n]{0,200}\))?"#,
    ),
    form(
        Language::DotNet,
        r#"(?<router>\w+)\.Map(?<method>Get|Post|Put|Patch|Delete|HealthChecks)\(\s*"(?<path>/?[^"\n]*)""#,
    ),
    form(
        Language::DotNet,
        r#"\[Http(?<method>Get|Post|Put|Patch|Delete)(?:\(\s*"(?<path>[^"\n]*)"[^)\n]{0,100}\))?\]"#,
    ),
    // `#[Route('/health', name: 'health')]` of Symfony
    form(
        Language::Php,
        r"#\[Route\(\s*(?:path:\s*)?'(?<path>/[^'\n]*)'(?:[^\]\n]{0,200}?methods:\s*\[(?<methods>[^\]\n]{0,200})\])?",
    ),
    // `->withRouting(health: '/up')` of Laravel
    form(Language::Php, r#"\bhealth:\s*["'](?<path>/[^"'\n]*)["']"#),
    form(Language::Php, r#"Route::(?<method>get|post|put|patch|delete)\(\s*["'](?<path>[^"'\n]*)["']"#),
    form(
        Language::Php,
        r#"\$(?:app|group|router|routes|this->router)->(?<method>get|post|put|patch|delete)\(\s*["'](?<path>/[^"'\n]*|)["']"#,
    ),
    form(Language::Php, r#"===?\s*["'](?<path>/[\w/-]+)["']"#),
    form(Language::Ruby, r#"(?m)^\s*(?<method>get|post|put|patch|delete)\s*\(?\s*["'](?<path>/?[\w/:.-]+)["']"#),
];

/// `APIRouter(prefix="/api")`, `Blueprint("x", __name__, url_prefix="/api")`, `new Router({ prefix: "/api" })`, `new Hono().basePath("/api")`
static ROUTER: Pattern = Pattern::new(
    r#"(\w+)\s*(?::\s*\w+\s*)?=\s*(?:(?:\w+\.)?(?:APIRouter|Blueprint)\([^)]{0,300}?\b(?:url_)?prefix\s*=\s*|new \w*Router\(\s*\{[^}]{0,200}?\bprefix:\s*|new Hono(?:<[^>\n]*>)?\(\)\.basePath\(\s*)(f?["'`][^"'`\n]*["'`]|[\w.]+)"#,
);
/// `@Controller('tasks')` of `NestJS`, and `app.setGlobalPrefix('api')`.
static CLASS: Pattern = Pattern::new(r#"@Controller\(\s*(?:\{[^}]{0,200}?path:\s*)?["']([^"'\n]*)["']"#);
static GLOBAL: Pattern = Pattern::new(r"\bsetGlobalPrefix\(\s*([^,)\n]+)");
/// `path("api/", include("tasks.urls"))` of Django.
static INCLUDED: Pattern =
    Pattern::new(r#"\bpath\(\s*["']([\w/<>:.-]*)["']\s*,\s*include\(\s*(?:\(\s*)?["']([\w.]+)["']"#);
/// `resources :tasks` of Rails.
static RESOURCES: Pattern = Pattern::new(r"(?m)^\s*resources\s+:(\w+)(?P<rest>[^\n]*)");
static METHOD_CALL: Pattern = Pattern::new(r"\b(get|post|put|patch|delete)\(");

/// Routes that are looked at, at most.
const MOST: usize = 1_000;

/// Every route of the project, with the prefixes of its routers. One whose prefix is not known is left out: its path would be a wrong one.
pub(crate) fn routes(codes: &[Code], language: Language) -> Vec<Route> {
    let known = Known {
        mounts: Mounts::of(if matches!(language, Language::Python | Language::Node) { codes } else { &[] }),
        prefixes: Prefixes::of(codes, language),
        global: match codes.iter().find_map(|code| GLOBAL.first(code)) {
            Some(found) => mounts::literal(&found.value, codes),
            None => Some(String::new()),
        },
    };
    (0..codes.len()).flat_map(|file| of_file(codes, file, language, &known)).take(MOST).collect()
}

/// What all files say of prefixes.
struct Known {
    mounts: Mounts,
    prefixes: Prefixes,
    /// Of `NestJS`; `None` where the code works it out.
    global: Option<String>,
}

fn of_file(codes: &[Code], file: usize, language: Language, known: &Known) -> Vec<Route> {
    let code = &codes[file];
    let routers: Vec<(String, Option<String>)> =
        ROUTER.all(code).take(100).map(|(found, _)| (found[1].to_owned(), mounts::literal(&found[2], codes))).collect();
    let class = class(code, language, known);
    let included = is_of_django(code).then(|| included(codes, code, 0));
    let mut found = Vec::new();
    for form in FORMS.iter().filter(|form| form.language == language) {
        for (captures, at) in form.pattern.all(code).take(MOST) {
            let path = captures.name("path").map_or("", |path| path.as_str());
            let router = captures.name("router").map_or("", |router| router.as_str());
            let offset = captures.get_match().start();
            // Django's `path("api/", include("tasks.urls"))` is no route.
            if captures.get_match().as_str().ends_with("include") {
                continue;
            }
            let prefix = match language {
                Language::Python | Language::Node => {
                    let own = routers.iter().find(|(name, _)| name == router);
                    let own = own.map_or(Some(""), |(_, prefix)| prefix.as_deref());
                    let mounted = || of_router(codes, file, offset, router, own?, known);
                    included.clone().unwrap_or_else(mounted).zip(class.as_ref()).map(|(prefix, class)| prefix + class)
                }
                Language::Go => {
                    let group = known.prefixes.grouped(code, file, router, offset);
                    group.map(|prefix| prefix + &mounts::nested(code, offset))
                }
                Language::DotNet if router.is_empty() => Some(prefixes::of_controller(code)),
                Language::DotNet => known.prefixes.grouped(code, file, router, offset),
                Language::Rust => known.prefixes.nested(code, file, offset),
                Language::Java => Some(known.prefixes.of_class(code)),
                Language::Php => {
                    let api = if code.path == "routes/api.php" { "/api" } else { "" };
                    Some(format!("{api}{}", mounts::nested(code, offset)))
                }
                Language::Ruby => Some(mounts::nested(code, offset)),
                Language::Site => Some(String::new()),
            };
            let Some(prefix) = prefix else { continue };
            let whole = format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'));
            let path = parameters(&whole);
            let ends_in_slash = path.len() > 1
                && whole.ends_with('/')
                && captures.name("path").is_some_and(|path| path.as_str().ends_with('/'));
            for method in methods(&captures) {
                found.push(Route { method, path: path.clone(), ends_in_slash, at: at.clone() });
            }
        }
    }
    match language {
        Language::Ruby => found.extend(resources(code)),
        Language::Node => found.extend(next(code)),
        _ => {}
    }
    found
}

/// The prefix of a route of Python or Node.
fn of_router(codes: &[Code], file: usize, offset: usize, router: &str, own: &str, known: &Known) -> Option<String> {
    let code = &codes[file];
    let around = scope::around(code, offset);
    let mut names = vec![router];
    names.extend(around.iter().map(|line| scope::name(line)).filter(|name| !name.is_empty()));
    let prefix = known.mounts.prefix(codes, file, &names, own)?;
    Some(format!("{prefix}{}", mounts::nested(code, offset)))
}

/// The prefix of a class of `NestJS`, with that of the application; `None` where that is not known.
fn class(code: &Code, language: Language, known: &Known) -> Option<String> {
    if language != Language::Node || !code.text.contains("@Controller(") {
        return Some(String::new());
    }
    let global = known.global.as_deref()?;
    let class = CLASS.first(code).map_or(String::new(), |found| found.value);
    let parts: Vec<&str> =
        [global, class.as_str()].iter().map(|path| path.trim_matches('/')).filter(|path| !path.is_empty()).collect();
    Some(if parts.is_empty() { String::new() } else { format!("/{}", parts.join("/")) })
}

fn is_of_django(code: &Code) -> bool {
    code.path.ends_with("/urls.py") || code.path == "urls.py"
}

/// Where Django includes a file of routes.
fn included(codes: &[Code], code: &Code, depth: usize) -> Option<String> {
    let module = code.path.trim_end_matches(".py").replace('/', ".");
    for other in codes.iter().filter(|other| other.path != code.path) {
        for (found, _) in INCLUDED.all(other).take(100) {
            if module == found[2] || module.ends_with(&format!(".{}", &found[2])) {
                let above = if depth < 8 { included(codes, other, depth + 1)? } else { return None };
                return Some(format!("{above}/{}", found[1].trim_matches('/')).trim_end_matches('/').to_owned());
            }
        }
    }
    Some(String::new())
}

/// The seven routes of a resource of Rails, where it names no choice of them.
fn resources(code: &Code) -> Vec<Route> {
    let mut all = Vec::new();
    for (found, at) in RESOURCES
        .all(code)
        .take(100)
        .filter(|(found, _)| !found["rest"].contains("only") && !found["rest"].contains("except"))
    {
        let prefix = mounts::nested(
            code,
            found.get_match().start() + found.get_match().as_str().len()
                - found.get_match().as_str().trim_start().len(),
        );
        let path = format!("{prefix}/{}", &found[1]);
        let one = format!("{path}/{{}}");
        for (method, path) in
            [("POST", &path), ("GET", &path), ("GET", &one), ("PUT", &one), ("PATCH", &one), ("DELETE", &one)]
        {
            all.push(Route { method: method.to_owned(), path: path.clone(), ends_in_slash: false, at: at.clone() });
        }
    }
    all
}

/// Routes of Next.js are files: `app/api/health/route.ts`, `pages/api/health.ts`.
fn next(code: &Code) -> Vec<Route> {
    static EXPORTED: Pattern =
        Pattern::new(r"(?m)^export\s+(?:async\s+)?(?:function|const)\s+(GET|POST|PUT|PATCH|DELETE)\b");
    let path = code.path.strip_prefix("src/").unwrap_or(&code.path);
    let Some(stem) = path.rsplit_once('.').map(|(stem, _)| stem) else { return Vec::new() };
    let parts = |text: &str| {
        let part = |part: &str| if part.starts_with('[') { "{}".to_owned() } else { part.to_owned() };
        text.split('/')
            .filter(|part| !part.starts_with('(') && *part != "index")
            .map(part)
            .collect::<Vec<_>>()
            .join("/")
    };
    if let Some(folder) = stem.strip_prefix("app/").and_then(|rest| rest.strip_suffix("/route")) {
        let path = format!("/{}", parts(folder));
        let route = |(found, at): (regex::Captures<'_>, Place)| Route {
            method: found[1].to_owned(),
            path: path.clone(),
            ends_in_slash: false,
            at,
        };
        return EXPORTED.all(code).take(10).map(route).collect();
    }
    match stem.strip_prefix("pages/api/") {
        Some(rest) => {
            let path = format!("/api/{}", parts(rest));
            vec![Route { method: "ANY".to_owned(), path, ends_in_slash: false, at: Place::line(&code.path, 1) }]
        }
        None => Vec::new(),
    }
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
        assert!(
            [&ROUTER, &CLASS, &GLOBAL, &INCLUDED, &RESOURCES, &METHOD_CALL].iter().all(|pattern| pattern.is_sound())
        );
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
    fn prefixes_are_followed_through_files() {
        check(
            Language::Python,
            &[
                (
                    "app/main.py",
                    "from app.api.main import api_router\napp = FastAPI()\napp.include_router(api_router, prefix=settings.API_V1)\n",
                ),
                (
                    "app/api/main.py",
                    "from app.api.routes import items, utils\napi_router = APIRouter()\napi_router.include_router(items.router)\napi_router.include_router(\n    utils.router, dependencies=[Depends(f)], prefix='/utils'\n)\n",
                ),
                ("app/api/routes/items.py", "router = APIRouter(prefix='/items')\n@router.post('/')\n"),
                ("app/api/routes/utils.py", "router = APIRouter()\n@router.get('/health-check/')\n"),
                ("app/config.py", "class S:\n    API_V1: str = '/api/v1'\n"),
            ],
            "POST /api/v1/items; GET /api/v1/utils/health-check",
        );
        // What the code works out is no path that can be told.
        check(
            Language::Python,
            &[
                (
                    "main.py",
                    "from api import router\napp = FastAPI()\napp.include_router(router, prefix=prefix())\napp.include_router(router, prefix=settings.P)",
                ),
                ("api.py", "router = APIRouter()\n@router.get('/health')\n"),
            ],
            "",
        );
        check(
            Language::Python,
            &[
                (
                    "app/__init__.py",
                    "def create_app():\n    app = Flask(__name__)\n    from app.api import bp as api_bp\n    app.register_blueprint(api_bp, url_prefix='/api')\n",
                ),
                ("app/api/__init__.py", "bp = Blueprint('api', __name__, url_prefix='/old')\n@bp.get('/health')\n"),
            ],
            "GET /api/health",
        );
        check(
            Language::Python,
            &[
                ("shop/urls.py", "path('api/', include('tasks.urls'))\npath('health/', health)"),
                ("tasks/urls.py", "path('tasks/<int:pk>/', detail)"),
            ],
            "ANY /health; ANY /api/tasks/{}",
        );
        check(
            Language::Node,
            &[
                ("src/main.ts", "import routes from './routes';\nconst app = express();\napp.use(routes);"),
                (
                    "src/routes.ts",
                    "import articles from './articles';\nconst api = Router()\n  .use(cors())\n  .use(articles);\nexport default Router().use('/api', api);",
                ),
                ("src/articles.ts", "const router = Router();\nrouter.post('/articles', f);\nexport default router;"),
            ],
            "POST /api/articles",
        );
        check(
            Language::Node,
            &[
                ("app.js", "const v1 = require('./routes/v1');\nconst app = express();\napp.use('/v1', v1);"),
                (
                    "routes/v1/index.js",
                    "const users = require('./users');\nconst all = [{ path: '/users', route: users }];\nall.forEach((r) => {\n  router.use(r.path, r.route);\n});",
                ),
                ("routes/v1/users.js", "router.get('/health', f);"),
            ],
            "",
        );
        check(
            Language::Node,
            &[
                ("app.ts", "const app = Fastify();\napp.register(tasks, { prefix: '/api' });"),
                ("tasks.ts", "export async function tasks(fastify) {\n  fastify.get('/health', f);\n}"),
            ],
            "GET /api/health",
        );
        check(
            Language::Node,
            &[
                ("src/main.ts", "app.setGlobalPrefix('api');"),
                ("src/a.controller.ts", "@Controller('tasks')\nclass A {\n  @Get('health')\n  f() {}\n}"),
            ],
            "GET /api/tasks/health",
        );
        check(Language::Node, &[("app/api/health/route.ts", "export async function GET() {}")], "GET /api/health");
        check(
            Language::Go,
            &[
                (
                    "main.go",
                    "func main() {\n\tr := gin.Default()\n\tr.GET(\"/healthz\", h)\n\tv1 := r.Group(\"/v1\")\n\ttasks.Register(v1.Group(\"/tasks\"), db)\n}",
                ),
                (
                    "tasks/api.go",
                    "func Register(rg *gin.RouterGroup, db *sql.DB) {\n\trg.POST(\"\", create)\n\trg.GET(\"/:id\", get)\n}",
                ),
                ("other/api.go", "func (a *API) Routes(rg *gin.RouterGroup) {\n\trg.GET(\"/health\", get)\n}"),
            ],
            "GET /healthz; POST /v1/tasks; GET /v1/tasks/{}",
        );
        check(
            Language::Go,
            &[(
                "main.go",
                "func main() {\n\tr := chi.NewRouter()\n\tr.Route(\"/api\", func(r chi.Router) {\n\t\tr.Get(\"/health\", h)\n\t})\n}",
            )],
            "GET /api/health",
        );
        check(
            Language::Rust,
            &[
                (
                    "src/main.rs",
                    "fn main() {\n    let app = Router::new()\n        .nest(\"/api\", tasks::router())\n        .route(\"/healthz\", get(h));\n}",
                ),
                ("src/tasks.rs", "pub fn router() -> Router {\n    Router::new().route(\"/tasks\", post(a))\n}"),
            ],
            "GET /healthz; POST /api/tasks",
        );
        check(
            Language::Java,
            &[
                ("application.properties", "server.servlet.context-path=/shop\n"),
                ("C.java", "@RequestMapping(value = \"/tasks\")\nclass C {\n  @GetMapping(\"/health\")\n"),
            ],
            "GET /shop/tasks/health",
        );
        check(
            Language::DotNet,
            &[
                (
                    "Program.cs",
                    "var app = builder.Build();\nvar todos = app.MapGroup(\"/todos\");\ntodos.MapGet(\"/{id}\", f);\napp.MapGet(\"/health\", f);",
                ),
                ("C.cs", "[Route(\"api/[controller]\")]\npublic class TasksController\n{\n    [HttpGet(\"{id}\")]\n"),
            ],
            "GET /todos/{}; GET /health; GET /api/tasks/{}",
        );
        check(
            Language::Php,
            &[("routes/api.php", "Route::prefix('v1')->group(function () {\n    Route::get('/health', f);\n});")],
            "GET /api/v1/health",
        );
        check(
            Language::Php,
            &[(
                "r.php",
                "$app->group('/users', function (Group $group) {\n    $group->get('', A::class);\n    $group->get('/{id}', B::class);\n});",
            )],
            "GET /users; GET /users/{}",
        );
        check(
            Language::Ruby,
            &[("config/routes.rb", "  namespace :api do\n    get '/health', to: 'x'\n    resources :tasks\n  end\n")],
            "GET /api/health; POST /api/tasks; GET /api/tasks; GET /api/tasks/{}; PUT /api/tasks/{}; PATCH /api/tasks/{}; DELETE /api/tasks/{}",
        );
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
