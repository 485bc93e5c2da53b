//! Node.js: what `package.json`, lock files and sources tell.

use serde_json::Value;

use crate::SurveyError;
use crate::code::{self, Code, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{self, Told, line_of};
use crate::toolchain::{Manager, Node, Toolchain};

use super::{page, procfile};

const PATH: &str = "package.json";

/// Web frameworks; one that is made of another comes first.
pub(crate) static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Next.js", package: "next", port: 3000, document: None },
    Framework { name: "Nuxt", package: "nuxt", port: 3000, document: None },
    Framework { name: "NestJS", package: "@nestjs/core", port: 3000, document: None },
    Framework { name: "Fastify", package: "fastify", port: 3000, document: None },
    Framework { name: "Express", package: "express", port: 3000, document: None },
    Framework { name: "Koa", package: "koa", port: 3000, document: None },
    Framework { name: "Hono", package: "hono", port: 3000, document: None },
];
/// Tools that make a site of files; nothing of it runs on a server.
const SITES: &[(&str, &str, &str)] = &[
    ("vite", "Vite", "dist"),
    ("react-scripts", "Create React App", "build"),
    ("@vue/cli-service", "Vue CLI", "dist"),
    ("@angular/cli", "Angular", "dist"),
    ("gatsby", "Gatsby", "public"),
    ("@docusaurus/core", "Docusaurus", "build"),
    ("astro", "Astro", "dist"),
    ("@11ty/eleventy", "Eleventy", "_site"),
];
/// Packages that have no build for musl, or need libraries that Alpine does not have.
const GLIBC_ONLY: &[&str] =
    &["canvas", "puppeteer", "playwright", "@tensorflow/tfjs-node", "oracledb", "onnxruntime-node"];

static LISTENS: Pattern = Pattern::new(r"\.listen\(|\bcreateServer\(|\bserve\(\{");
static LITERAL_PORT: Pattern = Pattern::new(
    r"(?:\.listen\(\s*(?:\{\s*port:\s*)?|\bserve\(\s*\{[^}]{0,200}?\bport:\s*|\b(?:const|let|var)\s+(?:port|PORT)\s*=\s*)(\d{2,5})\b",
);
static LOGS: Pattern = Pattern::new(r"\bconsole\.(?:log|info)\(|\bmorgan\(|\bpino\(|logger:\s*(?:true|\{)");
static DOCUMENT: Pattern = Pattern::new(r#"["'](/[\w/-]*(?:openapi|swagger|api-docs)[\w/-]*\.json)["']"#);
/// `fastify.register(require('@fastify/swagger-ui'), { routePrefix: '/documentation' })`
static SWAGGER_UI: Pattern = Pattern::new(r#"routePrefix:\s*["'](/[\w/-]+)["']"#);

/// The version where none is asked for: the newest with long-term support.
const DEFAULT_MAJOR: u32 = 22;

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let Some(text) = folder.manifest(PATH)? else { return Ok(None) };
    let failed = |why: String| SurveyError::Manifest { path: PATH.to_owned(), why };
    let manifest: Value = serde_json::from_str(&text).map_err(|error| failed(format!("no JSON: {error}")))?;
    if !manifest.is_object() {
        return Err(failed("no JSON object".to_owned()));
    }
    let named = packages(&manifest, &text, "dependencies");
    let tools = packages(&manifest, &text, "devDependencies");
    let codes = code::sources(folder, &["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx"], Comments::Slashes);
    let framework = survey::framework(FRAMEWORKS, &named);
    let script = |name: &str| manifest["scripts"][name].as_str();
    let listens = codes.iter().any(|code| LISTENS.all(code).next().is_some());
    let site = SITES.iter().find(|(package, ..)| named.iter().chain(&tools).any(|found| found.value == *package));
    let site = site.filter(|_| framework.is_none() && !listens && script("build").is_some());
    if manifest["workspaces"] != Value::Null && framework.is_none() && script("start").is_none() && !listens {
        return Ok(None);
    }
    let manager = manager(folder, &manifest);
    let build = script("build").filter(|_| site.is_some() || is_built(framework.as_ref(), &tools, script("start")));
    let start = match site {
        Some(_) => None,
        None => start(folder, &manifest, &text, framework.as_ref(), &codes),
    };
    if site.is_none() && start.is_none() && framework.is_none() && !listens {
        return Ok(None);
    }
    let is_web = framework.is_some() || listens || site.is_some() || procfile::command(folder, "web").is_some();
    let lock = lock(folder, manager.value);
    let glibc =
        named.iter().find(|package| GLIBC_ONLY.contains(&package.value.as_str())).map(|found| found.value.clone());
    let settings = [".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml"];
    let port_by_framework = framework.as_ref().filter(|found| matches!(found.value.name, "Next.js" | "Nuxt"));
    let toolchain = Toolchain::Node(Node {
        manager: manager.value,
        lock,
        settings: settings.into_iter().filter(|path| folder.has(path)).collect(),
        build: build.map(|_| "build".to_owned()),
        site: site.map(|(package, _, output)| match *package {
            "@angular/cli" => angular(folder).unwrap_or_else(|| (*output).to_owned()),
            _ => (*output).to_owned(),
        }),
        glibc,
        has_dependencies: !named.is_empty() || (build.is_some() && !tools.is_empty()),
    });
    Ok(Some(Told {
        language: Found::file(if site.is_some() { Language::Site } else { Language::Node }, PATH),
        toolchain,
        name: manifest["name"].as_str().map(str::to_owned),
        version: version(folder, &manifest, &text)?,
        manager: Some(Found::new(manager.value.name(), manager.at)),
        lock: lock.map(str::to_owned),
        role: if is_web { Role::Web } else { Role::Worker },
        start,
        build: build.map(|line| Found::new(line.to_owned(), line_of(PATH, &text, "\"build\""))),
        port: match site {
            Some(_) => Some(Found::file(crate::versions::SITE_PORT, PATH)),
            None => codes.iter().find_map(|code| {
                let found = LITERAL_PORT.first(code)?;
                Some(Found::new(found.value.parse().ok()?, found.at))
            }),
        },
        usual_port: None,
        port_variable: port_by_framework.map(|found| Found::new("PORT".to_owned(), found.at.clone())),
        health: site.map(|_| Found::file("/".to_owned(), PATH)),
        document: document(&codes, &named),
        logs: if site.is_some() {
            Some(Place::file(PATH))
        } else {
            codes.iter().find_map(|code| Some(LOGS.first(code)?.at))
        },
        page: site.and_then(|_| page::title(folder, &["index.html", "public/index.html"])),
        framework,
        packages: named,
        codes,
    }))
}

/// Where Angular puts a site: `angular.json` says it, or its builder.
fn angular(folder: &Folder) -> Option<String> {
    let settings: Value = serde_json::from_str(&folder.source("angular.json")?).ok()?;
    let (name, project) = settings["projects"].as_object()?.iter().next()?;
    let build =
        if project["architect"].is_object() { &project["architect"]["build"] } else { &project["targets"]["build"] };
    let output = &build["options"]["outputPath"];
    let path =
        output.as_str().or_else(|| output["base"].as_str()).map_or_else(|| format!("dist/{name}"), str::to_owned);
    let inner = if build["builder"].as_str().is_some_and(|builder| builder.ends_with(":application")) {
        "/browser"
    } else {
        ""
    };
    Some(format!("{}{inner}", path.trim_end_matches('/'))).filter(|path| crate::word::is_word(path))
}

fn packages(manifest: &Value, text: &str, kind: &str) -> Vec<Found<String>> {
    let names = manifest[kind].as_object().into_iter().flat_map(|packages| packages.keys());
    names.map(|name| Found::new(name.clone(), line_of(PATH, text, &format!("\"{name}\":")))).collect()
}

/// By the lock file, else by the manifest.
fn manager(folder: &Folder, manifest: &Value) -> Found<Manager> {
    let named = manifest["packageManager"].as_str().unwrap_or_default();
    let berry =
        folder.has(".yarnrc.yml") || named.strip_prefix("yarn@").is_some_and(|version| !version.starts_with("1."));
    let yarn = if berry { Manager::YarnBerry } else { Manager::Yarn };
    let locks = [
        ("pnpm-lock.yaml", Manager::Pnpm),
        ("yarn.lock", yarn),
        ("package-lock.json", Manager::Npm),
        ("npm-shrinkwrap.json", Manager::Npm),
    ];
    if let Some((path, manager)) = locks.into_iter().find(|(path, _)| folder.has(path)) {
        return Found::file(manager, path);
    }
    let manager = match named.split('@').next().unwrap_or_default() {
        "pnpm" => Manager::Pnpm,
        "yarn" => yarn,
        _ => Manager::Npm,
    };
    Found::file(manager, PATH)
}

fn lock(folder: &Folder, manager: Manager) -> Option<&'static str> {
    let names: &[&'static str] = match manager {
        Manager::Npm => &["package-lock.json", "npm-shrinkwrap.json"],
        Manager::Pnpm => &["pnpm-lock.yaml"],
        Manager::Yarn | Manager::YarnBerry => &["yarn.lock"],
    };
    folder.first(names)
}

/// Whether what is started has to be built first.
fn is_built(framework: Option<&Found<Framework>>, tools: &[Found<String>], start: Option<&str>) -> bool {
    let named = framework.map_or("", |found| found.value.name);
    let compiles = tools.iter().any(|tool| {
        matches!(tool.value.as_str(), "typescript" | "esbuild" | "tsup" | "webpack" | "@nestjs/cli" | "@swc/cli")
    });
    matches!(named, "Next.js" | "Nuxt" | "NestJS")
        || compiles
        || start.is_some_and(|line| line.contains("dist/") || line.contains("build/"))
}

fn start(
    folder: &Folder,
    manifest: &Value,
    text: &str,
    framework: Option<&Found<Framework>>,
    codes: &[Code],
) -> Option<Found<Start>> {
    let process = if framework.is_some() { "web" } else { "worker" };
    if let Some(found) = procfile::command(folder, process).filter(|found| !found.value.to_string().contains("npm ")) {
        return Some(found);
    }
    match framework.map(|found| (found.value.name, found.at.clone())) {
        // Both read PORT themselves.
        Some(("Next.js", at)) => return Some(Found::new(Start::exec(["node_modules/.bin/next", "start"]), at)),
        Some(("Nuxt", at)) => return Some(Found::new(Start::exec(["node", ".output/server/index.mjs"]), at)),
        Some(("NestJS", at)) => return Some(Found::new(Start::exec(["node", "dist/main"]), at)),
        _ => {}
    }
    let program = || bin(manifest).filter(|path| folder.has(path));
    if let Some(line) = manifest["scripts"]["start"].as_str()
        && !is_left_behind(manifest, line)
    {
        // Such a tool is not installed in the image, and the package's own program is there.
        if is_for_development(line)
            && let Some(path) = program()
        {
            return Some(Found::new(Start::exec(["node", path]), line_of(PATH, text, "\"bin\"")));
        }
        let at = line_of(PATH, text, "\"start\"");
        return Some(Found::new(of_script(line), at));
    }
    // What the build makes is not there yet.
    let is_made = |path: &&str| ["dist/", "lib/", "build/"].iter().any(|folder| path.starts_with(folder));
    if let Some(path) =
        bin(manifest).filter(|path| folder.has(path) || (manifest["scripts"]["build"].is_string() && is_made(path)))
    {
        return Some(Found::new(Start::exec(["node", path]), line_of(PATH, text, "\"bin\"")));
    }
    if let Some(main) =
        manifest["main"].as_str().map(|main| main.trim_start_matches("./")).filter(|main| folder.has(main))
    {
        return Some(Found::new(Start::exec(["node", main]), line_of(PATH, text, "\"main\"")));
    }
    let usual = [
        "server.js",
        "index.js",
        "app.js",
        "main.js",
        "src/server.js",
        "src/index.js",
        "src/app.js",
        "server.mjs",
        "index.mjs",
    ];
    let listening = || codes.iter().find(|code| LISTENS.all(code).next().is_some()).map(|code| code.path.as_str());
    let path = folder.first(&usual).or_else(listening).filter(|path| path.ends_with("js"))?;
    Some(Found::file(Start::exec(["node", path]), path))
}

/// Whether a script's program is of a package for development only: it is not in the image.
fn is_left_behind(manifest: &Value, line: &str) -> bool {
    const PACKAGES: &[(&str, &str)] = &[
        ("ng", "@angular/cli"),
        ("nest", "@nestjs/cli"),
        ("vue-cli-service", "@vue/cli-service"),
        ("swc-node", "@swc-node/register"),
    ];
    let words = line.split_whitespace().filter(|word| !word.contains('=') && *word != "cross-env");
    let Some(program) = words.map(|word| word.trim_start_matches("node_modules/.bin/")).next() else { return false };
    let package = PACKAGES.iter().find(|(name, _)| *name == program).map_or(program, |(_, package)| package);
    manifest["devDependencies"].get(package).is_some() && manifest["dependencies"].get(package).is_none()
}

/// Programs that compile sources while they run, or start them anew when they change.
const DEVELOPMENT: &[&str] =
    &["babel-node", "nodemon", "ts-node", "ts-node-dev", "tsx", "vite-node", "webpack-dev-server", "swc-node"];

fn is_for_development(script: &str) -> bool {
    script.split_whitespace().any(|word| DEVELOPMENT.contains(&word.rsplit('/').next().unwrap_or(word)))
}

/// The program that the package installs: the only one.
fn bin(manifest: &Value) -> Option<&str> {
    let path = match &manifest["bin"] {
        Value::String(path) => path.as_str(),
        Value::Object(all) if all.len() == 1 => all.values().next()?.as_str()?,
        _ => return None,
    };
    Some(path.trim_start_matches("./"))
}

/// npm between the engine and the service would keep signals to itself: the script's own program is started.
fn of_script(line: &str) -> Start {
    // The image sets it.
    let line = line.trim().trim_start_matches("cross-env ").trim_start_matches("NODE_ENV=production ").trim();
    match procfile::start(line) {
        Start::Exec(mut words) => {
            let program = words.first().cloned().unwrap_or_default();
            if program != "node"
                && !program.contains('/')
                && !program.starts_with("npm")
                && program != "yarn"
                && program != "pnpm"
            {
                words[0] = format!("node_modules/.bin/{program}");
            }
            Start::Exec(words)
        }
        shell @ Start::Shell(_) => shell,
    }
}

/// The major version that `engines`, `.nvmrc` or `.node-version` ask for.
fn version(folder: &Folder, manifest: &Value, text: &str) -> Result<Option<Found<String>>, SurveyError> {
    for path in [".nvmrc", ".node-version"] {
        if let Some(asked) = folder.manifest(path)? {
            let at = Place::file(path);
            return Ok(major(&asked).map(|major| Found::new(major.to_string(), at)));
        }
    }
    let Some(asked) = manifest["engines"]["node"].as_str() else { return Ok(None) };
    let at = line_of(PATH, text, "\"node\"");
    let is_open = asked.starts_with('>') && !asked.contains('<');
    let major = major(asked).map(|lowest| if is_open { lowest.max(DEFAULT_MAJOR) } else { lowest });
    Ok(major.map(|major| Found::new(major.to_string(), at)))
}

/// 22 of `>=22.1`, `v22`, `^22`.
fn major(text: &str) -> Option<u32> {
    let digits = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok().filter(|major| *major < 1000)
}

/// Where the document is served: a literal path, or what a plug-in serves beside its pages.
fn document(codes: &[Code], named: &[Found<String>]) -> Option<Found<String>> {
    if let Some(found) = codes.iter().find_map(|code| DOCUMENT.first(code)) {
        return Some(found);
    }
    let package = named.iter().find(|package| package.value == "@fastify/swagger-ui")?;
    let prefix = codes.iter().find_map(|code| SWAGGER_UI.first(code));
    let (prefix, at) =
        prefix.map_or(("/documentation".to_owned(), package.at.clone()), |found| (found.value, found.at));
    Some(Found::new(format!("{prefix}/json"), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!([&LISTENS, &LITERAL_PORT, &LOGS, &DOCUMENT, &SWAGGER_UI].iter().all(|pattern| pattern.is_sound()));
    }

    #[test]
    fn a_script_is_started_without_npm() {
        assert_eq!(of_script("node server.js"), Start::exec(["node", "server.js"]));
        assert_eq!(of_script("NODE_ENV=production node dist/a.js"), Start::exec(["node", "dist/a.js"]));
        assert_eq!(of_script("fastify start app.js"), Start::exec(["node_modules/.bin/fastify", "start", "app.js"]));
        for (script, expected) in [
            ("node_modules/.bin/babel-node -- src/cli/bin db.json", true),
            ("nodemon --exec ts-node src/index.ts", true),
            ("node dist/tsx.js", false),
        ] {
            assert_eq!(is_for_development(script), expected, "{script}");
        }
        assert_eq!(bin(&serde_json::json!({"bin": {"serve": "./lib/bin.js"}})), Some("lib/bin.js"));
        assert_eq!(bin(&serde_json::json!({"bin": {"a": "a.js", "b": "b.js"}})), None);
        assert_eq!(of_script("node a.js && b"), Start::Shell("node a.js && exec b".to_owned()));
    }
}
