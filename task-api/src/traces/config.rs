//! Where traces are sent, and which, by the variables that OpenTelemetry has for it.

use std::{fmt, path::PathBuf, str::FromStr};

use axum::http::{HeaderName, HeaderValue, Uri, uri::Scheme};
use percent_encoding::percent_decode_str;

use crate::config::database_url::Roots;

/// A collector, and what it is sent. `Debug` shows no header.
#[derive(Clone)]
pub struct TracesConfig {
    pub(crate) uri: Uri,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) service: String,
    pub(crate) sampler: Sampler,
    pub(crate) roots: Roots,
}

impl fmt::Debug for TracesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, headers, service, sampler, roots } = self;
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        let shown = (uri, names, service, sampler, roots);
        f.debug_tuple("TracesConfig").field(&shown).finish()
    }
}

/// Which traces are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Whether the caller decides, if there is one.
    follows_parent: bool,
    /// Of all others.
    ratio: f64,
}

/// Why a variable cannot be used. It does not repeat what may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTraces {
    #[error("expected the URL of a collector without user and query, as http://localhost:4318")]
    Endpoint,
    #[error("expected headers, as name=value,name=value, with special characters as in URLs (%20)")]
    Headers,
    #[error("expected always_on, always_off, traceidratio, or one of these behind parentbased_")]
    Sampler,
    #[error("expected a ratio from 0 to 1")]
    Ratio,
}

impl TracesConfig {
    /// # Errors
    ///
    /// Fails if `endpoint` is no URL that can be sent to.
    pub(crate) fn new(endpoint: &str) -> Result<Self, BadTraces> {
        let endpoint = endpoint.trim();
        let uri: Uri =
            format!("{}/v1/traces", endpoint.trim_end_matches('/')).parse().map_err(|_| BadTraces::Endpoint)?;
        let is_known = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !is_known || !has_host || endpoint.contains(['@', '?', '#']) {
            return Err(BadTraces::Endpoint);
        }
        let (headers, sampler) = (Vec::new(), Sampler::default());
        Ok(Self { uri, headers, service: "task-api".to_owned(), sampler, roots: Roots::Public })
    }

    /// # Errors
    ///
    /// Fails if `text` is not `name=value`, with commas between.
    pub(crate) fn with_headers(mut self, text: &str) -> Result<Self, BadTraces> {
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let header = part.split_once('=').and_then(|(name, value)| {
                let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
                let mut value = HeaderValue::from_str(&value).ok()?;
                value.set_sensitive(true);
                Some((HeaderName::from_str(name.trim()).ok()?, value))
            });
            self.headers.push(header.ok_or(BadTraces::Headers)?);
        }
        Ok(self)
    }

    #[must_use]
    pub(crate) fn with_service(mut self, name: Option<&str>) -> Self {
        if let Some(name) = name {
            name.clone_into(&mut self.service);
        }
        self
    }

    #[must_use]
    pub(crate) fn with_authorities(mut self, path: Option<&str>) -> Self {
        if let Some(path) = path {
            self.roots = Roots::File(PathBuf::from(path));
        }
        self
    }

    #[must_use]
    pub(crate) fn with_sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }
}

impl Default for Sampler {
    /// Everything, unless a caller decides otherwise.
    fn default() -> Self {
        Self { follows_parent: true, ratio: 1.0 }
    }
}

impl Sampler {
    /// By its standard name, and its ratio if it has one.
    ///
    /// # Errors
    ///
    /// Fails if there is no such sampler.
    pub(crate) fn named(name: &str, ratio: Option<f64>) -> Result<Self, BadTraces> {
        let (follows_parent, rest) = name.strip_prefix("parentbased_").map_or((false, name), |rest| (true, rest));
        let ratio = match rest {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => ratio.unwrap_or(1.0),
            _ => return Err(BadTraces::Sampler),
        };
        if (0.0..=1.0).contains(&ratio) { Ok(Self { follows_parent, ratio }) } else { Err(BadTraces::Ratio) }
    }

    /// By the trace's id alone where no parent decides, so that all services that are asked decide alike: by its lower
    /// half, as a part of 2^64, as SDKs of OpenTelemetry do it (those for Go, Python and Rust among them).
    pub(super) fn samples(self, trace_id: u128, parent: Option<bool>) -> bool {
        const PARTS: f64 = 18_446_744_073_709_551_616.0;
        match parent.filter(|_| self.follows_parent) {
            Some(parent) => parent,
            None if self.ratio >= 1.0 => true,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 2^64")]
            None => trace_id & u128::from(u64::MAX) < (self.ratio * PARTS) as u128,
        }
    }
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
            let config = TracesConfig::new(endpoint);
            assert_eq!(config.ok().map(|config| config.uri.to_string()).as_deref(), expected, "{endpoint}");
        }
        let config =
            TracesConfig::new("http://h").unwrap().with_headers("authorization=Bearer%20secret, x-a = b").unwrap();
        assert_eq!(config.headers[0].1, "Bearer secret");
        assert_eq!(config.headers[1].1, "b");
        assert!(!format!("{config:?}").contains("secret"));
        for bad in ["secret", "a b=secret", "a=%0a"] {
            assert_eq!(config.clone().with_headers(bad).unwrap_err(), BadTraces::Headers, "{bad}");
        }
    }

    #[test]
    fn a_sampler_follows_the_caller_or_the_ratio() {
        let samples = |name, ratio, parent| {
            let sampler = Sampler::named(name, ratio).unwrap();
            let ids = (0..1000_u128).map(|id| id.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
            ids.filter(|id| sampler.samples(*id, parent)).count()
        };
        assert_eq!(samples("parentbased_always_on", None, None), 1000);
        assert_eq!(samples("parentbased_always_on", None, Some(false)), 0);
        assert_eq!(samples("parentbased_always_off", None, Some(true)), 1000);
        assert_eq!(samples("always_on", None, Some(false)), 1000);
        assert_eq!(samples("always_off", None, Some(true)), 0);
        assert!((200..300).contains(&samples("traceidratio", Some(0.25), Some(true))));
        assert!((200..300).contains(&samples("parentbased_traceidratio", Some(0.25), None)));
        assert_eq!(samples("traceidratio", Some(0.0), None), 0);
        assert_eq!(Sampler::named("jaeger_remote", None), Err(BadTraces::Sampler));
        assert_eq!(Sampler::named("traceidratio", Some(1.5)), Err(BadTraces::Ratio));
    }

    #[test]
    fn of_a_trace_that_nobody_decided_the_same_is_decided_as_by_other_services() {
        // What the SDKs for Python and Rust decide.
        for (trace_id, ratio, expected) in [
            (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0.5, false),
            (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0.64, true),
            (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0.63, false),
            (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0.5, false),
            (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0.52, true),
            (0xffff_ffff_ffff_ffff_7fff_ffff_ffff_ffff, 0.5, true),
            (0x0000_0000_0000_0001_8000_0000_0000_0000, 0.5, false),
            (0x0000_0000_0000_0001_0000_0000_0000_0000, 0.000_001, true),
            (0x0000_0000_0000_0000_ffff_ffff_ffff_ffff, 0.999_999, false),
        ] {
            let sampler = Sampler::named("traceidratio", Some(ratio)).unwrap();
            assert_eq!(sampler.samples(trace_id, None), expected, "{trace_id:032x} {ratio}");
        }
    }
}
