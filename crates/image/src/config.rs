//! The image's config: kept byte for byte, read through accessors.

use std::time::Duration;

use serde_json::Value;

use crate::{Digest, json, limits};

/// An image config (OCI image specification, config.md; Docker Image Specification v1.2 for `Healthcheck`).
///
/// The bytes are kept as they came, so nothing that this program does not know is lost.
#[derive(Debug, Clone)]
pub struct Config {
    bytes: Vec<u8>,
    value: Value,
    digest: Digest,
}

/// Why bytes are no config.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the image config cannot be read")]
    Json(#[from] serde_json::Error),
    #[error("the image config is not a JSON object")]
    NotAnObject,
    #[error("the image config takes more than {} bytes", limits::JSON_BYTES)]
    TooLarge,
}

/// A declared health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// As declared: `["CMD", …]` or `["CMD-SHELL", "…"]`. `["NONE"]` is no health check.
    pub test: Vec<String>,
    /// Docker's defaults where not set: 30 s, 30 s, 0 s, 3.
    pub interval: Duration,
    pub timeout: Duration,
    pub start_period: Duration,
    pub retries: u32,
}

impl Config {
    /// # Errors
    ///
    /// Fails if the bytes are not a JSON object, or too many, or name a member twice, be it in another case.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ConfigError> {
        if bytes.len() as u64 > limits::JSON_BYTES {
            return Err(ConfigError::TooLarge);
        }
        let value = json::read(&bytes)?;
        if !value.is_object() {
            return Err(ConfigError::NotAnObject);
        }
        let digest = Digest::of(&bytes);
        Ok(Self { bytes, value, digest })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The whole config, members in their order, those that are known under their usual names.
    pub fn value(&self) -> &Value {
        &self.value
    }

    fn inner(&self, name: &str) -> &Value {
        &self.value["config"][name]
    }

    /// The `User` as written; empty when none is set.
    pub fn user(&self) -> &str {
        self.inner("User").as_str().unwrap_or_default()
    }

    pub fn working_dir(&self) -> &str {
        self.inner("WorkingDir").as_str().unwrap_or_default()
    }

    pub fn entrypoint(&self) -> Vec<String> {
        words(self.inner("Entrypoint"))
    }

    pub fn cmd(&self) -> Vec<String> {
        words(self.inner("Cmd"))
    }

    /// `NAME=VALUE` pairs in their order; an entry without `=` has an empty value.
    pub fn env(&self) -> Vec<(String, String)> {
        strings(self.inner("Env"))
            .into_iter()
            .map(|entry| match entry.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (entry, String::new()),
            })
            .collect()
    }

    /// `8000/tcp`, sorted as in the config.
    pub fn exposed_ports(&self) -> Vec<String> {
        keys(self.inner("ExposedPorts"))
    }

    /// Paths of declared volumes.
    pub fn volumes(&self) -> Vec<String> {
        keys(self.inner("Volumes"))
    }

    pub fn labels(&self) -> Vec<(String, String)> {
        let Some(labels) = self.inner("Labels").as_object() else { return Vec::new() };
        labels.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// `SIGTERM`, `15`; `None` when not set.
    pub fn stop_signal(&self) -> Option<&str> {
        self.inner("StopSignal").as_str().filter(|signal| !signal.is_empty())
    }

    /// `None` when none is declared or it is `NONE`.
    pub fn health_check(&self) -> Option<HealthCheck> {
        let declared = self.inner("Healthcheck");
        let test = strings(&declared["Test"]);
        if test.is_empty() || test[0] == "NONE" {
            return None;
        }
        let time = |name: &str, default| match declared[name].as_u64() {
            None | Some(0) => default,
            Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        };
        Some(HealthCheck {
            test,
            interval: time("Interval", Duration::from_secs(30)),
            timeout: time("Timeout", Duration::from_secs(30)),
            start_period: time("StartPeriod", Duration::ZERO),
            retries: declared["Retries"]
                .as_u64()
                .filter(|&retries| retries > 0)
                .unwrap_or(3)
                .try_into()
                .unwrap_or(u32::MAX),
        })
    }

    /// Between probes of the health check while the start period lasts; Docker's default is 5 s.
    pub fn health_start_interval(&self) -> Duration {
        match self.inner("Healthcheck")["StartInterval"].as_u64() {
            None | Some(0) => Duration::from_secs(5),
            Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        }
    }

    /// `linux/amd64`, with `/variant` where one is set.
    pub fn platform(&self) -> String {
        let part = |name: &str| self.value[name].as_str().unwrap_or("unknown");
        match self.value["variant"].as_str() {
            Some(variant) => format!("{}/{}/{variant}", part("os"), part("architecture")),
            None => format!("{}/{}", part("os"), part("architecture")),
        }
    }

    /// Of each layer, the bottom one first, as text.
    pub fn diff_ids(&self) -> Vec<String> {
        strings(&self.value["rootfs"]["diff_ids"])
    }

    /// When the image was made, as written.
    pub fn created(&self) -> Option<&str> {
        self.value["created"].as_str()
    }

    /// The commands that made the layers, as recorded.
    pub fn history(&self) -> Vec<String> {
        let Some(entries) = self.value["history"].as_array() else { return Vec::new() };
        entries.iter().map(|entry| entry["created_by"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value.as_array() {
        Some(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

/// A command; Docker takes one word for a list of it.
fn words(value: &Value) -> Vec<String> {
    value.as_str().map_or_else(|| strings(value), |word| vec![word.to_owned()])
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
}
