//! What names in a file stand for: other files of the project.

use super::{Code, Pattern};

/// Imports of a file, at most.
const MOST: usize = 500;

/// A name in a file, and the file that it comes from, if that is one of the project's.
pub(super) struct Imported {
    pub(super) name: String,
    pub(super) file: Option<usize>,
    /// As it is called there.
    pub(super) object: Option<String>,
}

/// `from .routers import tasks, users as people`
static FROM: Pattern = Pattern::new(r"(?m)^\s*from\s+([.\w]+)\s+import\s+(?:\(([^)]{0,1000})\)|([^\n(]+))");
/// `import routes.tasks as tasks`
static AS: Pattern = Pattern::new(r"(?m)^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?\s*$");
/// `import tasks, { users as people } from "./routes"`, `const tasks = require("./routes/tasks")`
static MODULE: Pattern = Pattern::new(
    r#"(?:\bimport\s+|\b(?:const|let|var)\s+)(?:\*\s+as\s+)?(\w+)?\s*,?\s*(?:\{([^}]{0,1000})\})?\s*(?::[^=\n]+)?(?:from|=\s*(?:require\(|await\s+import\())\s*["']([^"'\n]+)["']"#,
);

pub(super) fn imports(code: &Code, codes: &[Code]) -> Vec<Imported> {
    let from = codes.iter().position(|one| one.path == code.path).unwrap_or(0);
    if extension(&code.path) == "py" { python(code, codes) } else { node(code, codes, from) }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn python(code: &Code, codes: &[Code]) -> Vec<Imported> {
    let mut found = Vec::new();
    for (captures, _) in FROM.all(code).take(MOST) {
        let names = captures.get(2).or_else(|| captures.get(3)).map_or("", |names| names.as_str());
        for part in names.split(',') {
            let mut words = part.split_whitespace();
            let Some(object) = words.next() else { continue };
            let name = words.nth(1).unwrap_or(object).to_owned();
            let folder = module(&code.path, &captures[1]);
            let inner = if folder.is_empty() { object.to_owned() } else { format!("{folder}/{object}") };
            let (file, object) = match of_module(codes, &inner) {
                Some(file) => (Some(file), None),
                None => (of_module(codes, &folder), Some(object.to_owned())),
            };
            found.push(Imported { name, file, object });
        }
    }
    for (captures, _) in AS.all(code).take(MOST) {
        let last = captures[1].rsplit('.').next().unwrap_or_default().to_owned();
        let name = captures.get(2).map_or(last, |name| name.as_str().to_owned());
        found.push(Imported { name, file: of_module(codes, &captures[1].replace('.', "/")), object: None });
    }
    found
}

/// `app/routers` of `from .routers` in `app/main.py`.
fn module(path: &str, module: &str) -> String {
    let dots = module.chars().take_while(|c| *c == '.').count();
    let rest = module[dots..].replace('.', "/");
    if dots == 0 {
        return rest;
    }
    let folders: Vec<&str> = path.split('/').collect();
    let kept = folders.len().saturating_sub(dots);
    let parent = folders[..kept].join("/");
    [parent.as_str(), rest.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

/// The file of a module, also where the sources lie in a folder of their own.
fn of_module(codes: &[Code], module: &str) -> Option<usize> {
    if module.is_empty() {
        return None;
    }
    let is_it = |path: &str| {
        let path = path.trim_end_matches(".py").trim_end_matches("/__init__");
        path == module || path.strip_suffix(module).is_some_and(|before| before.ends_with('/'))
    };
    codes.iter().position(|code| is_it(&code.path))
}

fn node(code: &Code, codes: &[Code], from: usize) -> Vec<Imported> {
    let mut found = Vec::new();
    for (captures, _) in MODULE.all(code).take(MOST) {
        let file = file(codes, from, &captures[3]);
        if let Some(name) = captures.get(1) {
            found.push(Imported { name: name.as_str().to_owned(), file, object: None });
        }
        for part in captures.get(2).map_or("", |names| names.as_str()).split(',') {
            let mut words =
                part.split([' ', ':', '\n', '\t']).filter(|word| !word.is_empty() && *word != "as" && *word != "type");
            if let Some(object) = words.next() {
                let name = words.next().unwrap_or(object).to_owned();
                let object = (object != "default").then(|| object.to_owned());
                found.push(Imported { name, file, object });
            }
        }
    }
    found
}

/// The file that `./routes/tasks` names in another one.
pub(super) fn file(codes: &[Code], from: usize, target: &str) -> Option<usize> {
    let is_relative = target.starts_with('.');
    let mut parts: Vec<&str> = Vec::new();
    if is_relative {
        parts.extend(codes[from].path.split('/'));
        parts.pop();
    }
    for part in target.trim_start_matches("@/").trim_start_matches("~/").split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let wanted = stem(&parts.join("/")).to_owned();
    let is_it = |path: &str| {
        let path = stem(path);
        let path = path.strip_suffix("/index").unwrap_or(path);
        let path = if path == "index" { "" } else { path };
        let wanted = wanted.strip_suffix("/index").unwrap_or(&wanted);
        path == wanted
            || (!is_relative
                && target.starts_with(['@', '~'])
                && path.strip_suffix(wanted).is_some_and(|before| before.ends_with('/')))
    };
    codes.iter().position(|code| is_it(&code.path))
}

/// A path without the ending of a module.
fn stem(path: &str) -> &str {
    [".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".jsx", ".tsx"]
        .iter()
        .find_map(|end| path.strip_suffix(end))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::Comments;
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        let comments = if extension(files[0].0) == "py" { Comments::Python } else { Comments::Slashes };
        let codes: Vec<Code> = files.iter().map(|(path, text)| Code::new(path, text, comments)).collect();
        let one = |found: Imported| {
            let file = found.file.map_or("?", |file| codes[file].path.as_str());
            format!("{}={file}:{}", found.name, found.object.as_deref().unwrap_or("*"))
        };
        let found: Vec<String> = imports(&codes[0], &codes).into_iter().map(one).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn every_pattern_is_sound() {
        assert!([&FROM, &AS, &MODULE].iter().all(|pattern| pattern.is_sound()));
    }

    #[test]
    fn names_lead_to_the_files_that_they_come_from() {
        check(
            &[
                ("app/main.py", "from .api import tasks, users as people\nfrom app.api.tags import router\n"),
                ("app/api/tasks.py", ""),
                ("app/api/users.py", ""),
                ("app/api/tags.py", ""),
            ],
            "tasks=app/api/tasks.py:* people=app/api/users.py:* router=app/api/tags.py:router",
        );
        check(
            &[
                (
                    "src/app.ts",
                    "import tasks, { users as people } from './routes/index.js';\nimport x from '@/other';\nimport y from 'express';",
                ),
                ("src/routes/index.ts", ""),
                ("src/other.ts", ""),
            ],
            "tasks=src/routes/index.ts:* people=src/routes/index.ts:users x=src/other.ts:* y=?:*",
        );
        check(
            &[
                ("app.js", "const tasks = require('./tasks')\nconst { users } = require('./lib/users')"),
                ("tasks.js", ""),
                ("lib/users.js", ""),
            ],
            "tasks=tasks.js:* users=lib/users.js:users",
        );
    }
}
