//! Go: what `go.mod` and sources tell.

use crate::SurveyError;
use crate::code::{self, Code, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{self, Told};
use crate::toolchain::{Go, Toolchain};

const PATH: &str = "go.mod";
/// Older sources are compiled by a newer compiler; it is the one that gets fixes.
const DEFAULT: (u32, u32) = (1, 25);

static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Gin", package: "github.com/gin-gonic/gin", port: 8080, document: None },
    Framework { name: "Echo", package: "github.com/labstack/echo", port: 8080, document: None },
    Framework { name: "Fiber", package: "github.com/gofiber/fiber", port: 3000, document: None },
    Framework { name: "chi", package: "github.com/go-chi/chi", port: 8080, document: None },
    Framework { name: "gorilla/mux", package: "github.com/gorilla/mux", port: 8080, document: None },
];

static MAIN: Pattern = Pattern::new(r"(?m)^func main\(\)");
static LISTENS: Pattern = Pattern::new(r"\bListenAndServe\w*\(|\bhttp\.Server\{|\.Run\(|\.Listen\(|\.Start\(");
static LITERAL_PORT: Pattern = Pattern::new(r#"":(\d{2,5})""#);
/// The package `log` writes to stderr.
static PRINTS: Pattern = Pattern::new(r"\bos\.Stdout\b|\bfmt\.Print|\bgin\.(?:Default|Logger)\(");

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let Some(text) = folder.manifest(PATH)? else { return Ok(None) };
    let codes = code::sources(folder, &["go"], Comments::Slashes);
    let mains: Vec<(&Code, Place)> = codes
        .iter()
        .filter_map(|code| Some((code, MAIN.all(code).next()?.1)))
        .filter(|(code, _)| !code.path.contains("tools/"))
        .collect();
    let module = word(&text, "module").map(|(module, _)| module);
    let name = module.as_deref().and_then(name_of);
    let Some((main, at)) = chosen(&mains, name.as_deref()) else { return Ok(None) };
    let package = main.path.rsplit_once('/').map_or(".".to_owned(), |(parent, _)| format!("./{parent}"));
    let named = requires(&text);
    // `github.com/labstack/echo/v4` is echo.
    let families: Vec<Found<String>> = named
        .iter()
        .map(|found| {
            Found::new(
                found.value.rsplit_once("/v").map_or(found.value.clone(), |(family, _)| family.to_owned()),
                found.at.clone(),
            )
        })
        .collect();
    let framework = survey::framework(FRAMEWORKS, &families);
    let listens = codes.iter().any(|code| LISTENS.all(code).next().is_some());
    let has_sum = folder.has("go.sum");
    let service = "/app/service";
    let toolchain = Toolchain::Go(Go {
        package,
        has_sum,
        needs_c: named
            .iter()
            .find(|found| found.value == "github.com/mattn/go-sqlite3")
            .map(|found| found.value.clone()),
        others: mains.iter().map(|(code, _)| code.path.clone()).filter(|path| *path != main.path).collect(),
    });
    let port = codes.iter().find_map(|code| {
        let found = LITERAL_PORT.first(code)?;
        Some(Found::new(found.value.parse().ok()?, found.at))
    });
    Ok(Some(Told {
        version: word(&text, "go").map(|(asked, line)| Found::new(version(&asked), Place::line(PATH, line))),
        start: Some(Found::new(Start::exec([service]), at.clone())),
        port,
        usual_port: listens.then(|| Found::new(8080, at.clone())),
        logs: codes.iter().find_map(|code| Some(PRINTS.first(code)?.at)),
        manager: Some(Found::file("go", PATH)),
        lock: has_sum.then(|| "go.sum".to_owned()),
        role: if listens || framework.is_some() { Role::Web } else { Role::Worker },
        name,
        framework,
        packages: named,
        codes,
        ..Told::new(Found::file(Language::Go, PATH), toolchain)
    }))
}

/// The command that is named as the module, else the one nearest to the top.
fn chosen<'c>(mains: &[(&'c Code, Place)], name: Option<&str>) -> Option<(&'c Code, Place)> {
    let folder = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let rank = |(code, _): &&(&Code, Place)| {
        let folder = folder(&code.path);
        let usual = matches!(folder.as_str(), "server" | "api" | "app" | "service");
        (
            code.path.contains('/') && Some(folder.as_str()) != name && !usual,
            code.path.matches('/').count(),
            code.path.clone(),
        )
    };
    mains.iter().min_by_key(rank).cloned()
}

/// The word behind another one at the beginning of a line.
fn word(text: &str, first: &str) -> Option<(String, usize)> {
    text.lines().enumerate().find_map(|(index, line)| {
        let rest = line.trim().strip_prefix(first)?.strip_prefix(' ')?;
        Some((rest.trim().trim_matches('"').to_owned(), index + 1))
    })
}

/// The last part of a module's path that is no version.
fn name_of(module: &str) -> Option<String> {
    let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    module.rsplit('/').find(|part| !is_version(part)).map(str::to_owned)
}

/// What the module requires itself.
fn requires(text: &str) -> Vec<Found<String>> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        match line {
            "require (" => inside = true,
            ")" => inside = false,
            _ => {
                let required = line.strip_prefix("require ").or(inside.then_some(line));
                let name = required
                    .filter(|line| !line.contains("// indirect"))
                    .and_then(|line| line.split_whitespace().next());
                found.extend(name.map(|name| Found::new(name.to_owned(), Place::line(PATH, index + 1))));
            }
        }
    }
    found
}

fn version(asked: &str) -> String {
    let mut parts = asked.split('.').map(|part| part.parse().unwrap_or(0));
    let asked = (parts.next().unwrap_or(1), parts.next().unwrap_or(0));
    let (major, minor) = asked.max(DEFAULT);
    format!("{major}.{minor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_read_line_by_line() {
        assert!([&MAIN, &LISTENS, &LITERAL_PORT, &PRINTS].iter().all(|pattern| pattern.is_sound()));
        let text = "module github.com/acme/shop/v2\n\ngo 1.22.3\n\nrequire (\n\tgithub.com/lib/pq v1.10.9\n\tx.y/z v1 // indirect\n)\nrequire a.b/c v1\n";
        assert_eq!(
            requires(text).iter().map(|found| found.value.as_str()).collect::<Vec<_>>(),
            ["github.com/lib/pq", "a.b/c"]
        );
        assert_eq!(name_of("github.com/acme/shop/v2").as_deref(), Some("shop"));
        assert_eq!(word(text, "go"), Some(("1.22.3".to_owned(), 3)));
        assert_eq!((version("1.22.3").as_str(), version("1.99").as_str()), ("1.25", "1.99"));
    }
}
