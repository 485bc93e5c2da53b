//! Python: packages into an environment of their own, which the last stage takes over.

use super::{CacheMounts, File, copies, port};
use crate::project::Project;
use crate::toolchain::{Install, Python};
use crate::versions::{Bases, PIPENV, POETRY, UV};

const PIP_CACHE: &str = "/root/.cache/pip";
const VENV: &str = "RUN python -m venv /venv";
const PATH: &str = "ENV PATH=\"/venv/bin:$PATH\"";

pub(super) fn write(file: &mut File, project: &Project, python: &Python, bases: &Bases) {
    let has_packages = python.install != Install::Nothing || python.server.is_some();
    if has_packages {
        file.line(&format!("FROM {} AS build", bases.build));
        file.line("WORKDIR /app");
        install(file, project, python);
        file.blank();
    }
    file.line(&format!("FROM {}", bases.run));
    let path = "\"/venv/bin:$PATH\"".to_owned();
    let mut variables = vec![("PYTHONDONTWRITEBYTECODE", "1".to_owned()), ("PYTHONUNBUFFERED", "1".to_owned())];
    if has_packages {
        variables.insert(0, ("PATH", path));
    }
    if let Some(folder) = python.import_from {
        variables.push(("PYTHONPATH", format!("/app/{folder}")));
    }
    let port = port(project);
    variables.extend(port.as_ref().map(|(name, number)| (name.as_str(), number.clone())));
    file.env(&variables);
    file.line("WORKDIR /app");
    if !python.libraries.is_empty() {
        file.line("# A distribution removes the versions that it replaces: a pinned one cannot be built again.");
        file.line("# hadolint ignore=DL3008");
        file.line(&format!(
            "RUN apt-get update \\\n && apt-get install -y --no-install-recommends {} \\\n && rm -rf /var/lib/apt/lists/*",
            python.libraries.join(" ")
        ));
    }
    if has_packages {
        file.line("COPY --from=build /venv /venv");
    }
    file.line("COPY . .");
}

/// The packages, before the sources: they change less often, and stay in the builder's cache.
fn install(file: &mut File, project: &Project, python: &Python) {
    let no_cache = match file.mounts {
        CacheMounts::No => "--no-cache-dir ",
        CacheMounts::BuildKit => "",
    };
    let server = python.server.map_or(String::new(), |server| format!(" {server}"));
    match &python.install {
        Install::Requirements(files) => {
            file.line(VENV);
            file.line(PATH);
            let paths: Vec<&str> = files.iter().map(String::as_str).collect();
            file.line(&copies(&paths));
            let first = files.first().map_or("requirements.txt", String::as_str);
            file.run_with(PIP_CACHE, &format!("pip install {no_cache}-r {first}{server}"));
        }
        Install::Uv { package } => uv(file, *package, &server),
        Install::Poetry { locked } => {
            file.line(&format!("RUN pip install --no-cache-dir {POETRY} && python -m venv /venv"));
            file.line("ENV VIRTUAL_ENV=/venv \\\n    PATH=\"/venv/bin:$PATH\"");
            file.line(&copies(if *locked { &["pyproject.toml", "poetry.lock"] } else { &["pyproject.toml"] }));
            let extra =
                if server.is_empty() { String::new() } else { format!(" && pip install --no-cache-dir{server}") };
            file.run_with(
                "/root/.cache/pypoetry",
                &format!("poetry install --only main --no-root --no-interaction{extra}"),
            );
        }
        Install::Pipenv => {
            file.line(&format!("RUN pip install --no-cache-dir {PIPENV} && python -m venv /venv"));
            file.line(PATH);
            file.line(&copies(if project.lock.is_some() { &["Pipfile", "Pipfile.lock"] } else { &["Pipfile"] }));
            let list =
                if project.lock.is_some() { "pipenv requirements" } else { "pipenv lock && pipenv requirements" };
            file.run_with(
                PIP_CACHE,
                &format!("{list} > requirements.txt && pip install {no_cache}-r requirements.txt{server}"),
            );
        }
        Install::Itself => {
            file.line(VENV);
            file.line(PATH);
            file.line("COPY . .");
            file.run_with(PIP_CACHE, &format!("pip install {no_cache}.{server}"));
        }
        Install::Nothing => {
            file.line(VENV);
            file.line(PATH);
            file.run_with(PIP_CACHE, &format!("pip install {no_cache}{}", server.trim()));
        }
    }
}

fn uv(file: &mut File, is_package: bool, server: &str) {
    const CACHE: &str = "/root/.cache/uv";
    let no_cache = match file.mounts {
        CacheMounts::No => " --no-cache",
        CacheMounts::BuildKit => "",
    };
    file.line(&format!("RUN pip install --no-cache-dir {UV}"));
    file.env(&[
        ("UV_LINK_MODE", "copy".to_owned()),
        ("UV_PROJECT_ENVIRONMENT", "/venv".to_owned()),
        ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
    ]);
    file.line(&copies(&["pyproject.toml", "uv.lock"]));
    let extra = if server.is_empty() {
        String::new()
    } else {
        format!(" && uv pip install{no_cache} --python /venv/bin/python{server}")
    };
    file.run_with(CACHE, &format!("uv sync --frozen --no-dev --no-install-project{no_cache}{extra}"));
    if is_package {
        file.line("COPY . .");
        file.run_with(CACHE, &format!("uv sync --frozen --no-dev --no-editable{no_cache}"));
    }
}
