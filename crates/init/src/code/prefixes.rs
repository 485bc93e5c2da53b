//! The prefixes of routes in languages whose routers are values or classes: Go, Rust, Java, .NET.

use std::collections::{HashMap, HashSet};

use super::{Code, Pattern, scope};
use crate::project::Language;

const MOST: usize = 200;
const DEEPEST: usize = 8;

/// `v1 := r.Group("/v1")`, `api := r.PathPrefix("/api").Subrouter()`, `var todos = app.MapGroup("/todos");`
static GROUP: Pattern =
    Pattern::new(r#"(\w+)\s*:?=\s*(\w+)(?:\.MapGroup|\.Group|\.Party|\.PathPrefix)\(\s*"([^"\n]*)"\s*[,)]"#);
/// `RegisterTasks(v1, db)`, `tasks.Register(rg.Group("/tasks"))`, `r.Mount("/tasks", tasksRouter())`
static PASSED: Pattern =
    Pattern::new(r#"(?:\b(\w+)\.)?\b(\w+)\(\s*(?:\w+,\s*)?(\w+)(?:\.(?:Map)?Group\(\s*"([^"\n]*)"\s*\))?\s*[,)]"#);
static MOUNTED: Pattern = Pattern::new(r#"\.Mount\(\s*"([^"\n]*)"\s*,\s*(?:\w+\.)?(\w+)\("#);
/// Something is grouped below a path.
static GROUPED: Pattern = Pattern::new(r#"\.(?:MapGroup|Group|Party|PathPrefix|Mount)\(\s*"/?[^"/\n]"#);
/// `.nest("/api", api::router())`, `web::scope("/api")`, `.mount("/api", routes![…])`
static NESTED: Pattern =
    Pattern::new(r#"\.(?:nest|nest_service|mount)\(\s*"([^"\n]*)"\s*,\s*(?:\w+::)*(?:(\w+)::)?(\w+)"#);
static SCOPED: Pattern = Pattern::new(r#"\bscope\(\s*"/?[^"/\n]"#);
/// `@RequestMapping("/tasks")` of a class, `@Path("/tasks")`
static CLASS: Pattern =
    Pattern::new(r#"(?m)^@(?:RequestMapping|Path|Controller)\(\s*(?:(?:value|path)\s*=\s*)?\{?\s*"([^"\n]*)""#);
static APPLICATION: Pattern = Pattern::new(r#"@ApplicationPath\(\s*"([^"\n]*)""#);
static CONTEXT: Pattern = Pattern::new(
    r"(?m)^\s*(?:server\.servlet\.context-path|spring\.mvc\.servlet\.path|spring\.webflux\.base-path|quarkus\.http\.root-path|quarkus\.rest\.path)\s*=\s*(\S+)\s*$|^\s+(?:context-path|base-path|root-path):\s*['\x22]?(/[^\s'\x22]*)",
);
/// `[Route("api/[controller]")]`
static ROUTE: Pattern = Pattern::new(r#"\[Route\(\s*"([^"\n]*)"\s*\)\]"#);
static CONTROLLER: Pattern = Pattern::new(r"\bclass\s+(\w+?)(?:Controller)?\b");

/// A router that is made below another one in a file.
struct Group {
    name: String,
    parent: String,
    prefix: String,
}

/// What all files of a project say of prefixes.
#[derive(Default)]
pub(super) struct Prefixes {
    /// For each file: its groups, and the names that it makes values of.
    files: Vec<(Vec<Group>, HashSet<String>)>,
    /// By the function that gets a group, the file that calls it, the group, and what is added.
    passed: HashMap<String, (usize, String, String)>,
    mounted: HashMap<String, String>,
    is_grouped: bool,
    /// Of Rust: prefix, module, function.
    nested: Vec<(String, Option<String>, String)>,
    nests: Vec<bool>,
    is_scoped: bool,
    /// Of a whole application of Java.
    application: String,
}

impl Prefixes {
    pub(super) fn of(codes: &[Code], language: Language) -> Self {
        let mut all = Self::default();
        match language {
            Language::Go | Language::DotNet => all.groups(codes),
            Language::Rust => all.nests(codes),
            Language::Java => all.application = application(codes),
            _ => {}
        }
        all
    }

    fn groups(&mut self, codes: &[Code]) {
        static MADE: Pattern = Pattern::new(r"\b(\w+)(?:, \w+)?\s*:=|\bvar\s+(\w+)\s*=");
        self.is_grouped = codes.iter().any(|code| GROUPED.is_in(&code.text));
        for (index, code) in codes.iter().enumerate() {
            let group = |found: &regex::Captures<'_>| Group {
                name: found[1].to_owned(),
                parent: found[2].to_owned(),
                prefix: slashed(&found[3]),
            };
            let groups: Vec<Group> = GROUP.all(code).take(MOST).map(|(found, _)| group(&found)).collect();
            let made = MADE
                .all(code)
                .take(2_000)
                .filter_map(|(found, _)| Some(found.get(1).or_else(|| found.get(2))?.as_str().to_owned()));
            self.files.push((groups, made.collect()));
            for (found, _) in MOUNTED.all(code).take(MOST) {
                self.mounted.entry(found[2].to_owned()).or_insert_with(|| slashed(&found[1]));
            }
            self.calls(index, code);
        }
    }

    fn nests(&mut self, codes: &[Code]) {
        self.is_scoped = codes.iter().any(|code| SCOPED.is_in(&code.text));
        for code in codes {
            self.nests.push(code.text.contains(".nest(") || code.text.contains(".mount("));
            for (found, _) in NESTED.all(code).take(MOST) {
                let module = found.get(2).map(|name| name.as_str().to_owned());
                self.nested.push((slashed(&found[1]), module, found[3].to_owned()));
            }
        }
    }

    fn calls(&mut self, index: usize, code: &Code) {
        for (found, _) in PASSED.all(code).take(2_000) {
            let is_declared = code.before(found.get_match().start()).trim_start().starts_with("func ");
            let name = &found[3];
            let is_group = found.get(4).is_some() || self.files[index].0.iter().any(|group| group.name == *name);
            if !is_declared && (is_group || self.files[index].1.contains(name)) {
                let inner = found.get(4).map_or(String::new(), |inner| slashed(inner.as_str()));
                // Packages have functions of the same name.
                let package = found.get(1).map_or("", |package| package.as_str());
                let function = format!("{package}.{}", &found[2]);
                self.passed.entry(function).or_insert_with(|| (index, name.to_owned(), inner));
            }
        }
    }

    /// The prefix of a route of Go or of .NET's minimal API; `None` where it is not known.
    pub(super) fn grouped(&self, code: &Code, file: usize, router: &str, offset: usize) -> Option<String> {
        let around = scope::around(code, offset);
        let functions: Vec<&str> = around.into_iter().map(scope::name).filter(|name| !name.is_empty()).collect();
        let package = code.path.rsplit('/').nth(1).unwrap_or_default();
        self.group(file, router, package, &functions, 0)
    }

    fn group(&self, file: usize, router: &str, package: &str, functions: &[&str], depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let (groups, made) = &self.files[file];
        if let Some(group) = groups.iter().find(|group| group.name == router) {
            let is_own = group.parent == group.name;
            let above =
                if is_own { String::new() } else { self.group(file, &group.parent, package, functions, depth + 1)? };
            return Some(format!("{above}{}", group.prefix));
        }
        for function in functions.iter().filter(|name| !matches!(**name, "main" | "init")) {
            if let Some(prefix) = self.mounted.get(*function) {
                return Some(prefix.clone());
            }
            let passed = || {
                self.passed.get(&format!("{package}.{function}")).or_else(|| self.passed.get(&format!(".{function}")))
            };
            if let Some((index, name, inner)) = passed().filter(|_| !made.contains(router)) {
                return Some(format!("{}{inner}", self.group(*index, name, "", &[], depth + 1)?));
            }
        }
        // The root's, unless the router may be a group that is passed on.
        (made.contains(router) || router == "http" || !self.is_grouped).then(String::new)
    }

    /// The prefix of a route of Rust: that under which the function that makes its router is nested.
    pub(super) fn nested(&self, code: &Code, file: usize, offset: usize) -> Option<String> {
        let around = scope::around(code, offset);
        let is_macro = code.line(offset).trim_start().starts_with("#[");
        if (self.is_scoped && is_macro) || around.iter().any(|line| line.contains(".nest(")) {
            return None;
        }
        if self.is_scoped {
            return Some(super::mounts::nested(code, offset));
        }
        let functions: Vec<&str> = around.into_iter().map(scope::name).collect();
        let path = code.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let module = path.rsplit('/').next().unwrap_or_default();
        let is_it = |(_, of, function): &&(String, Option<String>, String)| {
            functions.contains(&function.as_str()) && of.as_ref().is_none_or(|name| name == module)
        };
        if let Some((prefix, ..)) = self.nested.iter().find(is_it) {
            return Some(prefix.clone());
        }
        // Others may be reached through a router that is nested; what nests is nearest to the root.
        let is_nested = self.nested.iter().any(|(prefix, ..)| !prefix.is_empty());
        let is_root =
            self.nests[file] || module == "main" || functions.iter().any(|name| matches!(*name, "main" | "app"));
        (!is_nested || is_root).then(String::new)
    }

    /// The prefix of the routes of a class of Java, with that of the application.
    pub(super) fn of_class(&self, code: &Code) -> String {
        let class = CLASS.first(code).map_or(String::new(), |found| slashed(&found.value));
        format!("{}{class}", self.application)
    }
}

fn application(codes: &[Code]) -> String {
    let context = codes.iter().find_map(|code| {
        let (found, _) = CONTEXT.all(code).next()?;
        found.get(1).or_else(|| found.get(2)).map(|path| slashed(path.as_str()))
    });
    let application = codes.iter().find_map(|code| Some(slashed(&APPLICATION.first(code)?.value)));
    context.into_iter().chain(application).collect()
}

/// The prefix of the actions of a controller of .NET.
pub(super) fn of_controller(code: &Code) -> String {
    let Some(route) = ROUTE.first(code) else { return String::new() };
    let name = CONTROLLER.first(code).map_or(String::new(), |found| found.value.to_ascii_lowercase());
    slashed(&route.value.replace("[controller]", &name))
}

/// `/a` of `a/`, nothing of `/`.
fn slashed(path: &str) -> String {
    match path.trim_matches('/') {
        "" => String::new(),
        path => format!("/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        let all = [
            &GROUP,
            &PASSED,
            &MOUNTED,
            &GROUPED,
            &NESTED,
            &SCOPED,
            &CLASS,
            &APPLICATION,
            &CONTEXT,
            &ROUTE,
            &CONTROLLER,
        ];
        assert!(all.iter().all(|pattern| pattern.is_sound()));
    }
}
