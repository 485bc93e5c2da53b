//! A compose file: what runs beside the service, and what it says of the service itself.

use serde_json::Value;

use crate::SurveyError;
use crate::dependency;
use crate::folder::Folder;
use crate::found::{Found, Place};
use crate::project::{Dependency, System};

const NAMES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
/// What anchors repeat, at most.
const REPEATED: usize = 10_000;

/// What a compose file tells.
#[derive(Debug, Default)]
pub(crate) struct Compose {
    pub(crate) dependencies: Vec<Dependency>,
    /// Of the service that is built here.
    pub(crate) port: Option<Found<u16>>,
    pub(crate) volumes: Vec<Found<String>>,
}

/// Reads the project's compose file, if it has one.
///
/// # Errors
///
/// Fails if it is there and is no YAML.
pub(crate) fn compose(folder: &Folder) -> Result<Compose, SurveyError> {
    let Some(path) = folder.first(NAMES) else { return Ok(Compose::default()) };
    let Some(text) = folder.manifest(path)? else { return Ok(Compose::default()) };
    let document = yaml(&text).map_err(|why| SurveyError::Manifest { path: path.to_owned(), why })?;
    let mut compose = Compose::default();
    for (name, service) in document["services"].as_object().into_iter().flatten() {
        let at = Place::line(path, line_of(&text, name));
        if let Some(system) = service["image"].as_str().and_then(dependency::of_image) {
            compose.dependencies.push(Dependency { system, at });
        } else if is_built_here(service) {
            compose.port = compose.port.or_else(|| Some(Found::new(port(service)?, at.clone())));
            compose.volumes.extend(volumes(service).into_iter().map(|volume| Found::new(volume, at.clone())));
            if text.contains("neon.tech") && compose.dependencies.iter().all(|known| known.system != System::Neon) {
                compose.dependencies.push(Dependency { system: System::Neon, at });
            }
        }
    }
    Ok(compose)
}

/// YAML as JSON's values, bounded.
///
/// # Errors
///
/// Says in one line what is wrong.
pub(crate) fn yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPEATED }
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("no YAML that can be read: {}", error.to_string().lines().next().unwrap_or_default()))
}

fn is_built_here(service: &Value) -> bool {
    let build = &service["build"];
    let context = build.as_str().or_else(|| build["context"].as_str());
    context.is_some_and(|context| matches!(context, "." | "./")) || (build.is_object() && build["context"].is_null())
}

/// The container's side of its first port: `8000:80`, `80`, `target: 80`.
fn port(service: &Value) -> Option<u16> {
    let first = service["ports"].as_array()?.first()?;
    let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
    let text = |text: &str| text.rsplit(':').next()?.split('/').next()?.parse().ok();
    number(first).or_else(|| number(&first["target"])).or_else(|| text(first.as_str()?))
}

/// Named volumes only: what is mounted from beside the sources is for development.
fn volumes(service: &Value) -> Vec<String> {
    let all = service["volumes"].as_array().into_iter().flatten();
    all.filter_map(|volume| {
        let (source, target) = match volume.as_str() {
            Some(text) => text.split_once(':')?,
            None => (volume["source"].as_str()?, volume["target"].as_str()?),
        };
        let target = target.split(':').next().unwrap_or(target);
        let is_named = !source.starts_with(['.', '/', '~', '$']);
        (is_named && target.starts_with('/')).then(|| target.to_owned())
    })
    .collect()
}

fn line_of(text: &str, service: &str) -> usize {
    let is_it =
        |line: &str| line.trim_start().strip_prefix(service).is_some_and(|rest| rest.trim_start().starts_with(':'));
    text.lines().position(is_it).map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_volumes_are_read_in_every_form() {
        let service = |text: &str| yaml(text).unwrap();
        assert_eq!(port(&service("ports: ['8000:80']")), Some(80));
        assert_eq!(port(&service("ports: ['127.0.0.1:8000:81/tcp']")), Some(81));
        assert_eq!(port(&service("ports: [82]")), Some(82));
        assert_eq!(port(&service("ports: [{target: 83}]")), Some(83));
        assert_eq!(port(&service("image: x")), None);
        assert_eq!(
            volumes(&service("volumes: ['data:/data:rw', './src:/app', {type: volume, source: v, target: /v}]")),
            ["/data", "/v"]
        );
        assert!(is_built_here(&service("build: .")));
        assert!(is_built_here(&service("build: {context: ./, target: x}")));
        assert!(!is_built_here(&service("build: ./other")));
    }

    #[test]
    fn a_bomb_of_anchors_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}", level - 1);
            let line = format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
            text.push_str(&line);
        }
        assert!(yaml(&text).unwrap_err().starts_with("no YAML that can be read: "));
    }
}
