//! What a program loads before it does anything: modules, libraries, scripts.

use std::collections::HashSet;
use std::path::Path;

use seaworthy_engine::{EngineError, PutFile};

use super::{Seen, ends_alike, files, is_further, seen_line};
use crate::cause::Cause;
use crate::desk::{Desk, set};
use crate::facts::shown;
use crate::log::{self, Clue};
use crate::program;
use crate::trial::{Outcome, Trial};

/// The Debian packages of libraries that are often forgotten.
const PACKAGES: &[(&str, &str)] = &[
    ("libpq.so.5", "libpq5"),
    ("libssl.so.3", "libssl3"),
    ("libcrypto.so.3", "libssl3"),
    ("libgomp.so.1", "libgomp1"),
    ("libstdc++.so.6", "libstdc++6"),
    ("libgcc_s.so.1", "libgcc-s1"),
    ("libGL.so.1", "libgl1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libmariadb.so.3", "libmariadb3"),
    ("libsqlite3.so.0", "libsqlite3-0"),
    ("libxml2.so.2", "libxml2"),
    ("libz.so.1", "zlib1g"),
    ("libcurl.so.4", "libcurl4"),
    ("libmagic.so.1", "libmagic1"),
    ("libffi.so.8", "libffi8"),
];

/// A module that the program loads and that is not there, or that its user may not read.
///
/// # Errors
///
/// Fails if the engine does.
pub(crate) fn import_error(
    desk: &Desk<'_>,
    seen: &Seen,
    first: &Trial,
    clue: &Clue,
) -> Result<Option<Cause>, EngineError> {
    let Some(module) = clue.what.as_deref() else { return Ok(None) };
    if let Some(cause) = php_extension(desk, seen, clue, module) {
        return Ok(Some(cause));
    }
    let file = module.rsplit('/').next().unwrap_or(module);
    let top = if module.contains('/') { file } else { module.split(['.', '$']).next().unwrap_or(module) };
    let place = log::place_before(&seen.text, clue.at).or_else(|| importer(desk, top));
    let place = place.map(|(path, line)| format!("; {path} line {line} loads it")).unwrap_or_default();
    let there = provided(desk, top);
    for path in &there {
        if let Some(cause) = files::closed_module(desk, first, clue, path)? {
            return Ok(Some(cause));
        }
    }
    let hidden = there.iter().find_map(|path| {
        let (source, mount) = desk.mounted(Path::new(path))?;
        (!source.exists()).then_some((path, mount))
    });
    let (cause, next) = match (there.first(), hidden) {
        (_, Some((path, mount))) => (
            format!("the module `{module}` is in the image at {path}, and what is mounted at {mount} hides it{place}"),
            format!("mount a folder that has `{top}`, or keep the image's own: `--volume {path}`"),
        ),
        (None, _) => (
            format!("the module `{module}` is not in the image{place}"),
            format!("add `{top}` to the project's requirements (or copy it), and build again"),
        ),
        (Some(path), _) => (
            format!("the module `{module}` cannot be loaded, though {path} is in the image{place}"),
            format!("look whether the program's search path leads to {path}, and whether its version has `{module}`"),
        ),
    };
    let seen_in_files = if there.is_empty() {
        format!("no file of the image provides `{top}`")
    } else {
        format!("found: {}", there.join(", "))
    };
    let cause = Cause::new("import-error", cause, next).shown_by(seen_line(desk, clue)).shown_by(seen_in_files);
    // A wrapper may have its own last words behind the traceback of the program.
    let ends_traceback = log::has_unhandled(&seen.text) && clue.line.starts_with("ModuleNotFoundError");
    if ends_traceback || log::closes(&seen.text, clue) {
        return Ok(Some(cause.confirmed()));
    }
    // A program may say so of a module that it can do without.
    match with_module(desk, first, module, clue)? {
        Some(varied) if ends_alike(first, &varied, &clue.line) => Ok(None),
        Some(varied) if is_further(first, &varied, &clue.line) => {
            Ok(Some(cause.shown_by(format!("a copy with an empty module {module}: {}", varied.told())).confirmed()))
        }
        _ => Ok(Some(cause)),
    }
}

/// Where a copy gets a module that stands in for one: the variable that names the folder, and the ending of the module's file.
fn place_for_module(line: &str) -> Option<(&'static str, &'static str)> {
    let of = |words: &str| line.contains(words);
    if of("No module named") {
        Some(("PYTHONPATH", "py"))
    } else if of("Cannot find module") {
        Some(("NODE_PATH", "js"))
    } else if of("cannot load such file") {
        Some(("RUBYLIB", "rb"))
    } else {
        None
    }
}

/// A copy with an empty module of that name; `None` where no copy can show anything.
fn with_module(desk: &Desk<'_>, first: &Trial, module: &str, clue: &Clue) -> Result<Option<Trial>, EngineError> {
    const FOLDER: &str = "/.seaworthy/modules";
    let is_file = module.starts_with(['/', '.']) || module.contains("..");
    let Some((variable, ending)) = place_for_module(&clue.line).filter(|_| !is_file) else { return Ok(None) };
    if first.outcome == Outcome::Runs {
        return Ok(None);
    }
    let mut run = desk.base.clone();
    let path = desk.facts.variable(variable).map(|own| format!(":{own}")).unwrap_or_default();
    set(&mut run, variable, &format!("{FOLDER}{path}"));
    run.files.push(PutFile::new(format!("{FOLDER}/{module}.{ending}"), []));
    desk.try_run(&format!("a copy with an empty module {module}"), &run)
}

/// Functions of PHP by their beginnings, and the extensions that have them.
const EXTENSIONS: &[(&str, &str)] = &[
    ("pg_", "pgsql"),
    ("mysqli_", "mysqli"),
    ("curl_", "curl"),
    ("mb_", "mbstring"),
    ("image", "gd"),
    ("simplexml_", "xml"),
    ("xml_", "xml"),
    ("gmp_", "gmp"),
    ("bc", "bcmath"),
    ("could not find driver", "pdo_pgsql"),
];

/// A function of PHP that only an extension has, which is not there.
fn php_extension(desk: &Desk<'_>, seen: &Seen, clue: &Clue, function: &str) -> Option<Cause> {
    let is_driver = function == "could not find driver";
    let is_php = is_driver || clue.line.contains("undefined function");
    let (_, extension) = EXTENSIONS.iter().find(|(begin, _)| is_php && function.starts_with(begin))?;
    let place = log::place_before(&seen.text, clue.at).or_else(|| importer(desk, function));
    let place = place.map(|(path, line)| format!("; {path} line {line} needs it")).unwrap_or_default();
    let needs = if is_driver { "a driver of PDO".to_owned() } else { format!("`{function}()`") };
    let file = format!("{extension}.so");
    let cause = Cause::new(
        "import-error",
        format!("PHP's extension `{extension}`, which has {needs}, is not in the image{place}"),
        format!(
            "install it: `docker-php-ext-install {extension}`, or Debian's `php-{}`",
            extension.trim_start_matches("pdo_")
        ),
    );
    let is_there = !desk.facts.named(&file).is_empty();
    let cause = cause.shown_by(seen_line(desk, clue));
    Some(
        if is_there {
            cause.shown_by(format!("{file} is in the image, and PHP does not load it"))
        } else {
            cause.shown_by(format!("no file of the image is called {file}"))
        }
        .confirmed(),
    )
}

/// The line of the user's code that names a module, where the log does not tell.
fn importer(desk: &Desk<'_>, module: &str) -> Option<(String, u32)> {
    let loads = |line: &str| {
        let has =
            |word: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|part| part == word);
        (has("import") || has("require") || has("from") || has("use")) && has(module)
    };
    desk.facts.sources().iter().find_map(|(path, text)| {
        let line = text.lines().position(loads)?;
        Some((shown(path), u32::try_from(line + 1).ok()?))
    })
}

/// Files and folders that would be the module, at most three.
fn provided(desk: &Desk<'_>, top: &str) -> Vec<String> {
    let is_module = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        let kind = path.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
        let is_code =
            ["py", "so", "js", "mjs", "cjs", "rb", "pm", "php", "jar", "dll", "class"].contains(&kind.as_str());
        name == top || (stem == top && is_code)
    };
    let in_code = |path: &Path| {
        let text = path.to_string_lossy();
        ["site-packages", "dist-packages", "node_modules", "python3", "/gems/", "perl"]
            .iter()
            .any(|part| text.contains(part))
            || text.starts_with("app")
            || text.starts_with("srv")
            || text.starts_with("code")
            || text.starts_with("opt")
            || (!desk.facts.working_dir.trim_matches('/').is_empty()
                && text.starts_with(desk.facts.working_dir.trim_matches('/')))
    };
    let found = desk.facts.tree.iter().filter(|(path, _)| is_module(path) && in_code(path));
    found.take(3).map(|(path, _)| shown(path)).collect()
}

/// A shared library that the loader says is missing.
pub(crate) fn missing_library(desk: &Desk<'_>, clue: &Clue) -> Option<Cause> {
    let library = clue.what.as_deref()?;
    let by = clue
        .line
        .split(": ")
        .next()
        .filter(|word| word.starts_with('/') || !word.contains(' '))
        .unwrap_or("the program");
    let by = if by.contains("Error") || by == library { "the program" } else { by };
    let there = desk.facts.named(library);
    let package = PACKAGES.iter().find(|(name, _)| *name == library).map(|(_, package)| *package);
    let next = match (there.first(), package) {
        (Some(path), _) => {
            format!("put the folder of {} into the loader's path: `ENV LD_LIBRARY_PATH`, or `ldconfig`", shown(path))
        }
        (None, Some(package)) => {
            format!("install it in the last stage: `RUN apt-get install --no-install-recommends {package}`")
        }
        (None, None) => {
            format!("install the package that has {library} in the last stage (`apt-file search {library}` names it)")
        }
    };
    let cause = match there.first() {
        None => format!("{by} needs the shared library {library}, which is not in the image"),
        Some(path) => format!("{by} needs the shared library {library}; {} is not where the loader looks", shown(path)),
    };
    Some(
        Cause::new("missing-shared-library", cause, next)
            .shown_by(seen_line(desk, clue))
            .shown_by(if there.is_empty() { "no file of the image has that name" } else { "" })
            .confirmed(),
    )
}

/// Another C library, or an older one.
pub(crate) fn libc(desk: &Desk<'_>, clue: &Clue) -> Option<Cause> {
    let symbol = clue.what.as_deref()?;
    let path = clue.path.clone().or_else(|| desk.facts.words.first().cloned()).unwrap_or_default();
    let cause = if symbol.starts_with("GLIBC") || symbol.starts_with("CXXABI") {
        format!("{path} needs {symbol}, and the image's C library is older")
    } else {
        format!("{path} is built for another C library than the image has: it needs the symbol `{symbol}`")
    };
    let next = "build on the base that the last stage has, or an older one; or link statically";
    Some(Cause::new("libc-mismatch", cause, next).shown_by(seen_line(desk, clue)).confirmed())
}

/// A script with Windows line ends that an interpreter is told to run.
pub(crate) fn crlf(desk: &Desk<'_>, clue: &Clue) -> Option<Cause> {
    let mut candidates: HashSet<_> =
        desk.facts.words.iter().filter_map(|word| desk.facts.find(word)).map(|(path, _)| path).collect();
    candidates.extend(desk.facts.sources().into_iter().map(|(path, _)| path.to_owned()));
    let mut candidates: Vec<_> = candidates.into_iter().collect();
    candidates.sort();
    let has = |path: &std::path::PathBuf| {
        let bytes = desk.facts.content(path)?;
        let line = bytes.split(|&byte| byte == b'\n').next()?;
        let is_script = bytes.starts_with(b"#!") || path.extension().is_some_and(|kind| kind == "sh");
        (is_script && line.ends_with(b"\r"))
            .then(|| String::from_utf8_lossy(line).trim_start_matches("#!").trim().to_owned())
    };
    let (path, interpreter) = candidates.iter().find_map(|path| has(path).map(|line| (path, line)))?;
    Some(program::crlf(&shown(path), &interpreter).shown_by(seen_line(desk, clue)))
}

/// A program that a script runs and that is not there.
pub(crate) fn not_found(desk: &Desk<'_>, clue: &Clue) -> Option<Cause> {
    let name = clue.path.as_deref().filter(|name| !desk.is_mounted(name))?;
    if let Some((path, node)) = desk.facts.find(name) {
        return program::of_file(&desk.facts, name, &path, node).map(|cause| cause.shown_by(seen_line(desk, clue)));
    }
    let cause = format!("a script runs `{name}`, which is not in the image");
    let next = format!("install the package that has `{name}`, or correct the script");
    Some(Cause::new("entrypoint-not-found", cause, next).shown_by(seen_line(desk, clue)).confirmed())
}

/// Of a program that ended with nothing to read: what its file needs.
pub(crate) fn silent(desk: &Desk<'_>, seen: &Seen) -> Option<Cause> {
    if !matches!(seen.outcome, Outcome::Exited(exit) if exit.code == 127) {
        return None;
    }
    let (path, library) = program::missing_library(&desk.facts)?;
    let cause = format!("{} needs the shared library {library}, which is not in the image", shown(&path));
    Some(
        Cause::new(
            "missing-shared-library",
            cause,
            format!("install the package that has {library} in the last stage"),
        )
        .shown_by("no file of the image has that name")
        .confirmed(),
    )
}
