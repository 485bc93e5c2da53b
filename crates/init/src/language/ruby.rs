//! Ruby: what a `Gemfile` and sources tell.

use crate::SurveyError;
use crate::code::{self, Code, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{self, Told};
use crate::toolchain::{Ruby, Toolchain};

use super::procfile;

const PATH: &str = "Gemfile";
static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Rails", package: "rails", port: 3000, document: None },
    Framework { name: "Sinatra", package: "sinatra", port: 4567, document: None },
    Framework { name: "Roda", package: "roda", port: 9292, document: None },
    Framework { name: "Grape", package: "grape", port: 9292, document: None },
];
/// A Gemfile is a program: it is searched as sources are.
static GEM: Pattern = Pattern::new(r#"(?m)^\s*gem\s*\(?\s*["']([\w-]+)["']"#);
static ASKED: Pattern = Pattern::new(r#"(?m)^\s*ruby\s+["'][^\d"'\n]*(\d+\.\d+)"#);

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let Some(text) = folder.manifest(PATH)? else { return Ok(None) };
    let gemfile = Code::new(PATH, &text, Comments::Python);
    let packages: Vec<Found<String>> =
        GEM.all(&gemfile).take(1_000).map(|(found, at)| Found::new(found[1].to_owned(), at)).collect();
    let has = |name: &str| packages.iter().any(|package| package.value == name);
    let framework = survey::framework(FRAMEWORKS, &packages);
    let named = framework.as_ref().map_or("", |found| found.value.name);
    let is_web = framework.is_some() || folder.has("config.ru");
    let number = framework.as_ref().map_or(9292, |found| found.value.port);
    let (start, hands_on) = match procfile::command(folder, if is_web { "web" } else { "worker" }) {
        Some(start) => {
            let reads_port = start.value.to_string().contains("PORT");
            (Some(start), reads_port)
        }
        None => start(folder, named, has("puma"), number),
    };
    let version = match folder.manifest(".ruby-version")? {
        Some(text) => Some(Found::file(two_parts(text.trim()), ".ruby-version")),
        None => ASKED.first(&gemfile),
    };
    let at = start.as_ref().map_or(Place::file(PATH), |start| start.at.clone());
    let locked = folder.has("Gemfile.lock");
    let libraries = [("pg", "libpq5"), ("mysql2", "libmariadb3"), ("sqlite3", "libsqlite3-0")];
    let toolchain = Toolchain::Ruby(Ruby {
        locked,
        rails: named == "Rails",
        libraries: libraries.iter().filter(|(gem, _)| has(gem)).map(|(_, library)| *library).collect(),
    });
    Ok(Some(Told {
        version,
        manager: Some(Found::file("bundler", PATH)),
        lock: locked.then(|| "Gemfile.lock".to_owned()),
        role: if is_web { Role::Web } else { Role::Worker },
        start,
        port: is_web.then(|| Found::new(number, at.clone())),
        port_variable: hands_on.then(|| Found::new("PORT".to_owned(), at.clone())),
        logs: Some(at),
        framework,
        packages,
        codes: code::sources(folder, &["rb"], Comments::Python),
        ..Told::new(Found::file(Language::Ruby, PATH), toolchain)
    }))
}

/// The command, and whether it hands `PORT` on.
fn start(folder: &Folder, named: &str, has_puma: bool, number: u16) -> (Option<Found<Start>>, bool) {
    if named == "Rails" {
        // Puma's settings of Rails read PORT.
        let words = ["bundle", "exec", "rails", "server", "-b", "0.0.0.0"];
        return (Some(Found::file(Start::exec(words), PATH)), true);
    }
    if folder.has("config.ru") && has_puma {
        let line = format!("exec bundle exec puma -b \"tcp://0.0.0.0:${{PORT:-{number}}}\"");
        return (Some(Found::file(Start::Shell(line), "config.ru")), true);
    }
    if folder.has("config.ru") {
        let line = format!("exec bundle exec rackup -o 0.0.0.0 -p \"${{PORT:-{number}}}\"");
        return (Some(Found::file(Start::Shell(line), "config.ru")), true);
    }
    let Some(path) = folder.first(&["app.rb", "server.rb", "main.rb", "worker.rb"]) else { return (None, false) };
    if named == "Sinatra" {
        let line = format!("exec bundle exec ruby {path} -o 0.0.0.0 -p \"${{PORT:-{number}}}\"");
        return (Some(Found::file(Start::Shell(line), path)), true);
    }
    (Some(Found::file(Start::exec(["bundle", "exec", "ruby", path]), path)), false)
}

/// 3.3 of `ruby-3.3.6`.
fn two_parts(text: &str) -> String {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_two_parts() {
        assert!([&GEM, &ASKED].iter().all(|pattern| pattern.is_sound()));
        assert_eq!(two_parts("ruby-3.3.6"), "3.3");
    }
}
