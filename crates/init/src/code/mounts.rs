//! Where routers are mounted: a route's path begins with the prefixes of all routers that it is reached through.

use std::collections::HashSet;

use super::imports::{self, Imported};
use super::{Code, Pattern, scope};

/// Mounts of a file, and routers that a route is reached through, at most.
const MOST: usize = 200;
const DEEPEST: usize = 8;

/// Of Python: `x.include_router(y, prefix="/z")`, `register_blueprint`; of Node: `x.use("/z", y)`, `x.register(y, { prefix: "/z" })`.
static CALL: Pattern = Pattern::new(
    r"(?<parent>\w+)?\s*\.(?<how>include_router|register_blueprint|add_router|use|register|route|mount)\(",
);
static PREFIX: Pattern = Pattern::new(r#"\b(?:url_)?prefix\s*[=:]\s*(f?["'`][^"'`\n]*["'`]|[\w.]+)"#);
static IDENTIFIER: Pattern = Pattern::new(r"^\s*(?:await\s+)?([A-Za-z_]\w*(?:\.\w+)*)\s*(?:\(\s*\))?\s*$");
static REQUIRED: Pattern = Pattern::new(r#"(?:require|import)\(\s*["']([^"'\n]+)["']\s*\)"#);
static LITERAL: Pattern = Pattern::new(r#"^\s*f?["'`]([^"'`\n]*)["'`]\s*$"#);
static ASSIGNED: Pattern = Pattern::new(r"(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*");
/// Mounts of all files, at most.
const MOST_EDGES: usize = 2_000;
/// What makes the application itself: its routes have no prefix.
static ROOT: Pattern = Pattern::new(
    r"\b(?:express|FastAPI|Flask|[Ff]astify|Quart|Starlette|Litestar|NestFactory\.create|createServer)\(|new (?:Koa|Hono|Elysia|OpenAPIHono)\b",
);

/// What is mounted.
enum Child {
    /// A router of the same file.
    Local(String),
    /// A file, and the router in it where it is named.
    File(usize, Option<String>),
    /// Not found among the files.
    Named(String),
}

struct Edge {
    from: usize,
    parent: String,
    child: Child,
    /// `None` where the code works it out.
    prefix: Option<String>,
    /// Flask's prefix of the call takes the place of the blueprint's own.
    replaces: bool,
}

/// All mounts of a project.
pub(super) struct Mounts {
    edges: Vec<Edge>,
    /// For each file, whether it makes the application, and the names that it calls something of.
    files: Vec<(bool, HashSet<String>)>,
    /// Something is mounted in a way that is not read here.
    is_dynamic: bool,
}

impl Mounts {
    pub(super) fn of(codes: &[Code]) -> Self {
        static RECEIVER: Pattern = Pattern::new(r"\b([A-Za-z_]\w*)\s*\.\s*(?:get|post|put|patch|delete|all|route)\(");
        let receivers = |code: &Code| RECEIVER.all(code).take(1_000).map(|(found, _)| found[1].to_owned()).collect();
        let files = codes.iter().map(|code| (ROOT.all(code).next().is_some(), receivers(code))).collect();
        let mut mounts = Self { edges: Vec::new(), files, is_dynamic: false };
        for (index, code) in codes.iter().enumerate() {
            let calls: Vec<_> = CALL.all(code).take(MOST).map(|(found, _)| found).collect();
            if calls.is_empty() || mounts.edges.len() > MOST_EDGES {
                continue;
            }
            let imports = imports::imports(code, codes);
            for captures in calls {
                let whole = captures.get_match();
                let parent = captures
                    .name("parent")
                    .map_or_else(|| assigned(code, whole.start()), |name| name.as_str().to_owned());
                mounts.call(codes, index, &imports, &parent, &captures["how"], code.arguments(whole.end()));
            }
        }
        mounts
    }

    fn call(&mut self, codes: &[Code], from: usize, imports: &[Imported], parent: &str, how: &str, arguments: &str) {
        let parts = split(arguments);
        let by_name = PREFIX.captures(arguments).map(|found| found[1].to_owned());
        let by_place = parts
            .first()
            .filter(|part| part.trim_start().starts_with(['"', '\'', '`', 'f']))
            .and_then(|part| LITERAL.captures(part));
        let (prefix, children) = match (by_name, by_place) {
            (Some(prefix), _) => (literal(&prefix, codes), &parts[..1.min(parts.len())]),
            (None, Some(_)) => (literal(parts[0], codes), &parts[1..]),
            // `use(route.path, route.router)`
            (None, None)
                if parts.len() > 1 && how != "register" && IDENTIFIER.is_in(parts[0]) && is_path_like(parts[0]) =>
            {
                self.is_dynamic = true;
                (literal(parts[0], codes), &parts[1..])
            }
            (None, None) => (Some(String::new()), &parts[..]),
        };
        for part in children {
            let child = if let Some(found) = REQUIRED.captures(part) {
                imports::file(codes, from, &found[1]).map(|file| Child::File(file, None))
            } else {
                IDENTIFIER.captures(part).map(|found| child(&found[1], imports))
            };
            let replaces = how == "register_blueprint" && arguments.contains("prefix");
            if let Some(child) = child {
                self.edges.push(Edge { from, parent: parent.to_owned(), child, prefix: prefix.clone(), replaces });
            }
        }
    }

    /// The prefix of a router with its `own` one; `None` where it is not known. `names` are the router's, and those of the functions around.
    pub(super) fn prefix(&self, codes: &[Code], file: usize, names: &[&str], own: &str) -> Option<String> {
        self.reached(codes, file, names, own, 0)
    }

    fn reached(&self, codes: &[Code], file: usize, names: &[&str], own: &str, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let called = &self.files[file].1;
        // A router that another one of its file mounts is reached through that one.
        let is_local = |edge: &&Edge| {
            edge.from == file && matches!(&edge.child, Child::Local(name) if names.contains(&name.as_str()))
        };
        let edge = self.edges.iter().find(is_local);
        let Some(edge) = edge.or_else(|| self.edges.iter().find(|edge| edge.mounts(codes, called, file, names))) else {
            let is_root = ROOT.all(&codes[file]).next().is_some()
                || !self.is_dynamic
                || matches!(names.first(), Some(&"app" | &"server"));
            return is_root.then(|| own.to_owned());
        };
        let own = if edge.replaces { "" } else { own };
        let prefix = format!("{}{own}", edge.prefix.as_ref()?.trim_end_matches('/'));
        if edge.from == file && names.first() == Some(&edge.parent.as_str()) {
            return Some(prefix);
        }
        let above = self.reached(codes, edge.from, &[&edge.parent], "", depth + 1)?;
        Some(format!("{above}{prefix}"))
    }
}

impl Edge {
    fn mounts(&self, codes: &[Code], called: &HashSet<String>, file: usize, names: &[&str]) -> bool {
        match &self.child {
            Child::File(of, name) => {
                let is_another = |name: &String| !names.contains(&name.as_str()) && called.contains(name);
                *of == file && self.from != file && !name.as_ref().is_some_and(is_another)
            }
            Child::Local(name) | Child::Named(name) => {
                let stem = stem(&codes[file].path);
                let is_usual =
                    matches!(name.as_str(), "app" | "router" | "server" | "fastify" | "api" | "bp" | "routes");
                let short = ["Router", "Routes", "_router", "_bp", "Controller", "Route"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end));
                self.from != file
                    && (name == stem || short == Some(stem) || (!is_usual && names.contains(&name.as_str())))
            }
        }
    }
}

fn child(text: &str, imports: &[Imported]) -> Child {
    let (first, rest) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
    match imports.iter().find(|imported| imported.name == first) {
        Some(Imported { file: Some(file), object, .. }) => {
            Child::File(*file, rest.map(str::to_owned).or_else(|| object.clone()))
        }
        Some(_) => Child::Named(first.to_owned()),
        None => Child::Local(first.to_owned()),
    }
}

/// What a chain of calls is assigned to: `const api = Router()` above `.use(tags)`.
fn assigned(code: &Code, offset: usize) -> String {
    let own = std::iter::once(code.line(offset));
    let is_first = |line: &&str| !line.trim_start().starts_with(['.', ')']) && !line.trim().is_empty();
    let begin = own.chain(code.above(offset).take(40)).find(is_first);
    begin.and_then(|line| ASSIGNED.captures(line)).map_or(String::new(), |found| found[1].to_owned())
}

fn is_path_like(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    ["path", "prefix", "url", "base", "api", "version"].iter().any(|word| part.contains(word))
}

/// A path that is written out, or a constant that is.
pub(super) fn literal(text: &str, codes: &[Code]) -> Option<String> {
    let text = text.trim();
    let Some(found) = LITERAL.captures(text) else { return constant(text, codes) };
    let mut path = String::new();
    let mut rest = &found[1];
    let is_template = text.starts_with(['f', '`']);
    while let Some(open) = rest.find('{').filter(|_| is_template) {
        let close = open + rest[open..].find('}')?;
        path.push_str(rest[..open].trim_end_matches('$'));
        path.push_str(&constant(&rest[open + 1..close], codes)?);
        rest = &rest[close + 1..];
    }
    path.push_str(rest);
    Some(path)
}

/// What a name stands for, where all files say the same.
fn constant(name: &str, codes: &[Code]) -> Option<String> {
    static VALUE: Pattern = Pattern::new(r#"^\s*(?::\s*[\w\[\]]+\s*)?[=:]\s*["']([^"'\n]*)["']"#);
    let name = name.trim().rsplit('.').next().unwrap_or_default();
    if name.len() < 2 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let mut values: Vec<String> = Vec::new();
    for code in codes {
        for (at, _) in code.text.match_indices(name).take(20) {
            let is_whole = !code.text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let rest = code.after(at + name.len(), 1);
            values.extend(VALUE.captures(rest).filter(|_| is_whole).map(|found| found[1].to_owned()));
        }
    }
    values.dedup();
    match values.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Arguments of a call, at its commas.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0_usize, 0, Vec::new());
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The name of a module: its folder's where the file is the folder's first one.
fn stem(path: &str) -> &str {
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.split('.').next().unwrap_or_default() {
        "index" | "__init__" => parents.rsplit('/').next().unwrap_or_default(),
        stem => stem,
    }
}

/// The prefixes that the blocks around a place give: `r.Route("/api", func(r chi.Router) {`, `namespace :api do`.
pub(super) fn nested(code: &Code, offset: usize) -> String {
    static BLOCK: Pattern = Pattern::new(
        r#"(?:\.Route\(|->group\(|\.group\(|prefix\(|\bnamespace\b|\bscope\b|\bMount\(|'prefix'\s*=>)\s*\(?\s*(?:["'](?<path>[^"'\n]+)["']|:(?<symbol>\w+))"#,
    );
    let mut prefix = String::new();
    for line in scope::around(code, offset) {
        if let Some(found) = BLOCK.captures(line) {
            let name = found.name("path").or_else(|| found.name("symbol")).map_or("", |name| name.as_str());
            prefix = format!("/{}{prefix}", name.trim_matches('/'));
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!(
            [&CALL, &PREFIX, &IDENTIFIER, &REQUIRED, &LITERAL, &ASSIGNED, &ROOT]
                .iter()
                .all(|pattern| pattern.is_sound())
        );
    }

    #[test]
    fn arguments_are_split_at_their_commas() {
        assert_eq!(split("'/a,b', f(x, y), { p: [1, 2] }"), ["'/a,b'", " f(x, y)", " { p: [1, 2] }"]);
    }
}
