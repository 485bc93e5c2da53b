//! The health state as the daemon tells it.

use std::time::Duration;

use bollard::models::{ContainerState, HealthStatusEnum};
use jiff::Timestamp;

use crate::{Health, HealthStatus};

const OUTPUT_CHARS: usize = 1000;

pub(crate) fn of(state: &ContainerState) -> Health {
    let Some(told) = &state.health else {
        return Health { status: HealthStatus::None, healthy_after: None, output: String::new() };
    };
    let status = match told.status {
        Some(HealthStatusEnum::STARTING) => HealthStatus::Starting,
        Some(HealthStatusEnum::HEALTHY) => HealthStatus::Healthy,
        Some(HealthStatusEnum::UNHEALTHY) => HealthStatus::Unhealthy,
        Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) | None => HealthStatus::None,
    };
    let probes = told.log.as_deref().unwrap_or_default();
    let first = probes.iter().find(|probe| probe.exit_code == Some(0)).and_then(|probe| probe.end.as_deref());
    let output = probes.last().and_then(|probe| probe.output.as_deref()).unwrap_or_default();
    Health {
        status,
        healthy_after: first.zip(state.started_at.as_deref()).and_then(|(end, start)| between(start, end)),
        output: output.trim().chars().take(OUTPUT_CHARS).collect(),
    }
}

fn between(start: &str, end: &str) -> Option<Duration> {
    let (start, end): (Timestamp, Timestamp) = (start.parse().ok()?, end.parse().ok()?);
    Some(end.duration_since(start).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_good_probe_tells_when_it_was_healthy() {
        let state = |health: &str| -> ContainerState {
            serde_json::from_str(&format!(r#"{{"StartedAt": "2026-01-31T12:00:00.5Z", "Health": {health}}}"#)).unwrap()
        };
        let health = of(&state(
            r#"{"Status": "healthy", "Log": [
                {"Start": "2026-01-31T12:00:01Z", "End": "2026-01-31T13:00:01.1+01:00", "ExitCode": 1, "Output": "no"},
                {"Start": "2026-01-31T12:00:02Z", "End": "2026-01-31T13:00:02.25+01:00", "ExitCode": 0, "Output": " ok\n"}]}"#,
        ));
        assert_eq!(health.status, HealthStatus::Healthy);
        assert_eq!(health.healthy_after, Some(Duration::from_millis(1750)));
        assert_eq!(health.output, "ok");
        assert_eq!(of(&state("null")).status, HealthStatus::None);
        assert_eq!(of(&state(r#"{"Status": "none"}"#)).status, HealthStatus::None);
    }
}
