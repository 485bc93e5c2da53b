//! `logs.stdout`, `logs.secrets`: what the containers wrote.

use serde_json::Value;

use super::{Main, Runs};
use crate::Finding;

/// What an engine keeps of a stream; a fuller one begins inside a line.
const KEPT: usize = 1 << 20;

/// Whether a stream is as long as what is kept of one, so that its beginning may be gone.
pub(super) fn is_cut(stream: &str) -> bool {
    stream.len() + 4 >= KEPT
}

impl Runs<'_> {
    pub(crate) fn logs_to_stdout(&self, main: &Main, json: bool) -> Finding {
        match main.up.container.logs() {
            Ok(logs) => judge(&logs, json, |line| self.redactor.quote(line)),
            Err(error) => self.engine_failed(&error),
        }
    }

    pub(crate) fn no_secret_in_logs(&self, main: &Main) -> Finding {
        match main.up.container.logs() {
            Ok(logs) => self.search(&logs, "the main container"),
            Err(error) => return self.engine_failed(&error),
        }
        let (secrets, read) = (self.redactor.len(), self.ledger.logs_read());
        if let Some((whose, found)) = self.ledger.leak() {
            return Finding::fail(format!("{found} of the run's secrets in the log of {whose}"));
        }
        if secrets == 0 {
            return Finding::unproven("the container was given no secret that its log could show");
        }
        if let Some(whose) = self.ledger.cut_log() {
            return Finding::unproven(format!(
                "none of the run's secrets in what was kept of the logs; {whose} wrote more than that, and its beginning is gone"
            ));
        }
        let logs =
            if read == 1 { "the log of 1 container".to_owned() } else { format!("the logs of {read} containers") };
        let known = if secrets == 1 { "the password".to_owned() } else { format!("none of {secrets} secrets") };
        let given = if secrets == 1 { "that was given is not" } else { "that were given is" };
        Finding::pass(format!("{known} {given} in {logs}"))
    }
}

fn judge(logs: &seaworthy_engine::Logs, json: bool, quote: impl Fn(&str) -> String) -> Finding {
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let (out, err) = (lines(&logs.stdout), lines(&logs.stderr));
    let counted = |count: usize| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let finding = match (out, err) {
        (0, 0) => return Finding::unproven("it logged nothing at all"),
        (0, err) => return Finding::fail(format!("nothing on stdout, {} on stderr", counted(err))),
        (out, _) if json => match first_other(&logs.stdout) {
            Some(line) => return Finding::fail(format!("a line on stdout is no JSON object: {}", quote(line))),
            None => Finding::pass(format!("{} on stdout, each a JSON object", counted(out))),
        },
        (out, _) => Finding::pass(format!("{} on stdout", counted(out))),
    };
    if err > 0 { finding.warn(format!("{} went to stderr", counted(err))) } else { finding }
}

/// The first line that is no JSON object. A line that was cut is none that the service wrote.
fn first_other(stdout: &str) -> Option<&str> {
    let is_object = |line: &str| matches!(serde_json::from_str(line), Ok(Value::Object(_)));
    let cut = usize::from(is_cut(stdout));
    let whole = match stdout.rfind('\n') {
        Some(end) => &stdout[..=end],
        None => stdout,
    };
    whole.lines().skip(cut).map(str::trim).find(|line| !line.is_empty() && !is_object(line))
}

#[cfg(test)]
mod tests {
    use seaworthy_engine::Logs;
    use seaworthy_report::Verdict::{Fail, Pass, Unproven};

    use super::*;

    #[test]
    fn logs_are_judged_by_stream_and_form() {
        for (stdout, stderr, json, expected) in [
            ("", "", false, Unproven),
            ("", "started\n", false, Fail),
            ("started\n", "", false, Pass),
            ("started\n", "", true, Fail),
            ("{\"a\":1}\n{\"b\":2}\n", "", true, Pass),
            ("{\"a\":1}\n{\"b\":", "", true, Pass),
            ("{\"a\":1}\nthread panicked\n", "", true, Fail),
            ("[1]\n", "", true, Fail),
        ] {
            let logs = Logs { stdout: stdout.to_owned(), stderr: stderr.to_owned() };
            assert_eq!(judge(&logs, json, str::to_owned).verdict, expected, "{stdout} {stderr}");
        }
    }
}
