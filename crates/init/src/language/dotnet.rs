//! .NET: what a project file and sources tell.

use roxmltree::Document;

use crate::SurveyError;
use crate::code::{self, Comments, Pattern};
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{Told, line_of};
use crate::toolchain::{DotNet, Toolchain};

const ASP: Framework = Framework { name: "ASP.NET", package: "Microsoft.NET.Sdk.Web", port: 8080, document: None };
static SWAGGER: Pattern = Pattern::new(r"\bUseSwagger\(");
static OPENAPI: Pattern = Pattern::new(r"\bMapOpenApi\(");

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    // The one at the top; tests have their own.
    let mut files: Vec<&str> =
        folder.paths().filter(|path| path.ends_with(".csproj") && !path.to_lowercase().contains("test")).collect();
    // A site or a service first: others are libraries, or start it for development.
    let is_web = |path: &&str| folder.source(path).is_some_and(|text| text.contains("Microsoft.NET.Sdk.Web"));
    files.sort_by_key(|path| (path.contains("AppHost"), !is_web(path), path.matches('/').count()));
    let Some(path) = files.first().map(|path| (*path).to_owned()) else { return Ok(None) };
    let Some(text) = folder.manifest(&path)? else { return Ok(None) };
    let document = Document::parse(&text)
        .map_err(|error| SurveyError::Manifest { path: path.clone(), why: format!("no XML: {error}") })?;
    let root = document.root_element();
    let is_web = root.attribute("Sdk").is_some_and(|sdk| sdk.ends_with(".Web"));
    let value = |name: &str| {
        root.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text()).map(str::trim)
    };
    let stem = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".csproj").to_owned();
    let assembly = value("AssemblyName").map_or_else(|| stem.clone(), str::to_owned);
    // What several projects have in common.
    let common = folder.source("Directory.Build.props").unwrap_or_default();
    let common = Document::parse(&common).ok();
    let shared = common.as_ref().and_then(|document| {
        document
            .descendants()
            .find(|node| node.has_tag_name("TargetFramework"))
            .and_then(|node| node.text())
            .map(str::trim)
    });
    let has_references = text.contains("<ProjectReference")
        || folder.paths().any(|path| path.rsplit_once('.').is_some_and(|(_, extension)| extension == "props"));
    let version = value("TargetFramework")
        .or(shared)
        .and_then(|target| target.strip_prefix("net"))
        .filter(|version| version.split('.').count() == 2 && version.chars().all(|c| c.is_ascii_digit() || c == '.'));
    // Before version 8 the variable is another one, and holds more than a port.
    let is_old = version.is_some_and(|version| {
        version.split('.').next().is_some_and(|major| major.parse::<u32>().is_ok_and(|major| major < 8))
    });
    let packages: Vec<Found<String>> = root
        .descendants()
        .filter(|node| node.has_tag_name("PackageReference"))
        .filter_map(|node| node.attribute("Include"))
        .map(|name| Found::new(name.to_owned(), line_of(&path, &text, name)))
        .collect();
    let codes = code::sources(folder, &["cs"], Comments::Slashes);
    let document = codes.iter().find_map(|code| {
        let swagger = SWAGGER.first(code).map(|found| ("/swagger/v1/swagger.json", found.at));
        let (served, at) = swagger.or_else(|| OPENAPI.first(code).map(|found| ("/openapi/v1.json", found.at)))?;
        Some(Found::new(served.to_owned(), at))
    });
    let at = Place::file(&path);
    let framework = is_web.then(|| Found::new(ASP, line_of(&path, &text, "Sdk=")));
    let port_variable = (is_web && !is_old).then(|| Found::new("ASPNETCORE_HTTP_PORTS".to_owned(), at.clone()));
    let dll = format!("{assembly}.dll");
    let toolchain = Toolchain::DotNet(DotNet { file: path.clone(), is_web, is_old, has_references });
    Ok(Some(Told {
        name: Some(stem),
        version: version.map(|version| Found::new(version.to_owned(), line_of(&path, &text, "TargetFramework"))),
        manager: Some(Found::new("NuGet", at.clone())),
        lock: folder.has("packages.lock.json").then(|| "packages.lock.json".to_owned()),
        role: if is_web { Role::Web } else { Role::Worker },
        start: Some(Found::new(Start::exec(["dotnet", &dll]), at.clone())),
        // The Dockerfile says so.
        port: (is_web && is_old).then(|| Found::new(8080, at.clone())),
        port_variable,
        document,
        logs: Some(at.clone()),
        framework,
        packages,
        codes,
        ..Told::new(Found::new(Language::DotNet, at), toolchain)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!([&SWAGGER, &OPENAPI].iter().all(|pattern| pattern.is_sound()));
    }
}
