//! `logs.stdout`, `logs.secrets`: what the containers wrote.

use std::time::{Duration, Instant};

use seaworthy_engine::{Logs, Signal};
use seaworthy_report::Verdict;
use serde_json::Value;

use super::{Main, Runs};
use crate::Finding;

/// What an engine keeps of a stream; a fuller one begins inside a line.
const KEPT: usize = 1 << 20;

/// How long a line may be under way.
const LINE: Duration = Duration::from_millis(500);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// Whether a stream is as long as what is kept of one, so that its beginning may be gone.
pub(super) fn is_cut(stream: &str) -> bool {
    stream.len() + 4 >= KEPT
}

impl Runs<'_> {
    pub(crate) fn logs_to_stdout(&self, main: &Main, json: bool) -> Finding {
        let container = main.up.container.as_ref();
        let deadline = Instant::now() + LINE;
        let logs = loop {
            match container.logs() {
                // A line may be under way; one that stays as it is has no end.
                Ok(logs) if is_at_an_end(&logs.stdout) || Instant::now() >= deadline => break logs,
                Ok(_) => std::thread::sleep(POLL),
                Err(error) => return self.engine_failed(&error),
            }
        };
        let finding = judge(&logs, json, |line| self.redactor.quote(line));
        if finding.verdict == Verdict::Fail {
            return finding;
        }
        // A daemon may keep a line without an end to itself as long as the container runs.
        let ended = self.logs_to_the_end().unwrap_or_default();
        let of_ended = judge(&ended, json, |line| self.redactor.quote(line));
        let finding = match of_ended.verdict {
            Verdict::Fail if !is_at_an_end(&ended.stdout) || finding.verdict == Verdict::Unproven => of_ended,
            Verdict::Pass if finding.verdict == Verdict::Unproven && lines(&logs.stdout).is_empty() => of_ended,
            _ => finding,
        };
        let is_silent =
            [&logs, &ended].iter().all(|logs| logs.stdout.trim().is_empty() && logs.stderr.trim().is_empty());
        let buffering = if is_silent { self.buffering(container) } else { "" };
        Finding { evidence: format!("{}{buffering}", finding.evidence), ..finding }
    }

    /// What another container like the main one wrote until it was killed.
    fn logs_to_the_end(&self) -> Option<Logs> {
        let up = self.up(&self.run(), None, self.until(), None).ok()?;
        up.container.signal(Signal::Kill).ok()?;
        up.container.wait(self.options.timeout).ok()??;
        let logs = up.container.logs().ok()?;
        self.search(&logs, "a container that was killed");
        Some(logs)
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

fn judge(logs: &Logs, json: bool, quote: impl Fn(&str) -> String) -> Finding {
    let (out, err) = (lines(&logs.stdout), lines(&logs.stderr));
    let counted = |count: usize| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let finding = match (out.as_slice(), err.len()) {
        ([], 0) if is_cut(&logs.stdout) => {
            return Finding::unproven("one line without an end fills what is kept of stdout");
        }
        ([], 0) => return Finding::unproven("it logged nothing at all"),
        ([], err) => return Finding::fail(format!("nothing on stdout, {} on stderr", counted(err))),
        (out, _) if json => match out.iter().find(|line| !is_object(line)) {
            Some(line) => return Finding::fail(format!("a line on stdout is no JSON object: {}", quote(line))),
            None if is_cut(&logs.stdout) => Finding::unproven(format!(
                "{} on stdout, each a JSON object; it wrote more than that, and its beginning is gone",
                counted(out.len())
            )),
            None => Finding::pass(format!("{} on stdout, each a JSON object", counted(out.len()))),
        },
        (out, _) => Finding::pass(format!("{} on stdout", counted(out.len()))),
    };
    if err.is_empty() { finding } else { finding.warn(format!("{} went to stderr", counted(err.len()))) }
}

fn is_at_an_end(stream: &str) -> bool {
    stream.is_empty() || stream.ends_with('\n')
}

/// The lines that are whole: the first one of a stream that was cut is none that the service wrote.
fn lines(stream: &str) -> Vec<&str> {
    let cut = usize::from(is_cut(stream));
    stream.lines().skip(cut).map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn is_object(line: &str) -> bool {
    matches!(serde_json::from_str(line), Ok(Value::Object(_)))
}

#[cfg(test)]
mod tests {
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
            ("{\"a\":1}\n{\"b\":", "", true, Fail),
            ("{\"a\":1}", "", true, Pass),
            ("started", "", true, Fail),
            (" \n\n", "", true, Unproven),
            (&format!("{}\n{{\"a\":1}}\n", "x".repeat(KEPT)), "", true, Unproven),
            (&"x".repeat(KEPT), "", true, Unproven),
            ("{\"a\":1}\nthread panicked\n", "", true, Fail),
            ("[1]\n", "", true, Fail),
        ] {
            let logs = Logs { stdout: stdout.to_owned(), stderr: stderr.to_owned() };
            assert_eq!(judge(&logs, json, str::to_owned).verdict, expected, "{} {stderr}", stdout.len());
        }
    }
}
