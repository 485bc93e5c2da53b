//! What of an image the project says already: its Dockerfile, `.dockerignore` and specification.

use parse_dockerfile::{Command, Dockerfile, HealthcheckArguments, Instruction, JsonOrStringArray};

use crate::SurveyError;
use crate::folder::Folder;
use crate::found::{Found, Place};

/// The names of the files that `init` writes.
pub const SPEC: &str = "containerization-spec.md";
pub const DOCKERFILE: &str = "Dockerfile";
pub const DOCKERIGNORE: &str = ".dockerignore";

/// Which of them are there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Existing {
    pub dockerfile: Option<Recipe>,
    pub dockerignore: bool,
    pub spec: bool,
}

/// What a Dockerfile says of the image that it makes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recipe {
    /// The last stage's, with variables expanded where they have a default.
    pub base: Option<Found<String>>,
    pub stages: usize,
    pub ports: Vec<Found<u16>>,
    pub user: Option<Found<String>>,
    pub has_health_check: bool,
    /// The path that the health check asks for.
    pub health: Option<Found<String>>,
    pub volumes: Vec<Found<String>>,
    /// Of `CMD` or `ENTRYPOINT`.
    pub command: Option<Found<String>>,
    /// Variables that are set in the image.
    pub variables: Vec<Found<String>>,
    pub stop_signal: Option<String>,
}

impl Recipe {
    /// Whether it says that the service runs as root: it names root, or nobody.
    pub fn runs_as_root(&self) -> bool {
        let user = self.user.as_ref().map_or("root", |user| user.value.as_str());
        matches!(user.split(':').next().unwrap_or_default(), "root" | "0" | "")
            && !self
                .base
                .as_ref()
                .is_some_and(|base| base.value.contains("nonroot") || base.value.contains("unprivileged"))
    }
}

pub(crate) fn existing(folder: &Folder) -> Result<Existing, SurveyError> {
    let dockerfile = match folder.manifest(DOCKERFILE)? {
        Some(text) => Some(recipe(&text).map_err(|why| SurveyError::Manifest { path: DOCKERFILE.to_owned(), why })?),
        None => None,
    };
    Ok(Existing { dockerfile, dockerignore: folder.has(DOCKERIGNORE), spec: folder.has(SPEC) })
}

/// What the last stage says; of stages that it is made from, too.
fn recipe(text: &str) -> Result<Recipe, String> {
    let file = parse_dockerfile::parse(text)
        .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())?;
    let mut recipe = Recipe { stages: file.stages().len(), ..Recipe::default() };
    let mut chain = Vec::new();
    let mut next = file.stages().last();
    while let Some(stage) = next {
        chain.push(stage.instructions);
        let image = stage.from.image.value.as_ref();
        let at = place(text, stage.from.from.span.start);
        recipe.base = Some(Found::new(expanded(image, &file), at));
        // A stage comes after those that it is made from, so that this ends.
        next = file.stages().find(|other| {
            let name = other.from.as_.as_ref().map(|(_, name)| name.value.as_ref());
            name.is_some_and(|name| name.eq_ignore_ascii_case(image))
                && other.from.from.span.start < stage.from.from.span.start
        });
        if chain.len() > 100 {
            break;
        }
    }
    for instructions in chain.into_iter().rev() {
        for instruction in instructions {
            recipe.read(instruction, text);
        }
    }
    Ok(recipe)
}

impl Recipe {
    fn read(&mut self, instruction: &Instruction<'_>, text: &str) {
        match instruction {
            Instruction::Expose(expose) => {
                for port in &expose.arguments {
                    if let Ok(number) = port.value.split('/').next().unwrap_or_default().parse() {
                        self.ports.push(Found::new(number, place(text, port.span.start)));
                    }
                }
            }
            Instruction::User(user) => {
                self.user = Some(Found::new(user.arguments.value.trim().to_owned(), place(text, user.user.span.start)));
            }
            Instruction::Healthcheck(check) => {
                (self.has_health_check, self.health) = (false, None);
                if let HealthcheckArguments::Cmd { arguments, .. } = &check.arguments {
                    self.has_health_check = true;
                    let at = place(text, check.healthcheck.span.start);
                    self.health = path_in(&words(arguments)).map(|path| Found::new(path, at));
                }
            }
            Instruction::Volume(volume) => {
                let at = place(text, volume.volume.span.start);
                let paths: Vec<String> = match &volume.arguments {
                    JsonOrStringArray::Json(paths) => paths.value.iter().map(|path| path.value.to_string()).collect(),
                    JsonOrStringArray::String(paths) => paths.iter().map(|path| path.value.to_string()).collect(),
                };
                self.volumes.extend(paths.into_iter().map(|path| Found::new(path, at.clone())));
            }
            Instruction::Cmd(command) => {
                self.command = Some(Found::new(words(&command.arguments), place(text, command.cmd.span.start)));
            }
            Instruction::Entrypoint(command) => {
                self.command = Some(Found::new(words(&command.arguments), place(text, command.entrypoint.span.start)));
            }
            Instruction::Stopsignal(signal) => self.stop_signal = Some(signal.arguments.value.to_string()),
            Instruction::Env(env) => {
                let at = place(text, env.env.span.start);
                self.variables.extend(names(&env.arguments.value).into_iter().map(|name| Found::new(name, at.clone())));
            }
            _ => {}
        }
    }
}

/// The names in `A=1 B="2 3"`, or the one in `A 1`.
fn names(text: &str) -> Vec<String> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let first = text.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        return vec![first.to_owned()].into_iter().filter(|name| is_name(name)).collect();
    }
    let named = text.split_whitespace().filter_map(|word| word.split_once('='));
    named.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect()
}

fn words(command: &Command<'_>) -> String {
    match command {
        Command::Exec(words) => words.value.iter().map(|word| word.value.as_ref()).collect::<Vec<_>>().join(" "),
        Command::Shell(line) => line.value.to_owned(),
        _ => String::new(),
    }
}

/// The path of the URL that a health check asks for.
pub(crate) fn path_in(command: &str) -> Option<String> {
    let (_, rest) = command.split_once("://")?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`)<>|;".contains(c)).unwrap_or(rest.len());
    // `'http://127.0.0.1:' + port + '/health'`: what follows is not known here.
    if rest[end..].starts_with(['"', '\'', '`']) && rest[end + 1..].trim_start().starts_with(['+', '%', '.']) {
        return None;
    }
    let path = rest[..end].split_once('/').map_or("/".to_owned(), |(_, path)| format!("/{path}"));
    Some(path.split(['?', '#']).next().unwrap_or_default().to_owned())
}

/// `$NAME` and `${NAME}` with the defaults of the `ARG`s before the first stage.
fn expanded(image: &str, file: &Dockerfile<'_>) -> String {
    let mut image = image.to_owned();
    for arg in file.global_args() {
        if let Some((name, value)) = arg.arguments.value.split_once('=') {
            let value = value.trim_matches(['"', '\'']);
            image = image.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
    }
    image
}

fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or_default();
    Place::line(DOCKERFILE, before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_and_those_that_it_is_made_from_are_read() {
        let text = "ARG V=3.12\nFROM python:${V}-slim AS base\nENV A=1 B=\"2 3\"\nFROM gcc AS build\nUSER root\nFROM base\n\
                    USER 10001\nEXPOSE 8000/tcp 9000\nVOLUME [\"/data\"]\nHEALTHCHECK CMD curl -f http://localhost:8000/healthz || exit 1\n\
                    CMD [\"python\", \"main.py\"]\n";
        let recipe = recipe(text).unwrap();
        assert_eq!(recipe.base.as_ref().unwrap().value, "python:3.12-slim");
        assert_eq!(recipe.ports.iter().map(|port| port.value).collect::<Vec<_>>(), [8000, 9000]);
        assert_eq!(recipe.health.as_ref().unwrap().value, "/healthz");
        assert_eq!(recipe.health.as_ref().unwrap().at.line, Some(10));
        assert_eq!(recipe.volumes[0].value, "/data");
        assert_eq!(recipe.variables.iter().map(|name| name.value.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(recipe.command.as_ref().unwrap().value, "python main.py");
        assert!(!recipe.runs_as_root());
        assert!(super::recipe("FROM a\nEXPOSE 80\n").unwrap().runs_as_root());
        assert!(super::recipe("FRUM a\n").is_err());
        assert_eq!(path_in("curl -f http://localhost:8000/up || exit 1").as_deref(), Some("/up"));
        assert_eq!(path_in("urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/health')"), None);
    }
}
