//! PHP: what `composer.json` and sources tell.

use serde_json::Value;

use crate::SurveyError;
use crate::code::{self, Comments};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role};
use crate::survey::{self, Told, line_of};
use crate::toolchain::{Php, Toolchain};

const PATH: &str = "composer.json";
static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Laravel", package: "laravel/framework", port: 8080, document: None },
    Framework { name: "Symfony", package: "symfony/framework-bundle", port: 8080, document: None },
    Framework { name: "Slim", package: "slim/slim", port: 8080, document: None },
];

/// Extensions that `docker-php-ext-install` compiles, and the Debian packages that each needs for it.
pub(crate) const EXTENSIONS: &[(&str, &str)] = &[
    ("bcmath", ""),
    ("calendar", ""),
    ("exif", ""),
    ("gd", "libpng-dev"),
    ("gettext", ""),
    ("gmp", "libgmp-dev"),
    ("intl", "libicu-dev"),
    ("mysqli", ""),
    ("pcntl", ""),
    ("pdo_mysql", ""),
    ("pdo_pgsql", "libpq-dev"),
    ("pgsql", "libpq-dev"),
    ("soap", "libxml2-dev"),
    ("sockets", ""),
    ("xsl", "libxslt1-dev"),
    ("zip", "libzip-dev"),
];
/// Extensions that the image of PHP has.
const BUILT_IN: &[&str] = &[
    "ctype",
    "curl",
    "date",
    "dom",
    "fileinfo",
    "filter",
    "ftp",
    "hash",
    "iconv",
    "json",
    "libxml",
    "mbstring",
    "mysqlnd",
    "openssl",
    "pcre",
    "pdo",
    "pdo_sqlite",
    "phar",
    "posix",
    "readline",
    "reflection",
    "session",
    "simplexml",
    "sodium",
    "spl",
    "sqlite3",
    "standard",
    "tokenizer",
    "xml",
    "xmlreader",
    "xmlwriter",
    "zlib",
];

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let manifest = folder.manifest(PATH)?;
    let entry = folder.first(&["public/index.php", "index.php", "web/index.php"]);
    let at = match (&manifest, entry) {
        (Some(_), _) => Place::file(PATH),
        (None, Some(entry)) => Place::file(entry),
        (None, None) => return Ok(None),
    };
    let text = manifest.clone().unwrap_or_else(|| "{}".to_owned());
    let composer: Value = serde_json::from_str(&text)
        .map_err(|error| SurveyError::Manifest { path: PATH.to_owned(), why: format!("no JSON: {error}") })?;
    let required = composer["require"].as_object().into_iter().flat_map(|packages| packages.keys());
    let packages: Vec<Found<String>> =
        required.map(|name| Found::new(name.clone(), line_of(PATH, &text, &format!("\"{name}\"")))).collect();
    let has = |name: &str| packages.iter().any(|package| package.value == name);
    let asked_for: Vec<String> =
        packages.iter().filter_map(|package| Some(package.value.strip_prefix("ext-")?.to_lowercase())).collect();
    let known = |name: &String| EXTENSIONS.iter().map(|(extension, _)| *extension).find(|extension| extension == name);
    let written = ["storage", "bootstrap/cache", "var"];
    let root = entry.and_then(|entry| entry.rsplit_once('/')).map(|(parent, _)| parent);
    let access = root.map_or(".htaccess".to_owned(), |root| format!("{root}/.htaccess"));
    let toolchain = Toolchain::Php(Php {
        composer: manifest.is_some() && packages.iter().any(|package| package.value.contains('/')),
        locked: folder.has("composer.lock"),
        root,
        extensions: asked_for.iter().filter_map(known).collect(),
        unknown: asked_for
            .iter()
            .filter(|name| known(name).is_none() && !BUILT_IN.contains(&name.as_str()) && crate::word::is_word(name))
            .cloned()
            .collect(),
        rewrites: folder.has(&access),
        written: written
            .into_iter()
            .filter(|name| {
                folder.paths().any(|path| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
                    || (*name == "var" && has("symfony/framework-bundle"))
            })
            .collect(),
    });
    let asked = composer["require"]["php"].as_str().and_then(version);
    Ok(Some(Told {
        name: composer["name"].as_str().map(str::to_owned),
        version: asked.map(|version| Found::new(version, line_of(PATH, &text, "\"php\""))),
        framework: survey::framework(FRAMEWORKS, &packages),
        manager: manifest.is_some().then(|| Found::file("composer", PATH)),
        lock: folder.has("composer.lock").then(|| "composer.lock".to_owned()),
        role: Role::Web,
        port: Some(Found::new(8080, at.clone())),
        port_variable: Some(Found::new("PORT".to_owned(), at.clone())),
        logs: Some(at.clone()),
        packages,
        codes: code::sources(folder, &["php"], Comments::Php),
        ..Told::new(Found::new(Language::Php, at), toolchain)
    }))
}

/// 8.3 of `^8.2`: of those that satisfy it, the one that is chosen by default.
fn version(asked: &str) -> Option<String> {
    let digits = asked.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = digits.split(|c: char| !c.is_ascii_digit());
    let (major, minor): (u32, u32) =
        (parts.next()?.parse().ok()?, parts.next().and_then(|part| part.parse().ok()).unwrap_or(0));
    (major == 8).then(|| format!("8.{}", minor.clamp(3, 9)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_at_least_the_one_asked_for() {
        assert_eq!(super::version("^8.1").as_deref(), Some("8.3"));
        assert_eq!(super::version(">=8.4").as_deref(), Some("8.4"));
        assert_eq!(super::version("*"), None);
    }
}
