//! Versions and figures that are chosen where the project says none: one table, looked through when a release is due.
//!
//! Bases are pinned to a version's tag. A digest would be better and cannot be known without a registry.

use std::borrow::Cow;

use crate::project::{Language, Project};
use crate::toolchain::{JavaTool, Toolchain};

pub(crate) const UV: &str = "uv==0.13.9";
pub(crate) const POETRY: &str = "poetry==2.5.1";
pub(crate) const PIPENV: &str = "pipenv==2026.10.3";
pub(crate) const GUNICORN: &str = "gunicorn==27.0.1";
pub(crate) const UVICORN: &str = "uvicorn==0.54.0";
pub(crate) const PNPM: &str = "pnpm@10.20.0";
const NODE: &str = "22";
const GO: &str = "1.25";
const RUST: &str = "rust:1.91-alpine";
const JAVA: &str = "21";
const DOTNET: &str = "8.0";
const PHP: &str = "8.3";
const RUBY: &str = "3.3";
const COMPOSER: &str = "composer:2.8";
const ALPINE: &str = "alpine:3.22";
/// Where a site's web server listens: above 1024, since it is not root.
pub(crate) const SITE_PORT: u16 = 8080;
const NGINX: &str = "nginxinc/nginx-unprivileged:1.29-alpine";

/// The images that a Dockerfile begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bases {
    /// With what compiles or installs.
    pub(crate) build: String,
    pub(crate) run: String,
    /// Why this one, in a few words.
    pub(crate) why: String,
    /// Beside it, for a reader.
    pub(crate) alternative: Option<String>,
    /// `10001:10001`, or the user that the base has.
    pub(crate) user: &'static str,
}

/// What a service of a kind needs, as a first promise: room to grow by half, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub size_mb: u32,
    pub size_why: Cow<'static, str>,
    pub start_seconds: u32,
    pub start_why: Cow<'static, str>,
    pub memory_mb: u32,
    pub memory_why: Cow<'static, str>,
}

/// A user that no base image has: nothing in the image is its own, and a number is what Kubernetes can check.
pub(crate) const USER: &str = "10001:10001";

pub(crate) fn bases(project: &Project) -> Bases {
    let version = project.version.as_ref().map(|found| found.value.as_str());
    match &project.toolchain {
        Toolchain::Python(python) => {
            let version = version.map_or(format!("3.{}", crate::language::PYTHON_MINOR), str::to_owned);
            match &python.musl {
                Ok(()) => Bases {
                    build: format!("python:{version}-alpine"),
                    run: format!("python:{version}-alpine"),
                    why: "small, secure".to_owned(),
                    alternative: Some(format!("python:{version}-slim (if Alpine compatibility issues)")),
                    user: USER,
                },
                Err(package) => Bases {
                    build: if python.libraries.is_empty() {
                        format!("python:{version}-slim")
                    } else {
                        format!("python:{version}")
                    },
                    run: format!("python:{version}-slim"),
                    why: format!("wheels of `{package}` for Alpine's musl are not known of; Debian's glibc has them"),
                    alternative: Some(format!("python:{version}-alpine (if every package has a wheel for musl)")),
                    user: USER,
                },
            }
        }
        Toolchain::Node(node) => {
            let version = version.unwrap_or(NODE);
            if node.site.is_some() {
                return site(format!("node:{version}-alpine"));
            }
            let (variant, why) = match &node.glibc {
                None => ("alpine", "small, secure".to_owned()),
                Some(package) => ("slim", format!("`{package}` needs glibc")),
            };
            let base = format!("node:{version}-{variant}");
            let alternative =
                node.glibc.is_none().then(|| format!("node:{version}-slim (if a package has no build for musl)"));
            // The image's own user `node`: some packages want to find theirs in /etc/passwd.
            Bases { build: base.clone(), run: base, why, alternative, user: "1000:1000" }
        }
        Toolchain::Go(_) => Bases {
            build: format!("golang:{}-alpine", version.unwrap_or(GO)),
            run: ALPINE.to_owned(),
            why: "one static binary; Alpine has CA certificates, and a client for the health check".to_owned(),
            alternative: Some("scratch (if nothing in the image has to ask for its health)".to_owned()),
            user: USER,
        },
        Toolchain::Rust(_) => Bases {
            build: RUST.to_owned(),
            run: "scratch".to_owned(),
            why: "a static binary needs nothing of a distribution".to_owned(),
            alternative: None,
            user: USER,
        },
        Toolchain::Java(java) => {
            let version = version.unwrap_or(JAVA);
            let tool = match java.tool {
                JavaTool::Maven => format!("maven:3.9-eclipse-temurin-{version}"),
                JavaTool::Gradle => format!("gradle:8-jdk{version}"),
            };
            let run = format!("eclipse-temurin:{version}-jre-alpine");
            Bases {
                build: tool,
                run,
                why: "a runtime without a compiler, on Alpine".to_owned(),
                alternative: None,
                user: USER,
            }
        }
        Toolchain::DotNet(dotnet) => {
            let version = version.unwrap_or(DOTNET);
            let kind = if dotnet.is_web { "aspnet" } else { "runtime" };
            Bases {
                build: format!("mcr.microsoft.com/dotnet/sdk:{version}-alpine"),
                run: format!("mcr.microsoft.com/dotnet/{kind}:{version}-alpine"),
                why: "a runtime without an SDK, on Alpine".to_owned(),
                alternative: None,
                // The image's own user `app`.
                user: "1654:1654",
            }
        }
        Toolchain::Php(_) => Bases {
            build: COMPOSER.to_owned(),
            run: format!("php:{}-apache", version.unwrap_or(PHP)),
            why: "PHP with the web server that serves it".to_owned(),
            alternative: None,
            // www-data
            user: "33:33",
        },
        Toolchain::Ruby(_) => {
            let version = version.unwrap_or(RUBY);
            Bases {
                build: format!("ruby:{version}"),
                run: format!("ruby:{version}-slim"),
                why: "gems that are compiled are compiled for Debian's glibc".to_owned(),
                alternative: None,
                user: USER,
            }
        }
        Toolchain::Site(_) => site(NGINX.to_owned()),
        Toolchain::Dockerfile => {
            let base = project.existing.dockerfile.as_ref().and_then(|recipe| recipe.base.as_ref());
            let run = base.map_or("scratch".to_owned(), |base| base.value.clone());
            Bases { build: run.clone(), run, why: String::new(), alternative: None, user: USER }
        }
    }
}

/// Of an image that is there: what it has and a tenth more, in tens of MB.
fn size_today(project: &Project) -> Option<u32> {
    let bytes = project.image.as_ref()?.unpacked_bytes;
    u32::try_from((bytes + bytes / 10) / 10_000_000 + 1).ok()?.checked_mul(10)
}

fn site(build: String) -> Bases {
    Bases {
        build,
        run: NGINX.to_owned(),
        why: "nginx without root, on Alpine".to_owned(),
        alternative: None,
        user: "101:101",
    }
}

/// What was seen goes before what services of its kind need.
pub fn figures(project: &Project) -> Figures {
    let mut figures = of_kind(project);
    let Some(seen) = &project.seen else { return figures };
    if let Some((seconds, why)) = seen.start_seconds() {
        (figures.start_seconds, figures.start_why) = (seconds, Cow::Owned(why));
    }
    if let Some((mb, why)) = seen.memory_mb() {
        (figures.memory_mb, figures.memory_why) = (mb, Cow::Owned(why));
    }
    figures
}

fn of_kind(project: &Project) -> Figures {
    let language = project.language.as_ref().map(|found| found.value);
    let own = project.existing.dockerfile.as_ref().and_then(|recipe| recipe.base.as_ref());
    let on_alpine = own.map_or_else(|| bases(project).run, |base| base.value.clone()).contains("alpine");
    match language {
        Some(Language::Python) if on_alpine => Figures {
            size_mb: 200,
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; Python on Alpine is 50 MB, packages get the rest",
            ),
            start_seconds: 10,
            start_why: Cow::Borrowed("an interpreter, its imports and the first connection"),
            memory_mb: 256,
            memory_why: Cow::Borrowed("a Python process with a framework and a driver takes 60 to 120 MB"),
        },
        Some(Language::Python) => Figures {
            size_mb: 400,
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; Python on Debian slim is 130 MB, packages get the rest",
            ),
            start_seconds: 10,
            start_why: Cow::Borrowed("an interpreter, its imports and the first connection"),
            memory_mb: 256,
            memory_why: Cow::Borrowed("a Python process with a framework and a driver takes 60 to 120 MB"),
        },
        Some(Language::Node) => Figures {
            size_mb: if on_alpine { 300 } else { 450 },
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; Node.js itself is 160 MB on Alpine, packages get the rest",
            ),
            start_seconds: 5,
            start_why: Cow::Borrowed("an interpreter and its modules"),
            memory_mb: 256,
            memory_why: Cow::Borrowed("a Node.js process with a framework takes 60 to 150 MB"),
        },
        Some(Language::Site) => Figures {
            size_mb: 100,
            size_why: Cow::Borrowed("Smaller images push/pull faster, reduce storage costs; nginx on Alpine is 50 MB"),
            start_seconds: 2,
            start_why: Cow::Borrowed("a web server has nothing to load"),
            memory_mb: 64,
            memory_why: Cow::Borrowed("nginx takes a few MB for each of its processes"),
        },
        Some(Language::Go | Language::Rust) => Figures {
            size_mb: 50,
            size_why: Cow::Borrowed("Smaller images push/pull faster, reduce storage costs; it is one binary"),
            start_seconds: 2,
            start_why: Cow::Borrowed("a binary has nothing to load"),
            memory_mb: 128,
            memory_why: Cow::Borrowed("a compiled service takes 10 to 50 MB"),
        },
        Some(Language::Java) => Figures {
            size_mb: 400,
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; the Java runtime is 200 MB",
            ),
            start_seconds: 30,
            start_why: Cow::Borrowed("a virtual machine that scans its classes"),
            memory_mb: 512,
            memory_why: Cow::Borrowed("a virtual machine takes 200 to 400 MB"),
        },
        Some(Language::DotNet) => Figures {
            size_mb: 200,
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; ASP.NET on Alpine is 110 MB",
            ),
            start_seconds: 10,
            start_why: Cow::Borrowed("a runtime that compiles while it starts"),
            memory_mb: 256,
            memory_why: Cow::Borrowed("an ASP.NET process takes 60 to 150 MB"),
        },
        Some(Language::Php) => Figures {
            size_mb: 600,
            size_why: Cow::Borrowed("Smaller images push/pull faster, reduce storage costs; PHP with Apache is 500 MB"),
            start_seconds: 5,
            start_why: Cow::Borrowed("a web server and its module"),
            memory_mb: 256,
            memory_why: Cow::Borrowed("Apache takes 20 MB for each of its processes"),
        },
        Some(Language::Ruby) => Figures {
            size_mb: 500,
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; Ruby on Debian slim is 220 MB, gems get the rest",
            ),
            start_seconds: 15,
            start_why: Cow::Borrowed("an interpreter and its gems"),
            memory_mb: 512,
            memory_why: Cow::Borrowed("a Ruby process with a framework takes 100 to 250 MB"),
        },
        None => Figures {
            size_mb: size_today(project).unwrap_or(500),
            size_why: Cow::Borrowed(
                "Smaller images push/pull faster, reduce storage costs; to be lowered to what `seaworthy build` prints, and a tenth",
            ),
            start_seconds: 30,
            start_why: Cow::Borrowed("not known yet; to be lowered to what a run shows"),
            memory_mb: 512,
            memory_why: Cow::Borrowed("not known yet; to be lowered to what a run shows"),
        },
    }
}
