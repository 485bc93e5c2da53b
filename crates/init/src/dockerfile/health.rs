//! A health check with what the image has: the language's own client, or the `wget` of Alpine. Never curl.

use crate::project::{Language, Project};
use crate::versions::{Bases, figures};

/// The instruction; `None` where there is no path to ask for, or nothing in the image that asks.
pub(crate) fn check(project: &Project, bases: &Bases) -> Option<String> {
    let path = &project.health.as_ref()?.value;
    let port = project.port.as_ref()?;
    let number = port.number.value;
    let variable = port.variable.as_ref().map(|variable| variable.value.as_str());
    let command = command(project.language.as_ref()?.value, bases, path, number, variable)?;
    let patience = figures(project).start_seconds;
    Some(format!(
        "HEALTHCHECK --interval=10s --timeout=3s --start-period={patience}s --retries=3 \\\n    CMD {command}"
    ))
}

/// 127.0.0.1, and not `localhost`: that may be `::1`, where the service does not listen.
fn command(language: Language, bases: &Bases, path: &str, number: u16, variable: Option<&str>) -> Option<String> {
    let words = |words: &[&str]| Some(super::json(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()));
    match (language, variable) {
        (Language::Python, Some(name)) => words(&[
            "python",
            "-c",
            &format!(
                "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('{name}', '{number}') + '{path}', timeout=3)"
            ),
        ]),
        (Language::Python, None) => words(&[
            "python",
            "-c",
            &format!("import urllib.request as r; r.urlopen('http://127.0.0.1:{number}{path}', timeout=3)"),
        ]),
        (Language::Node, variable) => {
            let host = match variable {
                Some(name) => format!("'http://127.0.0.1:' + (process.env.{name} || {number}) + '{path}'"),
                None => format!("'http://127.0.0.1:{number}{path}'"),
            };
            words(&[
                "node",
                "-e",
                &format!("fetch({host}).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"),
            ])
        }
        (Language::Php, variable) => {
            let port = variable.map_or(format!("'{number}'"), |name| format!("getenv('{name}')"));
            words(&[
                "php",
                "-r",
                &format!("exit(@file_get_contents('http://127.0.0.1:' . {port} . '{path}') === false ? 1 : 0);"),
            ])
        }
        (Language::Ruby, variable) => {
            let port = variable.map_or(format!("'{number}'"), |name| format!("ENV.fetch('{name}', '{number}')"));
            let ask = format!("Net::HTTP.get_response(URI('http://127.0.0.1:' + {port} + '{path}'))");
            words(&["ruby", "-rnet/http", "-e", &format!("exit {ask}.is_a?(Net::HTTPSuccess)")])
        }
        // `wget` is in every Alpine; `-O /dev/null` asks by GET, where `--spider` may ask by HEAD.
        (_, variable) if bases.run.contains("alpine") => Some(match variable {
            Some(name) => {
                let ask = format!("wget -q -O /dev/null \"http://127.0.0.1:${{{name}:-{number}}}{path}\" || exit 1");
                words(&["sh", "-c", &ask])?
            }
            None => words(&["wget", "-q", "-O", "/dev/null", &format!("http://127.0.0.1:{number}{path}")])?,
        }),
        _ => None,
    }
}
