//! A config in which parts are replaced: what a container is started with instead of what its image says.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Instead;

/// The config's text; as it was, byte for byte, where nothing is replaced.
pub(crate) fn of(config: &str, instead: &Instead) -> String {
    if *instead == Instead::default() {
        return config.to_owned();
    }
    let Ok(mut value) = serde_json::from_str::<Value>(config) else { return config.to_owned() };
    let Instead { user, entrypoint, working_dir, health_check } = instead;
    let mut set = |name: &str, new: Option<Value>| {
        if let Some(new) = new {
            value["config"][name] = new;
        }
    };
    set("User", user.clone().map(Value::from));
    set("Entrypoint", entrypoint.clone().map(Value::from));
    set("WorkingDir", working_dir.clone().map(Value::from));
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let health = health_check.as_ref().map(|check| {
        json!({
            "Test": check.test,
            "Interval": nanoseconds(check.interval),
            "Timeout": nanoseconds(check.timeout),
            "StartPeriod": nanoseconds(check.start_period),
            "Retries": check.retries,
        })
    });
    set("Healthcheck", health);
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_replaced() {
        let config = r#"{"os":"linux", "config":{"User":"1000","Cmd":["x"]}}"#;
        assert_eq!(of(config, &Instead::default()), config);
        let root = Instead { user: Some("0".to_owned()), ..Instead::default() };
        assert_eq!(of(config, &root), r#"{"os":"linux","config":{"User":"0","Cmd":["x"]}}"#);
        let none = Instead { entrypoint: Some(vec!["/a".to_owned()]), ..Instead::default() };
        assert_eq!(of(r#"{"config":null}"#, &none), r#"{"config":{"Entrypoint":["/a"]}}"#);
    }
}
