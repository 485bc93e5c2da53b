//! Variables of the environment that code reads.

use super::{Code, Pattern, scope};
use crate::found::Place;
use crate::project::{Language, Need};

/// One variable as one place reads it.
#[derive(Debug)]
pub(crate) struct Reads {
    pub(crate) name: String,
    pub(crate) need: Need,
    pub(crate) at: Place,
}

/// What a read without a default means where nothing else is known.
#[derive(Clone, Copy)]
enum Bare {
    /// The service ends, or answers an error.
    Required,
    /// It gets nothing, and goes on.
    Optional,
}

/// A form of reading: the group `name`, and `default` where there is one.
struct Form {
    language: Language,
    pattern: Pattern,
    bare: Bare,
}

const fn form(language: Language, bare: Bare, pattern: &'static str) -> Form {
    Form { language, pattern: Pattern::new(pattern), bare }
}

static FORMS: [Form; 18] = [
    form(
        Language::Python,
        Bare::Required,
        r#"\b(?:(?<os>os)\s*\.\s*)?environ\[\s*["'](?<name>[A-Z][A-Z0-9_]*)["']\s*\]"#,
    ),
    form(
        Language::Python,
        Bare::Optional,
        r#"\b(?:(?:(?<os>os)\s*\.\s*)?environ\.get|(?<getenv>getenv))\(\s*["'](?<name>[A-Z][A-Z0-9_]*)["']\s*(?:,\s*(?<default>[^,)\n]{0,200}))?\s*\)(?:\s*or\s+(?<other>["'][^"'\n]*["']|\d+))?"#,
    ),
    form(
        Language::Python,
        Bare::Required,
        r#"\b(?:config|env(?:\.(?:str|int|bool|float|url|db|list))?)\(\s*["'](?<name>[A-Z][A-Z0-9_]*)["'](?:[^)\n]{0,200}?default\s*=\s*(?<default>[^,)\n]{0,200}))?"#,
    ),
    form(
        Language::Node,
        Bare::Optional,
        r#"\bprocess\.env(?:\.|\[["'])(?<name>[A-Z][A-Z0-9_]*)(?:["']\])?\s*\)?(?:\s*(?:\|\||\?\?)\s*(?<default>["'`][^"'`\n]*["'`]|\d+))?"#,
    ),
    form(
        Language::Go,
        Bare::Optional,
        r#"\b(?:os\.Getenv|os\.LookupEnv|[gG]et[eE]nv\w*|env\w*)\(\s*"(?<name>[A-Z][A-Z0-9_]*)"\s*(?:,\s*(?<default>"[^"\n]*"|\d+))?\s*\)(?:,\s*(?<other>"[^"\n]*"))?"#,
    ),
    form(
        Language::Rust,
        Bare::Optional,
        r#"\benv::var(?:_os)?\(\s*"(?<name>[A-Z][A-Z0-9_]*)"\s*\)(?:[\s\S]{0,60}?\.unwrap_or(?:_else)?\(\s*(?:\|_\|\s*)?(?<default>"[^"\n]*"|\d+))?"#,
    ),
    // clap: `#[arg(long, env = "URL", default_value = "x")]`
    form(
        Language::Rust,
        Bare::Required,
        r#"\benv\s*=\s*"(?<name>[A-Z][A-Z0-9_]*)"(?:[^\]\n]{0,100}?default_value(?:_t)?\s*=\s*(?<default>"[^"\n]*"|\d+))?"#,
    ),
    // Schemas of variables: `PORT: Joi.number().default(3000)`, `KEY: z.string()`, `URL: str({ default: "x" })`
    form(
        Language::Node,
        Bare::Optional,
        r#"\b(?<name>[A-Z][A-Z0-9_]+)\s*:\s*(?:Joi|joi|z|v|yup)\s*\.(?:[^,\n]{0,200}?\.default\(\s*(?<default>["'`][^"'`\n]*["'`]|\d+|true|false))?"#,
    ),
    form(
        Language::Node,
        Bare::Optional,
        r#"\b(?<name>[A-Z][A-Z0-9_]+)\s*:\s*(?:str|num|port|url|bool|host|email|makeValidator)\(\s*(?:\{[^}\n]{0,200}?default:\s*(?<default>["'`][^"'`\n]*["'`]|\d+|true|false))?"#,
    ),
    form(Language::Java, Bare::Optional, r#"\bgetenv\(\s*"(?<name>[A-Z][A-Z0-9_]*)"\s*\)"#),
    form(
        Language::Java,
        Bare::Optional,
        r#"\bgetenv\(\)\.getOrDefault\(\s*"(?<name>[A-Z][A-Z0-9_]*)"\s*,\s*(?<default>"[^"\n]*")"#,
    ),
    form(Language::Java, Bare::Required, r"\$\{(?<name>[A-Z][A-Z0-9_]*)(?::(?<default>[^}\n]*))?\}"),
    form(
        Language::DotNet,
        Bare::Optional,
        r#"\bGetEnvironmentVariable\(\s*"(?<name>[A-Z][A-Za-z0-9_]*)"\s*\)(?:\s*\?\?\s*(?<default>"[^"\n]*"))?"#,
    ),
    form(
        Language::DotNet,
        Bare::Optional,
        r#"\bConfiguration\["(?<name>[A-Z][A-Z0-9_]*)"\](?:\s*\?\?\s*(?<default>"[^"\n]*"))?"#,
    ),
    form(
        Language::Php,
        Bare::Optional,
        r#"\b(?:getenv|env)\(\s*["'](?<name>[A-Z][A-Z0-9_]*)["']\s*(?:,\s*(?<default>["'][^"'\n]*["']|\d+))?\s*\)(?:\s*\?:\s*(?<other>["'][^"'\n]*["']|\d+))?"#,
    ),
    form(
        Language::Php,
        Bare::Optional,
        r#"\$_(?:ENV|SERVER)\[["'](?<name>[A-Z][A-Z0-9_]*)["']\](?:\s*\?\?\s*(?<default>["'][^"'\n]*["']|\d+))?"#,
    ),
    form(
        Language::Ruby,
        Bare::Required,
        r#"\bENV\.fetch\(\s*["'](?<name>[A-Z][A-Z0-9_]*)["']\s*(?:,\s*(?<default>["'][^"'\n]*["']|\d+|nil))?\s*\)(?:\s*\{\s*(?<other>["'][^"'\n]*["']|\d+))?"#,
    ),
    form(
        Language::Ruby,
        Bare::Optional,
        r#"\bENV\[["'](?<name>[A-Z][A-Z0-9_]*)["']\](?:\s*\|\|\s*(?<default>["'][^"'\n]*["']|\d+))?"#,
    ),
];

/// `const { PORT = 3000, DATABASE_URL } = process.env`
static DESTRUCTURED: Pattern = Pattern::new(r"\{([^{}]{0,2000})\}\s*=\s*process\.env\b");
/// `class Settings(BaseSettings):` and its fields.
static SETTINGS: Pattern =
    Pattern::new(r"(?m)^class\s+(\w+)\((?:\w+\.)?(?:BaseSettings|Base\w*Settings|AppSettings|CommonSettings)\)\s*:");
/// Settings that are made when a module is imported.
static MADE: Pattern = Pattern::new(r"(?m)^[A-Za-z_]\w*\s*(?::\s*[\w.]+\s*)?=\s*(\w+)\(\s*\)");
static PREFIX: Pattern = Pattern::new(r#"env_prefix\s*=\s*["']([A-Za-z0-9_]*)["']"#);
static FIELD: Pattern = Pattern::new(r"^\s+([a-zA-Z][a-zA-Z0-9_]*)\s*:\s*([^=]+?)\s*(?:=\s*(.+?))?\s*$");
/// `#[clap(long, env)] database_url: String,`
static ARGUMENT: Pattern = Pattern::new(
    r"#\[(?:clap|arg|structopt)\(((?:[^\]\n]*,\s*)?env\s*(?:,[^\]\n]*)?)\)\]\s*(?:pub(?:\(crate\))?\s+)?([a-z][a-z0-9_]*)\s*:\s*([\w<>:]+)",
);
/// What code does with a variable that is not there.
static ENDS: Pattern =
    Pattern::new(r"\b(throw|process\.exit|log\.Fatal\w*|panic\(|os\.Exit|raise|sys\.exit|exit\(|abort)");
static EXPECTS: Pattern =
    Pattern::new(r"^\s*(?:\.map_err\([^\n]*\)\s*)?(?:\.(?:expect|unwrap)\(|\.(?:with_)?context\(|\?)");

/// What lets a Python file say `environ` for `os.environ`.
static IMPORTED: Pattern = Pattern::new(r"(?m)^\s*from\s+os\s+import\s[^\n]*\benviron\b");

/// Names that engines, shells and frameworks set, or that say nothing of the service.
const NOT_OURS: &[&str] = &[
    "PATH",
    "HOME",
    "HOSTNAME",
    "USER",
    "PWD",
    "TZ",
    "LANG",
    "CI",
    "TMPDIR",
    "SHELL",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "PYTHONPATH",
    "DOCUMENT_ROOT",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "HTTP_HOST",
    "REMOTE_ADDR",
    "DJANGO_SETTINGS_MODULE",
    "BUNDLE_GEMFILE",
    "PYTEST_CURRENT_TEST",
    "ASPNETCORE_ENVIRONMENT",
];
/// What a web server tells PHP of a request.
const OF_REQUESTS: &[&str] = &[
    "HTTP_",
    "SERVER_",
    "REQUEST_",
    "REMOTE_",
    "SCRIPT_",
    "QUERY_",
    "CONTENT_",
    "PATH_",
    "PHP_",
    "HTTPS",
    "AUTH_TYPE",
];

/// Reads of one form in one file, at most.
const MOST: usize = 1_000;

/// Every variable that the code reads, once for each place.
pub(crate) fn reads(code: &Code, language: Language) -> Vec<Reads> {
    let mut found = Vec::new();
    // What WSGI calls `environ` is a request.
    let says_environ = language != Language::Python || IMPORTED.all(code).next().is_some();
    for form in FORMS.iter().filter(|form| form.language == language) {
        for (captures, at) in form.pattern.all(code).take(MOST) {
            let names_process = captures.name("os").or_else(|| captures.name("getenv")).is_some();
            if !says_environ && !names_process && captures.get_match().as_str().contains("environ") {
                continue;
            }
            let whole = captures.get_match();
            let default = captures.name("default").or_else(|| captures.name("other"));
            let need = match default {
                Some(value) => default_of(value.as_str()),
                None => bare(form, code, &captures["name"], whole.end(), whole.start()),
            };
            found.push(Reads { name: captures["name"].to_owned(), need, at });
        }
    }
    if language == Language::Node {
        found.extend(destructured(code));
    }
    if language == Language::Python {
        found.extend(settings(code));
    }
    if language == Language::Rust {
        found.extend(arguments(code));
    }
    let is_of_request =
        |name: &str| language == Language::Php && OF_REQUESTS.iter().any(|start| name.starts_with(start));
    found.retain(|read| !NOT_OURS.contains(&read.name.as_str()) && !is_of_request(&read.name));
    found
}

/// A literal is a default that can be told; anything else only says that there is one.
fn default_of(value: &str) -> Need {
    let value = value.trim();
    if matches!(value, "None" | "nil" | "null" | "" | "..." | "undefined") {
        return Need::Optional;
    }
    let inner = ['"', '\'', '`'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let plain = matches!(value, "True" | "False" | "true" | "false") || value.parse::<f64>().is_ok();
    Need::Default(inner.or(plain.then_some(value)).map(str::to_owned))
}

fn bare(form: &Form, code: &Code, name: &str, end: usize, start: usize) -> Need {
    let ends = match (form.language, form.bare) {
        // A page of PHP is run for each request, and the web server starts without it.
        (Language::Php, _) => false,
        (_, Bare::Required) => true,
        (Language::Rust, Bare::Optional) => EXPECTS.is_in(code.after(end, 2)),
        (Language::Node | Language::DotNet | Language::Go | Language::Python | Language::Ruby, Bare::Optional) => {
            ends_without(code, name, end)
        }
        (_, Bare::Optional) => false,
    };
    if ends && scope::is_run_at_start(code, start) { Need::Required } else { Need::Optional }
}

/// Whether the few lines from there on ask for it, and end without it.
fn ends_without(code: &Code, name: &str, from: usize) -> bool {
    let next = code.after(from, 6);
    let asks = next.lines().take(4).any(|line| {
        let line = line.trim_start_matches([' ', '\t', '}']);
        line.starts_with("if ")
            || line.starts_with("if(")
            || line.contains(") {")
            || line.contains("|| raise")
            || (line.contains("??") && line.contains("throw"))
            || line.contains(&format!("{name} is"))
    });
    asks && ENDS.is_in(next)
}

fn destructured(code: &Code) -> Vec<Reads> {
    let mut found = Vec::new();
    for (captures, at) in DESTRUCTURED.all(code).take(100) {
        for part in captures[1].split(',') {
            let (name, default) = part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value)));
            let name = name.split(':').next().unwrap_or_default().trim();
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
                let need = default.map_or(Need::Optional, default_of);
                found.push(Reads { name: name.to_owned(), need, at: at.clone() });
            }
        }
    }
    found
}

/// The fields of pydantic's `BaseSettings`: a variable each.
fn settings(code: &Code) -> Vec<Reads> {
    let mut found = Vec::new();
    for (captures, _) in SETTINGS.all(code).take(20) {
        let start = captures.get_match().end();
        let Some(body) = code.text.get(start..) else { continue };
        let inside = |line: &&str| line.trim().is_empty() || line.starts_with([' ', '\t']);
        let lines: Vec<&str> = body.lines().skip(1).take_while(inside).take(200).collect();
        let prefix =
            lines.iter().find_map(|line| PREFIX.captures(line)).map_or(String::new(), |found| found[1].to_owned());
        let first = code.place(start).line.unwrap_or(1);
        // Made in a function, they are read when that is called, if ever.
        let is_made = MADE.all(code).take(200).any(|(made, _)| made[1] == captures[1] || made[1].ends_with("settings"));
        for (index, line) in lines.iter().enumerate() {
            let Some(field) = FIELD.captures(line) else { continue };
            if &field[1] == "model_config" {
                continue;
            }
            let name = format!("{prefix}{}", &field[1]).to_ascii_uppercase();
            let need = match field.get(3).map(|value| value.as_str()) {
                None => Need::Required,
                Some(value) if value.starts_with("Field(") => field_default(value),
                Some(value) => default_of(value),
            };
            let need = if need == Need::Required && !is_made { Need::Optional } else { need };
            found.push(Reads { name, need, at: Place::line(&code.path, first + 1 + index) });
        }
    }
    found
}

/// The fields of clap's arguments that say `env` alone: the variable is called as they are.
fn arguments(code: &Code) -> Vec<Reads> {
    let mut found = Vec::new();
    for (captures, at) in ARGUMENT.all(code).take(200) {
        let default = captures[1].contains("default_value");
        let need = match (default, captures[3].starts_with("Option<")) {
            (true, _) => Need::Default(None),
            (false, true) => Need::Optional,
            (false, false) => Need::Required,
        };
        found.push(Reads { name: captures[2].to_ascii_uppercase(), need, at });
    }
    found
}

/// `Field(default="x")`, `Field(...)`, `Field("x")`
fn field_default(value: &str) -> Need {
    static NAMED: Pattern = Pattern::new(r#"default\s*=\s*("[^"]*"|'[^']*'|[\w.]+)"#);
    static FIRST: Pattern = Pattern::new(r#"^Field\(\s*("[^"]*"|'[^']*'|[\w.]+)\s*[,)]"#);
    match NAMED.captures(value).or_else(|| FIRST.captures(value)) {
        Some(found) => default_of(&found[1]),
        None if value.contains("default_factory") => Need::Default(None),
        None => Need::Required,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Comments;
    use super::*;

    #[track_caller]
    fn check(language: Language, text: &str, expected: &str) {
        let comments = if language == Language::Python { Comments::Python } else { Comments::Slashes };
        let code = Code::new("f", text, comments);
        let one = |read: Reads| {
            let need = match read.need {
                Need::Required => "required".to_owned(),
                Need::Optional => "optional".to_owned(),
                Need::Default(value) => format!("={}", value.as_deref().unwrap_or("?")),
            };
            format!("{} {need} {}", read.name, read.at.line.unwrap_or_default())
        };
        let found: Vec<String> = reads(&code, language).into_iter().map(one).collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }

    #[test]
    fn every_pattern_is_sound() {
        assert!(FORMS.iter().all(|form| form.pattern.is_sound()));
        assert!(
            [&DESTRUCTURED, &SETTINGS, &MADE, &ARGUMENT, &PREFIX, &FIELD, &ENDS, &EXPECTS, &IMPORTED]
                .iter()
                .all(|pattern| pattern.is_sound())
        );
    }

    #[test]
    fn python_reads_with_and_without_a_default() {
        check(Language::Python, "A = os.environ[\"A\"]", "A required 1");
        check(Language::Python, "def f():\n    return os.environ['A']", "A optional 2");
        check(Language::Python, "def create_app():\n    a['K'] = os.environ['A']", "A required 2");
        check(Language::Python, "x = os.getenv(\"PORT\", \"8000\")", "PORT =8000 1");
        check(Language::Python, "int(os.environ.get('PORT', 8000))", "PORT =8000 1");
        check(Language::Python, "os.environ.get('A')", "A optional 1");
        check(Language::Python, "from os import environ\nA = environ['A']", "A required 2");
        check(
            Language::Python,
            "def app(environ, start):\n    a = environ['A'], environ.get('B'), request.environ['C']",
            "",
        );
        check(Language::Python, "os.getenv('A'), getenv('B')", "A optional 1; B optional 1");
        check(Language::Python, "os.environ.get('A') or 'b'", "A =b 1");
        check(Language::Python, "# os.environ['A']\n", "");
        check(Language::Python, "KEY = config('KEY', default='x')", "KEY =x 1");
        check(Language::Python, "KEY = config('KEY')", "KEY required 1");
        check(
            Language::Python,
            "class S(BaseSettings):\n    database_url: str\n    port: int = 8000\n    key: str = Field(default=\"a\")\nx: int = 1\ns = S()\n",
            "DATABASE_URL required 2; PORT =8000 3; KEY =a 4",
        );
        check(
            Language::Python,
            "class S(BaseSettings):\n    url: str\ndef settings():\n    return S()\n",
            "URL optional 2",
        );
        check(
            Language::Python,
            "def pay(r):\n    k = os.environ.get('K')\n    if not k:\n        raise E()",
            "K optional 2",
        );
    }

    #[test]
    fn node_reads_with_and_without_a_default() {
        check(Language::Node, "const p = process.env.PORT || 3000", "PORT =3000 1");
        check(Language::Node, "const p = Number(process.env.PORT ?? '3000')", "PORT =3000 1");
        check(Language::Node, "f(process.env['API_KEY'])", "API_KEY optional 1");
        check(Language::Node, "const { PORT = 3000, TOKEN } = process.env", "PORT =3000 1; TOKEN optional 1");
        check(Language::Node, "const u = process.env.URL;\nif (!u) {\n  throw new Error('URL')\n}", "URL required 1");
        check(Language::Node, "if (process.env.DEBUG) { log(1) }", "DEBUG optional 1");
        check(
            Language::Node,
            "app.get('/', (q, s) => {\n  const u = process.env.URL;\n  if (!u) {\n    throw new Error('URL')\n  }\n})",
            "URL optional 2",
        );
        check(
            Language::Node,
            "joi.object({\n  PORT: Joi.number().default(3000),\n  KEY: z.string(),\n  URL: str(),\n})",
            "PORT =3000 2; KEY optional 3; URL optional 4",
        );
        check(Language::Node, "process.env.NODE_ENV", "");
    }

    #[test]
    fn other_languages_read_in_their_own_way() {
        check(Language::Go, "p := os.Getenv(\"PORT\")", "PORT optional 1");
        check(Language::Go, "p := getEnv(\"PORT\", \"8080\")", "PORT =8080 1");
        check(Language::Go, "p := cmp.Or(os.Getenv(\"PORT\"), \"8080\")", "PORT =8080 1");
        check(
            Language::Go,
            "func pay(w http.ResponseWriter) {\n\tu := os.Getenv(\"URL\")\n\tif u == \"\" {\n\t\tpanic(\"URL\")\n\t}\n}",
            "URL optional 2",
        );
        check(Language::Go, "u := os.Getenv(\"URL\")\nif u == \"\" {\n log.Fatal(\"URL\")\n}", "URL required 1");
        check(Language::Rust, "std::env::var(\"URL\").expect(\"URL\")", "URL required 1");
        check(Language::Rust, "env::var(\"URL\")?", "URL required 1");
        check(Language::Rust, "async fn pay() {\n    env::var(\"URL\").unwrap();\n}", "URL optional 2");
        check(Language::Rust, "#[arg(long, env = \"PORT\", default_value = \"80\")]", "PORT =80 1");
        check(Language::Rust, "#[clap(long, env)]\n    pub database_url: String,", "DATABASE_URL required 1");
        check(Language::Rust, "#[clap(long, env)]\n    pub key: Option<String>,", "KEY optional 1");
        check(Language::Rust, "env::var(\"PORT\").unwrap_or_else(|_| \"3000\".into())", "PORT =3000 1");
        check(Language::Rust, "env::var(\"PORT\").ok()", "PORT optional 1");
        check(Language::Java, "System.getenv(\"TOKEN\")", "TOKEN optional 1");
        check(Language::Java, "@Value(\"${PORT:8080}\")", "PORT =8080 1");
        check(
            Language::DotNet,
            "Environment.GetEnvironmentVariable(\"URL\") ?? throw new E(\"URL\");",
            "URL required 1",
        );
        check(Language::DotNet, "Environment.GetEnvironmentVariable(\"PORT\") ?? \"8080\"", "PORT =8080 1");
        check(Language::Php, "getenv('PORT') ?: '8080'", "PORT =8080 1");
        check(Language::Php, "env('APP_KEY')", "APP_KEY optional 1");
        check(Language::Php, "$_ENV['A'] ?? 'b'", "A =b 1");
        check(Language::Php, "if (getenv('KEY') === false) {\n  throw new Exception('KEY');\n}", "KEY optional 1");
        check(Language::Ruby, "ENV.fetch('URL')", "URL required 1");
        check(Language::Ruby, "get '/' do\n  ENV.fetch('URL')\nend", "URL optional 2");
        check(Language::Ruby, "ENV.fetch('PORT', 4567)", "PORT =4567 1");
        check(Language::Ruby, "ENV['A'] || 'b'", "A =b 1");
    }
}
