//! The specification that a user wrote, line by line.

use std::fmt::Write as _;

use seaworthy_spec::{Promise, Spec};

const EXAMPLE: &str = include_str!("data/containerization-spec.example.md");

#[test]
fn every_promise_of_the_example_is_understood() {
    let spec = Spec::parse(EXAMPLE).unwrap();
    let mut table = format!("{}\n", spec.title);
    for criterion in &spec.criteria {
        let _ = writeln!(table, "{}: {}", criterion.line, criterion.text);
        match &criterion.promise {
            Promise::Understood(checks) => {
                for check in checks {
                    let parameters = serde_json::Value::from(check.parameters());
                    let _ = writeln!(table, "    {} {parameters}", check.name());
                }
            }
            Promise::NotUnderstood { rest, .. } => {
                let _ = writeln!(table, "    not understood: {rest:?}");
            }
        }
    }
    insta::assert_snapshot!(table, @r#"
    Task API
    14: Target: Under 200MB final image
        image.size {"limit_bytes":200000000,"measure":"both"}
    18: Non-root user: Container runs as unprivileged user
        user.non_root {}
    19: Health check: Built-in endpoint for orchestrator monitoring
        health.declared {}
        health.healthy {"within_ms":60000}
    20: No secrets in image: Database URL passed at runtime
        image.secrets {}
        env.runtime {"variable":"DATABASE_URL"}
    23: DATABASE_URL: Environment variable (not hardcoded)
        env.runtime {"variable":"DATABASE_URL"}
    24: PORT: Configurable, defaults to 8000
        env.configurable {"variable":"PORT","default":"8000"}
    27: Choice: python:3.12-alpine (small, secure)
        image.base {"bases":["python:3.12-alpine"]}
    32: Container builds successfully without errors
        build.succeeds {}
    33: Image size under 200MB (verify with docker images)
        image.size {"limit_bytes":200000000,"measure":"both"}
    34: All CRUD endpoints work when running containerized
        api.crud {}
    35: Health check endpoint responds at /health
        health.endpoint {"path":"/health"}
    36: Container can connect to Neon database with provided DATABASE_URL
        database.connects {"name":"Neon","variable":"DATABASE_URL"}
    37: Image can be pushed to registry (Docker Hub or GHCR)
        registry.pushed {"registries":["docker.io","ghcr.io"]}
    38: Image can be pulled and run on different machine
        machine.different {}
    39: Container runs as non-root user
        user.non_root {}
    "#);
}
