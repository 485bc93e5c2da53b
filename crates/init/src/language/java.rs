//! Java and Kotlin: what `pom.xml`, Gradle's files and `application.properties` tell.

use roxmltree::{Document, Node};

use crate::SurveyError;
use crate::code::{self, Code, Comments, Pattern};
use crate::folder::Folder;
use crate::found::Found;
use crate::project::{Framework, Language, Role, Start};
use crate::survey::{self, Told, line_of};
use crate::toolchain::{Java, JavaTool, Toolchain};
use crate::word::is_word;

static FRAMEWORKS: &[Framework] = &[
    Framework { name: "Spring Boot", package: "spring-boot-starter-web", port: 8080, document: None },
    Framework { name: "Spring Boot", package: "spring-boot-starter-webflux", port: 8080, document: None },
    Framework { name: "Spring Boot", package: "spring-boot-starter-webmvc", port: 8080, document: None },
    Framework { name: "Spring Boot", package: "spring-boot-starter-jersey", port: 8080, document: None },
    Framework { name: "Spring Boot", package: "spring-boot-starter-data-rest", port: 8080, document: None },
    Framework { name: "Spark", package: "spark-core", port: 4567, document: None },
    Framework { name: "Javalin", package: "javalin", port: 8080, document: None },
    Framework { name: "Micronaut", package: "micronaut-http-server-netty", port: 8080, document: None },
    Framework { name: "Ktor", package: "ktor-server-netty", port: 8080, document: None },
    Framework { name: "Quarkus", package: "quarkus-rest", port: 8080, document: None },
    Framework { name: "Quarkus", package: "quarkus-rest-jackson", port: 8080, document: None },
    Framework { name: "Quarkus", package: "quarkus-resteasy-reactive", port: 8080, document: None },
    Framework { name: "Quarkus", package: "quarkus-resteasy", port: 8080, document: None },
];
const GRADLE: &[&str] = &["build.gradle.kts", "build.gradle"];
/// With long-term support.
const DEFAULT: u32 = 21;

static COORDINATE: Pattern =
    Pattern::new(r#"\b(?:implementation|runtimeOnly|api|compileOnly)\s*\(?\s*["']([\w.-]+:[\w.-]+)(?::[^"'\n]*)?["']"#);
static TOOLCHAIN: Pattern =
    Pattern::new(r"(?:JavaLanguageVersion\.of\(|JavaVersion\.VERSION_|sourceCompatibility\s*=\s*['\x22]?)(\d+)");
static ROOT_NAME: Pattern = Pattern::new(r#"rootProject\.name\s*=\s*["']([^"'\n]+)["']"#);
static LITERAL_PORT: Pattern = Pattern::new(r"(?m)^\s*(?:server\.port|quarkus\.http\.port)\s*=\s*(\d{2,5})\s*$");
static LISTENS: Pattern = Pattern::new(r"\bHttpServer\.create\(|\.listen\(|\bnew ServerSocket\(");

/// What a build file tells.
#[derive(Default)]
struct Built {
    name: Option<String>,
    version: Option<Found<String>>,
    packages: Vec<Found<String>>,
    jar: String,
}

pub(crate) fn told(folder: &Folder) -> Result<Option<Told>, SurveyError> {
    let (path, tool, built) = if let Some(text) = folder.manifest("pom.xml")? {
        ("pom.xml", JavaTool::Maven, maven(&text)?)
    } else if let Some(path) = folder.first(GRADLE) {
        (path, JavaTool::Gradle, gradle(folder, path)?)
    } else {
        return Ok(None);
    };
    let mut codes = code::sources(folder, &["java", "kt"], Comments::Slashes);
    let settings = code::sources(folder, &["properties", "yml", "yaml"], Comments::Python);
    codes.extend(
        settings
            .into_iter()
            .filter(|code| code.path.rsplit('/').next().is_some_and(|name| name.starts_with("application."))),
    );
    // The group says who made it, the artifact what it is.
    let artifacts: Vec<Found<String>> = built
        .packages
        .iter()
        .map(|found| Found::new(found.value.rsplit(':').next().unwrap_or_default().to_owned(), found.at.clone()))
        .collect();
    let framework = survey::framework(FRAMEWORKS, &artifacts);
    let has = |name: &str| artifacts.iter().find(|found| found.value.starts_with(name)).map(|found| found.at.clone());
    let quarkus = framework.as_ref().is_some_and(|found| found.value.name == "Quarkus");
    let listens = codes.iter().any(|code| LISTENS.all(code).next().is_some());
    let health = match (has("spring-boot-starter-actuator"), has("quarkus-smallrye-health")) {
        (Some(at), _) => Some(Found::new("/actuator/health".to_owned(), at)),
        (_, Some(at)) => Some(Found::new("/q/health".to_owned(), at)),
        _ => None,
    };
    let document = match (has("springdoc-openapi"), has("quarkus-smallrye-openapi")) {
        (Some(at), _) => Some(Found::new("/v3/api-docs".to_owned(), at)),
        (_, Some(at)) => Some(Found::new("/q/openapi".to_owned(), at)),
        _ => None,
    };
    let jar = if quarkus { "quarkus-run.jar" } else { "app.jar" };
    let variable = framework.as_ref().and_then(|found| {
        let name = match found.value.name {
            "Quarkus" => "QUARKUS_HTTP_PORT",
            "Spring Boot" => "SERVER_PORT",
            "Micronaut" => "MICRONAUT_SERVER_PORT",
            _ => return None,
        };
        Some(Found::new(name.to_owned(), found.at.clone()))
    });
    let toolchain = Toolchain::Java(Java {
        tool,
        quarkus,
        spring: framework.as_ref().is_some_and(|found| found.value.name == "Spring Boot"),
        jar: built.jar,
        file: path,
    });
    Ok(Some(Told {
        name: built.name,
        version: built.version,
        manager: Some(Found::file(if tool == JavaTool::Maven { "Maven" } else { "Gradle" }, path)),
        role: if framework.is_some() || listens { Role::Web } else { Role::Worker },
        start: Some(Found::file(Start::exec(["java", "-jar", jar]), path)),
        port: port(&codes),
        port_variable: variable,
        health,
        document,
        logs: framework.as_ref().map(|found| found.at.clone()),
        framework,
        packages: built.packages,
        codes,
        ..Told::new(Found::file(Language::Java, path), toolchain)
    }))
}

fn port(codes: &[Code]) -> Option<Found<u16>> {
    let found = codes.iter().find_map(|code| LITERAL_PORT.first(code))?;
    Some(Found::new(found.value.parse().ok()?, found.at))
}

fn maven(text: &str) -> Result<Built, SurveyError> {
    const PATH: &str = "pom.xml";
    let document = Document::parse(text)
        .map_err(|error| SurveyError::Manifest { path: PATH.to_owned(), why: format!("no XML: {error}") })?;
    let root = document.root_element();
    let name = child(root, "artifactId");
    let version = child(root, "version").filter(|version| !version.contains('$'));
    let properties = node(root, "properties");
    let java = ["java.version", "maven.compiler.release", "maven.compiler.target"];
    let java = properties.and_then(|properties| java.iter().find_map(|name| child(properties, name)));
    let build = node(root, "build");
    let final_name = build.and_then(|build| child(build, "finalName"));
    let file = final_name.or_else(|| Some(format!("{}-{}", name.as_deref()?, version.as_deref()?)));
    let known = |file: String| {
        let of = |text: String, key: &str, value: &Option<String>| match value {
            Some(value) => text.replace(&format!("${{project.{key}}}"), value).replace(&format!("${{{key}}}"), value),
            None => text,
        };
        of(of(file, "artifactId", &name), "version", &version)
    };
    let file = file.map(known).filter(|file| is_word(file));
    // Such a jar holds its dependencies.
    let is_assembled =
        text.contains("<descriptorRef>jar-with-dependencies<") && !text.contains("<appendAssemblyId>false<");
    let file = file.map(|file| if is_assembled { format!("{file}-jar-with-dependencies") } else { file });
    let mut packages = Vec::new();
    for dependency in node(root, "dependencies").into_iter().flat_map(|all| all.children()).filter(Node::is_element) {
        if child(dependency, "scope").is_some_and(|scope| scope == "test") {
            continue;
        }
        if let (Some(group), Some(artifact)) = (child(dependency, "groupId"), child(dependency, "artifactId")) {
            let at = line_of(PATH, text, &format!("<artifactId>{artifact}<"));
            packages.push(Found::new(format!("{group}:{artifact}"), at));
        }
    }
    Ok(Built {
        jar: format!("target/{}.jar", file.unwrap_or_else(|| "*".to_owned())),
        version: java.map(|version| Found::new(major(&version), line_of(PATH, text, &version))),
        name,
        packages,
    })
}

fn node<'a>(of: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    of.children().find(|child| child.tag_name().name() == name)
}

fn child(of: Node<'_, '_>, name: &str) -> Option<String> {
    let found = of.children().find(|child| child.tag_name().name() == name)?;
    Some(found.text()?.trim().to_owned())
}

/// Gradle's files are programs: they are searched as sources are.
fn gradle(folder: &Folder, path: &str) -> Result<Built, SurveyError> {
    let text = folder.manifest(path)?.unwrap_or_default();
    let code = Code::new(path, &text, Comments::Slashes);
    let packages = COORDINATE.all(&code).map(|(found, at)| Found::new(found[1].to_owned(), at)).collect();
    let version = TOOLCHAIN.first(&code).map(|found| Found::new(major(&found.value), found.at));
    let settings = ["settings.gradle.kts", "settings.gradle"]
        .into_iter()
        .find_map(|path| Some(ROOT_NAME.first(&Code::new(path, &folder.source(path)?, Comments::Slashes))?.value));
    Ok(Built { name: settings, version, packages, jar: "build/libs/*.jar".to_owned() })
}

/// 8 of `1.8`; the default where it is a name.
fn major(text: &str) -> String {
    let number = text.trim().trim_start_matches("1.").split('.').next().and_then(|number| number.parse::<u32>().ok());
    number.filter(|number| *number < 100).unwrap_or(DEFAULT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert!(
            [&COORDINATE, &TOOLCHAIN, &ROOT_NAME, &LITERAL_PORT, &LISTENS].iter().all(|pattern| pattern.is_sound())
        );
    }

    #[test]
    fn a_pom_names_its_jar_and_its_dependencies() {
        let built = maven(
            "<project><artifactId>a</artifactId><version>1</version><properties><java.version>17</java.version></properties>\
             <dependencies><dependency><groupId>g</groupId><artifactId>x</artifactId></dependency>\
             <dependency><groupId>g</groupId><artifactId>t</artifactId><scope>test</scope></dependency></dependencies></project>",
        )
        .unwrap();
        assert_eq!((built.jar.as_str(), built.packages.len()), ("target/a-1.jar", 1));
        assert_eq!(built.version.unwrap().value, "17");
        assert!(maven("<a>").is_err());
        assert_eq!((major("1.8").as_str(), major("${x}").as_str()), ("8", "21"));
    }
}
