//! `image.stop_signal`: Stop signal is {signal}.

use seaworthy_image::Config;

use super::Facts;
use crate::Finding;

/// What Linux calls the signals that images name by a number.
const NUMBERS: [(&str, &str); 8] = [
    ("1", "SIGHUP"),
    ("2", "SIGINT"),
    ("3", "SIGQUIT"),
    ("9", "SIGKILL"),
    ("10", "SIGUSR1"),
    ("12", "SIGUSR2"),
    ("15", "SIGTERM"),
    ("28", "SIGWINCH"),
];

/// The signal by which engines stop the image is the one named.
pub fn stop_signal(facts: &Facts, wanted: &str) -> Finding {
    let seen = match facts.config.stop_signal() {
        Some(written) => format!("the config names {written}"),
        None => "the config names none: engines stop it with SIGTERM".to_owned(),
    };
    if stopped_by(&facts.config) == wanted {
        Finding::pass(seen)
    } else {
        Finding::fail(format!("{seen}, not {wanted}"))
    }
}

/// By its full name: `SIGTERM`, also where the config says `TERM`, `15` or nothing.
pub(crate) fn stopped_by(config: &Config) -> String {
    let written = config.stop_signal().unwrap_or("SIGTERM").to_ascii_uppercase();
    match NUMBERS.iter().find(|(number, _)| *number == written) {
        Some((_, name)) => (*name).to_owned(),
        None if written.starts_with("SIG") => written,
        None => format!("SIG{written}"),
    }
}

/// The number of a signal that [`NUMBERS`] has.
pub(crate) fn number(name: &str) -> Option<i32> {
    NUMBERS.iter().find(|(_, known)| *known == name).and_then(|(number, _)| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use seaworthy_report::Verdict::{Fail, Pass};
    use serde_json::json;

    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn a_signal_is_the_same_by_name_and_by_number() {
        for (written, wanted, verdict) in [
            (json!("SIGQUIT"), "SIGQUIT", Pass),
            (json!("quit"), "SIGQUIT", Pass),
            (json!("3"), "SIGQUIT", Pass),
            (json!("SIGTERM"), "SIGQUIT", Fail),
            (json!(null), "SIGQUIT", Fail),
            (json!(null), "SIGTERM", Pass),
            (json!("15"), "SIGTERM", Pass),
            (json!("SIGRTMIN+3"), "SIGRTMIN+3", Pass),
            (json!("99"), "SIGTERM", Fail),
        ] {
            let facts = Sample::new().config("StopSignal", written.clone()).facts();
            assert_eq!(stop_signal(&facts, wanted).verdict, verdict, "{written} {wanted}");
        }
        assert_eq!(number("SIGQUIT"), Some(3));
        assert_eq!(number("SIGRTMIN+3"), None);
    }
}
