//! The port of HTTP promises.

use seaworthy_image::Config;
use seaworthy_spec::{Check, Spec};

use crate::Options;

/// `--port`; else a `PORT` given to the run; else the one exposed TCP port; else `PORT` in the config or the specification.
///
/// The error says what is missing, and names `--port`.
pub(crate) fn port(options: &Options, config: &Config, spec: &Spec) -> Result<u16, String> {
    let given = options.env.iter().rev().find(|(name, _)| name == "PORT").and_then(|(_, value)| value.parse().ok());
    if let Some(port) = options.port.or(given) {
        return Ok(port);
    }
    let exposed = exposed(config);
    if let [port] = exposed.as_slice() {
        return Ok(*port);
    }
    let by_config = config.env().iter().find(|(name, _)| name == "PORT").and_then(|(_, value)| value.parse().ok());
    let by_spec = || {
        spec.criteria.iter().flat_map(seaworthy_spec::Criterion::checks).find_map(|check| match check {
            Check::EnvConfigurable { variable, default: Some(default) } if variable == "PORT" => default.parse().ok(),
            Check::StartRuns { port } => *port,
            _ => None,
        })
    };
    by_config.or_else(by_spec).ok_or_else(|| match exposed.len() {
        0 => "the image exposes no port; name one with `--port`".to_owned(),
        more => format!("the image exposes {more} ports; name one with `--port`"),
    })
}

/// Whether the image, the specification or the given variables say that the service reads `PORT`.
pub(crate) fn is_named(options: &Options, config: &Config, spec: &Spec) -> bool {
    let given = options.env.iter().chain(&config.env()).any(|(name, _)| name == "PORT");
    let promised = spec.checks().any(|check| match check {
        Check::EnvConfigurable { variable, .. } | Check::EnvRuntime { variable, .. } => variable == "PORT",
        _ => false,
    });
    given || promised || spec.variables().iter().any(|name| name == "PORT")
}

fn exposed(config: &Config) -> Vec<u16> {
    config
        .exposed_ports()
        .iter()
        .filter_map(|port| match port.split_once('/') {
            Some((port, "tcp")) => port.parse().ok(),
            Some(_) => None,
            None => port.parse().ok(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(options: &Options, config: &Value, expected: Result<u16, &str>) {
        let config = Config::from_bytes(json!({ "config": config }).to_string().into_bytes()).unwrap();
        let spec = Spec {
            title: String::new(),
            source: String::new(),
            criteria: Vec::new(),
            prose: Vec::new(),
            dependencies: Vec::new(),
            strays: Vec::new(),
        };
        assert_eq!(port(options, &config, &spec).as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn the_port_is_the_users_then_the_images() {
        let none = Options::default();
        let named = Options { port: Some(9000), ..Options::default() };
        let given = Options { env: vec![("PORT".to_owned(), "9001".to_owned())], ..Options::default() };
        let one = json!({"ExposedPorts": {"8000/tcp": {}, "53/udp": {}}});
        let two = json!({"ExposedPorts": {"8000/tcp": {}, "9000": {}}, "Env": ["PORT=8080"]});
        check(&none, &one, Ok(8000));
        check(&named, &one, Ok(9000));
        check(&given, &one, Ok(9001));
        check(&none, &two, Ok(8080));
        check(&none, &json!({}), Err("the image exposes no port; name one with `--port`"));
        let several = json!({"ExposedPorts": {"8000/tcp": {}, "9000/tcp": {}}});
        check(&none, &several, Err("the image exposes 2 ports; name one with `--port`"));
    }
}
