//! What a build prints, kept until it is known whether a step fails.

use std::collections::VecDeque;

use seaworthy_engine::EngineError;

use super::DockerfileError;

/// Lines of a failed step that are shown.
const LINES: usize = 20;
/// Characters of an instruction that are shown.
const CHARACTERS: usize = 200;

/// The step that is being done, and the end of what it printed.
#[derive(Debug, Default)]
pub(super) struct Printed {
    step: Option<String>,
    lines: VecDeque<String>,
}

impl Printed {
    pub(super) fn read(&mut self, line: &str) {
        if let Some(step) = step(line) {
            self.step = Some(step);
            self.lines.clear();
            return;
        }
        // A bar that is drawn anew on its line shows its last state.
        let line = line.trim_end().rsplit('\r').next().unwrap_or_default();
        if is_daemons(line) {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    /// The error with the step that it ended, where there is one.
    pub(super) fn explain(self, error: EngineError) -> DockerfileError {
        match (error, self.step) {
            (EngineError::Prepare { reason }, Some(step)) => {
                let reason = exit(&reason).unwrap_or(reason);
                DockerfileError::Step { step, reason, lines: self.lines.into() }
            }
            (error, _) => error.into(),
        }
    }
}

/// ``2/3 (`RUN make`)`` of `Step 2/3 : RUN make`, and of Podman's `STEP 2/3: RUN make`.
fn step(line: &str) -> Option<String> {
    let rest = line.strip_prefix("Step ").or_else(|| line.strip_prefix("STEP "))?;
    let (number, instruction) = rest.split_once(':')?;
    let (index, count) = number.trim().split_once('/')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(index) || !is_number(count) {
        return None;
    }
    let instruction = instruction.trim();
    let short: String = instruction.chars().take(CHARACTERS).collect();
    let more = if short.len() < instruction.len() { "…" } else { "" };
    Some(format!("{index}/{count} (`{short}{more}`)"))
}

/// The exit code alone: the daemon repeats the whole command.
fn exit(reason: &str) -> Option<String> {
    let (_, code) = reason.strip_prefix("The command '")?.rsplit_once("' returned a non-zero code: ")?;
    Some(format!("it exited with {code}"))
}

/// Whether the daemon says it of its own work.
fn is_daemons(line: &str) -> bool {
    line.is_empty() || line.starts_with(" ---> ") || line.starts_with("Removing intermediate container ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_keeps_its_last_twenty_lines() {
        let mut printed = Printed::default();
        printed.read("Step 1/2 : FROM debian");
        printed.read("pulled");
        printed.read("Step 2/2 : RUN make");
        printed.read(" ---> Running in 0123456789ab");
        (1..=30).for_each(|number| printed.read(&format!("line {number}")));
        printed.read("10 %\r50 %\r100 %\r");
        printed.read("Removing intermediate container 0123456789ab");
        let error = printed.explain(EngineError::Prepare {
            reason: "The command '/bin/sh -c make' returned a non-zero code: 2".to_owned(),
        });
        assert_eq!(error.to_string(), "step 2/2 (`RUN make`) failed: it exited with 2");
        let log = error.log().unwrap();
        assert_eq!((log.lines().count(), log.lines().next()), (20, Some("line 12")));
        assert!(log.ends_with("line 30\n100 %"), "{log}");
    }

    #[test]
    fn only_the_daemons_own_lines_begin_a_step() {
        #[track_caller]
        fn check(line: &str, expected: Option<&str>) {
            assert_eq!(step(line).as_deref(), expected, "{line}");
        }
        check("STEP 1/3: FROM a:1", Some("1/3 (`FROM a:1`)"));
        check("Step one: two", None);
        check("Step 1/x : two", None);
        let long = step(&format!("Step 1/2 : RUN {}", "ä".repeat(300))).unwrap();
        assert!(long.ends_with("ä…`)") && long.chars().count() < 220, "{long}");
    }
}
