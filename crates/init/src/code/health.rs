//! The path of a service's health.

use super::Route;
use crate::found::Found;

/// Last parts of paths that tell of health, the most usual first.
const NAMES: &[&str] = &[
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "health_check",
    "livez",
    "live",
    "readyz",
    "ready",
    "up",
    "ping",
    "status",
];

/// The route that a health check asks, if there is one.
pub(crate) fn health(routes: &[Route]) -> Option<Found<String>> {
    let rank = |route: &Route| {
        let last = route.path.rsplit('/').next().unwrap_or_default();
        NAMES.iter().position(|name| *name == last)
    };
    let asked =
        routes.iter().filter(|route| matches!(route.method.as_str(), "GET" | "ANY") && !route.path.contains("{}"));
    let ranked = asked.filter_map(|route| Some(((rank(route)?, route.path.len()), route)));
    let (_, route) = ranked.min_by_key(|(rank, _)| *rank)?;
    let slash = if route.ends_in_slash { "/" } else { "" };
    Some(Found::new(format!("{}{slash}", route.path), route.at.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::Place;

    #[track_caller]
    fn check(paths: &[&str], expected: Option<&str>) {
        let route = |path: &&str| {
            let ends_in_slash = path.ends_with('/') && path.len() > 1;
            let path = if ends_in_slash { path.trim_end_matches('/') } else { path };
            Route { method: "GET".into(), path: path.to_owned(), ends_in_slash, at: Place::file("f") }
        };
        let routes: Vec<Route> = paths.iter().map(route).collect();
        assert_eq!(health(&routes).map(|found| found.value).as_deref(), expected);
    }

    #[test]
    fn the_most_usual_path_is_taken() {
        check(&["/", "/ready", "/api/health"], Some("/api/health"));
        check(&["/healthz", "/health"], Some("/health"));
        check(&["/orders/{}/status", "/"], None);
        check(&["/healthy-food"], None);
        check(&["/health/"], Some("/health/"));
    }
}
