//! `.dockerignore`: what never goes into a build.

use crate::project::{Language, Project};
use crate::toolchain::{Install, Toolchain};

/// Of every project: history, secrets, and what is about the image instead of in it.
const ALWAYS: &[&str] = &[
    ".git",
    ".gitignore",
    ".gitattributes",
    ".github",
    ".gitlab-ci.yml",
    ".idea",
    ".vscode",
    ".env",
    ".env.*",
    "**/.env",
    "**/.env.*",
    "**/*.key",
    "**/id_rsa*",
    ".dockerignore",
    "Dockerfile",
    "compose*.y*ml",
    "docker-compose*.y*ml",
    "containerization-spec.md",
];

const HEAD: &str = "# From `seaworthy init`: what never goes into a build.\n";

/// The text of a `.dockerignore`.
pub fn dockerignore(project: &Project) -> String {
    if project.existing.dockerfile.is_some() {
        // What a Dockerfile of one's own copies is not known here: only where Seaworthy puts images is added.
        return format!("{HEAD}{}\ntarget/seaworthy\n", ALWAYS.join("\n"));
    }
    let language = project.language.as_ref().map(|found| found.value);
    let own: &[&str] = match language {
        Some(Language::Python) => &[
            "**/__pycache__",
            "**/*.pyc",
            ".venv",
            "venv",
            "env",
            ".tox",
            ".nox",
            ".pytest_cache",
            ".mypy_cache",
            ".ruff_cache",
            "*.egg-info",
            "dist",
            "build",
            "tests",
            "**/*.sqlite3",
            "**/*.db",
        ],
        Some(Language::Node | Language::Site) if matches!(project.toolchain, Toolchain::Node(_)) => &[
            "**/node_modules",
            "dist",
            "build",
            ".next",
            ".nuxt",
            ".output",
            "coverage",
            "test",
            "tests",
            "**/*.test.*",
            "**/*.spec.*",
            "npm-debug.log*",
        ],
        Some(Language::Go) => &["bin", "dist", "**/*_test.go", "vendor"],
        Some(Language::Java) => &["build", ".gradle", "**/*.class"],
        Some(Language::DotNet) => &["**/bin", "**/obj"],
        Some(Language::Php) => &["vendor", "node_modules", "tests", "storage/logs/*", ".phpunit.cache"],
        Some(Language::Ruby) => {
            &["vendor/bundle", ".bundle", "log/*", "tmp/*", "spec", "test", "node_modules", "config/master.key"]
        }
        _ => &[],
    };
    let is_package = matches!(&project.toolchain, Toolchain::Python(python) if matches!(python.install, Install::Itself | Install::Uv { package: true }));
    let mut lines: Vec<&str> = ["target"].iter().chain(ALWAYS).chain(own).copied().collect();
    if !is_package && language.is_some() {
        // A package's readme is part of it.
        lines.push("*.md");
    }
    format!("{HEAD}{}\n", lines.join("\n"))
}
