//! What in an image is its author's: the projects whose manifests lie in it, and what it starts.

use std::collections::HashSet;
use std::io::{self, Read};

use super::evidence::whole;
use super::pip::{self, Package};
use crate::image::facts::text;
use crate::image::{Facts, program};

/// The longest manifest and the longest script that are read.
const LONGEST: usize = 1 << 20;
const LONGEST_SCRIPT: usize = 64 << 10;
/// Words of the command and of the scripts that it starts.
const MOST_WORDS: usize = 1_000;
/// Variables by which servers are told the application's module.
const VARIABLES: [&str; 6] =
    ["FLASK_APP", "DJANGO_SETTINGS_MODULE", "APP_MODULE", "MODULE_NAME", "CELERY_APP", "GUNICORN_CMD_ARGS"];

#[derive(Debug, Default)]
pub(super) struct Author {
    /// Names of Python projects, normalised.
    python: HashSet<String>,
    /// Names and scopes (`@acme`) of Node projects.
    node: HashSet<String>,
    /// The files that the command leads to, without the first slash.
    started: HashSet<String>,
    /// The first names of all words that may be a module: `acme` of `acme.web:app`.
    modules: HashSet<String>,
}

/// Whether a file may give a project's name: one outside the folders into which package managers install.
pub(super) fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "pyproject.toml" | "setup.cfg" | "setup.py" | "package.json")
        && !path.split('/').any(|part| matches!(part, "node_modules" | "site-packages" | "dist-packages"))
}

impl Author {
    /// What the image's command starts.
    pub(super) fn starting(facts: &Facts) -> Self {
        let mut author = Self::default();
        let command = [facts.config.entrypoint(), facts.config.cmd()].concat();
        let words = command.iter().flat_map(|part| part.split_whitespace()).take(MOST_WORDS);
        for word in words {
            let word = word.trim_matches(['"', '\'']);
            author.started.extend(program::find(facts, word).map(|(path, _)| text(&path)));
            author.module(word);
        }
        for (_, value) in facts.config.env().iter().filter(|(name, _)| VARIABLES.contains(&name.as_str())) {
            value.split_whitespace().for_each(|word| author.module(word));
        }
        author
    }

    /// Whether this may be a script of the image's own that the command starts.
    pub(super) fn starts_with_script(&self, path: &str) -> bool {
        self.started.contains(path)
    }

    /// What a script starts: any of its words may be a module or a program.
    pub(super) fn read_script(&mut self, content: &mut dyn Read) -> io::Result<()> {
        let Some(script) = whole(content, LONGEST_SCRIPT)?.and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Ok(());
        };
        // A script that Python runs imports its application; a program that pip made does too.
        for line in script.lines().filter(|line| !line.trim_start().starts_with('#')) {
            for word in line.split(|sign: char| sign.is_whitespace() || "\"'();&|`".contains(sign)).take(MOST_WORDS) {
                self.module(word);
            }
        }
        Ok(())
    }

    /// Takes in a file for which [`is_manifest`] holds.
    pub(super) fn read(&mut self, path: &str, content: &mut dyn Read) -> io::Result<()> {
        let Some(bytes) = whole(content, LONGEST)? else { return Ok(()) };
        if path.ends_with("package.json") {
            let json = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_default();
            let Some(name) = json["name"].as_str() else { return Ok(()) };
            self.node.extend(scope(name).map(str::to_owned));
            self.node.insert(name.to_owned());
        } else if path.ends_with("setup.py") {
            self.python.extend(setup_name(&String::from_utf8_lossy(&bytes)).map(pip::normal));
        } else {
            self.python.extend(project_names(&String::from_utf8_lossy(&bytes)).map(|name| pip::normal(&name)));
        }
        Ok(())
    }

    pub(super) fn has_python(&self, name: &str) -> bool {
        self.python.contains(name)
    }

    /// Whether a package for Node has the name of a project, or is published by whoever publishes the project.
    pub(super) fn has_node(&self, name: &str) -> bool {
        self.node.contains(name) || scope(name).is_some_and(|scope| self.node.contains(scope))
    }

    /// Whether the command leads into a package: to its program, or to one of its modules.
    pub(super) fn starts(&self, package: &Package) -> bool {
        package.programs.iter().any(|path| self.started.contains(path) || is_named(path, &self.modules))
            || package.tops.iter().any(|top| self.modules.contains(top))
    }

    /// Whether the command leads to a file below a folder.
    pub(super) fn starts_below(&self, folder: &str) -> bool {
        self.started.iter().any(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    fn module(&mut self, word: &str) {
        let word = word.split_once('=').map_or(word, |(_, value)| value);
        let path = word.split_once(':').map_or(word, |(path, _)| path);
        let first = path.split('.').next().unwrap_or(path);
        let is_name = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if is_name(first) && self.modules.len() < MOST_WORDS {
            self.modules.insert(first.to_owned());
        }
    }
}

/// Whether a program has one of the names.
fn is_named(path: &str, names: &HashSet<String>) -> bool {
    path.rsplit('/').next().is_some_and(|name| names.contains(name))
}

fn scope(name: &str) -> Option<&str> {
    name.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'))
}

/// The value of `name` in the tables that name a project: of `pyproject.toml`, and of `setup.cfg`.
fn project_names(text: &str) -> impl Iterator<Item = String> {
    let mut table = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with('[') {
            table = line;
            return None;
        }
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_matches(['"', '\'']);
        let is_name =
            matches!((table, key), ("[project]" | "[tool.poetry]" | "[metadata]", "name") | ("", "project.name"));
        let value = value.split('#').next()?.trim().trim_matches(['"', '\'']);
        is_name.then(|| value.to_owned())
    })
}

/// The first literal `name=` of a `setup.py`.
fn setup_name(text: &str) -> Option<&str> {
    let mut values = text.match_indices("name").filter_map(|(at, name)| {
        let is_word = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '.');
        let value =
            text[at + name.len()..].trim_start().strip_prefix('=').filter(|_| !text[..at].ends_with(is_word))?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
        value[1..].split_once(quote).map(|(value, _)| value)
    });
    values.find(|name| !name.is_empty() && name.len() <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_script_names_its_project() {
        for (text, expected) in [
            ("setup(name='shop', version='1')", Some("shop")),
            ("setup(\n    name = \"acme_shop\",\n)", Some("acme_shop")),
            ("if __name__ == '__main__':\n    setup(name='shop')", Some("shop")),
            ("setup(name=NAME)", None),
            ("package_name='x'", None),
            ("", None),
        ] {
            assert_eq!(setup_name(text), expected, "{text}");
        }
    }

    #[test]
    fn a_project_names_itself_in_its_manifest() {
        for (text, expected) in [
            (
                "[build-system]\nname = 'x'\n[project]\nname = \"Acme_Billing\" # ours\nversion = '1'\n",
                vec!["Acme_Billing"],
            ),
            ("[tool.poetry]\nname = 'acme'\n[tool.poetry.dependencies]\nname = '^1'\n", vec!["acme"]),
            ("[metadata]\nname = acme-billing\n", vec!["acme-billing"]),
            ("project.name = 'acme'\n", vec!["acme"]),
            ("[tool.black]\nname = 'x'\n", vec![]),
        ] {
            assert_eq!(project_names(text).collect::<Vec<_>>(), expected, "{text}");
        }
        for (path, expected) in [
            ("app/pyproject.toml", true),
            ("package.json", true),
            ("app/node_modules/x/package.json", false),
            ("usr/lib/python3/site-packages/x/pyproject.toml", false),
        ] {
            assert_eq!(is_manifest(path), expected, "{path}");
        }
    }

    #[test]
    fn a_word_of_the_command_may_name_a_module() {
        let mut author = Author::default();
        for word in ["acme.web:app", "--app=billing.wsgi", "acme-worker", "/srv/x.py", "--reload", "$APP"] {
            author.module(word);
        }
        for (name, expected) in
            [("acme", true), ("billing", true), ("acme-worker", true), ("srv", false), ("APP", false)]
        {
            assert_eq!(author.modules.contains(name), expected, "{name}");
        }
    }
}
