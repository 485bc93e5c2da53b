//! Python: what `pyproject.toml`, files of requirements and imports tell.

use crate::SurveyError;
use crate::code::{self, Code, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role};
use crate::survey::{self, Told};
use crate::toolchain::{Install, Python, Toolchain};

use super::{procfile, python_packages, python_start};

/// Web frameworks; one that is made of another comes first.
pub(crate) static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Django", package: "django", port: 8000, document: None },
    Framework { name: "FastAPI", package: "fastapi", port: 8000, document: Some("/openapi.json") },
    Framework { name: "Litestar", package: "litestar", port: 8000, document: Some("/schema/openapi.json") },
    Framework { name: "Quart", package: "quart", port: 8000, document: None },
    Framework { name: "Flask", package: "flask", port: 8000, document: None },
    Framework { name: "Starlette", package: "starlette", port: 8000, document: None },
];
/// What takes jobs from a queue.
pub(crate) static WORKERS: &[Framework] = &[
    Framework { name: "Celery", package: "celery", port: 0, document: None },
    Framework { name: "RQ", package: "rq", port: 0, document: None },
    Framework { name: "Dramatiq", package: "dramatiq", port: 0, document: None },
];
/// What is imported where no manifest names it.
static IMPORT: Pattern = Pattern::new(r"(?m)^\s*(?:from|import)\s+(\w+)");
/// What listens without a framework.
static LISTENS: Pattern = Pattern::new(r"\b(HTTPServer\(|make_server\(|start_server\(|uvicorn\.run\(|web\.run_app\()");
static PRINTS: Pattern = Pattern::new(r"\bprint\(|stream\s*=\s*sys\.stdout|StreamHandler\(sys\.stdout");
static LITERAL_PORT: Pattern = Pattern::new(
    r"(?:\b(?:run|run_app|make_server|start_server)\([^)\n]{0,200}?\bport\s*=\s*|\bmake_server\(\s*[^,\n]*,\s*|(?m:^)PORT\s*=\s*|HTTPServer\(\s*\(\s*[^,]*,\s*)(\d{2,5})\b",
);

/// The newest Python that gets security fixes and that nearly every package has wheels for.
pub(crate) const DEFAULT_MINOR: u32 = 12;

/// Packages that are pure Python, or have wheels for musl: with nothing but these an image on Alpine needs no compiler.
const ON_MUSL: &[&str] = &[
    "aiofiles",
    "aiohttp",
    "aio-pika",
    "aiosqlite",
    "alembic",
    "amqp",
    "annotated-doc",
    "annotated-types",
    "anyio",
    "asgiref",
    "asyncpg",
    "attrs",
    "bcrypt",
    "billiard",
    "blinker",
    "boto3",
    "botocore",
    "cachetools",
    "celery",
    "certifi",
    "cffi",
    "charset-normalizer",
    "click",
    "click-didyoumean",
    "click-plugins",
    "click-repl",
    "colorama",
    "cryptography",
    "django",
    "django-cors-headers",
    "django-environ",
    "djangorestframework",
    "dj-database-url",
    "dnspython",
    "dramatiq",
    "ecdsa",
    "email-validator",
    "environs",
    "fastapi",
    "flask",
    "flask-cors",
    "flask-migrate",
    "flask-sqlalchemy",
    "frozenlist",
    "greenlet",
    "gunicorn",
    "h11",
    "httpcore",
    "httptools",
    "httpx",
    "idna",
    "itsdangerous",
    "jinja2",
    "jsonschema",
    "kombu",
    "litestar",
    "mako",
    "markdown",
    "markupsafe",
    "marshmallow",
    "motor",
    "msgpack",
    "multidict",
    "orjson",
    "packaging",
    "passlib",
    "pika",
    "prometheus-client",
    "prompt-toolkit",
    "psycopg",
    "psycopg-binary",
    "psycopg2-binary",
    "pyasn1",
    "pycparser",
    "pydantic",
    "pydantic-core",
    "pydantic-settings",
    "pygments",
    "pyjwt",
    "pymongo",
    "pymysql",
    "python-dateutil",
    "python-decouple",
    "python-dotenv",
    "python-jose",
    "python-json-logger",
    "python-multipart",
    "pytz",
    "pyyaml",
    "quart",
    "redis",
    "requests",
    "rich",
    "rq",
    "rsa",
    "sentry-sdk",
    "setuptools",
    "six",
    "sniffio",
    "sqlalchemy",
    "sqlmodel",
    "sqlparse",
    "starlette",
    "structlog",
    "tenacity",
    "typer",
    "typing-extensions",
    "typing-inspection",
    "tzdata",
    "urllib3",
    "uvicorn",
    "uvloop",
    "vine",
    "watchfiles",
    "wcwidth",
    "websockets",
    "werkzeug",
    "whitenoise",
    "wtforms",
    "yarl",
];

/// Packages that are compiled where they are installed, and what they need to run on Debian.
const COMPILED: &[(&str, &str)] = &[("psycopg2", "libpq5"), ("mysqlclient", "libmariadb3")];

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let packages = python_packages::packages(folder)?;
    let codes = code::sources(folder, &["py"], Comments::Python);
    let manifest = packages.install.as_ref().map(|found| found.at.clone());
    let has_settings_only = packages.name.is_none() && packages.named.is_empty();
    let at = match (manifest, codes.iter().find(|code| !code.path.contains('/') || folder.has("manage.py"))) {
        (Some(at), _) if !codes.is_empty() => at,
        (_, Some(code)) => Place::file(&code.path),
        (Some(at), None) if !has_settings_only && folder.has("Procfile") => at,
        _ => return Ok(None),
    };
    let named = with_imports(packages.named, &codes);
    let framework = survey::framework(FRAMEWORKS, &named);
    let worker = survey::framework(WORKERS, &named).filter(|_| framework.is_none());
    let listens = codes.iter().any(|code| LISTENS.all(code).next().is_some());
    let role = if framework.is_some() || listens || procfile::command(folder, "web").is_some() {
        Role::Web
    } else {
        Role::Worker
    };
    let framework = framework.or(worker);
    let choice = python_start::start(folder, &codes, framework.as_ref(), &named, packages.script.as_ref(), role);
    let libraries: Vec<&'static str> = COMPILED
        .iter()
        .filter(|(name, _)| named.iter().any(|package| package.value == *name))
        .map(|(_, library)| *library)
        .collect();
    let unknown = named.iter().find(|package| !ON_MUSL.contains(&package.value.as_str()));
    let musl = match (unknown, libraries.is_empty()) {
        (None, true) => Ok(()),
        (Some(package), _) => Err(package.value.clone()),
        (None, false) => Err("psycopg2".to_owned()),
    };
    let manager = packages.install.as_ref().map(|found| Found::new(manager(&found.value), found.at.clone()));
    let port = codes.iter().find_map(|code| {
        let found = LITERAL_PORT.first(code)?;
        Some(Found::new(found.value.parse().ok()?, found.at))
    });
    let health = None;
    // Servers tell each request on stdout; celery and others tell on stderr.
    let by_server = choice.start.as_ref().filter(|start| {
        let text = start.value.to_string();
        text.contains("uvicorn")
            || text.contains("--access-logfile -")
            || codes.iter().any(|code| code.text.contains("uvicorn.run("))
    });
    let logs =
        by_server.map(|start| start.at.clone()).or_else(|| codes.iter().find_map(|code| Some(PRINTS.first(code)?.at)));
    let toolchain = Toolchain::Python(Python {
        install: packages.install.map_or(Install::Nothing, |found| found.value),
        musl,
        libraries,
        server: choice.server,
        import_from: choice.import_from,
    });
    Ok(Some(Told {
        language: Found::new(Language::Python, at),
        toolchain,
        name: packages.name,
        version: packages.requires.map(|found| Found::new(version(&found.value), found.at)),
        framework,
        manager,
        lock: packages.lock,
        role,
        start: choice.start,
        build: None,
        port: choice.port.or(port),
        usual_port: None,
        port_variable: choice.port_variable,
        health,
        document: None,
        logs,
        page: None,
        packages: named,
        codes,
    }))
}

/// The packages named, and those that are imported without being named.
fn with_imports(mut named: Vec<Found<String>>, codes: &[Code]) -> Vec<Found<String>> {
    let known: Vec<&str> = FRAMEWORKS.iter().chain(WORKERS).map(|framework| framework.package).collect();
    for code in codes {
        for (captures, at) in IMPORT.all(code) {
            let module = captures[1].to_lowercase();
            if known.contains(&module.as_str()) && named.iter().all(|package| package.value != module) {
                named.push(Found::new(module, at));
            }
        }
    }
    named
}

fn manager(install: &Install) -> &'static str {
    match install {
        Install::Requirements(_) | Install::Itself | Install::Nothing => "pip",
        Install::Uv { .. } => "uv",
        Install::Poetry { .. } => "poetry",
        Install::Pipenv => "pipenv",
    }
}

/// The version that satisfies `>=3.11,<3.13`, `^3.11`, `3.12.4`: the default where it does.
fn version(asked: &str) -> String {
    let (mut lowest, mut highest) = (0, u32::MAX);
    for part in asked.split(',') {
        let part = part.trim();
        let Some(minor) = minor(part) else { continue };
        if part.starts_with(">=") || part.starts_with('^') {
            lowest = minor;
        } else if part.starts_with('>') {
            lowest = minor + 1;
        } else if part.starts_with("<=") {
            highest = minor;
        } else if part.starts_with('<') {
            highest = minor.saturating_sub(1);
        } else if !part.starts_with("!=") {
            (lowest, highest) = (minor, minor);
        }
    }
    format!("3.{}", DEFAULT_MINOR.clamp(lowest.min(highest), highest))
}

/// 12 of `>=3.12.1`.
fn minor(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = digits.split(|c: char| !c.is_ascii_digit());
    (parts.next() == Some("3")).then_some(())?;
    parts.next()?.parse().ok().filter(|minor| *minor < 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_default_where_that_is_allowed() {
        for (asked, expected) in [
            (">=3.9", "3.12"),
            (">=3.11,<3.12", "3.11"),
            ("^3.13", "3.13"),
            ("3.10.4", "3.10"),
            ("~=3.11", "3.11"),
            ("", "3.12"),
            (">=3.13", "3.13"),
            ("==3.11.*", "3.11"),
            ("garbage", "3.12"),
            ("<3.12,>=3.9", "3.11"),
        ] {
            assert_eq!(version(asked), expected, "{asked}");
        }
    }

    #[test]
    fn every_pattern_is_sound() {
        assert!([&IMPORT, &PRINTS, &LISTENS, &LITERAL_PORT].iter().all(|pattern| pattern.is_sound()));
    }
}
