//! Where traces are sent, and which, by the variables that OpenTelemetry has for it.

use std::{collections::HashMap, fmt, fs, path::PathBuf, str::FromStr};

use axum::http::{HeaderName, HeaderValue, Uri, uri::Scheme};
use opentelemetry_otlp::Protocol;
use opentelemetry_sdk::trace::Sampler;
use percent_encoding::percent_decode_str;

use crate::config::{ConfigError, Variables, database_url::Roots};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const HEADERS_FILE: &str = "OTEL_EXPORTER_OTLP_HEADERS_FILE";
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const SERVICE: &str = "OTEL_SERVICE_NAME";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

const UNDERSTOOD: [&str; 8] = [ENDPOINT, PROTOCOL, HEADERS, HEADERS_FILE, CERTIFICATE, SERVICE, SAMPLER, SAMPLER_ARG];

/// A collector, and what it is sent. `Debug` shows no header's value.
#[derive(Clone)]
pub struct TracesConfig {
    pub(super) uri: Uri,
    pub(super) protocol: Protocol,
    pub(super) headers: HashMap<String, String>,
    pub(super) service: String,
    pub(super) sampler: Sampler,
    pub(super) roots: Roots,
}

impl fmt::Debug for TracesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, protocol, headers, service, sampler, roots } = self;
        let names: Vec<_> = headers.keys().collect();
        f.debug_tuple("TracesConfig").field(&(uri, protocol, names, service, sampler, roots)).finish()
    }
}

impl Variables {
    /// Reads them; without any there are no traces.
    ///
    /// # Errors
    ///
    /// Fails if one cannot be used, or is not understood: one that does nothing would go unnoticed. What may be secret
    /// is not repeated.
    pub(crate) fn traces(&self) -> Result<Option<TracesConfig>, ConfigError> {
        let set = self.telemetry()?;
        let bad = |variable: &str, reason| ConfigError::BadTraces { variable: variable.to_owned(), reason };
        if let Some(other) = set.iter().find(|name| !UNDERSTOOD.contains(&name.as_str())) {
            return Err(bad(other, "it is not understood; unset it"));
        }
        let Some(first) = set.first() else { return Ok(None) };
        let endpoint = self.get(ENDPOINT).ok_or_else(|| bad(first, "it needs `OTEL_EXPORTER_OTLP_ENDPOINT`"))?;
        let protocol = match self.get(PROTOCOL) {
            None | Some("http/protobuf") => Protocol::HttpBinary,
            Some("http/json") => Protocol::HttpJson,
            Some(_) => return Err(bad(PROTOCOL, "expected http/protobuf or http/json")),
        };
        let (variable, text) = self.headers()?;
        Ok(Some(TracesConfig {
            uri: uri(endpoint).map_err(|reason| bad(ENDPOINT, reason))?,
            protocol,
            headers: headers(&text).map_err(|reason| bad(variable, reason))?,
            service: self.get(SERVICE).unwrap_or("task-api").to_owned(),
            sampler: self.sampler()?,
            roots: self.get(CERTIFICATE).map_or(Roots::Public, |path| Roots::File(PathBuf::from(path))),
        }))
    }

    fn headers(&self) -> Result<(&'static str, String), ConfigError> {
        match (self.get(HEADERS), self.get(HEADERS_FILE)) {
            (Some(_), Some(_)) => Err(ConfigError::TwoHeaders),
            (headers, None) => Ok((HEADERS, headers.unwrap_or_default().to_owned())),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                match fs::read_to_string(&path) {
                    Ok(text) => Ok((HEADERS_FILE, text)),
                    Err(source) => Err(ConfigError::HeadersFile { path, source }),
                }
            }
        }
    }

    fn sampler(&self) -> Result<Sampler, ConfigError> {
        let ratio = self.number(SAMPLER_ARG, "a ratio from 0 to 1", 0.0..=1.0)?.unwrap_or(1.0);
        let name = self.get(SAMPLER).unwrap_or("parentbased_always_on").trim();
        let (follows_parent, root) = name.strip_prefix("parentbased_").map_or((false, name), |rest| (true, rest));
        let root = match root {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => Sampler::TraceIdRatioBased(ratio),
            _ => {
                let reason = "expected always_on, always_off, traceidratio, or one of these behind parentbased_";
                return Err(ConfigError::BadTraces { variable: SAMPLER.to_owned(), reason });
            }
        };
        Ok(if follows_parent { Sampler::ParentBased(Box::new(root)) } else { root })
    }
}

fn uri(endpoint: &str) -> Result<Uri, &'static str> {
    let endpoint = endpoint.trim();
    let uri = format!("{}/v1/traces", endpoint.trim_end_matches('/')).parse::<Uri>().ok().filter(|uri| {
        let is_known = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
        is_known && uri.host().is_some_and(|host| !host.is_empty()) && !endpoint.contains(['@', '?', '#'])
    });
    uri.ok_or("expected the URL of a collector without user and query, as http://localhost:4318")
}

fn headers(text: &str) -> Result<HashMap<String, String>, &'static str> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let header = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
        let is_good = HeaderName::from_str(name).is_ok() && HeaderValue::from_str(&value).is_ok();
        is_good.then(|| (name.to_owned(), value.into_owned()))
    };
    let bad = "expected headers, as name=value,name=value, with special characters as in URLs (%20)";
    parts.map(|part| header(part).ok_or(bad)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_url_and_secrets_are_not_shown() {
        for (endpoint, expected) in [
            ("http://localhost:4318", Some("http://localhost:4318/v1/traces")),
            ("https://otel.example/base/ ", Some("https://otel.example/base/v1/traces")),
            ("http://[::1]:1", Some("http://[::1]:1/v1/traces")),
            ("localhost:4318", None),
            ("grpc://localhost:4317", None),
            ("http://user:secret@localhost", None),
            ("http://localhost/?token=secret", None),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(uri(endpoint).ok().map(|uri| uri.to_string()).as_deref(), expected, "{endpoint}");
        }
        let told = headers("authorization=Bearer%20secret, x-a = b").unwrap();
        assert_eq!((told["authorization"].as_str(), told["x-a"].as_str()), ("Bearer secret", "b"));
        for bad in ["secret", "a b=secret", "a=%0a"] {
            assert!(headers(bad).is_err_and(|reason| !reason.contains("secret")), "{bad}");
        }
    }
}
