//! Traces: what a collector gets from a build with the feature `otlp`, and what all others say to who asks for them.

use crate::program::{Api, run, told};

/// Whether the program ends with one line, which begins like this and holds no secret.
#[track_caller]
pub(crate) fn refused(environment: &[(&str, &str)], expected: &str) {
    let environment = [&[("DATABASE_URL", "sqlite::memory:"), ("PORT", "0")], environment].concat();
    let (code, text) = told(&run(&[], &environment));
    assert!(code == Some(1) && text.starts_with(&format!("task-api: {expected}")), "{code:?} {text}");
    assert!(text.lines().count() == 1 && !text.contains("secret"), "{text}");
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_build_that_sends_no_traces_says_so_to_who_asks_for_them() {
    for variable in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "OTEL_PROPAGATORS"] {
        let expected = "this build sends no traces; use one with `--features otlp`, or unset it";
        refused(&[(variable, "http://u:secret@h")], &format!("cannot use `{variable}`: {expected}"));
    }
}

#[test]
fn where_traces_are_disabled_their_variables_mean_nothing() {
    let disabled = ("OTEL_SDK_DISABLED", "true");
    Api::ready_with("sqlite::memory:", &[disabled, ("OTEL_PROPAGATORS", "b3"), ("OTEL_SERVICE_NAME", "")]);
    Api::ready_with("sqlite::memory:", &[("OTEL_SDK_DISABLED", "false"), ("OTEL_SERVICE_NAME", "")]);
    refused(&[("OTEL_SDK_DISABLED", "yes")], "`OTEL_SDK_DISABLED` is `yes`: expected true or false");
}
