//! The config of an image of our own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Config, ConfigError, Digest, HealthCheck, Platform};

/// What a config is made of. Written with its members in one order, so that equal drafts give equal bytes.
#[derive(Debug, Clone)]
pub struct Draft {
    pub platform: Platform,
    /// RFC 3339.
    pub created: String,
    /// `1000:1000`; empty for root.
    pub user: String,
    /// `8000/tcp`
    pub exposed_ports: Vec<String>,
    pub env: Vec<(String, String)>,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub volumes: Vec<String>,
    pub working_dir: String,
    pub labels: BTreeMap<String, String>,
    pub stop_signal: Option<String>,
    pub health_check: Option<HealthCheck>,
    /// For each layer what made it, the bottom one first.
    pub history: Vec<String>,
}

impl Default for Draft {
    /// An empty image for this machine, of the year 1970.
    fn default() -> Self {
        Self {
            platform: Platform::host(),
            created: "1970-01-01T00:00:00Z".to_owned(),
            user: String::new(),
            exposed_ports: Vec::new(),
            env: Vec::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            volumes: Vec::new(),
            working_dir: String::new(),
            labels: BTreeMap::new(),
            stop_signal: None,
            health_check: None,
            history: Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    platform: &'a Platform,
    created: &'a str,
    config: Inner<'a>,
    rootfs: RootFs<'a>,
    history: Vec<History<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inner<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    user: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "set")]
    exposed_ports: &'a [String],
    env: Vec<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entrypoint: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cmd: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: Option<Check<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "set")]
    volumes: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    working_dir: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: &'a Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Check<'a> {
    test: &'a [String],
    #[serde(serialize_with = "nanoseconds")]
    interval: Duration,
    #[serde(serialize_with = "nanoseconds")]
    timeout: Duration,
    #[serde(serialize_with = "nanoseconds", skip_serializing_if = "Duration::is_zero")]
    start_period: Duration,
    retries: u32,
}

#[derive(Serialize)]
struct RootFs<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    diff_ids: &'a [Digest],
}

#[derive(Serialize)]
struct History<'a> {
    created: &'a str,
    created_by: &'a str,
}

/// A set as Go writes one: an object with empty objects.
fn set<S: Serializer>(items: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let set: BTreeMap<&String, Value> =
        items.iter().map(|item| (item, Value::Object(serde_json::Map::new()))).collect();
    set.serialize(serializer)
}

fn nanoseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

impl Draft {
    /// The config of an image with these layers.
    ///
    /// # Errors
    ///
    /// Fails if it becomes larger than a config may be.
    pub fn config(&self, diff_ids: &[Digest]) -> Result<Config, ConfigError> {
        let history = self.history.iter().map(|by| History { created: &self.created, created_by: by }).collect();
        let written = Written {
            platform: &self.platform,
            created: &self.created,
            config: Inner {
                user: &self.user,
                exposed_ports: &self.exposed_ports,
                env: self.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
                entrypoint: &self.entrypoint,
                cmd: &self.cmd,
                healthcheck: self.health_check.as_ref().map(|check| Check {
                    test: &check.test,
                    interval: check.interval,
                    timeout: check.timeout,
                    start_period: check.start_period,
                    retries: check.retries,
                }),
                volumes: &self.volumes,
                working_dir: &self.working_dir,
                labels: &self.labels,
                stop_signal: &self.stop_signal,
            },
            rootfs: RootFs { kind: "layers", diff_ids },
            history,
        };
        Config::from_bytes(serde_json::to_vec(&written)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_read_back_as_it_was_meant() {
        let check = HealthCheck {
            test: vec!["CMD".into(), "/app/x".into(), "healthcheck".into()],
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            start_period: Duration::from_millis(500),
            retries: 3,
        };
        let draft = Draft {
            platform: "linux/amd64".parse().unwrap(),
            user: "1000:1000".into(),
            exposed_ports: vec!["8000/tcp".into()],
            env: vec![("PORT".into(), "8000".into())],
            entrypoint: vec!["/app/x".into()],
            volumes: vec!["/data".into()],
            working_dir: "/app".into(),
            labels: [("a".to_owned(), "b".to_owned())].into(),
            stop_signal: Some("SIGTERM".into()),
            health_check: Some(check.clone()),
            history: vec!["made".into()],
            ..Draft::default()
        };
        let config = draft.config(&[Digest::of(b"")]).unwrap();
        assert_eq!(config.health_check(), Some(check));
        assert_eq!(config.platform(), "linux/amd64");
        insta::assert_snapshot!(String::from_utf8_lossy(config.bytes()), @r#"{"os":"linux","architecture":"amd64","created":"1970-01-01T00:00:00Z","config":{"User":"1000:1000","ExposedPorts":{"8000/tcp":{}},"Env":["PORT=8000"],"Entrypoint":["/app/x"],"Healthcheck":{"Test":["CMD","/app/x","healthcheck"],"Interval":10000000000,"Timeout":2000000000,"StartPeriod":500000000,"Retries":3},"Volumes":{"/data":{}},"WorkingDir":"/app","Labels":{"a":"b"},"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"made"}]}"#);
    }
}
