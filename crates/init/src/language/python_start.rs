//! How a Python service starts, and on which port.

use crate::code::{Code, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Role, Start};
use crate::versions::{GUNICORN, UVICORN};
use crate::word::is_word;

use super::procfile;

/// What was chosen.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    pub(crate) start: Option<Found<Start>>,
    pub(crate) port: Option<Found<u16>>,
    /// The variable that the command hands on.
    pub(crate) port_variable: Option<Found<String>>,
    /// What the Dockerfile installs for it.
    pub(crate) server: Option<&'static str>,
    pub(crate) import_from: Option<&'static str>,
}

static APP: Pattern =
    Pattern::new(r"(?m)^(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\.)?(?:FastAPI|Flask|Starlette|Quart|Litestar)\(");
static FACTORY: Pattern = Pattern::new(r"(?m)^def\s+((?:create|make|get|build)_app(?:lication)?)\(\s*\w*[^)]*\)");
static CREATED: Pattern = Pattern::new(r"(?m)^(\w+)\s*=\s*(?:\w+\.)?(?:create|make|get|build)_app(?:lication)?\(");
static CELERY: Pattern = Pattern::new(r"(?m)^(\w+)\s*=\s*(?:\w+\.)?Celery\(");
static MAIN: Pattern = Pattern::new(r#"(?m)^if\s+__name__\s*==\s*["']__main__["']\s*:"#);
/// A main program that serves from everywhere, where it is told to.
static SERVES: Pattern = Pattern::new(r#"uvicorn\.run\([^#]*host\s*=\s*["']0\.0\.0\.0["']"#);
static RELOADS: Pattern = Pattern::new(r"reload\s*=\s*True");
static ENVIRON: Pattern = Pattern::new(r#"(?:environ|getenv)[^\n]*["']PORT["']"#);
static RUNS: Pattern = Pattern::new(r"(?m)^(?:main|run|asyncio\.run)\(");

/// An application object, as servers name it.
struct App {
    module: String,
    object: String,
    is_factory: bool,
    at: Place,
    import_from: Option<&'static str>,
}

pub(crate) fn start(
    folder: &Folder,
    codes: &[Code],
    framework: Option<&Found<Framework>>,
    packages: &[Found<String>],
    script: Option<&Found<String>>,
    role: Role,
) -> Choice {
    let process = if role == Role::Web { "web" } else { "worker" };
    if let Some(start) = procfile::command(folder, process) {
        return of_procfile(start, packages);
    }
    let has = |name: &str| packages.iter().any(|package| package.value == name);
    let named = framework.map_or("", |framework| framework.value.name);
    if named == "Django" {
        return django(folder, codes, &has);
    }
    if role == Role::Worker {
        return worker(folder, codes, named, script);
    }
    if let Some(start) = main_that_serves(codes) {
        return Choice { start: Some(start), ..Choice::default() };
    }
    let Some(app) = app(codes) else {
        let start = script.map(|name| Found::new(Start::Exec(vec![name.value.clone()]), name.at.clone()));
        return Choice { start: start.or_else(|| main_file(folder, codes)), ..Choice::default() };
    };
    let choice = if named == "Flask" { wsgi(&app, &has) } else { asgi(&app, &has) };
    Choice { import_from: app.import_from, ..choice }
}

/// A command that names no port listens where `PORT` says, if gunicorn or the command reads it.
fn of_procfile(start: Found<Start>, packages: &[Found<String>]) -> Choice {
    let text = start.value.to_string();
    let is_gunicorn = text.contains("gunicorn") && packages.iter().any(|package| package.value == "gunicorn");
    let reads_port = text.contains("$PORT")
        || text.contains("${PORT")
        || (is_gunicorn && !text.contains("--bind") && !text.contains("-b "));
    let port_variable = reads_port.then(|| Found::new("PORT".to_owned(), start.at.clone()));
    let port = port_variable.as_ref().map(|variable| Found::new(8000, variable.at.clone()));
    Choice { start: Some(start), port, port_variable, ..Choice::default() }
}

/// gunicorn listens on `0.0.0.0:$PORT` by itself where that is set: no shell is needed.
fn wsgi(app: &App, has: &dyn Fn(&str) -> bool) -> Choice {
    let object = if app.is_factory { format!("{}()", app.object) } else { app.object.clone() };
    let target = format!("{}:{object}", app.module);
    gunicorn(&target, &app.at, has)
}

fn gunicorn(target: &str, at: &Place, has: &dyn Fn(&str) -> bool) -> Choice {
    let words = ["gunicorn", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", target];
    Choice {
        start: Some(Found::new(Start::exec(words), at.clone())),
        port_variable: Some(Found::new("PORT".to_owned(), at.clone())),
        server: (!has("gunicorn")).then_some(GUNICORN),
        ..Choice::default()
    }
}

/// uvicorn takes the port as an argument only: a shell expands it, and gives its place to uvicorn, which so gets SIGTERM.
fn asgi(app: &App, has: &dyn Fn(&str) -> bool) -> Choice {
    let factory = if app.is_factory { " --factory" } else { "" };
    let line = format!("exec uvicorn {}:{}{factory} --host 0.0.0.0 --port \"${{PORT:-8000}}\"", app.module, app.object);
    Choice {
        start: Some(Found::new(Start::Shell(line), app.at.clone())),
        port_variable: Some(Found::new("PORT".to_owned(), app.at.clone())),
        server: (!has("uvicorn")).then_some(UVICORN),
        ..Choice::default()
    }
}

fn django(folder: &Folder, codes: &[Code], has: &dyn Fn(&str) -> bool) -> Choice {
    let wsgi = folder.paths().find(|path| path.ends_with("/wsgi.py")).map(str::to_owned);
    let Some(path) = wsgi else {
        let start = codes.iter().find(|code| code.path == "manage.py").map(|code| {
            let words = ["python", "manage.py", "runserver", "--noreload", "0.0.0.0:8000"];
            Found::new(Start::exec(words), Place::file(&code.path))
        });
        return Choice { start, ..Choice::default() };
    };
    let (module, import_from) = module(&path, codes);
    Choice { import_from, ..gunicorn(&format!("{module}:application"), &Place::file(&path), has) }
}

fn worker(folder: &Folder, codes: &[Code], named: &str, script: Option<&Found<String>>) -> Choice {
    let import = |code: &Code| module(&code.path, codes);
    let celery = || {
        let (code, found) = codes.iter().find_map(|code| Some((code, CELERY.first(code)?)))?;
        let (module, import_from) = import(code);
        let target = format!("{module}:{}", found.value);
        let words = ["celery", "-A", &target, "worker", "--loglevel", "INFO"];
        Some(Choice { start: Some(Found::new(Start::exec(words), found.at)), import_from, ..Choice::default() })
    };
    let found = match named {
        "Celery" => celery(),
        "RQ" => Some(Choice {
            start: Some(Found::new(
                Start::Shell("exec rq worker --url \"$REDIS_URL\"".to_owned()),
                codes.first().map_or(Place::file("requirements.txt"), |code| Place::file(&code.path)),
            )),
            ..Choice::default()
        }),
        "Dramatiq" => codes.iter().find(|code| code.text.contains("@dramatiq.actor")).map(|code| {
            let (module, import_from) = import(code);
            let start = Start::exec(["dramatiq", &module]);
            Choice { start: Some(Found::new(start, Place::file(&code.path))), import_from, ..Choice::default() }
        }),
        _ => None,
    };
    found.unwrap_or_else(|| {
        let start = script.map(|name| Found::new(Start::Exec(vec![name.value.clone()]), name.at.clone()));
        Choice { start: start.or_else(|| main_file(folder, codes)), ..Choice::default() }
    })
}

/// A file that serves everybody when it is run, on the port that `PORT` names: the shortest way, and without a shell.
fn main_that_serves(codes: &[Code]) -> Option<Found<Start>> {
    codes.iter().find_map(|code| {
        let (captures, at) = MAIN.all(code).next()?;
        let body = &code.text[captures.get_match().start()..];
        let serves = SERVES.is_in(body) && ENVIRON.is_in(body) && !RELOADS.is_in(body);
        serves.then(|| Found::new(Start::exec(["python", &code.path]), at))
    })
}

fn main_file(folder: &Folder, codes: &[Code]) -> Option<Found<Start>> {
    let usual = ["main.py", "app.py", "worker.py", "server.py", "bot.py", "src/main.py"];
    let runs = |code: &&Code| {
        is_word(&code.path)
            && code.path.matches('/').count() < 2
            && (MAIN.all(code).next().is_some() || RUNS.all(code).next().is_some())
    };
    let path = folder.first(&usual).or_else(|| codes.iter().find(runs).map(|code| code.path.as_str()))?;
    // A package's own program is started as a module, so that its imports are found.
    if let Some(package) = path.strip_suffix("/__main__.py").filter(|package| is_word(package)) {
        let (module, _) = module(&format!("{package}/__init__.py"), codes);
        return Some(Found::file(Start::exec(["python", "-m", &module]), path));
    }
    Some(Found::file(Start::exec(["python", path]), path))
}

fn app(codes: &[Code]) -> Option<App> {
    let found = |pattern: &'static Pattern, is_factory: bool| {
        let mut all: Vec<(&Code, Found<String>)> = codes
            .iter()
            .filter(|code| is_word(&code.path))
            .filter_map(|code| Some((code, pattern.first(code)?)))
            .collect();
        // The file nearest to the top: a mounted application lies deeper.
        all.sort_by_key(|(code, _)| (code.path.matches('/').count(), !is_usual(&code.path), code.path.clone()));
        let (code, object) = all.into_iter().next()?;
        let (module, import_from) = module(&code.path, codes);
        Some(App { module, object: object.value, is_factory, at: object.at, import_from })
    };
    found(&APP, false).or_else(|| found(&CREATED, false)).or_else(|| found(&FACTORY, true))
}

fn is_usual(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "main.py" | "app.py" | "wsgi.py" | "asgi.py" | "server.py" | "api.py")
}

/// `app.main` of `src/app/main.py`, and `src` that it is imported from.
fn module(path: &str, codes: &[Code]) -> (String, Option<&'static str>) {
    let is_package = |folder: &str| codes.iter().any(|code| code.path == format!("{folder}/__init__.py"));
    let from_src = path.strip_prefix("src/").filter(|_| !is_package("src"));
    let stem = from_src.unwrap_or(path).trim_end_matches(".py").trim_end_matches("/__init__");
    (stem.replace('/', "."), from_src.map(|_| "src"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        let all = [&APP, &FACTORY, &CREATED, &CELERY, &MAIN, &SERVES, &RELOADS, &ENVIRON, &RUNS];
        assert!(all.iter().all(|pattern| pattern.is_sound()));
    }
}
