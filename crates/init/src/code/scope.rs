//! Where in a file a piece of code stands: the lines that it is inside of, by their indentation.

use super::{Code, Pattern};

/// Lines that are looked at above a place, at most.
const MOST_LINES: usize = 2_000;

/// The beginning of a function or of a handler: what it is called is the first group, if it has a name.
static FUNCTION: Pattern = Pattern::new(
    r"\b(?:def|func|fn|function|fun)\s+(?:\([^)]*\)\s*)?(?:self\.)?(\w+)|(\w+)\s*=\s*(?:async\s*)?(?:\([^)]*\)|\w+)\s*(?::\s*[\w<>\[\]. ]+)?=>|=>|\bfunc\(|\bfunction\s*\(|\)\s*(?:async\s*)?\{\s*$|\bdo\b(?:\s*\|[^|]*\|)?\s*$",
);
/// Statements of languages with braces that are no function: `if (x) {`, `const x = f({`.
static STATEMENT: Pattern = Pattern::new(
    r"^\s*(?:\}\s*)?(?:if|else|for|while|switch|match|try|catch|finally|with|class|impl|struct|mod|namespace|begin|unless|case)\b",
);
/// Functions that every start calls, by their names.
static AT_START: Pattern = Pattern::new(
    r"(?i)^(?:main|init|start|run|serve|boot|bootstrap|setup|new|configure|create_?app|make_?app|build_?app|get_?app|create_?application|get_?application|from_?env|load\w*|\w*config\w*|\w*settings|connect\w*|open\w*|must\w*|lifespan|startup|on_?startup|create_?server|build_?server|start_?server)$",
);
/// Blocks that are run while a program starts, and have no name.
static BLOCK_AT_START: Pattern = Pattern::new(
    r"\b(?:configure|listen\(|lifespan|Rails\.application|config\.)|^\s*\((?:async\s*)?(?:function)?\s*\(\)|^\s*module\.exports\s*=",
);

/// The lines around `offset`, the nearest first: each is indented less than the one before it.
pub(crate) fn around(code: &Code, offset: usize) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut least = indent(code.line(offset));
    let mut found = Vec::new();
    for line in code.above(offset).take(MOST_LINES) {
        if least == 0 {
            break;
        }
        if !line.trim().is_empty() && indent(line) < least && !line.trim_start().starts_with([')', ']']) {
            least = indent(line);
            found.push(line);
        }
    }
    found
}

/// Whether the code at `offset` is run at every start, and not only when a function of another purpose is called.
pub(crate) fn is_run_at_start(code: &Code, offset: usize) -> bool {
    let own = code.before(offset);
    // A function on one line: `get: () => process.env.X`.
    if own.contains("=>") && FUNCTION.is_in(own) && !AT_START.is_in(name(own)) {
        return false;
    }
    around(code, offset).into_iter().all(|line| {
        let is_function = FUNCTION.is_in(line) && !STATEMENT.is_in(line);
        !is_function || AT_START.is_in(name(line)) || BLOCK_AT_START.is_in(line)
    })
}

/// The name of the function that a line begins.
pub(crate) fn name(line: &str) -> &str {
    FUNCTION.captures(line).and_then(|found| found.get(1).or_else(|| found.get(2))).map_or("", |name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::Comments;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let code = Code::new("f", text, Comments::Slashes);
        let at = text.find("READ").unwrap();
        assert_eq!(is_run_at_start(&code, at), expected, "{text}");
    }

    #[test]
    fn every_pattern_is_sound() {
        assert!([&FUNCTION, &STATEMENT, &AT_START, &BLOCK_AT_START].iter().all(|pattern| pattern.is_sound()));
    }

    #[test]
    fn what_every_start_runs_is_told_from_what_a_request_runs() {
        check("READ", true);
        check("if x:\n    READ", true);
        check("class Config:\n    KEY = READ", true);
        check("def create_app():\n    READ", true);
        check("def pay(request):\n    READ", false);
        check("@app.get('/')\nasync def index():\n    if x:\n        READ", false);
        check("const a = {\n  key: READ,\n};", true);
        check("app.get('/pay', (req, res) => {\n  READ\n});", false);
        check("async function main() {\n  READ\n}", true);
        check("export async function pay(order: Order) {\n  READ\n}", false);
        check("const get = () => READ", false);
        check("func main() {\n\tREAD\n}", true);
        check("func (s *Server) pay(w http.ResponseWriter, r *http.Request) {\n\tREAD\n}", false);
        check("http.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) {\n\tREAD\n})", false);
        check("async fn main() -> Result<()> {\n    READ\n}", true);
        check("impl Config {\n    fn from_env() -> Self {\n        READ\n    }\n}", true);
        check("async fn pay() {\n    READ\n}", false);
        check("get '/pay' do\n  READ\nend", false);
        check("configure do\n  READ\nend", true);
    }
}
