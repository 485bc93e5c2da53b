//! Rust: what `Cargo.toml` and sources tell.

use toml::{Table, Value};

use crate::SurveyError;
use crate::code::{self, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{self, Told, line_of};
use crate::toolchain::{Rust, RustImage, Toolchain};

const PATH: &str = "Cargo.toml";

static FRAMEWORKS: &[Framework] = &[
    Framework { name: "axum", package: "axum", port: 3000, document: None },
    Framework { name: "Actix Web", package: "actix-web", port: 8080, document: None },
    Framework { name: "Rocket", package: "rocket", port: 8000, document: None },
    Framework { name: "warp", package: "warp", port: 3030, document: None },
    Framework { name: "poem", package: "poem", port: 3000, document: None },
];

static LISTENS: Pattern = Pattern::new(r"\bTcpListener::bind\(|\bServer::bind\(|\bHttpServer::new\(|\.launch\(\)");
static LITERAL_PORT: Pattern = Pattern::new(r"(?:0\.0\.0\.0:|\[::\]:|\[0, 0, 0, 0\], )(\d{2,5})\b");
/// `env_logger` writes to stderr.
static PRINTS: Pattern = Pattern::new(r"\bprintln!\(|\btracing_subscriber::fmt|\bfmt\(\)\s*\.|\bfmt::layer\(");

/// A package of the project that has a binary.
struct Package {
    name: String,
    manifest: String,
    dependencies: Vec<Found<String>>,
}

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let Some(text) = folder.manifest(PATH)? else { return Ok(None) };
    let root = table(PATH, &text)?;
    let mut packages = Vec::new();
    packages.extend(package(folder, PATH, &text, &root));
    let is_package = !packages.is_empty();
    if !is_package {
        let members: Vec<String> =
            folder.paths().filter(|path| path.ends_with("/Cargo.toml")).map(str::to_owned).collect();
        for path in members {
            if let Some(text) = folder.manifest(&path)? {
                packages.extend(package(folder, &path, &text, &table(&path, &text)?));
            }
        }
    }
    let has_framework = |package: &&Package| survey::framework(FRAMEWORKS, &package.dependencies).is_some();
    let Some(chosen) = packages.iter().find(has_framework).or(packages.first()) else { return Ok(None) };
    let framework = survey::framework(FRAMEWORKS, &chosen.dependencies);
    let inside = chosen.manifest.trim_end_matches(PATH).to_owned();
    let codes: Vec<_> = code::sources(folder, &["rs"], Comments::Slashes)
        .into_iter()
        .filter(|code| code.path.starts_with(&inside))
        .collect();
    let listens = codes.iter().any(|code| LISTENS.all(code).next().is_some());
    let locked = folder.has("Cargo.lock");
    let at = Place::file(&chosen.manifest);
    let settings = root.get("package").and_then(|package| package.get("metadata")?.get("seaworthy"));
    let toolchain = Toolchain::Rust(Rust {
        binary: chosen.name.clone(),
        is_package,
        locked,
        image: RustImage {
            checks_health: settings.is_some_and(|settings| settings.get("healthcheck").is_some()),
            names_port: settings.is_some_and(|settings| settings.get("port").is_some()),
        },
        has_main: is_package && folder.has("src/main.rs") && !folder.has("build.rs") && !folder.has("src/lib.rs"),
    });
    let literal = codes.iter().find_map(|code| {
        let found = LITERAL_PORT.first(code)?;
        Some(Found::new(found.value.parse().ok()?, found.at))
    });
    Ok(Some(Told {
        name: Some(chosen.name.clone()),
        start: Some(Found::new(Start::exec(["/app/service"]), at.clone())),
        port: literal,
        logs: codes.iter().find_map(|code| Some(PRINTS.first(code)?.at)),
        manager: Some(Found::file("cargo", PATH)),
        lock: locked.then(|| "Cargo.lock".to_owned()),
        role: if listens || framework.is_some() { Role::Web } else { Role::Worker },
        framework,
        packages: chosen.dependencies.clone(),
        codes,
        ..Told::new(Found::new(Language::Rust, at), toolchain)
    }))
}

fn table(path: &str, text: &str) -> Result<Table, SurveyError> {
    text.parse().map_err(|error: toml::de::Error| SurveyError::Manifest {
        path: path.to_owned(),
        why: format!("no TOML: {}", error.message().lines().next().unwrap_or_default()),
    })
}

/// The package with its binary; `None` of a library, and of a workspace without one.
fn package(folder: &Folder, path: &str, text: &str, table: &Table) -> Option<Package> {
    let name = table.get("package")?.get("name")?.as_str()?.to_owned();
    let inside = path.trim_end_matches(PATH);
    let named = table.get("bin").and_then(Value::as_array).and_then(|all| all.first()?.get("name")?.as_str());
    let run = table.get("package").and_then(|package| package.get("default-run")?.as_str());
    let has_binary = named.is_some() || folder.has(&format!("{inside}src/main.rs"));
    let dependencies = table.get("dependencies").and_then(Value::as_table).into_iter().flatten();
    let mut all = Vec::new();
    for (dependency, value) in dependencies {
        let at = line_of(path, text, dependency);
        let features = value.get("features").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        if matches!(dependency.as_str(), "sqlx" | "diesel" | "sea-orm") {
            let drivers = features.filter(|feature| feature.contains("postgres"));
            all.extend(drivers.take(1).map(|_| Found::new("tokio-postgres".to_owned(), at.clone())));
        }
        all.push(Found::new(dependency.clone(), at));
    }
    has_binary.then(|| Package {
        name: run.or(named).map_or(name, str::to_owned),
        manifest: path.to_owned(),
        dependencies: all,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!([&LISTENS, &LITERAL_PORT, &PRINTS].iter().all(|pattern| pattern.is_sound()));
    }
}
